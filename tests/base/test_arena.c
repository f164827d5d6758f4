/* test_arena.c - memory that dies together */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void memory_comes_zeroed_and_aligned(void **state)
{
    struct mz_arena *arena = mz_arena_create();

    (void)state;
    for (size_t size = 0; size < 3000; size += 37) {
        unsigned char *bytes = mz_arena_alloc(arena, size, 1);

        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xFF, size);
    }
    mz_arena_free(arena);
    mz_arena_free(NULL);
}

static void pieces_do_not_overlap(void **state)
{
    enum { COUNT = 2000 };
    struct mz_arena *arena = mz_arena_create();
    unsigned char **pieces = mz_xcalloc(COUNT, sizeof(*pieces));

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        pieces[i] = mz_arena_alloc(arena, (size_t)(i % 90) + 1, 1);
        memset(pieces[i], i & 0xFF, (size_t)(i % 90) + 1);
    }
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k <= i % 90; k++)
            assert_int_equal(pieces[i][k], i & 0xFF);
    }
    free(pieces);
    mz_arena_free(arena);
}

static void large_pieces_are_fine(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    char *large = mz_arena_alloc(arena, 10, 1000000);
    char *small = mz_arena_alloc(arena, 1, 1);

    (void)state;
    large[9999999] = 'x';
    *small = 'y';
    assert_int_equal(large[9999999], 'x');
    assert_true(mz_arena_bytes(arena) >= 10000001);
    mz_arena_free(arena);
}

static void an_array_grows_and_keeps_what_it_had(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    int32_t *list = NULL;
    size_t capacity = 0;

    (void)state;
    for (size_t used = 0; used < 10000; used++) {
        size_t before = capacity;

        list = mz_arena_grow(arena, list, used, used + 1, &capacity, sizeof(*list));
        assert_true(capacity >= used + 1 && capacity >= before);
        list[used] = (int32_t)used;
    }
    for (int32_t i = 0; i < 10000; i++)
        assert_int_equal(list[i], i);
    mz_arena_free(arena);
}

static void texts_are_copies(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    char text[] = "hello";
    char *copy = mz_arena_strdup(arena, text);
    char *part = mz_arena_strndup(arena, text, 3);
    char longest[5001];

    (void)state;
    text[0] = 'J';
    assert_string_equal(copy, "hello");
    assert_string_equal(part, "hel");
    assert_string_equal(mz_arena_strndup(arena, "a", 0), "");
    assert_string_equal(mz_arena_printf(arena, "%s-%d", "x", 5), "x-5");
    memset(longest, 'l', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_string_equal(mz_arena_printf(arena, "%s", longest), longest);
    mz_arena_free(arena);
}

static void heap_memory_comes_zeroed_too(void **state)
{
    char *bytes = mz_xcalloc(100, 3);

    (void)state;
    for (int i = 0; i < 300; i++)
        assert_int_equal(bytes[i], 0);
    bytes[0] = 'k';
    bytes = mz_xrealloc(bytes, 1000, 3);
    assert_int_equal(bytes[0], 'k');
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_comes_zeroed_and_aligned),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(large_pieces_are_fine),
        cmocka_unit_test(an_array_grows_and_keeps_what_it_had),
        cmocka_unit_test(texts_are_copies),
        cmocka_unit_test(heap_memory_comes_zeroed_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
