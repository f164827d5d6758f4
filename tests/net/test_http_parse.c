/* test_http_parse.c - bytes to requests and refusals, whole and in pieces */
#include "net/http_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define HOST "Host: h\r\n"

enum { HEAD_MAX = 2048, BODY_MAX = 64 };

struct parse_case {
    const char *bytes;
    int32_t status; /* 0: accepted */
};

/* Feeds in pieces of `piece` bytes; the number of bytes that were taken. */
static size_t feed(struct mz_http_parse *parse, const char *bytes, size_t length, size_t piece)
{
    size_t at = 0;

    mz_http_parse_begin(parse, HEAD_MAX, BODY_MAX);
    while (at < length && (parse->step == MZ_HTTP_STEP_HEAD || parse->step == MZ_HTTP_STEP_BODY)) {
        size_t end = at + piece < length ? at + piece : length;

        while (at < end && (parse->step == MZ_HTTP_STEP_HEAD || parse->step == MZ_HTTP_STEP_BODY))
            at += mz_http_parse_feed(parse, bytes + at, end - at);
    }
    return at;
}

static void check(const struct parse_case *list, size_t count)
{
    struct mz_http_parse parse = { 0 };

    for (size_t i = 0; i < count; i++) {
        for (size_t piece = 1; piece <= 4; piece++) {
            (void)feed(&parse, list[i].bytes, strlen(list[i].bytes), piece == 4 ? 4096 : piece);
            if (list[i].status == 0 && parse.step != MZ_HTTP_STEP_DONE)
                fail_msg("not accepted: %s (%s)", list[i].bytes,
                    parse.refusal_why ? parse.refusal_why : "more wanted");
            if (list[i].status != 0 && parse.refusal_status != list[i].status)
                fail_msg("%d instead of %d: %s", (int)parse.refusal_status, (int)list[i].status,
                    list[i].bytes);
        }
    }
    mz_http_parse_finish(&parse);
}

static void plain_requests_are_accepted(void **state)
{
    static const struct parse_case cases[] = {
        { "GET / HTTP/1.1\r\n" HOST "\r\n", 0 },
        { "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0 },
        { "GET / HTTP/1.0\r\n\r\n", 0 },
        { "GET / HTTP/1.1\r\nhOsT:\th:80 \t\r\n\r\n", 0 },
        { "GET / HTTP/1.1\r\nHost: [::1]:80\r\nEmpty:\r\nAlso: \r\n\r\n", 0 },
        { "DELETE /v1/jobs/7?x=%2F&y HTTP/1.1\r\n" HOST "\r\n", 0 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 0 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 0 },
        { "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 0 },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
          "3\r\nabc\r\n00A;x=\"y z\"\r\n0123456789\r\n0\r\n\r\n",
            0 },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
          "0\r\nTrailer: 1\r\nContent-Length: 7\r\n\r\n",
            0 },
    };

    (void)state;
    check(cases, COUNT(cases));
}

