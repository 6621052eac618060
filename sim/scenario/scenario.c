#include "sim/scenario/scenario_internal.h"

#include <string.h>

/* "scenarios/storm.cfg" is called storm. */
static const char *scenario_name(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : path;
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".cfg") == 0)
        length -= 4;
    return arena_format(arena, "%.*s", (int)length, name);
}

static size_t key_count(const struct key *keys)
{
    size_t count = 0;
    while (keys != NULL && keys[count].name != NULL)
        count++;
    return count;
}

/* Both tables as one. */
static struct key *keys_join(struct arena *arena, const struct key *first, const struct key *second)
{
    size_t a = key_count(first), b = key_count(second);
    struct key *joined = arena_array(arena, a + b + 1, struct key);
    memcpy(joined, first, a * sizeof *joined);
    for (size_t i = 0; i < b; i++) {
        for (size_t j = 0; j < a; j++)
            check(strcmp(second[i].name, first[j].name) != 0, "a model declares the bench's key '%s'", first[j].name);
        joined[a + i] = second[i];
    }
    return joined;
}

static struct key *key_named(struct key *keys, const char *name)
{
    while (strcmp(keys->name, name) != 0)
        keys++;
    return keys;
}

/* The bench's table with the model's keys at the end and its point keys in study.points. */
static const struct key *keys_of_model(struct arena *arena, const struct key *model_keys, const struct key *point_keys)
{
    struct key *keys = keys_join(arena, scenario_bench_keys(), model_keys);
    if (point_keys == NULL)
        return keys;
    struct key *study = key_named(keys, "study");
    struct key *study_keys = keys_join(arena, study->children, NULL);
    struct key *points = key_named(study_keys, "points");
    points->children = keys_join(arena, points->children, point_keys);
    study->children = study_keys;
    return keys;
}

/* What the scenario was asked to be read with. */
struct request {
    const char *const *overrides;
    size_t override_count;
    scenario_model_keys *model_keys;
    const void *registry;
    const char *known_models;
};

/* The model's name: what the last override says, else the file, else the default. *place: where it is said. */
static const char *find_model(struct scenario *scenario, const struct request *request, const struct node *root,
                              struct place *place)
{
    for (size_t i = request->override_count; i > 0; i--) {
        const char *name = override_value(scenario->arena, request->overrides[i - 1], "model");
        if (name == NULL)
            continue;
        *place = (struct place){"--set", (int)i,
                                (int)(strchr(request->overrides[i - 1], '=') - request->overrides[i - 1]) + 2};
        return name;
    }
    const struct node *node = node_child(root, "model");
    if (node != NULL) {
        *place = node->place;
        return node->kind == NODE_STRING ? node->text : NULL;
    }
    return key_named((struct key *)scenario_bench_keys(), "model")->standard;
}

/* Nearest of "clouds, mm1" for a hint. */
static const char *hint_models(struct arena *arena, const char *name, const char *known)
{
    const char *names[64];
    size_t count = 0;
    char *rest = arena_text(arena, known);
    for (char *word; count < 64 && (word = strtok_r(rest, ", |", &rest)) != NULL;)
        names[count++] = word;
    const char *nearest = scenario_nearest(name, names, count);
    return nearest != NULL ? arena_format(arena, "did you mean '%s'? models: %s", nearest, known)
                           : arena_format(arena, "models: %s", known);
}

static const struct key *find_keys(struct scenario *scenario, const struct request *request, const struct node *root)
{
    struct place place = {scenario->path, 0, 0};
    const char *name = find_model(scenario, request, root, &place);
    const struct key *model_keys = NULL, *point_keys = NULL;
    if (request->model_keys == NULL)
        return keys_of_model(scenario->arena, NULL, NULL);
    if (name == NULL || !request->model_keys(request->registry, name, &model_keys, &point_keys)) {
        scenario_reader(scenario)->model_unknown = true;
        if (name != NULL) /* else its wrong type is reported with the others */
            scenario_mistake(
                scenario, place,
                hint_models(scenario->arena, name, request->known_models != NULL ? request->known_models : "none"),
                "unknown model '%s'", text_clipped(scenario->arena, name));
        return keys_of_model(scenario->arena, NULL, NULL);
    }
    return keys_of_model(scenario->arena, model_keys, point_keys);
}

static struct scenario *read_all(struct arena *arena, const char *path, const char *text, const struct request *request)
{
    struct scenario *scenario = arena_new(arena, struct scenario);
    scenario->arena = arena;
    scenario->path = arena_text(arena, path);
    scenario->name = scenario_name(arena, path);
    scenario->text = "";
    scenario->internal = arena_new(arena, struct reader);
    scenario->keys = scenario_bench_keys();
    scenario->root.place = (struct place){scenario->path, 1, 1};
    scenario->root.given = true;

    const struct source *source = source_load(scenario, scenario->path, text);
    if (source == NULL)
        return scenario;
    scenario->text = source->text;
    if (scenario->errors > 0)
        return scenario;
    struct node *root = scan_source(scenario, source);
    files_find(scenario, source);
    if (scenario->errors == 0)
        scenario_agree(scenario, root, source->text);
    if (scenario->errors > 0)
        return scenario;

    const struct source **overrides = arena_array(arena, request->override_count, const struct source *);
    for (size_t i = 0; i < request->override_count; i++)
        overrides[i] = source_override(scenario, request->overrides[i], (int)i + 1);
    scenario->keys = find_keys(scenario, request, root);
    for (size_t i = 0; i < request->override_count; i++)
        if (overrides[i] != NULL)
            override_apply(scenario, root, scenario->keys, overrides[i]);
    laws_find(scenario, root);
    check_group(scenario, &scenario->root, scenario->keys, root);
    laws_check(scenario);
    scenario->text = files_append(scenario, arena, source->text);
    return scenario;
}

struct scenario *scenario_read(struct arena *arena, const char *path, const char *const *overrides,
                               size_t override_count, scenario_model_keys *model_keys, const void *registry,
                               const char *known_models)
{
    struct request request = {overrides, override_count, model_keys, registry, known_models};
    return read_all(arena, path, NULL, &request);
}

struct scenario *scenario_read_text(struct arena *arena, const char *name, const char *text,
                                    const char *const *overrides, size_t override_count,
                                    scenario_model_keys *model_keys, const void *registry, const char *known_models)
{
    struct request request = {overrides, override_count, model_keys, registry, known_models};
    return read_all(arena, name, text, &request);
}
