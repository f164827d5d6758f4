/* load_sites.c - sites: power, energy, carbon; defaults come from the catalogue and are recorded */
#include "scenario/load.h"

#include <string.h>

#define DEFAULT_SOURCE "default of mizan"
static const double pue_default = 1.25;
static const double carbon_default_g_per_kwh = 400;
static const double energy_default_usd_per_mwh = 70;
static const double availability_default = 0.95;
static const double draw_default = 0.80;

/* Records `value`, which the site does not state, and answers it. */
static double assume(struct mz_loader *load, const struct mz_site *site, const char *key,
    double value, const char *unit, const char *source, bool verified)
{
    double shown = strcmp(unit, "%") == 0 ? value * 100 : value;

    mz_load_assume(load, site->mark, mz_arena_printf(load->arena, "sites.%s.%s", site->name, key),
        mz_arena_printf(load->arena, "%.12g%s", shown, unit), source, verified);
    return value;
}

static void load_energy_kinds(
    struct mz_loader *load, struct mz_site *site, const struct mz_node *node)
{
    struct mz_energy_kind *kinds = mz_arena_alloc(load->arena, node->count + 1, sizeof(*kinds));

    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];
        struct mz_view view = mz_view_of(load, &mz_schema_energy_kind, entry->value);

        kinds[site->energy_kind_count++] = (struct mz_energy_kind){
            .name = entry->key,
            .price_usd_per_mwh = mz_view_series(&view, "price"),
            .carbon_g_per_kwh = mz_view_series(&view, "carbon"),
            .max_mw = mz_view_series(&view, "max"),
            .from_month = mz_view_month(&view, "from", MZ_MONTH_ALWAYS),
            .mark = entry->key_mark,
        };
    }
    site->energy_kinds = kinds;
}

/* Does anything compute with the intensity of the site itself? */
static bool needs_carbon(const struct mz_site *site)
{
    for (int32_t i = 0; i < site->energy_kind_count; i++) {
        if (!mz_series_stated(&site->energy_kinds[i].carbon_g_per_kwh))
            return true;
    }
    return site->energy_kind_count == 0;
}

static void load_carbon(struct mz_loader *load, const struct mz_view *view, struct mz_site *site,
    const struct mz_catalogue_site *known)
{
    double value = known->has_carbon ? known->carbon_g_per_kwh : carbon_default_g_per_kwh;

    if (mz_view_has(view, "carbon")) {
        site->carbon_g_per_kwh = mz_view_series(view, "carbon");
        return;
    }
    if (needs_carbon(site))
        assume(load, site, "carbon", value, " g/kWh",
            known->has_carbon ? known->source : DEFAULT_SOURCE,
            known->has_carbon && known->verified);
    site->carbon_g_per_kwh = mz_series_constant(load, value, MZ_BEFORE_FIRST);
}

/* PUE, carbon and energy: stated, or of the catalogue, or a default of the program. */
static void load_energy(struct mz_loader *load, const struct mz_view *view, struct mz_site *site)
{
    struct mz_catalogue_site known = { 0 };
    const struct mz_node *energy = mz_view_node(view, "energy");

    if (!mz_catalogue_site(load->catalogue, site->name, &known))
        known = (struct mz_catalogue_site){ 0 };
    site->pue = mz_view_number(view, "pue", pue_default);
    if (!mz_view_has(view, "pue")) {
        site->pue = assume(load, site, "pue", known.has_pue ? known.pue : pue_default, "",
            known.has_pue ? known.source : DEFAULT_SOURCE, known.has_pue && known.verified);
    }
    if (energy && energy->kind == MZ_NODE_MAP && !mz_node_is_dated(energy)) {
        load_energy_kinds(load, site, energy);
    } else if (energy) {
        site->energy_usd_per_mwh = mz_view_series(view, "energy");
    } else {
        bool has = known.has_energy;
        double value = has ? known.energy_usd_per_mwh : energy_default_usd_per_mwh;

        /* a rented price includes its power: nothing is computed with it there */
        if (site->partner >= 0 && load->partners[site->partner].is_own)
            assume(load, site, "energy", value, " USD/MWh", has ? known.source : DEFAULT_SOURCE,
                has && known.verified);
        site->energy_usd_per_mwh = mz_series_constant(load, value, MZ_BEFORE_FIRST);
    }
    load_carbon(load, view, site, &known);
}

static void load_expand(struct mz_loader *load, const struct mz_view *view, struct mz_site *site)
{
    struct mz_view map = mz_view_map(view, "expand");

    if (!map.node)
        return;
    mz_load_order(load, &map, "from", "to", "the window");
    site->expand = (struct mz_expand){
        .present = true,
        .from_month = mz_view_month(&map, "from", load->scenario->start_month),
        .to_month = mz_view_month(&map, "to", load->last_month),
        .lead_months = mz_view_whole(&map, "lead", 0),
        .life_months = mz_view_whole(&map, "life", 1),
        .max_mw = mz_view_number(&map, "max", 0),
        .capex_usd_per_mw = mz_view_series(&map, "capex"),
        .mark = map.node->mark,
    };
}

