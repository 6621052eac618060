/* Timelines by hand: what each metric must say, by the definitions of the design. Times in minutes; the window is [0, 600]. */
#include "models/measure/measure.h"
#include "models/measure/samples.h"
#include "sim/record.h"
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
};

static instant at(double minutes) { return (instant){(int64_t)(minutes * 6e7)}; }

/* Three replicas, quorum 2; replicas over two sites, quorum 1; a job of two pods of 4 GPUs. */
static void open_bench(struct bench *bench, uint32_t web, uint32_t wide, uint32_t train)
{
    uint32_t counts[CLASSES] = {web, wide, train};
    *bench = (struct bench){
        .class = {{.name = "web", .kind = DEMAND_SERVICE, .units = 3, .quorum = 2, .vcpus = 4, .sites = 1},
                  {.name = "wide", .kind = DEMAND_SERVICE, .units = 2, .quorum = 1, .vcpus = 2, .spread = SPREAD_SITE, .sites = 2},
                  {.name = "train", .kind = DEMAND_JOB, .units = 2, .quorum = 2, .vcpus = 8, .gpus = 4, .gpu_milli = 1000,
                   .sites = 1}},
        .task = {.horizon = at(600), .warmup = {100 * US_PER_MINUTE}, .grid = {60 * US_PER_MINUTE}, .outage_min = {US_PER_MINUTE},
                 .outage_cap = 1000, .log = SIM_LOG_SUMMARY},
        .model = {.metrics = measure_metrics, .series = measure_series},
        .incident_start = at(300)};
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

static void begin(struct bench *bench)
{
    bench->record = record_open(&bench->arena, &bench->model, &bench->task);
    struct measure_options options = {.demand = &bench->demand,
                                      .task = &bench->task,
                                      .record = bench->record,
                                      .nodes = 10,
                                      .incidents = 1,
                                      .incident_start = &bench->incident_start,
                                      .lease_deadline = {15 * US_PER_MINUTE}};
    bench->measure = measure_open(&bench->arena, &options);
    measure_nodes_up(bench->measure, 10, at(-100));
}

static void up(struct bench *bench, uint32_t workload, uint32_t units, double minutes)
{
    struct measure_cause cause = {.component = "a/z1/r01/n01", .incident = COMPONENT_NONE};
    measure_up(bench->measure, workload, units, cause, at(minutes));
}

/* Requested and fully up long before the window. */
static void settled(struct bench *bench)
{
    for (uint32_t w = 0; w < bench->demand.workloads; w++)
        measure_request(bench->measure, w, at(-100));
    for (uint32_t w = 0; w < bench->demand.workloads; w++)
        up(bench, w, demand_class_of(&bench->demand, w)->units, -90);
}

static double metric(const struct bench *bench, const char *name)
{
    for (uint32_t i = 0; i < bench->record->metric_count; i++)
        if (strcmp(measure_metrics[i].name, name) == 0) {
            assert_true(bench->record->metric_reported[i]);
            return bench->record->metric_values[i];
        }
    fail_msg("no metric '%s'", name);
    return 0;
}

static void says(const struct bench *bench, const char *name, double wanted)
{
    double value = metric(bench, name);
    if (isnan(wanted) ? !isnan(value) : !(fabs(value - wanted) <= 1e-12 * (1 + fabs(wanted))))
        fail_msg("%s is %.15g, not %.15g", name, value, wanted);
}

static double series(const struct bench *bench, uint32_t number, uint32_t step)
{
    return bench->record->series_values[number * bench->record->steps + step];
}

static void close_bench(struct bench *bench)
{
    arena_close(&bench->arena);
}

static void nothing_down_is_exactly_one(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 3, 2, 0);
    begin(&bench);
    settled(&bench);
    measure_close(bench.measure);
    assert_true(metric(&bench, "availability_service") == 1);
    assert_true(metric(&bench, "availability_quorum") == 1);
    assert_true(metric(&bench, "availability_node") == 1);
    says(&bench, "downtime_p99_min", 0);
    says(&bench, "longest_outage_min", 0);
    says(&bench, "blast_radius_max", 0);
    says(&bench, "services", 5);
    says(&bench, "outages", 0); /* the wait for the first placement lay before the window, and is none */
    assert_int_equal(bench.record->outages_listed, 0);
    close_bench(&bench);
}

