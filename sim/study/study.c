#include "sim/study/study.h"
#include "sim/base/check.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A grid of more steps than this is a slip of the pen, and every replication pays for it in memory. */
enum { STEPS_MOST = 1000000 };

/* --- The registry, for the reader --- */

bool study_model_keys(const void *registry, const char *model_name, const struct key **keys,
                      const struct key **point_keys)
{
    const struct sim_registry *models = registry;
    for (size_t i = 0; models->models[i] != NULL; i++) {
        if (strcmp(models->models[i]->name, model_name) == 0) {
            *keys = models->models[i]->keys;
            *point_keys = models->models[i]->point_keys;
            return true;
        }
    }
    return false;
}

const char *study_known_models(struct arena *arena, const struct sim_registry *registry)
{
    const char *known = "";
    for (size_t i = 0; registry->models[i] != NULL; i++)
        known = arena_format(arena, "%s%s%s", known, i == 0 ? "" : ", ", registry->models[i]->name);
    return known;
}

static const struct sim_model *find_model(const struct sim_registry *registry, const char *name)
{
    for (size_t i = 0; registry->models[i] != NULL; i++) {
        if (strcmp(registry->models[i]->name, name) == 0)
            return registry->models[i];
    }
    check(false, "the reader accepted model %s, which is not registered", name);
    return NULL;
}

/* --- Preparing --- */

struct preparation {
    struct study *study;
    const struct study_source *source;
    const struct sim_registry *registry;
    const char *known_models;
    FILE *errors;
    const char **printed; /* mistakes shown so far, to show each once */
    size_t printed_count, printed_room;
};

static struct scenario *read_with(struct preparation *p, const char *const *overrides, size_t count)
{
    if (p->source->text != NULL)
        return scenario_read_text(p->study->arena, p->source->path, p->source->text, overrides, count, study_model_keys,
                                  p->registry, p->known_models);
    return scenario_read(p->study->arena, p->source->path, overrides, count, study_model_keys, p->registry,
                         p->known_models);
}

static bool was_printed(struct preparation *p, const char *text)
{
    for (size_t i = 0; i < p->printed_count; i++) {
        if (strcmp(p->printed[i], text) == 0)
            return true;
    }
    if (p->printed_count == p->printed_room) {
        size_t room = p->printed_room == 0 ? 32 : 2 * p->printed_room;
        const char **grown = arena_array(p->study->arena, room, const char *);
        if (p->printed_count > 0)
            memcpy(grown, p->printed, p->printed_count * sizeof *grown);
        p->printed = grown;
        p->printed_room = room;
    }
    p->printed[p->printed_count++] = arena_text(p->study->arena, text);
    return false;
}

/* A mistake is a line that begins at the margin and the indented and "hint:" lines after it. */
static const char *next_mistake(const char *text)
{
    do {
        const char *end = strchr(text, '\n');
        text = end == NULL ? text + strlen(text) : end + 1;
    } while (*text != '\0' && (*text == ' ' || strncmp(text, "hint:", 5) == 0));
    return text;
}

/* Prints the scenario's mistakes that were not printed for an earlier point. */
static void print_mistakes(struct preparation *p, const struct scenario *scenario, const char *point)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    check(memory != NULL, "no memory for messages");
    p->study->errors += scenario_print_errors(scenario, memory);
    fclose(memory);
    bool headed = point == NULL;
    for (const char *at = text; *at != '\0';) {
        const char *end = next_mistake(at);
        const char *mistake = arena_format(p->study->arena, "%.*s", (int)(end - at), at);
        at = end;
        if (was_printed(p, mistake))
            continue;
        if (!headed)
            fprintf(p->errors, "in study point '%s':\n", point);
        headed = true;
        fputs(mistake, p->errors);
    }
    free(text);
}

