/* Ratios of means between the clouds of a point, which nobody stores: `nines compare --ratio` asks for some. */
#include "sim/results/summary.h"
#include "sim/results/summary_internal.h"
#include "sim/statistics/fieller.h"

#include <math.h>
#include <string.h>

static struct statistics ratio_of(const struct summary_pass *pass, size_t cell_a, size_t cell_b)
{
    const struct summary_frame *frame = pass->frame;
    size_t n = summary_gather(pass, cell_a, cell_b, pass->first, pass->a, pass->b);
    for (size_t i = 0; i < n && frame->metrics[pass->first].is_availability; i++) {
        pass->a[i] = 1 - pass->a[i];
        pass->b[i] = 1 - pass->b[i];
    }
    struct statistics s = fieller_of(pass->a, pass->b, n, frame->level);
    if (frame->metrics[pass->first].is_availability && s.mean == 0) { /* never down that was seen: luck has no interval */
        s.ci_low = s.ci_high = (double)NAN;
        s.method = STATISTICS_NONE;
    }
    return s;
}

static size_t add_ratios(const struct summary_pass *pass, const char *metric, struct summary_ratio *rows)
{
    const struct summary_frame *frame = pass->frame;
    size_t clouds = frame->cloud_count, count = 0;
    for (size_t p = 0; p < frame->point_count; p++)
        for (size_t a = 0; a < clouds; a++)
            for (size_t b = a + 1; b < clouds; b++)
                rows[count++] = (struct summary_ratio){.point = frame->points[p], .cloud_a = frame->clouds[a], .cloud_b = frame->clouds[b],
                                                       .metric = metric, .values = ratio_of(pass, p * clouds + a, p * clouds + b)};
    return count;
}

static size_t metric_named(const struct summary_frame *frame, const char *name)
{
    size_t i = 0;
    while (i < frame->metric_count && strcmp(frame->metrics[i].name, name) != 0)
        i++;
    return i;
}

bool summary_ratios(struct sqlite3 *database, struct arena *arena, double level, const char *const *metrics, size_t count,
                    struct summary_ratio **rows, size_t *row_count)
{
    struct summary_frame frame = {.level = level};
    *row_count = 0;
    if (!summary_load_frame(database, arena, &frame))
        return false;
    struct summary_pass pass = {.frame = &frame, .count = 1};
    pass.values = arena_alloc(arena, frame.cells, frame.slots * sizeof(double));
    pass.a = arena_alloc(arena, frame.slots, sizeof(double));
    pass.b = arena_alloc(arena, frame.slots, sizeof(double));
    *rows = arena_array(arena, count * frame.point_count * frame.cloud_count * frame.cloud_count / 2, struct summary_ratio);
    for (size_t i = 0; i < count; i++) {
        pass.first = metric_named(&frame, metrics[i]);
        if (pass.first == frame.metric_count)
            continue;
        if (!summary_load_values(&pass, database))
            return false;
        *row_count += add_ratios(&pass, metrics[i], *rows + *row_count);
    }
    return true;
}
