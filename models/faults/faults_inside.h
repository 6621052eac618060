/* What the files of this room share:
 *   target.c     which components something hits; matching it to a cloud's graph
 *   incident.c   reading scripted incidents and hazards
 *   trace.c      reading recorded outages
 *   hours.c      reading the hours of hosts that follow the clock
 *   rollout.c    reading rollouts; when which component gets a release, and when it is stopped
 *   recovery.c   reading a recovery; who is back when, with crews and a restart herd
 *   cache.c      caches that must warm
 *   bind.c       the plan of one cloud
 *   faults*.c    living (faults_live.h) */
#ifndef NINES_MODELS_FAULTS_FAULTS_INSIDE_H
#define NINES_MODELS_FAULTS_FAULTS_INSIDE_H

#include "models/faults/faults.h"
#include "sim/chance/random.h"

#define TARGET_KEYS                                                                                                    \
    {"target", KEY_CHOICE, NULL, "class of the components it hits", .choices = COMPONENT_CHOICES},                     \
        {"where", KEY_TEXT, "*", "pattern on component paths: * any run of characters, ? one character"},              \
        {"software", KEY_TEXT, "", "only nodes that run this software (a name in fleet.software)"},                    \
        {"share", KEY_SHARE, "100 %",                                                                                  \
         "share of the matching components that is hit: drawn once per replication for an incident or hours, at every event otherwise"}, \
        {"severity", KEY_SHARE, "100 %",                                                                               \
         "what a hit component loses of its service; below 100 % it is degraded, and serves on with the rest", .low = 1e-6, .high = 1},   \
        {"noticed", KEY_SHARE, "0 %", "probability that a degraded component is found out and taken out of service (assumption: never)"}, \
        {"noticed_after", KEY_LAW, "0 s", "time from its degradation until it is found out"}

/* --- Targets --- */
struct target target_read(struct scenario *scenario, const struct value *group, const struct fleet *fleet);
const char *const *target_names(struct scenario *scenario, const struct value *texts, uint32_t *count);
bool target_hits_cloud(const char *const *clouds, uint32_t count, const char *cloud);
struct fault_match target_match(struct arena *arena, const struct graph *graph, const struct target *target);
/* Characters of a path up to its site ("us-central"), zone ("us-central/z1") or rack ("us-central/z1/r02"). */
size_t target_domain_length(const char *path, enum fall_order order);
/* Whether two components stand in the same one; always where the order is random. */
bool target_same_domain(const char *one, const char *other, enum fall_order order);
/* Keys and reading of who falls first. */
#define FALL_KEYS(who)                                                                                                 \
    {"order", KEY_CHOICE, "random", who ": drawn, or one zone, site or rack (of storage: unit) after the other", .choices = "random|zone|site|rack"}, \
        {"sequence", KEY_TEXTS, NULL, "patterns on paths, such as \"us-central/z2/*\": who matches the first is first, who matches none is last; " \
         "among those, 'order'", .filled = true}
struct fall_rule fall_read(struct scenario *scenario, const struct value *group);
/* Where each match stands among those that fall. NULL where all is random. O(matches x patterns). */
const struct fall_place *fall_places(struct arena *arena, const struct graph *graph, const struct fault_match *match, const struct fall_rule *fall);

/* --- Recovery --- */
extern const struct key recovery_keys[];
/* NULL when the group was not given. */
const struct recovery *recovery_read(struct scenario *scenario, const struct value *group);

/* A component on its way back. */
struct patient {
    uint32_t component;
    instant down, up; /* up: out */
    double order;     /* who is treated first among those that wait: a uniform draw */
};
/* One who is about to try the door. */
struct knock {
    instant at;
    uint32_t patient; /* index */
    uint32_t failed;  /* tries since he began, or last rested */
    uint32_t drawn;   /* waits */
};
/* Memory of a plan, the caller's. */
struct recovery_room {
    instant *crews;      /* [recovery->crews] */
    struct knock *knocks; /* [count], where clients are not steady */
};
/* Fills in `up` of patients[count]; they are sorted on the way. `begin`: repairs start then at the earliest. Who is not back at `end` is
 * so for good. key: of this event's chances, by component. O((count + tries) log count). */
void recovery_plan(const struct recovery *recovery, struct patient *patients, uint32_t count, instant begin, instant end,
                   struct stream_key key, const struct graph *graph, const struct recovery_room *room);

/* --- Rollouts --- */
void rollout_read(struct scenario *scenario, const struct value *group, const struct fault_source *source, struct rollout *rollout);
/* Who one release breaks, that begins at `begin`, were it never stopped: fills patients (room for all matches) with component, down and
 * order, by time of breaking, and returns how many. `runs` says whether a component runs the software that the target asks for.
 * O(matches log matches). */
uint32_t rollout_break(const struct rollout *rollout, const struct fault_match *match, const struct graph *graph, instant begin,
                       struct stream_key key, bool (*runs)(const void *context, const struct target *target, const char *luck),
                       const void *context, struct patient *patients);
/* When it is stopped; INSTANT_NEVER when too few break. Of patients[*count] only those that broke by then are left. */
instant rollout_stop(const struct rollout *rollout, const struct patient *patients, uint32_t *count, struct stream_key key);

/* --- Caches --- */
void cache_read(struct scenario *scenario, const struct value *group, struct cache *cache);
struct caches;
/* All warm. NULL when the plan has none: then no action is registered either. cause[components]: where it is noted what degrades whom,
 * numbers from first_cause on. */
struct caches *caches_open(struct arena *arena, const struct fault_plan *plan, struct graph_state *graph, struct engine *engine,
                           uint32_t *cause, uint32_t first_cause);
/* A component has stopped to serve, or serves again. Only schedules. */
void caches_changed(struct caches *caches, uint32_t component);

/* --- Traces --- */
void trace_read(struct scenario *scenario, const struct value *group, const struct fault_source *source, struct trace *trace);
/* When a time of the trace's cycle comes in the run, without lateness and jitter. */
static inline instant trace_time(const struct trace *trace, int64_t cycle, duration at)
{
    return (instant){trace->offset.us + cycle * trace->repeat.us + at.us};
}
/* The first cycle that is not over for everybody at `now`. */
int64_t trace_first_cycle(const struct trace *trace, instant now);
/* A draw between -jitter and jitter. */
duration trace_jitter(const struct trace *trace, struct stream *stream);
void hours_read(struct scenario *scenario, const struct value *group, const struct fault_source *source, struct trace *trace);

#endif
