/* What is told of one subject: what is kept, what is one note, what is left out. */
#include "tests/unit/toy.h"

#include "sim/study/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct bench {
    struct arena arena;
    struct sim_record *record;
    struct story *story;
};

static void open_bench(struct bench *bench)
{
    arena_open(&bench->arena, 0);
    struct sim_task task = toy_task(SIM_LOG_NONE);
    task.outage_min = (duration){5 * US_PER_MINUTE};
    bench->record = record_open(&bench->arena, &toy_model, &task);
    bench->story = NULL;
}

static void open_listened(struct bench *bench)
{
    open_bench(bench);
    bench->story = story_open(&bench->arena, (struct sim_subject){.kind = "service", .name = "web/1"});
    bench->record->story = bench->story;
}

static void say(const struct bench *bench, int64_t at_s, uint32_t part, const char *text)
{
    struct sim_note note = {.at = {at_s * US_PER_SECOND}, .part = part, .what = "said", .text = text, .lease = -1};
    record_note(bench->record, &note);
}

static void nothing_is_told_when_nobody_listens(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench);
    size_t before = bench.arena.used_bytes;
    assert_null(record_subject(bench.record));
    say(&bench, 1, 0, "down");
    record_subject_is(bench.record, &(struct sim_told){.kind = "service", .about = "x", .part = "replica", .parts = 1});
    record_subject_unknown(bench.record, "none", NULL);
    record_subject_down(bench.record, &(struct sim_outage){.subject_kind = "service", .subject = "web/1", .cause = "x"});
    assert_int_equal(bench.arena.used_bytes, before);
    arena_close(&bench.arena);
}

static void what_repeats_in_a_part_is_one_note_with_a_count(void **state)
{
    (void)state;
    struct bench bench;
    open_listened(&bench);
    say(&bench, 1, 0, "refused");
    say(&bench, 2, 1, "refused"); /* another part does not come between */
    say(&bench, 3, 0, "refused");
    say(&bench, 4, 0, "refused");
    say(&bench, 5, 0, "placed");
    say(&bench, 6, 0, "refused"); /* something else did */
    const struct story_note *first = bench.story->first;
    assert_int_equal(bench.story->notes, 4);
    assert_int_equal(first->times, 3);
    assert_int_equal(first->note.at.us, 1 * US_PER_SECOND);
    assert_int_equal(first->until.us, 4 * US_PER_SECOND);
    assert_int_equal(first->next->times, 1);
    assert_string_equal(bench.story->last->note.text, "refused");
    assert_int_equal(bench.story->last->times, 1);
    arena_close(&bench.arena);
}

/* Part 1023 and the whole share a slot of the memory for the last note. */
static void parts_are_not_mixed_up(void **state)
{
    (void)state;
    struct bench bench;
    open_listened(&bench);
    say(&bench, 1, STORY_PARTS - 1, "down");
    say(&bench, 2, SIM_WHOLE, "down");
    say(&bench, 3, STORY_PARTS - 1, "down");
    assert_int_equal(bench.story->notes, 3);
    arena_close(&bench.arena);
}

static void of_the_whole_only_neighbours_are_one_note(void **state)
{
    (void)state;
    struct bench bench;
    open_listened(&bench);
    say(&bench, 1, SIM_WHOLE, "noticed");
    say(&bench, 2, SIM_WHOLE, "noticed");
    say(&bench, 3, 0, "up");
    say(&bench, 4, SIM_WHOLE, "noticed");
    assert_int_equal(bench.story->notes, 3);
    assert_int_equal(bench.story->first->times, 2);
    arena_close(&bench.arena);
}

static void texts_are_copied(void **state)
{
    (void)state;
    struct bench bench;
    open_listened(&bench);
    char text[] = "down", path[] = "north/z1";
    struct sim_note note = {.part = 0, .what = "down", .text = text, .component = path, .lease = -1};
    record_note(bench.record, &note);
    memset(text, 'x', sizeof text - 1);
    memset(path, 'x', sizeof path - 1);
    assert_string_equal(bench.story->first->note.text, "down");
    assert_string_equal(bench.story->first->note.component, "north/z1");
    assert_null(bench.story->first->note.incident);
    arena_close(&bench.arena);
}

static void beyond_the_most_notes_the_rest_is_counted(void **state)
{
    (void)state;
    struct bench bench;
    open_listened(&bench);
    for (int64_t i = 0; i < STORY_NOTES_MAX + 7; i++)
        say(&bench, i, (uint32_t)(i % 2), i % 4 < 2 ? "up" : "down");
    assert_int_equal(bench.story->notes, STORY_NOTES_MAX);
    assert_int_equal(bench.story->left_out, 7);
    arena_close(&bench.arena);
}

/* Also those that are too short for the list, and with --log none. */
static void every_outage_of_the_subject_is_told_and_no_other(void **state)
{
    (void)state;
    struct bench bench;
    open_listened(&bench);
    struct sim_outage outage = {.subject_kind = "service", .subject = "web/1", .start_s = 10, .end_s = 11, .cause = "north/z1"};
    record_outage(bench.record, &outage);
    outage.subject = "web/10";
    record_outage(bench.record, &outage);
    outage.subject = "web/1";
    outage.subject_kind = "node";
    record_outage(bench.record, &outage);
    assert_non_null(bench.story->outages);
    assert_null(bench.story->outages->next);
    assert_string_equal(bench.story->outages->outage.subject, "web/1");
    assert_int_equal(bench.record->outages_listed, 0);
    arena_close(&bench.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_told_when_nobody_listens),
        cmocka_unit_test(what_repeats_in_a_part_is_one_note_with_a_count),
        cmocka_unit_test(parts_are_not_mixed_up),
        cmocka_unit_test(of_the_whole_only_neighbours_are_one_note),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(beyond_the_most_notes_the_rest_is_counted),
        cmocka_unit_test(every_outage_of_the_subject_is_told_and_no_other),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
