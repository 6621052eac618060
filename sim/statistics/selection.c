#include "sim/statistics/selection.h"

#include "sim/base/check.h"
#include "sim/chance/random.h"

#include <math.h>

/* Adds one resample's outcome: sums[alternatives] of n values each. */
static void count_resample(const struct selection_input *input, const double *sums, double *best, double *good)
{
    double sign = input->higher_is_better ? 1 : -1, top = -INFINITY, n = (double)input->replications;
    size_t ties = 0;
    for (size_t a = 0; a < input->alternatives; a++) {
        double value = sign * sums[a];
        ties = value > top ? 1 : ties + (value == top);
        top = value > top ? value : top;
    }
    for (size_t a = 0; a < input->alternatives; a++) {
        if (sign * sums[a] == top)
            best[a] += 1.0 / (double)ties;
        if (sign * sums[a] >= top - input->margin * n)
            good[a] += 1;
    }
}

void selection_probabilities(const struct selection_input *input, double *best, double *good, double *scratch)
{
    size_t n = input->replications, each = input->draws * n;
    check(input->alternatives >= 2 && input->draws >= 1 && n >= 2, "%zu alternatives, %zu draws of %zu", input->alternatives,
          input->draws, n);
    struct stream stream = stream_open(stream_key_index(stream_key(0, input->draws, "selection"), n));
    for (size_t a = 0; a < input->alternatives; a++)
        best[a] = good[a] = 0;
    for (size_t r = 0; r < SELECTION_RESAMPLES; r++) {
        const double *values = input->values;
        if (input->draws > 1)
            values += stream_below(&stream, input->draws) * n;
        for (size_t a = 0; a < input->alternatives; a++)
            scratch[a] = 0;
        for (size_t i = 0; i < n; i++) {
            size_t taken = stream_below(&stream, n);
            for (size_t a = 0; a < input->alternatives; a++)
                scratch[a] += values[a * each + taken];
        }
        count_resample(input, scratch, best, good);
    }
    for (size_t a = 0; a < input->alternatives; a++) {
        best[a] /= SELECTION_RESAMPLES;
        good[a] /= SELECTION_RESAMPLES;
    }
}
