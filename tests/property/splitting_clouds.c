/* Splitting of whole clouds against plain replications of the same worlds, where an outage is a chance in a hundred or so: rare enough
 * for copies to help, common enough for plain simulation to judge them. */
#include "sim/study/splitting.h"
#include "tests/unit/clouds_world.h"

enum { CLOUDS = 3, PLAIN = 2000, SPLIT = 400 };

static const char *const names[] = {"blast_radius_max", "availability_service", "availability_quorum", "cost_usd"};
enum { BLAST, METRICS = sizeof names / sizeof names[0] };

/* One service of three replicas on half a dozen machines that fail often; two must be up. */
static const char *world_text(const char *rare)
{
    return text("model = \"clouds\"; seed = 20240718; start = \"2024-07-01T00:00Z\"; horizon = \"1 d\"; warmup = \"12 h\"; grid = \"1 d\";"
                "fleet = { node_types = ( { name = \"cpu\"; vcpus = 64; memory = \"256 GiB\"; up = \"weibull(0.8, 3 d)\"; "
                "repair = \"lognormal_median(2 h, 0.5)\"; } ); "
                "sites = ( { name = \"a\"; racks = 1; nodes = ( { type = \"cpu\"; per_rack = 2; } ); } ); };"
                "demand = ( { name = \"db\"; kind = \"service\"; count = 1; ramp = \"1 h\"; replicas = 3; quorum = 2; vcpus = 2; "
                "memory = \"4 GiB\"; spread = \"zone\"; } );"
                "clouds = ( { name = \"azure\"; kind = \"hyperscaler\"; }, { name = \"akash\"; kind = \"akash\"; "
                "providers_per_site = 3; }, { name = \"io.net\"; kind = \"ionet\"; } );"
                "limits = { events = 1000; }; probes = \"1 /h\"; %s",
                rare);
}

struct sample {
    double sum, squares;
    int n;
};

static void add(struct sample *sample, double value)
{
    sample->sum += value;
    sample->squares += value * value;
    sample->n++;
}

static double mean(const struct sample *sample) { return sample->sum / sample->n; }

static double variance(const struct sample *sample)
{
    return sample->squares / sample->n - mean(sample) * mean(sample);
}

/* Replication r of every cloud; level NULL: plain. */
static void live(struct clouds_test *test, const struct rare_level *level, uint32_t levels, uint32_t r, uint64_t *events,
                 struct sample sample[CLOUDS][METRICS])
{
    struct arena aside;
    arena_open(&aside, 0);
    test->task.replication = r;
    test->task.log = SIM_LOG_NONE;
    test->task.aside = &aside;
    test->task.rare = (struct sim_rare){.level = level, .levels = levels, .watch = "db", .paths_max = 1000000};
    for (uint32_t arm = 0; arm < CLOUDS; arm++) {
        struct arena_mark plain = arena_mark(&test->arena), record = arena_mark(&test->record_arena);
        test->task.arm = arm;
        test->record = record_open(&test->record_arena, &clouds_model, &test->task);
        if (level == NULL)
            clouds_model.replicate(test->plan, &test->task, test->record);
        else
            splitting_replicate(&clouds_model, test->plan, &test->task, test->record);
        events[arm] += test->record->events;
        for (int m = 0; m < METRICS; m++)
            add(&sample[arm][m], clouds_metric(test, names[m]));
        arena_rewind(&test->arena, plain);
        arena_rewind(&test->record_arena, record);
    }
    arena_close(&aside);
}

static void splitting_of_clouds_is_unbiased_and_pays(void **state)
{
    (void)state;
    static const struct rare_level level[] = {{0.3, 8}};
    static struct sample plain[CLOUDS][METRICS], split[CLOUDS][METRICS];
    uint64_t plain_events[CLOUDS] = {0}, split_events[CLOUDS] = {0};
    struct clouds_test test;
    clouds_open(&test, world_text(""));
    for (uint32_t r = 0; r < PLAIN; r++)
        live(&test, NULL, 0, r, plain_events, plain);
    for (uint32_t r = 0; r < SPLIT; r++) /* replications of its own: the estimates are independent */
        live(&test, level, 1, PLAIN + r, split_events, split);
    for (int c = 0; c < CLOUDS; c++) {
        for (int m = 0; m < METRICS; m++) {
            const struct sample *a = &plain[c][m], *b = &split[c][m];
            double error = sqrt(variance(a) / a->n + variance(b) / b->n);
            if (!(fabs(mean(a) - mean(b)) <= 4 * error + 1e-12))
                fail_msg("cloud %d, %s: plain %.6g, split %.6g, error %.2g", c, names[m], mean(a), mean(b), error);
        }
        /* With one service the blast radius of a day is 0 or 1: plain simulation's variance follows from the mean. */
        double share = mean(&split[c][BLAST]), plain_cost = share * (1 - share) * (double)plain_events[c] / PLAIN;
        double split_cost = variance(&split[c][BLAST]) * (double)split_events[c] / SPLIT;
        print_message("# cloud %d: an outage in %.4f of the plain days, %.4f by splitting; variance x events %.2g times less\n", c,
                      mean(&plain[c][BLAST]), share, plain_cost / split_cost);
        assert_true(mean(&plain[c][BLAST]) > 0 && mean(&plain[c][BLAST]) < 0.05);
        assert_true(split_cost < plain_cost);
    }
    clouds_close(&test);
}

/* A path that is never copied is what plain simulation lives through, though it stops and goes on. */
static void one_copy_is_the_plain_replication_of_a_cloud(void **state)
{
    (void)state;
    static const struct rare_level level[] = {{0.3, 1}, {0.5, 1}, {1, 1}};
    struct clouds_test test;
    clouds_open(&test, world_text(""));
    for (uint32_t r = 0; r < 60; r++) {
        struct sample plain[CLOUDS][METRICS] = {0}, split[CLOUDS][METRICS] = {0};
        uint64_t plain_events[CLOUDS] = {0}, split_events[CLOUDS] = {0};
        live(&test, NULL, 0, r, plain_events, plain);
        live(&test, level, 3, r, split_events, split);
        assert_memory_equal(plain, split, sizeof plain);
        assert_memory_equal(plain_events, split_events, sizeof plain_events);
    }
    clouds_close(&test);
}

static void a_watched_class_must_be_one_of_services(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_read(&test, world_text("rare = { method = \"splitting\"; watch = \"dbb\"; levels = ( { at = 0.5; } ); };"));
    assert_int_equal(test.scenario->errors, 1);
    clouds_close(&test);
    clouds_read(&test, world_text("rare = { method = \"splitting\"; watch = \"db\"; levels = ( { at = 0.5; } ); };"));
    assert_int_equal(test.scenario->errors, 0);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitting_of_clouds_is_unbiased_and_pays),
        cmocka_unit_test(one_copy_is_the_plain_replication_of_a_cloud),
        cmocka_unit_test(a_watched_class_must_be_one_of_services),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
