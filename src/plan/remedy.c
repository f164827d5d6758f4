/* remedy.c - the least change of one rule that makes a plan possible
 * For one rule of the conflict every limit of it gets a slack; the sum of slacks relative to their
 * limits is made least with all other rules strict. The changed values are rounded up (a tenth of
 * a percent more than needed, four digits), written as --set PATH=VALUE, loaded and solved. */
#include "plan/explain.h"
#include "plan/result_make.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct relief { /* one rule loosened */
    struct mz_plan *plan;
    const struct mz_plan *elastic;
    const struct mz_element *element;
    double *slack; /* [t] in the user's units; [0] for a limit over the whole horizon; demand:
                      tokens a day of all regions */
};

/* The strict program again, with slacks on the element's limits and their relative sum as cost. */
static void build_elastic(const struct relief *relief, struct mz_lp *lp, int32_t *slacks)
{
    const struct mz_lp *base = &relief->plan->model->lp;

    mz_lp_init(lp);
    for (int32_t c = 0; c < base->column_count; c++) {
        if (base->is_integer[c])
            mz_lp_add_integer(lp, base->col_lower[c], base->col_upper[c], 0);
        else
            mz_lp_add_column(lp, base->col_lower[c], base->col_upper[c], 0);
    }
    for (int32_t r = 0; r < base->row_count; r++)
        mz_lp_add_row(lp, base->row_lower[r], base->row_upper[r]);
    for (int32_t c = 0; c < base->column_count; c++) {
        for (int32_t i = base->starts[c]; i < base->starts[c + 1]; i++)
            mz_lp_add_entry(lp, base->rows[i], c, base->values[i]);
    }
    for (int32_t i = 0; i < relief->element->limit_count; i++) {
        const struct mz_limit *limit = relief->element->limits[i];
        int32_t n = limit->index;
        int32_t row = n;
        double bound;

        if (limit->is_column) { /* the bound becomes a row that can be loosened */
            bound = limit->is_upper ? base->col_upper[n] : base->col_lower[n];
            row = mz_lp_add_row(
                lp, limit->is_upper ? -MZ_INFINITY : bound, limit->is_upper ? bound : MZ_INFINITY);
            mz_lp_add_entry(lp, row, n, 1);
            if (limit->is_upper)
                lp->col_upper[n] = MZ_INFINITY;
            else
                lp->col_lower[n] = -MZ_INFINITY;
        } else {
            bound = limit->is_upper ? base->row_upper[n] : base->row_lower[n];
        }
        slacks[i] = mz_lp_add_column(lp, 0, MZ_INFINITY, 1 / fmax(fabs(bound), 1e-3));
        mz_lp_add_entry(lp, row, slacks[i], limit->is_upper ? -1 : 1);
    }
    mz_lp_compress(lp);
}

static double demand_at(const struct relief *relief, int32_t t)
{
    const struct mz_workload *workload =
        &relief->plan->scenario->workloads[relief->element->entity];

    return mz_series_mean(&workload->demand_tokens_per_day, &relief->plan->model->periods[t]);
}

/* All that a critical workload asks for, in every region and after every loss, as one rule. */
static struct mz_element *whole_demand(struct mz_plan *plan, int32_t w)
{
    const struct mz_model *model = plan->model;
    struct mz_element *element = mz_arena_alloc(plan->arena, 1, sizeof(*element));

    *element = (struct mz_element){ .rule = MZ_RULE_DEMAND, .entity = w, .sub = -1, .kept = true };
    element->limits =
        mz_arena_alloc(plan->arena, model->limit_count + 1, sizeof(struct mz_limit *));
    for (size_t i = 0; i < model->limit_count; i++) {
        const struct mz_limit *limit = &model->limits[i];

        if (limit->entity == w && (limit->rule == MZ_RULE_DEMAND || limit->rule == MZ_RULE_SURVIVE))
            element->limits[element->limit_count++] = limit;
    }
    return element;
}

/* Slacks of the element's limits, from a solved program in which they are columns slacks[i]. */
static void read_slacks(struct relief *relief, const double *x, const int32_t *slacks)
{
    for (int32_t i = 0; i < relief->element->limit_count; i++) {
        const struct mz_limit *limit = relief->element->limits[i];
        double *slack = &relief->slack[limit->period < 0 ? 0 : limit->period];
        double amount = fmax(0, x[slacks[i]]) * limit->scale;

        /* a region's row, or one after a loss, asks for a part of the demand: the same share of it
         * has to go everywhere */
        if (relief->element->rule == MZ_RULE_DEMAND)
            amount *= demand_at(relief, limit->period) /
                fmax(1e-300, mz_limit_level(relief->plan->model, limit));
        if (relief->element->rule == MZ_RULE_CASH)
            relief->slack[0] += amount; /* money found once stays: all of it is needed at first */
        else
            *slack = fmax(*slack, amount);
    }
}

