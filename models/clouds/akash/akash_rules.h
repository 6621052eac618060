/* The rules that an Akash cloud lives by: those of the chain, of its providers' software and of its money, by date.
 *
 * A profile is picked by the cloud's key `rules`; its group `quirks` switches single quirks of it off (or on again), by the names of
 * the switches in models/market/rules.h, adjust.h and provider.h. A quirk that the rules of that date do not have is a mistake of
 * the scenario. models/market/README.md lists them all, and says which can have no effect in a simulation, and why. */
#ifndef NINES_MODELS_CLOUDS_AKASH_AKASH_RULES_H
#define NINES_MODELS_CLOUDS_AKASH_AKASH_RULES_H

#include "models/market/provider.h"
#include "models/market/rules.h"
#include "sim/scenario/scenario.h"

struct akash_rules {
    struct market_rules market;
    struct provider_rules provider;
    struct provider_clocks clocks;
    enum market_denom denom; /* leases and escrow; worth a dollar */
    const char *coin;        /* the same in ledgers: "usdc", "act" */
    bool burn_mint;          /* the denom is minted by burning AKT, at an oracle's price */
    int64_t first_height;    /* of the chain at the begin of a replication */
    duration block;          /* mean time between blocks */
    double akt_usd;          /* what AKT cost at that time */
};

extern const struct key akash_quirk_keys[]; /* children of the cloud's group `quirks` */

/* Reads `rules` and `quirks` of a cloud's group. */
struct akash_rules akash_rules_read(struct scenario *scenario, const struct value *group);

#endif
