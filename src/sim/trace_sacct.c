/* trace_sacct.c - what `sacct --parsable2` of Slurm prints (with --noconvert, so that counts are
 * whole numbers)
 *
 * Read by the names that Slurm writes: JobID, Submit, Start; End or Elapsed; AllocTRES or ReqTRES;
 * and where they are there State, Timelimit, Account, User, Priority, NNodes. All other columns are
 * left alone. Times are local and taken as UTC; where Elapsed is there it is the run time, because
 * it is right across a change of the clock too.
 *
 * Steps ("123.batch") are not jobs. Skipped and counted: what has not ended (PENDING, RUNNING),
 * never started, ran no time at all, or was given neither chips, CPU nor memory.
 * Chips are gres/gpu of AllocTRES, of ReqTRES where that is empty; the kinds of chip are the types
 * of gres/gpu:TYPE, of ReqTRES before AllocTRES, because a job may have been given what it did not
 * ask for. CPU and memory are divided by the nodes. Priorities beyond INT32_MAX (priority/basic
 * counts down from 4294901760) shift all priorities of the file by the same number.
 */
#include "base/text.h"
#include "sim/trace_field.h"
#include "sim/trace_kinds.h"

#include <string.h>

enum {
    COLUMN_ID,
    COLUMN_SUBMIT,
    COLUMN_START,
    COLUMN_END,
    COLUMN_ELAPSED,
    COLUMN_ALLOCATED,
    COLUMN_REQUESTED,
    COLUMN_STATE,
    COLUMN_LIMIT,
    COLUMN_ACCOUNT,
    COLUMN_USER,
    COLUMN_PRIORITY,
    COLUMN_NODES,
    COLUMN_COUNT
};

static const char *const names[COLUMN_COUNT] = { "JobID", "Submit", "Start", "End", "Elapsed",
    "AllocTRES", "ReqTRES", "State", "Timelimit", "Account", "User", "Priority", "NNodes" };
static const struct mz_trace_columns columns = {
    .kind = "sacct output",
    .names = names,
    .count = COLUMN_COUNT,
    .required = UINT32_C(1) << COLUMN_ID | UINT32_C(1) << COLUMN_SUBMIT,
    .present = UINT32_C(1) << COLUMN_START,
    .others = true,
    .plain = true,
};

enum { NUMBER_MAX = 48, NODES_MAX = 1024 * 1024 };
#define COUNT_MAX (INT64_C(1) << 40)     /* of anything in a TRES text */
#define PRIORITY_HALF (INT64_C(1) << 31) /* priorities are kept less this until all are read */

struct tres {
    int64_t chips; /* gres/gpu */
    int64_t typed; /* sum of gres/gpu:TYPE */
    int64_t cpu;
    int64_t memory_mib;
    int64_t nodes;
    struct mz_text types; /* "h100|h200" */
};

static const char *text_of(const struct mz_trace_table *table, int32_t column)
{
    return mz_trace_table_has(table, column) ? table->fields[table->field_of[column]] : "";
}

/* "4.50G" as MiB, rounded up; a number without a unit is MiB. */
static enum mz_status read_memory(
    const struct mz_trace_place *place, char *text, int64_t *ret_mib, struct mz_error *err)
{
    static const char units[] = "KMGTP";
    size_t length = strlen(text);
    const char *unit = length > 0 ? strchr(units, text[length - 1]) : NULL;
    unsigned shift = unit && *unit ? 10 * (unsigned)(unit - units) : 10;
    const __int128 mib_micro_kib = (__int128)1024 * 1000 * 1000;
    int64_t micro;
    __int128 mib;
    enum mz_status status;

    if (unit && *unit)
        text[length - 1] = '\0';
    status = mz_trace_field_seconds(place, text, &micro, err);
    if (status != MZ_OK)
        return mz_trace_field_fail(place, status, text, "mem is expected as in mem=64G", err);
    mib = (((__int128)micro << shift) + mib_micro_kib - 1) / mib_micro_kib;
    if (mib > COUNT_MAX)
        return mz_trace_field_fail(place, MZ_E_RANGE, text, "more memory than there is", err);
    *ret_mib = (int64_t)mib;
    return MZ_OK;
}

