/* order.c - who is first, who may stop whom, and how policies are written
 *
 * A queue is sorted by (key, job number), and job numbers grow with submission; so a key only has to
 * say what comes before submission order. Ageing at the same rate for all does not change the order
 * of two waiting jobs: submit - priority x ageing orders them once and for all.
 */
#include "place/engine_impl.h"

#include "base/text.h"

#include <string.h>

enum { LAS_CLASS_FACTOR = 8, LAS_CLASS_MAX = 20 };

int32_t mz_las_class(const struct mz_engine *engine, const struct mz_slot *slot, int64_t now_us)
{
    int64_t had_us = slot->attained_us;
    int64_t limit_us = engine->policy.las_quantum_us;
    int32_t class = 0;

    if (slot->state == MZ_JOB_RUNNING || slot->state == MZ_JOB_STOPPING)
        had_us += (int64_t)((__int128)mz_slot_chips_milli(engine, slot) *
            (now_us - slot->start_us) / MZ_MILLI);
    while (class < LAS_CLASS_MAX && had_us >= limit_us) {
        class ++;
        if (limit_us > INT64_MAX / LAS_CLASS_FACTOR)
            break;
        limit_us *= LAS_CLASS_FACTOR;
    }
    return class;
}

static int64_t priority_key(const struct mz_engine *engine, const struct mz_slot *slot)
{
    __int128 key = slot->request.submit_us;

    if (engine->policy.ageing_us == 0)
        return -(int64_t)slot->request.priority;
    key -= (__int128)slot->request.priority * engine->policy.ageing_us;
    return key < INT64_MIN ? INT64_MIN : key > INT64_MAX ? INT64_MAX : (int64_t)key;
}

int64_t mz_order_key(const struct mz_engine *engine, const struct mz_slot *slot)
{
    switch (engine->policy.order) {
    case MZ_ORDER_FIFO: return slot->request.submit_us;
    case MZ_ORDER_SJF: return mz_slot_estimate_us(engine, slot);
    case MZ_ORDER_PRIORITY:
    case MZ_ORDER_FAIR: return priority_key(engine, slot);
    case MZ_ORDER_LAS: return mz_las_class(engine, slot, engine->now_us);
    case MZ_ORDER_DEADLINE: return slot->request.deadline_us;
    }
    return 0;
}

int32_t mz_order_queue(const struct mz_engine *engine, const struct mz_slot *slot)
{
    return engine->queue_count > 1 ? slot->request.team + 1 : 0;
}

/* Priority with what was waited until then, in microseconds of ageing: who started because it had
 * waited is not stopped at once by who has not. */
static __int128 standing(
    const struct mz_engine *engine, const struct mz_slot *slot, int64_t until_us)
{
    return (__int128)slot->request.priority * engine->policy.ageing_us +
        (engine->policy.ageing_us > 0 ? until_us - slot->request.submit_us
                                      : (int64_t)slot->request.priority);
}

static bool has_priority_over(
    const struct mz_engine *engine, const struct mz_slot *job, const struct mz_slot *victim)
{
    return victim->request.priority < job->request.priority &&
        standing(engine, job, engine->now_us) > standing(engine, victim, victim->start_us);
}

bool mz_order_may_preempt(
    const struct mz_engine *engine, const struct mz_slot *job, const struct mz_slot *victim)
{
    const struct mz_request *a = &job->request;
    const struct mz_request *b = &victim->request;

    switch (engine->policy.order) {
    case MZ_ORDER_FIFO:
    case MZ_ORDER_SJF: return false;
    case MZ_ORDER_PRIORITY: return has_priority_over(engine, job, victim);
    case MZ_ORDER_FAIR:
        if (a->team == b->team || !engine->teams || a->team < 0 || b->team < 0)
            return a->team == b->team && has_priority_over(engine, job, victim);
        return mz_teams_may_reclaim(
            engine->teams, a->team, mz_slot_chips_milli(engine, job), b->team);
    case MZ_ORDER_LAS:
        return mz_las_class(engine, victim, engine->now_us) >
            mz_las_class(engine, job, engine->now_us);
    case MZ_ORDER_DEADLINE: return b->deadline_us > a->deadline_us;
    }
    return false;
}

bool mz_order_admits(const struct mz_engine *engine, const struct mz_slot *slot)
{
    if (!engine->teams || slot->request.team < 0)
        return true;
    return mz_teams_admits(
        engine->teams, slot->request.team, mz_slot_chips_milli(engine, slot), NULL);
}

