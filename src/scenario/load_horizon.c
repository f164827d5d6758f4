/* load_horizon.c - name, start and periods; what a fleet may leave out */
#include "scenario/load.h"

#include "base/month.h"

#include <string.h>

/* A fleet is a file that says how partners are reached or what stands at a site; and one that has no
 * periods and no work, so nothing to plan: an empty fleet. */
static bool is_fleet(const struct mz_node *root)
{
    static const char *const sections[] = { "partners", "sites" };
    static const char *const signs[] = { "driver", "nodes" };

    for (size_t s = 0; s < 2; s++) {
        const struct mz_node *section = mz_node_value(root, sections[s]);

        for (size_t i = 0; section && section->kind == MZ_NODE_MAP && i < section->count; i++) {
            if (mz_node_value(section->entries[i].value, signs[s]))
                return true;
        }
    }
    return !mz_node_find(root, "periods") && !mz_node_find(root, "workloads") &&
        mz_node_find(root, "partners") && !mz_node_find(root, "contracts");
}

static void require(struct mz_loader *load, const char *key, const char *example)
{
    struct mz_mark mark = load->root->mark;

    mark.end_column = 0;
    if (!mz_node_find(load->root, key))
        mz_check_error(&load->check, "M0108", mark, "'%s' is missing in the file", key)->note =
            example;
}

/* "fleet" of "conf/fleet.yaml". */
static const char *base_name(struct mz_arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *base = slash ? slash + 1 : file;
    const char *dot = strrchr(base, '.');

    return mz_arena_strndup(arena, base, dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

static void take_earlier(const char *text, int32_t *month)
{
    int32_t other;

    if (mz_month_parse(text, false, &other) && other < *month)
        *month = other;
}

/* The first month that any contract of a fleet speaks of. */
static int32_t earliest_month(const struct mz_node *root)
{
    const struct mz_node *contracts = mz_node_value(root, "contracts");
    int32_t month = MZ_MONTH_NEVER;

    for (size_t i = 0; contracts && contracts->kind == MZ_NODE_MAP && i < contracts->count; i++) {
        const struct mz_node *start = mz_node_value(contracts->entries[i].value, "start");
        const struct mz_node *capacity = mz_node_value(contracts->entries[i].value, "capacity");

        if (start && start->kind == MZ_NODE_SCALAR)
            take_earlier(start->text, &month);
        for (size_t j = 0; capacity && capacity->kind == MZ_NODE_MAP && j < capacity->count; j++)
            take_earlier(capacity->entries[j].key, &month);
    }
    return month == MZ_MONTH_NEVER ? MZ_MONTH_MIN : month;
}

/* Fills the periods in the order in which the file states their lengths. */
static void load_periods(struct mz_loader *load, const struct mz_view *periods)
{
    static const char *const keys[] = { "months", "quarters", "years", NULL };
    static const int32_t lengths[] = { 1, 3, 12 };
    struct mz_scenario *scenario = load->scenario;
    struct mz_period *list = mz_arena_alloc(load->arena, MZ_PERIOD_COUNT_MAX, sizeof(*list));
    int32_t month = scenario->start_month;
    int64_t total = 0;
    bool bad = false;

    for (size_t i = 0; i < periods->node->count; i++) {
        int32_t word = mz_words_find(keys, periods->node->entries[i].key);
        int32_t count = word < 0 ? -1 : mz_view_whole(periods, keys[word], -1);

        bad = bad || count < 0; /* reported by the first pass */
        total += count;
        for (; count > 0 && scenario->period_count < MZ_PERIOD_COUNT_MAX; count--) {
            list[scenario->period_count++] = mz_period_make(month, month + lengths[word]);
            month += lengths[word];
        }
    }
    scenario->periods = list;
    if (scenario->period_count > 0)
        load->last_month = month - 1;
    if (bad || periods->node->count == 0 || (total == 0 && scenario->is_fleet))
        return;
    if (total < 1 || total > MZ_PERIOD_COUNT_MAX)
        mz_check_error(&load->check, "M0115", periods->node->mark, "the horizon has %lld periods",
            (long long)total)
            ->label = "1 to 600 periods";
}

void mz_load_horizon(struct mz_loader *load)
{
    struct mz_view file = mz_view_of(load, &mz_schema_file, load->root);
    struct mz_view periods = mz_view_map(&file, "periods");
    struct mz_scenario *scenario = load->scenario;

    scenario->is_fleet = is_fleet(load->root);
    scenario->name = mz_view_text(&file, "name", base_name(load->arena, scenario->file));
    if (!scenario->is_fleet) {
        require(load, "name", "name: a word for this scenario");
        require(load, "start", "start: the first month, such as 2025-11");
        require(load, "periods", "periods: {months: 12, quarters: 8}");
    }
    scenario->start_month =
        mz_view_month(&file, "start", scenario->is_fleet ? earliest_month(load->root) : 2025 * 12);
    load->last_month = MZ_MONTH_NEVER - 1;
    if (periods.node)
        load_periods(load, &periods);
    scenario->discount_per_year = mz_view_number(&file, "discount", 0);
}
