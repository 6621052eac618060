/* A replication from its beginning to its end: demand arrives and leaves, probes are sent, the horizon is settled. */
#include "models/clouds/world/cloud.h"
#include "models/clouds/world/world_inside.h"
#include "models/clouds/world/world_tell.h"
#include "sim/base/check.h"

#include <math.h>
#include <string.h>

#include "sim/base/nomalloc.h"

/* --- Demand and probes ----------------------------------------------------------------------------------------------- */

/* The replicas of a service are wanted at their homes from now on (sign 1), or not any more (-1). */
static void want_at_sites(struct world *world, uint32_t workload, int32_t sign)
{
    const struct demand_class *class = world_class(world, workload);
    uint32_t first = world->demand->workload[workload].first_unit;
    for (uint32_t u = first; class->kind == DEMAND_SERVICE && u < first + class->units; u++)
        measure_site(world->measure, world_site(world, u), sign, (int64_t)world->unit[u].fraction * sign, world_now(world));
}

static void begin_to_want(struct world *world, uint32_t workload)
{
    const struct workload *what = &world->demand->workload[workload];
    world->load[workload].wanted = true;
    if (world_class(world, workload)->kind == DEMAND_JOB && world->parts == 0)
        world_open_job(world, workload);
    measure_request(world->measure, workload, world_now(world));
    want_at_sites(world, workload, +1);
    if (world_tells(world, workload))
        world_tell_asked(world);
    for (uint32_t u = what->first_unit; u < what->first_unit + world_class(world, workload)->units && world->parts == 0; u++)
        world_ask(world, u);
    world->plan->kind->request(world->cloud, workload);
}

/* Replicas that an incident took down, and that nobody waits for any more. */
static void forget_touched(struct world *world, uint32_t workload)
{
    uint32_t first = world->demand->workload[workload].first_unit;
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++) {
        if (world->unit[u].touched != 0)
            measure_gone(world->measure, world->unit[u].touched - 1, world_now(world));
        world->unit[u].touched = 0;
    }
}

static void on_request(void *context, struct engine *engine, uint32_t workload, uint64_t detail)
{
    (void)detail;
    struct world *world = context;
    instant withdrawn = world->demand->workload[workload].withdrawn;
    if (withdrawn.us < US_NEVER)
        engine_schedule(engine, withdrawn, CLASS_END, world->action_withdraw, workload, 0);
    begin_to_want(world, workload);
}

static void end_wanting(struct world *world, uint32_t workload)
{
    measure_withdraw(world->measure, workload, world_now(world));
    want_at_sites(world, workload, -1);
    if (world_tells(world, workload))
        world_tell_whole(world, "withdrawn", "not wanted any more by its tenant");
    world->load[workload].wanted = false;
    forget_touched(world, workload);
    world->plan->kind->withdraw(world->cloud, workload);
}

static void on_withdraw(void *context, struct engine *engine, uint32_t workload, uint64_t detail)
{
    (void)engine;
    (void)detail;
    end_wanting(context, workload);
}

/* A probe completes within 5 min of being sent or has failed; one that is turned away is tried again every 30 s. */
static const duration probe_deadline = {5 * US_PER_MINUTE}, probe_again = {30 * US_PER_SECOND};

/* Whether the component that answers does so this time: a degraded one by its fraction, each try anew. */
static bool answers(const struct world *world, uint32_t probe)
{
    uint32_t control = world->plan->kind->control(world->cloud, world->probe[probe].site);
    uint32_t fraction = graph_fraction(world->graph, control, PLANE_CONTROL);
    if (fraction == GRAPH_WHOLE)
        return true;
    struct stream_key own = stream_key_index(stream_key(world->task->seed, world->task->replication, "probe answers"), probe);
    struct stream stream = stream_open(stream_key_index(own, (uint64_t)world_now(world).us));
    return stream_chance(&stream, (double)fraction / GRAPH_WHOLE);
}

/* A probe has taken the time that the cloud's control plane takes: does it come through? */
static void on_pass(void *context, struct engine *engine, uint32_t probe, uint64_t detail)
{
    static const struct gpu_pod small = {.cpu_milli = 2000, .memory_mib = 4096};
    (void)detail;
    struct world *world = context;
    instant sent = world->probe[probe].at, again = instant_add(world_now(world), probe_again);
    bool in_time = instant_since(world_now(world), sent).us <= probe_deadline.us;
    if (in_time && world->plan->kind->passes(world->cloud, world->probe[probe].site, &small) && answers(world, probe))
        measure_probe(world->measure, true);
    else if (instant_since(again, sent).us <= probe_deadline.us)
        engine_schedule(engine, again, CLASS_BEGIN, world->action_pass, probe, 0);
    else
        measure_probe(world->measure, false);
}

