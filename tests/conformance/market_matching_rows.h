/* Rows about matching: attributes, requirements, resources, offers, prices, and the validity of groups. */
#ifndef NINES_TESTS_MARKET_MATCHING_ROWS_H
#define NINES_TESTS_MARKET_MATCHING_ROWS_H

#include "models/market/pricing.h"
#include "models/market/requirements.h"
#include "tests/conformance/rows.h"

static inline const char *attribute_result(const char *op, const char *a, const char *b)
{
    if (strcmp(op, "subset") == 0)
        return truth(attributes_subset(attributes_from_text(&rows_arena, a), attributes_from_text(&rows_arena, b)));
    if (strcmp(op, "any") == 0)
        return truth(attributes_any_of(attributes_from_text(&rows_arena, a), attributes_from_text(&rows_arena, b)));
    if (strcmp(op, "key") == 0)
        return truth(attribute_key_valid(a, ATTRIBUTES_OF_TENANT));
    if (strcmp(op, "glob") == 0) {
        const char *parts[2];
        row_same(vectors_split(&rows_arena, a, ' ', parts, 2), 2);
        return truth(attribute_glob(parts[0], parts[1]));
    }
    const bool strict = strcmp(op, "validate_strict") == 0;
    row_must(strict || strcmp(op, "validate") == 0);
    return attributes_error_name(
        attributes_validate(attributes_from_text(&rows_arena, a), strict ? ATTRIBUTES_OF_PROVIDER : ATTRIBUTES_OF_TENANT));
}

static inline void rows_attr_match(const struct vectors *v, int i)
{
    row_expect("result", attribute_result(vectors_cell(v, i, "op"), vectors_cell(v, i, "a"), vectors_cell(v, i, "b")),
                   vectors_cell(v, i, "expect"));
}

static inline void rows_requirements_match(const struct vectors *v, int i)
{
    const char *all[VECTOR_PARTS], *any[VECTOR_PARTS], *audited[VECTOR_PARTS];
    struct requirements_audit audits[VECTOR_PARTS];
    struct market_requirements requirements = {
        .attributes = attributes_from_text(&rows_arena, vectors_cell(v, i, "requirement_attrs")),
        .all_of = all,
        .n_all_of = vectors_split(&rows_arena, vectors_cell(v, i, "all_of"), ',', all, VECTOR_PARTS),
        .any_of = any,
        .n_any_of = vectors_split(&rows_arena, vectors_cell(v, i, "any_of"), ',', any, VECTOR_PARTS)};
    const int n = vectors_split(&rows_arena, vectors_cell(v, i, "audited"), ';', audited, VECTOR_PARTS);
    for (int j = 0; j < n; j++) {
        const char *pair[2];
        row_same(vectors_split(&rows_arena, audited[j], ':', pair, 2), 2);
        audits[j] = (struct requirements_audit){pair[0], attributes_from_text(&rows_arena, pair[1])};
    }
    const struct requirements_provider provider = {
        attributes_from_text(&rows_arena, vectors_cell(v, i, "provider_attrs")), audits, n};
    row_expect("result", truth(requirements_match(&requirements, &provider)), vectors_cell(v, i, "expect"));
}

static inline void rows_resources_match(const struct vectors *v, int i)
{
    const char *texts[VECTOR_PARTS];
    const int n_units = vectors_split(&rows_arena, vectors_cell(v, i, "units"), '&', texts, VECTOR_PARTS);
    struct market_unit *units = arena_array(&rows_arena, (size_t)n_units, struct market_unit);
    for (int u = 0; u < n_units; u++) {
        const char *parts[3], *volume_texts[VECTOR_PARTS];
        row_same(vectors_split(&rows_arena, texts[u], '#', parts, 3), 3);
        int n = vectors_split(&rows_arena, parts[0], ';', volume_texts, VECTOR_PARTS);
        struct market_volume *volumes = arena_array(&rows_arena, VECTOR_PARTS, struct market_volume);
        for (int j = 0; j < n; j++)
            volumes[j].attributes = attributes_from_text(&rows_arena, volume_texts[j]);
        units[u] = (struct market_unit){.gpu_units = atoi(parts[1]),
                                        .gpu_attributes = attributes_from_text(&rows_arena, parts[2]),
                                        .volumes = volumes,
                                        .n_volumes = n ? n : 1};
    }
    const struct market_group_spec group = {.units = units, .n_units = n_units};
    const struct attributes own = attributes_from_text(&rows_arena, vectors_cell(v, i, "provider_attrs"));
    row_expect("result", truth(requirements_resources_match(&group, own)), vectors_cell(v, i, "expect"));
}

