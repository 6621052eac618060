/* What the checkers of rows share: the arena and the folder of the file under way, and numbers. */
#ifndef NINES_TESTS_ROWS_H
#define NINES_TESTS_ROWS_H

#include "models/market/decimal.h"
#include "tests/conformance/vectors.h"

static struct arena rows_arena;
static const char *rows_folder;

static inline void row_number(const char *what, int64_t got, int64_t want)
{
    if (got != want)
        row_fail("%s: got %" PRId64 ", want %" PRId64, what, got, want);
}
#define row_same(got, want) row_number(#got, (int64_t)(got), (int64_t)(want))

static inline const char *truth(bool value)
{
    return value ? "true" : "false";
}

static inline decimal number(const char *text)
{
    decimal value;
    if (!decimal_parse(text, &value))
        row_fail("'%s' is not a decimal number", text);
    return value;
}

static inline const char *shown(decimal value)
{
    char buffer[DECIMAL_TEXT];
    return arena_text(&rows_arena, decimal_format(buffer, value));
}

#endif
