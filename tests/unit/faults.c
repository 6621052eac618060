/* What goes wrong, and when: equilibrium, curves, reach, hazards, and that nothing depends on who else is there. */
#include "tests/unit/life.h"

static void processes_start_in_equilibrium(void **state)
{
    (void)state;
    /* LANL's Weibull, and lognormal repairs of mean 6 h. */
    static const char text[] = FLEET("up = \"weibull(0.48, 817 h)\"; repair = \"lognormal_median(4 h, 0.9)\";",
                                     SITE("a", "100", "100", "")) "fresh = false;";
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, text);
    plan(&life, &rooms, extended(&rooms), "any");
    begin_at(&life, 0, (instant){0});
    double nodes = rooms.fleet->nodes, up = law_mean(rooms.fleet->type[0].up) / 3600,
           repair = law_mean(rooms.fleet->type[0].repair) / 3600, rate = 1 / (up + repair);
    assert_int_equal(rooms.fleet->nodes, 20000);
    assert_share(life.at_begin, nodes, repair * rate, 4);
    /* In equilibrium the expected number of failures in any time t is t / (mean up + mean repair), from the first moment. */
    for (int week = 1; week <= 4; week++) {
        uint32_t before = life.failures;
        run_to(&life, week * 7 * US_PER_DAY);
        double wanted = nodes * 168 * rate; /* the counts are overdispersed (clustered failures): 3 for the Weibull */
        assert_near(life.failures - before, wanted, 4 * sqrt(3 * wanted));
        assert_share(life.down, nodes, repair * rate, 5);
    }
    rooms_close(&rooms);
}

static void a_fresh_start_has_many_more_early_failures(void **state)
{
    (void)state;
    static const char text[] = FLEET("up = \"weibull(0.48, 817 h)\"; repair = \"4 h\";", SITE("a", "50", "100", "")) "fresh = true;";
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, text);
    plan(&life, &rooms, extended(&rooms), "any");
    begin_at(&life, 0, (instant){0});
    assert_int_equal(life.at_begin, 0);
    run_to(&life, 7 * US_PER_DAY);
    double nodes = rooms.fleet->nodes, up = law_mean(rooms.fleet->type[0].up) / 3600;
    assert_true(life.failures > 2 * nodes * 168 / (up + 4));
    /* First failures alone: 1 - exp(-(168/817)^0.48). */
    assert_true(life.failures > nodes * (1 - exp(-pow(168.0 / 817, 0.48))) - 4 * sqrt(nodes));
    rooms_close(&rooms);
}

static void zones_and_racks_fail_by_their_own_laws(void **state)
{
    (void)state;
    static const char text[] =
        FLEET("", SITE("a", "20", "5", "rack_up = \"exponential(30 d)\"; rack_repair = \"exponential(6 h)\"; "
                                       "storage_up = \"exponential(10 d)\"; storage_repair = \"1 h\";"));
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, text);
    plan(&life, &rooms, extended(&rooms), "any");
    assert_int_equal(life.plan->processes, 40 + 2);
    life.watched = COMPONENT_RACK;
    begin_at(&life, 3, (instant){0});
    run_to(&life, 1000 * US_PER_DAY);
    double wanted = 40 * 1000 / 30.25;
    assert_near(life.failures, wanted, 4 * sqrt(wanted));
    assert_int_equal(graph_serves(life.state, rooms.fleet->node[0].component),
                     graph_serves(life.state, rooms.fleet->rack[0].component));
    rooms_close(&rooms);
}

/* --- Nothing depends on who else is there --- */

