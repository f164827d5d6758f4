/* read.c - maps against the table of keys, and single values */
#include "jobfile/read.h"

#include "base/text.h"
#include "jobfile/jobfile.h"
#include "jobfile/parse.h"

#include <string.h>

_Static_assert(sizeof(enum mz_spec_kind) == sizeof(int32_t), "words are stored as int32_t");
_Static_assert(sizeof(enum mz_partner_loss) == sizeof(int32_t), "words are stored as int32_t");

enum { NOTE_MAX = 600 };

void mz_job_report(struct mz_job_reader *reader, const char *what, const struct mz_node *node,
    const char *code, const struct mz_error *err)
{
    const char *label = mz_arena_strdup(reader->check.arena, err->text);

    if (err->status == MZ_E_INPUT)
        mz_check_error(&reader->check, "M0112", node->mark, "'%s' needs a unit", what)->label =
            label;
    else
        mz_check_error(&reader->check,
            err->status == MZ_E_RANGE       ? "M0115"
                : err->status == MZ_E_LIMIT ? "M0210"
                                            : code,
            node->mark, "'%s' cannot be '%.80s'", what, node->text)
            ->label = label;
}

static bool set_name(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    const struct mz_node *node)
{
    const char *problem = mz_job_name_problem(node->text);

    if (problem) {
        mz_check_error(
            &reader->check, "M0202", node->mark, "'%s' cannot be '%.100s'", what, node->text)
            ->label = problem;
        return false;
    }
    memcpy(mz_job_field(reader->spec, key->offset), &(const char *){ node->text }, sizeof(char *));
    return true;
}

static bool set_text(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    const struct mz_node *node)
{
    const char *label = NULL;
    const char *code = "M0201";

    if (node->text[strspn(node->text, " \t\r\n")] == '\0') {
        label = "write what is to be run";
    } else if (strlen(node->text) > MZ_SPEC_TEXT_BYTES_MAX) {
        code = "M0210";
        label = "4 MiB is the limit";
    } else if (key->value == MZ_JOB_SCRIPT && strncmp(node->text, "#!", 2) != 0) {
        code = "M0226";
        label = "the first line names its interpreter: #!/bin/sh";
    }
    if (label) {
        mz_check_error(&reader->check, code, node->mark, "'%s' cannot be run", what)->label = label;
        return false;
    }
    memcpy(mz_job_field(reader->spec, key->offset), &(const char *){ node->text }, sizeof(char *));
    return true;
}

const char *mz_job_path(struct mz_job_reader *reader, const char *what, const char *text,
    struct mz_mark mark, const char *directory)
{
    const char *label = NULL;
    const char *path = text;

    if (text[0] == '\0')
        label = "it is empty";
    else if (!mz_job_printable(text))
        label = "it has a control character, or bytes that are not UTF-8";
    else if (text[0] == '$' || text[0] == '~')
        label = "variables and ~ are not expanded here: write the path out";
    else if (strstr(text, "://"))
        label = "a URL is not a path: write a path that every node of the job can reach";
    else if (text[0] != '/' && !directory)
        label = "write the path from the root: /...";
    if (!label && text[0] != '/') {
        while (strncmp(path, "./", 2) == 0)
            path += 2;
        path = strcmp(path, ".") == 0 || path[0] == '\0'
            ? mz_arena_strdup(reader->check.arena, directory)
            : mz_arena_printf(reader->check.arena, "%s%s%s", directory,
                  directory[strlen(directory) - 1] == '/' ? "" : "/", path);
    }
    if (!label && strlen(path) > MZ_JOB_PATH_MAX)
        label = "it is longer than 4096 bytes";
    if (!label)
        return path;
    mz_check_error(&reader->check, "M0204", mark, "'%s' cannot be '%.100s'", what, text)->label =
        label;
    return NULL;
}

static bool set_path(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    const struct mz_node *node)
{
    bool output = key->value == MZ_JOB_OUTPUT;
    const char *base = output && reader->spec->workdir && reader->directory ? reader->spec->workdir
                                                                            : reader->directory;
    const char *path = mz_job_path(reader, what, node->text, node->mark, base);

    if (!path)
        return false;
    for (const char *s = path; output && (s = strchr(s, '%')); s += 2) {
        if (s[1] && strchr("jnt%", s[1]))
            continue;
        mz_check_error(
            &reader->check, "M0204", node->mark, "'%s' cannot be '%.100s'", what, node->text)
            ->label = "behind % stands j (job), n (attempt), t (rank) or %";
        return false;
    }
    memcpy(mz_job_field(reader->spec, key->offset), &path, sizeof(path));
    return true;
}

static bool set_word(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    const struct mz_node *node)
{
    int32_t word = mz_words_find(key->words, node->text);

    if (word < 0 && strcmp(key->name, "kind") == 0 && strcmp(node->text, "service") == 0) {
        mz_check_error(&reader->check, "M0211", node->mark, "'kind: service' comes later")->label =
            "write batch or train";
        return false;
    }
    if (word < 0) {
        mz_check_word(&reader->check, what, node, key->words);
        return false;
    }
    if (key->value == MZ_JOB_WORD)
        memcpy(mz_job_field(reader->spec, key->offset), &word, sizeof(word));
    else if (key->value == MZ_JOB_LEVEL)
        memcpy(mz_job_field(reader->spec, key->offset), &key->words[word], sizeof(char *));
    else
        mz_diags_add(reader->check.diags, MZ_SEVERITY_WARNING, "M0211", node->mark,
            "'%s' does nothing yet", what)
            ->label = "the daemon's policy decides the order";
    return true;
}

