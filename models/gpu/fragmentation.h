/* How much free GPU a node has that the expected workload cannot use.
 *
 * Free GPU is worth something only to a pod that can take it. Given a target workload M (a list of typical pods with
 * weights that sum to 1), the fragmentation of a node is the expected amount of its free GPU that a pod drawn from M
 * could not use: all of it when the pod does not fit (too little CPU, too few devices, wrong model) or wants no GPU;
 * the devices that are too small for it when it does. FGD places each pod where this grows least.
 *
 * Every case is booked under a class, so that a report can say *why* GPU lies idle:
 *
 *   Q1  neither CPU nor devices suffice     XL  CPU-only pod, CPU suffices
 *   Q2  CPU suffices, devices do not        XR  CPU-only pod, CPU does not
 *   Q3  usable                              NA  the pod does not accept the node's model
 *   Q4  devices suffice, CPU does not
 *
 * F(n) adds all of them but Q3. Host memory is ignored. Even an empty cluster has F > 0.
 *
 * Exactness. FGD truncates a score near 50 to an integer, so the last bit of F matters: each class is summed in the
 * order of the typical pods, in double precision, then Q1, Q2, Q4, XL, XR, NA are added in that order, without
 * contraction.
 *
 * Speed. F depends on the multiset of free devices, on which typical pods the CPU suffices for, and on which of them
 * accept the model. The last two are small numbers (classes), the first has a 64-bit signature; together they key a
 * memo of fixed size. A memo is an associative cache of a pure function: what it forgets is computed again, so neither
 * its size nor who else uses it can show in a result. Two states that differ are confused with probability 2^-64 a
 * pair. One memo may serve any number of inventories of one thread.
 *
 * Source: Weng et al. 2023 (USENIX ATC), section 3, and the published artifact's order of summation. */
#ifndef NINES_MODELS_GPU_FRAGMENTATION_H
#define NINES_MODELS_GPU_FRAGMENTATION_H

#include "models/gpu/pod.h"
#include "sim/base/arena.h"

#include <stddef.h>

/* One kind of pod of the target workload. */
struct gpu_typical {
    int32_t cpu_milli;
    uint16_t devices, milli_per_device; /* both 0 for a CPU-only pod */
    uint64_t models;                    /* as in struct gpu_pod */
    uint32_t count;                     /* how many pods of the list it stands for; informative */
    double weight;                      /* share of the workload; the weights of a list sum to 1 */
};

enum gpu_class { GPU_Q1, GPU_Q2, GPU_Q3, GPU_Q4, GPU_XL, GPU_XR, GPU_NA, GPU_CLASSES };

struct gpu_fragments {
    double milli[GPU_CLASSES];
};

struct gpu_fragmentation;

enum { GPU_TYPICAL_MAX = 16384 };

struct gpu_typical_options {
    const struct gpu_pod *pods;
    size_t count;
    /* spec_order[count]: position of each pod's model list, as text, among all distinct lists in byte order (0: empty).
     * Lists that differ as text are different keys even if they mean the same. NULL: the mask itself is the key. */
    const uint32_t *spec_order;
    double share;         /* of pods covered, 0..1; 0 means the usual 0.95 */
    double gpu_weight;    /* >= 0: an exclusive pod counts as 1 + gpu_weight x devices; others, as always, 1 */
    bool without_cpu_only; /* CPU-only pods are not part of the list; then some pod must want a GPU */
};

/* The most frequent kinds of a pod list, most frequent first, until they cover `share` of it (the kind that crosses the
 * line is included). Memory is not part of a kind; CPU-only pods count like others unless left out. Equal counts: more
 * CPU, more milli, more devices, later model list first. The weight of a kind is (count / n) / (covered / n), in doubles:
 * the artifact's final state hangs on the last bit. Returns how many were written to *out, which lives in arena. count > 0.
 * O(n log n); scratch of about 48 bytes a pod stays in arena. A list with more than GPU_TYPICAL_MAX kinds is
 * limit_reached("limits.gpu_typical"). */
size_t gpu_typical_from_pods(struct arena *arena, const struct gpu_typical_options *options, struct gpu_typical **out);

/* typical[count], 1 <= count <= GPU_TYPICAL_MAX, is copied. memo_entries: 16 bytes each, rounded up to a power of two,
 * at least 64; 0 means 131,072 (2 MiB). */
struct gpu_fragmentation *gpu_fragmentation_create(struct arena *arena, const struct gpu_typical *typical, size_t count,
                                                   size_t memo_entries);

/* F(n) in milli-GPU, through the memo. */
double gpu_fragmentation_of(struct gpu_fragmentation *fragmentation, const struct gpu_left *state);

/* The classes behind F(n), computed afresh. */
struct gpu_fragments gpu_fragmentation_classes(const struct gpu_fragmentation *fragmentation,
                                               const struct gpu_left *state);

/* Everything but Q3, added in the order that F(n) uses. */
double gpu_fragments_sum(const struct gpu_fragments *fragments);

/* Lookups of the memo so far and how many had to be computed; for benchmarks. */
void gpu_fragmentation_counts(const struct gpu_fragmentation *fragmentation, uint64_t *lookups, uint64_t *computed);

#endif
