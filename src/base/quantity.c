/* quantity.c - one table of kinds, unit words and factors; one reader
 * A unit word has a factor that turns it into the kind's canonical unit. */
#include "base/quantity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNIT_WORDS_MAX = 6, NUMBER_TEXT_MAX = 64 };

struct unit_word {
    const char *word;
    double factor;
};

struct kind {
    bool bare;       /* a number without unit is fine */
    bool whole;      /* the canonical value has to be a whole number */
    const char *all; /* for messages */
    const char *pattern;
    struct unit_word words[UNIT_WORDS_MAX];
};

#define NUMBER "^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?[kMBT]?"

static const struct kind kinds[MZ_Q_KIND_COUNT] = {
    [MZ_Q_CHIPS] = { false, false, "chips", NUMBER " +chips?$", { { "chips", 1 }, { "chip", 1 } } },
    [MZ_Q_CHIPS_OR_BARE] = { true, false, "chips", NUMBER "( +chips?)?$",
        { { "chips", 1 }, { "chip", 1 } } },
    [MZ_Q_COUNT] = { true, false, "a plain number", NUMBER "$", { { 0 } } },
    [MZ_Q_POWER] = { false, false, "MW, GW, kW", NUMBER " +(MW|GW|kW)$",
        { { "MW", 1 }, { "GW", 1e3 }, { "kW", 1e-3 } } },
    [MZ_Q_POWER_PER_CHIP] = { false, false, "kW/chip, W/chip", NUMBER " +(kW/chip|W/chip)$",
        { { "kW/chip", 1e3 }, { "W/chip", 1 } } },
    [MZ_Q_MONEY] = { false, false, "USD", NUMBER " +USD$", { { "USD", 1 } } },
    [MZ_Q_USD_PER_CHIP_HOUR] = { false, false, "USD/chip-hour", NUMBER " +USD/chip-hour$",
        { { "USD/chip-hour", 1 } } },
    [MZ_Q_USD_PER_CHIP] = { false, false, "USD/chip", NUMBER " +USD/chip$", { { "USD/chip", 1 } } },
    [MZ_Q_USD_PER_POWER] = { false, false, "USD/MW, USD/GW, USD/kW",
        NUMBER " +(USD/MW|USD/GW|USD/kW)$",
        { { "USD/MW", 1 }, { "USD/GW", 1e-3 }, { "USD/kW", 1e3 } } },
    [MZ_Q_USD_PER_ENERGY] = { false, false, "USD/MWh, USD/kWh", NUMBER " +(USD/MWh|USD/kWh)$",
        { { "USD/MWh", 1 }, { "USD/kWh", 1e3 } } },
    [MZ_Q_USD_PER_TOKENS] = { false, false, "USD/Mtok", NUMBER " +USD/Mtok$",
        { { "USD/Mtok", 1 } } },
    [MZ_Q_USD_PER_CARBON] = { false, false, "USD/t", NUMBER " +USD/t$", { { "USD/t", 1 } } },
    [MZ_Q_USD_PER_MONTH] = { false, false, "USD/month, USD/quarter, USD/year",
        NUMBER " +(USD/month|USD/quarter|USD/year)$",
        { { "USD/month", 1 }, { "USD/quarter", 1.0 / 3 }, { "USD/year", 1.0 / 12 } } },
    [MZ_Q_USD_PER_USD] = { false, false, "USD/USD", NUMBER " +USD/USD$", { { "USD/USD", 1 } } },
    [MZ_Q_USD_PER_SHARE] = { false, false, "USD/USD, USD/kWh, USD/chip-hour",
        NUMBER " +(USD/USD|USD/kWh|USD/chip-hour)$",
        { { "USD/USD", 1 }, { "USD/kWh", 1 }, { "USD/chip-hour", 1 } } },
    [MZ_Q_USD_PER_WATT] = { false, false, "USD/W", NUMBER " +USD/W$", { { "USD/W", 1 } } },
    [MZ_Q_TOKENS] = { true, false, "tokens", NUMBER "( +tokens)?$", { { "tokens", 1 } } },
    [MZ_Q_TOKENS_PER_DAY] = { false, false, "tokens/day", NUMBER " +tokens/day$",
        { { "tokens/day", 1 } } },
    [MZ_Q_TOKENS_PER_S] = { false, false, "tokens/s", NUMBER " +tokens/s$", { { "tokens/s", 1 } } },
    [MZ_Q_SHARE] = { false, false, "%", NUMBER " *%$", { { "%", 0.01 } } },
    [MZ_Q_RATE] = { false, false, "%, %/year", NUMBER " *(%|%/year)$",
        { { "%", 0.01 }, { "%/year", 0.01 } } },
    [MZ_Q_GROWTH] = { false, false, "%/year", NUMBER " *%/year$", { { "%/year", 0.01 } } },
    [MZ_Q_MONTHS] = { false, true, "months, years", NUMBER " +(months?|years?)$",
        { { "months", 1 }, { "month", 1 }, { "years", 12 }, { "year", 12 } } },
    [MZ_Q_DAYS] = { false, false, "days, hours, weeks", NUMBER " +(days?|hours?|weeks?)$",
        { { "days", 1 }, { "day", 1 }, { "hours", 1.0 / 24 }, { "hour", 1.0 / 24 }, { "weeks", 7 },
            { "week", 7 } } },
    [MZ_Q_SECONDS] = { false, false, "s, ms", NUMBER " +(s|ms)$", { { "s", 1 }, { "ms", 1e-3 } } },
    [MZ_Q_CARBON_INTENSITY] = { false, false, "g/kWh, kg/MWh", NUMBER " +(g/kWh|kg/MWh)$",
        { { "g/kWh", 1 }, { "kg/MWh", 1 } } },
    [MZ_Q_CARBON_RATE] = { false, false, "t/year, kt/year, Mt/year",
        NUMBER " +(t/year|kt/year|Mt/year)$",
        { { "t/year", 1 }, { "kt/year", 1e3 }, { "Mt/year", 1e6 } } },
    [MZ_Q_POWER_RATE] = { false, false, "MW/week, GW/week, kW/week",
        NUMBER " +(MW/week|GW/week|kW/week)$",
        { { "MW/week", 1 }, { "GW/week", 1e3 }, { "kW/week", 1e-3 } } },
    [MZ_Q_CHIP_RATE] = { false, false, "chips/month, chips/quarter, chips/year",
        NUMBER " +chips/(month|quarter|year)$",
        { { "chips/month", 1 }, { "chips/quarter", 1.0 / 3 }, { "chips/year", 1.0 / 12 } } },
};

