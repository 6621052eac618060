/* Hybrids in small worlds whose answers can be computed by hand: a tenant at home in site a, whose first part has a and whose second has b. */
#include "tests/unit/clouds_world.h"

#define SITE(name, weight) \
    "{ name = \"" name "\"; zones = 1; racks = 1; demand_weight = " weight "; nodes = ( { type = \"box\"; per_rack = 2; } ); }"
#define VM "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 2; memory = \"4 GiB\"; %s }"
#define PAIR "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; replicas = 2; quorum = 1; vcpus = 2; memory = \"4 GiB\"; }"
/* Every time is a constant: created after 20 s, booted after 60 s. */
#define AZURE(name)                                                                                                    \
    "{ name = \"" name "\"; kind = \"hyperscaler\"; vcpu_price = \"0.05 USD/h\"; create_time = \"20 s\"; boot_time = \"60 s\"; "  \
    "heal_after = \"5 min\"; retry_first = \"30 s\"; retry_cap = \"30 s\"; disks = \"local\"; reserved_price = \"50 %%\"; reserved_term = \"3 h\"; }"
#define HYBRID                                                                                                         \
    "{ name = \"both\"; kind = \"hybrid\"; parts = [ \"one\", \"two\" ]; sites = [ \"a\" ]; "                             \
    "fail_over_switch = \"3 min\"; fail_over_restore = \"30 min\"; return_after = \"1 h\"; %s }"
#define NOTICED "fail_over_notice = \"2 min\";"
#define DAY "start = \"2024-07-01T00:00Z\"; horizon = \"1 d\"; "
#define HEAD "model = \"clouds\"; seed = 3; probes = \"60 /h\"; "

enum { ONE, TWO, BOTH }; /* the clouds */

static const double hour = 3600, hourly = 0.1; /* price of a vm */

static const char *world_text(const char *head, const char *laws, const char *demand, const char *incidents, const char *keys)
{
    return text(HEAD "%s fleet = { node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; %s } ); sites = ( " SITE("a", "1") ", "
                SITE("b", "0") " ); }; demand = ( %s ); incidents = ( %s ); clouds = ( " AZURE("one") ", " AZURE("two") ", %s );",
                head, laws, demand, incidents, text(HYBRID, keys));
}

static void open_world(struct clouds_test *test, const char *demand, const char *incidents, const char *keys)
{
    clouds_open(test, world_text(DAY, "", demand, incidents, keys));
}

static const struct unit *unit_of(const struct clouds_test *test, uint32_t part) { return &test->world->part[part]->unit[0]; }
static bool part_is_up(const struct clouds_test *test, uint32_t part) { return unit_is_up(unit_of(test, part)); }
static uint32_t reached(const struct clouds_test *test) { return test->world->load[0].counted; }

/* Lives second by second until the first part is up again; returns when that was. */
static double until_first_is_back(struct clouds_test *test, double from, double to)
{
    for (double t = from; t <= to; t++) {
        clouds_until(test, t);
        if (part_is_up(test, 0))
            return t;
    }
    fail_msg("the first part is not up again");
    return 0;
}

/* --- Modes ----------------------------------------------------------------------------------------------------------- */

static void warm_standby_is_reached_after_notice_and_switch(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, text(VM, ""), incident("site", "2024-07-01T01:00Z", "site", "a", 10 * hour), "mode = \"warm standby\"; " NOTICED);
    clouds_begin(&test, BOTH);
    clouds_until(&test, 80);
    assert_true(part_is_up(&test, 0) && part_is_up(&test, 1));
    assert_int_equal(reached(&test), 1); /* of the two that run, users reach one */
    clouds_until(&test, hour + 300 - 1); /* 2 min to notice, 3 min to switch */
    assert_int_equal(reached(&test), 0);
    clouds_until(&test, hour + 300);
    assert_int_equal(reached(&test), 1);
    double back = until_first_is_back(&test, 11 * hour, 11 * hour + 200);
    clouds_until(&test, back + hour);
    assert_int_equal(reached(&test), 1);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_quorum"), 1 - (80 + 300) / 86400.0, 1e-12);
    assert_near(clouds_metric(&test, "availability_service"), 1 - (80 + 300) / 86400.0, 1e-12);
    assert_near(clouds_metric(&test, "time_to_recover_p50_min"), 5, 1e-9);
    double both = clouds_metric(&test, "cost_usd");
    clouds_run(&test, ONE);
    assert_near(both, clouds_metric(&test, "cost_usd") + hourly * (86400 - 20) / 3600, 4e-6); /* the standby is paid all day */
    clouds_close(&test);
}

