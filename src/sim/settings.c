/* settings.c - lists of KEY=VALUE, and failures from a file */
#include "sim/settings.h"

#include "base/csv.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORD_MAX = 256, FAILURE_FILE_BYTES_MAX = 64 * 1024 * 1024 };

struct item {
    char key[WORD_MAX];
    char value[WORD_MAX];
};

/* The next KEY=VALUE of a list; false at its end. */
static enum mz_status next_item(
    const char *what, const char **list, struct item *ret, bool *ret_more, struct mz_error *err)
{
    size_t length = strcspn(*list, ",");
    const char *equals = memchr(*list, '=', length);
    size_t key_length = equals ? (size_t)(equals - *list) : 0;

    *ret_more = false;
    if (**list == '\0')
        return MZ_OK;
    if (!equals || key_length == 0 || key_length >= WORD_MAX || length - key_length - 1 == 0 ||
        length - key_length - 1 >= WORD_MAX)
        return mz_fail(
            err, MZ_E_INPUT, "%s needs KEY=VALUE with commas between, not '%.100s'", what, *list);
    memcpy(ret->key, *list, key_length);
    ret->key[key_length] = '\0';
    memcpy(ret->value, equals + 1, length - key_length - 1);
    ret->value[length - key_length - 1] = '\0';
    *list += length + ((*list)[length] == ',');
    *ret_more = true;
    return MZ_OK;
}

