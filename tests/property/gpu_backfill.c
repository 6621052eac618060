/* Queues on random small clusters against a grid: every instant of the next hours, every node, every device, added up
 * anew from the seats. Times are small whole numbers, so the grid misses nothing.
 *
 * After every pass: nothing is promised twice; no waiting job both fits now and is let by the rule; a new promise is
 * the earliest instant there is; without failures nobody starts after his promise. */
#include "models/gpu/backfill.h"
#include "tests/property/gpu_twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { WORLD_NODES = 4, JOBS = 16, MOST_TASKS = 4, TICKS = 60, LIMIT = 9, GRID = 2 * TICKS + JOBS * LIMIT };

enum { OUTSIDERS = 8 };

struct world {
    struct arena arena;
    struct gpu_inventory *inventory;
    struct gpu_backfill *queue;
    struct dice dice;
    struct gpu_pod tasks[JOBS][MOST_TASKS];
    struct gpu_request requests[JOBS];
    int64_t arrival[JOBS], length[JOBS];       /* length <= limit */
    int32_t id[JOBS], job_of[JOBS];            /* id of a job, job of an id */
    int64_t first_promise[JOBS], start[JOBS];  /* GPU_PROFILE_NEVER: none */
    bool failures, priorities;
    struct gpu_pod outsider[OUTSIDERS]; /* who lives there besides jobs */
    struct gpu_placement outsider_at[OUTSIDERS];
    int outsiders;
};

/* What is free on a node at each instant of the grid, running to the limit; from seats alone. */
struct grid {
    int cpu, memory, pods, gpu[GPU_DEVICES_MAX];
};
static struct grid grid[WORLD_NODES][GRID];

static void grid_take(const struct gpu_pod *pod, const struct gpu_placement *seat, int64_t from, int64_t to)
{
    for (int64_t t = from; t < to && t < GRID; t++) {
        struct grid *cell = &grid[seat->node][t];
        cell->cpu -= pod->cpu_milli;
        cell->memory -= pod->memory_mib;
        cell->pods--;
        for (int d = 0; d < GPU_DEVICES_MAX; d++)
            if ((seat->devices >> d & 1) != 0)
                cell->gpu[d] -= pod->milli_per_device;
    }
}

/* Fills the grid with running jobs and, for all but `without`, with promised ones. */
static void grid_fill(const struct world *world, int32_t without)
{
    for (int n = 0; n < (int)world->inventory->count; n++)
        for (int t = 0; t < GRID; t++) {
            const struct gpu_node_options *capacity = &world->inventory->nodes[n].capacity;
            grid[n][t] = (struct grid){capacity->cpu_milli, capacity->memory_mib, POD_LIMIT, {0}};
            for (int d = 0; d < capacity->devices; d++)
                grid[n][t].gpu[d] = 1000;
        }
    for (int i = 0; i < world->outsiders; i++) /* they stay for ever, as far as anybody knows */
        grid_take(&world->outsider[i], &world->outsider_at[i], 0, GRID);
    for (int32_t id = 0; id < JOBS; id++) {
        struct gpu_placement seats[MOST_TASKS];
        const struct gpu_job *job = gpu_backfill_job(world->queue, id);
        if (job->state == GPU_JOB_NONE || id == without)
            continue;
        int32_t count = gpu_backfill_seats(world->queue, id, seats);
        bool runs = job->state == GPU_JOB_RUNNING;
        bool whole = world->queue->options.discipline == GPU_SLURM && !runs;
        for (int32_t i = 0; i < count; i++) {
            int64_t from = runs ? job->started_us : job->planned_us;
            grid_take(&job->request.tasks[i], &seats[i], from, from + job->request.limit_us);
            for (int64_t t = from; whole && t < from + job->request.limit_us && t < GRID; t++)
                grid[seats[i].node][t].pods = 0;
        }
    }
}

