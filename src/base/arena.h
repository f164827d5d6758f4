/* arena.h - memory that dies together
 *
 * A plan, a scenario and a report each own one arena, named for its lifetime; nothing inside is
 * freed alone. Memory comes zeroed. Running out of memory ends the program with a sentence on
 * stderr: no caller has anything better to do, and untested recovery paths are worse than none.
 * An arena is not thread-safe; each thread owns its own.
 */
#ifndef MZ_BASE_ARENA_H
#define MZ_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct mz_arena;

struct mz_arena *mz_arena_create(void);
void mz_arena_free(struct mz_arena *arena); /* NULL is fine */

/* count * size zeroed bytes, aligned for any type. A product that overflows ends the program. */
void *mz_arena_alloc(struct mz_arena *arena, size_t count, size_t size);

/* Grows an array that lives in the arena: returns room for at least `need` elements, the first
 * `used` of them kept. *capacity is read and written. The old room is not reused. */
void *mz_arena_grow(
    struct mz_arena *arena, void *old, size_t used, size_t need, size_t *capacity, size_t size);

char *mz_arena_strdup(struct mz_arena *arena, const char *text);
char *mz_arena_strndup(struct mz_arena *arena, const char *text, size_t length);
char *mz_arena_printf(struct mz_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Bytes handed out so far; for benches and limits. */
size_t mz_arena_bytes(const struct mz_arena *arena);

/* malloc, realloc and strdup that end the program when memory is out: for objects that live
 * outside an arena. Free with free(). */
void *mz_xcalloc(size_t count, size_t size);
void *mz_xrealloc(void *old, size_t count, size_t size);

#endif
