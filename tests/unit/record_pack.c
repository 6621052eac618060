/* Records on their way between processes: what arrives is what left. */
#include "tests/unit/toy.h"

#include "sim/study/record_pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct sim_record *full_record(struct arena *arena)
{
    struct sim_task task = toy_task(SIM_LOG_EVENTS);
    struct sim_record *record = record_open(arena, &toy_model, &task);
    record_metric(record, TOY_COST, -0.0);
    record_metric(record, TOY_RECOVER, (double)NAN);
    record_series(record, 1, 3, 1e-310);
    toy_lists(record, 7);
    for (int64_t i = 0; i < 100; i++) /* several chunks */
        record_message(record, &(struct sim_message){.height = i, .text = i == 50 ? "" : "a message"});
    record_part(record, &(struct sim_part){"site", "east", {US_PER_HOUR}, 2, (const double[]){0.5, (double)NAN}});
    record_part(record, &(struct sim_part){"site", "west", {US_PER_HOUR}, 0, NULL});
    for (uint32_t i = 0; i < 70; i++) /* several chunks */
        record_slice(record, &(struct sim_slice){.breakdown = i % 2, .slice = i % 2 == 0 ? "node" : "", .at = i % 2 == 0 ? (double)NAN : i,
                                                 .numerator = i, .denominator = 2});
    record_done(record, 12345, 0xfeedfacecafebeefu);
    return record;
}

static void what_arrives_is_what_left(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct sim_record *record = full_record(&arena);
    struct pack first = {0}, second = {0};
    pack_record(&first, record);
    struct unpack unpack = {.bytes = first.bytes, .left = first.length};
    struct sim_record *copy = unpack_record(&unpack, &arena, &toy_model);
    assert_false(unpack.broken);
    assert_int_equal(unpack.left, 0);
    assert_true(record_digest(copy) == record_digest(record));
    assert_int_equal(copy->outages_seen, record->outages_seen);
    assert_int_equal(copy->outages_listed, record->outages_listed);
    assert_int_equal(copy->leases_listed, record->leases_listed);
    assert_int_equal(copy->payments_listed, record->payments_listed);
    assert_int_equal(copy->messages_listed, record->messages_listed);
    assert_int_equal(copy->messages->first, 1);
    assert_true(copy->metric_reported[TOY_COST] && !copy->metric_reported[TOY_NODE]);
    assert_string_equal(copy->outages->rows[0].incident, "july");
    assert_null(copy->outages->rows[1].incident);
    assert_true(isnan(copy->leases->rows[0].end_s));
    assert_string_equal(copy->parts->part.name, "east");
    assert_true(copy->parts->part.values[0] == 0.5 && isnan(copy->parts->part.values[1]));
    assert_string_equal(copy->parts->next->part.name, "west");
    assert_null(copy->parts->next->next);
    assert_int_equal(copy->slice_count, 70);
    assert_true(copy->slices->rows[69].numerator == 69 && copy->slices->rows[69].at == 69 && isnan(copy->slices->rows[68].at));
    pack_record(&second, copy);
    assert_int_equal(second.length, first.length);
    assert_memory_equal(second.bytes, first.bytes, first.length);
    pack_free(&first);
    pack_free(&second);
    arena_close(&arena);
}

static void a_record_cut_short_is_noticed(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct pack pack = {0};
    pack_record(&pack, full_record(&arena));
    for (size_t length = 0; length < pack.length; length += length < 64 ? 1 : 13) {
        struct arena_mark mark = arena_mark(&arena);
        struct unpack unpack = {.bytes = pack.bytes, .left = length};
        (void)unpack_record(&unpack, &arena, &toy_model);
        if (!unpack.broken)
            fail_msg("%zu of %zu bytes read as a whole", length, pack.length);
        arena_rewind(&arena, mark);
    }
    pack_free(&pack);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_arrives_is_what_left),
        cmocka_unit_test(a_record_cut_short_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
