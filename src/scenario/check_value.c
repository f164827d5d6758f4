/* check_value.c - the first pass over single values: units, ranges, words, dates */
#include "scenario/check.h"

#include "base/month.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct mz_diag *mz_check_error(
    struct mz_check *check, const char *code, struct mz_mark mark, const char *format, ...)
{
    char text[1024];
    va_list args;

    if (check->diags->count == MZ_DIAG_COUNT_MAX) /* counted, but nobody will read it */
        return mz_diags_add(check->diags, MZ_SEVERITY_ERROR, code, mark, "%s", "");
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return mz_diags_add(check->diags, MZ_SEVERITY_ERROR, code, mark, "%s", text);
}

const char *mz_name_problem(const char *name)
{
    if (name[0] == '\0')
        return "it is empty";
    if (strlen(name) > MZ_NAME_BYTES_MAX)
        return "it is longer than 100 bytes";
    for (const unsigned char *s = (const unsigned char *)name; *s; s++) {
        if (*s == '.')
            return "a dot separates the parts of a path";
        if (*s < 0x20 || *s == 0x7F)
            return "it has a control character";
    }
    return NULL;
}

bool mz_check_name(struct mz_check *check, const char *name, struct mz_mark mark)
{
    const char *problem = mz_name_problem(name);

    if (!problem)
        return true;
    mz_check_error(check, "M0122", mark, "'%.100s' cannot be a name", name)->label = problem;
    return false;
}

bool mz_check_present(struct mz_check *check, const struct mz_entry *entry)
{
    if (!mz_node_is_null(entry->value))
        return true;
    mz_check_error(
        check, "M0111", entry->key_mark, "'%.80s' has no value", entry->key ? entry->key : "entry")
        ->label = "give it one, or remove it";
    return false;
}

bool mz_check_scalar(struct mz_check *check, const char *name, const struct mz_node *node)
{
    if (node->kind == MZ_NODE_SCALAR)
        return true;
    mz_check_error(check, "M0109", node->mark, "'%.80s' must be a single value, not %s", name,
        mz_node_kind_name(node));
    return false;
}

/* "12 MW", or "60%": a number and the first unit of its kind. */
static const char *with_unit(struct mz_check *check, const char *number, enum mz_quantity kind)
{
    const char *unit = mz_quantity_unit(kind);

    return mz_arena_printf(
        check->arena, "%.60s%s%s", number, unit[0] == '\0' || unit[0] == '%' ? "" : " ", unit);
}

static void report_quantity(struct mz_check *check, const char *name, const struct mz_node *node,
    enum mz_quantity kind, const struct mz_error *err)
{
    struct mz_diag *diag;
    const char *write;
    double bare;

    if (!mz_quantity_may_be_bare(kind) &&
        mz_quantity_parse(node->text, MZ_Q_COUNT, &bare, NULL) == MZ_OK) {
        diag = mz_check_error(check, "M0112", node->mark, "'%.80s' needs a unit", name);
        diag->suggestion = with_unit(check, node->text, kind);
        diag->label = mz_arena_printf(check->arena, "write \"%s\"", diag->suggestion);
        diag->note = mz_arena_printf(check->arena, "known units: %s", mz_quantity_units(kind));
        return;
    }
    write = strstr(err->text, ": write ");
    diag = mz_check_error(check, "M0114", node->mark, "'%.80s': %.*s", name,
        write ? (int)(write - err->text) : (int)strlen(err->text), err->text);
    if (write)
        diag->label = mz_arena_strdup(check->arena, write + 2);
}

bool mz_check_quantity(
    struct mz_check *check, const char *name, const struct mz_node *node, const struct mz_key *key)
{
    struct mz_error err = { MZ_OK, "" };
    double value = 0;
    size_t length;

    if (!mz_check_scalar(check, name, node))
        return false;
    length = strlen(node->text);
    if (mz_quantity_parse(node->text, key->quantity, &value, &err) != MZ_OK) {
        report_quantity(check, name, node, key->quantity, &err);
        return false;
    }
    if (length > 0 && node->text[length - 1] == ' ') {
        mz_check_error(check, "M0114", node->mark, "'%.80s' ends in a blank", name)->label =
            "remove the blank";
        return false;
    }
    if (!mz_range_holds(key->range, value)) {
        mz_check_error(check, "M0115", node->mark, "'%.80s' is out of its range", name)->label =
            mz_arena_printf(check->arena, "must be %s", mz_range_text(key->range));
        return false;
    }
    return true;
}

void mz_check_month(struct mz_check *check, const char *text, struct mz_mark mark)
{
    char buffer[MZ_MONTH_TEXT_MAX];
    char start[8];
    struct mz_diag *diag;
    int32_t month;

    if (mz_month_parse(text, false, &month))
        return;
    diag = mz_check_error(check, "M0113", mark, "'%.40s' is not a month", text);
    (void)snprintf(start, sizeof(start), "%.7s", text);
    if (mz_month_parse(text, true, &month) || mz_month_parse(start, false, &month)) {
        diag->suggestion = mz_arena_strdup(check->arena, mz_month_format(buffer, month));
        diag->label = mz_arena_printf(check->arena, "write %s", diag->suggestion);
    } else {
        diag->label = "write a year and a month, such as 2026-01";
    }
}

