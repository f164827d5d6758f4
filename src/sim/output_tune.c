/* output_tune.c - what --tune found, for people and programs */
#include "sim/output.h"

void mz_tune_fill_table(
    struct mz_arena *arena, const struct mz_tune_result *result, struct mz_table *ret_table)
{
    static const struct mz_column columns[] = {
        { "weights", "WEIGHTS", NULL, MZ_COLUMN_FIXED },
        { "searched_at_100_percent", "SEARCHED", "% at 100%", MZ_COLUMN_NUMBER },
        { "searched_at_130_percent", "SEARCHED", "% at end", MZ_COLUMN_NUMBER },
        { "held_at_100_percent", "HELD BACK", "% at 100%", MZ_COLUMN_NUMBER },
        { "held_at_130_percent", "HELD BACK", "% at end", MZ_COLUMN_NUMBER },
        { "score", "SCORE", NULL, MZ_COLUMN_TEXT },
    };

    mz_table_init(ret_table, arena, columns, sizeof(columns) / sizeof(columns[0]));
    for (int32_t i = 0; i < 2; i++) {
        const struct mz_tune_row *row = &result->rows[i];

        mz_table_add(ret_table, row->name);
        mz_table_add_number(ret_table, row->searched_at_100, 2);
        mz_table_add_number(ret_table, row->searched_at_130, 2);
        mz_table_add_number(ret_table, row->held_at_100, 2);
        mz_table_add_number(ret_table, row->held_at_130, 2);
        mz_table_add(ret_table, mz_tune_write_weights(arena, &row->weights));
    }
}

json_t *mz_tune_json(struct mz_arena *arena, const struct mz_tune_result *result)
{
    json_t *rows = json_array();

    for (int32_t i = 0; i < 2; i++) {
        const struct mz_tune_row *row = &result->rows[i];

        json_array_append_new(rows,
            json_pack("{s:s, s:f, s:f, s:f, s:f, s:s}", "weights", row->name,
                "searched_at_100_percent", row->searched_at_100, "searched_at_130_percent",
                row->searched_at_130, "held_at_100_percent", row->held_at_100,
                "held_at_130_percent", row->held_at_130, "score",
                mz_tune_write_weights(arena, &row->weights)));
    }
    return json_pack("{s:i, s:I, s:I, s:o}", "trials", (int)result->trial_count, "searched_pods",
        (json_int_t)result->searched_pod_count, "held_pods", (json_int_t)result->held_pod_count,
        "rows", rows);
}
