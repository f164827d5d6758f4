/* sheet.c - reading the launch sheet, and making the job's environment
 *
 * Two passes over the records: the first counts, the second fills the lists. A record is followed
 * by its LF; it is overwritten by the NUL that makes a string of it. Later values of a key that
 * stands once replace earlier ones. The environment is put together by name in a table of open
 * addressing, so that ten thousand names take no longer than they must.
 */
#include "shim/sheet.h"

#include "shim/clock.h"
#include "shim/record.h"

#include <stdlib.h>
#include <string.h>

#define MS_MAX (INT64_C(366) * 24 * 3600 * 1000) /* a year: no sum of such times overflows */

enum { SIGNAL_MAX = 64, SIGNAL_KILL = 9, SIGNAL_STOP = 19 };

static bool read_text(const struct mz_record *record, char **ret_text)
{
    if (memchr(record->bytes, '\0', record->length) != NULL)
        return false;
    record->bytes[record->length] = '\0';
    *ret_text = record->bytes;
    return true;
}

static bool read_ms(const struct mz_record *record, int64_t *ret_us)
{
    int64_t ms;

    if (!mz_record_number(record, MS_MAX, &ms))
        return false;
    *ret_us = ms * 1000;
    return true;
}

static bool read_signal(const struct mz_record *record, int64_t *ret_signal)
{
    int64_t number;

    if (!mz_record_number(record, SIGNAL_MAX, &number))
        return false;
    *ret_signal = number == SIGNAL_KILL || number == SIGNAL_STOP ? 0 : number;
    return true;
}

static bool read_once(struct mz_sheet *sheet, const struct mz_record *record)
{
    char *text;

    if (mz_record_is(record, "workdir") || mz_record_is(record, "output")) {
        if (!read_text(record, &text))
            return false;
        *(record->key[0] == 'w' ? &sheet->workdir : &sheet->output) = text[0] == '\0' ? NULL : text;
    } else if (mz_record_is(record, "script")) {
        sheet->script = record->bytes;
        sheet->script_length = record->length;
    } else if (mz_record_is(record, "output_max")) {
        return mz_record_number(record, INT64_MAX / 2, &sheet->output_max);
    } else if (mz_record_is(record, "lease_ms")) {
        return read_ms(record, &sheet->lease_us);
    } else if (mz_record_is(record, "lead_ms")) {
        return read_ms(record, &sheet->lead_us);
    } else if (mz_record_is(record, "kill_ms")) {
        return read_ms(record, &sheet->kill_us);
    } else if (mz_record_is(record, "every_ms")) {
        return read_ms(record, &sheet->every_us);
    } else if (mz_record_is(record, "time_ms")) {
        return read_ms(record, &sheet->time_us);
    } else if (mz_record_is(record, "checkpoint_signal")) {
        return read_signal(record, &sheet->checkpoint_signal);
    }
    return true; /* unknown ones are skipped */
}

static bool is_env(const char *text)
{
    const char *equals = strchr(text, '=');

    return equals != NULL && equals != text;
}

/* One more of a list; when it is not to be filled, it is counted. */
static bool read_item(const struct mz_record *record, char **list, int32_t *count, bool fill)
{
    if (fill && !read_text(record, &list[*count]))
        return false;
    ++*count;
    return true;
}

static bool read_record(struct mz_sheet *sheet, const struct mz_record *record, bool fill)
{
    if (mz_record_is(record, "arg"))
        return read_item(record, sheet->args, &sheet->arg_count, fill);
    if (mz_record_is(record, "env"))
        return read_item(record, sheet->envs, &sheet->env_count, fill) &&
            (!fill || is_env(sheet->envs[sheet->env_count - 1]));
    if (mz_record_is(record, "unset"))
        return read_item(record, sheet->unsets, &sheet->unset_count, fill);
    return !fill || read_once(sheet, record);
}

static bool read_all(struct mz_sheet *sheet, char *bytes, size_t length, bool fill)
{
    struct mz_records records = { bytes, bytes + length };
    struct mz_record record;

    for (;;) {
        switch (mz_record_next(&records, &record)) {
        case MZ_RECORD_END: return true;
        case MZ_RECORD_BAD: return false;
        case MZ_RECORD_ONE:
            if (!read_record(sheet, &record, fill))
                return false;
            break;
        }
    }
}

