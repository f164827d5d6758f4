/* scenario.h - from a YAML file to checked nouns
 *
 * The room in five steps:
 *   tree.c      YAML bytes -> tree of maps, lists and scalars with marks (libyaml events).
 *               Limits on size, depth, nodes and aliases; duplicate keys are errors. A YAML
 *               syntax error ends the run as the only one.
 *   override.c  named overrides, --set PATH=VALUE: tree -> tree (change.c: in the order given).
 *   schema.c    one table of every key: kind of value, unit, allowed words. It drives the check
 *               for unknown keys, the typed reading, and the JSON Schema for editors.
 *   check.c     first pass: the tree against the table. An override of the file that is not
 *               applied is checked too, alone, as far as the table goes.
 *   load_*.c    second pass: tree -> struct mz_scenario: references, dates, requirements, defaults from the
 *               catalogue (each recorded as an assumption).
 * Every independent error is reported in one run, with file, line, column and the nearest word.
 */
#ifndef MZ_SCENARIO_SCENARIO_H
#define MZ_SCENARIO_SCENARIO_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "base/text.h"
#include "catalogue/catalogue.h"
#include "domain/scenario.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    MZ_SCENARIO_BYTES_MAX = 16 * 1024 * 1024,
    MZ_SCENARIO_DEPTH_MAX = 32,
    MZ_SCENARIO_NODE_COUNT_MAX = 2000000, /* after aliases are expanded */
    MZ_OVERRIDE_COUNT_MAX = 64
};

/* A change to the file before it is read; applied in the order given. */
enum mz_change_kind {
    MZ_CHANGE_OVERRIDE, /* name: an entry of `overrides:` */
    MZ_CHANGE_SET,      /* path and value: --set 'sites.own/milam-tx.slip=12 months' */
    MZ_CHANGE_SCALE,    /* path and factor: every number at the path times the factor (--sweep) */
    MZ_CHANGE_LOSE      /* name: a partner; month: nothing of its contracts from then on */
};

struct mz_change {
    enum mz_change_kind kind;
    const char *name;
    const char *path;
    const char *value;
    double factor;
    int32_t month;
};

/* A file's bytes, kept for as long as diagnostics may want to show a line of it. */
struct mz_source {
    const char *file; /* as the user named it */
    const char *bytes;
    size_t length;
};

/* Reads the file into the arena. */
enum mz_status mz_source_read(
    struct mz_arena *arena, const char *path, struct mz_source *ret_source, struct mz_error *err);

/* Loads a scenario. What is wrong with the file goes to diags, sorted by place, and the call then
 * answers MZ_E_INPUT (MZ_E_PARSE where the bytes are no YAML document, with that as the only
 * diagnostic); warnings alone leave it MZ_OK. A diagnostic about a change has line 0, the option's
 * name as its file and the option's text in `shown`, which its columns count in.
 * Everything lives in the arena. The source must outlive the scenario. */
enum mz_status mz_scenario_load(struct mz_arena *arena, const struct mz_source *source,
    const struct mz_catalogue *catalogue, const struct mz_change *changes, size_t change_count,
    struct mz_diags *diags, const struct mz_scenario **ret_scenario);

/* The JSON Schema (2020-12) of scenario files, generated from the same table as the loader. */
void mz_scenario_schema_json(struct mz_text *out);

/* The text of line `line` of the source without its end, for showing it; "" past the end. */
const char *mz_source_line(struct mz_arena *arena, const struct mz_source *source, int32_t line);

#endif
