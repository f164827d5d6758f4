/* planner_thread.c - two lists, one lock
 *
 * Messages are copied into an arena of their own each, since what they point to belongs to the core
 * and may be gone when they are read. Lock order: only one lock. */
#include "control/planner_thread.h"

#include "control/clock.h"
#include "place/job.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum item_kind { ITEM_MESSAGE, ITEM_QUESTION, ITEM_DECISION };

struct item {
    enum item_kind kind;
    struct item *next;
    struct mz_arena *arena;
    struct mz_plan_message message;
    struct mz_plan_decision decision;
    void (*ask)(struct mz_planner *planner, int64_t now_us, void *context);
    void (*done)(void *context);
    void *context;
};

struct list {
    struct item *first;
    struct item **last;
};

struct mz_planner_thread {
    struct mz_planner *planner;
    void (*wake)(void *context);
    void *context;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct list in;
    struct list out;
    atomic_bool ends;
};

static void push(struct list *list, struct item *item)
{
    item->next = NULL;
    *list->last = item;
    list->last = &item->next;
}

static struct item *take_all(struct list *list)
{
    struct item *first = list->first;

    list->first = NULL;
    list->last = &list->first;
    return first;
}

static void free_item(struct item *item)
{
    mz_arena_free(item->arena);
    free(item);
}

static const char *copy_text(struct mz_arena *arena, const char *text)
{
    return text ? mz_arena_strdup(arena, text) : "";
}

static void copy_need(struct mz_arena *arena, struct mz_plan_message *message)
{
    struct mz_need *need = mz_arena_alloc(arena, 1, sizeof(*need));

    *need = *message->need;
    need->dependencies = NULL;
    need->dependency_count = 0;
    for (int32_t c = 0; c < need->chip_count; c++)
        need->chips_wanted[c] = copy_text(arena, need->chips_wanted[c]);
    message->need = need;
}

static void copy_attempt(struct mz_arena *arena, struct mz_plan_message *message)
{
    struct mz_attempt_row *row = mz_arena_alloc(arena, 1, sizeof(*row));

    *row = *message->attempt;
    row->parts = copy_text(arena, row->parts);
    row->contract = copy_text(arena, row->contract);
    message->attempt = row;
}

static void copy_lists(struct mz_arena *arena, struct mz_plan_message *message)
{
    if (message->node_count > 0) {
        struct mz_remote_node *nodes =
            mz_arena_alloc(arena, (size_t)message->node_count, sizeof(*nodes));

        for (int32_t n = 0; n < message->node_count; n++) {
            nodes[n] = message->nodes[n];
            nodes[n].name = copy_text(arena, nodes[n].name);
            nodes[n].chip = copy_text(arena, nodes[n].chip);
            nodes[n].reason = copy_text(arena, nodes[n].reason);
        }
        message->nodes = nodes;
    }
    if (message->use_count > 0) {
        struct mz_remote_use *uses =
            mz_arena_alloc(arena, (size_t)message->use_count, sizeof(*uses));

        for (int32_t u = 0; u < message->use_count; u++) {
            uses[u] = message->uses[u];
            uses[u].node = copy_text(arena, uses[u].node);
            uses[u].job = copy_text(arena, uses[u].job);
        }
        message->uses = uses;
    }
}

void mz_planner_thread_post(struct mz_planner_thread *thread, const struct mz_plan_message *message)
{
    struct item *item = mz_xcalloc(1, sizeof(*item));

    item->kind = ITEM_MESSAGE;
    item->message = *message;
    if (message->kind != MZ_PLAN_END) {
        item->arena = mz_arena_create();
        item->message.job_name = copy_text(item->arena, message->job_name);
        item->message.team = copy_text(item->arena, message->team);
        item->message.node = copy_text(item->arena, message->node);
        item->message.contract = copy_text(item->arena, message->contract);
        if (message->need)
            copy_need(item->arena, &item->message);
        if (message->attempt)
            copy_attempt(item->arena, &item->message);
        copy_lists(item->arena, &item->message);
    }
    (void)pthread_mutex_lock(&thread->lock);
    push(&thread->in, item);
    (void)pthread_cond_signal(&thread->more);
    (void)pthread_mutex_unlock(&thread->lock);
}

void mz_planner_thread_ask(struct mz_planner_thread *thread,
    void (*ask)(struct mz_planner *planner, int64_t now_us, void *context),
    void (*done)(void *context), void *context)
{
    struct item *item = mz_xcalloc(1, sizeof(*item));

    *item = (struct item){ .kind = ITEM_QUESTION, .ask = ask, .done = done, .context = context };
    (void)pthread_mutex_lock(&thread->lock);
    push(&thread->in, item);
    (void)pthread_cond_signal(&thread->more);
    (void)pthread_mutex_unlock(&thread->lock);
}

/* ---- on the thread ---- */

