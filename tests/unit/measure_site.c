/* Where it happened: the courses of sites, by a time line computed by hand. */
#include "tests/unit/measure_bench.h"

#include <cmocka.h>

static const char *const names[] = {"east", "west"};

/* One service "wide": a replica at home at each of two sites, in 600 minutes of 60. */
static void begin_sites(struct bench *bench, int64_t grid_us, enum sim_log log)
{
    open_bench(bench, 0, 1, 0);
    bench->task.grid.us = grid_us;
    bench->task.log = log;
    bench->record = record_open(&bench->arena, &bench->model, &bench->task);
    struct measure_options options = {.demand = &bench->demand, .task = &bench->task, .record = bench->record, .nodes = 10,
                                      .incidents = 1, .incident_start = &bench->incident_start, .sites = 2, .site_name = names};
    bench->measure = measure_open(&bench->arena, &options);
}

/* Both halves of what the world says when a replica goes up or down. */
static void replica(struct bench *bench, uint32_t site, uint32_t all_up, int change, double minutes)
{
    up(bench, 0, all_up, minutes);
    measure_site(bench->measure, site, 0, (int64_t)change * MEASURE_REPLICA, at(minutes));
}

static void wanted(struct bench *bench, int sign, double minutes)
{
    sign > 0 ? measure_request(bench->measure, 0, at(minutes)) : measure_withdraw(bench->measure, 0, at(minutes));
    for (uint32_t site = 0; site < 2; site++)
        measure_site(bench->measure, site, sign, sign > 0 ? 0 : -MEASURE_REPLICA, at(minutes));
}

static const struct sim_part *part(const struct bench *bench, int number)
{
    const struct record_parts *p = bench->record->parts;
    for (int i = 0; i < number; i++)
        p = p->next;
    return &p->part;
}

static void a_site_has_the_share_of_its_own_replicas(void **state)
{
    (void)state;
    struct bench bench;
    begin_sites(&bench, 60 * US_PER_MINUTE, SIM_LOG_SUMMARY);
    wanted(&bench, +1, -50);
    replica(&bench, 0, 1, +1, -40);
    replica(&bench, 1, 2, +1, -30);
    replica(&bench, 0, 1, -1, 75);  /* east is down for 75..150: 45 of the second hour, 30 of the third */
    replica(&bench, 0, 2, +1, 150);
    wanted(&bench, -1, 330);        /* nothing is wanted from the middle of the sixth hour on */
    measure_close(bench.measure);
    const struct sim_part *east = part(&bench, 0), *west = part(&bench, 1);
    assert_string_equal(east->kind, "site");
    assert_string_equal(east->name, "east");
    assert_string_equal(west->name, "west");
    assert_int_equal(east->count, 10);
    assert_int_equal(east->span.us, 60 * US_PER_MINUTE);
    static const double hours[] = {1, 0.25, 0.5, 1, 1, 1};
    for (int h = 0; h < 6; h++) {
        assert_true(east->values[h] == hours[h]);
        assert_true(west->values[h] == 1);
    }
    for (int h = 6; h < 10; h++)
        assert_true(isnan(east->values[h]) && isnan(west->values[h]));
    assert_null(bench.record->parts->next->next);
    close_bench(&bench);
}

static void many_steps_share_a_cell(void **state)
{
    (void)state;
    struct bench bench;
    begin_sites(&bench, 600 * US_PER_MINUTE / 20000, SIM_LOG_SUMMARY); /* 20,000 steps, at most 8,192 cells a site */
    wanted(&bench, +1, -50);
    replica(&bench, 1, 1, +1, -30);
    replica(&bench, 0, 2, +1, 0.045); /* half of the first cell of 5.4 s */
    measure_close(bench.measure);
    const struct sim_part *east = part(&bench, 0);
    assert_int_equal(east->count, 6667);
    assert_int_equal(east->span.us, 5400000);
    assert_true(east->values[0] == 0.5 && east->values[1] == 1 && east->values[6666] == 1);
    close_bench(&bench);
}

static void nobody_follows_sites_without_a_log(void **state)
{
    (void)state;
    struct bench bench;
    begin_sites(&bench, 60 * US_PER_MINUTE, SIM_LOG_NONE);
    wanted(&bench, +1, -50);
    measure_close(bench.measure);
    assert_null(bench.record->parts);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_has_the_share_of_its_own_replicas),
        cmocka_unit_test(many_steps_share_a_cell),
        cmocka_unit_test(nobody_follows_sites_without_a_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
