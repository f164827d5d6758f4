/* test_broken.c - every file of tests/scenario/broken says in its first lines what is wrong with it
 *   # expect: LINE CODE word
 * and exactly that is found: as many diagnostics, in order, each with the word in its texts.
 * The folder is the first argument. */
#include "support.h"

#include "base/file.h"
#include "scenario/codes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPECTED_MAX = 16, FILES_MAX = 512 };

static const char *folder = "tests/scenario/broken";

struct expected {
    int line;
    char code[8];
    char word[80];
};

static size_t read_expected(const char *bytes, size_t length, struct expected *list)
{
    const char *end = bytes + length;
    size_t count = 0;

    if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        bytes += 3;
    while (end - bytes > 10 && memcmp(bytes, "# expect: ", 10) == 0 && count < EXPECTED_MAX) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        size_t line_length = (size_t)((newline ? newline : end) - bytes);
        char line[256];
        struct expected *e = &list[count++];

        (void)snprintf(line, sizeof(line), "%.*s", (int)line_length, bytes);
        line[strcspn(line, "\r")] = '\0';
        e->word[0] = '\0';
        assert_true(sscanf(line, "# expect: %d %7s %79[^\n]", &e->line, e->code, e->word) >= 2);
        bytes = newline ? newline + 1 : end;
    }
    return count;
}

static bool says(const struct mz_diag *diag, const char *word)
{
    const char *texts[] = { diag->message, diag->label, diag->note, diag->suggestion,
        diag->other_label };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i] && strstr(texts[i], word))
            return true;
    }
    return word[0] == '\0';
}

static bool check_one(const char *name, const char *bytes, size_t length)
{
    struct expected expected[EXPECTED_MAX];
    size_t count = read_expected(bytes, length, expected);
    struct loaded loaded = load_text_changed(bytes, length, NULL, 0);
    bool ok = count > 0 && loaded.diags.count == count &&
        (loaded.status == MZ_OK) == (loaded.diags.error_count == 0);

    for (size_t i = 0; i < loaded.diags.count && i < count; i++) {
        const struct mz_diag *diag = &loaded.diags.list[i];

        ok = ok && diag->mark.line == expected[i].line &&
            strcmp(diag->code, expected[i].code) == 0 && says(diag, expected[i].word) &&
            mz_code_find(diag->code);
    }
    for (size_t i = 0; !ok && i < loaded.diags.count; i++) {
        const struct mz_diag *diag = &loaded.diags.list[i];

        print_error("%s: found %d %s %s | %s | %s\n", name, (int)diag->mark.line, diag->code,
            diag->message, diag->label ? diag->label : "", diag->note ? diag->note : "");
    }
    for (size_t i = 0; !ok && i < count; i++)
        print_error(
            "%s: wanted %d %s %s\n", name, expected[i].line, expected[i].code, expected[i].word);
    loaded_finish(&loaded);
    return ok;
}

static void codes_stand_in_order_and_are_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < mz_code_count; i++) {
        assert_int_equal(strlen(mz_codes[i].code), 5);
        assert_true(i == 0 || strcmp(mz_codes[i - 1].code, mz_codes[i].code) < 0);
        assert_true(strlen(mz_codes[i].text) > 40);
        assert_int_equal(mz_codes[i].wrong == NULL, mz_codes[i].right == NULL);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void every_broken_file_is_refused_with_its_place_and_code(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    char *names[FILES_MAX];
    DIR *dir = opendir(folder);
    size_t count = 0;
    size_t bad = 0;

    (void)state;
    assert_non_null(dir);
    for (struct dirent *d; (d = readdir(dir)) && count < FILES_MAX;) {
        if (strstr(d->d_name, ".yaml"))
            names[count++] = mz_arena_strdup(arena, d->d_name);
    }
    (void)closedir(dir);
    qsort(names, count, sizeof(names[0]), by_name);
    for (size_t i = 0; i < count; i++) {
        struct mz_error err = { MZ_OK, "" };
        char *bytes = NULL;
        size_t length = 0;

        assert_int_equal(mz_file_read(arena, mz_arena_printf(arena, "%s/%s", folder, names[i]),
                             1 << 20, &bytes, &length, &err),
            MZ_OK);
        bad += !check_one(names[i], bytes, length);
    }
    mz_arena_free(arena);
    assert_true(count >= 80);
    assert_int_equal(bad, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_stand_in_order_and_are_explained),
        cmocka_unit_test(every_broken_file_is_refused_with_its_place_and_code),
    };

    if (argc > 1)
        folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
