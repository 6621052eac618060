/* Typical pods of a list: count the kinds, order them by how common they are, cut at a share of the list. */
#include "models/gpu/fragmentation.h"
#include "sim/base/check.h"

#include <stdlib.h>

#include "sim/base/nomalloc.h"

#define DEFAULT_SHARE 0.95

struct kind {
    int32_t cpu_milli;
    uint16_t devices, milli_per_device;
    uint64_t spec; /* place among model lists, for order */
    uint64_t models;
    uint32_t count;
    double weight; /* count, or more for exclusive pods */
};

#define COMPARE(a, b) ((a) < (b) ? -1 : (a) > (b) ? 1 : 0)

/* Descending by (cpu, milli, devices, spec): the order among equally common kinds. */
static int by_request(const void *left, const void *right)
{
    const struct kind *a = left, *b = right;
    int order = COMPARE(b->cpu_milli, a->cpu_milli);
    if (order == 0)
        order = COMPARE(b->milli_per_device, a->milli_per_device);
    if (order == 0)
        order = COMPARE(b->devices, a->devices);
    if (order == 0)
        order = COMPARE(b->spec, a->spec);
    return order;
}

static int by_count(const void *left, const void *right)
{
    const struct kind *a = left, *b = right;
    int order = COMPARE(b->weight, a->weight);
    return order != 0 ? order : by_request(left, right);
}

static struct kind kind_of(const struct gpu_typical_options *options, size_t i)
{
    const struct gpu_pod *pod = &options->pods[i];
    struct kind kind = {.cpu_milli = pod->cpu_milli, .count = 1};
    check(gpu_pod_valid(pod), "pod %zu of the list is not one of the three kinds", i);
    if (pod->devices == 0)
        return kind;
    kind.devices = pod->devices;
    kind.milli_per_device = pod->milli_per_device;
    kind.models = pod->models;
    kind.spec = options->spec_order != NULL ? options->spec_order[i] : pod->models;
    return kind;
}

/* What one pod of the kind counts for. */
static double weight_of(const struct gpu_typical_options *options, const struct kind *kind)
{
    bool exclusive = kind->devices > 0 && kind->milli_per_device == GPU_DEVICE_MILLI;
    return exclusive ? 1.0 + (double)kind->devices * options->gpu_weight : 1.0;
}

/* Fills kinds[] with the distinct ones, the weightiest first; returns how many. */
static size_t count_kinds(const struct gpu_typical_options *options, struct kind *kinds)
{
    size_t listed = 0, distinct = 0;
    for (size_t i = 0; i < options->count; i++)
        if (options->pods[i].devices > 0 || !options->without_cpu_only)
            kinds[listed++] = kind_of(options, i);
    qsort(kinds, listed, sizeof *kinds, by_request);
    for (size_t i = 0; i < listed; i++) {
        if (distinct > 0 && by_request(&kinds[distinct - 1], &kinds[i]) == 0)
            kinds[distinct - 1].count++;
        else
            kinds[distinct++] = kinds[i];
    }
    for (size_t i = 0; i < distinct; i++)
        kinds[i].weight = (double)kinds[i].count * weight_of(options, &kinds[i]);
    qsort(kinds, distinct, sizeof *kinds, by_count);
    return distinct;
}

size_t gpu_typical_from_pods(struct arena *arena, const struct gpu_typical_options *options, struct gpu_typical **out)
{
    check(options->gpu_weight >= 0, "a GPU weight of %g", options->gpu_weight);
    struct kind *kinds = arena_array(arena, options->count, struct kind);
    size_t distinct = count_kinds(options, kinds), taken = 0;
    check(distinct > 0, "typical pods of an empty list");
    double list = 0, covered = 0;
    for (size_t i = 0; i < distinct; i++)
        list += kinds[i].weight;
    double wanted = (options->share > 0 ? options->share : DEFAULT_SHARE) * list;
    while (taken < distinct && covered < wanted)
        covered += kinds[taken++].weight;
    if (taken > GPU_TYPICAL_MAX)
        limit_reached("limits.gpu_typical", GPU_TYPICAL_MAX);
    *out = arena_array(arena, taken, struct gpu_typical);
    /* A quotient of two shares of the list, as the artifact has it, and not weight / covered: the two differ in the
     * last bit, and FGD truncates so close to an integer that the published final state hangs on that bit. */
    double share_covered = covered / list;
    for (size_t i = 0; i < taken; i++)
        (*out)[i] = (struct gpu_typical){
            .cpu_milli = kinds[i].cpu_milli,
            .devices = kinds[i].devices,
            .milli_per_device = kinds[i].milli_per_device,
            .models = kinds[i].models,
            .count = kinds[i].count,
            .weight = kinds[i].weight / list / share_covered,
        };
    return taken;
}