static enum mz_status unknown(const char *what, const char *word, const char *const *known,
    int32_t count, struct mz_error *err)
{
    const char *nearest = mz_nearest_word(word, known, (size_t)count);

    return mz_fail(err, MZ_E_INPUT, "%s: '%s' is not known%s%s%s", what, word,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static enum mz_status read_time(const char *what, const struct item *item, int64_t min_us,
    int64_t *ret_us, struct mz_error *err)
{
    if (!mz_duration_parse(item->value, ret_us) || *ret_us < min_us)
        return mz_fail(err, MZ_E_INPUT, "%s: '%s' is no time such as 30s, 15min, 2h or 7d%s", what,
            item->value, min_us > 0 ? " above 0" : "");
    return MZ_OK;
}

/* ---- failures ---- */

static int32_t find_domain(const struct mz_fleet *fleet, enum mz_level level, const char *name)
{
    char buffer[MZ_NODE_NAME_MAX];
    int32_t count = level == MZ_LEVEL_NODE ? fleet->node_count : fleet->domain_counts[level];
    char *end;
    long number;

    for (int32_t d = 0; d < count; d++) {
        if ((level == MZ_LEVEL_NODE && strcmp(mz_fleet_node_name(fleet, d, buffer), name) == 0) ||
            (level == MZ_LEVEL_SITE && strcmp(fleet->sites[d].name, name) == 0) ||
            (level == MZ_LEVEL_PARTNER && strcmp(fleet->partner_names[d], name) == 0))
            return d;
    }
    if (level != MZ_LEVEL_RACK && level != MZ_LEVEL_SPINE)
        return -1;
    number = strtol(name, &end, 10);
    return *end == '\0' && end != name && number >= 0 && number < count ? (int32_t)number : -1;
}

/* A date, or whole seconds since 1970, which is where traces without dates begin. */
static bool read_moment(const char *text, int64_t *ret_us)
{
    char *end;
    long long seconds = strtoll(text, &end, 10);

    if (*end == '\0' && end != text && seconds >= 0 && seconds < MZ_TRACE_TIME_MAX_US / 1000000) {
        *ret_us = seconds * 1000000;
        return true;
    }
    return mz_trace_parse_time(text, false, ret_us);
}

static enum mz_status read_failure_row(const struct mz_fleet *fleet, const char *path,
    const struct mz_csv_record *record, struct mz_failure_event *ret, struct mz_error *err)
{
    int64_t at_us;
    enum mz_level level;

    if (record->count != 4)
        return mz_fail(err, MZ_E_PARSE, "%s:%d: time,level,name,down_s are 4 fields; %zu are there",
            path, record->line, record->count);
    if (!read_moment(record->fields[0], &at_us))
        return mz_fail(err, MZ_E_PARSE,
            "%s:%d: '%s' is no time such as '2017-10-01 12:30', nor seconds as in the trace", path,
            record->line, record->fields[0]);
    if (!mz_level_parse(record->fields[1], &level) || level == MZ_LEVEL_FLEET)
        return mz_fail(err, MZ_E_PARSE,
            "%s:%d: level '%s' is not known: node, rack, spine, site and partner are", path,
            record->line, record->fields[1]);
    *ret = (struct mz_failure_event){ .at_us = at_us, .level = level };
    ret->domain = find_domain(fleet, level, record->fields[2]);
    if (ret->domain < 0)
        return mz_fail(err, MZ_E_INPUT, "%s:%d: the fleet has no %s '%s'%s", path, record->line,
            mz_level_name(level), record->fields[2],
            level == MZ_LEVEL_RACK || level == MZ_LEVEL_SPINE ? "; they count from 0" : "");
    if (!mz_duration_parse(record->fields[3], &ret->down_us) || ret->down_us <= 0)
        return mz_fail(err, MZ_E_PARSE, "%s:%d: down_s '%s' is no time above 0", path, record->line,
            record->fields[3]);
    return MZ_OK;
}

static int compare_failures(const void *a, const void *b)
{
    const struct mz_failure_event *x = a;
    const struct mz_failure_event *y = b;

    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    return (x->level > y->level) - (x->level < y->level) +
        2 * ((x->domain > y->domain) - (x->domain < y->domain));
}

static enum mz_status read_failure_file(struct mz_arena *arena, const struct mz_fleet *fleet,
    const char *path, struct mz_sim_failures *failures, struct mz_error *err)
{
    struct mz_failure_event *events = NULL;
    size_t capacity = 0;
    int64_t count = 0;
    struct mz_csv csv;
    struct mz_csv_record record;
    char *bytes;
    size_t length;
    bool more;
    enum mz_status status = mz_file_read(arena, path, FAILURE_FILE_BYTES_MAX, &bytes, &length, err);

    if (status != MZ_OK)
        return status;
    mz_csv_init(&csv, path, bytes, length, arena);
    status = mz_csv_read(&csv, &record, &more, err);
    if (status == MZ_OK && (!more || record.count != 4 || strcmp(record.fields[0], "time") != 0))
        return mz_fail(
            err, MZ_E_PARSE, "%s:1: the first line has to be time,level,name,down_s", path);
    while (status == MZ_OK) {
        status = mz_csv_read(&csv, &record, &more, err);
        if (status != MZ_OK || !more)
            break;
        events = mz_arena_grow(
            arena, events, (size_t)count, (size_t)count + 1, &capacity, sizeof(*events));
        status = read_failure_row(fleet, path, &record, &events[count], err);
        count++;
    }
    if (status != MZ_OK)
        return status;
    if (count > 0)
        qsort(events, (size_t)count, sizeof(*events), compare_failures);
    failures->events = events;
    failures->event_count = count;
    return MZ_OK;
}

enum mz_status mz_sim_read_failures(struct mz_arena *arena, const struct mz_fleet *fleet,
    const char *text, struct mz_sim_failures *failures, struct mz_error *err)
{
    static const char *const known[] = { "node", "rack", "spine", "site", "partner", "repair" };
    struct item item;
    bool more = true;
    enum mz_status status = MZ_OK;

    failures->repair_us = INT64_C(3600) * 1000000;
    if (!strchr(text, '=') && access(text, F_OK) != 0)
        return mz_fail(err, MZ_E_INPUT,
            "--failures needs LEVEL=TIME,... such as node=1000h,repair=1h, or a file; there is no "
            "file '%s'",
            text);
    if (!strchr(text, '='))
        return read_failure_file(arena, fleet, text, failures, err);
    while (more) {
        enum mz_level level;

        status = next_item("--failures", &text, &item, &more, err);
        if (status != MZ_OK || !more)
            break;
        if (strcmp(item.key, "repair") == 0)
            status = read_time("--failures repair", &item, 1, &failures->repair_us, err);
        else if (mz_level_parse(item.key, &level) && level != MZ_LEVEL_FLEET)
            status = read_time("--failures", &item, 1, &failures->rates[level].mean_us, err);
        else
            status = unknown("--failures", item.key, known, 6, err);
        if (status != MZ_OK)
            break;
    }
    return status;
}

enum mz_status mz_sim_read_checkpoint(
    const char *text, struct mz_sim_failures *failures, struct mz_error *err)
{
    static const char *const known[] = { "cost", "restart", "every" };
    struct item item;
    bool more = true;
    enum mz_status status = MZ_OK;

    while (more) {
        status = next_item("--checkpoint", &text, &item, &more, err);
        if (status != MZ_OK || !more)
            break;
        if (strcmp(item.key, "cost") == 0)
            status = read_time("--checkpoint", &item, 0, &failures->checkpoint_cost_us, err);
        else if (strcmp(item.key, "restart") == 0)
            status = read_time("--checkpoint", &item, 0, &failures->restart_us, err);
        else if (strcmp(item.key, "every") == 0)
            status = read_time("--checkpoint", &item, 1, &failures->checkpoint_us, err);
        else
            status = unknown("--checkpoint", item.key, known, 3, err);
        if (status != MZ_OK)
            break;
    }
    return status;
}

static enum mz_status site_names(const struct mz_fleet *fleet, const char *what, const char *word,
    int32_t *ret_site, struct mz_error *err)
{
    const char *names[64];
    int32_t count = 0;

    for (int32_t s = 0; s < fleet->site_count; s++) {
        if (strcmp(fleet->sites[s].name, word) == 0) {
            *ret_site = s;
            return MZ_OK;
        }
        if (count < 64)
            names[count++] = fleet->sites[s].name;
    }
    return unknown(what, word, names, count, err);
}

enum mz_status mz_sim_read_spot(struct mz_arena *arena, const struct mz_fleet *fleet,
    const char *text, struct mz_sim_failures *failures, struct mz_error *err)
{
    struct mz_spot *spots = NULL;
    size_t capacity = 0;
    struct item item;
    bool more = true;
    enum mz_status status = MZ_OK;

    if (failures->repair_us == 0)
        failures->repair_us = INT64_C(3600) * 1000000;
    while (more) {
        struct mz_spot spot = { 0 };
        char *slash;

        status = next_item("--spot", &text, &item, &more, err);
        if (status != MZ_OK || !more)
            break;
        slash = strchr(item.value, '/');
        if (slash) {
            *slash = '\0';
            if (!mz_duration_parse(slash + 1, &spot.notice_us))
                return mz_fail(err, MZ_E_INPUT, "--spot: '%s' is no time of notice", slash + 1);
        }
        status = site_names(fleet, "--spot", item.key, &spot.site, err);
        if (status == MZ_OK)
            status = read_time("--spot", &item, 1, &spot.mean_us, err);
        if (status != MZ_OK)
            break;
        spots = mz_arena_grow(arena, spots, (size_t)failures->spot_count,
            (size_t)failures->spot_count + 1, &capacity, sizeof(*spots));
        spots[failures->spot_count++] = spot;
    }
    failures->spots = spots;
    return status;
}

/* ---- factors and weights ---- */

static enum mz_status read_factor(
    const char *what, const struct item *item, double max, double *ret, struct mz_error *err)
{
    char *end;

    *ret = strtod(item->value, &end);
    if (end == item->value || *end != '\0' || !isfinite(*ret) || *ret < 0 || *ret > max)
        return mz_fail(err, MZ_E_INPUT, "%s: '%s' for '%s' is no number from 0 to %g", what,
            item->value, item->key, max);
    return MZ_OK;
}

enum mz_status mz_sim_read_speeds(struct mz_arena *arena, const struct mz_fleet *fleet,
    const char *text, struct mz_contracts *contracts, struct mz_error *err)
{
    int32_t *speeds = mz_arena_alloc(arena, (size_t)fleet->chip_count + 1, sizeof(*speeds));
    struct item item;
    bool more = true;
    enum mz_status status = MZ_OK;

    for (int32_t c = 0; c < fleet->chip_count; c++)
        speeds[c] = MZ_MILLI;
    while (more) {
        double factor;
        int32_t chip = -1;

        status = next_item("--speed", &text, &item, &more, err);
        if (status != MZ_OK || !more)
            break;
        for (int32_t c = 0; c < fleet->chip_count; c++) {
            if (strcmp(fleet->chip_names[c], item.key) == 0)
                chip = c;
        }
        if (chip < 0)
            return unknown("--speed", item.key, fleet->chip_names, fleet->chip_count, err);
        status = read_factor("--speed", &item, 1000, &factor, err);
        if (status == MZ_OK && factor < 0.001)
            status = mz_fail(err, MZ_E_INPUT, "--speed: '%s' has to be at least 0.001", item.key);
        if (status != MZ_OK)
            break;
        speeds[chip] = (int32_t)lround(factor * MZ_MILLI);
    }
    contracts->speed_milli = speeds;
    return status;
}

static enum mz_status set_preference(const struct mz_fleet *fleet, const struct item *item,
    struct mz_weights *weights, struct mz_error *err)
{
    static const char *const known[] = { "price", "time", "data", "power", "share", "risk:" };
    double value;
    enum mz_status status = read_factor("--prefer", item, 1e6, &value, err);
    int64_t micro = llround(value * 1e6);

    if (status != MZ_OK)
        return status;
    if (strcmp(item->key, "price") == 0)
        weights->money_milli = llround(value * 1000);
    else if (strcmp(item->key, "time") == 0)
        weights->time_micro = micro;
    else if (strcmp(item->key, "data") == 0)
        weights->data_micro = micro;
    else if (strcmp(item->key, "power") == 0)
        weights->power_micro = micro;
    else if (strcmp(item->key, "share") == 0)
        weights->share_micro = micro;
    else if (strncmp(item->key, "risk:", 5) == 0) {
        for (int32_t p = 0; p < fleet->partner_count; p++) {
            if (strcmp(fleet->partner_names[p], item->key + 5) == 0) {
                weights->risk_micro[p] = micro;
                return MZ_OK;
            }
        }
        return unknown(
            "--prefer risk", item->key + 5, fleet->partner_names, fleet->partner_count, err);
    } else
        return unknown("--prefer", item->key, known, 6, err);
    return MZ_OK;
}

enum mz_status mz_sim_read_preferences(const struct mz_fleet *fleet, const char *text,
    struct mz_weights *weights, struct mz_error *err)
{
    struct item item;
    bool more = true;
    enum mz_status status = MZ_OK;

    while (more) {
        status = next_item("--prefer", &text, &item, &more, err);
        if (status != MZ_OK || !more)
            break;
        status = set_preference(fleet, &item, weights, err);
        if (status != MZ_OK)
            break;
    }
    return status;
}
