/* Demand as a part of a hybrid has it. A tenant's home that is a site of the other part becomes one of this part's. */
#include "models/clouds/hybrid/hybrid_inside.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* A site of the part that is not among sites[count], by weight; where all are taken, any. Where only sites of weight 0 are left, each is
 * as likely. */
static uint8_t site_in(const struct hybrid_plan *plan, uint32_t part, const uint8_t *sites, uint32_t count, struct stream *stream)
{
    const struct fleet *fleet = plan->fleet;
    uint32_t left = 0, chosen = 0;
    double total = 0;
    for (uint32_t s = 0; s < fleet->sites; s++)
        left += plan->part_of_site[s] == part && memchr(sites, (int)s, count) == NULL;
    if (left == 0)
        count = 0;
    for (uint32_t s = 0; s < fleet->sites; s++)
        if (plan->part_of_site[s] == part && memchr(sites, (int)s, count) == NULL)
            total += fleet->site[s].demand_weight;
    double at = stream_uniform(stream) * (total > 0 ? total : (double)(left > 0 ? left : plan->part[part].sites));
    for (uint32_t s = 0; s < fleet->sites; s++) {
        double weight = total > 0 ? fleet->site[s].demand_weight : 1;
        if (plan->part_of_site[s] != part || memchr(sites, (int)s, count) != NULL || !(weight > 0))
            continue;
        chosen = s;
        at -= weight;
        if (at < 0)
            break;
    }
    return (uint8_t)chosen;
}

/* Of the `had` sites of a workload those that are the part's come first, then others of the part, as many as are wanted. */
static void move_home(const struct hybrid_plan *plan, uint32_t part, uint32_t had, uint32_t wanted, struct stream stream,
                      struct workload *workload)
{
    uint32_t kept = 0;
    for (uint32_t k = 0; k < had && kept < wanted; k++)
        if (plan->part_of_site[workload->site[k]] == part)
            workload->site[kept++] = workload->site[k];
    for (; kept < wanted; kept++)
        workload->site[kept] = site_in(plan, part, workload->site, kept, &stream);
}

struct demand *hybrid_demand(const struct world *world, const struct hybrid_plan *plan, uint32_t part)
{
    const struct demand *whole = world->demand;
    struct demand *demand = arena_new(world->arena, struct demand);
    struct stream_key family = stream_key(world->task->seed, world->task->replication, part == FIRST ? "first home" : "second home");
    *demand = *whole;
    demand->plan = plan->part[part].demand;
    demand->workload = arena_array(world->arena, whole->workloads, struct workload);
    demand->units = 0;
    for (uint32_t w = 0; w < whole->workloads; w++) {
        struct workload *workload = &demand->workload[w];
        *workload = whole->workload[w];
        workload->first_unit = demand->units;
        demand->units += demand->plan->class[workload->class].units;
        struct stream_key own = stream_key_path(family, demand->plan->class[workload->class].name);
        move_home(plan, part, whole->plan->class[workload->class].sites, demand->plan->class[workload->class].sites,
                  stream_open(stream_key_index(own, workload->number)), workload);
    }
    return demand;
}
