/* The Kubernetes-like scheduler against a slow, obvious twin: every feasible node, every sum, every choice, while pods
 * come and go and nodes fail. The twin knows requests from the list of residents, and logarithms from libm. */
#include "models/gpu/scheduler.h"
#include "tests/property/gpu_twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { STEPS = 400, ZONES = 5, SPREADS = 2 };

struct world {
    struct twin twin;
    struct gpu_inventory *inventory;
    struct gpu_scheduler *scheduler;
    struct gpu_scheduler_options options;
    struct gpu_scorer scorers[3];
    struct gpu_ratio_point points[3];
    struct gpu_power power;
    uint32_t zone[NODES], count[SPREADS][ZONES + 1];
};

/* --- The twin ----------------------------------------------------------------------------------------------------- */

/* Requests of a node for scores: residents' and the pod's, with Kubernetes' defaults. */
static void requests(const struct world *w, int node, const struct gpu_pod *pod, double sum[3])
{
    sum[0] = sum[1] = sum[2] = 0;
    for (int i = -1; i < w->twin.resident_count; i++) {
        const struct gpu_pod *p = i < 0 ? pod : &w->twin.residents[i].pod;
        if (i >= 0 && w->twin.residents[i].placement.node != node)
            continue;
        sum[0] += p->cpu_milli == 0 ? 100 : p->cpu_milli;
        sum[1] += p->memory_mib == 0 ? 200 : p->memory_mib;
        sum[2] += gpu_pod_milli(p);
    }
}

static long line_at(const struct gpu_scorer *s, long x)
{
    size_t i = 0;
    while (i < s->point_count && s->points[i].utilization < x)
        i++;
    if (i == s->point_count)
        return 10 * s->points[i - 1].score;
    if (i == 0)
        return 10 * s->points[0].score;
    long y0 = 10 * s->points[i - 1].score, y1 = 10 * s->points[i].score;
    long x0 = s->points[i - 1].utilization, x1 = s->points[i].utilization;
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
}

static long twin_resources(const struct world *w, const struct gpu_scorer *s, int node, const struct gpu_pod *pod)
{
    const struct gpu_node_options *c = &w->twin.nodes[node].capacity;
    double used[3], capacity[3] = {c->cpu_milli, c->memory_mib, c->devices * 1000.0};
    long weight[3] = {s->resources.cpu, s->resources.memory, s->resources.gpu}, sum = 0, all = 0;
    requests(w, node, pod, used);
    if (weight[0] + weight[1] + weight[2] == 0)
        weight[0] = weight[1] = 1;
    for (int r = 0; r < 3; r++) {
        bool over = used[r] > capacity[r] || capacity[r] == 0;
        long share = over ? 0 : (long)floor(used[r] * 100 / capacity[r]);
        long rest = over ? 0 : (long)floor((capacity[r] - used[r]) * 100 / capacity[r]);
        long score = s->kind == GPU_SCORER_MOST_ALLOCATED    ? share
                     : s->kind == GPU_SCORER_LEAST_ALLOCATED ? rest
                                                             : line_at(s, over ? 100 : 100 - rest);
        if (s->kind == GPU_SCORER_CAPACITY_RATIO && score == 0)
            continue;
        sum += weight[r] * score;
        all += weight[r];
    }
    if (all == 0)
        return 0;
    return s->kind == GPU_SCORER_CAPACITY_RATIO ? (long)floor((double)sum / (double)all + 0.5) : sum / all;
}

static long twin_balanced(const struct world *w, int node, const struct gpu_pod *pod)
{
    const struct gpu_node_options *c = &w->twin.nodes[node].capacity;
    double used[3];
    requests(w, node, pod, used);
    double cpu = used[0] / c->cpu_milli, memory = used[1] / c->memory_mib;
    return cpu >= 1 || memory >= 1 ? 0 : (long)((1 - fabs(cpu - memory)) * 100);
}

static double share_of_rest(double request, double capacity)
{
    return capacity == request ? (request == 0 ? 0 : 1) : request / (capacity - request);
}

