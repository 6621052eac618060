/* Memory that is used again: what an arena keeps between two uses, and what it gives back. */
#include "sim/base/arena.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MIB = 1024 * 1024 };

static size_t mapped(void) { return mallinfo2().hblkhd; }

/* Ten uses, each with an array a little larger than the one before, hold one such array at a time. */
static void arrays_that_grow_from_use_to_use_do_not_add_up(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct arena_mark empty = arena_mark(&arena);
    size_t before = mapped();
    for (size_t use = 0; use < 10; use++) {
        size_t bytes = (100 + 10 * use) * MIB;
        char *array = arena_alloc(&arena, bytes, 1);
        array[0] = array[bytes - 1] = (char)use;
        if (mapped() > 0) /* else the allocator does not tell, as under a sanitizer */
            assert_true(mapped() - before < bytes + 8 * MIB);
        assert_int_equal(array[0], (char)use);
        arena_rewind(&arena, empty);
    }
    arena_close(&arena);
}

/* What lies before the mark stays where it is, whatever goes back behind it. */
static void what_was_there_before_outlives_blocks_that_go_back(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    int *first = arena_array(&arena, 1000, int);
    for (int i = 0; i < 1000; i++)
        first[i] = i;
    struct arena_mark mark = arena_mark(&arena);
    (void)arena_alloc(&arena, 70 * MIB, 1);
    (void)arena_alloc(&arena, 80 * MIB, 1);
    arena_rewind(&arena, mark);
    char *large = arena_alloc(&arena, 90 * MIB, 1), *small = arena_alloc(&arena, 1000, 1);
    memset(small, 1, 1000);
    large[90 * MIB - 1] = 2;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(first[i], i);
    assert_int_equal(small[999], 1);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_that_grow_from_use_to_use_do_not_add_up),
        cmocka_unit_test(what_was_there_before_outlives_blocks_that_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
