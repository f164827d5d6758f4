/* progress.c - the status line
 * One mutex guards what is said; the drawing thread waits on a condition with a time-out, so that
 * ending is immediate. */
#include "cli/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

atomic_bool mz_progress_stop;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    char what[160];
    struct timespec begin;
    bool running;
    bool ending;
    bool terminal;
    bool drawn;
} progress = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void on_interrupt(int signal_number)
{
    static const char sentence[] = "\nmizan: stopped before a result was found\n";

    (void)signal_number;
    if (atomic_exchange(&mz_progress_stop, true)) {
        ssize_t put = write(STDERR_FILENO, sentence, sizeof(sentence) - 1);

        (void)put;
        _exit(130);
    }
}

static double seconds_since(const struct timespec *begin)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) + (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
}

static void draw(double seconds)
{
    if (progress.terminal)
        (void)fprintf(stderr, "\r\033[K%s   %.1f s", progress.what, seconds);
    else
        (void)fprintf(stderr, "%s, %.0f s\n", progress.what, seconds);
    (void)fflush(stderr);
    progress.drawn = true;
}

static void *run(void *argument)
{
    double next = 0.5;

    (void)argument;
    (void)pthread_mutex_lock(&progress.lock);
    while (!progress.ending) {
        struct timespec until;
        double seconds = seconds_since(&progress.begin);

        if (seconds >= next) {
            draw(seconds);
            next = seconds + (progress.terminal ? 0.1 : 30);
        }
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        (void)pthread_cond_timedwait(&progress.changed, &progress.lock, &until);
    }
    if (progress.drawn && progress.terminal)
        (void)fprintf(stderr, "\r\033[K");
    (void)pthread_mutex_unlock(&progress.lock);
    return NULL;
}

void mz_progress_begin(bool quiet)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_interrupt;
    (void)sigaction(SIGINT, &action, NULL);
    if (quiet)
        return;
    progress.what[0] = '\0';
    progress.terminal = isatty(STDERR_FILENO);
    (void)clock_gettime(CLOCK_MONOTONIC, &progress.begin);
    progress.running = pthread_create(&progress.thread, NULL, run, NULL) == 0;
}

void mz_progress_say(const char *what)
{
    (void)pthread_mutex_lock(&progress.lock);
    (void)snprintf(progress.what, sizeof(progress.what), "%s", what);
    (void)pthread_mutex_unlock(&progress.lock);
}

void mz_progress_end(void)
{
    if (!progress.running)
        return;
    (void)pthread_mutex_lock(&progress.lock);
    progress.ending = true;
    (void)pthread_cond_signal(&progress.changed);
    (void)pthread_mutex_unlock(&progress.lock);
    (void)pthread_join(progress.thread, NULL);
    progress.running = false;
}
