/* test_text.c - growing strings, escaping of what comes from files, the nearest word */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define LOST "\xEF\xBF\xBD"

struct pair {
    const char *given;
    const char *expected;
};

static void a_text_grows_and_is_always_ended(void **state)
{
    struct mz_text text;

    (void)state;
    mz_text_init(&text);
    assert_string_equal(mz_text_string(&text), "");
    for (int i = 0; i < 1000; i++)
        mz_text_addf(&text, "%d,", i);
    assert_int_equal(text.length, strlen(mz_text_string(&text)));
    assert_int_equal(text.length, 10 * 2 + 90 * 3 + 900 * 4);
    mz_text_clear(&text);
    assert_string_equal(mz_text_string(&text), "");
    mz_text_add_bytes(&text, "a\0b", 3);
    assert_int_equal(text.length, 3);
    assert_memory_equal(mz_text_string(&text), "a\0b", 4);
    mz_text_add(&text, "");
    mz_text_addf(&text, "%s", "");
    assert_int_equal(text.length, 3);
    mz_text_finish(&text);
    assert_string_equal(mz_text_string(&text), "");
}

static void hostile_strings_are_harmless_in_html(void **state)
{
    static const struct pair cases[] = {
        { "", "" },
        { "plain", "plain" },
        { "<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" },
        { "\"><b>&amp;", "&quot;&gt;&lt;b&gt;&amp;amp;" },
        { "a\x01"
          "b\x1b[31m\x7f",
            "a" LOST "b" LOST "[31m" LOST },
        { "two\nlines\tand a tab", "two\nlines\tand a tab" },
        { "\r", LOST },
        { "\xC2\x9B"
          "31m",
            LOST "31m" },                          /* a control of one code point */
        { "\xE2\x80\xAEgnp.exe", LOST "gnp.exe" }, /* written from right to left */
        { "\xE2\x81\xA6x\xE2\x81\xA9", LOST "x" LOST },
        { "caf\xC3\xA9 \xD9\x85\xD9\x8A \xF0\x9F\x98\x80",
            "caf\xC3\xA9 \xD9\x85\xD9\x8A "
            "\xF0\x9F\x98\x80" },
        { "\xFF", LOST },
        { "\xC3", LOST }, /* cut */
        { "\xC3(", LOST "(" },
        { "\xC0\xBCscript", LOST LOST "script" },    /* '<' in two bytes */
        { "\xE0\x80\xBC", LOST LOST LOST },          /* in three */
        { "\xED\xA0\x80", LOST LOST LOST },          /* half of a pair */
        { "\xF5\x80\x80\x80", LOST LOST LOST LOST }, /* past the last one */
        { "\xF4\x90\x80\x80", LOST LOST LOST LOST },
        { "\xF0\x9F\x98", LOST LOST LOST },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mz_text text = { 0 };

        mz_text_add_html(&text, cases[i].given);
        assert_string_equal(mz_text_string(&text), cases[i].expected);
        mz_text_finish(&text);
    }
}

static void no_string_of_bytes_makes_a_tag(void **state)
{
    char given[3] = { 0 };

    (void)state;
    for (int a = 1; a < 256; a++) {
        for (int b = 0; b < 256; b++) {
            struct mz_text text = { 0 };

            given[0] = (char)a;
            given[1] = (char)b;
            mz_text_add_html(&text, given);
            assert_null(strpbrk(mz_text_string(&text), "<>\"'\x1b\x07\r\x7f"));
            mz_text_finish(&text);
        }
    }
}

