/* clock.c - reading the clock, and waits between tries */
#include "shim/clock.h"

#include <time.h>

int64_t mz_clock_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * MZ_SECOND_US + now.tv_nsec / 1000;
}

static uint64_t next_random(uint64_t *state) /* xorshift64, Marsaglia (2003) */
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

int64_t mz_backoff_next(struct mz_backoff *backoff, int64_t min_us, int64_t max_us)
{
    int64_t wait = backoff->wait_us == 0 ? min_us : backoff->wait_us * 2;

    if (wait > max_us)
        wait = max_us;
    backoff->wait_us = wait;
    return wait - (int64_t)(next_random(backoff->random) % (uint64_t)(wait / 2 + 1));
}
