/* world_books.c - what has to hold, told from outside
 *
 * Uses of the engine here: the parts of a job that it starts, and the promise that it gave. Uses of
 * the finder (an own one): does a job that was left waiting really not fit?
 */
#include "world_impl.h"

#include <stdarg.h>
#include <stdio.h>

void world_fail(struct world *w, const char *format, ...)
{
    va_list args;
    int length;

    if (w->failure[0] != '\0')
        return;
    length = snprintf(w->failure, sizeof(w->failure),
        "seed %llu, order %d backfill %d preempt %d, "
        "at %lld s: ",
        (unsigned long long)w->seed, (int)w->policy.order, (int)w->policy.backfill,
        w->policy.preempt, (long long)(w->now_us / SECOND));
    va_start(args, format);
    vsnprintf(w->failure + length, sizeof(w->failure) - (size_t)length, format, args);
    va_end(args);
}

bool world_ok(const struct world *w)
{
    return w->failure[0] == '\0';
}

const struct mz_shape *world_shape(const struct world *w, int32_t job)
{
    return mz_engine_shape_at(w->engine, w->jobs[job].request.shape);
}

bool world_admits(const struct world *w, int32_t j)
{
    const struct mz_shape *shape = world_shape(w, j);
    int32_t team = w->jobs[j].request.team;

    return !w->teams || team < 0 ||
        mz_teams_admits(w->teams, team, (int64_t)shape->chips * shape->chip_milli, NULL);
}

/* ---- taking ---- */

/* Where a node lies, by what the fleet was made from. */
static bool same_domain(const struct world *w, int32_t a, int32_t b, enum mz_level level)
{
    const struct mz_node_spec *x = &w->nodes[a];
    const struct mz_node_spec *y = &w->nodes[b];

    switch (level) {
    case MZ_LEVEL_NODE: return a == b;
    case MZ_LEVEL_RACK:
        return a == b ||
            (x->site == y->site && x->rack >= 0 && x->rack == y->rack && x->spine == y->spine);
    case MZ_LEVEL_SPINE:
        return x->site == y->site &&
            (x->spine >= 0 ? x->spine == y->spine : same_domain(w, a, b, MZ_LEVEL_RACK));
    case MZ_LEVEL_SITE: return x->site == y->site;
    case MZ_LEVEL_PARTNER: return w->sites[x->site].partner == w->sites[y->site].partner;
    case MZ_LEVEL_FLEET:
    case MZ_LEVEL_COUNT: return true;
    }
    return false;
}

static void check_gang(struct world *w, int32_t j)
{
    const struct world_job *job = &w->jobs[j];
    const struct mz_shape *shape = world_shape(w, j);
    int32_t chips = 0;

    for (int32_t i = 0; i < job->part_count; i++) {
        const struct mz_part *part = &job->parts[i];
        const struct mz_node_spec *node = &w->nodes[part->node];

        if (!same_domain(w, job->parts[0].node, part->node, shape->required))
            world_fail(w, "job %d: nodes %d and %d are not in one %s", j, job->parts[0].node,
                part->node, mz_level_name(shape->required));
        if (!(shape->partner_mask >> w->sites[node->site].partner & 1) ||
            (shape->chips > 0 && !(shape->chip_mask >> node->chip & 1)))
            world_fail(w, "job %d: node %d is not allowed", j, part->node);
        if (w->fleet->node_state[part->node] != MZ_NODE_UP)
            world_fail(w, "job %d: node %d is not up", j, part->node);
        if (i > 0 && part->node <= job->parts[i - 1].node)
            world_fail(w, "job %d: node %d twice", j, part->node);
        if (shape->chips > 0 && node->chip != w->nodes[job->parts[0].node].chip)
            world_fail(w, "job %d: two kinds of chip", j);
        chips += __builtin_popcountll(part->chips);
    }
    if (chips != shape->chips || job->part_count < 1)
        world_fail(
            w, "job %d: %d chips on %d nodes for %d", j, chips, job->part_count, shape->chips);
    if (shape->chips_per_node > 0 &&
        job->part_count != (shape->chips + shape->chips_per_node - 1) / shape->chips_per_node)
        world_fail(w, "job %d: %d nodes for %d chips with %d on each", j, job->part_count,
            shape->chips, shape->chips_per_node);
}

static void use(struct world *w, int32_t j, int32_t sign)
{
    const struct world_job *job = &w->jobs[j];
    const struct mz_shape *shape = world_shape(w, j);

    for (int32_t i = 0; i < job->part_count; i++) {
        int32_t n = job->parts[i].node;

        for (int32_t c = 0; c < 64; c++) {
            if (!(job->parts[i].chips >> c & 1))
                continue;
            w->node_used[n][c] += sign * shape->chip_milli;
            if (c >= w->nodes[n].chips || w->node_used[n][c] > MZ_MILLI || w->node_used[n][c] < 0)
                world_fail(
                    w, "job %d: chip %d of node %d gives %d milli", j, c, n, w->node_used[n][c]);
        }
        w->cpu_used[n] += sign * shape->cpu_milli;
        w->memory_used[n] += sign * shape->memory_mib;
        if (w->nodes[n].cpu_milli != MZ_UNLIMITED && w->cpu_used[n] > w->nodes[n].cpu_milli)
            world_fail(w, "job %d: node %d gives %lld CPU", j, n, (long long)w->cpu_used[n]);
        if (w->nodes[n].memory_mib != MZ_UNLIMITED && w->memory_used[n] > w->nodes[n].memory_mib)
            world_fail(w, "job %d: node %d gives %lld MiB", j, n, (long long)w->memory_used[n]);
    }
}

