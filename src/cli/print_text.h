/* print_text.h - text from elsewhere onto a terminal, without letting it drive the terminal */
#ifndef MZ_CLI_PRINT_TEXT_H
#define MZ_CLI_PRINT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Lines of a text from the server, each made harmless, with a line end at the end. */
void mz_print_text(FILE *stream, const char *text);

/* A stream of bytes that a job wrote. Text, tabs, line ends, carriage returns and backspaces go
 * through, and so do colours (ESC [ ... m); every other control character, escape sequence and byte
 * that is not UTF-8 becomes '?'. State is kept between pieces: zero-initialise it. */
struct mz_tame {
    uint8_t held[64]; /* of an escape sequence or a character that has not ended */
    int32_t held_count;
};

/* Takes a piece; the tamed bytes go to `stream`. */
void mz_tame_write(struct mz_tame *tame, FILE *stream, const char *bytes, size_t length);
/* At the end: what is still held is not whole. */
void mz_tame_finish(struct mz_tame *tame, FILE *stream);

#endif
