/* Jobs: a gang that runs while all its units are up. The world begins, fails, warns, stops and finishes it; when units are there
 * is the cloud's business.
 *
 * A job that writes checkpoints at the best interval (Young, Daly) has to know how often it fails. It believes what the laws say of
 * the components it runs on and what the cloud says of evictions, and learns: after n failures and stops in a running time T its mean time between them is taken to be
 * (M + T) / (1 + n), with M what it was told (the mean of a gamma prior of weight one under Poisson failures). So a job that meets
 * hazards or incidents, of which no law tells, writes more often from its next attempt on.
 *
 * Degraded machines slow a job: the whole gang works at the pace of the slowest. */
#include "models/clouds/world/cloud.h"
#include "models/clouds/world/world_inside.h"
#include "models/clouds/world/world_tell.h"
#include "models/gpu/checkpoint.h"
#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

/* --- Checkpoints ----------------------------------------------------------------------------------------------------- */

/* Failures per second that a job knows of: its own, those of everything its units depend on, what they share counted once, and
 * evictions. */
static double known_rate(struct world *world, uint32_t workload)
{
    const struct demand_class *class = world_class(world, workload);
    uint32_t first = world->demand->workload[workload].first_unit;
    double rate = class->job_up != NULL ? 1 / law_mean(class->job_up) : 0;
    world->stamp++;
    for (uint32_t u = first; u < first + class->units; u++) {
        for (uint32_t i = 0; i < world->unit[u].dependencies; i++)
            rate += graph_fault_rate(world->plan->graph, world->unit[u].dependency[i], world->stamps, world->stamp);
        if (world->plan->kind->evictions != NULL)
            rate += world->plan->kind->evictions(world->cloud, u);
    }
    return rate;
}

static duration best_interval(struct world *world, uint32_t workload)
{
    static const duration seldom = {100 * 365 * US_PER_DAY}; /* nothing has ever failed, nor will it by any law */
    static const duration least = {US_PER_SECOND};
    const struct demand_class *class = world_class(world, workload);
    const struct job *job = &world->load[workload].job;
    double rate = known_rate(world, workload), stops = (double)job->failures + (double)job->stops;
    double ran = duration_seconds(job->committed) + duration_seconds(job->checkpoint) + duration_seconds(job->rework) +
                 duration_seconds(job->restart);
    if (!(rate > 0) && !(stops > 0))
        return seldom;
    double mean = rate > 0 ? (1 / rate + ran) / (1 + stops) : (ran + 1) / stops;
    double write = duration_seconds(class->costs.write);
    duration interval = duration_from_seconds(class->checkpoint == CHECKPOINT_DALY ? gpu_checkpoint_daly(write, mean)
                                                                                   : gpu_checkpoint_young(write, mean));
    if (interval.us < least.us)
        return least;
    return interval.us < seldom.us ? interval : seldom;
}

/* --- Attempts -------------------------------------------------------------------------------------------------------- */

void world_open_job(struct world *world, uint32_t workload)
{
    const struct demand_class *class = world_class(world, workload);
    struct load *load = &world->load[workload];
    int32_t members = (int32_t)class->units;
    load->job.work = world->demand->workload[workload].work;
    load->costs = class->costs;
    gpu_elastic_open(&load->gang, &(struct gpu_elastic_options){.min = members,
                                                                .max = members,
                                                                .budget = class->restarts < 0 ? GPU_BUDGET_UNLIMITED : class->restarts});
}

/* Its own fault comes in the attempt under way, or its end does before. */
static void await_fault(struct world *world, uint32_t workload)
{
    struct load *load = &world->load[workload];
    if (load->own_fault.us < load->done.us && !engine_pending(world->engine, load->fault))
        load->fault = engine_schedule(world->engine, load->own_fault, CLASS_FAULT, world->action_fault, workload, 0);
}

static uint32_t slowest(const struct world *world, uint32_t workload)
{
    uint32_t first = world->demand->workload[workload].first_unit, least = GRAPH_WHOLE;
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++)
        least = world->unit[u].fraction < least ? world->unit[u].fraction : least;
    return least;
}

void world_pace_job(struct world *world, uint32_t workload)
{
    struct load *load = &world->load[workload];
    uint32_t pace = slowest(world, workload);
    if (load->job.phase != JOB_RUNNING || pace == load->job.pace || pace == 0)
        return;
    instant done = job_pace(&load->job, &load->costs, pace, world_now(world));
    if (load->job.saving)
        return; /* it will not be done in this attempt */
    load->done = done;
    engine_cancel(world->engine, load->finish);
    load->finish = engine_schedule(world->engine, load->done, CLASS_END, world->action_finish, workload, 0);
    await_fault(world, workload);
}