/* A rule without a slack of its own: the program anew, with one on each of its limits. */
static enum mz_status measure_anew(struct relief *relief, bool *ret_found, struct mz_error *err)
{
    struct mz_lp lp;
    struct mz_solver *solver = NULL;
    struct mz_solution solution;
    int32_t *slacks =
        mz_arena_alloc(relief->plan->arena, (size_t)relief->element->limit_count, sizeof(*slacks));
    enum mz_status status;

    build_elastic(relief, &lp, slacks);
    status = mz_solver_create(&lp, &relief->plan->options.solver, &solver, err);
    if (status == MZ_OK)
        /* amounts need no whole numbers: what is offered is planned in full later */
        status = mz_solver_solve(solver, MZ_START_COLD, true, &solution, err);
    *ret_found = status == MZ_OK && solution.status == MZ_SOLVE_OPTIMAL;
    if (*ret_found)
        read_slacks(relief, solution.x, slacks);
    mz_solver_free(solver);
    mz_lp_finish(&lp);
    return status;
}

/* A rule with a hard price: its slacks are columns of the priced plan already. That plan's solver is
 * used with other costs, all other slacks held at 0, and given back as it was. */
static enum mz_status measure_priced(struct relief *relief, bool *ret_found, struct mz_error *err)
{
    const struct mz_model *model = relief->elastic->model;
    const struct mz_lp *lp = &model->lp;
    struct mz_solver *solver = relief->elastic->solver;
    struct mz_solution solution;
    int32_t *slacks =
        mz_arena_alloc(relief->plan->arena, (size_t)relief->element->limit_count, sizeof(*slacks));
    enum mz_status status;

    for (int32_t c = 0; c < lp->column_count; c++)
        mz_solver_set_cost(solver, c, 0);
    for (size_t i = 0; i < model->limit_count; i++) {
        if (model->limits[i].hard)
            mz_solver_set_column(solver, model->limits[i].slack, 0, 0);
    }
    for (int32_t i = 0; i < relief->element->limit_count; i++) {
        const struct mz_limit *limit = relief->element->limits[i];
        int32_t c = slacks[i] = limit->slack;

        mz_solver_set_column(solver, c, 0, lp->col_upper[c]);
        mz_solver_set_cost(solver, c,
            1 / fmax(fabs(mz_limit_level(relief->plan->model, limit) / limit->scale), 1e-3));
    }
    status = mz_solver_solve(solver, MZ_START_PRIMAL, true, &solution, err);
    *ret_found = status == MZ_OK && solution.status == MZ_SOLVE_OPTIMAL;
    if (*ret_found)
        read_slacks(relief, solution.x, slacks);
    for (int32_t c = 0; c < lp->column_count; c++) {
        mz_solver_set_cost(solver, c, lp->cost[c]);
        mz_solver_set_column(solver, c, lp->col_lower[c], lp->col_upper[c]);
    }
    return status;
}

/* Least slack of each limit; *ret_found false when loosening this rule alone does not help. */
static enum mz_status measure(struct relief *relief, bool *ret_found, struct mz_error *err)
{
    if (relief->element->rule == MZ_RULE_SHARE) { /* measured by halving: share_remedy */
        *ret_found = true;
        return MZ_OK;
    }
    return relief->element->limits[0]->hard ? measure_priced(relief, ret_found, err)
                                            : measure_anew(relief, ret_found, err);
}

/* --- writing the change -------------------------------------------------------------------- */

/* Up to four digits, away from 0: 1251.3 -> 1252, 38.04 -> 38.05 */
static double round_up(double value)
{
    double power;

    if (value <= 0)
        return 0;
    power = pow(10, floor(log10(value)) - 3);
    return ceil(value / power - 1e-6) * power;
}

static const char *quantity(struct mz_arena *arena, double value, const char *unit)
{
    char number[MZ_NUMBER_MAX];

    return mz_arena_printf(arena, "%s %s", mz_format_exact(number, value), unit);
}

/* For the sentence: 1,253 MW, 128T tokens/day. */
static const char *people(struct mz_arena *arena, double value, const char *unit)
{
    char number[MZ_NUMBER_MAX];

    return mz_arena_printf(arena, "%s %s", mz_format_count(number, value), unit);
}

