/* The rules of a fair comparison (design: same hardware, exogenous luck), held against whole replications. */
#include "tests/unit/clouds_world.h"

#include "sim/base/hash.h"

enum { SEEDS = 4 };

#define LAWS                                                                                                           \
    "storage_units = 2; up = \"exponential(40 d)\"; repair = \"2 h\"; zone_up = \"exponential(20 d)\"; zone_repair = \"1 h\"; "  \
    "rack_up = \"weibull(0.7, 10 d)\"; rack_repair = \"lognormal_median(1 h, 1)\"; storage_up = \"exponential(9 d)\"; "       \
    "storage_repair = \"3 h\"; "
#define TYPES                                                                                                          \
    "node_types = ( { name = \"gpu\"; vcpus = 96; memory = \"900 GiB\"; gpus = 8; gpu_model = \"a100\"; "                    \
    "up = \"weibull(0.6, 12 d)\"; repair = \"lognormal_median(3 h, 1)\"; }, "                                             \
    "{ name = \"cpu\"; vcpus = 64; memory = \"256 GiB\"; up = \"exponential(25 d)\"; repair = \"lognormal_median(3 h, 1)\"; } ); " \
    "software = ( { name = \"agent\"; share = \"30 %%\"; } ); "
/* Site b alone may hold more: another kind of machine in each rack, or another rack in each zone. */
#define FLEET                                                                                                          \
    "fleet = { " TYPES "sites = ( { name = \"a\"; racks = 2; " LAWS "nodes = ( { type = \"gpu\"; per_rack = 1; }, "           \
    "{ type = \"cpu\"; per_rack = 2; } ); }, { name = \"b\"; racks = %d; " LAWS                                             \
    "nodes = ( { type = \"gpu\"; per_rack = 1; }, { type = \"cpu\"; per_rack = 2; } %s ); } ); }; "
#define DEMAND                                                                                                         \
    "demand = ( { name = \"web\"; kind = \"service\"; count = 20; replicas = 3; vcpus = 2; memory = \"4 GiB\"; spread = \"zone\"; }, " \
    "{ name = \"vm\"; kind = \"service\"; count = 20; arrivals = \"1 /h\"; vcpus = 2; memory = \"4 GiB\"; "                    \
    "lifetime = \"exponential(2 d)\"; }, "                                                                               \
    "{ name = \"geo\"; kind = \"service\"; count = 8; replicas = 2; quorum = 1; vcpus = 2; memory = \"4 GiB\"; spread = \"site\"; }, " \
    "{ name = \"train\"; kind = \"job\"; count = 4; arrivals = \"6 /d\"; pods = 2; gpus = 4; vcpus = 32; memory = \"256 GiB\"; " \
    "work = \"lognormal_median(10 h, 1)\"; job_up = \"exponential(2 d)\"; } ); "
#define PRICES "gpu_prices = ( { model = \"a100\"; price = \"2 USD/h\"; } );"
#define AZURE "{ name = \"%s\"; kind = \"hyperscaler\"; " PRICES " }"
#define AKASH "{ name = \"%s\"; kind = \"akash\"; providers_per_site = 3; " PRICES " }"
#define IONET "{ name = \"%s\"; kind = \"ionet\"; " PRICES " }"

static const char *scenario(uint64_t seed, const char *fleet, const char *faults, const char *clouds)
{
    return text("model = \"clouds\"; seed = %llu; start = \"2024-07-01T00:00Z\"; horizon = \"9 d\"; warmup = \"2 d\"; %s" DEMAND
                "%s clouds = ( %s );",
                (unsigned long long)seed, fleet, faults, clouds);
}

static const char *small_fleet(void) { return text(FLEET, 2, ""); }

static const char *all_clouds(void) { return text(AZURE ", " AKASH ", " IONET, "azure", "akash", "io"); }

/* Everything that one arm reported, copied. */
struct report {
    double *metric, *series;
    uint32_t metrics, values;
};

static struct report report_of(const struct clouds_test *test)
{
    const struct sim_record *record = test->record;
    struct report report = {.metrics = record->metric_count, .values = record->series_count * record->steps};
    report.metric = malloc(report.metrics * sizeof(double));
    report.series = malloc(report.values * sizeof(double));
    assert_non_null(report.metric);
    assert_non_null(report.series);
    memcpy(report.metric, record->metric_values, report.metrics * sizeof(double));
    memcpy(report.series, record->series_values, report.values * sizeof(double));
    return report;
}

static void report_free(struct report report)
{
    free(report.metric);
    free(report.series);
}

