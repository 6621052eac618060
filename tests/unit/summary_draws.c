/* What a verdict needs: outer draws, smallest differences, Holm's correction, bootstrap and control on demand; against the functions
 * of sim/statistics over the same numbers. */
#include "sim/results/summary.h"

#include "sim/statistics/bootstrap.h"
#include "sim/statistics/control.h"
#include "sim/statistics/multiple.h"
#include "sim/statistics/parameter.h"
#include "tests/unit/toy.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { REPS = 10, DRAWS = 6, CLOUDS = 3 };

/* Cost of a replication: cloud 1 is dearer by 5 at the nominal inputs, and under draws by anything from -10 to 20; cloud 2 by 0.3. Luck is
 * common. */
static double cost(uint32_t cloud, uint32_t draw, uint32_t rep)
{
    double extra = cloud == 1 ? (draw == 0 ? 5 : 6.0 * draw - 16) : cloud == 2 ? 0.3 : 0;
    return 100 + 10 * toy_luck(0, rep, 0, 1) + extra + 0.5 * toy_luck(0, rep, cloud, 2 + draw);
}

struct wish {
    uint32_t draws, reps; /* reps 0: REPS */
    const char *interval, *control;
    double smallest; /* of cost_usd; NaN: the default */
    bool clean;      /* one cloud never fails */
};

struct made {
    char path[40];
    struct store *store;
};

static void make(struct made *made, const struct wish *wish)
{
    struct store_run run = toy_run();
    struct sim_task task = toy_task(SIM_LOG_NONE);
    struct store_analysis analysis = {.interval = wish->interval, .control = wish->control, .expected = 0.995};
    struct arena arena;
    strcpy(made->path, "/tmp/nines-draws-XXXXXX");
    int file = mkstemp(made->path);
    assert_true(file >= 0);
    close(file);
    arena_open(&arena, 0);
    assert_true(store_create(&made->store, made->path, true, &run));
    for (int c = 0; c < CLOUDS; c++)
        assert_true(store_add_cloud(made->store, &toy_arms[c]));
    assert_true(store_add_point(made->store, "only", "{}"));
    if (wish->interval != NULL)
        assert_true(store_add_analysis(made->store, &analysis));
    if (!isnan(wish->smallest))
        assert_true(store_add_smallest(made->store, "cost_usd", wish->smallest));
    for (uint32_t draw = 0; draw <= wish->draws; draw++)
        for (uint32_t rep = 0; rep < (wish->reps > 0 ? wish->reps : REPS); rep++)
            for (uint32_t cloud = 0; cloud < CLOUDS; cloud++) {
                struct sim_record *record = record_open(&arena, &toy_model, &task);
                record_metric(record, TOY_COST, cost(cloud, draw, rep));
                for (uint32_t t = 0; t < TOY_STEPS; t++)
                    record_series(record, 0, t, (t < 10 && cloud != 2 ? 10.0 - t : 0) + draw + toy_luck(t, rep, cloud, 8));
                if (cloud == 0)
                    record_series(record, 1, 3, 1);
                record_metric(record, TOY_NODE, 0.99 + 0.01 * toy_luck(0, rep, 0, 1));
                record_metric(record, TOY_SERVICE, cloud == 0 && wish->clean ? 1 : 1 - 0.01 * (cloud + toy_luck(0, rep, cloud, 9)));
                record_metric(record, TOY_HOUR, cost(cloud, draw, rep) / 50);
                record_done(record, 0, 0);
                struct store_replication which = {.cloud = cloud, .outer_draw = draw, .rep = rep};
                assert_true(store_write_replication(made->store, which, record));
            }
    assert_true(store_finish(made->store, STORE_COMPLETE, 0, -1));
    arena_close(&arena);
}

static void destroy(struct made *made)
{
    store_close(made->store);
    assert_int_equal(unlink(made->path), 0);
}

static double query(const struct made *made, const char *sql)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store_database(made->store), sql, -1, &row, NULL) != SQLITE_OK || sqlite3_step(row) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(store_database(made->store)));
    double value = sqlite3_column_type(row, 0) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    return value;
}

/* One column of the difference a - b of a metric. */
static double difference(const struct made *made, const char *column, int a, int b, const char *metric)
{
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT d.%s FROM difference d JOIN cloud a ON a.id = cloud_a JOIN cloud b ON b.id = cloud_b"
             " WHERE metric = '%s' AND a.position = %d AND b.position = %d", column, metric, a, b);
    return query(made, sql);
}