static void on_probe(void *context, struct engine *engine, uint32_t probe, uint64_t detail)
{
    (void)detail;
    struct world *world = context;
    const struct cloud_kind *kind = world->plan->kind;
    if (probe + 1 < world->probes)
        engine_schedule(engine, world->probe[probe + 1].at, CLASS_BEGIN, world->action_probe, probe + 1, 0);
    struct stream_key family = stream_key(world->task->seed, world->task->replication, "probe time");
    struct stream stream = stream_open(stream_key_index(stream_key_path(family, kind->name), probe));
    duration wait = kind->probe_time(world->cloud, &stream);
    if (wait.us <= probe_deadline.us)
        engine_schedule(engine, instant_add(world_now(world), wait), CLASS_BEGIN, world->action_pass, probe, 0);
    else
        measure_probe(world->measure, false);
}

/* The common stream of probes: times, kinds and homes are the same for every cloud. Only those whose deadline lies inside the
 * horizon are sent. */
static void draw_probes(struct world *world)
{
    struct stream stream = stream_open(stream_key(world->task->seed, world->task->replication, "probe"));
    double rate = world->plan->probes_per_second;
    int64_t end = world->task->horizon.us - probe_deadline.us;
    double expected = rate * duration_seconds((duration){world->task->horizon.us});
    uint32_t room = (uint32_t)(expected * 2) + 1000;
    world->probe = arena_array(world->arena, room, struct probe);
    if (!(rate > 0))
        return;
    for (instant at = {0};;) {
        at = instant_add(at, duration_from_seconds(stream_exponential(&stream) / rate));
        if (at.us >= end)
            break;
        if (world->probes == room)
            limit_reached("probes", room);
        uint32_t kind = (uint32_t)stream_below(&stream, 3);
        uint32_t site = (uint32_t)stream_below(&stream, world->plan->fleet->sites);
        world->probe[world->probes++] = (struct probe){.at = at, .site = site, .kind = kind};
    }
    if (world->probes > 0)
        engine_schedule(world->engine, world->probe[0].at, CLASS_BEGIN, world->action_probe, 0, 0);
}

/* At time 0 the measuring begins: what jobs have done before does not count. */
static void on_zero(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    (void)engine;
    (void)subject;
    (void)detail;
    struct world *world = context;
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        struct load *load = &world->load[w];
        load->base = job_account(&load->job, &load->costs, world_now(world));
    }
}

static duration less(duration a, duration b) { return (duration){a.us - b.us}; }

static void close_jobs(struct world *world)
{
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        struct load *load = &world->load[w];
        if (world_class(world, w)->kind != DEMAND_JOB || load->job.attempts == 0)
            continue;
        struct job_account now = job_account(&load->job, &load->costs, world_now(world)), base = load->base;
        struct job_account inside = {less(now.productive, base.productive), less(now.checkpoint, base.checkpoint),
                                     less(now.rework, base.rework),         less(now.restart, base.restart),
                                     less(now.detection, base.detection),   less(now.queue, base.queue),
                                     less(now.slow, base.slow)};
        measure_job(world->measure, w, &inside, load->gang.state == GPU_ELASTIC_DONE && load->job.since.us >= 0);
    }
}

static void close_requests(struct world *world)
{
    for (uint32_t u = 0; u < world->demand->units; u++)
        world_give_up(world, u);
}

/* --- One replication ------------------------------------------------------------------------------------------------- */

static uint32_t estimate_events(const struct cloud_plan *plan, const struct demand *demand)
{
    uint64_t estimate = faults_pending_estimate(plan->faults) + (uint64_t)demand->workloads * 4 +
                        (uint64_t)demand->units * plan->kind->events_per_unit +
                        (uint64_t)plan->fleet->nodes * plan->kind->events_per_node + 65536;
    return estimate > EVENTS_MAX ? EVENTS_MAX : (uint32_t)estimate;
}

