/* Queues by hand: small cases whose outcome can be read off a sheet of paper. */
#include "models/gpu/backfill.h"
#include "sim/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_JOBS = 8 };

struct room {
    struct arena arena;
    struct gpu_inventory *inventory;
    struct gpu_backfill *queue;
};

static const struct gpu_pod WHOLE_NODE = {.cpu_milli = 1000, .devices = 4, .milli_per_device = 1000};
static const struct gpu_pod TWO_DEVICES = {.cpu_milli = 1000, .devices = 2, .milli_per_device = 1000};
static const struct gpu_pod FOUR_NODES[4] = {
    {.cpu_milli = 1000, .devices = 4, .milli_per_device = 1000},
    {.cpu_milli = 1000, .devices = 4, .milli_per_device = 1000},
    {.cpu_milli = 1000, .devices = 4, .milli_per_device = 1000},
    {.cpu_milli = 1000, .devices = 4, .milli_per_device = 1000},
};

static void room_open(struct room *room, int nodes, struct gpu_backfill_options options)
{
    arena_open(&room->arena, 0);
    room->inventory = gpu_inventory_create(&room->arena, &(struct gpu_inventory_options){.nodes = (size_t)nodes});
    for (int i = 0; i < nodes; i++)
        gpu_inventory_add_node(room->inventory,
                               &(struct gpu_node_options){.cpu_milli = 32000, .memory_mib = 1024, .devices = 4});
    gpu_inventory_seal(room->inventory);
    if (options.place.policy == GPU_RANDOM)
        options.place.policy = GPU_BEST_FIT;
    options.jobs = MOST_JOBS;
    options.tasks = MOST_JOBS * 4;
    room->queue = gpu_backfill_create(&room->arena, room->inventory, &options);
}

static void room_close(struct room *room)
{
    gpu_backfill_audit(room->queue, INT64_MIN);
    arena_close(&room->arena);
}

static int32_t submit(struct room *room, const struct gpu_pod *tasks, int32_t count, int64_t limit, int64_t now)
{
    return gpu_backfill_submit(
        room->queue,
        &(struct gpu_request){.tasks = tasks, .count = count, .limit_us = limit, .requeue = true}, now);
}

static const struct gpu_job *job(const struct room *room, int32_t id) { return gpu_backfill_job(room->queue, id); }

static bool runs(const struct room *room, int32_t id) { return job(room, id)->state == GPU_JOB_RUNNING; }

/* Two of four nodes are busy until 10; the head wants all four. A short job fits before 10, a long one does not. */
static void easy_lets_short_jobs_pass_and_keeps_its_promise(void **state)
{
    (void)state;
    struct room room;
    room_open(&room, 4, (struct gpu_backfill_options){.discipline = GPU_EASY});
    int32_t running = submit(&room, FOUR_NODES, 2, 10, 0);
    int32_t head = submit(&room, FOUR_NODES, 4, 5, 0);
    int32_t too_long = submit(&room, &WHOLE_NODE, 1, 11, 0);
    int32_t short_enough = submit(&room, &WHOLE_NODE, 1, 10, 0);
    assert_int_equal(gpu_backfill_pass(room.queue, 0, false, 0), 2);
    assert_true(runs(&room, running) && runs(&room, short_enough));
    assert_false(runs(&room, head) || runs(&room, too_long));
    assert_int_equal(job(&room, head)->planned_us, 10);
    assert_int_equal(gpu_backfill_next_us(room.queue), 10);
    assert_int_equal(room.queue->counts.jumped, 1);

    gpu_backfill_finish(room.queue, short_enough, 4);
    assert_int_equal(gpu_backfill_pass(room.queue, 4, false, 0), 0);
    gpu_backfill_finish(room.queue, running, 7); /* early: the head need not wait until 10 */
    assert_int_equal(gpu_backfill_pass(room.queue, 7, false, 0), 1);
    assert_true(runs(&room, head));
    assert_int_equal(job(&room, head)->ends_us, 12);
    room_close(&room);
}

