#include "models/gpu/curve.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

void gpu_curve_open(struct gpu_curve *curve, struct arena *arena, size_t bins, int64_t capacity_milli)
{
    check(capacity_milli > 0, "curve over %lld milli", (long long)capacity_milli);
    *curve = (struct gpu_curve){
        .bins = arena_array(arena, bins, struct gpu_curve_bin), .count = bins, .capacity_milli = capacity_milli};
}

/* Half to even. Adding 1.5 x 2^52 leaves no room for a fraction; |value| < 2^51. No libm in a pure core. */
static double round_even(double value)
{
    const double no_fraction = 0x1.8p52;
    return (value + no_fraction) - no_fraction;
}

/* Two decimals. */
static double cents(double value) { return round_even(value * 100.0) / 100.0; }

void gpu_curve_record(struct gpu_curve *curve, int64_t arrived_milli, int64_t allocated_milli, double fragment_milli)
{
    double percent = (double)curve->capacity_milli / 100.0;
    double bin = round_even((double)arrived_milli / percent);
    if (!(bin < (double)curve->count))
        return;
    int64_t idle = curve->capacity_milli - allocated_milli;
    double fragment = cents(fragment_milli);
    struct gpu_curve_bin *into = &curve->bins[(size_t)bin];
    into->records++;
    into->alloc_sum += cents((double)allocated_milli / percent);
    into->fragment_sum += fragment;
    into->ratio_sum += idle > 0 ? cents(100.0 * fragment / (double)idle) : 0;
}

bool gpu_curve_point(const struct gpu_curve *curve, size_t bin, struct gpu_curve_point *point)
{
    check(bin < curve->count, "bin %zu of %zu", bin, curve->count);
    struct gpu_curve_bin sum = curve->bins[bin];
    if (sum.records == 0) {
        for (size_t near = bin > 0 ? bin - 1 : 0; near <= bin + 1 && near < curve->count; near++) {
            sum.records += curve->bins[near].records;
            sum.alloc_sum += curve->bins[near].alloc_sum;
            sum.fragment_sum += curve->bins[near].fragment_sum;
            sum.ratio_sum += curve->bins[near].ratio_sum;
        }
    }
    if (sum.records == 0)
        return false;
    double n = (double)sum.records;
    *point = (struct gpu_curve_point){
        .alloc = cents(sum.alloc_sum / n),
        .frag = cents(100.0 * (sum.fragment_sum / n) / (double)curve->capacity_milli),
        .frag_ratio = sum.ratio_sum / n,
    };
    return true;
}
