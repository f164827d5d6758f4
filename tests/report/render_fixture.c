/* render_fixture.c - writes the report of the made-up plan in both languages
 * Usage: render_fixture DIRECTORY: report-en.html, report-ar.html, and the infeasible ones. */
#include "report/fixture_plan.h"

#include "base/file.h"

#include <stdio.h>

static int render(const char *directory, const char *name, enum mz_language language, bool feasible)
{
    struct fixture_plan fixture;
    struct mz_text out = { 0 };
    struct mz_error err = { 0 };
    char path[1000];

    if (feasible)
        fixture_plan_init(&fixture, language);
    else
        fixture_plan_init_infeasible(&fixture, language);
    mz_html_report_write(&fixture.report, &out);
    (void)snprintf(path, sizeof(path), "%s/%s.html", directory, name);
    if (mz_file_write(path, mz_text_string(&out), out.length, &err) != MZ_OK)
        (void)fprintf(stderr, "%s\n", err.text);
    else
        (void)printf("%s: %zu bytes\n", path, out.length);
    mz_text_finish(&out);
    mz_arena_free(fixture.arena);
    return err.status == MZ_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: render_fixture DIRECTORY\n");
        return 2;
    }
    return render(argv[1], "report-en", MZ_LANGUAGE_ENGLISH, true) |
        render(argv[1], "report-ar", MZ_LANGUAGE_ARABIC, true) |
        render(argv[1], "conflict-en", MZ_LANGUAGE_ENGLISH, false) |
        render(argv[1], "conflict-ar", MZ_LANGUAGE_ARABIC, false);
}
