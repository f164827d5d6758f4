/* page_text.c - times, money, states, places and bars as pages write them */
#include "control/page_impl.h"

#include "base/duration.h"
#include "report/svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MICRO 1e6

const char *mz_page_string(const char *text)
{
    return text ? text : "";
}

bool mz_page_has(const char *text)
{
    return text && *text;
}

/* ---- times and numbers ---- */

static struct tm utc_of(int64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm = { 0 };

    (void)gmtime_r(&seconds, &tm);
    return tm;
}

const char *mz_page_rfc3339(char *buffer, int64_t wall_us)
{
    struct tm tm = utc_of(wall_us);

    (void)strftime(buffer, MZ_PAGE_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return buffer;
}

const char *mz_page_clock(char *buffer, int64_t wall_us, int64_t now_us)
{
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
        "Sep", "Oct", "Nov", "Dec" };
    struct tm tm = utc_of(wall_us);
    struct tm now = utc_of(now_us);

    if (tm.tm_year != now.tm_year)
        (void)strftime(buffer, MZ_PAGE_TIME_MAX, "%Y-%m-%d", &tm);
    else if (tm.tm_yday != now.tm_yday)
        (void)snprintf(buffer, MZ_PAGE_TIME_MAX, "%d %s %02d:%02d", tm.tm_mday, months[tm.tm_mon],
            tm.tm_hour, tm.tm_min);
    else
        (void)snprintf(buffer, MZ_PAGE_TIME_MAX, "%02d:%02d", tm.tm_hour, tm.tm_min);
    return buffer;
}

void mz_page_add_dash(struct mz_text *out)
{
    mz_text_add(out, "<span class=\"none\">–</span>");
}

void mz_page_add_time(struct mz_text *out, int64_t wall_us, int64_t now_us)
{
    char text[MZ_PAGE_TIME_MAX];

    if (wall_us <= 0) {
        mz_page_add_dash(out);
        return;
    }
    mz_page_rfc3339(text, wall_us);
    mz_text_addf(out, "<time datetime=\"%s\" title=\"%s\">", text, text);
    mz_text_addf(out, "%s</time>", mz_page_clock(text, wall_us, now_us));
}

void mz_page_add_span(struct mz_text *out, int64_t us)
{
    char text[MZ_DURATION_TEXT_MAX];

    mz_text_add(out, mz_duration_format(text, us > 0 ? us : 0));
}

void mz_page_add_count(struct mz_text *out, int64_t count)
{
    char text[MZ_NUMBER_MAX];

    mz_text_add(out, mz_format_fixed(text, (double)count, 0));
}

void mz_page_add_money(struct mz_text *out, int64_t micro)
{
    char text[MZ_NUMBER_MAX];
    double usd = (double)micro / MICRO;

    if (fabs(usd) >= 999999.5) {
        mz_text_add(out, mz_format_usd(text, usd));
        return;
    }
    mz_text_addf(out, "%s$%s", usd < 0 ? "-" : "",
        mz_format_fixed(text, fabs(usd), usd == 0 || fabs(usd) >= 99.995 ? 0 : 2));
}

void mz_page_add_counted(struct mz_text *out, int64_t count, const char *noun)
{
    mz_page_add_count(out, count);
    mz_text_addf(out, " %s%s", noun, count == 1 ? "" : "s");
}

/* ---- states ---- */

const char *mz_page_state_class(enum mz_run_state state)
{
    switch (state) {
    case MZ_RUN_RUNNING:
    case MZ_RUN_DONE: return "good";
    case MZ_RUN_RESTARTING:
    case MZ_RUN_STOPPING:
    case MZ_RUN_UNKNOWN: return "warn";
    case MZ_RUN_FAILED: return "bad";
    case MZ_RUN_PENDING:
    case MZ_RUN_HELD:
    case MZ_RUN_PLACING:
    case MZ_RUN_CANCELLED:
    case MZ_RUN_STATE_COUNT: break;
    }
    return "idle";
}

void mz_page_add_job_name(struct mz_text *out, const struct mz_job_row *job)
{
    if (mz_page_has(job->name))
        mz_text_add_html(out, job->name);
    else
        mz_text_addf(out, "job %" PRId64, job->id);
}

void mz_page_add_state(struct mz_text *out, enum mz_run_state state)
{
    static const char *const marks[MZ_RUN_STATE_COUNT] = { "○", "‖", "◔", "●", "↻", "◍", "?", "✓",
        "✗", "–" };

    mz_text_addf(out, "<span class=\"st %s\"><i aria-hidden=\"true\">%s</i>%s</span>",
        mz_page_state_class(state), marks[state], mz_run_state_name(state));
}

/* ---- partners and places ---- */

int32_t mz_page_partner_find(const struct mz_page_head *head, const char *name)
{
    for (int32_t p = 0; mz_page_has(name) && p < head->partner_count; p++) {
        if (strcmp(head->partners[p].name, name) == 0)
            return p;
    }
    return -1;
}