/* One "KEY=VALUE" of a TRES text. */
static enum mz_status read_entry(const struct mz_trace_place *place, const char *key,
    size_t key_length, char *value, struct tres *tres, struct mz_error *err)
{
    static const char typed[] = "gres/gpu:";
    const struct {
        const char *key;
        int64_t *value;
    } counts[] = { { "cpu", &tres->cpu }, { "node", &tres->nodes }, { "gres/gpu", &tres->chips } };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (strlen(counts[i].key) == key_length && strncmp(key, counts[i].key, key_length) == 0)
            return mz_trace_field_integer(place, value, 0, COUNT_MAX, counts[i].value, err);
    }
    if (key_length == 3 && strncmp(key, "mem", 3) == 0)
        return read_memory(place, value, &tres->memory_mib, err);
    if (key_length >= sizeof(typed) - 1 && strncmp(key, typed, sizeof(typed) - 1) == 0) {
        size_t type_length = key_length - (sizeof(typed) - 1);
        int64_t count;
        enum mz_status status = mz_trace_field_integer(place, value, 0, COUNT_MAX, &count, err);

        if (status != MZ_OK)
            return status;
        if (type_length == 0)
            return mz_trace_field_fail(place, MZ_E_PARSE, key, "gres/gpu: without a type", err);
        if (count > 0 && tres->types.length > 0)
            mz_text_add(&tres->types, "|");
        if (count > 0)
            mz_text_add_bytes(&tres->types, key + sizeof(typed) - 1, type_length);
        tres->typed += count; /* at most as many entries as a line has bytes: no overflow */
    }
    return MZ_OK;
}

static enum mz_status read_tres(
    const struct mz_trace_table *table, int32_t column, struct tres *tres, struct mz_error *err)
{
    struct mz_trace_place place = mz_trace_table_place(table, column);
    const char *text = text_of(table, column);

    while (*text) {
        const char *end = strchrnul(text, ',');
        const char *equals = memchr(text, '=', (size_t)(end - text));
        char value[NUMBER_MAX];
        enum mz_status status = MZ_OK;

        if (!equals || equals == text)
            return mz_trace_field_fail(
                &place, MZ_E_PARSE, text, "KEY=NUMBER with commas between them is expected", err);
        if ((size_t)(end - equals) <= sizeof(value)) {
            memcpy(value, equals + 1, (size_t)(end - equals - 1));
            value[end - equals - 1] = '\0';
            status = read_entry(&place, text, (size_t)(equals - text), value, tres, err);
        } else if (strncmp(text, "gres/gpu", 8) == 0 || strncmp(text, "cpu=", 4) == 0 ||
            strncmp(text, "mem=", 4) == 0 || strncmp(text, "node=", 5) == 0) {
            status = mz_trace_field_fail(&place, MZ_E_RANGE, text, "the number is too long", err);
        }
        if (status != MZ_OK)
            return status;
        text = *end ? end + 1 : end;
    }
    if (tres->chips < tres->typed)
        tres->chips = tres->typed;
    return MZ_OK;
}

/* Up to `count` digits into *ret_value; *text behind them. */
static bool read_part(const char **text, int count_max, int64_t *ret_value)
{
    int count = 0;

    *ret_value = 0;
    while (**text >= '0' && **text <= '9' && count < count_max) {
        *ret_value = *ret_value * 10 + (*(*text)++ - '0');
        count++;
    }
    return count > 0;
}

/* "[D-]HH:MM:SS[.ffffff]" or "MM:SS[.ffffff]"; parts of a second are dropped, as Slurm does. */
static bool read_span(const char *text, int64_t *ret_us)
{
    int64_t parts[3];
    int64_t days = 0;
    int count = 0;
    bool has_days = strchr(text, '-') != NULL;

    if (has_days && (!read_part(&text, 7, &days) || *text++ != '-'))
        return false;
    do {
        if (count == 3 || !read_part(&text, 9, &parts[count++]))
            return false;
    } while (*text == ':' && text++);
    if (count < 2 || (has_days && count < 3))
        return false;
    if (*text == '.') {
        text++;
        text += strspn(text, "0123456789");
    }
    if (*text || parts[count - 1] > 59 || (count == 3 && parts[1] > 59))
        return false;
    if (has_days && parts[0] > 23)
        return false;
    if (count == 3)
        parts[0] = parts[0] * 60 + parts[1];
    *ret_us = (days * 86400 + parts[0] * 60 + parts[count - 1]) * 1000 * 1000;
    return *ret_us <= MZ_TRACE_TIME_MAX_US;
}

static enum mz_status read_limit(
    const struct mz_trace_table *table, int64_t *limit_us, struct mz_error *err)
{
    const char *text = text_of(table, COLUMN_LIMIT);
    struct mz_trace_place place = mz_trace_table_place(table, COLUMN_LIMIT);

    if (!*text || strcmp(text, "UNLIMITED") == 0 || strcmp(text, "Partition_Limit") == 0)
        return MZ_OK;
    if (!read_span(text, limit_us))
        return mz_trace_field_fail(&place, MZ_E_PARSE, text,
            "[D-]HH:MM:SS, UNLIMITED or Partition_Limit is expected", err);
    if (*limit_us == 0)
        *limit_us = -1; /* a limit of zero asks for none */
    return MZ_OK;
}

