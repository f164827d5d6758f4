/* world.h - the core on a virtual clock, among partners, shims and users that misbehave
 *
 * A world is made from a seed and runs in one thread. Its daemon is the core over a journal in
 * memory whose commits come late, fail, or are cut off by a crash; its planner is a list of chips;
 * its partners forget, lie and fall silent; its shims keep to shim/shim.h on a network that loses,
 * repeats and delays. After some time all faults end, and what is still due has to come to its end.
 *
 * What happened is judged by the shims' own records and by the journal's rows, not by the core
 * (world_check.c says what is asked of them). */
#ifndef MZ_TESTS_CONTROL_WORLD_H
#define MZ_TESTS_CONTROL_WORLD_H

#include <stdbool.h>
#include <stdint.h>

enum { WORLD_FAILURE_MAX = 512, WORLD_TRACE_LINES = 60, WORLD_LINE_MAX = 200 };

struct world_sums { /* what a set of worlds has been through: a test of the test */
    int64_t jobs;
    int64_t done;
    int64_t failed;
    int64_t cancelled;
    int64_t attempts;
    int64_t commands; /* of ranks */
    int64_t crashes;
    int64_t failed_commits;
    int64_t twins;
    int64_t lost_memories;
    int64_t outages;
    int64_t node_losses;
    int64_t drains;
    int64_t shut_waits;   /* attempts that waited for a node that was shown shut, in two lists */
    int64_t false_alarms; /* ... in one, and not in the next: a lie, or the node is back */
    int64_t freezes;
    int64_t unknown_submits;
    int64_t late_accepts;
    int64_t preemptions;
    int64_t publications;
    int64_t refused_permits;
    int64_t self_stops;
    int64_t overlaps; /* while a shim was frozen */
    int64_t repeated_keys;
    int64_t events;
    uint64_t trace; /* of all that was written down, to see that one seed is one run */
};

struct world_result {
    char failure[WORLD_FAILURE_MAX]; /* "": none */
    char (*lines)[WORLD_LINE_MAX];   /* the last ones, oldest first; NULL or WORLD_TRACE_LINES */
    struct world_sums sums;
};

void world_run(uint64_t seed, bool is_shown, struct world_result *ret_result);
void world_result_finish(struct world_result *result);

#endif
