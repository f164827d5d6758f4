/* local_impl.h - the inside of the local driver: local.c (life), local_find.c (what /proc knows) */
#ifndef MZ_DRIVER_LOCAL_IMPL_H
#define MZ_DRIVER_LOCAL_IMPL_H

#include "driver/driver.h"

#include <sys/types.h>
#include <uv.h>

enum { LOCAL_BUCKETS = 1024 };

struct local_attempt;

struct local_shim {
    uv_poll_t poll; /* of pidfd */
    int pidfd;
    pid_t pid;
    int64_t start; /* clock ticks since boot: with pid the process */
    struct local_attempt *attempt;
    struct local_shim *next;
};

struct local_attempt {
    struct local_driver *local;
    int64_t job;
    int32_t n;
    int32_t cancel_count;
    bool was_killed; /* one of its shims did not end by itself, as far as is known */
    int64_t submit_s;
    char remote_id[48];
    struct local_shim *shims;
    struct local_attempt *next;
};

struct local_event {
    enum mz_driver_event_kind kind;
    enum mz_driver_outcome outcome;
    int64_t job;
    int32_t n;
    int64_t submit_s;
    char remote_id[48];
    char text[200];
    struct local_event *next;
};

struct local_driver {
    struct mz_driver base;
    struct mz_driver_setup setup;
    const char *shim_path;
    const char *server;
    char **environment;
    struct local_attempt *buckets[LOCAL_BUCKETS];
    int32_t attempt_count;
    uv_timer_t timer; /* events that are due */
    struct local_event *events;
    struct local_event **last_event;
    uv_timer_t observe_timer;
    bool is_observing;
    int64_t find_us; /* when /proc is read as a whole again */
    int32_t open_handles;
};

struct local_attempt *mz_local_find_attempt(struct local_driver *local, int64_t job, int32_t n);
struct local_attempt *mz_local_add_attempt(struct local_driver *local, int64_t job, int32_t n);
bool mz_local_watch(struct local_attempt *attempt, pid_t pid, int64_t start);

/* local_find.c */
int64_t mz_local_start_time(pid_t pid); /* -1: there is no such process */
/* Watches every shim of this partner and installation that runs. */
void mz_local_adopt_all(struct local_driver *local);
/* Kills what still carries the attempt's name in its environment. */
void mz_local_sweep(struct local_driver *local, int64_t job, int32_t n);

#endif
