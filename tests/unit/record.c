/* What a replication reports: buffers, lists, caps, digest. */
#include "tests/unit/toy.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void what_is_never_reported_is_undefined(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct sim_task task = toy_task(SIM_LOG_NONE);
    struct sim_record *record = record_open(&arena, &toy_model, &task);
    assert_int_equal(record->metric_count, TOY_METRICS);
    assert_int_equal(record->series_count, 2);
    assert_int_equal(record->steps, TOY_STEPS);
    for (uint32_t i = 0; i < record->metric_count; i++)
        assert_true(isnan(record->metric_values[i]));
    for (uint32_t i = 0; i < 2 * TOY_STEPS; i++)
        assert_true(isnan(record->series_values[i]));
    arena_close(&arena);
}

static void every_slice_is_part_of_the_digest(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct sim_task task = toy_task(SIM_LOG_NONE);
    uint64_t digest[6];
    for (uint32_t i = 0; i < 6; i++) {
        struct sim_record *record = record_open(&arena, &toy_model, &task);
        struct sim_slice slice = {.breakdown = i == 1, .slice = i == 2 ? "rack" : "node", .at = i == 3 ? 1 : (double)NAN,
                                  .numerator = i == 4 ? 1.5 : 1, .denominator = i == 5 ? 3 : 2};
        record_slice(record, &slice);
        record_done(record, 1, 1);
        assert_int_equal(record->slice_count, 1);
        digest[i] = record_digest(record);
        for (uint32_t k = 0; k < i; k++)
            assert_true(digest[k] != digest[i]);
    }
    arena_close(&arena);
}

static void the_last_step_of_the_grid_may_be_short(void **state)
{
    (void)state;
    assert_int_equal(record_steps((instant){10}, (duration){5}), 2);
    assert_int_equal(record_steps((instant){11}, (duration){5}), 3);
    assert_int_equal(record_steps((instant){1}, (duration){5}), 1);
}

static void outages_are_counted_by_one_rule_and_listed_up_to_the_cap(void **state)
{
    (void)state;
    static const struct { enum sim_log log; uint64_t seen, listed; } wanted[] = {
        {SIM_LOG_NONE, 3, 0}, {SIM_LOG_SUMMARY, 3, 3}, {SIM_LOG_LEASES, 3, 3}, {SIM_LOG_EVENTS, 4, 3}};
    for (size_t i = 0; i < 4; i++) {
        struct arena arena;
        arena_open(&arena, 0);
        struct sim_record *record = toy_record(&arena, wanted[i].log, 0, 0, 0);
        assert_int_equal(record->outages_seen, wanted[i].seen);
        assert_int_equal(record->outages_listed, wanted[i].listed);
        assert_int_equal(record->outages != NULL ? record->outages->count : 0, wanted[i].listed);
        assert_int_equal(record->leases_listed, wanted[i].log >= SIM_LOG_LEASES ? 1 : 0);
        assert_int_equal(record->payments_listed, wanted[i].log >= SIM_LOG_LEASES ? 1 : 0);
        arena_close(&arena);
    }
}

static void an_open_outage_counts_however_short(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct sim_task task = toy_task(SIM_LOG_SUMMARY);
    struct sim_record *record = record_open(&arena, &toy_model, &task);
    struct sim_outage outage = {.subject_kind = "service", .subject = "web", .start_s = 10, .end_s = 11, .cause = ""};
    record_outage(record, &outage);
    assert_int_equal(record->outages_seen, 0);
    outage.censored = true;
    record_outage(record, &outage);
    assert_int_equal(record->outages_seen, 1);
    arena_close(&arena);
}

static void long_lists_keep_their_order_and_their_texts(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct sim_task task = toy_task(SIM_LOG_LEASES);
    struct sim_record *record = record_open(&arena, &toy_model, &task);
    for (int i = 0; i < 50000; i++) {
        char tenant[32];
        snprintf(tenant, sizeof tenant, "tenant-%d", i % 1000);
        record_lease(record, &(struct sim_lease){.id = i, .tenant = tenant, .provider = "p", .reason = "closed"});
    }
    int seen = 0;
    for (const struct record_leases *chunk = record->leases; chunk != NULL; chunk = chunk->next)
        for (size_t i = 0; i < chunk->count; i++, seen++) {
            char tenant[32];
            snprintf(tenant, sizeof tenant, "tenant-%d", seen % 1000);
            assert_int_equal(chunk->rows[i].id, seen);
            assert_string_equal(chunk->rows[i].tenant, tenant);
        }
    assert_int_equal(seen, 50000);
    arena_close(&arena);
}