static void expect_verdict(const struct made *made, int a, int b, const char *verdict, const char *decided_by)
{
    char sql[320];
    snprintf(sql, sizeof sql, "SELECT verdict = '%s' AND decided_by = '%s' FROM difference d JOIN cloud a ON a.id = cloud_a"
             " JOIN cloud b ON b.id = cloud_b WHERE metric = 'cost_usd' AND a.position = %d AND b.position = %d",
             verdict, decided_by, a, b);
    if (query(made, sql) != 1)
        fail_msg("%d against %d is not '%s' by %s", a, b, verdict, decided_by);
}

static void near(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", actual, expected, tolerance);
}

static void draws_make_the_parameter_interval_and_leave_the_sampling_alone(void **state)
{
    (void)state;
    struct made plain, drawn;
    double table[DRAWS][REPS], column[REPS];
    make(&plain, &(struct wish){.smallest = NAN});
    make(&drawn, &(struct wish){.draws = DRAWS, .smallest = NAN});
    near(difference(&drawn, "ci_low", 0, 1, "cost_usd"), difference(&plain, "ci_low", 0, 1, "cost_usd"), 0);
    near(query(&drawn, "SELECT sum(n) FROM summary"), query(&plain, "SELECT sum(n) FROM summary"), 0);
    for (uint32_t d = 0; d < DRAWS; d++)
        for (uint32_t r = 0; r < REPS; r++)
            table[d][r] = cost(0, d + 1, r) - cost(1, d + 1, r);
    struct statistics_options options = {.level = 0.95};
    struct parameter_interval p = parameter_of(table[0], DRAWS, REPS, &options, column);
    near(difference(&drawn, "param_low", 0, 1, "cost_usd"), p.low, 1e-9);
    near(difference(&drawn, "param_high", 0, 1, "cost_usd"), p.high, 1e-9);
    near(difference(&drawn, "draws", 0, 1, "cost_usd"), DRAWS, 0);
    for (uint32_t d = 0; d < DRAWS; d++)
        for (uint32_t r = 0; r < REPS; r++)
            table[d][r] = cost(1, d + 1, r);
    p = parameter_of(table[0], DRAWS, REPS, &options, column);
    near(query(&drawn, "SELECT param_high FROM summary s JOIN cloud c ON c.id = cloud_id WHERE metric = 'cost_usd' AND position = 1"),
         p.high, 1e-9);
    assert_true(isnan(difference(&plain, "param_low", 0, 1, "cost_usd")));
    destroy(&plain);
    destroy(&drawn);
}

static void a_verdict_needs_the_parameter_interval_where_there_are_draws(void **state)
{
    (void)state;
    struct made made;
    make(&made, &(struct wish){.smallest = NAN});
    expect_verdict(&made, 0, 1, "ahead", "sampling"); /* 5 dearer of 105: more than 1 % */
    expect_verdict(&made, 0, 2, "not decided", "sampling"); /* 0.3 of 105 is real, and less than 1 % */
    assert_true(difference(&made, "ci_high", 0, 2, "cost_usd") < 0);
    destroy(&made);
    make(&made, &(struct wish){.draws = DRAWS, .smallest = NAN});
    expect_verdict(&made, 0, 1, "not decided", "parameter");
    destroy(&made);
}

static void the_smallest_difference_is_the_scenarios(void **state)
{
    (void)state;
    struct made made;
    make(&made, &(struct wish){.smallest = 0.01});
    expect_verdict(&made, 0, 2, "ahead", "sampling");
    near(difference(&made, "smallest", 0, 2, "cost_usd"), 0.01, 0);
    near(difference(&made, "smallest", 0, 2, "availability_service"), 1e-4, 0);
    destroy(&made);
    make(&made, &(struct wish){.smallest = 20});
    expect_verdict(&made, 0, 1, "not decided", "sampling");
    near(difference(&made, "p", 0, 1, "cost_usd"), 1, 0);
    destroy(&made);
}