struct change { /* a value over time, as a date map; first period at which it differs */
    struct mz_text map;
    int32_t first;
    int32_t last;
    double from_value;
    double to_value;
};

/* {2029-01: 1252 MW, ...} from the first period that needs more; later periods keep their own. */
static void write_series(const struct relief *relief, const struct mz_series *series,
    const char *unit, double unit_factor, double per_slack, double margin, struct change *change)
{
    const struct mz_model *model = relief->plan->model;
    char month[MZ_MONTH_TEXT_MAX];
    bool bent = series->linear || series->growth_per_year != 0; /* then all steps are written */
    double last = NAN;

    change->first = change->last = -1;
    change->to_value = per_slack > 0 ? 0 : HUGE_VAL;
    mz_text_init(&change->map);
    mz_text_add(&change->map, series->linear ? "{ramp: null, " : "{");
    for (int32_t t = 0; t < model->period_count; t++) {
        double value = mz_series_mean(series, &model->periods[t]);
        double more = relief->slack[t] * per_slack;

        if (fabs(more) > 1e-9 * fmax(1, fabs(value))) {
            if (change->first < 0) {
                change->first = t;
                change->from_value = value / unit_factor;
            }
            change->last = t;
            value = more > 0 ? round_up((value + more * (1 + margin)) / unit_factor) * unit_factor
                             : fmax(0, value + more * (1 + margin));
            change->to_value = per_slack > 0 ? fmax(change->to_value, value / unit_factor)
                                             : fmin(change->to_value, value / unit_factor);
        }
        if ((change->first < 0 && !bent) || value == last)
            continue;
        mz_text_addf(&change->map, "%s%s: %s", isnan(last) ? "" : ", ",
            mz_month_format(month, model->periods[t].month_begin),
            quantity(relief->plan->arena, value / unit_factor, unit));
        last = value;
    }
    mz_text_add(&change->map, "}");
}

static double mean_weeks(const struct mz_model *model, int32_t t)
{
    return t > 0 ? (model->periods[t - 1].hours + model->periods[t].hours) / 2 / 168 : 1;
}

static double mean_months(const struct mz_model *model, int32_t t)
{
    return t > 0 ? (model->periods[t - 1].month_count + model->periods[t].month_count) / 2 : 1;
}

/* A remedy of one value over time at `path`. */
static void series_remedy(const struct relief *relief, const char *path,
    const struct mz_series *series, const char *unit, double unit_factor, double per_slack,
    double margin, struct mz_remedy *remedy)
{
    struct mz_arena *arena = relief->plan->arena;
    const struct mz_period *periods = relief->plan->model->periods;
    struct change change = { 0 };
    char from[MZ_MONTH_TEXT_MAX];
    char to[MZ_MONTH_TEXT_MAX];

    write_series(relief, series, unit, unit_factor, per_slack, margin, &change);
    if (change.first >= 0) {
        mz_period_label(from, &periods[change.first]);
        mz_period_label(to, &periods[change.last]);
        remedy->set = mz_arena_printf(arena, "%s=%s", path, mz_text_string(&change.map));
        remedy->text = mz_arena_printf(arena, "%s %s -> %s %s, %s%s%s", path,
            people(arena, change.from_value, unit), per_slack > 0 ? "up to" : "down to",
            people(arena, change.to_value, unit), from, change.first < change.last ? " to " : "",
            change.first < change.last ? to : "");
    }
    mz_text_finish(&change.map);
}

static void amount_remedy(const struct relief *relief, const char *path, double value,
    const char *unit, double unit_factor, double margin, struct mz_remedy *remedy)
{
    struct mz_arena *arena = relief->plan->arena;
    double most = 0;
    double next;

    for (int32_t t = 0; t < relief->plan->model->period_count; t++)
        most = fmax(most, relief->slack[t]);
    if (most <= 0)
        return;
    next = round_up((value + most * (1 + margin)) / unit_factor);
    remedy->set = mz_arena_printf(arena, "%s=%s", path, quantity(arena, next, unit));
    remedy->text = mz_arena_printf(arena, "%s %s -> %s", path,
        quantity(arena, value / unit_factor, unit), quantity(arena, next, unit));
}

