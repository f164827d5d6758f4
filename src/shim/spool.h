/* spool.h - DIR: the shim's own directory, made when something has to be put there
 *
 *   script   of the launch sheet          output   what the job said, for the daemon
 *   publish  the Unix socket              exit     the exit record, until it is acknowledged
 */
#ifndef MZ_SHIM_SPOOL_H
#define MZ_SHIM_SPOOL_H

#include <stdbool.h>
#include <stddef.h>

enum { MZ_SPOOL_PATH_MAX = 1024 };

struct mz_spool {
    char path[MZ_SPOOL_PATH_MAX]; /* absolute */
    bool is_default;              /* below /tmp: nobody else may have prepared it */
    int fd;                       /* -1: not made yet */
    bool was_made;                /* by this process, so it is removed at the end */
};

/* path NULL: /tmp/mizan-UID/NAME.RANK. False: too long. Nothing is made yet. */
bool mz_spool_init(struct mz_spool *spool, const char *path, const char *name, int rank);

/* Makes it when it is not there, mode 0700. False: errno says why; EPERM: it is somebody else's. */
bool mz_spool_make(struct mz_spool *spool);

/* A whole file, mode 0700; when `safe`, it is on the disk and its name too. errno. */
bool mz_spool_write(
    struct mz_spool *spool, const char *name, const char *bytes, size_t length, bool safe);
int mz_spool_open(struct mz_spool *spool, const char *name); /* to append and read; -1: errno */
void mz_spool_remove(struct mz_spool *spool, const char *name);
/* Removes the directory when this process made it and it is empty. */
void mz_spool_finish(struct mz_spool *spool);

#endif
