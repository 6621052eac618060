/* The points of a study, and the settings that its replications are lived through under. */
#include "sim/study/rare.h"
#include "sim/study/study_internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct scenario *study_read(const struct study *study, struct arena *arena, const char *text, const char *const *overrides,
                            size_t count)
{
    const struct study_source *source = &study->source;
    const char *models = study_known_models(arena, study->registry);
    if (text != NULL)
        return scenario_read_text(arena, source->path, text, overrides, count, study_model_keys, study->registry, models);
    return scenario_read(arena, source->path, overrides, count, study_model_keys, study->registry, models);
}

/* What belongs to the run and not to a point: one grid, one calendar, one seed. */
static void check_run_keys(struct scenario *point, const struct scenario *base)
{
    static const char *const names[] = {"model", "start",       "horizon",           "grid", "replications",
                                        "seed",  "outer_draws", "outer_replications", "level"};
    const struct value *precision = value_of(&point->root, "precision"), *asked = value_of(&base->root, "precision");
    bool same = precision->children == asked->children;
    for (size_t i = 0; same && i < asked->children; i++)
        same = strcmp(precision->child[i].text, asked->child[i].text) == 0;
    if (!same)
        scenario_error(point, precision, "set it once, outside the study's points",
                       "a study point cannot change 'precision' of the run");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct value *a = value_of(&point->root, names[i]), *b = value_of(&base->root, names[i]);
        if (strcmp(a->text == NULL ? "" : a->text, b->text == NULL ? "" : b->text) != 0)
            scenario_error(point, a, "set it once, outside the study's points", "a study point cannot change '%s' of the run",
                           names[i]);
    }
}

static void check_arms(struct study *study, struct scenario *scenario, const void *plan)
{
    const struct sim_arm *arms;
    size_t count = study->model->arms(plan, &arms);
    if (study->arms == NULL) {
        study->arms = arms;
        study->arm_count = count;
        check(count > 0, "model %s has no arms", study->model->name);
        return;
    }
    bool same = count == study->arm_count;
    for (size_t i = 0; same && i < count; i++)
        same = strcmp(arms[i].name, study->arms[i].name) == 0;
    if (!same)
        scenario_error(scenario, value_of(&scenario->root, "study"), "every point compares the same clouds",
                       "a study point cannot add, drop or rename a cloud");
}

static struct sim_task common_task(const struct scenario *scenario, enum sim_log log)
{
    const struct value *root = &scenario->root;
    return (struct sim_task){
        .seed = (uint64_t)value_integer(root, "seed"),
        .horizon = {value_duration(root, "horizon").us},
        .warmup = value_duration(root, "warmup"),
        .grid = value_duration(root, "grid"),
        .outage_min = value_duration(root, "outage_min"),
        .outage_cap = (uint32_t)value_integer(root, "outage_cap"),
        .log = log,
    };
}

static json_t *json_of_text(struct arena *arena, const char *text)
{
    json_t *json = json_string(text);
    if (json != NULL)
        return json;
    char *plain = arena_text(arena, text); /* not UTF-8 */
    for (char *c = plain; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    }
    return json_string(plain);
}

static json_t *json_of_value(struct arena *arena, const struct value *value)
{
    if (value->key->type != KEY_GROUP && value->key->type != KEY_LIST && value->key->type != KEY_TEXTS)
        return json_of_text(arena, value->text == NULL ? "" : value->text);
    json_t *json = value->key->type == KEY_GROUP ? json_object() : json_array();
    for (size_t i = 0; i < value->children; i++) {
        const struct value *child = &value->child[i];
        if (value->key->type != KEY_GROUP)
            json_array_append_new(json, json_of_value(arena, child));
        else if (child->given)
            json_object_set_new(json, child->key->name, json_of_value(arena, child));
    }
    return json;
}

