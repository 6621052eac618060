/* Timelines by hand: availability and outages, by the definitions of the design. */
#include "tests/unit/measure_bench.h"

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
    measure_lease_granted(bench.measure, 0, at(-30), at(5));
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

/* What calls itself a share lies in [0, 1], and so must the intervals of its mean. */
static void every_share_is_marked_as_one(void **state)
{
    (void)state;
    size_t marked = 0;
    for (const struct sim_metric *m = measure_metrics; m->name != NULL; m++) {
        bool share = m->is_share || m->is_availability;
        if (strstr(m->help, "share of ") != NULL && !share)
            fail_msg("'%s' is a %s, and not marked as a share", m->name, m->help);
        assert_false(m->is_share && m->is_availability);
        assert_true(!share || strcmp(m->unit, "1") == 0);
        marked += m->is_share;
    }
    assert_true(marked >= 10);
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
        cmocka_unit_test(a_century_in_one_step_does_not_overflow),
        cmocka_unit_test(how_often_time_is_advanced_changes_no_bit),
        cmocka_unit_test(every_share_is_marked_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
