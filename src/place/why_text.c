/* why_text.c - the answer of why.c as people read it
 *
 *   Job 4142 'evals' waits (11 min). Expected start in 25 min, confidence: fair.
 *
 *     Nearest place   own/mi1            48 free ≥ 32 needed   blocked: quota of 'eval', 96 of 96 chips in use
 *     2nd             aws/use1           16 free <  32 needed   enough in 38 min, when 4138 'serve' ends
 *     3rd             azure/wus3        256 free ≥ 32 needed   blocked: reserved for 4120 'pretrain', at most 3.5 h
 *     Never           2 places: 1 too small, 1 with chips or partners that it does not take
 *     Order in queue  2nd of 7, behind 4139 'distill'
 *
 * Times are lengths from now: the engine knows no calendar. Names pass through mz_text_printable.
 * Places that can never hold the job are counted only.
 */
#include "place/why.h"

#include <string.h>

#include <inttypes.h>

#include "base/duration.h"
#include "place/engine_impl.h"

#include <stdio.h>

enum { PLACES_SHOWN_MAX = 8, NAME_MAX = 128 };

struct writing {
    const struct mz_engine *engine;
    const struct mz_why_names *names;
    int64_t now_us;
    struct mz_text *out;
};

static const char *ordinal(char buffer[16], int32_t n)
{
    const char *end = "th";

    if (n % 100 < 11 || n % 100 > 13)
        end = n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
    snprintf(buffer, 16, "%d%s", n, end);
    return buffer;
}

static const char *until(const struct writing *w, char buffer[MZ_DURATION_TEXT_MAX], int64_t at_us)
{
    return mz_duration_format(buffer, at_us > w->now_us ? at_us - w->now_us : 0);
}

static void add_name(const struct writing *w, const char *name)
{
    char printable[NAME_MAX];

    mz_text_add(w->out, mz_text_printable(printable, sizeof(printable), name));
}

/* "4139 'distill'" */
static void add_job(const struct writing *w, int32_t job)
{
    const struct mz_why_names *names = w->names;
    const char *name = names->name ? names->name(names->context, job) : NULL;
    int64_t number = names->number ? names->number(names->context, job) : job;

    if (number < 0 && name) {
        add_name(w, name);
        return;
    }
    mz_text_addf(w->out, "%" PRId64, number);
    if (!name)
        return;
    mz_text_add(w->out, " '");
    add_name(w, name);
    mz_text_add(w->out, "'");
}

/* "own/mi1", with the chip where the site has several. */
static const char *place_name(const struct writing *w, int32_t p, char buffer[NAME_MAX])
{
    const struct mz_fleet *fleet = mz_engine_fleet(w->engine);
    const struct mz_fleet_pool *pool = &fleet->pools[p];
    const struct mz_fleet_site *site = &fleet->sites[pool->site];
    char raw[NAME_MAX];
    int32_t pools = 0;

    const char *partner = fleet->partner_names[site->partner];
    size_t length = strlen(partner);
    /* A site is often called after its partner already: "aws/use1". */
    bool has_partner = strncmp(site->name, partner, length) == 0 &&
        (site->name[length] == '/' || site->name[length] == '\0');

    for (int32_t i = 0; i < fleet->pool_count; i++)
        pools += fleet->pools[i].site == pool->site;
    snprintf(raw, sizeof(raw), "%.40s%s%.50s", has_partner ? "" : partner, has_partner ? "" : "/",
        site->name);
    length = strlen(raw);
    if (pools > 1)
        snprintf(raw + length, sizeof(raw) - length, " (%.30s)",
            pool->chip < 0 ? "CPU only" : fleet->chip_names[pool->chip]);
    return mz_text_printable(buffer, NAME_MAX, raw);
}

static void add_end(const struct writing *w, const struct mz_why_place *place)
{
    char text[MZ_DURATION_TEXT_MAX];

    if (place->frees_job < 0) {
        mz_text_add(w->out, ", and nothing that runs there makes room");
        return;
    }
    mz_text_addf(w->out, ", enough in %s when ", until(w, text, place->frees_us));
    add_job(w, place->frees_job);
    mz_text_add(w->out, " ends");
}

static void add_quota(const struct writing *w, const struct mz_why_place *place)
{
    const struct mz_teams *teams = w->engine->teams;
    char text[MZ_DURATION_TEXT_MAX];

    mz_text_add(w->out, "blocked: quota of '");
    add_name(w, mz_teams_path(teams, place->blocker_team));
    mz_text_addf(w->out, "', %lld chips in use with a quota of %lld",
        (long long)(mz_teams_used_milli(teams, place->blocker_team) / MZ_MILLI),
        (long long)mz_teams_quota_chips(teams, place->blocker_team));
    if (place->frees_job < 0)
        return;
    mz_text_addf(w->out, "; enough in %s when ", until(w, text, place->frees_us));
    add_job(w, place->frees_job);
    mz_text_add(w->out, " ends");
}

