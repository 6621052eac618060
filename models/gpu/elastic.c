#include "models/gpu/elastic.h"

#include "sim/base/check.h"
#include "sim/base/units.h"

#include "sim/base/nomalloc.h"

void gpu_elastic_open(struct gpu_elastic *gang, const struct gpu_elastic_options *options)
{
    check(options->min >= 1 && options->min <= options->max && options->budget >= GPU_BUDGET_UNLIMITED,
          "a gang of %d to %d members with %d restarts", options->min, options->max, options->budget);
    *gang = (struct gpu_elastic){.options = *options, .state = GPU_ELASTIC_WAITING};
}

int32_t gpu_elastic_wants(const struct gpu_elastic *gang, int32_t available)
{
    check(available >= 0, "%d members are available", available);
    if (available < gang->options.min)
        return 0;
    return available < gang->options.max ? available : gang->options.max;
}

static void run(struct gpu_elastic *gang, int32_t members)
{
    gang->state = GPU_ELASTIC_RUNNING;
    gang->members = members;
    gang->attempts++;
}

bool gpu_elastic_begin(struct gpu_elastic *gang, int32_t available)
{
    check(gang->state == GPU_ELASTIC_WAITING, "a gang begins in state %d", (int)gang->state);
    int32_t members = gpu_elastic_wants(gang, available);
    if (members > 0)
        run(gang, members);
    return members > 0;
}

static bool may_restart(const struct gpu_elastic *gang)
{
    return gang->options.budget == GPU_BUDGET_UNLIMITED || gang->restarts < gang->options.budget;
}

bool gpu_elastic_fail(struct gpu_elastic *gang, int32_t survivors)
{
    check(gang->state == GPU_ELASTIC_RUNNING && survivors >= 0 && survivors < gang->members,
          "%d of %d members survive in state %d", survivors, gang->members, (int)gang->state);
    gang->failures++;
    gang->members = 0;
    if (!may_restart(gang)) {
        gang->state = GPU_ELASTIC_FAILED;
        return false;
    }
    gang->restarts++;
    gang->state = GPU_ELASTIC_WAITING;
    return gpu_elastic_begin(gang, survivors);
}

void gpu_elastic_stop(struct gpu_elastic *gang)
{
    check(gang->state == GPU_ELASTIC_RUNNING, "a gang is stopped in state %d", (int)gang->state);
    gang->state = GPU_ELASTIC_WAITING;
    gang->members = 0;
}

bool gpu_elastic_join(struct gpu_elastic *gang, int32_t available)
{
    check(gang->state == GPU_ELASTIC_RUNNING && available >= 0, "%d members join in state %d", available,
          (int)gang->state);
    int32_t room = gang->options.max - gang->members;
    int32_t joining = available < room ? available : room;
    if (joining == 0 || (gang->options.joins_cost && !may_restart(gang)))
        return false;
    gang->restarts += gang->options.joins_cost;
    gang->joins++;
    run(gang, gang->members + joining);
    return true;
}

void gpu_elastic_finish(struct gpu_elastic *gang)
{
    check(gang->state == GPU_ELASTIC_RUNNING, "a gang ends in state %d", (int)gang->state);
    gang->state = GPU_ELASTIC_DONE;
    gang->members = 0;
}

int64_t gpu_elastic_time_us(int64_t work_us, int32_t members, int32_t max)
{
    check(work_us >= 0 && members >= 1 && members <= max, "work of %lld us on %d of %d", (long long)work_us, members,
          max);
    int64_t time_us = scale_i64(work_us, max, members);
    return time_us + (gpu_elastic_work_us(time_us, members, max) < work_us);
}

int64_t gpu_elastic_work_us(int64_t time_us, int32_t members, int32_t max)
{
    check(time_us >= 0 && members >= 1 && members <= max, "%lld us on %d of %d", (long long)time_us, members, max);
    return scale_i64(time_us, members, max);
}
