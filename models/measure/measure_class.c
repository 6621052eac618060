/* What tenants of each class of demand got: leases in time, the parts of jobs' wall time that were work, GPUs that were left and of no
 * use to them. */
#include "models/measure/measure_internal.h"

#include <math.h>

#include "sim/base/nomalloc.h"

/* What was seen of one class. */
struct measure_class {
    uint64_t asked, in_time;                 /* requests that are judged, and those granted within the deadline */
    timeweighted_area productive_us, wall_us; /* of jobs, inside the window */
    timeweighted_area left_us, useless_us;   /* GPUs times microseconds */
};

void measure_open_classes(struct measure *measure)
{
    measure->class = arena_array(measure->arena, measure->demand->plan->classes, struct measure_class);
}

static struct measure_class *class_of(const struct measure *measure, uint32_t workload)
{
    return &measure->class[measure->demand->workload[workload].class];
}

void measure_class_lease(struct measure *measure, uint32_t workload, bool in_time)
{
    struct measure_class *class = class_of(measure, workload);
    class->asked++;
    class->in_time += in_time;
}

void measure_class_job(struct measure *measure, uint32_t workload, const struct job_account *inside)
{
    struct measure_class *class = class_of(measure, workload);
    class->productive_us += inside->productive.us;
    class->wall_us += (timeweighted_area)inside->productive.us + inside->checkpoint.us + inside->rework.us + inside->restart.us +
                      inside->detection.us + inside->queue.us + inside->slow.us;
}

void measure_gpus_left(struct measure *measure, uint32_t class, timeweighted_area left_us, timeweighted_area useless_us)
{
    if (measure->whole != NULL)
        measure_gpus_left(measure->whole, class, left_us, useless_us);
    measure->class[class].left_us += left_us;
    measure->class[class].useless_us += useless_us;
}

void measure_report_classes(const struct measure *measure)
{
    const struct demand_plan *plan = measure->demand->plan;
    for (uint32_t c = 0; c < plan->classes; c++) {
        const struct measure_class *class = &measure->class[c];
        const char *name = plan->class[c].name;
        measure_put_slice(measure, LEASES_BY_CLASS, name, NAN, (double)class->in_time, (double)class->asked);
        if (plan->class[c].kind == DEMAND_JOB)
            measure_put_slice(measure, ETTR_BY_CLASS, name, NAN, (double)class->productive_us, (double)class->wall_us);
        if (plan->class[c].gpus > 0)
            measure_put_slice(measure, GPUS_USELESS, name, NAN, (double)class->useless_us / US_PER_HOUR, (double)class->left_us / US_PER_HOUR);
    }
}