static void add_reason(const struct writing *w, const struct mz_why_place *place)
{
    char text[MZ_DURATION_TEXT_MAX];

    switch (place->why) {
    case MZ_WHY_NOT_ALLOWED: mz_text_add(w->out, "not allowed: its chip or partner"); break;
    case MZ_WHY_TOO_SMALL: mz_text_add(w->out, "too small even when empty"); break;
    case MZ_WHY_DOWN:
        mz_text_add(w->out, "nodes are down or cordoned that would hold it");
        if (place->frees_job >= 0)
            add_end(w, place);
        break;
    case MZ_WHY_QUOTA: add_quota(w, place); break;
    case MZ_WHY_RESERVED:
        mz_text_add(w->out, "blocked: reserved for ");
        add_job(w, place->blocker_job);
        mz_text_addf(w->out, ", for at most %s", until(w, text, place->frees_us));
        break;
    case MZ_WHY_CHIPS:
        mz_text_add(w->out, "too few chips free");
        add_end(w, place);
        break;
    case MZ_WHY_SCATTERED:
        mz_text_add(w->out, "free, but spread over too many nodes or domains");
        add_end(w, place);
        break;
    case MZ_WHY_CPU_MEMORY:
        mz_text_add(w->out, "too little CPU or memory beside the free chips");
        add_end(w, place);
        break;
    case MZ_WHY_CONTRACT: mz_text_add(w->out, "blocked: no contract there has room"); break;
    case MZ_WHY_QUEUE: mz_text_add(w->out, "fits: waits for those ahead of it"); break;
    }
}

static bool is_never(const struct mz_why_place *place)
{
    return place->why == MZ_WHY_TOO_SMALL || place->why == MZ_WHY_NOT_ALLOWED;
}

static void add_places(const struct writing *w, const struct mz_why_answer *answer)
{
    int32_t widest = 0;
    int32_t shown = 0;
    char name[NAME_MAX];
    char number[16];

    for (int32_t i = 0; i < answer->place_count && i < PLACES_SHOWN_MAX; i++) {
        int32_t columns = mz_text_columns(place_name(w, answer->places[i].pool, name));

        if (!is_never(&answer->places[i]) && columns > widest)
            widest = columns;
    }
    for (; shown < answer->place_count && shown < PLACES_SHOWN_MAX; shown++) {
        const struct mz_why_place *place = &answer->places[shown];

        if (is_never(place))
            break;
        place_name(w, place->pool, name);
        mz_text_addf(w->out, "  %-15s %s%*s  %6lld free %s %4lld needed   ",
            shown == 0 ? "Nearest place" : ordinal(number, shown + 1), name,
            (int)(widest - mz_text_columns(name)), "", (long long)place->free_chips,
            place->free_chips < place->need_chips ? "<" : "≥", (long long)place->need_chips);
        add_reason(w, place);
        mz_text_add(w->out, "\n");
    }
    if (shown < answer->place_count && !is_never(&answer->places[shown])) {
        int32_t more = 0;

        for (int32_t i = shown; i < answer->place_count; i++)
            more += !is_never(&answer->places[i]);
        mz_text_addf(w->out, "  %-15s %d more place%s\n", "", more, more == 1 ? "" : "s");
    }
}

static void add_never(const struct writing *w, const struct mz_why_answer *answer)
{
    int32_t small = 0;
    int32_t refused = 0;

    for (int32_t i = 0; i < answer->place_count; i++) {
        small += answer->places[i].why == MZ_WHY_TOO_SMALL;
        refused += answer->places[i].why == MZ_WHY_NOT_ALLOWED;
    }
    if (small + refused == 0)
        return;
    mz_text_addf(
        w->out, "  %-15s %d place%s: ", "Never", small + refused, small + refused == 1 ? "" : "s");
    if (small > 0)
        mz_text_addf(w->out, "%d too small even when empty%s", small, refused > 0 ? ", " : "");
    if (refused > 0)
        mz_text_addf(w->out, "%d with a chip or partner that it does not take", refused);
    mz_text_add(w->out, "\n");
}

static void add_head(const struct writing *w, const struct mz_why_answer *answer)
{
    struct mz_job job = mz_engine_job(w->engine, answer->job);
    char waited[MZ_DURATION_TEXT_MAX];
    char start[MZ_DURATION_TEXT_MAX];
    int64_t waited_us = w->now_us > job.request.submit_us ? w->now_us - job.request.submit_us : 0;

    mz_text_add(w->out, "Job ");
    add_job(w, answer->job);
    mz_text_addf(w->out, " waits (%s). ", mz_duration_format(waited, waited_us));
    if (answer->start_us >= MZ_TIME_NEVER)
        mz_text_add(w->out, "Expected start unknown: nothing that runs makes room for it.\n\n");
    else if (answer->is_promised)
        mz_text_addf(
            w->out, "It is promised to start within %s.\n\n", until(w, start, answer->start_us));
    else
        mz_text_addf(w->out, "Expected start in %s, confidence: fair.\n\n",
            until(w, start, answer->start_us));
}

void mz_why_write(const struct mz_engine *engine, const struct mz_why_answer *answer,
    const struct mz_why_names *names, int64_t now_us, struct mz_text *out)
{
    struct writing w = { .engine = engine, .names = names, .now_us = now_us, .out = out };
    char number[16];

    add_head(&w, answer);
    add_places(&w, answer);
    add_never(&w, answer);
    mz_text_addf(out, "  %-15s %s of %d", "Order in queue", ordinal(number, answer->position + 1),
        answer->waiting_count);
    if (answer->ahead_job >= 0) {
        mz_text_add(out, ", behind ");
        add_job(&w, answer->ahead_job);
    }
    mz_text_add(out, "\n");
}
