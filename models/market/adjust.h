/* A provider's inventory, and the first-fit walk ("Adjust") that decides whether it can bid.
 *
 * An Akash provider does not schedule: it asks whether its Kubernetes cluster could hold an order, keeps that room
 * aside while the bid is open, and lets Kubernetes place the pods after the lease is won. Three pictures of the same
 * nodes exist side by side, and the differences between them are where real providers lose capacity or promise it
 * twice:
 *
 *   actual    what is truly taken: load that was there before, and the replicas of deployed reservations
 *   snapshot  actual as of the last inventory update
 *   cached    the snapshot plus the reservations that are not deployed yet; new orders are tried against this one
 *
 * The walk takes units from the last to the first and nodes from the first to the last, one replica after another, and
 * is all or nothing. A wildcard GPU request is rewritten to the model that the first replica met, and the rewritten
 * request is what later replicas ask for. Text (vendors, models, storage classes) is turned into small numbers when a
 * cluster or a request is built; the walk compares integers, allocates nothing and costs O(units * (nodes + replicas)).
 *
 * Invariants: a failed walk leaves every number as it was; the cached load is the snapshot plus the booked replicas
 * (plus, with Q11, what has ended since the snapshot); the actual load is the foreign load plus the placed replicas of
 * deployed reservations (adjust_audit() checks all); no take succeeds beyond what is allocatable.
 *
 * Numbers: CPU in milli-cores, memory and storage in bytes, GPUs whole. Allocatable ADJUST_UNLIMITED is unlimited,
 * except for CPU, where the conversion to milli-cores overflows and such a node takes nothing at all.
 *
 * Source: akash-network/provider v0.6.2 (2024-07) and afc4dd7 (2026-06), cluster/kube/operators/clients/inventory and
 * cluster/inventory.go. Quirks Q11, Q12, Q13 of the behavioural specification are switches, on by default. */
#ifndef NINES_MARKET_ADJUST_H
#define NINES_MARKET_ADJUST_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct market_group_spec;

enum {
    ADJUST_UNLIMITED = -1,   /* an allocatable amount without bound */
    ADJUST_UNSET = -1,       /* a wish that does not care about this part; "no node", "no reservation" in a list */
    ADJUST_CLASSES_MAX = 32, /* storage classes of one name table */
    ADJUST_UNITS_MAX = 64    /* units of a group; the chain declares 20 and enforces none */
};

/* Which of the real provider's peculiarities hold. */
struct adjust_rules {
    bool stale_after_release; /* Q11: room of an ended reservation returns only with the next inventory update */
    bool whole_overcommit;    /* Q12: factor 1 + percent div 100, so 50 % does nothing */
    bool sticky_rewrite;      /* Q13: a GPU rewrite outlives a failure of memory or storage on the same node */
    bool unsigned_ips;        /* 2024-07: with more leased IPs pending than free, any request for IPs passes */
};

struct adjust_rules adjust_rules_2024_07(void);
struct adjust_rules adjust_rules_2026_08(void);

/* --- Amounts --- */

struct adjust_pair {
    int64_t allocatable; /* or ADJUST_UNLIMITED */
    int64_t allocated;   /* may exceed allocatable in what a cluster reports */
};

/* max(0, allocatable - allocated), unlimited counting as the largest integer. */
int64_t adjust_available(struct adjust_pair pair);
/* Adds value to allocated when available - value >= 0; otherwise changes nothing and returns false. value >= 0. */
bool adjust_take(struct adjust_pair *pair, int64_t value);

/* Over-commit: how much of an asked amount is really requested. */
struct adjust_overcommit {
    int64_t cpu_percent, memory_percent, storage_percent; /* >= 0; GPUs are never over-committed */
};

/* max(1, value * 100 / (100 + percent)), half away from zero; value itself when the factor is 1 or less. With
 * whole_overcommit the percentage is first cut down to a multiple of 100. value >= 0. */
int64_t adjust_overcommitted(int64_t value, int64_t percent, bool whole_overcommit);

/* --- Names: small numbers for text --- */

