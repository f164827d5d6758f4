/* child.h - run a command on the loop and gather what it says: sbatch, squeue, ssh, a token command
 *
 * The child gets its own process group, default signals, no descriptor but 0, 1, 2, and what is
 * given to its standard input. At the deadline the group gets SIGKILL. Output over the limits is
 * read and dropped, and the answer says so.
 */
#ifndef MZ_NET_CHILD_H
#define MZ_NET_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uv_loop_s;
struct mz_child;

struct mz_child_spec {       /* copied */
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    int32_t env_count;       /* set in addition to this process' environment, or over it */
    const char *const *env_names;
    const char *const *env_values;
    const char *input; /* NULL: /dev/null */
    size_t input_length;
    int64_t timeout_ms;
    size_t output_bytes_max; /* of each stream */
};

struct mz_child_answer {
    bool started; /* false: error says why, nothing ran */
    bool timed_out;
    int32_t exit_code; /* 128 + signal when killed */
    const char *out;
    size_t out_length;
    const char *error_out; /* its stderr */
    size_t error_length;
    bool is_cut;       /* some output was dropped */
    const char *error; /* "" when started */
};

typedef void mz_child_done(void *context, const struct mz_child_answer *answer);

/* done is called once, on the loop, never from inside start. */
struct mz_child *mz_child_start(
    struct uv_loop_s *loop, const struct mz_child_spec *spec, mz_child_done *done, void *context);
/* SIGKILL to the group; done still comes. */
void mz_child_kill(struct mz_child *child);

#endif
