/* The centralized cloud in small worlds whose answers can be computed by hand. */
#include "tests/unit/clouds_world.h"

#include "models/clouds/world/sla.h"

#define SITE "{ name = \"a\"; zones = 3; racks = 1; storage_units = 1; nodes = ( { type = \"box\"; per_rack = 2; } ); }"
#define BOX "{ name = \"box\"; vcpus = 8; memory = \"64 GiB\"; }"
#define VM "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 2; memory = \"4 GiB\"; }"
#define ZONES                                                                                                          \
    "{ name = \"zones\"; kind = \"service\"; count = 1; replicas = 3; spread = \"zone\"; ramp = \"0 s\"; vcpus = 2; memory = \"4 GiB\"; }"
/* Every time is a constant: created after 20 s, booted after 60 s, healed after 5 min. */
#define AZURE                                                                                                          \
    "{ name = \"azure\"; kind = \"hyperscaler\"; vcpu_price = \"0.05 USD/h\"; create_time = \"20 s\"; boot_time = \"60 s\"; "  \
    "retry_cap = \"30 s\"; token_grace = \"1 h\"; %s }"

/* The keys, and what they do not set. */
static const char *with_standard(const char *keys)
{
    return text("%s%s%s", keys, strstr(keys, "heal_after") != NULL ? "" : "heal_after = \"5 min\"; ",
                strstr(keys, "retry_first") != NULL ? "" : "retry_first = \"30 s\"; ");
}

static void open_world(struct clouds_test *test, const char *head, const char *demand, const char *incidents, const char *keys)
{
    clouds_open(test, text("model = \"clouds\"; seed = 3; probes = \"60 /h\"; %s fleet = { node_types = ( " BOX " ); "
                           "software = ( { name = \"agent\"; share = 1.0; } ); sites = ( " SITE " ); }; demand = ( %s ); "
                           "incidents = ( %s ); clouds = ( %s );",
                           head, demand, incidents, text(AZURE, with_standard(keys))));
    clouds_begin(test, 0);
}

#define JULY "start = \"2024-07-01T00:00Z\"; horizon = \"31 d\";"
#define DAY "start = \"2024-07-01T00:00Z\"; horizon = \"1 d\";"

static const double hour = 3600, minute = 60, healed = 300 + 20 + 60; /* noticed, allocated anew, booted */

/* --- Starting -------------------------------------------------------------------------------------------------------- */

static void machine_is_up_after_create_and_boot(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY, VM, "", "");
    clouds_until(&test, 19);
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->state, UNIT_IDLE);
    clouds_until(&test, 20);
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->state, UNIT_BOUND);
    clouds_until(&test, 79);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 80);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_service"), 1 - 80 / 86400.0, 1e-12);
    /* 2 vCPU at 0.05 USD/h from the allocation on */
    assert_near(clouds_metric(&test, "cost_usd"), 0.1 * (86400 - 20) / 3600, 2e-6);
    clouds_close(&test);
}

/* --- Healing and disks ----------------------------------------------------------------------------------------------- */

static void machine_of_a_lost_node_is_up_again_after_heal_create_and_boot(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY, VM, incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 10 * hour), "");
    clouds_until(&test, hour - 1);
    assert_string_equal(clouds_path(&test, clouds_unit(&test, "vm/0", 0)->dependency[0]), "a/z1/r01/n01");
    clouds_until(&test, hour);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, hour + healed - 1);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, hour + healed);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_string_equal(clouds_path(&test, clouds_unit(&test, "vm/0", 0)->dependency[0]), "a/z1/r01/n02");
    clouds_finish(&test);
    clouds_close(&test);
}

static void machine_of_a_node_that_is_back_before_healing_boots_there(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY, VM, incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 2 * minute), "");
    clouds_until(&test, hour + 3 * minute + 1);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 2 * hour);
    assert_string_equal(clouds_path(&test, clouds_unit(&test, "vm/0", 0)->dependency[0]), "a/z1/r01/n01");
    clouds_finish(&test);
    clouds_close(&test);
}