/* Lives through the arm of that name in a scenario. */
static struct report live(const char *scenario_text, const char *cloud)
{
    struct clouds_test test;
    const struct sim_arm *arm;
    clouds_open(&test, scenario_text);
    size_t arms = clouds_model.arms(test.plan, &arm);
    for (uint32_t i = 0; i < arms; i++)
        if (strcmp(arm[i].name, cloud) == 0) {
            clouds_run(&test, i);
            struct report report = report_of(&test);
            clouds_close(&test);
            return report;
        }
    fail_msg("no cloud is called %s", cloud);
    return (struct report){0};
}

static void assert_same_bits(struct report a, struct report b, const char *what)
{
    assert_int_equal(a.metrics, b.metrics);
    assert_int_equal(a.values, b.values);
    for (uint32_t m = 0; m < a.metrics; m++)
        if (memcmp(&a.metric[m], &b.metric[m], sizeof(double)) != 0)
            fail_msg("%s: %s is %.17g and %.17g", what, measure_metrics[m].name, a.metric[m], b.metric[m]);
    if (memcmp(a.series, b.series, a.values * sizeof(double)) != 0)
        fail_msg("%s: the series differ", what);
}

static uint32_t metric_number(const char *name)
{
    uint32_t m = 0;
    while (strcmp(measure_metrics[m].name, name) != 0)
        m++;
    return m;
}

#define HAZARDS                                                                                                        \
    "faults = ( { name = \"push\"; target = \"node\"; software = \"agent\"; rate = \"100 /y\"; length = \"exponential(3 h)\"; }, "  \
    "{ name = \"power\"; target = \"rack\"; scope = \"each\"; share = \"50 %\"; rate = \"10 /y\"; length = \"2 h\"; } );"

static void hardware_fails_alike_under_all_clouds(void **state)
{
    (void)state;
    uint32_t node = metric_number("availability_node");
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const char *whole = scenario(seed, small_fleet(), HAZARDS, all_clouds());
        struct report azure = live(whole, "azure"), akash = live(whole, "akash"), io = live(whole, "io");
        assert_true(azure.metric[node] < 1 && azure.metric[node] > 0.5);
        assert_memory_equal(&azure.metric[node], &akash.metric[node], sizeof(double));
        assert_memory_equal(&azure.metric[node], &io.metric[node], sizeof(double));
        report_free(azure), report_free(akash), report_free(io);
    }
}

/* Clouds whose own components fail by laws of their own, too. */
#define FAILING(kind, more) "{ name = \"%s\"; kind = \"" kind "\"; control_up = \"exponential(3 d)\"; control_repair = \"2 h\"; " more PRICES " }"
#define FAILING_AZURE FAILING("hyperscaler", "region_control_up = \"exponential(2 d)\"; region_control_repair = \"1 h\"; ")
#define FAILING_AKASH FAILING("akash", "providers_per_site = 3; provider_up = \"exponential(2 d)\"; provider_repair = \"1 h\"; ")
#define FAILING_IONET FAILING("ionet", "relay_up = \"exponential(2 d)\"; relay_repair = \"1 h\"; ")
#define LOGICAL_HAZARDS                                                                                                \
    "faults = ( { name = \"push\"; target = \"control\"; share = \"70 %\"; rate = \"100 /y\"; length = \"exponential(3 h)\"; }, " \
    "{ name = \"bug\"; target = \"control\"; scope = \"each\"; share = \"50 %\"; rate = \"200 /y\"; length = \"2 h\"; } );"

static void two_clouds_that_are_alike_differ_by_exactly_nothing(void **state)
{
    (void)state;
    static const char *const kinds[] = {"hyperscaler", "akash", "ionet"};
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        for (size_t k = 0; k < 6; k++) {
            const char *two = NULL;
            switch (k) {
            case 0: two = text(AZURE ", " AZURE, "first", "another"); break;
            case 1: two = text(AKASH ", " AKASH, "first", "another"); break;
            case 2: two = text(IONET ", " IONET, "first", "another"); break;
            case 3: two = text(FAILING_AZURE ", " FAILING_AZURE, "first", "another"); break;
            case 4: two = text(FAILING_AKASH ", " FAILING_AKASH, "first", "another"); break;
            default: two = text(FAILING_IONET ", " FAILING_IONET, "first", "another"); break;
            }
            const char *whole = scenario(seed, small_fleet(), k < 3 ? HAZARDS : LOGICAL_HAZARDS, two);
            struct report a = live(whole, "first"), b = live(whole, "another");
            assert_same_bits(a, b, kinds[k % 3]);
            if (k >= 3) /* and the control planes did fail */
                assert_true(a.metric[metric_number("availability_control_plane")] < 1);
            report_free(a), report_free(b);
        }
}

