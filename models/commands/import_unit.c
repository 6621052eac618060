/* What is counted together.
 *
 * Rules of the uptime archive's own statistics: a vendor's window is 2018-01-01 to 2021-01-01, Azure's ends with 2020-05 as its posts
 * do; an outage belongs to the window in which it starts. Vendors are counted twice, each post by itself and merged; regions, and
 * posts marked global or multi-region, merged; services as posted, from MANY_POSTS posts on; episodes that users reported as they
 * are. The mean region divides by a number of regions in service that is an assumption. */
#include "models/commands/import.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MANY_POSTS = 5 };
#define WINDOW_START_S 1514764800.0  /* 2018-01-01 */
#define WINDOW_END_S 1609459200.0    /* 2021-01-01 */
#define WINDOW_AZURE_S 1590969600.0  /* 2020-06-01 */

/* As operators' tables spell it; users' reports ("azure") have the full window. */
static bool is_azure(const char *vendor)
{
    return strcmp(vendor, "Azure") == 0;
}

/* Regions in service, an assumption of the archive's statistics: AWS 18 to 24 over the window, Azure 42 to 60. */
static int regions_of(const char *vendor)
{
    return is_azure(vendor) ? 50 : strcmp(vendor, "AWS") == 0 ? 21 : 0;
}

struct builder {
    const struct import_data *data;
    struct arena *arena;
    struct import_unit *unit;
    size_t count;
};

/* --- One unit --- */

static int by_start(const void *a, const void *b)
{
    const struct import_span *x = a, *y = b;
    if (x->start_s != y->start_s)
        return x->start_s > y->start_s ? 1 : -1;
    return (x->end_s > y->end_s) - (x->end_s < y->end_s);
}

static void merge(struct import_unit *unit)
{
    size_t kept = 0;
    for (size_t i = 0; i < unit->spans; i++) {
        struct import_span *last = kept > 0 ? &unit->span[kept - 1] : NULL;
        if (last != NULL && unit->span[i].start_s <= last->end_s) {
            last->end_s = fmax(last->end_s, unit->span[i].end_s);
            last->severity = fmax(last->severity, unit->span[i].severity);
        } else {
            unit->span[kept++] = unit->span[i];
        }
    }
    unit->spans = kept;
}

/* Which outages a unit is made of; NULL: any. */
struct filter {
    enum import_table table;
    const char *vendor, *service, *place;
    bool global; /* places that are no single region */
};

static bool is_global(const char *place)
{
    return strcmp(place, "Global") == 0 || strcmp(place, "Multi-region") == 0;
}

static bool passes(const struct filter *filter, const struct import_outage *outage)
{
    return outage->table == filter->table && (filter->vendor == NULL || strcmp(filter->vendor, outage->vendor) == 0) &&
           (filter->service == NULL || strcmp(filter->service, outage->service) == 0) &&
           (filter->place == NULL || strcmp(filter->place, outage->place) == 0) && (!filter->global || is_global(outage->place));
}

/* Fills unit's spans with what passes and starts in its window, in order. */
static void gather(struct builder *builder, const struct filter *filter, struct import_unit *unit)
{
    const struct import_data *data = builder->data;
    size_t found = 0;
    for (size_t i = 0; i < data->outages; i++)
        found += passes(filter, &data->outage[i]);
    unit->span = arena_array(builder->arena, found, struct import_span);
    for (size_t i = 0; i < data->outages; i++) {
        const struct import_outage *outage = &data->outage[i];
        if (passes(filter, outage) && outage->start_s >= unit->window_start_s && outage->start_s < unit->window_end_s)
            unit->span[unit->spans++] = (struct import_span){outage->start_s, outage->end_s, outage->severity};
    }
    if (unit->spans > 0)
        qsort(unit->span, unit->spans, sizeof *unit->span, by_start);
}

static struct import_unit vendor_unit(const char *scope, const char *vendor, const char *name)
{
    double end = is_azure(vendor) ? WINDOW_AZURE_S : WINDOW_END_S;
    return (struct import_unit){.scope = scope, .vendor = vendor, .name = name, .note = "", .window_start_s = WINDOW_START_S,
                                .window_end_s = end, .exposure_h = (end - WINDOW_START_S) / 3600};
}

static void add(struct builder *builder, const struct import_unit *unit)
{
    if (unit->spans > 0)
        builder->unit[builder->count++] = *unit;
}

/* --- Names in the order of their bytes --- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *name_of(const struct import_outage *outage, size_t offset)
{
    const char *text;
    memcpy(&text, (const char *)outage + offset, sizeof text);
    return text;
}

/* The different texts of one member among a vendor's outages of a table (vendor NULL: of all). */
static size_t names(struct builder *builder, enum import_table table, const char *vendor, size_t offset, const char ***list)
{
    const struct import_data *data = builder->data;
    size_t found = 0, kept = 0;
    *list = arena_array(builder->arena, data->outages, const char *);
    for (size_t i = 0; i < data->outages; i++)
        if (data->outage[i].table == table && (vendor == NULL || strcmp(vendor, data->outage[i].vendor) == 0))
            (*list)[found++] = name_of(&data->outage[i], offset);
    if (found > 0)
        qsort(*list, found, sizeof **list, by_text);
    for (size_t i = 0; i < found; i++)
        if (kept == 0 || strcmp((*list)[kept - 1], (*list)[i]) != 0)
            (*list)[kept++] = (*list)[i];
    return kept;
}

/* --- The archive's scopes --- */

