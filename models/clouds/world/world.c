#include "models/clouds/world/world.h"

#include "models/clouds/world/cloud.h"
#include "models/clouds/world/world_inside.h"
#include "models/clouds/world/world_tell.h"
#include "sim/base/check.h"

#include <inttypes.h>
#include <math.h>

#include "sim/base/nomalloc.h"

/* --- Units ----------------------------------------------------------------------------------------------------------- */

static struct measure_cause cause_of(const struct world *world, uint32_t component)
{
    uint32_t culprit = graph_culprit(world->graph, component);
    if (culprit == COMPONENT_NONE)
        culprit = graph_grey_culprit(world->graph, component);
    if (culprit == COMPONENT_NONE)
        culprit = component;
    uint32_t cause = faults_cause(world->faults, culprit);
    return (struct measure_cause){.component = graph_component(world->plan->graph, culprit)->path,
                                  .name = faults_cause_name(world->faults, cause),
                                  .incident = faults_cause_incident(world->faults, cause)};
}

/* What a unit gives that is up. */
static uint32_t fraction_of(const struct world *world, const struct unit *unit)
{
    uint32_t least = GRAPH_WHOLE;
    for (uint32_t i = 0; i < unit->dependencies; i++) {
        uint32_t fraction = graph_fraction(world->graph, unit->dependency[i], PLANE_DATA);
        least = fraction < least ? fraction : least;
    }
    return least;
}

/* The unit gives so much from now on. */
static void weigh(struct world *world, uint32_t unit, uint32_t fraction)
{
    struct unit *what = &world->unit[unit];
    struct load *load = &world->load[what->workload];
    bool counts = fraction > 0 && fraction >= world_class(world, what->workload)->up_from;
    int64_t change = (int64_t)fraction - (int64_t)what->fraction;
    load->given += change;
    if (load->wanted && world_class(world, what->workload)->kind == DEMAND_SERVICE)
        measure_site(world->measure, world_site(world, unit), 0, change, world_now(world));
    load->counted += (uint32_t)counts - (uint32_t)what->counts;
    what->fraction = fraction;
    what->counts = counts;
}

static void measure_service(struct world *world, uint32_t workload, struct measure_cause cause)
{
    const struct load *load = &world->load[workload];
    measure_up(world->measure, workload, load->counted, cause, world_now(world));
    measure_grey(world->measure, workload, load->given - (int64_t)load->counted * GRAPH_WHOLE, world_now(world));
    if (world->whole != NULL)
        world->whole->plan->kind->part_gives(world->whole->cloud, workload, cause);
}

void world_whole_gives(struct world *whole, uint32_t workload, uint32_t counted, int64_t given, struct measure_cause cause)
{
    struct load *load = &whole->load[workload];
    const struct demand_class *class = world_class(whole, workload);
    uint32_t first = whole->demand->workload[workload].first_unit;
    int64_t left = given;
    load->counted = counted;
    load->given = given;
    for (uint32_t u = first; u < first + class->units; u++) { /* for the course of sites: at the homes of the first replicas */
        int64_t fraction = left < GRAPH_WHOLE ? left : GRAPH_WHOLE, change = fraction - (int64_t)whole->unit[u].fraction;
        left -= fraction;
        whole->unit[u].fraction = (uint32_t)fraction;
        if (change != 0 && load->wanted)
            measure_site(whole->measure, world_site(whole, u), 0, change, world_now(whole));
    }
    if (load->wanted)
        measure_service(whole, workload, cause);
}

/* A unit has come up or gone down: tells the job or the measurement. */
static void count_up(struct world *world, uint32_t unit, int change, struct measure_cause cause)
{
    uint32_t workload = world->unit[unit].workload;
    struct load *load = &world->load[workload];
    const struct demand_class *class = world_class(world, workload);
    load->up = (uint32_t)((int64_t)load->up + change);
    weigh(world, unit, change > 0 ? fraction_of(world, &world->unit[unit]) : 0);
    if (!load->wanted)
        return;
    if (class->kind == DEMAND_SERVICE) {
        measure_service(world, workload, cause);
        if (change < 0 && NINES_UNLIKELY(world->stop_at < (double)INFINITY))
            world_watch(world, workload);
    } else if (change > 0 && load->up == class->units)
        world_begin_job(world, workload);
    else if (change < 0 && load->job.phase == JOB_RUNNING)
        world_fail_job(world, workload);
}

