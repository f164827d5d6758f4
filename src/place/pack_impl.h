/* pack_impl.h - what the files of the packer share
 *
 *   pack.c         create, free, find; chips of the answer
 *   pack_nodes.c   views of nodes, cells, and how changes of the fleet reach them
 *   pack_rows.c    costs of a shape in a cell, kept up to date; the search over cells
 *   pack_learn.c   what is expected: stated or learned; when the tables are made
 *   pack_value.c   frag: the worth of a node
 *   pack_fgd.c     fgd: fragments
 *   pack_plain.c   bestfit, firstfit, random
 *
 * A view is what a cost needs of a node, in one place, with free CPU -1 when it is not up. Views
 * stand in slots: pool after pool, each in the policy's order; a cell is a run of slots of one
 * pool. Each cell has a version that counts the changes of its nodes, and a ring of the last ones.
 */
#ifndef MZ_PLACE_PACK_IMPL_H
#define MZ_PLACE_PACK_IMPL_H

#include "place/pack.h"

enum {
    MZ_PACK_BLOCK = 32, /* nodes whose least cost a row keeps */
    MZ_PACK_COST_NONE = INT32_MAX,
    MZ_PACK_GAIN_RING = 32 * 1024
};

struct mz_pack_view {
    int64_t value; /* frag: worth of the node; fgd: its fragment */
    int32_t node;
    int32_t cpu_milli; /* free; -1: not up */
    int32_t memory_mib;
    int32_t free_milli;    /* of all its chips */
    int32_t usable;        /* frag: the same as the balance counts it */
    int32_t partial_first; /* its shared chips in `partials`: free thousandths, ascending */
    uint32_t changed;      /* version of its cell behind its latest change */
    uint16_t partial_count;
    uint16_t whole; /* chips wholly free */
    uint16_t most;  /* thousandths free of its freest chip */
};

struct mz_pack_cell {
    int32_t slot_begin;
    int32_t count;
    int32_t pool;
    uint32_t version; /* changes so far */
    uint32_t epoch;   /* of the tables that its views were computed with */
    uint32_t ring_mask;
    struct mz_pack_change *ring; /* change v is at [v & ring_mask] */
};

/* One change of a node of a cell, with what decides about fitting: most changes matter to few
 * shapes, and then the node itself need not be looked up. */
struct mz_pack_change {
    int32_t cpu_milli;
    int32_t memory_mib;
    uint16_t whole;
    uint16_t most;
    uint16_t at; /* offset of the node in the cell */
};

/* Costs of one shape in one cell. */
struct mz_pack_row {
    int32_t cell;
    int32_t shape_id;
    int32_t list_at; /* where the list of all rows has it */
    uint32_t seen;   /* version of the cell */
    uint32_t epoch;
    bool used;                              /* since the hand of the clock passed */
    bool stale_best;                        /* best and best_at have to be found again */
    int32_t best;                           /* MZ_PACK_COST_NONE: nothing fits */
    int32_t best_at;                        /* offset in the cell */
    uint64_t fits[MZ_PACK_CELL_NODES / 64]; /* nodes with a cost */
    int32_t block_best[MZ_PACK_CELL_NODES / MZ_PACK_BLOCK];
    int32_t costs[]; /* a whole number of blocks */
};

struct mz_pack_shape {
    struct mz_shape shape;
    int32_t id;
    int32_t whole;  /* wholly free chips wanted */
    int32_t most;   /* thousandths wanted of one chip */
    int32_t demand; /* chips x chip_milli */
    bool fraction;
    bool failing;              /* the last question found nothing */
    int64_t count;             /* how often it was asked for */
    int64_t gain_seen;         /* gains of the fleet replayed so far */
    uint64_t *may_fit;         /* per cell: a node may fit; clear: none does */
    struct mz_pack_row **rows; /* per cell; NULL: none made */
};

/* A node that got more of something: shapes that did not fit may fit again. */
struct mz_pack_gain {
    int32_t cpu_milli;
    int32_t memory_mib;
    int32_t cell;
    uint16_t whole;
    uint16_t most;
};

/* A kind of job as the tables see it: one part on one node. */
struct mz_pack_kind {
    int64_t count;
    int32_t cpu_milli;
    int32_t memory_mib;
    int32_t chips;
    int32_t milli; /* of each */
    uint64_t chip_mask;
};

static inline int64_t mz_pack_kind_demand(const struct mz_pack_kind *kind)
{
    return (int64_t)kind->chips * kind->milli;
}

/* Where a fleet's chips are, and which kinds are expected: what tables are made from. */
struct mz_pack_supply {
    int64_t milli_total;
    int64_t milli_by_chip[MZ_FLEET_CHIP_COUNT_MAX];
    uint64_t chip_mask; /* kinds that there are */
};

struct mz_pack_outlook {
    int32_t kind_count;
    struct mz_pack_kind kinds[MZ_PACK_DEMAND_MAX];
};

/* Kinds of chip that admit the same expected kinds of job share their tables. */
struct mz_pack_classes {
    int32_t count; /* at least 1 */
    int32_t
        chip[MZ_FLEET_CHIP_COUNT_MAX + 1]; /* [class]: one of its kinds; -1: the fleet has none */
    int32_t of_chip[MZ_FLEET_CHIP_COUNT_MAX]; /* class; 0 where the fleet has no such chip */
};

/* One policy. Tables are made in pieces: `plan` says how many, `piece` makes one; the outlook stays
 * as it is in between. A NULL create: the policy has no tables. */
