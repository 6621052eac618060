/* What outages cost tenants: damage by the hour, redeployments by their own hand, less credits; in each complete year of the window, or,
 * where it holds none, in the window, which nobody scales to a year: a tail does not scale. A tenant is a service: who has
 * several has them as several. */
#include "models/measure/measure_internal.h"

#include "sim/base/check.h"

#include <math.h>

#include "sim/base/nomalloc.h"

static const int64_t year_us = 365 * US_PER_DAY;

static const struct damage *damage_of(const struct measure *measure, uint32_t workload)
{
    return demand_class_of(measure->demand, workload)->damage;
}

/* --- Sectors --------------------------------------------------------------------------------------------------------- */

/* One sector's services now, and the most of them that were down at once. */
struct measure_sector {
    const char *name; /* NULL: a class without a sector, or with that of a class before it */
    int64_t wanted, down;
    double worst;
};

static void open_sectors(struct measure *measure)
{
    const struct demand_plan *plan = measure->demand->plan;
    measure->sector = arena_array(measure->arena, plan->classes, struct measure_sector);
    measure->sector_of = arena_array(measure->arena, plan->classes, uint32_t);
    for (uint32_t c = 0; c < plan->classes; c++) {
        const struct damage *damage = plan->class[c].damage;
        uint32_t first = 0;
        while (first < c && !(damage != NULL && plan->class[first].damage != NULL && plan->class[first].damage->sector == damage->sector))
            first++;
        measure->sector_of[c] = first;
        measure->sector[c].name = damage != NULL && first == c ? damage->sector : NULL;
    }
}

void measure_sector_now(struct measure *measure, uint32_t workload, int wanted, int down)
{
    if (measure->loss == NULL)
        return;
    struct measure_sector *sector = &measure->sector[measure->sector_of[measure->demand->workload[workload].class]];
    sector->wanted += wanted;
    sector->down += down;
}

void measure_sectors_lasted(struct measure *measure)
{
    if (measure->loss == NULL)
        return;
    for (uint32_t c = 0; c < measure->demand->plan->classes; c++) {
        struct measure_sector *sector = &measure->sector[c];
        double share = sector->wanted > 0 ? (double)sector->down / (double)sector->wanted : 0;
        sector->worst = share > sector->worst ? share : sector->worst;
    }
}

/* --- Losses ---------------------------------------------------------------------------------------------------------- */

void measure_open_losses(struct measure *measure)
{
    bool any = false;
    for (uint32_t c = 0; c < measure->demand->plan->classes; c++)
        any = any || measure->demand->plan->class[c].damage != NULL;
    if (!any)
        return;
    open_sectors(measure);
    measure->years = (uint32_t)(measure->task->horizon.us / year_us);
    measure->loss = arena_array(measure->arena, (size_t)measure->demand->workloads * (measure->years + 1), struct measure_loss);
}

/* The workload's row: of the window, then of the years. NULL: nobody asks. */
static struct measure_loss *losses_of(const struct measure *measure, uint32_t workload)
{
    if (measure->loss == NULL || damage_of(measure, workload) == NULL)
        return NULL;
    return &measure->loss[(size_t)workload * (measure->years + 1)];
}

/* Of an instant in the window: 1 + its year, or 0 when it lies after the last complete one. The end of the last belongs to it: what is
 * settled at the horizon is settled for it. */
static uint32_t year_of(const struct measure *measure, instant now)
{
    int64_t year = now.us / year_us;
    if (now.us == measure->years * year_us)
        return measure->years;
    return year < measure->years ? (uint32_t)year + 1 : 0;
}

void measure_lose_time(struct measure *measure, uint32_t workload, instant began, instant now)
{
    struct measure_loss *loss = losses_of(measure, workload);
    if (loss == NULL)
        return;
    const struct damage *damage = damage_of(measure, workload);
    int64_t end = now.us < measure->task->horizon.us ? now.us : measure->task->horizon.us;
    int64_t from = began.us > 0 ? began.us : 0;
    damage_add(damage, &loss->time, began, (instant){from}, (instant){end});
    for (int64_t year = from / year_us; from < end && year < measure->years; year++, from = year * year_us) {
        int64_t to = (year + 1) * year_us < end ? (year + 1) * year_us : end;
        damage_add(damage, &loss[year + 1].time, began, (instant){from}, (instant){to});
    }
}

void measure_lose_credit(struct measure *measure, uint32_t workload, int64_t credit_micro, instant now)
{
    struct measure_loss *loss = losses_of(measure, workload);
    if (loss == NULL)
        return;
    uint32_t year = year_of(measure, now);
    loss->credit_micro += credit_micro;
    if (year > 0)
        loss[year].credit_micro += credit_micro;
}

