/* screen.h - a full screen that is drawn again and again until q, Escape or Ctrl-C
 *
 * Runs in the terminal's other screen, so that what stood there before is there again afterwards,
 * whatever ends it.
 */
#ifndef MZ_CLI_SCREEN_H
#define MZ_CLI_SCREEN_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Adds lines of at most `width` columns, at most `height` of them. False: what is shown is old; the
 * frame before is kept and only the last line is drawn from `out`. */
typedef bool mz_screen_draw(void *context, int32_t width, int32_t height, struct mz_text *out);

/* Returns the exit status. */
int mz_screen_run(int64_t interval_ms, mz_screen_draw *draw, void *context);

/* "stale since 14:02:07: SENTENCE" for a draw that failed. */
void mz_screen_stale(struct mz_text *out, const char *sentence);

#endif
