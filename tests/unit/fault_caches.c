/* Caches that must warm, in a world where nothing else goes on. */
#include "tests/unit/clouds_world.h"

static const double hour = 3600, fill = 600;

/* Four caches before a store. Effects are those of one incident that begins at 10 h. */
static const char *scenario_of(const char *cache, const char *effects)
{
    return text("model = \"clouds\"; seed = 5; probes = \"0\"; start = \"2024-07-01T00:00Z\"; horizon = \"4 d\"; fleet = { "
                "node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( { name = \"a\"; zones = 1; "
                "racks = 1; nodes = ( { type = \"box\"; per_rack = 1; } ); } ); }; "
                "demand = ( { name = \"web\"; count = 1; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; } ); "
                "components = ( { name = \"cache\"; count = 4; }, { name = \"store\"; } ); "
                "needs = ( { who = \"a/*\"; class = \"node\"; on = \"store\"; } ); "
                "caches = ( { name = \"look-aside\"; where = \"cache/*\"; fill = \"10 min\"; %s } ); "
                "incidents = ( { name = \"restart\"; start = \"2024-07-01T10:00Z\"; effects = ( %s ); } ); "
                "clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; vcpu_price = \"0.05 USD/h\"; create_time = \"20 s\"; boot_time = \"60 s\"; } );",
                cache, effects);
}

/* What the pattern matches goes down `after` and is back after `length`. */
static const char *effect(const char *where, const char *after, const char *length)
{
    return text("{ target = \"shared\"; where = \"%s\"; phases = ( { at = \"%s\"; impaired = \"100 %%\"; } ); recovery = { time = \"%s\"; }; }",
                where, after, length);
}

static void open_caches(struct clouds_test *test, const char *cache, const char *effects)
{
    clouds_open(test, scenario_of(cache, effects));
    clouds_begin(test, 0);
}

static uint32_t given(const struct clouds_test *test, const char *path)
{
    return graph_fraction(test->world->graph, graph_find(test->cloud.graph, path), PLANE_DATA);
}

