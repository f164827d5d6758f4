/* test_document.c - docs/jobs.md says what the tables say
 * The document is the first argument. With a second one the three tables are printed, to be put into
 * the document. */
#include "base/file.h"
#include "base/text.h"
#include "jobfile/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *document = "docs/jobs.md";

static void add_keys(struct mz_text *out, const struct mz_job_schema *schema, const char *path)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct mz_job_key *key = &schema->keys[i];
        char name[128];

        (void)snprintf(name, sizeof(name), "%s%s%s", path, path[0] ? "." : "", key->name);
        if (key->map) {
            add_keys(out, key->map, name);
            continue;
        }
        mz_text_addf(out, "| `%s`", name);
        if (key->alias)
            mz_text_addf(out, " or `%s`", key->alias);
        if (key->json)
            mz_text_addf(out, " (JSON: `%s`)", key->json);
        mz_text_addf(out, " | %s | %s | %s |\n", key->unit, key->standard, key->doc);
    }
}

static void add_name(struct mz_text *out, const struct mz_job_option *option)
{
    if (option->letter)
        mz_text_addf(out, "`-%c`, ", option->letter);
    mz_text_addf(out, "`--%s`", option->name);
}

static const char *fate(const struct mz_job_option *option)
{
    if (option->action == MZ_ACT_REFUSE)
        return "refused";
    if (option->action == MZ_ACT_WARN || option->action == MZ_ACT_ERROR)
        return "ignored, with a warning";
    return option->action == MZ_ACT_NOTHING ? "does nothing" : "read";
}

/* Options of one fate and one reason share a row. */
static void add_sbatch(struct mz_text *out)
{
    bool told[256] = { false };

    assert_true(mz_job_option_count <= 256);
    for (size_t i = 0; i < mz_job_option_count; i++) {
        const struct mz_job_option *option = &mz_job_options[i];

        if (!(option->where & MZ_IN_SBATCH) || told[i])
            continue;
        for (size_t j = i; j < mz_job_option_count; j++) {
            const struct mz_job_option *other = &mz_job_options[j];

            if (!(other->where & MZ_IN_SBATCH) || fate(other) != fate(option) ||
                strcmp(other->doc, option->doc) != 0)
                continue;
            told[j] = true;
            mz_text_add(out, j == i ? "| " : ", ");
            add_name(out, other);
        }
        mz_text_addf(out, " | %s | %s |\n", fate(option), option->doc);
    }
}

static void add_submit(struct mz_text *out)
{
    for (size_t i = 0; i < mz_job_option_count; i++) {
        const struct mz_job_option *option = &mz_job_options[i];

        if (!(option->where & MZ_IN_MIZAN))
            continue;
        mz_text_add(out, "| ");
        add_name(out, option);
        mz_text_addf(out,
            option->action == MZ_ACT_PASS ? " | `slurm.\"*\".%s` | %s |\n" : " | `%s` | %s |\n",
            strcmp(option->key, "cpus_per_task") == 0 ? "cpus_per_node" : option->key, option->doc);
    }
}

static void every_row_of_the_tables_stands_in_the_document(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_error err = { MZ_OK, "" };
    struct mz_text rows[3] = { { 0 } };
    char *bytes = NULL;
    size_t length = 0;

    (void)state;
    assert_int_equal(mz_file_read(arena, document, 1 << 20, &bytes, &length, &err), MZ_OK);
    add_keys(&rows[0], &mz_job_schema, "");
    add_sbatch(&rows[1]);
    add_submit(&rows[2]);
    for (size_t i = 0; i < 3; i++) {
        /* in one piece: no row is missing, old or between */
        if (!strstr(bytes, mz_text_string(&rows[i])))
            print_error("docs/jobs.md lacks this table:\n%s", mz_text_string(&rows[i]));
        assert_non_null(strstr(bytes, mz_text_string(&rows[i])));
        mz_text_finish(&rows[i]);
    }
    mz_arena_free(arena);
}

static void no_option_stands_twice_with_the_same_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < mz_job_option_count; i++) {
        const struct mz_job_option *a = &mz_job_options[i];

        for (size_t j = i + 1; j < mz_job_option_count; j++) {
            const struct mz_job_option *b = &mz_job_options[j];

            if (!(a->where & b->where))
                continue;
            assert_string_not_equal(a->name, b->name);
            assert_false(a->letter && a->letter == b->letter);
        }
        assert_true(a->doc && strlen(a->doc) > 0);
        if (a->action <= MZ_ACT_FALSE)
            assert_non_null(mz_job_key_at(a->key));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_tables_stands_in_the_document),
        cmocka_unit_test(no_option_stands_twice_with_the_same_meaning),
    };

    if (argc > 1)
        document = argv[1];
    if (argc > 2) {
        struct mz_text text = { 0 };

        add_keys(&text, &mz_job_schema, "");
        mz_text_add(&text, "\n");
        add_sbatch(&text);
        mz_text_add(&text, "\n");
        add_submit(&text);
        (void)fputs(mz_text_string(&text), stdout);
        mz_text_finish(&text);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
