/* buffer.h - bytes that grow; memory that runs out is an answer, not an end: a job is running */
#ifndef MZ_SHIM_BUFFER_H
#define MZ_SHIM_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct mz_buffer { /* zeroed: empty */
    char *bytes;
    size_t length;
    size_t capacity;
    bool failed; /* something did not fit into memory: the content is worth nothing */
};

/* Room for so many bytes more; false and failed when there is no memory. */
bool mz_buffer_reserve(struct mz_buffer *buffer, size_t more);
void mz_buffer_add(struct mz_buffer *buffer, const char *bytes, size_t length);
void mz_buffer_addf(struct mz_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));      /* at most 1 KiB in one call */
void mz_buffer_clear(struct mz_buffer *buffer); /* keeps small memory, gives large memory back */
void mz_buffer_finish(struct mz_buffer *buffer);

#endif
