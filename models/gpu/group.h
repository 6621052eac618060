/* Ray placement groups: bundles of resources that are reserved together, lost one by one, and found again.
 *
 * A bundle fits on one node; a group is a list of bundles and a strategy. Reserving it is atomic and has two phases:
 * prepare takes the resources of every bundle or of none, commit makes the group usable. Once created, a group
 * may become partial: a node's death takes the bundles on it and no others; survivors keep their reservation, and the
 * lost ones are reserved again before any new group is looked at.
 *
 *   strategy       rule                                       goal
 *   PACK           -                                          few nodes: its own, then who takes most
 *   SPREAD         -                                          nodes with fewest bundles of the group first
 *   STRICT_PACK    all bundles on one node                    -
 *   STRICT_SPREAD  no two bundles on one node, survivors too  -
 *
 *   PENDING -> PREPARED -> CREATED -> RESCHEDULING -> PREPARED -> CREATED ... -> removed
 *
 * A death between prepare and commit sends a new group back to PENDING with nothing held, and a partial one back to
 * RESCHEDULING with one bundle more to find: no second death loses a bundle (ray pull requests 24875 and 52202).
 *
 * Two partial groups can wait for ever for what the other holds (ray issue 65147). A *knot* is a set of partial groups
 * of which each could be completed if the others of the set let go. Knots are counted; with `recreate` the youngest
 * group of a knot is destroyed and queued as new, until none is left.
 *
 * The head is a single point of failure: with it go all groups of the cluster, and nothing is placed until it returns.
 *
 * Invariants: CREATED means every bundle placed and the strategy's rule kept; what is reserved is the sum of placed
 * bundles; a group of a soft strategy is placed whenever placing bundle after bundle by gpu_find() succeeds.
 *
 * Source: Ray documentation, "Placement groups" (strategies, fault tolerance); io.net documentation on its Ray
 * clusters' head node. Choices within a goal are ours. */
#ifndef NINES_MODELS_GPU_GROUP_H
#define NINES_MODELS_GPU_GROUP_H

#include "models/gpu/place.h"

enum gpu_group_strategy { GPU_GROUP_PACK, GPU_GROUP_SPREAD, GPU_GROUP_STRICT_PACK, GPU_GROUP_STRICT_SPREAD };
enum gpu_group_state {
    GPU_GROUP_NONE, /* no group has this id */
    GPU_GROUP_PENDING,
    GPU_GROUP_PREPARED,
    GPU_GROUP_CREATED,
    GPU_GROUP_RESCHEDULING
};

enum { GPU_NO_GROUP = -1, GPU_RESTARTS_UNLIMITED = -1, GPU_BUNDLES_MAX = 1024 };

/* One bundle and the actor or task that lives in it. */
struct gpu_bundle {
    struct gpu_pod pod;
    struct gpu_placement placement; /* node GPU_NO_NODE: not placed */
    int32_t restarts;               /* of its actor so far */
    bool lost;                      /* was placed and lost; its actor restarts when it is placed again */
    bool dead;                      /* its actor has no restart left: the bundle is reserved for nothing */
};

struct gpu_group {
    enum gpu_group_state state;
    enum gpu_group_strategy strategy;
    struct gpu_bundle *bundles; /* [count], of room options.bundles */
    int32_t count, placed;      /* placed: how many are */
    int32_t max_restarts;       /* of each actor; GPU_RESTARTS_UNLIMITED */
    uint64_t sequence;          /* of creation; the higher the younger */
    uint64_t lost_at;           /* counts deaths: who lost bundles first is served first */
    uint64_t owner;             /* the caller's own name for it; not looked at */
    bool created_before;        /* it may be partial */
    bool knotted;               /* part of a knot since it was last looked at */
};

struct gpu_groups_options {
    struct gpu_place_options place; /* for each bundle; its constraint binds all of them, STRICT_PACK and PACK included;
                                       it forbids no nodes of its own */
    int32_t groups;                 /* room for so many at a time */
    int32_t bundles;                /* most bundles of one group, at most GPU_BUNDLES_MAX */
    bool recreate;                  /* undo knots */
};