#define LAWS "up = \"weibull(0.6, 100 h)\"; repair = \"lognormal_median(3 h, 1)\";"
#define BAD_LUCK                                                                                                                 \
    "incidents = ( { name = \"update\"; start = \"2024-07-05T00:00Z\"; effects = ( { target = \"node\"; software = \"agent\"; " \
    "phases = ( { at = \"0 s\"; impaired = 0; }, { at = \"1 h\"; impaired = 0.9; }, { at = \"2 d\"; impaired = 0; } ); } ); } );" \
    "faults = ( { name = \"push\"; target = \"node\"; share = 0.2; rate = \"100 /y\"; length = \"exponential(2 h)\"; }, "       \
    "{ name = \"owner\"; target = \"node\"; scope = \"each\"; rate = \"50 /y\"; length = \"exponential(1 h)\"; } );"

static void traces_of(const char *text, bool with_cloud, struct rooms *rooms, struct life *life)
{
    rooms_open(rooms, text);
    struct graph_builder *builder = extended(rooms);
    if (with_cloud) {
        static const struct law up = {LAW_EXPONENTIAL, 3600 * 50, 0, 0}, repair = {LAW_EXPONENTIAL, 7200, 0, 0};
        uint32_t chain = graph_add(builder, (struct component){"akash/chain", COMPONENT_CONTROL, &up, &repair, NULL});
        for (uint32_t s = 0; s < rooms->fleet->sites; s++) {
            const char *path = arena_format(&rooms->arena, "akash/%s", rooms->fleet->site[s].name);
            uint32_t provider = graph_add(builder, (struct component){path, COMPONENT_PROVIDER, &up, &repair, NULL});
            graph_need(builder, provider, chain, PLANE_CONTROL, (duration){US_PER_HOUR});
            graph_need(builder, provider, rooms->fleet->site[s].component, PLANE_DATA, (duration){0});
        }
    }
    plan(life, rooms, builder, with_cloud ? "akash" : "other");
    begin_at(life, 7, (instant){-2 * US_PER_DAY});
    run_to(life, 30 * US_PER_DAY);
}

static uint32_t same_traces(const struct life *a, const struct life *b)
{
    uint32_t compared = 0;
    for (uint32_t c = 0; c < graph_count(a->graph); c++) {
        const struct component *component = graph_component(a->graph, c);
        uint32_t other = graph_find(b->graph, component->path);
        if (component->class != COMPONENT_NODE || other == COMPONENT_NONE)
            continue;
        assert_true(a->trace[c] == b->trace[other]);
        compared += a->trace[c] != 0;
    }
    return compared;
}

static void every_cloud_meets_the_same_faults(void **state)
{
    (void)state;
    struct rooms a, b;
    struct life one, two;
    traces_of(FLEET(LAWS, SITE("a", "3", "10", "")) BAD_LUCK, false, &a, &one);
    traces_of(FLEET(LAWS, SITE("a", "3", "10", "")) BAD_LUCK, true, &b, &two);
    assert_int_equal(same_traces(&one, &two), 60);
    rooms_close(&a);
    rooms_close(&b);
}

/* A site before it, a rack after it, one more incident and one more hazard elsewhere: the old nodes' luck is what it was. */
static void hardware_that_is_added_moves_nobodys_faults(void **state)
{
    (void)state;
    struct rooms a, b;
    struct life one, two;
    traces_of(FLEET(LAWS, SITE("a", "3", "10", "")) BAD_LUCK, false, &a, &one);
    traces_of(FLEET(LAWS, SITE("0", "2", "10", "") "," SITE("a", "4", "10", "")) BAD_LUCK, false, &b, &two);
    assert_int_equal(same_traces(&one, &two), 60);
    rooms_close(&a);
    rooms_close(&b);
}

/* --- Incidents --- */

#define CURVE_FLEET FLEET("", SITE("a", "50", "100", "") "," SITE("b", "1", "100", ""))
#define PHASES                                                                                                                   \
    "phases = ( { at = \"1 h\"; impaired = 0; }, { at = \"2 h\"; impaired = 0.6; }, { at = \"4 h\"; impaired = 0.6; }, "        \
    "{ at = \"6 h\"; impaired = 0.2; }, { at = \"10 h\"; impaired = 0; } );"
