/* Does a 95 % interval contain the truth 95 % of the time? Every oracle scenario, made smaller by the overrides below, is studied with
 * many seeds, 30 replications each, and the bench's own intervals are held against the closed forms of truth.h. This vouches for the
 * independence of replications and seeds and for the start in equilibrium: a bias far smaller than one study's interval
 * would still show.
 *
 *   coverage             a few seconds; what `make check` runs
 *   coverage --long      1,000 seeds (NINES_COVERAGE_SEEDS), with a table of truth, estimate, half-width and coverage
 *   coverage --long X    only scenarios whose name contains X
 *
 * The number of intervals that contain the truth must lie in the middle 99.9 % of the binomial law; in the short run, which cannot see
 * small biases anyway, in that of the whole family of results. Values are means over long batches (many customers, many systems), so
 * that Student's t holds well. Where they are not, laws with heavy tails or events of which a replication sees few, intervals are
 * known to cover less; those are reported, not asserted. */
#include "models/oracle/oracle.h"
#include "sim/statistics/statistics.h"
#include "sim/study/study.h"
#include "tests/oracle/truth.h"

#include <gsl/gsl_cdf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { REPLICATIONS = 30, OVERRIDES_MAX = 4, REPORTED_MAX = 4, FAMILY = 200, THREADS = 2 };

/* Sanitizers look at memory and threads, for which two studies do. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SHORT_SEEDS = 2 };
#else
enum { SHORT_SEEDS = 10 };
#endif

static const struct sim_model *const models[] = {
    &oracle_mm1,        &oracle_machine_repair, &oracle_renewal,    &oracle_structure, &oracle_upkeep,
    &oracle_checkpoint, &oracle_rollout,        &oracle_population, &oracle_escrow,    NULL,
};
static const struct sim_registry registry = {.models = models};

struct question {
    const char *scenario;                    /* file name without folder and .cfg */
    const char *overrides[OVERRIDES_MAX];
    const char *reported[REPORTED_MAX];      /* "point/metric" or "point/": told, not asserted */
};

static const struct question questions[] = {
    {"mm1", {"horizon=8 d"}, {0}},
    {"mg1", {"horizon=10 d", "warmup=1 d"}, {"hyperexponential/", "lognormal/"}},
    {"mmck", {"horizon=3 d"}, {0}},
    {"erlang-b", {"horizon=2 d"}, {0}},
    {"mmpp", {"horizon=20 d"}, {0}},
    {"machine-repair", {0}, {0}},
    {"renewal", {"components=200", "horizon=14 d"}, {"pareto/", "lognormal/"}},
    {"renewal-lanl", {"components=1000", "horizon=14 d"}, {"equilibrium/"}},
    {"k-of-n", {"systems=60"}, {0}},
    {"series-parallel", {"systems=60"}, {"parallel/"}},
    {"standby", {"systems=200"}, {0}},
    {"standby-repaired", {"systems=60"}, {0}},
    {"beta-factor", {0}, {0}},
    {"marshall-olkin", {"systems=400", "horizon=20 d"}, {0}},
    {"age-replacement", {"components=60"}, {0}},
    {"inspection", {0}, {0}},
    {"checkpoint-daly", {"jobs=40"}, {0}},
    {"checkpoint-restart", {"jobs=40"}, {0}},
    {"rollout", {"rollouts=100"}, {0}},
    {"population", {"families=150"}, {0}},
    {"escrow", {"accounts=200"}, {"doomed/ruined", "constant/ruined"}},
};

/* One result of a point: its truth, and what all seeds together said about it. */
struct tally {
    double truth;
    uint32_t metric;
    uint32_t hits, constants;
    double mean, half_width; /* sums over seeds */
};

struct campaign {
    const struct study *study;
    const struct study_point *point;
    uint32_t seeds;
    atomic_uint next;
};

/* A thread's share; sums of integers are exact in any order, those of doubles are for the table only. */
struct shift {
    struct campaign *campaign;
    struct tally tally[TRUTHS_MAX];
    uint32_t tallies;
};

