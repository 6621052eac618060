/* GPUs that are left, and for whom they are of no use, on a timeline by hand. */
#include "models/clouds/world/left.h"
#include "models/gpu/place.h"
#include "tests/unit/rooms.h"

enum { OLD, NEW };

static instant at(double hours) { return (instant){(int64_t)(hours * 3.6e9)}; }

/* Two machines of 8 GPUs and 64 cores, one of 4 GPUs of another model. */
static struct gpu_inventory *machines(struct arena *arena)
{
    struct gpu_inventory *inventory = gpu_inventory_create(arena, &(struct gpu_inventory_options){.nodes = 3});
    for (uint32_t n = 0; n < 3; n++)
        gpu_inventory_add_node(inventory, &(struct gpu_node_options){.cpu_milli = 64000, .memory_mib = 65536, .devices = n < 2 ? 8 : 4,
                                                                     .model = n < 2 ? OLD : NEW, .rank = n});
    gpu_inventory_seal(inventory);
    return inventory;
}

static const struct gpu_pod shapes[] = {
    {.cpu_milli = 8000, .memory_mib = 1024, .devices = 1, .milli_per_device = 1000, .models = 1U << OLD},
    {.cpu_milli = 8000, .memory_mib = 1024, .devices = 8, .milli_per_device = 1000, .models = 1U << OLD},
    {.cpu_milli = 48000, .memory_mib = 1024, .devices = 4, .milli_per_device = 1000}};

static void hours(const struct left *left, uint32_t shape, int64_t idle, int64_t useless)
{
    assert_int_equal(left_idle(left, shape), idle * US_PER_HOUR);
    assert_int_equal(left_useless(left, shape), useless * US_PER_HOUR);
}

/* Looked at from an hour before the window. At 1 h a request takes 1 of 8: the 7 beside it are useless to the one that wants 8, and with
 * 56 cores not to the one that wants 4. At 2 h two more take the cores to 40: now 5 are useless to that too. From 3 h to 4 h the other
 * machine is out of service; at 5 h the first is empty again. */
static void gpus_are_useless_without_enough_beside_them(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    struct gpu_inventory *inventory = machines(&arena);
    struct left *left = left_open(&arena, inventory, shapes, 3, at(-1));
    struct gpu_placement seat[3];
    for (int i = 0; i < 3; i++)
        seat[i] = (struct gpu_placement){.node = 0, .devices = (uint16_t)(1U << i)};
    gpu_bind(inventory, &shapes[0], &seat[0]);
    left_look(left, at(1));
    hours(left, 0, 16, 0);
    gpu_bind(inventory, &shapes[0], &seat[1]);
    gpu_bind(inventory, &shapes[0], &seat[2]);
    left_look(left, at(2));
    hours(left, 0, 16 + 15, 0);
    hours(left, 1, 16 + 15, 7);
    hours(left, 2, 20 + 19, 0);
    left_switch(left, 1, false, at(3));
    hours(left, 0, 31 + 13, 0);
    hours(left, 1, 31 + 13, 7 + 5);
    hours(left, 2, 39 + 17, 5);
    left_switch(left, 1, true, at(4));
    for (int i = 0; i < 3; i++)
        gpu_release(inventory, &shapes[0], &seat[i]);
    left_look(left, at(5));
    left_look(left, at(6));
    hours(left, 0, 44 + 5 + 13 + 16, 0);
    hours(left, 1, 44 + 5 + 13 + 16, 12 + 5 + 5);
    hours(left, 2, 56 + 9 + 17 + 20, 5 + 5 + 5);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gpus_are_useless_without_enough_beside_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
