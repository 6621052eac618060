/* Vectors in cmocka tests: found in the shared folder or skipped, and held against with fail_msg(). */
#ifndef NINES_TESTS_MARKET_PROVIDER_VECTORS_H
#define NINES_TESTS_MARKET_PROVIDER_VECTORS_H

#include "tests/conformance/vectors.h"

#include <cmocka.h>

/* Loads NINES_SHARED/spec/vectors/NAME.csv; skips the running test when the folder is absent. */
static inline struct vectors vectors_load(struct arena *arena, const char *name)
{
    const char *shared = getenv("NINES_SHARED");
    const char *folder = arena_format(arena, "%s/spec/vectors", shared ? shared : "../shared");
    struct vectors vectors = {.n_rows = 0};
    if (!vectors_read(arena, folder, name, &vectors)) {
        print_message("skipped: no %s/%s.csv\n", folder, name);
        skip();
    }
    assert_true(vectors.n_rows > 0);
    return vectors;
}

/* Fails the running test unless the texts agree, naming the case. */
static inline void vectors_expect(const struct vectors *vectors, int row, const char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        fail_msg("%s %s: got '%s', want '%s'", vectors->name, vectors_cell(vectors, row, "case_id"), got, want);
}

#endif
