/* A slow twin of the chain of 2026, messages half: sections 1.4, 1.5 and 2 of the description, check by check. */
#ifndef NINES_TESTS_MARKET_TWIN_H
#define NINES_TESTS_MARKET_TWIN_H

#include "tests/property/market_twin_escrow.h"

/* --- Finding things; -1: none --- */

static inline int twin_order(const struct twin *t, int deployment, int gseq, int oseq)
{
    for (int i = 0; i < t->n_orders; i++)
        if (t->orders[i].deployment == deployment && t->orders[i].gseq == gseq && t->orders[i].oseq == oseq)
            return i;
    return -1;
}

static inline int twin_bid(const struct twin *t, int order, int provider)
{
    for (int i = 0; i < t->n_bids && order >= 0; i++)
        if (t->bids[i].order == order && t->bids[i].provider == provider)
            return i;
    return -1;
}

static inline int twin_lease(const struct twin *t, int order, int provider)
{
    for (int i = 0; i < t->n_leases && order >= 0; i++)
        if (t->leases[i].order == order && t->leases[i].provider == provider)
            return i;
    return -1;
}

static inline bool twin_live(int state)
{
    return state == MARKET_LEASE_IS_ACTIVE || state == MARKET_LEASE_IS_RECLAIMING;
}

static inline void twin_lease_end(struct twin *t, int lease, int state, int reason)
{
    if (!twin_live(t->leases[lease].state))
        return;
    t->leases[lease].state = state;
    t->leases[lease].reason = reason;
}

static inline void twin_bid_end(struct twin *t, int bid, int state)
{
    struct twin_bid *b = &t->bids[bid];
    b->state = state;
    for (int i = 0; i < b->n_parts; i++)
        twin_refund(t, &b->parts[i], b->provider);
    b->n_parts = 0;
}

static inline void twin_new_order(struct twin *t, int deployment, int gseq)
{
    int oseq = 1;
    for (int i = 0; i < t->n_orders; i++)
        oseq += t->orders[i].deployment == deployment && t->orders[i].gseq == gseq &&
                t->orders[i].state == MARKET_ORDER_IS_CLOSED;
    check(t->n_orders < TWIN_ORDERS, "twin has no room for orders");
    t->orders[t->n_orders++] = (struct twin_order){deployment, gseq, oseq, MARKET_ORDER_IS_OPEN};
}

/* --- Hooks (1.5) --- */

static inline void twin_group_closed(struct twin *t, int deployment, int gseq, bool no_funds, int64_t height)
{
    static const int states[] = {MARKET_ORDER_IS_ACTIVE, MARKET_ORDER_IS_OPEN};
    for (int s = 0; s < 2; s++)
        for (int order = 0; order < t->n_orders; order++) {
            if (t->orders[order].deployment != deployment || t->orders[order].gseq != gseq ||
                t->orders[order].state != states[s])
                continue;
            t->orders[order].state = MARKET_ORDER_IS_CLOSED;
            for (int b = 0; b < t->n_bids; b++)
                if (t->bids[b].order == order &&
                    (t->bids[b].state == MARKET_BID_IS_OPEN || (s == 0 && t->bids[b].state == MARKET_BID_IS_ACTIVE)))
                    twin_bid_end(t, b, MARKET_BID_IS_CLOSED);
            for (int l = 0; l < t->n_leases; l++) {
                if (t->leases[l].order != order)
                    continue;
                twin_lease_end(t, l, no_funds ? MARKET_LEASE_IS_INSUFFICIENT_FUNDS : MARKET_LEASE_IS_CLOSED,
                               no_funds ? MARKET_REASON_INSUFFICIENT_FUNDS : MARKET_REASON_OWNER);
                t->panicked |= twin_payment_close(t, l, height) == MARKET_PANIC;
            }
        }
}

static int64_t twin_height; /* of the message under way, for the hooks */