/* The head wants three of four nodes: the fourth is free for anybody, however long. */
static void easy_leaves_unpromised_nodes_to_long_jobs(void **state)
{
    (void)state;
    struct room room;
    room_open(&room, 4, (struct gpu_backfill_options){.discipline = GPU_EASY});
    submit(&room, FOUR_NODES, 2, 10, 0);
    int32_t head = submit(&room, FOUR_NODES, 3, 5, 0);
    int32_t first = submit(&room, &WHOLE_NODE, 1, 1000, 0);
    int32_t second = submit(&room, &WHOLE_NODE, 1, 1000, 0);
    gpu_backfill_pass(room.queue, 0, false, 0);
    assert_true(runs(&room, first));
    assert_false(runs(&room, second) || runs(&room, head));
    room_close(&room);
}

/* EASY promises to the head alone: a job between may be delayed by a backfilled one. Conservative does not allow that.
 * */
static void conservative_protects_every_job_easy_only_the_head(void **state)
{
    (void)state;
    for (int conservative = 0; conservative < 2; conservative++) {
        struct room room;
        room_open(&room, 4,
                  (struct gpu_backfill_options){.discipline = conservative ? GPU_CONSERVATIVE : GPU_EASY});
        submit(&room, FOUR_NODES, 2, 10, 0);                   /* runs: two nodes until 10 */
        int32_t head = submit(&room, FOUR_NODES, 3, 5, 0);     /* from 10 to 15 */
        int32_t between = submit(&room, FOUR_NODES, 4, 5, 0);  /* conservative: from 15 */
        int32_t late = submit(&room, &WHOLE_NODE, 1, 100, 0);  /* fits beside the head, but delays `between` */
        gpu_backfill_pass(room.queue, 0, false, 0);
        assert_int_equal(job(&room, head)->planned_us, 10);
        assert_int_equal(runs(&room, late), !conservative);
        if (conservative) {
            assert_int_equal(job(&room, between)->planned_us, 15);
            assert_int_equal(job(&room, late)->planned_us, 20);
        }
        room_close(&room);
    }
}

static void fcfs_starts_nothing_behind_a_blocked_job(void **state)
{
    (void)state;
    struct room room;
    room_open(&room, 4, (struct gpu_backfill_options){.discipline = GPU_FCFS});
    submit(&room, FOUR_NODES, 2, 10, 0);
    submit(&room, FOUR_NODES, 4, 5, 0);
    submit(&room, &WHOLE_NODE, 1, 1, 0);
    assert_int_equal(gpu_backfill_pass(room.queue, 0, false, 0), 1);
    room_close(&room);
}

/* Slurm's plan closes whole nodes: half a node beside a promised half is not given away, where EASY gives it. */
static void slurm_reserves_whole_nodes_in_deep_passes_only(void **state)
{
    (void)state;
    for (int slurm = 0; slurm < 2; slurm++) {
        struct room room;
        room_open(&room, 1, (struct gpu_backfill_options){.discipline = slurm ? GPU_SLURM : GPU_EASY});
        int32_t running = submit(&room, &TWO_DEVICES, 1, 10, 0);
        gpu_backfill_pass(room.queue, 0, true, 0);
        assert_true(runs(&room, running));
        int32_t filler = submit(&room, &TWO_DEVICES, 1, 3, 0);
        gpu_backfill_pass(room.queue, 0, true, 0);
        assert_true(runs(&room, filler));
        int32_t head = submit(&room, &TWO_DEVICES, 1, 20, 0); /* from 3 */
        int32_t small = submit(&room, &TWO_DEVICES, 1, 5, 0); /* EASY: from 10; Slurm: not before 23 */
        gpu_backfill_pass(room.queue, 0, true, 0);
        assert_int_equal(job(&room, head)->planned_us, 3);
        assert_int_equal(job(&room, small)->planned_us, slurm ? 23 : GPU_PROFILE_NEVER);
        if (slurm) {
            gpu_backfill_pass(room.queue, 1, false, 0); /* a main pass knows of no plan */
            assert_true(job(&room, head)->planned_us == GPU_PROFILE_NEVER);
        }
        room_close(&room);
    }
}

