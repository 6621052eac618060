/* Traces, rollouts and recoveries: down exactly when recorded, stopped when somebody notices, back when a crew has time. */
#include "tests/unit/life.h"

#define PLAIN_FLEET FLEET("", SITE("a", "100", "50", "") ", " SITE("b", "100", "50", ""))
#define SMALL_FLEET FLEET("", SITE("a", "1", "1", ""))

static void open_life(struct rooms *rooms, struct life *life, const char *text)
{
    rooms_open(rooms, text);
    plan(life, rooms, extended(rooms), "any");
}

/* --- Traces --- */

static void a_component_driven_by_a_trace_is_down_exactly_during_the_merged_union(void **state)
{
    (void)state;
    static const int union_of[][2] = {{1, 4}, {6, 7}, {9, 10}}; /* hours; repeated each day */
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, SMALL_FLEET "traces = ( { name = \"t\"; target = \"node\"; where = \"a/z1/*\"; repeat = \"1 d\"; "
                                         "events = [ \"1 h, 3 h\", \"2 h, 4 h\", \"2.5 h, 2.6 h\", \"6 h, 7 h\", \"9 h, 10 h\" ]; } );");
    begin_at(&life, 0, (instant){0});
    for (int quarter = 0; quarter < 4 * 24 * 10; quarter++) {
        /* One microsecond before the quarter and at it: both edges are exact. */
        for (int64_t early = 1; early >= 0; early--) {
            int64_t at = quarter * 15 * US_PER_MINUTE - early;
            if (at < 0)
                continue;
            run_to(&life, at);
            int64_t of_day = at % US_PER_DAY;
            bool wanted = false;
            for (int u = 0; u < 3; u++)
                wanted = wanted || (of_day >= union_of[u][0] * US_PER_HOUR && of_day < union_of[u][1] * US_PER_HOUR);
            assert_int_equal(life.down, wanted);
        }
    }
    rooms_close(&rooms);
}

static void a_trace_that_began_before_the_run_is_joined(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, SMALL_FLEET "traces = ( { name = \"t\"; target = \"node\"; where = \"a/z1/*\"; offset = \"-100 h\"; "
                                         "events = [ \"1 h, 2 h\", \"98 h, 103 h\", \"104 h, 105 h\" ]; } );");
    begin_at(&life, 0, (instant){0});
    run_to(&life, 0);
    assert_int_equal(life.down, 1);
    run_to(&life, 3 * US_PER_HOUR);
    assert_int_equal(life.down, 0);
    run_to(&life, 4 * US_PER_HOUR);
    assert_int_equal(life.down, 1);
    rooms_close(&rooms);
}

static void severity_is_the_share_that_is_down_and_scatter_spreads_it(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, PLAIN_FLEET "traces = ( { name = \"t\"; target = \"node\"; where = \"a/*\"; scatter = \"10 h\"; "
                                         "events = [ \"10 h, 40 h, 20 %\" ]; } );");
    begin_at(&life, 0, (instant){0});
    run_to(&life, 15 * US_PER_HOUR);
    assert_share(life.down, 10000, 0.1, 4.5);
    run_to(&life, 30 * US_PER_HOUR);
    assert_share(life.down, 10000, 0.2, 4.5);
    run_to(&life, 45 * US_PER_HOUR);
    assert_share(life.down, 10000, 0.1, 4.5);
    run_to(&life, 51 * US_PER_HOUR);
    assert_int_equal(life.down, 0);
    rooms_close(&rooms);
}

/* --- Rollouts --- */

#define ROLLOUT(rest)                                                                                                              \
    "rollouts = ( { name = \"r\"; target = \"node\"; where = \"a/*\"; start = \"2024-07-02T00:00Z\"; spread = \"1 h\"; "            \
    "stages = ( { share = \"1 %\"; bake = \"24 h\"; }, { share = \"10 %\"; bake = \"24 h\"; }, { share = \"100 %\"; } ); "          \
    "recovery = { time = \"30 d\"; }; " rest " } );"

static void a_bad_release_that_is_noticed_while_baking_breaks_only_the_first_stage(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, PLAIN_FLEET ROLLOUT("notice = \"6 h\";"));
    begin_at(&life, 0, (instant){0});
    run_to(&life, US_PER_DAY + 2 * US_PER_HOUR);
    assert_share(life.failures, 10000, 0.01, 4.5);
    run_to(&life, 20 * US_PER_DAY);
    assert_share(life.failures, 10000, 0.01, 4.5);
    rooms_close(&rooms);
}

