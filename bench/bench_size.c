/* bench_size.c - evaluations per CPU-second, and the whole space of GPT-3 175B on 4,096 chips
 *
 * Prints one line a claim: name, goal, measured. An evaluation is one complete layout with memory and
 * time; layer timings come from the memo after their first use, and their number is printed too. */
#include "size/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct mz_layer_memo memo;

static double run(const struct mz_train_case *train, bool exhaustive, int32_t repeat,
    struct mz_search_result *result)
{
    struct mz_search_options options;
    clock_t start = clock();

    mz_search_options_default(&options);
    options.exhaustive = exhaustive;
    for (int32_t i = 0; i < repeat; i++)
        mz_search(train, &options, &memo, result);
    return (double)(clock() - start) / CLOCKS_PER_SEC / repeat;
}

int main(void)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_catalogue catalogue;
    struct mz_model_shape shape;
    struct mz_size_chip chip;
    struct mz_size_params params;
    struct mz_error err;
    struct mz_train_case train = { .shape = &shape,
        .chip = &chip,
        .params = &params,
        .stack = mz_stack_default(),
        .chips = 4096,
        .seq = 2048,
        .batch = 4096 };
    struct mz_search_result result;
    double exhaustive_s;
    double pruned_s;

    mz_size_params_default(&params);
    if (mz_catalogue_open(arena, &catalogue, &err) != MZ_OK ||
        mz_model_shape_find(&catalogue, "gpt3-175b", &shape, &err) != MZ_OK ||
        mz_size_chip_load(&catalogue, "h100-sxm", &chip, &err) != MZ_OK) {
        fprintf(stderr, "bench_size: %s\n", err.text);
        return 2;
    }
    exhaustive_s = run(&train, true, 50, &result);
    printf("size evaluations per CPU-second    goal 1,000,000   %.0f (%llu layouts, %llu distinct "
           "layer timings)\n",
        (double)result.evaluated / exhaustive_s, (unsigned long long)result.evaluated,
        (unsigned long long)result.distinct);
    pruned_s = run(&train, false, 50, &result);
    printf("size gpt3-175b x 4096 exhaustive   goal 10 s        %.4f s\n", exhaustive_s);
    printf("size gpt3-175b x 4096 pruned       goal 0.2 s       %.4f s (%llu of %llu evaluated)\n",
        pruned_s, (unsigned long long)result.evaluated, (unsigned long long)result.considered);
    mz_arena_free(arena);
    return 0;
}
