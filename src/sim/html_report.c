/* html_report.c - the report of simulations: the panels in their order
 * A panel that has nothing to show is left out. Everything made on the way lives in one arena that
 * ends with the call. */
#include "sim/panel.h"

struct panel {
    const char *id;
    enum mz_phrase name;
    bool (*has)(const struct mz_sim_page *page);
    void (*write)(struct mz_sim_page *page);
};

static bool always(const struct mz_sim_page *page)
{
    (void)page;
    return true;
}

static bool has_run(const struct mz_sim_page *page)
{
    return page->best >= 0;
}

static const struct panel panels[] = {
    { "summary", MZ_SAY_P_SUMMARY, always, mz_sim_panel_summary_write },
    { "policies", MZ_SAY_SIM_P_POLICIES, has_run, mz_sim_panel_policies_write },
    { "used", MZ_SAY_SIM_P_USED, mz_sim_panel_used_has, mz_sim_panel_used_write },
    { "queue", MZ_SAY_SIM_P_QUEUE, mz_sim_panel_used_has, mz_sim_panel_queue_write },
    { "waiting", MZ_SAY_SIM_P_WAITING, mz_sim_panel_waiting_has, mz_sim_panel_waiting_write },
    { "fragmentation", MZ_SAY_SIM_P_FRAGMENTS, mz_sim_panel_fragments_has,
        mz_sim_panel_fragments_write },
    { "places", MZ_SAY_SIM_P_PLACES, mz_sim_panel_places_has, mz_sim_panel_places_write },
    { "failures", MZ_SAY_SIM_P_FAILURES, mz_sim_panel_failures_has, mz_sim_panel_failures_write },
    { "contracts", MZ_SAY_SIM_P_CONTRACTS, mz_sim_panel_contracts_has,
        mz_sim_panel_contracts_write },
    { "teams", MZ_SAY_SIM_P_TEAMS, mz_sim_panel_teams_has, mz_sim_panel_teams_write },
    { "appendix", MZ_SAY_P_APPENDIX, always, mz_sim_panel_appendix_write },
};

enum { PANEL_COUNT = sizeof(panels) / sizeof(panels[0]) };

void mz_sim_write_html(const struct mz_sim_run_set *set, enum mz_language language,
    const char *command, struct mz_text *out)
{
    struct mz_arena *report_arena = mz_arena_create();
    struct mz_sim_page page = { .html = { out, report_arena, language },
        .arena = report_arena,
        .language = language,
        .set = set,
        .command = command,
        .number = 2 /* the summary is the first, without a number */ };
    struct mz_html_anchor anchors[PANEL_COUNT];
    int32_t count = 0;
    enum mz_phrase title = set->trace->synthetic ? MZ_SAY_SIM_TITLE_SYNTHETIC : MZ_SAY_SIM_TITLE;

    mz_sim_page_choose(&page);
    mz_sim_page_make_cells(&page);
    for (int32_t i = 0; i < PANEL_COUNT; i++) {
        if (panels[i].has(&page))
            anchors[count++] =
                (struct mz_html_anchor){ panels[i].id, mz_sim_page_say(&page, panels[i].name) };
    }
    mz_html_open(&page.html,
        mz_sim_page_fill_plain(&page, title, MZ_ARGS(mz_sim_page_name(&page, set->trace->name))));
    mz_html_nav(&page.html, mz_sim_page_say(&page, MZ_SAY_CONTENTS), anchors, count);
    for (int32_t i = 0; i < PANEL_COUNT; i++) {
        if (panels[i].has(&page))
            panels[i].write(&page);
    }
    mz_html_close(&page.html);
    mz_arena_free(report_arena);
}
