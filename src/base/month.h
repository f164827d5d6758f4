/* month.h - months, the unit of time in a plan
 *
 * A month is an int32_t: year * 12 + (month of the year - 1), UTC, proleptic Gregorian. So
 * differences are months, and order is order in time. Durations in months are plain counts.
 */
#ifndef MZ_BASE_MONTH_H
#define MZ_BASE_MONTH_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MZ_MONTH_MIN = 1900 * 12,     /* no date in a scenario lies before */
    MZ_MONTH_MAX = 2200 * 12 - 1, /* no date in a scenario lies behind */
    MZ_MONTH_NEVER = 3000 * 12,   /* "no end"; larger than any month plus any duration */
    MZ_MONTH_ALWAYS = 0           /* "since ever" */
};

/* Reads "2025-11". Also "2028Q1" and "2028" (their first month) when `loose`. */
bool mz_month_parse(const char *text, bool loose, int32_t *ret_month);

/* "2025-11"; "never" for MZ_MONTH_NEVER. Buffer of at least MZ_MONTH_TEXT_MAX. */
enum { MZ_MONTH_TEXT_MAX = 16 };
const char *mz_month_format(char *buffer, int32_t month);

/* Calendar hours of a month: 672 to 744. */
double mz_month_hours(int32_t month);

#endif
