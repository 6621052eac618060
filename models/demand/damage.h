/* What an hour without a service costs its tenant, by sector.
 *
 * The figures of surveys are of whole businesses: what an hour costs a broker whose trading stands still. A class of demand names its
 * sector, and says which part of that one of its services stands for. Damage grows with time without quorum, and where the sector says
 * so faster after a while: customers who wait for an hour come back, those who wait for a day do not. The rate has one knee, so the
 * damage of an outage is convex and piecewise linear in its length.
 *
 * Time is counted before and after the knee in whole microseconds, and worth something only at the end. No damage: time before a service
 * first had its quorum. Credits are another matter: they are the cloud's money. */
#ifndef NINES_MODELS_DEMAND_DAMAGE_H
#define NINES_MODELS_DEMAND_DAMAGE_H

#include "sim/base/units.h"
#include "sim/scenario/scenario.h"

extern const struct key damage_keys[]; /* elements of `damages` */

/* Of one service of a class. */
struct damage {
    const char *sector;     /* the list's own text: equal sectors have equal pointers */
    double usd_per_hour[2]; /* until the knee and after it; the second is not below the first */
    duration knee;          /* after so long in one outage */
    double redeploy_usd;    /* of one redeployment by its tenant's own hand */
};

/* Time without quorum before and after the knee, in microseconds. */
struct damage_time {
    int64_t us[2];
};

/* The damage of a class whose group has the keys `sector` and `damage_share`; NULL: it names none, or one that is not in the list, which
 * is a mistake. */
const struct damage *damage_read(struct scenario *scenario, const struct value *list, const struct value *group);

/* Adds [from, to) of an outage that began at `began` <= from. */
void damage_add(const struct damage *damage, struct damage_time *time, instant began, instant from, instant to);
double damage_usd(const struct damage *damage, const struct damage_time *time);

#endif