static bool is_unknown(const char *text)
{
    return !*text || strcmp(text, "Unknown") == 0 || strcmp(text, "None") == 0;
}

/* Has it not ended? CANCELLED may be followed by who did it. */
static bool is_unfinished(const char *state)
{
    static const char *const words[] = { "PENDING", "RUNNING", "SUSPENDED", "REQUEUED", "RESIZING",
        "SIGNALING", "STAGE_OUT", "STOPPED", "COMPLETING", "CONFIGURING", "SPECIAL_EXIT" };
    size_t length = strcspn(state, " ");

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i]) == length && strncmp(words[i], state, length) == 0)
            return true;
    }
    return false;
}

/* run_us stays -1 for what is to be skipped. */
static enum mz_status read_run(
    const struct mz_trace_table *table, int64_t *run_us, struct mz_error *err)
{
    struct mz_trace_place place = mz_trace_table_place(table, COLUMN_ELAPSED);
    const char *elapsed = text_of(table, COLUMN_ELAPSED);
    int64_t start_us = -1;
    int64_t end_us = -1;
    int64_t us;
    enum mz_status status;

    if (is_unfinished(text_of(table, COLUMN_STATE)) || is_unknown(text_of(table, COLUMN_START)))
        return MZ_OK;
    status = mz_trace_table_time(table, COLUMN_START, false, &start_us, err);
    if (status != MZ_OK)
        return status;
    if (mz_trace_table_has(table, COLUMN_END)) {
        if (is_unknown(text_of(table, COLUMN_END)))
            return MZ_OK;
        status = mz_trace_table_time(table, COLUMN_END, false, &end_us, err);
        if (status != MZ_OK)
            return status;
    }
    if (*elapsed) {
        if (!read_span(elapsed, &us))
            return mz_trace_field_fail(
                &place, MZ_E_PARSE, elapsed, "[D-]HH:MM:SS is expected", err);
    } else {
        if (end_us < 0)
            return mz_trace_field_fail(
                &place, MZ_E_PARSE, elapsed, "a job without End has to state it", err);
        us = end_us - start_us;
        if (us < 0)
            return mz_fail(err, MZ_E_RANGE, "%s:%d: End lies before Start", table->lines->name,
                (int)table->lines->line);
    }
    if (us > 0)
        *run_us = us;
    return MZ_OK;
}

/* CPU and memory of each node, chips of each node where they divide. */
static enum mz_status share_among_nodes(const struct mz_trace_table *table, const struct tres *tres,
    struct mz_trace_job *job, struct mz_error *err)
{
    int32_t nodes = tres->nodes > NODES_MAX ? NODES_MAX : (int32_t)tres->nodes;
    enum mz_status status = mz_trace_table_int32(table, COLUMN_NODES, 0, NODES_MAX, &nodes, err);
    int64_t cpu_milli;
    int64_t memory_mib;

    if (status != MZ_OK || nodes == 0)
        return status;
    cpu_milli = (tres->cpu * 1000 + nodes - 1) / nodes;
    memory_mib = (tres->memory_mib + nodes - 1) / nodes;
    if (cpu_milli >= MZ_UNLIMITED || memory_mib >= MZ_UNLIMITED)
        return mz_fail(err, MZ_E_RANGE, "%s:%d: more CPU or memory on a node than a node can have",
            table->lines->name, (int)table->lines->line);
    job->cpu_milli = (int32_t)cpu_milli;
    job->memory_mib = (int32_t)memory_mib;
    if (job->chips % nodes == 0 && job->chips / nodes <= MZ_NODE_CHIP_COUNT_MAX)
        job->chips_per_node = job->chips / nodes;
    return MZ_OK;
}

/* *ret_nothing: it was given nothing. */
static enum mz_status read_resources(const struct mz_trace_table *table,
    struct mz_trace_build *build, struct mz_trace_job *job, bool *ret_nothing, struct mz_error *err)
{
    struct tres given = { 0 };
    struct tres asked = { 0 };
    const struct tres *tres = *text_of(table, COLUMN_ALLOCATED) ? &given : &asked;
    enum mz_status status = read_tres(table, COLUMN_ALLOCATED, &given, err);