static void users_return_when_the_first_part_has_been_back_for_as_long_as_said(void **state)
{
    (void)state;
    struct clouds_test test;
    /* The second part is lost just after users have returned, and again just before: only that is felt. */
    open_world(&test, text(VM, ""), incident("site", "2024-07-01T01:00Z", "site", "a", 10 * hour), "mode = \"warm standby\"; " NOTICED);
    clouds_begin(&test, BOTH);
    double back = until_first_is_back(&test, 11 * hour, 11 * hour + 200);
    clouds_finish(&test);
    clouds_close(&test);
    for (int late = 0; late < 2; late++) {
        int minute = (int)(back / 60) + 60 + (late ? 1 : -1);
        const char *start = text("2024-07-01T%02d:%02dZ", minute / 60, minute % 60);
        open_world(&test, text(VM, ""),
                   text("%s, %s", incident("site", "2024-07-01T01:00Z", "site", "a", 10 * hour), incident("other", start, "site", "b", hour)),
                   "mode = \"warm standby\"; " NOTICED);
        clouds_begin(&test, BOTH);
        clouds_until(&test, minute * 60 + 5);
        assert_int_equal(reached(&test), late);
        clouds_finish(&test);
        clouds_close(&test);
    }
}

static void a_backup_is_started_restored_and_given_back(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, text(VM, ""), incident("site", "2024-07-01T01:00Z", "site", "a", 10 * hour), "mode = \"backup\"; " NOTICED);
    clouds_begin(&test, BOTH);
    clouds_until(&test, hour + 120 - 1);
    assert_int_equal(unit_of(&test, 1)->state, UNIT_IDLE);
    clouds_until(&test, hour + 120 + 80); /* noticed, created, booted: it runs, and users are not there yet */
    assert_true(part_is_up(&test, 1));
    clouds_until(&test, hour + 120 + 80 + 1800 - 1);
    assert_int_equal(reached(&test), 0);
    clouds_until(&test, hour + 120 + 80 + 1800);
    assert_int_equal(reached(&test), 1);
    double back = until_first_is_back(&test, 11 * hour, 11 * hour + 200);
    clouds_until(&test, back + hour - 1);
    assert_true(part_is_up(&test, 1));
    clouds_until(&test, back + hour);
    assert_int_equal(unit_of(&test, 1)->state, UNIT_IDLE);
    assert_int_equal(reached(&test), 1);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_quorum"), 1 - (80 + 2000) / 86400.0, 1e-12);
    double both = clouds_metric(&test, "cost_usd");
    clouds_run(&test, ONE);
    assert_near(both, clouds_metric(&test, "cost_usd") + hourly * (back + hour - (hour + 140)) / 3600, hourly / 3600);
    clouds_close(&test);
}

/* Asked for again, a reservation goes on within its term, and begins anew after it: here 01:02:20 to 07:02:20 and 12:02:20 to 15:02:20. */
static void a_backup_that_is_reserved_is_paid_by_whole_terms(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *sites = text("%s, %s, %s", incident("first", "2024-07-01T01:00Z", "site", "a", hour),
                             incident("second", "2024-07-01T03:30Z", "site", "a", 2.5 * hour),
                             incident("third", "2024-07-01T12:00Z", "site", "a", hour));
    open_world(&test, text(VM, "capacity = \"reserved\";"), sites, "mode = \"backup\"; " NOTICED);
    clouds_run(&test, BOTH);
    double first = (86400 - 20) / 3600.0, second = 6 + 3;
    assert_near(clouds_metric(&test, "cost_usd"), hourly * 0.5 * (first + second), 4e-6);
    clouds_close(&test);
}

