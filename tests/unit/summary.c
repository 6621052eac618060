/* From replications to statements: against sums done by hand over the same toy numbers. */
#include "sim/results/summary.h"

#include "sim/statistics/fieller.h"
#include "sim/results/summary_internal.h"
#include "tests/unit/toy.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { REPS = 12 };

struct fixture {
    char path[64];
    struct store *store;
};

static int make_run(void **state)
{
    static struct fixture fixture = {.path = "/tmp/nines-summary-XXXXXX"};
    int file = mkstemp(fixture.path);
    struct store_run run = toy_run();
    if (file < 0)
        return -1;
    close(file);
    static const struct store_target targets[] = {
        {.name = "held", .point = 1, .cloud = 0, .metric = "availability_service", .unit = "1", .role = "predicted",
         .published = 0.98, .low = 0.97, .high = 0.99, .expect = "held", .reason = "", .source = "a test", .evidence = "R"},
        {.name = "missed", .point = 1, .cloud = 0, .metric = "availability_service", .role = "predicted", .published = 0.9995,
         .low = 0.999, .high = 1},
        {.name = "wide", .point = 1, .cloud = 0, .metric = "availability_service", .role = "predicted", .published = 0.98,
         .low = 0.98, .high = 0.9801},
        {.name = "bound", .point = 0, .cloud = 0, .metric = "availability_service", .role = "predicted", .published = 1,
         .low = 0.5, .high = 1},
        {.name = "undefined", .point = 0, .cloud = 0, .metric = "never_reported", .role = "predicted", .published = 1,
         .low = 0, .high = 1},
    };
    bool done = store_create(&fixture.store, fixture.path, true, &run) && toy_describe(fixture.store);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        done = done && store_add_target(fixture.store, &targets[i]);
    done = done && store_add_target(fixture.store, &targets[0]); /* word for word again: one target */
    done = done && toy_write(fixture.store, SIM_LOG_NONE, REPS) && store_finish(fixture.store, STORE_COMPLETE, 1, -1);
    if (!done)
        fprintf(stderr, "%s\n", store_message(fixture.store));
    *state = &fixture;
    return done ? 0 : -1;
}

static int remove_run(void **state)
{
    struct fixture *fixture = *state;
    store_close(fixture->store);
    return unlink(fixture->path);
}

/* The only row of a query; the caller finalizes. */
static sqlite3_stmt *row_of(void **state, const char *sql)
{
    struct fixture *fixture = *state;
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store_database(fixture->store), sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(store_database(fixture->store)));
    if (sqlite3_step(row) != SQLITE_ROW)
        fail_msg("no row: %s", sql);
    return row;
}

static double query(void **state, const char *sql)
{
    sqlite3_stmt *row = row_of(state, sql);
    double value = sqlite3_column_type(row, 0) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    return value;
}

static void toy_values(uint32_t point, uint32_t cloud, uint32_t metric, double *values)
{
    for (uint32_t rep = 0; rep < REPS; rep++) {
        struct arena arena;
        arena_open(&arena, 0);
        values[rep] = toy_record(&arena, SIM_LOG_NONE, point, rep, cloud)->metric_values[metric];
        arena_close(&arena);
    }
}

static void a_summary_is_the_statistics_of_its_replications(void **state)
{
    for (uint32_t metric = 0; metric < TOY_METRICS; metric++) {
        double values[REPS], scratch[REPS];
        struct statistics_options options = {.level = 0.95, .is_availability = toy_metrics[metric].is_availability};
        char sql[256];
        toy_values(1, 1, metric, values);
        struct statistics s = statistics_of(values, REPS, &options, scratch);
        snprintf(sql, sizeof sql, "SELECT n, n_undefined, mean, ci_low, ci_high, method, p95 FROM summary_named"
                                  " WHERE point = 'azure' AND cloud = 'akash' AND metric = '%s'", toy_metrics[metric].name);
        sqlite3_stmt *row = row_of(state, sql);
        assert_int_equal(sqlite3_column_int(row, 0), s.n);
        assert_int_equal(sqlite3_column_int(row, 1), s.n_undefined);
        assert_string_equal((const char *)sqlite3_column_text(row, 5), statistics_method_name(s.method));
        if (s.n > 0)
            assert_true(sqlite3_column_double(row, 2) == s.mean && sqlite3_column_double(row, 3) == s.ci_low &&
                        sqlite3_column_double(row, 4) == s.ci_high && sqlite3_column_double(row, 6) == s.p95);
        else
            assert_int_equal(sqlite3_column_type(row, 2), SQLITE_NULL);
        sqlite3_finalize(row);
    }
}

