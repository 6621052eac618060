#include "sim/study/splitting.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"
#include "sim/chance/random.h"
#include "sim/study/record.h"

#include <math.h>

#include "sim/base/nomalloc.h"

/* Weighted mean, updated path by path: equal values give exactly that value (West 1979, "Updating mean and variance
 * estimates: an improved method", CACM 22(9)). */
struct mean {
    double value, weight;
};

struct tree {
    const struct sim_branching *branching;
    const struct sim_rare *rare;
    struct arena *arena, *aside; /* of the state; of its copies */
    struct arena_mark root;    /* where the state of a path begins: its record, then the model's own */
    struct sim_record *path;   /* reports of the path under way */
    void *state;
    struct mean *metric, *series;
    uint64_t paths, events, digest;
};

static void add(struct mean *mean, double value, double weight)
{
    if (isnan(value))
        return;
    mean->weight += weight;
    mean->value += (value - mean->value) * (weight / mean->weight);
}

static void finish_path(struct tree *tree, double weight, uint64_t events_before)
{
    struct sim_record *path = tree->path;
    tree->branching->end(tree->state);
    tree->events += path->events - events_before;
    tree->digest = hash_word(tree->digest, record_digest(path));
    for (uint32_t m = 0; m < path->metric_count; m++)
        add(&tree->metric[m], path->metric_values[m], weight);
    for (size_t s = 0; s < (size_t)path->series_count * path->steps; s++)
        add(&tree->series[s], path->series_values[s], weight);
    if (++tree->paths > tree->rare->paths_max)
        limit_reached("limits.paths", (int64_t)tree->rare->paths_max);
}

/* To the moment of the copy, and from there another way. */
static void go_back(struct tree *tree, const struct arena_copy *copy, uint64_t branch)
{
    arena_restore(tree->arena, copy);
    stream_branch(branch);
    if (tree->branching->redraw != NULL)
        tree->branching->redraw(tree->state);
}

/* From the state under way to the ends of all paths that come of it. As deep as there are levels. */
static void follow(struct tree *tree, uint32_t level, double weight, uint64_t branch, uint64_t events_before)
{
    const struct sim_rare *rare = tree->rare;
    check_wanted(); /* paths may be too short for the engine to look */
    stream_branch(branch);
    bool arrived = tree->branching->live(tree->state, level < rare->levels ? rare->level[level].at : (double)INFINITY);
    check(!arrived || level < rare->levels, "a path stops short of the horizon");
    if (!arrived) {
        finish_path(tree, weight, events_before);
        return;
    }
    uint32_t copies = rare->level[level].copies;
    uint64_t events = tree->branching->events(tree->state);
    tree->events += events - events_before;
    struct arena_mark before = arena_mark(tree->aside);
    struct arena_copy *copy = arena_save(tree->arena, tree->root, tree->aside);
    for (uint32_t i = 0; i < copies; i++) {
        uint64_t own = i == 0 ? branch : hash_word(hash_word(branch, level + 1), i);
        if (i > 0)
            go_back(tree, copy, own);
        follow(tree, level + 1, weight / copies, own, events);
    }
    arena_rewind(tree->aside, before);
}

void splitting_replicate(const struct sim_model *model, const void *plan, const struct sim_task *task,
                         struct sim_record *record)
{
    struct sim_task of_path = *task;
    size_t values = (size_t)record->series_count * record->steps;
    struct tree tree = {.branching = model->branching, .rare = &task->rare, .arena = task->arena, .aside = task->aside};
    tree.metric = arena_array(task->arena, record->metric_count, struct mean);
    tree.series = arena_array(task->arena, values, struct mean);
    tree.root = arena_mark(task->arena);
    of_path.log = SIM_LOG_NONE;
    tree.path = record_open(task->arena, model, &of_path);
    tree.state = model->branching->begin(plan, &of_path, tree.path);
    follow(&tree, 0, 1, 0, 0);
    stream_branch(0);
    for (uint32_t m = 0; m < record->metric_count; m++)
        record_metric(record, m, tree.metric[m].weight > 0 ? tree.metric[m].value : (double)NAN);
    for (size_t s = 0; s < values; s++)
        record_series(record, (uint32_t)(s / record->steps), (uint32_t)(s % record->steps),
                      tree.series[s].weight > 0 ? tree.series[s].value : (double)NAN);
    record_done(record, tree.events, tree.digest);
}