void world_take(struct world *w, int32_t j)
{
    struct world_job *job = &w->jobs[j];
    struct mz_job seen = mz_engine_job(w->engine, j);

    if (seen.part_count > WORLD_PARTS_MAX) {
        world_fail(w, "job %d has %d parts", j, seen.part_count);
        return;
    }
    job->part_count = seen.part_count;
    for (int32_t i = 0; i < seen.part_count; i++)
        job->parts[i] = seen.parts[i];
    check_gang(w, j);
    use(w, j, 1);
}

void world_give(struct world *w, int32_t j)
{
    use(w, j, -1);
    w->jobs[j].part_count = 0;
}

/* ---- order ---- */

/* Is a before b in the order of the policy, as place.h states it? For those without state. */
static bool is_before(const struct world *w, int32_t a, int32_t b)
{
    const struct mz_request *x = &w->jobs[a].request;
    const struct mz_request *y = &w->jobs[b].request;

    switch (w->policy.order) {
    case MZ_ORDER_FIFO: break;
    case MZ_ORDER_SJF:
        if (x->estimate_us != y->estimate_us)
            return x->estimate_us < y->estimate_us;
        return a < b;
    case MZ_ORDER_PRIORITY:
        if (w->policy.ageing_us == 0 && x->priority != y->priority)
            return x->priority > y->priority;
        if (w->policy.ageing_us > 0) {
            /* at a time long after both: priority + waiting / ageing, without the division */
            int64_t px = x->priority * w->policy.ageing_us - x->submit_us;
            int64_t py = y->priority * w->policy.ageing_us - y->submit_us;

            return px != py ? px > py : a < b;
        }
        break;
    case MZ_ORDER_DEADLINE:
        if (x->deadline_us != y->deadline_us)
            return x->deadline_us < y->deadline_us;
        return a < b;
    case MZ_ORDER_FAIR:
    case MZ_ORDER_LAS: return false; /* not told from here */
    }
    return x->submit_us != y->submit_us ? x->submit_us < y->submit_us : a < b;
}

void world_check_start(struct world *w, int32_t j)
{
    const struct world_job *job = &w->jobs[j];

    if (!w->policy.preempt && !w->has_quotas && w->now_us > job->promise_us)
        world_fail(
            w, "job %d starts, promised for %lld s", j, (long long)(job->promise_us / SECOND));
    if (w->policy.backfill != MZ_BACKFILL_NONE || w->policy.preempt)
        return;
    for (int32_t i = 0; i < w->job_count; i++) {
        if (w->jobs[i].state == JOB_WAITING && is_before(w, i, j) && world_admits(w, i))
            world_fail(w, "job %d starts before job %d", j, i);
    }
}

/* ---- nobody waits who need not ---- */

static bool fits_across(struct world *w, const struct mz_shape *shape)
{
    struct mz_placement placement;

    if (shape->required < MZ_LEVEL_PARTNER)
        return false;
    for (int32_t chip = 0; chip < w->fleet->chip_count; chip++) {
        for (int32_t p = shape->required == MZ_LEVEL_FLEET ? -1 : 0; p < w->fleet->partner_count;
             p++) {
            if (mz_find_across(w->finder, shape, chip, p, &placement))
                return true;
        }
    }
    return false;
}

static bool fits(struct world *w, int32_t j)
{
    const struct mz_shape *shape = world_shape(w, j);
    struct mz_placement placement;

    for (int32_t p = 0; p < w->fleet->pool_count; p++) {
        if (mz_find_allows(w->fleet, shape, &w->fleet->pools[p]) &&
            mz_find_in_pool(w->finder, shape, w->jobs[j].request.shape, p, &placement))
            return true;
    }
    return fits_across(w, shape);
}

/* Without backfill the first has to be one that does not fit. With it, who would end before the
 * first promise has no reason to wait, reserved or not. */
void world_check_rest(struct world *w)
{
    int64_t first_us = MZ_TIME_NEVER;
    uint64_t full = 0; /* teams whose first is over their quota: without backfill they wait */

    for (int32_t j = 0; j < w->job_count; j++) {
        int64_t promise_us =
            w->jobs[j].state == JOB_WAITING ? mz_engine_job(w->engine, j).promise_us : first_us;

        if (promise_us < first_us)
            first_us = promise_us;
    }
    if (w->policy.backfill != MZ_BACKFILL_NONE && w->policy.backfill_depth < w->job_count)
        return; /* who was looked at is not told */
    for (int32_t i = 0; i < mz_engine_waiting_count(w->engine) && world_ok(w); i++) {
        int32_t j = mz_engine_waiting_at(w->engine, i);

        if (j < 0 || w->jobs[j].state != JOB_WAITING) {
            world_fail(w, "job %d waits at place %d", j, i);
            return;
        }
        if (w->policy.preempt || !world_admits(w, j)) {
            full |= UINT64_C(1) << (w->jobs[j].request.team + 1);
            continue;
        }
        if (w->policy.order == MZ_ORDER_FAIR && w->policy.backfill == MZ_BACKFILL_NONE &&
            (full >> (w->jobs[j].request.team + 1) & 1))
            continue;
        if (w->policy.backfill != MZ_BACKFILL_NONE &&
            w->now_us + w->jobs[j].request.estimate_us > first_us)
            continue;
        if (fits(w, j))
            world_fail(
                w, "job %d (shape %d) waits at place %d but fits", j, w->jobs[j].request.shape, i);
        if (w->policy.backfill == MZ_BACKFILL_NONE)
            return;
    }
}
