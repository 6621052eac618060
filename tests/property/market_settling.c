/* How often an account settles decides who gets the fractions: settling more often never earns the providers more. */
#include "sim/base/hash.h"
#include "tests/sanitized.h"
#include "tests/unit/market_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const names[] = {"alice", "p01", "p02", "p03"};
/* Exact arithmetic: a sanitizer looks for other things, and finds them in a sixth. */
enum { CASES = SANITIZED ? 500 : 3000 };

/* An account with up to three leases; the same for both worlds of a case. */
static void open_case(struct world *world, const struct market_rules *rules, uint64_t seed, uint32_t n)
{
    static const char *const prices[] = {"1", "0.9", "10", "0.333333333333333333", "7.25", "33", "0.000000000000000007"};
    world_open(world, rules, false, names, 4);
    int64_t deposit = 5 + (int64_t)(hash_word(seed, 1) % 900);
    struct market_deployment_id id = world_deploy(world, "alice", 3, "100", deposit, 0);
    for (uint32_t g = 1; g <= n; g++)
        (void)world_lease(world, id, g, names[g], prices[hash_word(seed, 1 + g) % 7], 0);
}

static decimal earned(const struct escrow *escrow)
{
    decimal sum = decimal_zero();
    for (uint32_t i = 0; i < escrow->payment_slots.n_used; i++)
        sum = decimal_add(sum, decimal_add(escrow->payments[i].balance, decimal_from_int(escrow->payments[i].withdrawn)));
    return sum;
}

static void settle(struct escrow *escrow, int64_t height)
{
    struct settlement settlement = settlement_foresee(escrow, 0, height);
    if (settlement.error == MARKET_OK)
        settlement_apply(escrow, 0, &settlement, height);
}

static void settling_more_often_never_earns_more(void **state)
{
    (void)state;
    static struct world often, once;
    struct market_rules rules = market_rules_2026_08();
    rules.deployment_minimum[MARKET_UACT] = 5;
    int less = 0, overdrawn = 0, dry_checked = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        uint32_t n = 1 + (uint32_t)(hash_word(seed, 9) % 3);
        int64_t end = 1 + (int64_t)(hash_word(seed, 10) % 60);
        open_case(&often, &rules, seed, n);
        open_case(&once, &rules, seed, n);
        int64_t dry = escrow_dry_height(&once.market.escrow, 0);
        for (int64_t h = 1; h <= end; h++) {
            if (hash_word(seed, 100 + (uint64_t)h) % 3 == 0 || h == end)
                settle(&often.market.escrow, h);
            if (h == dry - 1 || h == dry) { /* the dry height is the first one that finds it overdrawn */
                assert_true(settlement_foresee(&once.market.escrow, 0, h).overdrawn == (h == dry));
                dry_checked++;
            }
        }
        settle(&once.market.escrow, end);
        decimal a = earned(&often.market.escrow), b = earned(&once.market.escrow);
        assert_true(decimal_compare(a, b) <= 0);
        less += decimal_compare(a, b) < 0;
        overdrawn += once.market.escrow.accounts[0].state == ESCROW_OVERDRAWN;
        decimal held[MARKET_DENOMS] = {0};
        escrow_account_audit(&often.market.escrow, 0, held);
        world_close(&often);
        world_close(&once);
    }
    assert_true(less > 100 && overdrawn > 100 && dry_checked > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(settling_more_often_never_earns_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
