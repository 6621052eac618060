/* What happens to running work: checkpoints, restarts of gangs, evictions, drains. By hand. */
#include "models/gpu/checkpoint.h"
#include "models/gpu/drain.h"
#include "models/gpu/elastic.h"
#include "models/gpu/spot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* --- Checkpoints -------------------------------------------------------------------------------------------------- */

static void square_roots_are_right_to_the_last_place_but_one(void **state)
{
    (void)state;
    for (int exponent = -300; exponent <= 300; exponent++)
        for (int i = 0; i < 50; i++) {
            double x = ldexp(1.0 + i / 37.0, exponent), error = gpu_square_root(x) / sqrt(x) - 1;
            assert_true(error <= 0x1p-52 && error >= -0x1p-52);
        }
    assert_true(gpu_square_root(0) == 0 && gpu_square_root(4) == 2);
}

static void young_and_daly_give_their_intervals(void **state)
{
    (void)state;
    assert_true(fabs(gpu_checkpoint_young(1, 186) - sqrt(372)) < 1e-12);
    double ratio = 1.0 / 372, daly = sqrt(372) * (1 + sqrt(ratio) / 3 + ratio / 9) - 1;
    assert_true(fabs(gpu_checkpoint_daly(1, 186) - daly) < 1e-12);
    assert_true(gpu_checkpoint_daly(20, 10) == 10); /* writing takes longer than 2 M: the mean itself */
    assert_true(gpu_checkpoint_daly(0, 10) == 0);
}

static void a_checkpoint_is_rescued_only_if_the_notice_suffices(void **state)
{
    (void)state;
    struct gpu_emergency at = {.unsaved_us = 500, .write_us = 30, .notice_us = 30};
    struct gpu_rescue rescue = gpu_checkpoint_rescue(&at);
    assert_true(rescue.saved && rescue.busy_us == 30 && rescue.lost_us == 0);
    at.notice_us = 29;
    rescue = gpu_checkpoint_rescue(&at);
    assert_true(!rescue.saved && rescue.busy_us == 0 && rescue.lost_us == 500);
    at.in_flight_us = 29; /* one under way covers all unsaved work, for writing blocks */
    rescue = gpu_checkpoint_rescue(&at);
    assert_true(rescue.saved && rescue.busy_us == 29);
    at = (struct gpu_emergency){.write_us = 1000};
    assert_true(gpu_checkpoint_rescue(&at).saved); /* nothing to lose */
}

static void checkpoints_resume_only_on_what_they_know(void **state)
{
    (void)state;
    struct gpu_layout here = {.model = 3, .nodes = 4, .devices_per_node = 8, .shard = 16}, there = here;
    assert_true(gpu_checkpoint_restores(GPU_CHECKPOINT_TRANSPARENT, &here, &there));
    there.model = 4;
    assert_false(gpu_checkpoint_restores(GPU_CHECKPOINT_TRANSPARENT, &here, &there));
    assert_true(gpu_checkpoint_restores(GPU_CHECKPOINT_FRAMEWORK, &here, &there));
    there = here;
    there.nodes = 2; /* two copies become one */
    assert_false(gpu_checkpoint_restores(GPU_CHECKPOINT_TRANSPARENT, &here, &there));
    assert_true(gpu_checkpoint_restores(GPU_CHECKPOINT_FRAMEWORK, &here, &there));
    there.shard = 8;
    assert_false(gpu_checkpoint_restores(GPU_CHECKPOINT_FRAMEWORK, &here, &there));
}

/* --- Restarts of a gang ------------------------------------------------------------------------------------------- */

static void a_fixed_gang_waits_for_all_and_ends_with_its_budget(void **state)
{
    (void)state;
    struct gpu_elastic gang;
    gpu_elastic_open(&gang, &(struct gpu_elastic_options){.min = 4, .max = 4, .budget = 2});
    assert_false(gpu_elastic_begin(&gang, 3));
    assert_true(gpu_elastic_begin(&gang, 9));
    assert_int_equal(gang.members, 4);
    for (int failure = 0; failure < 2; failure++) {
        assert_false(gpu_elastic_fail(&gang, 3));
        assert_int_equal(gang.state, GPU_ELASTIC_WAITING);
        assert_int_equal(gang.members, 0);
        assert_true(gpu_elastic_begin(&gang, 4));
    }
    assert_false(gpu_elastic_fail(&gang, 3));
    assert_int_equal(gang.state, GPU_ELASTIC_FAILED);
    assert_int_equal(gang.attempts, 3);
}

