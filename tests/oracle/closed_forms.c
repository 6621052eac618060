/* The oracle scenarios against closed forms computed anew from the parameters that each study point really used: the bench's own
 * interval at 99.9 % (some 40 intervals are looked at) must contain the truth. And the figures written into the scenarios must be
 * that truth. */
#include "models/oracle/oracle.h"
#include "sim/statistics/statistics.h"
#include "sim/study/study.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct sim_model *const models[] = {&oracle_mm1, &oracle_machine_repair, &oracle_renewal, NULL};
static const struct sim_registry registry = {.models = models};

/* --- Truth --- */

enum { TRUTHS_MAX = 8 };

struct truth {
    const char *metric; /* NULL ends the list */
    double value;
};

/* Erlang's C: the probability to wait, at offered load a of c servers. */
static double erlang_c(int c, double a)
{
    double term = 1, sum = 0;
    for (int k = 0; k < c; k++) {
        sum += term;
        term *= a / (k + 1);
    }
    double all_busy = term / (1 - a / c);
    return all_busy / (sum + all_busy);
}

/* M/M/c by Erlang, M/G/1 by Pollaczek and Khinchine. */
static void queue_truth(const struct value *root, struct truth *truth)
{
    const struct law *service = value_law(root, "service");
    int servers = (int)value_integer(root, "servers");
    double rate = value_number(root, "arrival_rate"), mean = law_mean(service), load = rate * mean;
    double rho = load / servers, wait;
    double p_wait = servers == 1 ? rho : erlang_c(servers, load);
    if (service->kind == LAW_EXPONENTIAL) {
        wait = p_wait * mean / (servers * (1 - rho));
    } else {
        assert_int_equal(servers, 1);
        wait = rate * (law_variance(service) + mean * mean) / (2 * (1 - rho));
    }
    truth[0] = (struct truth){"utilisation", rho};
    truth[1] = (struct truth){"mean_in_system", rate * wait + load}; /* Little */
    truth[2] = (struct truth){"mean_queue", rate * wait};
    truth[3] = (struct truth){"mean_wait_s", wait};
    truth[4] = (struct truth){"p_wait", p_wait};
}

static void repair_truth(const struct value *root, struct truth *truth)
{
    int64_t machines = value_integer(root, "machines"), crews = value_integer(root, "crews");
    double up_s = law_mean(value_law(root, "up")), repair_s = law_mean(value_law(root, "repair"));
    double weight = 1, total = 0, up = 0, busy = 0, waiting = 0;
    for (int64_t k = 0; k <= machines; k++) { /* k are down */
        double working = (double)(k < crews ? k : crews);
        if (k > 0)
            weight *= (double)(machines - k + 1) / up_s / (working / repair_s);
        total += weight;
        up += weight * (double)(machines - k);
        busy += weight * working;
        waiting += weight * ((double)k - working);
    }
    truth[0] = (struct truth){"availability", up / total / (double)machines};
    truth[1] = (struct truth){"mean_up", up / total};
    truth[2] = (struct truth){"crew_utilisation", busy / total / (double)crews};
    truth[3] = (struct truth){"mean_waiting", waiting / total};
    truth[4] = (struct truth){"failures_per_day", up / total / up_s * 86400};
}

static double weibull_below(const struct law *law, double t)
{
    assert_int_equal(law->kind, LAW_WEIBULL);
    return -expm1(-pow(t / law->b, law->a));
}

/* The renewal equations of a component that starts with a whole life before it, by the midpoint rule in the distribution
 * function (which is smooth where the density is infinite): failures by `end`, and the mean of being up. */
