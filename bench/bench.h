/* What the benchmark programs share: one pinned core, the processor time of this thread, medians of five.
 *
 * Absolute numbers move between machines and between days. Each program therefore runs, in the same process and on the same
 * core, a bare loop that does the same work with no engine around it, and prints the ratio: that is what to compare. */
#ifndef NINES_BENCH_BENCH_H
#define NINES_BENCH_BENCH_H

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { BENCH_REPEATS = 5 };

/* Stays on the core it is on. Where that is forbidden it runs unpinned. */
static inline void bench_pin(void)
{
    cpu_set_t set;
    int core = sched_getcpu();
    CPU_ZERO(&set);
    CPU_SET((size_t)(core < 0 ? 0 : core), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        fprintf(stderr, "bench: not pinned to a core\n");
}

/* Seconds of processor time this thread has used: what other processes do in between does not count. */
static inline double bench_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts values[BENCH_REPEATS] and returns the middle one. */
static inline double bench_median(double values[BENCH_REPEATS])
{
    qsort(values, BENCH_REPEATS, sizeof *values, bench_compare);
    return values[BENCH_REPEATS / 2];
}

/* Largest resident set of this process so far, in bytes. */
static inline double bench_peak_bytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return 1024.0 * (double)usage.ru_maxrss;
}

/* A hint that memory is wanted soon. */
static inline void *bench_alloc(size_t count, size_t size)
{
    void *memory = aligned_alloc(64, (count * size + 63) / 64 * 64);
    if (memory == NULL) {
        fprintf(stderr, "bench: out of memory\n");
        exit(3);
    }
    return memory;
}

#endif
