/* clock.h - the one clock of the shim: time since the machine started, its sleep included */
#ifndef MZ_SHIM_CLOCK_H
#define MZ_SHIM_CLOCK_H

#include <stdint.h>

#define MZ_SECOND_US INT64_C(1000000)
#define MZ_NEVER_US INT64_MAX

int64_t mz_clock_us(void); /* CLOCK_BOOTTIME */

/* Waits that double from min to max, each shortened by up to half at random, so that many shims do
 * not come at once. */
struct mz_backoff {
    int64_t wait_us;  /* 0: the next one is the first */
    uint64_t *random; /* shared; never 0 */
};

int64_t mz_backoff_next(struct mz_backoff *backoff, int64_t min_us, int64_t max_us);

#endif