/* The rule of who may share a node with whom, for all that run or are promised. */
static void check_company(const struct world *world)
{
    for (int32_t id = 0; id < JOBS; id++) {
        struct gpu_placement seats[MOST_TASKS];
        const struct gpu_job *job = gpu_backfill_job(world->queue, id);
        int32_t count = job->state == GPU_JOB_NONE ? 0 : gpu_backfill_seats(world->queue, id, seats);
        for (int32_t i = 0; i < count && job->request.company != GPU_COMPANY_ANY; i++)
            for (int32_t k = 0; k < i; k++)
                assert_int_equal(seats[i].node == seats[k].node, job->request.company == GPU_COMPANY_TOGETHER);
    }
}

static void grid_check(const struct world *world, int64_t now)
{
    for (int n = 0; n < (int)world->inventory->count; n++)
        for (int64_t t = now; t < GRID; t++) {
            const struct grid *cell = &grid[n][t];
            assert_true(cell->cpu >= 0 && cell->memory >= 0 && cell->pods >= 0);
            for (int d = 0; d < GPU_DEVICES_MAX; d++)
                assert_true(cell->gpu[d] >= 0);
        }
}

/* How many copies of the pod a node holds all through [from, to). */
static int grid_copies(const struct world *world, int node, const struct gpu_pod *pod, int64_t from, int64_t to)
{
    const struct gpu_node *it = &world->inventory->nodes[node];
    struct grid least = grid[node][from];
    if (!it->available || (pod->devices > 0 && !model_admitted(pod->models, it->capacity.model)))
        return 0;
    for (int64_t t = from; t < to && t < GRID; t++) {
        const struct grid *cell = &grid[node][t];
        least.cpu = cell->cpu < least.cpu ? cell->cpu : least.cpu;
        least.memory = cell->memory < least.memory ? cell->memory : least.memory;
        least.pods = cell->pods < least.pods ? cell->pods : least.pods;
        for (int d = 0; d < GPU_DEVICES_MAX; d++)
            least.gpu[d] = cell->gpu[d] < least.gpu[d] ? cell->gpu[d] : least.gpu[d];
    }
    int copies = least.pods, on_devices = 0;
    if (pod->cpu_milli > 0 && least.cpu / pod->cpu_milli < copies)
        copies = least.cpu / pod->cpu_milli;
    if (pod->memory_mib > 0 && least.memory / pod->memory_mib < copies)
        copies = least.memory / pod->memory_mib;
    for (int d = 0; d < GPU_DEVICES_MAX && pod->devices > 0; d++)
        on_devices += least.gpu[d] / pod->milli_per_device;
    if (pod->devices > 0 && on_devices / pod->devices < copies)
        copies = on_devices / pod->devices;
    return copies;
}

static bool grid_fits(const struct world *world, const struct gpu_request *request, int64_t from)
{
    int copies = 0;
    for (int n = 0; n < (int)world->inventory->count; n++) {
        int here = grid_copies(world, n, &request->tasks[0], from, from + request->limit_us);
        if (request->company == GPU_COMPANY_TOGETHER && here >= request->count)
            return true;
        copies += request->company == GPU_COMPANY_ANY ? here : request->company == GPU_COMPANY_APART && here > 0;
    }
    return copies >= request->count;
}

static int64_t grid_earliest(const struct world *world, const struct gpu_request *request, int64_t now)
{
    for (int64_t t = now; t < GRID; t++)
        if (grid_fits(world, request, t))
            return t;
    return GPU_PROFILE_NEVER;
}

/* --- Worlds ------------------------------------------------------------------------------------------------------- */