static void a_difference_pairs_equal_replications(void **state)
{
    double a[REPS], b[REPS], scratch[REPS];
    struct statistics_options options = {.level = 0.95};
    toy_values(1, 0, TOY_COST, a);
    toy_values(1, 2, TOY_COST, b);
    struct statistics s = statistics_of_difference(a, b, REPS, &options, scratch);
    sqlite3_stmt *row = row_of(state, "SELECT mean, ci_low, n, verdict FROM difference_named WHERE point_a = 'azure' AND"
                                      " point_b = 'azure' AND cloud_a = 'azure-like' AND cloud_b = 'io.net' AND"
                                      " metric = 'cost_usd'");
    assert_true(sqlite3_column_double(row, 0) == s.mean && sqlite3_column_double(row, 1) == s.ci_low);
    assert_int_equal(sqlite3_column_int(row, 2), REPS);
    assert_string_equal((const char *)sqlite3_column_text(row, 3), "behind"); /* dearer is worse */
    sqlite3_finalize(row);
}

static void points_are_compared_within_a_cloud(void **state)
{
    assert_true(query(state, "SELECT mean FROM difference_named WHERE point_a = 'neither' AND point_b = 'azure' AND"
                                " cloud_a = 'azure-like' AND metric = 'availability_service' AND verdict = 'ahead'") > 0.01);
    assert_true(query(state, "SELECT count(*) FROM difference_named WHERE point_a <> point_b AND cloud_a <> cloud_b") == 0);
    /* per pair of clouds one row more, for the price ratio */
    assert_true(query(state, "SELECT count(*) FROM difference") == 2 * 3 * (TOY_METRICS + 1) + 1 * 3 * TOY_METRICS);
}

static void common_hardware_differs_by_exactly_nought(void **state)
{
    sqlite3_stmt *row = row_of(state, "SELECT min(mean), max(mean), max(ci_high), max(verdict), min(verdict) FROM"
                                      " difference_named WHERE metric = 'availability_node'");
    assert_true(sqlite3_column_double(row, 0) == 0 && sqlite3_column_double(row, 1) == 0 &&
                sqlite3_column_double(row, 2) == 0);
    assert_string_equal((const char *)sqlite3_column_text(row, 3), "not decided");
    assert_string_equal((const char *)sqlite3_column_text(row, 4), "not decided");
    sqlite3_finalize(row);
}

static void perfection_is_a_bound_and_undefined_is_null(void **state)
{
    assert_true(query(state, "SELECT is_bound FROM summary_named WHERE point = 'neither' AND cloud = 'io.net' AND"
                                " metric = 'availability_service' AND method = 'rule of three' AND mean = 1") == 1);
    assert_true(isnan(query(state, "SELECT max(mean) FROM summary_named WHERE metric = 'never_reported'")));
    assert_true(query(state, "SELECT n_undefined FROM summary_named WHERE point = 'azure' AND cloud = 'akash' AND"
                                " metric = 'time_to_recover_p50_min'") == REPS / 3);
}

static void the_price_ratio_makes_both_cost_the_same(void **state)
{
    double ratio = query(state, "SELECT mean FROM difference_named WHERE metric = 'break_even_price_ratio' AND"
                                   " point_a = 'azure' AND cloud_a = 'akash' AND cloud_b = 'io.net'");
    double a = query(state, "SELECT mean FROM summary_named WHERE metric = 'cost_usd_per_useful_gpu_hour' AND"
                               " point = 'azure' AND cloud = 'akash'");
    double b = query(state, "SELECT mean FROM summary_named WHERE metric = 'cost_usd_per_useful_gpu_hour' AND"
                               " point = 'azure' AND cloud = 'io.net'");
    assert_true(fabs(ratio * b - a) < 1e-12);
    assert_true(query(state, "SELECT count(*) FROM difference_named WHERE metric = 'break_even_price_ratio' AND"
                                " cloud_a = 'akash' AND verdict = 'ahead'") == 2);
}

