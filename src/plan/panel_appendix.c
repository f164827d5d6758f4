/* panel_appendix.c - panel 13: can someone repeat it? */
#include "plan/panel_list.h"

static const char json_id[] = "plan-json";

void mz_panel_appendix_write(struct mz_panels *panels)
{
    const struct mz_html_report *report = panels->report;
    const struct mz_seconds *seconds = &panels->result->seconds;

    mz_panel_open(panels, "appendix", 13, MZ_SAY_P_APPENDIX,
        mz_panel_fill(panels, MZ_SAY_AP_HEAD, MZ_NO_ARGS), NULL);
    if (report->scenario_text)
        mz_html_folded(
            &panels->html, mz_panel_say(panels, MZ_SAY_AP_SCENARIO), report->scenario_text);
    if (report->solver_log)
        mz_html_folded(&panels->html, mz_panel_say(panels, MZ_SAY_AP_LOG), report->solver_log);
    if (report->result_json) {
        mz_html_paragraph(
            &panels->html, "note", mz_panel_fill(panels, MZ_SAY_AP_JSON, MZ_ARGS(json_id)));
        mz_html_json(&panels->html, json_id, report->result_json);
    }
    /* Times differ from run to run: they are left out with the date, for equal bytes. */
    if (report->generated_at)
        mz_html_paragraph(&panels->html, "note",
            mz_panel_fill(panels, MZ_SAY_AP_SPEED,
                MZ_ARGS(mz_panel_fixed(panels, seconds->read, 2),
                    mz_panel_fixed(panels, seconds->build, 2),
                    mz_panel_fixed(panels, seconds->solve, 2))));
    mz_html_section_close(&panels->html);
}