/* Is the strict scenario possible with this share limit at `max`? */
static enum mz_status share_works(
    const struct relief *relief, int32_t index, double max, bool *ret_works, struct mz_error *err)
{
    const struct mz_plan *plan = relief->plan;
    struct mz_arena *arena = mz_arena_create();
    struct mz_plan_options options = plan->options;
    struct mz_scenario scenario = *plan->scenario;
    struct mz_share_limit *shares =
        mz_arena_alloc(arena, (size_t)scenario.limits.share_count, sizeof(*shares));
    struct mz_plan *tried;
    enum mz_status status;

    memcpy(shares, scenario.limits.shares, (size_t)scenario.limits.share_count * sizeof(*shares));
    shares[index].max = max;
    scenario.limits.shares = shares;
    options.basis = relief->elastic->solver;
    status = mz_plan_solve(arena, &scenario, &options, &tried, err);
    if (status == MZ_OK) {
        *ret_works = mz_plan_exists(tried->result->status);
        mz_plan_free(tried);
    }
    mz_arena_free(arena);
    return status;
}

static const char *share_list(const struct mz_plan *plan, int32_t index, double max)
{
    const struct mz_scenario *scenario = plan->scenario;
    const char *result;
    struct mz_text list;

    mz_text_init(&list);
    mz_text_add(&list, "limits.partner_share=[");
    for (int32_t i = 0; i < scenario->limits.share_count; i++) {
        const struct mz_share_limit *share = &scenario->limits.shares[i];
        char month[MZ_MONTH_TEXT_MAX];

        mz_text_addf(&list, "%s{of: %s, max: %.6g%%", i > 0 ? ", " : "",
            mz_share_measure_name(share->of), 100 * (i == index ? max : share->max));
        if (share->partner >= 0)
            mz_text_addf(&list, ", partner: %s", scenario->partners[share->partner].name);
        mz_text_addf(&list, ", from: %s", mz_month_format(month, share->from_month));
        if (share->to_month <= MZ_MONTH_MAX)
            mz_text_addf(&list, ", to: %s", mz_month_format(month, share->to_month));
        mz_text_add(&list, "}");
    }
    mz_text_add(&list, "]");
    result = mz_arena_strdup(plan->arena, mz_text_string(&list));
    mz_text_finish(&list);
    return result;
}

/* A share is no amount that a slack could measure, because the total moves with it: halve the range
 * between what is too little and 100 %, to a tenth of a percent. Lists have no paths of their own,
 * so the change is the whole list with one entry's max raised. */
static enum mz_status share_remedy(
    const struct relief *relief, struct mz_remedy *remedy, struct mz_error *err)
{
    struct mz_plan *plan = relief->plan;
    int32_t index = relief->element->entity;
    const struct mz_share_limit *share = &plan->scenario->limits.shares[index];
    double low = share->max;
    double high = 1;
    bool works;
    enum mz_status status = share_works(relief, index, high, &works, err);

    if (status != MZ_OK || !works)
        return status;
    while (high - low > 1e-3) {
        double middle = round((low + high) / 2 * 1e3) / 1e3;

        if (middle <= low || middle >= high)
            break;
        status = share_works(relief, index, middle, &works, err);
        if (status != MZ_OK)
            return status;
        *(works ? &high : &low) = middle;
    }
    remedy->set = share_list(plan, index, high);
    remedy->text = mz_arena_printf(plan->arena, "limits.partner_share of %s %.4g%% -> %.4g%%%s%s",
        mz_share_measure_name(share->of), 100 * share->max, 100 * high,
        share->partner >= 0 ? " for " : "",
        share->partner >= 0 ? plan->scenario->partners[share->partner].name : "");
    return MZ_OK;
}

/* Critical share after a loss: lower it by the worst relative shortfall. */
static void survive_remedy(const struct relief *relief, double margin, struct mz_remedy *remedy)
{
    const struct mz_scenario *scenario = relief->plan->scenario;
    const struct mz_workload *workload = &scenario->workloads[relief->element->entity];
    double worst = 0;
    double share;

    for (int32_t i = 0; i < relief->element->limit_count; i++) {
        const struct mz_limit *limit = relief->element->limits[i];
        double demand = mz_series_mean(
            &workload->demand_tokens_per_day, &relief->plan->model->periods[limit->period]);

        if (demand > 0)
            worst = fmax(worst, relief->slack[limit->period] / demand);
    }
    share = floor(1e4 * (scenario->limits.critical_share - worst * (1 + margin))) / 1e4;
    if (worst <= 0 || share <= 0)
        return;
    remedy->set = mz_arena_printf(relief->plan->arena, "limits.critical_share=%.4g%%", 100 * share);
    remedy->text = mz_arena_printf(relief->plan->arena, "limits.critical_share %.4g%% -> %.4g%%",
        100 * scenario->limits.critical_share, 100 * share);
}

