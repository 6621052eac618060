/* The answers of the oracle models, computed anew from the parameters that a study point really uses: closed forms, sums of a few
 * terms, and where a formula is an integral, GSL's quadrature. Nothing here is shared with the models; sources are in the
 * scenarios and at the models' heads. */
#ifndef NINES_TESTS_ORACLE_TRUTH_H
#define NINES_TESTS_ORACLE_TRUTH_H

#include "sim/scenario/scenario.h"

#include <gsl/gsl_integration.h>
#include <gsl/gsl_matrix.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { TRUTHS_MAX = 8 };

struct truth {
    const char *metric; /* NULL ends the list */
    double value;
};

/* Integral of f from a to b. */
static double integral(double (*f)(double, void *), void *context, double a, double b)
{
    enum { ROOM = 2000 };
    gsl_integration_workspace *workspace = gsl_integration_workspace_alloc(ROOM);
    gsl_function function = {f, context};
    double result, error;
    gsl_integration_qag(&function, a, b, 0, 1e-10, ROOM, GSL_INTEG_GAUSS31, workspace, &result, &error);
    gsl_integration_workspace_free(workspace);
    return result;
}

static double hours(const struct value *root, const char *name)
{
    return duration_hours(value_duration(root, name));
}

/* P(life > t), in seconds. */
static double survives(const struct law *law, double t)
{
    switch (law->kind) {
    case LAW_CONSTANT: return t < law->a ? 1 : 0;
    case LAW_EXPONENTIAL: return exp(-t / law_mean(law));
    case LAW_WEIBULL: return exp(-pow(t / law->b, law->a));
    default: fail_msg("no survival function for this law"); return NAN;
    }
}

/* --- Queues --- */

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

/* The rate matrix R of MMPP/M/1 by R <- -(A0 + R^2 A2) / A1, from 0; then L = pi0 R (I - R)^-2 e. */
static double mmpp_mean(double calm, double burst, double leave_calm, double leave_burst, double service)
{
    double arrivals[2] = {calm, burst}, r[2][2] = {{0}}, change = 1;
    double a[2][2] = {{-leave_calm - calm - service, leave_calm}, {leave_burst, -leave_burst - burst - service}};
    double det = a[0][0] * a[1][1] - a[0][1] * a[1][0];
    double inverse[2][2] = {{a[1][1] / det, -a[0][1] / det}, {-a[1][0] / det, a[0][0] / det}};
    while (change > 1e-15) {
        double next[2][2];
        change = 0;
        for (int i = 0; i < 2; i++) {
            double row[2];
            for (int j = 0; j < 2; j++)
                row[j] = -((i == j ? arrivals[i] : 0) + service * (r[i][0] * r[0][j] + r[i][1] * r[1][j]));
            for (int j = 0; j < 2; j++) {
                next[i][j] = row[0] * inverse[0][j] + row[1] * inverse[1][j];
                change = fmax(change, fabs(next[i][j] - r[i][j]));
            }
        }
        memcpy(r, next, sizeof r);
    }
    double b00 = -leave_calm - calm + service * r[0][0], b10 = leave_burst + service * r[1][0];
    double d = (1 - r[0][0]) * (1 - r[1][1]) - r[0][1] * r[1][0];
    double inv[2][2] = {{(1 - r[1][1]) / d, r[0][1] / d}, {r[1][0] / d, (1 - r[0][0]) / d}};
    double pi[2] = {-b10 / b00, 1}, all[2], sum, mean = 0;
    for (int j = 0; j < 2; j++)
        all[j] = pi[0] * inv[0][j] + pi[1] * inv[1][j];
    sum = all[0] + all[1]; /* pi0 (I - R)^-1 e, which must be 1 */
    for (int j = 0; j < 2; j++) { /* e' of (I - R)^-1 R (I - R)^-1, for R commutes with it */
        double next = (all[0] * r[0][j] + all[1] * r[1][j]) / sum;
        mean += next * (inv[j][0] + inv[j][1]);
    }
    return mean;
}