static void ask(struct shift *shift, uint64_t seed, struct arena *arena)
{
    const struct study *study = shift->campaign->study;
    const struct study_point *point = shift->campaign->point;
    double value[TRUTHS_MAX][REPLICATIONS], scratch[REPLICATIONS];
    struct sim_task task = point->task;
    task.seed = seed;
    task.arena = arena;
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        struct arena_mark mark = arena_mark(arena);
        task.replication = r;
        struct sim_record *record = record_open(arena, study->model, &task);
        study->model->replicate(point->plan, &task, record);
        for (uint32_t i = 0; i < shift->tallies; i++)
            value[i][r] = record->metric_values[shift->tally[i].metric];
        arena_rewind(arena, mark);
    }
    for (uint32_t i = 0; i < shift->tallies; i++) {
        struct tally *tally = &shift->tally[i];
        struct statistics_options options = {.level = 0.95};
        struct statistics s = statistics_of(value[i], REPLICATIONS, &options, scratch);
        tally->hits += s.n == REPLICATIONS && s.ci_low <= tally->truth && tally->truth <= s.ci_high;
        tally->constants += s.method == STATISTICS_CONSTANT;
        tally->mean += s.mean;
        tally->half_width += (s.ci_high - s.ci_low) / 2;
    }
}

static void *work(void *context)
{
    struct shift *shift = context;
    struct arena arena;
    unsigned seed;
    arena_open(&arena, 0);
    while ((seed = atomic_fetch_add(&shift->campaign->next, 1)) <= shift->campaign->seeds)
        ask(shift, seed, &arena);
    arena_close(&arena);
    return NULL;
}

/* All seeds 1..seeds of a point, on two threads. Returns the number of results in tally. */
static uint32_t survey(const struct study *study, const struct study_point *point, uint32_t seeds, struct tally tally[TRUTHS_MAX])
{
    struct campaign campaign = {study, point, seeds, 1};
    struct truth truth[TRUTHS_MAX];
    struct shift shifts[THREADS] = {0};
    pthread_t thread[THREADS];
    uint32_t count = 0;
    find_truth(&point->scenario->root, truth);
    memset(tally, 0, TRUTHS_MAX * sizeof *tally);
    for (; truth[count].metric != NULL; count++) {
        tally[count].truth = truth[count].value;
        while (strcmp(study->model->metrics[tally[count].metric].name, truth[count].metric) != 0)
            tally[count].metric++;
    }
    for (int t = 0; t < THREADS; t++) {
        shifts[t] = (struct shift){.campaign = &campaign, .tallies = count};
        memcpy(shifts[t].tally, tally, sizeof shifts[t].tally);
        assert_int_equal(pthread_create(&thread[t], NULL, work, &shifts[t]), 0);
    }
    for (int t = 0; t < THREADS; t++) {
        pthread_join(thread[t], NULL);
        for (uint32_t i = 0; i < count; i++) {
            tally[i].hits += shifts[t].tally[i].hits;
            tally[i].constants += shifts[t].tally[i].constants;
            tally[i].mean += shifts[t].tally[i].mean;
            tally[i].half_width += shifts[t].tally[i].half_width;
        }
    }
    return count;
}

/* The smallest and largest number of hits that leave `tail` outside on each side. */
static void middle(uint32_t seeds, double tail, uint32_t *low, uint32_t *high)
{
    *low = 0;
    *high = seeds;
    while (gsl_cdf_binomial_P(*low, 0.95, seeds) <= tail)
        (*low)++;
    while (*high > 0 && gsl_cdf_binomial_Q(*high - 1, 0.95, seeds) <= tail)
        (*high)--;
}

static bool is_asserted(const struct question *question, const char *point, const char *metric)
{
    char whole[200];
    snprintf(whole, sizeof whole, "%s/%s", point, metric);
    for (int i = 0; i < REPORTED_MAX && question->reported[i] != NULL; i++)
        if (strncmp(whole, question->reported[i], strlen(question->reported[i])) == 0)
            return false;
    return true;
}

static bool is_long;
static uint32_t seeds = SHORT_SEEDS;