struct adjust_names;

/* Room for `capacity` different texts; one more ends the run naming "market_limits.names". */
struct adjust_names *adjust_names_create(struct arena *arena, int32_t capacity);
int32_t adjust_name(struct adjust_names *names, struct arena *arena, const char *text); /* adds it when new */
const char *adjust_name_text(const struct adjust_names *names, int32_t name);
/* Storage classes are numbered apart, from 0 to ADJUST_CLASSES_MAX - 1. */
int32_t adjust_class(struct adjust_names *names, struct arena *arena, const char *text);
const char *adjust_class_text(const struct adjust_names *names, int32_t class_id);

/* --- What is asked for --- */

/* One GPU model asked for. In a resolved request vendor and model are set; ram and interface only if they were asked.
 */
struct adjust_wish {
    int32_t vendor;    /* name */
    int32_t model;     /* name; ADJUST_UNSET: any ('*') */
    int32_t interface; /* name, "pcie" or "sxm"; ADJUST_UNSET: any */
    int32_t ram_gib;   /* ADJUST_UNSET: any */
};

enum adjust_volume_kind {
    ADJUST_EPHEMERAL,
    ADJUST_RAM,        /* taken from the node's memory */
    ADJUST_PERSISTENT, /* taken from the cluster's pool of its class; the node must support the class */
    ADJUST_IMPOSSIBLE  /* persistent without a class, or with class ram: ends the whole walk */
};

struct adjust_volume {
    int64_t bytes;
    enum adjust_volume_kind kind;
    int32_t class_id; /* of ADJUST_PERSISTENT */
};

/* One resource unit, per replica, over-commit applied. */
struct adjust_unit {
    int64_t cpu_milli, memory_bytes, gpus;
    int32_t id, count;
    int32_t endpoints, leased_ips; /* of the whole unit: all endpoints; distinct leased-IP numbers */
    int32_t n_volumes, n_wishes;   /* gpus > 0 without a wish: no node can take it (also: unreadable GPU attributes) */
    const struct adjust_volume *volumes;
    const struct adjust_wish *wishes; /* at most one per vendor and model: a later attribute replaced an earlier one */
};

/* A group as the inventory sees it. Immutable and shared; build one per group spec and over-commit setting. */
struct adjust_request {
    const struct adjust_unit *units; /* in the group's order */
    int32_t n_units;
    int32_t leased_ips; /* distinct leased-IP numbers of the group */
};

/* Builds from a group; everything in the arena, texts into names. More than ADJUST_UNITS_MAX units end the run naming
 * "limits.units_per_group". */
const struct adjust_request *adjust_request_create(struct arena *arena, struct adjust_names *names,
                                                   const struct market_group_spec *group,
                                                   const struct adjust_overcommit *overcommit,
                                                   const struct adjust_rules *rules);

/* Distinct leased-IP numbers in units first to last - 1 of a group. */
int32_t adjust_leased_ips(const struct market_group_spec *group, int32_t first, int32_t last);

/* Reads a GPU attribute key "vendor/V/model/M[/ram/R][/interface/I]". False when it is not one that a provider accepts:
 * another shape, a vendor other than nvidia and amd, an interface other than pcie and sxm, an unreadable size. RAM
 * counts in whole GiB, rounded down. */
bool adjust_wish_from_key(struct adjust_names *names, struct arena *arena, const char *key, struct adjust_wish *wish);
/* The key of a resolved request, in the arena. */
const char *adjust_wish_key(const struct adjust_names *names, struct arena *arena, const struct adjust_wish *wish);

/* --- The cluster --- */

/* One GPU of a node, as its discovery reports it: "nvidia", "a100", "SXM4", "80Gi". */
struct adjust_gpu_spec {
    const char *vendor, *model, *interface, *memory;
};

struct adjust_node_spec {
    struct adjust_pair cpu_milli, memory_bytes, gpus, ephemeral_bytes; /* allocated: load that is not ours */
    const struct adjust_gpu_spec *gpu_list;                            /* all of them, used ones too, in order */
    int32_t n_gpu_list;
    const char *const *classes; /* persistent storage classes the node can mount */
    int32_t n_classes;
};