static double node_power(const struct world *w, const struct twin_node *node)
{
    double package = w->power.package_milli, packages = ceil(node->capacity.cpu_milli / package);
    double busy = ceil((node->capacity.cpu_milli - node->cpu) / package);
    double sum = busy * w->power.package_busy_w + (packages - busy) * w->power.package_idle_w;
    for (int i = 0; i < node->capacity.devices; i++)
        sum += node->gpu[i] == 1000 ? w->power.idle_w[node->capacity.model] : w->power.busy_w[node->capacity.model];
    return sum;
}

/* Power before and after, for the devices in mask. */
static long power_after(const struct world *w, const struct twin_node *node, const struct gpu_pod *pod, uint32_t mask)
{
    struct twin_node after = *node;
    after.cpu -= pod->cpu_milli;
    for (int i = 0; i < after.capacity.devices; i++)
        after.gpu[i] -= (mask >> i & 1) != 0 ? pod->milli_per_device : 0;
    return (long)(node_power(w, node) - node_power(w, &after));
}

static long twin_power(const struct world *w, int index, const struct gpu_pod *pod, uint32_t *mask)
{
    const struct twin_node *node = &w->twin.nodes[index];
    long best = 0;
    *mask = 0;
    for (int i = 0, need = pod->devices; i < node->capacity.devices && need > 0 && !shared(pod); i++)
        if (node->gpu[i] == 1000) {
            *mask |= 1U << i;
            need--;
        }
    if (!shared(pod))
        return power_after(w, node, pod, *mask);
    for (int i = 0; i < node->capacity.devices; i++) {
        if (node->gpu[i] < pod->milli_per_device)
            continue;
        long score = power_after(w, node, pod, 1U << i);
        if (*mask == 0 || score > best) {
            best = score;
            *mask = 1U << i;
        }
    }
    return best;
}

static uint32_t zone_of(const struct world *w, const struct gpu_spread *spread, int node)
{
    return spread->domain == NULL ? w->twin.nodes[node].capacity.domain : w->zone[node];
}

static bool spread_admits(const struct world *w, const struct gpu_spread *spread, const struct gpu_pod *pod, int node)
{
    bool eligible[DOMAINS] = {false};
    long least = -1;
    uint32_t count = 0;
    for (int i = 0; i < w->twin.count; i++) {
        const struct twin_node *n = &w->twin.nodes[i];
        uint32_t zone = zone_of(w, spread, i);
        bool can = pod->devices == 0 || (n->capacity.devices > 0 && model_admitted(pod->models, n->capacity.model));
        if (zone != GPU_NO_DOMAIN && can && (n->available || !spread->only_available))
            eligible[zone] = true;
    }
    for (int d = 0; d < DOMAINS; d++)
        if (eligible[d]) {
            count++;
            least = least < 0 || spread->count[d] < least ? spread->count[d] : least;
        }
    if (count < spread->min_domains || count == 0)
        least = 0;
    uint32_t zone = zone_of(w, spread, node);
    return zone != GPU_NO_DOMAIN && (long)spread->count[zone] + (spread->self ? 1 : 0) - least <= spread->max_skew;
}

static void twin_spread(const struct world *w, const struct gpu_schedule *schedule, const bool feasible[NODES],
                        long out[NODES])
{
    double raw[NODES] = {0};
    bool keyless[NODES] = {false};
    for (size_t k = 0; k < schedule->spread_count; k++) {
        const struct gpu_spread *spread = &schedule->spread[k];
        bool seen[DOMAINS] = {false};
        int domains = 0;
        for (int i = 0; i < w->twin.count && spread->anyway; i++) {
            uint32_t zone = zone_of(w, spread, i);
            if (feasible[i] && zone != GPU_NO_DOMAIN && !seen[zone])
                domains++;
            if (feasible[i] && zone != GPU_NO_DOMAIN)
                seen[zone] = true;
        }
        for (int i = 0; i < w->twin.count && spread->anyway; i++) {
            uint32_t zone = zone_of(w, spread, i);
            keyless[i] = keyless[i] || zone == GPU_NO_DOMAIN;
            raw[i] += keyless[i] ? 0 : spread->count[zone] * log(domains + 2) + (spread->max_skew - 1);
        }
    }
    long high = 0, low = -1;
    for (int i = 0; i < w->twin.count; i++) {
        out[i] = lround(raw[i]);
        if (feasible[i] && !keyless[i]) {
            high = out[i] > high ? out[i] : high;
            low = low < 0 || out[i] < low ? out[i] : low;
        }
    }
    for (int i = 0; i < w->twin.count; i++)
        out[i] = keyless[i] ? 0 : high == 0 ? 100 : 100 * (high + low - out[i]) / high;
}

