/* Mirrored draws and what pairs of them save. */
#include "sim/chance/law.h"
#include "sim/chance/random.h"
#include "sim/statistics/control.h"
#include "sim/study/study.h"
#include "models/oracle/oracle.h"
#include "tests/arena.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const struct sim_model *const models[] = {&oracle_mm1, NULL};
static const struct sim_registry registry = {.models = models};

static struct stream stream_of(uint64_t seed, const char *purpose)
{
    return stream_open(stream_key(seed, 0, purpose));
}

static void a_mirrored_uniform_is_1_minus_the_plain_one(void **state)
{
    (void)state;
    struct stream plain = stream_of(5, "u"), mirrored = plain;
    for (int i = 0; i < 1001; i++) {
        stream_mirror(false);
        double u = stream_uniform(&plain);
        stream_mirror(true);
        double v = stream_uniform(&mirrored);
        assert_true(u + v == 1);
    }
    stream_mirror(false);
}

/* Mean of the mirrored draws in units of its standard error from the law's, and their correlation with the plain ones. */
static void compare(const struct law *law, double *error, double *correlation)
{
    enum { N = 100000 };
    struct stream plain = stream_of(7, "law"), mirrored = plain;
    double mean = law_mean(law), sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (uint64_t i = 0; i < N; i++) {
        plain = stream_open(stream_key_index(stream_key(7, 0, "law"), i));
        mirrored = plain;
        stream_mirror(false);
        double x = law_draw(law, &plain) - mean;
        stream_mirror(true);
        double y = law_draw(law, &mirrored) - mean;
        sx += x, sy += y, sxx += x * x, syy += y * y, sxy += x * y;
    }
    stream_mirror(false);
    *error = sy / N / sqrt(syy / N / N);
    *correlation = (sxy - sx * sy / N) / sqrt((sxx - sx * sx / N) * (syy - sy * sy / N));
}

static void mirrored_draws_have_the_same_mean_and_go_against_the_plain_ones(void **state)
{
    (void)state;
    static const char *const laws[] = {"uniform(1 h, 3 h)", "exponential(2 h)", "weibull(0.7, 3 h)", "lognormal(1, 0.5)",
                                       "gamma(2, 3 h)", "hyperexponential(0.9, 1 h, 20 h)", "pareto(2.5, 1 h)"};
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        struct law law;
        char why[256];
        double error, correlation;
        assert_true(law_parse(laws[i], &law, why, sizeof why, NULL));
        compare(&law, &error, &correlation);
        printf("# %s: correlation %.3f\n", laws[i], correlation);
        if (!(fabs(error) < 4.5) || !(correlation < -0.05))
            fail_msg("%s: mean off by %.2f standard errors, correlation %.3f", laws[i], error, correlation);
    }
}

enum { REPLICATIONS = 2000, METRICS = 6 };

struct harvest {
    double (*value)[REPLICATIONS]; /* [METRICS] */
    uint64_t digest[REPLICATIONS];
};

static bool take(void *context, struct study_task task, uint32_t arm, struct sim_record *record)
{
    struct harvest *harvest = context;
    (void)arm;
    for (uint32_t m = 0; m < METRICS; m++)
        harvest->value[m][task.replication] = record->metric_values[m];
    harvest->digest[task.replication] = record_digest(record);
    return true;
}

static const char queue[] = "model = \"mm1\"; horizon = \"24 h\"; replications = 2000; seed = 3; queue_max = 1000;"
                            "arrival_rate = \"30 /h\"; service = \"exponential(1 min)\";";

static struct study_outcome run(struct arena *arena, const char *way, unsigned threads, struct harvest *harvest)
{
    struct study study;
    const char *const overrides[] = {way};
    struct study_source source = {.path = "queue.cfg", .text = queue, .overrides = overrides, .override_count = 1};
    assert_true(study_prepare(&study, arena, &source, &registry, stderr));
    struct study_sink sink = {.context = harvest, .take = take};
    return study_run(&study, &(struct study_options){.threads = threads}, &sink);
}

static void the_even_half_of_a_pair_is_the_plain_replication(void **state)
{
    static struct harvest plain, pairs;
    struct arena *arena = *state;
    plain.value = arena_alloc(arena, METRICS, sizeof *plain.value);
    pairs.value = arena_alloc(arena, METRICS, sizeof *pairs.value);
    (void)run(arena, "variance_reduction=none", 2, &plain);
    uint64_t digest = run(arena, "variance_reduction=antithetic", 1, &pairs).digest;
    assert_true(run(arena, "variance_reduction=antithetic", 3, &pairs).digest == digest);
    for (int r = 0; r < REPLICATIONS; r += 2) {
        assert_true(plain.digest[r] == pairs.digest[r]);
        assert_true(plain.digest[r + 1] != pairs.digest[r + 1] && pairs.digest[r] != pairs.digest[r + 1]);
    }
}

/* Variance of the mean from pairs over that from as many independent replications. */
static void pairs_of_a_queue_are_worth_more_than_independent_replications(void **state)
{
    static struct harvest plain, pairs;
    static double scratch[REPLICATIONS], folded[REPLICATIONS];
    struct arena *arena = *state;
    plain.value = arena_alloc(arena, METRICS, sizeof *plain.value);
    pairs.value = arena_alloc(arena, METRICS, sizeof *pairs.value);
    (void)run(arena, "variance_reduction=none", 2, &plain);
    (void)run(arena, "variance_reduction=antithetic", 2, &pairs);
    struct statistics_options options = {.level = 0.95};
    for (int m = 0; m < METRICS; m++) {
        size_t n = control_pairs(pairs.value[m], REPLICATIONS, folded);
        struct statistics alone = statistics_of(plain.value[m], REPLICATIONS, &options, scratch);
        struct statistics paired = statistics_of(folded, n, &options, scratch);
        double ratio = paired.sd * paired.sd / (double)n / (alone.sd * alone.sd / REPLICATIONS);
        printf("# %s: variance of the mean x %.2f\n", oracle_mm1.metrics[m].name, ratio);
        if (!(ratio < 0.9))
            fail_msg("%s: x %.2f", oracle_mm1.metrics[m].name, ratio);
        if (!(fabs(alone.mean - paired.mean) < 4.5 * sqrt(2) * alone.sd / sqrt(REPLICATIONS)))
            fail_msg("%s: %.6g is not %.6g", oracle_mm1.metrics[m].name, paired.mean, alone.mean);
    }
}

static void an_odd_number_of_antithetic_replications_is_refused(void **state)
{
    struct arena *arena = *state;
    struct study study;
    static const char *const overrides[] = {"variance_reduction=antithetic", "replications=7"};
    struct study_source source = {.path = "queue.cfg", .text = queue, .overrides = overrides, .override_count = 2};
    FILE *nowhere = fopen("/dev/null", "w");
    assert_false(study_prepare(&study, arena, &source, &registry, nowhere));
    fclose(nowhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mirrored_uniform_is_1_minus_the_plain_one),
        cmocka_unit_test(mirrored_draws_have_the_same_mean_and_go_against_the_plain_ones),
        cmocka_unit_test(the_even_half_of_a_pair_is_the_plain_replication),
        cmocka_unit_test(pairs_of_a_queue_are_worth_more_than_independent_replications),
        cmocka_unit_test(an_odd_number_of_antithetic_replications_is_refused),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