/* Depth 1 and a window: later jobs are not planned, and nothing begins later than the window reaches. */
static void slurm_looks_only_so_deep_and_so_far(void **state)
{
    (void)state;
    struct room room;
    room_open(&room, 1, (struct gpu_backfill_options){.discipline = GPU_SLURM, .depth = 2, .window_us = 10});
    submit(&room, &WHOLE_NODE, 1, 10, 0);
    gpu_backfill_pass(room.queue, 0, true, 0);
    int32_t first = submit(&room, &WHOLE_NODE, 1, 10, 0);
    int32_t second = submit(&room, &WHOLE_NODE, 1, 10, 0);
    int32_t third = submit(&room, &WHOLE_NODE, 1, 10, 0);
    gpu_backfill_pass(room.queue, 0, true, 0);
    assert_int_equal(job(&room, first)->planned_us, 10);
    assert_true(job(&room, second)->planned_us == GPU_PROFILE_NEVER); /* would begin at 20 */
    assert_true(job(&room, third)->planned_us == GPU_PROFILE_NEVER);
    room_close(&room);
}

static void a_failure_kills_whole_gangs_and_queues_them_again(void **state)
{
    (void)state;
    struct room room;
    room_open(&room, 4, (struct gpu_backfill_options){.discipline = GPU_EASY});
    int32_t gang = submit(&room, FOUR_NODES, 3, 10, 0);
    int32_t alone = submit(&room, &WHOLE_NODE, 1, 10, 0);
    int32_t waits = submit(&room, &WHOLE_NODE, 1, 5, 0);
    int32_t too_long = submit(&room, &WHOLE_NODE, 1, 6, 0);
    struct gpu_placement seats[4];
    gpu_backfill_pass(room.queue, 0, false, 0);
    gpu_backfill_seats(room.queue, gang, seats);
    assert_int_equal(gpu_backfill_node_down(room.queue, seats[1].node), 1);
    assert_int_equal(room.queue->killed[0], gang);
    assert_int_equal(job(&room, gang)->attempt, 2);
    assert_int_equal(job(&room, gang)->state, GPU_JOB_WAITING);
    assert_int_equal(room.queue->order[0], gang); /* where it was, before `waits` */
    assert_int_equal(room.inventory->totals.pods, 1);
    gpu_backfill_pass(room.queue, 5, false, 0);
    assert_true(runs(&room, alone) && runs(&room, waits));
    assert_false(runs(&room, too_long));
    assert_int_equal(job(&room, gang)->planned_us, 10); /* on the three nodes that are left */
    room_close(&room);
}

/* The promise is on a node that fails: the next one is later, and the slip is what it moved. */
static void a_failed_node_breaks_promises_and_the_slip_is_recorded(void **state)
{
    (void)state;
    struct room room;
    room_open(&room, 2, (struct gpu_backfill_options){.discipline = GPU_CONSERVATIVE});
    int32_t early = submit(&room, &WHOLE_NODE, 1, 10, 0);
    int32_t late = submit(&room, &WHOLE_NODE, 1, 30, 0);
    int32_t waits = submit(&room, &WHOLE_NODE, 1, 5, 0);
    struct gpu_placement seat;
    gpu_backfill_pass(room.queue, 0, false, 0);
    assert_int_equal(job(&room, waits)->promised_us, 10);
    gpu_backfill_seats(room.queue, early, &seat);
    gpu_backfill_node_cordon(room.queue, seat.node); /* `early` goes on; nobody may follow it there */
    gpu_backfill_pass(room.queue, 2, false, 0);
    assert_true(runs(&room, early) && runs(&room, late));
    assert_int_equal(job(&room, waits)->promised_us, 30);
    assert_int_equal(job(&room, waits)->slip_us, 20);
    assert_int_equal(room.queue->counts.slips, 1);
    gpu_backfill_node_up(room.queue, seat.node);
    gpu_backfill_pass(room.queue, 3, false, 0);
    assert_int_equal(job(&room, waits)->planned_us, 10); /* earlier again */
    room_close(&room);
}

