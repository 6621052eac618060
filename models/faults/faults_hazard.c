/* Hazards: events drawn from rates, each hitting some of what it can reach. */
#include "models/faults/faults_live.h"

#include "sim/base/nomalloc.h"

/* A process of a hazard: all that it hits together. */
struct shocks {
    struct stream stream;
    struct stream_key reach; /* of whom each of its events hits */
    uint32_t events;         /* so far */
    uint32_t first, size;    /* of the hazard's matches */
};

static void schedule_hazard(struct faults *faults, uint32_t hazard, uint32_t which)
{
    struct stream *stream = &faults->shocks[faults->hazard_first[hazard] + which].stream;
    duration wait = duration_from_seconds(stream_exponential(stream) / faults->plan->hazard_per_second[hazard]);
    if (wait.us < US_NEVER / 2)
        engine_schedule(faults->engine, instant_add(engine_now(faults->engine), wait), 1, faults->action_hazard, hazard, which);
}

static void hit(struct faults *faults, uint32_t hazard, uint32_t component, duration length)
{
    const struct fault_list *list = faults->plan->list;
    const struct target *target = &list->hazard[hazard].target;
    uint32_t cause = faults_cause_of(1 + list->incidents + hazard, target);
    instant end = instant_add(engine_now(faults->engine), length);
    faults_bring_down(faults, component, cause, target->left);
    faults_schedule_return(faults, target, component, end, cause);
}

/* What an event has hit so far goes the way of a recovery, which begins when its length is over. */
static void recover(struct faults *faults, uint32_t hazard, uint32_t count, duration length, struct stream_key key)
{
    const struct fault_list *list = faults->plan->list;
    const struct hazard *what = &list->hazard[hazard];
    instant begin = instant_add(engine_now(faults->engine), (duration){length.us + what->recovery->begin.us});
    faults_recover(faults, what->recovery, &what->target, count, begin, stream_key_path(key, "recovery"),
                   faults_cause_of(1 + list->incidents + hazard, &what->target));
}

/* An event hits some of those that it can reach, all for the same length. */
static void strike(struct faults *faults, uint32_t hazard, const struct shocks *shocks, struct stream_key family, duration length)
{
    const struct fault_plan *plan = faults->plan;
    const struct hazard *what = &plan->list->hazard[hazard];
    uint32_t patients = 0;
    for (uint32_t i = shocks->first; i < shocks->first + shocks->size; i++) {
        uint32_t component = plan->hazard[hazard].component[i];
        const char *luck = component_luck(graph_component(plan->graph, component));
        struct stream reach = stream_open(stream_key_path(family, luck));
        if (!stream_chance(&reach, what->target.share) || !faults_runs(faults, &what->target, luck))
            continue;
        if (what->recovery != NULL)
            faults->patients[patients++] =
                (struct patient){.component = component, .down = engine_now(faults->engine), .order = stream_uniform(&reach)};
        else
            hit(faults, hazard, component, length);
    }
    if (what->recovery != NULL)
        recover(faults, hazard, patients, length, family);
}

void faults_on_hazard(void *context, struct engine *engine, uint32_t hazard, uint64_t which)
{
    (void)engine;
    struct faults *faults = context;
    const struct fault_plan *plan = faults->plan;
    const struct hazard *what = &plan->list->hazard[hazard];
    struct shocks *shocks = &faults->shocks[faults->hazard_first[hazard] + which];
    if (what->scope != HAZARD_EACH) {
        struct stream_key family = stream_key_index(shocks->reach, shocks->events++);
        duration length = law_draw_duration(what->length, &shocks->stream);
        strike(faults, hazard, shocks, family, length);
    } else {
        uint32_t component = plan->hazard[hazard].component[which];
        bool reached = stream_chance(&shocks->stream, what->target.share);
        duration length = law_draw_duration(what->length, &shocks->stream);
        bool hits = reached && faults_runs(faults, &what->target, component_luck(graph_component(plan->graph, component)));
        if (hits && what->recovery != NULL) {
            faults->patients[0] = (struct patient){.component = component, .down = engine_now(faults->engine)};
            recover(faults, hazard, 1, length, stream_key_index(shocks->reach, shocks->events++));
        } else if (hits) {
            hit(faults, hazard, component, length);
        }
    }
    schedule_hazard(faults, hazard, (uint32_t)which);
}

/* The processes of a hazard, in the order of its matches; shocks NULL: only counts them. */
static uint32_t divide(struct faults *faults, struct arena *arena, uint32_t number, struct shocks *shocks)
{
    const struct hazard *hazard = &faults->plan->list->hazard[number];
    const struct fault_match *match = &faults->plan->hazard[number];
    struct stream_key own = stream_key_path(stream_key(faults->seed, faults->replication, "hazard"), hazard->name);
    struct stream_key reach = stream_key_path(stream_key(faults->seed, faults->replication, "hazard reach"), hazard->name);
    uint32_t count = 0;
    for (uint32_t first = 0, size = 0; first < match->count; first += size, count++) {
        const struct component *one = graph_component(faults->plan->graph, match->component[first]);
        const char *luck = "";
        size = match->count;
        if (hazard->scope == HAZARD_EACH) {
            luck = component_luck(one);
            size = 1;
        } else if (hazard->scope != HAZARD_COMMON) {
            enum fall_order order = hazard->scope == HAZARD_ZONE ? FALL_BY_ZONE : FALL_BY_SITE;
            size = 1;
            while (first + size < match->count &&
                   target_same_domain(one->path, graph_component(faults->plan->graph, match->component[first + size])->path, order))
                size++;
            if (shocks != NULL)
                luck = arena_format(arena, "%.*s", (int)target_domain_length(one->path, order), one->path);
        }
        if (shocks != NULL)
            shocks[count] = (struct shocks){.stream = stream_open(stream_key_path(own, luck)),
                                            .reach = luck[0] != '\0' ? stream_key_path(reach, luck) : reach,
                                            .first = first,
                                            .size = size};
    }
    return count;
}

void faults_open_hazards(struct faults *faults, struct arena *arena)
{
    const struct fault_list *list = faults->plan->list;
    uint32_t all = 0;
    faults->hazard_first = arena_array(arena, list->hazards + 1, uint32_t);
    for (uint32_t h = 0; h < list->hazards; h++) {
        faults->hazard_first[h] = all;
        all += divide(faults, arena, h, NULL);
    }
    faults->hazard_first[list->hazards] = all;
    faults->shocks = arena_array(arena, all, struct shocks);
    for (uint32_t h = 0; h < list->hazards; h++) {
        (void)divide(faults, arena, h, &faults->shocks[faults->hazard_first[h]]);
        for (uint32_t i = 0; i < faults->hazard_first[h + 1] - faults->hazard_first[h] && faults->plan->hazard_per_second[h] > 0; i++)
            schedule_hazard(faults, h, i);
    }
}
