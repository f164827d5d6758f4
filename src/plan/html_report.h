/* html_report.h - the report of a plan as one HTML file
 *
 * Thirteen panels (plan/panel_*.c), each a computed sentence, a chart drawn as SVG, a folded data
 * table and a CSV link, from the building blocks of report/. No network, readable without
 * scripts, light and dark, printable, English or Arabic.
 */
#ifndef MZ_PLAN_HTML_REPORT_H
#define MZ_PLAN_HTML_REPORT_H

#include "base/text.h"
#include "plan/compare.h"
#include "plan/result.h"
#include "report/language.h"

struct mz_html_report {
    const struct mz_plan_result *result;
    const struct mz_comparisons *comparisons;
    enum mz_language language;
    const char *version;       /* of the program */
    const char *generated_at;  /* RFC 3339; NULL: leave out, for equal bytes */
    const char *scenario_text; /* as read, for the appendix */
    const char *scenario_hash; /* hexadecimal */
    const char *command_line;  /* what to type to get this plan again */
    const char *result_json;   /* the mizan.plan/1 document, for the appendix */
    const char *solver_log;    /* one line a step */
};

void mz_html_report_write(const struct mz_html_report *report, struct mz_text *out);

#endif