#define INCIDENT(start, effect) "incidents = ( { name = \"i\"; start = \"" start "\"; effects = ( { " effect " } ); } );"

static double curve(double hours)
{
    static const double at[] = {1, 2, 4, 6, 10}, value[] = {0, 0.6, 0.6, 0.2, 0};
    for (int i = 1; i < 5; i++)
        if (hours < at[i])
            return hours < at[0] ? 0 : value[i - 1] + (value[i] - value[i - 1]) * (hours - at[i - 1]) / (at[i] - at[i - 1]);
    return 0;
}

static void the_fraction_down_follows_the_phases(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, CURVE_FLEET INCIDENT("2024-07-02T00:00Z", "target = \"node\"; where = \"a/*\"; " PHASES));
    plan(&life, &rooms, extended(&rooms), "any");
    assert_int_equal(life.plan->effect[0].count, 10000);
    begin_at(&life, 0, (instant){0});
    for (int half = 0; half <= 22; half++) {
        run_to(&life, US_PER_DAY + half * US_PER_HOUR / 2);
        assert_share(life.down, 10000, curve(half / 2.0), 4.5);
    }
    assert_int_equal(life.down, 0);
    assert_int_equal(engine_count(life.engine), 0);
    assert_int_equal(faults_started(life.faults), life.failures);
    assert_share(life.failures, 10000, 0.6, 4);
    rooms_close(&rooms);
}

/* Of those down in the plateau, the first to fall are not the first to return. */
static void who_returns_first_has_nothing_to_do_with_who_fell_first(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, CURVE_FLEET INCIDENT("2024-07-02T00:00Z", "target = \"node\"; where = \"a/*\"; " PHASES));
    plan(&life, &rooms, extended(&rooms), "any");
    begin_at(&life, 0, (instant){0});
    bool *early = arena_array(&rooms.arena, graph_count(life.graph), bool);
    run_to(&life, US_PER_DAY + 90 * US_PER_MINUTE);
    for (uint32_t c = 0; c < graph_count(life.graph); c++)
        early[c] = !graph_serves(life.state, c);
    run_to(&life, US_PER_DAY + 6 * US_PER_HOUR);
    uint32_t both = 0, first = 0;
    for (uint32_t c = 0; c < graph_count(life.graph); c++) {
        first += early[c];
        both += early[c] && !graph_serves(life.state, c);
    }
    assert_share(both, first, 0.2 / 0.6, 4);
    rooms_close(&rooms);
}

static void an_incident_under_way_at_the_begin_is_joined_on_its_curve(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, CURVE_FLEET INCIDENT("2024-06-30T21:00Z", "target = \"node\"; where = \"a/*\"; " PHASES));
    plan(&life, &rooms, extended(&rooms), "any");
    for (int late = 0; late <= 8; late += 2) { /* the run begins 3 h to 11 h after the incident's start */
        begin_at(&life, 0, (instant){late * US_PER_HOUR});
        run_to(&life, late * US_PER_HOUR);
        assert_share(life.down, 10000, curve(3 + late), 4.5);
        run_to(&life, late * US_PER_HOUR + US_PER_DAY);
        assert_int_equal(life.down, 0);
    }
    rooms_close(&rooms);
}

static void a_curve_that_ends_above_zero_keeps_its_last_value(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, CURVE_FLEET INCIDENT("2024-07-02T00:00Z", "target = \"node\"; where = \"a/*\"; share = 0.5; "
               "phases = ( { at = \"0 s\"; impaired = 0.8; }, { at = \"1 h\"; impaired = 0.3; } );"));
    plan(&life, &rooms, extended(&rooms), "any");
    begin_at(&life, 0, (instant){0});
    run_to(&life, US_PER_DAY - 1);
    assert_int_equal(life.down, 0);
    run_to(&life, US_PER_DAY);
    assert_share(life.down, 10000, 0.5 * 0.8, 4);
    run_to(&life, 30 * US_PER_DAY);
    assert_share(life.down, 10000, 0.5 * 0.3, 4);
    rooms_close(&rooms);
}

