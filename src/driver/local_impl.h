/* local_impl.h - what the files of the local driver share
 *
 *   local.c        the driver's calls, its events, the table of attempts
 *   local_spawn.c  starts shims, off the loop's thread
 *   local_look.c   finds shims and leftovers among this machine's processes
 *   local_proc.c   reads /proc
 */
#ifndef MZ_DRIVER_LOCAL_IMPL_H
#define MZ_DRIVER_LOCAL_IMPL_H

#include "driver/driver.h"

#include "base/text.h"

#include <sys/types.h>
#include <uv.h>

enum {
    MZ_LOCAL_BUCKET_COUNT = 4096,
    MZ_LOCAL_REMOTE_ID_MAX = 48,
    MZ_LOCAL_ENV_COUNT_MAX = 128,
    MZ_LOCAL_RANK_COUNT_MAX = 4096
};

struct mz_local_attempt;

struct mz_local_shim {
    struct mz_local_attempt *attempt;
    pid_t pid;
    int pidfd; /* -1: it has ended */
    int32_t rank;
};

/* One with a shim that lives, or with processes to be swept away. */
struct mz_local_attempt {
    struct mz_local_attempt *next; /* in its bucket */
    struct mz_local_attempt *next_swept;
    struct mz_local_shim **shims;
    int32_t shim_count;
    int32_t live_count;
    int64_t job;
    int32_t n;
    char name[MZ_ATTEMPT_NAME_MAX];
    char remote_id[MZ_LOCAL_REMOTE_ID_MAX];
    char text[80];    /* how it ended, when that is worth a word */
    bool is_starting; /* its submit is not answered yet; it has no shims here so far */
    bool wants_sweep; /* a shim did not end by itself: what it held may still run */
    bool is_stopping; /* cancelled, first at stop_ms of the loop */
    uint64_t stop_ms;
    bool is_swept;       /* in the list of the sweep */
    bool was_found;      /* by the round of the sweep */
    int32_t clean_count; /* rounds in a row that found nothing */
};

struct mz_local_event {
    struct mz_local_event *next;
    enum mz_driver_event_kind kind;
    enum mz_driver_outcome outcome;
    int64_t job;
    int32_t n;
    char remote_id[MZ_LOCAL_REMOTE_ID_MAX];
    char text[256];
};

struct mz_local {
    struct mz_driver base;
    struct mz_driver_setup setup;
    char *shim_path;
    char *server;
    char *mark;    /* "MIZAN_PARTNER=name": tells the shims of several local partners apart */
    char comm[16]; /* of a shim, as the kernel cuts it */
    char **env;    /* of every shim; env_count strings of its own */
    int32_t env_count;
    int null_fd;
    int log_fd;
    int epoll_fd; /* a pidfd of every shim that lives */
    uv_poll_t poll;
    uv_idle_t idle;
    uv_timer_t timer; /* of the sweep */
    int32_t open_handle_count;
    bool is_freed;
    bool is_observing;
    bool has_looked_deep; /* once in a life */
    struct mz_local_event *events;
    struct mz_local_event **events_end;
    struct mz_local_attempt *swept;
    int32_t attempt_count;
    struct mz_local_attempt *buckets[MZ_LOCAL_BUCKET_COUNT];
};

/* local.c */
struct mz_local_attempt *mz_local_find(struct mz_local *local, int64_t job, int32_t n);
struct mz_local_attempt *mz_local_add(struct mz_local *local, const char *name,
    const char *remote_id, int64_t job, int32_t n, int32_t shim_count_max);
/* Watches a process; it takes pidfd over. False: no room in the kernel (errno); pidfd is closed. */
bool mz_local_watch(
    struct mz_local *local, struct mz_local_attempt *attempt, pid_t pid, int pidfd, int32_t rank);
/* No shim of it lives: it is told ENDED when nothing of it is left. */
void mz_local_sweep(struct mz_local *local, struct mz_local_attempt *attempt);
void mz_local_remove(struct mz_local *local, struct mz_local_attempt *attempt);
void mz_local_ended(struct mz_local *local, struct mz_local_attempt *attempt);

/* The submit of an attempt that is_starting is answered; what was started is watched. */
void mz_local_started(struct mz_local *local, struct mz_local_attempt *attempt,
    enum mz_driver_outcome outcome, const char *text);
void mz_local_handle_closed(struct mz_local *local); /* one that kept the driver's memory */

/* local_spawn.c. Starts all ranks or none; mz_local_started follows, never from inside the call,
 * unless the driver was freed. */
void mz_local_start(struct mz_local *local, const struct mz_driver_submit *submit,
    struct mz_local_attempt *attempt);

/* local_look.c. Finds and watches the shims that are not in the table; when deep, also processes of
 * attempts without a shim, which are swept. */
enum mz_status mz_local_look(struct mz_local *local, bool deep, struct mz_error *err);
/* One round over the swept attempts; kills what it finds and sets was_found. */
void mz_local_sweep_round(struct mz_local *local);

/* local_proc.c */
struct mz_proc_list {
    pid_t *pids; /* ascending */
    int32_t count;
};
enum mz_status mz_proc_list_read(struct mz_proc_list *ret_list, struct mz_error *err);
void mz_proc_list_finish(struct mz_proc_list *list);
/* Bytes of /proc/PID/NAME, terminated; 0: gone, or not to be read. What does not fit is cut. */
size_t mz_proc_read(pid_t pid, const char *name, char *buffer, size_t size);
/* When it started, in the kernel's ticks since boot; 0: it is gone. */
int64_t mz_proc_start(pid_t pid);
bool mz_proc_is_own(pid_t pid); /* runs as this user */
/* The string in a list of terminated strings that begins with `start`; NULL: none. */
const char *mz_proc_find(const char *list, size_t length, const char *start);
int mz_pidfd_open(pid_t pid);
bool mz_pidfd_signal(int pidfd, int signal_number);

#endif
