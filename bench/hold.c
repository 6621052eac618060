/* The hold model: N events pending, each of which schedules one more at now + Exp(1 h); then the same with a quarter of
 * the events also cancelling and rescheduling another pending one at random (Jones 1986, "An empirical comparison of
 * priority-queue and event-set implementations", CACM 29(4), for the model).
 *
 * Three programs do the same work on the same core: nines through its public calls, a bare 4-ary heap, and a bare ring
 * of unsorted buckets (bare.h). All three draw with a ziggurat on xoshiro256++, which is about as fast as drawing gets,
 * so that the queues are compared; the last column is nines with draws from one of its own counter-based streams. */
#include "bench/bare.h"
#include "bench/bench.h"

#include "sim/engine/engine.h"
#include "sim/chance/random.h"

enum { EVENTS = 4000000 }; /* a repetition */
static const double MEAN_US = 3.6e9;

struct hold {
    struct stream stream;
    uint64_t fast[4];   /* xoshiro256++ (Blackman & Vigna 2021, "Scrambled linear pseudorandom number generators") */
    bool counter_based; /* draw from the stream instead */
    uint32_t count, action;
    bool cancels;
    struct event_id *id; /* nines: pending event of each subject */
    uint32_t *version;   /* bare: an entry of an older version was cancelled */
    uint64_t left;       /* events still to run in this repetition */
};

static inline uint64_t fast_u64(struct hold *h)
{
    uint64_t *f = h->fast, sum = f[0] + f[3], result = (sum << 23 | sum >> 41) + f[0], t = f[1] << 17;
    f[2] ^= f[0];
    f[3] ^= f[1];
    f[1] ^= f[2];
    f[0] ^= f[3];
    f[2] ^= t;
    f[3] = f[3] << 45 | f[3] >> 19;
    return result;
}

static inline int64_t draw_us(struct hold *h)
{
    if (!h->counter_based) { /* the next word of the stream comes from elsewhere */
        h->stream.spare = fast_u64(h);
        h->stream.draw |= 1;
    }
    return (int64_t)(stream_exponential(&h->stream) * MEAN_US);
}

/* Whose event an event cancels: nobody's in three cases of four. */
static inline bool draw_victim(struct hold *h, uint32_t *victim)
{
    uint64_t bits = fast_u64(h);
    *victim = (uint32_t)((bits >> 32) * h->count >> 32);
    return bits % 4 == 0;
}

/* --- nines --- */

static void nines_hop(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct hold *h = context;
    instant at = {engine_now(engine).us + draw_us(h)};
    engine_schedule(engine, at, 0, h->action, subject, detail + 1);
    if (--h->left == 0)
        engine_stop(engine);
}

static void nines_hop_cancel(void *context, struct engine *engine, uint32_t subject, uint64_t detail)
{
    struct hold *h = context;
    instant now = engine_now(engine);
    instant at = {now.us + draw_us(h)};
    h->id[subject] = engine_schedule(engine, at, 0, h->action, subject, detail + 1);
    uint32_t victim;
    if (draw_victim(h, &victim) && engine_cancel(engine, h->id[victim])) {
        at.us = now.us + draw_us(h);
        h->id[victim] = engine_schedule(engine, at, 0, h->action, victim, 0);
    }
    if (--h->left == 0)
        engine_stop(engine);
}

static double nines_rate(struct hold *h)
{
    struct arena arena;
    double rate[BENCH_REPEATS];
    arena_open(&arena, 0);
    struct engine *engine = engine_create(&arena, &(struct engine_options){.capacity = h->count + 1});
    h->action = engine_action(engine, h->cancels ? nines_hop_cancel : nines_hop, h);
    for (uint32_t i = 0; i < h->count; i++)
        h->id[i] = engine_schedule(engine, (instant){draw_us(h)}, 0, h->action, i, 0);
    for (int i = -1; i < BENCH_REPEATS; i++) { /* the first warms up */
        h->left = EVENTS;
        double begin = bench_seconds();
        engine_run(engine, INSTANT_NEVER);
        if (i >= 0)
            rate[i] = EVENTS / (bench_seconds() - begin) / 1e6;
    }
    arena_close(&arena);
    return bench_median(rate);
}

/* --- Bare --- */

