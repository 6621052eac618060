/* Throws mutated messages at the planner of replays, and those that it takes at the marketplace core. Whatever comes in, it is
 * refused with a place and a reason, or runs to its end with the books balanced: market_audit() holds after every message, a refused
 * message has no events, and the same text ends in the same digest.
 *
 * NINES_FUZZ_ROUNDS and NINES_FUZZ_SEED repeat or lengthen the campaign; a failure prints the round's text. */
#include "models/commands/replay.h"
#include "tests/fuzz/mutate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ORDER "\"owner\": \"alice\", \"dseq\": 1, \"gseq\": 1, \"oseq\": 1"

static const char *const seeds[] = {
    "{\"message\": \"fund\", \"wallet\": \"alice\", \"amount\": \"20000000uakt\"}\n{\"message\": \"fund\", \"wallet\": \"p1\", \"amount\": \"5000000uakt\"}\n"
    "{\"message\": \"provider\", \"provider\": \"p1\", \"attributes\": {\"region\": \"us\"}}\n"
    "{\"message\": \"create_deployment\", \"height\": 100, \"owner\": \"alice\", \"dseq\": 1, \"deposit\": \"5000000uakt\", \"groups\": [{\"price\": \"10uakt\"}]}\n"
    "{\"message\": \"create_bid\", \"height\": 101, " ORDER ", \"provider\": \"p1\", \"price\": \"7.5uakt\"}\n"
    "{\"message\": \"create_lease\", \"height\": 102, " ORDER ", \"provider\": \"p1\"}\n{\"message\": \"withdraw_lease\", \"height\": 702, " ORDER ", \"provider\": \"p1\"}\n"
    "{\"message\": \"deposit_deployment\", \"height\": 703, \"owner\": \"alice\", \"dseq\": 1, \"amount\": \"7uakt\"}\n"
    "{\"message\": \"close_bid\", \"height\": 802, " ORDER ", \"provider\": \"p1\"}\n",
    "{\"message\": \"rules\", \"rules\": \"2026-08\", \"order_max_bids\": 2, \"quirks\": {\"Q1\": false}}\n"
    "{\"message\": \"fund\", \"wallet\": \"alice\", \"amount\": \"20000000uact\"}\n{\"message\": \"fund\", \"wallet\": \"p1\", \"amount\": \"5000000uakt\"}\n"
    "{\"message\": \"fund\", \"wallet\": \"bob\", \"amount\": \"900000uact\"}\n{\"message\": \"grant\", \"granter\": \"bob\", \"grantee\": \"alice\", \"limit\": \"600000uact\"}\n"
    "{\"message\": \"provider\", \"provider\": \"p1\", \"audits\": {\"a\": {\"region\": \"us\"}}}\n{\"message\": \"bme\", \"status\": \"halt_cr\", \"akt_price\": \"3\"}\n"
    "{\"message\": \"create_deployment\", \"height\": 1, \"owner\": \"alice\", \"dseq\": 1, \"deposit\": \"500000uact\", \"sources\": \"grants,balance\", \"window_s\": 3600, \"groups\": "
    "[{\"name\": \"web\", \"units\": [{\"count\": 2, \"price\": \"1000uact\", \"storage\": [{\"bytes\": 10000000, \"attributes\": {\"class\": \"beta2\"}}]}]}]}\n"
    "{\"message\": \"create_bid\", \"height\": 2, " ORDER ", \"provider\": \"p1\", \"price\": \"999uact\", \"window_s\": 7200, \"offer\": [{\"unit\": 1, \"count\": 2}]}\n"
    "{\"message\": \"create_lease\", \"height\": 3, " ORDER ", \"provider\": \"p1\"}\n{\"message\": \"start_reclaim\", \"height\": 9, " ORDER ", \"provider\": \"p1\", \"reason\": \"unstable\"}\n"
    "{\"message\": \"withdraw_lease\", \"height\": 99000, " ORDER ", \"provider\": \"p1\"}\n{\"message\": \"deposit_deployment\", \"height\": 99001, \"owner\": \"alice\", \"dseq\": 1, \"amount\": \"9000000uact\"}\n",
};

