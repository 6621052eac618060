/* Finding a node and devices for one pod: filter, score, select, bind.
 *
 *   filter  available, room for one more pod, CPU, memory, model, enough devices with enough left; and the caller's
 *           constraint: only these domains, not these nodes
 *   score   one policy gives every feasible node an integer
 *   select  the highest score; ties by an explicit rule
 *   bind    devices by the policy's device rule
 *
 * The tie rule is a parameter and not a detail: scores are coarse, ties are the norm, and the published advantage of
 * FGD (95.2 % allocation against 90 to 93 %) falls to 89.7 % when ties are drawn uniformly, because CPU-only pods,
 * which tie at 50 everywhere, are then scattered over GPU nodes. Report the rule with every result.
 *
 * Chance comes in as an argument, `random`, one fresh 64-bit number per call. Deterministic settings ignore it.
 *
 * Speed: scores are kept per request shape (policy, CPU, devices, milli, models; memory is only a filter) in a
 * tournament over nodes. A call brings its shape up to date with the nodes that changed since the shape was last asked
 * for, then reads the winner. Releases and availability are changes like any other. Domains are ranges of the
 * tournament.
 *
 * Source: Weng et al. 2023 (USENIX ATC) and its artifact, hkust-adsl/kubernetes-scheduler-simulator at 8f3d641: the
 * policies in the form in which its published experiments ran them. */
#ifndef NINES_MODELS_GPU_PLACE_H
#define NINES_MODELS_GPU_PLACE_H

#include "models/gpu/inventory.h"

enum gpu_policy {
    GPU_RANDOM,     /* a feasible node, uniformly, whatever the tie rule */
    GPU_DOT_PROD,   /* least alignment of request and free capacity */
    GPU_CLUSTERING, /* with pods of the same kind */
    GPU_PACKING,    /* partly used devices first, then idle devices of used nodes, then idle nodes */
    GPU_BEST_FIT,   /* least weighted remainder of CPU and GPU */
    GPU_FGD,        /* least growth of fragmentation */
    /* DotProd in its other forms, which the published experiments did not run: EXTENSION_NORM. DotProd is merge_max.
     *   merge   one group: (CPU, all GPU)            share   a group for each partly used device that can hold the pod,
     *   divide  as share, each group with its part           and one for all idle devices together, each with all CPU
     *           of the CPU                           extend  one vector, a dimension for each of these
     *   max     divided by 128 cores and 8 GPUs      node    by the node's capacity      pod   by the request
     * The best group counts, and in all but merge it is the device of a shared pod. */
    GPU_DOT_MERGE_NODE,
    GPU_DOT_MERGE_POD,
    GPU_DOT_SHARE_MAX,
    GPU_DOT_SHARE_NODE,
    GPU_DOT_SHARE_POD,
    GPU_DOT_DIVIDE_MAX,
    GPU_DOT_DIVIDE_NODE,
    GPU_DOT_DIVIDE_POD,
    GPU_DOT_EXTEND_MAX,
    GPU_DOT_EXTEND_NODE,
    GPU_DOT_EXTEND_POD,
    GPU_POLICIES,
    GPU_PUBLISHED = GPU_FGD + 1 /* the first so many are those of the published experiments */
};

enum gpu_ties {
    GPU_TIES_RANK,   /* lowest rank, then lowest index: the artifact's rule */
    GPU_TIES_LOWEST, /* lowest index */
    GPU_TIES_UNIFORM /* uniformly, as stock Kubernetes */
};

/* Which device of the node a shared pod gets. Exclusive pods always get the lowest-indexed idle devices. */
enum gpu_device_rule {
    GPU_DEVICE_DEFAULT, /* Random: random; FGD and DotProd that is not merged: scored; all others: best */
    GPU_DEVICE_BEST,    /* least left that suffices; ties to the lowest index */
    GPU_DEVICE_WORST,   /* most left; ties to the lowest index */
    GPU_DEVICE_RANDOM,  /* uniformly among those that suffice */
    GPU_DEVICE_SCORED   /* the first device that attains the node's score; only policies that score devices */
};

struct gpu_place_options {
    enum gpu_policy policy;
    enum gpu_ties ties;
    enum gpu_device_rule device;
    uint64_t random; /* fresh for each call; read by GPU_RANDOM, GPU_TIES_UNIFORM and GPU_DEVICE_RANDOM */
    /* Constraint. domains: bit d of word d / 64 set: domain d allowed; domain_words words (domains beyond are not
     * allowed); NULL: all allowed. forbidden[forbidden_count]: nodes not to be used, any order, repeats allowed. */
    const uint64_t *domains;
    size_t domain_words;
    const int32_t *forbidden;
    size_t forbidden_count;
};

/* Finds a placement and changes nothing that can be observed. False: no feasible node, *placement untouched.
 * Cost: one score for each node that changed since the shape was last asked for, then O(log nodes) for each allowed
 * domain and for each node that memory or the caller rules out on the way. Uniform choice draws among the tied nodes in
 * order of (domain, index) and draws again, up to 8 times, when memory or the caller rules the drawn one out; then it
 * counts, O(nodes). Needs a valid pod; GPU_FGD needs an inventory with a fragmentation measure. */
bool gpu_find(struct gpu_inventory *inventory, const struct gpu_pod *pod, const struct gpu_place_options *options,
              struct gpu_placement *placement);

/* The same for one node that the caller has chosen: its devices and its score under the policy. Ignores the constraint.
 * O(devices). */
bool gpu_find_on_node(struct gpu_inventory *inventory, int32_t node, const struct gpu_pod *pod,
                      const struct gpu_place_options *options, struct gpu_placement *placement);

/* gpu_find() and, on success, gpu_bind(). */
bool gpu_place(struct gpu_inventory *inventory, const struct gpu_pod *pod, const struct gpu_place_options *options,
               struct gpu_placement *placement);

/* How many nodes could take the pod now under the constraint. O(nodes). */
size_t gpu_feasible_count(struct gpu_inventory *inventory, const struct gpu_pod *pod,
                          const struct gpu_place_options *options);

/* How many nodes of the inventory could take the pod if they were empty and available, without constraint: 0 means that
 * waiting is in vain. O(nodes). */
size_t gpu_fitting_nodes_when_empty(const struct gpu_inventory *inventory, const struct gpu_pod *pod);

/* "Random", "DotProd", "GpuClustering", "GpuPacking", "BestFit", "FGD", "DotProd-share-max" and so on; false for
 * another name (case matters). */
const char *gpu_policy_name(enum gpu_policy policy);
bool gpu_policy_from_name(const char *name, enum gpu_policy *policy);

#endif
