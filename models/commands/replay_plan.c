#include "models/commands/replay_planner.h"
#include "sim/base/hash.h"
#include "sim/scenario/scenario.h"

#include <inttypes.h>
#include <string.h>

/* --- Names of wallets --- */

static uint32_t bucket_of(const struct planner *planner, const char *name)
{
    uint32_t at = (uint32_t)hash_bytes(0, name, strlen(name)) & planner->mask;
    while (planner->buckets[at] != SLOT_NONE && strcmp(planner->plan->names[planner->buckets[at]], name) != 0)
        at = (at + 1) & planner->mask;
    return at;
}

static void names_grow(struct planner *planner)
{
    struct arena *arena = planner->line.arena;
    struct replay_plan *plan = planner->plan;
    const char **names = arena_array(arena, (size_t)planner->names_room * 2, const char *);
    memcpy(names, plan->names, plan->n_names * sizeof *names);
    plan->names = names;
    planner->names_room *= 2;
    planner->mask = planner->names_room * 2 - 1;
    planner->buckets = arena_alloc(arena, planner->mask + 1, sizeof *planner->buckets);
    memset(planner->buckets, 0xff, (planner->mask + 1) * sizeof *planner->buckets);
    for (uint32_t i = 0; i < plan->n_names; i++)
        planner->buckets[bucket_of(planner, names[i])] = i;
}

uint32_t replay_name(struct planner *planner, const char *name)
{
    struct replay_plan *plan = planner->plan;
    uint32_t at = bucket_of(planner, name);
    if (planner->buckets[at] != SLOT_NONE)
        return planner->buckets[at];
    if (plan->n_names == planner->names_room) {
        names_grow(planner);
        at = bucket_of(planner, name);
    }
    plan->names[plan->n_names] = name;
    return planner->buckets[at] = plan->n_names++;
}

/* --- Fields --- */

/* Of which fields a message is made. */
enum {
    HAS_OWNER = 1,     /* owner */
    HAS_DSEQ = 2,      /* dseq */
    HAS_GSEQ = 4,      /* gseq */
    HAS_ORDER = 8,     /* oseq, provider */
    HAS_SOURCES = 16,  /* sources; 2026 */
    HAS_WINDOW = 32,   /* window_s; 2026 */
    HAS_REASON = 64,   /* reason; 2026 */
    IS_OF_CHAIN = 128, /* needs a height */
    IS_OF_2026 = 256,
    IS_DEPLOYMENT = HAS_OWNER | HAS_DSEQ | IS_OF_CHAIN,
    IS_GROUP = IS_DEPLOYMENT | HAS_GSEQ,
    IS_ORDER = IS_GROUP | HAS_ORDER
};