static void a_release_nobody_notices_in_time_reaches_everybody_online(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, PLAIN_FLEET ROLLOUT("notice = \"10 d\"; online = \"80 %\"; impact = \"50 %\";"));
    begin_at(&life, 0, (instant){0});
    run_to(&life, US_PER_DAY + 10 * US_PER_HOUR);
    assert_share(life.failures, 10000, 0.01 * 0.4, 4.5);
    run_to(&life, 2 * US_PER_DAY + 10 * US_PER_HOUR);
    assert_share(life.failures, 10000, 0.1 * 0.4, 4.5);
    run_to(&life, 5 * US_PER_DAY);
    assert_share(life.failures, 10000, 0.4, 4.5);
    rooms_close(&rooms);
}

static void a_release_that_bypasses_its_stages_breaks_until_it_is_stopped(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    /* It spreads over an hour; the first break comes at once, and 15 minutes later it is stopped: a quarter of all. */
    open_life(&rooms, &life, PLAIN_FLEET ROLLOUT("notice = \"15 min\"; bypass = \"100 %\";"));
    begin_at(&life, 0, (instant){0});
    run_to(&life, 20 * US_PER_DAY);
    assert_share(life.failures, 10000, 0.25, 4.5);
    rooms_close(&rooms);
}

static void releases_by_rate_come_as_often_as_said(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, PLAIN_FLEET "rollouts = ( { name = \"r\"; target = \"node\"; where = \"a/*\"; rate = \"50 /y\"; spread = \"0 s\"; "
                                         "stages = ( { share = \"1 %\"; bake = \"1 d\"; }, { share = \"100 %\"; } ); notice = \"1 h\"; "
                                         "recovery = { time = \"1 h\"; }; } );");
    begin_at(&life, 0, (instant){0});
    run_to(&life, 3652 * US_PER_DAY);
    /* Each breaks a hundred of ten thousand, all in the first stage: 500 releases, of a Poisson number. */
    assert_near(life.failures, 500 * 100, 4 * 100 * sqrt(500));
    rooms_close(&rooms);
}

/* --- Recovery --- */

#define STEP(recovery) INCIDENT_STEP "recovery = { " recovery " }; } ); } );"
#define INCIDENT_STEP                                                                                                              \
    "incidents = ( { name = \"i\"; start = \"2024-07-02T00:00Z\"; effects = ( { target = \"node\"; where = \"a/*\"; "              \
    "phases = ( { at = \"0 s\"; impaired = \"100 %\"; } ); "

static void crews_work_through_the_queue(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    /* 10,000 machines, 100 crews, 30 min each, from the second hour on: 200 an hour. */
    open_life(&rooms, &life, PLAIN_FLEET STEP("begin = \"2 h\"; crews = 100; time = \"30 min\";"));
    begin_at(&life, 0, (instant){0});
    run_to(&life, US_PER_DAY + 2 * US_PER_HOUR);
    assert_int_equal(life.down, 10000);
    for (int hour = 1; hour <= 50; hour++) {
        run_to(&life, US_PER_DAY + (2 + hour) * US_PER_HOUR);
        assert_int_equal(life.down, 10000 - 200 * hour);
    }
    rooms_close(&rooms);
}

/* A site is lost for an hour, and then ten crews bring its hundred machines back, ten an hour: 100 + 10 (1 + 2 + .. + 10) machine hours each time.
 * Looks on the hour see every step of such a staircase once, wherever it begins. */
static void what_a_hazard_hit_comes_back_by_crews(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, FLEET("", SITE("a", "5", "10", "")) "faults = ( { name = \"h\"; target = \"node\"; rate = \"1 /y\"; length = \"1 h\"; "
                             "recovery = { crews = 10; time = \"1 h\"; }; } );");
    begin_at(&life, 0, (instant){0});
    uint64_t machine_hours = 0;
    for (int64_t hour = 1; hour <= 20 * 8766; hour++) {
        run_to(&life, hour * US_PER_HOUR);
        machine_hours += life.down;
    }
    assert_in_range(life.failures, 8 * 100, 36 * 100); /* 20 strikes, give or take */
    assert_int_equal(life.failures % 100, 0);
    assert_int_equal(life.down, 0);
    assert_int_equal(machine_hours, life.failures / 100 * 650);
    rooms_close(&rooms);
}