static void a_field_is_quoted_when_it_has_to_be(void **state)
{
    static const struct pair cases[] = {
        { "", "" },
        { "plain text", "plain text" },
        { "a,b", "\"a,b\"" },
        { "say \"x\"", "\"say \"\"x\"\"\"" },
        { "\"", "\"\"\"\"" },
        { "two\nlines", "\"two\nlines\"" },
        { "cr\r", "\"cr\r\"" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mz_text text = { 0 };

        mz_text_add_csv(&text, cases[i].given);
        assert_string_equal(mz_text_string(&text), cases[i].expected);
        mz_text_finish(&text);
    }
}

static void nothing_printable_drives_a_terminal(void **state)
{
    static const struct pair cases[] = {
        { "plain", "plain" },
        { "\x1b[31mred\x1b[0m", "?[31mred?[0m" },
        { "\x1b]0;title\x07", "?]0;title?" },
        { "a\nb\tc\rd", "a?b?c?d" },
        { "\xC2\x9Bm", "?m" },
        { "\xE2\x80\xAEx", "?x" },
        { "\xE2\x80\xA8", "?" },
        { "caf\xC3\xA9", "caf\xC3\xA9" },
        { "\xFF\xFE", "??" },
    };
    char buffer[64];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(
            mz_text_printable(buffer, sizeof(buffer), cases[i].given), cases[i].expected);
}

static void what_does_not_fit_is_cut_between_letters(void **state)
{
    char buffer[5];

    (void)state;
    assert_string_equal(mz_text_printable(buffer, 5, "abcdef"), "abcd");
    assert_string_equal(mz_text_printable(buffer, 5, "abc\xC3\xA9"), "abc");
    assert_string_equal(mz_text_printable(buffer, 1, "abc"), "");
}

struct width {
    const char *text;
    int32_t columns;
};

static void columns_count_letters_not_bytes(void **state)
{
    static const struct width cases[] = {
        { "", 0 },
        { "abc", 3 },
        { "caf\xC3\xA9", 4 },
        { "e\xCC\x81", 1 }, /* a combining accent */
        { "\xD9\x85\xD9\x91", 1 },
        { "\xE2\x80\xA6", 1 },
        { "\xFF\xFF", 2 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(mz_text_columns(cases[i].text), cases[i].columns);
}

struct slip {
    const char *word;
    const char *nearest;
};

static void a_likely_slip_finds_its_word(void **state)
{
    static const char *const known[] = { "plan", "check", "catalogue", "explain", "max", "from",
        "max_share", "throughput" };
    static const struct slip cases[] = {
        { "plan", "plan" },
        { "paln", "plan" }, /* swap */
        { "plna", "plan" },
        { "pln", "plan" },   /* lost */
        { "plann", "plan" }, /* one too many */
        { "plon", "plan" },  /* another */
        { "chekc", "check" },
        { "max_shear", "max_share" },
        { "trhoughptu", "throughput" },
        { "catalog", "catalogue" },
        { "form", "from" },
        { "", NULL },
        { "zzzz", NULL },
        { "pl", NULL }, /* half of it is missing */
        { "completely_else", NULL },
    };
    char longest[200];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *found = mz_nearest_word(cases[i].word, known, COUNT(known));

        if (cases[i].nearest && found)
            assert_string_equal(found, cases[i].nearest);
        else
            assert_ptr_equal(found, cases[i].nearest);
    }
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_null(mz_nearest_word(longest, known, COUNT(known)));
    assert_null(mz_nearest_word("plan", known, 0));
}

static void the_first_of_equals_is_the_nearest(void **state)
{
    static const char *const known[] = { "aaab", "aaac", "aaad" };

    (void)state;
    assert_string_equal(mz_nearest_word("aaax", known, 3), "aaab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_grows_and_is_always_ended),
        cmocka_unit_test(hostile_strings_are_harmless_in_html),
        cmocka_unit_test(no_string_of_bytes_makes_a_tag),
        cmocka_unit_test(a_field_is_quoted_when_it_has_to_be),
        cmocka_unit_test(nothing_printable_drives_a_terminal),
        cmocka_unit_test(what_does_not_fit_is_cut_between_letters),
        cmocka_unit_test(columns_count_letters_not_bytes),
        cmocka_unit_test(a_likely_slip_finds_its_word),
        cmocka_unit_test(the_first_of_equals_is_the_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