static void a_lost_replica_counts_for_service_but_not_for_quorum(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    settled(&bench);
    up(&bench, 0, 2, 100); /* one of three for 60 min */
    up(&bench, 0, 3, 160);
    up(&bench, 0, 1, 200); /* two of three for 30 min: quorum lost */
    up(&bench, 0, 0, 210); /* all three for 10 min of it */
    up(&bench, 0, 1, 220);
    up(&bench, 0, 2, 230);
    up(&bench, 0, 3, 240);
    measure_close(bench.measure);
    /* lost replica-minutes: 60 + 2 x 10 + 3 x 10 + 2 x 10 + 1 x 10 = 140 of 1800 */
    says(&bench, "availability_service", 1 - 140.0 / 1800);
    says(&bench, "availability_quorum", 1 - 30.0 / 600);
    says(&bench, "longest_outage_min", 30);
    says(&bench, "time_to_recover_p50_min", 30);
    says(&bench, "outages", 1);
    says(&bench, "outages_censored", 0);
    assert_int_equal(measure_none_up(bench.measure, 0, at(600)).us, 10 * US_PER_MINUTE);
    says(&bench, "goodput_gpu_hours", 0);
    close_bench(&bench);
}

static void what_lies_outside_the_window_is_cut_off(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2, 0, 0);
    begin(&bench);
    settled(&bench);
    up(&bench, 0, 0, -50); /* 50 min before, 20 min inside */
    up(&bench, 0, 3, 20);
    up(&bench, 1, 0, 590); /* open at the horizon */
    measure_close(bench.measure);
    says(&bench, "availability_quorum", 1 - 30.0 / 1200);
    says(&bench, "longest_outage_min", 20);
    says(&bench, "outages", 2);
    says(&bench, "outages_censored", 1);
    says(&bench, "time_to_recover_p50_min", NAN); /* one began outside, one never recovered */
    assert_int_equal(bench.record->outages_listed, 2);
    const struct sim_outage *row = bench.record->outages->rows;
    assert_true(row[0].start_s == 0 && row[0].end_s == 1200 && !row[0].censored);
    assert_true(row[1].start_s == 35400 && row[1].end_s == 36000 && row[1].censored);
    assert_string_equal(row[1].subject, "web/1");
    assert_string_equal(row[1].cause, "a/z1/r01/n01");
    close_bench(&bench);
}

static void the_warm_up_is_not_measured(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    settled(&bench);
    measure_nodes_up(bench.measure, 0, at(-80));
    up(&bench, 0, 0, -80);
    up(&bench, 0, 3, -10);
    measure_nodes_up(bench.measure, 10, at(-10));
    measure_pay(bench.measure, 0, (money){1000000}, at(-1));
    measure_lease_granted(bench.measure, at(-30), at(5));
    measure_billed(bench.measure, 0, 3, at(-100), at(0));
    measure_close(bench.measure);
    assert_true(metric(&bench, "availability_quorum") == 1 && metric(&bench, "availability_node") == 1);
    says(&bench, "outages", 0);
    says(&bench, "cost_usd", 0);
    says(&bench, "time_to_lease_p50_s", NAN);
    says(&bench, "lease_success_rate", NAN);
    says(&bench, "paid_hours_per_useful_hour", 0);
    close_bench(&bench);
}