static void add_job(struct world *world, int j, bool same_size)
{
    struct dice *dice = &world->dice;
    struct gpu_request *request = &world->requests[j];
    struct gpu_pod pod = {.cpu_milli = 4000, .memory_mib = 8192, .devices = 2, .milli_per_device = 1000};
    *request = (struct gpu_request){.tasks = world->tasks[j], .count = 1, .requeue = below(dice, 4) > 0};
    request->owner = (uint64_t)j;
    request->priority = world->priorities ? (int32_t)below(dice, 3) : 0;
    if (!same_size) {
        do
            pod = random_pod(dice);
        while (pod.devices > 4);
        pod.models = below(dice, 5) == 0 ? 1 : 0;
        request->count = 1 + (int32_t)below(dice, MOST_TASKS);
        request->company = below(dice, 3) == 0 ? (enum gpu_company)(1 + below(dice, 2)) : GPU_COMPANY_ANY;
    }
    for (int i = 0; i < request->count; i++)
        world->tasks[j][i] = pod;
    request->limit_us = 1 + below(dice, LIMIT);
    world->length[j] = below(dice, 2) == 0 ? request->limit_us : 1 + below(dice, (uint32_t)request->limit_us);
    world->arrival[j] = j == 0 ? 0 : world->arrival[j - 1] + below(dice, 4);
    world->start[j] = world->first_promise[j] = GPU_PROFILE_NEVER;
    world->id[j] = GPU_NO_JOB;
}

static void world_open(struct world *world, uint64_t seed, enum gpu_discipline discipline, bool same_size)
{
    memset(world, 0, sizeof *world);
    world->dice.seed = seed;
    arena_open(&world->arena, 0);
    int nodes = 1 + (int)below(&world->dice, WORLD_NODES);
    world->inventory = gpu_inventory_create(
        &world->arena, &(struct gpu_inventory_options){.nodes = (size_t)nodes, .pods_per_node = POD_LIMIT});
    for (int n = 0; n < nodes; n++) {
        struct gpu_node_options node = {.cpu_milli = 32000, .memory_mib = 65536, .devices = 4};
        if (!same_size) {
            node.devices = (uint8_t)below(&world->dice, 5);
            node.model = (uint8_t)below(&world->dice, 2);
            node.rank = below(&world->dice, 3);
        }
        gpu_inventory_add_node(world->inventory, &node);
    }
    gpu_inventory_seal(world->inventory);
    struct gpu_backfill_options options = {.discipline = discipline,
                                           .stuck = (enum gpu_stuck)below(&world->dice, 2),
                                           .place = {.policy = GPU_BEST_FIT},
                                           .jobs = JOBS,
                                           .tasks = JOBS * MOST_TASKS};
    if (!same_size)
        options.place.policy = (enum gpu_policy)below(&world->dice, GPU_FGD);
    if (discipline == GPU_SLURM && below(&world->dice, 2) == 0) {
        options.depth = 1 + (int32_t)below(&world->dice, 5);
        options.window_us = 1 + below(&world->dice, 20);
    }
    world->queue = gpu_backfill_create(&world->arena, world->inventory, &options);
}

static void finish_due(struct world *world, int64_t now)
{
    for (int j = 0; j < JOBS; j++)
        if (world->start[j] != GPU_PROFILE_NEVER && world->id[j] != GPU_NO_JOB &&
            world->start[j] + world->length[j] == now) {
            gpu_backfill_finish(world->queue, world->id[j], now);
            world->id[j] = GPU_NO_JOB;
        }
}

static void submit_due(struct world *world, int64_t now)
{
    for (int j = 0; j < JOBS; j++)
        if (world->arrival[j] == now) {
            world->id[j] = gpu_backfill_submit(world->queue, &world->requests[j], now);
            if (world->id[j] != GPU_NO_JOB)
                world->job_of[world->id[j]] = j;
        }
}

/* Somebody who is none of the queue's business takes a place, or gives one back. */
static void let_an_outsider_in(struct world *world)
{
    struct gpu_pod pod = {.cpu_milli = 1000 * (int32_t)(1 + below(&world->dice, 16)), .memory_mib = 1024};
    if (below(&world->dice, 2) == 0) {
        pod.devices = 1;
        pod.milli_per_device = 1000;
    }
    struct gpu_place_options place = {.policy = GPU_BEST_FIT};
    struct gpu_placement placement;
    if (world->outsiders == OUTSIDERS || !gpu_place(world->inventory, &pod, &place, &placement))
        return;
    world->outsider[world->outsiders] = pod;
    world->outsider_at[world->outsiders++] = placement;
    gpu_backfill_taken(world->queue, placement.node);
}

