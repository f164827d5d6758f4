/* clock.h - the daemon's two clocks, read here and nowhere else in the room
 *
 * Monotonic: CLOCK_BOOTTIME, which goes on while the machine sleeps: leases count on it. Steady
 * wall: the wall's time at the first call, moved on by the monotonic clock, so that it never jumps;
 * for the planner. Wall: for people. Microseconds. */
#ifndef MZ_CONTROL_CLOCK_H
#define MZ_CONTROL_CLOCK_H

#include <stdint.h>

int64_t mz_clock_mono_us(void);
int64_t mz_clock_wall_us(void);
int64_t mz_clock_steady_us(void);
/* RFC 3339 UTC to the second; "" for 0. Buffer of 32. */
const char *mz_clock_format(char *buffer, int64_t wall_us);

#endif
