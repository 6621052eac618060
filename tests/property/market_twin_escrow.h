/* A slow twin of the chain of 2026, escrow half: the description's section 4 word for word. Everything is found by text
 * keys, walked in text order, copied and saved back as the chain does it, and counted in big numbers. A transaction that
 * fails is undone by restoring a copy of the whole world (market_twin.h). */
#ifndef NINES_TESTS_MARKET_TWIN_ESCROW_H
#define NINES_TESTS_MARKET_TWIN_ESCROW_H

#include "models/market/market.h"
#include "tests/property/market_twin_big.h"

#include <stdio.h>

enum {
    TWIN_WALLETS = 16, TWIN_GRANTS = 32, TWIN_DEPLOYMENTS = 16, TWIN_GROUPS = 2, TWIN_ORDERS = 160, TWIN_BIDS = 320,
    TWIN_LEASES = 160, TWIN_DEPOSITS = 160, TWIN_ENTRIES = 3, TWIN_KEY = 64
};

struct twin_entry { int denom; struct big funds, transferred; };
struct twin_deposit { int depositor, denom; bool granted; struct big left; };

struct twin_account {
    char key[TWIN_KEY]; /* "deployment/owner/dseq" */
    int owner, state, deployment;
    int64_t settled_at;
    int n_entries, n_deposits;
    struct twin_entry entries[TWIN_ENTRIES];
    struct twin_deposit deposits[TWIN_DEPOSITS / 8];
};

struct twin_payment {
    char key[TWIN_KEY]; /* the account's, and "/gseq/oseq/provider" */
    int account, owner, state, denom, lease;
    struct big rate, balance, unsettled, withdrawn;
};

struct twin_wallet { char name[16]; bool provider; struct big balance[MARKET_DENOMS]; };
struct twin_grant { int granter, grantee, denom, scope; bool exists; struct big limit; };

struct twin_deployment { int owner, state; uint64_t dseq; int64_t window_s; struct big price[TWIN_GROUPS]; int groups[TWIN_GROUPS], n_groups; };
struct twin_order { int deployment, gseq, oseq, state; };
struct twin_bid { int order, provider, state, deposit_denom; struct big price, deposit; int64_t window_s; int n_parts; struct twin_deposit parts[4]; };
struct twin_lease { int order, provider, state, reason; int64_t window_s, until_s; };

struct twin {
    struct market_rules rules;
    bool panicked; /* somewhere below a swallowed error */
    int bme_status;
    struct big akt_price;
    struct big escrow[MARKET_DENOMS]; /* what the chain's escrow wallet holds */
    int n_wallets, n_grants, n_deployments, n_payments, n_orders, n_bids, n_leases;
    struct twin_wallet wallets[TWIN_WALLETS];
    struct twin_grant grants[TWIN_GRANTS];
    struct twin_deployment deployments[TWIN_DEPLOYMENTS];
    struct twin_account accounts[TWIN_DEPLOYMENTS]; /* of the same index */
    struct twin_payment payments[TWIN_LEASES];      /* of the same index as their leases */
    struct twin_order orders[TWIN_ORDERS];
    struct twin_bid bids[TWIN_BIDS];
    struct twin_lease leases[TWIN_LEASES];
};

static inline void twin_hook_account(struct twin *t, int deployment, bool overdrawn);
static inline void twin_hook_payment(struct twin *t, int payment, bool overdrawn);

static inline int64_t twin_send(struct twin *t, int wallet, int denom, struct big amount)
{
    struct big whole = dec_truncate(amount);
    t->escrow[denom] = big_sub(t->escrow[denom], whole);
    t->wallets[wallet].balance[denom] = big_add(t->wallets[wallet].balance[denom], whole);
    return dec_int(whole);
}

static inline struct twin_entry *twin_entry(struct twin_account *a, int denom)
{
    for (int i = 0; i < a->n_entries; i++)
        if (a->entries[i].denom == denom)
            return &a->entries[i];
    return NULL;
}

static inline struct twin_grant *twin_grant(struct twin *t, int granter, int grantee)
{
    for (int i = 0; i < t->n_grants; i++)
        if (t->grants[i].exists && t->grants[i].granter == granter && t->grants[i].grantee == grantee)
            return &t->grants[i];
    return NULL;
}

