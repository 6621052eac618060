/* What is said on the market about the workload that somebody listens to: world_tell.h in the words of the chain. */
#include "models/clouds/akash/akash_inside.h"
#include "models/clouds/world/world_tell.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "sim/base/nomalloc.h"

/* The unit that a tenancy is, or COMPONENT_NONE where it is several. */
static uint32_t unit_of(const struct akash *cloud, uint32_t tenancy)
{
    const struct tenancy *what = &cloud->tenancy[tenancy];
    return what->units == 1 ? what->first_unit : COMPONENT_NONE;
}

static bool tells(const struct akash *cloud, uint32_t tenancy)
{
    return world_tells(cloud->world, cloud->tenancy[tenancy].workload);
}

static uint32_t of_deployment(const struct akash *cloud, struct market_deployment_id id)
{
    uint32_t index = cloud->deployment_of[id.index];
    return id.generation != 0 && akash_same_deployment(cloud->deployment[index].id, id) ? cloud->deployment[index].first : COMPONENT_NONE;
}

static uint32_t of_group(const struct akash *cloud, struct market_group_id id)
{
    const struct market_group *group = market_group(&cloud->market, id);
    uint32_t first = group != NULL ? of_deployment(cloud, market_deployment_id(&cloud->market, group->deployment)) : COMPONENT_NONE;
    return first != COMPONENT_NONE ? first + group->gseq - 1 : COMPONENT_NONE;
}

static uint32_t of_order(const struct akash *cloud, struct market_order_id id)
{
    const struct market_order *order = market_order(&cloud->market, id);
    return order != NULL ? of_group(cloud, market_group_id(&cloud->market, order->group)) : COMPONENT_NONE;
}

/* The tenancy that a message is about, what it says, and the provider that it names; COMPONENT_NONE where there is nothing to tell. */
static uint32_t read(const struct akash *cloud, const struct akash_message *message, const char **text, uint32_t *provider)
{
    uint32_t tenancy;
    *provider = COMPONENT_NONE;
    switch (message->kind) {
    case AKASH_DEPOSIT:
        *text = "gets more money into its escrow";
        return of_deployment(cloud, message->deposit.deployment);
    case AKASH_CLOSE_DEPLOYMENT:
        *text = "has its deployment closed by its tenant";
        return of_deployment(cloud, message->deployment);
    case AKASH_CLOSE_GROUP:
        *text = "has its group closed by its tenant";
        return of_group(cloud, message->group);
    case AKASH_PAUSE_GROUP:
        *text = "has its group paused by its tenant";
        return of_group(cloud, message->group);
    case AKASH_START_GROUP:
        *text = "has its group started again by its tenant";
        return of_group(cloud, message->group);
    case AKASH_CREATE_LEASE:
    case AKASH_CLOSE_LEASE:
        *text = message->kind == AKASH_CREATE_LEASE ? "gets a lease with" : "has its lease closed by its tenant, with";
        *provider = message->lease.provider - cloud->provider[0].wallet;
        return of_order(cloud, message->lease.order);
    case AKASH_CLOSE_BID:
    case AKASH_START_RECLAIM:
        *text = message->kind == AKASH_CLOSE_BID ? "has its lease closed by its provider," : "is told to go by its provider,";
        *provider = message->leave.provider - cloud->provider[0].wallet;
        tenancy = of_order(cloud, message->leave.order);
        return tenancy != COMPONENT_NONE && cloud->tenancy[tenancy].provider == *provider ? tenancy : COMPONENT_NONE; /* a bid */
    case AKASH_ISSUE:
    case AKASH_REGISTER:
    case AKASH_BURN_MINT:
    case AKASH_CREATE_DEPLOYMENT: /* told when it has a name */
    case AKASH_CREATE_BID:
    case AKASH_WITHDRAW_LEASE:
    case AKASH_FORGET:
        return COMPONENT_NONE;
    }
    return COMPONENT_NONE;
}

/* A price per block of a whole tenancy as a replica's of an hour, in dollars; below 0: none is known. */
static double hourly(const struct akash *cloud, uint32_t tenancy, decimal per_block)
{
    double blocks = (double)US_PER_HOUR / (double)cloud->plan->block.us;
    return decimal_to_double(per_block) / 1e6 * blocks / cloud->tenancy[tenancy].units;
}

/* "": only a lease that has come about has a price. */
struct price_text {
    char text[48];
};

static struct price_text price_of(const struct akash *cloud, const struct akash_message *message, uint32_t tenancy, bool fine)
{
    struct price_text price = {""};
    const struct market_order *order = message->kind == AKASH_CREATE_LEASE && fine ? market_order(&cloud->market, message->lease.order) : NULL;
    if (order != NULL && order->lease != SLOT_NONE)
        (void)snprintf(price.text, sizeof price.text, ", %.4g USD/h", hourly(cloud, tenancy, cloud->market.leases[order->lease].price));
    return price;
}

void akash_tell_message(struct akash *cloud, const struct akash_message *message, enum market_error error)
{
    const char *text;
    uint32_t provider, tenancy = read(cloud, message, &text, &provider);
    if (tenancy == COMPONENT_NONE || !tells(cloud, tenancy))
        return;
    bool names = provider != COMPONENT_NONE, fine = error == MARKET_OK;
    world_tell(cloud->world, unit_of(cloud, tenancy), "message", "%s%s%s%s%s%s", text, names ? " " : "",
               names ? cloud->plan->provider_name[provider] : "", price_of(cloud, message, tenancy, fine).text, fine ? "" : ": not so, says the chain: ",
               fine ? "" : market_error_name(error));
}

void akash_tell_created(struct akash *cloud, uint32_t deployment)
{
    const struct akash_deployment *which = &cloud->deployment[deployment];
    for (uint32_t t = which->first; t < which->first + which->groups && tells(cloud, t); t++)
        world_tell(cloud->world, unit_of(cloud, t), "message", "is ordered in a new deployment");
}

void akash_tell_bids(struct akash *cloud, uint32_t tenancy)
{
    uint32_t bids = cloud->tenancy[tenancy].n_bids;
    if (!tells(cloud, tenancy))
        return;
    /* The list is filled anew by whoever reads it. */
    int32_t offers = market_open_bids(&cloud->market, cloud->tenancy[tenancy].order, cloud->offers, AKASH_BIDS_MAX);
    double least = (double)INFINITY, most = 0;
    for (int32_t i = 0; i < offers && i < AKASH_BIDS_MAX; i++) {
        double price = hourly(cloud, tenancy, cloud->offers[i].price);
        least = price < least ? price : least;
        most = price > most ? price : most;
    }
    char prices[80] = "";
    if (offers > 0)
        (void)snprintf(prices, sizeof prices, least < most ? ", %.4g to %.4g USD/h" : ", %.4g USD/h", least, most);
    world_tell(cloud->world, unit_of(cloud, tenancy), "bids", "has %" PRIu32 " bid%s for its order%s", bids, bids == 1 ? "" : "s", prices);
}

void akash_tell_halt(struct akash *cloud, uint32_t tenancy)
{
    if (tells(cloud, tenancy))
        world_tell_wait(cloud->world, unit_of(cloud, tenancy), "waits", cloud->plan->chain, "waits, as the chain makes no blocks");
}

void akash_tell_refusal(struct akash *cloud, uint32_t tenancy, const char *why)
{
    if (tells(cloud, tenancy))
        world_tell(cloud->world, unit_of(cloud, tenancy), "refused", "refused: %s", why);
}
