/* series.c - evaluating values over time */
#include "domain/series.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

/* Index of the last step at or before the month; -1 before the first. */
static int32_t step_before(const struct mz_series *series, int32_t month)
{
    int32_t low = -1;
    int32_t high = series->step_count;

    while (high - low > 1) {
        int32_t middle = (low + high) / 2;

        if (series->steps[middle].month <= month)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static double grown(const struct mz_series *series, const struct mz_step *step, int32_t month)
{
    int32_t from = step->month == MZ_MONTH_ALWAYS ? series->growth_month : step->month;

    if (series->growth_per_year == 0)
        return step->value;
    return step->value * pow(1 + series->growth_per_year, (month - from) / 12.0);
}

double mz_series_at(const struct mz_series *series, int32_t month)
{
    int32_t i;
    const struct mz_step *step;
    const struct mz_step *next;

    if (series->step_count == 0)
        return 0;
    i = step_before(series, month);
    if (i < 0)
        return series->before == MZ_BEFORE_ZERO ? 0 : series->steps[0].value;
    step = &series->steps[i];
    if (!series->linear || i + 1 == series->step_count || step->month == MZ_MONTH_ALWAYS)
        return grown(series, step, month);
    next = step + 1;
    return step->value +
        (next->value - step->value) * (month - step->month) / (next->month - step->month);
}

double mz_series_mean(const struct mz_series *series, const struct mz_period *period)
{
    double sum = 0;
    double first = mz_series_at(series, period->month_begin);
    bool constant = true;

    for (int32_t m = period->month_begin; m < period->month_end; m++) {
        double value = mz_series_at(series, m);

        constant = constant && value == first;
        sum += value * mz_month_hours(m);
    }
    /* exactly the value where there is only one: no rounding to explain to anybody */
    return constant ? first : sum / period->hours;
}

double mz_series_sum(const struct mz_series *series, const struct mz_period *period)
{
    double sum = 0;

    for (int32_t m = period->month_begin; m < period->month_end; m++)
        sum += mz_series_at(series, m);
    return sum;
}

bool mz_series_holds(const struct mz_series *series, const struct mz_period *period)
{
    return series->step_count > 0 && period->month_begin >= series->steps[0].month;
}

struct mz_period mz_period_make(int32_t month_begin, int32_t month_end)
{
    struct mz_period period = { month_begin, month_end, 0, month_end - month_begin };

    assert(month_begin < month_end);
    for (int32_t m = month_begin; m < month_end; m++)
        period.hours += mz_month_hours(m);
    return period;
}

double mz_period_hours_in(const struct mz_period *period, int32_t month_begin, int32_t month_end)
{
    int32_t from = month_begin > period->month_begin ? month_begin : period->month_begin;
    int32_t to = month_end < period->month_end ? month_end : period->month_end;
    double hours = 0;

    for (int32_t m = from; m < to; m++)
        hours += mz_month_hours(m);
    return hours;
}

double mz_period_share_in(const struct mz_period *period, int32_t month_begin, int32_t month_end)
{
    return mz_period_hours_in(period, month_begin, month_end) / period->hours;
}

int32_t mz_period_months_in(const struct mz_period *period, int32_t month_begin, int32_t month_end)
{
    int32_t from = month_begin > period->month_begin ? month_begin : period->month_begin;
    int32_t to = month_end < period->month_end ? month_end : period->month_end;

    return to > from ? to - from : 0;
}

const char *mz_period_label(char *buffer, const struct mz_period *period)
{
    int32_t length = period->month_end - period->month_begin;
    int32_t year = period->month_begin / 12;
    int32_t month = period->month_begin % 12;

    if (length == 3 && month % 3 == 0)
        (void)snprintf(buffer, MZ_MONTH_TEXT_MAX, "%04dQ%d", (int)year, (int)(month / 3 + 1));
    else if (length == 12 && month == 0)
        (void)snprintf(buffer, MZ_MONTH_TEXT_MAX, "%04d", (int)year);
    else
        mz_month_format(buffer, period->month_begin);
    return buffer;
}