struct adjust_pool_spec {
    const char *class_name;
    struct adjust_pair bytes;
};

struct adjust_cluster_spec {
    const struct adjust_node_spec *nodes; /* in inventory order */
    const struct adjust_pool_spec *pools; /* one per class */
    int32_t n_nodes, n_pools;
    int32_t leased_ips; /* ADJUST_UNSET: no IP operator */
};

struct adjust_load {
    int64_t cpu_milli, memory_bytes, gpus, ephemeral_bytes; /* allocated */
};

/* So many nodes in a row, of which a walk knows at a glance whether any can have room, and a snapshot which have changed. */
enum { ADJUST_BLOCK = 16 };

struct adjust_block {
    int64_t cpu_milli, memory_bytes, gpus; /* no node of the block has more left, in the inventory or not */
    bool loose;                            /* the bounds may be too high */
    uint16_t changed;                      /* by node: since it was last the same in the picture that is copied from this one, or to it */
};

/* One picture of the cluster. */
struct adjust_view {
    struct adjust_load *nodes;   /* [n_nodes] */
    int64_t *pools;              /* [n_pools] allocated bytes */
    bool *in;                    /* [n_nodes] the node belongs to the inventory */
    struct adjust_block *blocks; /* [adjust_blocks(n_nodes)] */
};

static inline uint16_t adjust_changed_bit(int32_t node) { return (uint16_t)(1U << node % ADJUST_BLOCK); }
static inline int32_t adjust_blocks(int32_t n_nodes) { return (n_nodes + ADJUST_BLOCK - 1) / ADJUST_BLOCK; }

struct adjust_gpu {
    int32_t vendor, model, interface, ram_gib; /* ram_gib -2: a text that no request can equal */
};

struct adjust_node {
    struct adjust_load allocatable;
    const struct adjust_gpu *gpu_list;
    int32_t n_gpu_list;
    uint32_t classes; /* bit set */
};

/* Reservations and their placements, one table shared by all providers of a cloud. */
struct adjust_book;

/* A list in the book; ADJUST_UNSET twice when empty. */
struct adjust_list {
    int32_t first, last;
};

struct adjust_cluster {
    struct adjust_rules rules;
    struct adjust_book *book;
    const struct adjust_node *nodes;
    struct adjust_view actual, snapshot, cached;
    struct adjust_view foreign; /* load that is not ours; its `in` is unused */
    int32_t n_nodes, n_pools;
    int32_t pool_of_class[ADJUST_CLASSES_MAX]; /* ADJUST_UNSET: no such pool */
    int64_t *pool_allocatable;
    struct adjust_list pending, deployed; /* reservations in order of creation, and of deploying */
    int32_t leased_ips, ips_pending, ips_deployed;
};

typedef struct reservation_id {
    int32_t index;
    uint32_t generation;
} reservation_id;

enum adjust_result {
    ADJUST_OK,
    ADJUST_INSUFFICIENT_CAPACITY, /* ErrInsufficientCapacity, also for requests that no node can ever take */
    ADJUST_NO_IP_OPERATOR,
    ADJUST_INSUFFICIENT_IPS
};

const char *adjust_result_name(enum adjust_result result);

/* A stretch of replicas of one unit on one node. */
struct adjust_run {
    int32_t next;
    int32_t unit; /* index into the request's units */
    int32_t node; /* ADJUST_UNSET: replicas of a deployed reservation that have no node now */
    int32_t count;
    struct adjust_wish gpu; /* the rewritten request; vendor ADJUST_UNSET without GPUs */
};

/* Room for that many reservations and runs at once; more end the run naming "market_limits.reservations" or
 * "market_limits.reservations". A reservation needs at most units * nodes runs, as a rule one or two per unit. */
struct adjust_book *adjust_book_create(struct arena *arena, int32_t reservations, int32_t runs);