static void what_may_be_read_in_two_ways_is_refused(void **state)
{
    static const struct parse_case cases[] = {
        /* two ways to find the end of the body */
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            400 },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
            400 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 1 2\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\n" HOST
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            400 },
        { "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400 },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", 501 },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 501 },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\vchunked\r\n\r\n", 400 },
        /* two ways to find the end of a line or a name */
        { "GET / HTTP/1.1\n" HOST "\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: h\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "\n", 400 },
        { "\nGET / HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A: b\rC: d\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST ": v\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A(b): c\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A: b\x01\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A: b\x7F\r\n\r\n", 400 },
        /* two ways to find the host */
        { "GET / HTTP/1.1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400 },
        { "GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400 },
    };

    (void)state;
    check(cases, COUNT(cases));
}

static void lines_and_chunks_that_are_none_are_refused(void **state)
{
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
    static const struct parse_case cases[] = {
        { " GET / HTTP/1.1\r\n", 400 },
        { "GET  / HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "GET /  HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "GET / HTTP/1.1 \r\n" HOST "\r\n", 400 },
        { "GET /\r\n" HOST "\r\n", 400 },
        { "GET / http/1.1\r\n" HOST "\r\n", 400 },
        { "GET / HTTP/2.0\r\n" HOST "\r\n", 505 },
        { "GET / HTTP/0.9\r\n" HOST "\r\n", 505 },
        { "GET / HTTP/1.10\r\n" HOST "\r\n", 400 },
        { "NOSUCH / HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "get / HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "G\x01T / HTTP/1.1\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\n\r\n", 417 },
        { CHUNKED "3\nabc", 400 },
        { CHUNKED "3\rabc", 400 },
        { CHUNKED "3 \r\nabc", 400 },
        { CHUNKED " 3\r\nabc", 400 },
        { CHUNKED "3\r\nabcd", 400 },
        { CHUNKED "3\r\nabc\n0\r\n\r\n", 400 },
        { CHUNKED "3\r\nabc\rx", 400 },
        { CHUNKED "-1\r\n", 400 },
        { CHUNKED "+1\r\n", 400 },
        { CHUNKED "0x1\r\n", 400 },
        { CHUNKED "\r\n", 400 },
        { CHUNKED ";a\r\n", 400 },
        { CHUNKED "00000001\r\na\r\n", 400 },
        { CHUNKED "FFFFFFFFFFFFFFFF\r\n", 400 },
        { CHUNKED "1;a\nb\r\n", 400 },
        { CHUNKED "0\r\nA: b\r\n c\r\n\r\n", 400 },
        { CHUNKED "0\r\nA : b\r\n\r\n", 400 },
        { CHUNKED "0\r\n\n", 400 },
    };

    (void)state;
    check(cases, COUNT(cases));
}

static void targets_that_are_not_plain_are_refused(void **state)
{
    static const char *const targets[] = { "*", "http://h/", "h:80", "//../x", "/a/../b", "/a/.",
        "/..", "/./b", "/%2e%2E/x", "/a/.%2e", "/a%2Fb", "/a%2fb", "/a%00b", "/a%0Ab", "/a%7fb",
        "/a%", "/a%2", "/a%zz", "/a#b", "/a?x=%", "/a?x=%0", "/a?%gg=1", "/a?x=%00", "/a\xC3\xA4",
        "a", "?a" };
    struct mz_http_parse parse = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(targets); i++) {
        char text[128];

        (void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "\r\n", targets[i]);
        (void)feed(&parse, text, strlen(text), 4096);
        if (parse.refusal_status != 400)
            fail_msg("not refused: %s", targets[i]);
    }
    mz_http_parse_finish(&parse);
}

static void paths_and_parameters_are_decoded(void **state)
{
    static const char text[] =
        "GET /v1/a%20b/%C3%A4..%2e/?state=queued+up&x%3D=%26%2B&flag&&empty=&state=2 HTTP/1.1\r\n"
        "Host: h\r\nX-Odd:  a  b \t\r\nx-odd: second\r\n\r\n";
    struct mz_http_parse parse = { 0 };

    (void)state;
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        assert_int_equal(feed(&parse, text, sizeof(text) - 1, piece), sizeof(text) - 1);
        assert_int_equal(parse.step, MZ_HTTP_STEP_DONE);
        assert_string_equal(parse.method, "GET");
        assert_string_equal(parse.path, "/v1/a b/\xC3\xA4.../");
        assert_int_equal(parse.param_count, 5);
        assert_string_equal(parse.params[0].name, "state");
        assert_string_equal(parse.params[0].value, "queued up");
        assert_string_equal(parse.params[1].name, "x=");
        assert_string_equal(parse.params[1].value, "&+");
        assert_string_equal(parse.params[2].name, "flag");
        assert_string_equal(parse.params[2].value, "");
        assert_string_equal(parse.params[3].value, "");
        assert_string_equal(mz_http_parse_field(&parse, "x-ODD"), "a  b");
        assert_null(mz_http_parse_field(&parse, "x-od"));
    }
    mz_http_parse_finish(&parse);
}

static void an_empty_value_does_not_hide_the_next_header(void **state)
{
    static const char text[] = "POST / HTTP/1.1\r\nA:\r\nHost: h\r\nB: \t\r\n"
                               "Content-Length: 2\r\nC:\r\n\r\nab";
    struct mz_http_parse parse = { 0 };

    (void)state;
    for (size_t piece = 1; piece < sizeof(text); piece++) {
        assert_int_equal(feed(&parse, text, sizeof(text) - 1, piece), sizeof(text) - 1);
        assert_int_equal(parse.step, MZ_HTTP_STEP_DONE);
        assert_int_equal(parse.field_count, 5);
        assert_string_equal(mz_http_parse_field(&parse, "a"), "");
        assert_string_equal(mz_http_parse_field(&parse, "b"), "");
        assert_string_equal(mz_http_parse_field(&parse, "c"), "");
        assert_string_equal(mz_http_parse_field(&parse, "host"), "h");
        assert_string_equal(mz_text_string(&parse.body), "ab");
    }
    mz_http_parse_finish(&parse);
}

static void bodies_end_where_they_say(void **state)
{
    static const struct {
        const char *bytes;
        const char *body;
        size_t behind;
    } cases[] = {
        { "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabcGET", "abc", 3 },
        { "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
          "1;e\r\na\r\n02\r\nbc\r\n0\r\nT: t\r\n\r\nGET /",
            "abc", 5 },
        { "GET / HTTP/1.1\r\n" HOST "\r\nGET", "", 3 },
    };
    struct mz_http_parse parse = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length = strlen(cases[i].bytes);

        for (size_t piece = 1; piece <= length; piece++) {
            assert_int_equal(feed(&parse, cases[i].bytes, length, piece), length - cases[i].behind);
            assert_int_equal(parse.step, MZ_HTTP_STEP_DONE);
            assert_string_equal(mz_text_string(&parse.body), cases[i].body);
        }
    }
    mz_http_parse_finish(&parse);
}