static const struct {
    const char *name;
    unsigned has;
    const char *own[8]; /* fields of its own, ends with NULL */
} kinds[REPLAY_KINDS] = {
    [REPLAY_RULES] = {"rules", 0, {"rules", "order_max_bids", "quirks", "forget_bids"}},
    [REPLAY_WALLET] = {"wallet", 0, {"wallet"}},
    [REPLAY_FUND] = {"fund", 0, {"wallet", "amount"}},
    [REPLAY_PROVIDER] = {"provider", 0, {"provider", "attributes", "audits"}},
    [REPLAY_GRANT] = {"grant", 0, {"granter", "grantee", "limit", "scope"}},
    [REPLAY_REVOKE] = {"revoke", 0, {"granter", "grantee"}},
    [REPLAY_BME] = {"bme", IS_OF_2026, {"status", "akt_price"}},
    [REPLAY_CREATE_DEPLOYMENT] = {"create_deployment", IS_DEPLOYMENT | HAS_SOURCES | HAS_WINDOW, {"deposit", "depositor", "version", "groups", "sdl"}},
    [REPLAY_DEPOSIT_DEPLOYMENT] = {"deposit_deployment", IS_DEPLOYMENT | HAS_SOURCES, {"amount", "depositor"}},
    [REPLAY_UPDATE_DEPLOYMENT] = {"update_deployment", IS_DEPLOYMENT, {"version"}},
    [REPLAY_CLOSE_DEPLOYMENT] = {"close_deployment", IS_DEPLOYMENT, {0}},
    [REPLAY_CLOSE_GROUP] = {"close_group", IS_GROUP, {0}},
    [REPLAY_PAUSE_GROUP] = {"pause_group", IS_GROUP, {0}},
    [REPLAY_START_GROUP] = {"start_group", IS_GROUP, {0}},
    [REPLAY_CREATE_BID] = {"create_bid", IS_ORDER | HAS_SOURCES | HAS_WINDOW, {"price", "deposit", "offer"}},
    [REPLAY_CLOSE_BID] = {"close_bid", IS_ORDER | HAS_REASON, {0}},
    [REPLAY_CREATE_LEASE] = {"create_lease", IS_ORDER, {0}},
    [REPLAY_CLOSE_LEASE] = {"close_lease", IS_ORDER, {0}},
    [REPLAY_WITHDRAW_LEASE] = {"withdraw_lease", IS_ORDER, {0}},
    [REPLAY_START_RECLAIM] = {"start_reclaim", IS_ORDER | HAS_REASON | IS_OF_2026, {0}},
    [REPLAY_FORGET] = {"forget_deployment", IS_DEPLOYMENT, {0}},
    [REPLAY_DIGEST] = {"digest", 0, {"digest"}},
};

const char *replay_kind_name(enum replay_kind kind)
{
    check(kind < REPLAY_KINDS, "message %d does not exist", (int)kind);
    return kinds[kind].name;
}

static int64_t whole(struct planner *planner, const char *key, int64_t low, int64_t high, bool needed)
{
    struct replay_line *line = &planner->line;
    if (needed && json_object_get(line->object, key) == NULL)
        field_wrong(line, "", NULL, "'%s' is missing", key);
    return field_integer(line, line->object, key, key, low, high, 0);
}

static void reason(struct planner *planner, struct replay_message *message)
{
    static const char *const names[] = {"unstable", "decommission", "unspecified", "manifest_timeout", NULL};
    struct replay_line *line = &planner->line;
    message->reason = MARKET_REASON_UNSPECIFIED;
    if (json_is_integer(json_object_get(line->object, "reason")))
        message->reason = (int32_t)field_integer(line, line->object, "reason", "reason", INT32_MIN, INT32_MAX, MARKET_REASON_UNSPECIFIED);
    else if (json_object_get(line->object, "reason") != NULL)
        message->reason = MARKET_REASON_PROVIDER_MIN + field_choice(line, line->object, "reason", "reason", names);
}

/* --- Every message --- */

/* The fields that a kind of message may have; ends with NULL. */
static size_t allowed(const struct planner *planner, enum replay_kind kind, const char *names[24])
{
    unsigned has = kinds[kind].has;
    size_t n = 0;
    names[n++] = "message";
    names[n++] = "height";
    names[n++] = "time";
    if (kind != REPLAY_RULES)
        names[n++] = "result";
    for (int i = 0; kinds[kind].own[i] != NULL; i++)
        if (planner->old || kind != REPLAY_CREATE_DEPLOYMENT || strcmp(kinds[kind].own[i], "depositor") != 0)
            names[n++] = kinds[kind].own[i];
    if (has & HAS_OWNER)
        names[n++] = "owner";
    if (has & HAS_DSEQ)
        names[n++] = "dseq";
    if (has & HAS_GSEQ)
        names[n++] = "gseq";
    if (has & HAS_ORDER) {
        names[n++] = "oseq";
        names[n++] = "provider";
    }
    if ((has & HAS_SOURCES) && !planner->old)
        names[n++] = "sources";
    if ((has & HAS_WINDOW) && !planner->old)
        names[n++] = "window_s";
    if ((has & HAS_REASON) && !planner->old)
        names[n++] = "reason";
    names[n] = NULL;
    return n;
}

