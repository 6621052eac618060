/* Streams: the generator against its authors' vectors, names against each other, draws against their laws. */
#include "sim/chance/random.h"
#include "tests/unit/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { SAMPLE = 40000 };

static struct stream open_test(uint64_t seed)
{
    return stream_open(stream_key(seed, 0, "test"));
}

/* Random123's kat_vectors, lines "philox4x32 10". */
static void philox_gives_the_known_answers(void **state)
{
    (void)state;
    static const struct { uint32_t counter[4], key[2], answer[4]; } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t block[4];
        random_block(known[i].counter, known[i].key, block);
        assert_memory_equal(block, known[i].answer, sizeof block);
    }
}

static void stream_is_the_blocks_of_its_name_in_order(void **state)
{
    (void)state;
    struct stream_key name = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)};
    struct stream stream = stream_open(name);
    for (uint32_t n = 0; n < 100; n++) {
        const uint32_t counter[4] = {n, 0, 0x89abcdef, 0x01234567}, key[2] = {0x76543210, 0xfedcba98};
        uint32_t block[4];
        random_block(counter, key, block);
        assert_int_equal(stream_u64(&stream), (uint64_t)block[1] << 32 | block[0]);
        assert_int_equal(stream_u64(&stream), (uint64_t)block[3] << 32 | block[2]);
    }
}

static void stream_opens_at_any_draw(void **state)
{
    (void)state;
    struct stream_key name = stream_key(7, 3, "fault");
    struct stream walked = stream_open(name);
    for (uint64_t n = 0; n < 1000; n++) {
        struct stream jumped = stream_open_at(name, n);
        for (int i = 0; i < 5; i++) {
            struct stream ahead = stream_open_at(name, n + (uint64_t)i);
            assert_int_equal(stream_u64(&jumped), stream_u64(&ahead));
        }
        jumped = stream_open_at(name, n);
        assert_int_equal(stream_u64(&walked), stream_u64(&jumped));
        assert_int_equal(walked.draw, n + 1);
    }
    /* beyond 2^32 blocks the counter's second word takes over */
    struct stream low = stream_open_at(name, 0), high = stream_open_at(name, UINT64_C(1) << 33);
    assert_int_not_equal(stream_u64(&low), stream_u64(&high));
}

static void copy_of_a_stream_repeats_it(void **state)
{
    (void)state;
    struct stream one = open_test(5);
    (void)stream_u64(&one);
    struct stream two = one;
    for (int i = 0; i < 100; i++)
        assert_int_equal(stream_u64(&one), stream_u64(&two));
}

static int order_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct stream_key));
}

/* Names that differ in one part, or only in the way they were refined: a path "7" is not the index 7. */
static void different_names_are_different_streams(void **state)
{
    (void)state;
    enum { EACH = 3000, KINDS = 7 };
    static struct stream_key keys[EACH * KINDS];
    size_t n = 0;
    struct stream_key family = stream_key(1, 2, "fault"), site = stream_key_path(family, "us-central");
    for (uint64_t i = 0; i < EACH; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "%d", (int)i);
        keys[n++] = stream_key(i + 10, 0, "fault");
        keys[n++] = stream_key(0, i + 10, "fault");
        keys[n++] = stream_key(i + 10, i + 10, "demand");
        keys[n++] = stream_key_index(family, i);
        keys[n++] = stream_key_path(family, path);
        keys[n++] = stream_key_index(site, i);
        keys[n++] = stream_key_path(stream_key_index(family, i), "us-central");
    }
    qsort(keys, n, sizeof *keys, order_keys);
    for (size_t i = 1; i < n; i++)
        assert_true(keys[i].high != keys[i - 1].high || keys[i].low != keys[i - 1].low);
    for (size_t i = 0; i < n; i++)
        assert_true(keys[i].high != keys[i].low);
}

/* First draws of neighbouring entities must look like draws of one stream. */
static void neighbouring_streams_are_independent(void **state)
{
    (void)state;
    enum { CELLS = 16 };
    size_t count[CELLS * CELLS] = {0};
    struct stream_key family = stream_key(42, 0, "fault");
    double sum = 0;
    for (uint64_t i = 0; i < SAMPLE; i++) {
        struct stream left = stream_open(stream_key_index(family, i));
        struct stream right = stream_open(stream_key_index(family, i + 1));
        double a = stream_uniform(&left), b = stream_uniform(&right);
        count[(size_t)(a * CELLS) * CELLS + (size_t)(b * CELLS)]++;
        sum += (a - 0.5) * (b - 0.5) * 12;
    }
    assert_true(fabs(fit_even(count, CELLS * CELLS, SAMPLE)) < 3.5);
    assert_true(fabs(sum) / sqrt(SAMPLE) < 3.3); /* correlation, in standard errors */
}

static void uniform_never_reaches_its_ends(void **state)
{
    (void)state;
    struct stream lowest = {.draw = 1, .spare = 0}, highest = {.draw = 1, .spare = UINT64_MAX};
    assert_true(stream_uniform(&lowest) == 0x1p-53);
    assert_true(stream_uniform(&highest) == 1 - 0x1p-53);
}

