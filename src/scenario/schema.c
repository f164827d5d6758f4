/* schema.c - the table of keys
 * Order inside a map is the order in which messages and the JSON Schema list the keys. A key may
 * stand twice in one map when two kinds of the noun mean different things by it (tokens). */
#include "scenario/schema.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SCHEMA(id, noun_, doc_, ...)                                                               \
    const struct mz_schema id = {                                                                  \
        .noun = noun_, .doc = doc_, .keys = id##_keys, .key_count = COUNT(id##_keys), __VA_ARGS__  \
    }

/* name, value kind, doc, then what the value kind needs */
#define KEY(name_, value_, doc_, ...)                                                              \
    {                                                                                              \
        .name = name_, .value = value_, .doc = doc_, __VA_ARGS__                                   \
    }
#define QUANTITY(name, q, r, doc, ...)                                                             \
    KEY(name, MZ_VALUE_QUANTITY, doc, .quantity = q, .range = r, __VA_ARGS__)
#define SERIES(name, q, b, doc, ...)                                                               \
    KEY(name, MZ_VALUE_SERIES, doc, .quantity = q, .range = MZ_RANGE_NOT_NEGATIVE, .before = b,    \
        __VA_ARGS__)
#define CHIP_SERIES(name, q, doc, ...)                                                             \
    KEY(name, MZ_VALUE_CHIP_SERIES, doc, .quantity = q, .range = MZ_RANGE_NOT_NEGATIVE,            \
        .before = MZ_BEFORE_FIRST, __VA_ARGS__)
#define BOOL(name, doc, ...) KEY(name, MZ_VALUE_BOOL, doc, __VA_ARGS__)
#define MONTH(name, doc, ...) KEY(name, MZ_VALUE_MONTH, doc, __VA_ARGS__)
#define NAME(name, doc, ...) KEY(name, MZ_VALUE_NAME, doc, __VA_ARGS__)
#define TEXT(name, doc, ...) KEY(name, MZ_VALUE_TEXT, doc, __VA_ARGS__)
#define MAP(name, s, doc, ...) KEY(name, MZ_VALUE_MAP, doc, .schema = &(s), __VA_ARGS__)
#define NAMED(name, s, doc, ...) KEY(name, MZ_VALUE_NAMED, doc, .schema = &(s), __VA_ARGS__)
#define REQUIRED .required = MZ_KIND_ALL

static const char *const contract_kinds[] = { "committed", "option", "on-demand", "own", NULL };
static const char *const workload_kinds[] = { "serve", "batch", "train", NULL };
static const char *const funding_kinds[] = { "equity", "debt", NULL };
static const char *const share_measures[] = { "power", "spend", "chips", NULL };
static const char *const losses[] = { "none", "any", NULL };
static const char *const commit_periods[] = { "life", "year", NULL };
static const char *const computed[] = { "size", NULL };
static const char *const driver_kinds[] = { "slurm", "local", "fake", NULL };

static const struct mz_key mz_schema_periods_keys[] = {
    QUANTITY("months", MZ_Q_COUNT, MZ_RANGE_COUNT, "how many periods of one month"),
    QUANTITY("quarters", MZ_Q_COUNT, MZ_RANGE_COUNT, "how many periods of three months"),
    QUANTITY("years", MZ_Q_COUNT, MZ_RANGE_COUNT, "how many periods of twelve months"),
};
SCHEMA(mz_schema_periods, "periods", "How many periods of which length, in this order");

static const struct mz_key mz_schema_share_keys[] = {
    KEY("of", MZ_VALUE_WORD, "what is shared: power, spend or chips", .words = share_measures,
        REQUIRED),
    QUANTITY("max", MZ_Q_SHARE, MZ_RANGE_SHARE, "the largest share of one partner", REQUIRED),
    NAME("partner", "the partner it is about; without it, each but own"),
    MONTH("from", "first month in which it holds"),
    MONTH("to", "last month in which it holds"),
};
SCHEMA(mz_schema_share, "share limit", "A limit on the share of a partner (R6)");

