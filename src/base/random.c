/* random.c - xoshiro256** and what is drawn from it */
#include "base/random.h"

#include <assert.h>
#include <math.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void mz_random_init(struct mz_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&seed);
}

void mz_random_stream(struct mz_random *random, uint64_t seed, uint64_t stream)
{
    uint64_t mixed = stream;

    mz_random_init(random, seed ^ splitmix(&mixed));
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t mz_random_next(struct mz_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* Lemire (2019): the high word of a product, redrawn in the few cases that would be biased. */
uint64_t mz_random_below(struct mz_random *random, uint64_t bound)
{
    assert(bound > 0);
    for (;;) {
        unsigned __int128 product = (unsigned __int128)mz_random_next(random) * bound;

        if ((uint64_t)product >= -bound % bound)
            return (uint64_t)(product >> 64);
    }
}

double mz_random_unit(struct mz_random *random)
{
    return (double)(mz_random_next(random) >> 11) * 0x1.0p-53;
}

double mz_random_exponential(struct mz_random *random, double mean)
{
    return -mean * log1p(-mz_random_unit(random));
}

/* Box and Muller; the second value is not kept, so that one draw is always two numbers. */
double mz_random_normal(struct mz_random *random)
{
    double radius = sqrt(-2 * log1p(-mz_random_unit(random)));

    return radius * cos(2 * 3.14159265358979323846 * mz_random_unit(random));
}