const char *mz_page_partner_label(const struct mz_page_head *head, int32_t partner)
{
    return partner >= 0 && partner < head->partner_count
        ? mz_page_string(head->partners[partner].name)
        : "?";
}

const char *mz_page_color(const struct mz_page_head *head, int32_t partner, char buffer[8])
{
    int32_t color = 0;

    if (partner < 0 || partner >= head->partner_count)
        return strcpy(buffer, "m");
    if (head->partners[partner].is_own)
        return strcpy(buffer, "o");
    for (int32_t p = 0; p < partner; p++)
        color += head->partners[p].is_own ? 0 : 1;
    (void)snprintf(buffer, 8, "%d", (int)(color % MZ_COLOR_COUNT));
    return buffer;
}

void mz_page_add_swatch(struct mz_text *out, const struct mz_page_head *head, const char *name)
{
    char color[8];

    mz_text_addf(out, "<span class=\"sw c%s\" aria-hidden=\"true\"></span>",
        mz_page_color(head, mz_page_partner_find(head, name), color));
}

void mz_page_add_partner(struct mz_text *out, const struct mz_page_head *head, const char *name)
{
    mz_page_add_swatch(out, head, name);
    mz_text_add(out, "<bdi>");
    mz_text_add_html(out, mz_page_string(name));
    mz_text_add(out, "</bdi>");
}

void mz_page_add_place(
    struct mz_text *out, const struct mz_page_head *head, const char *partner, const char *site)
{
    size_t length = strlen(mz_page_string(partner));

    if (!mz_page_has(partner) && !mz_page_has(site)) {
        mz_page_add_dash(out);
        return;
    }
    mz_page_add_swatch(out, head, partner);
    mz_text_add(out, "<bdi>");
    if (mz_page_has(partner) && mz_page_has(site) &&
        (strncmp(site, partner, length) != 0 || (site[length] != '/' && site[length] != '\0'))) {
        mz_text_add_html(out, partner);
        mz_text_add(out, "/");
    }
    mz_text_add_html(out, mz_page_has(site) ? site : partner);
    mz_text_add(out, "</bdi>");
}

/* ---- addresses and command lines ---- */

void mz_page_add_query(struct mz_text *out, int32_t *count, const char *name, const char *value)
{
    if (!mz_page_has(value))
        return;
    mz_text_addf(out, "%s%s=", (*count)++ == 0 ? "?" : "&amp;", name);
    for (const unsigned char *s = (const unsigned char *)value; *s; s++) {
        bool is_plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
            (*s >= '0' && *s <= '9') || strchr("-._~,", *s);

        if (is_plain)
            mz_text_addf(out, "%c", *s);
        else
            mz_text_addf(out, "%%%02X", *s);
    }
}

void mz_page_add_word(struct mz_text *command, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,/:=@%+";

    if (*word && word[strspn(word, plain)] == '\0') {
        mz_text_add(command, word);
        return;
    }
    mz_text_add(command, "'");
    for (const char *s = word; *s; s++)
        mz_text_addf(command, *s == '\'' ? "'\\''" : "%c", *s);
    mz_text_add(command, "'");
}

void mz_page_add_option(struct mz_text *command, const char *name, const char *word)
{
    if (!mz_page_has(word))
        return;
    mz_text_addf(command, " --%s%s", name, *word == '-' ? "=" : " ");
    mz_page_add_word(command, word);
}

/* ---- bars, and what follows from rows ---- */

void mz_page_add_bar(struct mz_text *out, const struct mz_page_bar_part *parts, int32_t count)
{
    double at = 0;

    mz_text_add(out,
        "<svg class=\"bar\" aria-hidden=\"true\"><rect class=\"track\" "
        "width=\"100%\" height=\"100%\"/>");
    for (int32_t i = 0; i < count; i++) {
        double width = isfinite(parts[i].fraction) ? fmin(fmax(parts[i].fraction, 0), 1 - at) : 0;

        if (width > 0)
            mz_text_addf(out, "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"100%%\"/>",
                parts[i].class_names, at * 100, width * 100);
        at += width;
    }
    mz_text_add(out, "</svg>");
}

bool mz_page_runs(const struct mz_page_job_row *row)
{
    return !mz_run_state_is_end(row->job->state) && row->attempt && row->attempt->started_us > 0 &&
        row->attempt->state != MZ_ATTEMPT_ENDED;
}

double mz_page_progress(const struct mz_page_job_row *row, int64_t now_us)
{
    if (!mz_page_runs(row) || row->time_limit_us <= 0)
        return NAN;
    return fmin(
        fmax((double)(now_us - row->attempt->started_us) / (double)row->time_limit_us, 0), 1);
}

int64_t mz_page_rate(const struct mz_page_job_row *row)
{
    return mz_page_runs(row) ? mz_attempt_rate(row->attempt) : -1;
}

int64_t mz_page_age(const struct mz_job_row *job, int64_t now_us)
{
    return (job->ended_us > 0 ? job->ended_us : now_us) - job->submitted_us;
}