/* An incident has taken a replica from its service; it is back. */
static void touch(struct world *world, uint32_t unit, struct measure_cause cause)
{
    struct unit *what = &world->unit[unit];
    bool service = world_class(world, what->workload)->kind == DEMAND_SERVICE;
    if (cause.incident == COMPONENT_NONE || what->touched != 0 || !service || !world_wanted(world, what->workload))
        return;
    what->touched = 1 + cause.incident;
    measure_touched(world->measure, what->workload, cause.incident, world_now(world));
}

static void untouch(struct world *world, uint32_t unit)
{
    struct unit *what = &world->unit[unit];
    if (what->touched == 0)
        return;
    measure_back(world->measure, what->touched - 1, world_now(world));
    what->touched = 0;
}

static void go_up(struct world *world, uint32_t unit)
{
    uint32_t fraction = fraction_of(world, &world->unit[unit]);
    if (fraction >= world_class(world, world->unit[unit].workload)->up_from)
        untouch(world, unit);
    if (world_tells(world, world->unit[unit].workload))
        world_tell_up(world, unit, fraction);
    count_up(world, unit, +1, (struct measure_cause){.incident = COMPONENT_NONE});
}

static void go_down(struct world *world, uint32_t unit, uint32_t component)
{
    struct measure_cause cause = cause_of(world, component);
    touch(world, unit, cause);
    if (world_tells(world, world->unit[unit].workload))
        world_tell_loss(world, unit, component, true);
    count_up(world, unit, -1, cause);
}

/* A unit that is up and stays so may give more or less than before. */
static void regrade(struct world *world, uint32_t unit, uint32_t component)
{
    struct unit *what = &world->unit[unit];
    uint32_t workload = what->workload, fraction = fraction_of(world, what);
    if (fraction == 0 || fraction == what->fraction) /* 0: one of its components is down, and it is about to learn that */
        return;
    bool counted = what->counts;
    weigh(world, unit, fraction);
    if (world_tells(world, workload))
        world_tell_grey(world, unit, component);
    if (!world->load[workload].wanted)
        return;
    if (world_class(world, workload)->kind == DEMAND_JOB) {
        world_pace_job(world, workload);
        return;
    }
    struct measure_cause cause = {.incident = COMPONENT_NONE};
    if (counted && !what->counts)
        touch(world, unit, cause = cause_of(world, component));
    else if (!counted && what->counts)
        untouch(world, unit);
    measure_service(world, workload, cause);
}

void world_ask(struct world *world, uint32_t unit)
{
    if (world->unit[unit].asked.us != US_NEVER)
        return;
    world->unit[unit].asked = world_now(world);
    world->unit[unit].refused = false;
}

void world_refuse(struct world *world, uint32_t unit)
{
    struct unit *what = &world->unit[unit];
    if (what->asked.us == US_NEVER || what->refused)
        return;
    what->refused = true;
    world->refusals++;
}

void world_give_up(struct world *world, uint32_t unit)
{
    struct unit *what = &world->unit[unit];
    if (what->asked.us != US_NEVER)
        measure_lease_failed(world->measure, what->workload, what->asked, world_now(world));
    what->asked = INSTANT_NEVER;
}

static void link_dependency(struct world *world, uint32_t unit, uint32_t slot)
{
    struct unit *what = &world->unit[unit];
    uint32_t link = unit * UNIT_DEPENDENCIES + slot, *head = &world->head[what->dependency[slot]];
    what->next[slot] = *head;
    what->previous[slot] = LINK_NONE;
    if (*head != LINK_NONE)
        world->unit[*head / UNIT_DEPENDENCIES].previous[*head % UNIT_DEPENDENCIES] = link;
    *head = link;
}

