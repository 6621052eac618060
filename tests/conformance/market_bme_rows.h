/* Rows about burn and mint: bme_epoch and bme_status. */
#ifndef NINES_TESTS_MARKET_BME_ROWS_H
#define NINES_TESTS_MARKET_BME_ROWS_H

#include "models/market/bme.h"
#include "tests/conformance/rows.h"

static inline void rows_bme_epoch(const struct vectors *v, int i)
{
    struct bme_rules rules = bme_rules_2026_08();
    rules.epoch_min_blocks = vectors_int(v, i, "min_epoch_blocks");
    rules.backoff_percent = vectors_int(v, i, "backoff_pct");
    rules.warn_bps = vectors_int(v, i, "warn_bps");
    row_same(bme_epoch_blocks(&rules, vectors_int(v, i, "cr_bps")), vectors_int(v, i, "expect_blocks"));
}

static inline void rows_bme_status(const struct vectors *v, int i)
{
    struct bme_rules rules = bme_rules_2026_08();
    struct bme_vault vault = {.vault_uakt = vectors_int(v, i, "vault_uakt"), .supply_uact = vectors_int(v, i, "uact_supply")};
    const char *akt = vectors_cell(v, i, "akt_price"), *act = vectors_cell(v, i, "act_price");
    struct bme_oracle oracle = {.akt_price = *akt ? number(akt) : decimal_zero(),
                                .act_price = *act ? number(act) : decimal_zero()};
    if (bme_price_valid(&rules, &oracle, 0) && *vectors_cell(v, i, "cr_bps"))
        row_same(bme_ratio_bps(&vault, &oracle), vectors_int(v, i, "cr_bps"));
    row_expect_cell(v, i, "expect_status", bme_status_name(bme_status(&rules, &vault, &oracle, 0)));
}

#endif
