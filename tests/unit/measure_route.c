/* Sessions and requests on timelines by hand. */
#include "tests/unit/measure_bench.h"

/* Three replicas, quorum 2, 300 sessions, 5 min until a failure is noticed; window of 600 min. */
static void open(struct bench *bench, uint32_t count)
{
    open_bench(bench, count, 0, 0);
    bench->class[WEB].sessions = 300;
    bench->class[WEB].reroute = (duration){5 * US_PER_MINUTE};
    begin(bench);
    settled(bench);
}

/* Down at 100: a third of the requests fails for 5 min; back at 110. 100 sessions are lost. */
static void a_replica_takes_its_part_of_sessions_and_requests(void **state)
{
    (void)state;
    struct bench bench;
    open(&bench, 1);
    up(&bench, 0, 2, 100);
    up(&bench, 0, 3, 110);
    measure_close(bench.measure);
    says(&bench, "sessions_lost", 100);
    says(&bench, "availability_requests", 1 - 5 / 3.0 / 600);
    says(&bench, "availability_quorum", 1);
    close_bench(&bench);
}

/* Down at 100, the second at 102: the quorum is gone until 104. 100 sessions are lost, begin anew on the
 * other two, and then all 300 are lost. From 100 to 102 a third fails, from 102 to 104 all. At 104 one is back, the first that fell: up are two, one is dead and still sent requests until 107. */
static void a_lost_quorum_takes_all(void **state)
{
    (void)state;
    struct bench bench;
    open(&bench, 1);
    up(&bench, 0, 2, 100);
    up(&bench, 0, 1, 102);
    up(&bench, 0, 2, 104);
    up(&bench, 0, 3, 150);
    measure_close(bench.measure);
    says(&bench, "sessions_lost", 100 + 300);
    says(&bench, "availability_requests", 1 - (2 / 3.0 + 2 + 3 / 3.0) / 600);
    close_bench(&bench);
}

/* Of two services one falls before the window and is sent requests until 2 min into it; the other falls 1 min before the end. */
static void only_the_window_counts(void **state)
{
    (void)state;
    struct bench bench;
    open(&bench, 2);
    up(&bench, 0, 2, -3);
    up(&bench, 0, 3, 50);
    up(&bench, 1, 2, 599);
    measure_close(bench.measure);
    says(&bench, "sessions_lost", 100);
    says(&bench, "availability_requests", 1 - (2 / 3.0 + 1 / 3.0) / 1200);
    close_bench(&bench);
}

/* Down and up every 30 s, 20 times: more falls than replicas within the time that it takes to notice one. */
static void flapping_does_not_overflow(void **state)
{
    (void)state;
    struct bench bench;
    open(&bench, 1);
    for (int i = 0; i < 20; i++) {
        up(&bench, 0, 2, 100 + i);
        up(&bench, 0, 3, 100.5 + i);
    }
    measure_withdraw(bench.measure, 0, at(300));
    measure_close(bench.measure);
    says(&bench, "sessions_lost", 2000);
    says(&bench, "availability_requests", 1 - 20 * 0.5 / 3 / 300);
    close_bench(&bench);
}

static void nobody_who_did_not_ask_is_told(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 1, 0);
    begin(&bench);
    settled(&bench);
    up(&bench, 0, 0, 100);
    measure_close(bench.measure);
    says(&bench, "sessions_lost", NAN);
    says(&bench, "availability_requests", NAN);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replica_takes_its_part_of_sessions_and_requests),
        cmocka_unit_test(a_lost_quorum_takes_all),
        cmocka_unit_test(only_the_window_counts),
        cmocka_unit_test(flapping_does_not_overflow),
        cmocka_unit_test(nobody_who_did_not_ask_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
