/* Burn and mint, of 2026: leases are paid in ACT, and ACT comes from burning AKT at the oracle's price.
 *
 * What is kept is the vault and when the oracle last sent a price; the status follows from these whenever somebody asks (bme.h), so
 * prices are no events. They come while the chain makes blocks and the oracle serves. After either was away they come again
 * `oracle_delay` later; until then the last one is stale once it is 30 s old, and nothing is minted. A request to mint is carried out at the
 * next epoch, a height that its length divides, and waits there while minting is stopped.
 *
 * Assumptions: the price that the AKT fallback of an escrow account uses is the last one, stale or not; a provider swaps what it has
 * earned each time it collects, if it can. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* When the last price came. */
static instant last_price(const struct akash *cloud)
{
    instant now = world_now(cloud->world);
    return cloud->mint.feeding && now.us >= cloud->mint.fresh.us ? now : cloud->mint.last;
}

/* The oracle's view, in seconds since the replication's time 0, as is now_s below. */
static struct bme_oracle oracle(const struct akash *cloud)
{
    instant last = last_price(cloud);
    return (struct bme_oracle){.akt_price = akash_price_at(cloud, last), .act_price = decimal_from_int(1), .updated_s = last.us / US_PER_SECOND};
}

enum bme_status akash_mint_status(const struct akash *cloud)
{
    struct bme_oracle seen = oracle(cloud);
    return bme_status(&cloud->mint.rules, &cloud->mint.vault, &seen, world_now(cloud->world).us / US_PER_SECOND);
}

void akash_mint_open(struct akash *cloud)
{
    const struct akash_plan *plan = cloud->plan;
    struct akash_mint *mint = &cloud->mint;
    if (!plan->rules.burn_mint)
        return;
    instant now = world_now(cloud->world);
    double uakt = plan->collateral * (double)plan->act_supply / decimal_to_double(akash_price_at(cloud, now));
    *mint = (struct akash_mint){.rules = bme_rules_2026_08(),
                                .vault = {.vault_uakt = (int64_t)uakt, .supply_uact = plan->act_supply},
                                .feeding = cloud->producing && graph_serves(cloud->world->graph, plan->oracle),
                                .last = now,
                                .fresh = now,
                                .told = BME_HEALTHY,
                                .told_price = decimal_zero()};
}

void akash_mint_fed(struct akash *cloud)
{
    struct akash_mint *mint = &cloud->mint;
    bool feeding = cloud->producing && graph_serves(cloud->world->graph, cloud->plan->oracle);
    if (feeding == mint->feeding)
        return;
    if (feeding)
        mint->fresh = instant_add(world_now(cloud->world), cloud->plan->oracle_delay);
    else
        mint->last = last_price(cloud);
    mint->feeding = feeding;
}

void akash_mint_tell(struct akash *cloud)
{
    struct akash_mint *mint = &cloud->mint;
    if (!cloud->plan->rules.burn_mint || cloud->plan->akt_reserve.us == 0)
        return; /* no account ever holds AKT: it makes no difference */
    enum bme_status status = akash_mint_status(cloud);
    decimal price = oracle(cloud).akt_price;
    if (status == mint->told && decimal_compare(price, mint->told_price) == 0)
        return;
    mint->told = status;
    mint->told_price = price;
    (void)akash_send(cloud, (struct akash_message){.kind = AKASH_BURN_MINT, .burn_mint = {status, price}});
}

/* --- Minting --------------------------------------------------------------------------------------------------------- */

/* A request that has waited for its epoch is carried out. What the mint keeps for itself has cost the tenant something. */
static void carry_out(struct akash *cloud, struct akash_deployment *which)
{
    struct akash_mint *mint = &cloud->mint;
    struct bme_oracle seen = oracle(cloud);
    int64_t minted = bme_mint_uact(&mint->rules, &seen, which->minting_uakt);
    int64_t worth = decimal_truncate(decimal_mul_int(seen.akt_price, which->minting_uakt));
    const struct tenancy *first = &cloud->tenancy[which->first];
    if (minted == 0) { /* the price has fallen since, and it is below the smallest mint */
        akash_mint_cancel(cloud, (uint32_t)(which - cloud->deployment));
        return;
    }
    mint->vault.pending_uakt -= which->minting_uakt;
    mint->vault.supply_uact += minted;
    which->minting_uakt = 0;
    akash_issue(cloud, which->wallet, MARKET_UACT, minted);
    if (worth > minted)
        world_pay(cloud->world, first->first_unit, first->units, (money){worth - minted}, "burn and mint", "akt", "mint spread");
}

static void ask(struct akash *cloud, struct akash_deployment *which, int64_t missing)
{
    struct akash_mint *mint = &cloud->mint;
    struct bme_oracle seen = oracle(cloud);
    if (missing < mint->rules.mint_min_uact)
        missing = mint->rules.mint_min_uact;
    decimal kept = decimal_quo(decimal_from_int(10000 - mint->rules.mint_spread_bps), decimal_from_int(10000));
    decimal worth = decimal_add(decimal_quo(decimal_from_int(missing), kept), decimal_from_int(1)); /* fractions are dropped */
    which->minting_uakt = decimal_truncate(decimal_quo(worth, seen.akt_price)) + 1;
    mint->vault.vault_uakt += which->minting_uakt;
    mint->vault.pending_uakt += which->minting_uakt;
}

bool akash_fund(struct akash *cloud, uint32_t deployment, int64_t amount, instant *again)
{
    struct akash_deployment *which = &cloud->deployment[deployment];
    struct akash_mint *mint = &cloud->mint;
    if (!cloud->plan->rules.burn_mint) {
        akash_issue(cloud, which->wallet, akash_denom(cloud, deployment), amount);
        return true;
    }
    const int64_t *wallet = &cloud->market.bank.wallets[which->wallet].balance[MARKET_UACT];
    bool open = bme_may_mint(akash_mint_status(cloud));
    if (which->minting_uakt > 0 && open)
        carry_out(cloud, which);
    if (*wallet >= amount)
        return true;
    *again = INSTANT_NEVER;
    if (!open)
        return false;
    ask(cloud, which, amount - *wallet);
    struct bme_oracle seen = oracle(cloud);
    int64_t epoch = bme_epoch_blocks(&mint->rules, bme_ratio_bps(&mint->vault, &seen));
    *again = akash_block_at(cloud, (akash_height(cloud) / epoch + 1) * epoch);
    return false;
}

void akash_mint_cancel(struct akash *cloud, uint32_t deployment)
{
    struct akash_deployment *which = &cloud->deployment[deployment];
    cloud->mint.vault.vault_uakt -= which->minting_uakt;
    cloud->mint.vault.pending_uakt -= which->minting_uakt;
    which->minting_uakt = 0;
}

void akash_swap(struct akash *cloud, uint32_t provider)
{
    struct akash_provider *who = &cloud->provider[provider];
    struct akash_mint *mint = &cloud->mint;
    if (!cloud->plan->rules.burn_mint || !bme_may_swap(akash_mint_status(cloud)))
        return;
    int64_t earned = cloud->market.bank.wallets[who->wallet].balance[MARKET_UACT] - who->swapped;
    int64_t uakt = decimal_truncate(decimal_quo(decimal_from_int(earned), oracle(cloud).akt_price));
    who->swapped += earned;
    mint->vault.supply_uact -= earned;
    mint->vault.vault_uakt -= uakt < mint->vault.vault_uakt ? uakt : mint->vault.vault_uakt;
}
