/* Reading scripted incidents and hazards. */
#include "models/faults/faults_inside.h"

#include <math.h>
#include <string.h>

static const struct key phase_keys[] = {
    {"at", KEY_DURATION, NULL, "time since the incident's start"},
    {"impaired", KEY_SHARE, NULL, "fraction of the targets that is down then, or of the service that they lose (curve); linear between phases"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U assumed", .choices = "R|K|U"},
    KEY_END};

static const struct key effect_keys[] = {
    TARGET_KEYS,
    {"phases", KEY_LIST, NULL, "curve of the fraction impaired", .children = phase_keys, .required = true},
    {"curve", KEY_CHOICE, "components", "components: the curve says how many of the targets are hit; service: how much of its service, times "
     "'severity', each of them loses, such as the share of an API's requests that fail", .choices = "components|service"},
    FALL_KEYS("who falls first"),
    {"recovery", KEY_GROUP, NULL, "how they come back, in place of a falling curve", .children = recovery_keys},
    KEY_END};

const struct key incident_keys[] = {
    {"name", KEY_NAME, NULL, "name, as study points and charts use it", .unique = true},
    {"start", KEY_UTC, NULL, "when it begins"},
    {"clouds", KEY_TEXTS, NULL, "clouds it can hit; absent: all (it hits only what it finds there)", .filled = true},
    {"effects", KEY_LIST, NULL, "what it does", .children = effect_keys, .required = true},
    {"source", KEY_TEXT, "", "where the curve comes from"},
    KEY_END};

const struct key hazard_keys[] = {
    {"name", KEY_NAME, NULL, "name of the hazard", .unique = true},
    TARGET_KEYS,
    {"scope", KEY_CHOICE, "common", "common: one process hits all targets at once; each: one process per target; site, zone: one for all "
     "targets of each", .choices = "common|each|site|zone"},
    {"rate", KEY_RATE, "", "events per time, of each process"},
    {"beta", KEY_SHARE, "", "instead of a rate: this share of each target's failures is common to all that are hit together (Fleming 1975); "
     "their own laws are the rest", .low = 1e-9, .high = 0.9999},
    {"length", KEY_LAW, NULL, "how long a hit component stays down"},
    {"recovery", KEY_GROUP, NULL, "how they come back after that, by crews or through a restart door; absent: all at once", .children = recovery_keys},
    {"clouds", KEY_TEXTS, NULL, "clouds it can hit; absent: all", .filled = true},
    {"source", KEY_TEXT, "", "where rate and length come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

/* Adds what is left between two points of a curve of service; nothing where all of it is. */
static void add_grade(struct effect *effect, struct grade *grade, duration from, duration to, double lost)
{
    uint32_t left = GRAPH_WHOLE - (uint32_t)(lost * GRAPH_WHOLE + 0.5);
    if (left < GRAPH_WHOLE && from.us < to.us)
        grade[effect->grades++] = (struct grade){from, to, left};
}

/* Each line between two phases in steps that are right in the mean; the last value stays. */
static void read_grades(struct scenario *scenario, const struct value *group, struct effect *effect)
{
    double severity = value_number(group, "severity");
    struct grade *grade = arena_array(scenario->arena, effect->phases * GRADES_A_PHASE, struct grade);
    effect->grade = grade;
    for (uint32_t i = 0; i + 1 < effect->phases; i++) {
        struct phase a = effect->phase[i], b = effect->phase[i + 1];
        int64_t steps = (int64_t)(fabs(b.impaired - a.impaired) * severity * GRADES_A_PHASE + 0.999999), long_us = b.after.us - a.after.us;
        steps = steps < 1 ? 1 : steps > GRADES_A_PHASE ? GRADES_A_PHASE : steps;
        for (int64_t s = 0; s < steps; s++) {
            double part = ((double)s + 0.5) / (double)steps;
            add_grade(effect, grade, (duration){a.after.us + long_us * s / steps}, (duration){a.after.us + long_us * (s + 1) / steps},
                      severity * (a.impaired + (b.impaired - a.impaired) * part));
        }
    }
    add_grade(effect, grade, effect->phase[effect->phases - 1].after, (duration){US_NEVER},
              severity * effect->phase[effect->phases - 1].impaired);
}

/* What says something about who is hit when has nothing to say where all are hit at once. */
static void check_service(struct scenario *scenario, const struct value *group)
{
    static const char *const keys[] = {"order", "sequence", "recovery", "noticed"};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
        if (value_given(group, keys[k]))
            scenario_error(scenario, value_of(group, keys[k]), "leave it away, or let the curve be one of components",
                           "'%s' has no meaning with curve = \"service\": all targets follow the curve together", keys[k]);
}

/* A curve of components must rise to one peak and fall from it: only then do one order of falling and one of returning reproduce it. */
static void check_curve(struct scenario *scenario, const struct value *group, const struct effect *effect)
{
    const struct value *phases = value_of(group, "phases");
    const struct phase *phase = effect->phase;
    for (uint32_t i = 1; i < effect->phases; i++)
        if (i <= effect->peak ? phase[i].impaired < phase[i - 1].impaired : phase[i].impaired > phase[i - 1].impaired)
            scenario_error(scenario, value_of(value_at(phases, i), "impaired"),
                           "write a second peak as a second effect, or as an incident of its own",
                           "the curve has more than one peak");
    if (effect->recovery != NULL && phase[effect->phases - 1].impaired < phase[effect->peak].impaired)
        scenario_error(scenario, value_of(group, "recovery"), "end the phases at their peak",
                       "who returns is said twice: by a falling curve and by a recovery");
}

static void read_effect(struct scenario *scenario, const struct value *group, const struct fleet *fleet, struct effect *effect)
{
    const struct value *phases = value_of(group, "phases");
    struct phase *phase = arena_array(scenario->arena, value_count(phases), struct phase);
    *effect = (struct effect){
        .target = target_read(scenario, group, fleet),
        .phase = phase,
        .phases = (uint32_t)value_count(phases),
        .fall = fall_read(scenario, group),
        .recovery = recovery_read(scenario, value_of(group, "recovery"))};
    for (uint32_t i = 0; i < effect->phases; i++) {
        const struct value *at = value_at(phases, i);
        phase[i] = (struct phase){value_duration(at, "at"), value_number(at, "impaired")};
        if (i > 0 && phase[i].after.us <= phase[i - 1].after.us)
            scenario_error(scenario, value_of(at, "at"), "list the phases in order of time, each later than the one before",
                           "phase %u is not later than phase %u", i + 1, i);
        if (phase[i].impaired > phase[effect->peak].impaired)
            effect->peak = i;
    }
    if (value_choice(group, "curve") == 0) {
        check_curve(scenario, group, effect);
    } else {
        check_service(scenario, group);
        read_grades(scenario, group, effect);
    }
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
    incident->clouds = target_names(scenario, value_of(group, "clouds"), &incident->cloud_count);
    for (uint32_t i = 0; i < incident->effects; i++) {
        read_effect(scenario, value_at(effects, i), fleet, &effect[i]);
        int64_t end = effect[i].phase[effect[i].phases - 1].after.us;
        if (effect[i].recovery != NULL && effect[i].recovery->begin.us > end)
            end = effect[i].recovery->begin.us;
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

/* Scripted rollouts are switched by points like incidents. */
static void check_active(struct scenario *scenario, const struct fault_source *source)
{
    const struct value *active = source->active, *list[2] = {source->incidents, source->rollouts};
    if (active == NULL || !active->given)
        return;
    size_t count = 0;
    const char **names = arena_array(scenario->arena, value_count(list[0]) + value_count(list[1]), const char *);
    for (int l = 0; l < 2; l++)
        for (size_t i = 0; i < value_count(list[l]); i++)
            names[count++] = value_text(value_at(list[l], i), "name");
    for (size_t i = 0; i < value_count(active); i++) {
        const struct value *wanted = value_at(active, i);
        if (value_named(list[0], wanted->text) != NULL || value_named(list[1], wanted->text) != NULL)
            continue;
        const char *near = scenario_nearest(wanted->text, names, count);
        scenario_error(scenario, wanted,
                       near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near)
                                    : "declare it in the list 'incidents' or 'rollouts'",
                       "no incident is called '%s'", wanted->text);
    }
}

static void read_hazard(struct scenario *scenario, const struct value *group, const struct fleet *fleet, struct hazard *hazard)
{
    *hazard = (struct hazard){.name = value_text(group, "name"),
                              .target = target_read(scenario, group, fleet),
                              .scope = (enum hazard_scope)value_choice(group, "scope"),
                              .length = value_law(group, "length"),
                              .recovery = recovery_read(scenario, value_of(group, "recovery"))};
    hazard->clouds = target_names(scenario, value_of(group, "clouds"), &hazard->cloud_count);
    bool beta = value_given(group, "beta");
    if (beta == value_given(group, "rate"))
        scenario_error(scenario, value_of(group, beta ? "rate" : "name"), "a hazard has a rate, or a share beta of failures that others cause",
                       beta ? "both 'rate' and 'beta' are given" : "neither 'rate' nor 'beta' is given");
    else if (beta)
        hazard->beta = value_number(group, "beta");
    else
        hazard->per_second = value_number(group, "rate");
    if (beta && hazard->scope == HAZARD_EACH)
        scenario_error(scenario, value_of(group, "scope"), "write \"common\", \"site\" or \"zone\"", "nothing is common to one component");
}

struct fault_list *faults_read(struct scenario *scenario, const struct fault_source *source)
{
    struct fault_list *list = arena_new(scenario->arena, struct fault_list);
    struct incident *incident = arena_array(scenario->arena, value_count(source->incidents), struct incident);
    struct hazard *hazard = arena_array(scenario->arena, value_count(source->hazards), struct hazard);
    struct rollout *rollout = arena_array(scenario->arena, value_count(source->rollouts), struct rollout);
    size_t hours = source->hours != NULL ? value_count(source->hours) : 0;
    struct trace *trace = arena_array(scenario->arena, value_count(source->traces) + hours, struct trace);
    struct cache *cache = arena_array(scenario->arena, source->caches != NULL ? value_count(source->caches) : 0, struct cache);
    *list = (struct fault_list){.incident = incident, .hazard = hazard, .trace = trace, .rollout = rollout, .cache = cache, .fresh = source->fresh, .end = source->end};
    check_active(scenario, source);
    for (size_t i = 0; i < value_count(source->incidents); i++) {
        struct incident unused;
        const struct value *group = value_at(source->incidents, i);
        bool kept = is_active(source->active, value_text(group, "name"));
        read_incident(scenario, group, source->fleet, source->start_unix_s, kept ? &incident[list->incidents++] : &unused);
    }
    while (list->hazards < value_count(source->hazards)) {
        read_hazard(scenario, value_at(source->hazards, list->hazards), source->fleet, &hazard[list->hazards]);
        list->hazards++;
    }
    for (size_t i = 0; i < value_count(source->rollouts); i++) {
        struct rollout unused;
        const struct value *group = value_at(source->rollouts, i);
        bool kept = !value_given(group, "start") || is_active(source->active, value_text(group, "name"));
        rollout_read(scenario, group, source, kept ? &rollout[list->rollouts++] : &unused);
    }
    while (list->traces < value_count(source->traces)) {
        trace_read(scenario, value_at(source->traces, list->traces), source, &trace[list->traces]);
        list->traces++;
    }
    if (source->caches != NULL && value_count(source->caches) > CACHES_MAX) {
        scenario_error(scenario, source->caches, "let one pattern match several", "at most %d lists of caches are possible", CACHES_MAX);
        return list;
    }
    while (source->caches != NULL && list->caches < value_count(source->caches)) {
        cache_read(scenario, value_at(source->caches, list->caches), &cache[list->caches]);
        list->caches++;
    }
    for (size_t i = 0; i < hours; i++)
        hours_read(scenario, value_at(source->hours, i), source, &trace[list->traces++]);
    return list;
}