static void software_is_a_property_of_the_node_and_shared_by_incidents(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
#define UPDATE(name, start)                                                                                                      \
    "{ name = \"" name "\"; start = \"" start "\"; effects = ( { target = \"node\"; software = \"agent\"; "                    \
    "phases = ( { at = \"0 s\"; impaired = 1; }, { at = \"1 h\"; impaired = 1; }, { at = \"2 h\"; impaired = 0; } ); } ); }"
    rooms_open(&rooms, CURVE_FLEET "incidents = (" UPDATE("one", "2024-07-02T00:00Z") "," UPDATE("two", "2024-07-03T00:00Z") ");");
    plan(&life, &rooms, extended(&rooms), "any");
    begin_at(&life, 0, (instant){0});
    bool *hit = arena_array(&rooms.arena, graph_count(life.graph), bool);
    run_to(&life, US_PER_DAY + US_PER_MINUTE);
    for (uint32_t c = 0; c < graph_count(life.graph); c++)
        hit[c] = !graph_serves(life.state, c);
    assert_share(life.down, 10200, 0.3, 4);
    run_to(&life, 2 * US_PER_DAY - 1);
    assert_int_equal(life.down, 0);
    run_to(&life, 2 * US_PER_DAY + US_PER_MINUTE);
    for (uint32_t c = 0; c < graph_count(life.graph); c++)
        assert_int_equal(hit[c], !graph_serves(life.state, c));
    rooms_close(&rooms);
}

/* Racks of 10 nodes, zones of 10 racks, 50 of them: whoever buys together falls together, the share of buyers is that of the software, and
 * a larger share only adds buyers. */
static void software_is_bought_for_a_node_a_rack_a_zone_or_a_site(void **state)
{
    (void)state;
    static const char *const together[] = {"node", "rack", "zone", "site"};
    static const uint32_t nodes_of[] = {1, 10, 100, 2500};
    for (size_t t = 0; t < 4; t++) {
        uint32_t down[2] = {0};
        bool *hit[2];
        struct rooms rooms[2];
        for (size_t more = 0; more < 2; more++) {
            char text[2048];
            struct life life;
            snprintf(text, sizeof text,
                     "fleet = { software = ( { name = \"agent\"; share = %g; together = \"%s\"; } ); node_types = ( { name = \"n\"; vcpus = 4;"
                     " memory = \"8 GiB\"; } ); sites = ( { name = \"a\"; zones = 25; racks = 10; nodes = ( { type = \"n\"; per_rack = 10; } ); },"
                     " { name = \"b\"; zones = 25; racks = 10; nodes = ( { type = \"n\"; per_rack = 10; } ); } ); };"
                     "incidents = ( { name = \"u\"; start = \"2024-07-02T00:00Z\"; effects = ( { target = \"node\"; software = \"agent\";"
                     " phases = ( { at = \"0 s\"; impaired = 1; } ); } ); } );", more ? 0.6 : 0.4, together[t]);
            rooms_open(&rooms[more], text);
            plan(&life, &rooms[more], extended(&rooms[more]), "any");
            begin_at(&life, 4, (instant){0});
            run_to(&life, 2 * US_PER_DAY);
            hit[more] = arena_array(&rooms[more].arena, 5000, bool);
            for (uint32_t n = 0; n < 5000; n++)
                down[more] += hit[more][n] = !graph_serves(life.state, rooms[more].fleet->node[n].component);
        }
        uint32_t buyers = 5000 / nodes_of[t], bought = 0;
        for (uint32_t n = 0; n < 5000; n++) {
            assert_int_equal(hit[0][n], hit[0][n - n % nodes_of[t]]);
            assert_true(hit[1][n] || !hit[0][n]);
            bought += n % nodes_of[t] == 0 && hit[0][n];
        }
        assert_int_equal(down[0], bought * nodes_of[t]);
        if (buyers > 2)
            assert_share(bought, buyers, 0.4, 4);
        rooms_close(&rooms[0]);
        rooms_close(&rooms[1]);
    }
}