/* The disk goes while its node is gone for a moment: the platform has no reason to move the machine once the node is back. */
static void healing_is_called_off_when_only_the_disk_is_still_away(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY, VM,
               text("%s, %s", incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 2 * minute),
                    incident("disk", "2024-07-01T01:01Z", "storage", "a/z1/su01", hour)),
               "");
    clouds_until(&test, hour + 30 * minute);
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->bound_at.us, 20 * US_PER_SECOND);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 2 * hour + 2 * minute + 1);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    clouds_close(&test);
}

static void locally_redundant_disk_pins_its_machine_to_the_zone(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY, VM, incident("zone", "2024-07-01T01:00Z", "zone", "a/z1", 3 * hour), "disks = \"lrs\";");
    clouds_until(&test, 4 * hour - 1);
    assert_false(clouds_is_up(&test, "vm/0", 0)); /* four other nodes stand idle in the other zones */
    clouds_until(&test, 4 * hour + minute + 1);
    assert_true(clouds_is_up(&test, "vm/0", 0)); /* it boots where it was, as soon as the zone is back */
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->bound_at.us, 20 * US_PER_SECOND);
    clouds_finish(&test);
    clouds_close(&test);
}

/* The disk is back before the node is: the platform moves the machine to the zone's other node. */
static void machine_waits_for_its_disk_and_then_moves_within_the_zone(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY, VM,
               text("%s, %s", incident("disk", "2024-07-01T01:00Z", "storage", "a/z1/su01", hour),
                    incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 10 * hour)),
               "");
    clouds_until(&test, 2 * hour - 1);
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->bound_at.us, 20 * US_PER_SECOND);
    clouds_until(&test, 2 * hour + 2 * minute);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_string_equal(clouds_path(&test, clouds_unit(&test, "vm/0", 0)->dependency[0]), "a/z1/r01/n02");
    clouds_finish(&test);
    clouds_close(&test);
}

static void zone_redundant_disk_lets_its_machine_move(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY, VM, incident("zone", "2024-07-01T01:00Z", "zone", "a/z1", 3 * hour), "disks = \"zrs\";");
    clouds_until(&test, hour + healed);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_memory_not_equal(clouds_path(&test, clouds_unit(&test, "vm/0", 0)->dependency[0]), "a/z1/", 5);
    clouds_finish(&test);
    clouds_close(&test);
}

static void loss_of_a_storage_unit_stops_lrs_until_it_is_back_and_zrs_until_it_is_moved(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *lost = incident("disk", "2024-07-01T01:00Z", "storage", "a/z1/su01", 3 * hour);
    open_world(&test, DAY, VM, lost, "disks = \"lrs\";");
    clouds_until(&test, 4 * hour - 1);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 4 * hour + minute + 1);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    clouds_close(&test);

    open_world(&test, DAY, VM, lost, "disks = \"zrs\";");
    clouds_until(&test, hour + healed);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    clouds_close(&test);

    open_world(&test, DAY, VM, lost, "disks = \"local\";");
    clouds_until(&test, hour + 1);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    clouds_close(&test);
}

/* A broken agent is on the tenant's disk and comes along wherever the machine is moved: it waits for the repair. */
static void machine_with_a_broken_agent_on_its_disk_is_not_moved(void **state)
{
    (void)state;
    static const char agent[] = "{ name = \"agent\"; start = \"2024-07-01T01:00Z\"; effects = ( { target = \"node\"; where = "
                                "\"*/z1/r01/n01\"; software = \"agent\"; phases = ( { at = \"0 s\"; impaired = \"100 %\"; }, "
                                "{ at = \"3 h\"; impaired = \"100 %\"; }, { at = \"10801 s\"; impaired = \"0 %\"; } ); } ); }";
    static const char *const disks[] = {"lrs", "zrs", "local"};
    for (int moves = 0; moves < 2; moves++)
        for (int i = 0; i < 3; i++) {
            struct clouds_test test;
            open_world(&test, DAY, VM, agent, text("disks = \"%s\"; software_on_disk = %s;", disks[i], moves ? "false" : "true"));
            clouds_until(&test, hour + healed);
            assert_int_equal(clouds_is_up(&test, "vm/0", 0), moves);
            clouds_until(&test, 4 * hour + 1 + minute);
            assert_true(clouds_is_up(&test, "vm/0", 0));
            assert_int_equal(clouds_unit(&test, "vm/0", 0)->bound_at.us != 20 * US_PER_SECOND, moves);
            clouds_finish(&test);
            clouds_close(&test);
        }
}