struct gpu_group_counts {
    int64_t created;       /* first creations and re-creations */
    int64_t rescheduled;   /* partial groups completed */
    int64_t bundles_lost;  /* placed bundles lost to node deaths */
    int64_t second_deaths; /* deaths that hit a group that was partial already */
    int64_t interrupted;   /* deaths between prepare and commit */
    int64_t knots;         /* new knots found */
    int64_t recreated;     /* groups destroyed to undo one */
    int64_t restarts, actors_dead, head_losses;
};

struct gpu_groups {
    struct gpu_groups_options options;
    struct gpu_inventory *inventory;
    struct gpu_group *groups; /* [options.groups] */
    int32_t count;
    int32_t *order;           /* scratch: ids in order of service */
    int32_t *forbidden;       /* [nodes]: scratch */
    bool *in_knot;            /* [groups]: scratch */
    uint64_t sequence, deaths;
    bool head_up;
    struct gpu_group_counts counts;
};

/* All memory from arena now. */
struct gpu_groups *gpu_groups_create(struct arena *arena, struct gpu_inventory *inventory,
                                     const struct gpu_groups_options *options);

/* Adds a PENDING group of count >= 1 bundles. Returns its id, used again after removal. One too many is
 * limit_reached("limits.gpu_groups"). */
int32_t gpu_group_add(struct gpu_groups *groups, const struct gpu_pod *bundles, int32_t count,
                      enum gpu_group_strategy strategy, int32_t max_restarts, uint64_t owner);

/* Releases whatever it holds and forgets it. */
void gpu_group_remove(struct gpu_groups *groups, int32_t id);

const struct gpu_group *gpu_group(const struct gpu_groups *groups, int32_t id);

/* First phase for a PENDING or RESCHEDULING group: places all its unplaced bundles, or none. True: PREPARED. */
bool gpu_group_prepare(struct gpu_groups *groups, int32_t id, uint64_t random);

/* Second phase for a PREPARED group: CREATED; actors of lost bundles restart if they may. */
void gpu_group_commit(struct gpu_groups *groups, int32_t id);

/* Prepares and commits whoever can be: partial groups first, in order of their loss, then new ones in order of
 * creation; who finds no room is in nobody's way. Then looks for knots. Returns how many became CREATED. Nothing
 * happens while the head is down. A PREPARED group is left to its caller. */
int32_t gpu_groups_pass(struct gpu_groups *groups, uint64_t random);

/* The node dies: it becomes unavailable, and every bundle on it is lost. Returns how many were. */
int32_t gpu_groups_node_down(struct gpu_groups *groups, int32_t node);

/* The head dies or returns. Its death releases everything: every group is PENDING again, as if new. */
void gpu_groups_head_down(struct gpu_groups *groups);
void gpu_groups_head_up(struct gpu_groups *groups);

/* True when the placed bundles keep the strategy's rule. */
bool gpu_group_rule_holds(const struct gpu_group *group);

/* check()s all invariants, and the inventory. For audits and tests. */
void gpu_groups_audit(const struct gpu_groups *groups);

/* Of groups[count], those marked in knot[count] are partial and wait. Unmarks who could not be completed if all others that are marked
 * let go, until everybody left could: a knot, of which nobody can be completed by waiting for the others. Returns how many are left. The
 * inventory is as before. O(count^2 x gpu_group_fits()). */
int32_t gpu_knot_find(struct gpu_inventory *inventory, struct gpu_group *groups, int32_t count, bool *knot,
                      const struct gpu_place_options *place, int32_t *forbidden);

/* Without a table of groups (group_place.c): places all unplaced bundles by the strategy, or none; and whether it would.
 * forbidden[nodes] is scratch. */
bool gpu_group_place(struct gpu_inventory *inventory, struct gpu_group *group, const struct gpu_place_options *place,
                     int32_t *forbidden);
bool gpu_group_fits(struct gpu_inventory *inventory, struct gpu_group *group, const struct gpu_place_options *place,
                    int32_t *forbidden);

#endif
