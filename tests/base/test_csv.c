/* test_csv.c - the reader of comma-separated values */
#include "base/csv.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int arena_setup(void **state)
{
    *state = mz_arena_create();
    return 0;
}

static int arena_teardown(void **state)
{
    mz_arena_free(*state);
    return 0;
}

/* All records as "field|field;line" each ended by '/', or the error's text. */
static const char *read_all(struct mz_arena *arena, const char *bytes, size_t length)
{
    struct mz_text text = { 0 };
    struct mz_error err = { MZ_OK, "" };
    struct mz_csv csv;
    struct mz_csv_record record;
    const char *result;
    bool more = true;

    mz_csv_init(&csv, "x.csv", bytes, length, arena);
    while (mz_csv_read(&csv, &record, &more, &err) == MZ_OK && more) {
        for (size_t i = 0; i < record.count; i++)
            mz_text_addf(&text, "%s%s", i > 0 ? "|" : "", record.fields[i]);
        mz_text_addf(&text, ";%d/", (int)record.line);
    }
    if (err.status != MZ_OK)
        mz_text_addf(&text, "!%s", err.text);
    result = mz_arena_strdup(arena, mz_text_string(&text));
    mz_text_finish(&text);
    return result;
}

struct csv_case {
    const char *bytes;
    const char *records;
};

static void records_end_with_either_line_end(void **state)
{
    static const struct csv_case cases[] = {
        { "", "" },
        { "a,b\n", "a|b;1/" },
        { "a,b", "a|b;1/" },
        { "a,b\r\nc,d\r\n", "a|b;1/c|d;2/" },
        { "a\n\nb\n", "a;1/;2/b;3/" },
        { ",\n", "|;1/" },
        { "a,\n", "a|;1/" },
        { ",,b", "||b;1/" },
        { " a , b ", " a | b ;1/" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(
            read_all(*state, cases[i].bytes, strlen(cases[i].bytes)), cases[i].records);
}

static void quotes_hold_commas_quotes_and_line_ends(void **state)
{
    static const struct csv_case cases[] = {
        { "\"a,b\",c\n", "a,b|c;1/" },
        { "\"say \"\"x\"\"\"\n", "say \"x\";1/" },
        { "\"\"\n", ";1/" },
        { "\"\"\"\"\n", "\";1/" },
        { "\"two\nlines\",b\nc\n", "two\nlines|b;1/c;3/" },
        { "\"cr\r\nlf\"\r\nc", "cr\r\nlf;1/c;3/" },
        { "a,\"\"", "a|;1/" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(
            read_all(*state, cases[i].bytes, strlen(cases[i].bytes)), cases[i].records);
}

static void what_is_wrong_names_file_and_line(void **state)
{
    static const struct csv_case cases[] = {
        { "a\nb\"c\n", "a;1/!x.csv:2: " },
        { "a\n\"open\n\n", "a;1/!x.csv:2: " },
        { "\"a\"b\n", "!x.csv:1: " },
        { "\"a\" ,b\n", "!x.csv:1: " },
        { "\"", "!x.csv:1: " },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *found = read_all(*state, cases[i].bytes, strlen(cases[i].bytes));

        assert_memory_equal(found, cases[i].records, strlen(cases[i].records));
    }
}

static void a_nul_byte_is_an_error(void **state)
{
    static const char bare[] = "a,b\0c\n";
    static const char quoted[] = "a,\"b\0c\"\n";

    assert_non_null(strchr(read_all(*state, bare, sizeof(bare) - 1), '!'));
    assert_non_null(strchr(read_all(*state, quoted, sizeof(quoted) - 1), '!'));
}

static void too_many_fields_are_an_error(void **state)
{
    char bytes[MZ_CSV_FIELD_COUNT_MAX + 1];
    const char *found;

    memset(bytes, ',', sizeof(bytes)); /* commas are one less than fields */
    found = read_all(*state, bytes, MZ_CSV_FIELD_COUNT_MAX - 1);
    assert_null(strchr(found, '!'));
    found = read_all(*state, bytes, MZ_CSV_FIELD_COUNT_MAX);
    assert_non_null(strchr(found, '!'));
}

static void what_is_written_reads_back(void **state)
{
    static const char *const fields[] = { "", "plain", "a,b", "\"", "\"\"", "a\nb", "\r\n", "é",
        " lead", "trail ", "\t", "'", ";" };
    struct mz_text text = { 0 };
    struct mz_error err = { MZ_OK, "" };
    struct mz_csv csv;
    struct mz_csv_record record;
    bool more;

    for (size_t i = 0; i < COUNT(fields); i++) {
        mz_text_add(&text, i > 0 ? "," : "");
        mz_text_add_csv(&text, fields[i]);
    }
    mz_text_add(&text, "\n");
    mz_csv_init(&csv, "x", mz_text_string(&text), text.length, *state);
    assert_int_equal(mz_csv_read(&csv, &record, &more, &err), MZ_OK);
    assert_true(more);
    assert_int_equal(record.count, COUNT(fields));
    for (size_t i = 0; i < COUNT(fields); i++)
        assert_string_equal(record.fields[i], fields[i]);
    mz_text_finish(&text);
}

#define csv_test(f) cmocka_unit_test_setup_teardown(f, arena_setup, arena_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        csv_test(records_end_with_either_line_end),
        csv_test(quotes_hold_commas_quotes_and_line_ends),
        csv_test(what_is_wrong_names_file_and_line),
        csv_test(a_nul_byte_is_an_error),
        csv_test(too_many_fields_are_an_error),
        csv_test(what_is_written_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