/* All nodes ready, snapshot taken. The book and the names outlive the cluster. */
struct adjust_cluster *adjust_cluster_create(struct arena *arena, struct adjust_names *names, struct adjust_book *book,
                                             const struct adjust_cluster_spec *spec, const struct adjust_rules *rules);

/* --- The life of a reservation --- */

/* Tries the request against the cached picture and keeps it. On failure nothing changes and *id is untouched. The
 * request must live as long as the reservation. */
enum adjust_result adjust_reserve(struct adjust_cluster *cluster, const struct adjust_request *request,
                                  reservation_id *id);
/* The same question without keeping anything. */
enum adjust_result adjust_fits(struct adjust_cluster *cluster, const struct adjust_request *request);

/* The lease is won and the manifest is in: the pods take actual room, where they were reserved if that is free, else on
 * the first ready node that has it. Then the last snapshot is processed again without this reservation, so until the
 * next update its room looks free. Returns how many replicas found no room. */
int32_t adjust_deploy(struct adjust_cluster *cluster, reservation_id id);

/* Ends a reservation, deployed or not. Actual room is free at once; the cached picture recovers at the next update
 * (Q11). */
void adjust_release(struct adjust_cluster *cluster, reservation_id id);

/* A new snapshot of the actual load and the ready nodes, at the cost of what has changed; reservations that are not deployed are tried again in creation
 * order, each from its original request. Returns how many no longer fit (they stay, and book nothing). */
int32_t adjust_update(struct adjust_cluster *cluster);

/* Has loaded what adjust_update() and adjust_reserve() will touch, in ADJUST_AHEAD_STEPS steps from 0, each some time after the one
 * before. Has no effect but on time. */
enum { ADJUST_AHEAD_STEPS = 2 };
void adjust_ahead(const struct adjust_cluster *cluster, int step);

/* --- Nodes --- */

/* A node that is not ready, or cordoned, takes no new pods and leaves the inventory at the next update. */
void adjust_set_ready(struct adjust_cluster *cluster, int32_t node, bool ready);
/* Load of others comes to a node, or goes (amounts below 0): part of the actual picture, of no reservation. */
void adjust_add_foreign(struct adjust_cluster *cluster, int32_t node, struct adjust_load load);
/* Deployed replicas on this node lose it, as after Kubernetes' eviction. Returns how many. */
int32_t adjust_evict(struct adjust_cluster *cluster, int32_t node);
/* Gives replicas that have no node the first ready node with actual room. Returns how many still have none. */
int32_t adjust_reschedule(struct adjust_cluster *cluster, reservation_id id);

/* --- Reading --- */

/* Deployed replicas that have a node which is ready; with `unit` ADJUST_UNSET of all units. */
int32_t adjust_running(const struct adjust_cluster *cluster, reservation_id id, int32_t unit);
bool adjust_is_deployed(const struct adjust_cluster *cluster, reservation_id id);
/* Whether the cached picture holds room for it (false once deployed, or when an update could not fit it again). */
bool adjust_is_booked(const struct adjust_cluster *cluster, reservation_id id);
const struct adjust_request *adjust_request_of(const struct adjust_cluster *cluster, reservation_id id);
/* Placements in placing order: NULL before the first and after the last. */
const struct adjust_run *adjust_next_run(const struct adjust_cluster *cluster, reservation_id id,
                                         const struct adjust_run *previous);
/* The GPU request that each unit was rewritten to, by unit; vendor ADJUST_UNSET without GPUs. Room for n_units. */
void adjust_resolved(const struct adjust_cluster *cluster, reservation_id id, struct adjust_wish *resolved);
/* Free amounts over all nodes of a picture that are in it; unlimited amounts count as 0. */
struct adjust_load adjust_free(const struct adjust_cluster *cluster, const struct adjust_view *view);
/* Recomputes actual and cached loads from the reservations; aborts on any difference. O(nodes + runs). */
void adjust_audit(const struct adjust_cluster *cluster, struct arena *scratch);
/* Hash of all three pictures and all reservations. */
uint64_t adjust_digest(const struct adjust_cluster *cluster, uint64_t hash);

#endif