static void wanted_time_runs_from_request_to_withdrawal_placed_or_not(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 3, 0, 0);
    begin(&bench);
    measure_request(bench.measure, 0, at(100)); /* placed after 10 min, withdrawn at 300 */
    up(&bench, 0, 1, 105);
    up(&bench, 0, 3, 110);
    measure_withdraw(bench.measure, 0, at(300));
    up(&bench, 0, 0, 300);                      /* what its units do then concerns nobody */
    measure_request(bench.measure, 1, at(400)); /* never placed, withdrawn */
    measure_withdraw(bench.measure, 1, at(500));
    measure_withdraw(bench.measure, 1, at(510)); /* twice is once */
    measure_close(bench.measure);               /* 2 is never requested */
    says(&bench, "services", 2);
    says(&bench, "availability_quorum", 190.0 / 300);
    says(&bench, "availability_service", (3 * 190 + 5) / 900.0);
    says(&bench, "longest_outage_min", 100);
    says(&bench, "outages", 0); /* no quorum was lost */
    says(&bench, "time_to_recover_p50_min", NAN);
    assert_int_equal(bench.record->outages_listed, 2);
    assert_string_equal(bench.record->outages->rows[0].cause, "not placed yet");
    close_bench(&bench);
}

static void withdrawal_ends_an_outage_without_a_recovery(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    settled(&bench);
    up(&bench, 0, 0, 100);
    measure_withdraw(bench.measure, 0, at(150));
    measure_close(bench.measure);
    says(&bench, "outages", 1);
    says(&bench, "outages_censored", 0);
    says(&bench, "time_to_recover_p50_min", NAN);
    says(&bench, "availability_quorum", 100.0 / 150);
    assert_int_equal(measure_none_up(bench.measure, 0, at(600)).us, 50 * US_PER_MINUTE);
    close_bench(&bench);
}

static void a_fall_at_the_horizon_itself_is_outside(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    settled(&bench);
    up(&bench, 0, 0, 600);
    measure_close(bench.measure);
    says(&bench, "outages", 0);
    says(&bench, "outages_censored", 0);
    assert_true(metric(&bench, "availability_quorum") == 1);
    says(&bench, "blast_radius_max", 0);
    assert_int_equal(bench.record->outages_listed, 0);
    close_bench(&bench);
}

static void blast_radius_is_the_largest_share_down_at_once(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 10, 0, 0);
    begin(&bench);
    settled(&bench);
    for (uint32_t w = 0; w < 8; w++) /* before the window: 8 of 10 */
        up(&bench, w, 0, -20);
    for (uint32_t w = 0; w < 8; w++)
        up(&bench, w, 3, -10);
    up(&bench, 0, 0, 100);
    up(&bench, 1, 0, 110); /* two overlap */
    up(&bench, 0, 3, 120);
    up(&bench, 1, 3, 130);
    up(&bench, 2, 0, 130); /* a state that lasts no time is none: */
    up(&bench, 3, 0, 130);
    up(&bench, 4, 0, 130);
    up(&bench, 3, 3, 130);
    up(&bench, 4, 3, 130);
    up(&bench, 2, 3, 131);
    measure_close(bench.measure);
    says(&bench, "blast_radius_max", 0.2);
    close_bench(&bench);
}

static void the_99th_percentile_is_over_services(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 101, 0, 0);
    begin(&bench);
    settled(&bench);
    for (uint32_t w = 0; w < 101; w++) /* service w is down for w minutes, the higher numbers for 10 of them later */
        up(&bench, w, 0, 100);
    for (uint32_t minute = 0; minute <= 100; minute++)
        for (uint32_t w = 0; w < 101; w++)
            if (minute == (w > 50 ? w - 10 : w))
                up(&bench, w, 3, 100 + minute);
    for (uint32_t w = 51; w < 101; w++)
        up(&bench, w, 1, 300);
    for (uint32_t w = 51; w < 101; w++)
        up(&bench, w, 3, 310);
    measure_close(bench.measure);
    says(&bench, "downtime_p99_min", 99);
    says(&bench, "longest_outage_min", 90);
    close_bench(&bench);
}

