/* Credits of a service level agreement, by complete UTC month.
 *
 * Uptime is 1 - downtime / time, downtime being the time without any instance. What it is divided by differs: Amazon and Google divide by the
 * month, and so does Azure for a machine alone; for machines in a set or over zones Azure divides by the minutes that they were
 * wanted in it. Below the promise of a deployment a part of the month's bill comes back, by bands.
 *
 *   tier       replicas                        Azure                     AWS              GCP
 *   zones      several, over zones or sites    99.99, 99, 95             99.99, 99, 95    99.99, 99, 95
 *   set        several, in one zone            99.95, 99, 95             99.5, 99, 95     99.9, 99, 95
 *   single     one                             99.9, 99, 95 by disks     99.5, 99, 95     99.9, 99, 95
 *   comes back                                 10, 25, 100 %             10, 30, 100 %    10, 25, 100 %
 *
 * A single machine at Azure on standard SSDs: 99.5, 95, 90 %; on standard HDDs: 95, 92, 90 %. AWS and GCP know no sets: the promise to single
 * machines is held against the service, which is milder than against each of its machines (assumption).
 *
 * Sources: Azure, SLA for Virtual Machines, versions of 2018 to 2024 (promises R; bands of zones R, others K); Amazon Compute SLA of 5 May 2022
 * (region: promise and bands R, its 30 and 100 % K; instance: promise R, bands K); Google Compute Engine SLA, premium tier (promises
 * R, bands K); what uptime is divided by: AWS R, others K. */
#ifndef NINES_MODELS_CLOUDS_WORLD_SLA_H
#define NINES_MODELS_CLOUDS_WORLD_SLA_H

#include "models/demand/demand.h"
#include "sim/base/units.h"
#include "sim/scenario/scenario.h"

enum sla_tier { SLA_ZONES, SLA_SET, SLA_SINGLE, SLA_TIERS };
enum { SLA_BANDS_MAX = 8 };

/* Below that uptime that part of the bill comes back. */
struct sla_band {
    double below, credit; /* 0..1 */
};

struct sla_bands {
    struct sla_band band[SLA_BANDS_MAX]; /* `below` falls, `credit` rises */
    uint32_t count;                      /* 0: nothing is promised */
    bool of_wanted;                      /* uptime of the time that the service was wanted in the month, not of the month */
};

struct sla {
    struct sla_bands tier[SLA_TIERS];
};

extern const struct key sla_band_keys[]; /* elements of `credit_bands` */

/* The keys of a cloud that gives credits; `cloud_kind` is the value of `kind` beside which they exist. */
#define SLA_KEYS(cloud_kind)                                                                                           \
    {"credits", KEY_CHOICE, "azure", "whose credits a tenant gets; own: by credit_bands (tables: models/clouds/world/sla.h)", \
     .choices = "azure|aws|gcp|own|none", .when = "kind=" cloud_kind},                                                 \
        {"disk_type", KEY_CHOICE, "premium-ssd", "disks of machines that are alone, by which Azure promises less (R; bands K)", \
         .choices = "premium-ssd|standard-ssd|standard-hdd", .when = "kind=" cloud_kind},                              \
        {"credit_bands", KEY_LIST, NULL, "with credits = \"own\": what comes back below which uptime", .children = sla_band_keys, \
         .when = "kind=" cloud_kind}

/* Reads these keys of a cloud's group. Mistakes go to scenario_error. */
struct sla sla_read(struct scenario *scenario, const struct value *cloud);
/* Which promise a service falls under. */
enum sla_tier sla_tier_of(const struct demand_class *class);
/* Part of the month's bill that comes back: 0..1. */
double sla_credit(const struct sla_bands *bands, double uptime);

#endif