static const char *const words[] = {
    "{", "}", "[", "]", ",", ":", "\"", "\n", " ", "\t", "\\", "null", "true", "-1", "0", "1", "2", "9", "100000000", "9223372036854775807", "9223372036854775808", "1e5", "1.5", "\"a\"", "\"alice\"",
    "\"p1\"", "\"uakt\"", "\"1uakt\"", "\"-5uakt\"", "\"0.000000000000000001uact\"", "\"100000000uact\"", "\"1000000000000000uakt\"", "\"99999999999999999999uakt\"", "\"5usdc\"", "\"5doge\"", "\"height\": 5,",
    "\"time\": 7,", "\"dseq\": 1", "\"gseq\": 2", "\"oseq\": 2", "\"message\": ", "\"create_bid\"", "\"create_lease\"", "\"close_lease\"", "\"close_bid\"", "\"withdraw_lease\"", "\"start_group\"", "\"pause_group\"",
    "\"close_group\"", "\"close_deployment\"", "\"update_deployment\"", "\"revoke\"", "\"rules\"", "\"2024-07\"", "\"2026-08\"", "\\u0000", "\\ud800", "\xff", "\x01", "\xc3\xa9", "%s%n", "/", "(pool)",
    "{\"message\": \"close_lease\", \"height\": 900, " ORDER ", \"provider\": \"p1\"}\n", "{\"message\": \"start_group\", \"height\": 901, \"owner\": \"alice\", \"dseq\": 1, \"gseq\": 1}\n",
    "{\"message\": \"close_deployment\", \"height\": 902, \"owner\": \"alice\", \"dseq\": 1}\n", "{\"message\": \"withdraw_lease\", \"height\": 99999999, " ORDER ", \"provider\": \"p1\"}\n"};

/* Runs the text; false: refused, with a mistake that has a place in it. *digest: of the end. */
static bool replay_text(struct arena *arena, const struct fuzz_text *text, uint64_t *digest)
{
    struct mistakes mistakes;
    struct replay replay;
    mistakes_open(&mistakes, arena, "fuzz.jsonl", text->bytes, text->length);
    const struct replay_plan *plan = replay_plan(arena, &mistakes, "/nonexistent/fuzz.jsonl", text->bytes, text->length);
    for (const struct mistake *m = mistakes.first; m != NULL; m = m->next)
        assert_true(m->message[0] != '\0' && m->mark.line >= 0 && m->mark.line <= 1 + (int)text->length);
    if (mistakes.errors > 0)
        return false;
    replay_open(&replay, arena, plan);
    for (size_t i = 0; i < plan->n_messages; i++) {
        uint64_t before = market_digest(&replay.market);
        const char *result = replay_run(&replay, &plan->messages[i]);
        market_audit(&replay.market);
        if (strcmp(result, "ok") != 0) {
            assert_int_equal(replay.events.n, 0);
            assert_true(before == market_digest(&replay.market));
        }
        for (uint32_t j = 0; j < replay.events.n; j++)
            assert_non_null(replay_thing(arena, &replay, &replay.events.items[j]));
    }
    *digest = market_digest(&replay.market);
    return true;
}

static struct fuzz_campaign campaign;

static bool fuzz_round(struct arena *arena)
{
    uint64_t digest = 0, again = 1;
    fuzz_begin(&campaign, seeds, sizeof seeds / sizeof *seeds);
    fuzz_mutate(&campaign, words, sizeof words / sizeof *words, fuzz_below(&campaign, 4) == 0 ? fuzz_below(&campaign, 12) : fuzz_below(&campaign, 3));
    bool accepted = replay_text(arena, &campaign.text, &digest);
    if (accepted) {
        assert_true(replay_text(arena, &campaign.text, &again));
        assert_true(digest == again);
    }
    return accepted;
}

static void any_text_is_refused_or_runs_with_balanced_books(void **state)
{
    (void)state;
    uint64_t accepted = 0;
    struct arena arena;
    arena_open(&arena, 0);
    fuzz_corpus(&campaign, "replay");
    for (fuzz_open(&campaign, 4000); campaign.round < campaign.rounds; campaign.round++) {
        struct arena_mark mark = arena_mark(&arena);
        accepted += fuzz_round(&arena);
        arena_rewind(&arena, mark);
    }
    fuzz_close(&campaign);
    arena_close(&arena);
    /* Neither side may go untested. */
    assert_true(accepted * 10 > campaign.rounds);
    assert_true(accepted * 20 < campaign.rounds * 19);
}

static int last_words(void **state)
{
    (void)state;
    fuzz_last_words(&campaign);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(any_text_is_refused_or_runs_with_balanced_books, last_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