const char *mz_quantity_unit(enum mz_quantity kind)
{
    return kinds[kind].words[0].word ? kinds[kind].words[0].word : "";
}

const char *mz_quantity_units(enum mz_quantity kind)
{
    return kinds[kind].all;
}

const char *mz_quantity_pattern(enum mz_quantity kind)
{
    return kinds[kind].pattern;
}

bool mz_quantity_may_be_bare(enum mz_quantity kind)
{
    return kinds[kind].bare;
}

/* Length of a decimal number at the start of text, 0 when there is none. No hex, inf or nan. */
static size_t number_length(const char *text)
{
    const char *s = text;
    const char *digits_begin;
    size_t digit_count;

    if (*s == '+' || *s == '-')
        s++;
    digits_begin = s;
    s += strspn(s, "0123456789");
    digit_count = (size_t)(s - digits_begin);
    if (*s == '.') {
        size_t fraction = strspn(s + 1, "0123456789");

        if (digit_count + fraction == 0)
            return 0;
        digit_count += fraction;
        s += 1 + fraction;
    }
    if (digit_count == 0)
        return 0;
    if (*s == 'e' || *s == 'E') {
        const char *e = s + 1 + (s[1] == '+' || s[1] == '-');
        size_t exponent = strspn(e, "0123456789");

        if (exponent > 0)
            s = e + exponent;
    }
    return (size_t)(s - text);
}

static double suffix_factor(char suffix)
{
    switch (suffix) {
    case 'k': return 1e3;
    case 'M': return 1e6;
    case 'B': return 1e9;
    case 'T': return 1e12;
    }
    return 0;
}

static const struct unit_word *find_word(const struct kind *kind, const char *word)
{
    for (size_t i = 0; i < UNIT_WORDS_MAX && kind->words[i].word; i++) {
        if (strcmp(kind->words[i].word, word) == 0)
            return &kind->words[i];
    }
    return NULL;
}

static enum mz_status fail_unit(const char *text, enum mz_quantity kind, const char *number,
    const char *unit, struct mz_error *err)
{
    const char *wanted = mz_quantity_unit(kind);
    const char *blank = wanted[0] == '%' || wanted[0] == '\0' ? "" : " ";

    if (unit[0] == '\0')
        return mz_fail(err, MZ_E_PARSE, "'%s' needs a unit: write \"%s%s%s\" (known: %s)", text,
            number, blank, wanted, mz_quantity_units(kind));
    if (wanted[0] == '\0')
        return mz_fail(err, MZ_E_PARSE, "'%s' has a unit where a plain number stands: write \"%s\"",
            text, number);
    return mz_fail(err, MZ_E_PARSE, "'%s' has the unit '%s' where %s is needed: write \"%s%s%s\"",
        text, unit, mz_quantity_units(kind), number, blank, wanted);
}

enum mz_status mz_quantity_parse(
    const char *text, enum mz_quantity kind, double *ret_value, struct mz_error *err)
{
    size_t length = number_length(text);
    char number[NUMBER_TEXT_MAX];
    const struct unit_word *word = NULL;
    const char *unit = text + length;
    double factor;
    double value;

    if (length == 0 || length + 2 > sizeof(number))
        return mz_fail(err, MZ_E_PARSE,
            "'%.60s' is not a quantity: write a number%s%s, such as "
            "\"12%s%s\"",
            text, mz_quantity_unit(kind)[0] ? " with a unit of " : "",
            mz_quantity_unit(kind)[0] ? mz_quantity_units(kind) : "",
            mz_quantity_unit(kind)[0] && mz_quantity_unit(kind)[0] != '%' ? " " : "",
            mz_quantity_unit(kind));
    memcpy(number, text, length);
    number[length] = '\0';
    value = strtod(number, NULL);
    factor = suffix_factor(*unit);
    if (factor != 0 && (unit[1] == '\0' || unit[1] == ' ' || unit[1] == '%')) {
        number[length] = *unit++;
        number[length + 1] = '\0';
        value *= factor;
    }
    while (*unit == ' ')
        unit++;
    if (*unit == '\0' ? !kinds[kind].bare : !(word = find_word(&kinds[kind], unit)))
        return fail_unit(text, kind, number, unit, err);
    if (*unit != '\0' && unit[-1] != ' ' && unit[0] != '%')
        return mz_fail(err, MZ_E_PARSE, "'%s' lacks the blank before its unit: write \"%s %s\"",
            text, number, unit);
    if (!isfinite(value) || fabs(value) > MZ_QUANTITY_MAX)
        return mz_fail(err, MZ_E_PARSE, "'%s' is beyond what a plan can compute with (1e18)", text);
    if (word)
        value *= word->factor;
    if (kinds[kind].whole && value != floor(value))
        return mz_fail(err, MZ_E_PARSE, "'%s' is not a whole number of months", text);
    *ret_value = value;
    return MZ_OK;
}