bool mz_sheet_read(struct mz_sheet *sheet, struct mz_buffer *buffer, size_t from, size_t length)
{
    struct mz_sheet counts = { 0 };
    struct mz_sheet filled = { 0 };
    size_t count;

    if (!read_all(&counts, buffer->bytes + from, length, false) || counts.arg_count == 0)
        return false;
    count = (size_t)counts.arg_count + 1 + (size_t)counts.env_count + (size_t)counts.unset_count;
    filled.args = calloc(count, sizeof(char *));
    if (filled.args == NULL)
        return false;
    filled.envs = filled.args + counts.arg_count + 1;
    filled.unsets = filled.envs + counts.env_count;
    if (!read_all(&filled, buffer->bytes + from, length, true) || filled.lease_us == 0 ||
        filled.args[0][0] == '\0') {
        free(filled.args);
        return false;
    }
    filled.bytes = buffer->bytes;
    *buffer = (struct mz_buffer){ 0 };
    *sheet = filled;
    return true;
}

void mz_sheet_finish(struct mz_sheet *sheet)
{
    free(sheet->args);
    free(sheet->bytes);
    *sheet = (struct mz_sheet){ 0 };
}

struct name { /* "NAME=VALUE", or the name of one that is to be unset */
    const char *text;
    size_t length; /* of NAME; 0: an empty slot */
    bool is_set;
};

struct names {
    struct name *slots;
    size_t mask;
};

static struct name *find_name(const struct names *names, const char *text, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    size_t at;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    for (at = (size_t)(hash ^ (hash >> 32)) & names->mask; names->slots[at].length != 0;
         at = (at + 1) & names->mask) {
        if (names->slots[at].length == length && memcmp(names->slots[at].text, text, length) == 0)
            break;
    }
    return &names->slots[at];
}

static void set_name(const struct names *names, const char *text, bool is_set)
{
    size_t length = strcspn(text, "=");

    if (length > 0)
        *find_name(names, text, length) = (struct name){ text, length, is_set };
}

/* Those of the list that nothing later replaced. */
static size_t keep(const struct names *names, char *const *list, size_t count, char **kept)
{
    size_t kept_count = 0;

    for (size_t i = 0; i < count; i++) {
        const struct name *name = find_name(names, list[i], strcspn(list[i], "="));

        if (name->length != 0 && name->is_set && name->text == list[i])
            kept[kept_count++] = list[i];
    }
    return kept_count;
}

static size_t list_length(char *const *list)
{
    size_t count = 0;

    while (list[count] != NULL)
        count++;
    return count;
}

char **mz_sheet_environment(const struct mz_sheet *sheet, char **own, char *const *added)
{
    size_t own_count = list_length(own);
    size_t added_count = list_length(added);
    size_t total = own_count + added_count + (size_t)sheet->env_count + (size_t)sheet->unset_count;
    struct names names = { NULL, 15 };
    size_t count;
    char **list;

    while (names.mask < total * 2)
        names.mask = names.mask * 2 + 1;
    names.slots = calloc(names.mask + 1, sizeof(*names.slots));
    list = calloc(total + 1, sizeof(*list));
    if (names.slots == NULL || list == NULL) {
        free(names.slots);
        free(list);
        return NULL;
    }
    for (size_t i = 0; i < own_count; i++)
        set_name(&names, own[i], true);
    for (int32_t i = 0; i < sheet->unset_count; i++)
        set_name(&names, sheet->unsets[i], false);
    for (int32_t i = 0; i < sheet->env_count; i++)
        set_name(&names, sheet->envs[i], true);
    for (size_t i = 0; i < added_count; i++)
        set_name(&names, added[i], true);
    count = keep(&names, added, added_count, list); /* first: who reads /proc finds them soon */
    count += keep(&names, own, own_count, list + count);
    (void)keep(&names, sheet->envs, (size_t)sheet->env_count, list + count);
    free(names.slots);
    return list;
}