static void leave(struct mz_planner_thread *thread, struct item *item)
{
    (void)pthread_mutex_lock(&thread->lock);
    push(&thread->out, item);
    (void)pthread_mutex_unlock(&thread->lock);
}

static void keep_decision(void *context, const struct mz_plan_decision *decision)
{
    struct mz_planner_thread *thread = context;
    struct item *item = mz_xcalloc(1, sizeof(*item));
    struct mz_plan_decision *own = &item->decision;

    item->kind = ITEM_DECISION;
    item->arena = mz_arena_create();
    *own = *decision;
    own->text = copy_text(item->arena, own->text);
    own->site = copy_text(item->arena, own->site);
    own->chip = copy_text(item->arena, own->chip);
    own->nodes = copy_text(item->arena, own->nodes);
    own->parts = copy_text(item->arena, own->parts);
    own->contract = copy_text(item->arena, own->contract);
    leave(thread, item);
}

/* Waits for something to do, or until the engine wants a step; NULL: nothing came, or the end. */
static struct item *wait_for_more(struct mz_planner_thread *thread)
{
    int64_t wake_us = mz_planner_wake_us(thread->planner);
    int64_t wait_us =
        wake_us >= MZ_TIME_NEVER ? INT64_C(3600000000) : wake_us - mz_clock_steady_us();
    struct timespec until;
    struct item *first;

    if (wait_us < 1000)
        wait_us = 1000;
    if (wait_us > INT64_C(3600000000))
        wait_us = INT64_C(3600000000);
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += wait_us / 1000000;
    until.tv_nsec += wait_us % 1000000 * 1000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&thread->lock);
    while (!thread->in.first && !thread->ends) {
        if (pthread_cond_timedwait(&thread->more, &thread->lock, &until) == ETIMEDOUT)
            break;
    }
    first = take_all(&thread->in);
    (void)pthread_mutex_unlock(&thread->lock);
    return first;
}

static void *run(void *context)
{
    struct mz_planner_thread *thread = context;

    /* What the fleet file states is there before the first question. */
    mz_planner_step(thread->planner, mz_clock_steady_us(), keep_decision, thread);
    while (!thread->ends) {
        struct item *item = wait_for_more(thread);
        bool has_left;

        while (item) {
            struct item *next = item->next;

            if (item->kind == ITEM_MESSAGE) {
                mz_planner_tell(thread->planner, mz_clock_steady_us(), &item->message);
                free_item(item);
            } else {
                item->ask(thread->planner, mz_clock_steady_us(), item->context);
                leave(thread, item);
            }
            item = next;
        }
        mz_planner_step(thread->planner, mz_clock_steady_us(), keep_decision, thread);
        (void)pthread_mutex_lock(&thread->lock);
        has_left = thread->out.first != NULL;
        (void)pthread_mutex_unlock(&thread->lock);
        if (has_left)
            thread->wake(thread->context);
    }
    return NULL;
}

/* ---- on the loop ---- */

void mz_planner_thread_drain(struct mz_planner_thread *thread, mz_planner_sink *sink, void *context)
{
    struct item *item;

    (void)pthread_mutex_lock(&thread->lock);
    item = take_all(&thread->out);
    (void)pthread_mutex_unlock(&thread->lock);
    while (item) {
        struct item *next = item->next;

        if (item->kind == ITEM_DECISION)
            sink(context, &item->decision);
        else
            item->done(item->context);
        free_item(item);
        item = next;
    }
}

struct mz_planner_thread *mz_planner_thread_create(
    struct mz_planner *planner, void (*wake)(void *context), void *context)
{
    struct mz_planner_thread *thread = mz_xcalloc(1, sizeof(*thread));
    pthread_condattr_t attributes;

    thread->planner = planner;
    thread->wake = wake;
    thread->context = context;
    thread->in.last = &thread->in.first;
    thread->out.last = &thread->out.first;
    (void)pthread_mutex_init(&thread->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&thread->more, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&thread->thread, NULL, run, thread) != 0)
        abort(); /* no memory for a thread: nothing can be done */
    return thread;
}

void mz_planner_thread_free(struct mz_planner_thread *thread)
{
    struct item *lists[2];

    if (!thread)
        return;
    (void)pthread_mutex_lock(&thread->lock);
    thread->ends = true;
    (void)pthread_cond_signal(&thread->more);
    (void)pthread_mutex_unlock(&thread->lock);
    (void)pthread_join(thread->thread, NULL);
    lists[0] = take_all(&thread->in);
    lists[1] = take_all(&thread->out);
    for (int32_t l = 0; l < 2; l++) {
        while (lists[l]) {
            struct item *next = lists[l]->next;

            if (lists[l]->kind == ITEM_QUESTION)
                lists[l]->done(lists[l]->context);
            free_item(lists[l]);
            lists[l] = next;
        }
    }
    mz_planner_free(thread->planner);
    (void)pthread_mutex_destroy(&thread->lock);
    (void)pthread_cond_destroy(&thread->more);
    free(thread);
}
