/* The published measure of a placement policy: allocation and fragmentation against arrived load.
 *
 * After every arrival, placed or not, one record: load arrived so far, GPU allocated, cluster F. Records are then
 * averaged in bins of one percent of capacity. Rounding follows the artifact, because its published curves are rounded
 * that way: shares to two decimals per record, halves to even. Source: Weng et al. 2023 (USENIX
 * ATC), the artifact's analysis scripts. */
#ifndef NINES_MODELS_GPU_CURVE_H
#define NINES_MODELS_GPU_CURVE_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gpu_curve_bin {
    int64_t records;
    double alloc_sum, fragment_sum, ratio_sum; /* %, milli, % */
};

struct gpu_curve {
    struct gpu_curve_bin *bins; /* [count]: bin b holds b - 0.5 .. b + 0.5 percent arrived */
    size_t count;
    int64_t capacity_milli;
};

/* A point of the finished curve, in percent. */
struct gpu_curve_point {
    double alloc;      /* of capacity, two decimals */
    double frag;       /* fragmented, of capacity, two decimals */
    double frag_ratio; /* fragmented, of idle; not rounded */
};

/* Bins 0..bins - 1; records beyond the last are not kept. capacity_milli > 0. */
void gpu_curve_open(struct gpu_curve *curve, struct arena *arena, size_t bins, int64_t capacity_milli);

/* arrived_milli: requests so far, failed ones included; fragment_milli: cluster F. Times play no role. */
void gpu_curve_record(struct gpu_curve *curve, int64_t arrived_milli, int64_t allocated_milli, double fragment_milli);

/* An empty bin takes the mean over itself and its neighbours that are not empty; false if there are none. */
bool gpu_curve_point(const struct gpu_curve *curve, size_t bin, struct gpu_curve_point *point);

#endif