static inline void twin_hook_account(struct twin *t, int deployment, bool overdrawn)
{
    struct twin_deployment *d = &t->deployments[deployment];
    if (d->state != MARKET_DEPLOYMENT_IS_ACTIVE)
        return;
    d->state = MARKET_DEPLOYMENT_IS_CLOSED;
    for (int g = 0; g < d->n_groups; g++) {
        if (d->groups[g] == MARKET_GROUP_IS_CLOSED)
            continue;
        d->groups[g] = overdrawn ? MARKET_GROUP_IS_INSUFFICIENT_FUNDS : MARKET_GROUP_IS_CLOSED;
        twin_group_closed(t, deployment, g + 1, overdrawn, twin_height);
    }
}

static inline void twin_hook_payment(struct twin *t, int payment, bool overdrawn)
{
    int order = t->leases[payment].order, bid = twin_bid(t, order, t->leases[payment].provider);
    if (t->bids[bid].state != MARKET_BID_IS_ACTIVE)
        return;
    t->orders[order].state = MARKET_ORDER_IS_CLOSED;
    twin_bid_end(t, bid, MARKET_BID_IS_CLOSED);
    twin_lease_end(t, payment, overdrawn ? MARKET_LEASE_IS_INSUFFICIENT_FUNDS : MARKET_LEASE_IS_CLOSED,
                   overdrawn ? MARKET_REASON_INSUFFICIENT_FUNDS : MARKET_REASON_UNSPECIFIED);
}

/* --- Deposits (4.7) --- */

/* The next grant by its granter's name; -1: none left. */
static inline int twin_next_grant(const struct twin *t, int signer, int denom, int scope, const char *after)
{
    int next = -1;
    for (int i = 0; i < t->n_grants; i++) {
        const struct twin_grant *g = &t->grants[i];
        const char *name = t->wallets[g->granter].name;
        if (g->exists && g->grantee == signer && g->denom == denom && (g->scope & scope) != 0 && strcmp(name, after) > 0 &&
            (next < 0 || strcmp(name, t->wallets[t->grants[next].granter].name) < 0))
            next = i;
    }
    return next;
}

static inline void twin_take(struct twin *t, int payer, int denom, struct big amount, bool granted, struct big *rest,
                             struct twin_deposit *parts, int *n)
{
    if (big_sign(amount) <= 0)
        return;
    t->wallets[payer].balance[denom] = big_sub(t->wallets[payer].balance[denom], amount);
    t->escrow[denom] = big_add(t->escrow[denom], amount);
    *rest = big_sub(*rest, amount);
    parts[(*n)++] = (struct twin_deposit){payer, denom, granted, amount};
}

static inline enum market_error twin_source(struct twin *t, int signer, int denom, int64_t amount,
                                            enum bank_sources sources, int scope, struct twin_deposit *parts, int *n)
{
    struct big rest = dec_whole_number(amount);
    bool balance_first = sources == BANK_BALANCE || sources == BANK_BALANCE_THEN_GRANTS;
    bool balance_last = sources == BANK_GRANTS_THEN_BALANCE;
    *n = 0;
    if (balance_first)
        twin_take(t, signer, denom, big_min(t->wallets[signer].balance[denom], rest), false, &rest, parts, n);
    const char *after = "";
    int g;
    while (sources != BANK_BALANCE && (g = twin_next_grant(t, signer, denom, scope, after)) >= 0) {
        struct twin_grant *grant = &t->grants[g];
        after = t->wallets[grant->granter].name;
        struct big part = big_min(big_min(grant->limit, rest), t->wallets[grant->granter].balance[denom]);
        if (big_sign(part) > 0)
            grant->limit = big_sub(grant->limit, part);
        twin_take(t, grant->granter, denom, part, true, &rest, parts, n);
    }
    if (balance_last)
        twin_take(t, signer, denom, big_min(t->wallets[signer].balance[denom], rest), false, &rest, parts, n);
    return big_sign(rest) == 0 ? MARKET_OK : MARKET_INVALID_DEPOSIT;
}

/* --- Messages (section 2) --- */

struct twin_create {
    int owner;
    uint64_t dseq;
    int denom, price_denom, n_groups;
    int64_t deposit, window_s;
    struct big price[TWIN_GROUPS];
    enum bank_sources sources;
};

