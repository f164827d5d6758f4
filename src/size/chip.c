/* chip.c - chips.csv, kernels.csv and collectives.csv into one struct
 *
 * Siblings: same generation first, then the nearest measured generation. The rate of a borrowed
 * curve is scaled by the ratio of vendor peaks of that dtype (of bf16 when one of them is
 * missing), memory by the ratio of HBM bandwidths, links by the ratio of scale-up bandwidths. */
#include "size/chip.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A Grace processor reaches each of its two chips at half its 450 GB/s (recalled, unverified). */
static const double GRACE_BYTES_PER_S = 225e9;

struct sibling {
    const char *chip;
    const char *from;
    enum mz_borrow kind;
    bool runs_seen;
};

static const struct sibling siblings[] = {
    { "a100-40g-sxm", "a100-80g-sxm", MZ_BORROW_SIBLING, true },
    { "h800-sxm", "h100-sxm", MZ_BORROW_SIBLING, false },
    { "gh200", "h200-sxm", MZ_BORROW_SIBLING, false },
    { "gb300-nvl72", "b300-sxm", MZ_BORROW_SIBLING, true },
    { "vera-rubin-nvl144", "b300-sxm", MZ_BORROW_SIBLING, false },
    { "v100-sxm", "a100-80g-sxm", MZ_BORROW_SIBLING, false },
    { "l4", "l40s", MZ_BORROW_SIBLING, false },
    { "rtx-4090", "l40s", MZ_BORROW_SIBLING, false },
    { "rtx-pro-6000-server", "b200-sxm", MZ_BORROW_SIBLING, false },
    { "mi300x", "h100-sxm", MZ_BORROW_OTHER_VENDOR, true },
    { "mi325x", "h200-sxm", MZ_BORROW_OTHER_VENDOR, true },
    { "mi350x", "b200-sxm", MZ_BORROW_OTHER_VENDOR, true },
    { "mi355x", "b200-sxm", MZ_BORROW_OTHER_VENDOR, true },
    { "tpu-v5e", "a100-80g-sxm", MZ_BORROW_OTHER_VENDOR, false },
    { "tpu-v5p", "h100-sxm", MZ_BORROW_OTHER_VENDOR, false },
    { "tpu-v6e", "h100-sxm", MZ_BORROW_OTHER_VENDOR, false },
    { "tpu-v7", "b200-sxm", MZ_BORROW_OTHER_VENDOR, false },
    { "trainium2", "h100-sxm", MZ_BORROW_OTHER_VENDOR, false },
    { "trainium3", "h100-sxm", MZ_BORROW_OTHER_VENDOR, false },
    { "gaudi3", "h100-sxm", MZ_BORROW_OTHER_VENDOR, false },
};

static const char *const dtype_names[MZ_DTYPE_COUNT] = { "bf16", "fp8", "fp8_block", "nvfp4" };
static const char *const op_names[MZ_COLLECTIVE_COUNT] = { "all_gather", "reduce_scatter",
    "all_reduce", "alltoall" };

static int32_t find_curve(
    const struct mz_catalogue_table *table, const char *chip, const char *what)
{
    char name[2 * MZ_SIZE_NAME_MAX];

    snprintf(name, sizeof(name), "%s/%s", chip, what);
    return mz_catalogue_find_row(table, name);
}

static void read_gemm(const struct mz_catalogue_table *table, const char *chip, enum mz_dtype dtype,
    struct mz_gemm_curve *curve)
{
    static const char *const columns[] = { "flops_inf", "half_m", "half_n", "half_k", "wave_power",
        "bytes_per_s", "edge", "t0_s", "m_power", "sm_count", "operand_bytes", "error_mean" };
    double *const values[] = { &curve->flops_inf, &curve->half_m, &curve->half_n, &curve->half_k,
        &curve->wave_power, &curve->bytes_per_s, &curve->edge, &curve->t0_s, &curve->m_power,
        &curve->sm_count, &curve->operand_bytes, &curve->error_mean };
    int32_t row = find_curve(table, chip, dtype_names[dtype]);

