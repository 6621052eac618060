/* Reading incidents and hazards from the scenario, and matching them to the components of a cloud. */
#include "models/faults/faults.h"

#include "sim/base/check.h"

#include <math.h>
#include <string.h>

static const struct key phase_keys[] = {
    {"at", KEY_DURATION, NULL, "time since the incident's start"},
    {"impaired", KEY_SHARE, NULL, "fraction of the targets that is down then; linear between phases"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U assumed", .choices = "R|K|U"},
    KEY_END};

#define TARGET_KEYS                                                                                                    \
    {"target", KEY_CHOICE, NULL, "class of the components it hits", .choices = COMPONENT_CHOICES},                     \
        {"where", KEY_TEXT, "*", "pattern on component paths: * any run of characters, ? one character"},              \
        {"software", KEY_TEXT, "", "only nodes that run this software (a name in fleet.software)"},                    \
        {"share", KEY_SHARE, "100 %", "share of the matching components that is hit: drawn once per replication for an incident, at every event for a hazard"}

static const struct key effect_keys[] = {TARGET_KEYS,
                                         {"phases", KEY_LIST, NULL, "curve of the fraction impaired", .children = phase_keys,
                                          .required = true},
                                         KEY_END};

const struct key incident_keys[] = {
    {"name", KEY_NAME, NULL, "name, as study points and charts use it", .unique = true},
    {"start", KEY_UTC, NULL, "when it begins"},
    {"clouds", KEY_TEXTS, NULL, "clouds it can hit; absent: all (it hits only what it finds there)"},
    {"effects", KEY_LIST, NULL, "what it does", .children = effect_keys, .required = true},
    {"source", KEY_TEXT, "", "where the curve comes from"},
    KEY_END};

const struct key hazard_keys[] = {
    {"name", KEY_NAME, NULL, "name of the hazard", .unique = true},
    TARGET_KEYS,
    {"scope", KEY_CHOICE, "common", "common: one process hits all targets at once; each: one process per target",
     .choices = "common|each"},
    {"rate", KEY_RATE, NULL, "events per time (of the one process, or of each target's)"},
    {"length", KEY_LAW, NULL, "how long a hit component stays down"},
    {"clouds", KEY_TEXTS, NULL, "clouds it can hit; absent: all"},
    {"source", KEY_TEXT, "", "where rate and length come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

bool path_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == *text || *pattern == '?') {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static struct target read_target(struct scenario *scenario, const struct value *group, const struct fleet *fleet)
{
    const char *software = value_text(group, "software");
    struct target target = {.class = (enum component_class)value_choice(group, "target"),
                            .where = value_text(group, "where"),
                            .software = COMPONENT_NONE,
                            .share = value_number(group, "share")};
    if (software[0] == '\0')
        return target;
    const char **names = arena_array(scenario->arena, fleet->software_count, const char *);
    for (uint32_t i = 0; i < fleet->software_count; i++) {
        names[i] = fleet->software[i].name;
        if (strcmp(names[i], software) == 0)
            target.software = i;
    }
    if (target.software == COMPONENT_NONE) {
        const char *near = scenario_nearest(software, names, fleet->software_count);
        scenario_error(scenario, value_of(group, "software"),
                       near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near)
                                    : "declare it in fleet.software",
                       "no software is called '%s'", software);
    } else if (target.class != COMPONENT_NODE) {
        scenario_error(scenario, value_of(group, "software"), "write target = \"node\"",
                       "only nodes run software, but the target is another class");
    }
    return target;
}

static const char *const *read_names(struct scenario *scenario, const struct value *texts, uint32_t *count)
{
    *count = (uint32_t)value_count(texts);
    const char **names = arena_array(scenario->arena, *count, const char *);
    for (uint32_t i = 0; i < *count; i++)
        names[i] = value_at(texts, i)->text;
    return names;
}

/* The curve must go forward in time, rise to one peak and fall from it: only then do one order of falling and one of returning
 * reproduce it. */
static void read_effect(struct scenario *scenario, const struct value *group, const struct fleet *fleet, struct effect *effect)
{
    const struct value *phases = value_of(group, "phases");
    struct phase *phase = arena_array(scenario->arena, value_count(phases), struct phase);
    *effect = (struct effect){
        .target = read_target(scenario, group, fleet), .phase = phase, .phases = (uint32_t)value_count(phases)};
    for (uint32_t i = 0; i < effect->phases; i++) {
        const struct value *at = value_at(phases, i);
        phase[i] = (struct phase){value_duration(at, "at"), value_number(at, "impaired")};
        if (i > 0 && phase[i].after.us <= phase[i - 1].after.us)
            scenario_error(scenario, value_of(at, "at"), "list the phases in order of time, each later than the one before",
                           "phase %u is not later than phase %u", i + 1, i);
        if (phase[i].impaired > phase[effect->peak].impaired)
            effect->peak = i;
    }
    for (uint32_t i = 1; i < effect->phases; i++)
        if (i <= effect->peak ? phase[i].impaired < phase[i - 1].impaired : phase[i].impaired > phase[i - 1].impaired)
            scenario_error(scenario, value_of(value_at(phases, i), "impaired"),
                           "write a second peak as a second effect, or as an incident of its own",
                           "the curve has more than one peak");
}

static struct incident *read_incident(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                                      int64_t start_unix_s, struct incident *incident)
{
    const struct value *effects = value_of(group, "effects");
    struct effect *effect = arena_array(scenario->arena, value_count(effects), struct effect);
    *incident = (struct incident){.name = value_text(group, "name"),
                                  .start = {(value_utc(group, "start") - start_unix_s) * US_PER_SECOND},
                                  .effect = effect,
                                  .effects = (uint32_t)value_count(effects)};
    incident->clouds = read_names(scenario, value_of(group, "clouds"), &incident->cloud_count);
    for (uint32_t i = 0; i < incident->effects; i++) {
        read_effect(scenario, value_at(effects, i), fleet, &effect[i]);
        int64_t end = effect[i].phase[effect[i].phases - 1].after.us;
        if (end > incident->length.us)
            incident->length.us = end;
    }
    return incident;
}

static bool is_active(const struct value *active, const char *name)
{
    if (active == NULL || !active->given)
        return true;
    for (size_t i = 0; i < value_count(active); i++)
        if (strcmp(value_at(active, i)->text, name) == 0)
            return true;
    return false;
}

static void check_active(struct scenario *scenario, const struct value *active, const struct value *incidents)
{
    if (active == NULL || !active->given)
        return;
    const char **names = arena_array(scenario->arena, value_count(incidents), const char *);
    for (size_t i = 0; i < value_count(incidents); i++)
        names[i] = value_text(value_at(incidents, i), "name");
    for (size_t i = 0; i < value_count(active); i++) {
        const struct value *wanted = value_at(active, i);
        if (value_named(incidents, wanted->text) != NULL)
            continue;
        const char *near = scenario_nearest(wanted->text, names, value_count(incidents));
        scenario_error(scenario, wanted,
                       near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near)
                                    : "declare it in the list 'incidents'",
                       "no incident is called '%s'", wanted->text);
    }
}

struct fault_list *faults_read(struct scenario *scenario, const struct value *incidents, const struct value *hazards,
                               const struct value *active, const struct fleet *fleet, int64_t start_unix_s, bool fresh)
{
    struct fault_list *list = arena_new(scenario->arena, struct fault_list);
    struct incident *incident = arena_array(scenario->arena, value_count(incidents), struct incident);
    struct hazard *hazard = arena_array(scenario->arena, value_count(hazards), struct hazard);
    *list = (struct fault_list){.incident = incident, .hazard = hazard, .hazards = (uint32_t)value_count(hazards), .fresh = fresh};
    check_active(scenario, active, incidents);
    for (size_t i = 0; i < value_count(incidents); i++) {
        struct incident unused;
        const struct value *group = value_at(incidents, i);
        bool kept = is_active(active, value_text(group, "name"));
        read_incident(scenario, group, fleet, start_unix_s, kept ? &incident[list->incidents++] : &unused);
    }
    for (uint32_t i = 0; i < list->hazards; i++) {
        const struct value *group = value_at(hazards, i);
        hazard[i] = (struct hazard){.name = value_text(group, "name"),
                                    .target = read_target(scenario, group, fleet),
                                    .common = value_choice(group, "scope") == 0,
                                    .per_second = value_number(group, "rate"),
                                    .length = value_law(group, "length")};
        hazard[i].clouds = read_names(scenario, value_of(group, "clouds"), &hazard[i].cloud_count);
    }
    return list;
}

/* --- Binding to a cloud ---------------------------------------------------------------------------------------------- */

static bool hits_cloud(const char *const *clouds, uint32_t count, const char *cloud)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(clouds[i], cloud) == 0)
            return true;
    return count == 0;
}