static void rate_slacks(const struct relief *relief, struct relief *ret_rate, bool by_weeks)
{
    const struct mz_model *model = relief->plan->model;

    *ret_rate = *relief;
    ret_rate->slack =
        mz_arena_alloc(relief->plan->arena, (size_t)model->period_count, sizeof(*ret_rate->slack));
    for (int32_t t = 0; t < model->period_count; t++)
        ret_rate->slack[t] =
            relief->slack[t] / (by_weeks ? mean_weeks(model, t) : mean_months(model, t));
}

/* Less demand. A growth would go on from the new steps, so it is written away with them. */
static void demand_remedy(const struct relief *relief, double margin, struct mz_remedy *remedy)
{
    struct mz_arena *arena = relief->plan->arena;
    const struct mz_workload *workload =
        &relief->plan->scenario->workloads[relief->element->entity];
    const char *equals;

    series_remedy(relief, mz_arena_printf(arena, "workloads.%s.demand", workload->name),
        &workload->demand_tokens_per_day, "tokens/day", 1, -1, margin, remedy);
    if (!remedy->set || workload->demand_tokens_per_day.growth_per_year == 0)
        return;
    equals = strchr(remedy->set, '=');
    remedy->set = mz_arena_printf(
        arena, "workloads.%s={growth: null, demand: %s}", workload->name, equals + 1);
}

/* text and set stay NULL where the rule has no value that could be changed */
static void write_remedy(const struct relief *relief, double margin, struct mz_remedy *remedy)
{
    const struct mz_scenario *scenario = relief->plan->scenario;
    const struct mz_limits *limits = &scenario->limits;
    const struct mz_element *e = relief->element;
    struct mz_arena *arena = relief->plan->arena;
    struct relief rate;

    switch (e->rule) {
    case MZ_RULE_POWER:
        series_remedy(relief,
            mz_arena_printf(arena, "sites.%s.power", scenario->sites[e->entity].name),
            &scenario->sites[e->entity].power_mw, "MW", 1, 1, margin, remedy);
        return;
    case MZ_RULE_CAPACITY:
        series_remedy(relief,
            mz_arena_printf(arena, "contracts.%s.capacity", scenario->contracts[e->entity].name),
            &scenario->contracts[e->entity].capacity_chips, "chips", 1, 1, margin, remedy);
        return;
    case MZ_RULE_DEMAND: demand_remedy(relief, margin, remedy); return;
    case MZ_RULE_BUILD_RATE:
        rate_slacks(relief, &rate, true);
        series_remedy(&rate, "limits.build_rate", &limits->build_rate_mw_per_week, "MW/week", 1, 1,
            margin, remedy);
        return;
    case MZ_RULE_CHIP_SUPPLY:
        rate_slacks(relief, &rate, false);
        series_remedy(&rate,
            mz_arena_printf(arena, "limits.chip_supply.%s",
                scenario->chips[limits->chip_supply[e->entity].chip].name),
            &limits->chip_supply[e->entity].chips_per_month, "chips/month", 1, 1, margin, remedy);
        return;
    case MZ_RULE_EXPAND:
        amount_remedy(relief,
            mz_arena_printf(arena, "sites.%s.expand.max", scenario->sites[e->entity].name),
            scenario->sites[e->entity].expand.max_mw, "MW", 1, margin, remedy);
        return;
    case MZ_RULE_ENERGY:
        series_remedy(relief,
            mz_arena_printf(arena, "sites.%s.energy.%s.max", scenario->sites[e->entity].name,
                scenario->sites[e->entity].energy_kinds[e->sub].name),
            &scenario->sites[e->entity].energy_kinds[e->sub].max_mw, "MW", 1, 1, margin, remedy);
        return;
    case MZ_RULE_CASH:
        amount_remedy(relief, "finance.cash", scenario->finance.cash_usd, "USD", 1, margin, remedy);
        return;
    case MZ_RULE_FUNDING:
        amount_remedy(relief,
            mz_arena_printf(
                arena, "finance.funding.%s.max", scenario->finance.funding[e->entity].name),
            scenario->finance.funding[e->entity].max_usd, "USD", 1, margin, remedy);
        return;
    case MZ_RULE_SURVIVE: survive_remedy(relief, margin, remedy); return;
    case MZ_RULE_SHARE: /* share_remedy, which solves on its own */
    case MZ_RULE_CARBON:
    case MZ_RULE_DELIVERY:
    case MZ_RULE_USE:
    case MZ_RULE_BACKLOG:
    case MZ_RULE_TRAINING:
    case MZ_RULE_CHIPS_MAX:
    case MZ_RULE_GOAL:
    case MZ_RULE_COMMITMENT:
    case MZ_RULE_ROFR: return;
    }
}

