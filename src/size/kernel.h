/* kernel.h - seconds of one kernel on one chip
 *
 * GEMM (m x k) (k x n), docs/size-model.md "GEMM"; fitted by tools/fit-kernels.py:
 *   compute = 2 rows n k / (F sat(n) sat(k) wave),  sat(x) = x / (x + half)
 *   rows    = (m^q + half_m^q)^(1/q): a tile that is not full costs as much as a full one
 *   wave    = (u / ceil u)^wave_power, u = ceil(m/128) ceil(n/128) / SMs
 *   memory  = (a m k + a n k + 2 m n) / B
 *   t       = (compute^edge + memory^edge)^(1/edge) + t0
 * half_n of the formats below 16 bits is the cast of the left operand, which the benchmarks
 * contain. All functions are pure, take sizes > 0 and never allocate.
 */
#ifndef MZ_SIZE_KERNEL_H
#define MZ_SIZE_KERNEL_H

#include "size/chip.h"

/* Seconds without t0: inside a step launches overlap with the kernel before. 0 when a size is 0. */
double mz_gemm_s(const struct mz_gemm_curve *curve, double m, double n, double k);

/* The same with t0: one GEMM alone, as a serving step launches it. */
double mz_gemm_alone_s(const struct mz_gemm_curve *curve, double m, double n, double k);

/* `count` GEMMs of the same n and k with m rows each in one launch (experts): the waves of all of
 * them are filled together. Seconds without t0. */
double mz_gemm_grouped_s(
    const struct mz_gemm_curve *curve, double count, double m, double n, double k);

#endif
