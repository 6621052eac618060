/* Persistent volumes: they live in a provider's cluster, outlast pods and nodes there, and end with the lease.
 *
 * Nobody moves them. A tenant whose service begins anew under another lease has to bring its data back from a copy of its own, or has
 * lost it: the chain knows nothing of data, and a provider that closes a lease tears the namespace down with its volumes (R for a dark
 * provider: section 6.6 of the specification; for leases that end otherwise by what Kubernetes does with a namespace, K). */
#include "models/clouds/akash/akash_inside.h"
#include "models/clouds/world/world_tell.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

void akash_bring_data(struct akash *cloud, uint32_t tenancy)
{
    struct tenancy *what = &cloud->tenancy[tenancy];
    instant now = world_now(cloud->world);
    if (!world_class(cloud->world, what->workload)->persistent || !what->had_data)
        return;
    bool counts = now.us >= 0;
    if (!what->copied) {
        what->had_data = false; /* it begins empty */
        cloud->counts.lost += counts ? what->units : 0;
        if (world_tells(cloud->world, what->workload))
            world_tell(cloud->world, what->first_unit, "data", "begins empty: its data went with its last lease, and there is no copy");
        return;
    }
    struct stream stream = akash_stream(cloud, tenancy);
    duration takes = law_draw_duration(cloud->plan->restore_time, &stream);
    what->data_at = instant_add(now, takes);
    cloud->counts.restored += counts ? what->units : 0;
    if (world_tells(cloud->world, what->workload))
        world_tell(cloud->world, what->first_unit, "data", "brings its data back from a copy, as they went with its last lease");
}

void akash_start_later(struct akash *cloud, uint32_t unit)
{
    const struct tenancy *what = &cloud->tenancy[akash_tenancy_of(cloud, unit)];
    struct stream stream = world_stream(cloud->world, unit);
    duration takes = law_draw_duration(cloud->plan->start_time, &stream);
    instant now = world_now(cloud->world);
    if (what->data_at.us > now.us && what->data_at.us - now.us > takes.us)
        takes = instant_since(what->data_at, now);
    world_later(cloud->world, unit, cloud->action_start, takes);
}
