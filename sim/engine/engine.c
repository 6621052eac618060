#include "sim/engine/engine.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"
#include "sim/engine/ladder.h"

#include <inttypes.h>

#include "sim/base/nomalloc.h"

/* The pending set is a ladder of keys; a key is (time, class, sequence, slot) as one 128-bit number. */
enum { CLASS_BITS = 4, TIME_BITS = 60, DEFAULT_CAPACITY = 65536, MOST_CAPACITY = 1 << 24, FETCH_AHEAD = 6 };
/* Events between two looks whether anybody still wants the run: milliseconds; a power of two. */
enum { WANTED_EVERY = 1 << 14 };
#define TIME_BIAS (INT64_C(1) << (TIME_BITS - 1))

struct slot {
    uint64_t low;    /* low half of its key while pending, else 0 */
    uint64_t detail; /* while free: index of the next free slot */
    uint32_t subject, action;
};

struct registered {
    engine_handler *function;
    void *context;
    const char *state; /* subject s works on state + s * stride */
    size_t stride;
};

struct engine {
    int64_t now_us;
    struct slot *slots;
    uint64_t sequence, slot_mask;
    uint32_t slot_bits, capacity, cancelled, free_slot, slots_used, actions;
    bool running, stopped;
    uint64_t plain_most; /* sequence numbers above it need a second look */
    uint64_t run, lane[4], salt;
    struct registered action[ENGINE_ACTIONS];
    struct ladder ladder;
};

#define NO_SLOT UINT32_MAX

struct engine *engine_create(struct arena *arena, const struct engine_options *options)
{
    struct engine *e = arena_new(arena, struct engine);
    e->capacity = options->capacity != 0 ? options->capacity : DEFAULT_CAPACITY;
    check(e->capacity <= MOST_CAPACITY, "capacity %u", e->capacity);
    check(options->start.us > -TIME_BIAS && options->start.us < TIME_BIAS, "start %" PRId64 " us", options->start.us);
    while ((UINT32_C(1) << e->slot_bits) < e->capacity)
        e->slot_bits++;
    e->slot_mask = (UINT64_C(1) << e->slot_bits) - 1;
    e->plain_most = (UINT64_MAX >> e->slot_bits) - 1;
    ladder_open(&e->ladder, arena, e->capacity + e->capacity / 2 + 1024);
    e->slots = arena_alloc(arena, e->capacity, sizeof *e->slots);
    e->now_us = options->start.us;
    e->free_slot = NO_SLOT;
    return e;
}

uint32_t engine_action(struct engine *e, engine_handler *function, void *context)
{
    check(e->actions < ENGINE_ACTIONS, "more than %d actions", ENGINE_ACTIONS);
    e->action[e->actions] = (struct registered){function, context, (const char *)e, 0};
    return e->actions++;
}

void engine_fetch(struct engine *e, uint32_t action, const void *state, size_t stride)
{
    check(action < e->actions, "action %u", action);
    e->action[action].state = state;
    e->action[action].stride = stride;
}

static uint64_t key_high(int64_t us, uint32_t class_)
{
    int64_t clamped = us < TIME_BIAS ? us : TIME_BIAS - 1;
    return (uint64_t)(clamped + TIME_BIAS) << CLASS_BITS | class_;
}

static bool key_alive(const void *context, ladder_key key)
{
    const struct engine *e = context;
    return e->slots[(uint64_t)key & e->slot_mask].low == (uint64_t)key;
}

/* A bijection of the sequence numbers from 1 on, keyed by salt: 0 with slot 0 would be no event. What maps to 0 gets what 0 maps to, which
 * is no sequence number's. Here also ends a run that has used up all of them. */
static uint64_t order_shuffled(const struct engine *e, uint64_t sequence)
{
    uint64_t most = UINT64_MAX >> e->slot_bits;
    check(sequence < most, "all %" PRIu64 " sequence numbers are used up", most);
    uint64_t x = (sequence ^ e->salt) & most;
    for (int i = 0; i < 2; i++) {
        x = (x * UINT64_C(0x9e3779b97f4a7c15)) & most;
        x ^= x >> 23;
    }
    return x != 0 || sequence == 0 ? x : order_shuffled(e, 0);
}

struct event_id engine_schedule(struct engine *e, instant at, uint32_t class_, uint32_t action, uint32_t subject,
                                uint64_t detail)
{
    check(at.us >= e->now_us, "event at %" PRId64 " us is in the past", at.us);
    check(class_ < ENGINE_CLASSES && action < e->actions, "class %u, action %u", class_, action);
    uint32_t index = e->free_slot;
    if (index != NO_SLOT) {
        e->free_slot = (uint32_t)e->slots[index].detail;
    } else {
        if (e->slots_used == e->capacity)
            limit_reached("limits.events", e->capacity);
        index = e->slots_used++;
    }
    uint64_t order = ++e->sequence;
    if (NINES_UNLIKELY(order > e->plain_most))
        order = order_shuffled(e, order);
    uint64_t low = order << e->slot_bits | index;
    e->slots[index] = (struct slot){low, detail, subject, action};
    ladder_push(&e->ladder, (ladder_key)key_high(at.us, class_) << 64 | low);
    return (struct event_id){(uint32_t)low, (uint32_t)(low >> 32)};
}

