/* Demand is drawn by name: nothing that is added moves anything else. */
#include "tests/unit/rooms.h"

#define FLEET(weight_a, weight_b, weight_c)                                                                                      \
    "fleet = { node_types = ( { name = \"n\"; vcpus = 8; memory = \"64 GiB\"; gpus = 8; gpu_model = \"a100\"; } ); "            \
    "sites = ( { name = \"a\"; racks = 1; demand_weight = " weight_a "; nodes = ( { type = \"n\"; per_rack = 1; } ); }, "       \
    "{ name = \"b\"; racks = 1; demand_weight = " weight_b "; nodes = ( { type = \"n\"; per_rack = 1; } ); }, "                 \
    "{ name = \"c\"; racks = 1; demand_weight = " weight_c "; nodes = ( { type = \"n\"; per_rack = 1; } ); } ); };\n"
#define WEB                                                                                                                      \
    "{ name = \"web\"; kind = \"service\"; count = 300; ramp = \"2 d\"; arrivals = \"1 /h\"; replicas = 3; vcpus = 2; "        \
    "memory = \"4 GiB\"; spread = \"site\"; sites = 2; lifetime = \"exponential(20 d)\"; }"
#define JOBS                                                                                                                     \
    "{ name = \"train\"; kind = \"job\"; count = 50; arrivals = \"10 /d\"; pods = 4; vcpus = 8; memory = \"32 GiB\"; "         \
    "gpus = 8; work = \"lognormal_median(6 h, 1.2)\"; job_up = \"exponential(30 h)\"; }"

static const instant begin = {-2 * US_PER_DAY}, end = {30 * US_PER_DAY};

static struct demand *draw(struct rooms *rooms, uint32_t replication)
{
    return demand_draw(&rooms->arena, rooms->demand, 20240718, replication, begin, end);
}

static const struct workload *named(const struct demand *demand, const char *class, uint32_t number)
{
    for (uint32_t w = 0; w < demand->workloads; w++)
        if (demand->workload[w].number == number && strcmp(demand_class_of(demand, w)->name, class) == 0)
            return &demand->workload[w];
    return NULL;
}

static void assert_same_class(const struct demand *a, const struct demand *b, const char *class, uint32_t most)
{
    uint32_t compared = 0;
    for (uint32_t n = 0; n < most; n++) {
        const struct workload *x = named(a, class, n), *y = named(b, class, n);
        assert_int_equal(x == NULL, y == NULL);
        if (x == NULL)
            continue;
        assert_int_equal(x->requested.us, y->requested.us);
        assert_int_equal(x->withdrawn.us, y->withdrawn.us);
        assert_int_equal(x->work.us, y->work.us);
        assert_memory_equal(x->site, y->site, sizeof x->site);
        assert_int_equal(demand_job_fault(a, (uint32_t)(x - a->workload), 3).us,
                         demand_job_fault(b, (uint32_t)(y - b->workload), 3).us);
        compared++;
    }
    assert_true(compared > 40);
}

static void a_class_that_is_added_moves_no_other(void **state)
{
    (void)state;
    struct rooms one, two;
    rooms_open(&one, FLEET("1", "2", "1") "demand = (" JOBS ");");
    rooms_open(&two, FLEET("1", "2", "1") "demand = (" WEB ", " JOBS ");");
    assert_same_class(draw(&one, 5), draw(&two, 5), "train", 400);
    rooms_close(&one);
    rooms_close(&two);
}

static void workloads_that_are_added_move_no_other(void **state)
{
    (void)state;
    struct rooms few, many;
#define COUNTED(count, arrivals)                                                                                                 \
    FLEET("1", "2", "1")                                                                                                         \
    "demand = ( { name = \"web\"; kind = \"service\"; count = " count "; ramp = \"2 d\"; replicas = 3; vcpus = 2; arrivals = \"" arrivals  \
    "\"; memory = \"4 GiB\"; lifetime = \"exponential(20 d)\"; } );"
    rooms_open(&few, COUNTED("50", "0"));
    rooms_open(&many, COUNTED("500", "5 /h"));
    assert_same_class(draw(&few, 0), draw(&many, 0), "web", 50);
    rooms_close(&few);
    rooms_close(&many);
}

