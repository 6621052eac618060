#include "sim/base/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The only mutable state outside an arena: what to print when this thread fails. */
static _Thread_local struct check_scene *scene;

struct check_scene *check_enter(struct check_scene *next)
{
    struct check_scene *previous = scene;
    scene = next;
    return previous;
}

void check_clock(const int64_t *now_us)
{
    if (scene != NULL)
        scene->now_us = now_us;
}

bool check_auditing(void)
{
    return scene != NULL && scene->audit;
}

static void print_scene(void)
{
    if (scene == NULL)
        return;
    if (scene->now_us != NULL)
        fprintf(stderr, "  simulated time: %.6f s\n", (double)*scene->now_us / 1e6);
    if (scene->replay != NULL)
        fprintf(stderr, "  replay: %s\n", scene->replay);
}

void check_failed(const char *file, int line, const char *condition, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "nines: internal check failed: %s\n  at %s:%d: ", condition, file, line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    print_scene();
    fprintf(stderr, "  this is a defect of nines, not of your scenario; please report it with the lines above\n");
    abort();
}

void limit_reached(const char *key, int64_t limit)
{
    if (scene != NULL && scene->escape != NULL) {
        scene->limit_key = key;
        scene->limit_value = limit;
        longjmp(*scene->escape, 1);
    }
    fprintf(stderr, "nines: error: limit of %" PRId64 " reached\nhint: raise '%s' in the scenario\n", limit, key);
    print_scene();
    exit(3);
}

void check_wanted(void)
{
    if (scene != NULL && scene->given_up != NULL && scene->escape != NULL &&
        atomic_load_explicit(scene->given_up, memory_order_relaxed))
        longjmp(*scene->escape, 1);
}
