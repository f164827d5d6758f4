/* answer.c - the reader of HTTP/1.1 answers
 *
 * HEAD -> BODY -> DONE, or HEAD -> (CHUNK_SIZE -> CHUNK -> CHUNK_END)* -> TRAILER -> DONE; BAD from
 * anywhere. Lines end in CR LF. Invariant: body + body_length <= at <= length; between the two lies
 * nothing once feed has returned, so memory is bounded by head + body + what one read brings.
 */
#include "shim/answer.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { SIZE_DIGITS_MAX = 15, TRAILER_COUNT_MAX = 32 };

struct head { /* what the headers say about the body */
    bool has_length;
    bool is_chunked;
    bool is_close;
    size_t length;
};

void mz_answer_init(struct mz_answer *answer, size_t body_max)
{
    *answer = (struct mz_answer){ .state = MZ_ANSWER_HEAD, .body_max = body_max };
}

static bool read_length(const char *text, size_t length, size_t *ret_value)
{
    size_t value = 0;

    if (length == 0 || length > SIZE_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (size_t)(text[i] - '0');
    }
    *ret_value = value;
    return true;
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

/* "name: value" without its CR LF; false: not to be believed. */
static bool read_header(const char *line, size_t length, struct head *head)
{
    const char *colon = memchr(line, ':', length);
    const char *value;
    size_t name_length;
    size_t size;

    if (colon == NULL || colon == line)
        return false;
    name_length = (size_t)(colon - line);
    for (size_t i = 0; i < name_length; i++)
        if (line[i] <= ' ' || line[i] == 0x7f)
            return false; /* folded lines begin with a blank and end here too */
    value = colon + 1;
    length -= name_length + 1;
    for (; length > 0 && (*value == ' ' || *value == '\t'); length--)
        value++;
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    if (is_word(line, name_length, "content-length")) {
        if (!read_length(value, length, &size) || (head->has_length && size != head->length))
            return false;
        head->has_length = true;
        head->length = size;
    } else if (is_word(line, name_length, "transfer-encoding")) {
        if (head->is_chunked || !is_word(value, length, "chunked"))
            return false;
        head->is_chunked = true;
    } else if (is_word(line, name_length, "connection")) {
        head->is_close = head->is_close || !is_word(value, length, "keep-alive");
    }
    return true;
}

/* Every line of the head, which ends in an empty one at `end`. */
static bool read_headers(const char *line, const char *end, struct head *head)
{
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));

        if (stop == NULL || stop == line || stop[-1] != '\r')
            return false;
        if (memchr(line, '\r', (size_t)(stop - line - 1)) != NULL ||
            memchr(line, '\0', (size_t)(stop - line)) != NULL)
            return false;
        if (!read_header(line, (size_t)(stop - line - 1), head))
            return false;
        line = stop + 1;
    }
    return true;
}

static bool read_status(const char *line, size_t length, int *ret_status)
{
    const char *digit = line + 9;

    if (length < 12 || memcmp(line, "HTTP/1.1 ", 9) != 0)
        return false;
    if (digit[0] < '1' || digit[0] > '5' || digit[1] < '0' || digit[1] > '9' || digit[2] < '0' ||
        digit[2] > '9' || (length > 12 && line[12] != ' '))
        return false;
    *ret_status = (digit[0] - '0') * 100 + (digit[1] - '0') * 10 + (digit[2] - '0');
    return memchr(line, '\0', length) == NULL && memchr(line, '\r', length) == NULL;
}

/* The whole head lies in bytes[0 .. head_length), its empty line with it. */
static enum mz_answer_state take_head(struct mz_answer *answer, const char *bytes, size_t length)
{
    const char *first = memchr(bytes, '\n', length);
    struct head head = { 0 };

    if (first == NULL || first == bytes || first[-1] != '\r')
        return MZ_ANSWER_BAD;
    if (!read_status(bytes, (size_t)(first - bytes - 1), &answer->status) ||
        !read_headers(first + 1, bytes + length - 2, &head))
        return MZ_ANSWER_BAD;
    answer->keep = !head.is_close;
    answer->body = answer->at = length;
    answer->want = head.length;
    if (head.has_length && head.is_chunked)
        return MZ_ANSWER_BAD;
    if (answer->status < 200)
        return answer->status == 101 || head.has_length || head.is_chunked ? MZ_ANSWER_BAD
                                                                           : MZ_ANSWER_HEAD;
    if (answer->status == 204 || answer->status == 304)
        return head.is_chunked || (head.length > 0 && answer->status == 204) ? MZ_ANSWER_BAD
                                                                             : MZ_ANSWER_DONE;
    if (head.is_chunked)
        return MZ_ANSWER_CHUNK_SIZE;
    if (!head.has_length || head.length > answer->body_max)
        return MZ_ANSWER_BAD;
    return head.length > 0 ? MZ_ANSWER_BODY : MZ_ANSWER_DONE;
}