/* Of 12 replications four had no failure, four one and four two: 12,000 h over 12. No rack ever failed. */
static void a_breakdown_is_a_ratio_over_all_replications(void **state)
{
    static const char where[] = "FROM breakdown_summary b JOIN point p ON p.id = b.point_id JOIN cloud c ON c.id = b.cloud_a"
                                " WHERE p.label = 'azure' AND c.name = 'akash' AND b.name = 'mtbf_h'";
    char sql[512];
    snprintf(sql, sizeof sql, "SELECT value, numerator, denominator, n, ci_low, ci_high, method %s AND cloud_b IS NULL AND slice = 'node'", where);
    sqlite3_stmt *row = row_of(state, sql);
    assert_true(sqlite3_column_double(row, 0) == 1000 && sqlite3_column_double(row, 1) == 12000);
    assert_true(sqlite3_column_double(row, 2) == 12 && sqlite3_column_int(row, 3) == 12);
    double error = sqrt(8 * 1e6 / 11 / 12); /* influences are 1000 (1 - failures) */
    assert_true(fabs(sqlite3_column_double(row, 5) - 1000 - 2.200985160 * error) < 1e-4);
    assert_true(fabs(sqlite3_column_double(row, 4) - 1000 + 2.200985160 * error) < 1e-4);
    assert_string_equal((const char *)sqlite3_column_text(row, 6), "linearised");
    sqlite3_finalize(row);
    snprintf(sql, sizeof sql, "SELECT count(*) %s AND cloud_b IS NULL AND slice = 'rack' AND value IS NULL AND method = 'none' AND"
                              " numerator = 6000", where);
    assert_true(query(state, sql) == 1);
    snprintf(sql, sizeof sql, "SELECT count(*) %s AND cloud_b IS NOT NULL AND slice = 'node' AND value = 0 AND method = 'constant'", where);
    assert_true(query(state, sql) == 1); /* the same for all clouds */
}

/* Of 12 x 100 tenants 120 lose (cloud + 1) x (rep + 1) each: of the worst 60 ten each in replications 7 to 12. */
static void a_sample_has_a_tail(void **state)
{
    static const char where[] = "FROM risk r JOIN point p ON p.id = r.point_id JOIN cloud c ON c.id = r.cloud_a"
                                " WHERE p.label = 'azure' AND r.name = 'loss_usd' AND cloud_b IS NULL AND c.name = ";
    char sql[512];
    static const char *const names[3] = {"azure-like", "akash", "io.net"};
    for (int c = 0; c < 3; c++) {
        snprintf(sql, sizeof sql, "SELECT value %s'%s' AND measure = 'mean' AND share IS NULL AND members = 1200 AND n = 12", where, names[c]);
        assert_true(fabs(query(state, sql) - (c + 1) * 10 * 78 / 1200.0) < 1e-12);
        snprintf(sql, sizeof sql, "SELECT value %s'%s' AND measure = 'value at risk' AND share = 0.95", where, names[c]);
        assert_true(query(state, sql) == (c + 1) * 6);
        snprintf(sql, sizeof sql, "SELECT value %s'%s' AND measure = 'expected shortfall' AND share = 0.95", where, names[c]);
        assert_true(fabs(query(state, sql) - (c + 1) * (7 + 8 + 9 + 10 + 11 + 12) / 6.0) < 1e-12);
        snprintf(sql, sizeof sql, "SELECT count(*) %s'%s' AND measure = 'expected shortfall' AND share = 0.99 AND method = 'none'", where,
                 names[c]);
        assert_true(query(state, sql) == 1); /* two replications are no tail */
    }
    static const char between[] = "FROM risk r JOIN point p ON p.id = r.point_id JOIN cloud a ON a.id = r.cloud_a JOIN cloud b ON"
                                  " b.id = r.cloud_b WHERE p.label = 'azure' AND a.name = 'azure-like' AND b.name = 'akash'";
    snprintf(sql, sizeof sql, "SELECT value %s AND share = 0.95 AND measure = 'expected shortfall'", between);
    assert_true(fabs(query(state, sql) + 57 / 6.0) < 1e-12);
    snprintf(sql, sizeof sql, "SELECT value %s AND share = 0.95 AND measure = 'value at risk' AND method = 'linearised'", between);
    assert_true(query(state, sql) == 6 - 12);
    snprintf(sql, sizeof sql, "SELECT count(*) %s AND share = 0.99 AND measure = 'value at risk' AND method = 'none' AND ci_low IS NULL", between);
    assert_true(query(state, sql) == 1);
}