/* Moves the steps that lie behind the start: what stands at the start is not late any more. */
static void slip_power(struct mz_loader *load, struct mz_site *site)
{
    struct mz_step *steps;

    if (site->slip_months == 0 || site->power_mw.step_count == 0)
        return;
    steps = mz_arena_alloc(load->arena, (size_t)site->power_mw.step_count, sizeof(*steps));
    for (int32_t i = 0; i < site->power_mw.step_count; i++) {
        steps[i] = site->power_mw.steps[i];
        if (steps[i].month > load->scenario->start_month)
            steps[i].month += site->slip_months;
    }
    site->power_mw.steps = steps;
}

static void load_power(struct mz_loader *load, const struct mz_view *view, struct mz_site *site)
{
    bool own = site->partner >= 0 && load->partners[site->partner].is_own;

    site->power_mw = mz_view_series(view, "power");
    site->slip_months = mz_view_whole(view, "slip", 0);
    slip_power(load, site);
    load_expand(load, view, site);
    if (mz_view_has(view, "power"))
        return;
    if (site->expand.present)
        site->power_mw = mz_series_constant(load, 0, MZ_BEFORE_ZERO);
    else if (own && !load->scenario->is_fleet)
        mz_check_error(
            &load->check, "M0108", site->mark, "'power' is missing in sites.%.100s", site->name)
            ->note = "power of a site of our own is the most that can be built there; "
                     "it may be left out where 'expand' is stated";
}

static void load_fleet(struct mz_loader *load, const struct mz_view *view, struct mz_site *site)
{
    const char *chip = mz_view_text(view, "chip", NULL);
    struct mz_view topology = mz_view_map(view, "topology");

    site->nodes = mz_view_series(view, "nodes");
    site->chips_per_node = mz_view_whole(view, "chips_per_node", 0);
    site->chip = chip ? mz_load_chip(load, chip) : -1;
    site->pretend = mz_view_bool(view, "pretend", false);
    site->topology = (struct mz_topology){
        .spines = mz_view_whole(&topology, "spines", 0),
        .racks_per_spine = mz_view_whole(&topology, "racks_per_spine", 0),
        .nodes_per_rack = mz_view_whole(&topology, "nodes_per_rack", 0),
    };
}

/* Index of the partner before the first slash; reports what is wrong with the name. */
static int32_t site_partner(struct mz_loader *load, const struct mz_entry *entry)
{
    const char *slash = strchr(entry->key, '/');
    const char *partner;

    if (!slash || slash == entry->key || slash[1] == '\0') {
        if (!mz_name_problem(entry->key))
            mz_check_error(&load->check, "M0122", entry->key_mark,
                "site '%.100s' is not named partner/site", entry->key)
                ->label = "such as aws/us-east-1";
        return -1;
    }
    partner = mz_arena_strndup(load->arena, entry->key, (size_t)(slash - entry->key));
    return mz_load_partner(load, partner, entry->key_mark);
}

static int32_t site_region(struct mz_loader *load, const struct mz_view *view)
{
    const char *name = mz_view_text(view, "region", NULL);
    struct mz_scenario *scenario = load->scenario;
    int32_t region;

    if (!name || mz_name_problem(name))
        return -1;
    region = mz_names_find(load->region_names, name);
    if (region >= 0)
        return region;
    if (scenario->region_count == MZ_REGION_COUNT_MAX) {
        mz_check_error(&load->check, "M0127", mz_view_mark(view, "region"), "more than %d regions",
            MZ_REGION_COUNT_MAX);
        return -1;
    }
    load->regions[scenario->region_count] = name;
    mz_names_add(load->region_names, name, scenario->region_count);
    return scenario->region_count++;
}

void mz_load_sites(struct mz_loader *load)
{
    struct mz_scenario *scenario = load->scenario;
    const struct mz_entry *entries = NULL;
    size_t count = mz_load_section(load, "sites", MZ_SITE_COUNT_MAX, &entries);

    load->sites = mz_arena_alloc(load->arena, count + 1, sizeof(*load->sites));
    load->site_list = mz_arena_alloc(load->arena, count + 1, sizeof(*load->site_list));
    load->regions = mz_arena_alloc(load->arena, MZ_REGION_COUNT_MAX, sizeof(*load->regions));
    load->site_names = mz_names_create(load->arena);
    load->region_names = mz_names_create(load->arena);
    scenario->sites = load->sites;
    scenario->regions = load->regions;
    for (size_t i = 0; i < count; i++) {
        struct mz_view view = mz_view_of(load, &mz_schema_site, entries[i].value);
        struct mz_site *site = &load->sites[i];

        site->name = entries[i].key;
        site->mark = entries[i].key_mark;
        site->partner = site_partner(load, &entries[i]);
        site->region = site_region(load, &view);
        site->is_new =
            mz_view_bool(&view, "new", site->partner >= 0 && load->partners[site->partner].is_own);
        load_energy(load, &view, site);
        site->availability = mz_view_number(&view, "availability", availability_default);
        if (!mz_view_has(&view, "availability"))
            assume(load, site, "availability", availability_default, "%", DEFAULT_SOURCE, false);
        site->draw = mz_view_number(&view, "draw", draw_default);
        if (!mz_view_has(&view, "draw"))
            assume(load, site, "draw", draw_default, "%", DEFAULT_SOURCE, false);
        load_power(load, &view, site);
        load_fleet(load, &view, site);
        load->site_list[i] = site->name;
        mz_names_add(load->site_names, site->name, (int32_t)i);
    }
    scenario->site_count = (int32_t)count;
}