static void an_elastic_gang_shrinks_and_grows_within_its_bounds(void **state)
{
    (void)state;
    struct gpu_elastic gang;
    gpu_elastic_open(&gang, &(struct gpu_elastic_options){.min = 2, .max = 4, .budget = GPU_BUDGET_UNLIMITED});
    assert_true(gpu_elastic_begin(&gang, 3));
    assert_true(gpu_elastic_fail(&gang, 2));
    assert_int_equal(gang.members, 2);
    assert_true(gpu_elastic_join(&gang, 5));
    assert_int_equal(gang.members, 4);
    assert_false(gpu_elastic_join(&gang, 5)); /* complete */
    assert_false(gpu_elastic_fail(&gang, 1)); /* too few */
    assert_int_equal(gang.restarts, 2);
    assert_int_equal(gang.joins, 1);
}

static void joining_uses_up_a_restart_only_if_it_is_said_so(void **state)
{
    (void)state;
    for (int cost = 0; cost < 2; cost++) {
        struct gpu_elastic gang;
        gpu_elastic_open(&gang,
                         &(struct gpu_elastic_options){.min = 1, .max = 4, .budget = 1, .joins_cost = cost == 1});
        gpu_elastic_begin(&gang, 1);
        assert_true(gpu_elastic_join(&gang, 1));
        assert_int_equal(gpu_elastic_join(&gang, 1), cost == 0);
        gpu_elastic_fail(&gang, 1);
        assert_int_equal(gang.state, cost == 0 ? GPU_ELASTIC_RUNNING : GPU_ELASTIC_FAILED);
    }
}

static void fewer_members_take_longer_and_no_work_is_made_up(void **state)
{
    (void)state;
    for (int64_t work = 0; work < 2000; work += 7)
        for (int32_t members = 1; members <= 9; members++) {
            int64_t time = gpu_elastic_time_us(work, members, 9);
            assert_true(gpu_elastic_work_us(time, members, 9) >= work);
            assert_true(time == 0 || gpu_elastic_work_us(time - 1, members, 9) < work);
        }
    assert_int_equal(gpu_elastic_time_us(INT64_C(31557600000000) * 100, 1, 1000),
                     INT64_C(31557600000000) * 100 * 1000);
}

/* --- Evictions ---------------------------------------------------------------------------------------------------- */

static void an_eviction_comes_exactly_when_announced_and_ends_the_bill(void **state)
{
    (void)state;
    struct gpu_spot machine;
    struct gpu_spot_counts counts = {0};
    gpu_spot_begin(&machine, &(struct gpu_spot_terms){.preemptible = true, .notice_us = GPU_NOTICE_AWS_US}, 1000);
    assert_true(gpu_spot_notice(&machine, 5000, &counts));
    assert_false(gpu_spot_notice(&machine, 6000, &counts)); /* the first stands */
    assert_int_equal(machine.evicts_us, 5000 + GPU_NOTICE_AWS_US);
    assert_int_equal(gpu_spot_billed_us(&machine, 7000), 6000);
    gpu_spot_evict(&machine, machine.evicts_us, &counts);
    assert_int_equal(gpu_spot_billed_us(&machine, INT64_MAX / 2), 4000 + GPU_NOTICE_AWS_US);
    assert_int_equal(counts.evictions, 1);
    assert_int_equal(counts.failures, 0);
}

static void evicted_failed_and_ended_are_counted_apart(void **state)
{
    (void)state;
    struct gpu_spot_counts counts = {0};
    struct gpu_spot_terms terms = {.preemptible = true, .action = GPU_SPOT_DEALLOCATE};
    for (int i = 0; i < 6; i++) {
        struct gpu_spot machine;
        gpu_spot_begin(&machine, &terms, 0);
        if (i < 3) {
            gpu_spot_notice(&machine, 100, &counts);
            gpu_spot_evict(&machine, 100, &counts);
        } else if (i < 5) {
            gpu_spot_fail(&machine, 200, &counts);
        } else {
            gpu_spot_end(&machine, 300, &counts);
        }
    }
    assert_true(counts.evictions == 3 && counts.failures == 2 && counts.ended == 1 && counts.disks_kept == 3);
    assert_true(gpu_spot_mean_to_eviction_us(&counts) == 1000 / 3.0);
    assert_true(gpu_spot_mean_to_failure_us(&counts) == 1000 / 2.0);
}

