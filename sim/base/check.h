/* Assertions, and the three ways a run can end from deep inside.
 *
 * check(condition, "format", ...) is ours: a broken invariant is a defect of nines. It stays in release builds and
 * aborts, after printing the condition, the message, and, inside a replication, the simulated time and the command that
 * replays it.
 *
 * limit_reached() is the engine's: a table sized before the run is full. The run ends with exit code 3 and says which
 * key of the scenario raises the limit. Nothing is ever dropped silently.
 *
 * check_wanted() is the user's: who pressed Ctrl-C does not wait for minutes until a long replication is done. Loops that may run for
 * long call it now and then; it ends a replication that another thread has given up on.
 *
 * audit() walks of the whole world run when check_auditing() is true: always in tests, sampled in long runs. */
#ifndef NINES_SIM_CHECK_H
#define NINES_SIM_CHECK_H

#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__GNUC__)
#define NINES_PRINTF(format_index, first_index) __attribute__((format(printf, format_index, first_index)))
#define NINES_LIKELY(x) __builtin_expect(!!(x), 1)
#define NINES_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define NINES_NORETURN __attribute__((noreturn))
#define NINES_INLINE static inline __attribute__((always_inline))
#define NINES_PREFETCH(address) __builtin_prefetch(address, 1) /* will be written too */
#else
#define NINES_PRINTF(format_index, first_index)
#define NINES_LIKELY(x) (x)
#define NINES_UNLIKELY(x) (x)
#define NINES_NORETURN
#define NINES_INLINE static inline
#define NINES_PREFETCH(address) ((void)(address))
#endif

#define check(condition, ...)                                                                                          \
    (NINES_LIKELY(condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition, __VA_ARGS__))

NINES_NORETURN void check_failed(const char *file, int line, const char *condition, const char *format, ...)
    NINES_PRINTF(4, 5);

/* What a failing check or limit prints about the replication under way. One per thread; set for the length of a
 * replication by the study, by tests that care, and by nobody else. */
struct check_scene {
    const char *replay;       /* command that repeats this replication; may be NULL */
    const int64_t *now_us;    /* simulated time, read only when something fails; may be NULL */
    jmp_buf *escape;          /* where limit_reached() and check_wanted() land; NULL: the first prints and exits with 3, the other stays */
    const atomic_bool *given_up; /* set by any thread: nobody wants the replication any more; NULL: never */
    const char *limit_key;    /* out: key to raise; NULL: no limit was reached */
    int64_t limit_value;      /* out: the limit that was reached */
    bool audit;               /* whether expensive whole-world audits run */
};

/* Installs scene (NULL: none) for the calling thread and returns the one it replaces. */
struct check_scene *check_enter(struct check_scene *scene);

/* Tells the calling thread's scene, if there is one, where the simulated time is kept. */
void check_clock(const int64_t *now_us);

/* True when the calling thread's scene asks for audits. */
bool check_auditing(void);

/* Ends the replication: `key` is the scenario key that raises the limit, e.g. "limits.events". */
NINES_NORETURN void limit_reached(const char *key, int64_t limit);

/* Ends the replication when it was given up; else does nothing, a nanosecond long. Where every state may be left: between two events. */
void check_wanted(void);

#endif