static bool set_bool(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    const struct mz_node *node)
{
    bool value = strcmp(node->text, "true") == 0;

    if (!value && strcmp(node->text, "false") != 0) {
        mz_check_bool(&reader->check, what, node);
        return false;
    }
    memcpy(mz_job_field(reader->spec, key->offset), &value, sizeof(value));
    return true;
}

static enum mz_status parse_number(const struct mz_job_reader *reader, const struct mz_job_key *key,
    bool base, const char *text, int64_t *ret_value, struct mz_error *err)
{
    bool option = reader->form == MZ_JOB_OPTION;

    if (key->value == MZ_JOB_COUNT || (base && key->value == MZ_JOB_MEMORY))
        return mz_job_count_parse(text, key->min, key->max, ret_value, err);
    if (base)
        return mz_job_millionths_parse(text, key->min, key->max, ret_value, err);
    if (key->value == MZ_JOB_MEMORY)
        return mz_job_memory_parse(text, option, key->max, ret_value, err);
    if (key->value == MZ_JOB_DURATION)
        return mz_job_time_parse(
            text, option && strcmp(key->name, "time") == 0, key->min, key->max, ret_value, err);
    if (option && text[0] && text[mz_number_length(text)] == '\0')
        return mz_job_millionths_parse(text, key->min, key->max, ret_value, err);
    return mz_job_price_parse(text, key->max, ret_value, err);
}

static bool set_number(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    bool base, const struct mz_node *node)
{
    struct mz_error err = { MZ_OK, "" };
    int64_t value = 0;
    bool narrow = key->value == MZ_JOB_COUNT || key->value == MZ_JOB_MEMORY;

    if (parse_number(reader, key, base, node->text, &value, &err) != MZ_OK) {
        mz_job_report(reader, what, node, "M0203", &err);
        return false;
    }
    if (narrow)
        memcpy(
            mz_job_field(reader->spec, key->offset), &(int32_t){ (int32_t)value }, sizeof(int32_t));
    else
        memcpy(mz_job_field(reader->spec, key->offset), &value, sizeof(value));
    return true;
}

static bool set_signal(struct mz_job_reader *reader, const char *what, const struct mz_node *node)
{
    struct mz_error err = { MZ_OK, "" };
    int64_t lead_us = -1;
    int32_t number = 0;

    if (mz_job_signal_parse(node->text, &number, &lead_us, &err) != MZ_OK) {
        mz_job_report(reader, what, node, "M0207", &err);
        return false;
    }
    reader->spec->checkpoint_signal = number;
    if (lead_us >= 0)
        reader->spec->checkpoint_lead_us = lead_us;
    return true;
}

bool mz_job_set(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    bool base, const struct mz_node *node)
{
    bool many = key->value >= MZ_JOB_NAMES && key->value <= MZ_JOB_DEPENDENCY;

    if (many || key->value == MZ_JOB_PASS)
        return mz_job_set_list(reader, key, what, node);
    if (!mz_check_scalar(&reader->check, what, node)) {
        if (strcmp(key->name, "run") == 0 && node->kind == MZ_NODE_LIST)
            reader->check.diags->list[reader->check.diags->count - 1].label =
                "for a program and its arguments write 'command:'";
        return false;
    }
    switch (key->value) {
    case MZ_JOB_NAME: return set_name(reader, key, what, node);
    case MZ_JOB_TEXT:
    case MZ_JOB_SCRIPT: return set_text(reader, key, what, node);
    case MZ_JOB_PATH:
    case MZ_JOB_OUTPUT: return set_path(reader, key, what, node);
    case MZ_JOB_WORD:
    case MZ_JOB_LEVEL:
    case MZ_JOB_UNREAD: return set_word(reader, key, what, node);
    case MZ_JOB_COUNT:
    case MZ_JOB_DURATION:
    case MZ_JOB_MEMORY:
    case MZ_JOB_PRICE: return set_number(reader, key, what, base, node);
    case MZ_JOB_BOOL: return set_bool(reader, key, what, node);
    case MZ_JOB_SIGNAL: return set_signal(reader, what, node);
    case MZ_JOB_NAMES:
    case MZ_JOB_ARGV:
    case MZ_JOB_ENV:
    case MZ_JOB_ARRAY:
    case MZ_JOB_DEPENDENCY:
    case MZ_JOB_PASS:
    case MZ_JOB_MAP: break;
    }
    return false;
}

