/* chip.h - one chip as the performance model sees it: numbers of chips.csv plus measured curves
 *
 * Curves come from catalogue/kernels.csv and collectives.csv, which tools/fit-kernels.py writes
 * from micro-benchmarks. A chip that nobody measured borrows the curves of a sibling (table in
 * chip.c), FLOP rates scaled by the ratio of the dense peaks, bandwidths by the ratio of HBM or
 * link bandwidths; `borrowed` says so, and whoever shows a result widens its band.
 * Units: FLOP/s, bytes, bytes/s, seconds.
 */
#ifndef MZ_SIZE_CHIP_H
#define MZ_SIZE_CHIP_H

#include "base/status.h"
#include "catalogue/catalogue.h"

#include <stdbool.h>
#include <stdint.h>

enum mz_dtype { MZ_DTYPE_16, MZ_DTYPE_FP8, MZ_DTYPE_FP8_BLOCK, MZ_DTYPE_NVFP4, MZ_DTYPE_COUNT };

enum mz_collective {
    MZ_ALL_GATHER,
    MZ_REDUCE_SCATTER,
    MZ_ALL_REDUCE,
    MZ_ALL_TO_ALL,
    MZ_COLLECTIVE_COUNT
};

/* Parameters of mz_gemm_s (kernel.h); flops_inf 0: the chip has no such dtype. */
struct mz_gemm_curve {
    double flops_inf;
    double half_m, half_n, half_k;
    double m_power; /* rows = (m^q + half_m^q)^(1/q); 1: as half_n */
    double wave_power;
    double bytes_per_s;
    double edge;
    double t0_s;
    double sm_count;
    double operand_bytes;
    double error_mean; /* of the fit, as a fraction */
};

/* Parameters of mz_collective_s (collective.h) inside one scale-up domain. */
struct mz_collective_curve {
    double t0_s;
    double alpha_s;
    double bytes_per_s;
    double share_power;
    double edge;
};

enum { MZ_SIZE_NAME_MAX = 64 };

/* Whose sustained rates apply: that of the chip the curves were measured on. */
enum mz_chip_generation { MZ_GENERATION_AMPERE, MZ_GENERATION_HOPPER, MZ_GENERATION_BLACKWELL };

/* How the curves came here. */
enum mz_borrow { MZ_BORROW_NONE, MZ_BORROW_SIBLING, MZ_BORROW_OTHER_VENDOR };

struct mz_size_chip {
    char name[MZ_SIZE_NAME_MAX];
    char sibling[MZ_SIZE_NAME_MAX]; /* whose curves these are; the same name when measured */
    enum mz_chip_generation generation;
    enum mz_borrow borrowed;
    bool runs_seen;                    /* published training runs on this chip were compared */
    double peak_flops[MZ_DTYPE_COUNT]; /* dense, as the vendor states it; 0: unknown */
    struct mz_gemm_curve gemm[MZ_DTYPE_COUNT];
    struct mz_collective_curve scaleup[MZ_COLLECTIVE_COUNT];
    double hbm_bytes; /* as CUDA sees it */
    double hbm_bytes_per_s;
    int32_t scaleup_domain;  /* chips that reach each other over scale-up links */
    double host_bytes_per_s; /* to the memory of the host, one direction; 0: unknown */
    double nic_bytes_per_s;  /* line rate per chip, one direction */
};

/* Fills *ret_chip. MZ_E_INPUT: unknown chip (the nearest name is in the sentence) or figures
 * missing from the catalogue; MZ_E_RANGE: a figure that cannot be. */
enum mz_status mz_size_chip_load(const struct mz_catalogue *catalogue, const char *name,
    struct mz_size_chip *ret_chip, struct mz_error *err);

#endif
