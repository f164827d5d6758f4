/* read_list.c - values with an inner form: lists, environment, array, dependency, pass-through */
#include "jobfile/read.h"

#include "base/text.h"
#include "jobfile/jobfile.h"
#include "jobfile/parse.h"

#include <string.h>

static bool check_count(struct mz_job_reader *reader, const char *what, const struct mz_node *node,
    size_t count, int64_t min, int64_t max)
{
    if ((int64_t)count > max) {
        mz_check_error(&reader->check, "M0210", node->mark, "'%s' has %zu entries", what, count)
            ->label = mz_arena_printf(reader->check.arena, "%lld at most", (long long)max);
        return false;
    }
    if ((int64_t)count < min) {
        mz_check_error(&reader->check, "M0111", node->mark, "'%s' has no value", what)->label =
            "give it one, or remove it";
        return false;
    }
    return true;
}

static bool entry_is_text(
    struct mz_job_reader *reader, const char *what, const struct mz_entry *entry)
{
    if (mz_node_is_null(entry->value)) {
        mz_check_error(
            &reader->check, "M0111", entry->key_mark, "an entry of '%s' has no value", what)
            ->label = "write \"\" for an empty text";
        return false;
    }
    return mz_check_scalar(&reader->check, what, entry->value);
}

/* One name as it may stand in a list; the list so far has to lack it. */
static bool check_list_name(struct mz_job_reader *reader, const char *what,
    const struct mz_node *node, const char *const *names, size_t count)
{
    const char *problem = mz_job_name_problem(node->text);

    if (!problem && strchr(node->text, ','))
        problem = "write a list: [first, second]";
    for (size_t i = 0; i < count && !problem; i++) {
        if (strcmp(names[i], node->text) == 0)
            problem = "it stands twice";
    }
    if (!problem)
        return true;
    mz_check_error(&reader->check, "M0202", node->mark, "'%s' cannot be '%.100s'", what, node->text)
        ->label = problem;
    return false;
}

static bool set_texts(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    const struct mz_node *node)
{
    bool names = key->value == MZ_JOB_NAMES;
    struct mz_entry alone = { .value = (struct mz_node *)node, .key_mark = node->mark };
    bool single = names && node->kind == MZ_NODE_SCALAR;
    const struct mz_entry *entries = single ? &alone : node->entries;
    size_t count = single ? 1 : node->count;
    const char **texts;
    size_t bytes = 0;
    bool ok = true;

    if (!single && node->kind != MZ_NODE_LIST) {
        mz_check_error(&reader->check, "M0109", node->mark, "'%s' must be a list, not %s", what,
            mz_node_kind_name(node))
            ->label = node->kind == MZ_NODE_SCALAR && strcmp(key->name, "command") == 0
            ? "write [program, argument], or 'run:' for a shell line"
            : NULL;
        return false;
    }
    if (!check_count(reader, what, node, count, key->min, key->max))
        return false;
    texts = mz_arena_alloc(reader->check.arena, count, sizeof(*texts));
    for (size_t i = 0; i < count; i++) {
        const struct mz_node *value = entries[i].value;

        texts[i] = "";
        if (!entry_is_text(reader, what, &entries[i]) ||
            (names && !check_list_name(reader, what, value, texts, i))) {
            ok = false;
            continue;
        }
        texts[i] = value->text;
        bytes += strlen(value->text) + 1;
    }
    if (ok && bytes > MZ_SPEC_TEXT_BYTES_MAX) {
        mz_check_error(&reader->check, "M0210", node->mark, "'%s' is larger than 4 MiB", what);
        return false;
    }
    if (!ok)
        return false;
    memcpy(mz_job_field(reader->spec, key->offset), &texts, sizeof(texts));
    memcpy(mz_job_field(reader->spec, key->count_offset), &(int32_t){ (int32_t)count },
        sizeof(int32_t));
    return true;
}

static bool is_env_name(const char *name)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

    return name[0] && strchr(first, name[0]) && strlen(name) <= MZ_SPEC_NAME_MAX &&
        name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789")] ==
        '\0';
}

static bool check_env_name(
    struct mz_job_reader *reader, const char *what, const char *name, struct mz_mark mark)
{
    if (is_env_name(name))
        return true;
    mz_check_error(&reader->check, "M0208", mark, "'%s': '%.100s' cannot be a variable", what, name)
        ->label = "letters, digits and _, 128 at most, no digit first";
    return false;
}

