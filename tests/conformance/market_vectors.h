/* What the programs that hold the market against its vectors share: people, numbers, and comparing cells as text. */
#ifndef NINES_TESTS_MARKET_VECTORS_H
#define NINES_TESTS_MARKET_VECTORS_H

#include "models/market/market.h"
#include "tests/conformance/market_csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { EVENTS = 4096, TEXT = 4096, PURSE = 1000000000 };

/* Names in text order, as the vectors list them. */
static const char *const people[] = {"alice", "bob", "carol", "p0", "p1", "p2", "prov1", "prov2", "prov3", "prov4"};
enum { PEOPLE = sizeof people / sizeof people[0] };

static inline void text_add(char *text, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, TEXT - length, format, arguments);
    va_end(arguments);
}

static inline decimal number(const char *text)
{
    decimal value;
    if (!decimal_parse(text, &value))
        fail_msg("'%s' is not a decimal number", text);
    return value;
}

static inline void expect_cell(const struct csv *csv, const char *step, const char *column, const char *actual)
{
    if (strcmp(csv_cell(csv, column), actual) != 0)
        fail_msg("%s step %s, %s: expected '%s', got '%s'", csv_cell(csv, "case_id"), step, column,
                 csv_cell(csv, column), actual);
}

static inline void expect_decimal(const struct csv *csv, const char *step, const char *column, decimal actual)
{
    char text[DECIMAL_TEXT];
    expect_cell(csv, step, column, decimal_format(text, actual));
}

static inline void events_open(struct market_events *events, struct arena *arena)
{
    *events = (struct market_events){arena_array(arena, EVENTS, struct market_event), 0, EVENTS};
}

#endif
