/* Events too rare to wait for, against the equations: failure biasing and splitting on Markov models whose unavailability goes
 * down to 1e-9. Intervals are the bench's own, at 99.9 %; relative half-widths, at 95 %, must be within 10 % with at most the events of a
 * million plain replications of the same scenario. */
#include "models/oracle/oracle.h"
#include "sim/statistics/statistics.h"
#include "sim/study/study.h"
#include "tests/oracle/markov_truth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { METRICS = 3 };

static const struct sim_model *const models[] = {&oracle_markov, NULL};
static const struct sim_registry registry = {.models = models};

/* --- The truth itself --- */

static struct study prepared(struct arena *arena, const char *path, const char *text, const char *const *overrides, size_t count)
{
    struct study study;
    struct study_source source = {.path = path, .text = text, .overrides = overrides, .override_count = count,
                                  .log = SIM_LOG_NONE};
    assert_true(study_prepare(&study, arena, &source, &registry, stderr));
    return study;
}

static void elimination_matches_the_binomial_law_and_lu(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct study study = prepared(&arena, "scenarios/oracle/markov-biased.cfg", NULL, NULL, 0);
    double replicas = pow(1.0 / 1001, 3), feed[] = {1.0 / 1001, 1 / (1e9 + 1), 5.0 / 100005};
    for (size_t p = 0; p < study.point_count; p++) {
        double law[TRUTH_STATES], share, exact = p < 3 ? replicas + feed[p] * feed[p] * (1 - replicas) : 0;
        struct truth_chain chain = truth_chain(&study.points[p].scenario->root);
        truth_stationary(&chain, law);
        share = truth_share_down(&chain, law);
        if (p < 3)
            assert_true(fabs(share - exact) < 1e-12 * exact);
        assert_true(fabs(share - truth_share_down_lu(&chain)) < 1e-5 * share);
        free(chain.rate);
    }
    arena_close(&arena);
}

static void uniformisation_approaches_the_stationary_law(void **state)
{
    (void)state;
    struct arena arena;
    double law[TRUTH_STATES], early, late, stationary;
    arena_open(&arena, 0);
    struct study study = prepared(&arena, "scenarios/oracle/markov-split.cfg", NULL, NULL, 0);
    struct truth_chain chain = truth_chain(&study.points[0].scenario->root);
    truth_stationary(&chain, law);
    stationary = truth_share_down(&chain, law);
    truth_average(&chain, 24, law);
    early = truth_share_down(&chain, law);
    truth_average(&chain, 1000, law);
    late = truth_share_down(&chain, law);
    assert_true(early < late && late < stationary && late > 0.99 * stationary);
    double single = 1.0 / 21, binomial = 0;
    for (int k = 9; k <= 16; k++)
        binomial += exp(lgamma(17) - lgamma(k + 1.0) - lgamma(17.0 - k) + k * log(single) + (16 - k) * log1p(-single));
    assert_true(fabs(stationary - binomial) < 1e-9 * binomial);
    free(chain.rate);
    arena_close(&arena);
}

/* --- Estimates --- */

struct harvest {
    const struct study *study;
    double *value; /* [point][metric][replication] */
    uint64_t events;
};

static bool take(void *context, struct study_task task, uint32_t arm, struct sim_record *record)
{
    struct harvest *harvest = context;
    (void)arm;
    harvest->events += record->events;
    for (uint32_t m = 0; m < METRICS; m++)
        harvest->value[(task.point * METRICS + m) * harvest->study->replications + task.replication] = record->metric_values[m];
    return true;
}

static struct harvest lived(const struct study *study, struct arena *arena)
{
    struct harvest harvest = {study, arena_array(arena, study->point_count * METRICS * study->replications, double), 0};
    struct study_options options = {.threads = 1};
    struct study_sink sink = {.context = &harvest, .take = take};
    assert_int_equal(study_run(study, &options, &sink).end, STUDY_COMPLETE);
    return harvest;
}

