/* write_json.c - the canonical form of a job
 * The table of keys is walked in its order. What equals the default is left out; `name` never is.
 * Text is UTF-8 as it stands; only what JSON forbids in a string is escaped. The result is a
 * function of the fields alone, so equal jobs have equal bytes. */
#include "jobfile/jobfile.h"
#include "jobfile/jobfile_keys.h"
#include "jobfile/parse.h"

#include <assert.h>
#include <string.h>

struct writer {
    struct mz_text *out;
    const struct mz_job_spec *spec;
    struct mz_job_spec standard;
};

static void add_string(struct mz_text *out, const char *string)
{
    mz_text_add_bytes(out, "\"", 1);
    for (const char *s = string; *s;) {
        size_t plain = 0;

        while ((unsigned char)s[plain] >= 0x20 && s[plain] != '"' && s[plain] != '\\')
            plain++;
        mz_text_add_bytes(out, s, plain);
        s += plain;
        if (*s == '\0')
            break;
        if (*s == '"' || *s == '\\')
            mz_text_addf(out, "\\%c", *s);
        else if (*s == '\n')
            mz_text_add(out, "\\n");
        else if (*s == '\t')
            mz_text_add(out, "\\t");
        else
            mz_text_addf(out, "\\u%04x", (unsigned)*s);
        s++;
    }
    mz_text_add_bytes(out, "\"", 1);
}

static const void *field(const struct mz_job_spec *spec, size_t offset)
{
    return (const char *)spec + offset;
}

static int32_t number32(const struct mz_job_spec *spec, size_t offset)
{
    int32_t value;

    memcpy(&value, field(spec, offset), sizeof(value));
    return value;
}

static int64_t number64(const struct mz_job_spec *spec, size_t offset)
{
    int64_t value;

    memcpy(&value, field(spec, offset), sizeof(value));
    return value;
}

static const char *text_of(const struct mz_job_spec *spec, size_t offset)
{
    const char *value;

    memcpy(&value, field(spec, offset), sizeof(value));
    return value;
}

static void add_texts(struct writer *w, const struct mz_job_key *key)
{
    int32_t count = number32(w->spec, key->count_offset);
    const char *const *texts;

    memcpy(&texts, field(w->spec, key->offset), sizeof(texts));
    mz_text_add(w->out, "[");
    for (int32_t i = 0; i < count; i++) {
        mz_text_add(w->out, i ? "," : "");
        add_string(w->out, texts[i]);
    }
    mz_text_add(w->out, "]");
}

static void add_env(struct writer *w)
{
    mz_text_add(w->out, "{");
    for (int32_t i = 0; i < w->spec->env_count; i++) {
        mz_text_add(w->out, i ? "," : "");
        add_string(w->out, w->spec->env_names[i]);
        mz_text_add(w->out, ":");
        add_string(w->out, w->spec->env_values[i]);
    }
    mz_text_add(w->out, "}");
}

/* Runs of three or more as "1-3", others one by one. */
static void add_array(struct writer *w)
{
    const int32_t *indices = w->spec->array_indices;
    int32_t count = w->spec->array_count;

    mz_text_add(w->out, "\"");
    for (int32_t i = 0; i < count;) {
        int32_t last = i;

        while (last + 1 < count && indices[last + 1] == indices[last] + 1)
            last++;
        mz_text_addf(
            w->out, last - i >= 2 ? "%s%d-%d" : "%s%d", i ? "," : "", indices[i], indices[last]);
        i = last - i >= 2 ? last + 1 : i + 1;
    }
    if (w->spec->array_parallel > 0)
        mz_text_addf(w->out, "%%%d", w->spec->array_parallel);
    mz_text_add(w->out, "\"");
}

static void add_dependency(struct writer *w)
{
    const struct mz_dependency *list = w->spec->dependencies;

    mz_text_add(w->out, "\"");
    for (int32_t i = 0; i < w->spec->dependency_count; i++) {
        if (i == 0 || list[i].kind != list[i - 1].kind)
            mz_text_addf(w->out, "%s%s", i ? "," : "", mz_dependency_kind_name(list[i].kind));
        mz_text_addf(w->out, ":%lld", (long long)list[i].job);
    }
    mz_text_add(w->out, "\"");
}

