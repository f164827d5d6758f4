/* test_print.c - errors look as they should, whatever the file holds */
#include "support.h"

#include "cli/print_diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct print_case {
    const char *text;
    const char *wanted;
};

#define SHORT "mizan: 1\nname: t\nstart: 2026-01\nperiods: {years: 2}\n"

static const struct print_case print_cases[] = {
    { SHORT "partners:\n  oracle:\n    labell: x\n",
        "error[M0107]: unknown key 'labell' in partners.oracle\n"
        " --> test.yaml:7:5\n"
        "  |\n"
        "5 | partners:\n"
        "6 |   oracle:\n"
        "7 |     labell: x\n"
        "  |     ^^^^^^ did you mean 'label'?\n"
        "  |\n"
        "  = known keys: label, backs, rofr, driver, url, user, token_command, partition, ssh, "
        "commands, env, callback, shim, directory\n"
        "\n"
        "1 error in test.yaml. Nothing was run.   Explain one: mizan explain M0107\n" },
    { SHORT "\n\n\n\nsites:\n  own/x: {power: 1050}\n",
        "error[M0112]: 'power' needs a unit\n"
        "  --> test.yaml:10:18\n"
        "   |\n"
        " 9 | sites:\n"
        "10 |   own/x: {power: 1050}\n"
        "   |                  ^^^^ write \"1050 MW\"\n"
        "   |\n"
        "   = known units: MW, GW, kW\n"
        "\n"
        "1 error in test.yaml. Nothing was run.   Explain one: mizan explain M0112\n" },
    { SHORT "limits:\n  partner_share:\n  - of: power\n    max: 5%\n    from: 2026-05\n    "
            "to: 2026-04\n",
        "error[M0121]: the limit ends before it begins\n"
        "  --> test.yaml:10:9\n"
        "   |\n"
        " 9 |     from: 2026-05\n"
        "   |           ------- begins here\n"
        "10 |     to: 2026-04\n"
        "   |         ^^^^^^^ must be 2026-05 or later\n"
        "\n"
        "1 error in test.yaml. Nothing was run.   Explain one: mizan explain M0121\n" },
    { SHORT "goals: {build_rate: {2026-05: 1 MW/week, 2026-04: 1 MW/week}}\n",
        "error[M0118]: the dates of 'build_rate' must go up\n"
        " --> test.yaml:5:42\n"
        "  |\n"
        "5 | goals: {build_rate: {2026-05: 1 MW/week, 2026-04: 1 MW/week}}\n"
        "  |                                          ^^^^^^^ must be behind 2026-05\n"
        "  |                      ------- comes before it in the file\n"
        "\n"
        "1 error in test.yaml. Nothing was run.   Explain one: mizan explain M0118\n" },
    /* a key in another script, and a control character in a quoted one */
    { SHORT "partners: {\"\xD8\xB3\\e[31m\": {labell: x}}\n",
        "error[M0122]: '\xD8\xB3?[31m' cannot be a name\n"
        " --> test.yaml:5:12\n"
        "  |\n"
        "5 | partners: {\"\xD8\xB3\\e[31m\": {labell: x}}\n"
        "  |            ^^^^^^^^^ it has a control character\n"
        "\n"
        "error[M0107]: unknown key 'labell' in partners.\xD8\xB3?[31m\n"
        " --> test.yaml:5:24\n"
        "  |\n"
        "5 | partners: {\"\xD8\xB3\\e[31m\": {labell: x}}\n"
        "  |                        ^^^^^^ did you mean 'label'?\n"
        "  |\n"
        "  = known keys: label, backs, rofr, driver, url, user, token_command, partition, ssh, "
        "commands, env, callback, shim, directory\n"
        "\n"
        "2 errors in test.yaml. Nothing was run.   Explain one: mizan explain M0122\n" },
};

static char *printed(const struct loaded *loaded, bool json, bool colour)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);

    if (json)
        mz_diags_print_json(stream, &loaded->diags);
    else
        mz_diags_print(stream, &loaded->diags, &loaded->source, colour);
    (void)fclose(stream);
    return bytes;
}

static void an_error_shows_its_line_its_mark_and_what_to_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(print_cases) / sizeof(print_cases[0]); i++) {
        struct loaded loaded = load_lines(print_cases[i].text, NULL, 0);
        char *text = printed(&loaded, false, false);

        assert_string_equal(text, print_cases[i].wanted);
        free(text);
        loaded_finish(&loaded);
    }
}

