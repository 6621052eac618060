#include "models/sdl/sdl_inside.h"

#include <stdlib.h>
#include <string.h>

/* --- Numbers of leased addresses --- */

struct numbers {
    const char **names; /* sorted */
    int32_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool service_deployed(const struct sdl_document *document, const struct sdl_service *service)
{
    for (int32_t i = 0; i < document->n_uses; i++)
        if (document->uses[i].service == service)
            return true;
    return false;
}

/* One name for each entry of a `to` of a deployed service, but for those that are global and lease no address; what is not global
 * counts as the empty name. */
static struct numbers numbers(struct sdl_reader *reader)
{
    const struct sdl_document *document = &reader->document;
    struct numbers numbers = {.names = arena_array(reader->arena, TREE_NODES, const char *)};
    for (int32_t i = 0; i < document->n_services; i++) {
        const struct sdl_service *service = &document->services[i];
        for (int32_t j = 0; j < service->n_exposes && service_deployed(document, service); j++)
            for (int32_t k = 0; k < service->exposes[j].n_to; k++) {
                const struct sdl_to *to = &service->exposes[j].to[k];
                if (!to->global || to->ip[0] != '\0')
                    numbers.names[numbers.count++] = to->ip;
            }
    }
    if (numbers.count > 1)
        qsort(numbers.names, (size_t)numbers.count, sizeof *numbers.names, compare_names);
    return numbers;
}

/* The place, from 1, of the last occurrence of the name. */
static int32_t number_of(const struct numbers *numbers, const char *name)
{
    int32_t last = 0;
    for (int32_t i = 0; i < numbers->count; i++)
        if (strcmp(numbers->names[i], name) == 0)
            last = i + 1;
    return last;
}

/* --- Units --- */

/* A unit under construction: its uses are those whose `unit` is its index. */
struct draft {
    const struct sdl_placement *placement;
    const struct sdl_use *first;
    int64_t count;
    int32_t n_endpoints;
    size_t services_length;
    struct market_endpoint *endpoints;
    char *services;
};

struct drafts {
    struct sdl_reader *reader;
    struct draft *items;
    int32_t count;
    int32_t *unit_of; /* [n_uses] */
    struct numbers numbers;
};

static int32_t endpoints_of(const struct sdl_service *service)
{
    int32_t n = 0;
    for (int32_t i = 0; i < service->n_exposes; i++)
        for (int32_t j = 0; j < service->exposes[i].n_to; j++) {
            const struct sdl_to *to = &service->exposes[i].to[j];
            n += to->global ? 1 + (to->ip[0] != '\0') : 0;
        }
    return n;
}

/* The unit that this use joins: its own, or, from version 2.1 on, that of the same placement and profile. */
static struct draft *draft_for(struct drafts *drafts, const struct sdl_use *use)
{
    for (int32_t i = 0; drafts->reader->merges && i < drafts->count; i++)
        if (drafts->items[i].placement == use->placement && drafts->items[i].first->compute == use->compute)
            return &drafts->items[i];
    struct draft *draft = &drafts->items[drafts->count++];
    *draft = (struct draft){.placement = use->placement, .first = use};
    return draft;
}

static void append_endpoints(const struct drafts *drafts, struct draft *draft, const struct sdl_service *service)
{
    for (int32_t i = 0; i < service->n_exposes; i++)
        for (int32_t j = 0; j < service->exposes[i].n_to; j++) {
            const struct sdl_expose *expose = &service->exposes[i];
            const struct sdl_to *to = &expose->to[j];
            bool http = !expose->udp && expose->external == 80;
            if (!to->global)
                continue;
            draft->endpoints[draft->n_endpoints++] = (struct market_endpoint){.kind = http ? MARKET_ENDPOINT_HTTP : MARKET_ENDPOINT_PORT};
            if (to->ip[0] != '\0')
                draft->endpoints[draft->n_endpoints++] = (struct market_endpoint){MARKET_ENDPOINT_IP, number_of(&drafts->numbers, to->ip)};
        }
}

static void drafts_make(struct drafts *drafts)
{
    struct arena *arena = drafts->reader->arena;
    const struct sdl_document *document = &drafts->reader->document;
    drafts->items = arena_array(arena, (size_t)document->n_uses, struct draft);
    drafts->unit_of = arena_array(arena, (size_t)document->n_uses, int32_t);
    for (int32_t i = 0; i < document->n_uses; i++) {
        const struct sdl_use *use = &document->uses[i];
        struct draft *draft = draft_for(drafts, use);
        drafts->unit_of[i] = (int32_t)(draft - drafts->items);
        draft->count += use->count;
        draft->n_endpoints += endpoints_of(use->service);
        draft->services_length += strlen(use->service_name) + 2;
    }
    for (int32_t i = 0; i < drafts->count; i++) {
        struct draft *draft = &drafts->items[i];
        draft->endpoints = arena_array(arena, (size_t)draft->n_endpoints, struct market_endpoint);
        draft->services = arena_array(arena, draft->services_length + 1, char);
        draft->n_endpoints = 0;
        draft->services_length = 0;
    }
    for (int32_t i = 0; i < document->n_uses; i++) {
        struct draft *draft = &drafts->items[drafts->unit_of[i]];
        const char *name = document->uses[i].service_name;
        append_endpoints(drafts, draft, document->uses[i].service);
        char *end = draft->services + draft->services_length;
        draft->services_length += (size_t)sprintf(end, "%s%s", draft->services_length > 0 ? ", " : "", name);
    }
}

/* --- Groups --- */

static struct market_unit unit_from(struct drafts *drafts, const struct draft *draft, uint32_t id)
{
    struct market_unit unit = draft->first->compute->unit;
    if (draft->count > UINT32_MAX)
        sdl_wrong(drafts->reader, draft->first->mark, "unit_count", NULL, "profile '%s' is deployed more than %u times", draft->first->profile, UINT32_MAX);
    unit.id = id;
    unit.count = (uint32_t)draft->count;
    unit.endpoints = draft->endpoints;
    unit.n_endpoints = draft->n_endpoints;
    unit.price = draft->first->pricing->amount;
    unit.denom = sdl_denom(draft->first->pricing->denom);
    return unit;
}

/* The placement's requirements, and the trusted execution that its services want. */
static struct market_requirements requirements(struct drafts *drafts, const struct sdl_placement *placement)
{
    struct market_requirements out = placement->requirements;
    const struct sdl_document *document = &drafts->reader->document;
    for (int32_t i = 0; i < document->n_uses; i++) {
        const char *tee = document->uses[i].service->tee;
        if (document->uses[i].placement != placement || tee[0] == '\0')
            continue;
        struct attribute *items = arena_array(drafts->reader->arena, (size_t)out.attributes.count + 1, struct attribute);
        int32_t n = 0;
        for (int32_t j = 0; j < out.attributes.count; j++)
            if (strcmp(out.attributes.items[j].key, "tee/type") != 0)
                items[n++] = out.attributes.items[j];
        items[n++] = (struct attribute){"tee/type", tee};
        sdl_attributes_sort(items, n);
        out.attributes = (struct attributes){items, n};
        return out;
    }
    return out;
}

/* What the chain allows; NULL where the fault's name says it all. */
static const char *fault_text(enum group_fault fault)
{
    switch (fault) {
    case GROUP_UNIT_CPU: return "a replica needs 0.01 to 384 cores";
    case GROUP_UNIT_GPU: return "a replica has at most 24 GPUs";
    case GROUP_UNIT_GPU_ATTRIBUTES: return "GPU attributes need gpu.units above 0";
    case GROUP_UNIT_MEMORY: return "a replica needs 1Mi to 2Ti of memory";
    case GROUP_UNIT_STORAGE: return "a profile needs a volume, and each volume 5Mi to 32Ti";
    case GROUP_PRICE_INVALID: return "a price needs a denom, such as uakt";
    case GROUP_PRICE_MAX: return "a replica costs at most 10000000 per block";
    case GROUP_TOTAL_CPU: return "all replicas together need above 0, at most 19200 cores; is a count missing?";
    case GROUP_TOTAL_GPU: return "all replicas together have at most 1200 GPUs";
    case GROUP_TOTAL_MEMORY: return "all replicas together need above 0, at most 100Ti of memory";
    case GROUP_DENOM_MIXED: return "all prices of a placement are in one denom";
    case GROUP_OK: case GROUP_NAME: case GROUP_NO_UNITS: case GROUP_UNITS_MAX: case GROUP_UNIT_ID: case GROUP_UNIT_ID_DUPLICATE:
    case GROUP_UNIT_COUNT: case GROUP_FAULTS: break;
    }
    return NULL;
}

/* The profile of the first unit that has this fault on its own, or NULL: the fault is one of the whole group. */
static const struct sdl_compute *find_culprit(const struct drafts *drafts, const struct sdl_group *group, const struct market_unit *units, enum group_fault fault)
{
    const struct sdl_document *document = &drafts->reader->document;
    const char *profile = NULL;
    for (int32_t i = 0; i < group->spec.n_units && profile == NULL; i++) {
        struct market_group_spec alone = group->spec;
        alone.units = &units[i];
        alone.n_units = 1;
        bool own = group_spec_validate(&alone, drafts->reader->rules->unlimited_counts) == fault;
        profile = own && fault < GROUP_TOTAL_CPU ? group->notes[i].profile : NULL;
    }
    for (int32_t i = 0; profile != NULL && i < document->n_computes; i++)
        if (strcmp(document->computes[i].name, profile) == 0)
            return &document->computes[i];
    return NULL;
}

/* Holds a group against the chain's limits. Prices in a denom that the market does not know are judged as if it did. */
static void validate(struct drafts *drafts, const struct sdl_group *group, const struct sdl_placement *placement)
{
    struct market_group_spec spec = group->spec;
    struct market_unit *units = arena_array(drafts->reader->arena, (size_t)spec.n_units, struct market_unit);
    enum group_fault fault = GROUP_OK;
    for (int32_t i = 0; i < spec.n_units; i++) {
        units[i] = spec.units[i];
        units[i].denom = group->notes[i].denom[0] != '\0' ? MARKET_UAKT : MARKET_DENOM_NONE;
    }
    spec.units = units;
    fault = group_spec_validate(&spec, drafts->reader->rules->unlimited_counts);
    for (int32_t i = 1; i < spec.n_units && fault == GROUP_OK; i++)
        if (strcmp(group->notes[i].denom, group->notes[0].denom) != 0)
            fault = GROUP_DENOM_MIXED;
    if (fault == GROUP_OK)
        return;
    /* A limit of one unit is a matter of its profile. */
    const struct sdl_compute *culprit = find_culprit(drafts, group, units, fault);
    if (culprit != NULL)
        sdl_wrong(drafts->reader, culprit->mark, group_fault_name(fault), fault_text(fault), "profile '%s' makes no valid unit: %s", culprit->name, group_fault_name(fault));
    else
        sdl_wrong(drafts->reader, placement->mark, group_fault_name(fault), fault_text(fault), "placement '%s' makes no valid group: %s", placement->name,
                  group_fault_name(fault));
}

static struct sdl_group group_from(struct drafts *drafts, const struct sdl_placement *placement, int32_t id)
{
    struct arena *arena = drafts->reader->arena;
    size_t most = 0;
    int32_t n = 0;
    for (int32_t i = 0; i < drafts->count; i++)
        most += drafts->items[i].placement == placement;
    if (most == 0)
        return (struct sdl_group){0};
    struct market_unit *units = arena_array(arena, most, struct market_unit);
    struct sdl_unit_note *notes = arena_array(arena, most, struct sdl_unit_note);
    struct sdl_group group = {.notes = notes};
    for (int32_t i = 0; i < drafts->count; i++) {
        const struct draft *draft = &drafts->items[i];
        if (draft->placement != placement)
            continue;
        units[n] = unit_from(drafts, draft, (uint32_t)n + 1);
        notes[n] = (struct sdl_unit_note){draft->first->pricing->denom, draft->first->profile, draft->services};
        n++;
    }
    group.spec = (struct market_group_spec){.id = id, .name = placement->name, .requirements = requirements(drafts, placement), .units = units, .n_units = n};
    return group;
}

void sdl_groups(struct sdl_reader *reader, struct sdl *sdl)
{
    const struct sdl_document *document = &reader->document;
    struct drafts drafts = {.reader = reader, .numbers = numbers(reader)};
    struct sdl_group *groups = arena_array(reader->arena, (size_t)document->n_placements, struct sdl_group);
    drafts_make(&drafts);
    for (int32_t i = 0; i < document->n_placements; i++) {
        groups[sdl->n_groups] = group_from(&drafts, &document->placements[i], sdl->n_groups);
        if (groups[sdl->n_groups].spec.n_units == 0)
            continue; /* nothing is deployed to this placement */
        validate(&drafts, &groups[sdl->n_groups], &document->placements[i]);
        sdl->n_groups++;
    }
    sdl->groups = groups;
}
