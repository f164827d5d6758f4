/* catalogue.h - built-in facts: chips, models, sites, prices, carbon
 *
 * The CSV files of catalogue/ are embedded at build time and parsed once, on first use, into
 * tables of text: a row keeps every field as it stands, with its source, date and licence. Typed
 * values that other rooms compute with are read through the functions below.
 * A value that nobody has checked carries `verified` other than "read"; whoever shows it shows
 * that. Sources and licences: catalogue/SOURCES.md.
 * The tables are constant after mz_catalogue_open; several threads may read one catalogue.
 */
#ifndef MZ_CATALOGUE_CATALOGUE_H
#define MZ_CATALOGUE_CATALOGUE_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mz_catalogue_table {
    const char *name; /* "chips" */
    size_t column_count;
    const char *const *columns;
    size_t row_count;
    const char *const *const *rows; /* rows[r][c], never NULL */
};

struct mz_catalogue {
    struct mz_catalogue_table *tables;
    size_t table_count;
};

/* Parses the embedded files into the arena. Fails only if the embedded data is broken. */
enum mz_status mz_catalogue_open(
    struct mz_arena *arena, struct mz_catalogue *ret_catalogue, struct mz_error *err);

const struct mz_catalogue_table *mz_catalogue_find_table(
    const struct mz_catalogue *catalogue, const char *name);

/* Column index, -1 when the table lacks it. */
int32_t mz_catalogue_column(const struct mz_catalogue_table *table, const char *column);

/* Field of a row by column name; "" when the column is missing. */
const char *mz_catalogue_field(
    const struct mz_catalogue_table *table, size_t row, const char *column);

/* Number in a field; false when it is empty or not a number. */
bool mz_catalogue_number(
    const struct mz_catalogue_table *table, size_t row, const char *column, double *ret_value);

/* Row whose first column (sites: "partner/site") equals the name; -1: none. */
int32_t mz_catalogue_find_row(const struct mz_catalogue_table *table, const char *name);

/* What a site needs by default. Each has_ says whether the catalogue knows it. */
struct mz_catalogue_site {
    bool has_pue;
    bool has_carbon;
    bool has_energy;
    double pue;
    double carbon_g_per_kwh;
    double energy_usd_per_mwh;
    const char *source;
    bool verified; /* everything in the row was read in its source */
};

/* False when the catalogue has no site of that name ("aws/us-east-1"). */
bool mz_catalogue_site(
    const struct mz_catalogue *catalogue, const char *name, struct mz_catalogue_site *ret_site);

/* Server watts per chip; false when the chip is unknown or has none. */
bool mz_catalogue_chip_server_w(const struct mz_catalogue *catalogue, const char *name,
    double *ret_server_w, const char **ret_source, bool *ret_verified);

#endif
