/* The scenarios of market_flow.csv, of both profiles, written as lines of a replay: each message must be answered as the vectors
 * say, and leave the wallets that they list. */
#include "models/commands/replay.h"
#include "tests/arena.h"
#include "tests/conformance/market_provider_vectors.h"

enum { LINES = 1 << 16, PURSE = 1000000000 };

static const char *const people[] = {"alice", "bob", "carol", "prov1", "prov2", "prov3", "prov4", "p0", "p1", "p2"};
enum { PEOPLE = sizeof people / sizeof people[0] };

static char lines[LINES];
static size_t length;

static void put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    length += (size_t)vsnprintf(lines + length, sizeof lines - length, format, arguments);
    va_end(arguments);
    assert_true(length < sizeof lines);
}

/* The value of key in "k=v;k=v", or NULL. */
static const char *argument(const char *arguments, const char *key)
{
    const char *parts[16];
    int n = vectors_split(&test_arena, arguments, ';', parts, 16);
    for (int i = 0; i < n; i++)
        if (strncmp(parts[i], key, strlen(key)) == 0 && parts[i][strlen(key)] == '=')
            return parts[i] + strlen(key) + 1;
    return NULL;
}

static void put_groups(const char *groups, const char *denom)
{
    const char *items[8];
    int n = vectors_split(&test_arena, groups, ',', items, 8);
    put(", \"groups\": [");
    for (int i = 0; i < n; i++) {
        const char *colon = strchr(items[i], ':');
        put("%s{\"name\": \"%.*s%d\", \"price\": \"%s%s\"}", i > 0 ? ", " : "", colon != NULL ? (int)(colon - items[i]) : 0, items[i], i,
            colon != NULL ? colon + 1 : items[i], denom);
    }
    put("]");
}

/* What of the arguments names an order and a provider, or a group. */
static void put_ids(const char *arguments)
{
    const char *bid = argument(arguments, "bid"), *group = argument(arguments, "group"), *parts[3];
    if (bid != NULL) {
        assert_int_equal(vectors_split(&test_arena, bid, '/', parts, 3), 3);
        put(", \"gseq\": %s, \"oseq\": %s, \"provider\": \"%s\"", parts[0], parts[1], parts[2]);
    }
    if (group != NULL)
        put(", \"gseq\": %s", group);
}

/* "500000" or "500000uact", the denom added where it is missing. */
static const char *coin(const char *text, const char *denom)
{
    bool bare = text[strspn(text, "0123456789.")] == '\0';
    return arena_format(&test_arena, "%s%s", text, bare ? denom : "");
}

/* One row as a line; false: no message. denom: of the case's deployment. */
static bool put_row(const struct vectors *v, int row, bool old, const char *denom)
{
    static const char *const same[] = {"create_deployment", "create_bid", "create_lease", "withdraw_lease", "close_lease", "close_bid",
                                       "close_deployment", "start_group", "pause_group", "close_group", "start_reclaim"};
    const char *op = vectors_cell(v, row, "op"), *arguments = vectors_cell(v, row, "args"), *text;
    bool deposit = strcmp(op, "deposit") == 0, known = deposit;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        known = known || strcmp(op, same[i]) == 0;
    if (!known)
        return false;
    put("{\"message\": \"%s\", \"height\": %s, \"owner\": \"alice\", \"dseq\": 1", deposit ? "deposit_deployment" : op, vectors_cell(v, row, "height"));
    put_ids(arguments);
    if (!old)
        put(", \"time\": %s", vectors_cell(v, row, "time_s"));
    if ((text = argument(arguments, "groups")) != NULL)
        put_groups(text, denom);
    if ((text = argument(arguments, "deposit")) != NULL)
        put(", \"deposit\": \"%s\"", coin(text, denom));
    if ((text = argument(arguments, "price")) != NULL)
        put(", \"price\": \"%s%s\"", text, argument(arguments, "denom") != NULL ? argument(arguments, "denom") : denom);
    if ((text = argument(arguments, "from")) != NULL)
        put(", \"depositor\": \"%s\"", text);
    if ((text = argument(arguments, "amount")) != NULL)
        put(", \"amount\": \"%s\"", coin(text, denom));
    if ((text = argument(arguments, "reason")) != NULL)
        put(text[0] >= '0' && text[0] <= '9' ? ", \"reason\": %s" : ", \"reason\": \"%s\"", text);
    if ((text = argument(arguments, "window")) != NULL || (text = argument(arguments, "reclamation")) != NULL)
        put(", \"window_s\": %s", text);
    put("}\n");
    return true;
}