static void a_larger_count_renames_arrivals_but_changes_none(void **state)
{
    (void)state;
    struct rooms few, many;
    rooms_open(&few, COUNTED("50", "1 /h"));
    rooms_open(&many, COUNTED("80", "1 /h"));
    struct demand *a = draw(&few, 0), *b = draw(&many, 0);
    assert_int_equal(a->workloads + 30, b->workloads);
    for (uint32_t w = 50; w < a->workloads; w++) {
        assert_int_equal(a->workload[w].requested.us, b->workload[w + 30].requested.us);
        assert_int_equal(a->workload[w].withdrawn.us, b->workload[w + 30].withdrawn.us);
        assert_int_equal(a->workload[w].site[0], b->workload[w + 30].site[0]);
    }
    rooms_close(&few);
    rooms_close(&many);
}

static void replications_differ(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, FLEET("1", "2", "1") "demand = (" WEB ");");
    struct demand *a = draw(&rooms, 0), *b = draw(&rooms, 1);
    uint32_t same = 0;
    for (uint32_t n = 0; n < 300; n++)
        same += named(a, "web", n)->requested.us == named(b, "web", n)->requested.us;
    assert_int_equal(same, 0);
    rooms_close(&rooms);
}

static void workloads_lie_inside_the_run_and_units_are_dense(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, FLEET("1", "2", "1") "demand = (" WEB ", " JOBS ");");
    struct demand *demand = draw(&rooms, 2);
    uint32_t units = 0;
    for (uint32_t w = 0; w < demand->workloads; w++) {
        const struct workload *what = &demand->workload[w];
        assert_true(what->requested.us >= begin.us && what->requested.us < end.us);
        assert_true(what->withdrawn.us > what->requested.us);
        assert_int_equal(what->first_unit, units);
        units += demand_class_of(demand, w)->units;
        if (strcmp(demand_class_of(demand, w)->name, "web") == 0 && what->number < 300)
            assert_true(what->requested.us <= begin.us + 2 * US_PER_DAY);
    }
    assert_int_equal(units, demand->units);
    rooms_close(&rooms);
}

/* A ramp of 64 d in a run of 32 d: half of its workloads never come. */
static void a_ramp_longer_than_the_run_is_cut_at_its_end(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, FLEET("1", "1", "1") "demand = ( { name = \"web\"; kind = \"service\"; count = 10000; ramp = \"64 d\"; "
                                            "vcpus = 1; memory = \"1 GiB\"; } );");
    struct demand *demand = draw(&rooms, 0);
    assert_share(demand->workloads, 10000, 0.5, 4);
    for (uint32_t w = 0; w < demand->workloads; w++)
        assert_true(demand->workload[w].requested.us < end.us);
    assert_int_equal(demand->units, demand->workloads);
    rooms_close(&rooms);
}

static void homes_follow_the_weights_of_the_sites(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, FLEET("1", "3", "0") "demand = ( { name = \"web\"; kind = \"service\"; count = 20000; replicas = 2; "
                                            "vcpus = 1; memory = \"1 GiB\"; spread = \"site\"; sites = 2; } );");
    struct demand *demand = draw(&rooms, 0);
    uint32_t home[3] = {0}, further[3] = {0};
    for (uint32_t w = 0; w < demand->workloads; w++) {
        home[demand->workload[w].site[0]]++;
        further[demand->workload[w].site[1]]++;
        assert_int_not_equal(demand->workload[w].site[0], demand->workload[w].site[1]);
    }
    assert_share(home[0], 20000, 0.25, 4);
    assert_int_equal(home[2], 0);
    assert_int_equal(further[2], 0); /* a site of weight 0 is nobody's choice while another is left */
    rooms_close(&rooms);
}

