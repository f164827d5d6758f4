/* duration.h - lengths of time as people write them: "30 s", "15min", "2.5h", "7 days", "1w"
 *
 * A number of at most 15 digits and a unit: s, min, h, d or days, w or weeks; a bare number is
 * seconds. Microseconds, exact up to the sixth decimal of a second.
 */
#ifndef MZ_BASE_DURATION_H
#define MZ_BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* False when it is not a duration, or is negative or longer than a thousand years. */
bool mz_duration_parse(const char *text, int64_t *ret_us);

/* "45 s", "12 min", "3.2 h", "5.1 d": three digits at most. Buffer of MZ_DURATION_TEXT_MAX. */
enum { MZ_DURATION_TEXT_MAX = 32 };
const char *mz_duration_format(char *buffer, int64_t us);

#endif
