/* Leases, money, work and incidents by hand, by the definitions of the design. */
#include "models/measure/samples.h"
#include "tests/unit/measure_bench.h"

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
    measure_lease_granted(bench.measure, 0, at(10), at(11));   /* 1 min */
    measure_lease_granted(bench.measure, 0, at(20), at(35));   /* 15 min: just in time */
    measure_lease_granted(bench.measure, 0, at(40), at(56));   /* 16 min: too late, but a time to lease */
    measure_lease_failed(bench.measure, 0, at(100), at(115));  /* not granted by its deadline */
    measure_lease_failed(bench.measure, 0, at(200), at(205));  /* given up early: neither */
    measure_lease_granted(bench.measure, 0, at(590), at(591)); /* its deadline lies beyond the horizon: only the quick are known */
    measure_lease_failed(bench.measure, 0, at(590), at(600));
    measure_lease_failed(bench.measure, 0, at(585), at(600));  /* its deadline is the horizon */
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
    struct job_account inside = {.productive = {2 * US_PER_HOUR},
                                 .checkpoint = {US_PER_HOUR / 4},
                                 .rework = {US_PER_HOUR / 2},
                                 .restart = {US_PER_HOUR / 2},
                                 .detection = {US_PER_HOUR / 4},
                                 .queue = {US_PER_HOUR / 2}};
    measure_job(bench.measure, 1, &inside, true);
    measure_job_begun(bench.measure, at(10), at(12));
    measure_job_begun(bench.measure, at(-10), at(12)); /* asked for before the window */
    measure_count(bench.measure, MEASURE_JOB_FAILED, at(3));
    measure_count(bench.measure, MEASURE_EVICTION, at(4));
    measure_count(bench.measure, MEASURE_EVICTION, at(-1));
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
    says(&bench, "job_checkpoint_share", 0.0625);
    says(&bench, "job_rework_share", 0.125);
    says(&bench, "job_restart_share", 0.125);
    says(&bench, "job_detection_share", 0.0625);
    says(&bench, "job_queue_share", 0.125);
    says(&bench, "jobs_completed", 1);
    says(&bench, "jobs_failed", 1);
    says(&bench, "evictions", 1);
    says(&bench, "preemptions", 0);
    says(&bench, "job_wait_p50_min", 2);
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

/* Ten fall; of five that return after 1 to 5 min one more is withdrawn after each; the product limit by hand: 9/10, x 7/8, x 5/6, x 3/4,
 * x 1/2 are left. 0.656 after the third and 0.492 after the fourth, which is the first below a half; 0.246 at the end, so never 97 %. */
static void what_is_withdrawn_meanwhile_leaves_the_rest_as_they_are(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    settled(&bench);
    for (int n = 0; n < 10; n++)
        measure_touched(bench.measure, 0, 0, at(300));
    for (int n = 1; n <= 5; n++) {
        measure_back(bench.measure, 0, at(300 + n));
        measure_gone(bench.measure, 0, at(300.5 + n));
        measure_gone(bench.measure, 1, at(300.5 + n)); /* another incident's */
    }
    measure_close(bench.measure);
    says(&bench, "restored_first_min", 1);
    says(&bench, "restored_50_min", 4);
    says(&bench, "restored_97_min", NAN);
    close_bench(&bench);
    /* Two of a hundred withdrawn while they are down do not hide that all others have returned. */
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    settled(&bench);
    for (int n = 0; n < 100; n++)
        measure_touched(bench.measure, 0, 0, at(300));
    measure_gone(bench.measure, 0, at(300));
    measure_gone(bench.measure, 0, at(300));
    for (int n = 1; n <= 98; n++)
        measure_back(bench.measure, 0, at(300 + n));
    measure_close(bench.measure);
    says(&bench, "restored_50_min", 49);
    says(&bench, "restored_99_min", 98); /* 97.02 of 98 */
    close_bench(&bench);
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
        measure_lease_granted(bench.measure, 0, at(4 * i), at(4 * i + (i < SHORT ? 1 : 2)));
    }
    measure_close(bench.measure);
    says(&bench, "time_to_recover_p50_min", 3);
    says(&bench, "time_to_lease_p50_s", 120);
    says(&bench, "outages", SHORT + LONG);
    close_bench(&bench);
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
        cmocka_unit_test(without_services_jobs_or_leases_metrics_are_undefined),
        cmocka_unit_test(leases_are_judged_by_one_deadline),
        cmocka_unit_test(probes_are_a_share),
        cmocka_unit_test(money_is_what_left_inside_the_window),
        cmocka_unit_test(touched_services_are_those_an_incident_took_a_replica_of),
        cmocka_unit_test(restored_counts_all_that_fell_not_all_that_came_back),
        cmocka_unit_test(what_is_withdrawn_meanwhile_leaves_the_rest_as_they_are),
        cmocka_unit_test(no_recovery_and_no_lease_is_left_out_however_many),
        cmocka_unit_test(sla_downtime_is_no_unit_up_after_having_been_up),
        cmocka_unit_test(quantiles_are_type_7_and_undefined_when_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