static struct statistics statistics_at(const struct harvest *harvest, size_t point, size_t metric, double level)
{
    size_t n = harvest->study->replications;
    double *scratch = malloc(n * sizeof *scratch);
    struct statistics_options options = {.level = level};
    struct statistics s = statistics_of(harvest->value + (point * METRICS + metric) * n, n, &options, scratch);
    free(scratch);
    return s;
}

static void expect_truth(const struct harvest *harvest, size_t point, size_t metric, double truth, double most)
{
    const char *label = harvest->study->points[point].label, *name = harvest->study->model->metrics[metric].name;
    struct statistics wide = statistics_at(harvest, point, metric, 0.999), s = statistics_at(harvest, point, metric, 0.95);
    double half = (s.ci_high - s.ci_low) / 2 / s.mean;
    print_message("# %s, %s: truth %.6g, estimate %.6g, relative half-width %.1f %%\n", label, name, truth, s.mean, 100 * half);
    if (!(wide.ci_low <= truth && truth <= wide.ci_high))
        fail_msg("%s, %s: %.6g is outside %.6g to %.6g", label, name, truth, wide.ci_low, wide.ci_high);
    if (!(half <= most))
        fail_msg("%s, %s: a half-width of %.3f says too little", label, name, half);
}

/* Events of a million plain replications, from a hundred. */
static double plain_budget(const char *path, const char *text)
{
    static const char *const overrides[] = {"rare={method=\"none\";}", "replications=100"};
    struct arena arena;
    arena_open(&arena, 0);
    struct study study = prepared(&arena, path, text, overrides, 2);
    struct harvest harvest = lived(&study, &arena);
    arena_close(&arena);
    return (double)harvest.events / 100 * 1e6;
}

static void failure_biasing_reaches_one_in_a_billion(void **state)
{
    (void)state;
    const char *path = "scenarios/oracle/markov-biased.cfg";
    struct arena arena;
    arena_open(&arena, 0);
    struct study study = prepared(&arena, path, NULL, NULL, 0);
    struct harvest harvest = lived(&study, &arena);
    double least = 1;
    for (size_t p = 0; p < study.point_count; p++) {
        double law[TRUTH_STATES];
        struct truth_chain chain = truth_chain(&study.points[p].scenario->root);
        truth_stationary(&chain, law);
        double share = truth_share_down(&chain, law);
        least = share < least ? share : least;
        expect_truth(&harvest, p, 0, share, 0.1);
        expect_truth(&harvest, p, 2, truth_failures_per_h(&chain, law) * 8766, 0.1);
        free(chain.rate);
    }
    assert_true(least < 1e-9);
    /* The unit of plain simulation here is the cycle, of two events at least: a million of them at each point. */
    print_message("# %llu events for %zu points\n", (unsigned long long)harvest.events, study.point_count);
    assert_true((double)harvest.events < 2e6 * (double)study.point_count);
    arena_close(&arena);
}

static void splitting_reaches_one_in_a_hundred_million(void **state)
{
    (void)state;
    const char *path = "scenarios/oracle/markov-split.cfg";
    struct arena arena;
    double law[TRUTH_STATES];
    arena_open(&arena, 0);
    struct study study = prepared(&arena, path, NULL, NULL, 0);
    struct harvest harvest = lived(&study, &arena);
    struct truth_chain chain = truth_chain(&study.points[0].scenario->root);
    truth_average(&chain, 24, law);
    assert_true(truth_share_down(&chain, law) < 1.1e-8);
    expect_truth(&harvest, 0, 0, truth_share_down(&chain, law), 0.1);
    expect_truth(&harvest, 0, 2, truth_failures_per_h(&chain, law) * 8766, 0.1);
    double budget = plain_budget(path, NULL);
    print_message("# %llu events, of %.3g in a million plain replications\n", (unsigned long long)harvest.events, budget);
    assert_true((double)harvest.events < budget);
    free(chain.rate);
    arena_close(&arena);
}

