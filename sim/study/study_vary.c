/* The points that a design makes of study.vary, and what the outer draws make of `uncertain`. */
#include "sim/chance/random.h"
#include "sim/study/study_internal.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every point has a row in every table, and a slip of the pen makes millions. */
enum { POINTS_MOST = 100000, LABEL_MOST = 64 };

/* --- Reading --- */

/* Whether two paths, which may be starred, name one value. */
static bool meet(const struct scenario *scenario, const char *a, const char *b)
{
    const struct value *one, *other;
    for (size_t i = 0; (one = scenario_find(scenario, a, i)) != NULL; i++)
        for (size_t j = 0; (other = scenario_find(scenario, b, j)) != NULL; j++)
            if (one == other)
                return true;
    return false;
}

/* Reads a list of varied keys; NULL after a mistake. No key may vary twice. */
static const struct vary *read_list(struct study *study, const struct value *list)
{
    struct vary *vary = arena_array(study->arena, list->children, struct vary);
    bool fine = true;
    for (size_t i = 0; i < list->children; i++) {
        fine = vary_read(study->scenario, value_at(list, i), &vary[i]) && fine;
        for (size_t j = 0; j < i; j++) {
            if (!meet(study->scenario, vary[i].path, vary[j].path))
                continue;
            scenario_error(study->scenario, value_at(list, i), NULL, "'%s' varies twice", vary[i].path);
            fine = false;
        }
    }
    return fine ? vary : NULL;
}

/* The places that a factorial design tries; false when two of them are one value. */
static bool find_levels(struct study *study, const struct value *list, size_t levels, struct design_options *options)
{
    struct arena *arena = study->arena;
    size_t *counts = arena_array(arena, study->factor_count, size_t);
    const double **places = arena_array(arena, study->factor_count, const double *);
    for (size_t i = 0; i < study->factor_count; i++) {
        const struct vary *factor = &study->factors[i];
        counts[i] = vary_levels(factor, levels);
        double *place = arena_array(arena, counts[i], double);
        for (size_t n = 0; n < counts[i]; n++) {
            place[n] = vary_level(factor, levels, n);
            if (n > 0 && strcmp(vary_text(factor, arena, place[n]), vary_text(factor, arena, place[n - 1])) == 0) {
                scenario_error(study->scenario, value_at(list, i), "leave it out, or take fewer levels",
                               "'%s' is '%s' at two levels", factor->path, vary_text(factor, arena, place[n]));
                return false;
            }
        }
        places[i] = place;
    }
    options->levels = counts;
    options->level = places;
    return true;
}

static bool sizes_fit(struct study *study, const struct value *group, const struct design_options *options)
{
    size_t most = options->kind == DESIGN_SALTELLI ? DESIGN_SOBOL_COLUMNS / 2
                  : options->kind == DESIGN_SOBOL  ? DESIGN_SOBOL_COLUMNS
                                                   : options->factors;
    uint64_t count = design_count(options);
    if (options->factors > most)
        scenario_error(study->scenario, value_of(group, "vary"), "screen them by design = \"morris\" first",
                       "design '%s' varies at most %zu keys, not %zu", study->design, most, options->factors);
    else if (options->kind == DESIGN_MORRIS && options->grid % 2 != 0)
        scenario_error(study->scenario, value_of(group, "levels"), "4 is usual", "design 'morris' wants an even number of levels");
    else if (count > POINTS_MOST)
        scenario_error(study->scenario, group, "take fewer samples, levels or keys",
                       "this design has %s%" PRIu64 " points; at most %d", count == UINT64_MAX ? "more than " : "", count,
                       POINTS_MOST);
    else
        return true;
    return false;
}

/* --- Points --- */

/* "detect=30 min, tenants=5": the last word of each key's path and its value; NULL when that is too long for a name. */
static const char *label_of_values(const struct study *study, const struct study_point *point)
{
    const char *label = "";
    for (size_t i = 0; i < study->factor_count; i++) {
        const char *path = study->factors[i].path, *dot = strrchr(path, '.');
        label = arena_format(study->arena, "%s%s%s=%s", label, i == 0 ? "" : ", ", dot != NULL ? dot + 1 : path,
                             point->values[i]);
    }
    return strlen(label) <= LABEL_MOST ? label : NULL;
}

