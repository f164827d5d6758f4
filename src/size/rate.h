/* rate.h - tokens per second of one chip, for a planner that asks about many chips
 *
 * One question, one number: the best layout that the search of serving or of training finds, with
 * the defaults of `mizan size`, its error band, and the command that repeats it. Serving counts
 * output tokens at full load; training counts tokens of useful steps, without failures. What a
 * mean day or restarts leave of that is the caller's business.
 * Source: docs/size-model.md, "What a plan takes".
 */
#ifndef MZ_SIZE_RATE_H
#define MZ_SIZE_RATE_H

#include "base/arena.h"
#include "size/model_shape.h"
#include "size/serve_band.h"
#include "size/serve_search.h"

enum { MZ_RATE_SEQ = 8192, MZ_RATE_CHIPS_MAX = 1 << 20 };

struct mz_rate_question {
    bool train;
    const char *model; /* as a command line names it */
    const struct mz_model_shape *shape;
    const char *chip;
    double in_tokens, out_tokens; /* serving: of a request, > 0 */
    double ttft_s, tpot_s;        /* wanted at most; 0: any */
    int32_t chips;                /* training: that step together, >= 1 */
};

struct mz_rate {
    double tokens_per_s_per_chip; /* 0: none, see reason */
    double band;                  /* factor above 1 that four of five unseen runs lie within */
    int32_t band_rows;            /* published runs behind it */
    const char *layout;
    const char *reason; /* a sentence without its stop: why there is no number; NULL: there is */
};

/* "mizan size serve deepseek-v3 --chip h100-sxm --in 1500 --out 400 --ttft 2s --tpot 0.05s". Equal
 * questions have equal commands. Lives in the arena. */
const char *mz_rate_command(struct mz_arena *arena, const struct mz_rate_question *question);

/* Always answers. Texts live in the arena. Tenths of a second at most; a few MB while it runs. */
void mz_rate_answer(struct mz_arena *arena, const struct mz_catalogue *catalogue,
    const struct mz_rate_question *question, struct mz_rate *ret_rate);

/* Chips of a training run between chips_min and chips_max (both >= 1) whose layouts divide best:
 * the largest multiple of the largest power of two in between. */
int32_t mz_rate_chips_between(double chips_min, double chips_max);

/* Chips, a power of two, that train `tokens` in `seconds` at 40 % of the chip's dense 16-bit peak:
 * the scale of a run that nobody stated. 8 when the chip is unknown. */
int32_t mz_rate_chips_for(const struct mz_catalogue *catalogue, const struct mz_model_shape *shape,
    const char *chip, double tokens, double seconds);

/* What decides the band of a search with these options. */
enum mz_serve_kind mz_serve_kind_of(
    const struct mz_serve_case *serve, const struct mz_serve_options *options, bool disaggregated);

#endif
