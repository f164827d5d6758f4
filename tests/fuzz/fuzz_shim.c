/* fuzz_shim.c - any bytes as the daemon's answer to the shim
 *
 * The first byte says in which pieces the rest comes. However it is cut, the answer is the same as
 * in one piece; what is joined stays within the bounds; a body is read as records and as a launch
 * sheet, and the environment made from it is well-formed.
 */
#include "shim/answer.h"
#include "shim/record.h"
#include "shim/sheet.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feeds in pieces of `step` bytes; the body lies in buffer afterwards. */
static struct mz_answer feed(
    const uint8_t *data, size_t size, size_t step, struct mz_buffer *buffer)
{
    struct mz_answer answer;

    mz_answer_init(&answer, BODY_MAX);
    for (size_t at = 0;
         at < size && answer.state != MZ_ANSWER_DONE && answer.state != MZ_ANSWER_BAD; at += step) {
        size_t count = size - at < step ? size - at : step;

        mz_buffer_add(buffer, (const char *)data + at, count);
        (void)mz_answer_feed(&answer, buffer->bytes, &buffer->length);
        if (answer.state == MZ_ANSWER_BAD)
            break;
        assert(answer.body_length <= BODY_MAX);
        assert(answer.body + answer.body_length <= answer.at && answer.at <= buffer->length);
        assert(buffer->length <= MZ_ANSWER_HEAD_MAX + BODY_MAX + count + MZ_ANSWER_LINE_MAX + 4);
    }
    return answer;
}

static void read_sheet(struct mz_buffer *buffer, size_t from, size_t length)
{
    static char *own[] = { "PATH=/bin", "HOME=/", "A=1", NULL };
    static char *const added[] = { "MIZAN_SHIM=x", NULL };
    struct mz_records records = { buffer->bytes + from, buffer->bytes + from + length };
    struct mz_record record;
    struct mz_sheet sheet = { 0 };
    char **environment;
    int64_t number;
    size_t total = 0;

    while (mz_record_next(&records, &record) == MZ_RECORD_ONE) {
        total += record.length;
        assert(total <= length && record.bytes[record.length] == '\n');
        if (mz_record_number(&record, INT64_MAX, &number))
            assert(number >= 0);
    }
    if (!mz_sheet_read(&sheet, buffer, from, length))
        return;
    assert(sheet.arg_count > 0 && sheet.args[sheet.arg_count] == NULL && sheet.lease_us > 0);
    environment = mz_sheet_environment(&sheet, own, added);
    assert(environment && strcmp(environment[0], "MIZAN_SHIM=x") == 0);
    for (size_t i = 0; environment[i]; i++)
        assert(strchr(environment[i], '=') > environment[i]);
    free(environment);
    mz_sheet_finish(&sheet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mz_buffer whole = { 0 };
    struct mz_buffer parts = { 0 };
    struct mz_answer one;
    struct mz_answer other;

    if (size < 2)
        return 0;
    one = feed(data + 1, size - 1, size, &whole);
    other = feed(data + 1, size - 1, (size_t)(data[0] % 16) + 1, &parts);
    if (one.state == MZ_ANSWER_DONE) {
        assert(other.state == MZ_ANSWER_DONE && other.status == one.status);
        assert(other.body_length == one.body_length && other.keep == one.keep);
        assert(one.body_length == 0 ||
            memcmp(whole.bytes + one.body, parts.bytes + other.body, one.body_length) == 0);
        read_sheet(&whole, one.body, one.body_length);
    } else {
        assert(other.state != MZ_ANSWER_DONE);
    }
    mz_buffer_finish(&whole);
    mz_buffer_finish(&parts);
    return 0;
}
