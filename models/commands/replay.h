/* Replays messages through the marketplace core: one JSON object a line.
 *
 * A replay has two stages. Planning reads every line and checks it against the table of messages: names of fields, their types and
 * ranges, heights that never go back. What is wrong there is a mistake of the file; all mistakes are shown with their places, and
 * nothing runs. Running then hands the messages to the core in order; what the core refuses is a result, not a mistake, and changes
 * nothing, as on the chain.
 *
 * The plan also counts what the messages can bring into being at most, so the core's tables are sized before it runs and can never
 * be full.
 *
 * Limits of the tool, far above anything real, keep every product of the core within its 128-bit decimals: amounts up to 10^15
 * micro-units, prices up to 10^8 a block, heights up to 10^8 (19 years), 200 groups a deployment.
 *
 * The language is described in man/nines.1. */
#ifndef NINES_MODELS_COMMANDS_REPLAY_H
#define NINES_MODELS_COMMANDS_REPLAY_H

#include "models/market/market.h"
#include "models/market/requirements.h"
#include "models/sdl/mistake.h"

#include <stdio.h>

enum {
    REPLAY_BYTES = 256 << 20,
    REPLAY_LINE_BYTES = 4 << 20,
    REPLAY_GROUPS = 200,
    REPLAY_UNITS = 200,
    REPLAY_VOLUMES = 32,
    REPLAY_DEPOSITS = 1 << 22, /* parts of deposits that are unspent at once, where several grants make up one */
    REPLAY_SECONDS_PER_BLOCK = 6 /* where a message does not say the time */
};
#define REPLAY_AMOUNT INT64_C(1000000000000000)
#define REPLAY_HEIGHT INT64_C(100000000)
#define REPLAY_PRICE INT64_C(100000000)
#define REPLAY_TIME INT64_C(100000000000)

enum replay_kind {
    REPLAY_RULES,
    REPLAY_WALLET, /* exists from here on: for the order of wallets only */
    REPLAY_FUND,
    REPLAY_PROVIDER,
    REPLAY_GRANT,
    REPLAY_REVOKE,
    REPLAY_BME,
    REPLAY_CREATE_DEPLOYMENT,
    REPLAY_DEPOSIT_DEPLOYMENT,
    REPLAY_UPDATE_DEPLOYMENT,
    REPLAY_CLOSE_DEPLOYMENT,
    REPLAY_CLOSE_GROUP,
    REPLAY_PAUSE_GROUP,
    REPLAY_START_GROUP,
    REPLAY_CREATE_BID,
    REPLAY_CLOSE_BID,
    REPLAY_CREATE_LEASE,
    REPLAY_CLOSE_LEASE,
    REPLAY_WITHDRAW_LEASE,
    REPLAY_START_RECLAIM,
    REPLAY_FORGET, /* gives the memory of an ended deployment back; no message of the chain */
    REPLAY_DIGEST, /* holds the state against a digest */
    REPLAY_KINDS
};

/* "create_deployment". Static text. */
const char *replay_kind_name(enum replay_kind kind);

struct replay_coin {
    int64_t amount;
    decimal price; /* the same as a decimal, of prices */
    enum market_denom denom;
};

/* One message, checked. Wallets are numbers of struct replay_plan's names. */
struct replay_message {
    enum replay_kind kind;
    int line;
    int64_t height, time_s;
    uint32_t owner, provider, other; /* other: the depositor, the granter; SLOT_NONE: none named */
    uint64_t dseq;
    uint32_t gseq, oseq;
    struct replay_coin coin;  /* amount, deposit, limit */
    struct replay_coin price;
    enum bank_sources sources;
    enum bank_scope scope;
    enum bme_status status;
    int64_t window_s;
    int32_t reason;
    const uint8_t *version; /* [version_bytes] */
    int32_t version_bytes;
    const struct market_group_spec *const *groups; /* [n_groups] */
    int32_t n_groups;
    const struct requirements_offer *offer; /* [n_offer] */
    int32_t n_offer;
    struct requirements_provider says; /* of a provider */
    const char *expected; /* what the file says that the chain says; NULL: nothing */
    uint64_t digest;
};

struct replay_plan {
    struct market_rules rules;
    const char *rules_name;
    struct replay_message *messages; /* [n_messages] */
    size_t n_messages;
    const char **names; /* [n_names] of wallets, in the order of appearance */
    uint32_t n_names;
    struct market_limits limits;
    uint32_t events; /* most of one message */
};

/* Reads text[bytes]; path stands for it in messages, and SDL files that it names are looked for in its folder. Everything lives in
 * arena. Look at mistakes->errors: after any, the plan must not run. */
struct replay_plan *replay_plan(struct arena *arena, struct mistakes *mistakes, const char *path, const char *text, size_t bytes);

/* A market in which a plan runs. */
struct replay {
    const struct replay_plan *plan;
    struct market_events events; /* of the message under way */
    struct market market;
    uint32_t *wallets;           /* [n_names] wallet by the plan's number */
    struct requirements_provider *says; /* [n_names] what providers said last */
    size_t expected, differing;  /* messages with a stated result, and those that came out otherwise */
    int first_differing;         /* its line */
};

void replay_open(struct replay *replay, struct arena *arena, const struct replay_plan *plan);

/* Runs one message; its events are in replay->events until the next one. Returns what the chain says: "ok", "ErrBidExists". Where the
 * file says what to expect, it is compared and counted. */
const char *replay_run(struct replay *replay, const struct replay_message *message);

/* --- What is shown --- */

/* What a message is about: "alice/1/1/1/prov1", or the wallet; in arena. */
const char *replay_about(struct arena *arena, const struct replay *replay, const struct replay_message *message);
/* "order alice/1/1/1"; the thing that an event is about, in arena. */
const char *replay_thing(struct arena *arena, const struct replay *replay, const struct market_event *event);
/* "open": the state that an event enters. Static text. */
const char *replay_state(const struct market_event *event);

/* Runs the whole plan and prints messages, state and ledger. */
void replay_print(struct replay *replay, struct arena *arena);
void replay_write_json(struct replay *replay, struct arena *arena);

#endif
