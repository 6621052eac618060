/* Small worlds of the marketplace cloud, for its tests. */
#ifndef NINES_TESTS_UNIT_CLOUDS_AKASH_H
#define NINES_TESTS_UNIT_CLOUDS_AKASH_H

#include "tests/unit/clouds_world.h"

#include "models/clouds/akash/akash_inside.h"

/* Four racks of two nodes: four providers, each with one rack. */
#define FLEET                                                                                                          \
    "fleet = { node_types = ( { name = \"box\"; vcpus = 256; memory = \"1 TiB\"; } ); sites = ( { name = \"a\"; zones = 1; "  \
    "racks = 4; nodes = ( { type = \"box\"; per_rack = 2; } ); } ); };"
#define VM "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 2; memory = \"4 GiB\"; %s }"
/* Blocks of 6 s; bids after 8 s; 45 s to choose; 60 s to start; every price the script's own. A request at 0 makes a deployment in
 * block 1 (6 s), bids in block 3 (18 s), a lease in block 11 (66 s), and runs at 126 s. */
#define AKASH                                                                                                          \
    "{ name = \"akash\"; kind = \"akash\"; providers_per_site = 4; block_time = \"6 s\"; bid_delay = \"8 s\"; choose_wait = \"45 s\"; " \
    "start_time = \"60 s\"; price_spread = 0; automatic_share = 1; detect_automatic = \"%s\"; withdraw_every = \"%s\"; %s }"

struct options {
    const char *head, *demand, *incidents, *detect, *withdraw, *keys;
};

static inline void open_akash(struct clouds_test *test, struct options options)
{
    const char *head = options.head != NULL ? options.head : "horizon = \"1 d\";";
    const char *cloud = text(AKASH, options.detect != NULL ? options.detect : "10 min",
                             options.withdraw != NULL ? options.withdraw : "1 h", options.keys != NULL ? options.keys : "");
    clouds_open(test, text("model = \"clouds\"; seed = 3; probes = \"0\"; start = \"2024-07-01T00:00Z\"; %s " FLEET
                           " demand = ( %s ); incidents = ( %s ); clouds = ( %s );",
                           head, options.demand, options.incidents != NULL ? options.incidents : "", cloud));
    clouds_begin(test, 0);
}

static inline struct akash *cloud_of(const struct clouds_test *test) { return test->world->cloud; }
static inline struct tenancy *tenancy_of(const struct clouds_test *test, uint32_t t) { return &cloud_of(test)->tenancy[t]; }

/* What the script asks for one VM: 2 threads at 1.60, 4 GiB at 0.80, 10 GiB of disk at 0.02 USD per month of 429,909 blocks, with
 * six digits of a micro-dollar, in dollars per block. */
static const double vm_block = 15.352086e-6;
static const double hour = 3600, minute = 60;

#endif