static const struct mz_key mz_schema_carbon_keys[] = {
    SERIES("price", MZ_Q_USD_PER_CARBON, MZ_BEFORE_FIRST, "price of a ton of CO2, over time"),
    SERIES("cap", MZ_Q_CARBON_RATE, MZ_BEFORE_NONE, "most CO2 in a year, over time"),
};
SCHEMA(mz_schema_carbon, "carbon", "What CO2 costs, and how much of it there may be");

static const struct mz_key mz_schema_limits_keys[] = {
    KEY("partner_share", MZ_VALUE_LIST, "limits on the share of a partner (R6)",
        .schema = &mz_schema_share),
    KEY("survive_loss_of", MZ_VALUE_LOSSES,
        "partners without each of which critical work goes on (R8): none, any, or a list",
        .words = losses),
    MONTH("survive_from", "first month in which a loss has to be survived"),
    QUANTITY("critical_share", MZ_Q_SHARE, MZ_RANGE_SHARE,
        "share of the demand of critical work that has to be served after a loss"),
    SERIES(
        "cash_floor", MZ_Q_MONEY, MZ_BEFORE_NONE, "least cash at the end of a period, over time"),
    SERIES("build_rate", MZ_Q_POWER_RATE, MZ_BEFORE_NONE,
        "most power of new campuses that comes into use in a week, over time (R5)"),
    KEY("chip_supply", MZ_VALUE_CHIP_MAP, "chips of a type over all partners, over time (R12)",
        .quantity = MZ_Q_CHIP_RATE, .range = MZ_RANGE_NOT_NEGATIVE, .before = MZ_BEFORE_NONE),
    MAP("carbon", mz_schema_carbon, "price and cap of CO2"),
};
SCHEMA(mz_schema_limits, "limits", "Rules for the whole plan", .empty_ok = true);

static const struct mz_key mz_schema_goals_keys[] = {
    SERIES("build_rate", MZ_Q_POWER_RATE, MZ_BEFORE_NONE,
        "least power of new campuses that comes into use in a week, over time (R5)"),
};
SCHEMA(mz_schema_goals, "goals", "Floors with a price", .empty_ok = true);

static const struct mz_key mz_schema_penalties_keys[] = {
    QUANTITY("unserved_critical", MZ_Q_USD_PER_CHIP_HOUR, MZ_RANGE_NOT_NEGATIVE,
        "demand of critical work that is not served (200 USD/chip-hour)"),
    QUANTITY("n1", MZ_Q_USD_PER_CHIP_HOUR, MZ_RANGE_NOT_NEGATIVE,
        "critical work not served after the loss of a partner (100 USD/chip-hour)"),
    QUANTITY("cash_gap", MZ_Q_USD_PER_USD, MZ_RANGE_NOT_NEGATIVE,
        "money still to be found (10 USD/USD)"),
    QUANTITY("share", MZ_Q_USD_PER_SHARE, MZ_RANGE_NOT_NEGATIVE,
        "what a partner's share is too large by (10 per USD, kWh or chip-hour)"),
    QUANTITY(
        "carbon", MZ_Q_USD_PER_CARBON, MZ_RANGE_NOT_NEGATIVE, "CO2 beyond the cap (10000 USD/t)"),
    QUANTITY("goal", MZ_Q_USD_PER_WATT, MZ_RANGE_NOT_NEGATIVE,
        "power that a goal misses, in each period (5 USD/W)"),
    QUANTITY("unserved", MZ_Q_USD_PER_CHIP_HOUR, MZ_RANGE_NOT_NEGATIVE,
        "demand of other work that is not served (20 USD/chip-hour)"),
};
SCHEMA(mz_schema_penalties, "penalties", "What breaking a rule costs", .empty_ok = true);

static const struct mz_key mz_schema_chip_keys[] = {
    QUANTITY("power", MZ_Q_POWER_PER_CHIP, MZ_RANGE_POSITIVE,
        "server watts per chip at full draw; without it, as in the catalogue"),
    MONTH("from", "no delivery before this month"),
};
SCHEMA(
    mz_schema_chip, "chip", "A chip that the catalogue lacks or has otherwise", .empty_ok = true);

static const struct mz_key mz_schema_rofr_keys[] = {
    NAME("holder", "the partner that has to be asked first", REQUIRED),
    MONTH("until", "first month in which it no longer holds"),
};
SCHEMA(mz_schema_rofr, "right of first refusal", "A right of first refusal (R10)");