static inline void twin_refund(struct twin *t, const struct twin_deposit *d, int owner)
{
    twin_send(t, d->depositor, d->denom, d->left);
    struct twin_grant *grant = d->granted ? twin_grant(t, d->depositor, owner) : NULL;
    if (grant != NULL && grant->denom == d->denom)
        grant->limit = big_add(grant->limit, dec_truncate(d->left));
}

/* --- 4.2 --- */

/* Takes an amount from the deposits of a denom, oldest first; the entry goes down by the whole amount. */
static inline struct big twin_deduct(struct twin_account *a, int denom, struct big amount)
{
    struct twin_entry *entry = twin_entry(a, denom);
    struct big taken = big_small(0);
    entry->funds = big_sub(entry->funds, amount);
    for (int i = 0; i < a->n_deposits;) {
        struct twin_deposit *d = &a->deposits[i];
        struct big part = d->denom == denom ? big_min(d->left, big_sub(amount, taken)) : big_small(0);
        d->left = big_sub(d->left, part);
        taken = big_add(taken, part);
        if (big_sign(d->left) != 0) {
            i++;
            continue;
        }
        memmove(d, d + 1, (size_t)(a->n_deposits - i - 1) * sizeof *d);
        a->n_deposits--;
    }
    entry->transferred = big_add(entry->transferred, taken);
    return taken;
}

static inline void twin_fallback(struct twin *t, struct twin_account *a, struct twin_payment *selected, int n)
{
    struct twin_entry *akt = twin_entry(a, MARKET_UAKT);
    bool halted = t->bme_status == BME_HALT_CR || t->bme_status == BME_HALT_ORACLE;
    if (akt == NULL || big_sign(akt->funds) <= 0 || !halted || big_sign(t->akt_price) <= 0)
        return;
    for (int i = 0; i < n; i++) {
        struct twin_payment *p = &selected[i];
        if (p->state != ESCROW_OVERDRAWN || big_sign(p->unsettled) == 0)
            continue;
        struct big need = dec_quo(p->unsettled, t->akt_price), taken = twin_deduct(a, MARKET_UAKT, need);
        if (big_sign(taken) == 0)
            continue;
        bool short_of_akt = big_compare(taken, need) < 0;
        if (short_of_akt)
            akt->funds = big_small(0);
        twin_send(t, p->owner, MARKET_UAKT, taken);
        p->unsettled = big_sub(p->unsettled, dec_mul(taken, t->akt_price));
        if (big_sign(p->unsettled) <= 0) {
            p->unsettled = big_small(0);
            p->state = ESCROW_OPEN;
        }
        if (short_of_akt)
            return;
    }
}

static inline int twin_select(const struct twin *t, const struct twin_account *a, struct twin_payment *selected,
                              int state, int n)
{
    size_t length = strlen(a->key);
    char last[TWIN_KEY] = "";
    for (;;) {
        int next = -1;
        for (int i = 0; i < t->n_payments; i++) {
            const struct twin_payment *p = &t->payments[i];
            bool prefix = strncmp(p->key, a->key, length) == 0 && (t->rules.prefix_captures || p->key[length] == '/');
            if (prefix && p->state == state && strcmp(p->key, last) > 0 &&
                (next < 0 || strcmp(p->key, t->payments[next].key) < 0))
                next = i;
        }
        if (next < 0)
            return n;
        selected[n++] = t->payments[next];
        snprintf(last, sizeof last, "%s", t->payments[next].key);
    }
}

/* Pays out one payment (4.3). */
static inline void twin_pay_out(struct twin *t, struct twin_payment *p)
{
    struct big whole = dec_truncate(p->balance);
    twin_send(t, p->owner, p->denom, whole);
    p->withdrawn = big_add(p->withdrawn, whole);
    p->balance = big_sub(p->balance, whole);
}