static void put_world(bool old, const char *max_bids)
{
    length = 0;
    put("{\"message\": \"rules\", \"rules\": \"%s\", \"order_max_bids\": %s}\n", old ? "2024-07" : "2026-08", max_bids);
    for (int i = 0; i < PEOPLE; i++) {
        for (int denom = MARKET_UAKT; denom < MARKET_DENOMS; denom++)
            put("{\"message\": \"fund\", \"wallet\": \"%s\", \"amount\": \"%d%s\"}\n", people[i], PURSE, market_denom_name((enum market_denom)denom));
        if (people[i][0] == 'p')
            put("{\"message\": \"provider\", \"provider\": \"%s\"}\n", people[i]);
    }
}

/* Net changes, sorted as the vectors sort them: "alice:uact:-500000;pool:..." */
static const char *wallets_text(const struct replay *replay)
{
    static const char *const order[] = {"alice", "bob", "carol", "p0", "p1", "p2", "(pool)", "prov1", "prov2", "prov3", "prov4"};
    static const enum market_denom denoms[] = {MARKET_UACT, MARKET_UAKT, MARKET_USDC};
    const char *text = "";
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        bool pool = order[i][0] == '(';
        const struct bank_wallet *wallet = &replay->market.bank.wallets[bank_wallet_find(&replay->market.bank, order[i])];
        for (int d = 0; d < 3; d++)
            if (wallet->balance[denoms[d]] != (pool ? 0 : PURSE))
                text = arena_format(&test_arena, "%s%s%s:%s:%" PRId64, text, text[0] != '\0' ? ";" : "", pool ? "pool" : order[i], market_denom_name(denoms[d]),
                                    wallet->balance[denoms[d]] - (pool ? 0 : PURSE));
    }
    return text;
}

/* Lines of rows [from, to) of one case, run; rows that are no message only hold their wallets. */
static int run_case(const struct vectors *v, int from, int to, bool old)
{
    bool is_message[64] = {0};
    const char *max_bids = "20", *denom = "uact";
    struct mistakes mistakes;
    struct replay replay;
    int checked = 0;
    assert_true(to - from <= 64);
    for (int i = from; i < to; i++) {
        const char *arguments = vectors_cell(v, i, "args");
        if (argument(arguments, "max_bids") != NULL)
            max_bids = argument(arguments, "max_bids");
        if (old && argument(arguments, "denom") != NULL)
            denom = argument(arguments, "denom");
    }
    put_world(old, max_bids);
    for (int i = from; i < to; i++)
        is_message[i - from] = put_row(v, i, old, denom);
    mistakes_open(&mistakes, &test_arena, "flow", lines, length);
    const struct replay_plan *plan = replay_plan(&test_arena, &mistakes, "flow", lines, length);
    if (mistakes.errors > 0)
        fail_msg("%s: line %d: %s", vectors_cell(v, from, "case_id"), mistakes.first->mark.line, mistakes.first->message);
    replay_open(&replay, &test_arena, plan);
    size_t next = 0;
    while (plan->messages[next].kind < REPLAY_CREATE_DEPLOYMENT)
        replay_run(&replay, &plan->messages[next++]);
    for (int i = from; i < to; i++) {
        if (is_message[i - from]) {
            vectors_expect(v, i, replay_run(&replay, &plan->messages[next++]), vectors_cell(v, i, "result"));
            vectors_expect(v, i, wallets_text(&replay), vectors_cell(v, i, "bank"));
            checked++;
        }
        market_audit(&replay.market);
    }
    assert_true(next == plan->n_messages);
    return checked;
}

static int run_file(const char *name, bool old)
{
    const struct vectors v = vectors_load(&test_arena, name);
    int checked = 0;
    for (int from = 0, to; from < v.n_rows; from = to) {
        for (to = from + 1; to < v.n_rows && strcmp(v.rows[to][0], v.rows[from][0]) == 0;)
            to++;
        checked += run_case(&v, from, to, old);
    }
    return checked;
}

static void flows_of_2026_replay_as_the_vectors_say(void **state)
{
    (void)state;
    assert_true(run_file("market_flow", false) >= 100);
}

static void flows_of_2024_replay_as_the_vectors_say(void **state)
{
    (void)state;
    assert_true(run_file("../vectors-2024-07/market_flow", true) >= 48);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flows_of_2026_replay_as_the_vectors_say),
        cmocka_unit_test(flows_of_2024_replay_as_the_vectors_say),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