/* Where plain simulation gets too: both are right, and splitting at one level, at many, and at levels that a change jumps over. */
static const char common_event[] =
    "model = \"markov\"; horizon = \"2 d\"; warmup = \"6 h\"; grid = \"2 d\"; replications = 2000; seed = 7; crews = 3;"
    "components = ( { name = \"a\"; count = 6; needed = 4; up = \"exponential(20 h)\"; repair = \"exponential(2 h)\"; },"
    "               { name = \"b\"; count = 2; up = \"exponential(50 h)\"; repair = \"exponential(3 h)\"; } );"
    "study = { points = ( { label = \"plain\"; },"
    "  { label = \"one level\"; set = [ \"rare={method=\\\"splitting\\\";levels=({at=0.6;copies=5;});}\" ]; },"
    "  { label = \"many\"; set = [ \"rare={method=\\\"splitting\\\";levels=({at=0.1;copies=2;},{at=0.5;copies=3;},"
    "{at=0.55;copies=2;},{at=1.0;copies=2;});}\" ]; } ); };";

static void splitting_agrees_with_plain_simulation_and_the_truth(void **state)
{
    (void)state;
    struct arena arena;
    double six[TRUTH_STATES], all[TRUTH_STATES];
    arena_open(&arena, 0);
    struct study study = prepared(&arena, "common.cfg", common_event, NULL, 0);
    struct harvest harvest = lived(&study, &arena);
    struct truth_chain chain = truth_chain(&study.points[0].scenario->root);
    truth_average(&chain, 6, six); /* of the warm-up, which is not measured */
    truth_average(&chain, 54, all);
    for (int s = 0; s < chain.states; s++)
        all[s] = (54 * all[s] - 6 * six[s]) / 48;
    for (size_t p = 0; p < study.point_count; p++) {
        expect_truth(&harvest, p, 0, truth_share_down(&chain, all), 0.1);
        expect_truth(&harvest, p, 2, truth_failures_per_h(&chain, all) * 8766, 0.1);
    }
    free(chain.rate);
    arena_close(&arena);
}

/* --- Intervals --- */

/* Small studies of many seeds: how often Student's interval holds the truth. Ratio estimates of few skewed cycles are where it would
 * fail first. */
static void intervals_by_failure_biasing_cover_the_truth(void **state)
{
    (void)state;
    enum { STUDIES = 400, REPLICATIONS = 30 };
    static const char *const overrides[] = {"replications=30", "rare.cycles=400"};
    struct arena arena;
    double law[TRUTH_STATES], value[REPLICATIONS], scratch[REPLICATIONS];
    int hits = 0;
    arena_open(&arena, 0);
    struct study study = prepared(&arena, "scenarios/oracle/markov-biased.cfg", NULL, overrides, 2);
    const struct study_point *point = &study.points[2];
    struct truth_chain chain = truth_chain(&point->scenario->root);
    truth_stationary(&chain, law);
    double truth = truth_share_down(&chain, law);
    for (uint64_t seed = 0; seed < STUDIES; seed++) {
        struct arena_mark mark = arena_mark(&arena);
        struct sim_task task = point->task;
        task.seed = seed;
        task.arena = &arena;
        for (uint32_t r = 0; r < REPLICATIONS; r++) {
            task.replication = r;
            struct sim_record *record = record_open(&arena, study.model, &task);
            study.model->replicate(point->plan, &task, record);
            value[r] = record->metric_values[0];
        }
        struct statistics s =
            statistics_of(value, REPLICATIONS, &(struct statistics_options){.level = 0.95}, scratch);
        hits += s.ci_low <= truth && truth <= s.ci_high;
        arena_rewind(&arena, mark);
    }
    double share = (double)hits / STUDIES, error = 3.3 * sqrt(0.95 * 0.05 / STUDIES);
    print_message("# %.3f of the intervals hold the truth\n", share);
    assert_true(fabs(share - 0.95) < error);
    free(chain.rate);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elimination_matches_the_binomial_law_and_lu),
        cmocka_unit_test(uniformisation_approaches_the_stationary_law),
        cmocka_unit_test(failure_biasing_reaches_one_in_a_billion),
        cmocka_unit_test(splitting_reaches_one_in_a_hundred_million),
        cmocka_unit_test(splitting_agrees_with_plain_simulation_and_the_truth),
        cmocka_unit_test(intervals_by_failure_biasing_cover_the_truth),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
