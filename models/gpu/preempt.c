#include "models/gpu/preempt.h"

#include "sim/base/nomalloc.h"

/* Order of leaving: the lowest priority, then who began last. */
static bool leaves_before(const struct gpu_holder *a, const struct gpu_holder *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->started_us != b->started_us ? a->started_us > b->started_us : a->owner > b->owner;
}

static void sort(struct gpu_holder *holders, int32_t count)
{
    for (int32_t i = 1; i < count; i++) {
        struct gpu_holder holder = holders[i];
        int32_t at = i;
        for (; at > 0 && leaves_before(&holder, &holders[at - 1]); at--)
            holders[at] = holders[at - 1];
        holders[at] = holder;
    }
}

static bool may_leave(const struct gpu_inventory *inventory, const struct gpu_holder *holder, int32_t priority)
{
    bool available = holder->priority < priority;
    for (int32_t i = 0; i < holder->count && available; i++)
        available = inventory->nodes[holder->seats[i].node].available;
    return available;
}

static void hold(struct gpu_inventory *inventory, const struct gpu_holder *holder, bool again)
{
    for (int32_t i = 0; i < holder->count; i++)
        if (again)
            gpu_bind(inventory, &holder->pod, &holder->seats[i]);
        else
            gpu_release(inventory, &holder->pod, &holder->seats[i]);
}

int32_t gpu_gang_preempt(struct gpu_inventory *inventory, const struct gpu_gang *gang, int32_t priority,
                         const struct gpu_place_options *options, struct gpu_holder *holders, int32_t count,
                         struct gpu_placement *placements)
{
    bool fits = gpu_gang_fits(inventory, gang, options, placements);
    int32_t gone = 0, victims = 0;
    sort(holders, count);
    for (int32_t i = 0; i < count; i++)
        holders[i].victim = false;
    for (; gone < count && !fits; gone++) {
        struct gpu_holder *holder = &holders[gone];
        holder->victim = may_leave(inventory, holder, priority);
        if (!holder->victim)
            continue;
        hold(inventory, holder, false);
        fits = gpu_gang_fits(inventory, gang, options, placements);
    }
    for (int32_t i = gone; i-- > 0;) {
        if (!holders[i].victim)
            continue;
        hold(inventory, &holders[i], true);
        holders[i].victim = fits && !gpu_gang_fits(inventory, gang, options, placements);
        if (holders[i].victim)
            hold(inventory, &holders[i], false);
    }
    for (int32_t i = 0; i < gone; i++)
        if (holders[i].victim) {
            hold(inventory, &holders[i], true);
            victims++;
        }
    return fits ? victims : GPU_PREEMPT_IN_VAIN;
}
