/* What is reported slice by slice, on timelines by hand: kinds of component, down time, blast radius, classes of demand. */
#include "tests/unit/measure_bench.h"

/* The slice of a breakdown with this name, or else this threshold; fails when there is none. */
static const struct sim_slice *slice(const struct bench *bench, const char *breakdown, const char *name, double at)
{
    for (const struct record_slices *c = bench->record->slices; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++) {
            const struct sim_slice *s = &c->rows[i];
            bool found = name != NULL ? strcmp(s->slice, name) == 0 : s->slice[0] == '\0' && s->at == at;
            if (found && strcmp(measure_breakdowns[s->breakdown].name, breakdown) == 0)
                return s;
        }
    fail_msg("no slice %s %g of %s", name, at, breakdown);
    return NULL;
}

static void ratio(const struct bench *bench, const char *breakdown, const char *name, double at, double numerator, double denominator)
{
    const struct sim_slice *s = slice(bench, breakdown, name, at);
    if (fabs(s->numerator - numerator) > 1e-9 * (1 + numerator) || fabs(s->denominator - denominator) > 1e-9 * (1 + denominator))
        fail_msg("%s of %s %g is %.12g / %.12g, not %.12g / %.12g", breakdown, name, at, s->numerator, s->denominator, numerator,
                 denominator);
}

/* Ten nodes in 600 min. One fails at -50 and is mended at 60: 60 min down, a repair and no failure. One is down from 100 to 130. One
 * fails at 570 and stays down: 30 min, a failure and no repair. Up 10 x 600 - 120 min over 2 failures; down 120 min over 2 repairs. */
static void spells_that_the_window_cuts_off_count_with_their_time(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    settled(&bench);
    measure_component(bench.measure, COMPONENT_NODE, false, at(-50));
    measure_component(bench.measure, COMPONENT_NODE, true, at(60));
    measure_component(bench.measure, COMPONENT_NODE, false, at(100));
    measure_component(bench.measure, COMPONENT_NODE, true, at(130));
    measure_component(bench.measure, COMPONENT_NODE, false, at(570));
    measure_close(bench.measure);
    ratio(&bench, "mtbf_h", "node", 0, 5880 / 60.0, 2);
    ratio(&bench, "mttr_h", "node", 0, 2, 2);
    ratio(&bench, "mtbf_h", "control", 0, 10, 0); /* never seen to fail */
    ratio(&bench, "mttr_h", "control", 0, 0, 0);
    for (const struct record_slices *c = bench.record->slices; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++)
            assert_true(strcmp(c->rows[i].slice, "rack") != 0); /* there is none */
    close_bench(&bench);
}

/* Of five services one is down for 30 min in all, one for 20, one for 0.5. */
static void down_time_is_counted_above_each_threshold(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 5, 0, 0);
    begin(&bench);
    settled(&bench);
    up(&bench, 0, 1, 100);
    up(&bench, 0, 3, 110);
    up(&bench, 1, 0, 120);
    up(&bench, 1, 3, 140);
    up(&bench, 2, 0, 150);
    up(&bench, 2, 3, 150.5);
    up(&bench, 0, 1, 580);
    measure_close(bench.measure);
    static const struct { double above, services; } wanted[] = {{0, 3}, {1, 2}, {2, 2}, {5, 2}, {10, 2}, {20, 1}, {50, 0}, {100, 0}, {200, 0}, {500, 0}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        ratio(&bench, "downtime_ccdf", NULL, wanted[i].above, wanted[i].services, 5);
    size_t rows = 0;
    for (const struct record_slices *c = bench.record->slices; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++)
            rows += strcmp(measure_breakdowns[c->rows[i].breakdown].name, "downtime_ccdf") == 0;
    assert_int_equal(rows, sizeof wanted / sizeof wanted[0]); /* none beyond the horizon */
    close_bench(&bench);
}

/* Ten services. Three are down from 100; at 110 one is back and at 120 gone again; all back at 130: one event of 0.2 and of 0.3, because
 * two of ten are not below half of either. Two are down from 200 to 210: another event of 0.2. One is down before 0 and until 5: it began
 * outside, but its time counts. */
