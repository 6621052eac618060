#include "models/clouds/world/needs.h"

#include "models/faults/faults.h"

#include <inttypes.h>
#include <string.h>

const struct key component_keys[] = {
    {"name", KEY_NAME, NULL, "path of a shared component, as needs, hazards and incidents name it", .unique = true},
    {"count", KEY_INTEGER, "1", "so many alike; more than one are called name/1, name/2 and so on", .low = 1, .high = 10000},
    {"up", KEY_LAW, "0 s", "time to its failure; 0 s: never by itself"},
    {"repair", KEY_LAW, "0 s", "its time to repair"},
    {"source", KEY_TEXT, "", "where the laws come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

const struct key need_keys[] = {
    {"who", KEY_TEXT, NULL, "pattern on the paths of the components that need something"},
    {"class", KEY_CHOICE, "any", "only components of this class", .choices = "any|" COMPONENT_CHOICES},
    {"on", KEY_TEXT, NULL, "pattern on the paths of what they need"},
    {"holds", KEY_CHOICE, "all", "how much of that must be up: all, any one, or at least so many", .choices = "all|any|at least"},
    {"least", KEY_INTEGER, NULL, "how many", .low = 1, .high = 1000000000, .when = "holds=at least"},
    {"plane", KEY_CHOICE, "data", "data: its loss stops them; control: its loss only stops managing them", .choices = "data|control"},
    {"grace", KEY_DURATION, "0 s", "a loss counts only when it has lasted so long, and a degradation not at all"},
    KEY_END};

struct component needs_component(struct scenario *scenario, const struct value *group, const char *path,
                                 enum component_class class, const char *up_key, const char *repair_key)
{
    const struct law *up = value_law(group, up_key), *repair = value_law(group, repair_key);
    double mean_up = law_mean(up), mean_repair = law_mean(repair);
    if (!(mean_up < 1e15) || !(mean_repair < 1e15))
        scenario_error(scenario, value_of(group, mean_up < 1e15 ? repair_key : up_key),
                       "a process in equilibrium needs laws with a finite mean", "'%s' or '%s' has no finite mean", up_key, repair_key);
    else if (mean_up > 0 && mean_repair <= 0)
        scenario_error(scenario, value_of(group, up_key), "a component that fails needs a time to repair, e.g. \"4 h\"",
                       value_given(group, repair_key) ? "'%s' is given, but '%s' is 0" : "'%s' is given without '%s'", up_key, repair_key);
    else if (mean_up <= 0 && mean_repair > 0)
        scenario_error(scenario, value_of(group, repair_key), "give the time to failure too, or leave both away",
                       value_given(group, up_key) ? "'%s' is given, but '%s' is 0: never" : "'%s' is given without '%s'", repair_key, up_key);
    bool fails = mean_up > 0 && mean_repair > 0;
    return (struct component){path, class, fails ? up : NULL, fails ? repair : NULL, NULL};
}

static uint32_t find(const struct graph_builder *graph, const char *path)
{
    for (uint32_t c = 0; c < graph_builder_count(graph); c++)
        if (strcmp(graph_builder_component(graph, c)->path, path) == 0)
            return c;
    return COMPONENT_NONE;
}

static void add_components(struct scenario *scenario, const struct value *components, struct graph_builder *graph)
{
    for (size_t i = 0; i < value_count(components); i++) {
        const struct value *group = value_at(components, i);
        const char *name = value_text(group, "name");
        int64_t count = value_integer(group, "count");
        for (int64_t k = 1; k <= count; k++) {
            const char *path = count > 1 ? arena_format(scenario->arena, "%s/%" PRId64, name, k) : name;
            if (find(graph, path) != COMPONENT_NONE) {
                scenario_error(scenario, value_of(group, "name"), "choose another name", "there is a component called '%s' already",
                               path);
                break;
            }
            graph_add(graph, needs_component(scenario, group, path, COMPONENT_SHARED, "up", "repair"));
        }
    }
}

/* `who` needs, on one plane, what matches `on` among the first `count` components. */
static uint32_t need_all(struct graph_builder *graph, uint32_t who, const char *on, uint32_t count, enum plane plane, duration grace)
{
    uint32_t found = 0;
    for (uint32_t c = 0; c < count; c++) {
        if (c == who || !path_matches(on, graph_builder_component(graph, c)->path))
            continue;
        graph_need(graph, who, c, plane, grace);
        found++;
    }
    return found;
}

/* A component that is up while enough of what the need asks for is: those who need that need this, whatever else they need. Returns
 * COMPONENT_NONE when there is nothing of it under this cloud. */
static uint32_t quorum(struct scenario *scenario, const struct value *group, size_t number, uint32_t count, struct graph_builder *graph)
{
    const char *on = value_text(group, "on");
    uint32_t matches = 0;
    for (uint32_t c = 0; c < count; c++)
        matches += path_matches(on, graph_builder_component(graph, c)->path);
    if (matches == 0)
        return COMPONENT_NONE;
    bool least = value_choice(group, "holds") == 2;
    if (least && value_integer(group, "least") > matches) {
        scenario_error(scenario, value_of(group, "least"), NULL, "only %" PRIu32 " components match '%s'", matches, on);
        return COMPONENT_NONE;
    }
    struct component component = {.path = arena_format(scenario->arena, "enough of %s (need %zu)", on, number + 1),
                                  .class = COMPONENT_SHARED};
    uint32_t enough = graph_add(graph, component);
    need_all(graph, enough, on, count, PLANE_DATA, (duration){0});
    graph_gate(graph, enough, PLANE_DATA, least ? GATE_AT_LEAST : GATE_ANY, least ? (uint32_t)value_integer(group, "least") : 1);
    return enough;
}

static uint32_t apply(struct scenario *scenario, const struct value *group, size_t number, struct graph_builder *graph)
{
    int class = value_choice(group, "class") - 1; /* -1: any */
    enum plane plane = value_choice(group, "plane") == 0 ? PLANE_DATA : PLANE_CONTROL;
    duration grace = value_duration(group, "grace");
    uint32_t count = graph_builder_count(graph), matched = 0;
    bool all = value_choice(group, "holds") == 0;
    uint32_t enough = all ? COMPONENT_NONE : quorum(scenario, group, number, count, graph);
    for (uint32_t c = 0; c < count; c++) {
        const struct component *who = graph_builder_component(graph, c);
        if ((class >= 0 && who->class != (enum component_class)class) || !path_matches(value_text(group, "who"), who->path))
            continue;
        if (all) {
            matched += need_all(graph, c, value_text(group, "on"), count, plane, grace) > 0;
        } else if (enough != COMPONENT_NONE) {
            graph_need(graph, c, enough, plane, grace);
            matched++;
        }
    }
    return matched;
}

void needs_apply(struct scenario *scenario, const struct value *components, const struct value *needs, uint32_t *matched,
                 struct graph_builder *graph)
{
    add_components(scenario, components, graph);
    for (size_t i = 0; i < value_count(needs); i++)
        matched[i] += apply(scenario, value_at(needs, i), i, graph);
}

void needs_check(struct scenario *scenario, const struct value *needs, const uint32_t *matched)
{
    for (size_t i = 0; i < value_count(needs); i++)
        if (matched[i] == 0 && strcmp(value_text(value_at(needs, i), "who"), value_text(value_at(needs, i), "on")) == 0)
            scenario_error(scenario, value_at(needs, i), "remove this need", "'%s' cannot need itself", value_text(value_at(needs, i), "on"));
        else if (matched[i] == 0)
            scenario_error(scenario, value_at(needs, i),
                           "paths look like us-central/z1/r01/n01, azure-like/control, akash/chain, io.net/orchestrator",
                           "no cloud has a component '%s' and one that '%s' matches", value_text(value_at(needs, i), "on"),
                           value_text(value_at(needs, i), "who"));
}