static void a_first_part_that_is_soon_back_calls_the_backup_off(void **state)
{
    (void)state;
    struct clouds_test test;
    /* The node is back after 3 min and the machine boots for one: the second part was asked a minute after its loss was noticed. */
    open_world(&test, text(VM, ""), incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 180), "mode = \"backup\"; " NOTICED);
    clouds_begin(&test, BOTH);
    clouds_until(&test, hour + 210);
    assert_true(part_is_up(&test, 1));
    clouds_until(&test, hour + 241);
    assert_int_equal(reached(&test), 1);
    assert_int_equal(unit_of(&test, 1)->state, UNIT_IDLE);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_quorum"), 1 - (80 + 240) / 86400.0, 0.001 / 86400);
    clouds_close(&test);
}

static void active_replicas_are_divided_and_the_quorum_counts_over_both(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, PAIR, incident("site", "2024-07-01T01:00Z", "site", "a", 10 * hour), "mode = \"active-active\";");
    clouds_begin(&test, BOTH);
    clouds_until(&test, 80);
    assert_int_equal(test.world->part[0]->demand->units, 1);
    assert_int_equal(test.world->part[1]->demand->units, 1);
    assert_int_equal(clouds_path(&test, unit_of(&test, 0)->dependency[0])[0], 'a');
    assert_int_equal(clouds_path(&test, unit_of(&test, 1)->dependency[0])[0], 'b');
    assert_int_equal(reached(&test), 2);
    clouds_until(&test, hour);
    assert_int_equal(reached(&test), 1);
    double back = until_first_is_back(&test, 11 * hour, 11 * hour + 200);
    assert_int_equal(reached(&test), 2);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_quorum"), 1 - 80 / 86400.0, 1e-12);
    assert_near(clouds_metric(&test, "availability_service"), 1 - (80 + (back - hour) / 2) / 86400.0, 0.5 / 86400);
    clouds_close(&test);
}

/* --- Fairness -------------------------------------------------------------------------------------------------------- */

static void a_second_part_that_is_never_needed_changes_nothing(void **state)
{
    (void)state;
    static const char *const same[] = {"availability_service", "availability_quorum", "availability_node", "longest_outage_min",
                                       "outages", "cost_usd", "sla_credit_usd", "lease_success_rate"};
    struct clouds_test test;
    clouds_open(&test, world_text("start = \"2024-07-01T00:00Z\"; horizon = \"90 d\"; ", "up = \"exponential(3 d)\"; repair = \"exponential(8 h)\"; ",
                                  text(VM, "arrivals = \"1 /h\"; lifetime = \"exponential(6 h)\"; "), "",
                                  "mode = \"backup\"; fail_over_notice = \"100 y\";"));
    double alone[sizeof same / sizeof *same];
    clouds_run(&test, ONE);
    assert_true(clouds_metric(&test, "availability_quorum") < 0.999);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        alone[i] = clouds_metric(&test, same[i]);
    clouds_run(&test, BOTH);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (memcmp(&(double){clouds_metric(&test, same[i])}, &alone[i], sizeof *alone) != 0)
            fail_msg("%s is %.17g and not %.17g", same[i], clouds_metric(&test, same[i]), alone[i]);
    clouds_close(&test);
}

static void what_parts_are_paid_and_say_is_the_hybrids(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, text(HEAD DAY "fleet = { node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( " SITE("a", "1")
                            ", " SITE("b", "1") " ); }; demand = ( " PAIR " ); clouds = ( " AZURE("one") ", { name = \"net\"; kind = \"ionet\"; }, "
                            "{ name = \"both\"; kind = \"hybrid\"; parts = [ \"one\", \"net\" ]; } );"));
    clouds_run(&test, BOTH);
    int64_t of_parts = 0;
    for (uint32_t p = 0; p < test.world->parts; p++) {
        money paid = measure_paid(test.world->part[p]->measure, 0);
        assert_true(paid.micro > 0);
        of_parts += paid.micro;
    }
    assert_int_equal(of_parts, measure_paid(test.world->measure, 0).micro);
    assert_near(clouds_metric(&test, "cost_usd"), (double)of_parts / 1e6, 1e-9);
    assert_near(clouds_metric(&test, "paid_hours_per_useful_hour"), 1, 0.01);
    assert_true(clouds_metric(&test, "devices_ready") > 0); /* owners are the second part's alone */
    clouds_close(&test);
}

