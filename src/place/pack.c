/* pack.c - the packer as its callers see it; its parts: pack_impl.h */
#include "place/pack.h"
#include "place/pack_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { POLICY_COUNT = MZ_PACK_FRAG + 1 };

static const char *const policy_names[POLICY_COUNT] = { "bestfit", "firstfit", "random", "fgd",
    "frag" };

const char *mz_pack_policy_name(enum mz_pack_policy policy)
{
    return policy_names[policy];
}

bool mz_pack_policy_parse(const char *text, enum mz_pack_policy *ret_policy)
{
    for (int32_t i = 0; i < POLICY_COUNT; i++) {
        if (strcmp(text, policy_names[i]) == 0) {
            *ret_policy = (enum mz_pack_policy)i;
            return true;
        }
    }
    return false;
}

static const struct mz_pack_ops *ops_of(enum mz_pack_policy policy)
{
    switch (policy) {
    case MZ_PACK_BESTFIT: return &mz_pack_ops_bestfit;
    case MZ_PACK_FIRSTFIT: return &mz_pack_ops_firstfit;
    case MZ_PACK_RANDOM: return &mz_pack_ops_random;
    case MZ_PACK_FGD: return &mz_pack_ops_fgd;
    case MZ_PACK_FRAG: return &mz_pack_ops_frag;
    }
    return NULL;
}

struct mz_pack_weights mz_pack_weights_default(void)
{
    return (struct mz_pack_weights){ .offers = 48,
        .slack_256 = 272,
        .cpu_256 = 96,
        .memory_256 = 576,
        .multi_256 = 448,
        .spare_milli = 16,
        .price_256 = 192,
        .price_cap_256 = 512,
        .use_256 = 192,
        .quantum_bits = 3 };
}

struct mz_pack_options mz_pack_options_default(enum mz_pack_policy policy, uint64_t seed)
{
    return (struct mz_pack_options){
        .seed = seed, .mixed_order = policy == MZ_PACK_FGD, .weights = mz_pack_weights_default()
    };
}

static void check_weights(const struct mz_pack_weights *w)
{
    const int32_t most = 256 * 64;

    assert(w->offers >= 1 && w->offers <= 256 && w->quantum_bits >= 0 && w->quantum_bits <= 10);
    assert(w->slack_256 >= 1 && w->slack_256 <= most);
    assert(w->cpu_256 >= 0 && w->cpu_256 <= most && w->memory_256 >= 0 && w->memory_256 <= most);
    assert(w->multi_256 >= 0 && w->multi_256 <= most);
    assert(w->spare_milli >= 0 && w->spare_milli <= MZ_MILLI);
    assert(w->price_256 >= 0 && w->price_256 <= most);
    assert(w->price_cap_256 >= 0 && w->price_cap_256 <= most);
    assert(w->use_256 >= 0 && w->use_256 <= 256);
}

struct mz_pack *mz_pack_create(
    const struct mz_fleet *fleet, enum mz_pack_policy policy, const struct mz_pack_options *options)
{
    struct mz_pack *pack = mz_xcalloc(1, sizeof(*pack));

    check_weights(&options->weights);
    assert(options->window >= 0);
    pack->fleet = fleet;
    pack->ops = ops_of(policy);
    pack->options = *options;
    if (options->window == 0)
        pack->options.window = INT32_MAX;
    mz_pack_nodes_create(pack);
    mz_pack_learn_create(pack);
    return pack;
}

void mz_pack_free(struct mz_pack *pack)
{
    if (!pack)
        return;
    mz_pack_rows_free(pack);
    mz_pack_learn_free(pack);
    mz_pack_nodes_free(pack);
    free(pack);
}

static uint64_t lowest_chips(uint64_t free, int32_t count)
{
    uint64_t rest = free;

    for (int32_t i = 0; i < count; i++)
        rest &= rest - 1;
    return free & ~rest;
}

static struct mz_part part_on(
    const struct mz_pack *pack, const struct mz_pack_shape *shape, int32_t slot)
{
    const struct mz_pack_view *view = &pack->views[slot];
    struct mz_part part = { .node = view->node, .milli = MZ_MILLI };
    int32_t kind = mz_pack_cell_chip(pack, &pack->cells[pack->cell_of[slot]]);

    if (shape->fraction) {
        int32_t chip = pack->ops->chip(pack, kind, view, shape);

        assert(chip >= 0);
        part.milli = shape->shape.chip_milli;
        part.chips = UINT64_C(1) << chip;
    } else {
        part.chips = lowest_chips(pack->fleet->chips_free[view->node], shape->whole);
    }
    return part;
}

bool mz_pack_find(struct mz_pack *pack, const struct mz_shape *shape, int32_t shape_id,
    int32_t pool, struct mz_part *ret_part)
{
    struct mz_pack_shape *s = mz_pack_shape_at(pack, shape, shape_id);
    int32_t slot;

    mz_pack_nodes_follow(pack, pool);
    mz_pack_learn_before(pack, s);
    slot = mz_pack_rows_find(pack, s, pool);
    mz_pack_learn_after(pack, s, slot >= 0);
    if (slot < 0)
        return false;
    *ret_part = part_on(pack, s, slot);
    return true;
}

bool mz_pack_cost(struct mz_pack *pack, int32_t shape_id, int32_t node, int32_t *ret_cost)
{
    const struct mz_pack_shape *s = pack->shapes[shape_id];
    const struct mz_fleet *fleet = pack->fleet;
    const struct mz_fleet_pool *pool = &fleet->pools[fleet->node_pool[node]];
    struct mz_pack_view view;

    /* Where the views keep its shared chips, for the costs look there: what is read is what the
     * next query would read. */
    mz_pack_nodes_follow(pack, fleet->node_pool[node]);
    mz_pack_nodes_read(pack, node, &pack->partials[fleet->chip_first[node]], &view);
    if (!(s->shape.partner_mask & UINT64_C(1) << fleet->sites[pool->site].partner))
        return false;
    if (s->shape.chips > 0 && (pool->chip < 0 || !(s->shape.chip_mask & UINT64_C(1) << pool->chip)))
        return false;
    if (!mz_pack_view_fits(&view, s))
        return false;
    *ret_cost = pack->ops->cost(pack, pool->chip, &view, s);
    return true;
}
