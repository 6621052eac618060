/* Time averages and stationary states of the oracle models. */
#include "models/oracle/birth_death.h"
#include "models/oracle/level.h"
#include "sim/study/record.h"
#include "tests/unit/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const struct sim_metric no_metrics[] = {{0}};
static const struct sim_series one_series[] = {{"level", "1", "A level."}, {0}};
static const struct sim_model model = {.name = "test", .metrics = no_metrics, .series = one_series};

static instant at(double seconds) { return (instant){(int64_t)(seconds * 1e6)}; }

static void level_averages_over_its_span_alone(void **state)
{
    (void)state;
    struct arena arena;
    struct level level;
    arena_open(&arena, 0);
    level_open(&level, &arena, at(-50), at(25), (duration){10 * US_PER_SECOND}, 1000);
    level_set(&level, at(-20), 500);
    level_set(&level, at(0), 4);
    level_set(&level, at(5), 6);
    level_set(&level, at(5), 2);  /* lasts no time */
    level_set(&level, at(22), 9);
    level_set(&level, at(100), 7); /* beyond the end */
    assert_true(level_mean(&level) == (4 * 5 + 2 * 17 + 9 * 3) / 25.0);

    struct sim_task task = {.horizon = at(25), .grid = {10 * US_PER_SECOND}};
    struct sim_record *record = record_open(&arena, &model, &task);
    level_report(&level, record, 0, 2);
    assert_int_equal(record->steps, 3);
    assert_true(record->series_values[0] == 1.5);
    assert_true(record->series_values[1] == 1);
    assert_true(record->series_values[2] == (2 * 2 + 9 * 3) / 5.0 / 2);
    arena_close(&arena);
}

/* Against a slow twin that looks at every second. */
static void level_agrees_with_a_second_by_second_twin(void **state)
{
    (void)state;
    struct stream stream = stream_open(stream_key(1, 0, "level"));
    for (int trial = 0; trial < 200; trial++) {
        struct arena arena;
        struct level level;
        int64_t end = 1 + (int64_t)stream_below(&stream, 300), now = -(int64_t)stream_below(&stream, 20), sum = 0, value = 3;
        arena_open(&arena, 0);
        level_open(&level, &arena, (instant){now * US_PER_SECOND}, (instant){end * US_PER_SECOND},
                   (duration){(int64_t)(1 + stream_below(&stream, 40)) * US_PER_SECOND}, value);
        while (now < end) {
            int64_t next = now + (int64_t)stream_below(&stream, 30);
            for (; now < next; now++)
                sum += now >= 0 && now < end ? value : 0;
            value = (int64_t)stream_below(&stream, 100);
            level_set(&level, (instant){now * US_PER_SECOND}, value);
        }
        assert_true(level_mean(&level) == (double)(sum * US_PER_SECOND) / (double)(end * US_PER_SECOND));
        arena_close(&arena);
    }
}

static double geometric(const void *context, uint32_t k)
{
    (void)k;
    return *(const double *)context;
}

static double binomial(const void *context, uint32_t k) /* of 1000 at odds 1 : 1 */
{
    (void)context;
    return (1001.0 - k) / k;
}

static void stationary_states_come_as_often_as_their_law_says(void **state)
{
    (void)state;
    enum { SAMPLE = 20000, STATES = 65536 };
    static double cdf[SAMPLE];
    double rho = 0.8;
    size_t empty = 0;
    double sum = 0, squares = 0;
    struct stream stream = stream_open(stream_key(2, 0, "birth-death"));
    struct arena arena;
    arena_open(&arena, 0);
    struct arena_mark mark = arena_mark(&arena);
    for (size_t i = 0; i < SAMPLE; i++) {
        uint32_t k = birth_death_draw(&arena, STATES, geometric, &rho, &stream);
        arena_rewind(&arena, mark);
        empty += k == 0;
        /* spread the step of a whole number evenly, so that a continuous law remains */
        cdf[i] = 1 - pow(rho, k) * (1 - (1 - rho) * stream_uniform(&stream));
    }
    fit_sort(cdf, SAMPLE);
    assert_true(fit_distance(cdf, SAMPLE) < 1.95);
    assert_true(fabs((double)empty - 0.2 * SAMPLE) < 3.3 * sqrt(0.16 * SAMPLE));
    for (int i = 0; i < 2000; i++) { /* starts at 2^-1000 of the whole: the search must get over the hill */
        double k = birth_death_draw(&arena, 1001, binomial, NULL, &stream);
        arena_rewind(&arena, mark);
        sum += k;
        squares += (k - 500) * (k - 500);
    }
    assert_true(fabs(sum / 2000 - 500) < 3.3 * sqrt(250.0 / 2000));
    assert_true(fabs(squares / 2000 - 250) < 3.3 * 250 * sqrt(2.0 / 2000));
    assert_int_equal(birth_death_draw(&arena, 1, geometric, &rho, &stream), 0);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_averages_over_its_span_alone),
        cmocka_unit_test(level_agrees_with_a_second_by_second_twin),
        cmocka_unit_test(stationary_states_come_as_often_as_their_law_says),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
