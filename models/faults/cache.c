/* Caches that must warm. */
#include "models/faults/faults_inside.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

const struct key cache_keys[] = {
    {"name", KEY_NAME, NULL, "name of these caches: they share what stands behind them, and its load", .unique = true},
    {"target", KEY_CHOICE, "shared", "class of the components that are such caches", .choices = COMPONENT_CHOICES},
    {"where", KEY_TEXT, NULL, "pattern on their paths"},
    {"behind", KEY_TEXT, "", "path of the component that answers what they miss; its own users feel its overload; absent: it is not modelled"},
    {"fill", KEY_DURATION, NULL, "time constant of filling, while all misses are answered", .low = 0.001, .high = 315576000},
    {"lifetime", KEY_DURATION, "0 s", "mean time until content must be fetched again; 0 s: never", .low = 0, .high = 315576000},
    {"hits", KEY_SHARE, "90 %", "share of requests that a full cache answers by itself (assumption)"},
    {"miss", KEY_SHARE, "100 %", "what an answer from behind is worth, beside one from the cache; 0 %: a warm-up, nothing stands behind"},
    {"keeps", KEY_SHARE, "0 %", "share of its content that survives when it is down"},
    {"capacity", KEY_SHARE, "100 %", "what stands behind can answer, as a share of the requests to all these caches"},
    {"waste", KEY_NUMBER, "1", "work that a request beyond the capacity takes from the others, over that of one answer (assumption)", .low = 0,
     .high = 1000},
    {"floor", KEY_SHARE, "1 %", "useful share of the capacity that is left at worst (assumption)", .low = 1e-6, .high = 1},
    {"clouds", KEY_TEXTS, NULL, "clouds that have them; absent: all", .filled = true},
    {"source", KEY_TEXT, "", "where the figures come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

/* Content of a cache that has been up for long, all its misses answered. */
static double warm_content(const struct cache *cache) { return 1 / (1 + cache->expiry); }

void cache_read(struct scenario *scenario, const struct value *group, struct cache *cache)
{
    duration lifetime = value_duration(group, "lifetime");
    *cache = (struct cache){.name = value_text(group, "name"),
                            .target = {.class = (enum component_class)value_choice(group, "target"),
                                       .where = value_text(group, "where"),
                                       .software = COMPONENT_NONE},
                            .behind = value_text(group, "behind"),
                            .fill = value_duration(group, "fill"),
                            .hits = value_number(group, "hits"),
                            .miss = value_number(group, "miss"),
                            .keeps = value_number(group, "keeps"),
                            .capacity = value_number(group, "capacity"),
                            .waste = value_number(group, "waste"),
                            .floor = value_number(group, "floor")};
    cache->expiry = lifetime.us > 0 ? duration_seconds(cache->fill) / duration_seconds(lifetime) : 0;
    cache->clouds = target_names(scenario, value_of(group, "clouds"), &cache->cloud_count);
    if (1 - cache->hits * warm_content(cache) > cache->capacity)
        scenario_error(scenario, value_of(group, "capacity"), "raise it, or 'hits', or 'lifetime'",
                       "what stands behind cannot even answer what warm caches miss");
    if (!(cache->hits > 0) && !(cache->miss > 0))
        scenario_error(scenario, value_of(group, "miss"), "give 'hits' or 'miss'", "nothing would ever be answered");
}

/* --- Living --- */

enum { STEPS = 100 }; /* of one time constant */

/* One cache. */
struct pot {
    double content;    /* 0..1 */
    bool serves;       /* as it was looked at last */
    uint32_t fraction; /* it is degraded to; GRAPH_WHOLE: it is not */
};

/* All caches of one name. */
struct kitchen {
    const struct cache *cache;
    const struct fault_match *match;
    struct pot *pot;          /* [match->count] */
    uint32_t behind;          /* component, or COMPONENT_NONE */
    uint32_t behind_fraction; /* it is degraded to */
    double answered;          /* share of the misses, since `last` */
    instant last;
    struct event_id look;
};

struct caches {
    struct kitchen *kitchen;
    uint32_t kitchens;
    uint64_t *kitchens_of; /* by component: a bit for each kitchen that hangs on it */
    struct graph_state *graph;
    struct engine *engine;
    uint32_t *cause;      /* by component, the faults' */
    uint32_t first_cause; /* number of the first kitchen's */
    uint32_t action;
};

/* Steps of a hundredth: what is degraded changes no more often than that matters. */
static uint32_t fraction_of(double share)
{
    uint32_t hundredths = share > 0 ? (uint32_t)(share * 100 + 0.5) : 0;
    return hundredths >= 100 ? GRAPH_WHOLE : hundredths > 0 ? hundredths * (GRAPH_WHOLE / 100) : 1;
}

static void degrade_to(struct caches *caches, uint32_t component, uint32_t *fraction, uint32_t wanted)
{
    if (*fraction == wanted)
        return;
    uint32_t before = *fraction;
    *fraction = wanted;
    if (wanted < GRAPH_WHOLE)
        graph_degrade(caches->graph, component, wanted);
    if (before < GRAPH_WHOLE)
        graph_restore(caches->graph, component, before);
}

/* How content changes in a time constant. */
static double filling(const struct kitchen *kitchen, const struct pot *pot)
{
    return kitchen->answered * (1 - pot->content) - pot->content * kitchen->cache->expiry;
}

/* What has gone on since the last look; then who is up now. */
static void advance(struct caches *caches, struct kitchen *kitchen, instant now)
{
    double part = duration_seconds(instant_since(now, kitchen->last)) / duration_seconds(kitchen->cache->fill);
    for (uint32_t i = 0; i < kitchen->match->count; i++) {
        struct pot *pot = &kitchen->pot[i];
        if (pot->serves)
            pot->content += part * filling(kitchen, pot);
        bool serves = graph_serves(caches->graph, kitchen->match->component[i]);
        if (pot->serves && !serves)
            pot->content *= kitchen->cache->keeps;
        pot->serves = serves;
    }
    kitchen->last = now;
}

/* Share of the misses that is answered: beyond the capacity every request takes work from those that could be. */
static double answered(const struct caches *caches, const struct kitchen *kitchen)
{
    const struct cache *cache = kitchen->cache;
    double misses = 0;
    for (uint32_t i = 0; i < kitchen->match->count; i++)
        if (kitchen->pot[i].serves)
            misses += 1 - cache->hits * kitchen->pot[i].content;
    misses /= kitchen->match->count;
    if (kitchen->behind != COMPONENT_NONE && !graph_serves(caches->graph, kitchen->behind))
        return 0;
    if (misses <= cache->capacity)
        return 1;
    double useful = cache->capacity - cache->waste * (misses - cache->capacity), least = cache->capacity * cache->floor;
    return (useful > least ? useful : least) / misses;
}

static void look(struct caches *caches, struct kitchen *kitchen, uint32_t number)
{
    const struct cache *cache = kitchen->cache;
    instant now = engine_now(caches->engine);
    double warm = cache->hits * warm_content(cache), whole = warm + (1 - warm) * cache->miss;
    bool moves = false;
    advance(caches, kitchen, now);
    kitchen->answered = answered(caches, kitchen);
    for (uint32_t i = 0; i < kitchen->match->count; i++) {
        struct pot *pot = &kitchen->pot[i];
        uint32_t component = kitchen->match->component[i];
        double hits = cache->hits * pot->content, given = hits + (1 - hits) * kitchen->answered * cache->miss, change = filling(kitchen, pot);
        uint32_t wanted = fraction_of(given / whole);
        moves = moves || (pot->serves && (change > 1e-5 || change < -1e-5));
        if (pot->serves && wanted < GRAPH_WHOLE && pot->fraction != wanted)
            caches->cause[component] = caches->first_cause + number;
        degrade_to(caches, component, &pot->fraction, wanted); /* one that is down returns cold */
    }
    if (kitchen->behind != COMPONENT_NONE) {
        uint32_t wanted = kitchen->answered > 0 ? fraction_of(kitchen->answered) : GRAPH_WHOLE;
        if (wanted < kitchen->behind_fraction)
            caches->cause[kitchen->behind] = caches->first_cause + number;
        degrade_to(caches, kitchen->behind, &kitchen->behind_fraction, wanted);
    }
    if (moves)
        kitchen->look = engine_schedule(caches->engine, instant_add(now, (duration){cache->fill.us / STEPS + 1}), 1, caches->action, number, 0);
}

static void on_look(void *context, struct engine *engine, uint32_t number, uint64_t detail)
{
    (void)engine, (void)detail;
    struct caches *caches = context;
    look(caches, &caches->kitchen[number], number);
}

static void look_now(struct caches *caches, uint32_t number)
{
    struct kitchen *kitchen = &caches->kitchen[number];
    engine_cancel(caches->engine, kitchen->look);
    kitchen->look = engine_schedule(caches->engine, engine_now(caches->engine), 1, caches->action, number, 0);
}

void caches_changed(struct caches *caches, uint32_t component)
{
    uint64_t kitchens = caches->kitchens_of[component];
    for (uint32_t k = 0; k < caches->kitchens && kitchens != 0; k++)
        if ((kitchens >> k & 1) != 0)
            look_now(caches, k);
}

struct caches *caches_open(struct arena *arena, const struct fault_plan *plan, struct graph_state *graph, struct engine *engine,
                           uint32_t *cause, uint32_t first_cause)
{
    uint32_t count = plan->list->caches;
    if (count == 0)
        return NULL;
    struct caches *caches = arena_new(arena, struct caches);
    *caches = (struct caches){.kitchens = count, .graph = graph, .engine = engine, .cause = cause, .first_cause = first_cause};
    caches->action = engine_action(engine, on_look, caches);
    caches->kitchen = arena_array(arena, count, struct kitchen);
    caches->kitchens_of = arena_array(arena, graph_count(plan->graph), uint64_t);
    for (uint32_t k = 0; k < count; k++) {
        struct kitchen *kitchen = &caches->kitchen[k];
        const struct cache *cache = &plan->list->cache[k];
        const struct fault_match *match = &plan->cache[k];
        *kitchen = (struct kitchen){.cache = cache,
                                    .match = match,
                                    .pot = arena_array(arena, match->count, struct pot),
                                    .behind = plan->cache_behind[k],
                                    .behind_fraction = GRAPH_WHOLE,
                                    .answered = 1,
                                    .last = engine_now(engine)};
        for (uint32_t i = 0; i < match->count; i++) {
            kitchen->pot[i] = (struct pot){.content = warm_content(cache), .serves = true, .fraction = GRAPH_WHOLE};
            caches->kitchens_of[match->component[i]] |= UINT64_C(1) << k;
        }
        if (match->count > 0 && kitchen->behind != COMPONENT_NONE)
            caches->kitchens_of[kitchen->behind] |= UINT64_C(1) << k;
        if (match->count > 0)
            look_now(caches, k); /* who is down already? */
    }
    return caches;
}
