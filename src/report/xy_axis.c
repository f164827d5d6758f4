/* xy_axis.c - the numeric time axis (declared in chart_xy.h)
 * Ticks: the smallest distance of a list whose names fit beside each other. Days to the calendar
 * and back after H. Hinnant, "chrono-compatible low-level date algorithms". */
#include "report/chart_xy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    NAME_GAP_PX = 14,
    ONE_ROW_PX = 26,
    TWO_ROWS_PX = 40,
    TICK_COUNT_MAX = 64,
    NAME_COUNT_MAX = 13
};

static const double day_s = 86400;

struct civil {
    int64_t year;
    int32_t month; /* 1 ... 12 */
    int32_t day;
    int32_t second; /* of the day */
};

static int64_t days_from_civil(int64_t year, int32_t month, int32_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct civil civil_from_unix(double unix_s)
{
    int64_t day = (int64_t)floor(unix_s / day_s);
    int64_t shifted = day + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t m = (5 * of_year + 2) / 153;
    int32_t month = (int32_t)(m < 10 ? m + 3 : m - 9);

    return (struct civil){ year + era * 400 + (month <= 2), month,
        (int32_t)(of_year - (153 * m + 2) / 5 + 1), (int32_t)floor(unix_s - (double)day * day_s) };
}

double mz_xy_axis_height(const struct mz_xy_axis *axis)
{
    return axis->scale == MZ_XY_DATES ? TWO_ROWS_PX : ONE_ROW_PX;
}

double mz_xy_x(const struct mz_xy_axis *axis, const struct mz_plot *plot, double value)
{
    double share = axis->scale == MZ_XY_LOG
        ? log(fmax(value, axis->begin) / axis->begin) / log(axis->end / axis->begin)
        : (value - axis->begin) / (axis->end - axis->begin);

    share = share > 0 ? fmin(share, 1) : 0;
    return plot->left + share * (plot->right - plot->left);
}

/* Ticks */

struct ticks {
    int32_t count;
    double at[TICK_COUNT_MAX];
    char name[TICK_COUNT_MAX][24];
    char row2[TICK_COUNT_MAX][16]; /* "": as the tick before */
};

static struct ticks *new_ticks(const struct mz_chart *chart)
{
    return mz_arena_alloc(chart->arena, 1, sizeof(struct ticks));
}

static bool add_tick(struct ticks *ticks, double at)
{
    if (ticks->count == TICK_COUNT_MAX)
        return false;
    ticks->at[ticks->count++] = at;
    return true;
}

static void name_times(struct ticks *ticks, bool seconds)
{
    for (int32_t i = 0; i < ticks->count; i++) {
        struct civil civil = civil_from_unix(ticks->at[i]);
        struct civil last = civil_from_unix(ticks->at[i > 0 ? i - 1 : 0]);
        int32_t used = snprintf(ticks->name[i], sizeof(ticks->name[i]), "%02d:%02d",
            (int)(civil.second / 3600), (int)(civil.second / 60 % 60));

        if (seconds)
            (void)snprintf(ticks->name[i] + used, sizeof(ticks->name[i]) - (size_t)used, ":%02d",
                (int)(civil.second % 60));
        if (i == 0 || civil.day != last.day)
            (void)snprintf(ticks->row2[i], sizeof(ticks->row2[i]), "%04d-%02d-%02d",
                (int)civil.year, (int)civil.month, (int)civil.day);
    }
}

static void name_days(struct ticks *ticks)
{
    for (int32_t i = 0; i < ticks->count; i++) {
        struct civil civil = civil_from_unix(ticks->at[i]);

        (void)snprintf(
            ticks->name[i], sizeof(ticks->name[i]), "%02d-%02d", (int)civil.month, (int)civil.day);
        if (i == 0 || civil.year != civil_from_unix(ticks->at[i - 1]).year)
            (void)snprintf(ticks->row2[i], sizeof(ticks->row2[i]), "%04d", (int)civil.year);
    }
}

/* Equal distances, at `offset` and multiples of them from there. */
static bool equal_ticks(
    struct ticks *ticks, const struct mz_xy_axis *axis, double step, double offset)
{
    double first = ceil((axis->begin - offset) / step) * step + offset;

    if ((axis->end - first) / step > TICK_COUNT_MAX - 2)
        return false;
    for (int32_t i = 0; first + i * step <= axis->end; i++)
        (void)add_tick(ticks, first + i * step);
    return true;
}

static bool month_ticks(struct ticks *ticks, const struct mz_xy_axis *axis, int32_t months)
{
    struct civil begin = civil_from_unix(axis->begin);
    int64_t month = begin.year * 12 + begin.month - 1;

    for (month -= month % months;; month += months) {
        double at = (double)days_from_civil(month / 12, (int32_t)(month % 12) + 1, 1) * day_s;

        if (at > axis->end)
            return true;
        if (at < axis->begin)
            continue;
        if (!add_tick(ticks, at))
            return false;
        (void)snprintf(ticks->name[ticks->count - 1], sizeof(ticks->name[0]),
            months < 12 ? "%04d-%02d" : "%04d", (int)(month / 12), (int)(month % 12) + 1);
    }
}

static bool names_fit(
    const struct ticks *ticks, const struct mz_xy_axis *axis, const struct mz_plot *plot)
{
    if (ticks->count > NAME_COUNT_MAX)
        return false;
    for (int32_t i = 1; i < ticks->count; i++) {
        double need = (mz_svg_text_width(ticks->name[i], MZ_CHART_TEXT_PX, false) +
                          mz_svg_text_width(ticks->name[i - 1], MZ_CHART_TEXT_PX, false)) /
                2 +
            NAME_GAP_PX;

        if (mz_xy_x(axis, plot, ticks->at[i]) - mz_xy_x(axis, plot, ticks->at[i - 1]) < need)
            return false;
    }
    return true;
}

static void date_ticks(
    struct ticks *ticks, const struct mz_xy_axis *axis, const struct mz_plot *plot)
{
    static const double seconds[] = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
        10800, 21600, 43200, 86400, 172800, 604800, 1209600 };
    static const int32_t months[] = { 1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 12000, 120000 };

    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        ticks->count = 0;
        memset(ticks->row2, 0, sizeof(ticks->row2));
        /* weeks begin on Mondays */
        if (!equal_ticks(ticks, axis, seconds[i], seconds[i] >= 7 * day_s ? 4 * day_s : 0))
            continue;
        if (seconds[i] < day_s)
            name_times(ticks, seconds[i] < 60);
        else
            name_days(ticks);
        if (names_fit(ticks, axis, plot))
            return;
    }
    memset(ticks->row2, 0, sizeof(ticks->row2));
    for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
        ticks->count = 0;
        if (month_ticks(ticks, axis, months[i]) && names_fit(ticks, axis, plot))
            return;
    }
    ticks->count = 0; /* 36,000 years: the names of the edges are in the table */
}

