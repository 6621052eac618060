#include "models/gpu/fragmentation.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

enum {
    DEFAULT_MEMO_ENTRIES = 128 * 1024,
    LEAST_MEMO_ENTRIES = 64,
    WAYS = 4 /* entries a key may live in: one cache line */
};

struct memo_entry {
    uint64_t key; /* 0: empty */
    double fragment;
};

/* One typical pod, with its thresholds replaced by their positions in sorted lists. */
struct target {
    double weight;
    uint64_t models;
    uint16_t cpu_class; /* enough CPU: the state's CPU class is above this */
    uint16_t threshold; /* index into thresholds[]; unused for CPU-only pods */
    uint16_t devices;
};

struct gpu_fragmentation {
    struct target *targets; /* [count], in the caller's order */
    size_t count;
    int32_t *cpu_steps; /* [cpu_count]: distinct CPU requests, ascending */
    size_t cpu_count;
    uint16_t *thresholds; /* [threshold_count]: distinct per-device requests, ascending */
    size_t threshold_count;
    uint8_t model_class[GPU_MODELS_MAX]; /* equal for models that the same targets accept */
    uint8_t model_example[GPU_MODELS_MAX]; /* one model of each class; scratch of creation */
    struct memo_entry *memo; /* [memo_mask + 1] */
    size_t memo_mask;
    uint64_t lookups, computed;
};

/* --- Creation ----------------------------------------------------------------------------------------------------- */

static size_t insert_cpu_step(int32_t *steps, size_t count, int32_t value)
{
    size_t at = count;
    while (at > 0 && steps[at - 1] >= value)
        at--;
    if (at < count && steps[at] == value)
        return count;
    memmove(steps + at + 1, steps + at, (count - at) * sizeof *steps);
    steps[at] = value;
    return count + 1;
}

static size_t insert_threshold(uint16_t *thresholds, size_t count, uint16_t value)
{
    size_t at = count;
    while (at > 0 && thresholds[at - 1] >= value)
        at--;
    if (at < count && thresholds[at] == value)
        return count;
    memmove(thresholds + at + 1, thresholds + at, (count - at) * sizeof *thresholds);
    thresholds[at] = value;
    return count + 1;
}

static bool typical_accepts(const struct gpu_typical *typical, unsigned model)
{
    return typical->devices == 0 || typical->models == 0 || (typical->models >> model & 1) != 0;
}

static bool models_alike(const struct gpu_typical *typical, size_t count, unsigned a, unsigned b)
{
    for (size_t i = 0; i < count; i++)
        if (typical_accepts(&typical[i], a) != typical_accepts(&typical[i], b))
            return false;
    return true;
}

static void classify_models(struct gpu_fragmentation *f, const struct gpu_typical *typical, size_t count)
{
    uint8_t classes = 0;
    for (unsigned model = 0; model < GPU_MODELS_MAX; model++) {
        uint8_t class = 0;
        while (class < classes && !models_alike(typical, count, model, f->model_example[class]))
            class++;
        if (class == classes)
            f->model_example[classes++] = (uint8_t)model;
        f->model_class[model] = class;
    }
}

