/* series.h - values over time, and the periods of a plan
 *
 * A series is a scalar, a step function or a line between dates. The value of a month is its
 * value at the month's beginning. Before the first date it depends on what the series is:
 * amounts (capacity, power, demand, ...) are 0, prices and intensities have their first value,
 * limits and goals do not hold. See docs/plan-model.md, "Values over time".
 *
 * A period is a run of whole months, [month_begin, month_end). In a period a series is worth the
 * mean of its months weighted by their calendar hours.
 */
#ifndef MZ_DOMAIN_SERIES_H
#define MZ_DOMAIN_SERIES_H

#include "base/mark.h"
#include "base/month.h"

#include <stdbool.h>
#include <stdint.h>

enum mz_before {
    MZ_BEFORE_ZERO,  /* amounts */
    MZ_BEFORE_FIRST, /* prices, throughputs, intensities */
    MZ_BEFORE_NONE   /* limits and goals: as MZ_BEFORE_FIRST in value, but see mz_series_holds */
};

struct mz_step {
    int32_t month; /* MZ_MONTH_ALWAYS: a value without date, which holds since ever */
    double value;
};

struct mz_series {
    const struct mz_step
        *steps;         /* strictly increasing months; borrowed from the scenario's arena */
    int32_t step_count; /* 0: not stated */
    enum mz_before before;
    bool linear;            /* on the line between two dates; else a step function */
    double growth_per_year; /* > -1; not with linear */
    int32_t growth_month;   /* what MZ_MONTH_ALWAYS counts as for growth: start of the scenario */
    struct mz_mark mark;    /* of the value; line 0: a default */
};

struct mz_period {
    int32_t month_begin;
    int32_t month_end;
    double hours;       /* H_t */
    double month_count; /* M_t */
};

static inline bool mz_series_stated(const struct mz_series *series)
{
    return series->step_count > 0;
}

/* Value at the beginning of a month. 0 for a series that is not stated. */
double mz_series_at(const struct mz_series *series, int32_t month);

/* Mean over the months of a period, weighted by hours. */
double mz_series_mean(const struct mz_series *series, const struct mz_period *period);

/* Sum over the months of a period: for USD/month. */
double mz_series_sum(const struct mz_series *series, const struct mz_period *period);

/* Does a limit or goal hold in this period: it is stated and the period begins at or after its
 * first date. */
bool mz_series_holds(const struct mz_series *series, const struct mz_period *period);

/* A period of whole months, its hours and months filled in. */
struct mz_period mz_period_make(int32_t month_begin, int32_t month_end);

/* Hours of the period that lie in [month_begin, month_end), and their share of its hours. */
double mz_period_hours_in(const struct mz_period *period, int32_t month_begin, int32_t month_end);
double mz_period_share_in(const struct mz_period *period, int32_t month_begin, int32_t month_end);

/* Months of the period that lie in [month_begin, month_end). */
int32_t mz_period_months_in(const struct mz_period *period, int32_t month_begin, int32_t month_end);

/* "2026-01", "2028Q1", "2030": a period is named by what it is, and by its first month when it is
 * neither a calendar quarter nor a calendar year. Buffer of MZ_MONTH_TEXT_MAX. JSON and CSV use
 * mz_month_format of month_begin instead. */
const char *mz_period_label(char *buffer, const struct mz_period *period);

#endif
