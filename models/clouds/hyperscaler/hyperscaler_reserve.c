/* Reserved capacity: bought for a term at a lower price, and paid for whether it is used or not.
 *
 * A reservation begins when its machine is first allocated; that can be refused like any request. From then on its place is guaranteed: when
 * the machine loses it, with its node, the zones that it may go to are held until it has another, so nobody else is given room
 * there (who is there already stays; spot has to go as for anybody on demand). A tenant who withdraws pays to the end of the term
 * under way. A zone that does not serve holds nothing up. */
#include "models/clouds/hyperscaler/hyperscaler_inside.h"
#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

static bool is_reserved(const struct hyperscaler *cloud, uint32_t unit)
{
    return world_class(cloud->world, workload_of(cloud, unit))->capacity == CAPACITY_RESERVED;
}

void hyperscaler_reserve(struct hyperscaler *cloud, uint32_t unit)
{
    struct machine *machine = &cloud->machine[unit];
    hyperscaler_let_in(cloud, unit);
    if (!is_reserved(cloud, unit))
        return;
    if (machine->bought.us != US_NEVER && machine->paid_until.us > world_now(cloud->world).us) {
        machine->paid_until = INSTANT_NEVER; /* wanted again within its term, or still: it goes on */
        return;
    }
    if (machine->bought.us != US_NEVER)
        hyperscaler_bill(cloud, unit); /* what a term that is over still owes */
    machine->bought = INSTANT_NEVER;
    machine->price = hyperscaler_price(cloud, unit);
    machine->bought = machine->billed_to = world_now(cloud->world);
    machine->paid_until = INSTANT_NEVER;
}

void hyperscaler_end_term(struct hyperscaler *cloud, uint32_t unit)
{
    struct machine *machine = &cloud->machine[unit];
    hyperscaler_let_in(cloud, unit);
    if (machine->bought.us == US_NEVER)
        return;
    int64_t used = world_now(cloud->world).us - machine->bought.us, term = cloud->plan->reserved_term.us;
    int64_t terms = used > 0 ? (used + term - 1) / term : 1;
    machine->paid_until = instant_add(machine->bought, (duration){terms * term});
}

/* --- Who waits holds zones -------------------------------------------------------------------------------------------- */

void hyperscaler_hold(struct hyperscaler *cloud, uint32_t unit, uint32_t site)
{
    struct machine *machine = &cloud->machine[unit];
    const struct fleet_site *where = &cloud->plan->fleet->site[site];
    if (machine->bought.us == US_NEVER || machine->held != 0)
        return;
    machine->held = hyperscaler_zones(cloud, unit, site) & (UINT64_MAX >> (64 - where->zones));
    machine->held_site = site;
    for (uint32_t z = 0; z < where->zones; z++)
        cloud->held[where->first_zone + z] += (uint32_t)(machine->held >> z & 1);
}

void hyperscaler_let_in(struct hyperscaler *cloud, uint32_t unit)
{
    struct machine *machine = &cloud->machine[unit];
    if (machine->held == 0)
        return;
    const struct fleet_site *where = &cloud->plan->fleet->site[machine->held_site];
    for (uint32_t z = 0; z < where->zones; z++)
        cloud->held[where->first_zone + z] -= (uint32_t)(machine->held >> z & 1);
    machine->held = 0;
    hyperscaler_look(cloud, machine->held_site);
}

uint64_t hyperscaler_held_zones(const struct hyperscaler *cloud, uint32_t site)
{
    const struct fleet *fleet = cloud->plan->fleet;
    uint64_t held = 0;
    for (uint32_t z = 0; z < fleet->site[site].zones; z++) {
        uint32_t zone = fleet->site[site].first_zone + z;
        if (cloud->held[zone] > 0 && graph_serves(cloud->world->graph, fleet->zone[zone].component))
            held |= UINT64_C(1) << z;
    }
    return held;
}
