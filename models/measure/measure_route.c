/* What users of a service feel while it has its quorum: sessions die with the replica that holds them, and requests go on being sent to it
 * until somebody has noticed.
 *
 * Sessions are spread evenly over the replicas that are up, and are there while the service is: whose session is lost begins another at
 * once (assumption); a quorum that is lost takes them all. A
 * replica that goes down, for whatever reason, is still sent its part of the requests for the class's `reroute`, and these fail. Which
 * replica comes back is not looked at: the first that fell is the first to be sent requests again. */
#include "models/measure/measure_internal.h"

#include <math.h>

#include "sim/base/nomalloc.h"

struct measure_route {
    double sessions_lost, failed_us; /* failed_us: time times the share of requests that fail, in the window */
    instant since;                   /* of what follows */
    uint32_t first, dead;            /* of the workload's ring: replicas that are down and still sent requests */
};

static bool is_followed(const struct demand_class *class)
{
    return class->kind == DEMAND_SERVICE && (class->sessions > 0 || class->reroute.us > 0);
}

void measure_open_routes(struct measure *measure)
{
    const struct demand_plan *plan = measure->demand->plan;
    for (uint32_t c = 0; c < plan->classes; c++)
        if (measure->route == NULL && is_followed(&plan->class[c])) {
            measure->route = arena_array(measure->arena, measure->demand->workloads, struct measure_route);
            measure->dead_until = arena_array(measure->arena, measure->demand->units, instant);
        }
}

static struct measure_route *route_of(const struct measure *measure, uint32_t workload)
{
    bool followed = measure->route != NULL && is_followed(demand_class_of(measure->demand, workload));
    return followed ? &measure->route[workload] : NULL;
}

/* The n-th oldest of the ring. */
static instant *dead_until(const struct measure *measure, uint32_t workload, const struct measure_route *route, uint32_t n)
{
    uint32_t units = demand_class_of(measure->demand, workload)->units;
    return &measure->dead_until[measure->demand->workload[workload].first_unit + (route->first + n) % units];
}

static void drop_oldest(const struct measure *measure, uint32_t workload, struct measure_route *route)
{
    route->first = (route->first + 1) % demand_class_of(measure->demand, workload)->units;
    route->dead--;
}

static void pass(const struct measure *measure, uint32_t workload, struct measure_route *route, instant until)
{
    const struct account *account = &measure->account[workload];
    int64_t horizon = measure->task->horizon.us, from = route->since.us > 0 ? route->since.us : 0;
    int64_t to = until.us < horizon ? until.us : horizon;
    bool down = account->up < demand_class_of(measure->demand, workload)->quorum;
    double failing = down ? 1 : (double)route->dead / (double)(account->up + route->dead);
    if (account->wanted && to > from)
        route->failed_us += failing * (double)(to - from);
    route->since = until;
}

void measure_settle_route(struct measure *measure, uint32_t workload, instant now)
{
    struct measure_route *route = route_of(measure, workload);
    if (route == NULL)
        return;
    while (route->dead > 0 && dead_until(measure, workload, route, 0)->us <= now.us) {
        pass(measure, workload, route, *dead_until(measure, workload, route, 0));
        drop_oldest(measure, workload, route);
    }
    pass(measure, workload, route, now);
}

static double sessions_lost(const struct demand_class *class, uint32_t before, uint32_t after)
{
    if (before < class->quorum)
        return 0;
    return after < class->quorum ? class->sessions : class->sessions * (double)(before - after) / (double)before;
}

void measure_route_up(struct measure *measure, uint32_t workload, uint32_t up, instant now)
{
    struct measure_route *route = route_of(measure, workload);
    if (route == NULL)
        return;
    const struct demand_class *class = demand_class_of(measure->demand, workload);
    uint32_t before = measure->account[workload].up;
    measure_settle_route(measure, workload, now);
    if (up < before && now.us >= 0 && now.us <= measure->task->horizon.us)
        route->sessions_lost += sessions_lost(class, before, up);
    for (uint32_t n = up; n < before && class->reroute.us > 0; n++) {
        if (route->dead == class->units) /* fell, came back and fell again faster than anybody notices */
            drop_oldest(measure, workload, route);
        *dead_until(measure, workload, route, route->dead++) = instant_add(now, class->reroute);
    }
    for (uint32_t n = before; n < up && route->dead > 0; n++)
        drop_oldest(measure, workload, route);
}

void measure_route_end(struct measure *measure, uint32_t workload, instant now)
{
    struct measure_route *route = route_of(measure, workload);
    if (route == NULL)
        return;
    measure_settle_route(measure, workload, now);
    route->dead = 0;
}

double measure_sessions_lost(const struct measure *measure)
{
    double lost = 0;
    bool any = false;
    for (uint32_t w = 0; measure->route != NULL && w < measure->demand->workloads; w++)
        if (demand_class_of(measure->demand, w)->sessions > 0) {
            any = true;
            lost += measure->route[w].sessions_lost;
        }
    return any ? lost : (double)NAN;
}

double measure_requests_served(const struct measure *measure)
{
    double failed_us = 0, wanted_us = 0;
    for (uint32_t w = 0; measure->route != NULL && w < measure->demand->workloads; w++)
        if (demand_class_of(measure->demand, w)->reroute.us > 0) {
            failed_us += measure->route[w].failed_us;
            wanted_us += (double)measure->account[w].wanted_us;
        }
    return wanted_us > 0 ? 1 - failed_us / wanted_us : (double)NAN;
}
