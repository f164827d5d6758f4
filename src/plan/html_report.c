/* html_report.c - the report of a plan: the panels in their order
 * Everything made on the way lives in one arena that ends with the call. */
#include "plan/html_report.h"

#include "plan/panel_list.h"

struct panel {
    const char *id;
    enum mz_phrase name;
    void (*write)(struct mz_panels *panels);
};

static const struct panel panels_of_plan[] = {
    { "summary", MZ_SAY_P_SUMMARY, mz_panel_summary_write },
    { "capacity", MZ_SAY_P_CAPACITY, mz_panel_capacity_write },
    { "decisions", MZ_SAY_P_DECISIONS, mz_panel_decisions_write },
    { "commitments-panel", MZ_SAY_P_COMMITMENT, mz_panel_commitment_write },
    { "concentration", MZ_SAY_P_CONCENTRATION, mz_panel_concentration_write },
    { "power", MZ_SAY_P_POWER, mz_panel_power_write },
    { "cash", MZ_SAY_P_CASH, mz_panel_cash_write },
    { "flow", MZ_SAY_P_FLOW, mz_panel_flow_write },
    { "unit-cost", MZ_SAY_P_UNIT_COST, mz_panel_unit_cost_write },
    { "energy", MZ_SAY_P_ENERGY, mz_panel_energy_write },
    { "what-if", MZ_SAY_P_WHATIF, mz_panel_whatif_write },
    { "why", MZ_SAY_P_WHY, mz_panel_why_write },
    { "appendix", MZ_SAY_P_APPENDIX, mz_panel_appendix_write },
};

static const struct panel panels_without_plan[] = {
    { "summary", MZ_SAY_P_SUMMARY, mz_panel_no_plan_write },
    { "conflict", MZ_SAY_P_CONFLICT, mz_panel_conflict_write },
    { "appendix", MZ_SAY_P_APPENDIX, mz_panel_appendix_write },
};

enum {
    PANEL_COUNT = sizeof(panels_of_plan) / sizeof(panels_of_plan[0]),
    PANEL_WITHOUT_COUNT = sizeof(panels_without_plan) / sizeof(panels_without_plan[0])
};

static const char *const *name_periods(struct mz_arena *arena, const struct mz_scenario *scenario)
{
    const char **names = mz_arena_alloc(arena, (size_t)scenario->period_count + 1, sizeof(*names));

    for (int32_t t = 0; t < scenario->period_count; t++) {
        char buffer[MZ_MONTH_TEXT_MAX];

        names[t] = mz_arena_strdup(arena, mz_period_label(buffer, &scenario->periods[t]));
    }
    return names;
}

static void write_page(struct mz_panels *panels, const struct panel *list, int32_t count)
{
    struct mz_html_anchor anchors[PANEL_COUNT];
    const char *name = panels->scenario->name ? panels->scenario->name : "-";
    int32_t anchor_count = 0;

    for (int32_t i = 0; i < count; i++) {
        if (list[i].write != mz_panel_conflict_write || panels->result->infeasibility)
            anchors[anchor_count++] =
                (struct mz_html_anchor){ list[i].id, mz_panel_say(panels, list[i].name) };
    }
    mz_html_open(&panels->html, mz_panel_fill_plain(panels, MZ_SAY_PAGE_TITLE, MZ_ARGS(name)));
    mz_html_nav(&panels->html, mz_panel_say(panels, MZ_SAY_CONTENTS), anchors, anchor_count);
    for (int32_t i = 0; i < count; i++)
        list[i].write(panels);
    mz_html_close(&panels->html);
}

void mz_html_report_write(const struct mz_html_report *report, struct mz_text *out)
{
    struct mz_arena *arena = mz_arena_create();
    const struct mz_scenario *scenario = report->result->scenario;
    struct mz_panels panels = { .html = { out, arena, report->language },
        .arena = arena,
        .language = report->language,
        .report = report,
        .result = report->result,
        .scenario = scenario,
        .period_count = scenario->period_count,
        .periods = scenario->periods,
        .period_names = name_periods(arena, scenario) };
    bool has_plan =
        report->result->status == MZ_PLAN_OPTIMAL || report->result->status == MZ_PLAN_FEASIBLE;

    if (has_plan)
        write_page(&panels, panels_of_plan, PANEL_COUNT);
    else
        write_page(&panels, panels_without_plan, PANEL_WITHOUT_COUNT);
    mz_arena_free(arena);
}
