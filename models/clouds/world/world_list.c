/* Leases and payments, as they are listed with --log leases.
 *
 * A provider draws on its lease every day, and a chain takes its fee of each draw: most of a ledger would be these, 36 rows a lease and
 * month. What one account gets from one lease for one thing is therefore summed, and listed when the lease ends, the UTC month does, or the
 * horizon comes; --log events lists each payment by itself. Either way the rows add up to what was paid. */
#include "models/clouds/world/world_inside.h"

#include "models/clouds/world/cloud.h"
#include "models/clouds/world/world_tell.h"
#include "sim/base/check.h"
#include "sim/base/units.h"

#include <math.h>
#include <string.h>

#include "sim/base/nomalloc.h"

enum { OPEN_SUMS = 3 }; /* a lease, the chain's fee of it, and what is on its way */

/* What one account has got from the lease of a unit (of the first unit, where several are one lease). */
struct world_sum {
    const char *to, *denom, *what; /* static texts or names of the plan; what == NULL: no sum is open */
    instant last;                  /* time of the last payment in it */
    int64_t micro;
};

/* --- Sums ------------------------------------------------------------------------------------------------------------ */

void world_list_open(struct world *world)
{
    if (world->task->log >= SIM_LOG_LEASES)
        world->listed = arena_array(world->arena, world->demand->units, struct sim_lease *);
    if (world->task->log == SIM_LOG_LEASES)
        world->sum = arena_array(world->arena, (size_t)world->demand->units * OPEN_SUMS, struct world_sum);
}

static void list_payment(struct world *world, uint32_t unit, const struct world_sum *sum)
{
    char tenant[96];
    struct sim_payment payment = {.t_s = (double)sum->last.us / 1e6,
                                  .from = world_name(world, world->unit[unit].workload, tenant, sizeof tenant),
                                  .to = sum->to,
                                  .amount_micro = sum->micro,
                                  .denom = sum->denom,
                                  .what = sum->what};
    record_payment(world->record, &payment);
}

static void list_sum(struct world *world, uint32_t unit, struct world_sum *sum)
{
    if (sum->what == NULL)
        return;
    list_payment(world, unit, sum);
    sum->what = NULL;
}

static void list_sums(struct world *world, uint32_t unit)
{
    for (uint32_t i = 0; world->sum != NULL && i < OPEN_SUMS; i++)
        list_sum(world, unit, &world->sum[(size_t)unit * OPEN_SUMS + i]);
}

/* All that is open is listed once a month has ended, by the first payment after that. */
static void list_month(struct world *world, instant now)
{
    if (now.us < world->month_end.us)
        return;
    for (uint32_t u = 0; u < world->demand->units; u++)
        list_sums(world, u);
    int64_t start = world->plan->start_unix_s;
    int year, month;
    utc_month(start + now.us / US_PER_SECOND, &year, &month);
    int64_t next = month < 12 ? utc_month_start(year, month + 1) : utc_month_start(year + 1, 1);
    world->month_end = (instant){(next - start) * US_PER_SECOND};
}

static bool same_text(const char *a, const char *b) { return a == b || strcmp(a, b) == 0; }

static bool is_of(const struct world_sum *sum, const struct world_sum *payment)
{
    return sum->what != NULL && same_text(sum->what, payment->what) && same_text(sum->to, payment->to) &&
           same_text(sum->denom, payment->denom);
}

/* The sum that a payment belongs to; NULL: none is open. Nearly always its texts are the very same, and nothing need be compared. */
static struct world_sum *find_sum(struct world_sum *sums, const struct world_sum *payment)
{
    for (uint32_t i = 0; i < OPEN_SUMS; i++)
        if (sums[i].what == payment->what && sums[i].to == payment->to && sums[i].denom == payment->denom)
            return &sums[i];
    for (uint32_t i = 0; i < OPEN_SUMS; i++)
        if (is_of(&sums[i], payment))
            return &sums[i];
    return NULL;
}

/* Adds a payment to the sum that it belongs to; a sum that makes room for a new one is listed. */
static void add_payment(struct world *world, uint32_t unit, const struct world_sum *payment)
{
    struct world_sum *sums = &world->sum[(size_t)unit * OPEN_SUMS], *oldest = sums;
    list_month(world, payment->last);
    struct world_sum *open = find_sum(sums, payment);
    if (open != NULL) {
        open->micro += payment->micro;
        open->last = payment->last;
        return;
    }
    for (uint32_t i = 0; i < OPEN_SUMS; i++)
        if (sums[i].what == NULL || (oldest->what != NULL && sums[i].last.us < oldest->last.us))
            oldest = &sums[i];
    list_sum(world, unit, oldest);
    *oldest = *payment;
}

