#include "models/oracle/level.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

void level_open(struct level *level, struct arena *arena, instant start, instant end, duration grid, int64_t value)
{
    int64_t steps = (end.us + grid.us - 1) / grid.us;
    check(start.us <= 0 && end.us > 0 && steps > 0 && steps < UINT32_MAX, "level from %lld to %lld in steps of %lld us",
          (long long)start.us, (long long)end.us, (long long)grid.us);
    *level = (struct level){.value = value, .since_us = start.us, .end_us = end.us, .step_us = grid.us,
                            .steps = (uint32_t)steps, .area = arena_array(arena, (size_t)steps, int64_t)};
}

void level_set(struct level *level, instant now, int64_t value)
{
    int64_t from = level->since_us > 0 ? level->since_us : 0;
    int64_t until = now.us < level->end_us ? now.us : level->end_us;
    check(now.us >= level->since_us, "a level goes back in time");
    while (from < until) {
        int64_t step = from / level->step_us;
        int64_t edge = (step + 1) * level->step_us;
        int64_t part = (edge < until ? edge : until) - from;
        level->area[step] += level->value * part;
        from += part;
    }
    level->since_us = now.us;
    level->value = value;
}

double level_mean(const struct level *level)
{
    __extension__ __int128 area = 0;
    check(level->since_us >= level->end_us, "a level is read before it is closed");
    for (uint32_t i = 0; i < level->steps; i++)
        area += level->area[i];
    return (double)area / (double)level->end_us;
}

void level_report(const struct level *level, struct sim_record *record, uint32_t series, double scale)
{
    for (uint32_t i = 0; i < level->steps; i++) {
        int64_t start = i * level->step_us;
        int64_t width = level->end_us - start < level->step_us ? level->end_us - start : level->step_us;
        record_series(record, series, i, (double)level->area[i] / (double)width / scale);
    }
}