static void a_blast_ends_below_half_of_its_level(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 10, 0, 0);
    begin(&bench);
    settled(&bench);
    up(&bench, 9, 0, -10);
    up(&bench, 9, 3, 5);
    for (uint32_t w = 0; w < 3; w++)
        up(&bench, w, 0, 100);
    up(&bench, 0, 3, 110);
    up(&bench, 0, 0, 120);
    for (uint32_t w = 0; w < 3; w++)
        up(&bench, w, 3, 130);
    up(&bench, 4, 0, 200);
    up(&bench, 5, 0, 200);
    up(&bench, 4, 3, 210);
    up(&bench, 5, 3, 210);
    measure_close(bench.measure);
    double years = 600.0 / 1440 / 365;
    ratio(&bench, "blast_frequency", NULL, 0.1, 2, years);
    ratio(&bench, "blast_frequency", NULL, 0.2, 2, years);
    ratio(&bench, "blast_frequency", NULL, 0.3, 1, years);
    ratio(&bench, "blast_frequency", NULL, 0.5, 0, years);
    ratio(&bench, "blast_time_share", NULL, 0.001, 45 * 6e7, 600 * 6e7);
    ratio(&bench, "blast_time_share", NULL, 0.2, 40 * 6e7, 600 * 6e7);
    ratio(&bench, "blast_time_share", NULL, 0.3, 20 * 6e7, 600 * 6e7);
    ratio(&bench, "blast_time_share", NULL, 0.5, 0, 600 * 6e7);
    says(&bench, "blast_radius_max", 0.3);
    close_bench(&bench);
}

/* 0.3 goes to 0.1 and back: half of 0.3 was crossed, so it is two events of 0.3, and one of 0.1. */
static void a_blast_that_all_but_ends_begins_again(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 10, 0, 0);
    begin(&bench);
    settled(&bench);
    for (uint32_t w = 0; w < 3; w++)
        up(&bench, w, 0, 100);
    up(&bench, 0, 3, 110);
    up(&bench, 1, 3, 110);
    up(&bench, 0, 0, 120);
    up(&bench, 1, 0, 120);
    measure_close(bench.measure);
    assert_true(slice(&bench, "blast_frequency", NULL, 0.3)->numerator == 2);
    assert_true(slice(&bench, "blast_frequency", NULL, 0.1)->numerator == 1);
    close_bench(&bench);
}

/* Of three requests of a web service two are in time; the only one of a job is not. One job worked for 100 of 160 min, another for 20 of 40.
 * Two inventories tell of the GPUs that were left: 3 and 5 GPU-hours, of which 1 and 2 were useless. Services have no wall time, and what wants
 * no GPUs is told of none. */
static void classes_of_demand_are_told_apart(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 1, 2);
    begin(&bench);
    measure_lease_granted(bench.measure, 0, at(10), at(11));
    measure_lease_granted(bench.measure, 0, at(20), at(30));
    measure_lease_failed(bench.measure, 0, at(100), at(200));
    measure_lease_granted(bench.measure, 2, at(10), at(40));
    struct job_account first = {.productive = {100 * US_PER_MINUTE}, .checkpoint = {10 * US_PER_MINUTE}, .rework = {20 * US_PER_MINUTE},
                                .queue = {30 * US_PER_MINUTE}};
    struct job_account second = {.productive = {20 * US_PER_MINUTE}, .restart = {5 * US_PER_MINUTE}, .detection = {8 * US_PER_MINUTE},
                                 .slow = {7 * US_PER_MINUTE}};
    measure_job(bench.measure, 2, &first, true);
    measure_job(bench.measure, 3, &second, false);
    measure_gpus_left(bench.measure, TRAIN, 3 * (timeweighted_area)US_PER_HOUR, US_PER_HOUR);
    measure_gpus_left(bench.measure, TRAIN, 5 * (timeweighted_area)US_PER_HOUR, 2 * (timeweighted_area)US_PER_HOUR);
    measure_close(bench.measure);
    ratio(&bench, "lease_success_by_class", "web", 0, 2, 3);
    ratio(&bench, "lease_success_by_class", "wide", 0, 0, 0);
    ratio(&bench, "lease_success_by_class", "train", 0, 0, 1);
    ratio(&bench, "ettr_by_class", "train", 0, 120 * 6e7, 200 * 6e7);
    ratio(&bench, "gpus_useless_share", "train", 0, 3, 8);
    size_t rows = 0;
    for (const struct record_slices *c = bench.record->slices; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++)
            rows += strcmp(measure_breakdowns[c->rows[i].breakdown].name, "ettr_by_class") == 0 ||
                    strcmp(measure_breakdowns[c->rows[i].breakdown].name, "gpus_useless_share") == 0;
    assert_int_equal(rows, 2);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spells_that_the_window_cuts_off_count_with_their_time),
        cmocka_unit_test(down_time_is_counted_above_each_threshold),
        cmocka_unit_test(a_blast_ends_below_half_of_its_level),
        cmocka_unit_test(a_blast_that_all_but_ends_begins_again),
        cmocka_unit_test(classes_of_demand_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