static void solve_fresh(const struct law *up, const struct law *down, double end, double *failures, double *availability)
{
    enum { STEPS = 2000 };
    static double fails_up[STEPS + 1], fails_down[STEPS + 1], is_up[STEPS + 1], is_up_after_down[STEPS + 1];
    static double rise_up[STEPS + 1], rise_down[STEPS + 1];
    double sum = 0, step = end / STEPS;
    for (int i = 1; i <= STEPS; i++) {
        rise_up[i] = weibull_below(up, i * step) - weibull_below(up, (i - 1) * step);
        rise_down[i] = weibull_below(down, i * step) - weibull_below(down, (i - 1) * step);
    }
    fails_up[0] = fails_down[0] = is_up_after_down[0] = 0;
    is_up[0] = 1;
    for (int i = 1; i <= STEPS; i++) {
        double u = weibull_below(up, i * step), v = 0, a = 1 - u, b = 0;
        for (int j = 1; j <= i; j++) { /* the unknown values at i are left out of the sums and solved for below */
            double newest = j == 1 ? 0 : 1;
            u += (fails_down[i - j] + newest * fails_down[i - j + 1]) / 2 * rise_up[j];
            v += (fails_up[i - j] + newest * fails_up[i - j + 1]) / 2 * rise_down[j];
            a += (is_up_after_down[i - j] + newest * is_up_after_down[i - j + 1]) / 2 * rise_up[j];
            b += (is_up[i - j] + newest * is_up[i - j + 1]) / 2 * rise_down[j];
        }
        double x = rise_up[1] / 2, y = rise_down[1] / 2;
        fails_up[i] = (u + x * v) / (1 - x * y);
        fails_down[i] = v + y * fails_up[i];
        is_up[i] = (a + x * b) / (1 - x * y);
        is_up_after_down[i] = b + y * is_up[i];
        sum += (is_up[i] + is_up[i - 1]) / 2;
    }
    *failures = fails_up[STEPS];
    *availability = sum / STEPS;
}

static void renewal_truth(const struct value *root, struct truth *truth)
{
    const struct law *up = value_law(root, "up"), *down = value_law(root, "down");
    double cycle = law_mean(up) + law_mean(down);
    if (value_bool(root, "fresh")) {
        double week, day, ignored;
        solve_fresh(up, down, 7 * 86400, &week, &ignored);
        solve_fresh(up, down, 86400, &ignored, &day);
        truth[0] = (struct truth){"availability_first_day", day};
        truth[1] = (struct truth){"failures_first_week", week};
    } else {
        truth[0] = (struct truth){"availability", law_mean(up) / cycle};
        truth[1] = (struct truth){"availability_first_day", law_mean(up) / cycle};
        truth[2] = (struct truth){"failures_first_week", 7 * 86400 / cycle};
        truth[3] = (struct truth){"failures_per_day", 86400 / cycle};
    }
}

static void find_truth(const struct study_point *point, struct truth truth[TRUTHS_MAX])
{
    const struct value *root = &point->scenario->root;
    const char *model = value_text(root, "model");
    memset(truth, 0, TRUTHS_MAX * sizeof *truth);
    if (strcmp(model, "mm1") == 0)
        queue_truth(root, truth);
    else if (strcmp(model, "machine-repair") == 0)
        repair_truth(root, truth);
    else
        renewal_truth(root, truth);
}

/* --- Measured --- */

/* Metric values of all replications: value[point][metric][replication]. */
struct harvest {
    const struct study *study;
    double *value;
};

static double *values_of(const struct harvest *harvest, size_t point, size_t metric)
{
    return harvest->value + (point * harvest->study->metrics + metric) * harvest->study->replications;
}

static bool take(void *context, struct study_task task, uint32_t arm, struct sim_record *record)
{
    struct harvest *harvest = context;
    assert_int_equal(arm, 0);
    assert_true(record->done && record->events > 0);
    for (size_t m = 0; m < harvest->study->metrics; m++)
        values_of(harvest, task.point, m)[task.replication] = record->metric_values[m];
    for (uint32_t i = 0; i < record->steps; i++)
        assert_true(isfinite(record->series_values[i]));
    return true;
}

static size_t metric_index(const struct study *study, const char *name)
{
    for (size_t m = 0; m < study->metrics; m++)
        if (strcmp(study->model->metrics[m].name, name) == 0)
            return m;
    fail_msg("no metric %s", name);
    return 0;
}