static void without_crews_the_hard_to_reach_are_the_tail(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life,
              PLAIN_FLEET STEP("time = \"exponential(1.5 d)\"; hard_share = \"4.5 %\"; hard_time = \"exponential(7 d)\";"));
    begin_at(&life, 0, (instant){0});
    /* The mixture that leaves 2.9 % after 6.66 d. */
    run_to(&life, US_PER_DAY + 666 * US_PER_DAY / 100);
    assert_share(life.down, 10000, 0.955 * exp(-6.66 / 1.5) + 0.045 * exp(-6.66 / 7), 4.5);
    rooms_close(&rooms);
}

/* All come back at once to a door of 100 a minute. */
static int64_t time_until_all_are_back(const char *restart)
{
    struct rooms rooms;
    struct life life;
    char *text = NULL;
    assert_true(asprintf(&text, "%s%s%s", PLAIN_FLEET INCIDENT_STEP "recovery = { time = \"1 h\"; restart = { capacity = \"6000 /h\"; ", restart, "}; }; } ); } );") > 0);
    open_life(&rooms, &life, text);
    free(text);
    begin_at(&life, 0, (instant){0});
    int64_t minute = 0;
    run_to(&life, US_PER_DAY + US_PER_HOUR);
    while (life.down > 0 && minute < 1000000) {
        minute++;
        run_to(&life, US_PER_DAY + US_PER_HOUR + minute * US_PER_MINUTE);
    }
    rooms_close(&rooms);
    return minute;
}

static void a_herd_collapses_the_door_and_a_cap_prevents_it(void **state)
{
    (void)state;
    /* Patient retries cost little: 10,000 at 100 a minute take 100 minutes and a little more. */
    int64_t patient = time_until_all_are_back("retry = \"1 d\";");
    assert_true(patient >= 100 && patient < 115);
    /* A try a minute by 10,000 is a hundred times the capacity: it falls to its floor of 2 %, 2 a minute, until about 100 are left. */
    int64_t herd = time_until_all_are_back("retry = \"60 s\"; floor = \"2 %\";");
    assert_true(herd > 4900 && herd < 5000);
    /* Twenty inside at once take a fifth of the capacity for their retries. */
    int64_t capped = time_until_all_are_back("retry = \"60 s\"; floor = \"2 %\"; admitted = 20;");
    assert_true(capped >= 120 && capped < 130);
}

/* Nodes that are down in a/z1, a/z2, b/z1, b/z2. */
static void assert_zones_down(const struct life *life, const uint32_t *wanted)
{
    uint32_t of_zone[4] = {0};
    for (uint32_t c = 0; c < graph_count(life->graph); c++) {
        const struct component *component = graph_component(life->graph, c);
        if (component->class == COMPONENT_NODE && !graph_serves(life->state, c))
            of_zone[(component->path[0] == 'b') * 2 + (component->path[3] == '2')]++;
    }
    for (int zone = 0; zone < 4; zone++)
        assert_int_equal(of_zone[zone], wanted[zone]);
}

/* How many of 10,000 that come at once to a door of 100 a second are still outside after so many seconds. */
static uint32_t outside_after(const char *clients, int64_t seconds, int64_t end_s)
{
    struct rooms rooms;
    struct life life;
    char *text = NULL;
    assert_true(asprintf(&text, "%s%s%s", PLAIN_FLEET INCIDENT_STEP "recovery = { time = \"1 h\"; restart = { capacity = \"360000 /h\"; ", clients,
                         "}; }; } ); } );") > 0);
    rooms_open(&rooms, text);
    free(text);
    int64_t begin = US_PER_DAY + US_PER_HOUR;
    struct fault_list list = *rooms.faults;
    list.end = (instant){begin + end_s * US_PER_SECOND};
    rooms.faults = &list;
    plan(&life, &rooms, extended(&rooms), "any");
    begin_at(&life, 0, (instant){0});
    run_to(&life, begin);
    assert_int_equal(life.down, 10000);
    run_to(&life, begin + seconds * US_PER_SECOND);
    rooms_close(&rooms);
    return life.down;
}

