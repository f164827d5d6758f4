/* clock.c - CLOCK_BOOTTIME and CLOCK_REALTIME */
#include "control/clock.h"

#include <pthread.h>
#include <time.h>

static int64_t read_us(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t mz_clock_mono_us(void)
{
    return read_us(CLOCK_BOOTTIME);
}

int64_t mz_clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int64_t offset_us;

static void set_offset(void)
{
    offset_us = mz_clock_wall_us() - mz_clock_mono_us();
}

int64_t mz_clock_steady_us(void)
{
    (void)pthread_once(&once, set_offset);
    return mz_clock_mono_us() + offset_us;
}

const char *mz_clock_format(char *buffer, int64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm utc;

    buffer[0] = '\0';
    if (wall_us > 0 && gmtime_r(&seconds, &utc))
        (void)strftime(buffer, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return buffer;
}