static void order_of_the_clouds_changes_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"azure", "akash", "io"};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const char *forth = scenario(seed, small_fleet(), HAZARDS, all_clouds());
        const char *back =
            scenario(seed, small_fleet(), HAZARDS, text(IONET ", " AKASH ", " AZURE, "io", "akash", "azure"));
        for (int i = 0; i < 3; i++) {
            struct report a = live(forth, names[i]), b = live(back, names[i]);
            assert_same_bits(a, b, names[i]);
            report_free(a), report_free(b);
        }
    }
}

static void incident_of_one_cloud_changes_nothing_for_the_others(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        /* With no scripted incident at all some metrics are undefined instead of 0: so both have one. */
        const char *only = text("incidents = ( { name = \"one\"; start = \"2024-07-04T00:00Z\"; clouds = [ \"%s\" ]; effects = ( "
                                "{ target = \"storage\"; share = \"80 %%\"; phases = ( { at = \"0 s\"; impaired = \"0 %%\"; }, "
                                "{ at = \"1 h\"; impaired = \"100 %%\"; }, { at = \"9 h\"; impaired = \"0 %%\"; } ); } ); } );",
                                "azure");
        const char *other = text("incidents = ( { name = \"one\"; start = \"2024-07-04T00:00Z\"; clouds = [ \"%s\" ]; effects = ( "
                                 "{ target = \"control\"; share = \"80 %%\"; phases = ( { at = \"0 s\"; impaired = \"0 %%\"; }, "
                                 "{ at = \"1 h\"; impaired = \"100 %%\"; }, { at = \"9 h\"; impaired = \"0 %%\"; } ); } ); } );",
                                 "akash");
        const char *fleet = small_fleet();
        struct report hit = live(scenario(seed, fleet, only, all_clouds()), "azure");
        struct report spared = live(scenario(seed, fleet, other, all_clouds()), "azure");
        struct report a = live(scenario(seed, fleet, only, all_clouds()), "io");
        struct report b = live(scenario(seed, fleet, other, all_clouds()), "io");
        assert_same_bits(a, b, "io");
        uint32_t service = metric_number("availability_service");
        assert_true(hit.metric[service] < spared.metric[service]); /* and it does change its own */
        report_free(hit), report_free(spared), report_free(a), report_free(b);
    }
}

/* --- More hardware in one site --------------------------------------------------------------------------------------- */

/* When each component that is in both fleets went down or came back, and what was wanted when. */
struct course {
    uint64_t digest;
    uint32_t falls;
};

static bool in_both(const char *path) { return strstr(path, "/r03") == NULL && strstr(path, "/n04") == NULL; }

/* The fleet's components by path, stepped through minute by minute: which of them serve. */
static struct course course_of(const char *scenario_text)
{
    struct clouds_test test;
    struct course course = {0};
    clouds_open(&test, scenario_text);
    clouds_begin(&test, 0);
    uint32_t components = test.world->plan->fleet->fleet_components;
    bool *served = calloc(components, sizeof(bool));
    assert_non_null(served);
    for (double at = -2 * 86400; at <= 9 * 86400; at += 600) {
        world_live(test.world, (instant){(int64_t)(at * 1e6)});
        uint64_t sum = 0; /* over paths, so that the order of the components does not matter */
        for (uint32_t c = 0; c < components; c++) {
            const char *path = clouds_path(&test, c);
            bool serves = graph_serves(test.world->graph, c);
            if (!in_both(path))
                continue;
            sum += serves ? 0 : hash_text(hash_word(0, 17), path);
            course.falls += served[c] && !serves;
            served[c] = serves;
        }
        course.digest = hash_word(course.digest, sum);
    }
    for (uint32_t w = 0; w < test.world->demand->workloads; w++) {
        const struct workload *workload = &test.world->demand->workload[w];
        course.digest = hash_word(course.digest, (uint64_t)workload->requested.us);
        course.digest = hash_word(course.digest, (uint64_t)workload->withdrawn.us);
        course.digest = hash_word(course.digest, (uint64_t)workload->work.us);
        course.digest = hash_word(course.digest, (uint64_t)workload->site[0] << 8 | workload->site[1]);
    }
    for (uint32_t p = 0; p < test.world->probes; p++) {
        course.digest = hash_word(course.digest, (uint64_t)test.world->probe[p].at.us);
        course.digest = hash_word(course.digest, test.world->probe[p].site * 3 + test.world->probe[p].kind);
    }
    free(served);
    clouds_finish(&test);
    clouds_close(&test);
    return course;
}