/* What belongs to the run and not to a point: one grid, one calendar, one seed. */
static void check_run_keys(struct scenario *point, const struct scenario *base)
{
    static const char *const names[] = {"model", "start", "horizon", "grid", "replications", "seed", "level"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct value *a = value_of(&point->root, names[i]), *b = value_of(&base->root, names[i]);
        if (strcmp(a->text == NULL ? "" : a->text, b->text == NULL ? "" : b->text) != 0)
            scenario_error(point, a, "set it once, outside study.points", "a study point cannot change '%s' of the run",
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

/* A scenario's points; none when it has no study. */
static const struct value *points_of(const struct scenario *scenario)
{
    const struct value *study = value_of(&scenario->root, "study");
    return study->given && study->children > 0 ? value_of(study, "points") : NULL;
}

static const char *const *point_overrides(struct preparation *p, const struct value *set, size_t *count)
{
    *count = p->source->override_count + set->children;
    const char **all = arena_array(p->study->arena, *count + 1, const char *);
    for (size_t i = 0; i < p->source->override_count; i++)
        all[i] = p->source->overrides[i];
    for (size_t i = 0; i < set->children; i++)
        all[p->source->override_count + i] = set->child[i].text;
    return all;
}

static void finish_point(struct preparation *p, struct study_point *point, struct scenario *scenario,
                         const struct value *at)
{
    point->scenario = scenario;
    point->task = common_task(scenario, p->source->log);
    point->plan = p->study->model->prepare(scenario, at);
    if (scenario->errors == 0)
        check_arms(p->study, scenario, point->plan);
}

static void prepare_point(struct preparation *p, const struct value *points, size_t index)
{
    struct study *study = p->study;
    struct study_point *point = &study->points[index];
    const struct value *declared = value_at(points, index);
    point->label = value_text(declared, "label");
    point->parameters = point_parameters(study->arena, declared);
    size_t count;
    const char *const *overrides = point_overrides(p, value_of(declared, "set"), &count);
    struct scenario *scenario = read_with(p, overrides, count);
    if (scenario->errors == 0) {
        check_run_keys(scenario, study->scenario);
        const struct value *own = points_of(scenario);
        if (own == NULL || own->children != points->children)
            scenario_error(scenario, value_of(&scenario->root, "study"), NULL,
                           "a study point cannot change the list of points");
        else
            finish_point(p, point, scenario, value_at(own, index));
    }
    if (scenario->errors > 0)
        print_mistakes(p, scenario, point->label);
}

static void prepare_points(struct preparation *p)
{
    struct study *study = p->study;
    const struct value *points = points_of(study->scenario);
    size_t count = points == NULL ? 0 : points->children;
    study->point_count = count == 0 ? 1 : count;
    study->points = arena_array(study->arena, study->point_count, struct study_point);
    if (count == 0) {
        study->points[0].label = "base";
        study->points[0].parameters = "{}";
        finish_point(p, &study->points[0], study->scenario, NULL);
    }
    for (size_t i = 0; i < count; i++)
        prepare_point(p, points, i);
}

/* --- Targets --- */

static const char *nearest_hint(struct arena *arena, const char *word, const char *const *names, size_t count)
{
    const char *near = scenario_nearest(word, names, count);
    if (near != NULL)
        return arena_format(arena, "did you mean '%s'?", near);
    const char *list = "";
    for (size_t i = 0; i < count && i < 12; i++)
        list = arena_format(arena, "%s%s%s", list, i == 0 ? "one of: " : ", ", names[i]);
    return count > 12 ? arena_format(arena, "%s, ... (%zu in all)", list, count) : list;
}

static bool is_among(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, names[i]) == 0)
            return true;
    }
    return false;
}

static void check_name(struct study *study, const struct value *target, const char *key, const char *const *names,
                       size_t count)
{
    const struct value *at = value_of(target, key);
    const char *word = value_text(target, key);
    if (!is_among(word, names, count))
        scenario_error(study->scenario, at, nearest_hint(study->arena, word, names, count),
                       "target names an unknown %s '%s'", key, word);
}

