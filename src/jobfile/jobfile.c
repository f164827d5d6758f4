/* jobfile.c - YAML and JSON as one tree, read over a copy of the job
 * JSON becomes the same tree that YAML does (numbers as their text), so that one reader knows the
 * keys. Its depth is bounded by jansson (2,048) before it is walked, and then as YAML's is; what
 * is no scalar, list or map does not exist in it. A job is changed only when all of it was right. */
#include "jobfile/jobfile.h"

#include "jobfile/parse.h"
#include "jobfile/read.h"
#include "scenario/scenario.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

bool mz_jobfile_is_script(const struct mz_jobfile_source *source)
{
    return source->length >= 2 && memcmp(source->bytes, "#!", 2) == 0;
}

enum mz_status mz_job_fail(const struct mz_diags *diags, struct mz_error *err)
{
    char text[MZ_ERROR_TEXT_MAX];
    char more[48] = "";
    const struct mz_diag *first = NULL;
    const char *tail;

    for (size_t i = 0; i < diags->count && !first; i++) {
        if (diags->list[i].severity == MZ_SEVERITY_ERROR)
            first = &diags->list[i];
    }
    assert(first);
    tail = first->label ? first->label : first->note;
    if (diags->error_count > 1)
        (void)snprintf(more, sizeof(more), " (and %zu more)", diags->error_count - 1);
    (void)snprintf(text, sizeof(text) - sizeof(more), "%s%s%s", first->message, tail ? ": " : "",
        tail ? tail : "");
    (void)strcat(text, more);
    if (err) {
        (void)mz_text_printable(err->text, sizeof(err->text), text);
        err->status = MZ_E_INPUT;
    }
    return MZ_E_INPUT;
}

const char *mz_job_default_name(
    struct mz_arena *arena, const char *file, const struct mz_job_spec *spec)
{
    const char *from = file && strcmp(file, "-") != 0 ? file
        : spec->argc > 0                              ? spec->argv[0]
        : spec->run                                   ? spec->run
                                                      : "";
    size_t blank = from == spec->run ? strspn(from, " \t\n") : 0;
    size_t length = from == spec->run ? strcspn(from + blank, " \t\n;|&") : strlen(from);
    char *name = mz_arena_strndup(arena, from + blank, length);
    char *slash = strrchr(name, '/');

    name = slash ? slash + 1 : name;
    if (from == file) { /* llama.yaml: llama */
        char *dot = strrchr(name, '.');

        if (dot && dot > name && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0))
            *dot = '\0';
    }
    return mz_job_name_problem(name) ? "job" : name;
}

enum mz_status mz_jobfile_read_yaml(struct mz_arena *arena, const struct mz_jobfile_source *source,
    struct mz_job_spec *spec, struct mz_diags *diags)
{
    struct mz_job_spec copy = *spec;
    struct mz_job_reader reader = { { arena, diags }, MZ_JOB_YAML, source->directory, &copy };
    struct mz_node *root = NULL;
    size_t errors_before = diags->error_count;

    assert(source->directory && source->directory[0] == '/');
    if (mz_tree_parse(arena, source->file, source->bytes, source->length, 0, diags, &root) !=
        MZ_OK) {
        for (size_t i = 0; i < diags->count; i++) {
            struct mz_diag *diag = &diags->list[i];

            if (strcmp(diag->code, "M0103") == 0 && diag->label)
                diag->label = "a file holds one job";
        }
        return MZ_E_INPUT;
    }
    mz_job_read_tree(&reader, root);
    mz_diags_sort(diags);
    if (diags->error_count > errors_before)
        return MZ_E_INPUT;
    if (!copy.name)
        copy.name = mz_job_default_name(arena, source->file, &copy);
    *spec = copy;
    return MZ_OK;
}

struct json_walk {
    struct mz_arena *arena;
    size_t nodes;
};

static struct mz_node *scalar_of(struct json_walk *walk, const json_t *value, struct mz_node *node)
{
    char *buffer = mz_arena_alloc(walk->arena, MZ_NUMBER_MAX, 1);

