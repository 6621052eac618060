/* The chain as a component: blocks while it is up, none while it halts, computed when somebody asks. And what messages leave
 * behind: payments for the measurement, ended leases for the provider to clear away. */
#include "models/clouds/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

int64_t akash_height(const struct akash *cloud)
{
    if (!cloud->producing)
        return cloud->base_height;
    return cloud->base_height + (world_now(cloud->world).us - cloud->anchor.us) / cloud->plan->block.us;
}

void akash_chain_changed(struct akash *cloud, bool producing)
{
    if (producing == cloud->producing)
        return;
    cloud->base_height = akash_height(cloud);
    cloud->anchor = world_now(cloud->world);
    cloud->producing = producing;
    if (producing)
        akash_unpark(cloud);
}

instant akash_next_block(const struct akash *cloud, duration delay)
{
    int64_t block = cloud->plan->block.us, since = world_now(cloud->world).us + delay.us - cloud->anchor.us;
    return (instant){cloud->anchor.us + (since / block + 1) * block};
}

int64_t akash_block_time_s(const struct akash *cloud)
{
    int64_t us = world_now(cloud->world).us;
    return cloud->world->plan->start_unix_s + (us >= 0 ? us / US_PER_SECOND : -((-us + US_PER_SECOND - 1) / US_PER_SECOND));
}

/* --- What a message did ---------------------------------------------------------------------------------------------- */

static void pay(struct akash *cloud, const struct market_event *event)
{
    uint32_t tenancy = cloud->tenancy_of_deployment[event->deployment.index];
    struct tenancy *what = &cloud->tenancy[tenancy];
    /* One USDC is one dollar, and both count in millionths. */
    bool fee = event->what == MARKET_TRANSFER_TAKE;
    const char *to = fee ? "community pool" : cloud->market.bank.wallets[event->to].name;
    world_pay(cloud->world, what->first_unit, what->units, (money){event->amount}, to, "usdc", fee ? "fee" : "lease");
}

static void end_lease(struct akash *cloud, const struct market_event *event)
{
    uint32_t tenancy = cloud->tenancy_of_deployment[event->deployment.index];
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (what->provider == COMPONENT_NONE || what->order.index != event->order.index)
        return;
    akash_tear_down(cloud, tenancy);
    const struct market_deployment *deployment = market_deployment(&cloud->market, what->deployment);
    bool goes_on = deployment != NULL && deployment->state == MARKET_DEPLOYMENT_IS_ACTIVE;
    what->phase = goes_on ? AKASH_PAUSED : AKASH_IDLE;
}

void akash_drain(struct akash *cloud)
{
    /* Money first: what ends a lease also pays it, and the lease's account is closed when it is torn down. */
    for (uint32_t i = 0; i < cloud->events.n; i++) {
        const struct market_event *event = &cloud->events.items[i];
        if (event->kind == MARKET_EVENT_TRANSFER &&
            (event->what == MARKET_TRANSFER_PAYMENT || event->what == MARKET_TRANSFER_TAKE))
            pay(cloud, event);
    }
    for (uint32_t i = 0; i < cloud->events.n; i++) {
        const struct market_event *event = &cloud->events.items[i];
        if (event->kind == MARKET_EVENT_LEASE && event->state != MARKET_LEASE_IS_ACTIVE)
            end_lease(cloud, event);
        else if (event->kind == MARKET_EVENT_DEPLOYMENT && event->state == MARKET_DEPLOYMENT_IS_CLOSED)
            cloud->tenancy[cloud->tenancy_of_deployment[event->deployment.index]].phase = AKASH_IDLE;
    }
    cloud->events.n = 0;
}

/* --- Withdrawals and escrow ------------------------------------------------------------------------------------------ */