static void uniform_is_uniform(void **state)
{
    (void)state;
    static double sample[SAMPLE];
    struct stream stream = open_test(1);
    for (size_t i = 0; i < SAMPLE; i++)
        sample[i] = stream_uniform(&stream);
    fit_sort(sample, SAMPLE);
    assert_true(fit_distance(sample, SAMPLE) < 1.95);
}

static void below_is_unbiased_where_a_modulus_would_not_be(void **state)
{
    (void)state;
    struct stream stream = open_test(2);
    size_t sixths[6] = {0}, thirds[3] = {0};
    for (size_t i = 0; i < SAMPLE; i++)
        sixths[stream_below(&stream, 6)]++;
    assert_true(fabs(fit_even(sixths, 6, SAMPLE)) < 3.5);
    /* 3/4 of the 64-bit numbers: without rejection a third would come up twice as often */
    uint64_t n = UINT64_C(3) << 62;
    for (size_t i = 0; i < SAMPLE; i++) {
        uint64_t drawn = stream_below(&stream, n);
        assert_true(drawn < n);
        thirds[drawn >> 62]++;
        assert_int_equal(stream_below(&stream, 1), 0);
    }
    assert_true(fabs(fit_even(thirds, 3, SAMPLE)) < 3.5);
    size_t parity[3] = {0};
    for (size_t i = 0; i < SAMPLE; i++)
        parity[stream_below(&stream, n) % 3]++;
    assert_true(fabs(fit_even(parity, 3, SAMPLE)) < 3.5);
}

static void chance_clamps_and_counts_one_draw(void **state)
{
    (void)state;
    struct stream stream = open_test(3);
    int hits = 0;
    for (int i = 0; i < SAMPLE; i++) {
        assert_false(stream_chance(&stream, 0));
        assert_false(stream_chance(&stream, -3));
        assert_true(stream_chance(&stream, 1));
        assert_true(stream_chance(&stream, 7));
        hits += stream_chance(&stream, 0.1);
    }
    assert_int_equal(stream.draw, 5 * SAMPLE);
    assert_true(fabs(hits - 0.1 * SAMPLE) < 3.3 * sqrt(0.09 * SAMPLE));
}

static void exponential_fits_its_law(void **state)
{
    (void)state;
    static double sample[SAMPLE];
    struct stream stream = open_test(4);
    for (size_t i = 0; i < SAMPLE; i++) {
        sample[i] = stream_exponential(&stream);
        assert_true(sample[i] > 0);
    }
    fit_sort(sample, SAMPLE);
    for (size_t i = 0; i < SAMPLE; i++)
        sample[i] = -expm1(-sample[i]);
    assert_true(fit_distance(sample, SAMPLE) < 1.95);
}

/* A distribution function hides what happens in the last layer; the tail beyond it holds 1 in 2203. */
static void exponential_has_its_moments_and_tail(void **state)
{
    (void)state;
    enum { MANY = 4000000 };
    struct stream stream = open_test(5);
    double sum = 0, squares = 0, beyond[3] = {0, 0, 0};
    for (int i = 0; i < MANY; i++) {
        double x = stream_exponential(&stream);
        sum += x;
        squares += x * x;
        beyond[0] += x > 7.69711747013105;
        beyond[1] += x > 9;
        beyond[2] += x > 11;
    }
    double error = sqrt(MANY);
    assert_true(fabs(sum - MANY) / error < 3.3);
    assert_true(fabs(squares - 2.0 * MANY) / (error * sqrt(20)) < 3.3);
    const double edge[3] = {7.69711747013105, 9, 11};
    for (int i = 0; i < 3; i++)
        assert_true(fabs(beyond[i] - MANY * exp(-edge[i])) < 3.3 * sqrt(MANY * exp(-edge[i])));
}

/* Marsaglia & Tsang's construction: every layer has the same area, and its edges lie on the curve. */
static void check_layers(const struct random_layer *layers, double (*curve)(double), double (*tail)(double))
{
    const struct random_layer *base = &layers[RANDOM_LAYERS - 1];
    double area = base->width * 0x1p53 * base->height;
    double r = (double)base->inside * base->width;
    assert_true(fabs(area - (r * curve(r) + tail(r))) < 1e-15);
    for (int i = 0; i < RANDOM_LAYERS - 1; i++) {
        const struct random_layer *layer = &layers[i];
        double edge = layer->width * 0x1p53, inner = (double)layer->inside * layer->width;
        assert_true(fabs(edge * (layer->height - layer[1].height) - area) < 1e-14);
        assert_true(fabs(layer[1].height - curve(edge)) < 1e-15);
        assert_true(fabs(layer->height - curve(inner)) < 1e-14);
    }
}

static double exponential_curve(double x) { return exp(-x); }
static double normal_curve(double x) { return exp(-x * x / 2); }
static double normal_tail(double x) { return sqrt(acos(-1) / 2) * erfc(x / sqrt(2)); }

