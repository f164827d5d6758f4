/* choose.c - one job: in which pool does it run
 *
 * All pools that the shape allows are asked, the cheapest first (contract.h); among equal costs the
 * placement of the lowest level wins, then the fewest chips left over, then the lowest pool. Only when
 * no single site holds the job, several sites of one partner are tried, then several partners, as
 * far as the job allows; chips in their order, partners in theirs.
 */
#include "place/engine_impl.h"

enum { CANDIDATE_COUNT_MAX = 4096 };

struct offer {
    int64_t cost_micro;
    int32_t pool;
    int32_t contract;
};

static bool price_of(
    struct mz_engine *engine, const struct mz_slot *slot, int32_t pool, struct offer *ret_offer)
{
    struct mz_request request = slot->request;

    *ret_offer = (struct offer){ .pool = pool, .contract = -1 };
    if (!engine->contracts)
        return true;
    request.estimate_us = mz_slot_estimate_us(engine, slot);
    return mz_contracts_cost(engine->contracts, &engine->policy.weights, engine->fleet,
        &engine->shapes[request.shape].shape, &request, pool, engine->now_us,
        &ret_offer->cost_micro, &ret_offer->contract);
}

/* Sorted by insertion: pools are few. */
static int32_t list_offers(
    struct mz_engine *engine, const struct mz_slot *slot, struct offer offers[CANDIDATE_COUNT_MAX])
{
    const struct mz_shape_info *info = &engine->shapes[slot->request.shape];
    int32_t count = 0;

    for (int32_t i = 0; i < info->pool_count && count < CANDIDATE_COUNT_MAX; i++) {
        struct offer offer;
        int32_t at = count;

        if (!price_of(engine, slot, info->pools[i], &offer))
            continue;
        while (at > 0 && offers[at - 1].cost_micro > offer.cost_micro) {
            offers[at] = offers[at - 1];
            at--;
        }
        offers[at] = offer;
        count++;
    }
    return count;
}

static bool better(const struct mz_placement *a, const struct mz_placement *b)
{
    if (a->level != b->level)
        return a->level < b->level;
    return a->left_chips < b->left_chips;
}

static bool choose_among(struct mz_engine *engine, const struct mz_slot *slot,
    struct mz_placement *ret, int32_t *ret_contract)
{
    static _Thread_local struct offer offers[CANDIDATE_COUNT_MAX];
    const struct mz_shape *shape = &engine->shapes[slot->request.shape].shape;
    int32_t count = list_offers(engine, slot, offers);
    int32_t best = -1;
    int32_t last = -1;

    for (int32_t i = 0; i < count; i++) {
        struct mz_placement found;

        if (best >= 0 && offers[i].cost_micro > offers[best].cost_micro)
            break;
        if (!mz_find_in_pool(engine->finder, shape, slot->request.shape, offers[i].pool, &found))
            continue;
        last = i;
        if (best < 0 || better(&found, ret)) {
            best = i;
            *ret = found;
        }
    }
    if (best < 0)
        return false;
    *ret_contract = offers[best].contract;
    /* The finder's memory holds its last answer: ask again when that was another. */
    return last == best ||
        mz_find_in_pool(engine->finder, shape, slot->request.shape, offers[best].pool, ret);
}

static bool choose_across(struct mz_engine *engine, const struct mz_slot *slot,
    struct mz_placement *ret, int32_t *ret_contract)
{
    const struct mz_fleet *fleet = engine->fleet;
    const struct mz_shape *shape = &engine->shapes[slot->request.shape].shape;
    int32_t last = shape->required == MZ_LEVEL_FLEET ? fleet->partner_count : -1;

    for (int32_t p = 0; p < fleet->partner_count || p == last; p++) {
        for (int32_t c = 0; c < fleet->chip_count; c++) {
            struct offer offer;

            if (!mz_find_across(engine->finder, shape, c, p == last ? -1 : p, ret) ||
                !price_of(engine, slot, fleet->node_pool[ret->parts[0].node], &offer))
                continue;
            *ret_contract = offer.contract;
            return true;
        }
    }
    return false;
}

bool mz_choose_contract(struct mz_engine *engine, int32_t job, int32_t pool, int32_t *ret_contract,
    int64_t *ret_price_micro)
{
    struct offer offer;

    if (!price_of(engine, &engine->slots[job], pool, &offer))
        return false;
    *ret_contract = offer.contract;
    *ret_price_micro = offer.contract < 0
        ? 0
        : engine->contracts->contracts[offer.contract].price_micro_per_chip_hour;
    return true;
}

/* Can it not fit because there are not even that many chips free? */
static bool is_hopeless(const struct mz_engine *engine, const struct mz_shape *shape)
{
    return shape->chip_milli == MZ_MILLI &&
        shape->chips > engine->fleet->domains[MZ_LEVEL_FLEET][0].free_chips;
}

bool mz_choose(struct mz_engine *engine, int32_t job, struct mz_placement *ret_placement,
    int32_t *ret_contract, int64_t *ret_price_micro)
{
    const struct mz_slot *slot = &engine->slots[job];
    const struct mz_shape_info *info = &engine->shapes[slot->request.shape];
    bool found;

    *ret_contract = -1;
    *ret_price_micro = 0;
    if (is_hopeless(engine, &info->shape))
        return false;
    if (info->pool_count == 1 && !engine->contracts)
        found = mz_find_in_pool(
            engine->finder, &info->shape, slot->request.shape, info->pools[0], ret_placement);
    else
        found = choose_among(engine, slot, ret_placement, ret_contract);
    if (!found && info->may_span)
        found = choose_across(engine, slot, ret_placement, ret_contract);
    if (found && *ret_contract >= 0)
        *ret_price_micro = engine->contracts->contracts[*ret_contract].price_micro_per_chip_hour;
    return found;
}
