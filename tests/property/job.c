/* Jobs under random failures: against a twin that lives tick by tick, and against the theory of checkpoints. */
#include "models/demand/job.h"
#include "sim/chance/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance))
        fail_msg("%.6g is not within %g of %.6g", value, tolerance, wanted);
}

/* The twin: what a job does in one tick. */
struct twin {
    int64_t restart_left, piece, write_left; /* of the attempt under way; piece: work since the last checkpoint */
    int64_t committed, restart, checkpoint, rework, idle, slow;
    int64_t millionths; /* of a tick of its own clock that have passed */
    bool saving;
    int64_t saving_left;
};

static void twin_begin(struct twin *twin, const struct job_costs *costs)
{
    twin->restart_left = costs->restart.us;
    twin->piece = twin->write_left = twin->millionths = 0;
    twin->saving = false;
}

/* True when the work is done. */
static bool twin_tick(struct twin *twin, const struct job_costs *costs, int64_t work)
{
    if (twin->saving) {
        if (twin->saving_left == 0) {
            twin->idle++;
            return false;
        }
        twin->checkpoint++;
        if (--twin->saving_left == 0) {
            twin->committed += twin->piece;
            twin->piece = 0;
        }
        return false;
    }
    if (twin->restart_left > 0) {
        twin->restart_left--;
        twin->restart++;
        return false;
    }
    if (twin->write_left > 0) {
        twin->checkpoint++;
        if (--twin->write_left == 0) {
            twin->committed += twin->piece;
            twin->piece = 0;
        }
        return false;
    }
    twin->piece++;
    if (twin->committed + twin->piece == work)
        return true;
    if (costs->interval.us > 0 && twin->piece == costs->interval.us) {
        twin->write_left = costs->write.us;
        if (twin->write_left == 0) {
            twin->committed += twin->piece;
            twin->piece = 0;
        }
    }
    return false;
}

/* A tick of the wall's clock at a pace. True when the work is done. */
static bool twin_wall_tick(struct twin *twin, const struct job_costs *costs, int64_t work, uint32_t pace)
{
    twin->millionths += pace;
    if (twin->millionths < JOB_PACE) {
        twin->slow++;
        return false;
    }
    twin->millionths -= JOB_PACE;
    return twin_tick(twin, costs, work);
}

static int64_t parts(const struct job *job)
{
    return job->committed.us + job->checkpoint.us + job->rework.us + job->restart.us + job->detection.us + job->queue.us +
           job->slow.us;
}

/* A stop is announced: the job writes, or finishes the write under way, and then waits. */
static void save(struct job *job, const struct job_costs *costs, struct twin *twin, int64_t now)
{
    duration in_flight, unsaved = job_unsaved(job, costs, (instant){now}, &in_flight);
    assert_int_equal(unsaved.us, twin->piece);
    assert_int_equal(in_flight.us, twin->write_left > 0 && twin->write_left < costs->write.us ? twin->write_left : 0);
    int64_t needs = in_flight.us > 0 ? in_flight.us : costs->write.us;
    job_save(job, (duration){needs}, (instant){now});
    twin->saving = true;
    twin->saving_left = needs;
    if (needs == 0) {
        twin->committed += twin->piece;
        twin->piece = 0;
    }
}

static void live(struct stream *chance)
{
    struct job_costs costs = {{(int64_t)stream_below(chance, 15)}, {0}, {0}};
    costs.write.us = (int64_t)stream_below(chance, 6);
    costs.restart.us = (int64_t)stream_below(chance, 8);
    struct job job = {.work = {1 + (int64_t)stream_below(chance, 120)}};
    struct twin twin = {0};
    int64_t now = (int64_t)stream_below(chance, 1000) - 500, begun = now, committed = 0, queued = 0;
    bool done = false;
    for (int attempt = 0; !done; attempt++) {
        instant finish = job_begin(&job, &costs, (instant){now});
        int64_t fails = attempt < 40 ? (int64_t)stream_below(chance, 60) : INT64_MAX;
        bool slows = attempt < 40 && stream_chance(chance, 0.5);
        int64_t warned = attempt < 40 && stream_chance(chance, 0.3) ? (int64_t)stream_below(chance, 60) : INT64_MAX;
        twin_begin(&twin, &costs);
        uint32_t pace = JOB_PACE;
        for (int64_t age = 0; age < fails && !done; age++) {
            if (slows && stream_below(chance, 8) == 0) {
                static const uint32_t paces[] = {JOB_PACE, 500000, 300000, 999999, 1};
                pace = paces[stream_below(chance, 5)];
                twin.millionths = 0; /* what is begun of a tick when the pace changes is lost */
                finish = job_pace(&job, &costs, pace, (instant){now});
                assert_int_equal(finish.us == US_NEVER, twin.saving);
            }
            if (age == warned && finish.us > now)
                save(&job, &costs, &twin, now);
            assert_int_equal(job_account(&job, &costs, (instant){now}).productive.us, twin.committed + twin.piece);
            assert_int_equal(job_wall(&job, (instant){now}).us, now - begun);
            done = twin_wall_tick(&twin, &costs, job.work.us, pace);
            now++;
        }
        if (done) {
            assert_int_equal(finish.us, now);
            break;
        }
        assert_true(finish.us >= now || twin.saving); /* a failure may come in the tick in which it would have ended */
        twin.rework += twin.piece;
        queued += twin.idle;
        twin.idle = 0;
        bool announced = twin.saving && stream_chance(chance, 0.5);
        duration lost = announced ? job_stop(&job, &costs, (instant){now}) : job_fail(&job, &costs, (instant){now});
        assert_int_equal(lost.us, twin.piece);
        assert_int_equal(job.queue.us, queued);
        assert_true(job.committed.us >= committed);
        committed = job.committed.us;
        assert_int_equal(committed, twin.committed);
        assert_int_equal(job.rework.us, twin.rework);
        assert_int_equal(job.restart.us, twin.restart);
        assert_int_equal(job.checkpoint.us, twin.checkpoint);
        assert_int_equal(job.slow.us, twin.slow);
        assert_int_equal(parts(&job), now - begun);
        int64_t noticed = now + (int64_t)stream_below(chance, 10);
        if (announced) {
            queued += noticed - now; /* nobody has to notice */
        } else if (stream_chance(chance, 0.7)) {
            job_detect(&job, (instant){noticed});
            announced = true;
        }
        now = noticed + (int64_t)stream_below(chance, 10);
        queued += announced ? now - noticed : 0;
        assert_int_equal(job_wall(&job, (instant){now}).us, now - begun);
    }
    job_finish(&job, &costs, (instant){now});
    assert_int_equal(job.committed.us, job.work.us);
    assert_int_equal(parts(&job), now - begun);
    assert_int_equal(job_wall(&job, (instant){now + 100}).us, now - begun);
}