static inline enum market_error twin_create_deployment(struct twin *t, const struct twin_create *m, int64_t height)
{
    struct twin_deposit parts[TWIN_GRANTS];
    int n_parts;
    if (m->dseq == 0)
        return MARKET_INVALID_SEQUENCE;
    if (m->window_s < 0)
        return MARKET_INVALID_RECLAMATION;
    if (m->denom != m->price_denom)
        return MARKET_INVALID_DEPOSIT;
    for (int i = 0; i < t->n_deployments; i++)
        if (t->deployments[i].owner == m->owner && t->deployments[i].dseq == m->dseq)
            return MARKET_DEPLOYMENT_EXISTS;
    if (t->rules.deployment_minimum[m->denom] < 0 || m->deposit < t->rules.deployment_minimum[m->denom])
        return MARKET_INVALID_DEPOSIT;
    if (m->window_s != 0 && (m->window_s < t->rules.window_min_s || m->window_s > t->rules.window_max_s))
        return MARKET_INVALID_RECLAMATION;
    if (t->rules.price_denom != MARKET_DENOM_NONE && m->price_denom != (int)t->rules.price_denom)
        return MARKET_INVALID_PRICE;
    enum market_error error =
        twin_source(t, m->owner, m->denom, m->deposit, m->sources, BANK_FOR_DEPLOYMENTS, parts, &n_parts);
    if (error != MARKET_OK)
        return error;
    int d = t->n_deployments++;
    t->deployments[d] = (struct twin_deployment){.owner = m->owner, .dseq = m->dseq, .window_s = m->window_s,
                                                 .n_groups = m->n_groups};
    struct twin_account *a = &t->accounts[d];
    *a = (struct twin_account){.owner = m->owner, .deployment = d, .settled_at = height, .n_entries = 1};
    a->entries[0].denom = m->denom;
    char owner[16];
    memcpy(owner, t->wallets[m->owner].name, sizeof owner);
    snprintf(a->key, sizeof a->key, "deployment/%s/%llu", owner, (unsigned long long)m->dseq);
    for (int g = 0; g < m->n_groups; g++) {
        t->deployments[d].price[g] = m->price[g];
        t->deployments[d].groups[g] = MARKET_GROUP_IS_OPEN;
        twin_new_order(t, d, g + 1);
    }
    return twin_deposit_done(t, d, parts, n_parts);
}

static inline enum market_error twin_deposit_message(struct twin *t, int deployment, int signer, int denom, int64_t amount,
                                                     enum bank_sources sources)
{
    struct twin_deposit parts[TWIN_GRANTS];
    int n_parts;
    if (amount <= 0)
        return MARKET_INVALID_DEPOSIT;
    enum market_error error = twin_source(t, signer, denom, amount, sources, BANK_FOR_DEPLOYMENTS, parts, &n_parts);
    if (error != MARKET_OK)
        return error;
    if (deployment < 0)
        return MARKET_ACCOUNT_NOT_FOUND;
    if (t->accounts[deployment].state == ESCROW_CLOSED)
        return MARKET_ACCOUNT_CLOSED;
    return twin_deposit_done(t, deployment, parts, n_parts);
}

static inline enum market_error twin_close_deployment(struct twin *t, int deployment, int64_t height)
{
    if (deployment < 0)
        return MARKET_DEPLOYMENT_NOT_FOUND;
    if (t->deployments[deployment].state != MARKET_DEPLOYMENT_IS_ACTIVE)
        return MARKET_DEPLOYMENT_CLOSED;
    return twin_account_close(t, deployment, height);
}

enum twin_group_message { TWIN_CLOSE, TWIN_PAUSE, TWIN_START };