static const uint32_t *match(struct arena *arena, const struct graph *graph, const struct target *target, uint32_t *count)
{
    uint32_t found = 0;
    for (int pass = 0;; pass++) {
        static const uint32_t none;
        uint32_t *list = pass == 1 ? arena_array(arena, found, uint32_t) : NULL;
        uint32_t used = 0;
        for (uint32_t c = 0; c < graph_count(graph); c++) {
            const struct component *component = graph_component(graph, c);
            if (component->class == target->class && path_matches(target->where, component->path)) {
                if (list != NULL)
                    list[used] = c;
                used++;
            }
        }
        found = *count = used;
        if (found == 0)
            return &none;
        if (pass == 1)
            return list;
    }
}

struct fault_plan *faults_bind(struct arena *arena, const struct fault_list *list, const struct graph *graph,
                               const struct fleet *fleet, const char *cloud)
{
    struct fault_plan *plan = arena_new(arena, struct fault_plan);
    uint32_t effects = 0, next = 0;
    for (uint32_t i = 0; i < list->incidents; i++)
        effects += list->incident[i].effects;
    *plan = (struct fault_plan){.list = list, .graph = graph, .fleet = fleet};
    plan->effect_match = arena_array(arena, effects, const uint32_t *);
    plan->effect_matches = arena_array(arena, effects, uint32_t);
    plan->hazard_match = arena_array(arena, list->hazards, const uint32_t *);
    plan->hazard_matches = arena_array(arena, list->hazards, uint32_t);
    for (uint32_t i = 0; i < list->incidents; i++) {
        const struct incident *incident = &list->incident[i];
        for (uint32_t e = 0; e < incident->effects; e++, next++)
            if (hits_cloud(incident->clouds, incident->cloud_count, cloud))
                plan->effect_match[next] = match(arena, graph, &incident->effect[e].target, &plan->effect_matches[next]);
    }
    for (uint32_t h = 0; h < list->hazards; h++)
        if (hits_cloud(list->hazard[h].clouds, list->hazard[h].cloud_count, cloud))
            plan->hazard_match[h] = match(arena, graph, &list->hazard[h].target, &plan->hazard_matches[h]);
    plan->process = arena_array(arena, graph_count(graph), uint32_t);
    for (uint32_t c = 0; c < graph_count(graph); c++)
        if (graph_component(graph, c)->up != NULL)
            plan->process[plan->processes++] = c;
    return plan;
}

uint32_t faults_pending_estimate(const struct fault_plan *plan)
{
    uint64_t pending = plan->processes;
    uint32_t next = 0;
    for (uint32_t i = 0; i < plan->list->incidents; i++)
        for (uint32_t e = 0; e < plan->list->incident[i].effects; e++)
            pending += 2 * (uint64_t)plan->effect_matches[next++];
    for (uint32_t h = 0; h < plan->list->hazards; h++) {
        const struct hazard *hazard = &plan->list->hazard[h];
        double overlapping = hazard->per_second * law_mean(hazard->length); /* outages of one target at once, in the mean */
        overlapping = overlapping < 64 ? overlapping : 64; /* a mean may be infinite */
        pending += (uint64_t)((2 + 2 * overlapping + 4 * sqrt(overlapping)) * (double)plan->hazard_matches[h]) + 4;
    }
    pending += graph_grace_count(plan->graph);
    return pending > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)pending;
}
