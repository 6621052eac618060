/* One deployment on the marketplace core: two providers bid, the cheaper one gets the lease, an hour is paid.
 *
 *   cc examples/market.c $(pkg-config --cflags --libs nines-market) -o market && ./market */
#include <models/market/market.h>

#include <inttypes.h>
#include <stdio.h>

int main(void)
{
    struct arena arena;
    struct market market;
    struct market_event room[64];
    struct market_events events = {room, 0, 64};
    struct market_rules rules = market_rules_2024_07();
    struct market_limits limits = {.wallets = 8, .grants = 1, .deployments = 1, .groups = 1, .orders = 1, .bids = 2, .leases = 1};
    arena_open(&arena, 0);
    market_open(&market, &arena, &rules, &limits, &events);

    uint32_t tenant = bank_wallet_add(&market.bank, "tenant"), wallet[2];
    bank_issue(&market.bank, tenant, MARKET_UAKT, 5000000);
    struct market_volume disk = {.name = "default", .bytes = INT64_C(1) << 30};
    struct market_unit web = {.id = 1, .count = 1, .cpu_milli = 500, .memory_bytes = INT64_C(1) << 29, .volumes = &disk,
                              .n_volumes = 1, .price = decimal_from_int(100), .denom = MARKET_UAKT};
    struct market_group_spec group = {.name = "web", .units = &web, .n_units = 1};
    const struct market_group_spec *groups[] = {&group};
    uint8_t manifest[MARKET_VERSION_BYTES] = {1};
    struct market_deployment_id id;
    enum market_error said = market_create_deployment(&market, &(struct market_create_deployment){
        .owner = tenant, .depositor = tenant, .dseq = 1, .version = manifest, .version_bytes = sizeof manifest,
        .groups = groups, .n_groups = 1, .denom = MARKET_UAKT, .deposit = 5000000}, 100, &id);
    struct market_order_id order = market_live_order(&market, market_find_group(&market, id, 1));
    for (int i = 0; said == MARKET_OK && i < 2; i++) {
        wallet[i] = bank_wallet_add(&market.bank, i == 0 ? "dear" : "cheap");
        bank_issue(&market.bank, wallet[i], MARKET_UAKT, 500000);
        market_provider_register(&market, wallet[i]);
        said = market_create_bid(&market, &(struct market_create_bid){.order = order, .provider = wallet[i],
            .price_denom = MARKET_UAKT, .price = decimal_from_int(i == 0 ? 90 : 60), .deposit_denom = MARKET_UAKT,
            .deposit = 500000, .placement_matches = true, .capabilities_match = true}, 101);
    }
    if (said == MARKET_OK)
        said = market_create_lease(&market, order, wallet[1], 102, NULL);
    if (said == MARKET_OK) /* an hour is 600 blocks of some 6 s */
        said = market_withdraw_lease(&market, order, wallet[1], 702);
    printf("%s: the cheap provider holds %" PRId64 " uakt; the escrow is dry at height %" PRId64 "\n",
           market_error_name(said), market.bank.wallets[wallet[1]].balance[MARKET_UAKT], market_dry_height(&market, id));
    arena_close(&arena);
    return said == MARKET_OK ? 0 : 1;
}