/* Loads the scenario with the change and plans it, all rules strict. */
static enum mz_status try_remedy(const struct mz_study *study, const struct mz_plan *elastic,
    struct mz_remedy *remedy, bool *ret_works, struct mz_error *err)
{
    struct mz_plan_options options = study->options;
    const char *equals = strchr(remedy->set, '=');
    struct mz_change change = { .kind = MZ_CHANGE_SET, .value = equals + 1 };
    const struct mz_scenario *scenario;
    struct mz_arena *arena = mz_arena_create();
    struct mz_diags diags;
    struct mz_plan *plan;
    enum mz_status status;

    *ret_works = false;
    change.path = mz_arena_strndup(arena, remedy->set, (size_t)(equals - remedy->set));
    mz_diags_init(&diags, arena);
    status = mz_study_load(study, arena, &change, 1, &diags, &scenario);
    if (status != MZ_OK) { /* a path that --set cannot reach: not a remedy */
        mz_arena_free(arena);
        return MZ_OK;
    }
    options.basis = elastic->solver;
    status = mz_plan_solve(arena, scenario, &options, &plan, err);
    if (status == MZ_OK) {
        *ret_works = mz_plan_exists(plan->result->status);
        remedy->cost_usd = plan->result->cost_usd;
        remedy->objective_usd = plan->result->objective_usd;
        mz_plan_free(plan);
    }
    mz_arena_free(arena);
    return status;
}

static int by_objective(const void *a, const void *b)
{
    double left = ((const struct mz_remedy *)a)->objective_usd;
    double right = ((const struct mz_remedy *)b)->objective_usd;

    return left < right ? -1 : left > right;
}

/* Regions of one workload are loosened together, with the first of them. */
static bool is_repeated_demand(const struct mz_conflict_set *set, int32_t e)
{
    for (int32_t i = 0; i < e && set->elements[e].rule == MZ_RULE_DEMAND; i++) {
        if (set->elements[i].kept && set->elements[i].rule == MZ_RULE_DEMAND &&
            set->elements[i].entity == set->elements[e].entity)
            return true;
    }
    return false;
}

enum mz_status mz_remedies_find(const struct mz_study *study, struct mz_plan *plan,
    const struct mz_plan *elastic, const struct mz_conflict_set *set,
    struct mz_infeasibility *infeasibility, struct mz_error *err)
{
    static const double margins[] = { 1e-3, 0.02, 0.1, 0.3 };
    struct mz_remedy *list = mz_arena_alloc(plan->arena, MZ_REMEDY_COUNT_MAX, sizeof(*list));
    int32_t count = 0;

    for (int32_t e = 0; e < set->element_count && count < MZ_REMEDY_COUNT_MAX; e++) {
        struct relief relief = { plan, elastic, &set->elements[e],
            mz_arena_alloc(plan->arena, (size_t)plan->model->period_count, sizeof(double)) };
        bool found = false;
        enum mz_status status;

        if (!set->elements[e].kept || is_repeated_demand(set, e))
            continue;
        if (set->elements[e].rule == MZ_RULE_DEMAND)
            relief.element = whole_demand(plan, set->elements[e].entity);
        status = measure(&relief, &found, err);
        if (status != MZ_OK)
            return status;
        for (size_t i = 0; found && i < sizeof(margins) / sizeof(margins[0]); i++) {
            struct mz_remedy remedy = { .mark = *set->elements[e].limits[0]->mark };
            bool works;

            if (relief.element->rule == MZ_RULE_SHARE)
                status = share_remedy(&relief, &remedy, err);
            else
                write_remedy(&relief, margins[i], &remedy);
            if (status != MZ_OK)
                return status;
            if (!remedy.set)
                break;
            status = try_remedy(study, elastic, &remedy, &works, err);
            if (status != MZ_OK)
                return status;
            if (works) {
                list[count++] = remedy;
                break;
            }
        }
    }
    qsort(list, (size_t)count, sizeof(*list), by_objective);
    infeasibility->remedies = list;
    infeasibility->remedy_count = count;
    return MZ_OK;
}
