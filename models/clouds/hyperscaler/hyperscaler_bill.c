/* What tenants of the hyperscaler pay, and get back. */
#include "models/clouds/hyperscaler/hyperscaler_inside.h"

#include <math.h>

#include "sim/base/nomalloc.h"

money hyperscaler_price(const struct hyperscaler *cloud, uint32_t unit)
{
    const struct world *world = cloud->world;
    const struct fleet *fleet = world->plan->fleet;
    if (cloud->machine[unit].bought.us != US_NEVER)
        return cloud->machine[unit].price;
    const struct demand_class *class = world_class(world, workload_of(cloud, unit));
    const struct node_type *type = &fleet->type[fleet->node[world->unit[unit].node].type];
    if (class->capacity == CAPACITY_RESERVED)
        return prices_reserved_unit(&cloud->plan->prices, class, type);
    return class->capacity == CAPACITY_SPOT ? prices_spot_unit(&cloud->plan->prices, class, type)
                                            : prices_unit(&cloud->plan->prices, class, type);
}

void hyperscaler_bill(struct hyperscaler *cloud, uint32_t unit)
{
    struct world *world = cloud->world;
    struct machine *machine = &cloud->machine[unit];
    instant now = world_now(world), from = machine->billed_to;
    bool bought = machine->bought.us != US_NEVER;
    if (bought && machine->paid_until.us < now.us)
        now = machine->paid_until;
    if ((world->unit[unit].state == UNIT_IDLE && !bought) || now.us <= 0) {
        machine->billed_to = now;
        return;
    }
    if (now.us <= from.us)
        return;
    if (from.us < 0)
        from.us = 0;
    uint32_t workload = workload_of(cloud, unit);
    duration span = instant_since(now, from);
    world_pay(world, unit, 1, money_for(hyperscaler_price(cloud, unit), span), world->plan->name, "usd", "machine");
    measure_billed(world->measure, workload, 1, from, now);
    cloud->provider_capacity_s += duration_seconds(span);
    machine->billed_to = now;
}

void hyperscaler_bill_all(struct hyperscaler *cloud)
{
    for (uint32_t u = 0; u < cloud->world->demand->units; u++)
        hyperscaler_bill(cloud, u);
}

/* A UTC month has ended: bills, and credits on them where it was complete (month_us: its length; 0: it was not). */
void hyperscaler_on_month(void *context, struct engine *engine, uint32_t unused, uint64_t month_us)
{
    (void)engine;
    (void)unused;
    struct hyperscaler *cloud = context;
    struct world *world = cloud->world;
    hyperscaler_bill_all(cloud);
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        const struct demand_class *class = world_class(world, w);
        if (class->kind != DEMAND_SERVICE)
            continue;
        const struct sla_bands *bands = &cloud->plan->sla.tier[sla_tier_of(class)];
        duration none = measure_none_up(world->measure, w, world_now(world));
        duration wanted = measure_wanted(world->measure, w, world_now(world));
        money paid = measure_paid(world->measure, w);
        double whole = bands->of_wanted ? (double)(wanted.us - cloud->wanted_before[w].us) : (double)month_us;
        double uptime = month_us > 0 && whole > 0 ? 1 - (double)(none.us - cloud->none_before[w].us) / whole : 1;
        double share = sla_credit(bands, uptime) * cloud->plan->sla_claimed;
        int64_t bill_micro = paid.micro - cloud->paid_before[w].micro;
        if (share > 0 && bill_micro > 0)
            world_credit(world, w, (money){(int64_t)nearbyint(share * (double)bill_micro)}, world->plan->name);
        cloud->none_before[w] = none;
        cloud->wanted_before[w] = wanted;
        cloud->paid_before[w] = paid;
    }
}

void hyperscaler_schedule_months(struct hyperscaler *cloud)
{
    struct world *world = cloud->world;
    int64_t start = world->plan->start_unix_s, end = start + world->task->horizon.us / US_PER_SECOND;
    int year, month;
    utc_month(start, &year, &month);
    for (;;) {
        int64_t from = utc_month_start(year, month);
        if (++month > 12)
            year += 1, month = 1;
        int64_t to = utc_month_start(year, month);
        if (to > end)
            return;
        engine_schedule(world->engine, (instant){(to - start) * US_PER_SECOND}, CLASS_BEGIN, cloud->action_month, 0,
                        from < start ? 0 : (uint64_t)((to - from) * US_PER_SECOND));
    }
}