static void let_an_outsider_out(struct world *world)
{
    if (world->outsiders == 0)
        return;
    world->outsiders--;
    gpu_release(world->inventory, &world->outsider[world->outsiders], &world->outsider_at[world->outsiders]);
    gpu_backfill_given(world->queue);
}

static void stop_a_job(struct world *world)
{
    for (int j = 0; j < JOBS; j++)
        if (world->id[j] != GPU_NO_JOB && gpu_backfill_job(world->queue, world->id[j])->state == GPU_JOB_RUNNING) {
            gpu_backfill_requeue(world->queue, world->id[j], world->requests[j].limit_us);
            world->start[j] = GPU_PROFILE_NEVER;
            return;
        }
}

static void change_a_node(struct world *world)
{
    uint32_t kind = below(&world->dice, 7);
    int32_t node = (int32_t)below(&world->dice, (uint32_t)world->inventory->count);
    if (kind == 0) {
        int32_t killed = gpu_backfill_node_down(world->queue, node);
        for (int32_t k = 0; k < killed; k++) {
            int j = world->job_of[world->queue->killed[k]];
            world->start[j] = GPU_PROFILE_NEVER;
            if (gpu_backfill_job(world->queue, world->id[j])->state == GPU_JOB_NONE)
                world->id[j] = GPU_NO_JOB;
            else
                assert_int_equal(gpu_backfill_job(world->queue, world->id[j])->attempt > 1, true);
        }
    } else if (kind == 1) {
        gpu_backfill_node_cordon(world->queue, node);
    } else if (kind == 2) {
        gpu_backfill_node_up(world->queue, node);
    } else if (kind == 3) {
        let_an_outsider_in(world);
    } else if (kind == 4) {
        let_an_outsider_out(world);
    } else if (kind == 5) {
        stop_a_job(world);
    } else {
        gpu_backfill_void(world->queue);
    }
    for (int j = 0; j < JOBS; j++) /* promises may be void now */
        world->first_promise[j] = GPU_PROFILE_NEVER;
}

/* --- Checks after a pass ------------------------------------------------------------------------------------------ */

static void check_waiting(struct world *world, int64_t now)
{
    const struct gpu_backfill *queue = world->queue;
    bool held = false, blocked = false;
    for (int32_t i = 0; i < queue->waiting; i++) {
        int32_t id = queue->order[i];
        const struct gpu_job *job = gpu_backfill_job(queue, id);
        bool promised = job->planned_us != GPU_PROFILE_NEVER;
        grid_fill(world, id);
        int64_t earliest = grid_earliest(world, &job->request, now);
        switch (queue->options.discipline) {
        case GPU_FCFS:
            if (!blocked && !held)
                assert_true(earliest > now);
            blocked = blocked || earliest != GPU_PROFILE_NEVER;
            break;
        case GPU_EASY:
            if (!held)
                assert_true(earliest > now); /* work conservation beside the promise */
            assert_int_equal(promised, !held && !blocked && earliest != GPU_PROFILE_NEVER);
            if (promised)
                assert_int_equal(job->planned_us, earliest);
            blocked = blocked || promised;
            break;
        case GPU_CONSERVATIVE:
            if (!held)
                assert_true(earliest > now);
            assert_int_equal(promised, !held && earliest != GPU_PROFILE_NEVER);
            if (promised)
                assert_true(job->planned_us == earliest);
            break;
        default:
            break;
        }
        held = held || (earliest == GPU_PROFILE_NEVER && queue->options.stuck == GPU_STUCK_HOLD);
        if (promised && world->first_promise[world->job_of[id]] == GPU_PROFILE_NEVER)
            world->first_promise[world->job_of[id]] = job->planned_us;
    }
}

static void note_starts(struct world *world, int32_t started, int64_t now)
{
    bool strict = world->queue->options.discipline != GPU_SLURM;
    for (int32_t i = 0; i < started; i++) {
        int j = world->job_of[world->queue->started[i]];
        world->start[j] = now;
        if (strict && !world->priorities)
            assert_true(now <= world->first_promise[j]);
    }
}

