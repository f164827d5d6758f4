/* panel_appendix.c - can someone repeat it?
 * CPU times differ from run to run: they are left out, so that the same command gives the same
 * page. */
#include "sim/panel.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_BYTES_MAX = 120 * 1000 };

static const char json_id[] = "sim-json";

static void write_runs(struct mz_sim_page *page)
{
    const struct mz_column heads[] = {
        { "policy", mz_sim_page_say(page, MZ_SAY_SIM_POLICY), NULL, MZ_COLUMN_FIXED },
        { "seed", mz_sim_page_say(page, MZ_SAY_SIM_SEED), NULL, MZ_COLUMN_FIXED },
        { "result_hash", mz_sim_page_say(page, MZ_SAY_SIM_AP_HASH), NULL, MZ_COLUMN_FIXED },
        { "events", mz_sim_page_say(page, MZ_SAY_SIM_AP_EVENTS), NULL, MZ_COLUMN_NUMBER },
        { "decisions", mz_sim_page_say(page, MZ_SAY_SIM_AP_DECISIONS), NULL, MZ_COLUMN_NUMBER },
    };
    struct mz_table table;

    mz_table_init(&table, page->arena, heads, sizeof(heads) / sizeof(heads[0]));
    for (int32_t i = 0; i < page->set->count; i++) {
        const struct mz_sim_result *result = page->set->results[i];

        mz_table_add(&table, mz_sim_page_name(page, result->policy));
        mz_table_add(&table, mz_arena_printf(page->arena, "%" PRIu64, result->seed));
        mz_table_add(&table, mz_arena_printf(page->arena, "%016" PRIx64, result->result_hash));
        mz_table_add_number(&table, (double)result->events, 0);
        mz_table_add_number(&table, (double)result->decisions, 0);
    }
    mz_html_table(&page->html, &table, mz_sim_page_say(page, MZ_SAY_SIM_AP_RUNS), "runs");
}

static void write_meta(struct mz_sim_page *page)
{
    const struct mz_trace *trace = page->set->trace;
    struct mz_text text = { 0 };

    mz_text_add(&text,
        mz_sim_page_fill(page,
            trace->synthetic ? MZ_SAY_SIM_AP_TRACE_SYNTHETIC : MZ_SAY_SIM_AP_TRACE,
            MZ_ARGS(mz_sim_page_name(page, trace->name), mz_trace_kind_name(trace->kind),
                mz_sim_page_count(page, (double)trace->job_count),
                mz_sim_page_count(page, (double)trace->skipped_count))));
    mz_text_add(&text, " ");
    mz_text_add(&text,
        mz_sim_page_fill(
            page, MZ_SAY_SIM_AP_FLEET, MZ_ARGS(mz_sim_page_cut(page, page->set->fleet_text, 200))));
    if (page->command) {
        mz_text_add(&text, "<br>");
        mz_text_add(&text, mz_sim_page_fill(page, MZ_SAY_SIM_AP_COMMAND, MZ_NO_ARGS));
        mz_text_add(&text, " <code>");
        mz_text_add_html(&text, page->command);
        mz_text_add(&text, "</code>");
    }
    mz_html_paragraph(&page->html, "meta", mz_text_string(&text));
    mz_text_finish(&text);
}

static void write_json(struct mz_sim_page *page)
{
    json_t *data = mz_sim_json(page->set);
    char *bytes;
    json_t *one;
    size_t i;

    json_array_foreach(data, i, one)
    {
        json_object_del(one, "cpu_s");
        json_object_del(one, "events_per_s");
    }
    bytes = json_dumps(data, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(data);
    if (bytes && strlen(bytes) <= JSON_BYTES_MAX) {
        mz_html_paragraph(
            &page->html, "note", mz_sim_page_fill(page, MZ_SAY_AP_JSON, MZ_ARGS(json_id)));
        mz_html_json(&page->html, json_id, bytes);
    } else {
        mz_html_paragraph(
            &page->html, "note", mz_sim_page_fill(page, MZ_SAY_SIM_AP_JSON_LONG, MZ_NO_ARGS));
    }
    free(bytes);
}

void mz_sim_panel_appendix_write(struct mz_sim_page *page)
{
    mz_sim_page_open(page, "appendix", MZ_SAY_P_APPENDIX,
        mz_sim_page_fill(page, MZ_SAY_SIM_AP_HEAD, MZ_NO_ARGS),
        mz_sim_page_fill(page, MZ_SAY_SIM_AP_SUB, MZ_NO_ARGS));
    write_meta(page);
    if (page->set->count > 0)
        write_runs(page);
    for (int32_t i = 0; i < page->set->count; i++) {
        if (page->set->results[i]->why_text) {
            mz_html_folded(&page->html, mz_sim_page_say(page, MZ_SAY_SIM_AP_WHY),
                page->set->results[i]->why_text);
            break;
        }
    }
    write_json(page);
    mz_html_section_close(&page->html);
}
