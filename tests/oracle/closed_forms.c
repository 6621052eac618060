/* The figures that the oracle scenarios hold their results against are the truth: each target's `published` is the closed form,
 * computed anew from the parameters that the study point really uses. */
#include "models/oracle/oracle.h"
#include "sim/study/study.h"
#include "tests/oracle/truth.h"

#include <glob.h>

static const struct sim_model *const models[] = {
    &oracle_mm1,        &oracle_machine_repair, &oracle_renewal,    &oracle_structure, &oracle_upkeep,
    &oracle_checkpoint, &oracle_rollout,        &oracle_population, &oracle_escrow,    NULL,
};
static const struct sim_registry registry = {.models = models};

static double truth_of(const struct value *root, const char *metric)
{
    struct truth truth[TRUTHS_MAX];
    find_truth(root, truth);
    for (size_t t = 0; truth[t].metric != NULL; t++)
        if (strcmp(truth[t].metric, metric) == 0)
            return truth[t].value;
    fail_msg("no closed form for metric %s", metric);
    return NAN;
}

static void compare_targets(const struct study *study, const char *path)
{
    const struct value *targets = value_of(&study->scenario->root, "targets");
    uint32_t *seen = arena_array(study->arena, study->point_count, uint32_t);
    struct study_setting *setting = arena_array(study->arena, study->point_count, struct study_setting);
    for (uint32_t p = 0; p < study->point_count; p++)
        assert_true(study_setting_open(study, p, 0, study->arena, &setting[p]));
    for (size_t i = 0; i < value_count(targets); i++) {
        const struct value *target = value_at(targets, i);
        uint32_t point = study_point_index(study, value_text(target, "point"));
        double published = value_number(target, "published");
        double truth = truth_of(&setting[point].scenario->root, value_text(target, "metric"));
        if (fabs(published - truth) > 1e-5 * fabs(truth))
            fail_msg("%s, %s, %s: %.8g is written, %.8g is true", path, study->points[point].label,
                     value_text(target, "metric"), published, truth);
        assert_true(value_number(target, "low") <= published && published <= value_number(target, "high"));
        seen[point]++;
    }
    for (size_t p = 0; p < study->point_count; p++)
        if (seen[p] == 0)
            fail_msg("%s: nothing is known about point %s", path, study->points[p].label);
}

/* Scenarios of model clouds hold the real rooms against formulas that stand in the files alone, and the models for rare events and
 * sensitivity have tests of their own. */
static bool is_in_the_books(const char *path)
{
    char line[512], name[64];
    bool found = false;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        for (size_t i = 0; models[i] != NULL; i++)
            found = found || (sscanf(line, "model = \"%63[^\"]", name) == 1 && strcmp(name, models[i]->name) == 0);
    fclose(file);
    return found;
}

static void every_target_of_an_oracle_scenario_is_its_closed_form(void **state)
{
    glob_t files;
    size_t compared = 0;
    (void)state;
    assert_int_equal(glob("scenarios/oracle/*.cfg", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct arena arena;
        struct study study;
        struct study_source source = {.path = files.gl_pathv[i], .log = SIM_LOG_NONE};
        if (!is_in_the_books(source.path))
            continue;
        arena_open(&arena, 0);
        assert_true(study_prepare(&study, &arena, &source, &registry, stderr));
        compare_targets(&study, source.path);
        compared += study.point_count;
        arena_close(&arena);
    }
    globfree(&files);
    assert_true(compared >= 25);
}

static void assert_near(double value, double truth, double tolerance)
{
    if (!(fabs(value - truth) <= tolerance))
        fail_msg("%.15g is not %.15g", value, truth);
}

/* --- The truth itself: figures out of books, so that a slip in truth.h shows. --- */

static void erlang_c_and_b_are_those_of_the_tables(void **state)
{
    struct truth truth[TRUTHS_MAX];
    (void)state;
    assert_near(erlang_c(1, 0.3), 0.3, 1e-12);
    assert_near(erlang_c(2, 1), 1.0 / 3, 1e-12);
    bounded_queue_truth(2, 1, 3, 3, truth); /* B(3, 2) = (8/6) / (1 + 2 + 2 + 8/6) */
    assert_near(truth[4].value, 8.0 / 38, 1e-12);
}

/* Without a difference between the phases bursts are Poisson. */
static void bursts_of_one_rate_are_an_mm1(void **state)
{
    (void)state;
    assert_near(mmpp_mean(0.6, 0.6, 0.1, 0.3, 1), 1.5, 1e-10);
}

/* Interrupted Poisson arrivals come at hyperexponential intervals, and G/M/1 has one root sigma of sigma = A*(mu - mu sigma): L = rho / (1 -
 * sigma) (Kleinrock 1975, section 6.4; Kuczura 1973). */
static void interrupted_arrivals_are_a_gm1(void **state)
{
    double rate = 1.2, off = 0.1, on = 0.1, mu = 1, sigma = 0.5;
    (void)state;
    for (int i = 0; i < 2000; i++) {
        double s = mu * (1 - sigma);
        sigma = rate * (s + off) / (s * s + (rate + off + on) * s + rate * off); /* transform of the time between arrivals */
    }
    assert_near(mmpp_mean(rate, 0, on, off, mu), 0.6 / (1 - sigma), 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_target_of_an_oracle_scenario_is_its_closed_form),
        cmocka_unit_test(erlang_c_and_b_are_those_of_the_tables),
        cmocka_unit_test(bursts_of_one_rate_are_an_mm1),
        cmocka_unit_test(interrupted_arrivals_are_a_gm1),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