void mz_check_bool(struct mz_check *check, const char *name, const struct mz_node *node)
{
    static const char *const yes[] = { "yes", "Yes", "YES", "on", "On", "ON", "True", "TRUE", "y",
        "Y", "1", NULL };
    static const char *const no[] = { "no", "No", "NO", "off", "Off", "OFF", "False", "FALSE", "n",
        "N", "0", NULL };
    struct mz_diag *diag;

    if (!mz_check_scalar(check, name, node))
        return;
    if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
        return;
    diag = mz_check_error(check, "M0117", node->mark, "'%.80s' must be true or false", name);
    if (mz_words_find(yes, node->text) >= 0)
        diag->suggestion = "true";
    else if (mz_words_find(no, node->text) >= 0)
        diag->suggestion = "false";
    diag->label = diag->suggestion ? mz_arena_printf(check->arena, "write %s", diag->suggestion)
                                   : "write true or false";
}

void mz_check_word(
    struct mz_check *check, const char *name, const struct mz_node *node, const char *const *words)
{
    char buffer[256];
    struct mz_diag *diag;
    size_t count = mz_words_count(words);

    if (!mz_check_scalar(check, name, node) || mz_words_find(words, node->text) >= 0)
        return;
    diag =
        mz_check_error(check, "M0116", node->mark, "'%.80s' cannot be '%.80s'", name, node->text);
    diag->suggestion = mz_nearest_word(node->text, words, count);
    if (diag->suggestion)
        diag->label = mz_arena_printf(check->arena, "did you mean '%s'?", diag->suggestion);
    diag->note = mz_arena_printf(
        check->arena, "known words: %s", mz_words_join(buffer, sizeof(buffer), words, count));
}

static void check_ramp(struct mz_check *check, const struct mz_entry *entry)
{
    if (!mz_check_present(check, entry))
        return;
    if (entry->value->kind != MZ_NODE_SCALAR || strcmp(entry->value->text, "linear") != 0)
        mz_check_error(check, "M0119", entry->value->mark, "the only ramp is 'linear'")->label =
            "write linear";
}

/* One entry of a map of dates. *last is the entry of the last date that is one, NULL: none. */
static void check_step(struct mz_check *check, const char *name, const struct mz_entry *entry,
    const struct mz_key *key, const struct mz_entry **last)
{
    int32_t before = MZ_MONTH_ALWAYS;
    int32_t month = MZ_MONTH_ALWAYS;

    if (!entry->always)
        mz_check_month(check, entry->key, entry->key_mark);
    if (!entry->always && mz_month_parse(entry->key, false, &month)) {
        if (*last && mz_month_parse((*last)->key, false, &before) && month <= before) {
            struct mz_diag *diag = mz_check_error(
                check, "M0118", entry->key_mark, "the dates of '%.80s' must go up", name);

            diag->label = mz_arena_printf(check->arena, "must be behind %.20s", (*last)->key);
            diag->other = (*last)->key_mark;
            diag->other_label = "comes before it in the file";
        }
        *last = entry;
    }
    if (mz_check_present(check, entry))
        mz_check_quantity(check, name, entry->value, key);
}

bool mz_check_series(
    struct mz_check *check, const char *name, const struct mz_node *node, const struct mz_key *key)
{
    size_t errors = check->diags->error_count;
    const struct mz_entry *last = NULL;
    size_t date_count = 0;
    size_t always_count = 0;

    if (node->kind == MZ_NODE_SCALAR)
        return mz_check_quantity(check, name, node, key);
    if (node->kind == MZ_NODE_LIST) {
        mz_check_error(check, "M0109", node->mark,
            "'%.80s' must be a value or a map of dates, not a list", name);
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];

        if (strcmp(entry->key, "ramp") == 0) {
            check_ramp(check, entry);
            continue;
        }
        check_step(check, name, entry, key, &last);
        always_count += entry->always;
        date_count += !entry->always;
    }
    if (date_count == 0 && always_count == 0 && node->count == 0)
        mz_check_error(check, "M0111", node->mark, "'%.80s' has no value", name)->label =
            "write a value, or dates with values";
    else if (date_count == 0)
        mz_check_error(check, "M0119", node->mark, "'%.80s' has a ramp but no date", name)->label =
            "write at least one date";
    return check->diags->error_count == errors;
}

static bool is_word(const struct mz_key *key, const struct mz_node *node)
{
    return node->kind == MZ_NODE_SCALAR && mz_key_word(key, node->text);
}

void mz_check_chip_series(
    struct mz_check *check, const struct mz_node *node, const struct mz_key *key)
{
    if (is_word(key, node))
        return;
    if (node->kind != MZ_NODE_MAP || node->count == 0 || mz_node_is_dated(node)) {
        mz_check_series(check, key->name, node, key);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct mz_entry *entry = &node->entries[i];

        mz_check_name(check, entry->key, entry->key_mark);
        if (!mz_check_present(check, entry) || is_word(key, entry->value))
            continue;
        if (key->words && strcmp(entry->key, MZ_CHIPS_OTHERS) == 0)
            mz_check_error(check, "M0109", entry->value->mark, "'%s' in '%s' can only be '%s'",
                MZ_CHIPS_OTHERS, key->name, key->words[0])
                ->note = "a stated value needs the name of its chip";
        else
            mz_check_series(check, key->name, entry->value, key);
    }
}
