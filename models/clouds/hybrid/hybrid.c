/* A hybrid lives: its parts do the work, it decides which of them users of a service reach. README.md has the rules. */
#include "models/clouds/hybrid/hybrid_inside.h"

#include "models/clouds/world/world_tell.h"
#include "sim/base/check.h"

#include <inttypes.h>

#include "sim/base/nomalloc.h"

/* Where the users of a service are. On the way to the second part they still are at the first. */
enum where {
    AT_FIRST,
    NOTICING,  /* the first part has lost the quorum */
    SWITCHING, /* standby: the fail-over is decided */
    STARTING,  /* backup: replicas are asked for in the second part */
    RESTORING, /* backup: they have their quorum */
    AT_SECOND,
    RETURNING, /* at the second; the first part has its quorum again */
};

struct service {
    enum where where;
    bool began;              /* the first part has had the quorum: what it has not yet had is not lost */
    struct event_id pending; /* the next step */
    uint32_t draws;
};

struct hybrid {
    struct world *world;
    const struct hybrid_plan *plan;
    struct world *part[PARTS];
    struct service *service; /* by workload */
    uint32_t action_step, action_call_off;
};

/* --- What users reach ------------------------------------------------------------------------------------------------ */

static bool at_second(const struct service *service) { return service->where == AT_SECOND || service->where == RETURNING; }

static bool has_quorum(const struct hybrid *cloud, uint32_t part, uint32_t workload)
{
    return cloud->part[part]->load[workload].counted >= world_class(cloud->world, workload)->quorum;
}

static void sum(const struct hybrid *cloud, uint32_t workload, uint32_t *counted, int64_t *given)
{
    *counted = 0;
    *given = 0;
    for (uint32_t p = 0; p < PARTS; p++) {
        const struct load *load = &cloud->part[p]->load[workload];
        if (cloud->plan->mode != HYBRID_ACTIVE && at_second(&cloud->service[workload]) != (p == SECOND))
            continue;
        *counted += load->counted;
        *given += load->given;
    }
}

static void tell_world(struct hybrid *cloud, uint32_t workload, struct measure_cause cause)
{
    uint32_t counted;
    int64_t given;
    sum(cloud, workload, &counted, &given);
    world_whole_gives(cloud->world, workload, counted, given, cause);
}

/* --- Fail-over ------------------------------------------------------------------------------------------------------- */

static void later(struct hybrid *cloud, uint32_t workload, enum where where, uint32_t action, duration wait)
{
    struct service *service = &cloud->service[workload];
    engine_cancel(cloud->world->engine, service->pending);
    service->where = where;
    service->pending = engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), wait), CLASS_ACT, action, workload, 0);
}

static void later_drawn(struct hybrid *cloud, uint32_t workload, enum where where, const struct law *law)
{
    const struct world *world = cloud->world;
    struct stream_key family = stream_key(world->task->seed, world->task->replication, "hybrid");
    struct stream_key own = stream_key_path(family, world_class(world, workload)->name);
    uint64_t number = (uint64_t)world->demand->workload[workload].number << 32 | cloud->service[workload].draws++;
    struct stream stream = stream_open(stream_key_index(own, number));
    later(cloud, workload, where, cloud->action_step, law_draw_duration(law, &stream));
}

static void stay(struct hybrid *cloud, uint32_t workload, enum where where)
{
    engine_cancel(cloud->world->engine, cloud->service[workload].pending);
    cloud->service[workload].where = where;
}

