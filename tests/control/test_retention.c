/* test_retention.c - what ended jobs left goes in time, and nothing else does */
#include "control/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW_S = 2000000000, KEEP_S = 1000, FILE_BYTES = 8192 };

static char root[64];
static struct mz_retention retention;

static char *path_of(const char *name)
{
    static char path[4][256];
    static int turn;
    char *at = path[turn++ % 4];

    (void)snprintf(at, sizeof(path[0]), "%s/%s", root, name);
    return at;
}

static void set_age(const char *name, int64_t age_s)
{
    struct timespec times[2] = { { NOW_S - age_s, 0 }, { NOW_S - age_s, 0 } };

    assert_int_equal(utimensat(AT_FDCWD, path_of(name), times, AT_SYMLINK_NOFOLLOW), 0);
}

static void make_file(const char *name, int64_t age_s)
{
    char bytes[FILE_BYTES];
    FILE *file = fopen(path_of(name), "w");

    memset(bytes, 'x', sizeof(bytes));
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, sizeof(bytes), file), sizeof(bytes));
    assert_int_equal(fclose(file), 0);
    set_age(name, age_s);
}

static void make_folder(const char *name)
{
    assert_int_equal(mkdir(path_of(name), 0700), 0);
}

static bool is_there(const char *name)
{
    struct stat info;

    return lstat(path_of(name), &info) == 0;
}

static int setup(void **state)
{
    static int64_t live[2];

    (void)state;
    live[0] = 7;
    live[1] = 3;
    (void)snprintf(root, sizeof(root), "/tmp/mizan-retention-XXXXXX");
    assert_non_null(mkdtemp(root));
    make_folder("logs");
    make_folder("jobs");
    retention = (struct mz_retention){ .state_directory = root,
        .now_us = (int64_t)NOW_S * 1000000,
        .keep_us = (int64_t)KEEP_S * 1000000,
        .log_bytes_max = 1 << 20,
        .live = live,
        .live_count = 2,
        .next_job = 10 };
    return 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

static struct mz_retention_result run(void)
{
    struct mz_retention_result result;

    assert_int_equal(mz_retention_run(&retention, &result, NULL), MZ_OK);
    return result;
}

static void old_outputs_of_ended_jobs_go(void **state)
{
    struct mz_retention_result result;

    (void)state;
    make_file("logs/1.1.0", KEEP_S + 1);
    make_file("logs/1.2.15", KEEP_S - 1);
    make_file("logs/3.1.0", 10 * KEEP_S);
    make_file("logs/10.1.0", 10 * KEEP_S); /* newer than the list of the living */
    result = run();
    assert_int_equal(result.logs_removed, 1);
    assert_int_equal(result.bytes_removed, FILE_BYTES);
    assert_int_equal(result.bytes_kept, 3 * FILE_BYTES);
    assert_false(is_there("logs/1.1.0"));
    assert_true(is_there("logs/1.2.15") && is_there("logs/3.1.0") && is_there("logs/10.1.0"));
}

static void too_much_output_goes_from_the_oldest_on(void **state)
{
    (void)state;
    make_file("logs/1.1.0", 30);
    make_file("logs/2.1.0", 50);
    make_file("logs/4.1.0", 40);
    make_file("logs/7.1.0", 60);
    retention.log_bytes_max = 2 * FILE_BYTES;
    assert_int_equal(run().bytes_kept, 2 * FILE_BYTES);
    assert_true(is_there("logs/1.1.0") && is_there("logs/7.1.0"));
    assert_false(is_there("logs/2.1.0") || is_there("logs/4.1.0"));
}

static void the_living_keep_theirs_even_above_the_bound(void **state)
{
    (void)state;
    make_file("logs/3.1.0", 10 * KEEP_S);
    make_file("logs/7.1.0", 10 * KEEP_S);
    retention.log_bytes_max = 1;
    assert_int_equal(run().logs_removed, 0);
}

static void other_names_and_links_stay(void **state)
{
    static const char *const names[] = { "logs/notes", "logs/1.1", "logs/01.1.0", "logs/1.0.0",
        "logs/-1.1.0", "logs/1.1.0.gz", "logs/1.1.+0", "logs/99999999999999999999.1.0" };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        make_file(names[i], 10 * KEEP_S);
    make_file("precious", 10 * KEEP_S);
    assert_int_equal(symlink(path_of("precious"), path_of("logs/1.1.0")), 0);
    set_age("logs/1.1.0", 10 * KEEP_S);
    assert_int_equal(run().logs_removed, 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_true(is_there(names[i]));
    assert_true(is_there("precious"));
}

static void old_folders_go_with_all_below_them_and_links_are_not_followed(void **state)
{
    (void)state;
    make_folder("keep");
    make_file("keep/this", 0);
    make_folder("jobs/1");
    make_folder("jobs/1/deep");
    make_file("jobs/1/deep/file", 0);
    assert_int_equal(symlink(path_of("keep"), path_of("jobs/1/link")), 0);
    set_age("jobs/1", KEEP_S + 1);
    make_folder("jobs/2");
    set_age("jobs/2", KEEP_S - 1);
    make_folder("jobs/3");
    set_age("jobs/3", 10 * KEEP_S);
    assert_int_equal(run().folders_removed, 1);
    assert_false(is_there("jobs/1"));
    assert_true(is_there("jobs/2") && is_there("jobs/3") && is_there("keep/this"));
}

static void folders_that_are_not_there_are_fine(void **state)
{
    (void)state;
    assert_int_equal(rmdir(path_of("logs")), 0);
    assert_int_equal(rmdir(path_of("jobs")), 0);
    assert_int_equal(run().logs_removed, 0);
}

static void a_link_in_place_of_the_folder_is_refused(void **state)
{
    struct mz_retention_result result;
    struct mz_error err;

    (void)state;
    assert_int_equal(rmdir(path_of("logs")), 0);
    make_folder("keep");
    make_file("keep/1.1.0", 10 * KEEP_S);
    assert_int_equal(symlink(path_of("keep"), path_of("logs")), 0);
    assert_int_equal(mz_retention_run(&retention, &result, &err), MZ_E_IO);
    assert_true(is_there("keep/1.1.0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(old_outputs_of_ended_jobs_go, setup, teardown),
        cmocka_unit_test_setup_teardown(too_much_output_goes_from_the_oldest_on, setup, teardown),
        cmocka_unit_test_setup_teardown(
            the_living_keep_theirs_even_above_the_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(other_names_and_links_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(
            old_folders_go_with_all_below_them_and_links_are_not_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(folders_that_are_not_there_are_fine, setup, teardown),
        cmocka_unit_test_setup_teardown(a_link_in_place_of_the_folder_is_refused, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
