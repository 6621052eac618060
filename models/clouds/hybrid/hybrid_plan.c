/* A hybrid's keys, made into an immutable plan: its parts' plans, who has which site, which replicas are whose. */
#include "models/clouds/hybrid/hybrid_inside.h"

#include "models/clouds/hybrid/hybrid.h"

#include <string.h>

#include "sim/base/nomalloc.h"

/* The groups of the two parts. False when they are not two other clouds. */
static bool find_parts(struct scenario *scenario, const struct value *group, const struct value **part)
{
    const struct value *clouds = value_of(&scenario->root, "clouds"), *names = value_of(group, "parts");
    if (value_count(names) != PARTS) {
        scenario_error(scenario, names, "parts = [ \"azure-like\", \"akash\" ];", "a hybrid has two parts");
        return false;
    }
    for (uint32_t p = 0; p < PARTS; p++) {
        const char *name = value_at(names, p)->text;
        part[p] = value_named(clouds, name);
        if (part[p] == NULL || cloud_kind_of(part[p]) == &cloud_hybrid) {
            scenario_error(scenario, value_at(names, p), "name a cloud of the list 'clouds' that is no hybrid",
                           part[p] == NULL ? "no cloud is called '%s'" : "'%s' is a hybrid itself", name);
            return false;
        }
    }
    if (part[FIRST] == part[SECOND])
        scenario_error(scenario, value_at(names, SECOND), "write a second cloud with another name", "both parts are '%s'",
                       value_at(names, SECOND)->text);
    return part[FIRST] != part[SECOND];
}

static void divide_sites(struct scenario *scenario, const struct value *group, struct hybrid_plan *plan)
{
    const struct fleet *fleet = plan->fleet;
    const struct value *firsts = value_of(group, "sites");
    const char **names = arena_array(scenario->arena, fleet->sites, const char *);
    plan->part_of_site = arena_array(scenario->arena, fleet->sites, uint8_t);
    for (uint32_t s = 0; s < fleet->sites; s++) {
        names[s] = fleet->site[s].name;
        plan->part_of_site[s] = firsts->given ? SECOND : s % PARTS;
    }
    for (size_t i = 0; i < value_count(firsts); i++) {
        uint32_t site = 0;
        while (site < fleet->sites && strcmp(names[site], value_at(firsts, i)->text) != 0)
            site++;
        if (site < fleet->sites && plan->part_of_site[site] == FIRST)
            scenario_error(scenario, value_at(firsts, i), "name it once", "site '%s' is named twice", names[site]);
        if (site < fleet->sites) {
            plan->part_of_site[site] = FIRST;
            continue;
        }
        const char *near = scenario_nearest(value_at(firsts, i)->text, names, fleet->sites);
        scenario_error(scenario, value_at(firsts, i),
                       near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near) : "name a site of the fleet",
                       "no site is called '%s'", value_at(firsts, i)->text);
    }
    for (uint32_t s = 0; s < fleet->sites; s++)
        plan->part[plan->part_of_site[s]].sites++;
    if (plan->part[FIRST].sites == 0 || plan->part[SECOND].sites == 0)
        scenario_error(scenario, firsts->given ? firsts : group, "a fleet of two sites or more, and some of them in 'sites'",
                       "a part of the hybrid has no site");
}

/* Units of a class in a part; a class that has none keeps its size, which nobody ever asks for. */
static uint32_t units_in(const struct hybrid_plan *plan, const struct demand_class *class, uint32_t part, bool *runs)
{
    uint32_t units = class->units;
    if (class->kind == DEMAND_JOB)
        units = part == FIRST ? units : 0;
    else if (plan->mode == HYBRID_ACTIVE)
        units = part == FIRST ? units - units / 2 : units / 2;
    *runs = units > 0;
    return *runs ? units : class->units;
}