/* The head needs the node that is down. Held: the queue stands. Skipped: the others go on. Then the node returns. */
static void a_job_only_a_down_node_could_satisfy_holds_or_is_skipped(void **state)
{
    (void)state;
    static const enum gpu_discipline disciplines[] = {GPU_FCFS, GPU_EASY, GPU_CONSERVATIVE, GPU_SLURM};
    for (int d = 0; d < 4; d++)
        for (int skip = 0; skip < 2; skip++) {
            struct room room;
            room_open(&room, 4,
                      (struct gpu_backfill_options){.discipline = disciplines[d],
                                                    .stuck = skip ? GPU_STUCK_SKIP : GPU_STUCK_HOLD});
            gpu_backfill_node_down(room.queue, 3);
            int32_t head = submit(&room, FOUR_NODES, 4, 10, 0);
            int32_t small = submit(&room, &WHOLE_NODE, 1, 10, 0);
            assert_int_equal(gpu_backfill_pass(room.queue, 0, true, 0), skip);
            assert_int_equal(runs(&room, small), skip);
            assert_true(job(&room, head)->planned_us == GPU_PROFILE_NEVER);
            gpu_backfill_node_up(room.queue, 3);
            gpu_backfill_pass(room.queue, 1, true, 0);
            assert_int_equal(runs(&room, head), !skip);
            if (skip && disciplines[d] != GPU_FCFS)
                assert_int_equal(job(&room, head)->planned_us, 10);
            room_close(&room);
        }
}

static void what_can_never_fit_is_refused_at_once(void **state)
{
    (void)state;
    struct room room;
    room_open(&room, 3, (struct gpu_backfill_options){.discipline = GPU_EASY});
    assert_int_equal(submit(&room, FOUR_NODES, 4, 10, 0), GPU_NO_JOB);
    gpu_backfill_node_down(room.queue, 0);
    assert_int_not_equal(submit(&room, FOUR_NODES, 3, 10, 0), GPU_NO_JOB); /* a down node may return */
    assert_int_equal(room.queue->counts.refused, 1);
    room_close(&room);
}

static void higher_priority_overtakes_and_the_broken_promise_is_counted(void **state)
{
    (void)state;
    struct room room;
    room_open(&room, 1, (struct gpu_backfill_options){.discipline = GPU_EASY});
    submit(&room, &WHOLE_NODE, 1, 10, 0);
    int32_t low = submit(&room, &WHOLE_NODE, 1, 5, 0);
    gpu_backfill_pass(room.queue, 0, false, 0);
    assert_int_equal(job(&room, low)->promised_us, 10);
    int32_t high = gpu_backfill_submit(
        room.queue, &(struct gpu_request){.tasks = &WHOLE_NODE, .count = 1, .limit_us = 7, .priority = 5}, 1);
    gpu_backfill_pass(room.queue, 1, false, 0);
    assert_int_equal(job(&room, high)->promised_us, 10);
    assert_true(job(&room, low)->promised_us == GPU_PROFILE_NEVER);
    assert_int_equal(room.queue->counts.displaced, 1);
    room_close(&room);
}

