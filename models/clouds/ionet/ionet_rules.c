#include "models/clouds/ionet/ionet_rules.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

static struct ionet_rules rules_2025_09(void)
{
    struct ionet_rules rules = {.pending = {12 * US_PER_HOUR},
                                .inactive_after = {5 * US_PER_DAY},
                                .proof_failed = 0.001,
                                .rewards = true,
                                .stake = true,
                                .pools_by_hardware = true,
                                .head_compliant = true,
                                .solana = true,
                                .booking = {7 * US_PER_DAY},
                                .reservation_fee = 0.0025};
    char why[128];
    check(law_parse("lognormal_median(2 h, 1.5)", &rules.relaunch, why, sizeof why, NULL), "the owners' law is none: %s", why);
    return rules;
}

static void read_share(const struct value *group, const char *key, double *to)
{
    if (value_given(group, key))
        *to = value_number(group, key);
}

static void read_duration(const struct value *group, const char *key, duration *to)
{
    if (value_given(group, key))
        *to = value_duration(group, key);
}

static void read_switch(const struct value *group, const char *key, bool *to)
{
    if (value_given(group, key))
        *to = value_bool(group, key);
}

struct ionet_rules ionet_rules_read(const struct value *group)
{
    /* of July 2024: nothing; the law is the constant 0 */
    struct ionet_rules rules = {.relaunch = {.kind = LAW_CONSTANT}};
    if (strcmp(value_text(group, "rules"), "2025-09") == 0)
        rules = rules_2025_09();
    if (value_given(group, "relaunch"))
        rules.relaunch = *value_law(group, "relaunch");
    read_duration(group, "pending", &rules.pending);
    read_duration(group, "inactive_after", &rules.inactive_after);
    read_share(group, "proof_failed", &rules.proof_failed);
    read_switch(group, "rewards", &rules.rewards);
    read_switch(group, "stake", &rules.stake);
    read_switch(group, "head_compliant", &rules.head_compliant);
    read_switch(group, "solana", &rules.solana);
    read_duration(group, "booking", &rules.booking);
    read_share(group, "reservation_fee", &rules.reservation_fee);
    return rules;
}