    node->text = buffer;
    switch (json_typeof(value)) {
    case JSON_STRING:
        node->text = mz_arena_strdup(walk->arena, json_string_value(value));
        node->quoted = true;
        break;
    case JSON_INTEGER:
        node->text = mz_arena_printf(walk->arena, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL: mz_format_exact(buffer, json_real_value(value)); break;
    case JSON_TRUE: node->text = "true"; break;
    case JSON_FALSE: node->text = "false"; break;
    case JSON_NULL: node->text = "null"; break;
    case JSON_OBJECT:
    case JSON_ARRAY: assert(false); /* no scalar */
    }
    return node;
}

/* NULL: deeper than a file may be, or more values. */
static struct mz_node *tree_of(struct json_walk *walk, json_t *value, int32_t depth)
{
    struct mz_node *node = mz_arena_alloc(walk->arena, 1, sizeof(*node));
    size_t count = json_is_array(value) ? json_array_size(value) : json_object_size(value);
    size_t at = 0;

    node->size = 1;
    if (depth > MZ_SCENARIO_DEPTH_MAX || ++walk->nodes > MZ_SCENARIO_NODE_COUNT_MAX)
        return NULL;
    if (!json_is_array(value) && !json_is_object(value))
        return scalar_of(walk, value, node);
    node->kind = json_is_array(value) ? MZ_NODE_LIST : MZ_NODE_MAP;
    node->entries = mz_arena_alloc(walk->arena, count + 1, sizeof(*node->entries));
    node->count = count;
    if (json_is_array(value)) {
        for (; at < count; at++) {
            node->entries[at].value = tree_of(walk, json_array_get(value, at), depth + 1);
            if (!node->entries[at].value)
                return NULL;
        }
        return node;
    }
    for (void *i = json_object_iter(value); i; i = json_object_iter_next(value, i), at++) {
        node->entries[at].key = mz_arena_strdup(walk->arena, json_object_iter_key(i));
        node->entries[at].value = tree_of(walk, json_object_iter_value(i), depth + 1);
        if (!node->entries[at].value)
            return NULL;
    }
    return node;
}

static enum mz_status load_tree(struct mz_arena *arena, const char *bytes, size_t length,
    struct mz_node **ret_root, struct mz_error *err)
{
    struct json_walk walk = { arena, 0 };
    json_error_t why;
    json_t *json;

    if (length > MZ_JOB_JSON_BYTES_MAX)
        return mz_fail(
            err, MZ_E_LIMIT, "the JSON of a job is larger than %d bytes", MZ_JOB_JSON_BYTES_MAX);
    json = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &why);
    if (!json) {
        char text[sizeof(why.text)];

        return mz_fail(err, MZ_E_PARSE, "line %d, column %d: this is not JSON: %s", why.line,
            why.column, mz_text_printable(text, sizeof(text), why.text));
    }
    *ret_root = tree_of(&walk, json, 1);
    json_decref(json);
    if (!*ret_root)
        return mz_fail(err, MZ_E_LIMIT,
            "the JSON of a job is nested deeper than %d levels or has more than %d values",
            MZ_SCENARIO_DEPTH_MAX, MZ_SCENARIO_NODE_COUNT_MAX);
    return MZ_OK;
}

enum mz_status mz_jobfile_read_json(struct mz_arena *arena, const char *bytes, size_t length,
    struct mz_job_spec *spec, struct mz_error *err)
{
    struct mz_job_spec copy = *spec;
    struct mz_diags diags;
    struct mz_job_reader reader = { { arena, &diags }, MZ_JOB_JSON, NULL, &copy };
    struct mz_node *root = NULL;
    enum mz_status status = load_tree(arena, bytes, length, &root, err);

    if (status != MZ_OK)
        return status;
    mz_diags_init(&diags, arena);
    mz_job_read_tree(&reader, root);
    if (diags.error_count > 0)
        return mz_job_fail(&diags, err);
    if (!copy.name)
        copy.name = mz_job_default_name(arena, NULL, &copy);
    *spec = copy;
    return MZ_OK;
}
