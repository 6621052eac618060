/* Deposits and top-ups: what a tenant puts into the escrow of a deployment, and when. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

int64_t akash_escrow(const struct akash *cloud, uint32_t deployment, duration depth)
{
    const struct akash_deployment *which = &cloud->deployment[deployment];
    int64_t blocks = depth.us / cloud->plan->block.us + 1;
    decimal per_block = decimal_zero();
    for (uint32_t t = which->first; t < which->first + which->groups; t++)
        per_block = decimal_add(per_block, group_spec_price(&cloud->plan->spec[akash_spec_of(cloud, t)]));
    return decimal_truncate(decimal_mul_int(per_block, blocks)) + 1;
}

static void deposit(struct akash *cloud, uint32_t deployment, enum market_denom denom, int64_t amount)
{
    const struct akash_deployment *which = &cloud->deployment[deployment];
    struct market_deposit message = {
        .deployment = which->id, .depositor = which->wallet, .denom = denom, .amount = amount};
    enum market_error error = akash_send(cloud, (struct akash_message){.kind = AKASH_DEPOSIT, .deposit = message});
    check(error == MARKET_OK, "a deposit is refused: %s", market_error_name(error));
}

void akash_reserve(struct akash *cloud, uint32_t deployment)
{
    if (!cloud->plan->rules.burn_mint || cloud->plan->akt_reserve.us == 0)
        return;
    decimal worth = decimal_from_int(akash_escrow(cloud, deployment, cloud->plan->akt_reserve));
    int64_t uakt = decimal_truncate(decimal_quo(worth, akash_akt_price(cloud))) + 1;
    akash_issue(cloud, cloud->deployment[deployment].wallet, MARKET_UAKT, uakt);
    deposit(cloud, deployment, MARKET_UAKT, uakt);
}

/* --- Top-ups --------------------------------------------------------------------------------------------------------- */

/* Why an event of topping up is there. */
enum { LOOKS, HAS_TO_GO_ON };

static void schedule(struct akash *cloud, uint32_t deployment, instant at, uint64_t why)
{
    struct akash_deployment *which = &cloud->deployment[deployment];
    engine_cancel(cloud->world->engine, which->top_up);
    which->top_up = engine_schedule(cloud->world->engine, at, CLASS_ACT, cloud->action_top_up, deployment, why);
}

void akash_begin_top_ups(struct akash *cloud, uint32_t deployment)
{
    schedule(cloud, deployment, instant_add(world_now(cloud->world), cloud->plan->top_up_every), LOOKS);
}

/* A stream of the deployment's own. */
static struct stream chances(struct akash *cloud, uint32_t deployment)
{
    struct akash_deployment *which = &cloud->deployment[deployment];
    const struct workload *workload = &cloud->world->demand->workload[which->workload];
    struct stream_key family = stream_key(cloud->world->task->seed, cloud->world->task->replication, "akash escrow");
    struct stream_key own = stream_key_path(family, world_class(cloud->world, which->workload)->name);
    uint64_t number = (uint64_t)(deployment - cloud->first_deployment[which->workload]) << 32 | which->draws++;
    return stream_open(stream_key_index(stream_key_index(own, workload->number), number));
}

/* What is missing of the depth that the escrow began with. */
static int64_t missing(const struct akash *cloud, uint32_t deployment, const struct escrow_account *account)
{
    int64_t full = akash_escrow(cloud, deployment, cloud->plan->escrow_depth);
    if (decimal_is_negative(account->balance))
        return full; /* 2026: in debt; the debt is forgiven by the deposit itself */
    decimal owed = decimal_mul_int(account->open_rate, akash_height(cloud) - account->settled_at);
    return full - decimal_truncate(decimal_sub(decimal_add(account->balance, account->funds), owed));
}

/* The tenant looks after its escrow from time to time and fills it up to the depth it began with, unless it forgets. Where it has to
 * mint first, it goes on when it has. */
void akash_on_top_up(void *context, struct engine *engine, uint32_t deployment, uint64_t why)
{
    (void)engine;
    struct akash *cloud = context;
    const struct akash_deployment *which = &cloud->deployment[deployment];
    const struct escrow_account *account = market_account(&cloud->market, which->id);
    akash_begin_top_ups(cloud, deployment);
    if (why == LOOKS) {
        struct stream stream = chances(cloud, deployment);
        if (stream_chance(&stream, cloud->plan->top_up_missed))
            return;
    }
    if (!cloud->producing || account == NULL || account->state != ESCROW_OPEN)
        return;
    int64_t amount = missing(cloud, deployment, account);
    instant again;
    if (amount <= 0)
        return;
    if (!akash_fund(cloud, deployment, amount, &again)) {
        if (again.us == US_NEVER)
            again = instant_add(world_now(cloud->world), cloud->plan->retry_cap);
        schedule(cloud, deployment, again, HAS_TO_GO_ON);
        return;
    }
    deposit(cloud, deployment, akash_denom(cloud, deployment), amount);
}