static void unlink_dependency(struct world *world, uint32_t unit, uint32_t slot)
{
    struct unit *what = &world->unit[unit];
    uint32_t next = what->next[slot], previous = what->previous[slot];
    if (next != LINK_NONE)
        world->unit[next / UNIT_DEPENDENCIES].previous[next % UNIT_DEPENDENCIES] = previous;
    if (previous != LINK_NONE)
        world->unit[previous / UNIT_DEPENDENCIES].next[previous % UNIT_DEPENDENCIES] = next;
    else
        world->head[what->dependency[slot]] = next;
}

void world_bind(struct world *world, uint32_t unit, uint32_t node, uint16_t devices, const uint32_t *extra, uint32_t extras)
{
    struct unit *what = &world->unit[unit];
    check(!world->changing, "a unit is bound in the middle of a change");
    check(what->state == UNIT_IDLE && extras < UNIT_DEPENDENCIES, "a unit is bound twice");
    what->state = UNIT_BOUND;
    what->node = node;
    what->devices = devices;
    what->dependencies = (uint8_t)(1 + extras);
    what->dependency[0] = world->plan->fleet->node[node].component;
    for (uint32_t i = 0; i < extras; i++)
        what->dependency[1 + i] = extra[i];
    what->missing = 0;
    for (uint32_t i = 0; i < what->dependencies; i++) {
        link_dependency(world, unit, i);
        what->missing = (uint8_t)(what->missing + !graph_serves(world->graph, what->dependency[i]));
    }
    what->bound_at = world_now(world);
    what->requested = what->asked;
    if (what->asked.us != US_NEVER)
        measure_lease_granted(world->measure, what->workload, what->asked, world_now(world));
    what->asked = INSTANT_NEVER;
    if (world_tells(world, what->workload))
        world_tell_place(world, unit);
}

void world_start(struct world *world, uint32_t unit)
{
    struct unit *what = &world->unit[unit];
    check(!world->changing && what->state == UNIT_BOUND, "a unit starts that is not bound");
    what->state = UNIT_RUNNING;
    if (what->missing == 0)
        go_up(world, unit);
    else if (world_tells(world, what->workload))
        world_tell(world, unit, "started", "started, but %u of what it depends on %s", what->missing,
                   what->missing == 1 ? "does not serve" : "do not serve");
}

void world_halt(struct world *world, uint32_t unit)
{
    struct unit *what = &world->unit[unit];
    check(what->state == UNIT_RUNNING && what->missing > 0, "a unit is halted that is not down");
    what->state = UNIT_BOUND;
}

/* --- Giving up ---------------------------------------------------------------------------------------------------------- */

void world_release(struct world *world, uint32_t unit, const char *why)
{
    struct unit *what = &world->unit[unit];
    check(!world->changing, "a unit is released in the middle of a change");
    if (what->state == UNIT_IDLE)
        return;
    bool was_up = unit_is_up(what);
    bool wanted = world->load[what->workload].wanted;
    const char *reason = wanted ? why : "not wanted any more";
    if (world_tells(world, what->workload))
        world_tell_release(world, unit, was_up && wanted, reason);
    world_list_lease(world, unit, reason);
    for (uint32_t i = 0; i < what->dependencies; i++)
        unlink_dependency(world, unit, i);
    what->state = UNIT_IDLE;
    what->node = COMPONENT_NONE;
    what->dependencies = 0;
    what->missing = 0;
    if (was_up)
        count_up(world, unit, -1, (struct measure_cause){.component = why, .incident = COMPONENT_NONE});
}

/* --- Changes of the graph -------------------------------------------------------------------------------------------- */

static void serve_changed(struct world *world, uint32_t component, bool serves)
{
    const struct cloud_kind *kind = world->plan->kind;
    for (uint32_t link = world->head[component]; link != LINK_NONE;) {
        uint32_t unit = link / UNIT_DEPENDENCIES;
        struct unit *what = &world->unit[unit];
        link = what->next[link % UNIT_DEPENDENCIES];
        bool was_up = unit_is_up(what);
        what->missing = (uint8_t)(what->missing + (serves ? -1 : 1));
        if (was_up)
            go_down(world, unit, component);
        else if (world_tells(world, what->workload))
            world_tell_loss(world, unit, component, !serves);
        if (!serves) {
            kind->unit_down(world->cloud, unit, component);
        } else if (what->missing == 0) {
            if (what->state == UNIT_RUNNING)
                go_up(world, unit);
            kind->unit_up(world->cloud, unit);
        }
    }
}

