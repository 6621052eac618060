#include "models/clouds/world/sla.h"

#include "sim/base/nomalloc.h"

#define TIERS "zones|set|single"

const struct key sla_band_keys[] = {
    {"tier", KEY_CHOICE, NULL, "zones: several replicas over zones or sites; set: several in one zone; single: one", .choices = TIERS},
    {"below", KEY_SHARE, NULL, "uptime of the month below which this band begins"},
    {"credit", KEY_SHARE, NULL, "part of the month's bill that comes back"},
    {"divide_by", KEY_CHOICE, "month", "what downtime is divided by: the month, or the part in which the service was wanted; the tier's first band says",
     .choices = "month|wanted"},
    KEY_END};

#define BANDS(a, x, b, y, c, z) .band = {{a, x}, {b, y}, {c, z}}, .count = 3

static const struct sla azure = {{[SLA_ZONES] = {BANDS(0.9999, 0.10, 0.99, 0.25, 0.95, 1), .of_wanted = true},
                                  [SLA_SET] = {BANDS(0.9995, 0.10, 0.99, 0.25, 0.95, 1), .of_wanted = true},
                                  [SLA_SINGLE] = {BANDS(0.999, 0.10, 0.99, 0.25, 0.95, 1)}}};
static const struct sla aws = {{[SLA_ZONES] = {BANDS(0.9999, 0.10, 0.99, 0.30, 0.95, 1)},
                                [SLA_SET] = {BANDS(0.995, 0.10, 0.99, 0.30, 0.95, 1)},
                                [SLA_SINGLE] = {BANDS(0.995, 0.10, 0.99, 0.30, 0.95, 1)}}};
static const struct sla gcp = {{[SLA_ZONES] = {BANDS(0.9999, 0.10, 0.99, 0.25, 0.95, 1)},
                                [SLA_SET] = {BANDS(0.999, 0.10, 0.99, 0.25, 0.95, 1)},
                                [SLA_SINGLE] = {BANDS(0.999, 0.10, 0.99, 0.25, 0.95, 1)}}};
static const struct sla_bands azure_single_ssd = {BANDS(0.995, 0.10, 0.95, 0.25, 0.90, 1)};
static const struct sla_bands azure_single_hdd = {BANDS(0.95, 0.10, 0.92, 0.25, 0.90, 1)};

enum { CREDITS_AZURE, CREDITS_AWS, CREDITS_GCP, CREDITS_OWN, CREDITS_NONE };
enum { DISKS_PREMIUM_SSD, DISKS_STANDARD_SSD, DISKS_STANDARD_HDD };

static struct sla read_own(struct scenario *scenario, const struct value *list)
{
    struct sla sla = {0};
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *entry = value_at(list, i);
        struct sla_bands *bands = &sla.tier[value_choice(entry, "tier")];
        struct sla_band band = {value_number(entry, "below"), value_number(entry, "credit")};
        const struct sla_band *last = bands->count > 0 ? &bands->band[bands->count - 1] : NULL;
        if (bands->count == SLA_BANDS_MAX) {
            scenario_error(scenario, entry, NULL, "a tier has at most %d bands", SLA_BANDS_MAX);
            continue;
        }
        if (last != NULL && !(band.below < last->below && band.credit > last->credit))
            scenario_error(scenario, entry, "begin each tier with its promise; further down more comes back",
                           "the bands of a tier do not fall");
        if (last == NULL)
            bands->of_wanted = value_choice(entry, "divide_by") == 1;
        bands->band[bands->count++] = band;
    }
    return sla;
}

struct sla sla_read(struct scenario *scenario, const struct value *cloud)
{
    int credits = value_choice(cloud, "credits"), disks = value_choice(cloud, "disk_type");
    const struct value *list = value_of(cloud, "credit_bands");
    struct sla sla = {0};
    if ((credits == CREDITS_OWN) != (value_count(list) > 0))
        scenario_error(scenario, credits == CREDITS_OWN ? value_of(cloud, "credits") : list,
                       credits == CREDITS_OWN ? "add credit_bands = ( { tier = \"single\"; below = \"99 %\"; credit = \"10 %\"; } )"
                                              : "write credits = \"own\", or leave credit_bands away",
                       "'credits' and 'credit_bands' do not fit each other");
    if (credits != CREDITS_AZURE && disks != DISKS_PREMIUM_SSD)
        scenario_error(scenario, value_of(cloud, "disk_type"), "leave it away", "'disk_type' means nothing but to Azure's credits");
    if (credits == CREDITS_OWN)
        sla = read_own(scenario, list);
    else if (credits != CREDITS_NONE)
        sla = credits == CREDITS_AZURE ? azure : credits == CREDITS_AWS ? aws : gcp;
    if (disks != DISKS_PREMIUM_SSD)
        sla.tier[SLA_SINGLE] = disks == DISKS_STANDARD_SSD ? azure_single_ssd : azure_single_hdd;
    return sla;
}

enum sla_tier sla_tier_of(const struct demand_class *class)
{
    if (class->units > 1 && class->spread != SPREAD_NONE)
        return SLA_ZONES;
    return class->units > 1 ? SLA_SET : SLA_SINGLE;
}

double sla_credit(const struct sla_bands *bands, double uptime)
{
    double credit = 0;
    for (uint32_t i = 0; i < bands->count && uptime < bands->band[i].below; i++)
        credit = bands->band[i].credit;
    return credit;
}
