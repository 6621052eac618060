#include "models/oracle/structure.h"

#include <math.h>

#include "sim/base/nomalloc.h"

static const struct key part_keys[] = {
    {"name", KEY_NAME, NULL, .help = "Name of the part.", .unique = true},
    {"count", KEY_INTEGER, "1", .help = "Components of the part, all alike.", .low = 1, .high = 1e4},
    {"needed", KEY_INTEGER, "0", .help = "How many must be up; 0: all.", .low = 0, .high = 1e4},
    {"standby", KEY_CHOICE, "hot", .help = "Whether those beyond 'needed' run (hot), age slowly (warm) or not at all (cold).",
     .choices = "hot|warm|cold"},
    {"up", KEY_LAW, NULL, .help = "Law of the time that a running component lives."},
    {"idle", KEY_LAW, "", .help = "Law of the time that a warm spare lives."},
    {"repair", KEY_LAW, "", .help = "Law of the time that a crew needs; without it nothing is ever repaired."},
    {"crews", KEY_INTEGER, "0", .help = "Crews of the part, one component a crew; 0: one for each.", .low = 0, .high = 1e4},
    KEY_END,
};

static const struct key shock_keys[] = {
    {"name", KEY_NAME, NULL, .help = "Name of the shock.", .unique = true},
    {"rate", KEY_RATE, NULL, .help = "Shocks per system and unit of time; a Poisson process.", .above_low = true},
    {"parts", KEY_TEXTS, .help = "Names of the parts it hits; without it all.", .filled = true},
    KEY_END,
};

const struct key structure_keys[] = {
    {"systems", KEY_INTEGER, "1", .help = "Systems side by side, all alike and independent.", .low = 1, .high = 1e6},
    {"gate", KEY_CHOICE, "all", .help = "Whether a system needs all its parts (series) or any (parallel).",
     .choices = "all|any"},
    {"parts", KEY_LIST, .children = part_keys, .required = true, .help = "The parts of a system."},
    {"shocks", KEY_LIST, .children = shock_keys, .help = "What takes down all components of several parts at once."},
    {"fresh", KEY_BOOL, "false", .help = "Start with every component new instead of in equilibrium."},
    KEY_END,
};

static void read_part(struct scenario *scenario, const struct value *value, struct part *part, uint32_t first)
{
    *part = (struct part){
        .up = *value_law(value, "up"),
        .standby = (enum standby)value_choice(value, "standby"),
        .count = (uint32_t)value_integer(value, "count"),
        .needed = (uint32_t)value_integer(value, "needed"),
        .crews = (uint32_t)value_integer(value, "crews"),
        .first = first,
        .is_repaired = value_given(value, "repair"),
    };
    if (part->needed == 0)
        part->needed = part->count;
    if (part->crews == 0 || part->crews > part->count)
        part->crews = part->count;
    if (part->is_repaired)
        part->repair = *value_law(value, "repair");
    if (part->standby == WARM && value_given(value, "idle"))
        part->idle = *value_law(value, "idle");
    if (part->needed > part->count)
        scenario_error(scenario, value_of(value, "needed"), NULL, "%u are needed of %u", part->needed, part->count);
    if ((part->standby == WARM) != value_given(value, "idle"))
        scenario_error(scenario, value_of(value, "standby"), "'idle' is the law of warm spares, and only theirs",
                       "'idle' and 'standby' contradict each other");
    if (!(law_mean(&part->up) > 0) || !isfinite(law_mean(&part->up)))
        scenario_error(scenario, value_of(value, "up"), NULL, "the mean time up must be above 0 and finite");
    if (part->is_repaired && !isfinite(law_mean(&part->repair)))
        scenario_error(scenario, value_of(value, "repair"), NULL, "the mean time to repair must be finite");
}

static void read_shock(struct scenario *scenario, const struct value *value, struct shock *shock, const struct value *parts)
{
    const struct value *names = value_of(value, "parts");
    *shock = (struct shock){value_number(value, "rate"), arena_array(scenario->arena, value_count(parts), bool)};
    for (size_t i = 0; i < value_count(parts); i++)
        shock->hits[i] = !names->given;
    for (size_t i = 0; i < value_count(names); i++) {
        const struct value *part = value_named(parts, value_at(names, i)->text);
        if (part == NULL)
            scenario_error(scenario, value_at(names, i), NULL, "there is no part '%s'", value_at(names, i)->text);
        else
            shock->hits[part - value_at(parts, 0)] = true;
    }
}

static bool is_independent(const struct part *part)
{
    return part->is_repaired && part->standby == HOT && part->crews == part->count;
}

static bool is_markov(const struct part *part)
{
    return part->is_repaired && part->up.kind == LAW_EXPONENTIAL && part->repair.kind == LAW_EXPONENTIAL &&
           (part->standby != WARM || part->idle.kind == LAW_EXPONENTIAL);
}

static enum start choose_start(struct scenario *scenario, const struct plan *plan)
{
    const struct value *parts = value_of(&scenario->root, "parts");
    bool independent = plan->shocks == 0, markov = plan->shocks == 0, repaired = true;
    if (value_bool(&scenario->root, "fresh"))
        return START_FRESH;
    for (uint32_t i = 0; i < plan->parts; i++) {
        independent = independent && is_independent(&plan->part[i]);
        markov = markov && is_markov(&plan->part[i]);
        repaired = repaired && plan->part[i].is_repaired;
        if (!plan->part[i].is_repaired)
            scenario_error(scenario, value_at(parts, i), "set 'fresh = true', or give it a 'repair'",
                           "what is never repaired has no equilibrium to start from");
    }
    if (independent || markov)
        return independent ? START_INDEPENDENT : START_MARKOV;
    if (repaired && value_duration(&scenario->root, "warmup").us == 0)
        scenario_error(scenario, parts, "ten times the mean time up is plenty",
                       "only independent components, or exponential laws without shocks, start in equilibrium; "
                       "anything else needs a 'warmup'");
    return START_FRESH;
}

const void *structure_prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root, *parts = value_of(root, "parts"), *shocks = value_of(root, "shocks");
    struct plan *plan = arena_new(scenario->arena, struct plan);
    struct part *part = arena_array(scenario->arena, value_count(parts), struct part);
    struct shock *shock = arena_array(scenario->arena, value_count(shocks), struct shock);
    *plan = (struct plan){trial_plan("structure"), part, shock, (uint32_t)value_integer(root, "systems"),
                          (uint32_t)value_count(parts), (uint32_t)value_count(shocks),
                          .gate = (enum gate)value_choice(root, "gate")};
    for (uint32_t i = 0; i < plan->parts; i++) {
        read_part(scenario, value_at(parts, i), &part[i], plan->components);
        plan->components += part[i].count;
    }
    for (uint32_t i = 0; i < plan->shocks; i++)
        read_shock(scenario, value_at(shocks, i), &shock[i], parts);
    if ((double)plan->systems * (plan->components + plan->shocks) > 4e6)
        scenario_error(scenario, value_of(root, "systems"), NULL, "that makes more than 4,000,000 components and shocks");
    plan->start = choose_start(scenario, plan);
    return plan;
}