static void open_units(struct world *world)
{
    uint32_t components = graph_count(world->plan->graph);
    world->unit = arena_array(world->arena, world->demand->units, struct unit);
    world->load = arena_array(world->arena, world->demand->workloads, struct load);
    world->head = arena_array(world->arena, components, uint32_t);
    world->stamps = arena_array(world->arena, components, uint32_t);
    memset(world->head, 0xff, components * sizeof *world->head);
    check((uint64_t)world->demand->units * UNIT_DEPENDENCIES < UINT32_MAX, "too many units");
    for (uint32_t w = 0; w < world->demand->workloads; w++)
        for (uint32_t u = 0; u < world_class(world, w)->units; u++)
            world->unit[world->demand->workload[w].first_unit + u] =
                (struct unit){.workload = w, .node = COMPONENT_NONE, .asked = INSTANT_NEVER};
}

static void open_measure(struct world *world)
{
    const struct fault_list *faults = world->plan->faults->list;
    instant *starts = arena_array(world->arena, faults->incidents, instant);
    for (uint32_t i = 0; i < faults->incidents; i++)
        starts[i] = faults->incident[i].start;
    const struct fleet *fleet = world->plan->fleet;
    const char **site_names = arena_array(world->arena, fleet->sites, const char *);
    for (uint32_t s = 0; s < fleet->sites; s++)
        site_names[s] = fleet->site[s].name;
    uint32_t *components = arena_array(world->arena, COMPONENT_CLASSES, uint32_t);
    for (uint32_t c = 0; c < graph_count(world->plan->graph); c++)
        components[graph_component(world->plan->graph, c)->class]++;
    struct measure_options options = {.demand = world->demand,
                                      .task = world->task,
                                      .record = world->record,
                                      .whole = world->whole != NULL ? world->whole->measure : NULL,
                                      .nodes = fleet->nodes,
                                      .components = components,
                                      .sites = world->whole != NULL ? 0 : fleet->sites,
                                      .site_name = site_names,
                                      .incidents = faults->incidents,
                                      .incident_start = starts,
                                      .lease_deadline = world->plan->lease_deadline};
    world->measure = measure_open(world->arena, &options);
}

static void on_health(void *context, uint32_t component, bool healthy)
{
    struct world *world = context;
    measure_component(world->measure, graph_component(world->plan->graph, component)->class, healthy, world_now(world));
}

static void open_world(struct world *world)
{
    const struct cloud_plan *plan = world->plan;
    const struct sim_task *task = world->task;
    instant begin = {-task->warmup.us};
    world->demand = demand_draw(world->arena, plan->demand, task->seed, task->replication, begin, task->horizon);
    struct engine_options options = {
        .capacity = plan->events_limit != 0 ? plan->events_limit : estimate_events(plan, world->demand), .start = begin};
    world->engine = engine_create(world->arena, &options);
    if (plan->shuffle_ties != 0)
        engine_shuffle_ties(world->engine, plan->shuffle_ties);
    world->action_request = engine_action(world->engine, on_request, world);
    world->action_withdraw = engine_action(world->engine, on_withdraw, world);
    world->action_finish = engine_action(world->engine, world_on_finish, world);
    world->action_fault = engine_action(world->engine, world_on_fault, world);
    world->action_probe = engine_action(world->engine, on_probe, world);
    world->action_abandon = engine_action(world->engine, world_on_abandon, world);
    world->action_pass = engine_action(world->engine, on_pass, world);
    world->action_zero = engine_action(world->engine, on_zero, world);
    check_wanted(); /* what is opened here takes seconds where nodes are a million */
    open_units(world);
    check_wanted();
    world_list_open(world);
    open_measure(world);
    world->nodes_up = plan->fleet->nodes;
    measure_nodes_up(world->measure, world->nodes_up, begin);
    world->graph = graph_open(world->arena, plan->graph, world->engine, world_on_change, world);
    graph_watch_fractions(world->graph, world_on_fraction);
    graph_watch_health(world->graph, on_health);
    world->faults = faults_open(world->arena, plan->faults, world->graph, world->engine, task->seed, task->replication);
    check_wanted();
    world_open_falls(world);
    world_tell_open(world);
    if (plan->kind->pools != NULL)
        world->pools = pools_open(world, plan->kind->pools(plan->own));
    world->cloud = plan->kind->open(world, plan->own);
    for (uint32_t w = 0; w < world->demand->workloads; w++)
        if (world->demand->workload[w].requested.us < task->horizon.us)
            engine_schedule(world->engine, world->demand->workload[w].requested, CLASS_BEGIN, world->action_request, w, 0);
    engine_schedule(world->engine, (instant){0}, CLASS_ZERO, world->action_zero, 0, 0);
    draw_probes(world);
}

