/* Who is back when: crews, then the door. */
#include "models/faults/faults_inside.h"

#include "sim/base/check.h"

#include <stdlib.h>

static const struct key restart_keys[] = {
    {"capacity", KEY_RATE, NULL, "registrations that can be served", .above_low = true},
    {"retry", KEY_DURATION, "30 s", "each that waits inside tries again after this; a try costs one registration (assumption)", .low = 0.001,
     .high = 86400},
    {"floor", KEY_SHARE, "1 %", "useful share of the capacity that is left at worst (assumption)", .low = 1e-6, .high = 1},
    {"admitted", KEY_INTEGER, "0", "most that are let inside at once; 0: all", .low = 0, .high = 1000000000},
    KEY_END};

const struct key recovery_keys[] = {
    {"begin", KEY_DURATION, "0 s", "repairs start this long after the incident's start, or after a rollout was stopped"},
    {"crews", KEY_INTEGER, "0", "repairs that can go on at once; 0: all", .low = 0, .high = 1000000},
    {"time", KEY_LAW, "0 s", "time of one repair"},
    {"hard_share", KEY_SHARE, "0 %", "share that is hard to reach"},
    {"hard_time", KEY_LAW, "0 s", "time of one repair of those"},
    {"restart", KEY_GROUP, NULL, "registration that all must pass after their repair", .children = restart_keys},
    KEY_END};

const struct recovery *recovery_read(struct scenario *scenario, const struct value *group)
{
    if (!group->given)
        return NULL;
    struct recovery *recovery = arena_new(scenario->arena, struct recovery);
    const struct value *restart = value_of(group, "restart");
    *recovery = (struct recovery){.begin = value_duration(group, "begin"),
                                  .crews = (uint32_t)value_integer(group, "crews"),
                                  .time = value_law(group, "time"),
                                  .hard_time = value_law(group, "hard_time"),
                                  .hard_share = value_number(group, "hard_share")};
    if (restart->given) {
        recovery->capacity = value_number(restart, "capacity");
        recovery->retry = value_duration(restart, "retry");
        recovery->floor = value_number(restart, "floor");
        recovery->admitted = (uint32_t)value_integer(restart, "admitted");
    }
    return recovery;
}

/* --- Order --- */

static int by_order(const struct patient *a, const struct patient *b)
{
    if (a->order != b->order)
        return a->order > b->order ? 1 : -1;
    return (a->component > b->component) - (a->component < b->component);
}

static int by_down(const void *a, const void *b)
{
    const struct patient *x = a, *y = b;
    return x->down.us != y->down.us ? (x->down.us > y->down.us ? 1 : -1) : by_order(x, y);
}

static int by_up(const void *a, const void *b)
{
    const struct patient *x = a, *y = b;
    return x->up.us != y->up.us ? (x->up.us > y->up.us ? 1 : -1) : by_order(x, y);
}

/* --- Crews --- */

/* The crew that was free first (heap[0]) is busy until `until` now. */
static void crew_take(instant *heap, uint32_t crews, instant until)
{
    uint32_t at = 0;
    for (uint32_t child = 1; child < crews; child = 2 * at + 1) {
        if (child + 1 < crews && heap[child + 1].us < heap[child].us)
            child++;
        if (heap[child].us >= until.us)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = until;
}

static void repair_all(const struct recovery *recovery, struct patient *patients, uint32_t count, instant begin, struct stream_key key,
                       const struct graph *graph, instant *heap)
{
    qsort(patients, count, sizeof *patients, by_down);
    for (uint32_t i = 0; i < recovery->crews; i++)
        heap[i] = begin;
    for (uint32_t i = 0; i < count; i++) {
        struct patient *patient = &patients[i];
        struct stream stream = stream_open(stream_key_path(key, component_luck(graph_component(graph, patient->component))));
        bool hard = stream_chance(&stream, recovery->hard_share);
        duration length = law_draw_duration(hard ? recovery->hard_time : recovery->time, &stream);
        instant start = patient->down.us > begin.us ? patient->down : begin;
        if (recovery->crews > 0 && heap[0].us > start.us)
            start = heap[0];
        patient->up = instant_add(start, length);
        if (recovery->crews > 0)
            crew_take(heap, recovery->crews, patient->up);
    }
}

/* --- The door --- */

/* Registrations a microsecond that succeed while `inside` are inside. */
static double useful_rate(const struct recovery *recovery, uint32_t inside)
{
    double tries = (double)(inside - 1) / duration_seconds(recovery->retry);
    double rate = recovery->capacity - tries, least = recovery->capacity * recovery->floor;
    return (rate > least ? rate : least) * 1e-6;
}

/* First come, first served: whoever is head is served by the progress that all tries leave. */
static void register_all(const struct recovery *recovery, struct patient *patients, uint32_t count)
{
    qsort(patients, count, sizeof *patients, by_up);
    uint32_t come = 0, served = 0;
    double now = 0, progress = 0;
    while (served < count) {
        if (come == served) {
            now = (double)patients[come++].up.us;
            progress = 0;
            continue;
        }
        uint32_t waiting = come - served;
        uint32_t inside = recovery->admitted > 0 && waiting > recovery->admitted ? recovery->admitted : waiting;
        double rate = useful_rate(recovery, inside), left = (1 - progress) / rate;
        if (come < count && (double)patients[come].up.us - now <= left) {
            progress += rate * ((double)patients[come].up.us - now);
            now = (double)patients[come++].up.us;
        } else {
            now += left;
            progress = 0;
            patients[served++].up.us = (int64_t)now;
        }
    }
}

void recovery_plan(const struct recovery *recovery, struct patient *patients, uint32_t count, instant begin, struct stream_key key,
                   const struct graph *graph, instant *heap)
{
    repair_all(recovery, patients, count, begin, key, graph, heap);
    if (recovery->capacity > 0)
        register_all(recovery, patients, count);
}
