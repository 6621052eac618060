/* The rules that an io.net cloud lives by, by date.
 *
 * "2024-07": what is known of July 2024 and nothing else. Block rewards had begun on 25 June, but who was nominated for them, what
 * a stake was worth, what a proof cost an honest owner and when a slash came are known from documents of September 2025 only: all of
 * that is off, and a scenario switches single parts on by their keys. Bookings were not in Solana escrow yet.
 *
 * "2025-09": everything that the documentation of September 2025 says, with assumptions where it is silent. */
#ifndef NINES_MODELS_CLOUDS_IONET_IONET_RULES_H
#define NINES_MODELS_CLOUDS_IONET_IONET_RULES_H

#include "sim/base/units.h"
#include "sim/chance/law.h"
#include "sim/scenario/scenario.h"

#include <stdbool.h>

struct ionet_rules {
    struct law relaunch;       /* machine back, until its owner has rerun the launch commands */
    duration pending;          /* cumulative uptime before a new device can be hired */
    duration inactive_after;   /* a device away for longer is onboarded anew; 0: none is */
    double proof_failed;       /* share of an honest device's hourly proofs of work that fail */
    bool rewards, stake;
    bool pools_by_hardware;    /* enterprise and community hardware have pools of their own */
    bool head_compliant;       /* a cluster's head is hired in data centers only */
    bool solana;               /* bookings, extensions and payouts need it */
    duration booking;          /* for so long a tenant books and pays; 0: by the hour, without an end */
    double reservation_fee;    /* each side's */
};

/* The profile of the group's key `rules`, with what its other keys say instead. */
struct ionet_rules ionet_rules_read(const struct value *group);

#endif
