/* client_json.c - reading fields of answers, and writing documents (client_json.h) */
#include "cli/client_json.h"

#include "base/text.h"
#include "cli/commands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *mz_json_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

double mz_json_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

int64_t mz_json_integer(const json_t *object, const char *key, int64_t absent)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? json_integer_value(value) : absent;
}

bool mz_json_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static const char *plain_list(struct mz_arena *arena, const json_t *list)
{
    struct mz_text text = { 0 };
    const char *result;
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        mz_text_add(&text, i > 0 ? "," : "");
        mz_text_add(&text, json_is_array(item) ? "[]" : mz_json_plain(arena, item));
    }
    result = mz_arena_strdup(arena, mz_text_string(&text));
    mz_text_finish(&text);
    return result;
}

const char *mz_json_plain(struct mz_arena *arena, const json_t *value)
{
    char buffer[MZ_NUMBER_MAX];

    if (json_is_string(value))
        return mz_arena_strdup(arena, json_string_value(value));
    if (json_is_integer(value))
        return mz_arena_printf(arena, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return mz_arena_strdup(arena, mz_format_exact(buffer, json_real_value(value)));
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (json_is_array(value))
        return plain_list(arena, value);
    return json_is_object(value) ? "{}" : "";
}

int64_t mz_time_parse(const char *text)
{
    struct tm utc = { 0 };
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) : NULL;

    if (!end)
        return -1;
    if (*end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    return strcmp(end, "Z") == 0 ? (int64_t)timegm(&utc) : -1;
}

int64_t mz_json_generated_at_s(const json_t *document)
{
    int64_t at = mz_time_parse(mz_json_text(document, "generated_at"));

    return at >= 0 ? at : (int64_t)time(NULL);
}

json_t *mz_json_envelope(const char *schema, json_t *data)
{
    char now[32];
    const char *generated_at = mz_cli_generated_at(now);
    json_t *document = json_object();

    json_object_set_new(document, "schema", json_string(schema));
    if (generated_at)
        json_object_set_new(document, "generated_at", json_string(generated_at));
    json_object_set_new(document, "data", data);
    return document;
}

void mz_json_print(const json_t *json, bool compact)
{
    char *text = json_dumps(json,
        (size_t)(compact ? JSON_COMPACT : JSON_INDENT(1)) | JSON_ENCODE_ANY |
            JSON_REAL_PRECISION(15));

    printf("%s\n", text ? text : "null");
    free(text);
}