static inline enum market_error twin_group(struct twin *t, int deployment, int gseq, enum twin_group_message message,
                                           int64_t height)
{
    if (deployment < 0 || gseq > t->deployments[deployment].n_groups)
        return MARKET_GROUP_NOT_FOUND;
    int *state = &t->deployments[deployment].groups[gseq - 1];
    if (*state == MARKET_GROUP_IS_CLOSED)
        return MARKET_GROUP_CLOSED;
    if (message == TWIN_PAUSE && *state == MARKET_GROUP_IS_PAUSED)
        return MARKET_GROUP_PAUSED;
    if (message == TWIN_START && *state == MARKET_GROUP_IS_OPEN)
        return MARKET_GROUP_OPEN;
    if (message != TWIN_START) {
        *state = message == TWIN_CLOSE ? MARKET_GROUP_IS_CLOSED : MARKET_GROUP_IS_PAUSED;
        twin_group_closed(t, deployment, gseq, false, height);
        return MARKET_OK;
    }
    if (!t->rules.start_ignores_deployment && t->deployments[deployment].state != MARKET_DEPLOYMENT_IS_ACTIVE)
        return MARKET_DEPLOYMENT_CLOSED;
    for (int i = 0; i < t->n_orders; i++)
        if (t->orders[i].deployment == deployment && t->orders[i].gseq == gseq &&
            t->orders[i].state != MARKET_ORDER_IS_CLOSED)
            return MARKET_ORDER_ACTIVE;
    *state = MARKET_GROUP_IS_OPEN;
    twin_new_order(t, deployment, gseq);
    return MARKET_OK;
}

struct twin_create_bid {
    int provider, price_denom, deposit_denom;
    struct big price;
    int64_t deposit, window_s;
    bool offer_mismatch, placement_matches, capabilities_match;
    enum bank_sources sources;
};

static inline enum market_error twin_bid_checks(struct twin *t, int order, const struct twin_create_bid *m)
{
    const struct twin_order *o = order >= 0 ? &t->orders[order] : NULL;
    if (o != NULL && t->deployments[o->deployment].owner == m->provider)
        return MARKET_CONFLICT;
    if (big_sign(m->price) == 0)
        return MARKET_BID_ZERO_PRICE;
    if (m->window_s < 0)
        return MARKET_RECLAMATION_WINDOW_INVALID;
    if (t->rules.bid_minimum[m->deposit_denom] < 0 || m->deposit < t->rules.bid_minimum[m->deposit_denom])
        return MARKET_INVALID_DEPOSIT;
    int count = 0;
    for (int i = 0; i < t->n_bids && o != NULL; i++)
        count += t->bids[i].order == order && t->bids[i].state != MARKET_BID_IS_LOST;
    if (count > t->rules.order_max_bids || (!t->rules.one_bid_too_many && count >= t->rules.order_max_bids))
        return MARKET_INVALID_BID;
    if (o == NULL)
        return MARKET_ORDER_NOT_FOUND;
    if (o->state != MARKET_ORDER_IS_OPEN)
        return o->state == MARKET_ORDER_IS_ACTIVE ? MARKET_ORDER_ACTIVE : MARKET_ORDER_CLOSED;
    if (m->price_denom != t->accounts[o->deployment].entries[0].denom)
        return MARKET_PANIC;
    if (big_compare(m->price, t->deployments[o->deployment].price[o->gseq - 1]) > 0)
        return MARKET_BID_INVALID_PRICE;
    if (m->offer_mismatch)
        return MARKET_CAPABILITIES_MISMATCH;
    if (!t->wallets[m->provider].provider)
        return MARKET_UNKNOWN_PROVIDER;
    if (!m->placement_matches)
        return MARKET_ATTRIBUTE_MISMATCH;
    return m->capabilities_match ? MARKET_OK : MARKET_CAPABILITIES_MISMATCH;
}

