/* pack_plain.c - bestfit, firstfit and random: costs that need no tables
 *
 * bestfit is the score of FGD's own baseline: 100 x (1 - left), where `left` is the mean of the CPU
 * and the chips left over, each as a share of the largest node, cut to whole per cent. Where no
 * node states CPU only the chips count. random draws by hashing the state of the node, so that a
 * node keeps its draw until something changes there.
 */
#include "place/pack_impl.h"

int32_t mz_pack_chip_with(const struct mz_pack *pack, int32_t node, int32_t free_milli)
{
    const struct mz_fleet *fleet = pack->fleet;

    if (free_milli == MZ_MILLI)
        return __builtin_ctzll(fleet->chips_free[node]);
    for (uint64_t bits = fleet->chips_shared[node]; bits; bits &= bits - 1) {
        int32_t chip = __builtin_ctzll(bits);

        if (fleet->chip_milli[fleet->chip_first[node] + chip] == free_milli)
            return chip;
    }
    return -1;
}

int32_t mz_pack_plain_chip(const struct mz_pack *pack, int32_t chip,
    const struct mz_pack_view *view, const struct mz_pack_shape *shape)
{
    const uint16_t *partials = &pack->partials[view->partial_first];

    (void)chip;
    for (int32_t i = 0; i < view->partial_count; i++) {
        if (partials[i] >= shape->shape.chip_milli)
            return mz_pack_chip_with(pack, view->node, partials[i]);
    }
    return mz_pack_chip_with(pack, view->node, MZ_MILLI);
}

static int32_t cost_bestfit(const struct mz_pack *pack, int32_t chip,
    const struct mz_pack_view *view, const struct mz_pack_shape *shape)
{
    int64_t cpu_most = pack->largest_cpu_milli > 0 ? pack->largest_cpu_milli : 1;
    int64_t milli_most = pack->largest_milli > 0 ? pack->largest_milli : 1;
    int64_t milli = view->free_milli - shape->demand;
    int64_t cpu = 0;
    int64_t whole = 2 * cpu_most * milli_most;

    (void)chip;
    if (view->cpu_milli != MZ_UNLIMITED)
        cpu = view->cpu_milli - shape->shape.cpu_milli;
    return (int32_t) - (100 * (whole - cpu * milli_most - milli * cpu_most) / whole);
}

static int32_t cost_firstfit(const struct mz_pack *pack, int32_t chip,
    const struct mz_pack_view *view, const struct mz_pack_shape *shape)
{
    (void)pack;
    (void)chip;
    (void)view;
    (void)shape;
    return 0;
}

static int32_t cost_random(const struct mz_pack *pack, int32_t chip,
    const struct mz_pack_view *view, const struct mz_pack_shape *shape)
{
    uint64_t z = mz_pack_mix(pack->options.seed) ^ (uint64_t)view->node;

    (void)chip;
    z = mz_pack_mix(z) ^ (uint64_t)shape->id;
    z = mz_pack_mix(z) ^ ((uint64_t)(uint32_t)view->cpu_milli << 32 | (uint32_t)view->memory_mib);
    z = mz_pack_mix(z) ^ ((uint64_t)view->whole << 32 | (uint32_t)view->free_milli);
    return (int32_t)(mz_pack_mix(z) >> 34);
}

const struct mz_pack_ops mz_pack_ops_bestfit = { .cost = cost_bestfit, .chip = mz_pack_plain_chip };
const struct mz_pack_ops mz_pack_ops_firstfit = { .cost = cost_firstfit,
    .chip = mz_pack_plain_chip };
const struct mz_pack_ops mz_pack_ops_random = { .cost = cost_random, .chip = mz_pack_plain_chip };
