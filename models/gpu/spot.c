#include "models/gpu/spot.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

void gpu_spot_begin(struct gpu_spot *machine, const struct gpu_spot_terms *terms, int64_t now_us)
{
    check(terms->notice_us >= 0, "a notice of %lld us", (long long)terms->notice_us);
    *machine = (struct gpu_spot){.terms = *terms, .state = GPU_SPOT_RUNNING, .begun_us = now_us};
}

static bool over(const struct gpu_spot *machine)
{
    return machine->state != GPU_SPOT_RUNNING && machine->state != GPU_SPOT_NOTIFIED;
}

static void finish(struct gpu_spot *machine, enum gpu_spot_state how, int64_t now_us, struct gpu_spot_counts *counts)
{
    check(!over(machine) && now_us >= machine->begun_us, "a machine ends at %lld in state %d", (long long)now_us,
          (int)machine->state);
    check(machine->state != GPU_SPOT_NOTIFIED || now_us <= machine->evicts_us, "a machine outlives its eviction");
    machine->state = how;
    machine->ended_us = now_us;
    counts->running_us += now_us - machine->begun_us;
}

bool gpu_spot_notice(struct gpu_spot *machine, int64_t now_us, struct gpu_spot_counts *counts)
{
    check(!over(machine) && now_us >= machine->begun_us, "notice at %lld in state %d", (long long)now_us,
          (int)machine->state);
    if (!machine->terms.preemptible || machine->state == GPU_SPOT_NOTIFIED)
        return false;
    machine->state = GPU_SPOT_NOTIFIED;
    machine->evicts_us = now_us + machine->terms.notice_us;
    counts->notices++;
    return true;
}

void gpu_spot_evict(struct gpu_spot *machine, int64_t now_us, struct gpu_spot_counts *counts)
{
    check(machine->terms.preemptible && machine->state == GPU_SPOT_NOTIFIED && now_us == machine->evicts_us,
          "an eviction at %lld in state %d, announced for %lld", (long long)now_us, (int)machine->state,
          (long long)machine->evicts_us);
    finish(machine, GPU_SPOT_EVICTED, now_us, counts);
    counts->evictions++;
    counts->disks_kept += machine->terms.action == GPU_SPOT_DEALLOCATE;
}

void gpu_spot_end(struct gpu_spot *machine, int64_t now_us, struct gpu_spot_counts *counts)
{
    finish(machine, GPU_SPOT_ENDED, now_us, counts);
    counts->ended++;
}

void gpu_spot_fail(struct gpu_spot *machine, int64_t now_us, struct gpu_spot_counts *counts)
{
    finish(machine, GPU_SPOT_FAILED, now_us, counts);
    counts->failures++;
}

int64_t gpu_spot_billed_us(const struct gpu_spot *machine, int64_t now_us)
{
    int64_t until = over(machine) && machine->ended_us < now_us ? machine->ended_us : now_us;
    return until > machine->begun_us ? until - machine->begun_us : 0;
}

static double mean(int64_t running_us, int64_t count) { return count > 0 ? (double)running_us / (double)count : 0; }

double gpu_spot_mean_to_eviction_us(const struct gpu_spot_counts *counts)
{
    return mean(counts->running_us, counts->evictions);
}

double gpu_spot_mean_to_failure_us(const struct gpu_spot_counts *counts)
{
    return mean(counts->running_us, counts->failures);
}
