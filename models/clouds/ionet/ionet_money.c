/* What a booking costs, and who earns it. */
#include "models/clouds/ionet/ionet_inside.h"

#include <math.h>

#include "sim/base/nomalloc.h"

uint32_t ionet_supplier(const struct ionet *cloud, const struct fleet_node *node)
{
    return node->site * cloud->plan->suppliers_per_site +
           (node->rack - cloud->plan->fleet->site[node->site].first_rack) % cloud->plan->suppliers_per_site;
}

const char *ionet_supplier_name(const struct ionet *cloud, const struct fleet_node *node)
{
    return cloud->plan->supplier_name[ionet_supplier(cloud, node)];
}

money ionet_listed(const struct ionet *cloud, uint32_t unit)
{
    const struct world *world = cloud->world;
    const struct fleet *fleet = world->plan->fleet;
    const struct node_type *type = &fleet->type[fleet->node[world->unit[unit].node].type];
    const struct prices *prices = &cloud->plan->prices;
    if (!cloud->worker[unit].whole)
        return prices_unit(prices, world_class(world, world->unit[unit].workload), type);
    return (money){type->gpus > 0 ? prices->gpu[type->gpu_model_id].micro * type->gpus : prices->vcpu.micro * type->vcpus};
}

/* Charges from `from` to `to`, both inside or outside the window, at `part` of the price. */
static void charge(struct ionet *cloud, uint32_t unit, instant from, instant to, double part)
{
    struct world *world = cloud->world;
    const struct fleet *fleet = world->plan->fleet;
    const struct fleet_node *node = &fleet->node[world->unit[unit].node];
    uint32_t workload = world->unit[unit].workload;
    if (from.us < 0)
        from.us = 0;
    if (to.us <= from.us || part <= 0 || world_now(world).us < 0)
        return;
    const struct demand_class *class = world_class(world, workload);
    double factor = part * cloud->plan->price_factor[cloud->plan->tier_of_site[node->site]] * (1 + cloud->plan->fee);
    money full = money_for(ionet_listed(cloud, unit), instant_since(to, from));
    world_pay(world, unit, 1, (money){(int64_t)nearbyint((double)full.micro * factor)}, ionet_supplier_name(cloud, node), "usdc", "booking");
    measure_billed(world->measure, workload, 1, from, to);
    double weight = class->gpus > 0 ? class->gpus * class->gpu_milli / 1000.0 : class->vcpus / 128.0;
    cloud->supplier_s[ionet_supplier(cloud, node)] += weight * duration_seconds(instant_since(to, from));
}

/* What was delivered in full, what was not only as far as nothing comes back. */
void ionet_bill(struct ionet *cloud, uint32_t unit, instant until)
{
    struct worker *worker = &cloud->worker[unit];
    if (cloud->world->unit[unit].state == UNIT_IDLE)
        return;
    instant delivered = worker->failed_at.us < until.us ? worker->failed_at : until;
    if (delivered.us < worker->billed_to.us)
        delivered = worker->billed_to;
    charge(cloud, unit, worker->billed_to, delivered, 1);
    charge(cloud, unit, delivered, until, 1 - cloud->plan->refund);
    worker->billed_to = until;
}