static void without_timeouts_a_door_serves_one_after_the_other(void **state)
{
    (void)state;
    assert_int_equal(outside_after("clients = \"fixed\"; timeout = \"1 d\";", 40, 3600), 6000);
    assert_int_equal(outside_after("clients = \"fixed\"; timeout = \"1 d\";", 100, 3600), 0);
}

static void retries_that_come_together_jam_a_door_that_jitter_or_a_cap_keeps_open(void **state)
{
    (void)state;
    /* Each round of those left takes 100 s of work, in the first second of which 100 are served; the next comes 301 s later. */
    const char *together = "clients = \"fixed\"; retry = \"300 s\"; timeout = \"1 s\";";
    assert_int_equal(outside_after(together, 300, 100000), 9900);
    assert_int_equal(outside_after(together, 2, 100000), 9900);
    assert_int_equal(outside_after(together, 10 * 301 + 2, 100000), 10000 - 1100);
    assert_int_equal(outside_after(together, 99 * 301 + 2, 100000), 0);
    /* Spread over the wait they are 66 a second: the door is not full. */
    assert_int_equal(outside_after("clients = \"fixed\"; retry = \"300 s\"; timeout = \"1 s\"; jitter = \"full\";", 900, 100000), 0);
    /* Waits that double spread them until the door can take them, if they are random. */
    assert_true(outside_after("clients = \"exponential\"; retry = \"1 s\"; timeout = \"1 s\";", 3600, 100000) > 8500);
    assert_int_equal(outside_after("clients = \"exponential\"; retry = \"1 s\"; timeout = \"1 s\"; jitter = \"full\";", 3600, 100000), 0);
}

static void a_storm_of_retries_feeds_itself_for_ever_unless_the_door_sheds(void **state)
{
    (void)state;
    /* Every 2 s 9,900 tries of 10 ms: the line only grows, and nobody in it is served in time. */
    const char *storm = "clients = \"fixed\"; retry = \"1 s\"; timeout = \"1 s\";";
    assert_int_equal(outside_after(storm, 599, 600), 9900);
    /* Fifty in line, the others turned away at once: fifty each second. */
    assert_int_equal(outside_after("clients = \"fixed\"; retry = \"1 s\"; timeout = \"1 s\"; admitted = 50;", 100, 3600), 10000 - 100 * 50);
    assert_int_equal(outside_after("clients = \"fixed\"; retry = \"1 s\"; timeout = \"1 s\"; admitted = 50;", 200, 3600), 0);
    /* Who gives up for a while lets the line run empty: two tries each, 198 s of work, then 10 min of rest. */
    const char *rests = "clients = \"fixed\"; retry = \"1 s\"; timeout = \"1 s\"; tries = 2; rest = \"10 min\";";
    assert_int_equal(outside_after(rests, 600, 3600), 9900);
    assert_int_equal(outside_after(rests, 1000, 3600), 9800);
}

static void a_push_through_zones_in_order_takes_one_after_the_other(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, PLAIN_FLEET "incidents = ( { name = \"i\"; start = \"2024-07-02T00:00Z\"; effects = ( { target = \"node\"; "
                                         "order = \"zone\"; phases = ( { at = \"0 h\"; impaired = \"0 %\"; }, { at = \"4 h\"; impaired = \"100 %\"; } ); "
                                         "recovery = { begin = \"100 d\"; }; } ); } );");
    begin_at(&life, 0, (instant){0});
    for (int quarter = 1; quarter <= 4; quarter++) {
        run_to(&life, US_PER_DAY + quarter * US_PER_HOUR);
        assert_zones_down(&life, (uint32_t[]){5000, quarter > 1 ? 5000 : 0, quarter > 2 ? 5000 : 0, quarter > 3 ? 5000 : 0});
    }
    rooms_close(&rooms);
}