static bool judge(const struct question *question, const char *point, const char *metric, const struct tally *tally)
{
    uint32_t low, high;
    bool asserted = is_asserted(question, point, metric), exact = tally->constants == seeds;
    middle(seeds, is_long ? 0.0005 : 0.0005 / FAMILY, &low, &high);
    bool good = exact ? tally->hits == seeds : low <= tally->hits && tally->hits <= high;
    if (is_long)
        print_message("# | %s | %s | %s | %.6g | %.6g | %.2g | %.1f %%%s |\n", question->scenario, point, metric, tally->truth,
                      tally->mean / seeds, tally->half_width / seeds, 100.0 * tally->hits / seeds,
                      exact ? " (exact)" : asserted ? "" : " (reported)");
    if (asserted && !good)
        print_message("# %s, %s, %s: %u of %u intervals contain %.6g, not %u to %u\n", question->scenario, point, metric,
                      tally->hits, seeds, tally->truth, low, high);
    return good || !asserted;
}

static void intervals_cover_the_truth(void **state)
{
    const struct question *question = *state;
    struct arena arena;
    struct study study;
    struct study_source source = {.path = NULL, .overrides = question->overrides, .log = SIM_LOG_NONE};
    bool good = true;
    while (source.override_count < OVERRIDES_MAX && question->overrides[source.override_count] != NULL)
        source.override_count++;
    arena_open(&arena, 0);
    source.path = arena_format(&arena, "scenarios/oracle/%s.cfg", question->scenario);
    assert_true(study_prepare(&study, &arena, &source, &registry, stderr));
    for (size_t p = 0; p < study.point_count; p++) {
        struct tally tally[TRUTHS_MAX];
        uint32_t count = survey(&study, &study.points[p], seeds, tally);
        for (uint32_t i = 0; i < count; i++)
            good = judge(question, study.points[p].label, study.model->metrics[tally[i].metric].name, &tally[i]) && good;
    }
    arena_close(&arena);
    assert_true(good);
}

/* The test must be able to fail: a fresh start is a bias that it finds. */
static void coverage_notices_a_fresh_start(void **state)
{
    struct arena arena;
    struct study study;
    struct tally tally[TRUTHS_MAX];
    struct study_source source = {.path = "fresh.cfg", .log = SIM_LOG_NONE,
                                  .text = "model = \"renewal\"; horizon = \"7 d\"; components = 20; "
                                          "up = \"weibull(0.5, 10 h)\"; down = \"uniform(1 h, 3 h)\";"};
    (void)state;
    arena_open(&arena, 0);
    assert_true(study_prepare(&study, &arena, &source, &registry, stderr));
    struct study_point fresh = study.points[0];
    const char *const override[] = {"fresh=true"};
    struct study other;
    source.overrides = override;
    source.override_count = 1;
    assert_true(study_prepare(&other, &arena, &source, &registry, stderr));
    fresh.plan = other.points[0].plan; /* lives fresh, and is held against equilibrium */
    uint32_t count = survey(&study, &fresh, 20, tally);
    assert_true(count == 6 && tally[2].hits < 5);
    arena_close(&arena);
}

int main(int argc, char **argv)
{
    enum { QUESTIONS = sizeof questions / sizeof *questions };
    struct CMUnitTest tests[QUESTIONS + 1] = {cmocka_unit_test(coverage_notices_a_fresh_start)};
    static char names[QUESTIONS][80];
    size_t count = 1;
    is_long = argc > 1 && strcmp(argv[1], "--long") == 0;
    if (is_long)
        seeds = getenv("NINES_COVERAGE_SEEDS") == NULL ? 1000 : (uint32_t)strtoul(getenv("NINES_COVERAGE_SEEDS"), NULL, 10);
    for (size_t i = 0; i < QUESTIONS; i++) {
        if (argc > 2 && strstr(questions[i].scenario, argv[2]) == NULL)
            continue;
        snprintf(names[i], sizeof names[i], "intervals_of_%s_cover_the_truth", questions[i].scenario);
        for (char *c = names[i]; *c != '\0'; c++)
            *c = *c == '-' ? '_' : *c;
        tests[count++] = (struct CMUnitTest){names[i], intervals_cover_the_truth, NULL, NULL,
                                             (void *)(uintptr_t)&questions[i]};
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return _cmocka_run_group_tests("coverage", tests, count, NULL, NULL);
}