static void further_sites_are_drawn_without_replacement(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, FLEET("1", "2", "3") "demand = ( { name = \"web\"; kind = \"service\"; count = 30000; replicas = 3; "
                                            "vcpus = 1; memory = \"1 GiB\"; spread = \"site\"; sites = 3; } );");
    struct demand *demand = draw(&rooms, 0);
    uint32_t second_a = 0;
    for (uint32_t w = 0; w < demand->workloads; w++) {
        const uint8_t *site = demand->workload[w].site;
        assert_true(site[0] != site[1] && site[1] != site[2] && site[0] != site[2]);
        second_a += site[1] == 0;
    }
    /* P(second is a) = P(first b) 1/4 + P(first c) 1/3 = 1/12 + 1/6. */
    assert_share(second_a, 30000, 0.25, 4);
    rooms_close(&rooms);
}

static void sites_without_weight_are_equally_likely_when_only_they_are_left(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, FLEET("1", "0", "0") "demand = ( { name = \"web\"; kind = \"service\"; count = 20000; replicas = 2; "
                                            "vcpus = 1; memory = \"1 GiB\"; spread = \"site\"; sites = 2; } );");
    struct demand *demand = draw(&rooms, 0);
    uint32_t second_b = 0;
    for (uint32_t w = 0; w < demand->workloads; w++) {
        assert_int_equal(demand->workload[w].site[0], 0);
        second_b += demand->workload[w].site[1] == 1;
    }
    assert_share(second_b, 20000, 0.5, 4);
    rooms_close(&rooms);
}

/* Counts per day of 5 /h over 32 d x 20 replications: mean and variance are both 120; and gaps are exponential. */
static void arrivals_are_poisson(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, FLEET("1", "1", "1") "demand = ( { name = \"web\"; kind = \"service\"; arrivals = \"5 /h\"; vcpus = 1; "
                                            "memory = \"1 GiB\"; } );");
    double sum = 0, squares = 0, days = 0;
    uint32_t long_gaps = 0, gaps = 0;
    for (uint32_t r = 0; r < 20; r++) {
        struct arena_mark mark = arena_mark(&rooms.arena);
        struct demand *demand = draw(&rooms, r);
        uint32_t per_day[32] = {0};
        for (uint32_t w = 0; w < demand->workloads; w++) {
            int64_t at = demand->workload[w].requested.us, before = w > 0 ? demand->workload[w - 1].requested.us : begin.us;
            assert_true(at >= before);
            per_day[(at - begin.us) / US_PER_DAY]++;
            gaps++;
            long_gaps += at - before > US_PER_HOUR / 5;
        }
        for (int d = 0; d < 32; d++, days++) {
            sum += per_day[d];
            squares += (per_day[d] - 120.0) * (per_day[d] - 120.0);
        }
        arena_rewind(&rooms.arena, mark);
    }
    assert_near(sum / days, 120, 4 * sqrt(120 / days));
    assert_near(squares / days, 120, 4 * 120 * sqrt(2 / days));
    assert_share(long_gaps, gaps, exp(-1), 4);
    rooms_close(&rooms);
}

static void job_faults_belong_to_job_and_attempt(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, FLEET("1", "2", "1") "demand = (" JOBS ", " WEB ");");
    struct demand *demand = draw(&rooms, 0);
    duration first = demand_job_fault(demand, 0, 1), again = demand_job_fault(demand, 0, 1);
    assert_int_equal(first.us, again.us);
    assert_int_not_equal(first.us, demand_job_fault(demand, 0, 2).us);
    assert_int_not_equal(first.us, demand_job_fault(demand, 1, 1).us);
    double sum = 0;
    for (int attempt = 1; attempt <= 20000; attempt++)
        sum += duration_hours(demand_job_fault(demand, 7, attempt));
    assert_near(sum / 20000, 30, 4 * 30 / sqrt(20000));
    for (uint32_t w = 0; w < demand->workloads; w++)
        if (demand_class_of(demand, w)->kind == DEMAND_SERVICE)
            assert_int_equal(demand_job_fault(demand, w, 1).us, US_NEVER);
    rooms_close(&rooms);
}

