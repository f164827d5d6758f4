/* render_pages.c - render_pages FOLDER: the dashboard's pages and assets of made-up fleets, for the
 * browser. FOLDER/KIND/{overview,jobs,job,waiting,problem}.html and FOLDER/assets/NAME. Panels of
 * the normal fleet as they are a moment later are in FOLDER/normal/panel-NAME.html. */
#include "control/page_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *const kind_names[] = { "normal", "empty", "lost", "hostile", "many" };

static void write_file(
    const char *folder, const char *sub, const char *name, const char *bytes, size_t length)
{
    char path[4096];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, sub);
    (void)mkdir(folder, 0777);
    (void)mkdir(path, 0777);
    (void)snprintf(path, sizeof(path), "%s/%s/%s", folder, sub, name);
    file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void save(const char *folder, const char *sub, const char *name, struct mz_text *out)
{
    write_file(folder, sub, name, mz_text_string(out), out->length);
    mz_text_clear(out);
}

static void write_kind(const char *folder, enum page_fixture_kind kind, struct mz_text *out)
{
    struct page_fixture *fixture = page_fixture_new(kind);
    struct mz_page_problem problem = { .head = fixture->overview.head,
        .status = 404,
        .code = "M0602",
        .detail = "there is no job 4711; the newest is 4142",
        .command = "mizan ps --all" };

    (void)mz_page_overview_write(&fixture->overview, NULL, out);
    save(folder, kind_names[kind], "overview.html", out);
    (void)mz_page_jobs_write(&fixture->jobs, NULL, out);
    save(folder, kind_names[kind], "jobs.html", out);
    mz_page_problem_write(&problem, out);
    save(folder, kind_names[kind], "problem.html", out);
    if (kind != PAGE_EMPTY) {
        (void)mz_page_job_write(&fixture->job, NULL, out);
        save(folder, kind_names[kind], "job.html", out);
        (void)mz_page_job_write(&fixture->waiting, NULL, out);
        save(folder, kind_names[kind], "waiting.html", out);
    }
    page_fixture_free(fixture);
}

/* A moment later: 'evals' runs. */
static void write_panels(const char *folder, struct mz_text *out)
{
    static const char *const overview[] = { "alerts", "tiles", "gantt", "partners", "nodes",
        "events" };
    static const char *const jobs[] = { "summary", "jobs" };
    struct page_fixture *fixture = page_fixture_new(PAGE_NORMAL);
    struct mz_job_row *evals = (struct mz_job_row *)fixture->jobs.rows[4].job;
    char name[64];

    evals->state = MZ_RUN_PLACING;
    fixture->overview.alert_count = 0;
    for (int32_t i = 0; i < 6; i++) {
        (void)snprintf(name, sizeof(name), "panel-%s.html", overview[i]);
        (void)mz_page_overview_write(&fixture->overview, overview[i], out);
        save(folder, "normal", name, out);
    }
    for (int32_t i = 0; i < 2; i++) {
        (void)snprintf(name, sizeof(name), "panel-%s.html", jobs[i]);
        (void)mz_page_jobs_write(&fixture->jobs, jobs[i], out);
        save(folder, "normal", name, out);
    }
    page_fixture_free(fixture);
}

int main(int argc, char **argv)
{
    struct mz_text out = { 0 };

    if (argc != 2) {
        (void)fprintf(stderr, "usage: render_pages FOLDER\n");
        return 2;
    }
    for (int32_t kind = 0; kind <= PAGE_MANY; kind++)
        write_kind(argv[1], (enum page_fixture_kind)kind, &out);
    write_panels(argv[1], &out);
    for (int32_t i = 0; i < mz_page_asset_count; i++)
        write_file(argv[1], "assets", mz_page_assets[i].name, mz_page_assets[i].bytes,
            mz_page_assets[i].length);
    mz_text_finish(&out);
    return 0;
}
