/* submit_preview.c - mizan submit --dry-run: every place with what speaks for or against it */
#include "cli/client_json.h"
#include "cli/client_lists.h"
#include "cli/commands.h"
#include "cli/print_text.h"
#include "cli/submit.h"

#include "base/duration.h"
#include "jobfile/jobfile.h"

#include <string.h>

/* "now", or how long until enough is free. */
static const char *cell_starts(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    int64_t at_s = mz_time_parse(mz_json_text(row, column->key));

    (void)ret_look;
    if (mz_json_text(row, "why") == NULL)
        return "now";
    return at_s < 0
        ? NULL
        : mz_span_text(context->arena, at_s > context->now_s ? (double)(at_s - context->now_s) : 0);
}

static const char *cell_chosen(const struct mz_list_context *context, const json_t *row,
    const struct mz_list_column *column, enum mz_cell_look *ret_look)
{
    const char *text = mz_json_text(row, "text");

    if (mz_json_true(row, column->key)) {
        *ret_look = MZ_CELL_GOOD;
        return context->terminal ? "\xE2\x9C\x93" : "yes";
    }
    return mz_arena_printf(
        context->arena, "%s %s", context->terminal ? "\xE2\x80\x93" : "no:", text ? text : "");
}

static const struct mz_list_column columns[] = {
    { "partner", "PARTNER", MZ_COLUMN_FIXED, mz_cell_plain, false, 0 },
    { "site", "SITE", MZ_COLUMN_TEXT, mz_cell_plain, false, 0 },
    { "chip", "CHIP", MZ_COLUMN_FIXED, mz_cell_plain, false, 1 },
    { "free_chips", "FREE", MZ_COLUMN_NUMBER, mz_cell_count, false, 0 },
    { "frees_at", "STARTS", MZ_COLUMN_NUMBER, cell_starts, false, 0 },
    { "contract", "CONTRACT", MZ_COLUMN_TEXT, mz_cell_plain, false, 3 },
    { "price_usd_per_chip_hour", "$/CHIP-H", MZ_COLUMN_NUMBER, mz_cell_price, false, 2 },
    { "cost_usd", "TOTAL $", MZ_COLUMN_NUMBER, mz_cell_usd, false, 0 },
    { "is_chosen", "CHOSEN", MZ_COLUMN_TEXT, cell_chosen, false, 0 },
};

static const struct mz_list list = { columns, sizeof(columns) / sizeof(columns[0]),
    "There is no place at all: mizan partners" };

/* "Job 'x'   512 chips on 64 nodes, 72 h, on h100-sxm or h200-sxm     from train.sh" */
static void print_head(
    const struct mz_client *client, const struct mz_job_spec *spec, const char *from)
{
    struct mz_text text = { 0 };
    char span[MZ_DURATION_TEXT_MAX];

    mz_text_addf(&text, "Job '%s'   %s", spec->name,
        mz_count_text(client->arena, mz_job_spec_chips(spec), "chip"));
    if (spec->nodes > 0)
        mz_text_addf(&text, " on %s", mz_count_text(client->arena, spec->nodes, "node"));
    if (spec->time_us > 0)
        mz_text_addf(&text, ", %s", mz_duration_format(span, spec->time_us));
    for (int32_t i = 0; i < spec->chip_count; i++)
        mz_text_addf(&text, "%s%s", i == 0 ? ", " : " or ", spec->chip_names[i]);
    if (spec->checkpoint_every_us > 0)
        mz_text_addf(
            &text, ", checkpoint every %s", mz_duration_format(span, spec->checkpoint_every_us));
    if (spec->array_count > 0)
        mz_text_addf(&text, ", array of %d", (int)spec->array_count);
    mz_text_addf(&text, "     from %s", from);
    mz_print_text(stdout, mz_text_string(&text));
    mz_text_finish(&text);
}

static bool has_place(const json_t *data)
{
    size_t i;
    json_t *place;

    if (mz_json_text(data, "expected_start_at"))
        return true;
    json_array_foreach(json_object_get(data, "places"), i, place)
    {
        if (mz_json_true(place, "is_chosen") || !mz_json_text(place, "why") ||
            mz_json_text(place, "frees_at"))
            return true;
    }
    return false;
}

static int print_places(const struct mz_client *client, const struct mz_job_spec *spec,
    const char *from, const json_t *document)
{
    const json_t *data = json_object_get(document, "data");
    json_t *table = json_object();
    int status;

    json_object_set(table, "generated_at", json_object_get(document, "generated_at"));
    json_object_set(table, "data", json_object_get(data, "places"));
    if (client->terminal) {
        print_head(client, spec, from);
        printf("\n");
    }
    status = mz_list_print(client, &list, table, NULL);
    json_decref(table);
    return status;
}

int mz_submit_preview(
    const struct mz_client *client, const struct mz_job_spec *spec, const char *from)
{
    struct mz_client_answer answer;
    struct mz_text body = { 0 };
    json_t *document;
    bool possible;
    int status = MZ_EXIT_DONE;

    mz_jobfile_write_json(spec, &body);
    mz_client_call(
        client, "POST", "/v1/placements:preview", NULL, mz_text_string(&body), NULL, &answer);
    mz_text_finish(&body);
    document = mz_client_json(client, &answer, &status);
    if (!document)
        return status;
    possible = has_place(json_object_get(document, "data"));
    if (client->json)
        mz_json_print(document, false);
    else
        status = print_places(client, spec, from, document);
    json_decref(document);
    (void)fflush(stdout);
    if (!possible)
        mz_client_note(client, "No place will do as things stand.");
    mz_client_note(client, "Nothing was submitted.");
    return status == MZ_EXIT_DONE && !possible ? MZ_EXIT_NO_ANSWER : status;
}
