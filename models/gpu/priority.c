#include "models/gpu/priority.h"

#include "models/gpu/room.h"
#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* --- Who sits where ----------------------------------------------------------------------------------------------- */

struct gpu_candidate {
    int64_t started_us;
    int32_t priority, id;
    bool breaks_budget, victim;
};

struct gpu_residents *gpu_residents_create(struct arena *arena, struct gpu_inventory *inventory, int32_t room,
                                           int32_t budgets)
{
    check(inventory->sealed && room >= 1 && budgets >= 0, "%d residents, %d budgets", room, budgets);
    struct gpu_residents *residents = arena_new(arena, struct gpu_residents);
    *residents = (struct gpu_residents){
        .inventory = inventory,
        .table = arena_array(arena, (size_t)room, struct gpu_resident),
        .room = room,
        .first = arena_array(arena, inventory->count, int32_t),
        .last = arena_array(arena, inventory->count, int32_t),
        .candidates = arena_array(arena, inventory->pods_per_node, struct gpu_candidate),
        .budget_left = arena_array(arena, (size_t)budgets, int64_t),
        .budgets = budgets,
    };
    for (size_t i = 0; i < inventory->count; i++)
        residents->first[i] = residents->last[i] = GPU_NO_RESIDENT;
    for (int32_t i = 0; i < room; i++)
        residents->table[i].next = i + 1 < room ? i + 1 : GPU_NO_RESIDENT;
    return residents;
}

int32_t gpu_resident_admit(struct gpu_residents *residents, const struct gpu_resident *resident)
{
    check(resident->budget >= GPU_NO_BUDGET && resident->budget < residents->budgets, "budget %d of %d",
          resident->budget, residents->budgets);
    if (residents->vacant == GPU_NO_RESIDENT)
        limit_reached("limits.gpu_residents", residents->room);
    gpu_bind(residents->inventory, &resident->pod, &resident->placement);
    int32_t id = residents->vacant, node = resident->placement.node, last = residents->last[node];
    struct gpu_resident *entry = &residents->table[id];
    residents->vacant = entry->next;
    *entry = *resident;
    entry->previous = last;
    entry->next = GPU_NO_RESIDENT;
    entry->present = true;
    if (last != GPU_NO_RESIDENT)
        residents->table[last].next = id;
    else
        residents->first[node] = id;
    residents->last[node] = id;
    residents->count++;
    return id;
}

const struct gpu_resident *gpu_resident(const struct gpu_residents *residents, int32_t id)
{
    check(id >= 0 && id < residents->room && residents->table[id].present, "resident %d", id);
    return &residents->table[id];
}

void gpu_resident_leave(struct gpu_residents *residents, int32_t id)
{
    check(id >= 0 && id < residents->room && residents->table[id].present, "resident %d leaves and is not there", id);
    struct gpu_resident *entry = &residents->table[id];
    int32_t node = entry->placement.node;
    gpu_release(residents->inventory, &entry->pod, &entry->placement);
    if (entry->previous != GPU_NO_RESIDENT)
        residents->table[entry->previous].next = entry->next;
    else
        residents->first[node] = entry->next;
    if (entry->next != GPU_NO_RESIDENT)
        residents->table[entry->next].previous = entry->previous;
    else
        residents->last[node] = entry->previous;
    entry->present = false;
    entry->next = residents->vacant;
    residents->vacant = id;
    residents->count--;
}

/* --- One node ----------------------------------------------------------------------------------------------------- */

/* What decides between nodes, in order; smaller is better in each. */
struct merit {
    int64_t violations, highest, sum, victims, started; /* started: negated */
};

/* Order of reprieve: priority from above, longer-running first, older entry first. */
static bool before(const struct gpu_candidate *a, const struct gpu_candidate *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    return a->started_us != b->started_us ? a->started_us < b->started_us : a->id < b->id;
}

/* By insertion: a node has few residents, and qsort() may ask for memory. */
static void insert(struct gpu_candidate *sorted, int32_t count, struct gpu_candidate candidate)
{
    for (; count > 0 && before(&candidate, &sorted[count - 1]); count--)
        sorted[count] = sorted[count - 1];
    sorted[count] = candidate;
}

/* The residents of a node that may be evicted for this priority, sorted; thought away from *room. */
static int32_t gather(struct gpu_residents *residents, int32_t node, int32_t priority, int64_t now_us,
                      struct gpu_room *room)
{
    int32_t count = 0;
    for (int32_t id = residents->first[node]; id != GPU_NO_RESIDENT; id = residents->table[id].next) {
        const struct gpu_resident *resident = &residents->table[id];
        if (resident->priority >= priority || resident->protected_until_us > now_us)
            continue;
        insert(residents->candidates, count++,
               (struct gpu_candidate){
                   .started_us = resident->started_us, .priority = resident->priority, .id = id, .victim = true});
        gpu_room_give(room, &resident->pod, resident->placement.devices);
    }
    return count;
}