static void twin_scores(const struct world *w, const struct gpu_scorer *s, const struct gpu_pod *pod,
                        const struct gpu_schedule *schedule, const bool feasible[NODES], long out[NODES])
{
    long low = 0, high = 0;
    bool first = true;
    uint32_t mask;
    if (s->kind == GPU_SCORER_SPREAD) {
        twin_spread(w, schedule, feasible, out);
        return;
    }
    for (int i = 0; i < w->twin.count; i++) {
        const struct gpu_node_options *c = &w->twin.nodes[i].capacity;
        if (!feasible[i])
            continue;
        out[i] = s->kind == GPU_SCORER_POLICY     ? score(&w->twin, &w->twin.nodes[i], pod, s->policy)
                 : s->kind == GPU_SCORER_BALANCED ? twin_balanced(w, i, pod)
                 : s->kind == GPU_SCORER_POWER    ? twin_power(w, i, pod, &mask)
                 : s->kind == GPU_SCORER_SIMON    ? lround(100 * fmax(share_of_rest(pod->cpu_milli, c->cpu_milli),
                                                                      share_of_rest(pod->memory_mib, c->memory_mib)))
                                                  : twin_resources(w, s, i, pod);
        low = first || out[i] < low ? out[i] : low;
        high = first || out[i] > high ? out[i] : high;
        first = false;
    }
    for (int i = 0; i < w->twin.count; i++)
        if (feasible[i] && (s->kind == GPU_SCORER_SIMON || s->kind == GPU_SCORER_POWER))
            out[i] = high > low ? (out[i] - low) * 100 / (high - low) : s->kind == GPU_SCORER_SIMON ? 0 : 100;
}

/* Which node and why; returns how many are feasible. */
static int twin_schedule(const struct world *w, const struct gpu_pod *pod, const struct gpu_schedule *schedule,
                         bool feasible[NODES], long sum[NODES], int *node)
{
    int count = 0, tied = 0;
    for (int i = 0; i < w->twin.count; i++) {
        feasible[i] = fits(&w->twin.nodes[i], pod);
        for (size_t k = 0; k < schedule->spread_count; k++)
            if (!schedule->spread[k].anyway)
                feasible[i] = feasible[i] && spread_admits(w, &schedule->spread[k], pod, i);
        count += feasible[i];
        sum[i] = 0;
    }
    for (size_t s = 0; s < w->options.scorer_count; s++) {
        long out[NODES] = {0};
        twin_scores(w, &w->scorers[s], pod, schedule, feasible, out);
        for (int i = 0; i < w->twin.count; i++)
            sum[i] += w->scorers[s].weight * out[i];
    }
    *node = -1;
    for (int i = 0; i < w->twin.count; i++)
        if (feasible[i] && (*node < 0 || sum[i] > sum[*node] ||
                            (sum[i] == sum[*node] && earlier(&w->twin, w->options.ties, i, *node))))
            *node = i;
    for (int i = 0; i < w->twin.count; i++)
        tied += feasible[i] && sum[i] == sum[*node];
    if (w->options.ties == GPU_TIES_UNIFORM && tied > 0) {
        long best = sum[*node];
        int k = uniform(schedule->random, tied);
        for (int i = 0; i < w->twin.count; i++)
            if (feasible[i] && sum[i] == best && k-- == 0)
                *node = i;
    }
    return count;
}

/* --- Worlds ------------------------------------------------------------------------------------------------------- */