void world_on_change(void *context, uint32_t component, uint8_t before, uint8_t after)
{
    struct world *world = context;
    bool nested = world->changing;
    world->changing = true;
    if ((before ^ after) & COMPONENT_SERVES) {
        bool serves = (after & COMPONENT_SERVES) != 0;
        if (world->whole == NULL && component < world->plan->fleet->fleet_components &&
            world->plan->fleet->node_of_component[component] != COMPONENT_NONE) {
            world->nodes_up = serves ? world->nodes_up + 1 : world->nodes_up - 1;
            if (world->measure != NULL)
                measure_nodes_up(world->measure, world->nodes_up, world_now(world));
        }
        if (world->fall != NULL && world->faults != NULL)
            world_note_fall(world, component, serves);
        if (world->cloud != NULL)
            serve_changed(world, component, serves);
    }
    if (world->faults != NULL)
        faults_changed(world->faults, component, before, after);
    if (world->pools != NULL && ((before ^ after) & COMPONENT_SERVES))
        pools_component(world->pools, component, (after & COMPONENT_SERVES) != 0);
    if (world->cloud != NULL && world->plan->kind->component != NULL)
        world->plan->kind->component(world->cloud, component, before, after);
    for (uint32_t p = 0; p < world->parts; p++)
        world_on_change(world->part[p], component, before, after);
    world->changing = nested;
}

void world_on_fraction(void *context, uint32_t component)
{
    struct world *world = context;
    if (world->cloud == NULL)
        return;
    for (uint32_t link = world->head[component]; link != LINK_NONE;) {
        uint32_t unit = link / UNIT_DEPENDENCIES;
        link = world->unit[unit].next[link % UNIT_DEPENDENCIES];
        if (unit_is_up(&world->unit[unit]))
            regrade(world, unit, component);
    }
    for (uint32_t p = 0; p < world->parts; p++)
        world_on_fraction(world->part[p], component);
}

/* --- Audit ---------------------------------------------------------------------------------------------------------- */

/* A part is audited by itself, and the whole's sums by its cloud. */
static void audit_units(const struct world *world)
{
    for (uint32_t w = 0; w < world->demand->workloads; w++) {
        uint32_t up = 0, counted = 0, first = world->demand->workload[w].first_unit;
        int64_t given = 0;
        for (uint32_t u = first; u < first + world_class(world, w)->units; u++) {
            const struct unit *unit = &world->unit[u];
            uint32_t missing = 0;
            for (uint32_t i = 0; i < unit->dependencies; i++)
                missing += !graph_serves(world->graph, unit->dependency[i]);
            check(missing == unit->missing, "unit %" PRIu32 " miscounts what it lacks", u);
            check((unit->state == UNIT_IDLE) == (unit->node == COMPONENT_NONE), "unit %" PRIu32 " is idle on a node", u);
            uint32_t fraction = unit_is_up(unit) ? fraction_of(world, unit) : 0;
            check(fraction == unit->fraction, "unit %" PRIu32 " gives %" PRIu32 " and thinks %" PRIu32, u, fraction, unit->fraction);
            up += unit_is_up(unit);
            given += fraction;
            counted += fraction > 0 && fraction >= world_class(world, w)->up_from;
        }
        check(counted == world->load[w].counted && given == world->load[w].given, "workload %" PRIu32 " miscounts what it is given", w);
        check(up == world->load[w].up, "workload %" PRIu32 " miscounts its units", w);
    }
    pools_audit(world->pools);
}

void world_audit(const struct world *world)
{
    graph_audit(world->graph);
    if (world->parts == 0)
        audit_units(world);
    for (uint32_t p = 0; p < world->parts; p++)
        world_audit(world->part[p]);
    if (world->plan->kind->audit != NULL)
        world->plan->kind->audit(world->cloud);
}