static void the_series_is_exact_at_the_boundaries_of_its_steps(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    bench.task.horizon = at(570); /* the last step is half a step */
    begin(&bench);
    settled(&bench);
    up(&bench, 0, 0, 45); /* 15 of step 0, all of step 1, 30 of step 2 */
    measure_nodes_up(bench.measure, 4, at(60));
    measure_nodes_up(bench.measure, 10, at(120)); /* exactly step 1 */
    up(&bench, 0, 3, 150);
    up(&bench, 0, 1, 555); /* half of what is left */
    measure_close(bench.measure);
    static const double wanted[10] = {0.75, 0, 0.5, 1, 1, 1, 1, 1, 1, 0.5};
    assert_int_equal(bench.record->steps, 10);
    for (uint32_t s = 0; s < 10; s++) {
        assert_near(series(&bench, 1, s), wanted[s], 1e-15);
        assert_near(series(&bench, 0, s), s < 9 ? wanted[s] : 0.5 + 0.5 / 3, 1e-15);
        assert_near(series(&bench, 2, s), s == 1 ? 0.4 : 1, 1e-15);
    }
    close_bench(&bench);
}

static void a_step_in_which_nothing_is_wanted_is_undefined(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    measure_request(bench.measure, 0, at(90));
    up(&bench, 0, 3, 90);
    measure_close(bench.measure);
    assert_true(isnan(series(&bench, 0, 0)) && isnan(series(&bench, 1, 0)));
    assert_true(series(&bench, 1, 1) == 1); /* over the half in which it was wanted */
    close_bench(&bench);
}

static void without_services_jobs_or_leases_metrics_are_undefined(void **state)
{
    (void)state;
    static const char *const undefined[] = {
        "availability_service", "availability_quorum", "availability_control_plane", "downtime_p99_min", "longest_outage_min",
        "blast_radius_max", "ettr", "lease_success_rate", "time_to_lease_p50_s", "time_to_recover_p50_min",
        "cost_usd_per_useful_gpu_hour", "cost_usd_per_useful_vcpu_hour", "paid_hours_per_useful_hour", "provider_hhi",
        "touched_share", "availability_touched_one_site", "availability_touched_many_sites", "credit_share_touched_one_site",
        "restored_first_min", "restored_99_min"};
    struct bench bench;
    open_bench(&bench, 0, 0, 0);
    begin(&bench);
    measure_close(bench.measure);
    for (size_t i = 0; i < sizeof undefined / sizeof undefined[0]; i++)
        says(&bench, undefined[i], NAN);
    says(&bench, "cost_usd", 0);
    says(&bench, "availability_node", 1);
    for (uint32_t i = 0; i < bench.record->metric_count; i++)
        assert_true(bench.record->metric_reported[i]);
    close_bench(&bench);
}

static void leases_are_judged_by_one_deadline(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    measure_lease_granted(bench.measure, at(10), at(11));   /* 1 min */
    measure_lease_granted(bench.measure, at(20), at(35));   /* 15 min: just in time */
    measure_lease_granted(bench.measure, at(40), at(56));   /* 16 min: too late, but a time to lease */
    measure_lease_failed(bench.measure, at(100), at(115));  /* not granted by its deadline */
    measure_lease_failed(bench.measure, at(200), at(205));  /* given up early: neither */
    measure_lease_granted(bench.measure, at(590), at(591)); /* its deadline lies beyond the horizon: only the quick are known */
    measure_lease_failed(bench.measure, at(590), at(600));
    measure_lease_failed(bench.measure, at(585), at(600));  /* its deadline is the horizon */
    measure_close(bench.measure);
    says(&bench, "lease_success_rate", 2.0 / 5);
    says(&bench, "time_to_lease_p50_s", (60 + 900) / 2.0);
    close_bench(&bench);
}