/* Works on a copy of the account and on copies of the selected payments; the caller saves them. */
static inline enum market_error twin_settle(struct twin *t, struct twin_account *a, int64_t height,
                                            struct twin_payment *selected, int *n, bool *overdrawn)
{
    *n = 0;
    *overdrawn = false;
    if (a->state == ESCROW_CLOSED)
        return MARKET_ACCOUNT_CLOSED;
    if (big_sign(a->entries[0].funds) < 0) {
        *overdrawn = true;
        return MARKET_OK;
    }
    int64_t delta = a->state == ESCROW_OVERDRAWN ? 0 : height - a->settled_at;
    if (a->state == ESCROW_OPEN)
        a->settled_at = height;
    *n = twin_select(t, a, selected, ESCROW_OVERDRAWN, 0);
    if (delta != 0)
        *n = twin_select(t, a, selected, ESCROW_OPEN, *n);
    bool is_short = false;
    for (int i = 0; i < *n; i++)
        if (selected[i].denom != a->entries[0].denom)
            return MARKET_PANIC;
    for (int i = 0; i < *n; i++) {
        struct twin_payment *p = &selected[i];
        struct big due = p->unsettled;
        if (p->state == ESCROW_OPEN)
            due = dec_truncate(big_mul(p->rate, big_small(delta)));
        struct big taken = twin_deduct(a, a->entries[0].denom, due);
        p->balance = big_add(p->balance, taken);
        p->unsettled = big_sub(due, taken);
        p->state = big_sign(p->unsettled) > 0 ? ESCROW_OVERDRAWN : ESCROW_OPEN;
        is_short |= p->state == ESCROW_OVERDRAWN;
    }
    if (!is_short)
        return MARKET_OK;
    twin_fallback(t, a, selected, *n);
    for (int i = 0; i < *n; i++)
        *overdrawn |= selected[i].state == ESCROW_OVERDRAWN;
    if (!*overdrawn && !t->rules.fallback_freezes)
        a->entries[0].funds = big_small(0);
    for (int i = 0; i < *n && *overdrawn; i++) {
        selected[i].state = ESCROW_OVERDRAWN;
        twin_pay_out(t, &selected[i]);
    }
    if (*overdrawn)
        a->state = ESCROW_OVERDRAWN;
    return MARKET_OK;
}

/* 4.4: refunds, stores, runs hooks. */
static inline void twin_save_account(struct twin *t, struct twin_account *a)
{
    if (a->state != ESCROW_OPEN) {
        for (int i = 0; i < a->n_deposits; i++) {
            struct twin_entry *entry = twin_entry(a, a->deposits[i].denom);
            entry->funds = big_sub(entry->funds, a->deposits[i].left);
            twin_refund(t, &a->deposits[i], a->owner);
        }
        a->n_deposits = 0;
    }
    t->accounts[a->deployment] = *a;
    if (a->state != ESCROW_OPEN)
        twin_hook_account(t, a->deployment, a->state == ESCROW_OVERDRAWN);
}

static inline void twin_save_payment(struct twin *t, const struct twin_payment *p)
{
    t->payments[p->lease] = *p;
    if (p->state != ESCROW_OPEN)
        twin_hook_payment(t, p->lease, p->state == ESCROW_OVERDRAWN);
}

/* --- 4.5 --- */

static inline struct twin_payment *twin_among(struct twin_payment *selected, int n, int payment)
{
    for (int i = 0; i < n; i++)
        if (selected[i].lease == payment)
            return &selected[i];
    return NULL;
}

static inline enum market_error twin_payment_create(struct twin *t, int account, const struct twin_payment *made,
                                                    int64_t height)
{
    struct twin_payment selected[TWIN_LEASES];
    struct twin_account a = t->accounts[account];
    int n;
    bool overdrawn;
    enum market_error error = twin_settle(t, &a, height, selected, &n, &overdrawn);
    if (error != MARKET_OK)
        return error;
    if (overdrawn)
        return MARKET_ACCOUNT_OVERDRAWN;
    if (twin_entry(&a, made->denom) == NULL)
        return MARKET_INVALID_DENOMINATION;
    if (big_sign(made->rate) == 0)
        return MARKET_PAYMENT_RATE_ZERO;
    twin_save_account(t, &a);
    for (int i = 0; i < n && !t->rules.new_lease_uncredits; i++)
        twin_save_payment(t, &selected[i]);
    t->payments[t->n_payments++] = *made;
    return MARKET_OK;
}

static inline enum market_error twin_payment_withdraw(struct twin *t, int payment, int64_t height)
{
    struct twin_payment selected[TWIN_LEASES];
    if (t->payments[payment].state != ESCROW_OPEN)
        return MARKET_PAYMENT_CLOSED;
    struct twin_account a = t->accounts[t->payments[payment].account];
    int n;
    bool overdrawn;
    enum market_error error = twin_settle(t, &a, height, selected, &n, &overdrawn);
    if (error != MARKET_OK)
        return error;
    struct twin_payment *own = twin_among(selected, n, payment);
    if (!overdrawn && own == NULL && t->rules.same_block_withdraw_panics)
        return MARKET_PANIC;
    if (!overdrawn && own != NULL)
        twin_pay_out(t, own);
    twin_save_account(t, &a);
    for (int i = 0; i < n; i++)
        twin_save_payment(t, &selected[i]);
    if (!overdrawn && own == NULL)
        twin_pay_out(t, &t->payments[payment]);
    return MARKET_OK;
}