/* How many distinct CPU requests `cpu_milli` satisfies: all that F sees of CPU. */
static uint32_t cpu_class(const struct gpu_fragmentation *f, int32_t cpu_milli)
{
    size_t low = 0, high = f->cpu_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (f->cpu_steps[middle] <= cpu_milli)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static uint16_t threshold_index(const struct gpu_fragmentation *f, uint16_t milli)
{
    uint16_t i = 0;
    while (f->thresholds[i] != milli)
        i++;
    return i;
}

static void check_typical(const struct gpu_typical *t)
{
    struct gpu_pod pod = {t->cpu_milli, 0, t->devices, t->milli_per_device, t->models};
    check(gpu_pod_valid(&pod), "typical pod with %d milli-CPU, %u devices of %u milli", t->cpu_milli,
          (unsigned)t->devices, (unsigned)t->milli_per_device);
    check(t->weight >= 0 && t->weight <= 1, "weight of a typical pod is %g", t->weight);
}

struct gpu_fragmentation *gpu_fragmentation_create(struct arena *arena, const struct gpu_typical *typical, size_t count,
                                                   size_t memo_entries)
{
    check(count >= 1 && count <= GPU_TYPICAL_MAX, "%zu typical pods", count);
    struct gpu_fragmentation *f = arena_new(arena, struct gpu_fragmentation);
    f->targets = arena_array(arena, count, struct target);
    f->cpu_steps = arena_array(arena, count, int32_t);
    f->thresholds = arena_array(arena, count, uint16_t);
    f->count = count;
    for (size_t i = 0; i < count; i++) {
        check_typical(&typical[i]);
        f->cpu_count = insert_cpu_step(f->cpu_steps, f->cpu_count, typical[i].cpu_milli);
        if (typical[i].devices > 0)
            f->threshold_count = insert_threshold(f->thresholds, f->threshold_count, typical[i].milli_per_device);
    }
    for (size_t i = 0; i < count; i++) {
        const struct gpu_typical *t = &typical[i];
        f->targets[i] = (struct target){
            .weight = t->weight,
            .models = t->models,
            .cpu_class = (uint16_t)(cpu_class(f, t->cpu_milli) - 1),
            .threshold = t->devices > 0 ? threshold_index(f, t->milli_per_device) : 0,
            .devices = t->devices,
        };
    }
    classify_models(f, typical, count);
    size_t entries = LEAST_MEMO_ENTRIES;
    while (entries < (memo_entries != 0 ? memo_entries : DEFAULT_MEMO_ENTRIES))
        entries *= 2;
    f->memo = arena_array(arena, entries, struct memo_entry);
    f->memo_mask = entries - 1;
    return f;
}

/* --- F of one state ----------------------------------------------------------------------------------------------- */

/* For every threshold t: how many devices have at least t left, and the sum of those that have less. */
struct fit {
    uint8_t devices[GPU_DEVICE_MILLI];
    uint16_t smaller[GPU_DEVICE_MILLI];
    int32_t total;
};

static void fit_devices(const struct gpu_fragmentation *f, const struct gpu_left *state, struct fit *fit)
{
    uint16_t sorted[GPU_DEVICES_MAX];
    unsigned count = 0;
    for (; count < state->devices; count++) {
        unsigned at = count;
        for (; at > 0 && sorted[at - 1] > state->milli[count]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = state->milli[count];
    }
    unsigned below = 0;
    uint16_t sum = 0; /* at most 16 x 1000 */
    for (size_t t = 0; t < f->threshold_count; t++) {
        while (below < count && sorted[below] < f->thresholds[t])
            sum = (uint16_t)(sum + sorted[below++]);
        fit->devices[t] = (uint8_t)(count - below);
        fit->smaller[t] = sum;
    }
    while (below < count)
        sum = (uint16_t)(sum + sorted[below++]);
    fit->total = sum;
}

static void add_target(struct gpu_fragments *sums, const struct target *target, const struct fit *fit, unsigned model,
                       uint32_t cpu)
{
    double total = fit->total;
    bool cpu_suffices = cpu > target->cpu_class;
    if (target->devices == 0) {
        sums->milli[cpu_suffices ? GPU_XL : GPU_XR] += target->weight * total;
    } else if (target->models != 0 && (target->models >> model & 1) == 0) {
        sums->milli[GPU_NA] += target->weight * total;
    } else if (fit->devices[target->threshold] >= target->devices) {
        double unusable = fit->smaller[target->threshold];
        if (cpu_suffices) {
            sums->milli[GPU_Q2] += target->weight * unusable;
            sums->milli[GPU_Q3] += target->weight * (total - unusable);
        } else {
            sums->milli[GPU_Q4] += target->weight * total;
        }
    } else {
        sums->milli[cpu_suffices ? GPU_Q2 : GPU_Q1] += target->weight * total;
    }
}

struct gpu_fragments gpu_fragmentation_classes(const struct gpu_fragmentation *fragmentation,
                                               const struct gpu_left *state)
{
    struct gpu_fragments sums = {{0}};
    struct fit fit;
    fit_devices(fragmentation, state, &fit);
    uint32_t cpu = cpu_class(fragmentation, state->cpu_milli);
    for (size_t i = 0; i < fragmentation->count; i++)
        add_target(&sums, &fragmentation->targets[i], &fit, state->model, cpu);
    return sums;
}

double gpu_fragments_sum(const struct gpu_fragments *fragments)
{
    const double *milli = fragments->milli;
    double sum = milli[GPU_Q1];
    sum += milli[GPU_Q2];
    sum += milli[GPU_Q4];
    sum += milli[GPU_XL];
    sum += milli[GPU_XR];
    sum += milli[GPU_NA];
    return sum;
}

double gpu_fragmentation_of(struct gpu_fragmentation *fragmentation, const struct gpu_left *state)
{
    uint32_t classes = cpu_class(fragmentation, state->cpu_milli) << 8 | fragmentation->model_class[state->model];
    /* For given classes a bijection of the signature. Full devices count in it, though F does not need them to. */
    uint64_t key = hash_mix(state->signature ^ hash_mix(classes + 1));
    key += key == 0;
    struct memo_entry *line = &fragmentation->memo[key & fragmentation->memo_mask & ~(size_t)(WAYS - 1)];
    fragmentation->lookups++;
    for (unsigned way = 0; way < WAYS; way++)
        if (line[way].key == key)
            return line[way].fragment;
    fragmentation->computed++;
    struct gpu_fragments sums = gpu_fragmentation_classes(fragmentation, state);
    double fragment = gpu_fragments_sum(&sums);
    /* Newest first; the oldest of a full line is forgotten. */
    memmove(line + 1, line, (WAYS - 1) * sizeof *line);
    line[0] = (struct memo_entry){key, fragment};
    return fragment;
}

void gpu_fragmentation_counts(const struct gpu_fragmentation *fragmentation, uint64_t *lookups, uint64_t *computed)
{
    *lookups = fragmentation->lookups;
    *computed = fragmentation->computed;
}
