/* trace_mizan.c - our own CSV, which can say all that a job of the simulator has
 *
 * The columns are in docs/placement.md, "The trace". Unknown ones are refused, because a slip in an
 * optional column would change what the trace means without a word.
 */
#include "base/text.h"
#include "sim/trace_field.h"
#include "sim/trace_kinds.h"

#include <string.h>

enum {
    COLUMN_SUBMIT,
    COLUMN_RUN,
    COLUMN_CHIPS,
    COLUMN_NAME,
    COLUMN_TEAM,
    COLUMN_USER,
    COLUMN_PRIORITY,
    COLUMN_LIMIT,
    COLUMN_DEADLINE,
    COLUMN_CHECKPOINT,
    COLUMN_CHIP,
    COLUMN_CHIP_MILLI,
    COLUMN_PER_NODE,
    COLUMN_CPU,
    COLUMN_MEMORY,
    COLUMN_REQUIRED,
    COLUMN_PREFERRED,
    COLUMN_SITE,
    COLUMN_PREEMPTIBLE,
    COLUMN_COUNT
};

static const char *const names[COLUMN_COUNT] = { "submit", "run_s", "chips", "name", "team", "user",
    "priority", "limit_s", "deadline", "checkpoint_s", "chip", "chip_milli", "chips_per_node",
    "cpu_milli", "memory_mib", "required", "preferred", "data_site", "preemptible" };
_Static_assert((int)COLUMN_COUNT <= (int)MZ_TRACE_COLUMN_COUNT_MAX, "a table knows all of them");

static const struct mz_trace_columns columns = {
    .kind = "a mizan trace",
    .names = names,
    .count = COLUMN_COUNT,
    .required =
        UINT32_C(1) << COLUMN_SUBMIT | UINT32_C(1) << COLUMN_RUN | UINT32_C(1) << COLUMN_CHIPS,
};

static enum mz_status fail_here(const struct mz_trace_table *table, int32_t column,
    enum mz_status status, const char *text, const char *expected, struct mz_error *err)
{
    struct mz_trace_place place = mz_trace_table_place(table, column);

    return mz_trace_field_fail(&place, status, text, expected, err);
}

static enum mz_status read_level(
    const struct mz_trace_table *table, int32_t column, enum mz_level *level, struct mz_error *err)
{
    const char *text = "";
    enum mz_status status = mz_trace_table_text(table, column, &text, err);

    if (status == MZ_OK && *text && !mz_level_parse(text, level))
        return fail_here(table, column, MZ_E_PARSE, text,
            "node, rack, spine, site, partner or fleet is expected", err);
    return status;
}

static enum mz_status read_times(
    const struct mz_trace_table *table, struct mz_trace_job *job, struct mz_error *err)
{
    enum mz_status status = mz_trace_table_time(table, COLUMN_SUBMIT, true, &job->submit_us, err);

    if (status == MZ_OK)
        status = mz_trace_table_seconds(table, COLUMN_RUN, &job->run_us, err);
    if (status == MZ_OK)
        status = mz_trace_table_seconds(table, COLUMN_LIMIT, &job->limit_us, err);
    if (status == MZ_OK)
        status = mz_trace_table_time(table, COLUMN_DEADLINE, true, &job->deadline_us, err);
    if (status == MZ_OK)
        status = mz_trace_table_seconds(table, COLUMN_CHECKPOINT, &job->checkpoint_us, err);
    if (status != MZ_OK)
        return status;
    if (job->limit_us == 0)
        return fail_here(table, COLUMN_LIMIT, MZ_E_RANGE, "0", "more than 0 is expected", err);
    if (job->checkpoint_us == 0)
        return fail_here(table, COLUMN_CHECKPOINT, MZ_E_RANGE, "0",
            "more than 0 is expected; empty means that it writes none", err);
    if (job->deadline_us >= 0 && job->deadline_us < job->submit_us)
        return mz_fail(err, MZ_E_RANGE, "%s:%d: the deadline lies before the submit time",
            table->lines->name, (int)table->lines->line);
    return MZ_OK;
}