static void quorum_is_more_than_half_unless_given(void **state)
{
    (void)state;
    struct rooms rooms;
#define REPLICAS(name, rest) "{ name = \"" name "\"; kind = \"service\"; vcpus = 1; memory = \"1 GiB\"; " rest " }"
    rooms_open(&rooms, FLEET("1", "1", "1") "demand = (" REPLICAS("1", "") "," REPLICAS("2", "replicas = 2;") ","
               REPLICAS("3", "replicas = 3;") "," REPLICAS("5", "replicas = 5; quorum = 1;") ");");
    static const uint32_t wanted[] = {1, 2, 2, 1};
    for (uint32_t c = 0; c < 4; c++)
        assert_int_equal(rooms.demand->class[c].quorum, wanted[c]);
    rooms_close(&rooms);
}

static void impossible_demand_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct { const char *class, *reason; } wanted[] = {
        {REPLICAS("w", "replicas = 2; quorum = 3;"), "a quorum of 3 cannot be met by 2 replicas"},
        {REPLICAS("w", "replicas = 5; spread = \"site\"; sites = 4;"), "4 sites are wanted but the fleet has 3"},
        {REPLICAS("w", "replicas = 2; spread = \"site\"; sites = 3;"), "2 replicas cannot be spread over 3 sites"},
        {REPLICAS("w", "gpu_milli = 500;"), "a shared GPU is a part of one device, but gpus is 0"},
        {REPLICAS("w", "gpus = 1; gpu_models = [\"a10\"];"), "no node has a GPU of model 'a10'"},
        {"{ name = \"j\"; kind = \"job\"; vcpus = 1; memory = \"1 GiB\"; work = \"0 s\"; }", "a job needs work to do"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct rooms rooms;
        char text[2048];
        (void)snprintf(text, sizeof text, "%sdemand = ( %s );", FLEET("1", "1", "1"), wanted[i].class);
        rooms_read(&rooms, text);
        assert_int_equal(rooms.scenario->errors, 1);
        char *errors = rooms_errors(&rooms);
        assert_non_null(strstr(errors, wanted[i].reason));
        free(errors);
        rooms_close(&rooms);
    }
}

static void a_fleet_with_a_mistake_brings_no_mistakes_about_demand(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_read(&rooms, "fleet = { node_types = ( { name = \"n\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( { name = \"a\"; "
                       "racks = 1; nodes = ( { type = \"m\"; per_rack = 1; } ); } ); };\n"
                       "demand = ( " REPLICAS("w", "") " );");
    assert_int_equal(rooms.scenario->errors, 1);
    rooms_close(&rooms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_that_is_added_moves_no_other),
        cmocka_unit_test(workloads_that_are_added_move_no_other),
        cmocka_unit_test(a_larger_count_renames_arrivals_but_changes_none),
        cmocka_unit_test(replications_differ),
        cmocka_unit_test(workloads_lie_inside_the_run_and_units_are_dense),
        cmocka_unit_test(a_ramp_longer_than_the_run_is_cut_at_its_end),
        cmocka_unit_test(homes_follow_the_weights_of_the_sites),
        cmocka_unit_test(further_sites_are_drawn_without_replacement),
        cmocka_unit_test(sites_without_weight_are_equally_likely_when_only_they_are_left),
        cmocka_unit_test(arrivals_are_poisson),
        cmocka_unit_test(job_faults_belong_to_job_and_attempt),
        cmocka_unit_test(quorum_is_more_than_half_unless_given),
        cmocka_unit_test(impossible_demand_is_refused_with_a_reason),
        cmocka_unit_test(a_fleet_with_a_mistake_brings_no_mistakes_about_demand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