void world_begin_job(struct world *world, uint32_t workload)
{
    struct load *load = &world->load[workload];
    instant now = world_now(world);
    if (load->gang.state == GPU_ELASTIC_FAILED)
        return; /* it is about to be given up */
    (void)gpu_elastic_begin(&load->gang, load->gang.options.max);
    if (load->job.attempts == 0)
        measure_job_begun(world->measure, world->demand->workload[workload].requested, now);
    else
        measure_count(world->measure, MEASURE_GANG_RESTART, now);
    if (world_class(world, workload)->checkpoint != CHECKPOINT_EVERY)
        load->costs.interval = best_interval(world, workload);
    load->done = job_begin(&load->job, &load->costs, now);
    load->finish = engine_schedule(world->engine, load->done, CLASS_END, world->action_finish, workload, 0);
    if (world_tells(world, workload))
        world_tell_begin(world);
    duration own = demand_job_fault(world->demand, workload, load->job.attempts);
    load->fault = EVENT_NONE;
    load->own_fault = own.us < US_NEVER ? instant_add(now, own) : INSTANT_NEVER;
    await_fault(world, workload);
    world_pace_job(world, workload);
}

/* Work from before time 0 that is lost now was neither useful nor lost inside the window. */
static void forget_early_work(struct load *load)
{
    int64_t early = load->base.productive.us - load->job.committed.us;
    if (early <= 0)
        return;
    load->base.productive.us -= early;
    load->base.rework.us += early;
}

void world_fail_job(struct world *world, uint32_t workload)
{
    struct load *load = &world->load[workload];
    engine_cancel(world->engine, load->finish);
    engine_cancel(world->engine, load->fault);
    duration lost = job_fail(&load->job, &load->costs, world_now(world));
    if (world_tells(world, workload))
        world_tell_stand(world, "failed", lost);
    forget_early_work(load);
    (void)gpu_elastic_fail(&load->gang, 0);
    if (load->gang.state == GPU_ELASTIC_FAILED)
        engine_schedule(world->engine, world_now(world), CLASS_END, world->action_abandon, workload, 0);
}

void world_warn(struct world *world, uint32_t workload, instant stop)
{
    struct load *load = &world->load[workload];
    instant now = world_now(world);
    if (world_class(world, workload)->kind != DEMAND_JOB || load->job.phase != JOB_RUNNING || load->job.saving ||
        load->costs.interval.us == 0 || load->done.us <= stop.us)
        return;
    duration in_flight, unsaved = job_unsaved(&load->job, &load->costs, now, &in_flight);
    struct gpu_emergency emergency = {.unsaved_us = unsaved.us,
                                      .in_flight_us = in_flight.us,
                                      .write_us = load->costs.write.us,
                                      .notice_us = job_clock_time(&load->job, instant_since(stop, now)).us};
    struct gpu_rescue rescue = gpu_checkpoint_rescue(&emergency);
    if (!rescue.saved || unsaved.us == 0)
        return;
    engine_cancel(world->engine, load->finish);
    if (world_tells(world, workload))
        world_tell_whole(world, "saves", "is told that it will be stopped, and writes a checkpoint");
    job_save(&load->job, (duration){rescue.busy_us}, now);
}

void world_stop(struct world *world, uint32_t workload)
{
    struct load *load = &world->load[workload];
    if (world_class(world, workload)->kind != DEMAND_JOB || load->job.phase != JOB_RUNNING)
        return;
    engine_cancel(world->engine, load->finish);
    engine_cancel(world->engine, load->fault);
    duration lost = job_stop(&load->job, &load->costs, world_now(world));
    if (world_tells(world, workload))
        world_tell_stand(world, "stopped", lost);
    forget_early_work(load);
    gpu_elastic_stop(&load->gang);
}

void world_detected(struct world *world, uint32_t workload)
{
    if (world_tells(world, workload))
        world_tell_noticed(world);
    if (world_class(world, workload)->kind == DEMAND_JOB)
        job_detect(&world->load[workload].job, world_now(world));
}

/* --- Events ---------------------------------------------------------------------------------------------------------- */

void world_on_finish(void *context, struct engine *engine, uint32_t workload, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct world *world = context;
    struct load *load = &world->load[workload];
    engine_cancel(world->engine, load->fault);
    job_finish(&load->job, &load->costs, world_now(world));
    gpu_elastic_finish(&load->gang);
    if (world_tells(world, workload))
        world_tell_whole(world, "finished", "its work is done");
    load->wanted = false;
    world->plan->kind->withdraw(world->cloud, workload);
}

/* A fault of the job itself, with all its units up: it starts again from its last checkpoint on the same units, if it may. */
void world_on_fault(void *context, struct engine *engine, uint32_t workload, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct world *world = context;
    if (world_tells(world, workload))
        world_tell_own_fault(world);
    world_fail_job(world, workload);
    job_detect(&world->load[workload].job, world_now(world));
    world_begin_job(world, workload);
}

/* Its restarts are used up. */
void world_on_abandon(void *context, struct engine *engine, uint32_t workload, uint64_t detail)
{
    (void)engine;
    (void)detail;
    struct world *world = context;
    measure_count(world->measure, MEASURE_JOB_FAILED, world_now(world));
    if (world_tells(world, workload))
        world_tell_whole(world, "abandoned", "given up: its restarts are used up");
    world->load[workload].wanted = false;
    job_detect(&world->load[workload].job, world_now(world));
    world->load[workload].job.phase = JOB_DONE;
    world->plan->kind->withdraw(world->cloud, workload);
}