/* [change] The first part, or the second, has its quorum or has lost it. Nothing is asked for or given back here. */
static void look(struct hybrid *cloud, uint32_t workload)
{
    struct service *service = &cloud->service[workload];
    bool first = has_quorum(cloud, FIRST, workload);
    service->began = service->began || first;
    switch (service->where) {
    case AT_FIRST:
        if (!first && service->began && !engine_pending(cloud->world->engine, service->pending))
            later_drawn(cloud, workload, NOTICING, cloud->plan->notice);
        break; /* pending: a backup is being called off, which looks here again */
    case NOTICING:
    case SWITCHING:
        if (first)
            stay(cloud, workload, AT_FIRST);
        break;
    case STARTING:
    case RESTORING:
        if (first)
            later(cloud, workload, AT_FIRST, cloud->action_call_off, (duration){0});
        else if (service->where == STARTING && has_quorum(cloud, SECOND, workload))
            later_drawn(cloud, workload, RESTORING, cloud->plan->restore);
        break;
    case AT_SECOND:
        if (first)
            later(cloud, workload, RETURNING, cloud->action_step, cloud->plan->return_after);
        break;
    case RETURNING:
        if (!first)
            stay(cloud, workload, AT_SECOND);
        break;
    }
}

/* Users go to another part. */
static void send(struct hybrid *cloud, uint32_t workload, enum where where)
{
    static const char *const why[] = {"fail-over to the second cloud", "return to the first cloud"};
    struct service *service = &cloud->service[workload];
    service->where = where;
    if (world_tells(cloud->world, workload))
        world_tell_whole(cloud->world, "failover", "%s %s", where == AT_FIRST ? "return to" : "fail-over to",
                         cloud->part[where == AT_FIRST ? FIRST : SECOND]->plan->name);
    tell_world(cloud, workload, (struct measure_cause){.component = why[where == AT_FIRST], .incident = COMPONENT_NONE});
}

static void on_step(void *context, struct engine *engine, uint32_t workload, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hybrid *cloud = context;
    struct service *service = &cloud->service[workload];
    switch (service->where) {
    case NOTICING:
        if (cloud->plan->mode == HYBRID_STANDBY) {
            later_drawn(cloud, workload, SWITCHING, cloud->plan->change);
            break;
        }
        service->where = STARTING;
        world_part_request(cloud->part[SECOND], workload);
        break;
    case SWITCHING:
    case RESTORING:
        send(cloud, workload, AT_SECOND);
        look(cloud, workload);
        break;
    case RETURNING:
        send(cloud, workload, AT_FIRST);
        if (cloud->plan->mode == HYBRID_BACKUP)
            world_part_withdraw(cloud->part[SECOND], workload);
        break;
    default:
        check(false, "a hybrid's service has a step pending at %d", service->where);
    }
}

/* A backup is not needed after all. */
static void on_call_off(void *context, struct engine *engine, uint32_t workload, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct hybrid *cloud = context;
    world_part_withdraw(cloud->part[SECOND], workload);
    look(cloud, workload); /* the first part may have lost it in the same instant */
}

static void part_gives(void *context, uint32_t workload, struct measure_cause cause)
{
    struct hybrid *cloud = context;
    tell_world(cloud, workload, cause);
    if (cloud->plan->mode != HYBRID_ACTIVE && world_wanted(cloud->world, workload))
        look(cloud, workload);
}

/* --- What the world asks of a cloud ------------------------------------------------------------------------------------ */

static void request(void *context, uint32_t workload)
{
    struct hybrid *cloud = context;
    uint32_t class = cloud->world->demand->workload[workload].class;
    bool service = world_class(cloud->world, workload)->kind == DEMAND_SERVICE;
    for (uint32_t p = 0; p < PARTS; p++)
        if (cloud->plan->part[p].runs[class] && (p == FIRST || !service || cloud->plan->mode != HYBRID_BACKUP))
            world_part_request(cloud->part[p], workload);
}

static void withdraw(void *context, uint32_t workload)
{
    struct hybrid *cloud = context;
    stay(cloud, workload, AT_FIRST);
    for (uint32_t p = 0; p < PARTS; p++)
        world_part_withdraw(cloud->part[p], workload);
    tell_world(cloud, workload, (struct measure_cause){.incident = COMPONENT_NONE});
}

static duration probe_time(const void *context, struct stream *stream)
{
    const struct hybrid *cloud = context;
    return cloud->plan->part[FIRST].kind->probe_time(cloud->part[FIRST]->cloud, stream);
}

/* A site of the part: the one asked about, or the next. */
static uint32_t site_of(const struct hybrid *cloud, uint32_t part, uint32_t site)
{
    while (cloud->plan->part_of_site[site] != part)
        site = (site + 1) % cloud->plan->fleet->sites;
    return site;
}