static void ziggurat_layers_have_one_area(void **state)
{
    (void)state;
    check_layers(random_exponential_layers, exponential_curve, exponential_curve);
    check_layers(random_normal_layers, normal_curve, normal_tail);
}

static void normal_has_its_moments_and_tails(void **state)
{
    (void)state;
    enum { MANY = 4000000 };
    struct stream stream = open_test(8);
    double sum = 0, squares = 0, fourths = 0, beyond[4] = {0, 0, 0, 0};
    const double edge[4] = {-4.2, -3.6541528853610088, 3.6541528853610088, 4.2};
    for (int i = 0; i < MANY; i++) {
        double x = stream_normal(&stream);
        sum += x;
        squares += x * x;
        fourths += x * x * x * x;
        for (int e = 0; e < 4; e++)
            beyond[e] += edge[e] < 0 ? x < edge[e] : x > edge[e];
    }
    double error = sqrt(MANY);
    assert_true(fabs(sum) / error < 3.3);
    assert_true(fabs(squares - MANY) / (error * sqrt(2)) < 3.3);
    assert_true(fabs(fourths - 3.0 * MANY) / (error * sqrt(96)) < 3.3);
    for (int e = 0; e < 4; e++) {
        double expected = MANY * erfc(fabs(edge[e]) / sqrt(2)) / 2;
        assert_true(fabs(beyond[e] - expected) < 3.3 * sqrt(expected));
    }
}

static void normal_fits_its_law(void **state)
{
    (void)state;
    static double sample[SAMPLE];
    struct stream stream = open_test(6);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < SAMPLE; i++) {
        sample[i] = stream_normal(&stream);
        sum += sample[i];
        squares += sample[i] * sample[i];
    }
    assert_true(fabs(sum) / sqrt(SAMPLE) < 3.3);
    assert_true(fabs(squares - SAMPLE) / sqrt(2.0 * SAMPLE) < 3.3);
    fit_sort(sample, SAMPLE);
    for (size_t i = 0; i < SAMPLE; i++)
        sample[i] = erfc(-sample[i] / sqrt(2)) / 2;
    assert_true(fit_distance(sample, SAMPLE) < 1.95);
}

static void shuffle_reaches_every_order_equally(void **state)
{
    (void)state;
    size_t count[24] = {0};
    struct stream stream = open_test(7);
    for (int i = 0; i < SAMPLE; i++) {
        uint32_t items[4] = {0, 1, 2, 3};
        stream_shuffle(&stream, items, 4);
        assert_int_equal(1u << items[0] | 1u << items[1] | 1u << items[2] | 1u << items[3], 15);
        uint32_t rank = items[0] * 6, second = items[1] - (items[1] > items[0]);
        rank += second * 2 + (items[2] > items[3]);
        count[rank]++;
    }
    assert_true(fabs(fit_even(count, 24, SAMPLE)) < 3.5);
    uint32_t none[1] = {9};
    stream_shuffle(&stream, none, 0);
    stream_shuffle(&stream, none, 1);
    assert_int_equal(none[0], 9);
}

/* First draws of a fixed name. A change here changes every published number of the project. */
static void first_draws_are_pinned(void **state)
{
    (void)state;
    struct stream_key name = stream_key_index(stream_key_path(stream_key(20240718, 1, "fault"), "us-central/z2/r07/n14"), 3);
    assert_int_equal(name.high, UINT64_C(0x262f9613ae8bbc98));
    assert_int_equal(name.low, UINT64_C(0x70044fb20145d8dd));
    struct stream stream = stream_open(name);
    assert_int_equal(stream_u64(&stream), UINT64_C(0x9ce172f3407e9bdc));
    const double uniform = stream_uniform(&stream);
    const double exponential = stream_exponential(&stream);
    const double normal = stream_normal(&stream);
    assert_int_equal(stream_below(&stream, 1000000), 106138);
    assert_true(uniform == 0x1.9df6fddbe07aep-2);
    assert_true(exponential == 0x1.2e6e6ed5ccb2dp-2);
    assert_true(normal == 0x1.029be199a158ap-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(stream_is_the_blocks_of_its_name_in_order),
        cmocka_unit_test(stream_opens_at_any_draw),
        cmocka_unit_test(copy_of_a_stream_repeats_it),
        cmocka_unit_test(different_names_are_different_streams),
        cmocka_unit_test(neighbouring_streams_are_independent),
        cmocka_unit_test(uniform_never_reaches_its_ends),
        cmocka_unit_test(uniform_is_uniform),
        cmocka_unit_test(below_is_unbiased_where_a_modulus_would_not_be),
        cmocka_unit_test(chance_clamps_and_counts_one_draw),
        cmocka_unit_test(exponential_fits_its_law),
        cmocka_unit_test(exponential_has_its_moments_and_tail),
        cmocka_unit_test(ziggurat_layers_have_one_area),
        cmocka_unit_test(normal_fits_its_law),
        cmocka_unit_test(normal_has_its_moments_and_tails),
        cmocka_unit_test(shuffle_reaches_every_order_equally),
        cmocka_unit_test(first_draws_are_pinned),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
