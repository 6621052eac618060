/* Topology spread: keeping matching pods even over zones, racks, providers or regions. */
#include "models/gpu/scheduler_inside.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

double gpu_log(uint32_t n)
{
    check(n > 0, "logarithm of 0");
    int exponent = 31 - __builtin_clz(n);
    double m = (double)n / (double)(UINT64_C(1) << exponent);
    if (m > 1.4142135623730951) {
        m /= 2;
        exponent++;
    }
    /* ln m = 2 artanh(t), |t| <= 0.1716: eleven terms reach 2^-56. */
    double t = (m - 1) / (m + 1), square = t * t, series = 0;
    for (int k = 21; k >= 1; k -= 2)
        series = series * square + 1.0 / k;
    return (double)exponent * 0x1.62e42fefa39efp-1 + ((double)exponent * 0x1.abc9e3b39803fp-56 + 2 * t * series);
}

static uint32_t domain_of(const struct gpu_scheduler *scheduler, const struct gpu_spread *spread, size_t node)
{
    uint32_t domain = spread->domain != NULL ? spread->domain[node] : scheduler->inventory->nodes[node].capacity.domain;
    check(domain == GPU_NO_DOMAIN || domain < spread->domains, "domain %u of %u", (unsigned)domain,
          (unsigned)spread->domains);
    return domain;
}

/* The least count over eligible domains: those with a node whose model the pod accepts. */
static int64_t least_count(struct gpu_scheduler *scheduler, const struct gpu_spread *spread, const struct gpu_pod *pod)
{
    const struct gpu_inventory *inventory = scheduler->inventory;
    uint32_t eligible = 0;
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < inventory->count; i++) {
        const struct gpu_node *node = &inventory->nodes[i];
        uint32_t domain = domain_of(scheduler, spread, i);
        if (domain == GPU_NO_DOMAIN || (spread->only_available && !node->available) ||
            (pod->devices > 0 && (node->capacity.devices == 0 || !gpu_pod_accepts(pod, node->left.model))))
            continue;
        eligible += scheduler->eligible[domain] == 0;
        scheduler->eligible[domain] = 1;
        least = spread->count[domain] < least ? spread->count[domain] : least;
    }
    memset(scheduler->eligible, 0, spread->domains);
    return eligible == 0 || eligible < spread->min_domains ? 0 : least;
}

void gpu_spread_filter(struct gpu_scheduler *scheduler, const struct gpu_spread *spread, const struct gpu_pod *pod)
{
    int64_t least = least_count(scheduler, spread, pod);
    for (size_t i = 0; i < scheduler->inventory->count; i++) {
        uint32_t domain = domain_of(scheduler, spread, i);
        if (domain == GPU_NO_DOMAIN || (int64_t)spread->count[domain] + spread->self - least > spread->max_skew)
            scheduler->feasible[i] = false;
    }
}

/* Domains with a feasible node. */
static uint32_t domains_in_reach(struct gpu_scheduler *scheduler, const struct gpu_spread *spread)
{
    uint32_t reached = 0;
    for (size_t i = 0; i < scheduler->inventory->count; i++) {
        uint32_t domain = domain_of(scheduler, spread, i);
        if (!scheduler->feasible[i] || domain == GPU_NO_DOMAIN)
            continue;
        reached += scheduler->eligible[domain] == 0;
        scheduler->eligible[domain] = 1;
    }
    memset(scheduler->eligible, 0, spread->domains);
    return reached;
}

enum { KEYLESS = -1 }; /* raw score of a node that lacks a key: it gets 0 */

/* Sums in double, constraint by constraint, rounded at the end, as Kubernetes does. */
static int64_t spread_raw(const struct gpu_scheduler *scheduler, const struct gpu_schedule *schedule,
                          const double *weights, size_t node)
{
    double sum = 0;
    for (size_t k = 0; k < schedule->spread_count; k++) {
        const struct gpu_spread *spread = &schedule->spread[k];
        if (!spread->anyway)
            continue;
        uint32_t domain = domain_of(scheduler, spread, node);
        if (domain == GPU_NO_DOMAIN)
            return KEYLESS;
        sum += (double)spread->count[domain] * weights[k] + (double)(spread->max_skew - 1);
    }
    return (int64_t)(sum + 0.5);
}

void gpu_spread_score(struct gpu_scheduler *scheduler, const struct gpu_schedule *schedule)
{
    double weights[GPU_SPREADS_MOST] = {0};
    int64_t low = INT64_MAX, high = 0;
    size_t count = scheduler->inventory->count;
    for (size_t k = 0; k < schedule->spread_count; k++)
        if (schedule->spread[k].anyway)
            weights[k] = gpu_log(domains_in_reach(scheduler, &schedule->spread[k]) + 2);
    for (size_t i = 0; i < count; i++) {
        if (!scheduler->feasible[i])
            continue;
        int64_t raw = scheduler->raw[i] = spread_raw(scheduler, schedule, weights, i);
        low = raw != KEYLESS && raw < low ? raw : low;
        high = raw > high ? raw : high;
    }
    for (size_t i = 0; i < count; i++)
        if (scheduler->feasible[i])
            scheduler->raw[i] = scheduler->raw[i] == KEYLESS ? 0
                                : high == 0                  ? GPU_TOP_SCORE
                                                             : GPU_TOP_SCORE * (high + low - scheduler->raw[i]) / high;
}
