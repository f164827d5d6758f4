/* test_file.c - whole files in and out; a failed write leaves the old file */
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    struct mz_arena *arena;
    char folder[64];
};

static int place_setup(void **state)
{
    struct place *place = mz_xcalloc(1, sizeof(*place));

    *state = place;
    place->arena = mz_arena_create();
    (void)strcpy(place->folder, "/tmp/mizan-file-XXXXXX");
    return mkdtemp(place->folder) ? 0 : -1;
}

static int place_teardown(void **state)
{
    struct place *place = *state;
    DIR *dir = opendir(place->folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        (void)closedir(dir);
    (void)rmdir(place->folder);
    mz_arena_free(place->arena);
    free(place);
    return 0;
}

static const char *path_in(const struct place *place, const char *name)
{
    return mz_arena_printf(place->arena, "%s/%s", place->folder, name);
}

static int file_count(const struct place *place)
{
    DIR *dir = opendir(place->folder);
    struct dirent *entry;
    int count = 0;

    while (dir && (entry = readdir(dir)))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (dir)
        (void)closedir(dir);
    return count;
}

static void contains(const struct place *place, const char *path, const char *text)
{
    struct mz_error err = { MZ_OK, "" };
    char *bytes = NULL;
    size_t length = 0;

    assert_int_equal(mz_file_read(place->arena, path, 1 << 20, &bytes, &length, &err), MZ_OK);
    assert_int_equal(length, strlen(text));
    assert_string_equal(bytes, text);
}

static void what_was_written_is_read(void **state)
{
    struct place *place = *state;
    const char *path = path_in(place, "a.txt");
    struct mz_error err = { MZ_OK, "" };

    assert_int_equal(mz_file_write(path, "one", 3, &err), MZ_OK);
    contains(place, path, "one");
    assert_int_equal(mz_file_write(path, "", 0, &err), MZ_OK);
    contains(place, path, "");
    assert_int_equal(mz_file_write(path, "three\n", 6, &err), MZ_OK);
    contains(place, path, "three\n");
    assert_int_equal(file_count(place), 1); /* nothing stays beside it */
}

static void a_file_keeps_its_nul_bytes(void **state)
{
    struct place *place = *state;
    const char *path = path_in(place, "nul");
    struct mz_error err = { MZ_OK, "" };
    char *bytes = NULL;
    size_t length = 0;

    assert_int_equal(mz_file_write(path, "a\0b", 3, &err), MZ_OK);
    assert_int_equal(mz_file_read(place->arena, path, 100, &bytes, &length, &err), MZ_OK);
    assert_int_equal(length, 3);
    assert_memory_equal(bytes, "a\0b", 4);
}

static void a_large_file_is_read_to_its_limit(void **state)
{
    struct place *place = *state;
    const char *path = path_in(place, "large");
    struct mz_error err = { MZ_OK, "" };
    size_t size = 300000;
    char *given = mz_arena_alloc(place->arena, size, 1);
    char *bytes = NULL;
    size_t length = 0;

    memset(given, 'x', size);
    assert_int_equal(mz_file_write(path, given, size, &err), MZ_OK);
    assert_int_equal(mz_file_read(place->arena, path, size, &bytes, &length, &err), MZ_OK);
    assert_int_equal(length, size);
    assert_memory_equal(bytes, given, size);
    bytes = NULL;
    assert_int_equal(mz_file_read(place->arena, path, size - 1, &bytes, &length, &err), MZ_E_LIMIT);
    assert_null(bytes);
    assert_non_null(strstr(err.text, path));
}

static void what_cannot_be_read_is_named(void **state)
{
    struct place *place = *state;
    const char *paths[] = { path_in(place, "missing"), place->folder, path_in(place, "a/b") };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct mz_error err = { MZ_OK, "" };
        char *bytes = NULL;
        size_t length = 77;

        assert_int_equal(mz_file_read(place->arena, paths[i], 100, &bytes, &length, &err), MZ_E_IO);
        assert_null(bytes);
        assert_int_equal(length, 77);
        assert_non_null(strstr(err.text, paths[i]));
        assert_int_equal(mz_file_read(place->arena, paths[i], 100, &bytes, &length, NULL), MZ_E_IO);
    }
}

static void what_cannot_be_written_is_named(void **state)
{
    struct place *place = *state;
    const char *paths[] = { path_in(place, "no/where"), place->folder, "/dev/full", "" };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct mz_error err = { MZ_OK, "" };

        assert_int_equal(mz_file_write(paths[i], "x", 1, &err), MZ_E_IO);
        assert_non_null(strstr(err.text, paths[i]));
    }
    assert_int_equal(file_count(place), 0);
}

/* A file may not pass 8 KiB: the write fails half way, as on a full disk. */
static void a_write_that_fails_half_way_leaves_the_old_file(void **state)
{
    struct place *place = *state;
    const char *path = path_in(place, "kept");
    struct mz_error err = { MZ_OK, "" };
    size_t size = 100000;
    char *large = mz_arena_alloc(place->arena, size, 1);
    struct rlimit before;
    struct rlimit tight;
    enum mz_status status;

    memset(large, 'n', size);
    assert_int_equal(mz_file_write(path, "old", 3, &err), MZ_OK);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 8192;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    status = mz_file_write(path, large, size, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, MZ_E_IO);
    assert_non_null(strstr(err.text, path));
    contains(place, path, "old");
    assert_int_equal(file_count(place), 1);
}

static void a_new_file_has_the_rights_that_the_user_wants(void **state)
{
    struct place *place = *state;
    const char *path = path_in(place, "rights");
    struct mz_error err = { MZ_OK, "" };
    mode_t before = umask(027);
    struct stat info;

    assert_int_equal(mz_file_write(path, "x", 1, &err), MZ_OK);
    (void)umask(before);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

static void an_old_file_keeps_its_rights(void **state)
{
    struct place *place = *state;
    const char *path = path_in(place, "private");
    struct mz_error err = { MZ_OK, "" };
    struct stat info;

    assert_int_equal(mz_file_write(path, "x", 1, &err), MZ_OK);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(mz_file_write(path, "y", 1, &err), MZ_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_link_stays_a_link(void **state)
{
    struct place *place = *state;
    const char *path = path_in(place, "target");
    const char *link = path_in(place, "link");
    struct mz_error err = { MZ_OK, "" };
    struct stat info;

    assert_int_equal(mz_file_write(path, "old", 3, &err), MZ_OK);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(mz_file_write(link, "new", 3, &err), MZ_OK);
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    contains(place, path, "new");
}

static void a_pipe_is_written_straight_into(void **state)
{
    struct place *place = *state;
    const char *path = path_in(place, "pipe");
    struct mz_error err = { MZ_OK, "" };
    char got[8] = { 0 };
    int reader;

    assert_int_equal(mkfifo(path, 0600), 0);
    reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(mz_file_write(path, "hello", 5, &err), MZ_OK);
    assert_int_equal(read(reader, got, sizeof(got)), 5);
    assert_string_equal(got, "hello");
    (void)close(reader);
}

#define file_test(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        file_test(what_was_written_is_read),
        file_test(a_file_keeps_its_nul_bytes),
        file_test(a_large_file_is_read_to_its_limit),
        file_test(what_cannot_be_read_is_named),
        file_test(what_cannot_be_written_is_named),
        file_test(a_write_that_fails_half_way_leaves_the_old_file),
        file_test(a_new_file_has_the_rights_that_the_user_wants),
        file_test(an_old_file_keeps_its_rights),
        file_test(a_link_stays_a_link),
        file_test(a_pipe_is_written_straight_into),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