static void probes_are_a_share(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 0, 0, 0);
    begin(&bench);
    for (int i = 0; i < 8; i++)
        measure_probe(bench.measure, i % 4 != 0);
    measure_close(bench.measure);
    says(&bench, "availability_control_plane", 0.75);
    close_bench(&bench);
}

static void money_is_what_left_inside_the_window(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 1);
    begin(&bench);
    settled(&bench);
    measure_pay(bench.measure, 0, (money){30000000}, at(0));
    measure_pay(bench.measure, 0, (money){-4000000}, at(300)); /* a refund */
    measure_pay(bench.measure, 0, (money){9000000}, at(601));  /* after the horizon */
    measure_pay(bench.measure, 1, (money){100000000}, at(600));
    measure_credit(bench.measure, 0, (money){6000000}, at(500));
    assert_int_equal(measure_paid(bench.measure, 0).micro, 26000000);
    measure_stranded(bench.measure, (money){2500000});
    measure_billed(bench.measure, 0, 3, at(-60), at(300)); /* 15 unit-hours inside */
    measure_billed(bench.measure, 1, 2, at(500), at(660)); /* 200 unit-minutes inside */
    measure_job(bench.measure, 1, (duration){2 * US_PER_HOUR}, (duration){US_PER_HOUR / 2}, (duration){4 * US_PER_HOUR}, true);
    measure_provider(bench.measure, 3);
    measure_provider(bench.measure, 1);
    measure_totals(bench.measure, 12, 7);
    measure_close(bench.measure);
    says(&bench, "cost_usd", 26 - 6 + 100);
    says(&bench, "sla_credit_usd", 6);
    says(&bench, "stranded_usd", 2.5);
    says(&bench, "goodput_gpu_hours", 2 * 2 * 4);
    says(&bench, "work_lost_gpu_hours", 0.5 * 2 * 4);
    says(&bench, "cost_usd_per_useful_gpu_hour", 100.0 / 16);
    says(&bench, "cost_usd_per_useful_vcpu_hour", 20 / (3 * 10 * 4.0));
    says(&bench, "paid_hours_per_useful_hour", (15 + 200 / 60.0) / (30 + 4));
    says(&bench, "ettr", 0.5);
    says(&bench, "jobs_completed", 1);
    says(&bench, "provider_hhi", 10.0 / 16);
    says(&bench, "component_faults", 12);
    says(&bench, "refusals", 7);
    close_bench(&bench);
}

static void touched_services_are_those_an_incident_took_a_replica_of(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 4, 2, 0);
    begin(&bench);
    settled(&bench);
    /* web/0 loses one replica for 60 min and keeps its quorum; web/1 loses two for 120; wide/0 (workload 4) one, keeps its quorum. */
    measure_touched(bench.measure, 0, 0, at(310));
    up(&bench, 0, 2, 310);
    measure_touched(bench.measure, 1, 0, at(310));
    measure_touched(bench.measure, 1, 0, at(310));
    up(&bench, 1, 1, 310);
    measure_touched(bench.measure, 4, 0, at(310));
    up(&bench, 4, 1, 310);
    up(&bench, 0, 3, 370);
    up(&bench, 1, 3, 430);
    measure_pay(bench.measure, 0, (money){100}, at(1));
    measure_pay(bench.measure, 1, (money){100}, at(1));
    measure_pay(bench.measure, 2, (money){100}, at(1));
    measure_credit(bench.measure, 1, (money){25}, at(599));
    measure_credit(bench.measure, 2, (money){100}, at(599)); /* not touched */
    up(&bench, 2, 0, 500);                                    /* down by something else */
    measure_close(bench.measure);
    says(&bench, "touched_share", 3.0 / 6);
    says(&bench, "availability_touched_one_site", 1 - (60 + 2 * 120) / 3600.0);
    says(&bench, "availability_touched_many_sites", 1);
    says(&bench, "credit_share_touched_one_site", 0.125);
    close_bench(&bench);
}

