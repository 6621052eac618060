#include "models/market/bme.h"

#include "sim/base/nomalloc.h"

enum { BPS = 10000, STEP_BPS = 10 };

static const char *const names[] = {"healthy", "warning", "halt_cr", "halt_oracle"};

struct bme_rules bme_rules_2026_08(void)
{
    return (struct bme_rules){.warn_bps = 9500,
                              .halt_bps = 9000,
                              .epoch_min_blocks = 10,
                              .epoch_max_blocks = 14400,
                              .backoff_percent = 10,
                              .price_stale_s = 30,
                              .mint_min_uact = 10000000,
                              .mint_spread_bps = 25};
}

const char *bme_status_name(enum bme_status status)
{
    check(status <= BME_HALT_ORACLE, "BME status %d does not exist", (int)status);
    return names[status];
}

bool bme_price_valid(const struct bme_rules *rules, const struct bme_oracle *oracle, int64_t now_s)
{
    return decimal_is_positive(oracle->akt_price) && decimal_is_positive(oracle->act_price) &&
           now_s - oracle->updated_s <= rules->price_stale_s;
}

int64_t bme_ratio_bps(const struct bme_vault *vault, const struct bme_oracle *oracle)
{
    decimal unbound = decimal_from_int(vault->vault_uakt - vault->pending_uakt);
    decimal ratio = decimal_quo(decimal_mul(unbound, oracle->akt_price), oracle->act_price);
    if (vault->supply_uact != 0)
        ratio = decimal_quo(ratio, decimal_from_int(vault->supply_uact));
    return decimal_truncate(decimal_mul_int(ratio, BPS));
}

enum bme_status bme_status(const struct bme_rules *rules, const struct bme_vault *vault, const struct bme_oracle *oracle,
                           int64_t now_s)
{
    if (!bme_price_valid(rules, oracle, now_s))
        return BME_HALT_ORACLE;
    int64_t bps = bme_ratio_bps(vault, oracle);
    if (bps > rules->warn_bps)
        return BME_HEALTHY;
    return bps > rules->halt_bps ? BME_WARNING : BME_HALT_CR;
}

int64_t bme_epoch_blocks(const struct bme_rules *rules, int64_t ratio_bps)
{
    int64_t steps = ratio_bps < rules->warn_bps ? (rules->warn_bps - ratio_bps) / STEP_BPS : 0;
    decimal factor = decimal_quo(decimal_from_int(100 + rules->backoff_percent), decimal_from_int(100));
    decimal most = decimal_from_int(rules->epoch_max_blocks), blocks = decimal_from_int(rules->epoch_min_blocks);
    if (rules->backoff_percent == 0)
        steps = 0;
    for (; steps > 0 && decimal_compare(blocks, most) < 0; steps--)
        blocks = decimal_mul(blocks, factor);
    return decimal_truncate(decimal_min(blocks, most));
}

bool bme_may_mint(enum bme_status status)
{
    return status == BME_HEALTHY || status == BME_WARNING;
}

bool bme_may_swap(enum bme_status status)
{
    return status != BME_HALT_ORACLE;
}

int64_t bme_mint_uact(const struct bme_rules *rules, const struct bme_oracle *oracle, int64_t burnt_uakt)
{
    decimal worth = decimal_quo(decimal_mul(decimal_from_int(burnt_uakt), oracle->akt_price), oracle->act_price);
    decimal kept = decimal_quo(decimal_from_int(BPS - rules->mint_spread_bps), decimal_from_int(BPS));
    int64_t minted = decimal_truncate(decimal_mul(worth, kept));
    return minted >= rules->mint_min_uact ? minted : 0;
}
