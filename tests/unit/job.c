/* A job's progress by hand: interval 10, write 2, restart 3, work 35 give 3 + 35 + 3 x 2 = 44 ticks. */
#include "models/demand/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct job_costs costs = {.interval = {10}, .write = {2}, .restart = {3}};

static struct job fresh(int64_t work) { return (struct job){.work = {work}}; }

static void without_failures_wall_is_restart_and_work_and_writes(void **state)
{
    (void)state;
    static const struct { int64_t work, wall; } wanted[] = {{1, 4}, {9, 12}, {10, 13}, {11, 16}, {20, 25}, {21, 28}, {35, 44}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct job job = fresh(wanted[i].work);
        instant done = job_begin(&job, &costs, (instant){1000});
        assert_int_equal(done.us, 1000 + wanted[i].wall);
        job_finish(&job, &costs, done);
        assert_int_equal(job_wall(&job, (instant){9999}).us, wanted[i].wall);
        assert_int_equal(job.committed.us, wanted[i].work);
        assert_int_equal(job.restart.us, 3);
        assert_int_equal(job.checkpoint.us, (wanted[i].work - 1) / 10 * 2);
        assert_int_equal(job.rework.us + job.queue.us + job.detection.us, 0);
        assert_int_equal(job.phase, JOB_DONE);
    }
}

static void without_checkpoints_nothing_is_written(void **state)
{
    (void)state;
    struct job_costs none = {.write = {2}, .restart = {3}};
    struct job job = fresh(35);
    assert_int_equal(job_begin(&job, &none, (instant){0}).us, 38);
    assert_int_equal(job_fail(&job, &none, (instant){37}).us, 34);
    assert_int_equal(job.committed.us, 0);
    assert_int_equal(job_begin(&job, &none, (instant){40}).us, 78);
}

/* What a failure at some age of the first attempt costs. */
static void a_failure_loses_what_was_not_written(void **state)
{
    (void)state;
    static const struct { int64_t age, restart, committed, checkpoint, lost; } wanted[] = {
        {0, 0, 0, 0, 0},     /* at once */
        {2, 2, 0, 0, 0},     /* while it restarts */
        {3, 3, 0, 0, 0},     /* restarted, nothing done */
        {8, 3, 0, 0, 5},     /* in the first piece of work */
        {13, 3, 0, 0, 10},   /* as its checkpoint begins */
        {14, 3, 0, 1, 10},   /* while it is written: one in flight does not count */
        {15, 3, 10, 2, 0},   /* as it is complete */
        {19, 3, 10, 2, 4},   /* in the second piece */
        {38, 3, 20, 5, 10},  /* in the middle of the third write */
        {43, 3, 30, 6, 4},   /* in the last piece, after which nothing is written */
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct job job = fresh(35);
        job_begin(&job, &costs, (instant){500});
        assert_int_equal(job_fail(&job, &costs, (instant){500 + wanted[i].age}).us, wanted[i].lost);
        assert_int_equal(job.restart.us, wanted[i].restart);
        assert_int_equal(job.committed.us, wanted[i].committed);
        assert_int_equal(job.checkpoint.us, wanted[i].checkpoint);
        assert_int_equal(job.rework.us, wanted[i].lost);
        assert_int_equal(job_wall(&job, (instant){500 + wanted[i].age}).us, wanted[i].age);
        assert_int_equal(job.failures, 1);
    }
}

static void the_next_attempt_goes_on_from_the_checkpoint(void **state)
{
    (void)state;
    struct job job = fresh(35);
    job_begin(&job, &costs, (instant){0});
    job_fail(&job, &costs, (instant){19}); /* 10 committed, 4 lost */
    job_detect(&job, (instant){24});
    job_detect(&job, (instant){26}); /* noticed twice is noticed once */
    instant done = job_begin(&job, &costs, (instant){30});
    assert_int_equal(done.us, 30 + 3 + 25 + 2 * 2);
    assert_int_equal(job_account(&job, &costs, (instant){30 + 3 + 4}).productive.us, 14);
    job_finish(&job, &costs, done);
    assert_int_equal(job.detection.us, 5);
    assert_int_equal(job.queue.us, 6);
    assert_int_equal(job.rework.us, 4);
    assert_int_equal(job.checkpoint.us, 6);
    assert_int_equal(job.restart.us, 6);
    assert_int_equal(job_wall(&job, done).us, done.us);
    assert_int_equal(job.attempts, 2);
}

static void time_that_nobody_noticed_is_detection(void **state)
{
    (void)state;
    struct job job = fresh(35);
    assert_int_equal(job_wall(&job, (instant){77}).us, 0); /* before the first start there is no wall time */
    job_begin(&job, &costs, (instant){0});
    job_fail(&job, &costs, (instant){5});
    assert_int_equal(job_wall(&job, (instant){25}).us, 25);
    job_begin(&job, &costs, (instant){30}); /* its nodes came back by themselves */
    assert_int_equal(job.detection.us, 25);
    assert_int_equal(job.queue.us, 0);
}

