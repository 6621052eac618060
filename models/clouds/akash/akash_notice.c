/* The tenant's way out: when its deployment is sick it has to notice, leave and order again. */
#include "models/clouds/akash/akash_inside.h"

#include "sim/base/nomalloc.h"

bool akash_is_well(const struct akash *cloud, uint32_t tenancy)
{
    const struct tenancy *what = &cloud->tenancy[tenancy];
    for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++)
        if (!unit_is_up(&cloud->world->unit[u]))
            return false;
    return what->phase == AKASH_LEASED;
}

static bool is_worth_keeping(const struct akash *cloud, uint32_t tenancy)
{
    const struct tenancy *what = &cloud->tenancy[tenancy];
    if (what->reclaimed)
        return false;
    if (world_class(cloud->world, what->workload)->kind == DEMAND_JOB)
        return akash_is_well(cloud, tenancy);
    for (uint32_t u = what->first_unit; u < what->first_unit + what->units; u++)
        if (unit_is_up(&cloud->world->unit[u]))
            return true;
    return false;
}

void akash_sicken(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (engine_pending(cloud->world->engine, what->detect))
        return;
    const struct law *law = what->automatic ? cloud->plan->detect_automatic : cloud->plan->detect_manual;
    what->detect = engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), akash_drawn(cloud, tenancy, law)),
                                   CLASS_ACT, cloud->action_detect, tenancy, 0);
}

/* Its deployment is closed: its escrow ran dry. Some tenants start the group again, which does not help ([Q2]). */
static void begin_anew(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    const struct market_group *group = market_group(&cloud->market, what->group);
    if (engine_pending(cloud->world->engine, what->step) || what->parked_action != COMPONENT_NONE)
        return;
    bool starts = what->hopeful && group != NULL && group->state == MARKET_GROUP_IS_INSUFFICIENT_FUNDS;
    akash_ask_all(cloud, what);
    akash_step(cloud, tenancy, starts ? cloud->action_start_group : cloud->action_create, (duration){0});
}

/* The tenant looks. A service of which a replica still answers is left to Kubernetes; what is wholly down is moved. */
void akash_on_detect(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (!world_wanted(cloud->world, what->workload) || (akash_is_well(cloud, tenancy) && !what->reclaimed))
        return;
    world_detected(cloud->world, what->workload);
    switch ((enum akash_phase)what->phase) {
    case AKASH_IDLE:
        begin_anew(cloud, tenancy);
        break;
    case AKASH_ORDERED:
        break;
    case AKASH_PAUSED:
        if (!engine_pending(cloud->world->engine, what->step))
            akash_step(cloud, tenancy, cloud->action_start_group, (duration){0});
        break;
    case AKASH_LEASED:
        if (is_worth_keeping(cloud, tenancy))
            akash_sicken(cloud, tenancy);
        else
            akash_step(cloud, tenancy, cloud->action_close_lease, (duration){0});
        break;
    }
}

void akash_on_close_lease(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    if (what->phase != AKASH_LEASED || akash_must_wait(cloud, tenancy, cloud->action_close_lease) ||
        is_worth_keeping(cloud, tenancy))
        return;
    uint32_t left = what->provider;
    cloud->why = "lease closed by its tenant";
    enum market_error error =
        akash_send(cloud, (struct akash_message){.kind = AKASH_CLOSE_LEASE, .lease = {what->order, cloud->provider[left].wallet}});
    if (error != MARKET_OK) { /* a trapped account ([R3]): only closing everything helps, later */
        akash_sicken(cloud, tenancy);
        return;
    }
    what->avoid = left;
    const struct market_deployment *deployment = market_deployment(&cloud->market, cloud->deployment[what->deployment].id);
    if (deployment != NULL && deployment->state == MARKET_DEPLOYMENT_IS_ACTIVE) {
        akash_order_opened(cloud, tenancy);
    } else { /* the settlement found the account dry */
        akash_ask_all(cloud, what);
        akash_step(cloud, tenancy, cloud->action_create, (duration){0});
    }
}

/* A paused group; or one of a deployment whose account ran dry; or, with [Q15], one that is open and whose order was closed. */
void akash_on_start_group(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    struct tenancy *what = &cloud->tenancy[tenancy];
    bool ended = what->phase == AKASH_IDLE;
    if ((what->phase != AKASH_PAUSED && !ended) || akash_must_wait(cloud, tenancy, cloud->action_start_group))
        return;
    if (market_group(&cloud->market, what->group) == NULL) {
        akash_step(cloud, tenancy, cloud->action_create, (duration){0});
        return;
    }
    struct akash_message start = {.kind = AKASH_START_GROUP, .group = what->group};
    enum market_error error = akash_send(cloud, start);
    if (error == MARKET_GROUP_OPEN) {
        (void)akash_send(cloud, (struct akash_message){.kind = AKASH_PAUSE_GROUP, .group = what->group});
        error = akash_send(cloud, start);
    }
    if (error == MARKET_OK)
        akash_order_opened(cloud, tenancy);
    else
        akash_try_later(cloud, tenancy, ended ? cloud->action_create : cloud->action_start_group);
}

/* The tenant does not want it any more: the deployment is closed at the next block there is. */
void akash_on_close(void *context, struct engine *engine, uint32_t tenancy, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct akash *cloud = context;
    uint32_t deployment = cloud->tenancy[tenancy].deployment;
    if (akash_must_wait(cloud, tenancy, cloud->action_close))
        return;
    enum market_error error = akash_send(
        cloud, (struct akash_message){.kind = AKASH_CLOSE_DEPLOYMENT, .deployment = cloud->deployment[deployment].id});
    if (error != MARKET_PANIC)
        akash_forget(cloud, deployment);
}