static void since_ticks(
    struct ticks *ticks, const struct mz_xy_axis *axis, const struct mz_plot *plot)
{
    static const struct {
        double step;
        double unit;
        const char *name;
    } steps[] = { { .1, 1, "s" }, { .5, 1, "s" }, { 1, 1, "s" }, { 2, 1, "s" }, { 5, 1, "s" },
        { 10, 1, "s" }, { 20, 1, "s" }, { 60, 60, "min" }, { 120, 60, "min" }, { 300, 60, "min" },
        { 600, 60, "min" }, { 1200, 60, "min" }, { 3600, 3600, "h" }, { 7200, 3600, "h" },
        { 10800, 3600, "h" }, { 21600, 3600, "h" }, { 43200, 3600, "h" } };
    enum { STEP_COUNT = sizeof(steps) / sizeof(steps[0]) };
    double span = axis->end - axis->begin;
    const struct mz_xy_axis zero = { MZ_XY_SINCE, 0, span };

    for (int32_t i = 0; i < STEP_COUNT + 60; i++) {
        static const double days[] = { 1, 2, 5 };
        int32_t d = i - STEP_COUNT;
        double unit = d < 0 ? steps[i].unit : day_s;
        double step = d < 0 ? steps[i].step : days[d % 3] * pow(10, d / 3) * day_s;

        if (span / step > 12)
            continue;
        ticks->count = 0;
        (void)equal_ticks(ticks, &zero, step, 0);
        for (int32_t t = 0; t < ticks->count; t++) {
            char number[MZ_NUMBER_MAX];

            ticks->at[t] = axis->begin + t * step;
            if (t == 0)
                (void)snprintf(ticks->name[t], sizeof(ticks->name[t]), "0");
            else
                (void)snprintf(ticks->name[t], sizeof(ticks->name[t]), "%.12s\xC2\xA0%s",
                    mz_format_fixed(number, t * step / unit, step < 1 ? 1 : 0),
                    d < 0 ? steps[i].name : "d");
        }
        if (names_fit(ticks, axis, plot))
            return;
    }
    ticks->count = 0;
}

