/* Laws with random parameters and random text, against slow twins: a renewal process that is really run, and a law that is read
 * back from what was written. */
#include "sim/chance/law.h"
#include "tests/unit/fit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct stream open_test(const char *name)
{
    return stream_open(stream_key(23, 0, name));
}

/* A whole number of microseconds, from 1 us to 10,000 years, evenly over the magnitudes. */
static double random_time(struct stream *stream)
{
    return duration_seconds(duration_from_seconds(1e-6 + pow(10, 17.5 * stream_uniform(stream) - 6)));
}

static struct law random_law(struct stream *stream)
{
    struct law law = {.kind = (enum law_kind)stream_below(stream, LAW_PARETO + 1)};
    double shape = 0.2 + 5 * stream_uniform(stream) * stream_uniform(stream);
    double time = random_time(stream), other = random_time(stream);
    switch (law.kind) {
    case LAW_CONSTANT:
    case LAW_EXPONENTIAL:
        law.a = time;
        break;
    case LAW_UNIFORM:
        law.a = fmin(time, other);
        law.b = fmax(time, other) * 2;
        break;
    case LAW_LOGNORMAL:
        law.a = 20 * stream_uniform(stream) - 5;
        law.b = 3 * stream_uniform(stream);
        break;
    case LAW_HYPEREXPONENTIAL:
        law.a = stream_uniform(stream);
        law.b = time;
        law.c = other;
        break;
    case LAW_WEIBULL:
    case LAW_GAMMA:
    case LAW_PARETO:
        law.a = law.kind == LAW_PARETO ? shape + 1 : shape;
        law.b = time;
        break;
    case LAW_EMPIRICAL: /* has no parameters: tests/unit/law_empirical.c */
        break;
    }
    return law;
}

static void text_of_a_law_reads_back_to_the_same_bits(void **state)
{
    (void)state;
    struct stream stream = open_test("round trip");
    for (int i = 0; i < 100000; i++) {
        struct law law = random_law(&stream), back;
        char text[128], why[200];
        law_format(&law, text, sizeof text);
        if (!law_parse(text, &back, why, sizeof why, NULL))
            fail_msg("%s: %s", text, why);
        if (law.kind != back.kind || law.a != back.a || law.b != back.b || law.c != back.c)
            fail_msg("%s: {%a, %a, %a} became {%a, %a, %a}", text, law.a, law.b, law.c, back.a, back.b, back.c);
    }
}

/* Damaged text is either a law or refused with a reason and a place inside the text; never a crash. */
static void damaged_text_is_refused_or_read(void **state)
{
    (void)state;
    static const char alphabet[] = "weibulgamrconstpxhy(),. 0123456789-+eE%\t_";
    struct stream stream = open_test("damage");
    int refused = 0, read = 0;
    for (int i = 0; i < 100000; i++) {
        struct law law = random_law(&stream);
        char text[160], why[64];
        law_format(&law, text, sizeof text - 8);
        for (uint64_t n = 1 + stream_below(&stream, 3); n > 0; n--) {
            size_t length = strlen(text), where = stream_below(&stream, length + 1);
            char letter = alphabet[stream_below(&stream, sizeof alphabet - 1)];
            if (where < length && stream_chance(&stream, 0.3))
                memmove(text + where, text + where + 1, length - where);
            else if (where < length && stream_chance(&stream, 0.5))
                text[where] = letter;
            else {
                memmove(text + where + 1, text + where, length - where + 1);
                text[where] = letter;
            }
        }
        size_t offset = 999;
        why[0] = '\0';
        if (law_parse(text, &law, why, sizeof why, &offset)) {
            struct law again;
            char written[128];
            read++;
            assert_true(law_mean(&law) >= 0);
            assert_true(law_parse(law_format(&law, written, sizeof written), &again, why, sizeof why, NULL));
            assert_true(law.a == again.a && law.b == again.b);
        } else {
            refused++;
            if (why[0] == '\0' || offset > strlen(text))
                fail_msg("'%s': '%s' at %zu", text, why, offset);
        }
    }
    assert_true(refused > 10000 && read > 10000);
}