/* --- Control planes -------------------------------------------------------------------------------------------------- */

#define LATE                                                                                                           \
    "{ name = \"late\"; kind = \"service\"; arrivals = \"20 /h\"; vcpus = 1; memory = \"1 GiB\"; lifetime = \"30 min\"; }"

static uint32_t bound_late(const struct clouds_test *test, double from, double to)
{
    uint32_t count = 0;
    for (uint32_t u = 0; u < test->world->demand->units; u++) {
        const struct unit *unit = &test->world->unit[u];
        const struct workload *workload = &test->world->demand->workload[unit->workload];
        if (unit->state != UNIT_IDLE && (double)workload->requested.us / 1e6 >= from && (double)unit->bound_at.us / 1e6 < to)
            count++;
    }
    return count;
}

static void loss_of_the_region_control_leaves_machines_alone_and_creates_none(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY, VM ", " LATE, incident("control", "2024-07-01T02:00Z", "region-control", "azure/a/control", 3 * hour), "");
    clouds_until(&test, 2 * hour + 30 * minute);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_int_equal(bound_late(&test, 2 * hour, 5 * hour), 0);
    clouds_until(&test, 5 * hour - 1);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    assert_int_equal(bound_late(&test, 2 * hour, 5 * hour), 0);
    clouds_until(&test, 5 * hour + 2 * minute);
    assert_true(bound_late(&test, 4 * hour + 45 * minute, 6 * hour) > 0); /* those still wanted */
    clouds_finish(&test);
    clouds_close(&test);
}

static void region_works_on_with_its_tokens_for_an_hour_without_the_global_control(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY, VM ", " LATE, incident("control", "2024-07-01T02:00Z", "control", "azure/control", 3 * hour), "");
    clouds_until(&test, 3 * hour - 1);
    assert_true(bound_late(&test, 2 * hour + 31 * minute, 3 * hour) > 0);
    clouds_until(&test, 5 * hour - 1);
    assert_int_equal(bound_late(&test, 3 * hour, 5 * hour), 0);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    /* 24 h less 2 h without control; a probe sent up to 5 min before the end still comes through. */
    double probes = clouds_metric(&test, "availability_control_plane");
    assert_near(probes, 22.0 / 24, 0.02);
    clouds_close(&test);
}

/* A probe has 5 minutes, however often the tenant tries. */
static void probe_is_tried_until_its_deadline(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *lost = incident("control", "2024-07-01T02:00Z", "region-control", "azure/a/control", 4 * minute);
    for (int quick = 0; quick < 2; quick++) {
        open_world(&test, DAY, VM, lost, quick ? "retry_first = \"5 s\"; " : "");
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "availability_control_plane"), 1, 0);
        clouds_close(&test);
    }
}

/* --- Credits --------------------------------------------------------------------------------------------------------- */

/* What the keys of a cloud promise. */
static struct sla agreement(const char *keys)
{
    struct clouds_test test;
    clouds_read(&test, text("model = \"clouds\"; " DAY " fleet = { node_types = ( " BOX " ); sites = ( " SITE " ); }; demand = ( " VM
                            " ); clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; %s } );", keys));
    assert_int_equal(test.scenario->errors, 0);
    struct sla sla = sla_read(test.scenario, value_at(value_of(&test.scenario->root, "clouds"), 0));
    assert_int_equal(test.scenario->errors, 0);
    clouds_close(&test);
    return sla;
}

