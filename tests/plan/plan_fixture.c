/* plan_fixture.c - loading, solving and looking up for the tests of plans */
#include "plan/plan_fixture.h"

#include "base/file.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char frame[] = "mizan: 1\n"
                            "name: example\n"
                            "start: 2026-01\n"
                            "chips: {c1: {power: 1 kW/chip}, c2: {power: 2 kW/chip}}\n"
                            "partners: {north: {}, south: {}}\n";

const char *plan_fixture_file(struct mz_arena *arena, const char *path)
{
    const char *root = getenv("MIZAN_SOURCE_ROOT");
    struct mz_error err = { MZ_OK, "" };
    char *bytes = NULL;
    size_t length = 0;

    if (mz_file_read(arena, mz_arena_printf(arena, "%s/%s", root ? root : ".", path),
            MZ_SCENARIO_BYTES_MAX, &bytes, &length, &err) != MZ_OK)
        return NULL;
    return bytes;
}

int plan_fixture_setup(void **state)
{
    struct plan_fixture *f = mz_xcalloc(1, sizeof(*f));
    struct mz_error err = { MZ_OK, "" };

    f->arena = mz_arena_create();
    *state = f;
    f->page = plan_fixture_file(f->arena, "docs/plan-model.md");
    if (f->page && !strstr(f->page, frame)) {
        print_error("docs/plan-model.md does not show the frame of the examples\n");
        return -1;
    }
    return mz_catalogue_open(f->arena, &f->catalogue, &err) == MZ_OK ? 0 : -1;
}

int plan_fixture_teardown(void **state)
{
    struct plan_fixture *f = *state;

    mz_plan_free(f->plan);
    mz_arena_free(f->arena);
    free(f);
    return 0;
}

static size_t read_changes(
    struct mz_arena *arena, const char *overrides, struct mz_change *changes, size_t most)
{
    size_t count = 0;

    for (const char *s = overrides; *s;) {
        size_t length = strcspn(s, " ");

        assert_true(count < most);
        changes[count++] = (struct mz_change){ .kind = MZ_CHANGE_OVERRIDE,
            .name = mz_arena_strndup(arena, s, length) };
        s += length + strspn(s + length, " ");
    }
    return count;
}

void plan_fixture_load(struct plan_fixture *f, const char *text, const char *overrides)
{
    struct mz_source source = { "example.yaml", text, strlen(text) };
    struct mz_change changes[8] = { { 0 } };
    size_t change_count = read_changes(f->arena, overrides, changes, 8);
    struct mz_diags diags;
    enum mz_status status;

    mz_diags_init(&diags, f->arena);
    status = mz_scenario_load(
        f->arena, &source, &f->catalogue, changes, change_count, &diags, &f->scenario);
    for (size_t i = 0; i < diags.count; i++)
        print_error("%d:%d: %s %s\n", (int)diags.list[i].mark.line, (int)diags.list[i].mark.column,
            diags.list[i].code, diags.list[i].message);
    assert_int_equal(status, MZ_OK);
}

void plan_fixture_solve(struct plan_fixture *f, bool strict, const struct mz_decisions *decisions)
{
    struct mz_plan_options options = { .strict = strict, .decisions = decisions };
    struct mz_error err = { MZ_OK, "" };
    enum mz_status status;

    mz_plan_free(f->plan);
    f->plan = NULL;
    status = mz_plan_solve(f->arena, f->scenario, &options, &f->plan, &err);
    if (status != MZ_OK)
        print_error("%s\n", err.text);
    assert_int_equal(status, MZ_OK);
    f->result = f->plan->result;
}

static void load_framed(struct plan_fixture *f, const char *text, const char *overrides)
{
    plan_fixture_load(f, mz_arena_printf(f->arena, "%s%s", frame, text), overrides);
}

static void solve_to_the_end(struct plan_fixture *f)
{
    plan_fixture_solve(f, false, NULL);
    assert_int_equal(f->result->status, MZ_PLAN_OPTIMAL);
    assert_true(f->result->gap == 0);
}

void example_load(struct plan_fixture *f, const char *text, const char *overrides)
{
    if (f->page && !strstr(f->page, text)) {
        print_error("docs/plan-model.md does not show this example:\n%s", text);
        fail();
    }
    load_framed(f, text, overrides);
}

void example_solve(struct plan_fixture *f, const char *text, const char *overrides)
{
    example_load(f, text, overrides);
    solve_to_the_end(f);
}

void framed_solve(struct plan_fixture *f, const char *text, const char *overrides)
{
    load_framed(f, text, overrides);
    solve_to_the_end(f);
}

static void fail_without(const char *noun, const char *name)
{
    print_error("there is no %s '%s'\n", noun, name);
    fail();
}

int32_t find_contract(const struct mz_scenario *scenario, const char *name)
{
    for (int32_t g = 0; g < scenario->contract_count; g++) {
        if (strcmp(scenario->contracts[g].name, name) == 0)
            return g;
    }
    return -1;
}

const struct mz_contract_result *example_contract(const struct plan_fixture *f, const char *name)
{
    int32_t g = find_contract(f->scenario, name);

    if (g < 0)
        fail_without("contract", name);
    return &f->result->contracts[g];
}

const struct mz_workload_result *example_workload(const struct plan_fixture *f, const char *name)
{
    for (int32_t w = 0; w < f->scenario->workload_count; w++) {
        if (strcmp(f->scenario->workloads[w].name, name) == 0)
            return &f->result->workloads[w];
    }
    fail_without("workload", name);
    return NULL;
}

const struct mz_site_result *example_site(const struct plan_fixture *f, const char *name)
{
    for (int32_t i = 0; i < f->scenario->site_count; i++) {
        if (strcmp(f->scenario->sites[i].name, name) == 0)
            return &f->result->sites[i];
    }
    fail_without("site", name);
    return NULL;
}

const struct mz_partner_result *example_partner(const struct plan_fixture *f, const char *name)
{
    int32_t p = mz_scenario_find_partner(f->scenario, name);

    if (p < 0)
        fail_without("partner", name);
    return &f->result->partners[p];
}

const struct mz_funding_result *example_funding(const struct plan_fixture *f, const char *name)
{
    for (int32_t i = 0; i < f->scenario->finance.funding_count; i++) {
        if (strcmp(f->scenario->finance.funding[i].name, name) == 0)
            return &f->result->funding[i];
    }
    fail_without("funding", name);
    return NULL;
}

void plan_fixture_assert_near(
    double found, double expected, const char *what, const char *file, int line)
{
    if (fabs(found - expected) <= 1e-6 * fmax(1, fabs(expected)))
        return;
    print_error("%s: %.9g, expected %.9g\n", what, found, expected);
    _fail(file, line);
}

void plan_fixture_assert_objective(
    const struct plan_fixture *f, double expected_usd, const char *file, int line)
{
    char number[MZ_NUMBER_MAX];
    const char *shown =
        mz_arena_printf(f->arena, "objective_usd = %s", mz_format_fixed(number, expected_usd, 2));

    plan_fixture_assert_near(f->result->objective_usd, expected_usd, "objective_usd", file, line);
    if (f->page && !strstr(f->page, shown)) {
        print_error("docs/plan-model.md does not show '%s'\n", shown);
        _fail(file, line);
    }
}