    if (row < 0)
        return;
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        if (!mz_catalogue_number(table, (size_t)row, columns[i], values[i])) {
            curve->flops_inf = 0;
            return;
        }
    }
}

static bool read_collective(const struct mz_catalogue_table *table, const char *chip,
    enum mz_collective op, struct mz_collective_curve *curve)
{
    int32_t row = find_curve(table, chip, op_names[op]);
    size_t r = (size_t)row;

    return row >= 0 && mz_catalogue_number(table, r, "t0_s", &curve->t0_s) &&
        mz_catalogue_number(table, r, "alpha_s", &curve->alpha_s) &&
        mz_catalogue_number(table, r, "bytes_per_s", &curve->bytes_per_s) &&
        mz_catalogue_number(table, r, "share_power", &curve->share_power) &&
        mz_catalogue_number(table, r, "edge", &curve->edge);
}

/* Numbers of chips.csv that both a chip and its sibling need. */
struct chip_row {
    double peak[MZ_DTYPE_COUNT];
    double hbm_gb, hbm_gbps, domain, scaleup_gbps, nic_gbit, host_gbps;
};

static enum mz_status read_chip_row(const struct mz_catalogue_table *chips, const char *name,
    struct chip_row *row, struct mz_error *err)
{
    int32_t at = mz_catalogue_find_row(chips, name);
    size_t r = (size_t)at;
    double tera;

