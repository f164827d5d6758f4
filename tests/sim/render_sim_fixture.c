/* render_sim_fixture.c - writes the reports of made-up simulations, for browsers and eyes
 * Usage: render_sim_fixture DIRECTORY: sim-en.html, sim-ar.html (four policies), sim-one.html (one
 * policy, synthetic, no dates), sim-many.html (50 policies), sim-empty.html. */
#include "sim/sim_fixture.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

static int render(const char *directory, const char *name, const struct sim_fixture *fixture,
    enum mz_language language)
{
    struct mz_text out = { 0 };
    struct mz_error err = { 0 };
    char path[1000];

    mz_sim_write_html(&fixture->set, language, sim_fixture_command, &out);
    (void)snprintf(path, sizeof(path), "%s/%s.html", directory, name);
    if (mz_file_write(path, mz_text_string(&out), out.length, &err) != MZ_OK)
        (void)fprintf(stderr, "%s\n", err.text);
    else
        (void)printf("%s: %zu bytes\n", path, out.length);
    mz_text_finish(&out);
    return err.status == MZ_OK ? 0 : 1;
}

/* Times from 0 on instead of dates: as synthetic traces and openb have them. */
static void take_dates_away(struct sim_fixture *fixture)
{
    struct mz_sim_result *result = &fixture->results[0];
    int64_t begin = result->series.begin_us;

    for (int64_t i = 0; i < fixture->trace.job_count; i++)
        fixture->trace.jobs[i].submit_us -= begin;
    for (int64_t i = 0; i < result->attempt_count; i++) {
        ((struct mz_sim_attempt *)(uintptr_t)result->attempts)[i].start_us -= begin;
        ((struct mz_sim_attempt *)(uintptr_t)result->attempts)[i].end_us -= begin;
    }
    result->series.begin_us = 0;
    fixture->trace.synthetic = true;
    fixture->trace.name = "llm";
    fixture->trace.synthetic_source =
        "statistics of the clusters in Jeon et al., USENIX ATC'19, and Hu et al., NSDI'24";
}

int main(int argc, char **argv)
{
    struct sim_fixture *fixture = mz_xcalloc(1, sizeof(*fixture));
    int failed = 0;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: render_sim_fixture DIRECTORY\n");
        return 2;
    }
    sim_fixture_init(fixture, 4);
    failed |= render(argv[1], "sim-en", fixture, MZ_LANGUAGE_ENGLISH);
    failed |= render(argv[1], "sim-ar", fixture, MZ_LANGUAGE_ARABIC);
    mz_arena_free(fixture->arena);
    sim_fixture_init(fixture, 1);
    take_dates_away(fixture);
    failed |= render(argv[1], "sim-one", fixture, MZ_LANGUAGE_ENGLISH);
    mz_arena_free(fixture->arena);
    sim_fixture_init(fixture, SIM_FIXTURE_RUN_COUNT_MAX);
    failed |= render(argv[1], "sim-many", fixture, MZ_LANGUAGE_ENGLISH);
    mz_arena_free(fixture->arena);
    sim_fixture_init_empty(fixture);
    failed |= render(argv[1], "sim-empty", fixture, MZ_LANGUAGE_ENGLISH);
    mz_arena_free(fixture->arena);
    free(fixture);
    return failed;
}
