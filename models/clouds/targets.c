/* What sources of faults mean in the clouds of a scenario: names, targets, shares of failures, caches, dates. */
#include "models/clouds/targets.h"

#include "models/clouds/world/cloud.h"

#include <string.h>

/* --- Names ----------------------------------------------------------------------------------------------------------- */

/* An incident or hazard that names a cloud must mean one. */
static void check_names(struct scenario *scenario, const struct value *list, const struct value *clouds)
{
    const char **names = arena_array(scenario->arena, value_count(clouds), const char *), *all = "";
    for (size_t i = 0; i < value_count(clouds); i++) {
        names[i] = value_text(value_at(clouds, i), "name");
        all = arena_format(scenario->arena, "%s%s'%s'", all, i > 0 ? ", " : "", names[i]);
    }
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *wanted = value_of(value_at(list, i), "clouds");
        for (size_t k = 0; k < value_count(wanted); k++) {
            const char *text = value_at(wanted, k)->text;
            if (value_named(clouds, text) != NULL)
                continue;
            const char *near = scenario_nearest(text, names, value_count(clouds));
            scenario_error(scenario, value_at(wanted, k),
                           near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near)
                                        : arena_format(scenario->arena, "names of clouds here: %s", all),
                           "no cloud is called '%s'", text);
        }
    }
}

void targets_check_names(struct scenario *scenario, const struct fault_source *source, const struct value *clouds)
{
    const struct value *const lists[] = {source->incidents, source->hazards, source->traces, source->hours, source->rollouts, source->caches};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        check_names(scenario, lists[i], clouds);
}

/* --- Something to hit ------------------------------------------------------------------------------------------------ */

/* A component of the class, or, with a pattern, one of any class whose path matches it; NULL: no cloud has one. */
static const struct component *example_of(const struct targets *plan, enum component_class class, const char *where)
{
    for (size_t i = 0; i < plan->clouds; i++)
        for (uint32_t c = 0; c < graph_count(plan->cloud[i].graph); c++) {
            const struct component *what = graph_component(plan->cloud[i].graph, c);
            if (where != NULL ? path_matches(where, what->path) : what->class == class)
                return what;
        }
    return NULL;
}

/* A target that no cloud has is a slip of the pen, not a fault that hits nothing. */
static void check_some(struct scenario *scenario, const struct targets *plan, const struct value *group, const struct target *target)
{
    const struct component *other = value_given(group, "where") ? example_of(plan, target->class, target->where) : NULL;
    const struct component *alike = example_of(plan, target->class, NULL);
    const char *hint = "leave it away, or add a cloud that has such components";
    if (other != NULL && other->class == target->class)
        hint = "let 'clouds' name one that has it";
    else if (other != NULL)
        hint = arena_format(scenario->arena, "'%s' is a '%s': write target = \"%s\"", other->path, component_class_names[other->class],
                            component_class_names[other->class]);
    else if (alike != NULL)
        hint = arena_format(scenario->arena, "paths of that class look like '%s'", alike->path);
    scenario_error(scenario, value_of(group, alike != NULL && (other == NULL || other->class == target->class) ? "where" : "target"), hint,
                   "no component of class '%s' matches '%s' in any cloud it can hit", component_class_names[target->class], target->where);
}

/* A cloud that is named and has nothing of the kind was meant to be hit. A target that stands in one of several lists may be for one of
 * several clouds: only when a source has nothing at all for a cloud does it miss it. */
static void check_named(struct scenario *scenario, const struct targets *plan, const struct value *source, uint32_t number, uint32_t count)
{
    const struct value *named = value_of(source, "clouds");
    for (size_t k = 0; k < value_count(named); k++)
        for (size_t c = 0; c < plan->clouds; c++) {
            uint64_t matches = 0;
            for (uint32_t i = number; i < number + count; i++)
                matches += plan->cloud[c].faults->match[i].count;
            if (matches > 0 || strcmp(plan->cloud[c].name, value_at(named, k)->text) != 0)
                continue;
            scenario_warning(scenario, value_at(named, k), "leave it away from 'clouds', or widen the pattern", "'%s' hits nothing in '%s'",
                             value_text(source, "name"), plan->cloud[c].name);
        }
}

/* Each pattern of a sequence says when something falls. */
static void check_sequence(struct scenario *scenario, const struct targets *plan, const struct value *group, uint32_t number)
{
    const struct value *sequence = value_of(group, "sequence");
    for (size_t k = 0; k < value_count(sequence); k++) {
        bool found = false;
        for (size_t c = 0; c < plan->clouds && !found; c++) {
            const struct fault_match *match = &plan->cloud[c].faults->match[number];
            for (uint32_t i = 0; i < match->count && !found; i++)
                found = path_matches(value_at(sequence, k)->text, graph_component(plan->cloud[c].graph, match->component[i])->path);
        }
        if (!found)
            scenario_error(scenario, value_at(sequence, k), "patterns are those of 'where', on whole paths", "no target matches '%s'",
                           value_at(sequence, k)->text);
    }
}