static void check_fields(struct planner *planner, enum replay_kind kind)
{
    struct replay_line *line = &planner->line;
    const char *names[24], *key;
    json_t *value;
    size_t n = allowed(planner, kind, names);
    json_object_foreach(line->object, key, value)
    {
        size_t known = 0;
        (void)value;
        while (known < n && strcmp(key, names[known]) != 0)
            known++;
        if (known < n)
            continue;
        const char *near = scenario_nearest(key, names, n);
        field_wrong_key(line, key, near != NULL ? arena_format(line->arena, "did you mean '%s'?", near) : NULL, "a message '%s' of the rules of %s has no field '%.80s'",
                        kinds[kind].name, planner->plan->rules_name, key);
    }
}

/* Heights and times, which never go back. */
static void clock_read(struct planner *planner, struct replay_message *message)
{
    struct replay_line *line = &planner->line;
    bool given = json_object_get(line->object, "height") != NULL;
    int errors = line->mistakes->errors;
    int64_t height = field_integer(line, line->object, "height", "height", 0, REPLAY_HEIGHT, planner->height);
    if (!given && (kinds[message->kind].has & IS_OF_CHAIN))
        field_wrong(line, "", "the block that the message is in", "'height' is missing");
    if (height < planner->height) {
        field_wrong(line, "height", NULL, "height %" PRId64 " lies before height %" PRId64 " of line %d", height, planner->height, planner->height_line);
        height = planner->height;
    }
    /* Only a time that is told sets the clock: real blocks may come faster than those that are counted here. */
    int64_t counted = planner->time_s + (height - planner->time_height) * REPLAY_SECONDS_PER_BLOCK;
    int64_t time_s = field_integer(line, line->object, "time", "time", 0, REPLAY_TIME, counted);
    if (time_s < planner->time_s)
        field_wrong(line, "time", NULL, "time %" PRId64 " lies before time %" PRId64 " of an earlier line", time_s, planner->time_s);
    if (given && line->mistakes->errors == errors)
        planner->height_line = line->number;
    planner->height = message->height = height;
    message->time_s = time_s;
    if (json_object_get(line->object, "time") != NULL && line->mistakes->errors == errors) {
        planner->time_s = time_s;
        planner->time_height = height;
    }
}

static void common_fields(struct planner *planner, struct replay_message *message)
{
    static const char *const sources[] = {"balance", "grants", "balance,grants", "grants,balance", NULL};
    struct replay_line *line = &planner->line;
    unsigned has = kinds[message->kind].has;
    if (has & HAS_OWNER)
        message->owner = replay_wallet(planner, "owner", true);
    if (has & HAS_DSEQ)
        message->dseq = (uint64_t)whole(planner, "dseq", 0, INT64_MAX, true);
    if (has & HAS_GSEQ)
        message->gseq = (uint32_t)whole(planner, "gseq", 0, UINT32_MAX, true);
    if (has & HAS_ORDER) {
        message->oseq = (uint32_t)whole(planner, "oseq", 0, UINT32_MAX, true);
        message->provider = replay_wallet(planner, "provider", true);
    }
    if (message->kind == REPLAY_CREATE_DEPLOYMENT || message->kind == REPLAY_DEPOSIT_DEPLOYMENT)
        message->other = replay_wallet(planner, "depositor", false);
    if (has & HAS_SOURCES) {
        int choice = field_choice(line, line->object, "sources", "sources", sources);
        message->sources = choice < 0 ? BANK_BALANCE : (enum bank_sources)choice;
    }
    if (has & HAS_REASON)
        reason(planner, message);
    replay_own_fields(planner, message);
    message->expected = field_text(line, line->object, "result", "result");
    if ((has & HAS_WINDOW) && !planner->old)
        message->window_s = field_integer(line, line->object, "window_s", "window_s", INT32_MIN, INT32_MAX, message->window_s);
    else
        message->window_s = 0;
}