static void thresholds_and_bands_are_those_of_the_agreements(void **state)
{
    (void)state;
    assert_int_equal(sla_tier_of(&(struct demand_class){.units = 1}), SLA_SINGLE);
    assert_int_equal(sla_tier_of(&(struct demand_class){.units = 3}), SLA_SET);
    assert_int_equal(sla_tier_of(&(struct demand_class){.units = 3, .spread = SPREAD_ZONE}), SLA_ZONES);
    static const struct {
        const char *keys;
        enum sla_tier tier;
        double uptime[6], credit[6]; /* at the edge of a band, and just below it */
    } rows[] = {
        {"", SLA_ZONES, {0.9999, 0.99989, 0.99, 0.9899, 0.95, 0.9499}, {0, 0.10, 0.10, 0.25, 0.25, 1}},
        {"", SLA_SET, {0.9995, 0.99949, 0.99, 0.9899, 0.95, 0.9499}, {0, 0.10, 0.10, 0.25, 0.25, 1}},
        {"credits = \"azure\";", SLA_SINGLE, {0.999, 0.9989, 0.99, 0.9899, 0.95, 0.9499}, {0, 0.10, 0.10, 0.25, 0.25, 1}},
        {"disk_type = \"standard-ssd\";", SLA_SINGLE, {0.995, 0.9949, 0.95, 0.9499, 0.90, 0.8999}, {0, 0.10, 0.10, 0.25, 0.25, 1}},
        {"disk_type = \"standard-hdd\";", SLA_SINGLE, {0.95, 0.9499, 0.92, 0.9199, 0.90, 0.8999}, {0, 0.10, 0.10, 0.25, 0.25, 1}},
        {"credits = \"aws\";", SLA_ZONES, {0.9999, 0.99989, 0.99, 0.9899, 0.95, 0.9499}, {0, 0.10, 0.10, 0.30, 0.30, 1}},
        {"credits = \"aws\";", SLA_SINGLE, {0.995, 0.9949, 0.99, 0.9899, 0.95, 0.9499}, {0, 0.10, 0.10, 0.30, 0.30, 1}},
        {"credits = \"gcp\";", SLA_ZONES, {0.9999, 0.99989, 0.99, 0.9899, 0.95, 0.9499}, {0, 0.10, 0.10, 0.25, 0.25, 1}},
        {"credits = \"gcp\";", SLA_SINGLE, {0.999, 0.9989, 0.99, 0.9899, 0.95, 0.9499}, {0, 0.10, 0.10, 0.25, 0.25, 1}},
        {"credits = \"own\"; credit_bands = ( { tier = \"single\"; below = \"98 %\"; credit = \"5 %\"; } );", SLA_SINGLE,
         {0.98, 0.9799, 0.95, 0.9499, 0.5, 0}, {0, 0.05, 0.05, 0.05, 0.05, 0.05}},
        {"credits = \"none\";", SLA_ZONES, {0.9999, 0.99989, 0.99, 0.9899, 0.95, 0.9499}, {0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sla sla = agreement(rows[i].keys);
        for (size_t k = 0; k < 6; k++)
            assert_near(sla_credit(&sla.tier[rows[i].tier], rows[i].uptime[k]), rows[i].credit[k], 0);
    }
}

#define LOW "{ tier = \"single\"; below = \"98 %\"; credit = \"5 %\"; }"

static void credits_without_bands_and_bands_that_do_not_fall_are_mistakes(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "credits = \"own\";", "credit_bands = ( " LOW " );",
        "credits = \"aws\"; disk_type = \"standard-hdd\";",
        "credits = \"own\"; credit_bands = ( " LOW ", { tier = \"single\"; below = \"99 %\"; credit = \"9 %\"; } );"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct clouds_test test;
        clouds_read(&test, text("model = \"clouds\"; " DAY " fleet = { node_types = ( " BOX " ); sites = ( " SITE " ); }; demand = ( " VM
                                " ); clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; %s } );", keys[i]));
        assert_int_equal(test.scenario->errors, 1);
        clouds_close(&test);
    }
}

/* The service is wanted until the 16th and has 7 minutes without any replica: 99.97 % of its half of July at Azure, which divides by what was
 * wanted, but 99.984 % of July. Its promise here is 99.98 %. */
static void share_of_the_month_is_that_in_which_the_service_was_wanted_where_the_agreement_says_so(void **state)
{
    (void)state;
    for (int wanted = 0; wanted < 2; wanted++) {
        struct clouds_test test;
        open_world(&test, JULY " warmup = \"0 s\";",
                   "{ name = \"set\"; kind = \"service\"; count = 1; replicas = 2; ramp = \"0 s\"; vcpus = 2; memory = \"4 GiB\"; "
                   "lifetime = \"372 h\"; }",
                   incident("site", "2024-07-05T00:00Z", "site", "a", 6 * minute),
                   text("heal_after = \"1 h\"; credits = \"own\"; credit_bands = ( { tier = \"set\"; below = \"99.98 %%\"; "
                        "credit = \"10 %%\"; divide_by = \"%s\"; } );",
                        wanted ? "wanted" : "month"));
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "sla_credit_usd"), wanted ? 0.1 * 2 * 0.1 * (372 - 20 / 3600.0) : 0, 1e-5);
        clouds_close(&test);
    }
}