void measure_redeployed(struct measure *measure, uint32_t workload, instant now)
{
    if (measure->whole != NULL)
        measure_redeployed(measure->whole, workload, now);
    if (now.us < 0 || now.us > measure->task->horizon.us || !measure_is_service(measure, workload) || !measure->account[workload].ever_up)
        return;
    measure->redeployments++;
    struct measure_loss *loss = losses_of(measure, workload);
    if (loss == NULL)
        return;
    uint32_t year = year_of(measure, now);
    loss->redeployments++;
    if (year > 0)
        loss[year].redeployments++;
}

/* --- Reporting ------------------------------------------------------------------------------------------------------- */

static double loss_usd(const struct damage *damage, const struct measure_loss *loss)
{
    return damage_usd(damage, &loss->time) + damage->redeploy_usd * (double)loss->redeployments - (double)loss->credit_micro / 1e6;
}

/* Up to so many different values a sample is told exactly; beyond that, values within one part in 128 of each other are told by their
 * number and sum. So the size of a sample is bounded, a mean stays exact, and a quantile is off by less than 1 %. */
enum { EXACT_VALUES = 1024, CLASSES_PER_OCTAVE = 128 };

static void put_sample(const struct measure *measure, enum measure_breakdown breakdown, double *values, size_t count)
{
    size_t different = 0;
    samples_sort(values, count);
    for (size_t i = 0; i < count; i++)
        different += i == 0 || values[i] != values[i - 1];
    double width = different > EXACT_VALUES ? 1.0 / CLASSES_PER_OCTAVE : 0;
    for (size_t first = 0, next; first < count; first = next) {
        double sum = 0, reach = fabs(values[first]) * width;
        for (next = first; next < count && values[next] - values[first] <= reach; next++)
            sum += values[next];
        /* Equal values, so that their mean is the value to the last bit. */
        sum = values[next - 1] == values[first] ? values[first] * (double)(next - first) : sum;
        measure_put_slice(measure, breakdown, "", values[first], sum, (double)(next - first));
    }
}

static void report_tenants(struct measure *measure)
{
    const struct demand *demand = measure->demand;
    double *window = arena_array(measure->arena, demand->workloads, double);
    double *yearly = arena_array(measure->arena, (size_t)demand->workloads * measure->years, double);
    size_t tenants = 0, tenant_years = 0;
    double all = 0;
    for (uint32_t w = 0; w < demand->workloads; w++) {
        const struct measure_loss *loss = losses_of(measure, w);
        const struct workload *what = &demand->workload[w];
        if (loss == NULL || measure->account[w].wanted_us == 0)
            continue;
        window[tenants] = loss_usd(damage_of(measure, w), loss);
        all += window[tenants++];
        for (uint32_t y = 0; y < measure->years; y++)
            if (what->requested.us < (y + 1) * year_us && what->withdrawn.us > y * year_us)
                yearly[tenant_years++] = loss_usd(damage_of(measure, w), &loss[y + 1]);
    }
    if (measure->years > 0)
        put_sample(measure, TENANT_YEARLY_LOSS, yearly, tenant_years);
    else
        put_sample(measure, TENANT_LOSS, window, tenants);
    put_sample(measure, ALL_LOSS, &all, 1);
}

/* Classes of one sector are told together, in the order of the sector's first. */
static double report_sectors(const struct measure *measure)
{
    const struct demand_plan *plan = measure->demand->plan;
    double *usd = arena_array(measure->arena, plan->classes, double), total = 0;
    for (uint32_t w = 0; w < measure->demand->workloads; w++)
        if (losses_of(measure, w) != NULL)
            usd[measure->demand->workload[w].class] += damage_usd(damage_of(measure, w), &losses_of(measure, w)->time);
    for (uint32_t c = 0; c < plan->classes; c++) {
        double sum = 0;
        total += usd[c];
        for (uint32_t k = c; k < plan->classes; k++)
            sum += measure->sector_of[k] == c ? usd[k] : 0;
        if (measure->sector[c].name == NULL)
            continue;
        measure_put_slice(measure, DAMAGE_BY_SECTOR, measure->sector[c].name, NAN, sum, 1);
        measure_put_slice(measure, BLAST_BY_SECTOR, measure->sector[c].name, NAN, measure->sector[c].worst, 1);
    }
    return total;
}

double measure_report_losses(struct measure *measure)
{
    if (measure->loss == NULL)
        return (double)NAN;
    double total = report_sectors(measure);
    report_tenants(measure);
    return total;
}
