/* The event engine: what happens next.
 *
 * An event is (time, class, sequence) and a small payload. Events run in exactly that order: earlier time first; at equal times
 * the lower class (a model lets repairs precede new work, or closings precede openings); at equal class the one scheduled
 * first. The order is total, so no pointer, hash or thread order can show.
 *
 * The payload is an action (an index into the functions registered with engine_action), a subject and a detail; what they
 * mean is the model's. Nothing is allocated once the loop runs: the pending set has a capacity, and scheduling into a full
 * one ends the run through limit_reached("limits.events"). An event is never dropped.
 *
 * Cancelling is O(1): the entry stays in the queue and is skipped by its generation when its turn comes, and is swept out when
 * too many are dead.
 *
 * The engine keeps a digest of everything it ran: a hash over (time, class, action, subject, detail) in order. Two runs of equal
 * digest did the same things in the same order. Model facts that are not events enter it by engine_note(). */
#ifndef NINES_SIM_ENGINE_H
#define NINES_SIM_ENGINE_H

#include "sim/arena.h"
#include "sim/units.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;

/* Handle of a pending event. {0, 0} is no event. Stale handles are recognised: a slot's generation never repeats within a
 * run of 2^32 uses. */
struct event_id {
    uint32_t slot, generation;
};
#define EVENT_NONE ((struct event_id){0, 0})

typedef void engine_handler(void *context, struct engine *engine, uint32_t subject, uint64_t detail);

enum { ENGINE_CLASSES = 16, ENGINE_ACTIONS = 64 };

struct engine_options {
    uint32_t capacity;  /* most events pending at once; 0: 65,536 */
    instant start;      /* first value of the clock */
    duration typical;   /* a hint: typical gap between scheduling and running; 0: none (adapts anyway) */
};

/* Allocates everything it will ever need from arena. */
struct engine *engine_create(struct arena *arena, const struct engine_options *options);

/* Registers a function; the returned action is what engine_schedule takes. At most ENGINE_ACTIONS. */
uint32_t engine_action(struct engine *engine, engine_handler *function, void *context);
/* Only for speed: the action works on the object at state + subject * stride, so its first cache line is fetched some events ahead.
 * Worth calling where those objects together are larger than a cache. Never read otherwise; changes no result. */
void engine_fetch(struct engine *engine, uint32_t action, const void *state, size_t stride);

/* Schedules action(subject, detail) at `at` (not before now) in class 0..ENGINE_CLASSES-1. */
struct event_id engine_schedule(struct engine *engine, instant at, uint32_t class_, uint32_t action, uint32_t subject,
                                uint64_t detail);
/* True when the event was pending and now will not run; false when it ran, was cancelled, or is EVENT_NONE. */
bool engine_cancel(struct engine *engine, struct event_id id);
bool engine_pending(const struct engine *engine, struct event_id id);

/* Runs events up to and including time `until`, then sets the clock to `until`. Handlers may schedule and cancel. Returns the
 * number of events run. */
uint64_t engine_run(struct engine *engine, instant until);
/* Makes engine_run return after the handler under way. */
void engine_stop(struct engine *engine);

instant engine_now(const struct engine *engine);
const int64_t *engine_clock(const struct engine *engine); /* address of now in microseconds, for struct check_scene */
uint64_t engine_events(const struct engine *engine);      /* run so far */
uint32_t engine_count(const struct engine *engine);       /* pending now */
uint64_t engine_digest(const struct engine *engine);
void engine_note(struct engine *engine, uint64_t word);   /* folds a fact into the digest */

/* For swarm tests only: breaks ties of equal (time, class) by a hash of (salt, sequence) instead of by sequence.
 * Conclusions must not move. 0: off. */
void engine_shuffle_ties(struct engine *engine, uint64_t salt);

#endif