/* Of an availability the ratio of the time down; of anything else that of the values. */
static void ratios_are_of_means_of_pairs(void **state)
{
    static const char *const metrics[] = {"availability_service", "no_such_metric", "cost_usd_per_useful_gpu_hour"};
    struct fixture *fixture = *state;
    struct summary_ratio *rows = NULL;
    struct arena arena;
    size_t count = 0;
    double a[REPS], b[REPS];
    arena_open(&arena, 0);
    assert_true(summary_ratios(store_database(fixture->store), &arena, 0.95, metrics, 3, &rows, &count));
    assert_int_equal(count, 2 * 2 * 3); /* metrics, points, pairs of three clouds */
    int64_t azure = store_point_id("azure"), first = store_cloud_id("azure-like"), second = store_cloud_id("akash");
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].point != azure || rows[i].cloud_a != first || rows[i].cloud_b != second)
            continue;
        bool down = rows[i].metric == metrics[0];
        toy_values(1, 0, down ? TOY_SERVICE : TOY_HOUR, a);
        toy_values(1, 1, down ? TOY_SERVICE : TOY_HOUR, b);
        for (int r = 0; r < REPS && down; r++) {
            a[r] = 1 - a[r];
            b[r] = 1 - b[r];
        }
        struct statistics s = fieller_of(a, b, REPS, 0.95);
        assert_true(rows[i].values.mean == s.mean || (isnan(s.mean) && isnan(rows[i].values.mean)));
        assert_true(rows[i].values.ci_low == s.ci_low && rows[i].values.ci_high == s.ci_high);
        assert_true(s.n == REPS && rows[i].values.n == REPS);
        seen++;
    }
    assert_int_equal(seen, 2);
    /* What was never down has a ratio of 0 and no interval: azure-like at the first point. */
    assert_true(rows[0].point == store_point_id("neither") && rows[0].metric == metrics[0]);
    assert_true(rows[0].values.mean == 0 && isnan(rows[0].values.ci_low) && rows[0].values.method == STATISTICS_NONE);
    arena_close(&arena);
}

static void ratios_in_several_passes_come_in_the_same_order(void **state)
{
    static const char *const metrics[] = {"cost_usd_per_useful_gpu_hour", "no_such_metric", "availability_service"};
    struct fixture *fixture = *state;
    struct summary_ratio *one = NULL, *many = NULL;
    struct arena arena;
    size_t count = 0, again = 0;
    arena_open(&arena, 0);
    assert_true(summary_ratios(store_database(fixture->store), &arena, 0.95, metrics, 3, &one, &count));
    assert_true(summary_ratios_within(store_database(fixture->store), &arena, 0.95, metrics, 3, 1, &many, &again));
    assert_int_equal(count, 2 * 2 * 3);
    assert_int_equal(again, count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(one[i].metric, metrics[i < count / 2 ? 0 : 2]);
        assert_ptr_equal(many[i].metric, one[i].metric);
        assert_true(many[i].point == one[i].point && many[i].cloud_a == one[i].cloud_a && many[i].cloud_b == one[i].cloud_b);
        assert_memory_equal(&many[i].values.mean, &one[i].values.mean, sizeof(double));
        assert_memory_equal(&many[i].values.ci_low, &one[i].values.ci_low, sizeof(double));
    }
    arena_close(&arena);
}

