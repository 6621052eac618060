/* A run made by hand, for tests of what stands behind the simulation: two points, three clouds, a few metrics and one series,
 * with values that are a function of (point, replication, cloud) alone. */
#ifndef NINES_TESTS_UNIT_TOY_H
#define NINES_TESTS_UNIT_TOY_H

#include "sim/base/arena.h"
#include "sim/base/hash.h"
#include "sim/study/model.h"
#include "sim/study/record.h"
#include "sim/results/store.h"

#include <math.h>
#include <stddef.h>

enum { TOY_SERVICE, TOY_NODE, TOY_RECOVER, TOY_COST, TOY_HOUR, TOY_NEVER, TOY_METRICS };
enum { TOY_POINTS = 2, TOY_CLOUDS = 3, TOY_STEPS = 48 };

static const struct sim_metric toy_metrics[TOY_METRICS + 1] = {
    {.name = "availability_service", .unit = "1", .help = "share of wanted replicas that are up", .higher_is_better = true,
     .is_availability = true},
    {.name = "availability_node", .unit = "1", .help = "share of nodes up", .higher_is_better = true, .is_availability = true},
    {.name = "time_to_recover_p50_min", .unit = "min", .help = "from down to quorum again"},
    {.name = "cost_usd", .unit = "USD", .help = "net outflow"},
    {.name = "cost_usd_per_useful_gpu_hour", .unit = "USD/h", .help = "what the outflow bought"},
    {.name = "never_reported", .unit = "1", .help = "nothing"},
    {.name = NULL},
};
static const struct sim_series toy_series[] = {
    {.name = "availability_service", .unit = "1", .help = "share of wanted replicas that are up"},
    {.name = "leases", .unit = "1", .help = "leases open"},
    {.name = NULL},
};
static const struct sim_breakdown toy_breakdowns[] = {
    {.name = "mtbf_h", .unit = "h", .help = "up over failures", .sliced_by = "kind of component"},
    {.name = "loss_usd", .unit = "USD", .help = "of a tenant", .sliced_by = "class of loss", .is_sample = true},
    {.name = NULL},
};
static const struct sim_model toy_model = {.name = "toy", .summary = "made by hand", .metrics = toy_metrics,
                                           .series = toy_series, .breakdowns = toy_breakdowns};
static const struct sim_arm toy_arms[TOY_CLOUDS] = {
    {"azure-like", "hyperscaler", "2024-07"}, {"akash", "akash", "2024-07"}, {"io.net", "ionet", ""}};
static const char *const toy_points[TOY_POINTS] = {"neither", "azure"};

static inline struct sim_task toy_task(enum sim_log log)
{
    return (struct sim_task){.seed = 1, .horizon = {TOY_STEPS * US_PER_HOUR}, .grid = {US_PER_HOUR},
                             .outage_min = {US_PER_MINUTE}, .outage_cap = 3, .log = log};
}

/* A number in [0, 1) that depends on its arguments only. */
static inline double toy_luck(uint32_t point, uint32_t rep, uint32_t cloud, uint32_t what)
{
    uint64_t hash = hash_word(hash_word(hash_word(hash_word(1, point), rep), cloud), what);
    return (double)(hash >> 11) * 0x1p-53;
}

static inline void toy_lists(struct sim_record *record, uint32_t rep)
{
    for (int i = 0; i < 5; i++)
        record_outage(record, &(struct sim_outage){.subject_kind = i == 4 ? "node" : "service", .subject = "web",
                                                   .start_s = 3600.0 * i, .end_s = 3600.0 * i + (i == 1 ? 30 : 600),
                                                   .cause = "storage unit su03", .incident = i == 0 ? "july" : NULL});
    record_lease(record, &(struct sim_lease){.id = rep, .tenant = "t0", .provider = "p0", .requested_s = 0, .start_s = 12.5,
                                             .end_s = (double)NAN, .reason = "", .gpus = 8, .price_usd_per_h = 1.25,
                                             .paid_usd = 60});
    record_payment(record, &(struct sim_payment){.t_s = 60, .from = "t0", .to = "escrow", .amount_micro = 5000000,
                                                 .denom = "uakt", .what = "deposit"});
}

/* Nodes fail in two replications of three, racks never; of 100 tenants 90 lose nothing, 10 the more the later the replication. */
static inline void toy_slices(struct sim_record *record, uint32_t rep, uint32_t cloud)
{
    record_slice(record, &(struct sim_slice){.breakdown = 0, .slice = "node", .at = (double)NAN, .numerator = 1000, .denominator = rep % 3});
    record_slice(record, &(struct sim_slice){.breakdown = 0, .slice = "rack", .at = (double)NAN, .numerator = 500, .denominator = 0});
    record_slice(record, &(struct sim_slice){.breakdown = 1, .slice = "", .at = 0, .numerator = 0, .denominator = 90});
    record_slice(record, &(struct sim_slice){.breakdown = 1, .slice = "", .at = 1, .numerator = 10 * (cloud + 1) * (rep + 1.0),
                                             .denominator = 10});
}