static void an_option_shows_its_text_in_place_of_a_line(void **state)
{
    struct mz_change change = { .kind = MZ_CHANGE_SET, .path = "discount", .value = "9" };
    struct loaded loaded = load_lines(SHORT, &change, 1);
    char *text = printed(&loaded, false, false);

    (void)state;
    assert_string_equal(text,
        "error[M0112]: 'discount' needs a unit\n"
        " --> --set\n"
        "  |\n"
        "  | discount=9\n"
        "  |          ^ write \"9%\"\n"
        "  |\n"
        "  = known units: %, %/year\n"
        "\n"
        "1 error in test.yaml. Nothing was run.   Explain one: mizan explain M0112\n");
    free(text);
    loaded_finish(&loaded);
}

static void only_the_first_ten_are_shown(void **state)
{
    struct mz_text file = { 0 };
    struct loaded loaded;
    char *text;

    (void)state;
    mz_text_add(&file, SHORT);
    for (int i = 0; i < 14; i++)
        mz_text_addf(&file, "unknown%d: 1\n", i);
    loaded = load_lines(mz_text_string(&file), NULL, 0);
    text = printed(&loaded, false, false);
    assert_non_null(strstr(text, "unknown9"));
    assert_null(strstr(text, "unknown10"));
    assert_non_null(strstr(text, "\n4 more\n\n14 errors in test.yaml. Nothing was run."));
    free(text);
    loaded_finish(&loaded);
    mz_text_finish(&file);
}

static void a_long_line_is_cut_around_its_mark(void **state)
{
    struct mz_text file = { 0 };
    struct loaded loaded;
    char *text;

    (void)state;
    mz_text_add(&file, SHORT "partners: {");
    for (int i = 0; i < 100; i++)
        mz_text_addf(&file, i == 50 ? "bad%d: {x: 1}, " : "p%d: {}, ", i);
    mz_text_add(&file, "z: {}}\n");
    loaded = load_lines(mz_text_string(&file), NULL, 0);
    text = printed(&loaded, false, false);
    assert_non_null(strstr(text, "| …"));
    assert_non_null(strstr(text, "bad50: {x: 1}"));
    assert_null(strstr(text, "p99"));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *mark = strchr(line, '^');

        if (strncmp(line, "  |", 3) == 0 && mark)
            assert_int_equal(mz_text_columns(line) - (int32_t)strlen(mark), 4 + 1 + 40);
    }
    free(text);
    loaded_finish(&loaded);
    mz_text_finish(&file);
}

static void as_json_an_error_is_one_object_a_line(void **state)
{
    struct loaded loaded = load_lines(SHORT "partners:\n  oracle:\n    labell: x\n", NULL, 0);
    char *text = printed(&loaded, true, false);

    (void)state;
    assert_string_equal(text,
        "{\"schema\":\"mizan.error/1\",\"code\":\"M0107\",\"severity\":\"error\","
        "\"message\":\"unknown key 'labell' in partners.oracle\",\"file\":\"test.yaml\",\"line\":7,"
        "\"column\":5,\"end_column\":11,\"suggestion\":\"label\","
        "\"help\":\"mizan explain M0107\"}\n");
    free(text);
    loaded_finish(&loaded);
}

static void colour_appears_only_when_asked_for(void **state)
{
    struct loaded loaded = load_lines(SHORT "discount: 9\n", NULL, 0);
    char *plain = printed(&loaded, false, false);
    char *coloured = printed(&loaded, false, true);

    (void)state;
    assert_null(strchr(plain, '\x1b'));
    assert_non_null(strstr(coloured, "\x1b[1;31merror[M0112]\x1b[0m"));
    free(plain);
    free(coloured);
    loaded_finish(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_shows_its_line_its_mark_and_what_to_do),
        cmocka_unit_test(an_option_shows_its_text_in_place_of_a_line),
        cmocka_unit_test(only_the_first_ten_are_shown),
        cmocka_unit_test(a_long_line_is_cut_around_its_mark),
        cmocka_unit_test(as_json_an_error_is_one_object_a_line),
        cmocka_unit_test(colour_appears_only_when_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
