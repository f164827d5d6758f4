/* test_script.c - scripts with #SBATCH lines, as golden files
 * Every NAME.sbatch of the folder gives what NAME.expected holds: diagnostics, then the canonical
 * JSON without the script. The folder is the first argument; with a second one the expected files
 * are written anew, to be looked at. */
#include "support.h"

#include "base/arena.h"
#include "base/file.h"

#include <dirent.h>

static const char *folder = "tests/jobfile/scripts";
static bool write_anew;

static bool check_one(struct mz_arena *arena, const char *name)
{
    const char *path = mz_arena_printf(arena, "%s/%s", folder, name);
    const char *expected = mz_arena_printf(
        arena, "%s/%.*s.expected", folder, (int)(strlen(name) - strlen(".sbatch")), name);
    struct mz_error err = { MZ_OK, "" };
    struct mz_text text;
    char *bytes = NULL;
    char *wanted = NULL;
    size_t length = 0;
    size_t wanted_length = 0;
    bool same;

    assert_int_equal(mz_file_read(arena, path, 1 << 20, &bytes, &length, &err), MZ_OK);
    text = read_as_text(name, bytes, length);
    if (write_anew)
        assert_int_equal(mz_file_write(expected, text.bytes, text.length, &err), MZ_OK);
    assert_int_equal(mz_file_read(arena, expected, 1 << 20, &wanted, &wanted_length, &err), MZ_OK);
    same = strcmp(mz_text_string(&text), wanted) == 0;
    if (!same)
        print_error("%s--- wanted\n%s--- got\n%s\n", name, wanted, mz_text_string(&text));
    mz_text_finish(&text);
    return same;
}

static void a_script_gives_what_its_options_say(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    DIR *dir = opendir(folder);
    int32_t count = 0;
    int32_t bad = 0;

    (void)state;
    assert_non_null(dir);
    for (struct dirent *d; (d = readdir(dir));) {
        if (!strstr(d->d_name, ".sbatch"))
            continue;
        count++;
        bad += !check_one(arena, d->d_name);
    }
    (void)closedir(dir);
    mz_arena_free(arena);
    assert_true(count >= 10);
    assert_int_equal(bad, 0);
}

static void a_script_begins_with_its_interpreter(void **state)
{
    struct mz_jobfile_source source = { "a", "#!", 2, "/" };

    (void)state;
    assert_true(mz_jobfile_is_script(&source));
    source.length = 1;
    assert_false(mz_jobfile_is_script(&source));
    source = (struct mz_jobfile_source){ "a", "run: a", 6, "/" };
    assert_false(mz_jobfile_is_script(&source));
}

static void a_file_may_be_nothing_but_an_option(void **state)
{
    static const char *const texts[] = { "#!", "#!\n#SBATCH", "#!\n#SBATCH -", "#!\n#SBATCH --",
        "#!\n#SBATCH -N", "#!\n#SBATCH \\", "#!\n#SBATCH \"",
        "#!\n#SBATCH --=", "#!\n#MIZAN -=", "#!\n#SBATCH --=x", "#!\n#SBATCH ''",
        "#!\n#SBATCH --nodes=", "#!\n#SBATCH --gres=gpu:", "#!\n#SBATCH --gres=",
        "#!\n#SBATCH --env =", "#!\n#SBATCH --export=,", "#!\n#SBATCH -N2\\" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct mz_text text = read_as_text("x", texts[i], strlen(texts[i]));

        assert_true(text.length > 0);
        mz_text_finish(&text);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_gives_what_its_options_say),
        cmocka_unit_test(a_script_begins_with_its_interpreter),
        cmocka_unit_test(a_file_may_be_nothing_but_an_option),
    };

    if (argc > 1)
        folder = argv[1];
    write_anew = argc > 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
