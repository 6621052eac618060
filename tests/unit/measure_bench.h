/* A measurement driven by hand: three classes, a window of 600 minutes, the real record. Times in minutes. */
#ifndef NINES_TESTS_UNIT_MEASURE_BENCH_H
#define NINES_TESTS_UNIT_MEASURE_BENCH_H

#include "models/measure/measure.h"
#include "sim/study/record.h"
#include "tests/unit/rooms.h"

enum { WEB, WIDE, TRAIN, CLASSES, MOST = 256 };

struct bench {
    struct arena arena;
    struct demand_class class[CLASSES];
    struct demand_plan plan;
    struct workload workload[MOST];
    struct demand demand;
    struct sim_task task;
    struct sim_model model;
    struct sim_record *record;
    struct measure *measure;
    instant incident_start;
    uint32_t components[COMPONENT_CLASSES];
};

static inline instant at(double minutes) { return (instant){(int64_t)(minutes * 6e7)}; }

/* Three replicas, quorum 2; replicas over two sites, quorum 1; a job of two pods of 4 GPUs. */
static inline void open_bench(struct bench *bench, uint32_t web, uint32_t wide, uint32_t train)
{
    uint32_t counts[CLASSES] = {web, wide, train};
    *bench = (struct bench){
        .class = {{.name = "web", .kind = DEMAND_SERVICE, .units = 3, .quorum = 2, .vcpus = 4, .sites = 1},
                  {.name = "wide", .kind = DEMAND_SERVICE, .units = 2, .quorum = 1, .vcpus = 2, .spread = SPREAD_SITE, .sites = 2},
                  {.name = "train", .kind = DEMAND_JOB, .units = 2, .quorum = 2, .vcpus = 8, .gpus = 4, .gpu_milli = 1000,
                   .sites = 1}},
        .task = {.horizon = at(600), .warmup = {100 * US_PER_MINUTE}, .grid = {60 * US_PER_MINUTE}, .outage_min = {US_PER_MINUTE},
                 .outage_cap = 1000, .log = SIM_LOG_SUMMARY},
        .model = {.metrics = measure_metrics, .series = measure_series, .breakdowns = measure_breakdowns},
        .incident_start = at(300),
        .components = {[COMPONENT_NODE] = 10, [COMPONENT_CONTROL] = 1}};
    arena_open(&bench->arena, 0);
    bench->plan = (struct demand_plan){.class = bench->class, .classes = CLASSES};
    bench->demand = (struct demand){.plan = &bench->plan, .workload = bench->workload};
    for (uint32_t c = 0; c < CLASSES; c++)
        for (uint32_t n = 0; n < counts[c]; n++) {
            assert_true(bench->demand.workloads < MOST);
            bench->workload[bench->demand.workloads++] = (struct workload){.class = c, .number = n, .first_unit = bench->demand.units};
            bench->demand.units += bench->class[c].units;
        }
}

static inline void begin(struct bench *bench)
{
    bench->record = record_open(&bench->arena, &bench->model, &bench->task);
    struct measure_options options = {.demand = &bench->demand,
                                      .task = &bench->task,
                                      .record = bench->record,
                                      .nodes = 10,
                                      .components = bench->components,
                                      .incidents = 1,
                                      .incident_start = &bench->incident_start,
                                      .lease_deadline = {15 * US_PER_MINUTE}};
    bench->measure = measure_open(&bench->arena, &options);
    measure_nodes_up(bench->measure, 10, at(-100));
}

static inline void up(struct bench *bench, uint32_t workload, uint32_t units, double minutes)
{
    struct measure_cause cause = {.component = "a/z1/r01/n01", .incident = COMPONENT_NONE};
    measure_up(bench->measure, workload, units, cause, at(minutes));
}

/* Requested and fully up long before the window. */
static inline void settled(struct bench *bench)
{
    for (uint32_t w = 0; w < bench->demand.workloads; w++)
        measure_request(bench->measure, w, at(-100));
    for (uint32_t w = 0; w < bench->demand.workloads; w++)
        up(bench, w, demand_class_of(&bench->demand, w)->units, -90);
}

static inline double metric(const struct bench *bench, const char *name)
{
    for (uint32_t i = 0; i < bench->record->metric_count; i++)
        if (strcmp(measure_metrics[i].name, name) == 0) {
            assert_true(bench->record->metric_reported[i]);
            return bench->record->metric_values[i];
        }
    fail_msg("no metric '%s'", name);
    return 0;
}

static inline void says(const struct bench *bench, const char *name, double wanted)
{
    double value = metric(bench, name);
    if (isnan(wanted) ? !isnan(value) : !(fabs(value - wanted) <= 1e-12 * (1 + fabs(wanted))))
        fail_msg("%s is %.15g, not %.15g", name, value, wanted);
}

static inline double series(const struct bench *bench, uint32_t number, uint32_t step)
{
    return bench->record->series_values[number * bench->record->steps + step];
}

static inline void close_bench(struct bench *bench)
{
    arena_close(&bench->arena);
}

#endif