static void log_ticks(
    struct ticks *ticks, const struct mz_xy_axis *axis, const struct mz_plot *plot)
{
    static const struct {
        double at;
        const char *name;
    } all[] = { { .001, "1\xC2\xA0ms" }, { .01, "10\xC2\xA0ms" }, { .1, "0.1\xC2\xA0s" },
        { 1, "1\xC2\xA0s" }, { 10, "10\xC2\xA0s" }, { 60, "1\xC2\xA0min" },
        { 600, "10\xC2\xA0min" }, { 3600, "1\xC2\xA0h" }, { 36000, "10\xC2\xA0h" },
        { 86400,
            "1\xC2\xA0"
            "d" },
        { 864000,
            "10\xC2\xA0"
            "d" },
        { 8640000,
            "100\xC2\xA0"
            "d" },
        { 86400000,
            "1,000\xC2\xA0"
            "d" },
        { 864000000,
            "10,000\xC2\xA0"
            "d" } };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].at < axis->begin * (1 - 1e-9) || all[i].at > axis->end * (1 + 1e-9))
            continue;
        (void)add_tick(ticks, all[i].at);
        (void)snprintf(ticks->name[ticks->count - 1], sizeof(ticks->name[0]), "%s", all[i].name);
        if (!names_fit(ticks, axis, plot))
            ticks->count--;
    }
}

/* A name centred below its tick, moved inside the drawing; returns its right edge. */
static double draw_name(
    const struct mz_chart *chart, double x, double y, const char *name, double free_from)
{
    double half = mz_svg_text_width(name, MZ_CHART_TEXT_PX, false) / 2;
    double middle = fmin(fmax(x, half), MZ_CHART_WIDTH - half);

    if (name[0] == '\0' || middle - half < free_from)
        return free_from;
    mz_svg_add_text(chart->out, middle, y, "k m", name);
    return middle + half + 8;
}

void mz_xy_draw_axis(
    const struct mz_chart *chart, const struct mz_plot *plot, const struct mz_xy_axis *axis)
{
    struct ticks *ticks = new_ticks(chart);
    double free1 = 0;
    double free2 = 0;

    switch (axis->scale) {
    case MZ_XY_DATES: date_ticks(ticks, axis, plot); break;
    case MZ_XY_SINCE: since_ticks(ticks, axis, plot); break;
    case MZ_XY_LOG: log_ticks(ticks, axis, plot); break;
    }
    for (int32_t i = 0; i < ticks->count; i++) {
        double x = mz_xy_x(axis, plot, ticks->at[i]);

        mz_svg_add_line(chart->out, x, plot->bottom, x, plot->bottom + 5, "z");
        free1 = draw_name(chart, x, plot->bottom + 18, ticks->name[i], free1);
        free2 = draw_name(chart, x, plot->bottom + 33, ticks->row2[i], free2);
    }
}

/* Names */

const char *mz_xy_duration(struct mz_arena *arena, double seconds)
{
    static const struct {
        double from;
        double unit;
        const char *name;
    } units[] = { { 172800, 86400, "d" }, { 5400, 3600, "h" }, { 90, 60, "min" }, { 0, 1, "s" } };
    double size = fabs(seconds);
    char number[MZ_NUMBER_MAX];
    int32_t i = 0;
    double value;

    if (!isfinite(seconds))
        return "-";
    while (size < units[i].from)
        i++;
    value = seconds / units[i].unit;
    size /= units[i].unit;
    /* three digits that mean something, 4.20 and 42.0; a whole number as it is */
    mz_format_fixed(number, value,
        value == floor(value) || size >= 99.95 ? 0
            : size >= 9.995                    ? 1
                                               : 2);
    return mz_arena_printf(arena, "%s\xC2\xA0%s", number, units[i].name);
}

const char *mz_xy_point_name(struct mz_arena *arena, const struct mz_xy_axis *axis, double value)
{
    double span = axis->end - axis->begin;
    struct civil civil;
    double since = value - axis->begin;
    int64_t whole = isfinite(since) ? (int64_t)floor(since + 0.5) : 0;

    if (!isfinite(value))
        return "-";
    switch (axis->scale) {
    case MZ_XY_DATES:
        civil = civil_from_unix(floor(value + 0.5));
        if (span < 4 * 3600)
            return mz_arena_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d", (int)civil.year,
                (int)civil.month, (int)civil.day, (int)(civil.second / 3600),
                (int)(civil.second / 60 % 60), (int)(civil.second % 60));
        return mz_arena_printf(arena, "%04d-%02d-%02d %02d:%02d", (int)civil.year, (int)civil.month,
            (int)civil.day, (int)(civil.second / 3600), (int)(civil.second / 60 % 60));
    case MZ_XY_SINCE:
        if (span < 600)
            return mz_arena_printf(arena, "%.1f\xC2\xA0s", since);
        if (span < day_s)
            return mz_arena_printf(arena, "%02d:%02d:%02d", (int)(whole / 3600),
                (int)(whole / 60 % 60), (int)(whole % 60));
        return mz_arena_printf(arena,
            "%d\xC2\xA0"
            "d %02d:%02d",
            (int)(whole / 86400), (int)(whole / 3600 % 24), (int)(whole / 60 % 60));
    case MZ_XY_LOG: return mz_xy_duration(arena, value);
    }
    return "";
}
