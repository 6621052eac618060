/* Common causes: the faults of clouds against the closed forms that models/oracle is held against (scenarios/oracle/beta-factor.cfg,
 * marshall-olkin.cfg), and the binomial shock. A zone is a system; its nodes are the components. */
#include "tests/unit/life.h"

#include <math.h>

enum { SITES = 40, ZONES = 50, SYSTEMS = SITES * ZONES };

struct systems {
    struct life life;
    uint32_t per;                /* nodes of a system */
    uint32_t *down;              /* by system */
    double *first_h[2];          /* by system: when the first node failed, when all were down; the horizon: never */
    double horizon_h;
    const uint32_t *system;      /* by component; UINT32_MAX: no node */
};

static void watch(void *context, uint32_t component, uint8_t before, uint8_t after)
{
    struct systems *systems = context;
    uint32_t system = systems->system[component];
    if (system == UINT32_MAX || ((before ^ after) & COMPONENT_SERVES) == 0)
        return;
    double now_h = (double)engine_now(systems->life.engine).us / (double)US_PER_HOUR;
    systems->down[system] += after == 0 ? 1U : -1U;
    for (int all = 0; all <= 1; all++)
        if (systems->down[system] == (all ? systems->per : 1) && now_h < systems->first_h[all][system])
            systems->first_h[all][system] = now_h;
}

/* Systems of nodes with these laws, alone in their zones, and hazards. */
static void open_systems(struct systems *systems, struct rooms *rooms, const char *types, const char *nodes, uint32_t per, const char *hazards)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    (void)fprintf(out, "fresh = true; fleet = { node_types = ( %s ); sites = ( ", types);
    for (int s = 0; s < SITES; s++)
        (void)fprintf(out, "%s{ name = \"s%02d\"; zones = %d; racks = 1; storage_units = 1; nodes = ( %s ); }", s > 0 ? ", " : "", s, ZONES, nodes);
    (void)fprintf(out, " ); };\nfaults = ( %s );", hazards);
    assert_int_equal(fclose(out), 0);
    rooms_open(rooms, text);
    free(text);
    *systems = (struct systems){.per = per};
    plan(&systems->life, rooms, extended(rooms), "any");
    uint32_t *system = arena_array(&rooms->arena, graph_count(systems->life.graph), uint32_t);
    memset(system, 0xff, graph_count(systems->life.graph) * sizeof *system);
    for (uint32_t n = 0; n < rooms->fleet->nodes; n++)
        system[rooms->fleet->node[n].component] = rooms->fleet->node[n].zone;
    systems->system = system;
}

static void live(struct systems *systems, uint32_t replication, double horizon_h)
{
    struct life *life = &systems->life;
    struct arena *arena = &life->rooms->arena;
    systems->horizon_h = horizon_h;
    systems->down = arena_array(arena, SYSTEMS, uint32_t);
    for (int all = 0; all <= 1; all++) {
        systems->first_h[all] = arena_array(arena, SYSTEMS, double);
        for (int i = 0; i < SYSTEMS; i++)
            systems->first_h[all][i] = horizon_h;
    }
    life->engine = engine_create(arena, &(struct engine_options){.capacity = faults_pending_estimate(life->plan) + 64});
    life->state = graph_open(arena, life->graph, life->engine, watch, systems);
    life->faults = faults_open(arena, life->plan, life->state, life->engine, 20240718, replication);
}

/* Mean time to the first failure of the systems, and the share that lived to the horizon. */
static void lives(struct systems *systems, uint32_t replications, double horizon_h, int all, double *mean_h, double *survived)
{
    double sum = 0, alive = 0;
    for (uint32_t r = 0; r < replications; r++) {
        live(systems, r, horizon_h);
        run_to(&systems->life, (int64_t)(horizon_h * (double)US_PER_HOUR));
        for (int i = 0; i < SYSTEMS; i++) {
            sum += systems->first_h[all][i];
            alive += !(systems->first_h[all][i] < horizon_h);
        }
    }
    *mean_h = sum / (replications * SYSTEMS);
    *survived = alive / (replications * SYSTEMS);
}

static void assert_within(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance))
        fail_msg("%.6g is not within %g of %.6g", value, tolerance, wanted);
}

/* The first two rows of scenarios/oracle/beta-factor.cfg with beta 0.1: one of two, which fails when all are down. Standard errors: of a
 * share q over n systems sqrt(q (1 - q) / n), n = 20,000; of the mean at most 40 h / sqrt(n). */
static void beta_factor_loses_what_fleming_says(void **state)
{
    (void)state;
    struct rooms rooms;
    struct systems systems;
    double mean_h, survived;
    open_systems(&systems, &rooms, "{ name = \"n\"; vcpus = 8; memory = \"64 GiB\"; up = \"exponential(4444.444 h)\"; repair = \"100000 h\"; }",
                 "{ type = \"n\"; per_rack = 2; }", 2,
                 "{ name = \"common\"; target = \"node\"; scope = \"zone\"; beta = \"10 %\"; length = \"100000 h\"; }");
    lives(&systems, 10, 720, 1, &mean_h, &survived);
    assert_within(survived, 0.960192, 4 * sqrt(0.960192 * 0.039808 / (10 * SYSTEMS)));
    assert_within(mean_h, 708.045, 4 * 60 / sqrt(10 * SYSTEMS));
    rooms_close(&rooms);
}

