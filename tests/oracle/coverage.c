/* Does a 95 % interval contain the truth 95 % of the time? Many small studies of each oracle, each with its own seed, and the
 * bench's own intervals. This vouches for the independence of replications and seeds, and for the start in equilibrium: a bias
 * far smaller than one study's interval would still show.
 *
 * Where the values are skewed, Student's interval covers less than it says with 30 replications: a queue at load 0.6 over
 * half a day of some 400 customers stays within 2 %. So the bounds below are 95 % less 2 %, and plus or minus 3.3 standard errors of
 * the number of studies. */
#include "models/oracle/oracle.h"
#include "sim/statistics/statistics.h"
#include "sim/study/study.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { STUDIES = 400, REPLICATIONS = 30, METRICS_MAX = 8 };

static const struct sim_model *const models[] = {&oracle_mm1, &oracle_machine_repair, &oracle_renewal, NULL};
static const struct sim_registry registry = {.models = models};

struct question {
    const char *text; /* scenario */
    struct { const char *metric; double truth; } answer[METRICS_MAX];
};

/* One study of `seed`; adds to hits[i] when the interval of answer i contains the truth. */
static void ask(const struct study *study, const struct question *question, uint64_t seed, int hits[METRICS_MAX])
{
    double value[METRICS_MAX][REPLICATIONS], scratch[REPLICATIONS];
    struct sim_task task = study->points[0].task;
    struct arena arena;
    arena_open(&arena, 0);
    task.seed = seed;
    task.arena = &arena;
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        struct arena_mark mark = arena_mark(&arena);
        task.replication = r;
        struct sim_record *record = record_open(&arena, study->model, &task);
        study->model->replicate(study->points[0].plan, &task, record);
        for (uint32_t m = 0; m < record->metric_count; m++)
            for (int i = 0; question->answer[i].metric != NULL; i++)
                if (strcmp(study->model->metrics[m].name, question->answer[i].metric) == 0)
                    value[i][r] = record->metric_values[m];
        arena_rewind(&arena, mark);
    }
    for (int i = 0; question->answer[i].metric != NULL; i++) {
        struct statistics_options options = {.level = 0.95};
        struct statistics s = statistics_of(value[i], REPLICATIONS, &options, scratch);
        hits[i] += s.ci_low <= question->answer[i].truth && question->answer[i].truth <= s.ci_high;
    }
    arena_close(&arena);
}

static void expect_coverage(const struct question *question)
{
    struct arena arena;
    struct study study;
    struct study_source source = {.path = "coverage.cfg", .text = question->text, .log = SIM_LOG_NONE};
    int hits[METRICS_MAX] = {0};
    arena_open(&arena, 0);
    assert_true(study_prepare(&study, &arena, &source, &registry, stderr));
    for (uint64_t seed = 0; seed < STUDIES; seed++)
        ask(&study, question, seed, hits);
    double error = 3.3 * sqrt(0.95 * 0.05 / STUDIES);
    for (int i = 0; question->answer[i].metric != NULL; i++) {
        double share = (double)hits[i] / STUDIES;
        if (share < 0.93 - error || share > 0.95 + error)
            fail_msg("%s: %.3f of the intervals contain %.6g", question->answer[i].metric, share, question->answer[i].truth);
    }
    arena_close(&arena);
}

static void intervals_of_a_queue_cover_the_truth(void **state)
{
    (void)state;
    static const struct question question = {
        "model = \"mm1\"; horizon = \"12 h\"; queue_max = 500; arrival_rate = \"36 /h\"; service = \"exponential(1 min)\";",
        {{"utilisation", 0.6}, {"mean_in_system", 1.5}, {"mean_wait_s", 90}, {"p_wait", 0.6}},
    };
    expect_coverage(&question);
}

static void intervals_of_machine_repair_cover_the_truth(void **state)
{
    (void)state;
    /* 4 machines, one crew, ratio 0.1: weights 1, 0.4, 0.12, 0.024, 0.0024 of 1.5464 */
    static const struct question question = {
        "model = \"machine-repair\"; horizon = \"40 d\"; machines = 4; crews = 1; up = \"exponential(20 h)\"; "
        "repair = \"exponential(2 h)\";",
        {{"mean_up", 5.464 / 1.5464}, {"crew_utilisation", 0.5464 / 1.5464}, {"failures_per_day", 5.464 / 1.5464 * 1.2}},
    };
    expect_coverage(&question);
}

static void intervals_of_renewal_cover_the_truth(void **state)
{
    (void)state;
    static const struct question question = {
        "model = \"renewal\"; horizon = \"7 d\"; components = 20; up = \"weibull(0.5, 10 h)\"; down = \"uniform(1 h, 3 h)\";",
        {{"availability", 20.0 / 22}, {"availability_first_day", 20.0 / 22}, {"failures_first_week", 168.0 / 22}},
    };
    expect_coverage(&question);
}

/* The test must be able to fail: a fresh start is a bias that it finds. */
static void coverage_notices_a_fresh_start(void **state)
{
    (void)state;
    static const struct question question = {
        "model = \"renewal\"; horizon = \"7 d\"; components = 20; up = \"weibull(0.5, 10 h)\"; down = \"uniform(1 h, 3 h)\"; "
        "fresh = true;",
        {{"failures_first_week", 168.0 / 22}},
    };
    struct arena arena;
    struct study study;
    struct study_source source = {.path = "fresh.cfg", .text = question.text, .log = SIM_LOG_NONE};
    int hits[METRICS_MAX] = {0};
    arena_open(&arena, 0);
    assert_true(study_prepare(&study, &arena, &source, &registry, stderr));
    for (uint64_t seed = 0; seed < 20; seed++)
        ask(&study, &question, seed, hits);
    assert_true(hits[0] < 5);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_of_a_queue_cover_the_truth),
        cmocka_unit_test(intervals_of_machine_repair_cover_the_truth),
        cmocka_unit_test(intervals_of_renewal_cover_the_truth),
        cmocka_unit_test(coverage_notices_a_fresh_start),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