static void withdraw_all(struct akash *cloud, uint32_t provider)
{
    cloud->why = "lease closed: its escrow ran dry";
    for (uint32_t t = cloud->provider[provider].first_tenancy; t != COMPONENT_NONE;) {
        struct tenancy *what = &cloud->tenancy[t];
        t = what->next; /* the withdrawal may find the account overdrawn and end the lease */
        uint32_t tenancy = (uint32_t)(what - cloud->tenancy);
        (void)akash_send(cloud, (struct akash_message){.kind = AKASH_WITHDRAW_LEASE,
                                                       .lease = {what->order, cloud->provider[provider].wallet}});
        if (what->phase != AKASH_LEASED && world_wanted(cloud->world, what->workload))
            akash_sicken(cloud, tenancy);
    }
}

/* A tenancy whose workload is gone, but whose deployment waits for a block to be closed in. */
static void settle_left(struct akash *cloud, const struct tenancy *what)
{
    const struct market_order *order = market_order(&cloud->market, what->order);
    if (what->provider != COMPONENT_NONE || market_deployment(&cloud->market, what->deployment) == NULL || order == NULL ||
        order->lease == SLOT_NONE)
        return;
    (void)akash_send(cloud, (struct akash_message){.kind = AKASH_WITHDRAW_LEASE,
                                                   .lease = {what->order, cloud->market.leases[order->lease].provider}});
}

void akash_settle_all(struct akash *cloud)
{
    for (uint32_t p = 0; p < cloud->plan->providers; p++)
        withdraw_all(cloud, p);
    for (uint32_t t = 0; t < cloud->tenancies; t++)
        if (!world_wanted(cloud->world, cloud->tenancy[t].workload))
            settle_left(cloud, &cloud->tenancy[t]);
}

void akash_on_settle(void *context, struct engine *engine, uint32_t unused, uint64_t detail)
{
    (void)engine;
    (void)unused;
    (void)detail;
    akash_settle_all(context);
}

void akash_on_withdraw(void *context, struct engine *engine, uint32_t provider, uint64_t detail)
{
    (void)detail;
    struct akash *cloud = context;
    engine_schedule(engine, instant_add(world_now(cloud->world), cloud->plan->withdraw_every), CLASS_BLOCK,
                    cloud->action_withdraw, provider, 0);
    /* A dark provider collects nothing; when it is back it collects for all the time since. */
    if (cloud->producing && akash_provider_manages(cloud, provider))
        withdraw_all(cloud, provider);
}

money akash_escrow(const struct akash *cloud, uint32_t class, duration depth)
{
    decimal per_block = group_spec_price(&cloud->plan->spec[class]);
    int64_t blocks = depth.us / cloud->plan->block.us + 1;
    return (money){decimal_truncate(decimal_mul_int(per_block, blocks)) + 1};
}

/* The tenant looks after its escrow from time to time and fills it up to the depth it began with, unless it forgets. */
void akash_on_top_up(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    uint32_t class = cloud->world->demand->workload[what->workload].class;
    what->top_up = EVENT_NONE;
    if (what->phase != AKASH_LEASED)
        return;
    what->top_up = engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), cloud->plan->top_up_every),
                                   CLASS_ACT, cloud->action_top_up, tenancy, 0);
    struct stream stream = akash_stream(cloud, tenancy);
    bool forgotten = stream_chance(&stream, cloud->plan->top_up_missed);
    const struct escrow_account *account = market_account(&cloud->market, what->deployment);
    if (forgotten || !cloud->producing || account == NULL || account->state != ESCROW_OPEN)
        return;
    int64_t full = akash_escrow(cloud, class, cloud->plan->escrow_depth).micro;
    int64_t unsettled = akash_height(cloud) - account->settled_at;
    decimal owed = decimal_mul_int(account->open_rate, unsettled);
    int64_t missing = full - decimal_truncate(decimal_sub(account->balance, owed));
    if (missing <= 0)
        return;
    akash_issue(cloud, what->wallet, MARKET_USDC, missing);
    struct market_deposit deposit = {
        .deployment = what->deployment, .depositor = what->wallet, .denom = MARKET_USDC, .amount = missing};
    enum market_error error = akash_send(cloud, (struct akash_message){.kind = AKASH_DEPOSIT, .deposit = deposit});
    check(error == MARKET_OK, "a top-up is refused: %s", market_error_name(error));
}