struct world *world_begin(const struct cloud_plan *plan, const struct sim_task *task, struct sim_record *record)
{
    struct world *world = arena_new(task->arena, struct world);
    *world = (struct world){.plan = plan, .task = task, .record = record, .arena = task->arena, .stop_at = (double)INFINITY,
                            .told = COMPONENT_NONE};
    open_world(world);
    return world;
}

void world_live(struct world *world, instant until) { engine_run(world->engine, until); }

void world_end(struct world *world)
{
    const struct cloud_kind *kind = world->plan->kind;
    check(world_now(world).us == world->task->horizon.us, "a world ends before its horizon");
    close_requests(world);
    world_close_falls(world);
    kind->close(world->cloud);
    if (world->pools != NULL)
        pools_close(world->pools);
    world_list_close(world);
    close_jobs(world);
    world_tell_close(world);
    measure_totals(world->measure, faults_started(world->faults), world->refusals);
    measure_close(world->measure);
    record_done(world->record, engine_events(world->engine), engine_digest(world->engine));
}

/* --- Parts of a hybrid ----------------------------------------------------------------------------------------------- */

/* What a part measures of its services is for its own bills: it lists no outages. */
static const struct sim_task *silent(struct world *whole)
{
    struct sim_task *task = arena_new(whole->arena, struct sim_task);
    *task = *whole->task;
    task->outage_min = (duration){US_NEVER};
    return task;
}

struct world *world_part_open(struct world *whole, const struct cloud_plan *plan, struct demand *demand)
{
    enum { LEASES_OF_A_PART = 1 << 30 }; /* ids of leases differ between parts */
    struct world *part = arena_new(whole->arena, struct world);
    check(whole->parts < WORLD_PARTS, "more than %d parts", WORLD_PARTS);
    *part = (struct world){.plan = plan, .task = silent(whole), .record = whole->record, .arena = whole->arena, .engine = whole->engine,
                           .graph = whole->graph, .faults = whole->faults, .demand = demand, .whole = whole,
                           .leases_listed = (int64_t)whole->parts * LEASES_OF_A_PART, .stop_at = (double)INFINITY,
                           .told = whole->told, .telling = whole->telling, .watched_class = COMPONENT_NONE};
    part->action_withdraw = engine_action(part->engine, on_withdraw, part);
    part->action_finish = engine_action(part->engine, world_on_finish, part);
    part->action_fault = engine_action(part->engine, world_on_fault, part);
    part->action_abandon = engine_action(part->engine, world_on_abandon, part);
    part->action_zero = engine_action(part->engine, on_zero, part);
    open_units(part);
    world_list_open(part);
    open_measure(part);
    part->pools = pools_open(part, plan->kind->pools(plan->own));
    part->cloud = plan->kind->open(part, plan->own);
    engine_schedule(part->engine, (instant){0}, CLASS_ZERO, part->action_zero, 0, 0);
    whole->part[whole->parts++] = part;
    return part;
}

void world_part_request(struct world *part, uint32_t workload)
{
    if (!part->load[workload].wanted)
        begin_to_want(part, workload);
}

void world_part_withdraw(struct world *part, uint32_t workload)
{
    if (part->load[workload].wanted)
        end_wanting(part, workload);
}

void world_part_close(struct world *part)
{
    close_requests(part);
    part->plan->kind->close(part->cloud);
    pools_close(part->pools);
    world_list_close(part);
    close_jobs(part);
    part->whole->refusals += part->refusals;
}

enum { AUDITS = 64 }; /* looks at the whole world in an audited run */

void world_run(const struct cloud_plan *plan, const struct sim_task *task, struct sim_record *record)
{
    struct world *world = world_begin(plan, task, record);
    int64_t begin = world_now(world).us, span = task->horizon.us - begin;
    for (int i = 1; check_auditing() && i < AUDITS; i++) {
        world_live(world, (instant){begin + span / AUDITS * i});
        world_audit(world);
    }
    world_live(world, task->horizon);
    if (check_auditing())
        world_audit(world);
    world_end(world);
}
