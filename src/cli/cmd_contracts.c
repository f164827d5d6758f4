/* cmd_contracts.c - mizan contracts: what has been drawn on each, and when it runs out */
#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/command_table.h"
#include "cli/commands.h"

#include <math.h>

enum { BAR_CELLS = 10 };

/* "████▎      42%" of what is due */
static const char *cell_drawn(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    double percent = mz_json_number(row, column->key);

    (void)ret_look;
    if (!isfinite(percent))
        return NULL;
    return mz_arena_printf(context->arena, "%s%*.0f%%",
        context->terminal ? mz_bar_text(context->arena, percent / 100, BAR_CELLS) : "",
        context->terminal ? 4 : 0, floor(percent));
}

/* $38.0B */
static const char *cell_money(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    double usd = mz_json_number(row, column->key);
    char buffer[MZ_NUMBER_MAX];

    (void)ret_look;
    return isfinite(usd) ? mz_arena_strdup(context->arena, mz_format_usd(buffer, usd)) : NULL;
}

static const struct mz_list_column columns[] = {
    { "name", "CONTRACT", MZ_COLUMN_TEXT, mz_cell_plain, false, 0 },
    { "partner", "PARTNER", MZ_COLUMN_FIXED, mz_cell_plain, false, 0 },
    { "kind", "KIND", MZ_COLUMN_FIXED, mz_cell_plain, false, 3 },
    { "commit_usd", "COMMIT", MZ_COLUMN_NUMBER, cell_money, true, 0 },
    { "due_usd", "DUE", MZ_COLUMN_NUMBER, cell_money, false, 0 },
    { "spent_usd", "SPENT", MZ_COLUMN_NUMBER, cell_money, false, 0 },
    { "spent_percent", "DRAWN", MZ_COLUMN_FIXED, cell_drawn, false, 0 },
    { "rate_usd_per_hour", "$/H", MZ_COLUMN_NUMBER, mz_cell_usd, false, 0 },
    { "running_chips", "CHIPS", MZ_COLUMN_NUMBER, mz_cell_count, false, 1 },
    { "price_usd_per_chip_hour", "$/CHIP-H", MZ_COLUMN_NUMBER, mz_cell_price, false, 2 },
    { "marginal_usd_per_chip_hour", "MARGIN", MZ_COLUMN_NUMBER, mz_cell_price, false, 0 },
    { "start", "START", MZ_COLUMN_FIXED, mz_cell_plain, true, 0 },
    { "end", "END", MZ_COLUMN_FIXED, mz_cell_plain, true, 0 },
    { "runs_out_at", "RUNS OUT", MZ_COLUMN_FIXED, mz_cell_time, false, 0 },
};

static const struct mz_list list = { columns, sizeof(columns) / sizeof(columns[0]),
    "No contracts are in the fleet file." };

const struct mz_arg_command mz_contracts_args = {
    .name = "contracts",
    .synopsis =
        "mizan contracts                   drawn of what is due, rate, price at the margin\n",
    .groups = MZ_ARGS_CLIENT | MZ_ARGS_JSON | MZ_ARGS_LIST,
    .closing = "MARGIN is the price of one more chip-hour: 0 while the commitment is not drawn.\n"
               "RUNS OUT is when it is drawn at the rate of now.\n",
};

static const char *summary_of(struct mz_arena *arena, const json_t *document)
{
    const json_t *rows = json_object_get(document, "data");
    double rate = 0;
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        double usd = mz_json_number(row, "rate_usd_per_hour");

        rate += isfinite(usd) ? usd : 0;
    }
    return mz_arena_printf(arena, "%s \xC2\xB7 $%s/h",
        mz_count_text(arena, (int64_t)json_array_size(rows), "contract"), mz_usd_text(arena, rate));
}

static int contracts(const struct mz_client *client)
{
    int status;
    json_t *document = mz_client_get(client, "/v1/contracts", &status);

    if (!document)
        return status;
    status = mz_list_print(client, &list, document, summary_of(client->arena, document));
    json_decref(document);
    return status;
}

int mz_cmd_contracts(int argc, char **argv)
{
    return mz_client_main(&mz_contracts_args, argc, argv, contracts);
}