static void restored_counts_all_that_fell_not_all_that_came_back(void **state)
{
    (void)state;
    /* falls, returns (the n-th comes n minutes after the start), when 1 % and 99 % were back */
    static const struct { uint32_t falls, backs; double first, most; } wanted[] = {
        {100, 100, 1, 99}, {100, 99, 1, 99}, {100, 98, 1, NAN}, {200, 198, 2, 198}, {50, 50, 1, 50},
        {50, 49, 1, NAN}, /* 98 % */
        {1, 0, NAN, NAN}, {1, 1, 1, 1}, {1000, 20, 10, NAN}, {1000, 9, NAN, NAN}, {0, 0, NAN, NAN}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct bench bench;
        open_bench(&bench, 1, 0, 0);
        begin(&bench);
        settled(&bench);
        for (uint32_t n = 0; n < wanted[i].falls; n++)
            measure_touched(bench.measure, 0, 0, at(300));
        measure_touched(bench.measure, 0, 1, at(301)); /* another incident's */
        measure_back(bench.measure, 1, at(302));
        for (uint32_t n = wanted[i].backs; n > 0; n--)
            measure_back(bench.measure, 0, at(300 + n));
        measure_close(bench.measure);
        says(&bench, "restored_first_min", wanted[i].first);
        says(&bench, "restored_99_min", wanted[i].most);
        close_bench(&bench);
    }
}

/* A service on consumer machines goes down hundreds of times; a cut list would report the median of the first ones only. */
static void no_recovery_and_no_lease_is_left_out_however_many(void **state)
{
    (void)state;
    enum { SHORT = 20000, LONG = 30000 };
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    bench.task.horizon = at(4 * (SHORT + LONG));
    begin(&bench);
    settled(&bench);
    for (int i = 0; i < SHORT + LONG; i++) { /* first many short ones, then more long ones */
        up(&bench, 0, 0, 4 * i + 1);
        up(&bench, 0, 3, 4 * i + (i < SHORT ? 2 : 4));
        measure_lease_granted(bench.measure, at(4 * i), at(4 * i + (i < SHORT ? 1 : 2)));
    }
    measure_close(bench.measure);
    says(&bench, "time_to_recover_p50_min", 3);
    says(&bench, "time_to_lease_p50_s", 120);
    says(&bench, "outages", SHORT + LONG);
    close_bench(&bench);
}

/* 100 services x 3 replicas, and a grid of 100 years in one step: 64 bits of unit-microseconds are not enough for nodes. */
static void a_century_in_one_step_does_not_overflow(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    bench.task.horizon = (instant){36525 * US_PER_DAY};
    bench.task.grid = (duration){36525 * US_PER_DAY};
    bench.record = record_open(&bench.arena, &bench.model, &bench.task);
    struct measure_options options = {.demand = &bench.demand, .task = &bench.task, .record = bench.record, .nodes = 4000000};
    bench.measure = measure_open(&bench.arena, &options);
    measure_nodes_up(bench.measure, 4000000, at(-100));
    measure_nodes_up(bench.measure, 1000000, (instant){bench.task.horizon.us / 2});
    measure_close(bench.measure);
    says(&bench, "availability_node", 0.625);
    assert_near(series(&bench, 2, 0), 0.625, 1e-15);
    close_bench(&bench);
}

/* Advancing in small or in large steps must not matter: not even in the last bit. */
static void how_often_time_is_advanced_changes_no_bit(void **state)
{
    (void)state;
    double service[2], node[2];
    for (int often = 0; often < 2; often++) {
        struct bench bench;
        open_bench(&bench, 3, 0, 0);
        begin(&bench);
        settled(&bench);
        for (int i = 0; i < 600; i++) {
            if (i % 7 == 3)
                up(&bench, (uint32_t)i % 3, (uint32_t)i % 4, i + 0.123);
            measure_nodes_up(bench.measure, (uint32_t)(i / 50 % 11), at(i + 0.5));
            if (often)
                for (int k = 1; k < 10; k++)
                    measure_nodes_up(bench.measure, (uint32_t)(i / 50 % 11), at(i + 0.5 + k / 100.0));
        }
        measure_close(bench.measure);
        service[often] = metric(&bench, "availability_service");
        node[often] = metric(&bench, "availability_node");
        close_bench(&bench);
    }
    assert_true(service[0] == service[1] && node[0] == node[1]);
    assert_true(service[0] > 0 && service[0] < 1);
}