/* Numbers from 1, of as many digits as the last has. */
static const char *label_of_row(const struct study *study, const struct design_row *row, uint32_t last_sample)
{
    int digits = snprintf(NULL, 0, "%" PRIu32, last_sample + 1);
    const char *sample = arena_format(study->arena, "%0*" PRIu32, digits, row->sample + 1);
    if (strcmp(study->design, "morris") == 0)
        return arena_format(study->arena, "%s step %" PRIu32, sample, row->step);
    if (strcmp(study->design, "ends") == 0)
        return row->factor < 0 ? "as written" : arena_format(study->arena, "%s %s", study->factors[row->factor].path, row->matrix);
    if (strcmp(study->design, "saltelli") != 0)
        return sample;
    return row->factor < 0 ? arena_format(study->arena, "%s %s", sample, row->matrix)
                           : arena_format(study->arena, "%s %s%d", sample, row->matrix, row->factor + 1);
}

static const char *parameters_of(const struct study *study, const struct study_point *point)
{
    json_t *json = json_object();
    for (size_t i = 0; i < study->factor_count; i++)
        if (point->values[i] != NULL)
            json_object_set_new(json, study->factors[i].path, json_string(point->values[i]));
    char *dumped = json_dumps(json, JSON_COMPACT);
    const char *parameters = arena_text(study->arena, dumped == NULL ? "{}" : dumped);
    free(dumped);
    json_decref(json);
    return parameters;
}

static void make_point(struct study *study, struct study_point *point, const struct design_row *row, uint32_t last_sample)
{
    const char **values = arena_array(study->arena, study->factor_count, const char *);
    const char **overrides = arena_array(study->arena, study->factor_count, const char *);
    for (size_t i = 0; i < study->factor_count; i++) {
        if (isnan(row->u[i]))
            continue;
        values[i] = vary_text(&study->factors[i], study->arena, row->u[i]);
        overrides[point->override_count++] = arena_format(study->arena, "%s=%s", study->factors[i].path, values[i]);
    }
    point->row = row;
    point->values = values;
    point->overrides = overrides;
    point->parameters = parameters_of(study, point);
    if (strcmp(study->design, "factorial") == 0)
        point->label = label_of_values(study, point);
    if (point->label == NULL)
        point->label = label_of_row(study, row, last_sample);
}

void study_vary_points(struct study *study)
{
    const struct value *group = value_of(&study->scenario->root, "study"), *list = value_of(group, "vary");
    if (list->children == 0) {
        scenario_error(study->scenario, list, "name a key and its values", "'vary' must not be empty");
        return;
    }
    study->design = value_text(group, "design");
    study->factors = read_list(study, list);
    study->factor_count = list->children;
    if (study->factors == NULL)
        return;
    const char **names = arena_array(study->arena, study->factor_count, const char *);
    for (size_t i = 0; i < study->factor_count; i++)
        names[i] = study->factors[i].path;
    struct design_options options = {.kind = (enum design_kind)value_choice(group, "design"),
                                     .factors = study->factor_count,
                                     .names = names,
                                     .samples = (uint32_t)value_integer(group, "samples"),
                                     .grid = (uint32_t)value_integer(group, "levels"),
                                     .seed = (uint64_t)value_integer(&study->scenario->root, "seed")};
    if (options.kind == DESIGN_FACTORIAL && !find_levels(study, list, options.grid, &options))
        return;
    if (!sizes_fit(study, group, &options))
        return;
    const struct design_row *rows = design_make(study->arena, &options);
    study->point_count = design_count(&options);
    study->points = arena_array(study->arena, study->point_count, struct study_point);
    for (size_t i = 0; i < study->point_count; i++)
        make_point(study, &study->points[i], &rows[i], rows[study->point_count - 1].sample);
}

/* --- Outer draws --- */

void study_read_inputs(struct study *study)
{
    const struct value *root = &study->scenario->root, *list = value_of(root, "uncertain");
    uint32_t replications = (uint32_t)value_integer(root, "outer_replications");
    study->outer_draws = (uint32_t)value_integer(root, "outer_draws");
    study->outer_replications = replications > 0                   ? replications
                                : study->precision.half_width > 0 ? PRECISION_FIRST
                                                                  : study->replications;
    study->inputs = read_list(study, list);
    study->input_count = study->inputs == NULL ? 0 : list->children;
    if (study->outer_draws > 0 && list->children == 0)
        scenario_error(study->scenario, value_of(root, "outer_draws"), "list them under 'uncertain'",
                       "there are no uncertain inputs to draw");
}

const char *study_input_value(const struct study *study, size_t input, uint32_t outer_draw, struct arena *arena)
{
    check(input < study->input_count && outer_draw > 0, "input %zu of %zu, draw %u", input, study->input_count, outer_draw);
    const struct vary *vary = &study->inputs[input];
    uint64_t seed = (uint64_t)value_integer(&study->scenario->root, "seed");
    struct stream_key family = stream_key_path(stream_key(seed, 0, "outer draw"), vary->path);
    struct stream stream = stream_open(stream_key_index(family, outer_draw));
    return vary_text(vary, arena, stream_uniform(&stream));
}