static const struct mz_key mz_schema_partner_keys[] = {
    TEXT("label", "name as people say it"),
    KEY("backs", MZ_VALUE_TEXT_LIST, "who else this partner has money in; shown only"),
    MAP("rofr", mz_schema_rofr, "a right of first refusal on all contracts of this partner"),
    KEY("driver", MZ_VALUE_WORD, "how the live commands reach the partner", .words = driver_kinds),
    TEXT("url", "address of slurmrestd"),
    TEXT("user", "user name at the partner"),
    TEXT("token_command", "command that prints a fresh token"),
    TEXT("partition", "Slurm partition"),
    TEXT("ssh", "host through which the commands run"),
    BOOL("commands", "use sbatch, squeue and scancel, not REST"),
    KEY("env", MZ_VALUE_TEXT_MAP, "environment for the driver's commands"),
    TEXT(
        "callback", "where this partner's machines reach the daemon: unix:/path, http://host:port"),
    TEXT("shim", "path of mizan-shim on this partner's machines"),
    TEXT("directory", "a directory there for the jobs' own files"),
};
SCHEMA(mz_schema_partner, "partner", "Who provides capacity", .empty_ok = true);

static const struct mz_key mz_schema_window_keys[] = {
    MONTH("from", "first month"),
    MONTH("to", "last month"),
};
SCHEMA(mz_schema_window, "window", "A first and a last month", .empty_ok = true);

static const struct mz_key mz_schema_expand_keys[] = {
    MONTH("from", "first month in which work may begin"),
    MONTH("to", "last month in which work may begin"),
    QUANTITY("lead", MZ_Q_MONTHS, MZ_RANGE_MONTHS, "from the beginning of work to power"),
    QUANTITY("max", MZ_Q_POWER, MZ_RANGE_NOT_NEGATIVE, "most that can ever be added", REQUIRED),
    SERIES("capex", MZ_Q_USD_PER_POWER, MZ_BEFORE_FIRST, "building and connection, over time"),
    QUANTITY("life", MZ_Q_MONTHS, MZ_RANGE_MONTHS_POSITIVE, "how long it can be used", REQUIRED),
};
SCHEMA(mz_schema_expand, "expand", "New power that can be built at a site (R11)");

static const struct mz_key mz_schema_energy_kind_keys[] = {
    SERIES("price", MZ_Q_USD_PER_ENERGY, MZ_BEFORE_FIRST, "price, over time", REQUIRED),
    SERIES("carbon", MZ_Q_CARBON_INTENSITY, MZ_BEFORE_FIRST,
        "intensity, over time; without it, the site's"),
    SERIES("max", MZ_Q_POWER, MZ_BEFORE_ZERO, "most of it, over time; without it, no limit"),
    MONTH("from", "none before this month"),
};
SCHEMA(mz_schema_energy_kind, "energy kind", "A kind of energy at a site of our own (R13)");

static const struct mz_key mz_schema_topology_keys[] = {
    QUANTITY("spines", MZ_Q_COUNT, MZ_RANGE_COUNT, "spines"),
    QUANTITY("racks_per_spine", MZ_Q_COUNT, MZ_RANGE_COUNT, "racks under a spine"),
    QUANTITY("nodes_per_rack", MZ_Q_COUNT, MZ_RANGE_COUNT, "nodes in a rack"),
};
SCHEMA(mz_schema_topology, "topology", "Network of a site, largest level first", .empty_ok = true);

