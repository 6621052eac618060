/* The arena of a test program: for cmocka's set-up and tear-down of a test or of all of them, which also find it in *state. */
#ifndef NINES_TESTS_ARENA_H
#define NINES_TESTS_ARENA_H

#include "sim/base/arena.h"

static struct arena test_arena;

static inline int open_arena(void **state)
{
    arena_open(&test_arena, 0);
    *state = &test_arena;
    return 0;
}

static inline int close_arena(void **state)
{
    (void)state;
    arena_close(&test_arena);
    return 0;
}

#endif