/* One component is up or down: a curve that rests between says nothing of how much of its service is lost. */
static void check_alone(struct scenario *scenario, const struct targets *plan, const struct value *group, const struct effect *effect,
                        uint32_t number)
{
    uint32_t most = 0;
    for (size_t c = 0; c < plan->clouds; c++)
        most = plan->cloud[c].faults->match[number].count > most ? plan->cloud[c].faults->match[number].count : most;
    for (uint32_t i = 0; i < effect->phases && effect->grade == NULL && most == 1; i++) {
        double impaired = effect->phase[i].impaired;
        if (impaired <= 0 || impaired >= 1)
            continue;
        scenario_warning(scenario, value_of(value_at(value_of(group, "phases"), i), "impaired"),
                         "curve = \"service\" lets it lose that part of its service",
                         "the only target is down with probability %.3g %% then, or wholly up", 100 * impaired);
        return;
    }
}

/* What lies wholly outside the run is a wrong date. */
static void check_dates(struct scenario *scenario, const struct targets *plan, const struct value *group, const struct incident *incident)
{
    bool late = incident->start.us >= plan->source->end.us && plan->source->end.us > 0, ends = true;
    for (uint32_t e = 0; e < incident->effects; e++)
        ends = ends && incident->effect[e].recovery == NULL && incident->effect[e].phase[incident->effect[e].phases - 1].impaired <= 0;
    bool early = ends && incident->start.us + incident->length.us <= -plan->warmup.us;
    if (late || early)
        scenario_warning(scenario, value_of(group, "start"), "it counts in UTC, as 'start' of the scenario does", "'%s' %s", incident->name,
                         late ? "begins after the end of the run" : "is over before the run begins");
}

/* A share of failures needs targets that fail. */
static void check_beta(struct scenario *scenario, const struct targets *plan, const struct value *group, uint32_t hazard)
{
    bool fails = !value_given(group, "beta");
    for (size_t c = 0; c < plan->clouds; c++)
        fails = fails || plan->cloud[c].faults->hazard_per_second[hazard] > 0;
    if (!fails)
        scenario_error(scenario, value_of(group, "beta"), "give them laws ('up', 'repair'), or the hazard a 'rate'",
                       "no target of '%s' fails by itself", value_text(group, "name"));
}

/* Something that both match, in the same graph; COMPONENT_NONE: nothing. Both are sorted. */
static uint32_t in_both(const struct fault_match *one, const struct fault_match *other)
{
    for (uint32_t i = 0, k = 0; i < one->count && k < other->count;) {
        if (one->component[i] == other->component[k])
            return one->component[i];
        if (one->component[i] < other->component[k])
            i++;
        else
            k++;
    }
    return COMPONENT_NONE;
}

/* A hazard with beta takes its share of a component's own failures: two of them would each take it of the same. */
static void check_betas(struct scenario *scenario, const struct targets *plan, const struct value *hazards, uint32_t hazard)
{
    for (size_t c = 0; c < plan->clouds; c++) {
        const struct fault_plan *faults = plan->cloud[c].faults;
        for (uint32_t before = 0; before < hazard; before++) {
            uint32_t both = in_both(&faults->hazard[before], &faults->hazard[hazard]);
            if (both == COMPONENT_NONE || !(faults->list->hazard[before].beta > 0))
                continue;
            scenario_error(scenario, value_of(value_at(hazards, hazard), "beta"), "give one of them a rate",
                           "'%s' and '%s' both take a share of the failures of '%s'", faults->list->hazard[before].name,
                           faults->list->hazard[hazard].name, graph_component(plan->cloud[c].graph, both)->path);
            return;
        }
    }
}

/* Laws that let a component fail more than once a second are a wrong unit, and a run without end. */
static void check_pace(struct scenario *scenario, const struct targets *plan)
{
    for (size_t c = 0; c < plan->clouds; c++) {
        const struct fault_plan *faults = plan->cloud[c].faults;
        for (uint32_t i = 0; i < faults->processes; i++) {
            const struct component *what = graph_component(plan->cloud[c].graph, faults->process[i]);
            if (law_mean(what->up) + law_mean(what->repair) >= 1)
                continue;
            scenario_error(scenario, &scenario->root, "times want a unit, such as \"30 d\"", "'%s' fails and is repaired %.3g times a second",
                           what->path, 1 / (law_mean(what->up) + law_mean(what->repair)));
            return;
        }
    }
}

/* Whether the caches of a number hang on themselves: what stands behind them, or behind caches that this is in turn, is one of them. */
static bool hangs_on_itself(const struct fault_plan *faults, uint32_t caches, uint32_t number)
{
    uint64_t reached = UINT64_C(1) << number, before = 0;
    while (reached != before) {
        before = reached;
        for (uint32_t k = 0; k < caches; k++)
            for (uint32_t on = 0; on < caches; on++)
                for (uint32_t i = 0; before >> k & 1 && i < faults->cache[on].count; i++) {
                    if (faults->cache[on].component[i] != faults->cache_behind[k])
                        continue;
                    if (on == number)
                        return true;
                    reached |= UINT64_C(1) << on;
                }
    }
    return false;
}