/* What the point sets: its overrides by path, its own keys by name. */
static const char *point_parameters(struct arena *arena, const struct value *point)
{
    json_t *json = json_object();
    for (size_t i = 0; i < point->children; i++) {
        const struct value *child = &point->child[i];
        if (!child->given || strcmp(child->key->name, "label") == 0)
            continue;
        if (strcmp(child->key->name, "set") != 0) {
            json_object_set_new(json, child->key->name, json_of_value(arena, child));
            continue;
        }
        for (size_t k = 0; k < child->children; k++) {
            const char *text = child->child[k].text, *equals = strchr(text, '=');
            size_t length = equals == NULL ? strlen(text) : (size_t)(equals - text);
            char *path = arena_format(arena, "%.*s", (int)length, text);
            json_object_set_new(json, path, json_of_text(arena, equals == NULL ? "" : equals + 1));
        }
    }
    char *dumped = json_dumps(json, JSON_COMPACT);
    const char *parameters = arena_text(arena, dumped == NULL ? "{}" : dumped);
    free(dumped);
    json_decref(json);
    return parameters;
}

const struct value *study_points_list(const struct scenario *scenario)
{
    const struct value *study = value_of(&scenario->root, "study");
    const struct value *points = study->given && study->children > 0 ? value_of(study, "points") : NULL;
    return points != NULL && points->given ? points : NULL;
}

/* The source's overrides, then the draw's, then the point's, which win: what a point sets is no longer uncertain. */
static const char *const *setting_overrides(const struct study *study, const struct study_point *point,
                                            uint32_t outer_draw, struct arena *arena, size_t *count)
{
    const struct study_source *source = &study->source;
    const char **all = arena_array(arena, source->override_count + study->input_count + point->override_count + 1,
                                   const char *);
    *count = 0;
    for (size_t i = 0; i < source->override_count; i++)
        all[(*count)++] = source->overrides[i];
    for (size_t i = 0; outer_draw > 0 && i < study->input_count; i++)
        all[(*count)++] = arena_format(arena, "%s=%s", study->inputs[i].path, study_input_value(study, i, outer_draw, arena));
    for (size_t i = 0; i < point->override_count; i++)
        all[(*count)++] = point->overrides[i];
    return all;
}

/* The model's plan of the point in its scenario. */
static const void *plan_of(const struct study *study, const struct study_point *point, struct scenario *scenario)
{
    const struct value *points = study_points_list(scenario);
    return study->model->prepare(scenario, points != NULL ? value_at(points, point->declared) : NULL);
}

bool study_setting_open(const struct study *study, uint32_t point_index, uint32_t outer_draw, struct arena *arena,
                        struct study_setting *setting)
{
    const struct study_point *point = &study->points[point_index];
    check(outer_draw <= study->outer_draws, "draw %u of %u", outer_draw, study->outer_draws);
    size_t count;
    const char *const *overrides = setting_overrides(study, point, outer_draw, arena, &count);
    *setting = (struct study_setting){.task = point->task};
    setting->scenario = study_read(study, arena, study->scenario->text, overrides, count);
    if (setting->scenario->errors == 0) {
        setting->task.rare = rare_read(setting->scenario, study->model); /* the point's own lies in memory given back */
        setting->plan = plan_of(study, point, setting->scenario);
    }
    return setting->scenario->errors == 0;
}

/* --- Preparing --- */

/* Texts of the plan's marks live in its own memory, which goes. */
static void keep_marks(struct study *study, struct study_point *point, const void *plan)
{
    const struct sim_mark *marks = NULL;
    point->mark_count = study->model->marks == NULL ? 0 : study->model->marks(plan, &marks);
    struct sim_mark *kept = arena_array(study->arena, point->mark_count, struct sim_mark);
    for (size_t i = 0; i < point->mark_count; i++) {
        kept[i] = marks[i];
        kept[i].name = arena_text(study->arena, marks[i].name);
    }
    point->marks = kept;
}

/* What the point needs to remember of a reading without mistakes. */
static void keep_setting(struct study *study, struct study_point *point, struct scenario *scenario, const void *plan)
{
    point->task = common_task(scenario, study->source.log);
    keep_marks(study, point, plan);
    if (point < study->points + STUDY_KEPT) {
        point->scenario = scenario;
        point->plan = plan;
        point->task.rare = rare_read(scenario, study->model);
    }
}