static void a_release_that_goes_zone_by_zone_spares_the_zones_after_its_stop(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    /* A zone in the first hour, the next after a day of baking; 30 h after the first break it is stopped: two zones have it. */
    open_life(&rooms, &life, PLAIN_FLEET "rollouts = ( { name = \"r\"; target = \"node\"; start = \"2024-07-02T00:00Z\"; order = \"zone\"; "
                                         "stages = ( { share = \"25 %\"; bake = \"23 h\"; }, { share = \"50 %\"; bake = \"23 h\"; }, { share = \"100 %\"; } ); "
                                         "notice = \"30 h\"; recovery = { time = \"30 d\"; }; } );");
    begin_at(&life, 0, (instant){0});
    run_to(&life, US_PER_DAY + US_PER_HOUR);
    assert_zones_down(&life, (uint32_t[]){5000, 0, 0, 0});
    run_to(&life, 2 * US_PER_DAY);
    assert_zones_down(&life, (uint32_t[]){5000, 0, 0, 0});
    run_to(&life, 2 * US_PER_DAY + US_PER_HOUR);
    assert_zones_down(&life, (uint32_t[]){5000, 5000, 0, 0});
    run_to(&life, 20 * US_PER_DAY);
    assert_zones_down(&life, (uint32_t[]){5000, 5000, 0, 0});
    rooms_close(&rooms);
}

static void impossible_traces_rollouts_and_recoveries_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"traces = ( { name = \"t\"; target = \"node\"; events = [ \"2 h, 1 h\" ]; } );", "does not end after it starts"},
        {"traces = ( { name = \"t\"; target = \"node\"; events = [ \"2 h\" ]; } );", "not an outage of two or three fields"},
        {"traces = ( { name = \"t\"; target = \"node\"; events = [ \"1 h, NaN h\" ]; } );", "is not an outage"},
        {"traces = ( { name = \"t\"; target = \"node\"; events = [ \"1 h, 2 h, 140 %\" ]; } );", "is not a severity"},
        {"traces = ( { name = \"t\"; target = \"node\"; events = [ \"3 h, 4 h\", \"1 h, 2 h\" ]; } );", "starts before outage 1"},
        {"traces = ( { name = \"t\"; target = \"node\"; repeat = \"1 h\"; events = [ \"0 h, 2 h\" ]; } );", "has begun again"},
        {ROLLOUT("notice = \"1 h\"; rate = \"1 /y\";"), "both 'start' and 'rate'"},
        {"rollouts = ( { name = \"r\"; target = \"node\"; rate = \"1 /y\"; notice = \"1 h\"; recovery = { }; "
         "stages = ( { share = \"10 %\"; }, { share = \"5 %\"; } ); } );",
         "stage 2 reaches nobody"},
        {"incidents = ( { name = \"i\"; start = \"2024-07-02T00:00Z\"; effects = ( { target = \"node\"; recovery = { }; "
         "phases = ( { at = \"0 h\"; impaired = \"50 %\"; }, { at = \"1 h\"; impaired = \"0 %\"; } ); } ); } );",
         "who returns is said twice"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        rooms_refused(SMALL_FLEET, wrong[i].text, wrong[i].says);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_component_driven_by_a_trace_is_down_exactly_during_the_merged_union),
        cmocka_unit_test(a_trace_that_began_before_the_run_is_joined),
        cmocka_unit_test(severity_is_the_share_that_is_down_and_scatter_spreads_it),
        cmocka_unit_test(a_bad_release_that_is_noticed_while_baking_breaks_only_the_first_stage),
        cmocka_unit_test(a_release_nobody_notices_in_time_reaches_everybody_online),
        cmocka_unit_test(a_release_that_bypasses_its_stages_breaks_until_it_is_stopped),
        cmocka_unit_test(releases_by_rate_come_as_often_as_said),
        cmocka_unit_test(crews_work_through_the_queue),
        cmocka_unit_test(what_a_hazard_hit_comes_back_by_crews),
        cmocka_unit_test(without_crews_the_hard_to_reach_are_the_tail),
        cmocka_unit_test(a_herd_collapses_the_door_and_a_cap_prevents_it),
        cmocka_unit_test(without_timeouts_a_door_serves_one_after_the_other),
        cmocka_unit_test(retries_that_come_together_jam_a_door_that_jitter_or_a_cap_keeps_open),
        cmocka_unit_test(a_storm_of_retries_feeds_itself_for_ever_unless_the_door_sheds),
        cmocka_unit_test(a_push_through_zones_in_order_takes_one_after_the_other),
        cmocka_unit_test(a_release_that_goes_zone_by_zone_spares_the_zones_after_its_stop),
        cmocka_unit_test(impossible_traces_rollouts_and_recoveries_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