static void add_vendor(struct builder *builder, const char *vendor)
{
    struct import_unit each = vendor_unit("vendor_any_service_post", vendor, "all posts (unmerged)");
    struct import_unit whole = vendor_unit("vendor_merged", vendor, "any service anywhere; overlapping posts merged");
    gather(builder, &(struct filter){.table = TABLE_POSTS, .vendor = vendor}, &each);
    gather(builder, &(struct filter){.table = TABLE_POSTS, .vendor = vendor}, &whole);
    merge(&whole);
    whole.part = true;
    add(builder, &each);
    add(builder, &whole);
}

static void add_regions(struct builder *builder, const char *vendor)
{
    const char **region;
    size_t count = names(builder, TABLE_REGIONS, vendor, offsetof(struct import_outage, place), &region);
    struct import_unit mean = vendor_unit("per_region_average", vendor, "");
    mean.span = arena_array(builder->arena, builder->data->outages, struct import_span);
    for (size_t i = 0; i < count; i++) {
        struct import_unit unit = vendor_unit("region_merged", vendor, region[i]);
        gather(builder, &(struct filter){.table = TABLE_REGIONS, .vendor = vendor, .place = region[i]}, &unit);
        merge(&unit);
        unit.part = true;
        add(builder, &unit);
        if (unit.spans > 0)
            memcpy(mean.span + mean.spans, unit.span, unit.spans * sizeof *unit.span);
        mean.spans += unit.spans;
    }
    int regions = regions_of(vendor);
    if (regions == 0 || count == 0)
        return;
    mean.name = arena_format(builder->arena, "mean region (assumes %d regions in service)", regions);
    mean.note = "region count is an assumption (unsourced)";
    mean.exposure_h *= regions;
    qsort(mean.span, mean.spans, sizeof *mean.span, by_start);
    add(builder, &mean);
}

static void add_services(struct builder *builder, const char *vendor)
{
    const char **service;
    struct import_unit global = vendor_unit("global_or_multiregion", vendor, "posts marked Global or Multi-region; merged");
    gather(builder, &(struct filter){.table = TABLE_POSTS, .vendor = vendor, .global = true}, &global);
    merge(&global);
    add(builder, &global);
    size_t count = names(builder, TABLE_POSTS, vendor, offsetof(struct import_outage, service), &service);
    for (size_t i = 0; i < count; i++) {
        struct import_unit unit = vendor_unit("service", vendor, service[i]);
        gather(builder, &(struct filter){.table = TABLE_POSTS, .vendor = vendor, .service = service[i]}, &unit);
        if (unit.spans >= MANY_POSTS)
            add(builder, &unit);
    }
}

/* Tables without a vendor's window: from the first start to the last end. */
static void add_bare(struct builder *builder, const char *scope, const char *name, const struct filter *filter)
{
    struct import_unit unit = {.scope = scope, .vendor = "", .name = name, .note = "", .window_start_s = -INFINITY,
                               .window_end_s = INFINITY, .part = true};
    gather(builder, filter, &unit);
    if (unit.spans == 0)
        return;
    unit.window_start_s = unit.span[0].start_s;
    unit.window_end_s = unit.span[0].end_s;
    for (size_t i = 0; i < unit.spans; i++)
        unit.window_end_s = fmax(unit.window_end_s, unit.span[i].end_s);
    unit.exposure_h = (unit.window_end_s - unit.window_start_s) / 3600;
    add(builder, &unit);
}

static void add_named(struct builder *builder, enum import_table table, const char *scope, size_t offset)
{
    const char **name;
    size_t count = names(builder, table, NULL, offset, &name);
    for (size_t i = 0; i < count; i++) {
        struct filter filter = {.table = table};
        if (offset == offsetof(struct import_outage, service))
            filter.service = name[i];
        else
            filter.place = name[i];
        add_bare(builder, scope, name[i][0] != '\0' ? name[i] : "all", &filter);
    }
}

static void add_users(struct builder *builder)
{
    const char **vendor;
    size_t count = names(builder, TABLE_USERS, NULL, offsetof(struct import_outage, vendor), &vendor);
    for (size_t i = 0; i < count; i++) {
        struct import_unit unit = vendor_unit("user_reported", vendor[i], "crowd-reported episodes");
        gather(builder, &(struct filter){.table = TABLE_USERS, .vendor = vendor[i]}, &unit);
        unit.part = true;
        add(builder, &unit);
    }
}

size_t import_units(const struct import_data *data, enum import_kind kind, const struct import_unit **units)
{
    const char **vendor;
    struct builder builder = {.data = data, .arena = data->arena};
    /* Each outage brings at most a vendor (2 units), a region, their mean, a service and a global row. */
    builder.unit = arena_array(data->arena, 6 * data->outages + 1, struct import_unit);
    size_t count = names(&builder, TABLE_POSTS, NULL, offsetof(struct import_outage, vendor), &vendor);
    for (size_t i = 0; i < count; i++)
        add_vendor(&builder, vendor[i]);
    for (size_t i = 0; i < count; i++)
        add_services(&builder, vendor[i]);
    count = names(&builder, TABLE_REGIONS, NULL, offsetof(struct import_outage, vendor), &vendor);
    for (size_t i = 0; i < count; i++)
        add_regions(&builder, vendor[i]);
    add_users(&builder);
    add_named(&builder, TABLE_SERVICE, "service", offsetof(struct import_outage, service));
    if (kind == IMPORT_INTERVALS)
        add_named(&builder, TABLE_INTERVALS, "component", offsetof(struct import_outage, place));
    *units = builder.unit;
    return builder.count;
}