/* A is promised but for 8 cores, D has 20 free. The large task cannot go to A, the small one must. */
static void a_node_too_full_for_one_task_is_not_closed_to_the_next(void **state)
{
    (void)state;
    static const struct gpu_pod ten = {.cpu_milli = 10000}, twelve = {.cpu_milli = 12000}, full = {.cpu_milli = 32000};
    static const struct gpu_pod three[3] = {{.cpu_milli = 24000}, {.cpu_milli = 30000}, {.cpu_milli = 30000}};
    static const struct gpu_pod pair[2] = {{.cpu_milli = 18000}, {.cpu_milli = 5000}};
    struct room room;
    struct gpu_placement seats[2];
    room_open(&room, 4,
              (struct gpu_backfill_options){.discipline = GPU_EASY, .place = {.policy = GPU_PACKING}});
    int32_t on_a = submit(&room, &full, 1, 5, 0); /* GpuPacking sees no GPUs here: the first node with room */
    submit(&room, &ten, 1, 10, 0);                /* on B */
    int32_t on_b = submit(&room, &(struct gpu_pod){.cpu_milli = 22000}, 1, 5, 0);
    int32_t on_c = submit(&room, &full, 1, 5, 0);
    submit(&room, &twelve, 1, 1000, 0); /* on D */
    assert_int_equal(gpu_backfill_pass(room.queue, 0, false, 0), 5);
    gpu_backfill_finish(room.queue, on_a, 1);
    gpu_backfill_finish(room.queue, on_b, 1);
    gpu_backfill_finish(room.queue, on_c, 1);
    int32_t head = submit(&room, three, 3, 20, 1); /* A, B and C, when B is free */
    int32_t unequal = submit(&room, pair, 2, 100, 1);
    gpu_backfill_pass(room.queue, 1, false, 0);
    assert_int_equal(job(&room, head)->planned_us, 10);
    assert_true(runs(&room, unequal));
    gpu_backfill_seats(room.queue, unequal, seats);
    assert_int_equal(seats[0].node, 3);
    assert_int_equal(seats[1].node, 0);
    room_close(&room);
}

static void shared_pods_go_to_the_fullest_device_that_suffices(void **state)
{
    (void)state;
    struct gpu_room room = {.cpu_milli = 1000, .pods = 4, .devices = 4, .milli = {1000, 300, 500, 500}};
    struct gpu_pod pod = {.devices = 1, .milli_per_device = 400};
    uint16_t devices = 0;
    assert_true(gpu_room_find(&room, &pod, &devices));
    assert_int_equal(devices, 1U << 2); /* the first of two with 500 */
    gpu_room_take(&room, &pod, devices);
    assert_true(gpu_room_find(&room, &pod, &devices));
    assert_int_equal(devices, 1U << 3);
    struct gpu_pod two = {.devices = 2, .milli_per_device = 1000};
    assert_false(gpu_room_find(&room, &two, &devices));
    assert_false(gpu_room_fits_on(&room, &pod, 1U << 1));
    assert_true(gpu_room_fits_on(&room, &pod, 1U << 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(easy_lets_short_jobs_pass_and_keeps_its_promise),
        cmocka_unit_test(easy_leaves_unpromised_nodes_to_long_jobs),
        cmocka_unit_test(conservative_protects_every_job_easy_only_the_head),
        cmocka_unit_test(fcfs_starts_nothing_behind_a_blocked_job),
        cmocka_unit_test(slurm_reserves_whole_nodes_in_deep_passes_only),
        cmocka_unit_test(slurm_looks_only_so_deep_and_so_far),
        cmocka_unit_test(a_failure_kills_whole_gangs_and_queues_them_again),
        cmocka_unit_test(a_failed_node_breaks_promises_and_the_slip_is_recorded),
        cmocka_unit_test(a_job_only_a_down_node_could_satisfy_holds_or_is_skipped),
        cmocka_unit_test(what_can_never_fit_is_refused_at_once),
        cmocka_unit_test(higher_priority_overtakes_and_the_broken_promise_is_counted),
        cmocka_unit_test(a_node_too_full_for_one_task_is_not_closed_to_the_next),
        cmocka_unit_test(shared_pods_go_to_the_fullest_device_that_suffices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
