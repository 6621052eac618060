/* Hybrid tenants: services over two clouds, as scenario text. README.md has the whole of it: the parts live in one world over one fleet
 * whose sites are divided between them, and a service is reached in both (active-active) or in one at a time (warm standby, backup).
 *
 * Invariants: a part's units lie on its own sites; what is measured of a service is what its serving parts give; no money is counted
 * twice or lost between the parts' accounts and the whole's. */
#ifndef NINES_MODELS_CLOUDS_HYBRID_HYBRID_H
#define NINES_MODELS_CLOUDS_HYBRID_HYBRID_H

#define HYBRID_WHEN .when = "kind=hybrid"
#define HYBRID_KEYS                                                                                                    \
    {"parts", KEY_TEXTS, NULL, "two clouds of this list, the first and the second, by whose keys its parts are run", .required = true, \
     HYBRID_WHEN},                                                                                                     \
        {"mode", KEY_CHOICE, "active-active",                                                                          \
         "active-active: replicas divided over both; warm standby: all run in both, one is reached; backup: the second is started when needed", \
         .choices = "active-active|warm standby|backup", HYBRID_WHEN},                                                 \
        {"sites", KEY_TEXTS, NULL, "sites whose machines the first part has, the second has the others; absent: every other site from the first on", \
         HYBRID_WHEN},                                                                                                 \
        {"fail_over_notice", KEY_LAW, "lognormal_median(5 min, 0.5)",                                                  \
         "not active-active: from the first part's losing a service's quorum to the decision to fail over (U)", HYBRID_WHEN}, \
        {"fail_over_switch", KEY_LAW, "lognormal_median(5 min, 0.5)",                                                  \
         "warm standby: from that decision until users reach the second part: DNS and the like (U)", HYBRID_WHEN},     \
        {"fail_over_restore", KEY_LAW, "lognormal_median(1 h, 1)",                                                     \
         "backup: from a quorum in the second part until the data is restored there and users reach it (U)", HYBRID_WHEN}, \
        {"return_after", KEY_DURATION, "1 h",                                                                          \
         "not active-active: users return when the first part has had its quorum for so long (U)", .low = 0, .high = 31557600, HYBRID_WHEN}

#endif