static struct gpu_scorer random_scorer(struct dice *dice, struct world *w)
{
    struct gpu_scorer s = {.kind = (enum gpu_scorer_kind)below(dice, GPU_SCORERS),
                           .weight = 1 + (int32_t)below(dice, 3),
                           .policy = (enum gpu_policy)(1 + below(dice, GPU_POLICIES - 1)),
                           .points = w->points,
                           .point_count = 1 + below(dice, 3)};
    if (below(dice, 2) == 0)
        s.resources =
            (struct gpu_resource_weights){(int32_t)below(dice, 3), (int32_t)below(dice, 3), (int32_t)below(dice, 3)};
    return s;
}

static void open_world(struct dice *dice, struct arena *arena, struct world *w, int nodes)
{
    memset(w, 0, sizeof *w);
    random_typical(dice, &w->twin);
    random_nodes(dice, &w->twin, nodes);
    w->inventory = build(arena, &w->twin);
    for (int i = 0, at = 0; i < 3; i++, at += 20 + (int)below(dice, 20))
        w->points[i] = (struct gpu_ratio_point){at, (int32_t)below(dice, 11)};
    for (int m = 0; m < 3; m++) {
        w->power.idle_w[m] = 10 * below(dice, 6);
        w->power.busy_w[m] = w->power.idle_w[m] + 50 * below(dice, 8);
    }
    w->power.package_milli = 16000;
    w->power.package_idle_w = 20;
    w->power.package_busy_w = 105.5;
    for (int i = 0; i < NODES; i++)
        w->zone[i] = below(dice, 8) == 0 ? GPU_NO_DOMAIN : below(dice, ZONES);
    w->options = (struct gpu_scheduler_options){.scorers = w->scorers,
                                                .scorer_count = below(dice, 4),
                                                .ties = (enum gpu_ties)below(dice, 3),
                                                .power = &w->power};
    for (int i = 0; i < 3; i++)
        w->scorers[i] = random_scorer(dice, w);
    w->scheduler = gpu_scheduler_create(arena, w->inventory, &w->options);
}

static struct gpu_spread random_spread(struct dice *dice, struct world *w, uint32_t *count)
{
    for (int d = 0; d < ZONES; d++)
        count[d] = below(dice, 6);
    return (struct gpu_spread){.domain = w->zone,
                               .count = count,
                               .domains = ZONES,
                               .max_skew = 1 + below(dice, 4),
                               .min_domains = below(dice, 3) == 0 ? below(dice, ZONES + 2) : 0,
                               .self = below(dice, 2) == 0,
                               .anyway = below(dice, 2) == 0,
                               .only_available = below(dice, 2) == 0};
}

/* The devices by the twin's account of who decides them. */
static uint16_t expected_devices(const struct world *w, int node, const struct gpu_pod *pod, uint64_t random)
{
    struct gpu_place_options options = {.policy = GPU_BEST_FIT, .random = random};
    for (size_t s = 0; s < w->options.scorer_count; s++) {
        const struct gpu_scorer *scorer = &w->scorers[s];
        uint32_t mask;
        if (scorer->kind == GPU_SCORER_POWER) {
            twin_power(w, node, pod, &mask);
            return (uint16_t)mask;
        }
        if (scorer->kind == GPU_SCORER_POLICY && (scorer->policy == GPU_FGD || scorer->policy >= GPU_DOT_SHARE_MAX)) {
            options.policy = scorer->policy;
            break;
        }
    }
    return devices_for(&w->twin, &w->twin.nodes[node], pod, &options);
}