bool mz_order_admits_beside(
    const struct mz_engine *engine, const struct mz_slot *slot, int64_t end_us)
{
    int32_t count = 0;
    bool admitted;

    if (!mz_order_admits(engine, slot) || !engine->teams || slot->request.team < 0)
        return mz_order_admits(engine, slot);
    /* Taken and given at the same time, they leave no use behind. */
    while (count < engine->reservation_count && engine->reservations[count].start_us < end_us) {
        const struct mz_slot *other = &engine->slots[engine->reservations[count++].job];

        if (other->request.team >= 0)
            mz_teams_take(engine->teams, other->request.team, mz_slot_chips_milli(engine, other),
                engine->now_us);
    }
    admitted = mz_order_admits(engine, slot);
    while (count-- > 0) {
        const struct mz_slot *other = &engine->slots[engine->reservations[count].job];

        if (other->request.team >= 0)
            mz_teams_give(engine->teams, other->request.team, mz_slot_chips_milli(engine, other),
                engine->now_us);
    }
    return admitted;
}

/* ---- words ---- */

enum word_kind { WORD_ORDER, WORD_BACKFILL, WORD_PREEMPT };

static const struct {
    const char *word;
    enum word_kind kind;
    int value;
} words[] = {
    { "fifo", WORD_ORDER, MZ_ORDER_FIFO },
    { "sjf", WORD_ORDER, MZ_ORDER_SJF },
    { "priority", WORD_ORDER, MZ_ORDER_PRIORITY },
    { "fair", WORD_ORDER, MZ_ORDER_FAIR },
    { "las", WORD_ORDER, MZ_ORDER_LAS },
    { "deadline", WORD_ORDER, MZ_ORDER_DEADLINE },
    { "easy", WORD_BACKFILL, MZ_BACKFILL_EASY },
    { "conservative", WORD_BACKFILL, MZ_BACKFILL_CONSERVATIVE },
    { "preempt", WORD_PREEMPT, 0 },
};

enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };

static int find_word(const char *text, size_t length)
{
    for (int i = 0; i < WORD_COUNT; i++) {
        if (strlen(words[i].word) == length && strncmp(words[i].word, text, length) == 0)
            return i;
    }
    return -1;
}

static enum mz_status unknown_word(
    const char *policy, const char *word, size_t length, struct mz_error *err)
{
    const char *known[WORD_COUNT];
    char copy[32];
    const char *near;

    for (int i = 0; i < WORD_COUNT; i++)
        known[i] = words[i].word;
    if (length >= sizeof(copy))
        length = sizeof(copy) - 1;
    memcpy(copy, word, length);
    copy[length] = '\0';
    near = mz_nearest_word(copy, known, WORD_COUNT);
    return mz_fail(err, MZ_E_INPUT,
        "policy '%.60s': '%s' is not known%s%s%s: write an order (fifo, sjf, priority, fair, las, "
        "deadline), then +easy or +conservative, then +preempt",
        policy, copy, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static struct mz_policy default_policy(void)
{
    return (struct mz_policy){
        .pack_weights = mz_pack_weights_default(),
        .order = MZ_ORDER_FIFO,
        .backfill = MZ_BACKFILL_NONE,
        .ageing_us = INT64_C(3600) * 1000000,
        .estimate_default_us = INT64_C(86400) * 1000000,
        .grace_us = INT64_C(30) * 1000000,
        .preempt_guard_us = INT64_C(600) * 1000000,
        .fair_ahead_us = INT64_C(86400) * 1000000,
        .las_quantum_us = INT64_C(3600) * 1000000,
        .preempt_depth = 8,
        .backfill_depth = 10000,
        .reservation_depth = 200,
        .weights = { .money_milli = 1000 },
        .pack = MZ_PACK_BESTFIT,
    };
}

enum mz_status mz_policy_parse(const char *text, struct mz_policy *ret_policy, struct mz_error *err)
{
    struct mz_policy policy = default_policy();
    bool seen[WORD_PREEMPT + 1] = { false };
    const char *word = text;

    policy.name = text;
    for (;;) {
        size_t length = strcspn(word, "+");
        int i = find_word(word, length);

        if (i < 0)
            return unknown_word(text, word, length, err);
        if (seen[words[i].kind])
            return mz_fail(err, MZ_E_INPUT,
                "policy '%.60s': '%s' is the second %s; only one can hold", text, words[i].word,
                words[i].kind == WORD_ORDER ? "order" : "of its kind");
        seen[words[i].kind] = true;
        switch (words[i].kind) {
        case WORD_ORDER: policy.order = (enum mz_order)words[i].value; break;
        case WORD_BACKFILL: policy.backfill = (enum mz_backfill)words[i].value; break;
        case WORD_PREEMPT: policy.preempt = true; break;
        }
        if (word[length] == '\0')
            break;
        word += length + 1;
    }
    *ret_policy = policy;
    return MZ_OK;
}
