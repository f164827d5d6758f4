/* bits.h - how many bits are set
 *
 * The builtin is a library call with a table on processors of the baseline, so the sum is made
 * here: pairs, fours, bytes, then all bytes by one multiplication.
 */
#ifndef MZ_BASE_BITS_H
#define MZ_BASE_BITS_H

#include <stdint.h>

static inline int32_t mz_bit_count(uint64_t x)
{
    x -= (x >> 1) & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + ((x >> 2) & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (int32_t)((x * UINT64_C(0x0101010101010101)) >> 56);
}

#endif
