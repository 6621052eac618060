#include "sim/study/study_internal.h"

#include <inttypes.h>
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

/* --- Mistakes, each once --- */

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
void preparation_print(struct preparation *p, const struct scenario *scenario, const char *point)
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

static void check_name(struct study *study, const struct value *group, const char *key, const char *const *names,
                       size_t count)
{
    const struct value *at = value_of(group, key);
    const char *word = value_text(group, key);
    if (!is_among(word, names, count))
        scenario_error(study->scenario, at, nearest_hint(study->arena, word, names, count), "%s names an unknown %s '%s'",
                       strcmp(group->key->name, "targets") == 0 ? "target" : group->key->name, key, word);
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

static const char *const *metric_names(struct study *study)
{
    const char **names = arena_array(study->arena, study->metrics + 1, const char *);
    for (size_t i = 0; i < study->metrics; i++)
        names[i] = study->model->metrics[i].name;
    return names;
}

/* Keys about how the results are judged name metrics too. */
static void check_judgement(struct study *study)
{
    const struct value *root = &study->scenario->root, *smallest = value_of(root, "smallest_difference");
    const char *const *metrics = metric_names(study);
    if (value_given(root, "control"))
        check_name(study, value_of(root, "control"), "metric", metrics, study->metrics);
    if (value_given(root, "control") && study->point_count > 1)
        scenario_error(study->scenario, value_of(root, "control"), "run the points one by one, or without it",
                       "an expectation that holds at one point is a bias at another: control is for studies of one point");
    for (size_t i = 0; i < smallest->children; i++)
        check_name(study, value_at(smallest, i), "metric", metrics, study->metrics);
}

static void check_targets(struct study *study)
{
    const struct value *targets = value_of(&study->scenario->root, "targets");
    size_t metric_count = study->metrics;
    const char *const *metrics = metric_names(study);
    const char **clouds = arena_array(study->arena, study->arm_count + 1, const char *);
    const char **points = arena_array(study->arena, study->point_count + 1, const char *);
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

int study_print_warnings(const struct study *study, FILE *out)
{
    return scenario_print_warnings(study->scenario, study->readings, out);
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

static bool is_from_command_line(const struct value *value) { return value->given && strcmp(value->place.file, "--set") == 0; }

/* A scenario writes either a number of replications or a precision. What the command line says (--reps, --set) prevails over the file. */
static void read_precision(struct study *study)
{
    const struct value *root = &study->scenario->root, *group = value_of(root, "precision"), *count = value_of(root, "replications");
    study->replications = (uint32_t)count->is.integer;
    bool overrides = is_from_command_line(group) && !is_from_command_line(count);
    bool overridden = is_from_command_line(count) && !is_from_command_line(group);
    if (!group->given || overridden)
        return;
    const char **metrics = arena_array(study->arena, study->metrics + 1, const char *);
    for (size_t i = 0; i < study->metrics; i++)
        metrics[i] = study->model->metrics[i].name;
    struct precision *precision = &study->precision;
    const char *word = value_text(group, "metric");
    precision->half_width = value_number(group, "half_width");
    precision->of_differences = value_choice(group, "of") == 1;
    precision->level = value_number(root, "level");
    precision->most = study->replications = (uint32_t)value_integer(group, "max_replications");
    while (precision->metric < study->metrics && strcmp(metrics[precision->metric], word) != 0)
        precision->metric++;
    if (precision->metric == study->metrics)
        scenario_error(study->scenario, value_of(group, "metric"), nearest_hint(study->arena, word, metrics, study->metrics),
                       "precision names an unknown metric '%s'", word);
    else
        precision->is_availability = study->model->metrics[precision->metric].is_availability;
    if (count->given && !overrides)
        scenario_error(study->scenario, count,
                       "leave it out; precision.max_replications limits the run",
                       "with a precision the number of replications follows from it");
}

/* Half a pair is no observation. */
static void check_pairs(struct study *study)
{
    const struct value *root = &study->scenario->root;
    study->antithetic = study->precision.in_pairs = value_choice(root, "variance_reduction") == 1;
    if (study->antithetic && (study->replications % 2 != 0 || study->outer_replications % 2 != 0))
        scenario_error(study->scenario, value_of(root, "variance_reduction"), "choose an even number",
                       "antithetic replications come in pairs, and %u is odd",
                       study->replications % 2 != 0 ? study->replications : study->outer_replications);
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
    *study = (struct study){.arena = arena, .source = *source, .registry = registry};
    struct preparation p = {.study = study, .errors = errors};
    study->scenario = study_read(study, arena, source->text, source->overrides, source->override_count);
    if (study->scenario->errors > 0) {
        preparation_print(&p, study->scenario, NULL);
        return false;
    }
    study->model = find_model(registry, value_text(&study->scenario->root, "model"));
    while (study->model->metrics[study->metrics].name != NULL)
        study->metrics++;
    while (study->model->series != NULL && study->model->series[study->series].name != NULL)
        study->series++;
    read_precision(study);
    preparation_declare_points(&p);
    study_read_inputs(study);
    check_pairs(study);
    if (study->scenario->errors == 0) {
        preparation_check_points(&p);
        check_targets(study);
        check_judgement(study);
        check_grid(study);
        if (study->precision.of_differences && study->arm_count == 1)
            scenario_error(study->scenario, value_of(&study->scenario->root, "precision"), "write of = \"clouds\"",
                           "there is no difference between clouds where there is one");
    }
    if (study->scenario->errors > 0)
        preparation_print(&p, study->scenario, NULL);
    return study->errors == 0;
}