/* Through either part. */
static bool passes(void *context, uint32_t site, const struct gpu_pod *small)
{
    struct hybrid *cloud = context;
    for (uint32_t p = 0; p < PARTS; p++)
        if (cloud->plan->part[p].kind->passes(cloud->part[p]->cloud, site_of(cloud, p, site), small))
            return true;
    return false;
}

/* The first part's, as long as it manages anything. */
static uint32_t control(const void *context, uint32_t site)
{
    const struct hybrid *cloud = context;
    uint32_t first = cloud->plan->part[FIRST].kind->control(cloud->part[FIRST]->cloud, site_of(cloud, FIRST, site));
    if (graph_manages(cloud->world->graph, first))
        return first;
    return cloud->plan->part[SECOND].kind->control(cloud->part[SECOND]->cloud, site_of(cloud, SECOND, site));
}

static void open_part(struct hybrid *cloud, uint32_t p)
{
    struct world *world = cloud->world;
    const struct hybrid_part *part = &cloud->plan->part[p];
    struct cloud_plan *plan = arena_new(world->arena, struct cloud_plan);
    *plan = *world->plan;
    plan->name = part->name;
    plan->kind = part->kind;
    plan->own = part->own;
    plan->demand = part->demand;
    cloud->part[p] = world_part_open(world, plan, hybrid_demand(world, cloud->plan, p));
}

static void *open_hybrid(struct world *world, const void *own)
{
    struct hybrid *cloud = arena_new(world->arena, struct hybrid);
    *cloud = (struct hybrid){.world = world, .plan = own};
    cloud->service = arena_array(world->arena, world->demand->workloads, struct service);
    cloud->action_step = engine_action(world->engine, on_step, cloud);
    cloud->action_call_off = engine_action(world->engine, on_call_off, cloud);
    for (uint32_t p = 0; p < PARTS; p++)
        open_part(cloud, p);
    return cloud;
}

static void close_hybrid(void *context)
{
    struct hybrid *cloud = context;
    for (uint32_t p = 0; p < PARTS; p++)
        world_part_close(cloud->part[p]);
}

static void audit(const void *context)
{
    const struct hybrid *cloud = context;
    const struct world *world = cloud->world;
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        uint32_t counted;
        int64_t given;
        if (world_class(world, w)->kind != DEMAND_SERVICE)
            continue;
        sum(cloud, w, &counted, &given);
        check(counted == world->load[w].counted && given == world->load[w].given,
              "workload %" PRIu32 " of a hybrid is said to give what its parts do not", w);
        const struct service *service = &cloud->service[w];
        check(!at_second(service) || cloud->part[SECOND]->load[w].wanted, "users of workload %" PRIu32 " are where nothing runs", w);
        check(cloud->plan->mode != HYBRID_BACKUP || service->where >= STARTING || !cloud->part[SECOND]->load[w].wanted ||
                  engine_pending(world->engine, service->pending),
              "a backup of workload %" PRIu32 " goes on for nobody", w);
    }
    for (uint32_t p = 0; p < PARTS; p++)
        for (uint32_t u = 0; u < cloud->part[p]->demand->units; u++) {
            uint32_t node = cloud->part[p]->unit[u].node;
            check(node == COMPONENT_NONE || cloud->plan->part_of_site[cloud->plan->fleet->node[node].site] == p,
                  "unit %" PRIu32 " of part %" PRIu32 " is on the other's machine", u, p);
        }
}

const struct cloud_kind cloud_hybrid = {.name = "hybrid", .rules = "2024-07|2026-08",
                                        .plan = hybrid_read,
                                        .part_of = hybrid_part_of,
                                        .events_per_unit = 26, /* two parts' */
                                        .open = open_hybrid,
                                        .request = request,
                                        .withdraw = withdraw,
                                        .part_gives = part_gives,
                                        .probe_time = probe_time,
                                        .passes = passes,
                                        .control = control,
                                        .close = close_hybrid,
                                        .audit = audit};