static void outage_of_311_minutes_in_july_gives_a_tenth_of_the_bill_back(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, JULY, VM, incident("disk", "2024-07-18T21:40Z", "storage", "*", 311 * minute), "");
    clouds_finish(&test);
    double bill = 0.1 * (31 * 24 - 20 / 3600.0);
    assert_near(clouds_metric(&test, "sla_credit_usd"), 0.1 * bill, 2e-6);
    assert_near(clouds_metric(&test, "cost_usd"), 0.9 * bill, 4e-6);
    assert_near(clouds_metric(&test, "longest_outage_min"), 312, 1e-3); /* and a minute to boot */
    clouds_close(&test);
}

static void six_minutes_break_the_promise_to_zones_only(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *demand = text(VM ", " ZONES ", %s", "{ name = \"set\"; kind = \"service\"; count = 1; replicas = 2; ramp = \"0 s\"; "
                                                    "vcpus = 2; memory = \"4 GiB\"; }");
    open_world(&test, JULY, demand, incident("site", "2024-07-18T21:40Z", "site", "a", 6 * minute), "heal_after = \"1 h\"; ");
    clouds_finish(&test);
    /* 7 of 44,640 minutes: 99.984 %. Three replicas of 2 vCPU. */
    assert_near(clouds_metric(&test, "sla_credit_usd"), 0.1 * 3 * 0.1 * (31 * 24 - 20 / 3600.0), 1e-5);
    clouds_close(&test);
}

static void month_that_is_not_complete_earns_no_credit(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *lost = incident("disk", "2024-07-18T21:40Z", "storage", "*", 48 * hour);
    open_world(&test, "start = \"2024-07-15T00:00Z\"; horizon = \"30 d\";", VM, lost, "");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "sla_credit_usd"), 0, 0);
    clouds_close(&test);
    /* August is complete and had no fault: July's days before it must not be charged to it. */
    open_world(&test, "start = \"2024-07-15T00:00Z\"; horizon = \"48 d\";", VM, lost, "");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "sla_credit_usd"), 0, 0);
    clouds_close(&test);
}

static void month_that_ends_at_the_horizon_is_complete(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, "start = \"2024-06-15T00:00Z\"; horizon = \"47 d\";", VM,
               incident("disk", "2024-07-18T21:40Z", "storage", "*", 311 * minute), "");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "sla_credit_usd"), 0.1 * 0.1 * 31 * 24, 2e-6); /* July's bill alone */
    clouds_close(&test);
}

/* --- Money before the start ------------------------------------------------------------------------------------------- */

static void warmup_is_not_billed(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY " warmup = \"5 d\";", VM, "", "");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 0.1 * 24, 1e-9);
    assert_near(clouds_metric(&test, "paid_hours_per_useful_hour"), 1, 0);
    assert_near(clouds_metric(&test, "availability_service"), 1, 0);
    clouds_close(&test);
}

/* --- Gangs ----------------------------------------------------------------------------------------------------------- */

#define GANG(pods)                                                                                                     \
    "{ name = \"job\"; kind = \"job\"; count = 1; ramp = \"0 s\"; pods = " #pods "; vcpus = 8; memory = \"4 GiB\"; work = \"2 h\"; " \
    "restart = \"0 s\"; checkpoint_every = \"0 s\"; }"

static void gang_is_placed_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    struct clouds_test test;
    open_world(&test, DAY, GANG(7), "", ""); /* six nodes */
    clouds_until(&test, 12 * hour);
    for (uint32_t u = 0; u < 7; u++)
        assert_int_equal(clouds_unit(&test, "job/0", u)->state, UNIT_IDLE);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 0, 0);
    assert_near(clouds_metric(&test, "lease_success_rate"), 0, 0); /* a place that was given back was never granted */
    clouds_close(&test);
}

/* The gang fits only when a node is back. Failed attempts before must leave nothing behind: no disk that pins a pod to a
 * zone in which it was tried. */
