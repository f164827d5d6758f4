/* find.h - where a shape fits now
 *
 * The finder answers for one pool, or for the pools of one chip at a partner (or in the fleet) when
 * a gang may span sites. It changes nothing; its answer lies in its own memory until the next call.
 *
 * Order inside a pool (job.h): the lowest level from `preferred` to `required` at which a domain
 * has room; there the domain with the fewest wholly free chips left over; then the lowest index.
 * Inside the domain, as few smaller domains as possible: while no child holds all that is left,
 * the one with the most room is used up; then the child with the least room that holds the rest.
 * Nodes in index order. The rest of a gang that is no multiple of a node takes the node with the
 * fewest free chips that holds it.
 *
 * Cost: a job on one node, O(chips_per_node) or a query of pack.h. A gang of whole nodes in a
 * uniform pool, O(domains of the pool + parts). With limits on CPU or memory, or in a mixed pool,
 * O(nodes of the pool).
 */
#ifndef MZ_PLACE_FIND_H
#define MZ_PLACE_FIND_H

#include "place/fleet.h"
#include "place/job.h"
#include "place/pack.h"

struct mz_finder;

struct mz_placement {
    enum mz_level level; /* of the domain that holds it */
    int32_t domain;      /* its index at that level */
    int32_t part_count;
    const struct mz_part *parts; /* ascending by node */
    int64_t left_chips;          /* wholly free chips that remain in the domain */
};

/* weights NULL: the default ones of frag. */
struct mz_finder *mz_finder_create(const struct mz_fleet *fleet, enum mz_pack_policy pack,
    uint64_t pack_seed, const struct mz_pack_weights *weights);
void mz_finder_free(struct mz_finder *finder);
struct mz_pack *mz_finder_pack(struct mz_finder *finder);

bool mz_find_in_pool(struct mz_finder *finder, const struct mz_shape *shape, int32_t shape_id,
    int32_t pool, struct mz_placement *ret_placement);

/* A gang over several sites: all pools of this chip at partner `partner` (-1: of all partners that
 * the shape allows) whose nodes are as large as the largest of them. */
bool mz_find_across(struct mz_finder *finder, const struct mz_shape *shape, int32_t chip,
    int32_t partner, struct mz_placement *ret_placement);

/* Is the shape allowed in the pool at all, by chip and partner? */
bool mz_find_allows(
    const struct mz_fleet *fleet, const struct mz_shape *shape, const struct mz_fleet_pool *pool);

/* The same questions for a fleet that is up and empty: could it ever fit? */
bool mz_find_ever_in_pool(struct mz_finder *finder, const struct mz_shape *shape, int32_t pool);
bool mz_find_ever_across(
    struct mz_finder *finder, const struct mz_shape *shape, int32_t chip, int32_t partner);

/* Takes or gives back all parts of a placement. */
void mz_find_take(struct mz_fleet *fleet, const struct mz_shape *shape, const struct mz_part *parts,
    int32_t count);
void mz_find_give(struct mz_fleet *fleet, const struct mz_shape *shape, const struct mz_part *parts,
    int32_t count);

#endif