static struct scenario *read_setting(const struct study *study, const struct study_point *point, uint32_t outer_draw,
                                     struct arena *arena)
{
    size_t count;
    const char *const *overrides = setting_overrides(study, point, outer_draw, arena, &count);
    if (count == study->source.override_count && outer_draw == 0 && point == study->points)
        return study->scenario; /* the first point of a study without a word of its own: read already */
    return study_read(study, arena, study->source.text, overrides, count);
}

/* Reads the scenario as the point and the draw set it, in arena, and keeps what is to be kept of draw 0. */
static void check_setting(struct preparation *p, struct study_point *point, uint32_t outer_draw, struct arena *arena)
{
    struct study *study = p->study;
    struct scenario *scenario = read_setting(study, point, outer_draw, arena);
    const void *plan = NULL;
    if (scenario->errors == 0 && scenario != study->scenario) {
        const struct value *declared = study_points_list(study->scenario), *own = study_points_list(scenario);
        check_run_keys(scenario, study->scenario);
        if ((own == NULL) != (declared == NULL) || (own != NULL && own->children != declared->children))
            scenario_error(scenario, value_of(&scenario->root, "study"), NULL,
                           "a study point cannot change the list of points");
    }
    if (scenario->errors == 0 && scenario != study->scenario) {
        scenario_adopt_files(study->scenario, scenario);
        scenario_adopt_laws(study->scenario, scenario);
    }
    if (scenario->errors == 0)
        plan = plan_of(study, point, scenario);
    if (scenario->errors == 0) {
        check_arms(study, scenario, plan);
        scenario_adopt_warnings(study->scenario, scenario);
        study->readings++;
    }
    if (scenario->errors == 0 && outer_draw == 0)
        keep_setting(study, point, scenario, plan);
    if (scenario->errors > 0 && scenario != study->scenario)
        preparation_print(p, scenario,
                          outer_draw == 0 ? point->label : arena_format(arena, "%s, outer draw %u", point->label, outer_draw));
}

static void check_passing(struct preparation *p, struct study_point *point, uint32_t outer_draw)
{
    struct arena passing;
    arena_open(&passing, 0);
    check_setting(p, point, outer_draw, &passing);
    arena_close(&passing);
}

void preparation_check_points(struct preparation *p)
{
    struct study *study = p->study;
    for (size_t i = 0; i < study->point_count; i++) {
        if (i < STUDY_KEPT)
            check_setting(p, &study->points[i], 0, study->arena);
        else
            check_passing(p, &study->points[i], 0);
    }
    for (size_t i = 0; i < study->point_count && i < STUDY_KEPT; i++)
        for (uint32_t draw = 1; draw <= study->outer_draws && study->errors == 0; draw++)
            check_passing(p, &study->points[i], draw);
}

static void declare_point(struct study *study, struct study_point *point, const struct value *declared)
{
    const struct value *set = value_of(declared, "set");
    const char **overrides = arena_array(study->arena, set->children + 1, const char *);
    for (size_t i = 0; i < set->children; i++)
        overrides[i] = set->child[i].text;
    point->label = value_text(declared, "label");
    point->parameters = point_parameters(study->arena, declared);
    point->overrides = overrides;
    point->override_count = set->children;
}

void preparation_declare_points(struct preparation *p)
{
    struct study *study = p->study;
    const struct value *group = value_of(&study->scenario->root, "study");
    const struct value *points = study_points_list(study->scenario);
    bool vary = group->given && value_of(group, "vary")->given;
    if (group->given && (points != NULL) == vary) {
        scenario_error(study->scenario, group, "write either points or vary", "a study has points or a design, %s",
                       vary ? "not both" : "and here is neither");
        return;
    }
    if (vary) {
        study_vary_points(study);
        return;
    }
    if (points != NULL && points->children == 0) {
        scenario_error(study->scenario, points, NULL, "'points' must not be empty");
        return;
    }
    study->point_count = points == NULL ? 1 : points->children;
    study->points = arena_array(study->arena, study->point_count, struct study_point);
    for (size_t i = 0; points != NULL && i < study->point_count; i++) {
        declare_point(study, &study->points[i], value_at(points, i));
        study->points[i].declared = (uint32_t)i;
    }
    if (points == NULL) {
        study->points[0].label = "base";
        study->points[0].parameters = "{}";
    }
}