/* No damage, no failover: as with down time, what was never seen is not known to be 0. */
static void a_ratio_of_what_never_happened_has_no_interval(void **state)
{
    static const char *const metrics[] = {"cost_usd_per_useful_gpu_hour"};
    struct fixture *fixture = *state;
    struct sqlite3 *database = store_database(fixture->store);
    struct summary_ratio *rows = NULL;
    struct arena arena;
    size_t count = 0, seen = 0;
    int64_t first = store_cloud_id("azure-like");
    arena_open(&arena, 0);
    assert_int_equal(sqlite3_exec(database, "SAVEPOINT before; UPDATE metric_value SET value = 0 WHERE metric_id = (SELECT id FROM metric_help"
                                            " WHERE name = 'cost_usd_per_useful_gpu_hour') AND replication_id IN (SELECT r.id FROM replication r"
                                            " JOIN cloud c ON c.id = r.cloud_id WHERE c.name = 'azure-like')", NULL, NULL, NULL), SQLITE_OK);
    assert_true(summary_ratios(database, &arena, 0.95, metrics, 1, &rows, &count));
    for (size_t i = 0; i < count; i++)
        if (rows[i].cloud_a == first) {
            assert_true(rows[i].values.mean == 0 && isnan(rows[i].values.ci_low) && rows[i].values.method == STATISTICS_NONE);
            seen++;
        }
    assert_true(seen > 0);
    assert_int_equal(sqlite3_exec(database, "ROLLBACK TO before; RELEASE before", NULL, NULL, NULL), SQLITE_OK);
    arena_close(&arena);
}

static void series_are_summarised_step_by_step(void **state)
{
    double values[REPS], scratch[REPS];
    struct statistics_options options = {.level = 0.95};
    toy_values(1, 0, TOY_SERVICE, values);
    struct statistics s = statistics_of(values, REPS, &options, scratch);
    sqlite3_stmt *row = row_of(state, "SELECT s.mean, s.ci_low, s.n FROM series_summary s JOIN point p ON p.id = s.point_id"
                                      " JOIN cloud c ON c.id = s.cloud_id WHERE p.label = 'azure' AND c.name = 'azure-like'"
                                      " AND s.name = 'availability_service' AND s.t_s = 10800");
    assert_true(fabs(sqlite3_column_double(row, 0) - s.mean) < 1e-12);
    assert_true(fabs(sqlite3_column_double(row, 1) - s.ci_low) < 1e-12);
    assert_int_equal(sqlite3_column_int(row, 2), REPS);
    sqlite3_finalize(row);
    assert_true(query(state, "SELECT count(*) FROM series_summary") == 6 * (TOY_STEPS + TOY_STEPS / 2));
}

static void targets_have_their_outcomes(void **state)
{
    static const char *const wanted[][2] = {{"held", "held"}, {"missed", "missed"}, {"wide", "undecided"},
                                            {"bound", "held"}, {"undefined", "undecided"}};
    assert_true(query(state, "SELECT count(*) FROM target") == 5);
    for (size_t i = 0; i < 5; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT outcome FROM target WHERE name = '%s'", wanted[i][0]);
        sqlite3_stmt *row = row_of(state, sql);
        assert_string_equal((const char *)sqlite3_column_text(row, 0), wanted[i][1]);
        sqlite3_finalize(row);
    }
    assert_true(query(state, "SELECT measured FROM target WHERE name = 'held'") ==
                query(state, "SELECT mean FROM summary_named WHERE point = 'azure' AND cloud = 'azure-like' AND"
                                " metric = 'availability_service'"));
}