static void every_tick_is_accounted_for(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        struct stream chance = stream_open(stream_key(7, i, "jobs"));
        live(&chance);
    }
}

/* Useful share of the wall time of one very long job; minutes. */
static double simulated_ettr(double tau, double delta, double restart, double mtbf, uint32_t intervals, const char *name)
{
    struct job_costs costs = {duration_from_seconds(tau * 60), duration_from_seconds(delta * 60),
                              duration_from_seconds(restart * 60)};
    struct stream chance = stream_open(stream_key_path(stream_key(11, 0, "checkpoints"), name));
    struct job job = {.work = {costs.interval.us * intervals}};
    instant now = {0}, finish = job_begin(&job, &costs, now);
    for (;;) {
        instant fault = instant_add(now, duration_from_seconds(stream_exponential(&chance) * mtbf * 60));
        if (fault.us >= finish.us)
            break;
        now = fault;
        job_fail(&job, &costs, now);
        job_detect(&job, now);
        finish = job_begin(&job, &costs, now);
    }
    job_finish(&job, &costs, finish);
    return (double)job.committed.us / (double)job_wall(&job, finish).us;
}

/* Daly 2006, section 3: failures are exponential and strike during writes and restarts too. */
static double exact_ettr(double tau, double delta, double restart, double mtbf)
{
    return tau / (mtbf * exp(restart / mtbf) * (exp((tau + delta) / mtbf) - 1));
}

static void simulated_ettr_is_dalys(void **state)
{
    (void)state;
    static const struct { double tau, delta, restart, mtbf, wall; } rows[] = {
        {60, 1, 5, 186, 74.16},
        {5, 0.5, 5, 108, 5.910},
        {30, 2, 10, 1440, 32.58},
        {10, 0.5, 5, 166.8, 0}, /* one interruption per 2.78 h, as on 16,384 GPUs */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "row %zu", i);
        double exact = exact_ettr(rows[i].tau, rows[i].delta, rows[i].restart, rows[i].mtbf);
        if (rows[i].wall > 0)
            assert_near(rows[i].tau / exact, rows[i].wall, 0.005);
        double simulated = simulated_ettr(rows[i].tau, rows[i].delta, rows[i].restart, rows[i].mtbf, 1000000, name);
        assert_near(simulated / exact, 1, 0.005);
    }
}

static void dalys_interval_is_near_the_best(void **state)
{
    (void)state;
    double mtbf = 186, delta = 1, x = sqrt(delta / (2 * mtbf));
    double daly = sqrt(2 * delta * mtbf) * (1 + x / 3 + x * x / 9) - delta;
    double best = 0, best_tau = 0;
    for (double tau = daly / 4; tau < daly * 4; tau *= 1.05) {
        double ettr = exact_ettr(tau, delta, 5, mtbf);
        if (ettr > best)
            best = ettr, best_tau = tau;
    }
    assert_near(best_tau / daly, 1, 0.1);
    double at = simulated_ettr(daly, delta, 5, mtbf, 400000, "daly");
    assert_near(at / best, 1, 0.005);
    assert_true(simulated_ettr(daly / 3, delta, 5, mtbf, 400000, "third") < at);
    assert_true(simulated_ettr(daly * 3, delta, 5, mtbf, 400000, "triple") < at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tick_is_accounted_for),
        cmocka_unit_test(simulated_ettr_is_dalys),
        cmocka_unit_test(dalys_interval_is_near_the_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
