/* What the tests of the market's rules say about a small market (market_world.h): whom it has, and what is expected. */
#ifndef NINES_TESTS_MARKET_CLAIMS_H
#define NINES_TESTS_MARKET_CLAIMS_H

#include "tests/unit/market_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const names[] = {"alice", "bob", "carol", "p01", "p02", "p03", "p04", "stranger"};

static inline void open_with(struct world *world, struct market_rules rules)
{
    world_open(world, &rules, false, names, sizeof names / sizeof names[0]);
}

/* Compares by the chain's name, so that a failure can be read. */
static inline void expect(enum market_error expected, enum market_error actual)
{
    assert_string_equal(market_error_name(expected), market_error_name(actual));
}

static inline void expect_decimal(const char *expected, decimal actual)
{
    char text[DECIMAL_TEXT];
    assert_string_equal(expected, decimal_format(text, actual));
}

/* What a wallet has more than it began with. */
static inline int64_t purse_change(const struct world *world, const char *name, enum market_denom denom)
{
    return world->market.bank.wallets[world_wallet(world, name)].balance[denom] - WORLD_PURSE;
}

#endif
