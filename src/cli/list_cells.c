/* list_cells.c - what stands in the cells of lists: numbers, spans, times, states, bars */
#include "cli/client_json.h"
#include "cli/list_print.h"

#include "base/duration.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *mz_span_text(struct mz_arena *arena, double seconds)
{
    char buffer[MZ_DURATION_TEXT_MAX];

    if (!isfinite(seconds) || seconds < 0 || seconds > 1e12)
        return NULL;
    return mz_arena_strdup(arena, mz_duration_format(buffer, llround(floor(seconds) * 1e6)));
}

const char *mz_usd_text(struct mz_arena *arena, double usd)
{
    char buffer[MZ_NUMBER_MAX];

    if (!isfinite(usd))
        return NULL;
    return mz_arena_strdup(
        arena, mz_format_fixed(buffer, usd, fabs(usd) >= 9.995 || usd == 0 ? 0 : 2));
}

const char *mz_time_text(struct mz_arena *arena, int64_t at_s, int64_t now_s)
{
    char buffer[64];
    time_t at = (time_t)at_s;
    time_t now = (time_t)now_s;
    struct tm at_local;
    struct tm now_local;
    int64_t away = at_s > now_s ? at_s - now_s : now_s - at_s;

    if (at_s < 0 || !localtime_r(&at, &at_local) || !localtime_r(&now, &now_local))
        return NULL;
    if (at_local.tm_year == now_local.tm_year && at_local.tm_yday == now_local.tm_yday)
        (void)strftime(buffer, sizeof(buffer), "%H:%M", &at_local);
    else if (away < (int64_t)180 * 86400)
        (void)strftime(buffer, sizeof(buffer), "%e %b %H:%M", &at_local);
    else
        (void)strftime(buffer, sizeof(buffer), "%Y-%m-%d", &at_local);
    return mz_arena_strdup(arena, buffer + strspn(buffer, " "));
}

const char *mz_bar_text(struct mz_arena *arena, double share, int32_t cells)
{
    struct mz_text text = { 0 };
    const char *result;
    int32_t eighths = (int32_t)lround(fmin(fmax(share, 0), 1) * 8 * cells);

    for (int32_t i = 0; i < cells; i++, eighths -= 8) {
        if (eighths >= 8)
            mz_text_add(&text, "\xE2\x96\x88");
        else if (eighths > 0)
            mz_text_addf(&text, "\xE2\x96%c", 0x90 - eighths);
        else
            mz_text_add(&text, " ");
    }
    result = mz_arena_strdup(arena, mz_text_string(&text));
    mz_text_finish(&text);
    return result;
}

const char *mz_cell_plain(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    (void)ret_look;
    return mz_json_plain(context->arena, json_object_get(row, column->key));
}

const char *mz_cell_count(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    double value = mz_json_number(row, column->key);
    char buffer[MZ_NUMBER_MAX];

    (void)ret_look;
    return isfinite(value) ? mz_arena_strdup(context->arena, mz_format_fixed(buffer, value, 0))
                           : NULL;
}

const char *mz_cell_usd(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    (void)ret_look;
    return mz_usd_text(context->arena, mz_json_number(row, column->key));
}

const char *mz_cell_price(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    double value = mz_json_number(row, column->key);
    char buffer[MZ_NUMBER_MAX];

    (void)ret_look;
    return isfinite(value) ? mz_arena_strdup(context->arena, mz_format_fixed(buffer, value, 2))
                           : NULL;
}

const char *mz_cell_span(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    (void)ret_look;
    return mz_span_text(context->arena, mz_json_number(row, column->key));
}

const char *mz_cell_time(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    (void)ret_look;
    return mz_time_text(
        context->arena, mz_time_parse(mz_json_text(row, column->key)), context->now_s);
}

static const struct {
    const char *state;
    enum mz_cell_look look;
} state_looks[] = {
    { "running", MZ_CELL_GOOD },
    { "done", MZ_CELL_DIM },
    { "cancelled", MZ_CELL_DIM },
    { "held", MZ_CELL_DIM },
    { "restarting", MZ_CELL_WARN },
    { "stopping", MZ_CELL_WARN },
    { "unknown", MZ_CELL_WARN },
    { "failed", MZ_CELL_BAD },
    { "ok", MZ_CELL_GOOD },
    { "drained", MZ_CELL_WARN },
    { "new", MZ_CELL_WARN },
    { "lost", MZ_CELL_BAD },
    { "up", MZ_CELL_GOOD },
    { "cordoned", MZ_CELL_WARN },
    { "down", MZ_CELL_BAD },
};

const char *mz_cell_state(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    const char *state = mz_json_text(row, column->key);

    (void)context;
    for (size_t i = 0; state && i < sizeof(state_looks) / sizeof(state_looks[0]); i++) {
        if (strcmp(state, state_looks[i].state) == 0)
            *ret_look = state_looks[i].look;
    }
    return state;
}

const char *mz_cell_warn(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    *ret_look = MZ_CELL_WARN;
    return mz_cell_plain(context, row, column, ret_look);
}

const char *mz_cell_dim(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    *ret_look = MZ_CELL_DIM;
    return mz_cell_plain(context, row, column, ret_look);
}

const char *mz_cell_yes(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    (void)context;
    (void)ret_look;
    return mz_json_true(row, column->key) ? "yes" : NULL;
}