/* A cache has one content and one filling. */
static void check_caches(struct scenario *scenario, const struct targets *plan, const struct value *group, uint32_t number)
{
    for (size_t c = 0; c < plan->clouds; c++) {
        const struct fault_plan *faults = plan->cloud[c].faults;
        for (uint32_t before = 0; before < number; before++) {
            uint32_t both = in_both(&faults->cache[before], &faults->cache[number]);
            if (both == COMPONENT_NONE)
                continue;
            scenario_error(scenario, value_of(group, "where"), "let each cache be matched once", "'%s' and '%s' both have '%s' as a cache",
                           faults->list->cache[before].name, faults->list->cache[number].name,
                           graph_component(plan->cloud[c].graph, both)->path);
            return;
        }
    }
}

/* What stands behind a cache is somewhere, and is no cache of the kind, nor hangs on one. */
static void check_cache(struct scenario *scenario, const struct targets *plan, const struct value *group, const struct cache *cache,
                        uint32_t number, uint32_t caches)
{
    check_caches(scenario, plan, group, number);
    bool found = cache->behind[0] == '\0', itself = false;
    for (size_t c = 0; c < plan->clouds; c++) {
        const struct fault_plan *faults = plan->cloud[c].faults;
        found = found || faults->cache_behind[number] != COMPONENT_NONE;
        itself = itself || hangs_on_itself(faults, caches, number);
    }
    if (!found)
        scenario_error(scenario, value_of(group, "behind"), "declare it in the list 'components'", "no cloud has a component '%s'",
                       cache->behind);
    else if (itself)
        scenario_error(scenario, value_of(group, "behind"), NULL, "'%s' would stand behind itself", cache->behind);
}

/* Matches of one effect, hazard, trace or rollout over all clouds. */
static uint64_t matches_in(const struct targets *plan, uint32_t number)
{
    uint64_t matches = 0;
    for (size_t c = 0; c < plan->clouds; c++)
        matches += plan->cloud[c].faults->match[number].count;
    return matches;
}

/* --- All ------------------------------------------------------------------------------------------------------------- */

/* What is asked of any target; number: of its match. */
static void check_target(struct scenario *scenario, const struct targets *plan, const struct value *group, const struct target *target,
                         uint32_t number)
{
    if (matches_in(plan, number) == 0)
        check_some(scenario, plan, group, target);
}

static void check_incident(struct scenario *scenario, const struct targets *plan, uint32_t i, uint32_t number)
{
    const struct incident *incident = &plan->faults->incident[i];
    const struct value *group = value_named(plan->source->incidents, incident->name), *effects = value_of(group, "effects");
    int before = scenario->errors;
    for (uint32_t e = 0; e < incident->effects; e++) {
        check_target(scenario, plan, value_at(effects, e), &incident->effect[e].target, number + e);
        check_sequence(scenario, plan, value_at(effects, e), number + e);
        check_alone(scenario, plan, value_at(effects, e), &incident->effect[e], number + e);
    }
    if (scenario->errors == before)
        check_named(scenario, plan, group, number, incident->effects);
    check_dates(scenario, plan, group, incident);
}

/* A hazard, trace or rollout. */
static void check_source(struct scenario *scenario, const struct targets *plan, const struct value *group, const struct target *target,
                         uint32_t number)
{
    check_target(scenario, plan, group, target, number);
    if (matches_in(plan, number) > 0)
        check_named(scenario, plan, group, number, 1);
}

/* In the order of struct fault_plan's matches. */
void targets_check(struct scenario *scenario, const struct targets *plan)
{
    const struct fault_list *faults = plan->faults;
    const struct fault_source *source = plan->source;
    uint32_t number = 0;
    check_pace(scenario, plan);
    for (uint32_t i = 0; i < faults->incidents; number += faults->incident[i].effects, i++)
        check_incident(scenario, plan, i, number);
    for (uint32_t h = 0; h < faults->hazards; h++, number++) {
        check_source(scenario, plan, value_at(source->hazards, h), &faults->hazard[h].target, number);
        check_beta(scenario, plan, value_at(source->hazards, h), h);
        if (faults->hazard[h].beta > 0)
            check_betas(scenario, plan, source->hazards, h);
    }
    for (uint32_t t = 0; t < faults->traces; t++, number++) {
        size_t recorded = value_count(source->traces);
        const struct value *at = t < recorded ? value_at(source->traces, t) : value_at(source->hours, t - recorded);
        check_source(scenario, plan, at, &faults->trace[t].target, number);
    }
    for (uint32_t r = 0; r < faults->rollouts; r++, number++) {
        const struct value *at = value_named(source->rollouts, faults->rollout[r].name);
        check_source(scenario, plan, at, &faults->rollout[r].target, number);
        check_sequence(scenario, plan, at, number);
    }
    for (uint32_t k = 0; k < faults->caches; k++, number++) {
        check_target(scenario, plan, value_at(source->caches, k), &faults->cache[k].target, number);
        check_cache(scenario, plan, value_at(source->caches, k), &faults->cache[k], k, faults->caches);
    }
}
