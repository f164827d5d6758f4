/* bench_stamp.c - a job that writes when it began: CLOCK_REALTIME in ns, on one line of stdout */
#include <stdio.h>
#include <time.h>

int main(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return printf("%lld\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec) < 0;
}