struct mz_pack_ops {
    void *(*create)(const struct mz_pack_supply *supply, const struct mz_pack_weights *weights);
    void (*free)(void *tables);
    int32_t (*plan)(void *tables, const struct mz_pack_outlook *outlook);
    void (*piece)(void *tables, const struct mz_pack_outlook *outlook, int32_t piece);
    /* Fills value and usable of a view; chip -1: the node has none. NULL: nothing to fill. */
    void (*view)(
        const void *tables, int32_t chip, const uint16_t *partials, struct mz_pack_view *view);
    /* Cost of a shape on a node where it fits. */
    int32_t (*cost)(const struct mz_pack *pack, int32_t chip, const struct mz_pack_view *view,
        const struct mz_pack_shape *shape);
    /* The chip for a fraction there. */
    int32_t (*chip)(const struct mz_pack *pack, int32_t chip, const struct mz_pack_view *view,
        const struct mz_pack_shape *shape);
};

extern const struct mz_pack_ops mz_pack_ops_bestfit;
extern const struct mz_pack_ops mz_pack_ops_firstfit;
extern const struct mz_pack_ops mz_pack_ops_random;
extern const struct mz_pack_ops mz_pack_ops_fgd;
extern const struct mz_pack_ops mz_pack_ops_frag;

struct mz_pack {
    const struct mz_fleet *fleet;
    const struct mz_pack_ops *ops;
    struct mz_pack_options options;
    /* nodes */
    struct mz_pack_view *views; /* [slot] */
    uint16_t *partials;
    int32_t *slot_of; /* [node] */
    struct mz_pack_cell *cells;
    int32_t *cell_of; /* [slot] */
    int32_t cell_count;
    int32_t *pool_cell; /* [pool + 1]: first cell */
    struct mz_pack_change *rings;
    uint32_t *fleet_version; /* [cell of the fleet]: seen */
    int64_t change_count;
    int64_t gain_count;
    struct mz_pack_gain *gains; /* ring */
    int32_t largest_cpu_milli;  /* of any node that states it */
    int32_t largest_milli;      /* of any node: all its chips */
    /* rows */
    int32_t shape_capacity;
    struct mz_pack_shape **shapes; /* [shape_id] */
    struct mz_pack_row **rows;     /* all there are */
    int32_t row_count;
    int32_t row_capacity;
    int32_t clock_hand;
    size_t row_bytes;
    /* what is expected */
    struct mz_pack_supply supply;
    void *tables;                    /* in use */
    void *next_tables;               /* being made */
    struct mz_pack_outlook *outlook; /* of those being made */
    uint32_t epoch;                  /* counts the tables */
    bool stated;                     /* mz_pack_expect was called: nothing to learn */
    int32_t piece;                   /* next one */
    int32_t piece_count;             /* 0: none are being made */
    int64_t asked_count;
    int64_t learn_at;     /* asked_count at which tables are made next */
    int64_t asked_change; /* change_count and shape of the last question counted */
    int32_t asked_shape;
};

/* pack_nodes.c */
void mz_pack_nodes_create(struct mz_pack *pack);
void mz_pack_nodes_free(struct mz_pack *pack);
void mz_pack_nodes_follow(struct mz_pack *pack, int32_t pool); /* brings views up to date */
void mz_pack_nodes_read(const struct mz_pack *pack, int32_t node, uint16_t *partials,
    struct mz_pack_view *view); /* the state of the fleet, with value and usable */
void mz_pack_cell_refresh(struct mz_pack *pack, int32_t cell); /* after new tables */

static inline int32_t mz_pack_cell_chip(const struct mz_pack *pack, const struct mz_pack_cell *cell)
{
    return pack->fleet->pools[cell->pool].chip;
}

static inline bool mz_pack_view_fits(
    const struct mz_pack_view *view, const struct mz_pack_shape *shape)
{
    return view->cpu_milli >= shape->shape.cpu_milli &&
        view->memory_mib >= shape->shape.memory_mib && view->whole >= shape->whole &&
        view->most >= shape->most;
}

/* pack_rows.c */
struct mz_pack_shape *mz_pack_shape_at(
    struct mz_pack *pack, const struct mz_shape *shape, int32_t shape_id);
void mz_pack_rows_free(struct mz_pack *pack);
int32_t mz_pack_rows_find(
    struct mz_pack *pack, struct mz_pack_shape *shape, int32_t pool); /* slot; -1: none */
uint64_t mz_pack_order(const struct mz_pack *pack, int32_t node);     /* key of ties */

/* pack_learn.c */
void mz_pack_classes_make(struct mz_pack_classes *classes, const struct mz_pack_supply *supply,
    const struct mz_pack_outlook *outlook);
void mz_pack_learn_create(struct mz_pack *pack);
void mz_pack_learn_free(struct mz_pack *pack);
void mz_pack_learn_before(struct mz_pack *pack, struct mz_pack_shape *shape);
void mz_pack_learn_after(struct mz_pack *pack, struct mz_pack_shape *shape, bool found);

/* pack_plain.c: the least free chip that fits, then the lowest. */
int32_t mz_pack_plain_chip(const struct mz_pack *pack, int32_t chip,
    const struct mz_pack_view *view, const struct mz_pack_shape *shape);

/* The lowest chip of a node with exactly so many thousandths free. */
int32_t mz_pack_chip_with(const struct mz_pack *pack, int32_t node, int32_t free_milli);

#endif
