/* client_lists.c - jobs and partners as lists: for ps, partners and top */
#include "cli/client_lists.h"

#include "cli/client_json.h"

#include <math.h>
#include <string.h>

enum { BAR_CELLS = 8 };

/* "aws/use1"; a site's name may begin with its partner's already. */
static const char *cell_place(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    const char *partner = mz_json_text(row, "partner");
    const char *site = mz_json_text(row, column->key);
    size_t length = partner ? strlen(partner) : 0;

    (void)ret_look;
    if (!partner || !site || !site[0])
        return site && site[0] ? site : partner;
    if (strncmp(site, partner, length) == 0 && (site[length] == '/' || site[length] == '\0'))
        return site;
    return mz_arena_printf(context->arena, "%s/%s", partner, site);
}

static bool is_running(const json_t *row)
{
    const char *state = mz_json_text(row, "state");

    return state && (strcmp(state, "running") == 0 || strcmp(state, "unknown") == 0);
}

/* How much of the time limit is used: all that is known about any job's progress. */
static const char *cell_progress(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    double share = mz_json_number(row, column->key) / mz_json_number(row, "time_limit_s");

    (void)ret_look;
    if (!is_running(row) || !isfinite(share))
        return NULL;
    return mz_arena_printf(context->arena, "%s%*.0f%%",
        context->terminal ? mz_bar_text(context->arena, share, BAR_CELLS) : "",
        context->terminal ? 4 : 0, floor(share * 100));
}

/* When it ends at the latest, or when it starts as far as one can tell ("~"). */
static const char *cell_eta(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    int64_t start_s = mz_time_parse(mz_json_text(row, column->key));
    double left = mz_json_number(row, "time_limit_s") - mz_json_number(row, "run_s");
    const char *text;

    (void)ret_look;
    if (is_running(row))
        return mz_span_text(context->arena, left);
    if (start_s < 0)
        return NULL;
    text = mz_span_text(
        context->arena, start_s > context->now_s ? (double)(start_s - context->now_s) : 0);
    return text ? mz_arena_printf(context->arena, "~%s", text) : NULL;
}

static const char *cell_age(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    (void)ret_look;
    return mz_span_text(context->arena, mz_json_number(row, column->key));
}

static const char *cell_exit(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    if (mz_json_integer(row, column->key, 0) != 0)
        *ret_look = MZ_CELL_BAD;
    return mz_json_plain(context->arena, json_object_get(row, column->key));
}

#define TEXT MZ_COLUMN_TEXT
#define FIXED MZ_COLUMN_FIXED
#define NUMBER MZ_COLUMN_NUMBER

static const struct mz_list_column job_columns[] = {
    { "id", "ID", NUMBER, mz_cell_plain, false, 0 },
    { "name", "NAME", TEXT, mz_cell_plain, false, 0 },
    { "state", "STATE", FIXED, mz_cell_state, false, 0 },
    { "chips", "CHIPS", NUMBER, mz_cell_count, false, 0 },
    { "partner", "PARTNER", FIXED, mz_cell_plain, true, 0 },
    { "site", "PARTNER/SITE", TEXT, cell_place, false, 0 },
    { "chip", "CHIP", FIXED, mz_cell_plain, false, 3 },
    { "age_s", "AGE", NUMBER, cell_age, false, 0 },
    { "run_s", "PROGRESS", FIXED, cell_progress, false, 2 },
    { "expected_start_at", "ETA", NUMBER, cell_eta, false, 1 },
    { "cost_usd_per_hour", "$/H", NUMBER, mz_cell_usd, false, 0 },
    { "team", "TEAM", FIXED, mz_cell_plain, true, 0 },
    { "owner", "OWNER", FIXED, mz_cell_plain, true, 0 },
    { "priority", "PRIORITY", NUMBER, mz_cell_plain, true, 0 },
    { "array_job", "ARRAY", NUMBER, mz_cell_plain, true, 0 },
    { "array_index", "INDEX", NUMBER, mz_cell_plain, true, 0 },
    { "attempts", "ATTEMPTS", NUMBER, mz_cell_plain, true, 0 },
    { "restarts", "RESTARTS", NUMBER, mz_cell_plain, true, 0 },
    { "exit_code", "EXIT", NUMBER, cell_exit, true, 0 },
    { "submitted_at", "SUBMITTED", FIXED, mz_cell_time, true, 0 },
    { "started_at", "STARTED", FIXED, mz_cell_time, true, 0 },
    { "ended_at", "ENDED", FIXED, mz_cell_time, true, 0 },
    { "time_limit_s", "LIMIT", NUMBER, mz_cell_span, true, 0 },
    { "contract", "CONTRACT", FIXED, mz_cell_plain, true, 0 },
    { "checkpoint", "CHECKPOINT", TEXT, mz_cell_plain, true, 0 },
    { "nodes", "NODES", TEXT, mz_cell_plain, true, 0 },
    { "note", "NOTE", TEXT, mz_cell_plain, false, 0 },
};

const struct mz_list mz_jobs_list = { job_columns, sizeof(job_columns) / sizeof(job_columns[0]),
    "No jobs. Submit one:  mizan submit -G 1 -- nvidia-smi" };

/* "████▎    512" of the partner's chips; the number alone sorts. */
static const char *cell_used(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    double used = mz_json_number(row, column->key);
    double chips = mz_json_number(row, "chips");
    char buffer[MZ_NUMBER_MAX];

    (void)ret_look;
    if (!isfinite(used))
        return NULL;
    mz_format_fixed(buffer, used, 0);
    if (!context->terminal || !(chips > 0))
        return mz_arena_strdup(context->arena, buffer);
    return mz_arena_printf(
        context->arena, "%s %s", mz_bar_text(context->arena, used / chips, BAR_CELLS), buffer);
}