static void an_incident_hits_only_the_clouds_it_names_and_points_choose_incidents(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
#define ON(name, cloud)                                                                                                          \
    "{ name = \"" name "\"; start = \"2024-07-02T00:00Z\"; " cloud "effects = ( { target = \"site\"; where = \"a\"; "          \
    "phases = ( { at = \"0 s\"; impaired = 1; } ); } ); }"
    rooms_open(&rooms, CURVE_FLEET "incidents = (" ON("x", "clouds = [\"akash\"]; ") "," ON("y", "") "); active = [\"x\"];");
    assert_int_equal(rooms.faults->incidents, 1);
    assert_string_equal(rooms.faults->incident[0].name, "x");
    plan(&life, &rooms, extended(&rooms), "other");
    assert_int_equal(life.plan->effect[0].count, 0);
    plan(&life, &rooms, extended(&rooms), "akash");
    assert_int_equal(life.plan->effect[0].count, 1);
    begin_at(&life, 0, (instant){0});
    run_to(&life, 2 * US_PER_DAY);
    assert_int_equal(life.down, 10000);
    uint32_t culprit = graph_culprit(life.state, rooms.fleet->node[0].component);
    assert_int_equal(culprit, rooms.fleet->site[0].component);
    assert_int_equal(faults_cause_incident(life.faults, faults_cause(life.faults, culprit)), 0);
    assert_string_equal(faults_cause_name(life.faults, faults_cause(life.faults, culprit)), "x");
    assert_null(faults_cause_name(life.faults, FAULT_OWN));
    rooms_close(&rooms);
}

/* --- Hazards --- */

static void a_common_hazard_hits_its_share_at_once(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, FLEET("", SITE("a", "5", "100", "")) "faults = ( { name = \"push\"; target = \"node\"; share = 0.25; "
                                                            "rate = \"365.25 /y\"; length = \"1 h\"; } );");
    plan(&life, &rooms, extended(&rooms), "any");
    begin_at(&life, 0, (instant){0});
    run_to(&life, 400 * US_PER_DAY);
    double events = (double)faults_started(life.faults) / 1000 / 0.25;
    assert_near(events, 400, 4 * sqrt(400));
    assert_true(life.down == 0 || life.down > 200);
    rooms_close(&rooms);
}

static void a_hazard_of_each_is_a_process_of_each(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, FLEET("", SITE("a", "5", "100", "")) "faults = ( { name = \"owner\"; target = \"node\"; scope = \"each\"; "
                                                            "rate = \"36.525 /y\"; length = \"exponential(1 d)\"; } );");
    plan(&life, &rooms, extended(&rooms), "any");
    begin_at(&life, 0, (instant){0});
    run_to(&life, 100 * US_PER_DAY);
    assert_near((double)faults_started(life.faults), 1000 * 10, 4 * sqrt(10000));
    /* Overlaps merge, so a node is an M/G/infinity queue: up while empty, with probability exp(-rate x mean). */
    assert_share(life.down, 1000, 1 - exp(-0.1), 4);
    rooms_close(&rooms);
}

static void long_hazards_fit_the_estimate_of_pending_events(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    rooms_open(&rooms, FLEET("", SITE("a", "1", "50", "")) "faults = ( { name = \"push\"; target = \"node\"; rate = \"1 /d\"; "
                                                           "length = \"30 d\"; } );");
    plan(&life, &rooms, extended(&rooms), "any");
    begin_at(&life, 0, (instant){0});
    run_to(&life, 200 * US_PER_DAY);
    assert_true(engine_count(life.engine) > 100 * 10);
    rooms_close(&rooms);
}

