/* progress.h - one status line on stderr while something takes long
 *
 * Nothing before 0.5 s. Then, on a terminal, one line that is redrawn; elsewhere a plain line every
 * 30 s. A thread of its own draws it, because a solver library may not call back for seconds.
 * SIGINT sets *mz_progress_stop; the second one ends the program at once.
 */
#ifndef MZ_CLI_PROGRESS_H
#define MZ_CLI_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>

extern atomic_bool mz_progress_stop;

/* quiet draws nothing. Begins with SIGINT taken over; `what` is copied. */
void mz_progress_begin(bool quiet);
void mz_progress_say(const char *what);
void mz_progress_end(void);

#endif
