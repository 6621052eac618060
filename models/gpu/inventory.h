/* The state of a cluster: what each node has, and what is left of it.
 *
 * An inventory is filled with nodes, sealed, and from then on changes only by bind, release and the availability
 * switch. It decides nothing; models/gpu/place.h does.
 *
 * Invariants, checked where they are written:
 *   - capacity = left + what residents hold, for CPU, memory and every device; 0 <= left <= capacity;
 *   - bind and release of the same placement are exact inverses: gpu_inventory_digest() comes back bit for bit;
 *   - an unavailable node (down, cordoned) takes no new pods; its residents stay until the caller releases them.
 *
 * Whoever caches something about nodes (the score cache) learns what changed from one list: every change gives its node
 * a new version and moves it to the front, so a reader walks from the front until it meets what it has seen. A node
 * that changed ten times since is met once, and nothing is ever scanned.
 *
 * An inventory belongs to one thread. Source: shared semantics of Kubernetes requests (counted, not measured), devices
 * as in Weng et al. 2023. */
#ifndef NINES_MODELS_GPU_INVENTORY_H
#define NINES_MODELS_GPU_INVENTORY_H

#include "models/gpu/fragmentation.h"
#include "models/gpu/pod.h"
#include "sim/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GPU_NODES_MAX = 1 << 20,
    GPU_CPU_MILLI_MAX = 4000000, /* CPU of one node: 4,000 cores, so that every score fits its field */
    GPU_TAGS = GPU_DEVICES_MAX + 1,
    GPU_NO_NODE = -1
};

/* A node as added. */
struct gpu_node_options {
    int32_t cpu_milli;  /* 0..GPU_CPU_MILLI_MAX */
    int32_t memory_mib; /* >= 0 */
    uint8_t devices;    /* 0..GPU_DEVICES_MAX, each of 1000 milli */
    uint8_t model;      /* < GPU_MODELS_MAX; any number if devices is 0 */
    uint16_t domain;    /* zone, rack or whatever placements are restricted by */
    uint32_t rank;      /* ties go to the lower rank, then to the lower index; need not be unique */
};

/* Read freely; written only by the calls below. */
struct gpu_node {
    struct gpu_left left;
    double fragment;       /* F(n), 0 without a fragmentation measure */
    int32_t memory_mib;    /* left */
    int32_t gpu_milli;     /* left, over all devices */
    uint16_t idle_devices; /* devices with all 1000 milli left */
    uint16_t pods;         /* residents */
    uint16_t pods_without_cpu, pods_without_memory; /* of them, that ask for none: Kubernetes' scorers assume some */
    bool available;
    uint32_t tag_mask;      /* bit t: tags[t] > 0 */
    uint16_t tags[GPU_TAGS]; /* resident GPU pods: [0] shared, [k] exclusive on k devices */
    uint64_t version;       /* of the last change; see gpu_inventory.newest */
    int32_t newer, older;   /* neighbours in the list of changes; GPU_NO_NODE at its ends */
    uint32_t leaf;          /* position in order of (domain, index) */
    uint32_t order;         /* position in order of (rank, index) */
    struct gpu_node_options capacity;
};

/* Sums over nodes. "Allocated" counts residents wherever they are; "available" only nodes that are switched on. */
struct gpu_totals {
    int64_t capacity_gpu_milli, capacity_cpu_milli, capacity_memory_mib;
    int64_t allocated_gpu_milli, allocated_cpu_milli, allocated_memory_mib;
    int64_t available_nodes, available_free_gpu_milli;
    int64_t pods;
    int64_t fragment_fixed; /* F over available nodes in units of 2^-24 milli; see gpu_inventory_fragment() */
};

