/* Throws mutated messages at the planner of replays, and those that it takes at the marketplace core. Whatever comes in, it is
 * refused with a place and a reason, or runs to its end with the books balanced: market_audit() holds after every message, a refused
 * message has no events, and the same text ends in the same digest.
 */
#include "models/commands/replay.h"
#include "tests/fuzz/fuzz.h"

#define ORDER "\"owner\": \"alice\", \"dseq\": 1, \"gseq\": 1, \"oseq\": 1"

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

enum { REFUSED, ACCEPTED };

static unsigned judge(struct arena *arena, const struct fuzz_text *text)
{
    uint64_t digest = 0, again = 1;
    if (!replay_text(arena, text, &digest))
        return REFUSED;
    assert_true(replay_text(arena, text, &again));
    assert_true(digest == again);
    return ACCEPTED;
}

static const struct fuzz_target target = {.name = "replay",
                                          .claim = "any_text_is_refused_or_runs_with_balanced_books",
                                          .words = words,
                                          .n_words = sizeof words / sizeof *words,
                                          .rounds = 4000,
                                          .wild = 11,
                                          .judge = judge,
                                          .least = {[REFUSED] = 20, [ACCEPTED] = 10}};
FUZZ_ENTRY(target)