/* What the numbers of one job have to do with each other. */
static enum mz_status check_size(
    const struct mz_trace_table *table, const struct mz_trace_job *job, struct mz_error *err)
{
    const char *problem = NULL;

    if (job->chips == 0 && job->cpu_milli == 0 && job->memory_mib == 0)
        problem = "it asks for nothing: 0 chips, and neither cpu_milli nor memory_mib";
    else if (job->chip_milli < MZ_MILLI && job->chips != 1)
        problem = "chip_milli below 1000 needs chips to be 1: only one chip can be shared";
    else if (job->chips_per_node > 0 && job->chips % job->chips_per_node != 0)
        problem = "chips is not a multiple of chips_per_node";
    else if (job->preferred > job->required)
        problem = "the preferred level is above the required one";
    if (!problem)
        return MZ_OK;
    return mz_fail(
        err, MZ_E_RANGE, "%s:%d: %s", table->lines->name, (int)table->lines->line, problem);
}

static enum mz_status read_size(
    const struct mz_trace_table *table, struct mz_trace_job *job, struct mz_error *err)
{
    const struct {
        int32_t column;
        int32_t min;
        int32_t max;
        int32_t *value;
    } numbers[] = {
        { COLUMN_PRIORITY, INT32_MIN, INT32_MAX, &job->priority },
        { COLUMN_CHIPS, 0, MZ_TRACE_CHIPS_MAX, &job->chips },
        { COLUMN_CHIP_MILLI, 1, MZ_MILLI, &job->chip_milli },
        { COLUMN_PER_NODE, 0, MZ_NODE_CHIP_COUNT_MAX, &job->chips_per_node },
        { COLUMN_CPU, 0, MZ_UNLIMITED - 1, &job->cpu_milli },
        { COLUMN_MEMORY, 0, MZ_UNLIMITED - 1, &job->memory_mib },
    };
    enum mz_status status = MZ_OK;

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && status == MZ_OK; i++)
        status = mz_trace_table_int32(
            table, numbers[i].column, numbers[i].min, numbers[i].max, numbers[i].value, err);
    if (status == MZ_OK)
        status = read_level(table, COLUMN_REQUIRED, &job->required, err);
    if (status == MZ_OK)
        status = read_level(table, COLUMN_PREFERRED, &job->preferred, err);
    return status == MZ_OK ? check_size(table, job, err) : status;
}

static enum mz_status read_words(const struct mz_trace_table *table, struct mz_trace_build *build,
    struct mz_trace_job *job, struct mz_error *err)
{
    static const struct {
        const char *word;
        bool value;
    } answers[] = { { "", true }, { "yes", true }, { "true", true }, { "no", false },
        { "false", false } };
    const char *texts[COLUMN_COUNT];

    for (int32_t i = 0; i < COLUMN_COUNT; i++) {
        enum mz_status status = mz_trace_table_text(table, i, &texts[i], err);

        if (status != MZ_OK)
            return status;
    }
    if (!mz_trace_chips_well_formed(texts[COLUMN_CHIP]))
        return fail_here(table, COLUMN_CHIP, MZ_E_PARSE, texts[COLUMN_CHIP],
            "names with '|' between them are expected", err);
    if (*texts[COLUMN_NAME])
        job->name = mz_arena_strdup(build->arena, texts[COLUMN_NAME]);
    job->team = mz_trace_word(build, &build->teams, texts[COLUMN_TEAM]);
    job->user = mz_trace_word(build, &build->users, texts[COLUMN_USER]);
    job->chip = mz_trace_word_text(build, &build->chips, texts[COLUMN_CHIP]);
    job->data_site = mz_trace_word_text(build, &build->sites, texts[COLUMN_SITE]);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (strcmp(texts[COLUMN_PREEMPTIBLE], answers[i].word) == 0) {
            job->preemptible = answers[i].value;
            return MZ_OK;
        }
    }
    return fail_here(table, COLUMN_PREEMPTIBLE, MZ_E_PARSE, texts[COLUMN_PREEMPTIBLE],
        "yes or no is expected", err);
}

enum mz_status mz_trace_read_mizan(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err)
{
    struct mz_trace_table table;
    enum mz_status status = mz_trace_table_begin(&table, lines, &columns, err);
    bool more = true;

    while (status == MZ_OK) {
        struct mz_trace_job job;

        status = mz_trace_table_next(&table, &more, err);
        if (status != MZ_OK || !more)
            break;
        job = mz_trace_job_default(lines->line);
        status = read_times(&table, &job, err);
        if (status == MZ_OK)
            status = read_size(&table, &job, err);
        if (status == MZ_OK)
            status = read_words(&table, build, &job, err);
        if (status == MZ_OK)
            status = mz_trace_build_add(build, &job, err);
    }
    return status;
}
