/* The event engine: what happens next.
 *
 * An event is (time, class, sequence) and a small payload. Events run in exactly that order: earlier time first; at
 * equal times the lower class (a model lets repairs precede new work, or closings precede openings); at equal class the
 * one scheduled first. The order is total, so no pointer, hash or thread order can show.
 *
 * The payload is an action (an index into the functions registered with engine_action), a subject and a detail; what
 * they mean is the model's. Nothing is allocated once the loop runs: the pending set has a capacity, and scheduling
 * into a full one ends the run through limit_reached("limits.events"). An event is never dropped.
 *
 * Time lies within 2^59 us (18,000 years) of the start of the scenario. What is scheduled for 2^59 us or later is for
 * "never": such events keep the order (class, sequence) among themselves and run at INSTANT_NEVER, if a run is asked to
 * go that far.
 *
 * Scheduling, cancelling and running take constant time on average, whatever the number pending (sim/engine/ladder.h). A
 * cancelled event's key stays in the queue and is skipped when its turn comes; when they become many, all are swept
 * out. Memory: 24 bytes a slot and 16 to 20 a key, touched only as far as they are used, so a generous capacity costs
 * address space alone.
 *
 * The engine keeps a digest of everything it ran. Each event folds three words into three lanes: (time in us + 2^59) *
 * 16 + class; action * 2^32 + subject; detail. A note folds the number of events run so far, then its word, into a
 * fourth. Folding is lane = rotate((lane ^ word) * 0x9e3779b97f4a7c15, 32), a bijection of the lane. The digest hashes
 * (hash_word) the number of events run and the four lanes. It knows neither sequence numbers nor slots nor cancelled
 * events, so two runs of equal digest did the same things in the same order, however the queue came to hold them. */
#ifndef NINES_SIM_ENGINE_H
#define NINES_SIM_ENGINE_H

#include "sim/base/arena.h"
#include "sim/base/units.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;

/* Handle of a pending event: its sequence number and its slot in one 64-bit word, low half first. No two events of a
 * run share one, so a stale handle is recognised however late. {0, 0} is no event. */
struct event_id {
    uint32_t slot, generation;
};
#define EVENT_NONE ((struct event_id){0, 0})

typedef void engine_handler(void *context, struct engine *engine, uint32_t subject, uint64_t detail);

enum { ENGINE_CLASSES = 16, ENGINE_ACTIONS = 128 };

struct engine_options {
    uint32_t capacity; /* most events pending at once, up to 2^24; 0: 65,536 */
    instant start;     /* first value of the clock */
};

/* Allocates everything it will ever need from arena. */
struct engine *engine_create(struct arena *arena, const struct engine_options *options);

/* Registers a function; the returned action is what engine_schedule takes. At most ENGINE_ACTIONS. */
uint32_t engine_action(struct engine *engine, engine_handler *function, void *context);
/* Only for speed: the action works on the object at state + subject * stride, so its first cache line is fetched some
 * events ahead. Worth calling where those objects together are larger than a cache. Never read otherwise; changes no
 * result. */
void engine_fetch(struct engine *engine, uint32_t action, const void *state, size_t stride);

/* Schedules action(subject, detail) at `at` (not before now) in class 0..ENGINE_CLASSES-1. Handlers may schedule for
 * the instant under way, even in a class lower than their own: it runs next. At most 2^40 events a run where the
 * capacity is 2^24, more where it is less. */
struct event_id engine_schedule(struct engine *engine, instant at, uint32_t class_, uint32_t action, uint32_t subject,
                                uint64_t detail);
/* True when the event was pending and now will not run; false when it ran, was cancelled, or is EVENT_NONE. */
bool engine_cancel(struct engine *engine, struct event_id id);
bool engine_pending(const struct engine *engine, struct event_id id);

/* Runs events up to and including time `until`, then sets the clock to `until` unless it is later already or the run
 * was stopped. Handlers may schedule and cancel, and must not call engine_run. A running event is no longer pending.
 * Returns the number of events run; not at all when the run was given up (check_wanted), which is looked at every
 * 16,384 events. */
uint64_t engine_run(struct engine *engine, instant until);
/* Makes engine_run return after the handler under way. */
void engine_stop(struct engine *engine);

instant engine_now(const struct engine *engine);
const int64_t *engine_clock(const struct engine *engine); /* address of now in microseconds, for struct check_scene */
uint64_t engine_events(const struct engine *engine);      /* run so far */
uint32_t engine_count(const struct engine *engine);       /* pending now */
uint64_t engine_digest(const struct engine *engine);
void engine_note(struct engine *engine, uint64_t word); /* folds a fact into the digest */

/* For swarm tests only: breaks ties of equal (time, class) by a bijection of the sequence under salt instead of by
 * sequence; it depends on the capacity too. Call it before anything is scheduled. Conclusions must not move. 0: off. */
void engine_shuffle_ties(struct engine *engine, uint64_t salt);

#endif