static const struct mz_key mz_schema_site_keys[] = {
    NAME("region", "region whose demand it can serve; without it, only what is anywhere"),
    SERIES("power", MZ_Q_POWER, MZ_BEFORE_ZERO, "facility power, over time (R5)"),
    BOOL("new", "a campus being built: counts for the build rate"),
    QUANTITY("pue", MZ_Q_COUNT, MZ_RANGE_AT_LEAST_ONE, "facility power by IT power"),
    SERIES("carbon", MZ_Q_CARBON_INTENSITY, MZ_BEFORE_FIRST, "intensity, over time"),
    KEY("energy", MZ_VALUE_ENERGY, "one price over time, or named kinds (R13)",
        .quantity = MZ_Q_USD_PER_ENERGY, .range = MZ_RANGE_NOT_NEGATIVE, .before = MZ_BEFORE_FIRST,
        .schema = &mz_schema_energy_kind),
    MAP("expand", mz_schema_expand, "new power that can be built here (R11)"),
    QUANTITY("slip", MZ_Q_MONTHS, MZ_RANGE_MONTHS, "how much later power comes than stated"),
    QUANTITY("availability", MZ_Q_SHARE, MZ_RANGE_SHARE_POSITIVE,
        "share of delivered chips that can be used (95%)"),
    QUANTITY(
        "draw", MZ_Q_SHARE, MZ_RANGE_SHARE_POSITIVE, "mean draw as a share of the full one (80%)"),
    SERIES("nodes", MZ_Q_COUNT, MZ_BEFORE_ZERO, "servers that stand here (a fleet)"),
    QUANTITY("chips_per_node", MZ_Q_COUNT, MZ_RANGE_COUNT_POSITIVE, "chips in a server (a fleet)"),
    NAME("chip", "chip in the servers (a fleet)"),
    BOOL("pretend", "the servers are made up (a fleet)"),
    MAP("topology", mz_schema_topology, "network (a fleet)"),
};
SCHEMA(mz_schema_site, "site", "A region or campus, named partner/site", .empty_ok = true);

#define RENTED (MZ_BIT_COMMITTED | MZ_BIT_OPTION | MZ_BIT_ON_DEMAND)
#define CHOSEN (MZ_BIT_OPTION | MZ_BIT_OWN)
#define PROMISED (MZ_BIT_COMMITTED | MZ_BIT_OPTION)

static const struct mz_key mz_schema_contract_keys[] = {
    KEY("kind", MZ_VALUE_WORD, "committed, option, on-demand or own", .words = contract_kinds,
        REQUIRED),
    NAME("partner", "who provides it; own: may be left out", .required = RENTED),
    /* pools and capacity: required unless the file is a fleet (load_contracts.c) */
    KEY("pools", MZ_VALUE_POOLS, "where which chips can be delivered"),
    MONTH("start", "first month; without it, the start of the scenario"),
    MONTH("end", "last month"),
    SERIES("capacity", MZ_Q_CHIPS, MZ_BEFORE_ZERO, "chips on offer, over time (R1)"),
    CHIP_SERIES("price", MZ_Q_USD_PER_CHIP_HOUR, "price, over time or by chip", .kinds = RENTED,
        .required = RENTED),
    QUANTITY("commit", MZ_Q_MONEY, MZ_RANGE_NOT_NEGATIVE, "commitment (R7)", .kinds = PROMISED),
    KEY("commit_per", MZ_VALUE_WORD, "is it for the whole life or for each contract year",
        .words = commit_periods, .kinds = PROMISED),
    QUANTITY("take_or_pay", MZ_Q_SHARE, MZ_RANGE_SHARE,
        "share of the commitment that is paid, used or not (100%)", .kinds = PROMISED),
    MAP("sign", mz_schema_window, "first and last month in which it can be signed",
        .kinds = CHOSEN),
    QUANTITY(
        "lead", MZ_Q_MONTHS, MZ_RANGE_MONTHS, "from signing to the first chip", .kinds = CHOSEN),
    QUANTITY("term", MZ_Q_MONTHS, MZ_RANGE_MONTHS_POSITIVE, "how long it runs", .kinds = RENTED),
    BOOL("whole", "all or nothing", .kinds = MZ_BIT_OPTION),
    SERIES("capex", MZ_Q_USD_PER_CHIP, MZ_BEFORE_FIRST, "price of a chip, over time",
        .kinds = MZ_BIT_OWN),
    SERIES("opex", MZ_Q_USD_PER_CHIP_HOUR, MZ_BEFORE_FIRST, "running cost, over time",
        .kinds = MZ_BIT_OWN),
    QUANTITY("life", MZ_Q_MONTHS, MZ_RANGE_MONTHS_POSITIVE, "how long a chip is used",
        .kinds = MZ_BIT_OWN, .required = MZ_BIT_OWN),
    MAP("rofr", mz_schema_rofr, "a right of first refusal on it; wins over the partner's"),
};
SCHEMA(mz_schema_contract, "contract", "Capacity from a partner", .kinds = contract_kinds);

