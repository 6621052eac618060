#include "models/clouds/needs.h"

#include "models/faults/faults.h"

#include <string.h>

const struct key component_keys[] = {
    {"name", KEY_NAME, NULL, "path of a shared component, as needs, hazards and incidents name it", .unique = true},
    {"up", KEY_LAW, "0 s", "time to its failure; 0 s: never by itself"},
    {"repair", KEY_LAW, "0 s", "its time to repair"},
    {"source", KEY_TEXT, "", "where the laws come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

const struct key need_keys[] = {
    {"who", KEY_TEXT, NULL, "pattern on the paths of the components that need something"},
    {"class", KEY_CHOICE, "any", "only components of this class", .choices = "any|" COMPONENT_CHOICES},
    {"on", KEY_TEXT, NULL, "path of the component that they need"},
    {"plane", KEY_CHOICE, "data", "data: its loss stops them; control: its loss only stops managing them", .choices = "data|control"},
    {"grace", KEY_DURATION, "0 s", "a loss counts only when it has lasted so long"},
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
                       "'%s' is given without '%s'", up_key, repair_key);
    else if (mean_up <= 0 && mean_repair > 0)
        scenario_error(scenario, value_of(group, repair_key), "give the time to failure too, or leave both away",
                       "'%s' is given without '%s'", repair_key, up_key);
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
        if (find(graph, value_text(group, "name")) != COMPONENT_NONE) {
            scenario_error(scenario, value_of(group, "name"), "choose another name", "there is a component called '%s' already",
                           value_text(group, "name"));
            continue;
        }
        graph_add(graph, needs_component(scenario, group, value_text(group, "name"), COMPONENT_SHARED, "up", "repair"));
    }
}

void needs_apply(struct scenario *scenario, const struct value *components, const struct value *needs, uint32_t *matched,
                 struct graph_builder *graph)
{
    add_components(scenario, components, graph);
    uint32_t count = graph_builder_count(graph);
    for (size_t i = 0; i < value_count(needs); i++) {
        const struct value *group = value_at(needs, i);
        int class = value_choice(group, "class") - 1; /* -1: any */
        uint32_t on = find(graph, value_text(group, "on"));
        if (on == COMPONENT_NONE)
            continue; /* not under this cloud; needs_check sees whether under any */
        for (uint32_t c = 0; c < count; c++) {
            const struct component *who = graph_builder_component(graph, c);
            if ((class >= 0 && who->class != (enum component_class)class) || !path_matches(value_text(group, "who"), who->path))
                continue;
            graph_need(graph, c, on, value_choice(group, "plane") == 0 ? PLANE_DATA : PLANE_CONTROL,
                       value_duration(group, "grace"));
            matched[i]++;
        }
    }
}

void needs_check(struct scenario *scenario, const struct value *needs, const uint32_t *matched)
{
    for (size_t i = 0; i < value_count(needs); i++)
        if (matched[i] == 0)
            scenario_error(scenario, value_at(needs, i),
                           "paths look like us-central/z1/r01/n01, azure-like/control, akash/chain, io.net/orchestrator",
                           "no cloud has a component '%s' and one that '%s' matches", value_text(value_at(needs, i), "on"),
                           value_text(value_at(needs, i), "who"));
}
