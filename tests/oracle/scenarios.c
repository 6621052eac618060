/* The oracle scenarios through the program: run, store, and targets whose outcome is what the file expects.
 *
 * And no result is further from its truth than chance explains. Seeds are not chosen: every scenario runs with the default one. Of some 200
 * intervals at 95 % ten are bound to miss, so what is tested is the family: Student's t of every measured mean against
 * its truth, with Holm's correction at 0.1 % over all scenarios together (Holm 1979, "A simple sequentially rejective multiple test
 * procedure"). tests/oracle/coverage.c counts how often intervals cover.
 *
 * Sanitized, each scenario runs with four replications, a tenth of the time, and its numbers are not looked at. */
#include "tests/sanitized.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <glob.h>

enum { RESULTS_MAX = 2000 };
static const double FAMILY = 0.001;

struct result {
    double p;
    char text[200];
};

static struct result results[RESULTS_MAX];
static size_t result_count;
static char folder[] = "/tmp/nines-oracle-XXXXXX";
static glob_t files;

static sqlite3_stmt *rows(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    return statement;
}

static int number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = rows(db, sql);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static void run(const char *scenario, const char *db)
{
    char command[1200];
    const char *nines = getenv("NINES");
    snprintf(command, sizeof command, "'%s' run '%s' -o '%s' %s --quiet >'%s/log' 2>&1", nines, scenario, db, SANITIZED ? "--reps 4" : "", folder);
    if (system(command) != 0) {
        snprintf(command, sizeof command, "sed 's/^/# /' '%s/log'", folder);
        if (system(command) != 0)
            fail_msg("no log");
        fail_msg("%s does not run to its end", scenario);
    }
}

/* Every target becomes a result; one without spread must be its truth. */
static void collect(sqlite3 *db, const char *scenario)
{
    sqlite3_stmt *row = rows(db, "SELECT p.label, t.metric, t.published, s.mean, s.sd, s.n, s.ci_high - s.ci_low FROM target t "
                                 "JOIN point p ON p.id = t.point_id "
                                 "JOIN summary s USING (point_id, cloud_id, metric) WHERE s.method IN ('student t', 'constant')");
    while (sqlite3_step(row) == SQLITE_ROW) {
        assert_true(result_count < RESULTS_MAX);
        struct result *result = &results[result_count++];
        double truth = sqlite3_column_double(row, 2), mean = sqlite3_column_double(row, 3), sd = sqlite3_column_double(row, 4);
        double n = sqlite3_column_double(row, 5);
        double t = sd > 0 ? fabs(mean - truth) / (sd / sqrt(n)) : mean == truth ? 0 : HUGE_VAL;
        result->p = 2 * gsl_cdf_tdist_Q(t, n - 1);
        snprintf(result->text, sizeof result->text, "%s, %s, %s: %.6g measured, %.6g true, half-width %.2g, p = %.2g", scenario,
                 (const char *)sqlite3_column_text(row, 0), (const char *)sqlite3_column_text(row, 1), mean, truth,
                 sqlite3_column_double(row, 6) / 2, result->p);
    }
    sqlite3_finalize(row);
}

static void expect_outcomes(sqlite3 *db, const char *scenario)
{
    sqlite3_stmt *row = rows(db, "SELECT metric, published, measured, outcome, expect FROM target "
                                 "WHERE outcome IS NOT expect OR measured IS NULL");
    while (sqlite3_step(row) == SQLITE_ROW)
        fail_msg("%s: %s is %s, not %s: %s published, %s measured", scenario, (const char *)sqlite3_column_text(row, 0),
                 (const char *)sqlite3_column_text(row, 3), (const char *)sqlite3_column_text(row, 4),
                 (const char *)sqlite3_column_text(row, 1), (const char *)sqlite3_column_text(row, 2));
    sqlite3_finalize(row);
}

static void every_scenario_runs_and_holds_its_targets(void **state)
{
    (void)state;
    if (getenv("NINES") == NULL)
        skip();
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *scenario = files.gl_pathv[i];
        char path[400];
        sqlite3 *db;
        snprintf(path, sizeof path, "%s/%zu", folder, i);
        run(scenario, path);
        strcat(path, "/run.db");
        assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
        assert_true(number(db, "SELECT count(*) FROM target") > 0);
        if (!SANITIZED) {
            expect_outcomes(db, scenario);
            collect(db, scenario);
        }
        sqlite3_close(db);
    }
}

static int by_p(const void *a, const void *b)
{
    double x = ((const struct result *)a)->p, y = ((const struct result *)b)->p;
    return (x > y) - (x < y);
}

/* Holm: the k-th smallest of m is rejected at FAMILY / (m - k). */
static size_t rejected(struct result *all, size_t count)
{
    size_t k = 0;
    qsort(all, count, sizeof *all, by_p);
    while (k < count && all[k].p < FAMILY / (double)(count - k))
        k++;
    return k;
}

static void no_result_is_further_from_its_truth_than_chance_explains(void **state)
{
    (void)state;
    if (getenv("NINES") == NULL || SANITIZED)
        skip();
    size_t wrong = rejected(results, result_count);
    assert_true(result_count >= 100);
    for (size_t i = 0; i < wrong; i++)
        print_message("# %s\n", results[i].text);
    assert_int_equal(wrong, 0);
}

/* The 36 fits of the Failure Trace Archive are a family of their own: availability and both mean times of each. */
static void the_fits_of_the_failure_trace_archive_live_as_their_closed_forms_say(void **state)
{
    static struct result fits[RESULTS_MAX];
    static const char name[] = "scenarios/oracle/fta.cfg,";
    (void)state;
    if (getenv("NINES") == NULL || SANITIZED)
        skip();
    size_t count = 0;
    for (size_t i = 0; i < result_count; i++)
        if (strncmp(results[i].text, name, strlen(name)) == 0)
            fits[count++] = results[i];
    assert_int_equal(count, 3 * 36);
    size_t wrong = rejected(fits, count);
    for (size_t i = 0; i < wrong; i++)
        print_message("# %s\n", fits[i].text);
    assert_int_equal(wrong, 0);
}

/* The test must be able to fail: one truth off by six standard errors among as many results as there are is found. */
static void holm_finds_one_wrong_result_in_two_hundred(void **state)
{
    static struct result made[200];
    (void)state;
    for (size_t i = 0; i < 200; i++)
        made[i].p = ((double)i + 0.5) / 200;
    assert_int_equal(rejected(made, 200), 0);
    made[77].p = 2 * gsl_cdf_tdist_Q(6, 59);
    assert_int_equal(rejected(made, 200), 1);
}

static int open_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || glob("scenarios/oracle/*.cfg", 0, NULL, &files) != 0;
}

static int remove_folder(void **state)
{
    char command[100];
    (void)state;
    globfree(&files);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_runs_and_holds_its_targets),
        cmocka_unit_test(no_result_is_further_from_its_truth_than_chance_explains),
        cmocka_unit_test(the_fits_of_the_failure_trace_archive_live_as_their_closed_forms_say),
        cmocka_unit_test(holm_finds_one_wrong_result_in_two_hundred),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