static void more_machines_in_one_site_disturb_no_other_fault_and_no_demand(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        const char *cloud = text(AZURE, "azure");
        struct course small = course_of(scenario(seed, small_fleet(), HAZARDS, cloud));
        struct course rack = course_of(scenario(seed, text(FLEET, 3, ""), HAZARDS, cloud));
        struct course type = course_of(scenario(seed, text(FLEET, 2, ", { type = \"gpu\"; per_rack = 1; }"), HAZARDS, cloud));
        assert_true(small.falls > 20);
        assert_int_equal(rack.digest, small.digest);
        assert_int_equal(type.digest, small.digest);
    }
}

static void demand_probes_and_faults_are_the_same_under_all_clouds(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct course azure = course_of(scenario(seed, small_fleet(), HAZARDS, text(AZURE, "azure")));
        struct course akash = course_of(scenario(seed, small_fleet(), HAZARDS, text(AKASH, "akash")));
        struct course io = course_of(scenario(seed, small_fleet(), HAZARDS, text(IONET, "io")));
        assert_int_equal(azure.digest, akash.digest);
        assert_int_equal(azure.digest, io.digest);
    }
}

/* --- One provider that owns everything ------------------------------------------------------------------------------- */

/* A market of a single provider, and a scheduler over the whole inventory: the same core, the same requests in the same order, so
 * each pod lies on the same node. */
static void one_provider_that_owns_everything_places_as_a_central_scheduler(void **state)
{
    (void)state;
    static const char fleet[] = "fleet = { node_types = ( { name = \"gpu\"; vcpus = 96; memory = \"900 GiB\"; gpus = 8; gpu_model = "
                                "\"a100\"; } ); sites = ( { name = \"a\"; zones = 1; racks = 4; nodes = ( { type = \"gpu\"; per_rack = 4; } ); } ); };";
    static const char demand[] = "demand = ( { name = \"one\"; kind = \"service\"; arrivals = \"1 /h\"; gpus = 1; vcpus = 4; memory = \"16 GiB\"; }, "
                                 "{ name = \"four\"; kind = \"job\"; arrivals = \"6 /d\"; pods = 2; gpus = 4; vcpus = 32; memory = \"128 GiB\"; work = \"90 d\"; } );";
    static const char clouds[] =
        "clouds = ( { name = \"central\"; kind = \"hyperscaler\"; disks = \"local\"; create_time = \"80 s\"; boot_time = \"60 s\"; " PRICES " }, "
        "{ name = \"market\"; kind = \"akash\"; providers_per_site = 1; bid_delay = \"8 s\"; start_time = \"60 s\"; price_spread = 0; " PRICES " } );";
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct clouds_test central, market;
        const char *whole = text("model = \"clouds\"; seed = %llu; start = \"2024-07-01T00:00Z\"; horizon = \"3 d\"; %s %s %s",
                                 (unsigned long long)seed, fleet, demand, clouds);
        clouds_open(&central, whole);
        clouds_open(&market, whole);
        clouds_begin(&central, 0);
        clouds_begin(&market, 1);
        clouds_until(&central, 2.9 * 86400);
        clouds_until(&market, 2.9 * 86400);
        uint32_t placed = 0;
        for (uint32_t u = 0; u < central.world->demand->units; u++) {
            const struct unit *a = &central.world->unit[u], *b = &market.world->unit[u];
            if (central.world->demand->workload[a->workload].requested.us > (int64_t)(2.8 * 86400e6))
                continue;
            assert_int_equal(a->node, b->node);
            if (a->node == COMPONENT_NONE)
                continue;
            assert_int_equal(a->devices, b->devices);
            placed++;
        }
        assert_true(placed > 50);
        clouds_close(&central);
        clouds_close(&market);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hardware_fails_alike_under_all_clouds),
        cmocka_unit_test(two_clouds_that_are_alike_differ_by_exactly_nothing),
        cmocka_unit_test(order_of_the_clouds_changes_nothing),
        cmocka_unit_test(incident_of_one_cloud_changes_nothing_for_the_others),
        cmocka_unit_test(more_machines_in_one_site_disturb_no_other_fault_and_no_demand),
        cmocka_unit_test(demand_probes_and_faults_are_the_same_under_all_clouds),
        cmocka_unit_test(one_provider_that_owns_everything_places_as_a_central_scheduler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
