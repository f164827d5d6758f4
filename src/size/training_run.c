/* training_run.c - a whole training run from the time of one step */
#include "size/training_run.h"

#include "base/text.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { NODE_CHIPS = 8 };

void mz_training_assumptions_default(struct mz_training_assumptions *ret_assumptions)
{
    *ret_assumptions = (struct mz_training_assumptions){ .node_mtbf_hours = 6335,
        .checkpoint_s = 60,
        .restart_s = 600,
        .draw = 0.81,
        .pue = 1.15,
        .carbon_g_per_kwh = 340 };
}

static const struct {
    const char *name;
    size_t offset;
    double min;
    double max;
} words[] = {
    { "goodput", offsetof(struct mz_training_assumptions, goodput), 0.001, 1 },
    { "mtbf", offsetof(struct mz_training_assumptions, node_mtbf_hours), 0.001, 1e9 },
    { "checkpoint", offsetof(struct mz_training_assumptions, checkpoint_s), 0, 1e6 },
    { "restart", offsetof(struct mz_training_assumptions, restart_s), 0, 1e6 },
    { "draw", offsetof(struct mz_training_assumptions, draw), 0.01, 2 },
    { "pue", offsetof(struct mz_training_assumptions, pue), 1, 5 },
    { "carbon", offsetof(struct mz_training_assumptions, carbon_g_per_kwh), 0, 5000 },
    { "price", offsetof(struct mz_training_assumptions, price_usd_per_chip_hour), 0, 1e6 },
};

enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };

enum mz_status mz_training_assume(
    const char *text, struct mz_training_assumptions *assumptions, struct mz_error *err)
{
    const char *known[WORD_COUNT];

    for (size_t i = 0; i < WORD_COUNT; i++)
        known[i] = words[i].name;
    while (*text) {
        size_t length = strcspn(text, "=,");
        char name[32] = "";
        size_t found = WORD_COUNT;
        char *end = NULL;
        double value;

        memcpy(name, text, length < sizeof(name) - 1 ? length : sizeof(name) - 1);
        for (size_t i = 0; i < WORD_COUNT; i++)
            found = strcmp(words[i].name, name) == 0 ? i : found;
        if (found == WORD_COUNT) {
            const char *nearest = mz_nearest_word(name, known, WORD_COUNT);

            return mz_fail(err, MZ_E_INPUT, "'%s' is not an assumption%s%s%s", name,
                nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
        }
        value = text[length] == '=' ? strtod(text + length + 1, &end) : NAN;
        if (text[length] != '=' || end == text + length + 1 || (*end != ',' && *end != '\0') ||
            !(value >= words[found].min && value <= words[found].max))
            return mz_fail(err, MZ_E_INPUT, "%s needs a number from %g to %g", name,
                words[found].min, words[found].max);
        *(double *)(void *)((char *)assumptions + words[found].offset) = value;
        text = *end == ',' ? end + 1 : end;
    }
    return MZ_OK;
}

double mz_training_goodput(const struct mz_training_assumptions *assumptions, int32_t chips)
{
    double nodes = ceil((double)chips / NODE_CHIPS);
    double mean_s = assumptions->node_mtbf_hours * 3600 / nodes;
    double cost_s = assumptions->checkpoint_s > 0 ? assumptions->checkpoint_s : 1e-3;
    double interval_s = sqrt(2 * cost_s * mean_s);

    if (assumptions->goodput > 0)
        return assumptions->goodput;
    return interval_s /
        (mean_s * exp(assumptions->restart_s / mean_s) * expm1((interval_s + cost_s) / mean_s));
}

void mz_training_run(const struct mz_training_assumptions *assumptions, double step_s,
    double tokens_per_step, double tokens, int32_t chips, double server_w,
    struct mz_training_run *ret_run)
{
    struct mz_training_run run = { .steps = ceil(tokens / tokens_per_step),
        .goodput = mz_training_goodput(assumptions, chips) };
    double power_w = server_w > 0 ? server_w * assumptions->draw * assumptions->pue * chips : NAN;

    run.ideal_days = run.steps * step_s / 86400;
    run.days = run.ideal_days / run.goodput;
    run.chip_hours = run.days * 24 * chips;
    run.cost_usd = assumptions->price_usd_per_chip_hour > 0
        ? run.chip_hours * assumptions->price_usd_per_chip_hour
        : NAN;
    run.power_mw = power_w / 1e6;
    run.energy_mwh = run.power_mw * run.days * 24;
    run.carbon_t = run.energy_mwh * assumptions->carbon_g_per_kwh / 1e3;
    *ret_run = run;
}
