#include "sim/results/store_internal.h"
#include "sim/results/summary.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>

/* Reading the series back for their means costs nearly as much as writing them did; here the values are still warm. The order
 * of adding is the order of the rows, so both ways agree to the last bit (tests/unit/summary.c). */

/* Points may have horizons of their own, so each gets its own buffer. */
static bool open_course(struct store *store, uint32_t point, uint32_t steps)
{
    struct store_course *course = &store->course;
    free(course->running);
    course->running = calloc((size_t)store->cloud_count * store->series_count * steps, sizeof *course->running);
    course->point = point;
    course->steps = steps;
    course->open = true;
    return course->running != NULL || store_fail(store, "out of memory");
}

bool store_course_add(struct store *store, struct store_replication which, const struct sim_record *record)
{
    struct store_course *course = &store->course;
    if (store->series_count == 0 || course->broken || which.outer_draw > 0) /* means are of the nominal setting */
        return true;
    course->broken = course->open && (which.point < course->point ||
                                      (which.point == course->point && record->steps != course->steps));
    if (course->broken)
        return true;
    bool begins = !course->open || which.point != course->point;
    if (begins && (!store_course_end(store) || !open_course(store, which.point, record->steps)))
        return false;
    size_t size = (size_t)store->series_count * record->steps;
    struct statistics_running *running = &course->running[which.cloud * size];
    for (size_t i = 0; i < size; i++)
        if (!isnan(record->series_values[i]))
            statistics_running_add(&running[i], record->series_values[i]);
    return true;
}

bool store_course_end(struct store *store)
{
    struct store_course *course = &store->course;
    if (!course->open || course->broken)
        return true;
    course->open = false;
    for (uint32_t cloud = 0; cloud < store->cloud_count; cloud++)
        for (uint32_t series = 0; series < store->series_count; series++) {
            struct summary_course one = {.point_id = store->point_ids[course->point], .cloud_id = store->cloud_ids[cloud],
                                         .name = store->series_names[series], .steps = course->steps,
                                         .grid_s = store->grid_s, .level = store->level};
            one.running = &course->running[((size_t)cloud * store->series_count + series) * course->steps];
            if (!summary_write_course(store->database, &one))
                return store_fail_sqlite(store, "write");
        }
    return true;
}
