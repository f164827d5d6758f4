/* load.h - the second pass: from a checked tree to nouns
 *
 * Shared by load*.c. A value that the first pass (check.h) found wrong reads as its default here,
 * in silence; this pass reports what needs more than one value: references, order of dates,
 * sums, things that contradict each other. Loading goes on after an error, so that all of them
 * are found; the scenario is handed out only when there was none.
 */
#ifndef MZ_SCENARIO_LOAD_H
#define MZ_SCENARIO_LOAD_H

#include "catalogue/catalogue.h"
#include "domain/scenario.h"
#include "scenario/check.h"
#include "scenario/names.h"
#include "scenario/schema.h"
#include "scenario/tree.h"

struct mz_loader {
    struct mz_arena *arena;
    struct mz_check check; /* for reporting */
    const struct mz_catalogue *catalogue;
    const struct mz_node *root;
    struct mz_scenario *scenario;
    int32_t last_month; /* of the horizon; MZ_MONTH_NEVER - 1 without periods */
    /* the arrays of the scenario while they are being filled */
    struct mz_chip *chips;
    struct mz_partner *partners;
    struct mz_site *sites;
    struct mz_contract *contracts;
    struct mz_workload *workloads;
    const char **regions;
    const char **site_list; /* names, for hints */
    struct mz_assumption *assumptions;
    size_t assumption_capacity;
    struct mz_names *chip_names;
    struct mz_names *partner_names;
    struct mz_names *site_names;
    struct mz_names *region_names;
    bool chips_full; /* reported that there are too many */
};

/* A map seen through its part of the table: view.c. */
struct mz_view {
    struct mz_loader *load;
    const struct mz_schema *schema;
    const struct mz_node *node; /* NULL: as an empty map */
    uint32_t bits;
};

struct mz_view mz_view_of(
    struct mz_loader *load, const struct mz_schema *schema, const struct mz_node *node);

/* The value of a key; NULL when it is not stated, null, or means nothing for this kind. */
const struct mz_node *mz_view_node(const struct mz_view *view, const char *key);
bool mz_view_has(const struct mz_view *view, const char *key);
struct mz_mark mz_view_mark(const struct mz_view *view, const char *key); /* line 0: not stated */

/* The map under a key through its schema; an empty one when it is not a map. */
struct mz_view mz_view_map(const struct mz_view *view, const char *key);

double mz_view_number(const struct mz_view *view, const char *key, double fallback);
int32_t mz_view_whole(const struct mz_view *view, const char *key, int32_t fallback);
int32_t mz_view_month(const struct mz_view *view, const char *key, int32_t fallback);
bool mz_view_bool(const struct mz_view *view, const char *key, bool fallback);
int32_t mz_view_word(const struct mz_view *view, const char *key, int32_t fallback);
const char *mz_view_text(const struct mz_view *view, const char *key, const char *fallback);
struct mz_series mz_view_series(const struct mz_view *view, const char *key);
/* One entry of chip -1, or one for each chip; words in place of values (mz_key_word) are left out. */
const struct mz_chip_series *mz_view_chip_series(
    const struct mz_view *view, const char *key, int32_t *ret_count);

/* A series by its key of the table; not stated when the node is NULL or wrong. */
struct mz_series mz_read_series(
    struct mz_loader *load, const struct mz_key *key, const struct mz_node *node);
/* One that holds since ever. */
struct mz_series mz_series_constant(struct mz_loader *load, double value, enum mz_before before);

/* load.c */
void mz_load_assume(struct mz_loader *load, struct mz_mark mark, const char *key, const char *value,
    const char *source, bool verified);
/* The index of a name, -1 and an error with the nearest one. `what`: "partner". */
int32_t mz_load_find(struct mz_loader *load, const struct mz_names *names, const char *what,
    const char *const *known, int32_t known_count, const char *name, struct mz_mark mark);
int32_t mz_load_partner(struct mz_loader *load, const char *name, struct mz_mark mark);
/* Sets the nearest known word, but not once so many errors are known that nobody reads it. */
void mz_load_hint(struct mz_loader *load, struct mz_diag *diag, const char *word,
    const char *const *known, size_t known_count);
/* Entries of a section that are maps; too many of them are an error, and the rest is left out. */
size_t mz_load_section(struct mz_loader *load, const char *section, int32_t count_max,
    const struct mz_entry **ret_entries);
/* Reports `to` before `from` as `code`. */
void mz_load_order(struct mz_loader *load, const struct mz_view *view, const char *from,
    const char *to, const char *what);

/* load_chips.c: every chip that the file names, in order of first appearance. */
void mz_load_chips(struct mz_loader *load);
int32_t mz_load_chip(const struct mz_loader *load, const char *name); /* -1: too many */

void mz_load_partners(struct mz_loader *load); /* load_partners.c */
struct mz_rofr mz_load_rofr(const struct mz_view *view);
void mz_load_sites(struct mz_loader *load);     /* load_sites.c */
void mz_load_contracts(struct mz_loader *load); /* load_contracts.c */
void mz_load_workloads(struct mz_loader *load); /* load_workloads.c */
void mz_load_finance(struct mz_loader *load);   /* load_finance.c */
void mz_load_limits(struct mz_loader *load);    /* load_limits.c */
void mz_load_horizon(struct mz_loader *load);   /* load_horizon.c */

#endif