static const char *step_place(struct dice *dice, struct world *w)
{
    struct gpu_spread spread[SPREADS] = {random_spread(dice, w, w->count[0]), random_spread(dice, w, w->count[1])};
    struct gpu_schedule schedule = {.random = roll(dice), .spread = spread, .spread_count = below(dice, SPREADS + 1)};
    struct gpu_pod pod = random_pod(dice);
    struct gpu_placement got = {0};
    bool feasible[NODES];
    long sum[NODES];
    int node, count = twin_schedule(w, &pod, &schedule, feasible, sum, &node);
    bool found = gpu_scheduler_find(w->scheduler, &pod, &schedule, &got);
    if (found != (count > 0))
        return "one found a node, the other did not";
    if (!found)
        return NULL;
    for (int i = 0; i < w->twin.count; i++) {
        bool mine;
        int64_t total = gpu_scheduler_sum(w->scheduler, i, &mine);
        if (mine != feasible[i])
            return "feasible nodes differ";
        if (mine && total != sum[i])
            return "sums differ";
    }
    if (got.node != node || got.score != sum[node])
        return "node differs";
    if (got.devices != expected_devices(w, node, &pod, schedule.random))
        return "devices differ";
    if (w->twin.resident_count == RESIDENTS)
        return NULL;
    gpu_bind(w->inventory, &pod, &got);
    struct resident *resident = &w->twin.residents[w->twin.resident_count++];
    *resident = (struct resident){pod, got};
    twin_apply(&w->twin, resident, 1);
    return NULL;
}

static void step_release(struct dice *dice, struct world *w)
{
    if (w->twin.resident_count == 0)
        return;
    struct resident *resident = &w->twin.residents[below(dice, (uint32_t)w->twin.resident_count)];
    gpu_release(w->inventory, &resident->pod, &resident->placement);
    twin_apply(&w->twin, resident, -1);
    *resident = w->twin.residents[--w->twin.resident_count];
}

static const char *play(uint64_t seed, int nodes, int *at)
{
    static struct world w;
    struct dice dice = {.seed = seed};
    struct arena arena;
    const char *wrong = NULL;
    arena_open(&arena, 0);
    open_world(&dice, &arena, &w, nodes);
    for (*at = 0; *at < STEPS && wrong == NULL; ++*at) {
        uint32_t kind = below(&dice, 16);
        if (kind < 10) {
            wrong = step_place(&dice, &w);
        } else if (kind < 15) {
            step_release(&dice, &w);
        } else {
            int32_t node = (int32_t)below(&dice, (uint32_t)w.twin.count);
            w.twin.nodes[node].available = below(&dice, 3) > 0;
            gpu_node_set_available(w.inventory, node, w.twin.nodes[node].available);
        }
    }
    gpu_inventory_audit(w.inventory);
    arena_close(&arena);
    return wrong;
}

static void scheduler_agrees_with_the_twin_for_any_history(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        int at, nodes = 1 + (int)(seed * 7 % NODES);
        const char *wrong = play(seed, nodes, &at);
        if (wrong != NULL)
            fail_msg("seed %llu, %d nodes, step %d: %s", (unsigned long long)seed, nodes, at, wrong);
    }
}

/* --- Claims of the specification ---------------------------------------------------------------------------------- */

/* Places `pods` equal pods over three zones of two nodes under one constraint; counts[zone] at the end. */
static void spread_out(uint32_t pods, uint32_t max_skew, uint32_t counts[3])
{
    struct arena arena;
    arena_open(&arena, 0);
    struct gpu_inventory *inventory = gpu_inventory_create(&arena, &(struct gpu_inventory_options){.nodes = 6});
    for (uint32_t i = 0; i < 6; i++)
        gpu_inventory_add_node(inventory,
                               &(struct gpu_node_options){
                                   .cpu_milli = 64000, .memory_mib = 65536, .domain = (uint16_t)(i / 2), .rank = i});
    gpu_inventory_seal(inventory);
    struct gpu_scheduler *scheduler = gpu_scheduler_create(&arena, inventory, &(struct gpu_scheduler_options){0});
    struct gpu_pod pod = {.cpu_milli = 1000, .memory_mib = 1024};
    struct gpu_spread spread = {.count = counts, .domains = 3, .max_skew = max_skew, .self = true};
    struct gpu_schedule schedule = {.spread = &spread, .spread_count = 1};
    counts[0] = counts[1] = counts[2] = 0;
    for (uint32_t i = 0; i < pods; i++) {
        struct gpu_placement placement;
        assert_true(gpu_scheduler_place(scheduler, &pod, &schedule, &placement));
        uint32_t zone = (uint32_t)placement.node / 2;
        counts[zone]++;
        for (int d = 0; d < 3; d++)
            assert_true(counts[zone] - counts[d] <= max_skew || counts[zone] < counts[d]);
    }
    arena_close(&arena);
}

