#include "sim/study/rare.h"

#include "sim/chance/random.h"
#include "sim/study/splitting.h"


static void read_levels(struct scenario *scenario, const struct value *group, struct sim_rare *rare)
{
    const struct value *levels = value_of(group, "levels");
    struct rare_level *level = arena_array(scenario->arena, value_count(levels), struct rare_level);
    for (size_t i = 0; i < value_count(levels); i++) {
        const struct value *each = value_at(levels, i);
        level[i] = (struct rare_level){value_number(each, "at"), (uint32_t)value_integer(each, "copies")};
        if (i > 0 && level[i].at <= level[i - 1].at)
            scenario_error(scenario, value_of(each, "at"), NULL, "each level must lie above the one before it");
    }
    rare->level = level;
    rare->levels = (uint32_t)value_count(levels);
}

struct sim_rare rare_read(struct scenario *scenario, const struct sim_model *model)
{
    const struct value *group = value_of(&scenario->root, "rare"), *method = value_of(group, "method");
    struct sim_rare rare = {.method = (enum rare_method)value_choice(group, "method")};
    rare.paths_max = (uint64_t)value_integer(value_of(&scenario->root, "limits"), "paths");
    switch (rare.method) {
    case RARE_NONE:
        break;
    case RARE_FAILURE_BIASING:
        rare.bias = value_number(group, "bias");
        rare.cycles = (uint32_t)value_integer(group, "cycles");
        if (!model->has_failure_biasing)
            scenario_error(scenario, method, "model 'markov' does, and splitting works for others",
                           "model '%s' has no failure biasing", model->name);
        break;
    case RARE_SPLITTING:
        read_levels(scenario, group, &rare);
        rare.watch = value_text(group, "watch");
        if (model->branching == NULL)
            scenario_error(scenario, method, NULL, "model '%s' cannot be split", model->name);
        break;
    }
    return rare;
}

void rare_replicate(const struct sim_model *model, const void *plan, const struct sim_task *task, struct sim_record *record)
{
    stream_branch(0); /* a limit that ends a replication may leave a thread on a branch */
    if (task->rare.method == RARE_SPLITTING)
        splitting_replicate(model, plan, task, record);
    else
        model->replicate(plan, task, record);
}
