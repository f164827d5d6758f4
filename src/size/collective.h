/* collective.h - seconds of a collective, inside a scale-up domain and across nodes
 *
 * Inside a domain the fitted curve (collectives.csv):
 *   latency = t0 + alpha hops,  hops = n - 1 up to 8 chips, then 7 + log2(n / 8)
 *   wire    = bytes f ((n-1)/n)^share / B,  f = 2 for all-reduce, else 1
 *   t       = (latency^edge + wire^edge)^(1/edge)
 * `bytes` is the whole buffer (all-gather: after gathering; all-to-all: what one chip sends).
 * Across nodes nobody published an open table, so the formula is alpha-beta with the line rate of
 * the interface: `local` members of a group inside a domain drive `local` interfaces together,
 *   t = alpha_nic steps + bytes f (n-1)/n / min(B_scaleup, local nic nic_eff / (1 + c log2 nodes))
 * All-to-all across nodes: the share that leaves the domain goes through the chip's own interface.
 */
#ifndef MZ_SIZE_COLLECTIVE_H
#define MZ_SIZE_COLLECTIVE_H

#include "size/chip.h"
#include "size/params.h"

/* Ranks of one group: `size` members, `stride` ranks apart; ranks fill domains in order. */
struct mz_group {
    int32_t size;
    int32_t stride;
};

/* Members of the group that share a scale-up domain, at least 1. */
int32_t mz_group_local(const struct mz_size_chip *chip, struct mz_group group);

/* True when the whole group lies inside one domain. */
bool mz_group_is_local(const struct mz_size_chip *chip, struct mz_group group);

/* Seconds; 0 for a group of one or no bytes. */
double mz_collective_s(const struct mz_size_chip *chip, const struct mz_size_params *params,
    enum mz_collective op, struct mz_group group, double bytes);

/* Seconds to send `bytes` to the neighbour `stride` ranks away. */
double mz_send_s(const struct mz_size_chip *chip, const struct mz_size_params *params,
    int32_t stride, double bytes);

#endif