static void p_values_of_a_family_are_adjusted_together(void **state)
{
    (void)state;
    struct made made;
    double p[3], adjusted[3];
    size_t order[3];
    make(&made, &(struct wish){.smallest = 0.2});
    for (int i = 0; i < 3; i++)
        p[i] = difference(&made, "p", i == 2, i == 0 ? 1 : 2, "cost_usd");
    assert_int_equal(multiple_holm(p, adjusted, 3, order), 3);
    for (int i = 0; i < 3; i++)
        near(difference(&made, "p_adjusted", i == 2, i == 0 ? 1 : 2, "cost_usd"), adjusted[i], 0);
    near(difference(&made, "family", 0, 1, "cost_usd"), 3, 0);
    near(query(&made, "SELECT count(*) FROM difference WHERE verdict <> 'not decided' AND NOT p_adjusted < 1 - level"), 0, 0);
    near(query(&made, "SELECT max(family) FROM difference WHERE metric = 'never_reported'"), 0, 0);
    destroy(&made);
}

static void pairing_that_cancels_luck_is_reported(void **state)
{
    (void)state;
    struct made made;
    make(&made, &(struct wish){.smallest = NAN});
    double a[REPS], b[REPS], d[REPS], scratch[REPS];
    struct statistics_options options = {.level = 0.95};
    for (uint32_t r = 0; r < REPS; r++) {
        a[r] = cost(0, 0, r);
        b[r] = cost(1, 0, r);
        d[r] = a[r] - b[r];
    }
    double of_a = statistics_of(a, REPS, &options, scratch).sd, of_b = statistics_of(b, REPS, &options, scratch).sd;
    double of_d = statistics_of(d, REPS, &options, scratch).sd, ratio = difference(&made, "variance_ratio", 0, 1, "cost_usd");
    near(ratio, (of_a * of_a + of_b * of_b) / (of_d * of_d), 1e-6 * ratio);
    assert_true(ratio > 50);
    destroy(&made);
}

static void the_best_has_a_probability_unless_one_never_failed(void **state)
{
    (void)state;
    struct made made;
    make(&made, &(struct wish){.smallest = NAN});
    near(query(&made, "SELECT sum(probability_best) FROM summary WHERE metric = 'cost_usd'"), 1, 1e-9);
    assert_true(query(&made, "SELECT probability_best FROM summary s JOIN cloud c ON c.id = cloud_id WHERE metric = 'cost_usd'"
                             " AND position = 0") > 0.9);
    near(query(&made, "SELECT probability_good FROM summary s JOIN cloud c ON c.id = cloud_id WHERE metric = 'cost_usd'"
                      " AND position = 2"), 1, 0); /* 0.3 dearer does not matter */
    assert_true(query(&made, "SELECT probability_best FROM summary WHERE metric = 'availability_service'") >= 0);
    destroy(&made);
    make(&made, &(struct wish){.smallest = NAN, .clean = true});
    near(query(&made, "SELECT count(probability_best) FROM summary WHERE metric = 'availability_service'"), 0, 0);
    destroy(&made);
    make(&made, &(struct wish){.draws = DRAWS, .smallest = NAN}); /* dearer under four draws, cheaper under two */
    near(query(&made, "SELECT probability_best FROM summary s JOIN cloud c ON c.id = cloud_id WHERE metric = 'cost_usd'"
                      " AND position = 1"), 2.0 / DRAWS, 0.05);
    destroy(&made);
}

/* Cloud 1 is dearer in each of them, but so it might be by chance. */
static void few_replications_or_draws_say_nothing_of_the_best(void **state)
{
    (void)state;
    struct made made;
    make(&made, &(struct wish){.reps = 9, .smallest = NAN});
    near(query(&made, "SELECT count(mean) FROM summary WHERE metric = 'cost_usd'"), CLOUDS, 0);
    near(query(&made, "SELECT count(probability_best) FROM summary"), 0, 0);
    destroy(&made);
    make(&made, &(struct wish){.draws = 4, .smallest = NAN});
    near(query(&made, "SELECT count(probability_best) FROM summary"), 0, 0);
    destroy(&made);
}