static inline enum market_error twin_create_bid_message(struct twin *t, int order, const struct twin_create_bid *m)
{
    struct twin_deposit parts[TWIN_GRANTS];
    int n_parts;
    enum market_error error = twin_bid_checks(t, order, m);
    if (error != MARKET_OK)
        return error;
    error = twin_source(t, m->provider, m->deposit_denom, m->deposit, m->sources, BANK_FOR_BIDS, parts, &n_parts);
    if (error != MARKET_OK)
        return error;
    int64_t wanted_s = t->deployments[t->orders[order].deployment].window_s;
    if (wanted_s != 0 && m->window_s == 0)
        return MARKET_RECLAMATION_REQUIRED;
    if (wanted_s != 0 && m->window_s < wanted_s)
        return MARKET_RECLAMATION_WINDOW_TOO_SHORT;
    if (m->window_s != 0 && (m->window_s < t->rules.window_min_s || m->window_s > t->rules.window_max_s))
        return MARKET_RECLAMATION_WINDOW_INVALID;
    if (twin_bid(t, order, m->provider) >= 0)
        return MARKET_BID_EXISTS;
    check(t->n_bids < TWIN_BIDS && n_parts <= 4, "twin has no room for bids");
    struct twin_bid *b = &t->bids[t->n_bids++];
    *b = (struct twin_bid){.order = order, .provider = m->provider, .deposit_denom = m->deposit_denom, .price = m->price,
                           .deposit = dec_whole_number(m->deposit), .window_s = m->window_s, .n_parts = n_parts};
    memcpy(b->parts, parts, (size_t)n_parts * sizeof parts[0]);
    return MARKET_OK;
}

static inline void twin_others_lose(struct twin *t, int order)
{
    char last[16] = "";
    for (;;) {
        int next = -1;
        for (int i = 0; i < t->n_bids; i++) {
            const char *name = t->wallets[t->bids[i].provider].name;
            if (t->bids[i].order == order && t->bids[i].state == MARKET_BID_IS_OPEN && strcmp(name, last) > 0 &&
                (next < 0 || strcmp(name, t->wallets[t->bids[next].provider].name) < 0))
                next = i;
        }
        if (next < 0)
            return;
        snprintf(last, sizeof last, "%s", t->wallets[t->bids[next].provider].name);
        twin_bid_end(t, next, MARKET_BID_IS_LOST);
        if (t->rules.losers_stay_open)
            return;
    }
}

static inline enum market_error twin_create_lease(struct twin *t, int order, int provider, int64_t height)
{
    int bid = twin_bid(t, order, provider), lease = t->n_leases;
    if (bid < 0)
        return MARKET_BID_NOT_FOUND;
    if (t->bids[bid].state != MARKET_BID_IS_OPEN)
        return MARKET_BID_NOT_OPEN;
    const struct twin_order *o = &t->orders[order];
    if (o->state != MARKET_ORDER_IS_OPEN)
        return MARKET_ORDER_NOT_OPEN;
    if (t->deployments[o->deployment].groups[o->gseq - 1] != MARKET_GROUP_IS_OPEN)
        return MARKET_GROUP_NOT_OPEN;
    check(lease < TWIN_LEASES, "twin has no room for leases");
    struct twin_payment made = {.account = o->deployment, .owner = provider, .lease = lease, .rate = t->bids[bid].price,
                                .denom = t->accounts[o->deployment].entries[0].denom};
    int written = snprintf(made.key, sizeof made.key, "%s/%d/%d/%s", t->accounts[o->deployment].key, o->gseq, o->oseq,
                           t->wallets[provider].name);
    check(written < (int)sizeof made.key, "twin's key is too long");
    enum market_error error = twin_payment_create(t, o->deployment, &made, height);
    if (error != MARKET_OK)
        return error;
    t->leases[t->n_leases++] = (struct twin_lease){.order = order, .provider = provider, .window_s = t->bids[bid].window_s};
    t->orders[order].state = MARKET_ORDER_IS_ACTIVE;
    t->bids[bid].state = MARKET_BID_IS_ACTIVE;
    twin_others_lose(t, order);
    return MARKET_OK;
}