static void connections_are_kept_as_asked(void **state)
{
    static const struct {
        const char *head;
        bool keeps;
    } cases[] = {
        { "GET / HTTP/1.1\r\n" HOST "\r\n", true },
        { "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", false },
        { "GET / HTTP/1.1\r\n" HOST "Connection: TE, Close\r\n\r\n", false },
        { "GET / HTTP/1.0\r\n\r\n", false },
        { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
    };
    struct mz_http_parse parse = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        (void)feed(&parse, cases[i].head, strlen(cases[i].head), 4096);
        assert_int_equal(parse.step, MZ_HTTP_STEP_DONE);
        assert_int_equal(parse.keeps_alive, cases[i].keeps);
    }
    mz_http_parse_finish(&parse);
}

static void every_limit_has_its_status(void **state)
{
    struct mz_http_parse parse = { 0 };
    struct mz_text text = { 0 };

    (void)state;
    mz_text_add(&text, "GET / HTTP/1.1\r\n" HOST "A: ");
    while (text.length < HEAD_MAX - 4)
        mz_text_add(&text, "x");
    mz_text_add(&text, "\r\n\r\n");
    for (size_t piece = 1; piece < 5000; piece += 499) {
        (void)feed(&parse, text.bytes, text.length, piece);
        assert_int_equal(parse.step, MZ_HTTP_STEP_DONE);
    }
    memset(text.bytes + text.length - 4, 'x', 4); /* one byte more than it may have */
    mz_text_add(&text, "\r\n\r\n");
    for (size_t piece = 1; piece < 5000; piece += 499) {
        (void)feed(&parse, text.bytes, text.length, piece);
        assert_int_equal(parse.refusal_status, 431);
    }

    mz_text_clear(&text);
    mz_text_add(&text, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < MZ_HTTP_FIELD_COUNT_MAX; i++)
        mz_text_add(&text, "a:\r\n");
    mz_text_add(&text, "\r\n");
    (void)feed(&parse, text.bytes, text.length, 4096);
    assert_int_equal(parse.refusal_status, 431);

    mz_text_clear(&text);
    mz_text_add(&text, "GET /?a");
    for (int i = 0; i < MZ_HTTP_PARAM_COUNT_MAX; i++)
        mz_text_add(&text, "&a");
    mz_text_add(&text, " HTTP/1.1\r\n" HOST "\r\n");
    (void)feed(&parse, text.bytes, text.length, 4096);
    assert_int_equal(parse.refusal_status, 400);

    mz_text_clear(&text);
    mz_text_add(&text, "POST / HTTP/1.1\r\n" HOST "Content-Length: 65\r\n\r\n");
    (void)feed(&parse, text.bytes, text.length, 4096);
    assert_int_equal(parse.refusal_status, 413);

    mz_text_clear(&text);
    mz_text_add(&text, CHUNKED "20\r\n01234567890123456789012345678901\r\n21\r\n");
    for (size_t piece = 1; piece < 40; piece++) {
        (void)feed(&parse, text.bytes, text.length, piece);
        assert_int_equal(parse.refusal_status, 413);
        assert_int_equal(parse.body.length, 32);
    }

    mz_text_clear(&text);
    mz_text_add(&text, CHUNKED);
    for (int i = 0; i < 40; i++)
        mz_text_addf(&text, "1;%0200d\r\nx\r\n", 0);
    for (size_t piece = 1; piece < 5000; piece += 499) {
        (void)feed(&parse, text.bytes, text.length, piece);
        assert_int_equal(parse.refusal_status, 400);
    }
    mz_text_finish(&text);
    mz_http_parse_finish(&parse);
}

static void a_nul_byte_is_refused_anywhere_in_a_head(void **state)
{
    static const char text[] = "GET /a?b HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
    struct mz_http_parse parse = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        char bytes[sizeof(text)];

        memcpy(bytes, text, sizeof(text));
        bytes[i] = '\0';
        (void)feed(&parse, bytes, sizeof(text) - 1, 4096);
        assert_int_equal(parse.refusal_status, 400);
    }
    mz_http_parse_finish(&parse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_requests_are_accepted),
        cmocka_unit_test(what_may_be_read_in_two_ways_is_refused),
        cmocka_unit_test(lines_and_chunks_that_are_none_are_refused),
        cmocka_unit_test(targets_that_are_not_plain_are_refused),
        cmocka_unit_test(paths_and_parameters_are_decoded),
        cmocka_unit_test(an_empty_value_does_not_hide_the_next_header),
        cmocka_unit_test(bodies_end_where_they_say),
        cmocka_unit_test(connections_are_kept_as_asked),
        cmocka_unit_test(every_limit_has_its_status),
        cmocka_unit_test(a_nul_byte_is_refused_anywhere_in_a_head),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