static void mark_budgets(struct gpu_residents *residents, int32_t count, const int32_t *disruptions)
{
    for (int32_t b = 0; b < residents->budgets; b++)
        residents->budget_left[b] = disruptions != NULL ? disruptions[b] : 0;
    for (int32_t i = 0; i < count; i++) {
        int32_t budget = residents->table[residents->candidates[i].id].budget;
        if (budget != GPU_NO_BUDGET)
            residents->candidates[i].breaks_budget = --residents->budget_left[budget] < 0;
    }
}

static void reprieve(struct gpu_residents *residents, int32_t count, const struct gpu_pod *pod, struct gpu_room *room)
{
    uint16_t devices;
    for (int breaking = 1; breaking >= 0; breaking--)
        for (int32_t i = 0; i < count; i++) {
            struct gpu_candidate *candidate = &residents->candidates[i];
            if (candidate->breaks_budget != (breaking == 1))
                continue;
            const struct gpu_resident *resident = &residents->table[candidate->id];
            gpu_room_take(room, &resident->pod, resident->placement.devices);
            candidate->victim = !gpu_room_find(room, pod, &devices);
            if (candidate->victim)
                gpu_room_give(room, &resident->pod, resident->placement.devices);
        }
}

/* The victims of one node, moved to the front of the candidates in their order. 0: evicting does not help. */
static int32_t victims_of(struct gpu_residents *residents, int32_t node, const struct gpu_pod *pod, int32_t priority,
                          const struct gpu_preemption_options *options)
{
    struct gpu_room room = gpu_room_of(residents->inventory, node);
    int32_t count = gather(residents, node, priority, options->now_us, &room), victims = 0;
    uint16_t devices;
    if (count == 0 || !gpu_room_find(&room, pod, &devices))
        return 0;
    mark_budgets(residents, count, options->disruptions);
    reprieve(residents, count, pod, &room);
    for (int32_t i = 0; i < count; i++)
        if (residents->candidates[i].victim)
            residents->candidates[victims++] = residents->candidates[i];
    check(victims > 0, "node %d has room without evicting anybody", node);
    return victims;
}

/* The victims are in order: the first has the highest priority and, within it, the earliest start. */
static struct merit merit_of(const struct gpu_candidate *victims, int32_t count, int64_t weight)
{
    struct merit merit = {.highest = victims[0].priority, .victims = count, .started = -victims[0].started_us};
    for (int32_t i = 0; i < count; i++) {
        merit.violations += victims[i].breaks_budget;
        merit.sum += victims[i].priority + weight;
    }
    return merit;
}

static bool better(const struct merit *a, const struct merit *b)
{
    if (a->violations != b->violations)
        return a->violations < b->violations;
    if (a->highest != b->highest)
        return a->highest < b->highest;
    if (a->sum != b->sum)
        return a->sum < b->sum;
    if (a->victims != b->victims)
        return a->victims < b->victims;
    return a->started < b->started;
}

/* --- All nodes ---------------------------------------------------------------------------------------------------- */

static bool node_allowed(const struct gpu_inventory *inventory, int32_t node, const struct gpu_place_options *options)
{
    const struct gpu_node *it = &inventory->nodes[node];
    unsigned domain = it->capacity.domain;
    if (!it->available)
        return false;
    if (options->domains != NULL &&
        (domain / 64 >= options->domain_words || (options->domains[domain / 64] >> domain % 64 & 1) == 0))
        return false;
    for (size_t i = 0; i < options->forbidden_count; i++)
        if (options->forbidden[i] == node)
            return false;
    return true;
}

enum gpu_preemption_answer gpu_preempt(struct gpu_residents *residents, const struct gpu_pod *pod, int32_t priority,
                                       const struct gpu_preemption_options *options,
                                       struct gpu_nomination *nomination, int32_t *victims)
{
    struct gpu_inventory *inventory = residents->inventory;
    struct gpu_placement placement;
    struct merit best = {0};
    check(residents->budgets == 0 || options->disruptions != NULL, "%d budgets without figures", residents->budgets);
    if (gpu_find(inventory, pod, &options->place, &placement))
        return GPU_PREEMPTION_NEEDLESS;
    *nomination = (struct gpu_nomination){.node = GPU_NO_NODE};
    for (size_t order = 0; order < inventory->count; order++) {
        int32_t node = (int32_t)inventory->by_order[order];
        if (!node_allowed(inventory, node, &options->place))
            continue;
        int32_t count = victims_of(residents, node, pod, priority, options);
        if (count == 0)
            continue;
        struct merit merit = merit_of(residents->candidates, count, options->victim_weight);
        if (nomination->node != GPU_NO_NODE && !better(&merit, &best))
            continue;
        best = merit;
        *nomination = (struct gpu_nomination){node, count, (int32_t)merit.violations};
        for (int32_t i = 0; i < count; i++)
            victims[i] = residents->candidates[i].id;
    }
    return nomination->node == GPU_NO_NODE ? GPU_PREEMPTION_IN_VAIN : GPU_PREEMPTION_NOMINATED;
}
