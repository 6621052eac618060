/* Incidents that fall in a stated order, and those whose curve is one of service. */
#include "tests/unit/life.h"

#define FLEET_4 FLEET("", SITE("a", "2", "5", "") ", " SITE("b", "2", "5", "")) /* 2 sites x 2 zones x 2 racks x 5 nodes */

static void open_life(struct rooms *rooms, struct life *life, const char *text)
{
    rooms_open(rooms, text);
    plan(life, rooms, extended(rooms), "any");
    begin_at(life, 0, (instant){0});
}

/* Nodes that are down, of those whose path begins so. */
static uint32_t down_in(const struct life *life, const char *prefix)
{
    uint32_t down = 0;
    for (uint32_t c = 0; c < graph_count(life->graph); c++) {
        const struct component *what = graph_component(life->graph, c);
        down += what->class == COMPONENT_NODE && strncmp(what->path, prefix, strlen(prefix)) == 0 && !graph_serves(life->state, c);
    }
    return down;
}

/* All fall within 8 h, evenly: eight racks are one an hour where racks fall one after the other. */
#define FALLS(more)                                                                                                    \
    FLEET_4 "incidents = ( { name = \"i\"; start = \"2024-07-02T00:00Z\"; effects = ( { target = \"node\"; " more                    \
            " phases = ( { at = \"0 h\"; impaired = \"0 %\"; }, { at = \"8 h\"; impaired = \"100 %\"; } ); recovery = { begin = \"9 d\"; }; } ); } );"

static void assert_falls(const char *text, const char *const *order, uint32_t groups)
{
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, text);
    for (uint32_t g = 0; g < groups; g++) {
        run_to(&life, US_PER_DAY + (int64_t)(g + 1) * 8 * US_PER_HOUR / groups);
        assert_int_equal(life.down, (g + 1) * 40 / groups); /* this group wholly, and nobody else since */
        assert_int_equal(down_in(&life, order[g]), 40 / groups);
    }
    rooms_close(&rooms);
}

static void racks_fall_one_after_the_other(void **state)
{
    (void)state;
    static const char *const order[] = {"a/z1/r01", "a/z1/r02", "a/z2/r01", "a/z2/r02", "b/z1/r01", "b/z1/r02", "b/z2/r01", "b/z2/r02"};
    assert_falls(FALLS("order = \"rack\";"), order, 8);
}

static void domains_fall_in_the_order_that_is_stated(void **state)
{
    (void)state;
    static const char *const zones[] = {"b/z2", "a/z1", "a/z2", "b/z1"}, *const sites[] = {"b", "a"};
    assert_falls(FALLS("order = \"zone\"; sequence = [ \"b/z2/*\", \"a/z1/*\" ];"), zones, 4); /* the others in the fleet's order */
    assert_falls(FALLS("order = \"zone\"; sequence = [ \"b/z2/*\", \"*\" ];"), zones, 4);
    assert_falls(FALLS("sequence = [ \"b/*\" ];"), sites, 2);
}

/* Racks of both sites by turns: within a pattern those of one domain fall together, wherever they stand. */
static void a_sequence_may_cut_through_domains(void **state)
{
    (void)state;
    static const char *const order[] = {"a/z1/r02", "a/z2/r02", "b/z1/r02", "b/z2/r02", "a/z1/r01", "a/z2/r01", "b/z1/r01", "b/z2/r01"};
    assert_falls(FALLS("order = \"zone\"; sequence = [ \"*/r02/*\" ];"), order, 8);
}

static void a_release_follows_a_sequence(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, FLEET_4 "rollouts = ( { name = \"r\"; target = \"node\"; start = \"2024-07-02T00:00Z\"; sequence = [ \"b/z1/*\", \"a/*\" ]; "
                                     "stages = ( { share = \"25 %\"; bake = \"1 d\"; }, { share = \"75 %\"; bake = \"1 d\"; }, { share = \"100 %\"; } ); "
                                     "stop_at = 1000000; notice = \"0 s\"; recovery = { time = \"30 d\"; }; } );");
    run_to(&life, 2 * US_PER_DAY);
    assert_int_equal(life.down, 10);
    assert_int_equal(down_in(&life, "b/z1"), 10);
    run_to(&life, 3 * US_PER_DAY);
    assert_int_equal(life.down, 30);
    assert_int_equal(down_in(&life, "a/"), 20);
    rooms_close(&rooms);
}

/* --- Curves of service --- */

#define SERVICE_CURVE(more, phases)                                                                                    \
    FLEET("", SITE("a", "1", "1", "")) "incidents = ( { name = \"i\"; start = \"2024-07-02T00:00Z\"; effects = ( { target = \"node\"; "  \
    "where = \"a/z1/*\"; curve = \"service\"; " more " phases = ( " phases " ); } ); } );"
#define AT(hours, impaired) "{ at = \"" hours " h\"; impaired = \"" impaired " %\"; }"

static uint32_t node_of(const struct life *life, const char *path) { return graph_find(life->graph, path); }

/* Mean of what the node gives from one hour to another after the incident's start, looked at every minute in its middle. */
static double mean_between(struct life *life, int from_h, int to_h)
{
    double sum = 0;
    for (int minute = from_h * 60; minute < to_h * 60; minute++) {
        run_to(life, US_PER_DAY + minute * US_PER_MINUTE + US_PER_MINUTE / 2);
        sum += (double)graph_fraction(life->state, node_of(life, "a/z1/r01/n01"), PLANE_DATA) / GRAPH_WHOLE;
    }
    return sum / ((to_h - from_h) * 60);
}

