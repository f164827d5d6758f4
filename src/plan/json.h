/* json.h - a plan as the mizan.plan/1 document, and as CSV files
 *
 * Fields are only added inside a schema number. Units are in the keys; absent is null. Same plan,
 * same bytes, but for `generated_at` and `seconds`, which are left out when the caller passes no
 * time (SOURCE_DATE_EPOCH is set).
 */
#ifndef MZ_PLAN_JSON_H
#define MZ_PLAN_JSON_H

#include "base/text.h"
#include "plan/compare.h"
#include "plan/result.h"

/* generated_at: RFC 3339, or NULL to leave out what differs from run to run. */
void mz_plan_json(const struct mz_plan_result *result, const struct mz_comparisons *comparisons,
    const char *generated_at, struct mz_text *out);

/* One CSV document; `name` is one of mz_plan_csv_names. Totals equal their rows. */
extern const char *const mz_plan_csv_names[];
extern const int32_t mz_plan_csv_count;
void mz_plan_csv(const struct mz_plan_result *result, const char *name, struct mz_text *out);

#endif