static void play(struct world *world, bool lazily)
{
    int64_t last = 0;
    for (int64_t now = 0; now < TICKS || world->queue->running > 0; now++) {
        bool changed = now == world->queue->jobs[0].submitted_us;
        int32_t running = world->queue->running, waiting = world->queue->waiting;
        finish_due(world, now);
        submit_due(world, now);
        changed = changed || running != world->queue->running || waiting != world->queue->waiting;
        if (world->failures && now < TICKS && below(&world->dice, 5) == 0) {
            change_a_node(world);
            changed = true;
        }
        if (lazily && !changed && gpu_backfill_next_us(world->queue) != now)
            continue;
        int32_t started = gpu_backfill_pass(world->queue, now, below(&world->dice, 2) == 0, roll(&world->dice));
        note_starts(world, started, now);
        grid_fill(world, GPU_NO_JOB);
        if (world->queue->options.discipline != GPU_SLURM)
            grid_check(world, now);
        check_waiting(world, now);
        check_company(world);
        gpu_backfill_audit(world->queue, now);
        last = now;
    }
    (void)last;
}

static void every_discipline_keeps_its_rule_at_every_instant(void **state)
{
    (void)state;
    static struct world world;
    int64_t jumped[GPU_DISCIPLINES] = {0}, slips[GPU_DISCIPLINES] = {0}, promises[GPU_DISCIPLINES] = {0};
    for (uint64_t seed = 1; seed <= 160; seed++)
        for (int discipline = 0; discipline < GPU_DISCIPLINES; discipline++) {
            world_open(&world, seed, (enum gpu_discipline)discipline, false);
            world.failures = seed % 2 == 0;
            world.priorities = seed % 3 == 0;
            for (int j = 0; j < JOBS; j++)
                add_job(&world, j, false);
            play(&world, seed % 5 < 2);
            const struct gpu_backfill_counts *counts = &world.queue->counts;
            assert_int_equal(counts->starts, counts->finished + counts->killed + counts->stopped + world.queue->running);
            assert_int_equal(counts->submitted, JOBS);
            if (!world.failures) { /* everybody who was not refused has run */
                assert_int_equal(world.queue->waiting, 0);
                assert_int_equal(counts->finished, JOBS - counts->refused);
                if (!world.priorities && discipline != GPU_SLURM)
                    assert_int_equal(counts->slips + counts->displaced, 0);
            }
            jumped[discipline] += counts->jumped;
            slips[discipline] += counts->slips;
            promises[discipline] += counts->promises;
            arena_close(&world.arena);
        }
    assert_int_equal(promises[GPU_FCFS], 0);
    assert_true(jumped[GPU_EASY] > 100 && jumped[GPU_CONSERVATIVE] > 100 && jumped[GPU_SLURM] > 100);
    assert_true(slips[GPU_EASY] > 5 && slips[GPU_CONSERVATIVE] > 5 && slips[GPU_SLURM] > 5);
}

static void one_size_on_equal_nodes_makes_all_disciplines_one(void **state)
{
    (void)state;
    static struct world worlds[3];
    static const enum gpu_discipline disciplines[] = {GPU_FCFS, GPU_EASY, GPU_CONSERVATIVE};
    for (uint64_t seed = 1; seed <= 60; seed++) {
        for (int d = 0; d < 3; d++) {
            world_open(&worlds[d], seed, disciplines[d], true);
            for (int j = 0; j < JOBS; j++)
                add_job(&worlds[d], j, true);
            play(&worlds[d], seed % 2 == 0);
        }
        for (int j = 0; j < JOBS; j++) {
            assert_true(worlds[0].start[j] == worlds[1].start[j]);
            assert_true(worlds[0].start[j] == worlds[2].start[j]);
        }
        for (int d = 0; d < 3; d++)
            arena_close(&worlds[d].arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_discipline_keeps_its_rule_at_every_instant),
        cmocka_unit_test(one_size_on_equal_nodes_makes_all_disciplines_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
