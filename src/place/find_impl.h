/* find_impl.h - the inside of the finder: one question to one pool
 *
 * find.c answers it for a node or a domain of the pool; find_across.c asks several pools and takes
 * their answers together. Parts of the answer are collected in the finder.
 */
#ifndef MZ_PLACE_FIND_IMPL_H
#define MZ_PLACE_FIND_IMPL_H

#include "place/find.h"

struct mz_finder {
    const struct mz_fleet *fleet;
    struct mz_pack *pack;
    enum mz_pack_policy policy;
    struct mz_part *parts; /* of the answer */
    int32_t part_count;
    int32_t part_capacity;
    int32_t *room[MZ_LEVEL_PARTNER];       /* [level][domain] when counted */
    int32_t *free_chips[MZ_LEVEL_PARTNER]; /* the same: wholly free chips of the pool */
};

/* One question: what is needed, and how the room of domains is known. */
struct mz_question {
    struct mz_finder *finder;
    const struct mz_fleet *fleet;
    const struct mz_shape *shape;
    const struct mz_fleet_pool *pool;
    int32_t pool_index;
    int32_t node_count;
    int32_t per_node;
    int32_t rest;
    bool counted;
    bool ever; /* as if all were up and empty */
    bool limits;
};

struct mz_question mz_question_ask(
    struct mz_finder *finder, const struct mz_shape *shape, int32_t pool, bool ever);
/* How the gang divides into nodes of this pool. False: it cannot. */
bool mz_question_divide(struct mz_question *q);
/* Fills room and free chips of all domains of the pool's site; needed when q->counted. */
void mz_question_count(struct mz_question *q);
/* Nodes of a domain that qualify, and its wholly free chips. */
int32_t mz_question_room(const struct mz_question *q, int32_t level, int32_t domain);
int32_t mz_question_free_chips(const struct mz_question *q, int32_t level, int32_t domain);
/* Chips that a node offers, -1 when it may not be used. */
int32_t mz_question_offer(const struct mz_question *q, int32_t node);
/* The node for the rest in [begin, end): the fewest free chips below per_node; -1: none. */
int32_t mz_question_rest(const struct mz_question *q, int32_t begin, int32_t end);
/* The same, or else a qualifying node that is not one of the parts, which are sorted; -1: none. */
int32_t mz_question_spare(const struct mz_question *q, int32_t begin, int32_t end);
/* Adds parts: `count` nodes of a domain in as few children as possible; the node for the rest. */
void mz_question_take_domain(struct mz_question *q, int32_t level, int32_t domain, int32_t count);
void mz_question_take_rest(struct mz_question *q, int32_t begin, int32_t end);
/* Sorts the parts by node. */
void mz_finder_sort(struct mz_finder *finder);

#endif