static void bounded_queue_truth(double rate, double mean, int servers, int capacity, struct truth *truth)
{
    double weight = 1, total = 0, inside = 0, waiting = 0, all_busy = 0, full = 0;
    for (int k = 0; k <= capacity; k++) {
        if (k > 0)
            weight *= rate * mean / (k < servers ? k : servers);
        total += weight;
        inside += weight * k;
        waiting += weight * (k > servers ? k - servers : 0);
        all_busy += k >= servers ? weight : 0;
        full = weight;
    }
    truth[0] = (struct truth){"utilisation", (inside - waiting) / total / servers};
    truth[1] = (struct truth){"mean_in_system", inside / total};
    truth[2] = (struct truth){"mean_wait_s", waiting / total / (rate * (1 - full / total))};
    truth[3] = (struct truth){"p_wait", all_busy / total};
    truth[4] = (struct truth){"share_lost", full / total};
}

static void queue_truth(const struct value *root, struct truth *truth)
{
    const struct law *service = value_law(root, "service");
    const struct value *bursts = value_of(root, "bursts");
    int servers = (int)value_integer(root, "servers"), capacity = (int)value_integer(root, "capacity");
    double rate = value_number(root, "arrival_rate"), mean = law_mean(service), load = rate * mean;
    double rho = load / servers, wait, p_wait = servers == 1 ? rho : erlang_c(servers, load);
    if (capacity > 0) {
        bounded_queue_truth(rate, mean, servers, capacity, truth);
        return;
    }
    if (bursts->given) {
        double calm = duration_seconds(value_duration(bursts, "calm")), burst = duration_seconds(value_duration(bursts, "length"));
        double other = value_number(bursts, "arrival_rate"), average = (rate * calm + other * burst) / (calm + burst);
        double inside = mmpp_mean(rate, other, 1 / calm, 1 / burst, 1 / mean);
        truth[0] = (struct truth){"utilisation", average * mean};
        truth[1] = (struct truth){"mean_in_system", inside};
        truth[2] = (struct truth){"mean_wait_s", inside / average - mean};
        return;
    }
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

/* --- Repair and renewal --- */

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

/* The renewal equations of a component that starts with a whole life before it, by the midpoint rule in the distribution
 * function (which is smooth where the density is infinite): failures by `end`, and the mean of being up. */
static void solve_fresh(const struct law *up, const struct law *down, double end, double *failures, double *availability)
{
    enum { STEPS = 2000 };
    static double fails_up[STEPS + 1], fails_down[STEPS + 1], is_up[STEPS + 1], is_up_after_down[STEPS + 1];
    static double rise_up[STEPS + 1], rise_down[STEPS + 1];
    double sum = 0, step = end / STEPS;
    for (int i = 1; i <= STEPS; i++) {
        rise_up[i] = survives(up, (i - 1) * step) - survives(up, i * step);
        rise_down[i] = survives(down, (i - 1) * step) - survives(down, i * step);
    }
    fails_up[0] = fails_down[0] = is_up_after_down[0] = 0;
    is_up[0] = 1;
    for (int i = 1; i <= STEPS; i++) {
        double u = 1 - survives(up, i * step), v = 0, a = 1 - u, b = 0;
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
        truth[4] = (struct truth){"mean_up_h", law_mean(up) / 3600};
        truth[5] = (struct truth){"mean_down_h", law_mean(down) / 3600};
    }
}

static double survives_s(double t, void *law)
{
    return survives(law, t);
}

static void upkeep_truth(const struct value *root, struct truth *truth)
{
    struct law up = *value_law(root, "up");
    double repair = law_mean(value_law(root, "repair")), length, up_time, failures, planned = 0;
    if (value_given(root, "replace_after")) { /* a cycle ends at the age, or in a failure */
        double age = duration_seconds(value_duration(root, "replace_after")), old = survives(&up, age);
        up_time = integral(survives_s, &up, 0, age);
        length = up_time + (1 - old) * repair + old * law_mean(value_law(root, "replacement"));
        failures = 1 - old;
        planned = old;
    } else { /* a cycle ends in the repair of a failure; it has a look every so often, until one finds it */
        double every = duration_seconds(value_duration(root, "inspect_every")), looks = 0, p;
        for (int i = 0; (p = survives(&up, i * every)) > 1e-18; i++)
            looks += p;
        up_time = law_mean(&up);
        length = every * looks + repair;
        failures = 1;
    }
    truth[0] = (struct truth){"availability", up_time / length};
    truth[1] = (struct truth){"failures_per_day", failures / length * 86400};
    if (planned > 0)
        truth[2] = (struct truth){"replacements_per_day", planned / length * 86400};
}

/* --- Structures --- */

static double binomial(int n, int k, double p)
{
    return gsl_sf_choose((unsigned)n, (unsigned)k) * pow(p, k) * pow(1 - p, n - k);
}

static int needed_of(const struct value *part)
{
    int needed = (int)value_integer(part, "needed");
    return needed == 0 ? (int)value_integer(part, "count") : needed;
}

static bool is_hot(const struct value *part)
{
    return strcmp(value_text(part, "standby"), "hot") == 0;
}

/* Rate at which one more of a part's exponential components fails when `up` are up, per hour. */
static double failing(const struct value *part, int up)
{
    int running = is_hot(part) || up < needed_of(part) ? up : needed_of(part);
    double idle = strcmp(value_text(part, "standby"), "warm") == 0 ? (up - running) * 3600 / law_mean(value_law(part, "idle")) : 0;
    return running * 3600 / law_mean(value_law(part, "up")) + idle;
}

/* P(a part of which nothing is repaired still holds at t hours): a sum of exponential stages exceeds t. Stages of one rate make an Erlang
 * law, stages of different rates a hypoexponential one (Cox 1962, section 2.3). */
static double part_survives(const struct value *part, double t)
{
    int count = (int)value_integer(part, "count"), stages = count - needed_of(part) + 1;
    double sum = 0;
    bool equal = stages > 1 && failing(part, count) == failing(part, count - 1);
    for (int i = 0; i < stages; i++) {
        double rate = failing(part, count - i), product = 1;
        if (equal) {
            sum += exp(i * log(rate * t) - rate * t - gsl_sf_lnfact((unsigned)i));
            continue;
        }
        for (int j = 0; j < stages; j++)
            if (j != i)
                product *= failing(part, count - j) / (failing(part, count - j) - rate);
        sum += product * exp(-rate * t);
    }
    return sum;
}

/* Shocks here hit all parts. */
static double structure_survives(double t, void *context)
{
    const struct value *root = context, *parts = value_of(root, "parts"), *shocks = value_of(root, "shocks");
    bool series = strcmp(value_text(root, "gate"), "all") == 0;
    double p = 1, shock = 0;
    if (!(t > 0))
        return 1;
    for (size_t i = 0; i < value_count(parts); i++) {
        double part = part_survives(value_at(parts, i), t);
        p *= series ? part : 1 - part;
    }
    for (size_t i = 0; i < value_count(shocks); i++)
        shock += 3600 * value_number(value_at(shocks, i), "rate");
    return exp(-shock * t) * (series ? p : 1 - p);
}

/* Availability of a part in equilibrium, and its failures an hour. */
static double part_availability(const struct value *part, double *failures)
{
    int count = (int)value_integer(part, "count"), needed = needed_of(part), crews = (int)value_integer(part, "crews");
    double up_h = law_mean(value_law(part, "up")) / 3600, repair_h = law_mean(value_law(part, "repair")) / 3600;
    double weight = 1, total = 0, good = 0, last = 0, p = up_h / (up_h + repair_h), sum = 0;
    if (is_hot(part) && (crews == 0 || crews >= count)) { /* independent, whatever the laws */
        for (int k = needed; k <= count; k++)
            sum += binomial(count, k, p);
        *failures = needed * binomial(count, needed, p) / up_h;
        return sum;
    }
    for (int down = 0; down <= count; down++) {
        if (down > 0)
            weight *= failing(part, count - down + 1) / ((crews == 0 || down < crews ? down : crews) / repair_h);
        total += weight;
        good += count - down >= needed ? weight : 0;
        last = count - down == needed ? weight : last;
    }
    *failures = last / total * failing(part, needed);
    return good / total;
}

static void structure_truth(const struct value *root, struct truth *truth)
{
    const struct value *parts = value_of(root, "parts");
    bool series = strcmp(value_text(root, "gate"), "all") == 0;
    double horizon = hours(root, "horizon"), p = 1, rate = 0;
    if (value_bool(root, "fresh")) {
        truth[0] = (struct truth){"survived", structure_survives(horizon, (void *)(uintptr_t)root)};
        truth[1] = (struct truth){"first_failure_h", integral(structure_survives, (void *)(uintptr_t)root, 0, horizon)};
        return;
    }
    for (size_t i = 0; i < value_count(parts); i++) {
        double failures, availability = part_availability(value_at(parts, i), &failures);
        p *= series ? availability : 1 - availability;
        rate += failures / (series ? availability : 1 - availability); /* of one part, as if the others let it through */
    }
    truth[0] = (struct truth){"availability", series ? p : 1 - p};
    truth[1] = (struct truth){"failures_per_day", 24 * p * rate};
}

/* --- Jobs, rollouts, families, accounts --- */

static void checkpoint_truth(const struct value *root, struct truth *truth)
{
    const struct law *up = value_law(root, "up");
    assert_int_equal(up->kind, LAW_EXPONENTIAL);
    double m = law_mean(up) / 3600, restart = hours(root, "restart"), interval = hours(root, "save_every");
    double intervals = (double)value_integer(root, "saves"), failures = expm1((interval + hours(root, "write")) / m);
    bool fails = value_bool(root, "restart_fails");
    double wall = intervals * failures * (fails ? m * exp(restart / m) : m + restart);
    truth[0] = (struct truth){"wall_h", wall};
    truth[1] = (struct truth){"failures_per_job", fails ? wall / m : intervals * failures};
    truth[2] = (struct truth){"useful_share", intervals * interval / wall};
}

struct rollout_question {
    const struct value *root;
    size_t stages;
};

/* P(fewer reports than stop the rollout by t hours, if only the first `stages` stages were ever begun). */
static double still_unstopped(double t, void *context)
{
    enum { STOP_MAX = 16 };
    const struct rollout_question *question = context;
    const struct value *root = question->root, *stages = value_of(root, "stages");
    int64_t stop_at = value_integer(root, "stop_at"), before = 0;
    double p[STOP_MAX] = {1}, begun = 0, sum = 0;
    assert_true(stop_at <= STOP_MAX);
    for (size_t i = 0; i < question->stages; i++) {
        const struct value *stage = value_at(stages, i);
        int64_t machines = (int64_t)ceil(value_number(stage, "share") * (double)value_integer(root, "machines") - 1e-6);
        double q = t > begun ? value_number(root, "flaw") * (1 - survives(value_law(root, "report"), 3600 * (t - begun))) : 0;
        for (int64_t machine = before; machine < machines; machine++)
            for (int64_t k = stop_at - 1; k >= 0; k--)
                p[k] = p[k] * (1 - q) + (k > 0 ? p[k - 1] * q : 0);
        before = machines;
        begun += hours(stage, "bake");
    }
    for (int64_t k = 0; k < stop_at; k++)
        sum += p[k];
    return sum;
}

static void rollout_truth(const struct value *root, struct truth *truth)
{
    const struct value *stages = value_of(root, "stages");
    double begun = 0, share = 0, before = 0, reached = 1, time = 0;
    for (size_t i = 0; i < value_count(stages); i++) {
        struct rollout_question question = {root, i};
        double now = value_number(value_at(stages, i), "share");
        double end = i + 1 < value_count(stages) ? begun + hours(value_at(stages, i), "bake") : hours(root, "horizon");
        reached = still_unstopped(begun, &question);
        share += (now - before) * reached;
        question.stages = i + 1;
        time += integral(still_unstopped, &question, begun, end);
        before = now;
        begun = end;
    }
    truth[0] = (struct truth){"share_reached", share};
    truth[1] = (struct truth){"completed", reached};
    if (value_law(root, "report")->kind != LAW_CONSTANT) /* whose integrand jumps */
        truth[2] = (struct truth){"time_to_stop_h", time};
}

/* P(a family is extinct by t hours) is 1 - this. */
static double family_lives(double t, void *context)
{
    const struct value *root = context;
    double b = 3600 * value_number(root, "birth_rate"), m = 3600 * value_number(root, "death_rate"), e = exp((b - m) * t);
    double dead = fabs(b - m) < 1e-12 ? b * t / (1 + b * t) : m * (e - 1) / (b * e - m);
    return 1 - pow(dead, (double)value_integer(root, "members"));
}

static void population_truth(const struct value *root, struct truth *truth)
{
    double t = hours(root, "horizon"), growth = 3600 * (value_number(root, "birth_rate") - value_number(root, "death_rate"));
    truth[0] = (struct truth){"extinct", 1 - family_lives(t, (void *)(uintptr_t)root)};
    truth[1] = (struct truth){"size", (double)value_integer(root, "members") * exp(growth * t)};
    truth[2] = (struct truth){"life_h", integral(family_lives, (void *)(uintptr_t)root, 0, t)};
}

/* Density at t hours, less the atom at `funds`, of the instant at which an account runs dry: funds / t x the density of the deposits
 * of a time t at t - funds (Kendall 1957). */
static double ruin_density(double t, void *context)
{
    const struct value *root = context;
    double rate = 3600 * value_number(root, "deposit_rate"), mean = law_mean(value_law(root, "deposit")) / 3600;
    double funds = hours(root, "funds"), paid = t - funds, sum = 0;
    for (int n = 1; paid > 0 && n < 4000; n++)
        sum += exp(n * log(rate * t) - rate * t - gsl_sf_lngamma(n + 1) + (n - 1) * log(paid) - paid / mean - n * log(mean) -
                   gsl_sf_lngamma(n));
    return funds / t * sum;
}

static double ruin_moment(double t, void *context)
{
    return t * ruin_density(t, context);
}

static void escrow_truth(const struct value *root, struct truth *truth)
{
    const struct law *deposit = value_law(root, "deposit");
    double rate = 3600 * value_number(root, "deposit_rate"), mean = law_mean(deposit) / 3600, funds = hours(root, "funds");
    double horizon = hours(root, "horizon"), ruined = 0, life = 0;
    if (deposit->kind == LAW_CONSTANT) { /* dry at funds + n deposits only: Borel and Tanner's law */
        for (int n = 0; funds + n * mean <= horizon; n++) {
            double t = funds + n * mean, p = funds / t * exp(n * log(rate * t) - rate * t - gsl_sf_lnfact((unsigned)n));
            ruined += p;
            life += p * t;
        }
    } else {
        assert_int_equal(deposit->kind, LAW_EXPONENTIAL);
        ruined = exp(-rate * funds) + integral(ruin_density, (void *)(uintptr_t)root, funds, horizon);
        life = funds * exp(-rate * funds) + integral(ruin_moment, (void *)(uintptr_t)root, funds, horizon);
    }
    life += (1 - ruined) * horizon;
    truth[0] = (struct truth){"ruined", ruined};
    truth[1] = (struct truth){"life_h", life};
    truth[2] = (struct truth){"deposits", rate * life}; /* Wald */
}

/* --- All of them --- */

/* What a point's metrics must be; the list ends with metric NULL. */
static void find_truth(const struct value *root, struct truth truth[TRUTHS_MAX])
{
    static const struct {
        const char *model;
        void (*find)(const struct value *root, struct truth *truth);
    } books[] = {
        {"mm1", queue_truth},           {"machine-repair", repair_truth}, {"renewal", renewal_truth},
        {"structure", structure_truth}, {"upkeep", upkeep_truth},         {"checkpoint", checkpoint_truth},
        {"rollout", rollout_truth},     {"population", population_truth}, {"escrow", escrow_truth},
    };
    memset(truth, 0, TRUTHS_MAX * sizeof *truth);
    for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
        if (strcmp(books[i].model, value_text(root, "model")) == 0) {
            books[i].find(root, truth);
            return;
        }
    }
    fail_msg("no book tells the truth about model %s", value_text(root, "model"));
}

#endif
