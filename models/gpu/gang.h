/* All or nothing: a job of several tasks that are of use only together.
 *
 * The tasks are placed one after another by gpu_place(), tentatively; if fewer than min_members find room, all are
 * released again and the inventory is what it was, bit for bit. So no job ever holds between 1 and min_members - 1
 * tasks, and two gangs cannot each hold half of what the other needs.
 *
 * Taking tasks one after another is complete for identical tasks, whatever the order of nodes and devices: what one
 * node can hold of them does not depend on how they are put there, and nothing put on one node takes room on another.
 * For unequal tasks it may miss an assignment that exists (it is bin packing); the caller's order of tasks, largest
 * first, misses fewer.
 *
 * The same gang over several inventories, one for each provider, is the decentralized case: in one provider if one
 * holds it, or spanning several if the job can bear that. With one inventory both are gpu_gang_place(), to the bit.
 *
 * Source: gang scheduling after Ousterhout 1982, "Scheduling techniques for concurrent systems"; minMember as in the
 * Kubernetes PodGroup of kube-batch, Volcano and the coscheduling plugin. */
#ifndef NINES_MODELS_GPU_GANG_H
#define NINES_MODELS_GPU_GANG_H

#include "models/gpu/place.h"

enum gpu_gang_reach {
    GPU_GANG_ANYWHERE,      /* wherever the options allow */
    GPU_GANG_PREFER_DOMAIN, /* all tasks in one domain if one holds them all, else anywhere */
    GPU_GANG_ONE_DOMAIN     /* one domain or nothing: the one that takes most tasks, the lowest of equals */
};

struct gpu_gang {
    const struct gpu_pod *tasks; /* [count] */
    size_t count;                /* >= 1 */
    size_t min_members;          /* 1..count; 0 means count. Tasks beyond are placed if they find room */
    enum gpu_gang_reach reach;
};

/* Where a task of a spanning gang sits. */
struct gpu_seat {
    int32_t provider; /* GPU_NO_NODE with a placement whose node is GPU_NO_NODE: not placed */
    struct gpu_placement placement;
};

/* Places the gang. placements[gang->count]: node GPU_NO_NODE for a task without room. Returns how many tasks are
 * placed: 0 or at least min_members. options->random: task i draws with hash_word(random, i). Cost: a gpu_place() a
 * task, for each domain tried. */
size_t gpu_gang_place(struct gpu_inventory *inventory, const struct gpu_gang *gang,
                      const struct gpu_place_options *options, struct gpu_placement *placements);

/* True when gpu_gang_place() would place it now: places it and gives it back. placements[gang->count]: scratch. Asked
 * of an inventory of the same nodes without residents and with every node available, false means that waiting is in
 * vain. */
bool gpu_gang_fits(struct gpu_inventory *inventory, const struct gpu_gang *gang,
                   const struct gpu_place_options *options, struct gpu_placement *placements);

/* Gives back all placed tasks and sets their nodes to GPU_NO_NODE. */
void gpu_gang_release(struct gpu_inventory *inventory, const struct gpu_gang *gang, struct gpu_placement *placements);

/* The first provider, in order of providers[count], that takes the gang. Returns its number or GPU_NO_NODE; *placed is
 * as from gpu_gang_place(). */
int32_t gpu_gang_place_in_one(struct gpu_inventory *const *providers, size_t count, const struct gpu_gang *gang,
                              const struct gpu_place_options *options, struct gpu_placement *placements,
                              size_t *placed);

/* The gang over all providers: each task goes to the first provider, in their order, that takes it. seats[gang->count].
 * Returns how many are placed: 0 or at least min_members. gang->reach must be GPU_GANG_ANYWHERE. */
size_t gpu_gang_place_across(struct gpu_inventory *const *providers, size_t count, const struct gpu_gang *gang,
                             const struct gpu_place_options *options, struct gpu_seat *seats);

void gpu_gang_release_across(struct gpu_inventory *const *providers, const struct gpu_gang *gang,
                             struct gpu_seat *seats);

#endif