bool mz_job_env_put(struct mz_job_reader *reader, const char *what, const char *name,
    const char *value, struct mz_mark mark)
{
    struct mz_job_spec *spec = reader->spec;
    size_t count = (size_t)spec->env_count;
    const char **names = mz_arena_alloc(reader->check.arena, count + 1, sizeof(*names));
    const char **values = mz_arena_alloc(reader->check.arena, count + 1, sizeof(*values));
    size_t at = count;

    if (!check_env_name(reader, what, name, mark))
        return false;
    for (size_t i = 0; i < count; i++) {
        names[i] = spec->env_names[i];
        values[i] = spec->env_values[i];
        if (strcmp(names[i], name) == 0)
            at = i;
    }
    if (at >= MZ_SPEC_ENV_MAX) {
        mz_check_error(&reader->check, "M0210", mark, "'%s' sets more than %d variables", what,
            MZ_SPEC_ENV_MAX);
        return false;
    }
    names[at] = name;
    values[at] = value;
    spec->env_names = names;
    spec->env_values = values;
    spec->env_count = (int32_t)(at == count ? count + 1 : count);
    return true;
}

static bool set_env(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    const struct mz_node *node)
{
    const char **names;
    const char **values;
    size_t bytes = 0;
    bool ok = true;

    if (node->kind != MZ_NODE_MAP) {
        mz_check_error(&reader->check, "M0109", node->mark, "'%s' must be a map, not %s", what,
            mz_node_kind_name(node))
            ->label = "write {NAME: value}";
        return false;
    }
    if (!check_count(reader, what, node, node->count, key->min, key->max))
        return false;
    names = mz_arena_alloc(reader->check.arena, node->count + 1, sizeof(*names));
    values = mz_arena_alloc(reader->check.arena, node->count + 1, sizeof(*values));
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];

        ok = check_env_name(reader, what, entry->key, entry->key_mark) && ok;
        if (!entry_is_text(reader, what, entry)) {
            ok = false;
            continue;
        }
        names[i] = entry->key;
        values[i] = entry->value->text;
        bytes += strlen(names[i]) + strlen(values[i]) + 2;
    }
    if (ok && bytes > MZ_SPEC_TEXT_BYTES_MAX) {
        mz_check_error(&reader->check, "M0210", node->mark, "'%s' is larger than 4 MiB", what);
        return false;
    }
    if (!ok)
        return false;
    reader->spec->env_names = names;
    reader->spec->env_values = values;
    reader->spec->env_count = (int32_t)node->count;
    return true;
}

static bool set_array(struct mz_job_reader *reader, const char *what, const struct mz_node *node)
{
    struct mz_error err = { MZ_OK, "" };

    if (!mz_check_scalar(&reader->check, what, node))
        return false;
    if (mz_jobfile_array_parse(reader->check.arena, node->text, &reader->spec->array_count,
            &reader->spec->array_indices, &reader->spec->array_parallel, &err) == MZ_OK)
        return true;
    mz_job_report(reader, what, node, "M0206", &err);
    return false;
}

static bool set_dependency(
    struct mz_job_reader *reader, const char *what, const struct mz_node *node)
{
    struct mz_dependency *list =
        mz_arena_alloc(reader->check.arena, MZ_SPEC_DEPENDENCY_MAX, sizeof(*list));
    struct mz_entry alone = { .value = (struct mz_node *)node, .key_mark = node->mark };
    bool single = node->kind == MZ_NODE_SCALAR;
    const struct mz_entry *entries = single ? &alone : node->entries;
    size_t entry_count = single ? 1 : node->count;
    int32_t count = 0;
    bool ok = true;

    if (node->kind == MZ_NODE_MAP) {
        mz_check_error(&reader->check, "M0109", node->mark, "'%s' must be a text, not a map", what)
            ->label = "write afterok:4127:4130";
        return false;
    }
    if (!check_count(reader, what, node, entry_count, 1, MZ_SPEC_DEPENDENCY_MAX))
        return false;
    for (size_t i = 0; i < entry_count; i++) {
        struct mz_error err = { MZ_OK, "" };

        if (!entry_is_text(reader, what, &entries[i])) {
            ok = false;
        } else if (mz_job_dependency_parse(entries[i].value->text, list, &count, &err) != MZ_OK) {
            mz_job_report(reader, what, entries[i].value, "M0205", &err);
            ok = false;
        }
    }
    if (ok) {
        reader->spec->dependencies = list;
        reader->spec->dependency_count = count;
    }
    return ok;
}

static int compare_pass(const struct mz_spec_pass *a, const char *partner, const char *key)
{
    int by_partner = strcmp(a->partner, partner);

    return by_partner ? by_partner : strcmp(a->key, key);
}