/* "id:count;..." as offer entries. */
static inline int read_offer(const char *text, struct requirements_offer *offer)
{
    const char *items[VECTOR_PARTS];
    const int n = vectors_split(&rows_arena, text, ';', items, VECTOR_PARTS);
    for (int j = 0; j < n; j++)
        row_same(sscanf(items[j], "%" SCNu32 ":%" SCNu32, &offer[j].unit_id, &offer[j].count), 2);
    return n;
}

static inline void rows_offer_match(const struct vectors *v, int i)
{
    struct requirements_offer order[VECTOR_PARTS], offer[VECTOR_PARTS];
    struct market_unit units[VECTOR_PARTS] = {0};
    const int n_units = read_offer(vectors_cell(v, i, "group_units"), order);
    for (int u = 0; u < n_units; u++) {
        units[u].id = order[u].unit_id;
        units[u].count = order[u].count;
    }
    const struct market_group_spec group = {.units = units, .n_units = n_units};
    const int n = read_offer(vectors_cell(v, i, "offer"), offer);
    row_expect("result", offer_match_name(requirements_offer_match(&group, offer, n)),
                   vectors_cell(v, i, "expect"));
}

static inline void rows_bid_price(const struct vectors *v, int i)
{
    const char *items[VECTOR_PARTS];
    struct market_unit units[VECTOR_PARTS] = {0};
    const int n = vectors_split(&rows_arena, vectors_cell(v, i, "units"), ';', items, VECTOR_PARTS);
    const enum market_denom denom = market_denom_from_name(vectors_cell(v, i, "order_denom"));
    for (int u = 0; u < n; u++) {
        const char *pair[2];
        row_same(vectors_split(&rows_arena, items[u], ':', pair, 2), 2);
        units[u] = (struct market_unit){
            .id = (uint32_t)u + 1, .count = (uint32_t)atoi(pair[0]), .price = number(pair[1]), .denom = denom};
    }
    const struct market_group_spec group = {.units = units, .n_units = n};
    const decimal order = group_spec_price(&group);
    row_expect("result", shown(order), vectors_cell(v, i, "order_price"));
    row_expect("result", bid_price_name(price_check_bid(order, group_spec_denom(&group), number(vectors_cell(v, i, "bid_price")),
                                       market_denom_from_name(vectors_cell(v, i, "bid_denom")))),
        vectors_cell(v, i, "expect"));
}

/* --- Groups --- */

static inline int64_t number_or_absent(const char *text, int64_t absent)
{
    return strcmp(text, "nil") == 0 ? absent : strtoll(text, NULL, 10);
}

/* "id,count,cpu,gpu,gpu_attrs,mem,storage,price,denom" */
static inline void read_limited_unit(const char *text, struct market_unit *unit)
{
    const char *cells[9], *sizes[VECTOR_PARTS];
    row_same(vectors_split(&rows_arena, text, ',', cells, 9), 9);
    *unit = (struct market_unit){.id = (uint32_t)atoi(cells[0]), .count = (uint32_t)atoi(cells[1])};
    unit->cpu_milli = number_or_absent(cells[2], 0);
    unit->gpu_units = (int32_t)number_or_absent(cells[3], -1);
    unit->gpu_attributes = attributes_from_text(&rows_arena, cells[4]);
    unit->memory_bytes = number_or_absent(cells[5], 0);
    if (strcmp(cells[6], "nil") != 0) {
        struct market_volume *volumes = arena_array(&rows_arena, VECTOR_PARTS, struct market_volume);
        unit->n_volumes = vectors_split(&rows_arena, cells[6], '+', sizes, VECTOR_PARTS);
        for (int j = 0; j < unit->n_volumes; j++)
            volumes[j].bytes = strtoll(sizes[j], NULL, 10);
        unit->volumes = volumes;
    }
    unit->price = strcmp(cells[7], "nil") == 0 ? decimal_zero() : number(cells[7]);
    unit->denom = market_denom_from_name(cells[8]);
}

static inline void rows_group_validation(const struct vectors *v, int i)
{
    const char *items[VECTOR_PARTS];
    struct market_unit units[VECTOR_PARTS];
    struct market_group_spec spec = {.name = vectors_cell(v, i, "group_name"), .units = units};
    spec.n_units = vectors_split(&rows_arena, vectors_cell(v, i, "units"), ';', items, VECTOR_PARTS);
    for (int u = 0; u < spec.n_units; u++)
        read_limited_unit(items[u], &units[u]);
    row_expect_cell(v, i, "expect", group_fault_name(group_spec_validate(&spec, true)));
}

#endif