/* --- Reading --- */

static void patterns_match_paths(void **state)
{
    (void)state;
    static const struct { const char *pattern, *text; bool matches; } wanted[] = {
        {"*", "a/z1", true}, {"", "", true}, {"", "a", false}, {"a/*", "a/z1/r01/n01", true}, {"a/*", "ab/z1", false},
        {"*/r0?/*", "a/z1/r07/n01", true}, {"*/r0?/*", "a/z1/r17/n01", false}, {"a/z1", "a/z1/r01", false},
        {"*n01", "a/n01/n01", true}, {"**", "", true}, {"?", "", false}, {"a*b*c", "aXbYbZc", true}, {"a*b*c", "aXbYbZ", false}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_int_equal(path_matches(wanted[i].pattern, wanted[i].text), wanted[i].matches);
}

static void impossible_faults_are_refused_with_a_reason(void **state)
{
    (void)state;
#define TWO(a, b) "target = \"node\"; phases = ( { at = \"" a "; }, { at = \"" b "; }, { at = \"9 h\"; impaired = 0.4; } );"
    static const struct { const char *text, *reason; } wanted[] = {
        {INCIDENT("2024-07-02", TWO("2 h\"; impaired = 0.1", "1 h\"; impaired = 0.2")), "phase 2 is not later than phase 1"},
        {INCIDENT("2024-07-02", TWO("0 h\"; impaired = 0.5", "1 h\"; impaired = 0.2")), "the curve has more than one peak"},
        {INCIDENT("2024-07-02", "target = \"node\"; software = \"agnet\"; phases = ( { at = \"0 s\"; impaired = 1; } );"),
         "no software is called 'agnet'"},
        {INCIDENT("2024-07-02", "target = \"rack\"; software = \"agent\"; phases = ( { at = \"0 s\"; impaired = 1; } );"),
         "only nodes run software"},
        {"active = [\"nothing\"];", "no incident is called 'nothing'"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        rooms_refused(CURVE_FLEET, wanted[i].text, wanted[i].reason);
}

/* Else the zone of site "a" and a site "a/z1" would be one path, and so one stream. */
static void a_site_name_with_a_slash_is_refused(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_read(&rooms, FLEET("", SITE("a", "1", "1", "") "," SITE("a/z1", "1", "1", "")));
    assert_int_equal(rooms.scenario->errors, 1);
    rooms_close(&rooms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_start_in_equilibrium),
        cmocka_unit_test(a_fresh_start_has_many_more_early_failures),
        cmocka_unit_test(zones_and_racks_fail_by_their_own_laws),
        cmocka_unit_test(every_cloud_meets_the_same_faults),
        cmocka_unit_test(hardware_that_is_added_moves_nobodys_faults),
        cmocka_unit_test(the_fraction_down_follows_the_phases),
        cmocka_unit_test(who_returns_first_has_nothing_to_do_with_who_fell_first),
        cmocka_unit_test(an_incident_under_way_at_the_begin_is_joined_on_its_curve),
        cmocka_unit_test(a_curve_that_ends_above_zero_keeps_its_last_value),
        cmocka_unit_test(software_is_a_property_of_the_node_and_shared_by_incidents),
        cmocka_unit_test(software_is_bought_for_a_node_a_rack_a_zone_or_a_site),
        cmocka_unit_test(an_incident_hits_only_the_clouds_it_names_and_points_choose_incidents),
        cmocka_unit_test(a_common_hazard_hits_its_share_at_once),
        cmocka_unit_test(a_hazard_of_each_is_a_process_of_each),
        cmocka_unit_test(long_hazards_fit_the_estimate_of_pending_events),
        cmocka_unit_test(patterns_match_paths),
        cmocka_unit_test(impossible_faults_are_refused_with_a_reason),
        cmocka_unit_test(a_site_name_with_a_slash_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