static inline enum market_error twin_payment_close(struct twin *t, int payment, int64_t height)
{
    struct twin_payment selected[TWIN_LEASES];
    if (t->payments[payment].state == ESCROW_CLOSED)
        return MARKET_PAYMENT_CLOSED;
    bool was_open = t->payments[payment].state == ESCROW_OPEN;
    struct twin_account a = t->accounts[t->payments[payment].account];
    int n;
    bool overdrawn;
    enum market_error error = twin_settle(t, &a, height, selected, &n, &overdrawn);
    if (error != MARKET_OK)
        return error;
    struct twin_payment *own = twin_among(selected, n, payment);
    if (own != NULL && own->state == ESCROW_OPEN) {
        own->state = ESCROW_CLOSED;
        twin_pay_out(t, own);
    }
    twin_save_account(t, &a);
    for (int i = 0; i < n; i++)
        twin_save_payment(t, &selected[i]);
    if (own == NULL && was_open && !overdrawn && !t->rules.same_block_close_ghosts) {
        struct twin_payment p = t->payments[payment];
        p.state = ESCROW_CLOSED;
        twin_pay_out(t, &p);
        twin_save_payment(t, &p);
    }
    return MARKET_OK;
}

static inline enum market_error twin_account_close(struct twin *t, int account, int64_t height)
{
    struct twin_payment selected[TWIN_LEASES];
    struct twin_account a = t->accounts[account];
    int n;
    bool overdrawn;
    enum market_error error = twin_settle(t, &a, height, selected, &n, &overdrawn);
    if (error != MARKET_OK)
        return error;
    if (a.state == ESCROW_OPEN)
        a.state = ESCROW_CLOSED;
    for (int i = 0; i < n && a.state == ESCROW_CLOSED; i++) {
        selected[i].state = ESCROW_CLOSED;
        twin_pay_out(t, &selected[i]);
    }
    twin_save_account(t, &a);
    for (int i = 0; i < n; i++)
        twin_save_payment(t, &selected[i]);
    for (int i = 0; i < t->n_payments && a.state == ESCROW_CLOSED && !t->rules.same_block_close_strands; i++) {
        struct twin_payment p = t->payments[i];
        if (p.account != account || p.state == ESCROW_CLOSED)
            continue;
        p.state = ESCROW_CLOSED;
        twin_pay_out(t, &p);
        twin_save_payment(t, &p);
    }
    return MARKET_OK;
}

/* 4.6, after the coins were taken. */
static inline enum market_error twin_deposit_done(struct twin *t, int account, const struct twin_deposit *parts, int n_parts)
{
    struct twin_payment selected[TWIN_LEASES];
    struct twin_account a = t->accounts[account];
    for (int i = 0; i < n_parts; i++) {
        struct twin_entry *entry = twin_entry(&a, parts[i].denom);
        if (entry == NULL) {
            a.entries[a.n_entries] = (struct twin_entry){.denom = parts[i].denom};
            entry = &a.entries[a.n_entries++];
        }
        if (big_sign(entry->funds) < 0)
            entry->funds = big_small(0);
        entry->funds = big_add(entry->funds, parts[i].left);
        check(a.n_deposits < (int)(sizeof a.deposits / sizeof a.deposits[0]), "twin has no room for deposits");
        a.deposits[a.n_deposits++] = parts[i];
    }
    if (a.state == ESCROW_OPEN) {
        t->accounts[account] = a;
        return MARKET_OK;
    }
    int n;
    bool overdrawn;
    enum market_error error = twin_settle(t, &a, a.settled_at, selected, &n, &overdrawn);
    if (error != MARKET_OK)
        return error;
    if (!overdrawn)
        a.state = ESCROW_CLOSED;
    for (int i = 0; i < n && !overdrawn; i++) {
        selected[i].state = ESCROW_CLOSED;
        twin_pay_out(t, &selected[i]);
    }
    twin_save_account(t, &a);
    for (int i = 0; i < n; i++)
        twin_save_payment(t, &selected[i]);
    return MARKET_OK;
}

#endif
