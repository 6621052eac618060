/* The GPU scheduling core: half a device for each of 40 pods on four nodes of eight, placed by two policies.
 *
 *   cc examples/gpu.c $(pkg-config --cflags --libs nines-gpu) -o gpu && ./gpu */
#include <models/gpu/place.h>

#include <inttypes.h>
#include <stdio.h>

/* How many devices, and how many whole nodes' worth of idle devices, a policy leaves untouched. */
static void place(enum gpu_policy policy)
{
    struct arena arena;
    arena_open(&arena, 0);
    struct gpu_inventory *inventory = gpu_inventory_create(&arena, &(struct gpu_inventory_options){.nodes = 4});
    for (int i = 0; i < 4; i++)
        gpu_inventory_add_node(inventory, &(struct gpu_node_options){.cpu_milli = 96000, .memory_mib = 393216, .devices = 8});
    gpu_inventory_seal(inventory);

    struct gpu_pod pod = {.cpu_milli = 4000, .memory_mib = 16384, .devices = 1, .milli_per_device = 500};
    struct gpu_placement placement;
    int placed = 0;
    uint64_t random = 1;
    for (int i = 0; i < 40; i++) {
        random = hash_mix(random + (uint64_t)i); /* chance is the caller's: one fresh number a call */
        placed += gpu_place(inventory, &pod, &(struct gpu_place_options){.policy = policy, .random = random}, &placement);
    }
    struct gpu_pod whole = {.cpu_milli = 8000, .memory_mib = 65536, .devices = 8, .milli_per_device = GPU_DEVICE_MILLI};
    printf("%-10s %d placed on %" PRId64 " devices; nodes left for a job of eight: %zu\n", gpu_policy_name(policy), placed,
           gpu_inventory_devices_touched(inventory), gpu_feasible_count(inventory, &whole, &(struct gpu_place_options){0}));
    arena_close(&arena);
}

int main(void)
{
    place(GPU_RANDOM);
    place(GPU_BEST_FIT);
    return 0;
}