    if (at < 0) {
        const char *names[256];
        size_t count = chips->row_count < 256 ? chips->row_count : 256;
        const char *near;

        for (size_t i = 0; i < count; i++)
            names[i] = chips->rows[i][0];
        near = mz_nearest_word(name, names, count);
        return mz_fail(err, MZ_E_INPUT, "chip '%.60s' is not in the catalogue%s%s%s", name,
            near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    memset(row, 0, sizeof(*row));
    if (mz_catalogue_number(chips, r, "bf16_tflops", &tera))
        row->peak[MZ_DTYPE_16] = tera * 1e12;
    if (mz_catalogue_number(chips, r, "fp8_tflops", &tera))
        row->peak[MZ_DTYPE_FP8] = row->peak[MZ_DTYPE_FP8_BLOCK] = tera * 1e12;
    if (mz_catalogue_number(chips, r, "fp4_tflops", &tera))
        row->peak[MZ_DTYPE_NVFP4] = tera * 1e12;
    if (row->peak[MZ_DTYPE_16] <= 0 && row->peak[MZ_DTYPE_FP8] > 0)
        row->peak[MZ_DTYPE_16] = row->peak[MZ_DTYPE_FP8] / 2; /* an announced chip: only fp8, fp4 */
    if (row->peak[MZ_DTYPE_16] <= 0 || !mz_catalogue_number(chips, r, "hbm_gb", &row->hbm_gb) ||
        !mz_catalogue_number(chips, r, "hbm_gbps", &row->hbm_gbps) ||
        !mz_catalogue_number(chips, r, "scaleup_domain", &row->domain) ||
        !mz_catalogue_number(chips, r, "scaleup_gbps_uni", &row->scaleup_gbps))
        return mz_fail(err, MZ_E_INPUT,
            "chip '%.60s': the catalogue lacks a bf16 rate, memory or links for it", name);
    if (!mz_catalogue_number(chips, r, "nic_gbit_per_chip", &row->nic_gbit))
        row->nic_gbit = 8 * row->scaleup_gbps; /* a torus: no network beside its links */
    if (!mz_catalogue_number(chips, r, "pcie_gbps_uni", &row->host_gbps))
        row->host_gbps = 0;
    if (row->hbm_gb <= 0 || row->hbm_gbps <= 0 || row->domain < 1 || row->domain > 1e6 ||
        row->scaleup_gbps <= 0 || row->nic_gbit <= 0)
        return mz_fail(
            err, MZ_E_RANGE, "chip '%.60s': a figure of the catalogue is not positive", name);
    return MZ_OK;
}

static void scale_curves(
    struct mz_size_chip *chip, const struct chip_row *own, const struct chip_row *from)
{
    for (int d = 0; d < MZ_DTYPE_COUNT; d++) {
        struct mz_gemm_curve *curve = &chip->gemm[d];
        bool both = own->peak[d] > 0 && from->peak[d] > 0;

        if (curve->flops_inf <= 0)
            continue;
        if (own->peak[d] <= 0) { /* the chip lacks the format */
            curve->flops_inf = 0;
            continue;
        }
        curve->flops_inf *=
            both ? own->peak[d] / from->peak[d] : own->peak[MZ_DTYPE_16] / from->peak[MZ_DTYPE_16];
        curve->bytes_per_s *= own->hbm_gbps / from->hbm_gbps;
    }
    for (int op = 0; op < MZ_COLLECTIVE_COUNT; op++)
        chip->scaleup[op].bytes_per_s *= own->scaleup_gbps / from->scaleup_gbps;
}

static enum mz_chip_generation generation_of(const char *measured)
{
    if (strncmp(measured, "a100", 4) == 0)
        return MZ_GENERATION_AMPERE;
    if (strncmp(measured, "b200", 4) == 0 || strncmp(measured, "b300", 4) == 0 ||
        strncmp(measured, "gb", 2) == 0)
        return MZ_GENERATION_BLACKWELL;
    return MZ_GENERATION_HOPPER;
}

enum mz_status mz_size_chip_load(const struct mz_catalogue *catalogue, const char *name,
    struct mz_size_chip *ret_chip, struct mz_error *err)
{
    const struct mz_catalogue_table *chips = mz_catalogue_find_table(catalogue, "chips");
    const struct mz_catalogue_table *kernels = mz_catalogue_find_table(catalogue, "kernels");
    const struct mz_catalogue_table *collectives =
        mz_catalogue_find_table(catalogue, "collectives");
    struct mz_size_chip chip = { 0 };
    struct chip_row own;
    struct chip_row from;
    const char *source = name;
    enum mz_status status;

    if (!chips || !kernels || !collectives)
        return mz_fail(err, MZ_E_INPUT, "the catalogue lacks chips, kernels or collectives");
    status = read_chip_row(chips, name, &own, err);
    if (status != MZ_OK)
        return status;
    chip.runs_seen = true;
    for (size_t i = 0; i < sizeof(siblings) / sizeof(siblings[0]); i++) {
        if (strcmp(siblings[i].chip, name) == 0) {
            source = siblings[i].from;
            chip.borrowed = siblings[i].kind;
            chip.runs_seen = siblings[i].runs_seen;
        }
    }
    status = read_chip_row(chips, source, &from, err);
    if (status != MZ_OK)
        return status;
    chip.generation = generation_of(source);
    snprintf(chip.name, sizeof(chip.name), "%s", name);
    snprintf(chip.sibling, sizeof(chip.sibling), "%s", source);
    for (int d = 0; d < MZ_DTYPE_COUNT; d++) {
        chip.peak_flops[d] = own.peak[d];
        read_gemm(kernels, source, (enum mz_dtype)d, &chip.gemm[d]);
    }
    for (int op = 0; op < MZ_COLLECTIVE_COUNT; op++)
        if (!read_collective(collectives, source, (enum mz_collective)op, &chip.scaleup[op]))
            return mz_fail(err, MZ_E_INPUT, "chip '%.60s': no measured %s curve, and no sibling",
                name, op_names[op]);
    if (chip.gemm[MZ_DTYPE_16].flops_inf <= 0)
        return mz_fail(err, MZ_E_INPUT, "chip '%.60s': no measured bf16 GEMM curve", name);
    scale_curves(&chip, &own, &from);
    chip.hbm_bytes = own.hbm_gb * 1073741824.0;
    chip.hbm_bytes_per_s = own.hbm_gbps * 1e9;
    chip.scaleup_domain = (int32_t)own.domain;
    chip.host_bytes_per_s = own.host_gbps * 1e9;
    if (strncmp(name, "gb", 2) == 0 || strncmp(name, "gh", 2) == 0)
        chip.host_bytes_per_s = GRACE_BYTES_PER_S;
    chip.nic_bytes_per_s = own.nic_gbit * 1e9 / 8;
    *ret_chip = chip;
    return MZ_OK;
}
