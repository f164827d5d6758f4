/* quantity.h - a number with its unit, as people write it in a scenario
 *
 * "400 MW", "38B USD", "3.00 USD/chip-hour", "6T tokens/day", "60%", "30 months". The suffixes
 * k M B T (1e3, 1e6, 1e9, 1e12) touch their number; a blank stands before the unit, except before
 * '%'. Each key of a scenario expects one kind of quantity; every kind has one canonical unit in
 * which the program computes, named here. Reading is exact strtod; no locale.
 */
#ifndef MZ_BASE_QUANTITY_H
#define MZ_BASE_QUANTITY_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum mz_quantity {
    MZ_Q_CHIPS,             /* chips */
    MZ_Q_CHIPS_OR_BARE,     /* chips; a bare number will do */
    MZ_Q_COUNT,             /* a bare number */
    MZ_Q_POWER,             /* MW */
    MZ_Q_POWER_PER_CHIP,    /* W/chip */
    MZ_Q_MONEY,             /* USD */
    MZ_Q_USD_PER_CHIP_HOUR, /* USD/chip-hour */
    MZ_Q_USD_PER_CHIP,      /* USD/chip */
    MZ_Q_USD_PER_POWER,     /* USD/MW */
    MZ_Q_USD_PER_ENERGY,    /* USD/MWh */
    MZ_Q_USD_PER_TOKENS,    /* USD/Mtok */
    MZ_Q_USD_PER_CARBON,    /* USD/t */
    MZ_Q_USD_PER_MONTH,     /* USD/month */
    MZ_Q_USD_PER_USD,       /* USD/USD */
    MZ_Q_USD_PER_SHARE,     /* USD/USD, USD/kWh or USD/chip-hour: the number is what counts */
    MZ_Q_USD_PER_WATT,      /* USD/W */
    MZ_Q_TOKENS,            /* tokens; a bare number will do */
    MZ_Q_TOKENS_PER_DAY,    /* tokens/day */
    MZ_Q_TOKENS_PER_S,      /* tokens/s */
    MZ_Q_SHARE,             /* fraction; written in % */
    MZ_Q_RATE,              /* fraction per year; written in % or %/year */
    MZ_Q_GROWTH,            /* fraction per year; written in %/year */
    MZ_Q_MONTHS,            /* whole months; months or years */
    MZ_Q_DAYS,              /* days; hours, days or weeks */
    MZ_Q_SECONDS,           /* s; s or ms */
    MZ_Q_CARBON_INTENSITY,  /* g/kWh */
    MZ_Q_CARBON_RATE,       /* t/year */
    MZ_Q_POWER_RATE,        /* MW/week */
    MZ_Q_CHIP_RATE,         /* chips/month; written per month, quarter or year */
    MZ_Q_KIND_COUNT
};

/* What a value in a file may be at most, in the unit it is written in: beyond it a plan's
 * arithmetic would lose digits, and no real quantity is near it. */
#define MZ_QUANTITY_MAX 1e18

/* Reads `text` as a quantity of this kind into canonical units. Fails with MZ_E_PARSE and a
 * sentence that ends in what to write instead, such as: '1050' needs a unit: write "1050 MW". */
enum mz_status mz_quantity_parse(
    const char *text, enum mz_quantity kind, double *ret_value, struct mz_error *err);

/* The first unit word of a kind ("MW", "USD/chip-hour", "%"; "" for a bare number), and all its
 * accepted words separated by ", ". Static strings. */
const char *mz_quantity_unit(enum mz_quantity kind);
const char *mz_quantity_units(enum mz_quantity kind);

/* A regular expression (ECMA 262, anchored) that accepts what mz_quantity_parse accepts, up to
 * the size of the number: for the JSON Schema that editors read. */
const char *mz_quantity_pattern(enum mz_quantity kind);

/* Is a bare number allowed? */
bool mz_quantity_may_be_bare(enum mz_quantity kind);

#endif
