/* kernel.c - the formulas of kernel.h */
#include "size/kernel.h"

#include <math.h>

enum { TILE = 128 };

static double gemm_s(const struct mz_gemm_curve *curve, double count, double m, double n, double k)
{
    double tiles = count * ceil(m / TILE) * ceil(n / TILE) / curve->sm_count;
    double wave = pow(tiles / ceil(tiles), curve->wave_power);
    double q = curve->m_power;
    double rows = pow(pow(m, q) + pow(curve->half_m, q), 1 / q);
    double sat = n / (n + curve->half_n) * (k / (k + curve->half_k));
    double compute = 2 * count * rows * n * k / (curve->flops_inf * sat * wave);
    double memory =
        count * (curve->operand_bytes * (m * k + n * k) + 2 * m * n) / curve->bytes_per_s;
    double big = compute > memory ? compute : memory;
    double small = compute > memory ? memory : compute;

    return big * pow(1 + pow(small / big, curve->edge), 1 / curve->edge);
}

double mz_gemm_s(const struct mz_gemm_curve *curve, double m, double n, double k)
{
    return m > 0 && n > 0 && k > 0 ? gemm_s(curve, 1, m, n, k) : 0;
}

double mz_gemm_alone_s(const struct mz_gemm_curve *curve, double m, double n, double k)
{
    return mz_gemm_s(curve, m, n, k) + curve->t0_s;
}

double mz_gemm_grouped_s(
    const struct mz_gemm_curve *curve, double count, double m, double n, double k)
{
    return count > 0 && m > 0 && n > 0 && k > 0 ? gemm_s(curve, count, m, n, k) : 0;
}