/* Without a store a cold component serves what it has: 1 - 0.99^k after k hundredths of its time constant, in hundredths. */
static void component_that_returns_serves_a_growing_fraction(void **state)
{
    (void)state;
    static const struct { int steps; double keeps; } rows[] = {{0, 0}, {1, 0}, {10, 0}, {50, 0}, {100, 0}, {300, 0}, {0, 0.5}, {100, 0.5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clouds_test test;
        open_caches(&test, text("hits = \"100 %%\"; miss = \"0 %%\"; keeps = \"%g %%\";", rows[i].keeps * 100), effect("cache/1", "0 s", "1 h"));
        clouds_until(&test, 10.5 * hour);
        assert_int_equal(given(&test, "cache/1"), 0);
        clouds_until(&test, 11 * hour + rows[i].steps * fill / 100 + 0.01);
        double content = 1 - (1 - rows[i].keeps) * pow(0.99, rows[i].steps);
        double hundredths = floor(content * 100 + 0.5);
        assert_int_equal(given(&test, "cache/1"), hundredths > 0 ? hundredths * 10000 : 1);
        assert_int_equal(given(&test, "cache/2"), GRAPH_WHOLE);
        clouds_until(&test, 24 * hour);
        assert_int_equal(given(&test, "cache/1"), GRAPH_WHOLE);
        clouds_close(&test);
    }
}

/* Full caches answer 0.9 / 1.1 of all requests: the store, good for 0.4 of them, gets 0.182. */
#define STORE "behind = \"store\"; hits = \"90 %\"; lifetime = \"100 min\"; capacity = \"40 %\";"

static void one_cold_cache_is_filled_by_a_store_that_can_take_its_misses(void **state)
{
    (void)state;
    struct clouds_test test;
    open_caches(&test, STORE, effect("cache/3", "0 s", "10 min"));
    for (double h = 10.2; h < 12; h += 0.1) { /* 3/4 of 0.182 and 1/4 of 1 are 0.386 */
        clouds_until(&test, h * hour);
        assert_int_equal(given(&test, "cache/3"), GRAPH_WHOLE);
        assert_int_equal(given(&test, "store"), GRAPH_WHOLE);
    }
    clouds_close(&test);
}

/* All cold: of 1, the store's 0.4 less the excess of 0.6 leave the floor of 0.004. With a = 0.004 / (1 - 0.9 c) the content that it can
 * hold against its expiry, a (1 - c) = 0.1 c, is c = 0.0398: 4 % are answered, for ever. One after the other they all come back. */
static void caches_that_restart_together_stay_cold_and_one_after_the_other_they_do_not(void **state)
{
    (void)state;
    struct clouds_test test;
    open_caches(&test, STORE, effect("cache/*", "0 s", "10 min"));
    clouds_until(&test, 10 * hour + 601);
    assert_int_equal(given(&test, "cache/1"), 1);
    for (int day = 2; day <= 3; day++) {
        clouds_until(&test, day * 24 * hour);
        for (int i = 1; i <= 4; i++)
            assert_int_equal(given(&test, text("cache/%d", i)), 40000);
        assert_int_equal(given(&test, "store"), 1);
    }
    clouds_finish(&test);
    /* The store's own users feel it from 10:10 on: their replica gives a millionth, and no more counts for their quorum. */
    assert_near(clouds_metric(&test, "availability_quorum"), (10 * hour + fill - 80) / (96 * hour), 1e-9);
    assert_near(clouds_metric(&test, "availability_node"), 1, 0);
    clouds_close(&test);

    open_caches(&test, STORE,
                text("%s, %s, %s, %s", effect("cache/1", "0 s", "10 min"), effect("cache/2", "2 h", "10 min"), effect("cache/3", "4 h", "10 min"),
                     effect("cache/4", "6 h", "10 min")));
    clouds_finish(&test);
    for (int i = 1; i <= 4; i++)
        assert_int_equal(given(&test, text("cache/%d", i)), GRAPH_WHOLE);
    assert_near(clouds_metric(&test, "availability_quorum"), 1 - 80 / (96 * hour), 1e-9);
    clouds_close(&test);
}

/* A store that sheds what it cannot answer, at no cost, answers 0.4 of 1 at once, and the caches fill. */
static void store_that_sheds_load_lets_them_fill(void **state)
{
    (void)state;
    struct clouds_test test;
    open_caches(&test, STORE "waste = 0.0;", effect("cache/*", "0 s", "10 min"));
    clouds_until(&test, 10 * hour + 600.01);
    assert_int_equal(given(&test, "cache/1"), 400000);
    assert_int_equal(given(&test, "store"), 400000);
    clouds_until(&test, 14 * hour);
    assert_int_equal(given(&test, "cache/1"), GRAPH_WHOLE);
    assert_int_equal(given(&test, "store"), GRAPH_WHOLE);
    clouds_close(&test);
}

/* With the store down, caches live on what they have, and lose it as it expires. */
static void caches_outlive_their_store_for_a_while(void **state)
{
    (void)state;
    struct clouds_test test;
    open_caches(&test, STORE, effect("store", "0 s", "5 h"));
    clouds_until(&test, 10 * hour + 1);
    assert_int_equal(given(&test, "cache/1"), 820000); /* 0.9 / 1.1 */
    clouds_until(&test, 10 * hour + 6000); /* one lifetime: a thousand steps of 0.1 hundredths */
    double wanted = floor(0.9 / 1.1 * pow(0.999, 1000) * 100 + 0.5);
    assert_true(fabs(given(&test, "cache/1") / 10000.0 - wanted) <= 1);
    clouds_close(&test);
}

static void impossible_caches_are_refused(void **state)
{
    (void)state;
    static const struct { const char *cache, *says; } wrong[] = {
        {"behind = \"stor\";", "no cloud has a component 'stor'"},
        {"behind = \"cache/1\";", "behind itself"},
        {"behind = \"store\"; capacity = \"5 %\";", "what warm caches miss"},
        {"hits = \"0 %\"; miss = \"0 %\";", "nothing would ever be answered"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct clouds_test test;
        char *errors = NULL;
        size_t bytes = 0;
        clouds_read(&test, scenario_of(wrong[i].cache, effect("cache/1", "0 s", "1 h")));
        FILE *out = open_memstream(&errors, &bytes);
        (void)scenario_print_errors(test.scenario, out);
        assert_int_equal(fclose(out), 0);
        if (strstr(errors, wrong[i].says) == NULL)
            fail_msg("wanted '%s', got: %s", wrong[i].says, errors);
        free(errors);
        clouds_close(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(component_that_returns_serves_a_growing_fraction),
        cmocka_unit_test(one_cold_cache_is_filled_by_a_store_that_can_take_its_misses),
        cmocka_unit_test(caches_that_restart_together_stay_cold_and_one_after_the_other_they_do_not),
        cmocka_unit_test(store_that_sheds_load_lets_them_fill),
        cmocka_unit_test(caches_outlive_their_store_for_a_while),
        cmocka_unit_test(impossible_caches_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
