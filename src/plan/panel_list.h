/* panel_list.h - the panels of a plan's report, in their order
 *
 * Each writes one section; see panel_context.h. mz_panel_conflict_write takes the place of
 * 2 ... 12 when there is no plan.
 */
#ifndef MZ_PLAN_PANEL_LIST_H
#define MZ_PLAN_PANEL_LIST_H

#include "plan/panel_context.h"

void mz_panel_summary_write(struct mz_panels *panels);       /* 1 */
void mz_panel_capacity_write(struct mz_panels *panels);      /* 2 */
void mz_panel_decisions_write(struct mz_panels *panels);     /* 3 */
void mz_panel_commitment_write(struct mz_panels *panels);    /* 4 */
void mz_panel_concentration_write(struct mz_panels *panels); /* 5 */
void mz_panel_power_write(struct mz_panels *panels);         /* 6 */
void mz_panel_cash_write(struct mz_panels *panels);          /* 7 */
void mz_panel_flow_write(struct mz_panels *panels);          /* 8 */
void mz_panel_unit_cost_write(struct mz_panels *panels);     /* 9 */
void mz_panel_energy_write(struct mz_panels *panels);        /* 10 */
void mz_panel_whatif_write(struct mz_panels *panels);        /* 11 */
void mz_panel_why_write(struct mz_panels *panels);           /* 12 */
void mz_panel_appendix_write(struct mz_panels *panels);      /* 13 */
void mz_panel_conflict_write(struct mz_panels *panels);

/* The summary when there is no plan: what was found instead. */
void mz_panel_no_plan_write(struct mz_panels *panels);

#endif