static void hard_spread_keeps_zones_within_the_skew(void **state)
{
    (void)state;
    uint32_t counts[3];
    for (uint32_t pods = 0; pods < 40; pods++) {
        spread_out(pods, 1, counts);
        assert_true(counts[0] + counts[1] + counts[2] == pods);
        for (int d = 0; d < 3; d++)
            assert_true(counts[d] >= pods / 3 && counts[d] <= (pods + 2) / 3);
    }
    spread_out(40, 4, counts);
    assert_true(counts[0] > counts[2]); /* ties by rank fill the first zone as far as the skew allows */
}

static void least_allocated_picks_the_emptier_and_most_the_fuller(void **state)
{
    (void)state;
    for (int most = 0; most < 2; most++) {
        struct arena arena;
        arena_open(&arena, 0);
        struct gpu_inventory *inventory = gpu_inventory_create(&arena, &(struct gpu_inventory_options){.nodes = 2});
        for (int i = 0; i < 2; i++)
            gpu_inventory_add_node(inventory, &(struct gpu_node_options){.cpu_milli = 8000, .memory_mib = 8192});
        gpu_inventory_seal(inventory);
        struct gpu_scorer scorer = {.kind = most ? GPU_SCORER_MOST_ALLOCATED : GPU_SCORER_LEAST_ALLOCATED, .weight = 1};
        struct gpu_scheduler_options options = {.scorers = &scorer, .scorer_count = 1};
        struct gpu_scheduler *scheduler = gpu_scheduler_create(&arena, inventory, &options);
        struct gpu_pod pod = {.cpu_milli = 2000, .memory_mib = 1024};
        struct gpu_placement first, second;
        assert_true(gpu_scheduler_place(scheduler, &pod, &(struct gpu_schedule){0}, &first));
        assert_true(gpu_scheduler_place(scheduler, &pod, &(struct gpu_schedule){0}, &second));
        assert_true((first.node == second.node) == (most == 1));
        arena_close(&arena);
    }
}

static void a_dead_zone_holds_pods_back_unless_told_otherwise(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct gpu_inventory *inventory = gpu_inventory_create(&arena, &(struct gpu_inventory_options){.nodes = 2});
    for (uint16_t i = 0; i < 2; i++)
        gpu_inventory_add_node(inventory,
                               &(struct gpu_node_options){.cpu_milli = 8000, .memory_mib = 8192, .domain = i});
    gpu_inventory_seal(inventory);
    gpu_node_set_available(inventory, 1, false);
    struct gpu_scheduler *scheduler = gpu_scheduler_create(&arena, inventory, &(struct gpu_scheduler_options){0});
    uint32_t counts[2] = {1, 0};
    struct gpu_spread spread = {.count = counts, .domains = 2, .max_skew = 1, .self = true};
    struct gpu_schedule schedule = {.spread = &spread, .spread_count = 1};
    struct gpu_pod pod = {.cpu_milli = 1000};
    struct gpu_placement placement;
    assert_false(gpu_scheduler_find(scheduler, &pod, &schedule, &placement));
    spread.only_available = true;
    assert_true(gpu_scheduler_find(scheduler, &pod, &schedule, &placement));
    spread.min_domains = 2;
    assert_false(gpu_scheduler_find(scheduler, &pod, &schedule, &placement));
    arena_close(&arena);
}

static void logarithms_are_those_of_libm(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 100000; n++)
        assert_true(fabs(gpu_log(n) - (double)logl(n)) <= 4e-16 * fmax((double)logl(n), 1e-300));
    assert_true(fabs(gpu_log(UINT32_MAX) - log(UINT32_MAX)) < 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scheduler_agrees_with_the_twin_for_any_history),
        cmocka_unit_test(hard_spread_keeps_zones_within_the_skew),
        cmocka_unit_test(least_allocated_picks_the_emptier_and_most_the_fuller),
        cmocka_unit_test(a_dead_zone_holds_pods_back_unless_told_otherwise),
        cmocka_unit_test(logarithms_are_those_of_libm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
