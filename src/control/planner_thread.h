/* planner_thread.h - a planner on a thread of its own
 *
 * The loop posts messages and questions; the thread works through all that has come, steps once,
 * and leaves decisions and answers, in order, for the loop to drain. `wake` is called on the
 * thread when there is something to drain. Nothing is shared but the two lists. */
#ifndef MZ_CONTROL_PLANNER_THREAD_H
#define MZ_CONTROL_PLANNER_THREAD_H

#include "control/planner.h"

struct mz_planner_thread;

/* The thread owns the planner from now on. */
struct mz_planner_thread *mz_planner_thread_create(
    struct mz_planner *planner, void (*wake)(void *context), void *context);
void mz_planner_thread_free(struct mz_planner_thread *thread); /* NULL is fine */

void mz_planner_thread_post(
    struct mz_planner_thread *thread, const struct mz_plan_message *message); /* copied */

/* ask runs on the thread, behind all posted before it; done on the loop, from drain, or without ask
 * from mz_planner_thread_free: it is called once in any case, so that it can free the context. */
void mz_planner_thread_ask(struct mz_planner_thread *thread,
    void (*ask)(struct mz_planner *planner, int64_t now_us, void *context),
    void (*done)(void *context), void *context);

void mz_planner_thread_drain(
    struct mz_planner_thread *thread, mz_planner_sink *sink, void *context);

#endif
