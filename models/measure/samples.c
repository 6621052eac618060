#include "models/measure/samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/nomalloc.h"

enum { FIRST_CHUNK = 256, LARGEST_CHUNK = 131072 };

struct samples_chunk {
    struct samples_chunk *next;
    size_t count, room;
    double value[];
};

void samples_open(struct samples *samples, struct arena *arena) { *samples = (struct samples){.arena = arena}; }

void samples_add(struct samples *samples, double value)
{
    struct samples_chunk *chunk = samples->last;
    if (chunk == NULL || chunk->count == chunk->room) {
        size_t room = chunk == NULL ? FIRST_CHUNK : chunk->room < LARGEST_CHUNK ? chunk->room * 2 : chunk->room;
        struct samples_chunk *fresh = arena_alloc(samples->arena, 1, sizeof *fresh + room * sizeof fresh->value[0]);
        *fresh = (struct samples_chunk){.room = room};
        *(chunk != NULL ? &chunk->next : &samples->first) = fresh;
        samples->last = chunk = fresh;
    }
    chunk->value[chunk->count++] = value;
    samples->count++;
}

static int compare_doubles(const void *left, const void *right)
{
    double a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

void samples_sort(double *values, size_t count)
{
    if (count > 1)
        qsort(values, count, sizeof *values, compare_doubles);
}

double *samples_sorted(const struct samples *samples)
{
    double *values = arena_array(samples->arena, samples->count, double);
    size_t used = 0;
    for (const struct samples_chunk *chunk = samples->first; chunk != NULL; chunk = chunk->next) {
        memcpy(values + used, chunk->value, chunk->count * sizeof *values);
        used += chunk->count;
    }
    samples_sort(values, used);
    return values;
}

double samples_quantile(const double *sorted, size_t count, double p)
{
    if (count == 0)
        return (double)NAN;
    double at = p * (double)(count - 1);
    size_t low = (size_t)at;
    double rest = at - (double)low;
    return low + 1 < count ? sorted[low] + rest * (sorted[low + 1] - sorted[low]) : sorted[low];
}
