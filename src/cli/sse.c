/* sse.c - reading a stream of server-sent events (sse.h) */
#include "cli/sse.h"

#include <stdlib.h>
#include <string.h>

void mz_sse_begin(struct mz_sse *sse, int64_t id)
{
    mz_text_clear(&sse->line);
    mz_text_clear(&sse->data);
    sse->id = id;
    sse->id_next = id;
    sse->after_return = false;
}

void mz_sse_finish(struct mz_sse *sse)
{
    mz_text_finish(&sse->line);
    mz_text_finish(&sse->data);
}

/* The value behind "name:" and one blank, or NULL. */
static const char *field(const char *line, const char *name)
{
    size_t length = strlen(name);

    if (strncmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    return line + length + (line[length + 1] == ' ' ? 2 : 1);
}

static bool end_event(struct mz_sse *sse)
{
    bool go_on = true;

    sse->id = sse->id_next;
    if (sse->data.length > 0) {
        go_on = sse->on_event(sse->context, mz_text_string(&sse->data), sse->data.length);
        mz_text_clear(&sse->data);
    }
    return go_on;
}

static bool end_line(struct mz_sse *sse)
{
    const char *line = mz_text_string(&sse->line);
    const char *value;
    bool go_on = true;

    if (line[0] == '\0') {
        go_on = end_event(sse);
    } else if ((value = field(line, "data"))) {
        if (sse->data.length > 0)
            mz_text_add(&sse->data, "\n");
        mz_text_add(&sse->data, value);
    } else if ((value = field(line, "id")) && strspn(value, "0123456789") == strlen(value) &&
        value[0] && strlen(value) <= 18) {
        sse->id_next = strtoll(value, NULL, 10);
    }
    mz_text_clear(&sse->line);
    return go_on && sse->data.length <= MZ_SSE_LINE_MAX;
}

bool mz_sse_take(struct mz_sse *sse, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char byte = bytes[i];
        bool second = byte == '\n' && sse->after_return;

        sse->after_return = byte == '\r';
        if (second)
            continue;
        if (byte == '\n' || byte == '\r') {
            if (!end_line(sse))
                return false;
        } else {
            if (sse->line.length >= MZ_SSE_LINE_MAX)
                return false;
            mz_text_add_bytes(&sse->line, &byte, 1);
        }
    }
    return true;
}
