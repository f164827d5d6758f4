/* collective.c - the formulas of collective.h */
#include "size/collective.h"

#include <math.h>

int32_t mz_group_local(const struct mz_size_chip *chip, struct mz_group group)
{
    int32_t local = chip->scaleup_domain / (group.stride > 0 ? group.stride : 1);

    if (local < 1)
        local = 1;
    return local < group.size ? local : group.size;
}

bool mz_group_is_local(const struct mz_size_chip *chip, struct mz_group group)
{
    return (double)group.stride * (group.size - 1) + 1 <= chip->scaleup_domain;
}

static double scaleup_s(
    const struct mz_size_chip *chip, enum mz_collective op, double n, double bytes)
{
    const struct mz_collective_curve *curve = &chip->scaleup[op];
    double factor = op == MZ_ALL_REDUCE ? 2 : 1;
    double hops = n <= 8 ? n - 1 : 7 + log2(n / 8);
    double latency = curve->t0_s + curve->alpha_s * hops;
    double wire = bytes * factor * pow((n - 1) / n, curve->share_power) / curve->bytes_per_s;

    return pow(pow(latency, curve->edge) + pow(wire, curve->edge), 1 / curve->edge);
}

double mz_collective_s(const struct mz_size_chip *chip, const struct mz_size_params *params,
    enum mz_collective op, struct mz_group group, double bytes)
{
    double n = group.size;
    double local;
    double nodes;
    double nic;
    double steps;

    if (group.size <= 1 || bytes <= 0)
        return 0;
    if (mz_group_is_local(chip, group))
        return scaleup_s(chip, op, n, bytes);
    local = mz_group_local(chip, group);
    nodes = ceil(n / local);
    nic = chip->nic_bytes_per_s * params->nic_eff / (1 + params->congestion * log2(nodes));
    steps = log2(nodes) + 1;
    if (op == MZ_ALL_TO_ALL) {
        double out = bytes * (n - local) / n / nic;
        double in = local > 1 ? scaleup_s(chip, op, local, bytes * local / n) : 0;

        return steps * params->nic_alpha_us * 1e-6 + (out > in ? out : in);
    } else {
        double factor = op == MZ_ALL_REDUCE ? 2 : 1;
        double rail = local * nic;
        double links = chip->scaleup[op].bytes_per_s;

        if (local > 1 && links < rail)
            rail = links;
        return chip->scaleup[op].t0_s + factor * steps * params->nic_alpha_us * 1e-6 +
            bytes * factor * (n - 1) / n / rail;
    }
}

double mz_send_s(const struct mz_size_chip *chip, const struct mz_size_params *params,
    int32_t stride, double bytes)
{
    if (bytes <= 0)
        return 0;
    if (stride < chip->scaleup_domain)
        return chip->scaleup[MZ_ALL_GATHER].t0_s + bytes / chip->scaleup[MZ_ALL_GATHER].bytes_per_s;
    return params->nic_alpha_us * 1e-6 + bytes / (chip->nic_bytes_per_s * params->nic_eff);
}