/* The kind that "message" names; REPLAY_KINDS after a mistake. */
static enum replay_kind kind_read(struct planner *planner)
{
    struct replay_line *line = &planner->line;
    const char *name = field_text(line, line->object, "message", "message"), *names[REPLAY_KINDS];
    int n = 0;
    if (name == NULL) {
        if (json_object_get(line->object, "message") == NULL)
            field_wrong(line, "", "{\"message\": \"create_lease\", ...}", "'message' is missing");
        return REPLAY_KINDS;
    }
    for (int kind = 0; kind < REPLAY_KINDS; kind++) {
        bool exists = !planner->old || (kinds[kind].has & IS_OF_2026) == 0;
        if (exists && strcmp(kinds[kind].name, name) == 0)
            return (enum replay_kind)kind;
        if (exists)
            names[n++] = kinds[kind].name;
    }
    const char *near = scenario_nearest(name, names, (size_t)n);
    field_wrong(line, "message", near != NULL ? arena_format(line->arena, "did you mean '%s'?", near) : NULL, "the rules of %s have no message '%.80s'",
                planner->plan->rules_name, name);
    return REPLAY_KINDS;
}

static struct replay_message *message_new(struct planner *planner)
{
    struct replay_plan *plan = planner->plan;
    if (plan->n_messages == planner->room) {
        struct replay_message *wider = arena_array(planner->line.arena, planner->room * 2, struct replay_message);
        memcpy(wider, plan->messages, plan->n_messages * sizeof *wider);
        plan->messages = wider;
        planner->room *= 2;
    }
    struct replay_message *message = &plan->messages[plan->n_messages++];
    *message = (struct replay_message){.line = planner->line.number, .owner = SLOT_NONE, .provider = SLOT_NONE, .other = SLOT_NONE};
    return message;
}

/* What the message may bring into being, at most. */
static void count_limits(struct replay_plan *plan, const struct replay_message *message)
{
    struct market_limits *limits = &plan->limits;
    uint32_t groups = (uint32_t)message->n_groups;
    limits->grants += message->kind == REPLAY_GRANT;
    limits->deployments += message->kind == REPLAY_CREATE_DEPLOYMENT;
    limits->groups += groups;
    limits->orders += groups + (message->kind == REPLAY_START_GROUP) + (message->kind == REPLAY_CLOSE_LEASE);
    limits->bids += message->kind == REPLAY_CREATE_BID;
    limits->leases += message->kind == REPLAY_CREATE_LEASE;
    limits->deposits += message->kind == REPLAY_CREATE_DEPLOYMENT || message->kind == REPLAY_DEPOSIT_DEPLOYMENT || message->kind == REPLAY_CREATE_BID;
}

static void plan_line(struct planner *planner)
{
    struct replay_line *line = &planner->line;
    enum replay_kind kind = kind_read(planner);
    if (kind == REPLAY_KINDS)
        return;
    if (kind == REPLAY_RULES) {
        replay_rules(planner);
        check_fields(planner, kind);
        planner->begun = true;
        return;
    }
    planner->begun = true;
    struct replay_message *message = message_new(planner);
    message->kind = kind;
    check_fields(planner, kind);
    clock_read(planner, message);
    common_fields(planner, message);
    count_limits(planner->plan, message);
    if (line->mistakes->errors > 0)
        planner->plan->n_messages = 0; /* nothing will run */
}