/* A lease that was paid though nothing of the unit ever had a place under it. */
static void list_never_placed(struct world *world, uint32_t unit)
{
    const struct unit *what = &world->unit[unit];
    if (world->listed == NULL || what->state != UNIT_IDLE || what->paid_micro == 0)
        return;
    char tenant[96];
    double asked_s = (double)world->demand->workload[what->workload].requested.us / 1e6;
    struct sim_lease lease = {.id = world->leases_listed++,
                              .tenant = world_name(world, what->workload, tenant, sizeof tenant),
                              .provider = "",
                              .requested_s = asked_s,
                              .start_s = (double)NAN,
                              .end_s = (double)world_now(world).us / 1e6,
                              .reason = "never had a place",
                              .gpus = world_class(world, what->workload)->gpus,
                              .price_usd_per_h = (double)NAN,
                              .paid_usd = (double)what->paid_micro / 1e6};
    (void)record_lease(world->record, &lease);
}

void world_list_close(struct world *world)
{
    for (uint32_t u = 0; u < world->demand->units; u++) {
        world_list_lease(world, u, NULL);
        list_never_placed(world, u);
        list_sums(world, u);
    }
}

/* --- What clouds and the world call ---------------------------------------------------------------------------------- */

void world_ahead_pay(const struct world *world, uint32_t workload, uint32_t first)
{
    NINES_PREFETCH(&world->unit[first].workload);
    NINES_PREFETCH(&world->unit[first].paid_micro);
    NINES_PREFETCH(&world->demand->workload[workload]);
    measure_ahead_pay(world->measure, workload);
}

/* What is paid for a unit without a place belongs to the lease that it had: a market settles when the lease is closed, which is after the
 * pods are gone. */
static void add_to_lease(struct world *world, uint32_t unit, int64_t micro)
{
    if (world->unit[unit].state == UNIT_IDLE && world->listed[unit] != NULL)
        world->listed[unit]->paid_usd += (double)micro / 1e6;
    else
        world->unit[unit].paid_micro += micro;
}

void world_pay(struct world *world, uint32_t first, uint32_t units, money amount, const char *to, const char *denom,
               const char *what)
{
    uint32_t workload = world->unit[first].workload;
    instant now = world_now(world);
    measure_pay(world->measure, workload, amount, now);
    if (now.us < 0)
        return;
    if (world->listed == NULL)
        return;
    for (uint32_t u = 0; u < units; u++) /* in equal parts; what does not divide goes to the first */
        add_to_lease(world, first + u, amount.micro / units + (u == 0 ? amount.micro % units : 0));
    struct world_sum payment = {.to = to, .denom = denom, .what = what, .last = now, .micro = amount.micro};
    if (world->sum != NULL)
        add_payment(world, first, &payment);
    else
        list_payment(world, first, &payment);
}

void world_credit(struct world *world, uint32_t workload, money amount, const char *from)
{
    instant now = world_now(world);
    measure_credit(world->measure, workload, amount, now);
    if (world->task->log < SIM_LOG_LEASES || now.us < 0)
        return;
    char tenant[96];
    struct sim_payment payment = {.t_s = (double)now.us / 1e6,
                                  .from = from,
                                  .to = world_name(world, workload, tenant, sizeof tenant),
                                  .amount_micro = amount.micro,
                                  .denom = "usd",
                                  .what = "credit"};
    record_payment(world->record, &payment);
}

void world_list_lease(struct world *world, uint32_t unit, const char *why)
{
    const struct unit *what = &world->unit[unit];
    if (why != NULL)
        list_sums(world, unit);
    if (world->task->log < SIM_LOG_LEASES || world_now(world).us < 0 || what->state == UNIT_IDLE)
        return;
    char tenant[96];
    const struct demand_class *class = world_class(world, what->workload);
    money per_hour = {0};
    struct sim_lease lease = {.id = world->leases_listed++,
                              .tenant = world_name(world, what->workload, tenant, sizeof tenant),
                              .requested_s = what->requested.us < US_NEVER ? (double)what->requested.us / 1e6
                                                                           : (double)what->bound_at.us / 1e6,
                              .start_s = (double)what->bound_at.us / 1e6,
                              .end_s = why != NULL ? (double)world_now(world).us / 1e6 : (double)NAN,
                              .reason = why != NULL ? why : "",
                              .gpus = class->gpus,
                              .paid_usd = (double)what->paid_micro / 1e6};
    world->plan->kind->lease(world->cloud, unit, &lease.provider, &per_hour);
    lease.price_usd_per_h = (double)per_hour.micro / 1e6;
    world->listed[unit] = record_lease(world->record, &lease);
    world->unit[unit].paid_micro = 0;
    if (world_tells(world, what->workload))
        world_tell_lease(world, unit, &lease);
}