static void very_much_work_ends_never_instead_of_in_the_past(void **state)
{
    (void)state;
    struct job_costs busy = {.interval = {US_PER_SECOND}, .write = {US_PER_HOUR}, .restart = {0}};
    struct job job = fresh(US_NEVER);
    assert_int_equal(job_begin(&job, &busy, (instant){US_PER_DAY}).us, US_NEVER);
    job = fresh(US_NEVER);
    assert_int_equal(job_begin(&job, &costs, (instant){US_PER_DAY}).us, US_NEVER);
    assert_int_equal(job_fail(&job, &costs, (instant){US_PER_DAY + 19}).us, 4);
    assert_int_equal(job.committed.us, 10);
}

/* Warned in the second piece of work, after 17 ticks, of which 10 are committed and 2 are at risk. */
static void a_job_that_is_warned_saves_and_then_waits(void **state)
{
    (void)state;
    struct job job = fresh(35);
    duration in_flight;
    job_begin(&job, &costs, (instant){0});
    assert_int_equal(job_unsaved(&job, &costs, (instant){17}, &in_flight).us, 2);
    assert_int_equal(in_flight.us, 0);
    job_save(&job, costs.write, (instant){17});
    struct job_account account = job_account(&job, &costs, (instant){18});
    assert_int_equal(account.productive.us, 12); /* not committed yet, but not lost either */
    assert_int_equal(account.checkpoint.us, 3);
    assert_int_equal(job_stop(&job, &costs, (instant){25}).us, 0);
    assert_int_equal(job.committed.us, 12);
    assert_int_equal(job.checkpoint.us, 4);
    assert_int_equal(job.queue.us, 6);
    assert_int_equal(job.phase, JOB_QUEUED);
    assert_int_equal(job.stops, 1);
    assert_int_equal(job.failures, 0);
    assert_int_equal(job_begin(&job, &costs, (instant){25}).us, 25 + 3 + 23 + 2 * 2);
}

static void a_job_that_fails_while_it_saves_loses_its_piece(void **state)
{
    (void)state;
    struct job job = fresh(35);
    job_begin(&job, &costs, (instant){0});
    job_save(&job, costs.write, (instant){17});
    assert_int_equal(job_fail(&job, &costs, (instant){18}).us, 2);
    assert_int_equal(job.committed.us, 10);
    assert_int_equal(job.phase, JOB_UNDETECTED);
}

static void a_write_under_way_saves_what_it_covers(void **state)
{
    (void)state;
    struct job job = fresh(35);
    duration in_flight;
    job_begin(&job, &costs, (instant){0});
    assert_int_equal(job_unsaved(&job, &costs, (instant){14}, &in_flight).us, 10);
    assert_int_equal(in_flight.us, 1);
    job_save(&job, in_flight, (instant){14});
    assert_int_equal(job_stop(&job, &costs, (instant){15}).us, 0);
    assert_int_equal(job.committed.us, 10);
    assert_int_equal(job.checkpoint.us, 2);
}

/* Restart 3, pieces of 10, writes of 2: at half pace from tick 8 to tick 28 the attempt is 8 + 10 old. */
static void a_slow_job_takes_longer_and_the_account_says_how_much(void **state)
{
    (void)state;
    struct job job = fresh(35);
    assert_int_equal(job_begin(&job, &costs, (instant){0}).us, 3 + 35 + 3 * 2);
    assert_int_equal(job_pace(&job, &costs, JOB_PACE / 2, (instant){8}).us, 8 + 2 * 36);
    struct job_account account = job_account(&job, &costs, (instant){28});
    assert_int_equal(account.productive.us, 10 + 3);
    assert_int_equal(account.checkpoint.us, 2);
    assert_int_equal(account.slow.us, 10);
    instant done = job_pace(&job, &costs, JOB_PACE, (instant){28});
    assert_int_equal(done.us, 28 + 44 - 18);
    job_finish(&job, &costs, done);
    assert_int_equal(job.slow.us, 10);
    assert_int_equal(job_wall(&job, done).us, done.us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_failures_wall_is_restart_and_work_and_writes),
        cmocka_unit_test(without_checkpoints_nothing_is_written),
        cmocka_unit_test(a_failure_loses_what_was_not_written),
        cmocka_unit_test(the_next_attempt_goes_on_from_the_checkpoint),
        cmocka_unit_test(time_that_nobody_noticed_is_detection),
        cmocka_unit_test(very_much_work_ends_never_instead_of_in_the_past),
        cmocka_unit_test(a_job_that_is_warned_saves_and_then_waits),
        cmocka_unit_test(a_slow_job_takes_longer_and_the_account_says_how_much),
        cmocka_unit_test(a_job_that_fails_while_it_saves_loses_its_piece),
        cmocka_unit_test(a_write_under_way_saves_what_it_covers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