static void compare_point(const struct harvest *harvest, size_t p)
{
    const struct study *study = harvest->study;
    struct truth truth[TRUTHS_MAX];
    double *scratch = malloc(study->replications * sizeof *scratch);
    find_truth(&study->points[p], truth);
    for (size_t t = 0; truth[t].metric != NULL; t++) {
        size_t m = metric_index(study, truth[t].metric);
        struct statistics_options options = {.level = 0.999, .is_availability = study->model->metrics[m].is_availability};
        struct statistics s = statistics_of(values_of(harvest, p, m), study->replications, &options, scratch);
        assert_int_equal(s.n, study->replications);
        if (!(s.ci_low <= truth[t].value && truth[t].value <= s.ci_high))
            fail_msg("%s, %s: %.8g is outside %.8g to %.8g", study->points[p].label, truth[t].metric, truth[t].value,
                     s.ci_low, s.ci_high);
        if (!(s.ci_high - s.ci_low <= 0.1 * s.mean + 1e-12))
            fail_msg("%s, %s: %.8g to %.8g says too little", study->points[p].label, truth[t].metric, s.ci_low, s.ci_high);
    }
    free(scratch);
}

/* Each target of the file states the truth, to the digits written there, and a range around it. */
static void compare_targets(const struct study *study)
{
    const struct value *targets = value_of(&study->scenario->root, "targets");
    assert_true(value_count(targets) > 0);
    for (size_t i = 0; i < value_count(targets); i++) {
        const struct value *target = value_at(targets, i);
        struct truth truth[TRUTHS_MAX];
        bool found = false;
        find_truth(&study->points[study_point_index(study, value_text(target, "point"))], truth);
        for (size_t t = 0; truth[t].metric != NULL; t++)
            if (strcmp(truth[t].metric, value_text(target, "metric")) == 0) {
                double published = value_number(target, "published");
                if (fabs(published - truth[t].value) > 4e-5 * truth[t].value)
                    fail_msg("target %s: %.8g is written, %.8g is true", truth[t].metric, published, truth[t].value);
                assert_true(value_number(target, "low") <= published && published <= value_number(target, "high"));
                found = true;
            }
        assert_true(found);
    }
}

static void compare(const char *path)
{
    struct arena arena;
    struct study study;
    struct study_source source = {.path = path, .log = SIM_LOG_NONE};
    arena_open(&arena, 0);
    assert_true(study_prepare(&study, &arena, &source, &registry, stderr));
    struct harvest harvest = {&study, arena_array(&arena, study.point_count * study.metrics * study.replications, double)};
    struct study_options options = {.threads = 1};
    struct study_sink sink = {.context = &harvest, .take = take};
    assert_int_equal(study_run(&study, &options, &sink).end, STUDY_COMPLETE);
    for (size_t p = 0; p < study.point_count; p++)
        compare_point(&harvest, p);
    compare_targets(&study);
    arena_close(&arena);
}

static void queues_match_erlang_and_pollaczek_khinchine(void **state)
{
    (void)state;
    compare("scenarios/oracle/mm1.cfg");
}

static void machine_repair_matches_its_birth_death_process(void **state)
{
    (void)state;
    compare("scenarios/oracle/machine-repair.cfg");
}

static void renewal_is_in_equilibrium_from_the_first_day_for_any_laws(void **state)
{
    (void)state;
    compare("scenarios/oracle/renewal.cfg");
}

static void fresh_start_invents_the_failures_of_the_renewal_equation(void **state)
{
    (void)state;
    compare("scenarios/oracle/renewal-lanl.cfg");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queues_match_erlang_and_pollaczek_khinchine),
        cmocka_unit_test(machine_repair_matches_its_birth_death_process),
        cmocka_unit_test(renewal_is_in_equilibrium_from_the_first_day_for_any_laws),
        cmocka_unit_test(fresh_start_invents_the_failures_of_the_renewal_equation),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
