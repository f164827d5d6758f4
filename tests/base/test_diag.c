/* test_diag.c - the list of what is wrong: order, counts, the limit */
#include "base/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static struct mz_mark mark_at(int32_t line, int32_t column)
{
    return (struct mz_mark){ "case.yaml", line, column, 0 };
}

static void diagnostics_are_sorted_by_place_and_then_as_added(void **state)
{
    static const struct {
        int32_t line;
        int32_t column;
        const char *message;
    } given[] = { { 7, 2, "f" }, { 3, 9, "d" }, { 3, 1, "b" }, { 0, 0, "a" }, { 7, 2, "g" },
        { 3, 1, "c" }, { 4, 1, "e" }, { 7, 2, "h" } };
    struct mz_arena *arena = mz_arena_create();
    struct mz_diags diags;
    char order[16] = { 0 };

    (void)state;
    mz_diags_init(&diags, arena);
    mz_diags_sort(&diags); /* of nothing */
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
        mz_diags_add(&diags, MZ_SEVERITY_ERROR, "M0107", mark_at(given[i].line, given[i].column),
            "%s", given[i].message);
    mz_diags_sort(&diags);
    for (size_t i = 0; i < diags.count; i++)
        order[i] = diags.list[i].message[0];
    assert_string_equal(order, "abcdefgh");
    mz_diags_sort(&diags);
    for (size_t i = 0; i < diags.count; i++)
        assert_int_equal(order[i], diags.list[i].message[0]);
    mz_arena_free(arena);
}

static void errors_and_warnings_are_counted_apart(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_diags diags;
    struct mz_diag *diag;

    (void)state;
    mz_diags_init(&diags, arena);
    diag = mz_diags_add(&diags, MZ_SEVERITY_WARNING, "M0200", mark_at(1, 1), "%s %d", "x", 5);
    assert_string_equal(diag->message, "x 5");
    assert_string_equal(diag->code, "M0200");
    assert_null(diag->label);
    assert_null(diag->note);
    assert_null(diag->suggestion);
    assert_int_equal(diag->other.line, 0);
    mz_diags_add(&diags, MZ_SEVERITY_ERROR, "M0107", mark_at(2, 1), "y");
    assert_int_equal(diags.count, 2);
    assert_int_equal(diags.error_count, 1);
    assert_int_equal(diags.warning_count, 1);
    mz_arena_free(arena);
}

static void past_the_limit_they_are_counted_and_not_kept(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_diags diags;

    (void)state;
    mz_diags_init(&diags, arena);
    for (int32_t i = 0; i < MZ_DIAG_COUNT_MAX + 50; i++) {
        struct mz_diag *diag =
            mz_diags_add(&diags, MZ_SEVERITY_ERROR, "M0107", mark_at(i + 1, 1), "%d", (int)i);

        assert_non_null(diag);
        diag->label = "written all the same";
    }
    assert_int_equal(diags.count, MZ_DIAG_COUNT_MAX);
    assert_int_equal(diags.error_count, MZ_DIAG_COUNT_MAX + 50);
    mz_diags_sort(&diags);
    for (size_t i = 0; i < diags.count; i++)
        assert_int_equal(diags.list[i].mark.line, i + 1);
    mz_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diagnostics_are_sorted_by_place_and_then_as_added),
        cmocka_unit_test(errors_and_warnings_are_counted_apart),
        cmocka_unit_test(past_the_limit_they_are_counted_and_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