/* True: a head was taken, or what there is cannot be one. */
static bool feed_head(struct mz_answer *answer, char *bytes, size_t *length)
{
    size_t from = answer->at > 3 ? answer->at - 3 : 0;
    char *end = *length > from ? memmem(bytes + from, *length - from, "\r\n\r\n", 4) : NULL;
    size_t head_length;

    if (end == NULL) {
        answer->at = *length;
        if (*length > MZ_ANSWER_HEAD_MAX || (*length > 0 && bytes[0] != 'H'))
            answer->state = MZ_ANSWER_BAD;
        return answer->state == MZ_ANSWER_BAD;
    }
    head_length = (size_t)(end - bytes) + 4;
    answer->state =
        head_length > MZ_ANSWER_HEAD_MAX ? MZ_ANSWER_BAD : take_head(answer, bytes, head_length);
    if (answer->state == MZ_ANSWER_HEAD) { /* interim: drop it and read on */
        if (++answer->interim_count > MZ_ANSWER_INTERIM_MAX)
            answer->state = MZ_ANSWER_BAD;
        memmove(bytes, bytes + head_length, *length - head_length);
        *length -= head_length;
        answer->at = answer->body = 0;
    }
    return true;
}

/* Takes what has come of the body or of a chunk and joins it to what is there. */
static bool feed_bytes(
    struct mz_answer *answer, char *bytes, size_t length, enum mz_answer_state then)
{
    size_t count = length - answer->at < answer->want ? length - answer->at : answer->want;
    size_t put = answer->body + answer->body_length;

    if (put != answer->at)
        memmove(bytes + put, bytes + answer->at, count);
    answer->at += count;
    answer->body_length += count;
    answer->want -= count;
    if (answer->want == 0)
        answer->state = then;
    return count > 0 || answer->want == 0;
}

/* A line up to its CR LF; -1: it is not all there (or too long: BAD). */
static int64_t find_line(struct mz_answer *answer, const char *bytes, size_t length)
{
    size_t there = length - answer->at;
    const char *end = there > 0 ? memchr(bytes + answer->at, '\n', there) : NULL;
    size_t count = end != NULL ? (size_t)(end - bytes) - answer->at : there;

    if (count > MZ_ANSWER_LINE_MAX ||
        (end != NULL && (count == 0 || bytes[answer->at + count - 1] != '\r')))
        answer->state = MZ_ANSWER_BAD;
    return end == NULL || answer->state == MZ_ANSWER_BAD ? -1 : (int64_t)count - 1;
}

static bool feed_chunk_size(struct mz_answer *answer, const char *bytes, size_t length)
{
    int64_t count = find_line(answer, bytes, length);
    const char *line = bytes + answer->at;
    size_t size = 0;
    int64_t i = 0;

    if (count < 0)
        return answer->state == MZ_ANSWER_BAD;
    for (; i < count && i < 8; i++) {
        int digit = line[i] | 0x20;

        if (line[i] >= '0' && line[i] <= '9')
            size = size * 16 + (size_t)(line[i] - '0');
        else if (digit >= 'a' && digit <= 'f')
            size = size * 16 + (size_t)(digit - 'a' + 10);
        else
            break;
    }
    if (i == 0 || (i < count && line[i] != ';') || size > answer->body_max - answer->body_length) {
        answer->state = MZ_ANSWER_BAD;
        return true;
    }
    answer->at += (size_t)count + 2;
    answer->want = size;
    answer->state = size > 0 ? MZ_ANSWER_CHUNK : MZ_ANSWER_TRAILER;
    return true;
}

static bool feed_line_end(struct mz_answer *answer, const char *bytes, size_t length)
{
    int64_t count = find_line(answer, bytes, length);

    if (count < 0)
        return answer->state == MZ_ANSWER_BAD;
    answer->at += (size_t)count + 2;
    if (answer->state == MZ_ANSWER_CHUNK_END)
        answer->state = count == 0 ? MZ_ANSWER_CHUNK_SIZE : MZ_ANSWER_BAD;
    else if (count == 0)
        answer->state = MZ_ANSWER_DONE;
    else if (++answer->trailer_count > TRAILER_COUNT_MAX)
        answer->state = MZ_ANSWER_BAD;
    return true;
}

enum mz_answer_state mz_answer_feed(struct mz_answer *answer, char *bytes, size_t *length)
{
    bool goes_on = true;
    size_t end;

    while (goes_on) {
        switch (answer->state) {
        case MZ_ANSWER_HEAD: goes_on = feed_head(answer, bytes, length); break;
        case MZ_ANSWER_BODY: goes_on = feed_bytes(answer, bytes, *length, MZ_ANSWER_DONE); break;
        case MZ_ANSWER_CHUNK_SIZE: goes_on = feed_chunk_size(answer, bytes, *length); break;
        case MZ_ANSWER_CHUNK:
            goes_on = feed_bytes(answer, bytes, *length, MZ_ANSWER_CHUNK_END);
            break;
        case MZ_ANSWER_CHUNK_END:
        case MZ_ANSWER_TRAILER: goes_on = feed_line_end(answer, bytes, *length); break;
        case MZ_ANSWER_DONE:
        case MZ_ANSWER_BAD: goes_on = false; break;
        }
    }
    end = answer->body + answer->body_length;
    if (answer->state != MZ_ANSWER_HEAD && answer->state != MZ_ANSWER_BAD && answer->at > end) {
        memmove(bytes + end, bytes + answer->at, *length - answer->at);
        *length -= answer->at - end;
        answer->at = end;
    }
    return answer->state;
}