static const struct mz_key mz_schema_request_keys[] = {
    QUANTITY("in", MZ_Q_TOKENS, MZ_RANGE_NOT_NEGATIVE, "tokens read by one request"),
    QUANTITY("out", MZ_Q_TOKENS, MZ_RANGE_NOT_NEGATIVE, "tokens written by one request"),
};
SCHEMA(mz_schema_request, "tokens", "Tokens of one request", .empty_ok = true);

static const struct mz_key mz_schema_training_window_keys[] = {
    MONTH("from", "first month", REQUIRED),
    MONTH("to", "last month that is not late", REQUIRED),
};
SCHEMA(mz_schema_training_window, "window", "When a training run is wanted");

static const struct mz_key mz_schema_chips_range_keys[] = {
    QUANTITY("min", MZ_Q_CHIPS_OR_BARE, MZ_RANGE_NOT_NEGATIVE, "least chips while it runs"),
    QUANTITY("max", MZ_Q_CHIPS_OR_BARE, MZ_RANGE_POSITIVE, "most chips"),
};
SCHEMA(mz_schema_chips_range, "chips", "How many chips a training run uses", .empty_ok = true);

#define DEMANDED (MZ_BIT_SERVE | MZ_BIT_BATCH)

static const struct mz_key mz_schema_workload_keys[] = {
    KEY("kind", MZ_VALUE_WORD, "serve, batch or train", .words = workload_kinds, REQUIRED),
    TEXT("model", "catalogue name, or path of a config.json beside this file"),
    MAP("tokens", mz_schema_request, "tokens of one request", .kinds = DEMANDED),
    QUANTITY("tokens", MZ_Q_TOKENS, MZ_RANGE_POSITIVE, "tokens of the whole run",
        .kinds = MZ_BIT_TRAIN, .required = MZ_BIT_TRAIN),
    SERIES("demand", MZ_Q_TOKENS_PER_DAY, MZ_BEFORE_ZERO, "output tokens wanted, over time (R3)",
        .kinds = DEMANDED, .required = DEMANDED),
    QUANTITY("growth", MZ_Q_GROWTH, MZ_RANGE_GROWTH, "growth of the demand behind each date",
        .kinds = DEMANDED),
    KEY("regions", MZ_VALUE_SHARES, "share of the demand that each region's sites have to serve",
        .quantity = MZ_Q_SHARE, .range = MZ_RANGE_SHARE, .kinds = MZ_BIT_SERVE),
    BOOL("anywhere", "any site may serve it", .kinds = MZ_BIT_SERVE),
    SERIES("revenue", MZ_Q_USD_PER_TOKENS, MZ_BEFORE_FIRST, "earned per token, over time",
        .kinds = DEMANDED),
    SERIES("unserved", MZ_Q_USD_PER_TOKENS, MZ_BEFORE_FIRST,
        "cost of a token that is not served, over time"),
    BOOL("critical", "has to survive the loss of a partner", .kinds = MZ_BIT_SERVE),
    CHIP_SERIES("throughput", MZ_Q_TOKENS_PER_S,
        "tokens/s of one chip, over time or by chip; 'size', or nothing: computed from 'model'",
        .words = computed, .unless = "model", REQUIRED),
    QUANTITY("ttft", MZ_Q_SECONDS, MZ_RANGE_POSITIVE,
        "most time to the first token, for a throughput from mizan size", .kinds = MZ_BIT_SERVE),
    QUANTITY("tpot", MZ_Q_SECONDS, MZ_RANGE_POSITIVE, "most time for each further token, likewise",
        .kinds = MZ_BIT_SERVE),
    QUANTITY("load", MZ_Q_SHARE, MZ_RANGE_SHARE_POSITIVE,
        "share of a chip's full load that the mean of the day is, likewise", .kinds = MZ_BIT_SERVE),
    QUANTITY(
        "wait", MZ_Q_DAYS, MZ_RANGE_NOT_NEGATIVE, "how long work may wait", .kinds = MZ_BIT_BATCH),
    MAP("window", mz_schema_training_window, "first and last month (R4)", .kinds = MZ_BIT_TRAIN,
        .required = MZ_BIT_TRAIN),
    MAP("chips", mz_schema_chips_range, "least and most chips", .kinds = MZ_BIT_TRAIN),
    BOOL("one_site", "the whole run at one site", .kinds = MZ_BIT_TRAIN),
    QUANTITY("late", MZ_Q_USD_PER_MONTH, MZ_RANGE_NOT_NEGATIVE, "cost of a month of delay",
        .kinds = MZ_BIT_TRAIN),
};
SCHEMA(mz_schema_workload, "workload", "A long-lived need", .kinds = workload_kinds);