static inline bool entry_stale(const struct hold *h, wide entry)
{
    return h->cancels && h->version[(uint32_t)entry] != (uint32_t)(entry >> 32);
}

static double heap_rate(struct hold *h)
{
    double rate[BENCH_REPEATS];
    struct heap heap = {.entry = bench_alloc(2 * (size_t)h->count + 8, sizeof(wide))};
    memset(heap.entry, 0xff, (2 * (size_t)h->count + 8) * sizeof(wide));
    memset(h->version, 0, h->count * sizeof *h->version);
    for (uint32_t i = 0; i < h->count; i++)
        heap_push(&heap, entry_make(draw_us(h), 0, i));
    for (int i = -1; i < BENCH_REPEATS; i++) {
        double begin = bench_seconds();
        for (uint32_t ran = 0; ran < EVENTS;) {
            wide entry = heap_pop(&heap);
            if (entry_stale(h, entry))
                continue;
            ran++;
            uint32_t subject = (uint32_t)entry, victim;
            int64_t now = entry_us(entry);
            heap_push(&heap, entry_make(now + draw_us(h), (uint32_t)(entry >> 32), subject));
            if (h->cancels && draw_victim(h, &victim))
                heap_push(&heap, entry_make(now + draw_us(h), ++h->version[victim], victim));
        }
        if (i >= 0)
            rate[i] = EVENTS / (bench_seconds() - begin) / 1e6;
    }
    free(heap.entry);
    return bench_median(rate);
}

static double ring_rate(struct hold *h)
{
    double rate[BENCH_REPEATS];
    struct ring *ring = ring_open(h->count, h->count / MEAN_US);
    memset(h->version, 0, h->count * sizeof *h->version);
    for (uint32_t i = 0; i < h->count; i++)
        ring_push(ring, entry_make(draw_us(h), 0, i));
    for (int i = -1; i < BENCH_REPEATS; i++) {
        double begin = bench_seconds();
        for (uint32_t ran = 0; ran < EVENTS;) {
            wide entry = ring_pop(ring);
            if (entry_stale(h, entry))
                continue;
            ran++;
            uint32_t subject = (uint32_t)entry, victim;
            int64_t now = entry_us(entry);
            ring_push(ring, entry_make(now + draw_us(h), (uint32_t)(entry >> 32), subject));
            if (h->cancels && draw_victim(h, &victim))
                ring_push(ring, entry_make(now + draw_us(h), ++h->version[victim], victim));
        }
        if (i >= 0)
            rate[i] = EVENTS / (bench_seconds() - begin) / 1e6;
    }
    ring_close(ring);
    return bench_median(rate);
}

int main(void)
{
    static const struct {
        uint32_t count;
        bool cancels;
        double floor, aim;
    } row[] = {{1000, false, 15, 40}, {100000, false, 10, 40}, {1000000, false, 5, 20},
               {1000, true, 10, 25},  {100000, true, 7, 25},   {1000000, true, 3.5, 12}};
    bench_pin();
    printf("hold model: million events per core-second, median of %d\n", BENCH_REPEATS);
    printf("%8s %-15s %7s %10s %10s %8s %8s %6s %4s  %13s\n", "pending", "", "nines", "bare ring", "bare heap",
           "of ring", "of heap", "floor", "aim", "nines, stream");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct hold h = {.stream = stream_open(stream_key(1, 0, "hold")),
                         .fast = {1, 2, 3, 4},
                         .count = row[i].count,
                         .cancels = row[i].cancels};
        h.id = bench_alloc(h.count, sizeof *h.id);
        h.version = bench_alloc(h.count, sizeof *h.version);
        double ring = ring_rate(&h), heap = heap_rate(&h), nines = nines_rate(&h);
        h.counter_based = true;
        double counter_based = nines_rate(&h);
        printf("%8u %-15s %7.1f %10.1f %10.1f %7.0f%% %7.0f%% %6g %4g  %13.1f\n", h.count,
               h.cancels ? "25 % cancelled" : "", nines, ring, heap, 100 * nines / ring, 100 * nines / heap,
               row[i].floor, row[i].aim, counter_based);
        fflush(stdout);
        free(h.id);
        free(h.version);
    }
    return 0;
}
