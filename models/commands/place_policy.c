/* The ways of placing that can be asked for by name. */
#include "models/commands/place_plan.h"

#include "sim/base/check.h"

/* Kubernetes' default for RequestedToCapacityRatio: the fuller the better. */
static const struct gpu_ratio_point fuller[] = {{0, 0}, {100, 10}};

static const struct gpu_scorer least[] = {{.kind = GPU_SCORER_LEAST_ALLOCATED, .weight = 1}};
static const struct gpu_scorer most[] = {{.kind = GPU_SCORER_MOST_ALLOCATED, .weight = 1}};
static const struct gpu_scorer most_gpu[] = {
    {.kind = GPU_SCORER_MOST_ALLOCATED, .weight = 1, .resources = {.cpu = 1, .memory = 1, .gpu = 1}}};
static const struct gpu_scorer ratio[] = {
    {.kind = GPU_SCORER_CAPACITY_RATIO, .weight = 1, .points = fuller, .point_count = 2}};
static const struct gpu_scorer balanced[] = {{.kind = GPU_SCORER_BALANCED, .weight = 1}};
static const struct gpu_scorer simon[] = {{.kind = GPU_SCORER_SIMON, .weight = 1}};
static const struct gpu_scorer stock[] = {{.kind = GPU_SCORER_LEAST_ALLOCATED, .weight = 1},
                                          {.kind = GPU_SCORER_BALANCED, .weight = 1}};

#define SCORERS(list) .scorers = (list), .scorer_count = sizeof(list) / sizeof(list)[0]

static const struct place_policy others[] = {
    {.name = "LeastAllocated", SCORERS(least)},
    {.name = "MostAllocated", SCORERS(most)},
    {.name = "MostAllocated-gpu", SCORERS(most_gpu)},
    {.name = "RequestedToCapacityRatio", SCORERS(ratio)},
    {.name = "BalancedAllocation", SCORERS(balanced)},
    {.name = "Kubernetes", SCORERS(stock)},
    {.name = "Simon", SCORERS(simon)},
};

size_t place_policies(void)
{
    return GPU_POLICIES + sizeof others / sizeof others[0];
}

struct place_policy place_policy(size_t index)
{
    check(index < place_policies(), "policy %zu", index);
    if (index >= GPU_POLICIES)
        return others[index - GPU_POLICIES];
    enum gpu_policy policy = (enum gpu_policy)index;
    return (struct place_policy){.name = gpu_policy_name(policy), .policy = policy};
}