static uint64_t digest_of(enum sim_log log, uint32_t rep)
{
    struct arena arena;
    arena_open(&arena, 0);
    uint64_t digest = record_digest(toy_record(&arena, log, 0, rep, 1));
    arena_close(&arena);
    return digest;
}

static void the_digest_knows_no_log_level(void **state)
{
    (void)state;
    uint64_t first = digest_of(SIM_LOG_NONE, 4);
    assert_true(first == digest_of(SIM_LOG_SUMMARY, 4));
    assert_true(first == digest_of(SIM_LOG_LEASES, 4));
    assert_true(first == digest_of(SIM_LOG_EVENTS, 4));
    assert_true(first != digest_of(SIM_LOG_NONE, 5));
}

/* Changes one thing at a time; what: 0 nothing, 1 a metric's last bit, 2 a series value, 3 events, 4 engine digest,
 * 5 a metric left out. */
static uint64_t digest_with(int what)
{
    struct arena arena;
    arena_open(&arena, 0);
    struct sim_task task = toy_task(SIM_LOG_NONE);
    struct sim_record *record = record_open(&arena, &toy_model, &task);
    if (what != 5)
        record_metric(record, TOY_COST, what == 1 ? nextafter(7.25, 8) : 7.25);
    record_metric(record, TOY_NODE, what == 0 ? (double)NAN : -(double)NAN); /* one undefined, whatever its bits */
    record_series(record, 1, 3, what == 2 ? 2.5 : 2.25);
    record_done(record, what == 3 ? 11 : 10, what == 4 ? 6 : 5);
    uint64_t digest = record_digest(record);
    arena_close(&arena);
    return digest;
}

static void the_digest_covers_every_number(void **state)
{
    (void)state;
    assert_true(digest_with(0) == digest_with(6));
    for (int what = 1; what <= 5; what++)
        assert_true(digest_with(0) != digest_with(what));
    assert_true(digest_with(0) == UINT64_C(0x717f0e4ac8b98045)); /* the same with every compiler and flag */
}

static int death_of(void (*deed)(struct sim_record *))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct arena arena;
        arena_open(&arena, 0);
        struct sim_task task = toy_task(SIM_LOG_NONE);
        (void)!freopen("/dev/null", "w", stderr);
        deed(record_open(&arena, &toy_model, &task));
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void report_twice(struct sim_record *record)
{
    record_metric(record, TOY_COST, 1);
    record_metric(record, TOY_COST, 1);
}
static void report_infinity(struct sim_record *record) { record_metric(record, TOY_COST, (double)INFINITY); }
static void report_beyond_the_grid(struct sim_record *record) { record_series(record, 0, TOY_STEPS, 1); }
static void digest_too_early(struct sim_record *record) { (void)record_digest(record); }

static void misuse_is_a_failed_check(void **state)
{
    (void)state;
    assert_int_equal(death_of(report_twice), SIGABRT);
    assert_int_equal(death_of(report_infinity), SIGABRT);
    assert_int_equal(death_of(report_beyond_the_grid), SIGABRT);
    assert_int_equal(death_of(digest_too_early), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_never_reported_is_undefined),
        cmocka_unit_test(every_slice_is_part_of_the_digest),
        cmocka_unit_test(the_last_step_of_the_grid_may_be_short),
        cmocka_unit_test(outages_are_counted_by_one_rule_and_listed_up_to_the_cap),
        cmocka_unit_test(an_open_outage_counts_however_short),
        cmocka_unit_test(long_lists_keep_their_order_and_their_texts),
        cmocka_unit_test(the_digest_knows_no_log_level),
        cmocka_unit_test(the_digest_covers_every_number),
        cmocka_unit_test(misuse_is_a_failed_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