static void a_curve_of_service_is_lived_through_by_each(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    /* It rises, rests, rises again to all, falls to nothing: as many peaks as wished. */
    open_life(&rooms, &life, SERVICE_CURVE("", AT("0", "0") ", " AT("1", "50") ", " AT("3", "50") ", " AT("4", "25") ", " AT("5", "100") ", " AT("6", "100") ", " AT("8", "0")));
    run_to(&life, US_PER_DAY - 1);
    assert_int_equal(graph_fraction(life.state, node_of(&life, "a/z1/r01/n01"), PLANE_DATA), GRAPH_WHOLE);
    static const double wanted[] = {0.75, 0.5, 0.5, 0.625, 0.375, 0, 0.25, 0.75, 1};
    for (int hour = 0; hour < 9; hour++)
        assert_true(fabs(mean_between(&life, hour, hour + 1) - wanted[hour]) < 1e-5);
    assert_int_equal(faults_started(life.faults), 1); /* however many steps */
    assert_int_equal(life.failures, 1); /* from 5 h to 6 h it is down */
    assert_int_equal(graph_fraction(life.state, node_of(&life, "a/z2/r01/n01"), PLANE_DATA), GRAPH_WHOLE);
    rooms_close(&rooms);
}

static void severity_scales_a_curve_of_service_and_its_last_value_stays(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, SERVICE_CURVE("severity = \"50 %\";", AT("0", "100") ", " AT("2", "40")));
    assert_true(fabs(mean_between(&life, 0, 2) - (1 - 0.5 * 0.7)) < 1e-5);
    assert_true(fabs(mean_between(&life, 2, 50) - 0.8) < 1e-5);
    assert_int_equal(life.failures, 0);
    rooms_close(&rooms);
}

/* A step never shows the component whole, or as bad as both: what watches thresholds sees one line. */
struct watched {
    struct life life; /* first: what observers are given */
    uint32_t least, most;
};

static void watch(void *context, uint32_t component)
{
    struct watched *watched = context;
    uint32_t fraction = graph_fraction(watched->life.state, component, PLANE_DATA);
    watched->least = fraction < watched->least ? fraction : watched->least;
    watched->most = fraction > watched->most ? fraction : watched->most;
}

static void steps_of_a_curve_overlap_in_the_same_instant(void **state)
{
    (void)state;
    struct rooms rooms;
    struct watched watched;
    open_life(&rooms, &watched.life, SERVICE_CURVE("", AT("0", "60") ", " AT("2", "30") ", " AT("4", "60") ", " AT("5", "60")));
    run_to(&watched.life, US_PER_DAY);
    watched.least = GRAPH_WHOLE, watched.most = 0;
    graph_watch_fractions(watched.life.state, watch);
    run_to(&watched.life, 3 * US_PER_DAY);
    assert_int_equal(watched.least, 400000);
    assert_int_equal(watched.most, 675000); /* the last step before 30 % is one of 32.5 % */
    rooms_close(&rooms);
}

static void a_curve_of_service_under_way_is_joined(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, SERVICE_CURVE("", AT("0", "100") ", " AT("4", "20") ", " AT("8", "20") ", " AT("9", "0")));
    plan(&life, &rooms, extended(&rooms), "any");
    begin_at(&life, 0, (instant){US_PER_DAY + 6 * US_PER_HOUR});
    assert_true(fabs(mean_between(&life, 6, 8) - 0.8) < 1e-5);
    assert_true(fabs(mean_between(&life, 8, 9) - 0.9) < 1e-5);
    assert_true(fabs(mean_between(&life, 9, 12) - 1) < 1e-9);
    assert_int_equal(faults_started(life.faults), 1);
    rooms_close(&rooms);
}

/* What an operator recorded of an API: calls that failed, by the hour. */
static void a_trace_may_say_what_is_lost_of_a_service(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, FLEET("", SITE("a", "1", "1", "")) "traces = ( { name = \"t\"; target = \"node\"; where = \"a/z1/*\"; curve = \"service\"; "
                             "severity = \"50 %\"; offset = \"1 d\"; events = [ \"0 h, 2 h, 40 %\", \"1 h, 3 h\", \"4 h, 5 h, 0 %\" ]; } );");
    static const double wanted[] = {0.8, 0.5, 0.5, 1, 1};
    for (int hour = 0; hour < 5; hour++)
        assert_true(fabs(mean_between(&life, hour, hour + 1) - wanted[hour]) < 1e-9);
    assert_int_equal(faults_started(life.faults), 2);
    assert_int_equal(life.failures, 0);
    rooms_close(&rooms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(racks_fall_one_after_the_other),
        cmocka_unit_test(domains_fall_in_the_order_that_is_stated),
        cmocka_unit_test(a_sequence_may_cut_through_domains),
        cmocka_unit_test(a_release_follows_a_sequence),
        cmocka_unit_test(a_curve_of_service_is_lived_through_by_each),
        cmocka_unit_test(severity_scales_a_curve_of_service_and_its_last_value_stays),
        cmocka_unit_test(steps_of_a_curve_overlap_in_the_same_instant),
        cmocka_unit_test(a_curve_of_service_under_way_is_joined),
        cmocka_unit_test(a_trace_may_say_what_is_lost_of_a_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
