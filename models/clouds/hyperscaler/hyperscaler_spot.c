/* Spot machines that are taken back together: somebody on demand wants much of a pool at once, so its spot prices or room go for all.
 *
 * A pool is a region, or what a region has of one GPU model (or without GPUs). A shock tells a share of the spot machines in it to go, each
 * by a draw of its own, a job by where its first pod is; for a time after it nothing is sold there as spot. Shocks are a renewal process
 * of each pool, whose luck hangs on the pool's name: neither demand nor the cloud's name moves it. */
#include "models/clouds/hyperscaler/hyperscaler_inside.h"

#include "sim/base/nomalloc.h"

static uint32_t pools_of_site(const struct hyperscaler *cloud)
{
    return cloud->plan->shock_by_model ? cloud->plan->fleet->gpu_model_count + 1 : 1;
}

/* Pool of a node: without a GPU the last of its region. */
static uint32_t pool_of(const struct hyperscaler *cloud, uint32_t node)
{
    const struct fleet *fleet = cloud->plan->fleet;
    int32_t model = fleet->type[fleet->node[node].type].gpu_model_id;
    uint32_t within = !cloud->plan->shock_by_model ? 0 : model >= 0 ? (uint32_t)model : fleet->gpu_model_count;
    return fleet->node[node].site * pools_of_site(cloud) + within;
}

static struct stream next_stream(struct hyperscaler *cloud, uint32_t pool)
{
    const struct fleet *fleet = cloud->plan->fleet;
    uint32_t of_site = pools_of_site(cloud), within = pool % of_site;
    bool gpu = cloud->plan->shock_by_model && within < fleet->gpu_model_count;
    struct stream_key family = stream_key(cloud->world->task->seed, cloud->world->task->replication, "spot shock");
    struct stream_key own = stream_key_path(family, fleet->site[pool / of_site].name);
    return stream_open(stream_key_index(stream_key_path(own, gpu ? fleet->gpu_models[within] : ""), cloud->spot[pool].draws++));
}

static void shock_after(struct hyperscaler *cloud, uint32_t pool, duration wait)
{
    if (wait.us < US_NEVER / 2)
        engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), wait), CLASS_FAULT, cloud->action_shock, pool, 0);
}

void hyperscaler_open_spot(struct hyperscaler *cloud)
{
    if (cloud->plan->shock_every == NULL)
        return;
    uint32_t pools = cloud->plan->fleet->sites * pools_of_site(cloud);
    cloud->spot = arena_array(cloud->world->arena, pools, struct spot_pool);
    for (uint32_t p = 0; p < pools; p++) {
        struct stream stream = next_stream(cloud, p);
        cloud->spot[p].closed = world_now(cloud->world);
        shock_after(cloud, p, law_draw_residual_duration(cloud->plan->shock_every, &stream));
    }
}

/* A unit that speaks for itself or its job. */
static bool is_hit(struct hyperscaler *cloud, uint32_t unit, uint32_t pool)
{
    const struct unit *what = &cloud->world->unit[unit];
    if (what->state == UNIT_IDLE || world_class(cloud->world, what->workload)->capacity != CAPACITY_SPOT ||
        pool_of(cloud, what->node) != pool ||
        (is_job(cloud, unit) && unit != cloud->world->demand->workload[what->workload].first_unit))
        return false;
    struct stream stream = world_stream(cloud->world, unit);
    return stream_chance(&stream, cloud->plan->shock_share);
}

void hyperscaler_on_shock(void *context, struct engine *engine, uint32_t pool, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hyperscaler *cloud = context;
    struct stream stream = next_stream(cloud, pool);
    duration length = law_draw_duration(cloud->plan->shock_length, &stream);
    duration next = law_draw_duration(cloud->plan->shock_every, &stream);
    cloud->spot[pool].closed = instant_add(world_now(cloud->world), length);
    for (uint32_t u = 0; u < cloud->world->demand->units; u++)
        if (is_hit(cloud, u, pool))
            hyperscaler_tell(cloud, u, LEAVES_EVICTED);
    shock_after(cloud, pool, next);
}

duration hyperscaler_spot_wait(const struct hyperscaler *cloud, uint32_t workload, uint32_t site)
{
    const struct demand_class *class = world_class(cloud->world, workload);
    int64_t now = world_now(cloud->world).us, until = now;
    if (cloud->spot == NULL || class->capacity != CAPACITY_SPOT)
        return (duration){0};
    uint32_t of_site = pools_of_site(cloud), models = cloud->plan->fleet->gpu_model_count;
    for (uint32_t within = 0; within < of_site; within++) {
        bool gpu = cloud->plan->shock_by_model && within < models, has = class->gpus > 0;
        bool may = !gpu ? of_site == 1 || !has : has && (class->gpu_models == 0 || (class->gpu_models >> within & 1) != 0);
        instant closed = cloud->spot[site * of_site + within].closed;
        if (may && closed.us > until)
            until = closed.us;
    }
    return (duration){until - now};
}