static void summarising_twice_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    double before = query(state, "SELECT sum(mean) FROM difference"), rows = query(state, "SELECT count(*) FROM summary");
    assert_int_equal(sqlite3_exec(store_database(fixture->store),
                                  "CREATE TEMP TABLE written AS SELECT * FROM series_summary", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(store_database(fixture->store), "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    assert_true(summary_write(store_database(fixture->store), 0.95, true));
    assert_int_equal(sqlite3_exec(store_database(fixture->store), "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_true(before == query(state, "SELECT sum(mean) FROM difference"));
    assert_true(rows == query(state, "SELECT count(*) FROM summary"));
    /* the courses, summed while writing, come out of the rows to the last bit */
    assert_true(query(state, "SELECT count(*) FROM written") == 6 * (TOY_STEPS + TOY_STEPS / 2));
    assert_true(query(state, "SELECT count(*) FROM (SELECT * FROM written EXCEPT SELECT * FROM series_summary)") == 0);
}

static void little_memory_means_more_passes_and_the_same_rows(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *database = store_database(fixture->store);
    static const char *const tables[] = {"summary", "difference", "series_summary"};
    for (size_t i = 0; i < 3; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "CREATE TEMP TABLE once_%s AS SELECT * FROM %s", tables[i], tables[i]);
        assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    }
    assert_int_equal(sqlite3_exec(database, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    assert_true(summary_write_within(database, 0.95, true, 1));
    assert_int_equal(sqlite3_exec(database, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < 3; i++) {
        char sql[256];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT * FROM once_%s EXCEPT SELECT * FROM %s)", tables[i], tables[i]);
        assert_true(query(state, sql) == 0);
        snprintf(sql, sizeof sql, "SELECT (SELECT count(*) FROM once_%s) = (SELECT count(*) FROM %s)", tables[i], tables[i]);
        assert_true(query(state, sql) == 1);
    }
}

/* A file of 34 points, two replications each and one cloud. */
static void many_points_are_held_against_the_first(void **state)
{
    (void)state;
    char path[] = "/tmp/nines-many-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    struct store *store;
    struct arena arena;
    struct store_run run = toy_run();
    struct sim_task task = toy_task(SIM_LOG_NONE);
    arena_open(&arena, 0);
    assert_true(store_create(&store, path, true, &run) && store_add_cloud(store, &toy_arms[0]));
    for (uint32_t point = 0; point < 34; point++) {
        char label[16];
        snprintf(label, sizeof label, "p%u", point);
        assert_true(store_add_point(store, label, "{}"));
    }
    for (uint32_t point = 0; point < 34; point++)
        for (uint32_t rep = 0; rep < 2; rep++) {
            struct sim_record *record = record_open(&arena, &toy_model, &task);
            record_metric(record, TOY_COST, point == 0 ? 10.0 * rep : 10.0 * rep + 5 + rep);
            record_done(record, 0, 0);
            assert_true(store_write_replication(store, (struct store_replication){.point = point, .rep = rep}, record));
        }
    assert_true(store_finish(store, STORE_COMPLETE, 0, -1));
    struct fixture many = {.store = store};
    void *fixture = &many;
    assert_true(query(&fixture, "SELECT count(*) FROM difference") == 33 * TOY_METRICS);
    assert_true(query(&fixture, "SELECT count(DISTINCT point_a) FROM difference") == 1);
    assert_true(query(&fixture, "SELECT max(abs(mean + 5.5)) + max(n <> 2) FROM difference WHERE metric = 'cost_usd'") == 0);
    store_close(store);
    arena_close(&arena);
    assert_int_equal(unlink(path), 0);
}

static void verdicts_need_the_interval_beyond_what_matters(void **state)
{
    (void)state;
    assert_string_equal(summary_verdict(0.1, 0.2, 0, true), "ahead");
    assert_string_equal(summary_verdict(0.1, 0.2, 0, false), "behind");
    assert_string_equal(summary_verdict(-0.2, -0.1, 0, true), "behind");
    assert_string_equal(summary_verdict(-0.2, -0.1, 0, false), "ahead");
    assert_string_equal(summary_verdict(0.1, 0.2, 0.1, true), "not decided");
    assert_string_equal(summary_verdict(-0.1, 0.2, 0, true), "not decided");
    assert_string_equal(summary_verdict(0, 0, 0, true), "not decided");
    assert_string_equal(summary_verdict((double)NAN, (double)NAN, 0, true), "not decided");
}

static void outcomes_follow_the_interval(void **state)
{
    (void)state;
    struct statistics s = {.mean = 5, .ci_low = 4, .ci_high = 6};
    assert_string_equal(summary_outcome(&s, 4, 6), "held");
    assert_string_equal(summary_outcome(&s, 4.5, 9), "undecided");
    assert_string_equal(summary_outcome(&s, 6.5, 9), "missed");
    assert_string_equal(summary_outcome(&s, 6, 9), "undecided"); /* they touch */
    assert_string_equal(summary_outcome(&s, (double)NAN, 9), "held");
    assert_string_equal(summary_outcome(&s, (double)NAN, (double)NAN), "undecided");
    s.ci_low = s.ci_high = (double)NAN;
    assert_string_equal(summary_outcome(&s, 0, 9), "undecided");
}

/* Means of pairs by SQL, and a last replication without its other half. */
static void antithetic_pairs_are_single_observations(void **state)
{
    (void)state;
    char path[] = "/tmp/nines-pairs-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    struct store *store;
    struct store_run run = toy_run();
    run.variance_reduction = "antithetic";
    assert_true(store_create(&store, path, true, &run) && toy_describe(store));
    assert_true(toy_write(store, SIM_LOG_NONE, REPS + 1) && store_finish(store, STORE_COMPLETE, 1, -1));
    sqlite3_stmt *row = NULL;
    const char *sql =
        "WITH pair AS (SELECT r.point_id, r.cloud_id, m.name, r.rep / 2 AS half, sum(m.value) / 2 AS mean, count(m.value) AS n"
        " FROM metric m JOIN replication r ON r.id = m.replication_id WHERE r.rep < 12 GROUP BY 1, 2, 3, 4)"
        " SELECT s.metric, s.n, s.n_undefined, s.mean, count(*), avg(p.mean) FROM summary s JOIN pair p ON"
        " p.point_id = s.point_id AND p.cloud_id = s.cloud_id AND p.name = s.metric AND p.n = 2 GROUP BY s.rowid";
    assert_int_equal(sqlite3_prepare_v2(store_database(store), sql, -1, &row, NULL), SQLITE_OK);
    int rows = 0;
    for (; sqlite3_step(row) == SQLITE_ROW; rows++) {
        assert_int_equal(sqlite3_column_int(row, 1), sqlite3_column_int(row, 4));
        assert_int_equal(sqlite3_column_int(row, 1) + sqlite3_column_int(row, 2), REPS / 2);
        double mean = sqlite3_column_double(row, 3);
        assert_true(fabs(mean - sqlite3_column_double(row, 5)) <= 1e-12 * fabs(mean));
    }
    assert_true(rows >= 4 * TOY_POINTS * TOY_CLOUDS);
    sqlite3_finalize(row);
    store_close(store);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_is_the_statistics_of_its_replications),
        cmocka_unit_test(a_difference_pairs_equal_replications),
        cmocka_unit_test(points_are_compared_within_a_cloud),
        cmocka_unit_test(common_hardware_differs_by_exactly_nought),
        cmocka_unit_test(perfection_is_a_bound_and_undefined_is_null),
        cmocka_unit_test(the_price_ratio_makes_both_cost_the_same),
        cmocka_unit_test(series_are_summarised_step_by_step),
        cmocka_unit_test(a_breakdown_is_a_ratio_over_all_replications),
        cmocka_unit_test(a_sample_has_a_tail),
        cmocka_unit_test(ratios_are_of_means_of_pairs),
        cmocka_unit_test(ratios_in_several_passes_come_in_the_same_order),
        cmocka_unit_test(a_ratio_of_what_never_happened_has_no_interval),
        cmocka_unit_test(targets_have_their_outcomes),
        cmocka_unit_test(summarising_twice_changes_nothing),
        cmocka_unit_test(little_memory_means_more_passes_and_the_same_rows),
        cmocka_unit_test(many_points_are_held_against_the_first),
        cmocka_unit_test(verdicts_need_the_interval_beyond_what_matters),
        cmocka_unit_test(outcomes_follow_the_interval),
        cmocka_unit_test(antithetic_pairs_are_single_observations),
    };
    return cmocka_run_group_tests(tests, make_run, remove_run);
}
