/* What a booking costs, and who earns it.
 *
 * A tenant pays for what is delivered, with a fee on his side. What is left after the owner's side's fees is in escrow until the owner is
 * paid: at the end of each day of a hire, and at its end. An owner whose worker was unavailable loses what he had not been paid yet; a
 * payout that falls into a halt of Solana waits for its end. Micro-dollars are whole and conserved: what tenants have paid is fees,
 * paid to owners, owed to them, withheld from them, or in escrow.
 *
 * Source: docs/ of September 2025: io-tokenomics (fees), earnings-rewards (when owners are paid, and when not), io-credits (refunds). */
#include "models/clouds/ionet/ionet_inside.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"

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

/* Of what a tenant has paid, the owner's share goes to escrow. */
static void share_out(struct ionet *cloud, uint32_t unit, int64_t paid)
{
    const struct ionet_plan *plan = cloud->plan;
    double with_fees = 1 + plan->fee + plan->rules.reservation_fee, without = 1 - plan->supplier_fee - plan->rules.reservation_fee;
    int64_t owners = ionet_part(paid, without / with_fees);
    cloud->books.paid += paid;
    cloud->books.fees += paid - owners;
    cloud->books.escrow += owners;
    cloud->worker[unit].earned += owners;
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
    double factor = part * cloud->plan->price_factor[cloud->plan->tier_of_site[node->site]] * (1 + cloud->plan->fee + cloud->plan->rules.reservation_fee);
    money full = money_for(ionet_listed(cloud, unit), instant_since(to, from));
    money paid = {(int64_t)nearbyint((double)full.micro * factor)};
    world_pay(world, unit, 1, paid, ionet_supplier_name(cloud, node), "usdc", "booking");
    share_out(cloud, unit, paid.micro);
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
    ionet_credit(cloud, unit, delivered, until, cloud->plan->refund);
    worker->billed_to = until;
}

void ionet_credit(struct ionet *cloud, uint32_t unit, instant from, instant to, double part)
{
    if (from.us < 0)
        from.us = 0;
    if (to.us <= from.us || world_now(cloud->world).us < 0)
        return;
    const struct fleet_node *node = &cloud->plan->fleet->node[cloud->world->unit[unit].node];
    double factor = part * cloud->plan->price_factor[cloud->plan->tier_of_site[node->site]];
    cloud->books.credits += ionet_part(money_for(ionet_listed(cloud, unit), instant_since(to, from)).micro, factor);
}

/* --- Owners' pay ----------------------------------------------------------------------------------------------------------- */

bool ionet_settles(const struct ionet *cloud)
{
    return !cloud->plan->rules.solana || graph_manages(cloud->world->graph, cloud->plan->solana);
}

/* Whether a proof of time-lock failed in the hours since: an honest owner's, by mistake. */
static bool timelock_fails(struct ionet *cloud, uint32_t unit)
{
    double failed = cloud->plan->timelock_failed;
    double hours = duration_hours(instant_since(world_now(cloud->world), cloud->worker[unit].hired_at));
    if (failed <= 0 || cloud->worker[unit].whole) /* bare metal is not looked into */
        return false;
    struct stream stream = ionet_device_stream(cloud, cloud->world->unit[unit].node);
    return stream_chance(&stream, failed >= 1 ? 1 : 1 - kernel_exp(hours * kernel_log(1 - failed)));
}

/* What a worker that failed at `end` had been paid by then: the whole days of its hire. */
static int64_t paid_by_day(const struct worker *worker, instant end)
{
    int64_t days = (end.us - worker->hired_at.us) / US_PER_DAY;
    int64_t begin = worker->hired_at.us > 0 ? worker->hired_at.us : 0, last = worker->hired_at.us + days * US_PER_DAY;
    return last > begin ? scale_i64(worker->earned, last - begin, end.us - begin) : 0;
}

void ionet_settle(struct ionet *cloud, uint32_t unit)
{
    struct worker *worker = &cloud->worker[unit];
    bool failed = worker->failed_at.us < US_NEVER;
    instant end = failed ? worker->failed_at : world_now(cloud->world);
    int64_t pay = failed || timelock_fails(cloud, unit) ? paid_by_day(worker, end) : worker->earned;
    cloud->books.escrow -= worker->earned;
    cloud->books.withheld += worker->earned - pay;
    if (ionet_settles(cloud))
        cloud->books.owners += pay;
    else
        cloud->books.owed += pay;
    cloud->device[cloud->world->unit[unit].node].paid_micro += pay;
    worker->earned = 0;
    worker->hired_at = world_now(cloud->world);
}

void ionet_pay_owed(struct ionet *cloud)
{
    cloud->books.owners += cloud->books.owed;
    cloud->books.owed = 0;
}

void ionet_audit_money(const struct ionet *cloud)
{
    const struct ionet_books *books = &cloud->books;
    int64_t earned = 0;
    for (uint32_t u = 0; u < cloud->world->demand->units; u++)
        earned += cloud->worker[u].earned;
    check(earned == books->escrow, "escrow is not what workers have earned");
    check(books->paid == books->fees + books->owners + books->owed + books->withheld + books->escrow, "money was made or lost");
    check(books->fees >= 0 && books->owners >= 0 && books->owed >= 0 && books->withheld >= 0 && books->escrow >= 0,
          "an account is overdrawn");
}
