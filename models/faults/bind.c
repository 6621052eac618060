/* The faults of one cloud: what of its graph they can hit. */
#include "models/faults/faults_inside.h"

#include <math.h>

/* Of what a target means those that the source may hit under one of the names. */
static struct fault_match bind_target(struct arena *arena, const struct graph *graph, const struct target *target,
                                      const char *const *clouds, uint32_t count, const struct fault_names *names)
{
    bool hits[FAULT_NAMES_MAX] = {false}, any = false;
    for (uint32_t i = 0; i < names->count; i++)
        any = (hits[i] = target_hits_cloud(clouds, count, names->name[i])) || any;
    if (!any || hits[0] || names->owner == NULL)
        return any ? target_match(arena, graph, target) : (struct fault_match){0};
    struct fault_match all = target_match(arena, graph, target);
    uint32_t *list = arena_array(arena, all.count, uint32_t), used = 0;
    for (uint32_t i = 0; i < all.count; i++) {
        uint8_t owner = names->owner[all.component[i]];
        if (owner == 0 || hits[owner])
            list[used++] = all.component[i];
    }
    return (struct fault_match){.component = list, .count = used};
}

static void bind_targets(struct arena *arena, const struct fault_list *list, const struct fault_names *names, struct fault_plan *plan)
{
    uint32_t effects = 0, next = 0;
    for (uint32_t i = 0; i < list->incidents; i++)
        effects += list->incident[i].effects;
    plan->matches = effects + list->hazards + list->traces + list->rollouts + list->caches;
    struct fault_match *match = arena_array(arena, plan->matches, struct fault_match);
    plan->match = plan->effect = match;
    plan->hazard = plan->effect + effects;
    plan->trace = plan->hazard + list->hazards;
    plan->rollout = plan->trace + list->traces;
    plan->cache = plan->rollout + list->rollouts;
    for (uint32_t i = 0; i < list->incidents; i++) {
        const struct incident *what = &list->incident[i];
        for (uint32_t e = 0; e < what->effects; e++, next++) {
            match[next] = bind_target(arena, plan->graph, &what->effect[e].target, what->clouds, what->cloud_count, names);
            match[next].place = fall_places(arena, plan->graph, &match[next], &what->effect[e].fall);
        }
    }
    for (uint32_t i = 0; i < list->hazards; i++) {
        const struct hazard *what = &list->hazard[i];
        match[next++] = bind_target(arena, plan->graph, &what->target, what->clouds, what->cloud_count, names);
    }
    for (uint32_t i = 0; i < list->traces; i++) {
        const struct trace *what = &list->trace[i];
        match[next++] = bind_target(arena, plan->graph, &what->target, what->clouds, what->cloud_count, names);
    }
    for (uint32_t i = 0; i < list->rollouts; i++) {
        const struct rollout *what = &list->rollout[i];
        match[next] = bind_target(arena, plan->graph, &what->target, what->clouds, what->cloud_count, names);
        match[next].place = fall_places(arena, plan->graph, &match[next], &what->fall);
        next++;
    }
    uint32_t *behind = arena_array(arena, list->caches, uint32_t);
    plan->cache_behind = behind;
    for (uint32_t i = 0; i < list->caches; i++) {
        const struct cache *what = &list->cache[i];
        match[next++] = bind_target(arena, plan->graph, &what->target, what->clouds, what->cloud_count, names);
        behind[i] = graph_find(plan->graph, what->behind);
    }
}

/* Failures per second of the targets that fail by themselves, in the mean. */
static double own_rate(const struct graph *graph, const struct fault_match *match)
{
    double sum = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < match->count; i++) {
        const struct law *up = graph_component(graph, match->component[i])->up;
        if (up == NULL)
            continue;
        sum += 1 / law_mean(up);
        count++;
    }
    return count > 0 ? sum / count : 0;
}