static uint64_t id_low(struct event_id id)
{
    return (uint64_t)id.generation << 32 | id.slot;
}

bool engine_pending(const struct engine *e, struct event_id id)
{
    uint64_t low = id_low(id), index = low & e->slot_mask;
    return low != 0 && index < e->slots_used && e->slots[index].low == low;
}

static void slot_free(struct engine *e, uint32_t index)
{
    e->slots[index].low = 0;
    e->slots[index].detail = e->free_slot;
    e->free_slot = index;
}

bool engine_cancel(struct engine *e, struct event_id id)
{
    if (!engine_pending(e, id))
        return false;
    slot_free(e, (uint32_t)(id_low(id) & e->slot_mask));
    e->cancelled++;
    if (e->cancelled > engine_count(e) / 2 + 1000) {
        ladder_sweep(&e->ladder, key_alive, e);
        e->cancelled = 0;
    }
    return true;
}

static uint64_t fold(uint64_t lane, uint64_t word)
{
    uint64_t x = (lane ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return x << 32 | x >> 32;
}

/* Asks for the slots of events that run soon, and, once those have arrived, for what their handlers will look at.
 * Inlined by force: gcc 12 takes a function that only prefetches for one without effect, and drops calls of it. */
__attribute__((always_inline)) static inline void fetch_ahead(const struct engine *e)
{
    const struct slot *later = &e->slots[(uint64_t)ladder_ahead(&e->ladder, LADDER_AHEAD) & e->slot_mask];
    __builtin_prefetch(later); /* a slot lies on one cache line or on two */
    __builtin_prefetch(&later->subject);
    ladder_key soon = ladder_ahead(&e->ladder, FETCH_AHEAD);
    if (NINES_LIKELY(soon != LADDER_NONE)) {
        const struct slot *slot = &e->slots[(uint64_t)soon & e->slot_mask];
        const struct registered *action = &e->action[slot->action];
        __builtin_prefetch(action->state + slot->subject * action->stride);
    }
}

/* Runs the event of a key that was removed, unless it was cancelled. */
static inline void event_run(struct engine *e, uint64_t high, uint64_t low)
{
    uint32_t index = (uint32_t)(low & e->slot_mask);
    struct slot s = e->slots[index];
    if (NINES_UNLIKELY(s.low != low)) {
        e->cancelled--;
        return;
    }
    slot_free(e, index);
    int64_t at = (int64_t)(high >> CLASS_BITS) - TIME_BIAS;
    e->now_us = at < TIME_BIAS - 1 ? at : US_NEVER;
    e->lane[0] = fold(e->lane[0], high);
    e->lane[1] = fold(e->lane[1], (uint64_t)s.action << 32 | s.subject);
    e->lane[2] = fold(e->lane[2], s.detail);
    e->run++;
    e->action[s.action].function(e->action[s.action].context, e, s.subject, s.detail);
}

uint64_t engine_run(struct engine *e, instant until)
{
    check(!e->running, "engine_run inside a handler");
    uint64_t before = e->run;
    ladder_key limit = (ladder_key)key_high(until.us, ENGINE_CLASSES - 1) << 64 | UINT64_MAX;
    e->running = true;
    e->stopped = false;
    while (!e->stopped) {
        ladder_key key = ladder_pop(&e->ladder, limit);
        if (NINES_UNLIKELY(key == LADDER_NONE))
            break;
        if (NINES_UNLIKELY(e->run % WANTED_EVERY == 0))
            check_wanted();
        fetch_ahead(e);
        event_run(e, (uint64_t)(key >> 64), (uint64_t)key);
    }
    if (!e->stopped && until.us > e->now_us)
        e->now_us = until.us;
    e->running = false;
    if (check_auditing())
        ladder_audit(&e->ladder);
    return e->run - before;
}

void engine_stop(struct engine *e)
{
    e->stopped = true;
}

instant engine_now(const struct engine *e)
{
    return (instant){e->now_us};
}

const int64_t *engine_clock(const struct engine *e)
{
    return &e->now_us;
}

uint64_t engine_events(const struct engine *e)
{
    return e->run;
}

uint32_t engine_count(const struct engine *e)
{
    return e->ladder.count - e->cancelled;
}

uint64_t engine_digest(const struct engine *e)
{
    uint64_t hash = hash_word(0, e->run);
    for (int i = 0; i < 4; i++)
        hash = hash_word(hash, e->lane[i]);
    return hash;
}

void engine_note(struct engine *e, uint64_t word)
{
    e->lane[3] = fold(fold(e->lane[3], e->run), word);
}

void engine_shuffle_ties(struct engine *e, uint64_t salt)
{
    check(e->sequence == 0, "ties can be shuffled only before the first event is scheduled");
    e->salt = salt;
    e->plain_most = salt != 0 ? 0 : (UINT64_MAX >> e->slot_bits) - 1;
}