static const struct demand_plan *part_demand(struct scenario *scenario, const struct value *group, const struct hybrid_plan *plan,
                                             const struct demand_plan *demand, uint32_t part, bool *runs)
{
    struct demand_plan *own = arena_new(scenario->arena, struct demand_plan);
    struct demand_class *class = arena_array(scenario->arena, demand->classes, struct demand_class);
    *own = *demand;
    own->class = class;
    for (uint32_t c = 0; c < demand->classes; c++) {
        class[c] = demand->class[c];
        class[c].units = units_in(plan, &class[c], part, &runs[c]);
        if (class[c].quorum > class[c].units)
            class[c].quorum = class[c].units;
        if (class[c].sites > plan->part[part].sites)
            class[c].sites = plan->part[part].sites;
        if (class[c].group != NULL && class[c].units != demand->class[c].units && part == FIRST)
            scenario_error(scenario, value_of(group, "mode"), "use warm standby or backup, or demand without an SDL file",
                           "the replicas of '%s' are one group of an SDL file and cannot be divided", class[c].name);
    }
    return own;
}

/* The machines of the other part's sites are in no pool of this one. */
static void give_up_sites(const struct hybrid_plan *plan, uint32_t part)
{
    const struct pool_plan *pools = plan->part[part].kind->pools(plan->part[part].own);
    for (uint32_t n = 0; n < plan->fleet->nodes; n++)
        if (plan->part_of_site[plan->fleet->node[n].site] != part)
            pools->pool_of_node[n] = COMPONENT_NONE;
}

/* Keys of other modes. */
static void warn_idle(struct scenario *scenario, const struct value *group, enum hybrid_mode mode)
{
    if (mode == HYBRID_ACTIVE)
        scenario_warn_idle(scenario, group, (const char *const[]){"fail_over_notice", "return_after", NULL},
                           "users of both parts reach both: nobody fails over", "mode = \"warm standby\" or \"backup\", or leave it away");
    if (mode != HYBRID_STANDBY)
        scenario_warn_idle(scenario, group, (const char *const[]){"fail_over_switch", NULL}, "only a warm standby is switched to",
                           "mode = \"warm standby\", or leave it away");
    if (mode != HYBRID_BACKUP)
        scenario_warn_idle(scenario, group, (const char *const[]){"fail_over_restore", NULL}, "only a backup is restored",
                           "mode = \"backup\", or leave it away");
}

const void *hybrid_read(struct scenario *scenario, const struct value *group, const struct fleet *fleet,
                        const struct demand_plan *demand, struct graph_builder *graph)
{
    struct hybrid_plan *plan = arena_new(scenario->arena, struct hybrid_plan);
    const struct value *groups[PARTS];
    int before = scenario->errors;
    *plan = (struct hybrid_plan){.mode = (enum hybrid_mode)value_choice(group, "mode"),
                                 .notice = value_law(group, "fail_over_notice"),
                                 .change = value_law(group, "fail_over_switch"),
                                 .restore = value_law(group, "fail_over_restore"),
                                 .return_after = value_duration(group, "return_after"),
                                 .fleet = fleet};
    if (!find_parts(scenario, group, groups))
        return plan;
    divide_sites(scenario, group, plan);
    warn_idle(scenario, group, plan->mode);
    for (uint32_t p = 0; p < PARTS && scenario->errors == before; p++) {
        struct hybrid_part *part = &plan->part[p];
        part->name = value_text(groups[p], "name");
        part->kind = cloud_kind_of(groups[p]);
        part->runs = arena_array(scenario->arena, demand->classes, bool);
        part->demand = part_demand(scenario, group, plan, demand, p, part->runs);
        if (scenario->errors > before)
            break;
        part->own = part->kind->plan(scenario, groups[p], fleet, part->demand, graph);
        cloud_name_luck(scenario, part->name, part->kind, fleet, graph);
        if (scenario->errors == before)
            give_up_sites(plan, p);
    }
    return plan;
}

static bool begins(const char *path, const char *name)
{
    size_t length = strlen(name);
    return strncmp(path, name, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

uint8_t hybrid_part_of(const void *own, const struct component *component)
{
    const struct hybrid_plan *plan = own;
    for (uint8_t p = 0; p < PARTS; p++)
        if (begins(component->path, plan->part[p].name))
            return (uint8_t)(1 + p);
    for (uint32_t s = 0; s < plan->fleet->sites; s++)
        if (begins(component->path, plan->fleet->site[s].name))
            return (uint8_t)(1 + plan->part_of_site[s]);
    return 0;
}