static inline enum market_error twin_close_lease(struct twin *t, int order, int provider, int64_t height)
{
    if (order < 0)
        return MARKET_ORDER_NOT_FOUND;
    if (t->orders[order].state != MARKET_ORDER_IS_ACTIVE)
        return MARKET_ORDER_CLOSED;
    int bid = twin_bid(t, order, provider), lease = twin_lease(t, order, provider);
    if (bid < 0)
        return MARKET_BID_NOT_FOUND;
    if (t->bids[bid].state != MARKET_BID_IS_ACTIVE)
        return MARKET_BID_NOT_ACTIVE;
    if (lease < 0)
        return MARKET_LEASE_NOT_FOUND;
    if (!twin_live(t->leases[lease].state))
        return MARKET_ORDER_CLOSED;
    twin_lease_end(t, lease, MARKET_LEASE_IS_CLOSED, MARKET_REASON_OWNER);
    twin_bid_end(t, bid, MARKET_BID_IS_CLOSED);
    t->orders[order].state = MARKET_ORDER_IS_CLOSED;
    enum market_error error = twin_payment_close(t, lease, height);
    if (error != MARKET_OK)
        return error;
    int deployment = t->orders[order].deployment, gseq = t->orders[order].gseq;
    if (t->deployments[deployment].groups[gseq - 1] == MARKET_GROUP_IS_OPEN)
        twin_new_order(t, deployment, gseq);
    return MARKET_OK;
}

static inline enum market_error twin_close_bid(struct twin *t, int order, int provider, int reason, int64_t time_s,
                                               int64_t height)
{
    if (reason < 10000 || reason > 19999)
        return MARKET_INVALID_CLOSE_REASON;
    int bid = twin_bid(t, order, provider);
    if (bid < 0)
        return MARKET_UNKNOWN_BID;
    if (t->bids[bid].state == MARKET_BID_IS_OPEN) {
        twin_bid_end(t, bid, MARKET_BID_IS_CLOSED);
        return MARKET_OK;
    }
    int lease = twin_lease(t, order, provider);
    if (lease < 0)
        return MARKET_UNKNOWN_LEASE_FOR_BID;
    const struct twin_lease *l = &t->leases[lease];
    if (l->state == MARKET_LEASE_IS_ACTIVE && l->window_s != 0)
        return MARKET_RECLAMATION_NOT_STARTED;
    if (l->state == MARKET_LEASE_IS_RECLAIMING && time_s < l->until_s)
        return MARKET_RECLAMATION_WINDOW_NOT_ELAPSED;
    if (!twin_live(l->state))
        return MARKET_LEASE_NOT_ACTIVE;
    if (t->bids[bid].state != MARKET_BID_IS_ACTIVE)
        return MARKET_BID_NOT_ACTIVE;
    t->deployments[t->orders[order].deployment].groups[t->orders[order].gseq - 1] = MARKET_GROUP_IS_PAUSED;
    twin_lease_end(t, lease, MARKET_LEASE_IS_CLOSED, reason);
    twin_bid_end(t, bid, MARKET_BID_IS_CLOSED);
    t->orders[order].state = MARKET_ORDER_IS_CLOSED;
    t->panicked |= twin_payment_close(t, lease, height) == MARKET_PANIC;
    return MARKET_OK;
}

static inline enum market_error twin_start_reclaim(struct twin *t, int order, int provider, int reason, int64_t time_s)
{
    if (reason < 10000 || reason > 19999)
        return MARKET_INVALID_CLOSE_REASON;
    int lease = twin_lease(t, order, provider);
    if (lease < 0)
        return MARKET_UNKNOWN_LEASE;
    struct twin_lease *l = &t->leases[lease];
    if (l->state != MARKET_LEASE_IS_ACTIVE)
        return MARKET_LEASE_NOT_ACTIVE;
    if (l->window_s == 0)
        return MARKET_LEASE_NOT_RECLAMABLE;
    l->state = MARKET_LEASE_IS_RECLAIMING;
    l->until_s = time_s + l->window_s;
    return MARKET_OK;
}

static inline enum market_error twin_withdraw(struct twin *t, int order, int provider, int64_t height)
{
    int lease = twin_lease(t, order, provider);
    return lease < 0 ? MARKET_UNKNOWN_LEASE : twin_payment_withdraw(t, lease, height);
}

#endif
