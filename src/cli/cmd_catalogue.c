/* cmd_catalogue.c - mizan catalogue TABLE [NAME]: what is built in, with sources
 * Without a name a table of the most asked columns; with one every field of the rows that match.
 * A value that nobody has checked is marked with '?', and the mark is explained below. */
#include "base/arena.h"
#include "catalogue/catalogue.h"
#include "cli/commands.h"
#include "cli/print_result.h"
#include "report/table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_JSON = 256, OPTION_NO_HEADER, OPTION_COLOUR };

const struct option mz_catalogue_long_options[] = {
    { "json", no_argument, NULL, OPTION_JSON },
    { "no-header", no_argument, NULL, OPTION_NO_HEADER },
    { "color", required_argument, NULL, OPTION_COLOUR },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static const char usage[] =
    "mizan catalogue chips                    all chips, with what power and memory they have\n"
    "mizan catalogue chips gb300-nvl72        one chip, every figure, with its source\n"
    "mizan catalogue sites aws/us-east-1      one site; 'aws' lists all of a partner\n"
    "mizan catalogue models | prices | carbon | contracts | facts\n"
    "\n"
    "  --json       one JSON document\n"
    "  --no-header  no header line, for pipes\n"
    "\n"
    "A '?' marks a row that holds figures nobody has checked; the row says which.\n"
    "Exit status: 0 done, 2 wrong use or nothing of that name.\n";

struct shown { /* columns of the short table */
    const char *table;
    const char *columns[8];
};

static const struct shown shown_tables[] = {
    { "chips",
        { "chip", "vendor", "bf16_tflops", "fp8_tflops", "hbm_gb", "hbm_gbps", "server_w_per_chip",
            "source" } },
    { "models",
        { "model", "family", "kind", "layers", "hidden", "params_b_calc", "active_b_calc",
            "source" } },
    { "sites",
        { "partner", "site", "location", "pue", "grid_g_per_kwh", "energy_usd_per_mwh", "max_mw",
            "source" } },
    { "prices",
        { "partner", "product", "chip", "region", "kind", "usd_per_chip_hour",
            "spot_usd_per_chip_hour", "date" } },
    { "carbon",
        { "scope", "code", "name", "year", "g_per_kwh", "low_carbon_share_percent", "source",
            NULL } },
    { "contracts",
        { "id", "buyer", "provider", "announced", "amount_busd", "term_years", "capacity_gw",
            "status" } },
    { "facts", { "key", "value", "unit", "note", "status", NULL } },
};
enum { SHOWN_COUNT = sizeof(shown_tables) / sizeof(shown_tables[0]) };

/* Rows asked for: all, or those whose first fields match the name. */
static bool row_matches(const struct mz_catalogue_table *table, size_t r, const char *name)
{
    const char *const *row = table->rows[r];
    size_t length = strlen(row[0]);

    if (!name || strcmp(row[0], name) == 0)
        return true;
    if (strcmp(table->name, "sites") == 0)
        return strncmp(name, row[0], length) == 0 && name[length] == '/' &&
            strcmp(name + length + 1, row[1]) == 0;
    if (strcmp(table->name, "prices") == 0)
        return strcmp(mz_catalogue_field(table, r, "chip"), name) == 0;
    if (strcmp(table->name, "carbon") == 0)
        return strcmp(mz_catalogue_field(table, r, "code"), name) == 0;
    return false;
}

static bool is_verified(const struct mz_catalogue_table *table, size_t r)
{
    return strcmp(mz_catalogue_field(table, r, "verified"), "read") == 0;
}

static bool is_number(const char *text)
{
    char *end;

    if (text[0] == '\0')
        return false;
    (void)strtod(text, &end);
    return *end == '\0';
}

/* A column is a number column when every filled field of it is a number. */
static enum mz_column_kind kind_of(const struct mz_catalogue_table *table, const char *column)
{
    bool any = false;

    for (size_t r = 0; r < table->row_count; r++) {
        const char *field = mz_catalogue_field(table, r, column);

        if (field[0] && !is_number(field))
            return strcmp(column, "source") == 0 || strcmp(column, "note") == 0 ||
                    strcmp(column, "location") == 0
                ? MZ_COLUMN_TEXT
                : MZ_COLUMN_FIXED;
        any = any || field[0];
    }
    return any ? MZ_COLUMN_NUMBER : MZ_COLUMN_TEXT;
}

static void add_field(struct mz_table *out, const char *field, enum mz_column_kind kind)
{
    if (kind == MZ_COLUMN_NUMBER && field[0])
        mz_table_add_value(out, strtod(field, NULL), 6, field);
    else
        mz_table_add(out, field[0] ? field : "-");
}

static int32_t print_short(struct mz_arena *arena, const struct mz_catalogue_table *table,
    const struct shown *shown, const char *name, bool no_header, const char *colour)
{
    struct mz_column columns[9] = { { "verified", "", NULL, MZ_COLUMN_FIXED } };
    struct mz_table out;
    int32_t count = 1;
    int32_t unverified = 0;

    for (; count < 9 && shown->columns[count - 1]; count++) {
        const char *key = shown->columns[count - 1];

        columns[count] = (struct mz_column){ key, key, NULL, kind_of(table, key) };
    }
    mz_table_init(&out, arena, columns, count);
    for (size_t r = 0; r < table->row_count; r++) {
        if (!row_matches(table, r, name))
            continue;
        mz_table_add(&out, is_verified(table, r) ? " " : "?");
        unverified += !is_verified(table, r);
        for (int32_t c = 1; c < count; c++)
            add_field(&out, mz_catalogue_field(table, r, columns[c].key), columns[c].kind);
    }
    if (mz_table_row_count(&out) > 0)
        mz_result_print_table(&out, colour, no_header);
    if (unverified > 0)
        (void)fprintf(stderr,
            "%d of %d rows, marked '?', hold figures that nobody has checked; "
            "'mizan catalogue %s NAME' says which.\n",
            (int)unverified, (int)mz_table_row_count(&out), table->name);
    return mz_table_row_count(&out);
}

/* One row, a line a field. */
static void print_row(const struct mz_catalogue_table *table, size_t r)
{
    char printable[2048];

    for (size_t c = 0; c < table->column_count; c++) {
        if (table->rows[r][c][0])
            printf("%-24s %s\n", table->columns[c],
                mz_text_printable(printable, sizeof(printable), table->rows[r][c]));
    }
    if (!is_verified(table, r))
        printf("%-24s %s\n", "", "? holds figures that nobody has checked: see verified and note");
}

static json_t *row_json(const struct mz_catalogue_table *table, size_t r)
{
    json_t *object = json_object();

    for (size_t c = 0; c < table->column_count; c++) {
        const char *field = table->rows[r][c];

        json_object_set_new(object, table->columns[c],
            field[0] == '\0'       ? json_null()
                : is_number(field) ? json_real(strtod(field, NULL))
                                   : json_string(field));
    }
    return object;
}

static int32_t print_json(const struct mz_catalogue_table *table, const char *name)
{
    char now[32];
    const char *generated_at = mz_cli_generated_at(now);
    json_t *document = json_object();
    json_t *rows = json_array();
    int32_t count;
    char *text;

    for (size_t r = 0; r < table->row_count; r++) {
        if (row_matches(table, r, name))
            json_array_append_new(rows, row_json(table, r));
    }
    count = (int32_t)json_array_size(rows);
    json_object_set_new(document, "schema", json_string("mizan.catalogue/1"));
    if (generated_at)
        json_object_set_new(document, "generated_at", json_string(generated_at));
    json_object_set_new(document, "data", rows);
    text = json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    if (count > 0 && text)
        printf("%s\n", text);
    free(text);
    json_decref(document);
    return count;
}

static int fail_nothing(const struct mz_catalogue_table *table, const char *name)
{
    struct mz_arena *arena = mz_arena_create();
    const char **names = mz_arena_alloc(arena, table->row_count, sizeof(*names));
    bool is_sites = strcmp(table->name, "sites") == 0;
    const char *nearest;
    int status;

    for (size_t r = 0; r < table->row_count; r++)
        names[r] = is_sites ? mz_arena_printf(arena, "%s/%s", table->rows[r][0], table->rows[r][1])
                            : table->rows[r][0];
    nearest = mz_nearest_word(name, names, table->row_count);
    status = mz_cli_fail_use("catalogue", "%s has no '%s'%s%s%s", table->name, name,
        nearest ? ". Did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    mz_arena_free(arena);
    return status;
}

static int show(struct mz_arena *arena, const char *table_name, const char *name, bool json,
    bool no_header, const char *colour)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_catalogue catalogue;
    const struct mz_catalogue_table *table;
    const struct shown *shown = NULL;
    const char *names[SHOWN_COUNT];
    const char *nearest;
    int32_t exact;

    if (mz_catalogue_open(arena, &catalogue, &err) != MZ_OK)
        return mz_cli_fail("catalogue", &err);
    for (int i = 0; i < SHOWN_COUNT; i++) {
        names[i] = shown_tables[i].table;
        if (strcmp(shown_tables[i].table, table_name) == 0)
            shown = &shown_tables[i];
    }
    table = shown ? mz_catalogue_find_table(&catalogue, table_name) : NULL;
    nearest = mz_nearest_word(table_name, names, SHOWN_COUNT);
    if (!table)
        return mz_cli_fail_use("catalogue", "there is no table '%s'%s%s%s", table_name,
            nearest ? ". Did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    if (json)
        return print_json(table, name) > 0 ? MZ_EXIT_DONE : fail_nothing(table, name);
    exact = name ? mz_catalogue_find_row(table, name) : -1;
    if (exact >= 0 && strcmp(table_name, "prices") != 0 && strcmp(table_name, "carbon") != 0) {
        print_row(table, (size_t)exact);
        return MZ_EXIT_DONE;
    }
    if (print_short(arena, table, shown, name, no_header, colour) == 0)
        return fail_nothing(table, name);
    return MZ_EXIT_DONE;
}

int mz_cmd_catalogue(int argc, char **argv)
{
    struct mz_arena *arena;
    const char *colour = NULL;
    bool json = false;
    bool no_header = false;
    int option;
    int status;

    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "h", mz_catalogue_long_options, NULL)) != -1) {
        switch (option) {
        case OPTION_JSON: json = true; break;
        case OPTION_NO_HEADER: no_header = true; break;
        case OPTION_COLOUR: colour = optarg; break;
        case 'h': printf("%s", usage); return MZ_EXIT_DONE;
        default:
            return mz_cli_fail_option("catalogue", mz_catalogue_long_options, argv[optind - 1]);
        }
    }
    if (optind == argc) {
        printf("%s", usage);
        return MZ_EXIT_USE;
    }
    if (argc - optind > 2)
        return mz_cli_fail_use("catalogue", "one name at a time, not also '%s'", argv[optind + 2]);
    arena = mz_arena_create();
    status = show(arena, argv[optind], argv[optind + 1], json, no_header, colour);
    mz_arena_free(arena);
    return status;
}