bool mz_job_pass_put(struct mz_job_reader *reader, const char *what, const char *partner,
    const char *key, const char *value, struct mz_mark mark)
{
    struct mz_job_spec *spec = reader->spec;
    size_t count = (size_t)spec->pass_count;
    struct mz_spec_pass *list;
    size_t at = 0;
    bool there;

    if (value[0] == '\0' || strlen(value) > MZ_JOB_TEXT_MAX || !mz_job_printable(value)) {
        mz_check_error(&reader->check, "M0202", mark, "'%s' cannot be '%.100s'", what, value)
            ->label = "1 to 1024 bytes without control characters";
        return false;
    }
    while (at < count && compare_pass(&spec->pass[at], partner, key) < 0)
        at++;
    there = at < count && compare_pass(&spec->pass[at], partner, key) == 0;
    if (!there && count >= MZ_JOB_PASS_MAX) {
        mz_check_error(
            &reader->check, "M0210", mark, "'%s': more than %d entries", what, MZ_JOB_PASS_MAX);
        return false;
    }
    list = mz_arena_alloc(reader->check.arena, count + 1, sizeof(*list));
    for (size_t i = 0; i < at; i++)
        list[i] = spec->pass[i];
    list[at] = (struct mz_spec_pass){ partner, key, value };
    for (size_t i = at + there; i < count; i++)
        list[i + !there] = spec->pass[i];
    spec->pass = list;
    spec->pass_count += there ? 0 : 1;
    return true;
}

static bool set_pass_partner(
    struct mz_job_reader *reader, const char *what, const struct mz_entry *partner)
{
    const char *problem = mz_job_name_problem(partner->key);
    const char *path = mz_arena_printf(reader->check.arena, "%s.%.100s", what, partner->key);
    bool ok = true;

    if (problem) {
        mz_check_error(&reader->check, "M0202", partner->key_mark, "'%s' cannot be for '%.100s'",
            what, partner->key)
            ->label = problem;
        return false;
    }
    if (partner->value->kind != MZ_NODE_MAP) {
        mz_check_error(&reader->check, "M0109", partner->value->mark, "'%s' must be a map, not %s",
            path, mz_node_kind_name(partner->value))
            ->label = "write {partner: {partition: train}}";
        return false;
    }
    for (size_t i = 0; i < partner->value->count; i++) {
        const struct mz_entry *entry = &partner->value->entries[i];
        int32_t word = mz_words_find(mz_job_pass_keys, entry->key);
        char buffer[128];
        struct mz_diag *diag;

        if (word < 0) {
            size_t known = mz_words_count(mz_job_pass_keys);

            diag = mz_check_error(&reader->check, "M0107", entry->key_mark,
                "unknown key '%.80s' in %s", entry->key, path);
            diag->suggestion = mz_nearest_word(entry->key, mz_job_pass_keys, known);
            if (diag->suggestion)
                diag->label =
                    mz_arena_printf(reader->check.arena, "did you mean '%s'?", diag->suggestion);
            diag->note = mz_arena_printf(reader->check.arena, "known keys: %s",
                mz_words_join(buffer, sizeof(buffer), mz_job_pass_keys, known));
            ok = false;
        } else {
            ok = entry_is_text(reader, path, entry) &&
                mz_job_pass_put(reader,
                    mz_arena_printf(reader->check.arena, "%s.%s", path, entry->key), partner->key,
                    mz_job_pass_keys[word], entry->value->text, entry->value->mark) &&
                ok;
        }
    }
    return ok;
}

static bool set_pass(struct mz_job_reader *reader, const char *what, const struct mz_node *node)
{
    bool ok = true;

    if (node->kind != MZ_NODE_MAP) {
        mz_check_error(&reader->check, "M0109", node->mark, "'%s' must be a map, not %s", what,
            mz_node_kind_name(node))
            ->label = "write {partner: {partition: train}}";
        return false;
    }
    if (!check_count(reader, what, node, node->count, 0, MZ_SPEC_PARTNERS_MAX))
        return false;
    for (size_t i = 0; i < node->count; i++)
        ok = set_pass_partner(reader, what, &node->entries[i]) && ok;
    return ok;
}

bool mz_job_set_list(struct mz_job_reader *reader, const struct mz_job_key *key, const char *what,
    const struct mz_node *node)
{
    if (key->value == MZ_JOB_NAMES || key->value == MZ_JOB_ARGV)
        return set_texts(reader, key, what, node);
    if (key->value == MZ_JOB_ENV)
        return set_env(reader, key, what, node);
    if (key->value == MZ_JOB_ARRAY)
        return set_array(reader, what, node);
    if (key->value == MZ_JOB_DEPENDENCY)
        return set_dependency(reader, what, node);
    return set_pass(reader, what, node);
}
