/* buffer.c - bytes that grow by doubling, from 512 on */
#include "shim/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 512, CAPACITY_KEPT_MAX = 64 * 1024, FORMAT_MAX = 1024 };

bool mz_buffer_reserve(struct mz_buffer *buffer, size_t more)
{
    size_t capacity = buffer->capacity == 0 ? CAPACITY_MIN : buffer->capacity;
    char *bytes;

    if (buffer->failed || more > SIZE_MAX / 4 - buffer->length)
        return false;
    if (buffer->length + more <= buffer->capacity)
        return true;
    while (capacity < buffer->length + more)
        capacity *= 2;
    bytes = realloc(buffer->bytes, capacity);
    if (bytes == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

void mz_buffer_add(struct mz_buffer *buffer, const char *bytes, size_t length)
{
    if (!mz_buffer_reserve(buffer, length) || length == 0)
        return;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

void mz_buffer_addf(struct mz_buffer *buffer, const char *format, ...)
{
    va_list args;
    int length;

    if (!mz_buffer_reserve(buffer, FORMAT_MAX))
        return;
    va_start(args, format);
    length = vsnprintf(buffer->bytes + buffer->length, FORMAT_MAX, format, args);
    va_end(args);
    if (length < 0 || length >= FORMAT_MAX)
        buffer->failed = true;
    else
        buffer->length += (size_t)length;
}

void mz_buffer_clear(struct mz_buffer *buffer)
{
    if (buffer->capacity > CAPACITY_KEPT_MAX)
        mz_buffer_finish(buffer);
    buffer->length = 0;
    buffer->failed = false;
}

void mz_buffer_finish(struct mz_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct mz_buffer){ 0 };
}
