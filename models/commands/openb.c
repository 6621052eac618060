#include "models/commands/openb.h"

#include "sim/command/command.h"
#include "sim/base/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- Names --- */

struct named {
    const char *name;
    uint32_t index;
};

static int by_name(const void *left, const void *right)
{
    const struct named *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static struct named *sort_named(struct arena *arena, const char *const *names, size_t count)
{
    struct named *sorted = arena_array(arena, count, struct named);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct named){names[i], (uint32_t)i};
    qsort(sorted, count, sizeof *sorted, by_name);
    return sorted;
}

uint32_t *openb_sort_names(struct arena *arena, const char *const *names, size_t count)
{
    struct named *sorted = sort_named(arena, names, count);
    uint32_t *order = arena_array(arena, count, uint32_t);
    for (size_t i = 0; i < count; i++)
        order[i] = sorted[i].index;
    return order;
}

/* Place of `name` in sorted[count], or -1. */
static int64_t find_named(const struct named *sorted, size_t count, const char *name)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(sorted[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && strcmp(sorted[low].name, name) == 0 ? (int64_t)low : -1;
}

/* --- Models --- */

static int find_model(const struct openb *openb, const char *name, size_t length)
{
    for (size_t i = 0; i < openb->model_count; i++)
        if (strncmp(openb->models[i], name, length) == 0 && openb->models[i][length] == '\0')
            return (int)i;
    return -1;
}

static uint8_t node_model(struct openb *openb, struct csv *csv, const char *name)
{
    int found = find_model(openb, name, strlen(name));
    if (found >= 0)
        return (uint8_t)found;
    if (openb->model_count == OPENB_UNKNOWN_MODEL) {
        csv_error(csv, "more than %d GPU models", OPENB_UNKNOWN_MODEL);
        return 0;
    }
    openb->models[openb->model_count] = name;
    return (uint8_t)openb->model_count++;
}

/* Names that were pointed out already. */
struct strangers {
    const char *name[16];
    size_t count;
};

static void point_out(struct csv *csv, struct strangers *strangers, const char *name, size_t length)
{
    for (size_t i = 0; i < strangers->count; i++)
        if (strncmp(strangers->name[i], name, length) == 0 && strangers->name[i][length] == '\0')
            return;
    if (strangers->count == sizeof strangers->name / sizeof strangers->name[0])
        return;
    strangers->name[strangers->count++] = arena_format(csv->arena, "%.*s", (int)length, name);
    csv_warn(csv, "no node has a GPU of model '%.*s'", (int)(length < 80 ? length : 80), name);
}

/* The mask of a list of models; 0 for an empty list. */
static uint64_t read_models(const struct openb *openb, struct csv *csv, struct strangers *strangers, const char *list)
{
    uint64_t mask = 0;
    while (*list != '\0') {
        size_t length = strcspn(list, "|");
        int model = length > 0 ? find_model(openb, list, length) : -1;
        if (length > 0 && model < 0)
            point_out(csv, strangers, list, length);
        if (length > 0)
            mask |= UINT64_C(1) << (model < 0 ? OPENB_UNKNOWN_MODEL : model);
        list += length + (list[length] == '|');
    }
    return mask;
}

/* --- Nodes --- */

static bool done(struct csv *csv)
{
    csv_close(csv);
    return csv->errors == 0;
}

static void read_node(struct openb *openb, struct csv *csv, const int column[5])
{
    struct gpu_node_options *node = &openb->nodes[openb->node_count];
    node->cpu_milli = (int32_t)csv_integer(csv, column[1], 0, GPU_CPU_MILLI_MAX);
    node->memory_mib = (int32_t)csv_integer(csv, column[2], 0, INT32_MAX);
    node->devices = (uint8_t)csv_integer(csv, column[3], 0, GPU_DEVICES_MAX);
    node->model = node->devices > 0 ? node_model(openb, csv, csv->field[column[4]]) : 0;
    openb->node_names[openb->node_count] = csv->field[column[0]];
    if (*csv->field[column[0]] == '\0')
        csv_error(csv, "a node without a name in 'sn'");
    openb->capacity_gpu_milli += node->devices * GPU_DEVICE_MILLI;
    openb->node_count++;
}

/* A rank is looked up by name, so names must tell nodes apart. */
static void refuse_twins(struct openb *openb, struct csv *csv, const size_t *lines)
{
    struct named *sorted = sort_named(csv->arena, openb->node_names, openb->node_count);
    for (size_t i = 1; i < openb->node_count; i++)
        if (strcmp(sorted[i - 1].name, sorted[i].name) == 0) {
            csv->line = lines[sorted[i].index];
            csv_error(csv, "node '%.80s' is there twice, first in line %zu", sorted[i].name,
                      lines[sorted[i - 1].index]);
        }
}

bool openb_read_nodes(struct openb *openb, struct arena *arena, const char *path, int *code)
{
    static const char *const names[5] = {"sn", "cpu_milli", "memory_mib", "gpu", "model"};
    struct csv csv;
    int column[5];
    if (!csv_open(&csv, arena, path, code))
        return false;
    for (int i = 0; i < 5; i++)
        column[i] = csv_need(&csv, names[i]);
    if (csv.errors > 0)
        return done(&csv);
    size_t room = csv_rows_most(&csv);
    room = room < GPU_NODES_MAX ? room : GPU_NODES_MAX;
    openb->nodes = arena_array(arena, room, struct gpu_node_options);
    openb->node_names = arena_array(arena, room, const char *);
    size_t *lines = arena_array(arena, room, size_t);
    while (csv_next(&csv)) {
        if (openb->node_count == room) {
            csv_error(&csv, "more than %d nodes", GPU_NODES_MAX);
            break;
        }
        lines[openb->node_count] = csv.line;
        read_node(openb, &csv, column);
    }
    refuse_twins(openb, &csv, lines);
    if (openb->node_count == 0)
        csv_error(&csv, "there is no node");
    return done(&csv);
}

/* --- Pods --- */

enum { NAME, CPU, MEMORY, DEVICES, MILLI, SPEC, POD_COLUMNS };

/* The request of a row; its list of models in *spec. GPU fields of a CPU-only pod are ignored. */
static struct gpu_pod read_request(const struct openb *openb, struct csv *csv, const int column[POD_COLUMNS],
                                   struct strangers *strangers, const char **spec)
{
    struct gpu_pod pod = {.cpu_milli = (int32_t)csv_integer(csv, column[CPU], 0, INT32_MAX),
                          .devices = (uint16_t)csv_integer(csv, column[DEVICES], 0, GPU_DEVICES_MAX)};
    if (column[MEMORY] >= 0)
        pod.memory_mib = (int32_t)csv_integer(csv, column[MEMORY], 0, INT32_MAX);
    *spec = "";
    if (pod.devices == 0)
        return pod;
    /* A pod with more than one device has whole ones. */
    int64_t least = pod.devices > 1 ? GPU_DEVICE_MILLI : 1;
    pod.milli_per_device = (uint16_t)csv_integer(csv, column[MILLI], least, GPU_DEVICE_MILLI);
    if (column[SPEC] >= 0) {
        *spec = csv->field[column[SPEC]];
        pod.models = read_models(openb, csv, strangers, *spec);
    }
    return pod;
}

/* Numbers the distinct texts of specs[count] in byte order. */
static uint32_t *number_specs(struct arena *arena, const char *const *specs, size_t count)
{
    uint32_t *order = arena_array(arena, count, uint32_t);
    struct named *sorted = arena_array(arena, count, struct named);
    size_t listed = 0;
    for (size_t i = 0; i < count; i++)
        if (*specs[i] != '\0')
            sorted[listed++] = (struct named){specs[i], (uint32_t)i};
    qsort(sorted, listed, sizeof *sorted, by_name);
    uint32_t number = 0;
    for (size_t i = 0; i < listed; i++) {
        number += i == 0 || strcmp(sorted[i - 1].name, sorted[i].name) != 0;
        order[sorted[i].index] = number;
    }
    return order;
}

static bool find_pod_columns(struct csv *csv, int column[POD_COLUMNS])
{
    static const char *const names[POD_COLUMNS] = {"name",    "cpu_milli", "memory_mib",
                                                   "num_gpu", "gpu_milli", "gpu_spec"};
    for (int i = 0; i < SPEC; i++)
        column[i] = csv_need(csv, names[i]);
    column[SPEC] = csv_find(csv, names[SPEC]);
    return csv->errors == 0;
}

bool openb_read_pods(struct openb *openb, struct arena *arena, const char *path, int *code)
{
    struct csv csv;
    struct strangers strangers = {.count = 0};
    int column[POD_COLUMNS];
    if (!csv_open(&csv, arena, path, code))
        return false;
    if (!find_pod_columns(&csv, column))
        return done(&csv);
    size_t room = csv_rows_most(&csv);
    room = room < OPENB_PODS_MOST ? room : OPENB_PODS_MOST;
    openb->pods = arena_array(arena, room, struct gpu_pod);
    openb->pod_names = arena_array(arena, room, const char *);
    const char **specs = arena_array(arena, room, const char *);
    while (csv_next(&csv)) {
        if (openb->pod_count == room) {
            csv_error(&csv, "more than %d pods", OPENB_PODS_MOST);
            break;
        }
        size_t i = openb->pod_count++;
        openb->pods[i] = read_request(openb, &csv, column, &strangers, &specs[i]);
        openb->pod_names[i] = csv.field[column[NAME]];
    }
    if (openb->pod_count == 0)
        csv_error(&csv, "there is no pod");
    openb->spec_order = number_specs(arena, specs, openb->pod_count);
    return done(&csv);
}

/* --- Replay --- */

static void find_seeds(struct csv *csv, const int64_t *seeds, size_t count, int *column)
{
    for (size_t s = 0; s < count; s++)
        column[s] = csv_need(csv, arena_format(csv->arena, "seed%lld", (long long)seeds[s]));
}

bool openb_read_order(const struct openb *openb, struct arena *arena, const char *path, const int64_t *seeds,
                      size_t count, int32_t **order, size_t *length, int *code)
{
    struct csv csv;
    if (!csv_open(&csv, arena, path, code))
        return false;
    int *column = arena_array(arena, count, int);
    find_seeds(&csv, seeds, count, column);
    if (csv.errors > 0)
        return done(&csv);
    size_t room = csv_rows_most(&csv);
    bool *ended = arena_array(arena, count, bool);
    *order = arena_array(arena, count * room, int32_t);
    *length = 0;
    while (csv_next(&csv)) {
        for (size_t s = 0; s < count; s++) {
            bool blank = *csv.field[column[s]] == '\0';
            if (!blank && ended[s])
                csv_error(&csv, "seed %lld goes on after a blank", (long long)seeds[s]);
            ended[s] = ended[s] || blank;
            (*order)[s * room + *length] =
                blank ? -1 : (int32_t)csv_integer(&csv, column[s], 0, (int64_t)openb->pod_count - 1);
        }
        ++*length;
    }
    for (size_t s = 1; s < count; s++) /* close the gaps */
        memmove(*order + s * *length, *order + s * room, *length * sizeof **order);
    if (*length == 0)
        csv_error(&csv, "there is no arrival");
    return done(&csv);
}

bool openb_read_rank(const struct openb *openb, struct arena *arena, const char *path, const int64_t *seeds,
                     size_t count, uint32_t **rank, int *code)
{
    struct csv csv;
    if (!csv_open(&csv, arena, path, code))
        return false;
    int *column = arena_array(arena, count, int), sn = csv_need(&csv, "sn");
    find_seeds(&csv, seeds, count, column);
    if (csv.errors > 0)
        return done(&csv);
    struct named *sorted = sort_named(arena, openb->node_names, openb->node_count);
    bool *seen = arena_array(arena, openb->node_count, bool);
    size_t found = 0;
    *rank = arena_array(arena, count * openb->node_count, uint32_t);
    while (csv_next(&csv)) {
        int64_t at = find_named(sorted, openb->node_count, csv.field[sn]);
        if (at < 0 || seen[at]) {
            csv_error(&csv, at < 0 ? "there is no node '%.80s'" : "node '%.80s' is there twice", csv.field[sn]);
            continue;
        }
        seen[at] = true;
        found++;
        for (size_t s = 0; s < count; s++)
            (*rank)[s * openb->node_count + sorted[at].index] = (uint32_t)csv_integer(&csv, column[s], 0, UINT32_MAX);
    }
    if (csv.errors == 0 && found < openb->node_count)
        csv_error(&csv, "%zu of %zu nodes have no rank", openb->node_count - found, openb->node_count);
    return done(&csv);
}

bool openb_read_typical(struct openb *openb, struct arena *arena, const char *path, struct gpu_typical **typical,
                        size_t *count, int *code)
{
    struct csv csv;
    struct strangers strangers = {.count = 0};
    if (!csv_open(&csv, arena, path, code))
        return false;
    int weight = csv_need(&csv, "weight"), number = csv_find(&csv, "count");
    int column[POD_COLUMNS] = {-1,
                               csv_need(&csv, "cpu_milli"),
                               -1,
                               csv_need(&csv, "num_gpu"),
                               csv_need(&csv, "gpu_milli"),
                               csv_find(&csv, "gpu_spec")};
    double sum = 0;
    *count = 0;
    size_t room = csv_rows_most(&csv);
    *typical = arena_array(arena, room < GPU_TYPICAL_MAX ? room : GPU_TYPICAL_MAX, struct gpu_typical);
    while (csv.errors == 0 && csv_next(&csv)) {
        const char *spec;
        if (*count == GPU_TYPICAL_MAX) {
            csv_error(&csv, "more than %d typical pods", GPU_TYPICAL_MAX);
            break;
        }
        struct gpu_pod pod = read_request(openb, &csv, column, &strangers, &spec);
        struct gpu_typical *t = &(*typical)[(*count)++];
        *t = (struct gpu_typical){pod.cpu_milli, pod.devices, pod.milli_per_device,
                                  pod.models,    0,           csv_number(&csv, weight, 0, 1)};
        if (number >= 0)
            t->count = (uint32_t)csv_integer(&csv, number, 0, UINT32_MAX);
        sum += t->weight;
    }
    if (csv.errors == 0 && !(fabs(sum - 1) < 1e-6))
        csv_error(&csv, "the weights sum to %.9g, not to 1", sum);
    return done(&csv);
}
