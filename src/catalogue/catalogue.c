/* catalogue.c - the embedded tables, and the few typed questions that other rooms ask them */
#include "catalogue/catalogue.h"

#include "base/csv.h"
#include "catalogue/embedded.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const *copy_fields(
    struct mz_arena *arena, const struct mz_csv_record *record, size_t wanted)
{
    const char **fields = mz_arena_alloc(arena, wanted, sizeof(*fields));

    for (size_t i = 0; i < wanted; i++)
        fields[i] = i < record->count ? record->fields[i] : "";
    return fields;
}

static enum mz_status read_table(struct mz_arena *arena, const struct mz_embedded_file *file,
    struct mz_catalogue_table *table, struct mz_error *err)
{
    struct mz_csv csv;
    struct mz_csv_record record;
    const char *const **rows = NULL;
    size_t capacity = 0;
    bool more;
    enum mz_status status;

    mz_csv_init(&csv, file->name, file->bytes, file->length, arena);
    status = mz_csv_read(&csv, &record, &more, err);
    if (status != MZ_OK || !more)
        return status != MZ_OK
            ? status
            : mz_fail(err, MZ_E_PARSE, "built-in catalogue file '%s' is empty", file->name);
    table->name = file->name;
    table->column_count = record.count;
    table->columns = copy_fields(arena, &record, record.count);
    for (;;) {
        status = mz_csv_read(&csv, &record, &more, err);
        if (status != MZ_OK)
            return status;
        if (!more)
            break;
        if (record.count != table->column_count)
            return mz_fail(err, MZ_E_PARSE, "built-in catalogue %s:%d has %zu fields, not %zu",
                file->name, (int)record.line, record.count, table->column_count);
        rows = mz_arena_grow(
            arena, rows, table->row_count, table->row_count + 1, &capacity, sizeof(*rows));
        rows[table->row_count++] = copy_fields(arena, &record, record.count);
    }
    table->rows = (const char *const *const *)rows;
    return MZ_OK;
}

enum mz_status mz_catalogue_open(
    struct mz_arena *arena, struct mz_catalogue *ret_catalogue, struct mz_error *err)
{
    struct mz_catalogue catalogue = { 0 };

    catalogue.tables = mz_arena_alloc(arena, mz_embedded_file_count, sizeof(*catalogue.tables));
    for (size_t i = 0; i < mz_embedded_file_count; i++) {
        enum mz_status status = read_table(arena, &mz_embedded_files[i], &catalogue.tables[i], err);

        if (status != MZ_OK)
            return status;
        catalogue.table_count++;
    }
    *ret_catalogue = catalogue;
    return MZ_OK;
}

const struct mz_catalogue_table *mz_catalogue_find_table(
    const struct mz_catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < catalogue->table_count; i++) {
        if (strcmp(catalogue->tables[i].name, name) == 0)
            return &catalogue->tables[i];
    }
    return NULL;
}

int32_t mz_catalogue_column(const struct mz_catalogue_table *table, const char *column)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i], column) == 0)
            return (int32_t)i;
    }
    return -1;
}

const char *mz_catalogue_field(
    const struct mz_catalogue_table *table, size_t row, const char *column)
{
    int32_t index = mz_catalogue_column(table, column);

    return index < 0 ? "" : table->rows[row][index];
}

bool mz_catalogue_number(
    const struct mz_catalogue_table *table, size_t row, const char *column, double *ret_value)
{
    const char *text = mz_catalogue_field(table, row, column);
    char *end;
    double value;

    if (text[0] == '\0')
        return false;
    value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

int32_t mz_catalogue_find_row(const struct mz_catalogue_table *table, const char *name)
{
    bool has_partner = strcmp(table->name, "sites") == 0;

    for (size_t r = 0; r < table->row_count; r++) {
        const char *const *row = table->rows[r];
        size_t length = strlen(row[0]);

        if (!has_partner && strcmp(row[0], name) == 0)
            return (int32_t)r;
        if (has_partner && strncmp(name, row[0], length) == 0 && name[length] == '/' &&
            strcmp(name + length + 1, row[1]) == 0)
            return (int32_t)r;
    }
    return -1;
}

bool mz_catalogue_site(
    const struct mz_catalogue *catalogue, const char *name, struct mz_catalogue_site *ret_site)
{
    const struct mz_catalogue_table *table = mz_catalogue_find_table(catalogue, "sites");
    int32_t row = table ? mz_catalogue_find_row(table, name) : -1;
    struct mz_catalogue_site site = { 0 };

    if (row < 0)
        return false;
    site.has_pue = mz_catalogue_number(table, (size_t)row, "pue", &site.pue);
    site.has_carbon =
        mz_catalogue_number(table, (size_t)row, "grid_g_per_kwh", &site.carbon_g_per_kwh);
    site.has_energy =
        mz_catalogue_number(table, (size_t)row, "energy_usd_per_mwh", &site.energy_usd_per_mwh);
    site.source = mz_catalogue_field(table, (size_t)row, "source");
    site.verified = strcmp(mz_catalogue_field(table, (size_t)row, "verified"), "read") == 0;
    *ret_site = site;
    return true;
}

bool mz_catalogue_chip_server_w(const struct mz_catalogue *catalogue, const char *name,
    double *ret_server_w, const char **ret_source, bool *ret_verified)
{
    const struct mz_catalogue_table *table = mz_catalogue_find_table(catalogue, "chips");
    int32_t row = table ? mz_catalogue_find_row(table, name) : -1;

    if (row < 0 || !mz_catalogue_number(table, (size_t)row, "server_w_per_chip", ret_server_w))
        return false;
    *ret_source = mz_catalogue_field(table, (size_t)row, "source");
    *ret_verified = strcmp(mz_catalogue_field(table, (size_t)row, "verified"), "read") == 0;
    return true;
}