static void bootstrap_and_control_are_made_on_demand(void **state)
{
    (void)state;
    struct made made;
    double values[REPS], controls[REPS], scratch[2 * REPS], means[BOOTSTRAP_RESAMPLES];
    for (uint32_t r = 0; r < REPS; r++) {
        values[r] = cost(0, 0, r);
        controls[r] = 0.99 + 0.01 * toy_luck(0, r, 0, 1);
    }
    struct statistics_options options = {.level = 0.95, .resamples = means};
    make(&made, &(struct wish){.interval = "bca", .smallest = NAN});
    static const char *const row = "FROM summary s JOIN cloud c ON c.id = cloud_id WHERE metric = 'cost_usd' AND position = 0";
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT ci_low + (method <> 'bca') %s", row);
    near(query(&made, sql), statistics_of(values, REPS, &options, scratch).ci_low, 1e-9);
    near(query(&made, "SELECT count(*) FROM difference WHERE method = 'student t'"), 0, 0);
    destroy(&made);
    options.resamples = NULL;
    make(&made, &(struct wish){.interval = "student t", .control = "availability_node", .smallest = NAN});
    snprintf(sql, sizeof sql, "SELECT mean + (method <> 'control variate') %s", row);
    near(query(&made, sql), control_of(values, controls, REPS, 0.995, &options, scratch).mean, 1e-9);
    snprintf(sql, sizeof sql, "SELECT variance_ratio %s", row);
    assert_true(query(&made, sql) > 10); /* the node's luck is the cost's */
    near(query(&made, "SELECT count(*) FROM summary WHERE metric = 'availability_node' AND method = 'control variate'"), 0, 0);
    destroy(&made);
}

static void medians_have_intervals_and_tails_are_open(void **state)
{
    (void)state;
    struct made made;
    make(&made, &(struct wish){.smallest = NAN});
    near(query(&made, "SELECT count(*) FROM summary WHERE metric = 'cost_usd' AND p50_low <= p50 AND p50 <= p50_high AND p50_low >"
                      " p05"), 3, 0);
    near(query(&made, "SELECT count(p95_high) + count(p05_low) FROM summary"), 0, 0); /* ten values do not know */
    destroy(&made);
}

static void courses_read_again_are_those_of_the_nominal_setting(void **state)
{
    (void)state;
    struct made made;
    make(&made, &(struct wish){.draws = 2, .smallest = NAN});
    struct sqlite3 *database = store_database(made.store);
    assert_int_equal(sqlite3_exec(database, "CREATE TEMP TABLE written AS SELECT * FROM series_summary", NULL, NULL, NULL), SQLITE_OK);
    assert_true(summary_write(database, 0.95, true));
    near(query(&made, "SELECT count(*) FROM (SELECT * FROM written EXCEPT SELECT * FROM series_summary)"), 0, 0);
    near(query(&made, "SELECT max(n) FROM series_summary"), REPS, 0);
    destroy(&made);
}

/* Courses of two clouds start high and fall for ten steps of an hour, which leaves too little for batches; the third is steady from the
 * beginning, around 1/2. */
static void a_course_is_steady_after_its_beginning(void **state)
{
    (void)state;
    struct made made;
    make(&made, &(struct wish){.smallest = NAN});
    near(query(&made, "SELECT count(*) FROM steady"), CLOUDS, 0); /* the other series has steps without a value */
    near(query(&made, "SELECT sum(settled) FROM steady"), CLOUDS, 0);
    near(query(&made, "SELECT count(*) FROM steady WHERE left_out_s BETWEEN 36000 AND 86000"), 2, 0);
    near(query(&made, "SELECT max(abs(mean - 0.5)) FROM steady WHERE method = 'batch means'"), 0, 0.1);
    near(query(&made, "SELECT min(n) FROM steady s JOIN cloud c ON c.id = cloud_id WHERE position = 2"), 20, 0);
    destroy(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_make_the_parameter_interval_and_leave_the_sampling_alone),
        cmocka_unit_test(a_verdict_needs_the_parameter_interval_where_there_are_draws),
        cmocka_unit_test(the_smallest_difference_is_the_scenarios),
        cmocka_unit_test(p_values_of_a_family_are_adjusted_together),
        cmocka_unit_test(pairing_that_cancels_luck_is_reported),
        cmocka_unit_test(the_best_has_a_probability_unless_one_never_failed),
        cmocka_unit_test(few_replications_or_draws_say_nothing_of_the_best),
        cmocka_unit_test(bootstrap_and_control_are_made_on_demand),
        cmocka_unit_test(medians_have_intervals_and_tails_are_open),
        cmocka_unit_test(courses_read_again_are_those_of_the_nominal_setting),
        cmocka_unit_test(a_course_is_steady_after_its_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