/* An SLA counts the time in which a service that had been up had no unit up; not the wait before, not a lost quorum. */
static void sla_downtime_is_no_unit_up_after_having_been_up(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    measure_request(bench.measure, 0, at(0));
    assert_int_equal(measure_none_up(bench.measure, 0, at(50)).us, 0);
    up(&bench, 0, 3, 50);
    up(&bench, 0, 1, 100);
    assert_int_equal(measure_none_up(bench.measure, 0, at(150)).us, 0);
    up(&bench, 0, 0, 200);
    assert_int_equal(measure_none_up(bench.measure, 0, at(230)).us, 30 * US_PER_MINUTE); /* open */
    up(&bench, 0, 1, 240);
    assert_int_equal(measure_none_up(bench.measure, 0, at(500)).us, 40 * US_PER_MINUTE);
    up(&bench, 0, 0, 590);
    assert_int_equal(measure_none_up(bench.measure, 0, at(600)).us, 50 * US_PER_MINUTE);
    measure_close(bench.measure);
    close_bench(&bench);
}

static void quantiles_are_type_7_and_undefined_when_empty(void **state)
{
    (void)state;
    static const double sorted[] = {1, 2, 4, 8};
    assert_true(isnan(samples_quantile(NULL, 0, 0.5)));
    assert_near(samples_quantile(sorted, 1, 0.99), 1, 0);
    assert_near(samples_quantile(sorted, 4, 0.5), 3, 1e-15);
    assert_near(samples_quantile(sorted, 4, 0), 1, 0);
    assert_near(samples_quantile(sorted, 4, 1), 8, 0);
    assert_near(samples_quantile(sorted, 3, 0.99), 2 + 0.98 * 2, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_down_is_exactly_one),
        cmocka_unit_test(a_lost_replica_counts_for_service_but_not_for_quorum),
        cmocka_unit_test(what_lies_outside_the_window_is_cut_off),
        cmocka_unit_test(the_warm_up_is_not_measured),
        cmocka_unit_test(wanted_time_runs_from_request_to_withdrawal_placed_or_not),
        cmocka_unit_test(withdrawal_ends_an_outage_without_a_recovery),
        cmocka_unit_test(a_fall_at_the_horizon_itself_is_outside),
        cmocka_unit_test(blast_radius_is_the_largest_share_down_at_once),
        cmocka_unit_test(the_99th_percentile_is_over_services),
        cmocka_unit_test(the_series_is_exact_at_the_boundaries_of_its_steps),
        cmocka_unit_test(a_step_in_which_nothing_is_wanted_is_undefined),
        cmocka_unit_test(without_services_jobs_or_leases_metrics_are_undefined),
        cmocka_unit_test(leases_are_judged_by_one_deadline),
        cmocka_unit_test(probes_are_a_share),
        cmocka_unit_test(money_is_what_left_inside_the_window),
        cmocka_unit_test(touched_services_are_those_an_incident_took_a_replica_of),
        cmocka_unit_test(restored_counts_all_that_fell_not_all_that_came_back),
        cmocka_unit_test(no_recovery_and_no_lease_is_left_out_however_many),
        cmocka_unit_test(a_century_in_one_step_does_not_overflow),
        cmocka_unit_test(how_often_time_is_advanced_changes_no_bit),
        cmocka_unit_test(sla_downtime_is_no_unit_up_after_having_been_up),
        cmocka_unit_test(quantiles_are_type_7_and_undefined_when_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
