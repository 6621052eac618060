/* The results file of a run: made anew, or gone on with. */
#include "sim/command/command_execute.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* --- What is written before the first replication --- */

static bool add_targets(const struct study *study, struct store *store)
{
    const struct value *targets = value_of(&study->scenario->root, "targets");
    for (size_t i = 0; i < targets->children; i++) {
        const struct value *t = value_at(targets, i);
        struct store_target target = {.name = value_text(t, "name"),
                                      .metric = value_text(t, "metric"),
                                      .unit = value_text(t, "unit"),
                                      .role = value_text(t, "role"),
                                      .low = value_number(t, "low"),
                                      .high = value_number(t, "high"),
                                      .published = value_given(t, "published") ? value_number(t, "published") : NAN,
                                      .expect = value_text(t, "expect"),
                                      .reason = value_text(t, "reason"),
                                      .source = value_text(t, "source"),
                                      .evidence = value_text(t, "evidence")};
        target.point = study_point_index(study, value_text(t, "point"));
        target.cloud = study_arm_index(study, value_text(t, "cloud"));
        if (!store_add_target(store, &target))
            return false;
    }
    return true;
}

/* Marks belong to points, and a store takes them after all of those. */
static bool add_marks(const struct study *study, struct store *store)
{
    for (size_t p = 0; p < study->point_count; p++) {
        const struct study_point *point = &study->points[p];
        for (size_t m = 0; m < point->mark_count; m++)
            if (!store_add_mark(store, (uint32_t)p, point->marks[m].name, point->marks[m].start_s, point->marks[m].end_s))
                return false;
    }
    return true;
}

/* Where the point stands in the study's design. */
static bool add_design(const struct study *study, const struct study_point *point, struct store *store)
{
    if (point->row == NULL)
        return true;
    const struct design_row *row = point->row;
    struct store_design design = {.design = study->design, .matrix = row->matrix, .sample = row->sample, .step = row->step};
    design.factor = row->factor < 0 ? NULL : study->factors[row->factor].path;
    bool fine = store_add_design(store, &design);
    for (uint32_t i = 0; fine && i < study->factor_count; i++)
        fine = point->values[i] == NULL || store_add_design_value(store, i, study->factors[i].path, row->u[i], point->values[i]);
    return fine;
}

static bool add_labels(const struct vary *vary, size_t count, struct store *store)
{
    bool fine = true;
    for (size_t i = 0; fine && i < count; i++)
        fine = vary[i].label[0] == '\0' || store_add_label(store, "key", vary[i].path, vary[i].label);
    return fine;
}

static bool add_input_draws(const struct execution *execution, struct store *store)
{
    const struct study *study = execution->study;
    bool fine = true;
    for (uint32_t draw = 1; draw <= study->outer_draws; draw++)
        for (uint32_t i = 0; fine && i < study->input_count; i++)
            fine = store_add_input_draw(store, draw, i, study->inputs[i].path,
                                        study_input_value(study, i, draw, execution->line->arena));
    return fine;
}

static bool add_analysis(const struct study *study, struct store *store)
{
    const struct value *root = &study->scenario->root, *smallest = value_of(root, "smallest_difference");
    struct store_analysis analysis = {.interval = value_text(root, "interval")};
    if (value_given(root, "control")) {
        analysis.control = value_text(value_of(root, "control"), "metric");
        analysis.expected = value_number(value_of(root, "control"), "expected");
    }
    bool fine = store_add_analysis(store, &analysis);
    for (size_t i = 0; fine && i < smallest->children; i++)
        fine = store_add_smallest(store, value_text(value_at(smallest, i), "metric"), value_number(value_at(smallest, i), "value"));
    return fine;
}

static bool add_evidence(void *store, const struct evidence *evidence) { return store_add_evidence(store, evidence); }

/* All in one transaction: a file has the whole description or no table at all. */
static bool describe(const struct execution *execution, struct store *store)
{
    const struct study *study = execution->study;
    bool fine = true;
    for (size_t i = 0; fine && i < study->arm_count; i++)
        fine = store_add_cloud(store, &study->arms[i]);
    for (size_t i = 0; fine && i < study->point_count; i++)
        fine = store_add_point(store, study->points[i].label, study->points[i].parameters) &&
               add_design(study, &study->points[i], store);
    return fine && add_labels(study->factors, study->factor_count, store) && add_labels(study->inputs, study->input_count, store) &&
           add_input_draws(execution, store) && add_marks(study, store) && add_targets(study, store) &&
           add_analysis(study, store) && evidence_walk(study->scenario, execution->line->arena, add_evidence, store) &&
           store_commit(store);
}

/* --- Going on --- */

/* In what the run of the file differs from ours, or NULL. Log levels matter too: a list must not change in the middle. */
static const char *difference(struct arena *arena, const struct store_run *there, const struct store_run *ours)
{
    if (strcmp(there->scenario_text, ours->scenario_text) != 0)
        return "is of another scenario, or of another version of it";
    if (strcmp(there->overrides, ours->overrides) != 0)
        return "was begun with other options (--set, --reps, --seed)";
    if (there->shard != ours->shard || there->shards != ours->shards)
        return arena_format(arena, "is shard %" PRIu32 "/%" PRIu32, there->shard, there->shards);
    if (strcmp(there->log, ours->log) != 0)
        return arena_format(arena, "was begun with --log %s", message_show(arena, there->log));
    if (strcmp(there->version, ours->version) != 0 || strcmp(there->commit_id, ours->commit_id) != 0)
        return arena_format(arena, "was begun by nines %s (%s), and this is %s (%s)", message_show(arena, there->version),
                            message_show(arena, there->commit_id), ours->version, ours->commit_id);
    return NULL;
}

static int fail(const struct execution *execution, const struct store *store)
{
    message_error(NULL, "%s", message_show(execution->line->arena, store_message(store)));
    return EXIT_MACHINE;
}

/* Makes sure that the file is of this run, and finds out what it holds. */
static int go_on(struct execution *execution, struct store *store)
{
    struct arena *arena = execution->line->arena;
    struct store_run there;
    if (!store_read_run(store, arena, &there))
        return fail(execution, store);
    const char *why = difference(arena, &there, &execution->run);
    if (why != NULL) {
        message_error("--force replaces it, -o chooses another folder", "'%s' %s", message_show(arena, execution->path), why);
        return EXIT_USAGE;
    }
    struct stored *stored = arena_new(arena, struct stored);
    if (!stored_load(stored, execution->study, store, arena))
        return EXIT_MACHINE;
    execution->stored = stored;
    execution->nothing_left = strcmp(there.status, "complete") == 0;
    return execution->nothing_left || store_go_on(store) ? EXIT_DONE : fail(execution, store);
}

int execute_open_store(struct execution *execution, struct store **store)
{
    bool fresh = true;
    bool open = execution->resume ? store_resume(store, execution->path, &execution->run, &fresh)
                                  : store_create(store, execution->path, execution->replace, &execution->run);
    if (open && !fresh)
        return go_on(execution, *store);
    return open && describe(execution, *store) ? EXIT_DONE : fail(execution, *store);
}