static void parse_line(struct planner *planner)
{
    struct replay_line *line = &planner->line;
    json_error_t error;
    const char *blanks = " \t\r";
    size_t start = 0;
    while (start < line->bytes && strchr(blanks, line->text[start]) != NULL && line->text[start] != '\0')
        start++;
    if (start == line->bytes)
        return;
    if (line->bytes > REPLAY_LINE_BYTES) {
        mistake_add(line->mistakes, (struct mark){line->number, 1}, "malformed", NULL, "the line is longer than %d MiB", REPLAY_LINE_BYTES >> 20);
        return;
    }
    line->object = json_loadb(line->text, line->bytes, JSON_REJECT_DUPLICATES, &error);
    if (line->object == NULL) {
        struct mark mark = mark_of(line->text, line->bytes, error.position > 0 ? (size_t)error.position - 1 : 0);
        mark.line = line->number;
        mistake_add(line->mistakes, mark, "malformed", "each line is one JSON object", "no JSON: %s", error.text);
        return;
    }
    if (json_is_object(line->object))
        plan_line(planner);
    else
        mistake_add(line->mistakes, (struct mark){line->number, (int)start + 1}, "malformed", "{\"message\": \"create_lease\", ...}", "the line is no JSON object");
    json_decref(line->object);
}

/* Where the tables' sizes come from: what the messages may make, and at least 1 of each. */
static void size_tables(struct replay_plan *plan)
{
    struct market_limits *limits = &plan->limits;
    uint32_t *all[] = {&limits->grants, &limits->deployments, &limits->groups, &limits->orders, &limits->bids, &limits->leases};
    limits->wallets = plan->n_names + BANK_OWN_WALLETS;
    /* A deposit may come from the balance and from every grant at once. */
    uint64_t parts = (uint64_t)limits->deposits * (limits->grants + 1), most = UINT32_MAX / 4;
    if (parts > REPLAY_DEPOSITS)
        parts = limits->deposits > REPLAY_DEPOSITS ? limits->deposits : REPLAY_DEPOSITS;
    limits->deposits = (uint32_t)parts;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        *all[i] += 1;
    limits->deposits += 1;
    uint64_t events = 64 + 4 * ((uint64_t)limits->groups + limits->orders + 2 * (uint64_t)limits->bids + 2 * (uint64_t)limits->leases + limits->deposits);
    plan->events = (uint32_t)(events < most ? events : most);
}

struct replay_plan *replay_plan(struct arena *arena, struct mistakes *mistakes, const char *path, const char *text, size_t bytes)
{
    struct planner planner = {.plan = arena_new(arena, struct replay_plan), .room = 64, .names_room = 32};
    struct replay_plan *plan = planner.plan;
    const char *slash = strrchr(path, '/');
    planner.specs = (struct replay_specs){.folder = slash != NULL ? arena_format(arena, "%.*s", (int)(slash - path) + 1, path) : ""};
    planner.line = (struct replay_line){.arena = arena, .mistakes = mistakes};
    plan->messages = arena_array(arena, planner.room, struct replay_message);
    plan->names = arena_array(arena, planner.names_room / 2, const char *);
    planner.names_room /= 2;
    names_grow(&planner);
    plan->rules_name = planner.specs.rules_name = "2024-07";
    check(market_rules_named(plan->rules_name, &plan->rules), "no rules '%s'", plan->rules_name);
    planner.old = true;
    if (bytes > REPLAY_BYTES)
        mistake_add(mistakes, (struct mark){0}, "too_large", "cut it into several", "the file is larger than %d MiB", REPLAY_BYTES >> 20);
    size_t mark = bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* of the byte order */
    for (size_t at = mark; at < bytes && bytes <= REPLAY_BYTES;) {
        const char *end = memchr(text + at, '\n', bytes - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : bytes - at;
        planner.line.text = text + at;
        planner.line.bytes = length;
        planner.line.number++;
        parse_line(&planner);
        at += length + 1;
    }
    if (mistakes->errors == 0 && plan->n_messages == 0)
        mistake_add(mistakes, (struct mark){0}, "malformed", "each line is one JSON object such as {\"message\": \"fund\", ...}", "there are no messages");
    size_tables(plan);
    return plan;
}
