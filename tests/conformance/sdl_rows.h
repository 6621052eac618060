/* What the SDL reader makes of a row of the sdl_*.csv vectors, written as the vectors write it. Everything lives in an arena. */
#ifndef NINES_TESTS_SDL_ROWS_H
#define NINES_TESTS_SDL_ROWS_H

#include "models/sdl/sdl_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "k=v|k=v" */
static inline const char *sdl_row_attributes(struct arena *arena, struct attributes list)
{
    const char *text = "";
    for (int32_t i = 0; i < list.count; i++)
        text = arena_format(arena, "%s%s%s=%s", text, i > 0 ? "|" : "", list.items[i].key, list.items[i].value);
    return text;
}

/* "name:bytes:attrs;..." */
static inline const char *sdl_row_volumes(struct arena *arena, const struct market_unit *unit)
{
    const char *text = "";
    for (int32_t i = 0; i < unit->n_volumes; i++)
        text = arena_format(arena, "%s%s%s:%" PRId64 ":%s", text, i > 0 ? ";" : "", unit->volumes[i].name, unit->volumes[i].bytes,
                            sdl_row_attributes(arena, unit->volumes[i].attributes));
    return text;
}

static inline const char *sdl_row_decimal(struct arena *arena, decimal value)
{
    char text[DECIMAL_TEXT];
    return arena_text(arena, decimal_format(text, value));
}

/* sdl_quantity: kind is cpu, bytes or gpu. */
static inline const char *sdl_row_quantity(struct arena *arena, const char *kind, const char *text)
{
    const char *why = NULL;
    int64_t value = 0;
    bool fine = strcmp(kind, "cpu") == 0     ? quantity_cpu(text, &value, &why)
                : strcmp(kind, "bytes") == 0 ? quantity_bytes(text, &value, &why)
                                             : quantity_whole(text, INT64_MAX, &value, &why);
    return fine ? arena_format(arena, "%" PRId64, value) : "error";
}

static inline const char *sdl_row_price(struct arena *arena, const char *text)
{
    decimal value;
    return quantity_price(text, &value) == QUANTITY_PRICE_OK ? sdl_row_decimal(arena, value) : "error";
}

/* sdl_gpu (storage false) and sdl_storage: a fragment alone. */
static inline const char *sdl_row_fragment(struct arena *arena, const char *text, bool storage)
{
    struct mistakes mistakes;
    struct sdl_rules rules;
    struct market_unit unit = {0};
    struct sdl_reader reader = {.arena = arena, .mistakes = &mistakes, .rules = &rules};
    mistakes_open(&mistakes, arena, "fragment", text, strlen(text));
    check(sdl_rules_named("2026-08", &rules), "no rules");
    const struct tree_node *node = tree_read(arena, text, strlen(text), &mistakes);
    if (node != NULL && storage)
        sdl_storage(&reader, node, &unit);
    else if (node != NULL)
        sdl_gpu(&reader, node, &unit);
    if (mistakes.errors > 0)
        return arena_format(arena, "error:%s", mistakes_slug(&mistakes));
    return storage ? arena_format(arena, "ok:%s", sdl_row_volumes(arena, &unit))
                   : arena_format(arena, "ok:%d:%s", unit.gpu_units, sdl_row_attributes(arena, unit.gpu_attributes));
}

static inline struct sdl *sdl_row_read(struct arena *arena, const char *json, const char *rules_name)
{
    struct sdl_rules *rules = arena_new(arena, struct sdl_rules);
    check(sdl_rules_named(rules_name, rules), "no rules '%s'", rules_name);
    return sdl_read(arena, "case.yaml", json, strlen(json), rules);
}

/* sdl_cases: "ok" or "error:slug". */
static inline const char *sdl_row_case(struct arena *arena, const struct sdl *sdl)
{
    return sdl->mistakes.errors == 0 ? "ok" : arena_format(arena, "error:%s", mistakes_slug(&sdl->mistakes));
}

static inline const char *sdl_row_names(struct arena *arena, const char *const *names, int32_t count)
{
    const char *text = "";
    for (int32_t i = 0; i < count; i++)
        text = arena_format(arena, "%s%s%s", text, i > 0 ? "," : "", names[i]);
    return text;
}

/* One cell of sdl_group_units by the name of its column, for unit `u` of group `g` (from 0); NULL: no such column. */
static inline const char *sdl_row_unit_cell(struct arena *arena, const struct sdl *sdl, int32_t g, int32_t u, const char *column)
{
    const struct sdl_group *group = &sdl->groups[g];
    const struct market_requirements *requirements = &group->spec.requirements;
    const struct market_unit *unit = &group->spec.units[u];
    const char *numbers = "";
    int kinds[3] = {0};
    for (int32_t i = 0; i < unit->n_endpoints; i++) {
        kinds[unit->endpoints[i].kind]++;
        if (unit->endpoints[i].kind == MARKET_ENDPOINT_IP)
            numbers = arena_format(arena, "%s%s%d", numbers, numbers[0] != '\0' ? ";" : "", unit->endpoints[i].ip_number);
    }
    if (strcmp(column, "group_name") == 0)
        return group->spec.name;
    if (strcmp(column, "attributes") == 0)
        return sdl_row_attributes(arena, requirements->attributes);
    if (strcmp(column, "any_of") == 0)
        return sdl_row_names(arena, requirements->any_of, requirements->n_any_of);
    if (strcmp(column, "all_of") == 0)
        return sdl_row_names(arena, requirements->all_of, requirements->n_all_of);
    if (strcmp(column, "unit_id") == 0)
        return arena_format(arena, "%u", unit->id);
    if (strcmp(column, "count") == 0)
        return arena_format(arena, "%u", unit->count);
    if (strcmp(column, "cpu_milli") == 0)
        return arena_format(arena, "%" PRId64, unit->cpu_milli);
    if (strcmp(column, "gpu") == 0)
        return arena_format(arena, "%d", unit->gpu_units);
    if (strcmp(column, "gpu_attrs") == 0)
        return sdl_row_attributes(arena, unit->gpu_attributes);
    if (strcmp(column, "mem") == 0)
        return arena_format(arena, "%" PRId64, unit->memory_bytes);
    if (strcmp(column, "storage") == 0)
        return sdl_row_volumes(arena, unit);
    if (strcmp(column, "http_endpoints") == 0)
        return arena_format(arena, "%d", kinds[MARKET_ENDPOINT_HTTP]);
    if (strcmp(column, "port_endpoints") == 0)
        return arena_format(arena, "%d", kinds[MARKET_ENDPOINT_PORT]);
    if (strcmp(column, "ip_endpoint_seqs") == 0)
        return numbers;
    if (strcmp(column, "price") == 0)
        return sdl_row_decimal(arena, unit->price);
    return strcmp(column, "denom") == 0 ? group->notes[u].denom : NULL;
}

#endif