static const struct mz_key mz_schema_funding_keys[] = {
    KEY("kind", MZ_VALUE_WORD, "equity or debt", .words = funding_kinds, REQUIRED),
    MONTH("when", "month of a certain round", .kinds = MZ_BIT_EQUITY),
    QUANTITY("amount", MZ_Q_MONEY, MZ_RANGE_NOT_NEGATIVE, "what a certain round brings",
        .kinds = MZ_BIT_EQUITY),
    MONTH("from", "first month in which it can be raised"),
    MONTH("to", "last month in which it can be raised"),
    QUANTITY("max", MZ_Q_MONEY, MZ_RANGE_NOT_NEGATIVE, "most that can be raised, or owed",
        .required = MZ_BIT_DEBT),
    QUANTITY("fee", MZ_Q_SHARE, MZ_RANGE_SHARE, "share of what is raised that is lost"),
    QUANTITY("cost", MZ_Q_RATE, MZ_RANGE_NOT_NEGATIVE, "dilution, a year", .kinds = MZ_BIT_EQUITY),
    QUANTITY("interest", MZ_Q_RATE, MZ_RANGE_NOT_NEGATIVE, "interest, a year", .kinds = MZ_BIT_DEBT,
        .required = MZ_BIT_DEBT),
    QUANTITY("term", MZ_Q_MONTHS, MZ_RANGE_MONTHS_POSITIVE, "until it is repaid whole",
        .kinds = MZ_BIT_DEBT, .required = MZ_BIT_DEBT),
};
SCHEMA(mz_schema_funding, "funding", "Money from outside", .kinds = funding_kinds);

static const struct mz_key mz_schema_finance_keys[] = {
    QUANTITY("cash", MZ_Q_MONEY, MZ_RANGE_ANY, "cash at the start"),
    KEY("costs", MZ_VALUE_SERIES, "everything that is not compute, over time",
        .quantity = MZ_Q_USD_PER_MONTH, .range = MZ_RANGE_ANY, .before = MZ_BEFORE_ZERO),
    SERIES("revenue", MZ_Q_USD_PER_MONTH, MZ_BEFORE_ZERO, "revenue not from the workloads"),
    NAMED("funding", mz_schema_funding, "money from outside"),
};
SCHEMA(mz_schema_finance, "finance", "Cash and where it comes from (R9)", .empty_ok = true);

static const struct mz_key mz_schema_file_keys[] = {
    KEY("mizan", MZ_VALUE_VERSION, "version of this format: 1", REQUIRED),
    TEXT("name", "name of the scenario"),
    MONTH("start", "first month of the horizon, UTC"),
    MAP("periods", mz_schema_periods, "periods of the horizon"),
    QUANTITY("discount", MZ_Q_RATE, MZ_RANGE_NOT_NEGATIVE, "discount rate, a year"),
    MAP("limits", mz_schema_limits, "rules for the whole plan"),
    MAP("goals", mz_schema_goals, "floors with a price"),
    MAP("penalties", mz_schema_penalties, "what breaking a rule costs"),
    NAMED("chips", mz_schema_chip, "chips that the catalogue lacks or has otherwise"),
    NAMED("partners", mz_schema_partner, "who provides capacity"),
    NAMED("sites", mz_schema_site, "regions and campuses, named partner/site"),
    NAMED("contracts", mz_schema_contract, "capacity from partners"),
    NAMED("workloads", mz_schema_workload, "what the capacity is needed for"),
    MAP("finance", mz_schema_finance, "cash and where it comes from"),
    KEY("overrides", MZ_VALUE_OVERRIDES, "named changes to this file: path -> new value"),
};
SCHEMA(mz_schema_file, "file", "A mizan scenario or fleet");