/* "63/64", yellow when not all are up */
static const char *cell_nodes(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    int64_t up = mz_json_integer(row, column->key, -1);
    int64_t nodes = mz_json_integer(row, "nodes", -1);

    if (up < 0 || nodes < 0)
        return NULL;
    if (up < nodes)
        *ret_look = MZ_CELL_WARN;
    return mz_arena_printf(context->arena, "%lld/%lld", (long long)up, (long long)nodes);
}

static const struct mz_list_column partner_columns[] = {
    { "name", "PARTNER", FIXED, mz_cell_plain, false, 0 },
    { "label", "LABEL", TEXT, mz_cell_plain, true, 0 },
    { "driver", "DRIVER", FIXED, mz_cell_plain, false, 4 },
    { "state", "STATE", FIXED, mz_cell_state, false, 0 },
    { "chips_used", "USED", NUMBER, cell_used, false, 0 },
    { "chips_used_by_others", "OTHERS", NUMBER, mz_cell_count, false, 2 },
    { "chips", "CHIPS", NUMBER, mz_cell_count, false, 0 },
    { "nodes_up", "NODES UP", NUMBER, cell_nodes, false, 1 },
    { "nodes", "NODES", NUMBER, mz_cell_count, true, 0 },
    { "jobs", "JOBS", NUMBER, mz_cell_count, false, 0 },
    { "cost_usd_per_hour", "$/H", NUMBER, mz_cell_usd, false, 0 },
    { "heard_s", "HEARD", NUMBER, mz_cell_span, false, 3 },
    { "contracts", "CONTRACTS", TEXT, mz_cell_plain, true, 0 },
    { "problem", "PROBLEM", TEXT, mz_cell_warn, false, 0 },
};

const struct mz_list mz_partners_list = { partner_columns,
    sizeof(partner_columns) / sizeof(partner_columns[0]),
    "No partners. Name them in the fleet file:  mizan up --fleet fleet.yaml" };

const char *mz_count_text(struct mz_arena *arena, int64_t count, const char *noun)
{
    char buffer[MZ_NUMBER_MAX];

    return mz_arena_printf(
        arena, "%s %s%s", mz_format_fixed(buffer, (double)count, 0), noun, count == 1 ? "" : "s");
}

static void add_part(struct mz_text *text, const char *part)
{
    mz_text_add(text, text->length > 0 ? ", " : "");
    mz_text_add(text, part);
}

static const char *take_text(struct mz_arena *arena, struct mz_text *text)
{
    const char *result = mz_arena_strdup(arena, mz_text_string(text));

    mz_text_finish(text);
    return result;
}

static void add_money(struct mz_arena *arena, double usd_per_hour, struct mz_text *text)
{
    if (isfinite(usd_per_hour) && usd_per_hour > 0)
        mz_text_addf(text, " \xC2\xB7 $%s/h", mz_usd_text(arena, usd_per_hour));
}

const char *mz_jobs_summary(struct mz_arena *arena, const json_t *document)
{
    const json_t *summary = json_object_get(document, "summary");
    int64_t running = mz_json_integer(summary, "running", 0);
    int64_t pending = mz_json_integer(summary, "pending", 0);
    int64_t restarting = mz_json_integer(summary, "restarting", 0);
    int64_t live = mz_json_integer(summary, "live", 0);
    struct mz_text text = { 0 };

    if (!json_is_object(summary))
        return NULL;
    add_part(&text, mz_arena_printf(arena, "%lld running", (long long)running));
    if (running > 0)
        mz_text_addf(&text, " on %s",
            mz_count_text(arena, mz_json_integer(summary, "running_chips", 0), "chip"));
    if (restarting > 0)
        add_part(&text, mz_arena_printf(arena, "%lld restarting", (long long)restarting));
    add_part(&text, mz_arena_printf(arena, "%lld pending", (long long)pending));
    if (pending > 0)
        mz_text_addf(&text, " (%s)",
            mz_count_text(arena, mz_json_integer(summary, "pending_chips", 0), "chip"));
    if (live > running + pending + restarting)
        add_part(&text,
            mz_arena_printf(
                arena, "%lld other", (long long)(live - running - pending - restarting)));
    add_money(arena, mz_json_number(summary, "cost_usd_per_hour"), &text);
    return take_text(arena, &text);
}

const char *mz_partners_summary(struct mz_arena *arena, const json_t *document)
{
    const json_t *rows = json_object_get(document, "data");
    struct mz_text text = { 0 };
    char used_text[MZ_NUMBER_MAX];
    int64_t lost = 0;
    int64_t drained = 0;
    int64_t used = 0;
    int64_t chips = 0;
    double usd = 0;
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        const char *state = mz_json_text(row, "state");
        double cost = mz_json_number(row, "cost_usd_per_hour");

        lost += state && strcmp(state, "lost") == 0;
        drained += state && strcmp(state, "drained") == 0;
        used += mz_json_integer(row, "chips_used", 0);
        chips += mz_json_integer(row, "chips", 0);
        usd += isfinite(cost) ? cost : 0;
    }
    add_part(&text, mz_count_text(arena, (int64_t)json_array_size(rows), "partner"));
    if (lost > 0)
        add_part(&text, mz_arena_printf(arena, "%lld lost", (long long)lost));
    if (drained > 0)
        add_part(&text, mz_arena_printf(arena, "%lld drained", (long long)drained));
    mz_text_addf(&text, " \xC2\xB7 %s of %s in use", mz_format_fixed(used_text, (double)used, 0),
        mz_count_text(arena, chips, "chip"));
    add_money(arena, usd, &text);
    return take_text(arena, &text);
}