static void failed_attempts_of_a_gang_leave_nothing_behind(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *demand = text("%s, %s",
                              "{ name = \"short\"; kind = \"service\"; count = 1; replicas = 3; ramp = \"0 s\"; vcpus = 8; "
                              "memory = \"4 GiB\"; lifetime = \"3 h\"; }",
                              GANG(4));
    /* Three of the six nodes are taken by a service for 3 h; then z3 is lost as a whole. */
    open_world(&test, DAY, demand, incident("zone", "2024-07-01T02:59Z", "zone", "a/z3", 20 * hour), "");
    clouds_until(&test, 2 * hour);
    assert_int_equal(clouds_unit(&test, "job/0", 0)->state, UNIT_IDLE);
    clouds_until(&test, 4 * hour);
    for (uint32_t u = 0; u < 4; u++)
        assert_true(clouds_is_up(&test, "job/0", u));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "jobs_completed"), 1, 0);
    clouds_close(&test);
}

/* Noticed after 5 min, and booted on other machines: the queue has room at once. */
static void job_that_loses_a_pod_goes_back_to_its_queue(void **state)
{
    (void)state;
    struct clouds_test test;
    static const double again = 300 + 60;
    open_world(&test, DAY, GANG(2), incident("node", "2024-07-01T01:00Z", "node", "a/z1/r01/n01", 10 * hour),
               "disks = \"local\"; ");
    clouds_until(&test, hour + again - 1);
    assert_false(clouds_is_up(&test, "job/0", 0));
    clouds_until(&test, hour + again);
    assert_true(clouds_is_up(&test, "job/0", 0));
    assert_true(clouds_is_up(&test, "job/0", 1));
    /* no checkpoints: two more hours of work, and nothing is paid after it */
    clouds_until(&test, 3 * hour + again - 1);
    assert_true(clouds_is_up(&test, "job/0", 0));
    clouds_until(&test, 3 * hour + again);
    assert_int_equal(clouds_unit(&test, "job/0", 0)->state, UNIT_IDLE);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 8 * 0.05 * 2 * (3 + (again - 20) / 3600), 1e-5);
    assert_near(clouds_metric(&test, "ettr"), 2.0 / (3 + (again - 80) / 3600), 1e-9);
    assert_near(clouds_metric(&test, "gang_restarts"), 1, 0);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machine_is_up_after_create_and_boot),
        cmocka_unit_test(machine_of_a_lost_node_is_up_again_after_heal_create_and_boot),
        cmocka_unit_test(machine_of_a_node_that_is_back_before_healing_boots_there),
        cmocka_unit_test(healing_is_called_off_when_only_the_disk_is_still_away),
        cmocka_unit_test(locally_redundant_disk_pins_its_machine_to_the_zone),
        cmocka_unit_test(machine_waits_for_its_disk_and_then_moves_within_the_zone),
        cmocka_unit_test(zone_redundant_disk_lets_its_machine_move),
        cmocka_unit_test(loss_of_a_storage_unit_stops_lrs_until_it_is_back_and_zrs_until_it_is_moved),
        cmocka_unit_test(machine_with_a_broken_agent_on_its_disk_is_not_moved),
        cmocka_unit_test(loss_of_the_region_control_leaves_machines_alone_and_creates_none),
        cmocka_unit_test(region_works_on_with_its_tokens_for_an_hour_without_the_global_control),
        cmocka_unit_test(probe_is_tried_until_its_deadline),
        cmocka_unit_test(thresholds_and_bands_are_those_of_the_agreements),
        cmocka_unit_test(credits_without_bands_and_bands_that_do_not_fall_are_mistakes),
        cmocka_unit_test(share_of_the_month_is_that_in_which_the_service_was_wanted_where_the_agreement_says_so),
        cmocka_unit_test(outage_of_311_minutes_in_july_gives_a_tenth_of_the_bill_back),
        cmocka_unit_test(six_minutes_break_the_promise_to_zones_only),
        cmocka_unit_test(month_that_is_not_complete_earns_no_credit),
        cmocka_unit_test(month_that_ends_at_the_horizon_is_complete),
        cmocka_unit_test(warmup_is_not_billed),
        cmocka_unit_test(gang_is_placed_as_a_whole_or_not_at_all),
        cmocka_unit_test(failed_attempts_of_a_gang_leave_nothing_behind),
        cmocka_unit_test(job_that_loses_a_pod_goes_back_to_its_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