/* A share beta of all failures: lambda_common / (lambda_common + lambda_own) = beta. */
static void bind_rates(struct arena *arena, const struct fault_list *list, struct fault_plan *plan)
{
    double *rate = arena_array(arena, list->hazards, double);
    plan->hazard_per_second = rate;
    for (uint32_t h = 0; h < list->hazards; h++) {
        const struct hazard *hazard = &list->hazard[h];
        rate[h] = hazard->beta > 0 ? own_rate(plan->graph, &plan->hazard[h]) * hazard->beta / (1 - hazard->beta) : hazard->per_second;
    }
}

struct fault_plan *faults_bind(struct arena *arena, const struct fault_list *list, const struct graph *graph,
                               const struct fleet *fleet, const struct fault_names *names)
{
    struct fault_plan *plan = arena_new(arena, struct fault_plan);
    *plan = (struct fault_plan){.list = list, .graph = graph, .fleet = fleet};
    bind_targets(arena, list, names, plan);
    bind_rates(arena, list, plan);
    plan->process = arena_array(arena, graph_count(graph), uint32_t);
    for (uint32_t c = 0; c < graph_count(graph); c++)
        if (graph_component(graph, c)->up != NULL)
            plan->process[plan->processes++] = c;
    return plan;
}

/* --- How much can be pending --- */

/* Events that one outage of one component has pending, for what it was without grey failures: twice that with a notice. */
static double times(const struct target *target) { return target->noticed > 0 ? 2 : 1; }

/* Outages of one target that an effect schedules at once. */
static double most_grades(const struct effect *effect) { return effect->grades > 1 ? effect->grades : 1; }

/* Outages of one target at once, in the mean, where they come at `per_second` and last mean_s; bounded, as a mean may be
 * infinite. */
static double overlap(double per_second, double mean_s)
{
    double overlapping = per_second * mean_s;
    return overlapping < 64 ? overlapping : 64;
}

/* A mean time, and no more than that: one patient's repair, and the time that all take together. */
static double recovery_mean(const struct recovery *recovery, uint32_t count)
{
    double repair = law_mean(recovery->time) * (1 - recovery->hard_share) + law_mean(recovery->hard_time) * recovery->hard_share;
    double queue = recovery->crews > 0 ? repair * count / recovery->crews : repair;
    return duration_seconds(recovery->begin) + queue + (recovery->capacity > 0 ? count / recovery->capacity : 0);
}

uint32_t faults_pending_estimate(const struct fault_plan *plan)
{
    const struct fault_list *list = plan->list;
    uint64_t pending = plan->processes;
    uint32_t next = 0;
    for (uint32_t i = 0; i < list->incidents; i++)
        for (uint32_t e = 0; e < list->incident[i].effects; e++)
            pending += 2 * (uint64_t)(times(&list->incident[i].effect[e].target) * most_grades(&list->incident[i].effect[e]) *
                                      (double)plan->effect[next++].count);
    for (uint32_t h = 0; h < list->hazards; h++) {
        const struct recovery *recovery = list->hazard[h].recovery;
        double waits = recovery != NULL ? recovery_mean(recovery, plan->hazard[h].count) : 0;
        double overlapping = overlap(plan->hazard_per_second[h], law_mean(list->hazard[h].length) + waits);
        pending += (uint64_t)((2 + 2 * overlapping + 4 * sqrt(overlapping)) * times(&list->hazard[h].target) *
                              (double)plan->hazard[h].count) + 4;
    }
    for (uint32_t t = 0; t < list->traces; t++)
        pending += (uint64_t)(times(&list->trace[t].target) * 2 * ((double)list->trace[t].overlap + 1) * (double)plan->trace[t].count) + 2;
    for (uint32_t r = 0; r < list->rollouts; r++) {
        const struct rollout *rollout = &list->rollout[r];
        double overlapping = overlap(rollout->per_second, law_mean(rollout->recovery->time) + law_mean(rollout->notice));
        pending += (uint64_t)((2 + 4 * overlapping + 4 * sqrt(overlapping)) * times(&rollout->target) *
                              (double)plan->rollout[r].count) + 4;
    }
    pending += list->caches + graph_grace_count(plan->graph);
    return pending > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)pending;
}
