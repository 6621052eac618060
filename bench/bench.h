/* What the benchmark programs share: one pinned core, the processor time of this thread, medians of five.
 *
 * Absolute numbers move between machines and between days. Each program therefore runs, in the same process and on the
 * same core, a bare loop that does the same work with no engine around it, and prints the ratio: that is what to
 * compare. */
#ifndef NINES_BENCH_BENCH_H
#define NINES_BENCH_BENCH_H

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

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

/* Memory of this process that is resident now, in bytes; 0 where it cannot be told. */
static inline double bench_resident_bytes(void)
{
    double pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%*s %lf", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (double)sysconf(_SC_PAGESIZE);
}

/* Memory with huge pages when it is large, as an arena gives it. Release with free(). */
static inline void *bench_alloc(size_t count, size_t size)
{
    size_t huge = (size_t)2 << 20, bytes = count * size;
    size_t alignment = bytes >= 2 * huge ? huge : 64;
    bytes = (bytes + alignment - 1) / alignment * alignment;
    void *memory = aligned_alloc(alignment, bytes);
    if (memory == NULL) {
        fprintf(stderr, "bench: out of memory\n");
        exit(3);
    }
    if (alignment == huge)
        (void)madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

#endif
