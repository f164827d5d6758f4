/* fuzz_http.c - any bytes as a connection to the server: requests or a refusal with a status and a
 * reason, within the limits, and the same however the bytes are cut. The first byte chooses the cut
 * of the second reading: one piece of that many bytes after another, or sizes drawn from it. */
#include "base/random.h"
#include "net/http_parse.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { HEAD_MAX = 1024, BODY_MAX = 512, REQUEST_MAX = 8 };

struct cut {
    size_t piece; /* 0: all at once */
    struct mz_random *random;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads one request; the number of bytes that were taken. */
static size_t read_one(
    struct mz_http_parse *parse, const char *bytes, size_t length, const struct cut *cut)
{
    size_t at = 0;

    mz_http_parse_begin(parse, HEAD_MAX, BODY_MAX);
    while (at < length) {
        size_t piece = cut->random ? 1 + (size_t)mz_random_below(cut->random, 40)
            : cut->piece           ? cut->piece
                                   : length;
        size_t end = piece < length - at ? at + piece : length;

        while (at < end) {
            size_t taken;

            if (parse->step == MZ_HTTP_STEP_DONE || parse->step == MZ_HTTP_STEP_REFUSED)
                return at;
            taken = mz_http_parse_feed(parse, bytes + at, end - at);
            assert(taken <= end - at);
            assert(taken > 0 || parse->step == MZ_HTTP_STEP_REFUSED);
            at += taken;
        }
    }
    return at;
}

static void check(const struct mz_http_parse *parse)
{
    assert(parse->body.length <= BODY_MAX && parse->head.length <= HEAD_MAX);
    assert(parse->field_count <= MZ_HTTP_FIELD_COUNT_MAX);
    assert(parse->param_count <= MZ_HTTP_PARAM_COUNT_MAX);
    if (parse->step == MZ_HTTP_STEP_REFUSED) {
        assert(parse->refusal_status >= 400 && parse->refusal_status <= 599);
        assert(parse->refusal_why[0]);
        return;
    }
    if (parse->step == MZ_HTTP_STEP_HEAD)
        return;
    assert(parse->method[0] && parse->path[0] == '/');
    assert(!strstr(parse->path, "/../") && !strstr(parse->path, "/./"));
    for (const char *c = parse->path; *c; c++)
        assert((unsigned char)*c >= 0x20 && *c != 0x7F);
    for (size_t i = 0; i < parse->field_count; i++) {
        assert(parse->fields[i].name[0] && !strpbrk(parse->fields[i].name, " \t\r\n:"));
        assert(!strpbrk(parse->fields[i].value, "\r\n"));
    }
    assert(parse->is_http_1_0 || mz_http_parse_field(parse, "host"));
    assert(!mz_http_parse_field(parse, "content-length") ||
        !mz_http_parse_field(parse, "transfer-encoding"));
}

static void compare_pairs(const struct mz_http_pair *a, const struct mz_http_pair *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert(strcmp(a[i].name, b[i].name) == 0);
        assert(strcmp(a[i].value, b[i].value) == 0);
    }
}

static void compare(const struct mz_http_parse *a, const struct mz_http_parse *b)
{
    assert(a->step == b->step && a->refusal_status == b->refusal_status);
    assert(a->refusal_why == b->refusal_why);
    if (a->step == MZ_HTTP_STEP_HEAD || a->step == MZ_HTTP_STEP_REFUSED)
        return;
    assert(strcmp(a->method, b->method) == 0 && strcmp(a->path, b->path) == 0);
    assert(a->field_count == b->field_count && a->param_count == b->param_count);
    compare_pairs(a->fields, b->fields, a->field_count);
    compare_pairs(a->params, b->params, a->param_count);
    assert(a->is_http_1_0 == b->is_http_1_0 && a->is_head == b->is_head);
    assert(a->keeps_alive == b->keeps_alive && a->expects_continue == b->expects_continue);
    assert(a->body.length == b->body.length);
    assert(strcmp(mz_text_string(&a->body), mz_text_string(&b->body)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mz_http_parse whole = { 0 }, cut_up = { 0 };
    struct mz_random random;
    struct cut at_once = { 0, NULL };
    struct cut pieces;
    const char *bytes = (const char *)data + 1;

    if (size < 2)
        return 0;
    mz_random_init(&random, data[0]);
    pieces.piece = data[0];
    pieces.random = data[0] >= 128 ? &random : NULL;
    size--;
    for (int i = 0; i < REQUEST_MAX && size > 0; i++) {
        size_t taken = read_one(&whole, bytes, size, &at_once);

        assert(read_one(&cut_up, bytes, size, &pieces) == taken);
        check(&whole);
        compare(&whole, &cut_up);
        if (whole.step != MZ_HTTP_STEP_DONE)
            break;
        bytes += taken;
        size -= taken;
    }
    mz_http_parse_finish(&whole);
    mz_http_parse_finish(&cut_up);
    return 0;
}