static void report_unknown(struct mz_job_reader *reader, const struct mz_job_schema *schema,
    const struct mz_entry *entry, const char *path)
{
    char buffer[NOTE_MAX];
    struct mz_diag *diag = mz_check_error(&reader->check, "M0107", entry->key_mark,
        "unknown key '%.80s' in %s", entry->key, path[0] ? path : "the job");

    if (reader->check.diags->error_count > MZ_HINTED_ERROR_COUNT_MAX)
        return;
    diag->suggestion = mz_job_key_nearest(schema, entry->key);
    if (diag->suggestion)
        diag->label = mz_arena_printf(reader->check.arena, "did you mean '%s'?", diag->suggestion);
    diag->note = mz_arena_printf(
        reader->check.arena, "known keys: %s", mz_job_keys_join(buffer, sizeof(buffer), schema));
}

/* The same key under another of its names; under the same one the tree has refused it. */
static bool is_second(
    struct mz_job_reader *reader, const struct mz_entry *entry, const struct mz_entry *first)
{
    struct mz_diag *diag;

    if (!first)
        return false;
    diag = mz_check_error(&reader->check, "M0104", entry->key_mark,
        "'%.80s' says again what '%.80s' says", entry->key, first->key);
    diag->label = "only one of them can count";
    diag->other = first->key_mark;
    diag->other_label = "first here";
    return true;
}

static void read_map(struct mz_job_reader *reader, const struct mz_job_schema *schema,
    const char *path, const struct mz_node *map)
{
    const struct mz_entry *first[MZ_JOB_KEYS_MAX] = { NULL };

    for (size_t i = 0; i < map->count; i++) {
        const struct mz_entry *entry = &map->entries[i];
        bool base = false;
        const struct mz_job_key *key =
            mz_job_key_find(schema, entry->key, reader->form == MZ_JOB_JSON, &base);
        const char *what;
        bool null = mz_node_is_null(entry->value);

        if (!key) {
            report_unknown(reader, schema, entry, path);
            continue;
        }
        if (null && reader->form == MZ_JOB_JSON) /* not stated */
            continue;
        what = mz_arena_printf(reader->check.arena, "%s%s%s", path, path[0] ? "." : "", entry->key);
        if (is_second(reader, entry, first[key - schema->keys]) ||
            !mz_check_present(&reader->check, entry))
            continue;
        first[key - schema->keys] = entry;
        if (key->value != MZ_JOB_MAP)
            mz_job_set(reader, key, what, base, entry->value);
        else if (entry->value->kind == MZ_NODE_MAP)
            read_map(reader, key->map, what, entry->value);
        else
            mz_check_error(&reader->check, "M0109", entry->value->mark,
                "'%s' must be a map, not %s", what, mz_node_kind_name(entry->value));
    }
}

/* What is to be run, and sizes, as far as one file says them twice. */
static void check_whole(struct mz_job_reader *reader, const struct mz_node *root)
{
    static const char *const runs[] = { "run", "command", "script" };
    const struct mz_entry *first = NULL;
    struct mz_error err = { MZ_OK, "" };
    const struct mz_entry *size = mz_node_find(root, "chips");
    struct mz_diag *diag;

    for (size_t i = 0; i < 3; i++) {
        const struct mz_entry *entry = mz_node_find(root, runs[i]);

        if (!entry || mz_node_is_null(entry->value))
            continue;
        if (first) {
            diag = mz_check_error(&reader->check, "M0201", entry->key_mark,
                "'%s' and '%s' are both to be run", first->key, entry->key);
            diag->label = "a job runs one of them";
            diag->other = first->key_mark;
            diag->other_label = "and this";
        } else {
            first = entry;
        }
    }
    /* of JSON the check of the whole tells it: the journal gives back whatever it was given */
    if (reader->form == MZ_JOB_YAML && reader->check.diags->error_count == 0 && size &&
        mz_job_sizes_check(reader->spec, &err) != MZ_OK)
        mz_check_error(&reader->check, "M0209", size->value->mark, "%s", err.text);
}

/* What an earlier file ran is not run when this one says what to run. */
static void forget_run(struct mz_job_spec *spec, const struct mz_node *root)
{
    if (!mz_node_value(root, "run") && !mz_node_value(root, "command") &&
        !mz_node_value(root, "script"))
        return;
    spec->run = NULL;
    spec->argc = 0;
    spec->argv = NULL;
    spec->script = NULL;
    spec->script_argc = 0;
    spec->script_argv = NULL;
}

void mz_job_read_tree(struct mz_job_reader *reader, const struct mz_node *root)
{
    const struct mz_entry *workdir = mz_node_find(root, "workdir");

    if (root->kind != MZ_NODE_MAP) {
        mz_check_error(&reader->check, "M0109", root->mark, "a job is a map of keys, not %s",
            mz_node_kind_name(root));
        return;
    }
    forget_run(reader->spec, root);
    if (workdir && workdir->value->kind == MZ_NODE_SCALAR) { /* before what is relative to it */
        struct mz_diags silent;
        struct mz_job_reader early = *reader;

        mz_diags_init(&silent, reader->check.arena);
        early.check.diags = &silent;
        mz_job_set(&early, mz_job_key_at("workdir"), "workdir", false, workdir->value);
    }
    read_map(reader, &mz_job_schema, "", root);
    check_whole(reader, root);
}
