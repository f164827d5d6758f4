/* support.h - loading texts and files in the tests of the scenario room */
#ifndef MZ_TESTS_SCENARIO_SUPPORT_H
#define MZ_TESTS_SCENARIO_SUPPORT_H

#include "scenario/scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct loaded {
    struct mz_arena *arena;
    struct mz_catalogue catalogue;
    struct mz_source source;
    struct mz_diags diags;
    enum mz_status status;
    const struct mz_scenario *scenario; /* NULL unless it loaded */
};

/* Loads a text; the caller frees with loaded_finish. */
static inline struct loaded load_text_changed(
    const char *bytes, size_t length, const struct mz_change *changes, size_t change_count)
{
    struct loaded loaded = { .arena = mz_arena_create() };
    struct mz_error err = { MZ_OK, "" };

    assert_int_equal(mz_catalogue_open(loaded.arena, &loaded.catalogue, &err), MZ_OK);
    loaded.source = (struct mz_source){ "test.yaml", bytes, length };
    mz_diags_init(&loaded.diags, loaded.arena);
    loaded.status = mz_scenario_load(loaded.arena, &loaded.source, &loaded.catalogue, changes,
        change_count, &loaded.diags, &loaded.scenario);
    return loaded;
}

/* First lines of a scenario of two years from 2026-01, and two partners with a site each. */
#define HEAD "mizan: 1\nname: t\nstart: 2026-01\nperiods: {years: 2}\n"
#define AWS "partners: {aws: {}, azure: {}}\nsites: {aws/a: {region: us}, azure/b: {region: eu}}\n"

static inline struct loaded load_lines(
    const char *text, const struct mz_change *changes, size_t change_count)
{
    size_t length = 0;

    while (text[length])
        length++;
    return load_text_changed(text, length, changes, change_count);
}

/* The same, and it has to load without an error. */
static inline struct loaded load_right(
    const char *text, const struct mz_change *changes, size_t change_count)
{
    struct loaded loaded = load_lines(text, changes, change_count);

    for (size_t i = 0; i < loaded.diags.count && loaded.status != MZ_OK; i++)
        print_error("%d: %s %s\n", (int)loaded.diags.list[i].mark.line, loaded.diags.list[i].code,
            loaded.diags.list[i].message);
    assert_int_equal(loaded.status, MZ_OK);
    return loaded;
}

static inline void loaded_finish(struct loaded *loaded)
{
    mz_arena_free(loaded->arena);
}

#endif
