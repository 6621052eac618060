/* Which components something hits: by class, path and software. */
#include "models/faults/faults_inside.h"

#include <string.h>

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

struct target target_read(struct scenario *scenario, const struct value *group, const struct fleet *fleet)
{
    const char *software = value_text(group, "software");
    struct target target = {.class = (enum component_class)value_choice(group, "target"),
                            .where = value_text(group, "where"),
                            .software = COMPONENT_NONE,
                            .share = value_number(group, "share"),
                            .left = GRAPH_WHOLE - (uint32_t)(value_number(group, "severity") * GRAPH_WHOLE + 0.5),
                            .noticed = value_number(group, "noticed"),
                            .noticed_after = value_law(group, "noticed_after")};
    if (target.left == 0 && target.noticed > 0)
        scenario_error(scenario, value_of(group, "noticed"), "give a 'severity' below 100 %, or leave 'noticed' away",
                       "what is down is noticed anyway");
    else if (!value_given(group, "noticed") && value_given(group, "noticed_after"))
        scenario_error(scenario, value_of(group, "noticed_after"), "give 'noticed' too, the probability that it is", "it is never noticed");
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

const char *const *target_names(struct scenario *scenario, const struct value *texts, uint32_t *count)
{
    *count = (uint32_t)value_count(texts);
    const char **names = arena_array(scenario->arena, *count, const char *);
    for (uint32_t i = 0; i < *count; i++)
        names[i] = value_at(texts, i)->text;
    return names;
}

bool target_hits_cloud(const char *const *clouds, uint32_t count, const char *cloud)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(clouds[i], cloud) == 0)
            return true;
    return count == 0;
}

static bool is_target(const struct component *component, const struct target *target)
{
    return component->class == target->class && path_matches(target->where, component->path);
}

struct fault_match target_match(struct arena *arena, const struct graph *graph, const struct target *target)
{
    uint32_t found = 0, used = 0;
    for (uint32_t c = 0; c < graph_count(graph); c++)
        found += is_target(graph_component(graph, c), target);
    uint32_t *list = arena_array(arena, found, uint32_t);
    for (uint32_t c = 0; c < graph_count(graph); c++)
        if (is_target(graph_component(graph, c), target))
            list[used++] = c;
    return (struct fault_match){.component = list, .count = found};
}

size_t target_domain_length(const char *path, enum fall_order order)
{
    size_t length = strcspn(path, "/");
    if (order == FALL_BY_ZONE && path[length] == '/')
        length += 1 + strcspn(path + length + 1, "/");
    return length;
}

void target_domain(const struct graph *graph, const struct fault_match *match, uint32_t i, enum fall_order order, uint32_t *first,
                   uint32_t *size)
{
    const char *path = graph_component(graph, match->component[i])->path;
    size_t length = target_domain_length(path, order);
    uint32_t end = i;
    while (end < match->count) {
        const char *other = graph_component(graph, match->component[end])->path;
        if (target_domain_length(other, order) != length || memcmp(other, path, length) != 0)
            break;
        end++;
    }
    *first = i;
    *size = end - i;
}
