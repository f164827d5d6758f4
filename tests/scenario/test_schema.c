/* test_schema.c - the good files load, and the checked-in JSON Schema is the generated one
 * Arguments: docs/scenario.schema.json, then the folder of good files, then more good files.
 * tests/scenario/schema_agrees.py compares what the schema and the loader refuse. */
#include "support.h"

#include "base/file.h"
#include "scenario/schema.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const char *schema_path = "docs/scenario.schema.json";
static const char *good_folder = "tests/scenario/good";
static char **more_files;
static int more_count;

static char *read_whole(struct mz_arena *arena, const char *path, size_t *ret_length)
{
    struct mz_error err = { MZ_OK, "" };
    char *bytes = NULL;

    if (mz_file_read(arena, path, 1 << 22, &bytes, ret_length, &err) != MZ_OK)
        fail_msg("%s", err.text);
    return bytes;
}

static void the_checked_in_schema_is_the_generated_one(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_text text = { 0 };
    size_t length = 0;
    char *bytes = read_whole(arena, schema_path, &length);

    (void)state; /* after a change of the table: mizan check --schema > docs/scenario.schema.json */
    mz_scenario_schema_json(&text);
    assert_int_equal(text.length, length);
    assert_memory_equal(mz_text_string(&text), bytes, length);
    mz_text_finish(&text);
    mz_arena_free(arena);
}

static void load_good(struct mz_arena *arena, const char *path)
{
    size_t length = 0;
    char *bytes = read_whole(arena, path, &length);
    struct loaded loaded = load_text_changed(bytes, length, NULL, 0);

    for (size_t i = 0; i < loaded.diags.count; i++)
        print_error("%s:%d: %s %s\n", path, (int)loaded.diags.list[i].mark.line,
            loaded.diags.list[i].code, loaded.diags.list[i].message);
    assert_int_equal(loaded.status, MZ_OK);
    assert_int_equal(loaded.diags.count, 0);
    /* each override that the file offers loads too */
    for (int32_t i = 0; i < loaded.scenario->override_count; i++) {
        struct mz_change change = { .kind = MZ_CHANGE_OVERRIDE,
            .name = loaded.scenario->overrides[i] };
        struct loaded changed = load_text_changed(bytes, length, &change, 1);

        assert_int_equal(changed.status, MZ_OK);
        loaded_finish(&changed);
    }
    loaded_finish(&loaded);
}

static void good_files_load_without_a_word(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    DIR *dir = opendir(good_folder);
    int count = 0;

    (void)state;
    assert_non_null(dir);
    for (struct dirent *d; (d = readdir(dir));) {
        if (!strstr(d->d_name, ".yaml"))
            continue;
        load_good(arena, mz_arena_printf(arena, "%s/%s", good_folder, d->d_name));
        count++;
    }
    (void)closedir(dir);
    for (int i = 0; i < more_count; i++)
        load_good(arena, more_files[i]);
    assert_true(count >= 5);
    mz_arena_free(arena);
}

static void check_table(const struct mz_schema *schema, int depth)
{
    assert_true(depth < 8);
    assert_true(schema->key_count > 0 && schema->key_count <= 64);
    for (size_t i = 0; i < schema->key_count; i++) {
        const struct mz_key *key = &schema->keys[i];
        bool maps = key->value == MZ_VALUE_MAP || key->value == MZ_VALUE_NAMED ||
            key->value == MZ_VALUE_LIST || key->value == MZ_VALUE_ENERGY;
        bool words = key->value == MZ_VALUE_WORD || key->value == MZ_VALUE_LOSSES;

        assert_non_null(key->doc);
        assert_int_equal(maps, key->schema != NULL);
        if (key->value != MZ_VALUE_CHIP_SERIES) /* there a word may stand in place of a value */
            assert_int_equal(words, key->words != NULL);
        assert_true(!key->unless || mz_schema_find(schema, key->unless, MZ_KIND_ALL));
        assert_true(key->kinds == 0 || schema->kinds);
        /* what is required for a kind means something for it */
        assert_true(
            key->required == MZ_KIND_ALL || key->kinds == 0 || (key->required & ~key->kinds) == 0);
        if (key->schema)
            check_table(key->schema, depth + 1);
    }
}

static void the_table_of_keys_is_consistent(void **state)
{
    (void)state;
    check_table(&mz_schema_file, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checked_in_schema_is_the_generated_one),
        cmocka_unit_test(good_files_load_without_a_word),
        cmocka_unit_test(the_table_of_keys_is_consistent),
    };

    if (argc > 1)
        schema_path = argv[1];
    if (argc > 2)
        good_folder = argv[2];
    more_files = argv + 3;
    more_count = argc > 3 ? argc - 3 : 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
