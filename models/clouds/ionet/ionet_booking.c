/* Bookings: for how long a tenant has paid, and what happens when that is over.
 *
 * A tenant books a cluster for a time and pays before use. As long as he wants it he extends the booking before its end; if he forgets, or
 * Solana halts, there is a grace of five minutes. After that the deployment is completed and cannot be renewed: whoever still needs it
 * books anew when he notices, and waits for that like everybody else.
 *
 * Without a time (`booking` 0) bookings go on by the hour until nobody wants them, and only new ones need Solana. */
#include "models/clouds/ionet/ionet_inside.h"
#include "models/clouds/world/world_tell.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

enum step { BOOKING_ENDS, TENANT_IS_LATE, GRACE_ENDS_UNSEEN, GRACE_ENDS_HALTED, TENANT_RETURNS };

static struct stream booking_stream(struct ionet *cloud, uint32_t workload)
{
    const struct world *world = cloud->world;
    struct stream_key family = stream_key(world->task->seed, world->task->replication, "ionet booking");
    struct stream_key own = stream_key_path(family, world_class(world, workload)->name);
    return stream_open(stream_key_index(stream_key_index(own, world->demand->workload[workload].number), cloud->cluster[workload].draws++));
}

static void later(struct ionet *cloud, uint32_t workload, enum step step, duration wait)
{
    struct cluster *cluster = &cloud->cluster[workload];
    engine_cancel(cloud->world->engine, cluster->booking);
    cluster->booking =
        engine_schedule(cloud->world->engine, instant_add(world_now(cloud->world), wait), CLASS_ACT, cloud->action_booking, workload, step);
}

bool ionet_can_pay(struct ionet *cloud, uint32_t workload)
{
    struct cluster *cluster = &cloud->cluster[workload];
    if (!cloud->plan->rules.solana)
        return true;
    if (!cluster->known) {
        struct stream stream = booking_stream(cloud, workload);
        cluster->crypto = stream_chance(&stream, cloud->plan->crypto_share);
        cluster->known = true;
    }
    return !cluster->crypto || ionet_settles(cloud);
}

void ionet_book(struct ionet *cloud, uint32_t workload)
{
    struct cluster *cluster = &cloud->cluster[workload];
    if (cluster->booked)
        return;
    cluster->booked = true;
    if (cloud->plan->rules.booking.us == 0)
        return;
    cluster->booked_until = instant_add(world_now(cloud->world), cloud->plan->rules.booking);
    later(cloud, workload, BOOKING_ENDS, cloud->plan->rules.booking);
}

static void extend(struct ionet *cloud, uint32_t workload)
{
    struct cluster *cluster = &cloud->cluster[workload];
    instant now = world_now(cloud->world);
    cluster->booked_until = instant_add(cluster->booked_until, cloud->plan->rules.booking);
    later(cloud, workload, BOOKING_ENDS, cluster->booked_until.us > now.us ? instant_since(cluster->booked_until, now) : (duration){0});
}

/* Completed: all is given back, and cannot be had again but by a new booking. */
static void lapse(struct ionet *cloud, uint32_t workload)
{
    struct world *world = cloud->world;
    struct cluster *cluster = &cloud->cluster[workload];
    uint32_t first = world->demand->workload[workload].first_unit;
    instant now = world_now(world);
    cloud->counts.lapsed += now.us >= 0;
    ionet_end_booking(cloud, workload);
    ionet_leave_partial(cloud, workload);
    cluster->mixed = false;
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++) {
        engine_cancel(world->engine, world->unit[u].pending);
        ionet_free(cloud, u, "its booking ran out");
        cloud->worker[u].booked_at = INSTANT_NEVER;
        cloud->worker[u].tries = 0;
    }
    later(cloud, workload, TENANT_RETURNS, cluster->returns_at.us > now.us ? instant_since(cluster->returns_at, now) : (duration){0});
}

static void return_to(struct ionet *cloud, uint32_t workload)
{
    struct world *world = cloud->world;
    uint32_t first = world->demand->workload[workload].first_unit;
    for (uint32_t u = first; u < first + world_class(world, workload)->units; u++)
        world_ask(world, u);
    world_detected(world, workload);
    ionet_deploy(cloud, workload);
}

/* The time that is paid for is over. */
static void end(struct ionet *cloud, uint32_t workload)
{
    struct cluster *cluster = &cloud->cluster[workload];
    struct stream stream = booking_stream(cloud, workload);
    bool missed = stream_chance(&stream, cloud->plan->extension_missed);
    duration late = missed ? law_draw_duration(cloud->plan->extension_late, &stream) : (duration){0}, grace = cloud->plan->grace;
    cluster->returns_at = instant_add(cluster->booked_until, late);
    if (!missed && ionet_can_pay(cloud, workload))
        extend(cloud, workload);
    else if (!missed)
        later(cloud, workload, GRACE_ENDS_HALTED, grace);
    else if (late.us <= grace.us)
        later(cloud, workload, TENANT_IS_LATE, late);
    else
        later(cloud, workload, GRACE_ENDS_UNSEEN, grace);
}

void ionet_on_booking(void *context, struct engine *engine, uint32_t workload, uint64_t step)
{
    (void)engine;
    struct ionet *cloud = context;
    struct cluster *cluster = &cloud->cluster[workload];
    cluster->booking = EVENT_NONE;
    check(world_wanted(cloud->world, workload), "a booking of workload %u outlives it", workload);
    switch ((enum step)step) {
    case BOOKING_ENDS:
        end(cloud, workload);
        return;
    case TENANT_IS_LATE:
        if (ionet_can_pay(cloud, workload))
            extend(cloud, workload);
        else
            later(cloud, workload, GRACE_ENDS_HALTED, (duration){cluster->booked_until.us + cloud->plan->grace.us - world_now(cloud->world).us});
        return;
    case GRACE_ENDS_UNSEEN:
        lapse(cloud, workload);
        return;
    case GRACE_ENDS_HALTED: /* he has tried all the time */
        if (ionet_can_pay(cloud, workload))
            extend(cloud, workload);
        else
            lapse(cloud, workload);
        return;
    case TENANT_RETURNS:
        return_to(cloud, workload);
        return;
    }
}

void ionet_end_booking(struct ionet *cloud, uint32_t workload)
{
    struct world *world = cloud->world;
    struct cluster *cluster = &cloud->cluster[workload];
    uint32_t first = world->demand->workload[workload].first_unit;
    for (uint32_t u = first; u < first + world_class(world, workload)->units && cluster->booked && cloud->plan->rules.booking.us > 0; u++)
        if (world->unit[u].state != UNIT_IDLE)
            ionet_credit(cloud, u, world_now(world), cluster->booked_until, 1);
    engine_cancel(world->engine, cluster->booking);
    cluster->booking = EVENT_NONE;
    cluster->booked = false;
}
