/* running.h - what runs, by expected end
 *
 * A binary heap of (end, job); each job knows its place in it, so that any can leave. Ties by the
 * lower job number.
 */
#ifndef MZ_PLACE_RUNNING_H
#define MZ_PLACE_RUNNING_H

#include <stdint.h>

struct mz_running_entry {
    int64_t end_us;
    int32_t job;
};

struct mz_running {
    struct mz_running_entry *heap;
    int32_t count;
    int32_t capacity;
};

/* `places` is indexed by job: where each stands in the heap; may be NULL for a copy that is only
 * popped. */
void mz_running_add(struct mz_running *running, int32_t *places, int64_t end_us, int32_t job);
void mz_running_remove(struct mz_running *running, int32_t *places, int32_t at);
void mz_running_copy(struct mz_running *copy, const struct mz_running *from);
void mz_running_finish(struct mz_running *running);

#endif
