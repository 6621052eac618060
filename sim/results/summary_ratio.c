/* Ratios of means between the clouds of a point, which nobody stores: `nines compare --ratio` asks for some. */
#include "sim/results/summary.h"
#include "sim/results/summary_internal.h"
#include "sim/statistics/fieller.h"

#include <math.h>
#include <string.h>

static struct statistics ratio_of(const struct summary_pass *pass, size_t metric, size_t cell_a, size_t cell_b)
{
    const struct summary_frame *frame = pass->frame;
    size_t n = summary_gather(pass, cell_a, cell_b, metric, pass->a, pass->b);
    for (size_t i = 0; i < n && frame->metrics[metric].is_availability; i++) {
        pass->a[i] = 1 - pass->a[i];
        pass->b[i] = 1 - pass->b[i];
    }
    struct statistics s = fieller_of(pass->a, pass->b, n, frame->level);
    if (s.method == STATISTICS_CONSTANT && s.mean == 0) { /* what was never seen, such as down time: luck has no interval */
        s.ci_low = s.ci_high = (double)NAN;
        s.method = STATISTICS_NONE;
    }
    return s;
}

/* The rows of one metric, as many as pairs of clouds and points. */
static void put_ratios(const struct summary_pass *pass, size_t metric, const char *name, struct summary_ratio *rows)
{
    const struct summary_frame *frame = pass->frame;
    size_t clouds = frame->cloud_count, count = 0;
    for (size_t p = 0; p < frame->point_count; p++)
        for (size_t a = 0; a < clouds; a++)
            for (size_t b = a + 1; b < clouds; b++)
                rows[count++] = (struct summary_ratio){.point = frame->points[p], .cloud_a = frame->clouds[a], .cloud_b = frame->clouds[b],
                                                       .metric = name, .values = ratio_of(pass, metric, p * clouds + a, p * clouds + b)};
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
    return summary_ratios_within(database, arena, level, metrics, count, SUMMARY_MEMORY, rows, row_count);
}

bool summary_ratios_within(struct sqlite3 *database, struct arena *arena, double level, const char *const *metrics, size_t count, size_t memory,
                           struct summary_ratio **rows, size_t *row_count)
{
    struct summary_frame frame = {.level = level, .memory = memory};
    *row_count = 0;
    if (!summary_load_frame(database, arena, &frame))
        return false;
    size_t at_once = summary_at_once(&frame), each = frame.point_count * (frame.cloud_count * (frame.cloud_count - 1) / 2);
    struct summary_pass pass = {.frame = &frame};
    pass.values = arena_alloc(arena, at_once * frame.cells, frame.slots * sizeof(double));
    pass.a = arena_alloc(arena, frame.slots, sizeof(double));
    pass.b = arena_alloc(arena, frame.slots, sizeof(double));
    *rows = arena_array(arena, count * each, struct summary_ratio);
    for (pass.first = 0; pass.first < frame.metric_count; pass.first += at_once) {
        size_t left = frame.metric_count - pass.first, known = 0;
        pass.count = left < at_once ? left : at_once;
        if (!summary_load_values(&pass, database))
            return false;
        for (size_t i = 0; i < count; i++) {
            size_t metric = metric_named(&frame, metrics[i]);
            if (metric >= pass.first && metric < pass.first + pass.count)
                put_ratios(&pass, metric, metrics[i], *rows + known * each);
            known += metric < frame.metric_count;
        }
        *row_count = known * each;
    }
    return true;
}