static void draws_are_finite_and_not_negative(void **state)
{
    (void)state;
    struct stream stream = open_test("finite");
    for (int i = 0; i < 100000; i++) {
        struct law law = random_law(&stream);
        double life = law_draw(&law, &stream), rest = law_draw_residual(&law, &stream);
        if (!(life >= 0 && isfinite(life) && rest >= 0 && isfinite(rest)))
            fail_msg("kind %d {%g, %g, %g}: %g, %g", (int)law.kind, law.a, law.b, law.c, life, rest);
        assert_in_range(law_draw_residual_duration(&law, &stream).us, 1, US_NEVER);
    }
}

/* What is left of the life under way after a long time of a process that started fresh. */
static double wait_for_next(const struct law *law, double when, struct stream *stream)
{
    double t = 0;
    while (t <= when)
        t += law_draw(law, stream);
    return t - when;
}

static void residual_is_what_a_long_run_leaves(void **state)
{
    (void)state;
    enum { SAMPLE = 4000 };
    static double drawn[SAMPLE], lived[SAMPLE];
    static const struct law laws[] = {
        {LAW_UNIFORM, 1, 5, 0}, {LAW_EXPONENTIAL, 3, 0, 0}, {LAW_WEIBULL, 0.6, 2, 0}, {LAW_WEIBULL, 2.5, 2, 0},
        {LAW_LOGNORMAL, 0.5, 1, 0}, {LAW_GAMMA, 0.4, 5, 0}, {LAW_GAMMA, 3, 1, 0}, {LAW_HYPEREXPONENTIAL, 0.7, 1, 9},
        {LAW_PARETO, 2.8, 1, 0},
    };
    struct stream stream = open_test("long run");
    for (size_t l = 0; l < sizeof laws / sizeof *laws; l++) {
        double when = 150 * law_mean(&laws[l]);
        for (size_t i = 0; i < SAMPLE; i++) {
            drawn[i] = law_draw_residual(&laws[l], &stream);
            lived[i] = wait_for_next(&laws[l], when, &stream);
        }
        fit_sort(drawn, SAMPLE);
        fit_sort(lived, SAMPLE);
        double distance = fit_distance_between(drawn, lived, SAMPLE);
        if (!(distance < 1.95))
            fail_msg("kind %d: distance %.3f", (int)laws[l].kind, distance);
    }
}

/* Is an alternating process that starts by the equilibrium calls up at `when`? */
static bool is_up_at(const struct law *up, const struct law *down, double when, struct stream *stream)
{
    bool is_up = law_draw_equilibrium_up(up, down, stream);
    double t = law_draw_residual(is_up ? up : down, stream);
    for (; t <= when; is_up = !is_up)
        t += law_draw(is_up ? down : up, stream);
    return is_up;
}

static void equilibrium_holds_at_every_instant(void **state)
{
    (void)state;
    enum { SAMPLE = 20000 };
    static const struct law pairs[][2] = {
        {{LAW_WEIBULL, 0.48, 10, 0}, {LAW_LOGNORMAL, 0.05, 1.42, 0}},
        {{LAW_CONSTANT, 10, 0, 0}, {LAW_CONSTANT, 5, 0, 0}},
        {{LAW_GAMMA, 0.35, 20, 0}, {LAW_UNIFORM, 1, 4, 0}},
        {{LAW_PARETO, 1.6, 3, 0}, {LAW_HYPEREXPONENTIAL, 0.5, 1, 5}},
    };
    static const double instants[] = {0, 0.01, 1, 7.5, 60};
    struct stream stream = open_test("equilibrium");
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        double up = law_mean(&pairs[p][0]), share = up / (up + law_mean(&pairs[p][1]));
        for (size_t t = 0; t < sizeof instants / sizeof *instants; t++) {
            int ups = 0;
            for (int i = 0; i < SAMPLE; i++)
                ups += is_up_at(&pairs[p][0], &pairs[p][1], instants[t], &stream);
            double error = sqrt(share * (1 - share) * SAMPLE);
            if (!(fabs(ups - share * SAMPLE) < 3.5 * error))
                fail_msg("pair %zu at %g s: up %.4f, expected %.4f", p, instants[t], (double)ups / SAMPLE, share);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_a_law_reads_back_to_the_same_bits),
        cmocka_unit_test(damaged_text_is_refused_or_read),
        cmocka_unit_test(draws_are_finite_and_not_negative),
        cmocka_unit_test(residual_is_what_a_long_run_leaves),
        cmocka_unit_test(equilibrium_holds_at_every_instant),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