    if (status == MZ_OK)
        status = read_tres(table, COLUMN_REQUESTED, &asked, err);
    if (status == MZ_OK && tres->chips > MZ_TRACE_CHIPS_MAX)
        status = mz_fail(err, MZ_E_RANGE, "%s:%d: more than %d chips", table->lines->name,
            (int)table->lines->line, (int)MZ_TRACE_CHIPS_MAX);
    if (status == MZ_OK) {
        const struct tres *typed = *text_of(table, COLUMN_REQUESTED) ? &asked : &given;

        job->chips = (int32_t)tres->chips;
        if (job->chips > 0)
            job->chip = mz_trace_word_text(build, &build->chips, mz_text_string(&typed->types));
        *ret_nothing = tres->chips == 0 && tres->cpu == 0 && tres->memory_mib == 0;
        status = share_among_nodes(table, tres, job, err);
    }
    mz_text_finish(&given.types);
    mz_text_finish(&asked.types);
    return status;
}

static enum mz_status read_priority(
    const struct mz_trace_table *table, int32_t *priority, struct mz_error *err)
{
    struct mz_trace_place place = mz_trace_table_place(table, COLUMN_PRIORITY);
    const char *text = text_of(table, COLUMN_PRIORITY);
    int64_t value = 0;
    enum mz_status status = MZ_OK;

    if (*text)
        status = mz_trace_field_integer(&place, text, 0, UINT32_MAX, &value, err);
    if (status == MZ_OK)
        *priority = (int32_t)(value - PRIORITY_HALF);
    return status;
}

static enum mz_status read_job(
    const struct mz_trace_table *table, struct mz_trace_build *build, struct mz_error *err)
{
    struct mz_trace_job job = mz_trace_job_default(table->lines->line);
    bool nothing = false;
    const char *id = "";
    enum mz_status status = mz_trace_table_text(table, COLUMN_ID, &id, err);

    if (status != MZ_OK || strchr(id, '.'))
        return status;
    status = mz_trace_table_time(table, COLUMN_SUBMIT, false, &job.submit_us, err);
    if (status == MZ_OK)
        status = read_run(table, &job.run_us, err);
    if (status == MZ_OK)
        status = read_resources(table, build, &job, &nothing, err);
    if (status == MZ_OK)
        status = read_limit(table, &job.limit_us, err);
    if (status == MZ_OK)
        status = read_priority(table, &job.priority, err);
    if (status != MZ_OK)
        return status;
    if (job.run_us < 0 || nothing) {
        build->skipped_count++;
        return MZ_OK;
    }
    job.name = mz_arena_strdup(build->arena, id);
    job.team = mz_trace_word(build, &build->teams, text_of(table, COLUMN_ACCOUNT));
    job.user = mz_trace_word(build, &build->users, text_of(table, COLUMN_USER));
    return mz_trace_build_add(build, &job, err);
}

/* Puts priorities back to what the file says, or lower by so much that the largest fits. */
static void restore_priorities(struct mz_trace_build *build)
{
    int64_t largest = INT32_MIN;
    int64_t shift = PRIORITY_HALF;

    for (size_t i = 0; i < build->job_count; i++) {
        if (build->jobs[i].priority > largest)
            largest = build->jobs[i].priority;
    }
    if (largest + shift > INT32_MAX)
        shift = INT32_MAX - largest;
    for (size_t i = 0; i < build->job_count; i++)
        build->jobs[i].priority = (int32_t)(build->jobs[i].priority + shift);
}

static enum mz_status check_columns(const struct mz_trace_table *table, struct mz_error *err)
{
    static const int32_t pairs[][2] = { { COLUMN_END, COLUMN_ELAPSED },
        { COLUMN_ALLOCATED, COLUMN_REQUESTED } };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (!mz_trace_table_has(table, pairs[i][0]) && !mz_trace_table_has(table, pairs[i][1]))
            return mz_fail(err, MZ_E_PARSE,
                "%s:%d: no column '%s' and none '%s'; sacct output needs one of them",
                table->lines->name, (int)table->lines->line, names[pairs[i][0]],
                names[pairs[i][1]]);
    }
    return MZ_OK;
}

enum mz_status mz_trace_read_sacct(
    struct mz_trace_build *build, struct mz_trace_lines *lines, struct mz_error *err)
{
    struct mz_trace_table table;
    enum mz_status status = mz_trace_table_begin(&table, lines, &columns, err);
    bool more = true;

    if (status == MZ_OK)
        status = check_columns(&table, err);
    while (status == MZ_OK) {
        status = mz_trace_table_next(&table, &more, err);
        if (status != MZ_OK || !more)
            break;
        status = read_job(&table, build, err);
    }
    if (status == MZ_OK)
        restore_priorities(build);
    return status;
}