/* azure-like fails in point "azure" only and is dearer; akash fails everywhere a little; io.net never fails. */
static inline struct sim_record *toy_record(struct arena *arena, enum sim_log log, uint32_t point, uint32_t rep,
                                            uint32_t cloud)
{
    struct sim_task task = toy_task(log);
    struct sim_record *record = record_open(arena, &toy_model, &task);
    double loss = cloud == 0 ? (point == 1 ? 0.02 : 0) : cloud == 1 ? 0.004 : 0;
    double up = 1 - loss * (0.5 + toy_luck(point, rep, cloud, 0)), node = 0.99 + 0.01 * toy_luck(0, rep, 0, 1);
    double price = cloud == 0 ? 3 : cloud == 1 ? 1.5 : 1.7;
    record_metric(record, TOY_SERVICE, up);
    record_metric(record, TOY_NODE, node);
    record_metric(record, TOY_RECOVER, loss > 0 && rep % 3 != 0 ? 20 + 10 * toy_luck(point, rep, cloud, 2) : (double)NAN);
    double hour = price * (1 + 0.1 * toy_luck(0, rep, 0, 3)) / up;
    record_metric(record, TOY_COST, 1000 * hour);
    record_metric(record, TOY_HOUR, hour);
    for (uint32_t t = 0; t < TOY_STEPS; t++) {
        record_series(record, 0, t, t == 7 ? up / 2 : up);
        if (t % 2 == 0)
            record_series(record, 1, t, (double)rep);
    }
    double shares[] = {up, rep % 2 == 0 ? 1.0 : (double)NAN};
    record_part(record, &(struct sim_part){"site", "east", {24 * US_PER_HOUR}, 2, shares});
    record_part(record, &(struct sim_part){"site", "west", {24 * US_PER_HOUR}, 1, (const double[]){0.25}});
    toy_lists(record, rep);
    toy_slices(record, rep, cloud);
    record_done(record, 1000 + rep, hash_word(hash_word(point, rep), cloud));
    return record;
}

static inline struct store_run toy_run(void)
{
    return (struct store_run){.scenario = "toy", .scenario_text = "model = \"toy\";\n", .overrides = "", .model = "toy",
                              .title = "A toy", .question = "Does the table read well?", .regime = "as happened",
                              .comparison = "same hardware", .version = "0", .commit_id = "none", .compiler = "", .libraries = "", .seed = 1, .shards = 1,
                              .start_unix_s = 1719792000, .horizon_s = TOY_STEPS * 3600.0, .warmup_s = 0, .grid_s = 3600,
                              .level = 0.95, .replications = 30, .variance_reduction = "none", .command = "nines run toy.cfg", .host = "", .cpu = "", .ranks = 1, .log = "leases",
                              .threads = 1, .metrics = toy_metrics, .series = toy_series, .breakdowns = toy_breakdowns};
}

static inline bool toy_describe(struct store *store)
{
    bool done = true;
    for (size_t i = 0; i < TOY_CLOUDS; i++)
        done = done && store_add_cloud(store, &toy_arms[i]);
    for (size_t i = 0; i < TOY_POINTS; i++)
        done = done && store_add_point(store, toy_points[i], i == 1 ? "{\"incidents\": [\"july\"]}" : "{}");
    return done && store_add_mark(store, 1, "july", 3600, 7200);
}

static inline bool toy_write(struct store *store, enum sim_log log, uint32_t reps)
{
    struct arena arena;
    bool done = true;
    arena_open(&arena, 0);
    for (uint32_t point = 0; point < TOY_POINTS; point++)
        for (uint32_t rep = 0; rep < reps; rep++)
            for (uint32_t cloud = 0; cloud < TOY_CLOUDS; cloud++) {
                struct arena_mark mark = arena_mark(&arena);
                struct sim_record *record = toy_record(&arena, log, point, rep, cloud);
                done = done && store_write_replication(
                                   store, (struct store_replication){.point = point, .cloud = cloud, .rep = rep}, record);
                arena_rewind(&arena, mark);
            }
    arena_close(&arena);
    return done;
}

/* The whole file, or false with the store's message left in the store, which the caller closes. */
static inline bool toy_make(struct store **store, const char *path, enum sim_log log, uint32_t reps)
{
    struct store_run run = toy_run();
    return store_create(store, path, true, &run) && toy_describe(*store) && toy_write(*store, log, reps) &&
           store_finish(*store, STORE_COMPLETE, 0x1234, -1);
}

#endif