struct gpu_inventory_options {
    size_t nodes;                             /* room for so many, 1..GPU_NODES_MAX */
    size_t shapes;                            /* request shapes whose scores are kept, 16 bytes per node each; 0: 128.
                                                 Beyond, the least recently used is recomputed: slower, never wrong */
    uint16_t pods_per_node;                   /* 0: 1001, as in the artifact */
    struct gpu_fragmentation *fragmentation;  /* needed by FGD and by F; may be shared; NULL: none */
};

struct gpu_score_cache;

struct gpu_inventory {
    struct gpu_node *nodes; /* [count] */
    size_t count, room;
    bool sealed;
    uint16_t pods_per_node;
    struct gpu_fragmentation *fragmentation;
    struct gpu_totals totals;
    uint64_t version;        /* counts changes */
    int32_t newest;          /* head of the list of changed nodes */
    uint32_t *by_leaf;       /* node of each leaf: nodes ordered by (domain, index) */
    uint32_t *by_order;      /* node of each order: nodes ordered by (rank, index) */
    int32_t *leaf_memory_mib; /* memory left, by leaf */
    uint32_t *domain_first;  /* [domains + 1]: leaves of domain d are domain_first[d] .. domain_first[d + 1] - 1 */
    uint32_t domains;        /* highest domain + 1 */
    struct arena *arena;
    size_t shapes;
    struct gpu_score_cache *cache; /* owned by place.c */
};

/* Where a pod sits. */
struct gpu_placement {
    int32_t node;
    uint16_t devices; /* bit i: device i; 0 for a CPU-only pod */
    int32_t score;    /* of the chosen node under the policy that chose it; ignored by bind and release */
};

/* All memory comes from arena, here and in gpu_inventory_seal(). */
struct gpu_inventory *gpu_inventory_create(struct arena *arena, const struct gpu_inventory_options *options);

/* Returns the node's index: 0, 1, 2, ... in order of calls. Only before the seal. One node too many is
 * limit_reached("limits.gpu_nodes"). */
int32_t gpu_inventory_add_node(struct gpu_inventory *inventory, const struct gpu_node_options *node);

/* Ends the adding of nodes (at least one); everything below needs a sealed inventory. O(n log n). */
void gpu_inventory_seal(struct gpu_inventory *inventory);

/* Nodes start available. Setting what is already set changes nothing. O(1). */
void gpu_node_set_available(struct gpu_inventory *inventory, int32_t node, bool available);

/* True when the pod could be bound to the node now: availability, pod count, CPU, memory, model, devices. */
bool gpu_node_fits(const struct gpu_inventory *inventory, int32_t node, const struct gpu_pod *pod);

/* Takes the pod's resources at a placement that gpu_find() returned or the caller made up: devices must be as many as
 * the pod asks for, each with enough left. An unavailable node is refused by check(). O(devices). */
void gpu_bind(struct gpu_inventory *inventory, const struct gpu_pod *pod, const struct gpu_placement *placement);

/* Gives back exactly what gpu_bind() took for the same pod and placement; the node may be unavailable. */
void gpu_release(struct gpu_inventory *inventory, const struct gpu_pod *pod, const struct gpu_placement *placement);

/* Cluster F in milli-GPU over available nodes. Kept in fixed point, so it depends on the state and not on its history;
 * within 2^-25 milli a node of the exact sum. */
double gpu_inventory_fragment(const struct gpu_inventory *inventory);

/* The classes behind it, summed over available nodes by index. O(nodes x typical pods). */
struct gpu_fragments gpu_inventory_fragments(const struct gpu_inventory *inventory);

/* Devices with less than 1000 milli left. O(nodes). */
int64_t gpu_inventory_devices_touched(const struct gpu_inventory *inventory);

/* Hash of what is left, of residents' counts and of availability on every node. O(nodes). */
uint64_t gpu_inventory_digest(const struct gpu_inventory *inventory);

/* check()s every invariant of every node and every total against a fresh sum. For audits and tests. O(nodes). */
void gpu_inventory_audit(const struct gpu_inventory *inventory);

#endif
