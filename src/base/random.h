/* random.h - chance from a seed
 *
 * xoshiro256** by Blackman and Vigna (2018), seeded by splitmix64: the same seed gives the same
 * numbers everywhere. Not for secrets. Doubles have 53 random bits.
 * Streams: things that draw independently (failures, arrivals) take each their own, by
 * mz_random_stream, so that one more draw of one does not shift the others.
 */
#ifndef MZ_BASE_RANDOM_H
#define MZ_BASE_RANDOM_H

#include <stdint.h>

struct mz_random {
    uint64_t state[4];
};

void mz_random_init(struct mz_random *random, uint64_t seed);

/* The stream number `stream` of a seed. */
void mz_random_stream(struct mz_random *random, uint64_t seed, uint64_t stream);

uint64_t mz_random_next(struct mz_random *random);

/* Uniform in [0, bound), without bias; bound > 0. */
uint64_t mz_random_below(struct mz_random *random, uint64_t bound);

/* Uniform in [0, 1). */
double mz_random_unit(struct mz_random *random);

/* Exponential with this mean. */
double mz_random_exponential(struct mz_random *random, double mean);

/* Normal with mean 0 and standard deviation 1. */
double mz_random_normal(struct mz_random *random);

#endif
