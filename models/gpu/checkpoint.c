#include "models/gpu/checkpoint.h"

#include "sim/base/check.h"

#include <string.h>

#include "sim/base/nomalloc.h"

double gpu_square_root(double x)
{
    uint64_t bits;
    double root;
    check(x >= 0 && x < 1.7e308, "square root of %g", x);
    if (x < 2.3e-308)
        return 0; /* nothing here is that small */
    memcpy(&bits, &x, 8);
    bits = (bits >> 1) + (UINT64_C(1023) << 51); /* half the exponent: within 6 % */
    memcpy(&root, &bits, 8);
    for (int i = 0; i < 5; i++)
        root = 0.5 * (root + x / root);
    return root;
}

double gpu_series_mtbf(double nodes, double rate)
{
    check(nodes > 0 && rate > 0, "%g nodes with %g failures each", nodes, rate);
    return 1.0 / (nodes * rate);
}

double gpu_checkpoint_young(double write, double mtbf)
{
    check(write >= 0 && mtbf > 0, "checkpoints of %g every %g", write, mtbf);
    return gpu_square_root(2.0 * write * mtbf);
}

double gpu_checkpoint_daly(double write, double mtbf)
{
    if (write >= 2.0 * mtbf)
        return mtbf;
    double ratio = write / (2.0 * mtbf);
    return gpu_checkpoint_young(write, mtbf) * (1.0 + gpu_square_root(ratio) / 3.0 + ratio / 9.0) - write;
}

double gpu_ettr_estimate(double failures, double restart, double interval, double write)
{
    check(interval > 0 && write >= 0 && restart >= 0, "checkpoints of %g every %g", write, interval);
    return (1.0 - failures * (restart + interval / 2.0)) / (1.0 + write / interval);
}

double gpu_checkpoint_expected(double mtbf, double exp_restart, double exp_cycle_less_1)
{
    check(mtbf > 0 && exp_restart >= 1 && exp_cycle_less_1 > 0, "e^(R/M) = %g, e^((tau + delta)/M) - 1 = %g",
          exp_restart, exp_cycle_less_1);
    return mtbf * exp_restart * exp_cycle_less_1;
}

double gpu_ettr_exact(double interval, double mtbf, double exp_restart, double exp_cycle_less_1)
{
    return interval / gpu_checkpoint_expected(mtbf, exp_restart, exp_cycle_less_1);
}

struct gpu_rescue gpu_checkpoint_rescue(const struct gpu_emergency *emergency)
{
    check(emergency->unsaved_us >= 0 && emergency->in_flight_us >= 0 && emergency->write_us >= 0 &&
              emergency->notice_us >= 0,
          "an emergency with %lld us of notice", (long long)emergency->notice_us);
    if (emergency->unsaved_us == 0)
        return (struct gpu_rescue){.saved = true};
    int64_t needed = emergency->in_flight_us > 0 ? emergency->in_flight_us : emergency->write_us;
    if (needed <= emergency->notice_us)
        return (struct gpu_rescue){.saved = true, .busy_us = needed};
    return (struct gpu_rescue){.lost_us = emergency->unsaved_us};
}

static void check_layout(const struct gpu_layout *layout)
{
    check(layout->nodes >= 1 && layout->devices_per_node >= 1 && layout->shard >= 1 &&
              (int64_t)layout->nodes * layout->devices_per_node % layout->shard == 0,
          "%d nodes of %d devices in shards of %d", layout->nodes, layout->devices_per_node, layout->shard);
}

bool gpu_checkpoint_restores(enum gpu_checkpoint_kind kind, const struct gpu_layout *from, const struct gpu_layout *to)
{
    check_layout(from);
    check_layout(to);
    if (kind == GPU_CHECKPOINT_FRAMEWORK)
        return from->shard == to->shard;
    return from->model == to->model && from->nodes == to->nodes && from->devices_per_node == to->devices_per_node &&
           from->shard == to->shard;
}