static void a_machine_on_demand_is_never_evicted(void **state)
{
    (void)state;
    struct gpu_spot machine;
    struct gpu_spot_counts counts = {0};
    gpu_spot_begin(&machine, &(struct gpu_spot_terms){.notice_us = 0}, 0);
    assert_false(gpu_spot_notice(&machine, 10, &counts));
    assert_int_equal(machine.state, GPU_SPOT_RUNNING);
    assert_int_equal(counts.notices, 0);
}

/* --- Drains and health -------------------------------------------------------------------------------------------- */

static void a_drain_waits_for_the_deadline_and_then_names_everybody(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct gpu_inventory *inventory =
        gpu_inventory_create(&arena, &(struct gpu_inventory_options){.nodes = 2, .pods_per_node = 8});
    for (int i = 0; i < 2; i++)
        gpu_inventory_add_node(inventory, &(struct gpu_node_options){.cpu_milli = 8000, .memory_mib = 1024});
    gpu_inventory_seal(inventory);
    struct gpu_residents *residents = gpu_residents_create(&arena, inventory, 8, 0);
    int32_t own[3], ids[8];
    for (int i = 0; i < 3; i++)
        own[i] = gpu_resident_admit(residents, &(struct gpu_resident){.pod = {.cpu_milli = 1000},
                                                                      .placement = {.node = i == 2},
                                                                      .budget = GPU_NO_BUDGET,
                                                                      .started_us = 100 * i});
    struct gpu_drain drain = {0};
    gpu_drain_begin(&drain, residents, 0, 1000, GPU_TOLERATION_US);
    assert_false(inventory->nodes[0].available);
    assert_int_equal(gpu_drain_due(&drain, residents, 1000 + GPU_TOLERATION_US - 1, ids), 0);
    assert_int_equal(gpu_drain_due(&drain, residents, 1000 + GPU_TOLERATION_US, ids), 2);
    assert_true(ids[0] == own[0] && ids[1] == own[1]);
    for (int i = 0; i < 2; i++)
        gpu_resident_leave(residents, ids[i]);
    assert_int_equal(gpu_drain_due(&drain, residents, 2000 + GPU_TOLERATION_US, ids), 0);
    assert_int_equal(drain.state, GPU_DRAIN_DRAINED);
    gpu_drain_cancel(&drain, residents);
    assert_true(inventory->nodes[0].available);
    gpu_drain_begin(&drain, residents, 1, 5000, 0); /* severe: at once */
    assert_int_equal(gpu_drain_due(&drain, residents, 5000, ids), 1);
    assert_int_equal(gpu_residents_expired(residents, 4800, 5000, ids), 1);
    assert_int_equal(gpu_residents_expired(residents, 4801, 5000, ids), 0);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(square_roots_are_right_to_the_last_place_but_one),
        cmocka_unit_test(young_and_daly_give_their_intervals),
        cmocka_unit_test(a_checkpoint_is_rescued_only_if_the_notice_suffices),
        cmocka_unit_test(checkpoints_resume_only_on_what_they_know),
        cmocka_unit_test(a_fixed_gang_waits_for_all_and_ends_with_its_budget),
        cmocka_unit_test(an_elastic_gang_shrinks_and_grows_within_its_bounds),
        cmocka_unit_test(joining_uses_up_a_restart_only_if_it_is_said_so),
        cmocka_unit_test(fewer_members_take_longer_and_no_work_is_made_up),
        cmocka_unit_test(an_eviction_comes_exactly_when_announced_and_ends_the_bill),
        cmocka_unit_test(evicted_failed_and_ended_are_counted_apart),
        cmocka_unit_test(a_machine_on_demand_is_never_evicted),
        cmocka_unit_test(a_drain_waits_for_the_deadline_and_then_names_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