static void what_may_hit_a_part_hits_that_part_of_the_hybrid(void **state)
{
    (void)state;
    static const struct {
        const char *cloud;
        bool first, second;
    } cases[] = {{"one", true, false}, {"two", false, true}, {"both", true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct clouds_test test;
        static const char effect[] = "{ target = \"%s\"; phases = ( { at = \"0 s\"; impaired = \"100 %%\"; } ); }";
        open_world(&test, text(VM, ""),
                   text("{ name = \"c\"; start = \"2024-07-01T01:00Z\"; clouds = [ \"%s\" ]; effects = ( %s, %s ); }", cases[i].cloud,
                        text(effect, "control"), text(effect, "node")), "");
        clouds_begin(&test, BOTH);
        clouds_until(&test, 2 * hour);
        for (uint32_t c = 0; c < graph_count(test.cloud.graph); c++) {
            const struct component *component = graph_component(test.cloud.graph, c);
            bool first = strncmp(component->path, "one/", 4) == 0 || component->path[0] == 'a';
            if (component->class == COMPONENT_CONTROL || component->class == COMPONENT_NODE)
                assert_int_equal(!graph_serves(test.world->graph, c), first ? cases[i].first : cases[i].second);
        }
        clouds_finish(&test);
        clouds_close(&test);
    }
}

static void impossible_hybrids_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *keys, *says;
    } wrong[] = {
        {"parts = [ \"one\" ];", "a hybrid has two parts"},
        {"parts = [ \"one\", \"three\" ];", "no cloud is called 'three'"},
        {"parts = [ \"one\", \"both\" ];", "'both' is a hybrid itself"},
        {"parts = [ \"one\", \"one\" ];", "both parts are 'one'"},
        {"parts = [ \"one\", \"two\" ]; } ); rare = { method = \"splitting\"; levels = ( { at = 1; } ); }; components = ( { name = \"c\";",
         "splitting knows no hybrids"},
        {"parts = [ \"one\", \"two\" ]; sites = [ \"c\" ];", "no site is called 'c'"},
        {"parts = [ \"one\", \"two\" ]; sites = [ \"a\", \"b\" ];", "a part of the hybrid has no site"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct clouds_test test;
        char said[4000] = "";
        clouds_read(&test, text(HEAD DAY "fleet = { node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( "
                                SITE("a", "1") ", " SITE("b", "1") " ); }; demand = ( %s ); clouds = ( " AZURE("one") ", " AZURE("two")
                                ", { name = \"both\"; kind = \"hybrid\"; %s } );", text(VM, ""), wrong[i].keys));
        assert_true(test.scenario->errors > 0);
        FILE *out = fmemopen(said, sizeof said - 1, "w");
        (void)scenario_print_errors(test.scenario, out);
        (void)fclose(out);
        if (strstr(said, wrong[i].says) == NULL)
            fail_msg("'%s' is not in: %s", wrong[i].says, said);
        clouds_close(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warm_standby_is_reached_after_notice_and_switch),
        cmocka_unit_test(users_return_when_the_first_part_has_been_back_for_as_long_as_said),
        cmocka_unit_test(a_backup_is_started_restored_and_given_back),
        cmocka_unit_test(a_backup_that_is_reserved_is_paid_by_whole_terms),
        cmocka_unit_test(a_first_part_that_is_soon_back_calls_the_backup_off),
        cmocka_unit_test(active_replicas_are_divided_and_the_quorum_counts_over_both),
        cmocka_unit_test(a_second_part_that_is_never_needed_changes_nothing),
        cmocka_unit_test(what_parts_are_paid_and_say_is_the_hybrids),
        cmocka_unit_test(what_may_hit_a_part_hits_that_part_of_the_hybrid),
        cmocka_unit_test(impossible_hybrids_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
