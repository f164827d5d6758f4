/* schema.h - every key of a scenario file, in one table
 *
 * The table says for each key what stands there, in which unit and range, for which kinds of its
 * noun it means something and for which it must not be missing. Four readers share it, so they
 * cannot disagree: the check (check.c), the typed reading (view.c), the JSON Schema for editors
 * (schema_json.c) and the lists of known words in messages.
 * What the table cannot say (references, order of two dates, sums) the loader checks.
 */
#ifndef MZ_SCENARIO_SCHEMA_H
#define MZ_SCENARIO_SCHEMA_H

#include "base/quantity.h"
#include "domain/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mz_value_kind {
    MZ_VALUE_VERSION,     /* 1 */
    MZ_VALUE_QUANTITY,    /* one quantity */
    MZ_VALUE_SERIES,      /* a quantity over time */
    MZ_VALUE_CHIP_SERIES, /* a quantity over time, or one for each chip; `words` instead of one */
    MZ_VALUE_CHIP_MAP,    /* chips -> a quantity over time */
    MZ_VALUE_SHARES,      /* names -> one quantity */
    MZ_VALUE_WORD,        /* one of some words */
    MZ_VALUE_BOOL,        /* true or false */
    MZ_VALUE_MONTH,       /* 2025-11 */
    MZ_VALUE_NAME,        /* a name, mostly of something elsewhere in the file */
    MZ_VALUE_TEXT,        /* any text */
    MZ_VALUE_TEXT_LIST,   /* a list of texts */
    MZ_VALUE_TEXT_MAP,    /* names -> texts */
    MZ_VALUE_LOSSES,      /* one of some words, or a list of names */
    MZ_VALUE_POOLS,       /* sites -> a chip, or a list of chips */
    MZ_VALUE_ENERGY,      /* a quantity over time, or named maps */
    MZ_VALUE_MAP,         /* a map of known keys */
    MZ_VALUE_NAMED,       /* names -> maps of known keys */
    MZ_VALUE_LIST,        /* a list of maps of known keys */
    MZ_VALUE_OVERRIDES    /* names -> paths -> anything */
};

enum mz_range {
    MZ_RANGE_ANY,
    MZ_RANGE_NOT_NEGATIVE,
    MZ_RANGE_POSITIVE,
    MZ_RANGE_SHARE,          /* 0 ... 100% */
    MZ_RANGE_SHARE_POSITIVE, /* above 0 ... 100% */
    MZ_RANGE_AT_LEAST_ONE,
    MZ_RANGE_GROWTH, /* above -100% */
    MZ_RANGE_MONTHS, /* 0 ... 3600 months */
    MZ_RANGE_MONTHS_POSITIVE,
    MZ_RANGE_COUNT, /* whole, 0 ... 10 million */
    MZ_RANGE_COUNT_POSITIVE
};

struct mz_schema;

struct mz_key {
    const char *name;
    enum mz_value_kind value;
    enum mz_quantity quantity;
    enum mz_range range;
    enum mz_before before;          /* series */
    const char *const *words;       /* ends with NULL */
    const struct mz_schema *schema; /* of the maps under it */
    uint32_t kinds;     /* bits of the kinds of the noun for which it means something; 0: all */
    uint32_t required;  /* bits of the kinds for which it must be there */
    const char *unless; /* a key that may be there in its stead; NULL: none */
    const char *doc;
};

struct mz_schema {
    const char *noun; /* "contract" */
    const char *doc;
    const struct mz_key *keys;
    size_t key_count;
    const char *const *kinds; /* words of the key `kind`; NULL: the noun has none */
    bool empty_ok;            /* a map without keys says something */
};

enum { MZ_KIND_ALL = 0x7FFFFFFF };

/* Bits of enum mz_contract_kind, mz_workload_kind, and of the words of funding. */
enum {
    MZ_BIT_COMMITTED = 1,
    MZ_BIT_OPTION = 2,
    MZ_BIT_ON_DEMAND = 4,
    MZ_BIT_OWN = 8,
    MZ_BIT_SERVE = 1,
    MZ_BIT_BATCH = 2,
    MZ_BIT_TRAIN = 4,
    MZ_BIT_EQUITY = 1,
    MZ_BIT_DEBT = 2
};

extern const struct mz_schema mz_schema_file; /* the root */
extern const struct mz_schema mz_schema_limits;
extern const struct mz_schema mz_schema_share;
extern const struct mz_schema mz_schema_carbon;
extern const struct mz_schema mz_schema_goals;
extern const struct mz_schema mz_schema_penalties;
extern const struct mz_schema mz_schema_periods;
extern const struct mz_schema mz_schema_chip;
extern const struct mz_schema mz_schema_rofr;
extern const struct mz_schema mz_schema_partner;
extern const struct mz_schema mz_schema_site;
extern const struct mz_schema mz_schema_expand;
extern const struct mz_schema mz_schema_energy_kind;
extern const struct mz_schema mz_schema_topology;
extern const struct mz_schema mz_schema_window;
extern const struct mz_schema mz_schema_contract;
extern const struct mz_schema mz_schema_workload;
extern const struct mz_schema mz_schema_request;
extern const struct mz_schema mz_schema_training_window;
extern const struct mz_schema mz_schema_chips_range;
extern const struct mz_schema mz_schema_finance;
extern const struct mz_schema mz_schema_funding;

/* The key as a noun of these kinds has it, else as any kind has it, else NULL. */
const struct mz_key *mz_schema_find(
    const struct mz_schema *schema, const char *name, uint32_t kind_bits);

/* Does the key mean something for these kinds? */
bool mz_key_applies(const struct mz_key *key, uint32_t kind_bits);

/* Is the text one of the words that may stand in place of a value of a MZ_VALUE_CHIP_SERIES? Where
 * there are such words, the name MZ_CHIPS_OTHERS in its map with one of them means all chips that
 * the map does not name. */
bool mz_key_word(const struct mz_key *key, const char *text);
#define MZ_CHIPS_OTHERS "others"

size_t mz_words_count(const char *const *words);
int32_t mz_words_find(const char *const *words, const char *word); /* -1: none */

/* "committed, option, on-demand" into the buffer. */
const char *mz_words_join(char *buffer, size_t size, const char *const *words, size_t count);

/* "0 or more": what a range accepts, for sentences; NULL for any. */
const char *mz_range_text(enum mz_range range);
bool mz_range_holds(enum mz_range range, double value);

#endif