/* scenarios/oracle/marshall-olkin.cfg: unlike components a and b, and a shock that fells both. */
static void shock_on_a_subset_gives_the_lives_of_marshall_and_olkin(void **state)
{
    (void)state;
    struct rooms rooms;
    struct systems systems;
    double series_h, parallel_h, unused;
    open_systems(&systems, &rooms,
                 "{ name = \"a\"; vcpus = 8; memory = \"64 GiB\"; up = \"exponential(1000 h)\"; repair = \"100000 h\"; }, "
                 "{ name = \"b\"; vcpus = 8; memory = \"64 GiB\"; up = \"exponential(500 h)\"; repair = \"100000 h\"; }",
                 "{ type = \"a\"; per_rack = 1; }, { type = \"b\"; per_rack = 1; }", 2,
                 "{ name = \"both\"; target = \"node\"; scope = \"zone\"; rate = \"0.00125 /h\"; length = \"100000 h\"; }");
    lives(&systems, 4, 5760, 0, &series_h, &unused);
    assert_within(series_h, 235.294, 4 * 235.3 / sqrt(4 * SYSTEMS));
    lives(&systems, 4, 5760, 1, &parallel_h, &unused);
    assert_within(parallel_h, 516.842, 4 * 470 / sqrt(4 * SYSTEMS));
    rooms_close(&rooms);
}

/* Shocks at rate l that hit each of three nodes with probability p for a mean time m, overlaps merging: no cause holds j given nodes
 * down with probability exp(-l m (1 - (1 - p)^j)) (M/G/infinity thinned to shocks that hit one of the j at least). */
static void binomial_shocks_hold_down_what_thinning_says(void **state)
{
    (void)state;
    struct rooms rooms;
    struct systems systems;
    const double rate_m = 0.5, p = 0.4;
    open_systems(&systems, &rooms, "{ name = \"n\"; vcpus = 8; memory = \"64 GiB\"; }", "{ type = \"n\"; per_rack = 3; }", 3,
                 "{ name = \"shock\"; target = \"node\"; scope = \"zone\"; share = \"40 %\"; rate = \"0.05 /h\"; length = \"exponential(10 h)\"; }");
    live(&systems, 0, 10000);
    double looks = 0, up[4] = {0};
    for (int64_t hour = 200; hour < 4000; hour += 40) { /* after four mean lengths, one look hardly knows of the other */
        engine_run(systems.life.engine, (instant){hour * US_PER_HOUR});
        for (int i = 0; i < SYSTEMS; i++)
            up[3 - systems.down[i]]++;
        looks += SYSTEMS;
    }
    double one = (up[1] / 3 + up[2] * 2 / 3 + up[3]) / looks, two = (up[2] / 3 + up[3]) / looks, three = up[3] / looks;
    for (int j = 1; j <= 3; j++) {
        double wanted = exp(-rate_m * (1 - pow(1 - p, j)));
        assert_within(j == 1 ? one : j == 2 ? two : three, wanted, 4 * sqrt(wanted * (1 - wanted) / looks));
    }
    rooms_close(&rooms);
}

static void scope_says_who_falls_together(void **state)
{
    (void)state;
    static const struct { const char *scope; uint32_t systems; } rows[] = {{"site", ZONES}, {"zone", 1}, {"common", SYSTEMS}};
    for (size_t row = 0; row < 3; row++) {
        struct rooms rooms;
        struct systems systems;
        char hazard[200];
        (void)snprintf(hazard, sizeof hazard, "{ name = \"h\"; target = \"node\"; scope = \"%s\"; rate = \"0.001 /h\"; length = \"1000000 h\"; }",
                       rows[row].scope);
        open_systems(&systems, &rooms, "{ name = \"n\"; vcpus = 8; memory = \"64 GiB\"; }", "{ type = \"n\"; per_rack = 2; }", 2, hazard);
        live(&systems, 0, 1e6);
        uint32_t fallen = 0;
        for (int64_t hour = 1; fallen == 0; hour++) {
            run_to(&systems.life, hour * US_PER_HOUR);
            for (int i = 0; i < SYSTEMS; i++)
                fallen += systems.down[i] == 2;
        }
        assert_true(fallen >= rows[row].systems && fallen % rows[row].systems == 0);
        for (int i = 0; i < SYSTEMS; i++) /* zones of a site stand together */
            assert_int_equal(systems.down[i], systems.down[i / (int)rows[row].systems * (int)rows[row].systems]);
        rooms_close(&rooms);
    }
}

static void impossible_common_causes_are_refused(void **state)
{
    (void)state;
    static const struct { const char *text, *says; } wrong[] = {
        {"faults = ( { name = \"h\"; target = \"node\"; length = \"1 h\"; } );", "neither 'rate' nor 'beta'"},
        {"faults = ( { name = \"h\"; target = \"node\"; length = \"1 h\"; rate = \"1 /y\"; beta = \"5 %\"; } );", "both 'rate' and 'beta'"},
        {"faults = ( { name = \"h\"; target = \"node\"; length = \"1 h\"; beta = \"5 %\"; scope = \"each\"; } );", "nothing is common"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        rooms_refused(FLEET("", SITE("a", "1", "1", "")), wrong[i].text, wrong[i].says);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beta_factor_loses_what_fleming_says),
        cmocka_unit_test(shock_on_a_subset_gives_the_lives_of_marshall_and_olkin),
        cmocka_unit_test(binomial_shocks_hold_down_what_thinning_says),
        cmocka_unit_test(scope_says_who_falls_together),
        cmocka_unit_test(impossible_common_causes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