/* Grouped by partner in the order of its first entry; readers keep them sorted. */
static void add_pass(struct writer *w)
{
    const struct mz_spec_pass *pass = w->spec->pass;
    int32_t count = w->spec->pass_count;

    mz_text_add(w->out, "{");
    for (int32_t i = 0; i < count; i++) {
        bool again = false;

        for (int32_t j = 0; j < i && !again; j++)
            again = strcmp(pass[j].partner, pass[i].partner) == 0;
        if (again)
            continue;
        mz_text_add(w->out, i ? "," : "");
        add_string(w->out, pass[i].partner);
        for (int32_t j = i; j < count; j++) {
            if (strcmp(pass[j].partner, pass[i].partner) != 0)
                continue;
            mz_text_add(w->out, j == i ? ":{" : ",");
            add_string(w->out, pass[j].key);
            mz_text_add(w->out, ":");
            add_string(w->out, pass[j].value);
        }
        mz_text_add(w->out, "}");
    }
    mz_text_add(w->out, "}");
}

static bool is_standard(const struct writer *w, const struct mz_job_key *key)
{
    switch (key->value) {
    case MZ_JOB_NAME:
    case MZ_JOB_TEXT:
    case MZ_JOB_SCRIPT:
    case MZ_JOB_PATH:
    case MZ_JOB_OUTPUT:
    case MZ_JOB_LEVEL: return !text_of(w->spec, key->offset);
    case MZ_JOB_WORD:
    case MZ_JOB_COUNT:
    case MZ_JOB_MEMORY:
    case MZ_JOB_SIGNAL:
        return number32(w->spec, key->offset) == number32(&w->standard, key->offset);
    case MZ_JOB_DURATION:
    case MZ_JOB_PRICE: return number64(w->spec, key->offset) == number64(&w->standard, key->offset);
    case MZ_JOB_BOOL:
        return *(const bool *)field(w->spec, key->offset) ==
            *(const bool *)field(&w->standard, key->offset);
    case MZ_JOB_NAMES:
    case MZ_JOB_ARGV:
    case MZ_JOB_ENV:
    case MZ_JOB_ARRAY:
    case MZ_JOB_DEPENDENCY:
    case MZ_JOB_PASS: return number32(w->spec, key->count_offset) == 0;
    case MZ_JOB_UNREAD: return true;
    case MZ_JOB_MAP:
        for (size_t i = 0; i < key->map->count; i++) {
            if (!is_standard(w, &key->map->keys[i]))
                return false;
        }
        return true;
    }
    return true;
}

static void add_map(struct writer *w, const struct mz_job_schema *schema);

static void add_value(struct writer *w, const struct mz_job_key *key)
{
    char buffer[MZ_JOB_TIME_TEXT_MAX];

    switch (key->value) {
    case MZ_JOB_NAME:
    case MZ_JOB_TEXT:
    case MZ_JOB_SCRIPT:
    case MZ_JOB_PATH:
    case MZ_JOB_OUTPUT:
    case MZ_JOB_LEVEL: add_string(w->out, text_of(w->spec, key->offset)); break;
    case MZ_JOB_WORD: add_string(w->out, key->words[number32(w->spec, key->offset)]); break;
    case MZ_JOB_SIGNAL:
        add_string(w->out, mz_job_signal_name(number32(w->spec, key->offset)));
        break;
    case MZ_JOB_COUNT:
    case MZ_JOB_MEMORY: mz_text_addf(w->out, "%d", number32(w->spec, key->offset)); break;
    case MZ_JOB_DURATION:
    case MZ_JOB_PRICE:
        mz_text_add(w->out, mz_job_millionths_format(buffer, number64(w->spec, key->offset)));
        break;
    case MZ_JOB_BOOL:
        mz_text_add(w->out, *(const bool *)field(w->spec, key->offset) ? "true" : "false");
        break;
    case MZ_JOB_NAMES:
    case MZ_JOB_ARGV: add_texts(w, key); break;
    case MZ_JOB_ENV: add_env(w); break;
    case MZ_JOB_ARRAY: add_array(w); break;
    case MZ_JOB_DEPENDENCY: add_dependency(w); break;
    case MZ_JOB_PASS: add_pass(w); break;
    case MZ_JOB_UNREAD: break;
    case MZ_JOB_MAP: add_map(w, key->map); break;
    }
}

static void add_map(struct writer *w, const struct mz_job_schema *schema)
{
    const char *comma = "";

    mz_text_add(w->out, "{");
    for (size_t i = 0; i < schema->count; i++) {
        const struct mz_job_key *key = &schema->keys[i];

        if (is_standard(w, key))
            continue;
        mz_text_addf(w->out, "%s\"%s\":", comma, key->json ? key->json : key->name);
        add_value(w, key);
        comma = ",";
    }
    mz_text_add(w->out, "}");
}

void mz_jobfile_write_json(const struct mz_job_spec *spec, struct mz_text *out)
{
    struct writer writer = { out, spec, mz_job_spec_default() };

    assert(spec->name);
    add_map(&writer, &mz_job_schema);
}
