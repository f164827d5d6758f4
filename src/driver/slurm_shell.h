/* slurm_shell.h - the shell scripts that the transport by commands sends, here or through ssh
 *
 * Each begins every line of its own with a mark that is new for each call: what a command prints
 * between, and what other users called their jobs, cannot pass for one. Lines:
 *   MARK hello                       the script was begun
 *   MARK begin I / MARK end I CODE   around what the command number I printed
 *   MARK time ID SECONDS NAME        of what was submitted (separator: byte 31)
 *   MARK user NAME, MARK job ..., MARK node ..., MARK nodes CODE, MARK jobs CODE   observation
 *   MARK whole                       the script came to its end
 */
#ifndef MZ_DRIVER_SLURM_SHELL_H
#define MZ_DRIVER_SLURM_SHELL_H

#include "driver/slurm_impl.h"

#define SLURM_SEPARATOR "\x1f"

enum { SLURM_MARK_MAX = 40 };

void mz_slurm_shell_head(struct mz_text *text, const struct mz_slurm *slurm, const char *mark);
void mz_slurm_shell_submit(struct mz_text *text, const struct mz_slurm *slurm, const char *mark,
    int32_t number, const struct mz_slurm_work *work);
void mz_slurm_shell_times(struct mz_text *text, const char *mark); /* after submits */
void mz_slurm_shell_cancel(
    struct mz_text *text, const char *mark, int32_t number, const struct mz_slurm_work *work);
void mz_slurm_shell_observe(struct mz_text *text, const char *mark);
void mz_slurm_shell_tail(struct mz_text *text, const char *mark);

#endif
