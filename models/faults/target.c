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

/* --- Who falls first --- */

struct fall_rule fall_read(struct scenario *scenario, const struct value *group)
{
    struct fall_rule fall = {.order = (enum fall_order)value_choice(group, "order")};
    fall.sequence = target_names(scenario, value_of(group, "sequence"), &fall.sequences);
    return fall;
}

size_t target_domain_length(const char *path, enum fall_order order)
{
    size_t length = strcspn(path, "/");
    for (int more = order == FALL_BY_RACK ? 2 : order == FALL_BY_ZONE; more > 0 && path[length] == '/'; more--)
        length += 1 + strcspn(path + length + 1, "/");
    return length;
}

/* The number of the first pattern that a path matches; that of patterns where it matches none. */
static uint32_t rank_of(const char *path, const struct fall_rule *fall)
{
    uint32_t rank = 0;
    while (rank < fall->sequences && !path_matches(fall->sequence[rank], path))
        rank++;
    return rank;
}

bool target_same_domain(const char *one, const char *other, enum fall_order order)
{
    size_t length = target_domain_length(one, order);
    return order == FALL_RANDOM || (target_domain_length(other, order) == length && memcmp(one, other, length) == 0);
}

const struct fall_place *fall_places(struct arena *arena, const struct graph *graph, const struct fault_match *match, const struct fall_rule *fall)
{
    if (fall->order == FALL_RANDOM && fall->sequences == 0)
        return NULL;
    struct fall_place *place = arena_array(arena, match->count, struct fall_place);
    uint32_t *rank = arena_array(arena, match->count, uint32_t), *size = arena_array(arena, match->count, uint32_t), fallen = 0;
    for (uint32_t i = 0; i < match->count; i++)
        rank[i] = rank_of(graph_component(graph, match->component[i])->path, fall);
    for (uint32_t r = 0; r <= fall->sequences; r++) {
        const char *domain = NULL; /* of the group under way: components of a domain stand together in the graph's order */
        uint32_t first = fallen;
        for (uint32_t i = 0; i < match->count; i++) {
            const char *path = graph_component(graph, match->component[i])->path;
            if (rank[i] != r)
                continue;
            if (domain != NULL && !target_same_domain(domain, path, fall->order))
                first = fallen;
            domain = path;
            place[i].first = first;
            size[first]++;
            fallen++;
        }
    }
    for (uint32_t i = 0; i < match->count; i++)
        place[i].size = size[place[i].first];
    return place;
}
