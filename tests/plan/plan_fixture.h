/* plan_fixture.h - a plan from a small scenario text, for tests
 *
 * The worked examples of docs/plan-model.md are the tests of this folder: the page shows the text
 * of each example and its objective, and a test fails when the page shows another one. The page is
 * looked for under MIZAN_SOURCE_ROOT, else in the current directory.
 *
 * Every example stands behind the frame, so that it shows only what it is about. Useful numbers:
 * January 2026 has 744 hours, February 672, March 744, April 720. A chip of 2500 tokens/s makes
 * 9 Mtok an hour and 216 Mtok a day; 108B tokens/day are 500 chips, and 2 USD/Mtok unserved are
 * 18 USD for each chip-hour that is missing.
 */
#ifndef MZ_TESTS_PLAN_FIXTURE_H
#define MZ_TESTS_PLAN_FIXTURE_H

#include "plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct plan_fixture {
    struct mz_arena *arena;
    struct mz_catalogue catalogue;
    const char *page; /* docs/plan-model.md; NULL when it is not there */
    const struct mz_scenario *scenario;
    struct mz_plan *plan;
    const struct mz_plan_result *result; /* of the last solve */
};

/* For cmocka_unit_test_setup_teardown: *state is the fixture. */
int plan_fixture_setup(void **state);
int plan_fixture_teardown(void **state);
#define plan_test(f) cmocka_unit_test_setup_teardown(f, plan_fixture_setup, plan_fixture_teardown)

/* Loads a whole file's text with the overrides named in `overrides` (blanks between; "": none). */
void plan_fixture_load(struct plan_fixture *f, const char *text, const char *overrides);

/* Solves what was loaded, gap 0. A plan of before is freed; its decisions stay. */
void plan_fixture_solve(struct plan_fixture *f, bool strict, const struct mz_decisions *decisions);

/* Frame and text, loaded and solved; the text has to stand in the page. */
void example_solve(struct plan_fixture *f, const char *text, const char *overrides);
void example_load(struct plan_fixture *f, const char *text, const char *overrides);

/* The same without the page: for what is tested and not explained there. */
void framed_solve(struct plan_fixture *f, const char *text, const char *overrides);

/* By name; the test fails when there is none. */
int32_t find_contract(const struct mz_scenario *scenario, const char *name); /* -1: none */
const struct mz_contract_result *example_contract(const struct plan_fixture *f, const char *name);
const struct mz_workload_result *example_workload(const struct plan_fixture *f, const char *name);
const struct mz_site_result *example_site(const struct plan_fixture *f, const char *name);
const struct mz_partner_result *example_partner(const struct plan_fixture *f, const char *name);
const struct mz_funding_result *example_funding(const struct plan_fixture *f, const char *name);

/* objective_usd to 1e-6 relative; the page has to show it as "objective_usd = 1,234.56". */
#define assert_objective(f, expected_usd)                                                          \
    plan_fixture_assert_objective(f, expected_usd, __FILE__, __LINE__)
void plan_fixture_assert_objective(
    const struct plan_fixture *f, double expected_usd, const char *file, int line);

/* To 1e-6 relative, and 1e-6 absolute below 1. */
#define assert_near(found, expected)                                                               \
    plan_fixture_assert_near(found, expected, #found, __FILE__, __LINE__)
void plan_fixture_assert_near(
    double found, double expected, const char *what, const char *file, int line);

/* A file of the repository, NULL when it is not there. */
const char *plan_fixture_file(struct mz_arena *arena, const char *path);

#endif