/* A figure in another unit than the metric's would be compared with the wrong number. */
static void check_unit(struct study *study, const struct value *target)
{
    const char *metric = value_text(target, "metric"), *unit = value_text(target, "unit");
    for (size_t i = 0; unit[0] != '\0' && i < study->metrics; i++) {
        const struct sim_metric *declared = &study->model->metrics[i];
        if (strcmp(declared->name, metric) == 0 && strcmp(declared->unit, unit) != 0)
            scenario_error(study->scenario, value_of(target, "unit"),
                           arena_format(study->arena, "write it in '%s'", declared->unit),
                           "the unit of '%s' is '%s', not '%s'", metric, declared->unit, unit);
    }
}

static void check_targets(struct study *study)
{
    const struct value *targets = value_of(&study->scenario->root, "targets");
    size_t metric_count = study->metrics;
    const char **metrics = arena_array(study->arena, metric_count + 1, const char *);
    const char **clouds = arena_array(study->arena, study->arm_count + 1, const char *);
    const char **points = arena_array(study->arena, study->point_count + 1, const char *);
    for (size_t i = 0; i < metric_count; i++)
        metrics[i] = study->model->metrics[i].name;
    for (size_t i = 0; i < study->arm_count; i++)
        clouds[i] = study->arms[i].name;
    for (size_t i = 0; i < study->point_count; i++)
        points[i] = study->points[i].label;
    for (size_t i = 0; i < targets->children; i++) {
        const struct value *target = value_at(targets, i);
        check_name(study, target, "metric", metrics, metric_count);
        check_unit(study, target);
        if (study->arms != NULL)
            check_name(study, target, "cloud", clouds, study->arm_count);
        if (study->point_count > 1 || value_text(target, "point")[0] != '\0')
            check_name(study, target, "point", points, study->point_count);
    }
}

uint32_t study_point_index(const struct study *study, const char *label)
{
    if (label[0] == '\0' && study->point_count == 1)
        return 0;
    for (size_t i = 0; i < study->point_count; i++) {
        if (strcmp(study->points[i].label, label) == 0)
            return (uint32_t)i;
    }
    check(false, "no point '%s'", label);
    return 0;
}

uint32_t study_arm_index(const struct study *study, const char *name)
{
    for (size_t i = 0; i < study->arm_count; i++) {
        if (strcmp(study->arms[i].name, name) == 0)
            return (uint32_t)i;
    }
    check(false, "no arm '%s'", name);
    return 0;
}

static void check_grid(struct study *study)
{
    const struct value *root = &study->scenario->root;
    int64_t horizon = value_duration(root, "horizon").us, grid = value_duration(root, "grid").us;
    if (grid > 0 && horizon / grid > STEPS_MOST)
        scenario_error(study->scenario, value_of(root, "grid"), "choose a coarser grid",
                       "this grid cuts the horizon into %" PRId64 " steps; at most %d", horizon / grid, STEPS_MOST);
}

bool study_prepare(struct study *study, struct arena *arena, const struct study_source *source,
                   const struct sim_registry *registry, FILE *errors)
{
    *study = (struct study){.arena = arena};
    struct preparation p = {.study = study, .source = source, .registry = registry, .errors = errors};
    p.known_models = study_known_models(arena, registry);
    study->scenario = read_with(&p, source->overrides, source->override_count);
    if (study->scenario->errors > 0) {
        print_mistakes(&p, study->scenario, NULL);
        return false;
    }
    study->model = find_model(registry, value_text(&study->scenario->root, "model"));
    while (study->model->metrics[study->metrics].name != NULL)
        study->metrics++;
    while (study->model->series != NULL && study->model->series[study->series].name != NULL)
        study->series++;
    study->replications = (uint32_t)value_integer(&study->scenario->root, "replications");
    prepare_points(&p);
    check_targets(study);
    check_grid(study);
    if (study->scenario->errors > 0)
        print_mistakes(&p, study->scenario, NULL);
    return study->errors == 0;
}
