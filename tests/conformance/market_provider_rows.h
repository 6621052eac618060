/* Rows about the provider side: the inventory walk, pricing, the balance checker. */
#ifndef NINES_TESTS_MARKET_PROVIDER_ROWS_H
#define NINES_TESTS_MARKET_PROVIDER_ROWS_H

#include "models/market/provider.h"
#include "tests/conformance/rows.h"

/* --- Inventory --- */

/* "bytes[@attributes]" joined by '+'. */
static inline void read_volumes(const char *text, struct market_unit *unit)
{
    const char *items[VECTOR_PARTS];
    const int n = vectors_split(&rows_arena, text, '+', items, VECTOR_PARTS);
    struct market_volume *volumes = arena_array(&rows_arena, VECTOR_PARTS, struct market_volume);
    for (int j = 0; j < n; j++) {
        const char *pair[2] = {"", ""};
        vectors_split(&rows_arena, items[j], '@', pair, 2);
        volumes[j].bytes = strtoll(pair[0], NULL, 10);
        volumes[j].attributes = attributes_from_text(&rows_arena, pair[1]);
    }
    unit->volumes = volumes;
    unit->n_volumes = n;
}

static inline struct market_group_spec *read_group(const struct vectors *units, const char *case_id, int64_t seq)
{
    struct market_group_spec *group = arena_new(&rows_arena, struct market_group_spec);
    struct market_unit *list = arena_array(&rows_arena, VECTOR_PARTS, struct market_unit);
    for (int i = 0; i < units->n_rows; i++) {
        if (strcmp(vectors_cell(units, i, "case_id"), case_id) != 0 || vectors_int(units, i, "seq") != seq)
            continue;
        struct market_unit *unit = &list[group->n_units++];
        *unit =
            (struct market_unit){.id = (uint32_t)vectors_int(units, i, "unit_id"),
                                 .count = (uint32_t)vectors_int(units, i, "count"),
                                 .cpu_milli = vectors_int(units, i, "cpu_milli"),
                                 .memory_bytes = vectors_int(units, i, "mem"),
                                 .gpu_units = (int32_t)vectors_int(units, i, "gpu"),
                                 .gpu_attributes = attributes_from_text(&rows_arena, vectors_cell(units, i, "gpu_attrs"))};
        read_volumes(vectors_cell(units, i, "storage"), unit);
    }
    group->units = list;
    return group;
}

static inline struct adjust_pair read_pair(const struct vectors *v, int row, const char *allocatable, const char *allocated)
{
    return (struct adjust_pair){vectors_int(v, row, allocatable), vectors_int(v, row, allocated)};
}

static inline void read_node(const struct vectors *v, int row, struct adjust_node_spec *node)
{
    const char *items[VECTOR_PARTS];
    struct adjust_gpu_spec *gpus = arena_array(&rows_arena, VECTOR_PARTS, struct adjust_gpu_spec);
    const char **classes = arena_array(&rows_arena, VECTOR_PARTS, const char *);
    node->cpu_milli = read_pair(v, row, "cpu_allocatable_milli", "cpu_allocated_milli");
    node->memory_bytes = read_pair(v, row, "mem_allocatable", "mem_allocated");
    node->gpus = read_pair(v, row, "gpu_allocatable", "gpu_allocated");
    node->ephemeral_bytes = read_pair(v, row, "eph_allocatable", "eph_allocated");
    node->n_gpu_list = vectors_split(&rows_arena, vectors_cell(v, row, "gpus"), ';', items, VECTOR_PARTS);
    for (int j = 0; j < node->n_gpu_list; j++) {
        const char *parts[4];
        row_same(vectors_split(&rows_arena, items[j], ':', parts, 4), 4);
        gpus[j] = (struct adjust_gpu_spec){parts[0], parts[1], parts[2], parts[3]};
    }
    node->gpu_list = gpus;
    node->n_classes = vectors_split(&rows_arena, vectors_cell(v, row, "storage_classes"), ';', classes, VECTOR_PARTS);
    node->classes = classes;
}

static inline struct adjust_cluster *read_cluster(const struct vectors *nodes, const struct vectors *storage,
                                           struct adjust_names *names, const char *id, const char **node_names)
{
    struct adjust_node_spec node[VECTOR_PARTS] = {0};
    struct adjust_pool_spec pool[VECTOR_PARTS];
    struct adjust_cluster_spec spec = {.nodes = node, .pools = pool, .leased_ips = ADJUST_UNSET};
    for (int i = 0; i < nodes->n_rows; i++)
        if (strcmp(vectors_cell(nodes, i, "cluster_id"), id) == 0) {
            node_names[spec.n_nodes] = vectors_cell(nodes, i, "name");
            read_node(nodes, i, &node[spec.n_nodes++]);
        }
    for (int i = 0; i < storage->n_rows; i++)
        if (strcmp(vectors_cell(storage, i, "cluster_id"), id) == 0)
            pool[spec.n_pools++] = (struct adjust_pool_spec){vectors_cell(storage, i, "storage_class"),
                                                             read_pair(storage, i, "allocatable", "allocated")};
    const struct adjust_rules rules = adjust_rules_2024_07();
    return adjust_cluster_create(&rows_arena, names, adjust_book_create(&rows_arena, 16, 64), &spec, &rules);
}

/* "unit:attribute;..." in the group's order. */
static inline const char *resolved_text(const struct adjust_names *names, const struct adjust_cluster *cluster,
                                 const struct adjust_request *request, reservation_id id)
{
    struct adjust_wish resolved[ADJUST_UNITS_MAX];
    const char *text = "";
    adjust_resolved(cluster, id, resolved);
    for (int i = 0; i < request->n_units; i++) {
        const char *key = resolved[i].vendor == ADJUST_UNSET
                              ? ""
                              : arena_format(&rows_arena, "%s=true", adjust_wish_key(names, &rows_arena, &resolved[i]));
        text = arena_format(&rows_arena, "%s%s%d:%s", text, *text ? ";" : "", request->units[i].id, key);
    }
    return text;
}

/* "unit:node,node;..." in the group's order, each unit's nodes in placing order. */
static inline const char *placement_text(const struct adjust_cluster *cluster, const struct adjust_request *request,
                                  reservation_id id, const char **node_names)
{
    const char *text = "";
    for (int i = 0; i < request->n_units; i++) {
        const char *list = "";
        for (const struct adjust_run *run = adjust_next_run(cluster, id, NULL); run;
             run = adjust_next_run(cluster, id, run))
            for (int j = 0; run->unit == i && j < run->count; j++)
                list = arena_format(&rows_arena, "%s%s%s", list, *list ? "," : "", node_names[run->node]);
        text = arena_format(&rows_arena, "%s%s%d:%s", text, *text ? ";" : "", request->units[i].id, list);
    }
    return text;
}

/* The clusters and requests of the file under way; successful requests stay booked for the case's next row. */
static struct {
    struct vectors nodes, storage, units;
    struct adjust_names *names;
    struct adjust_cluster *cluster;
    const char *node_names[VECTOR_PARTS];
} inventory;

static inline void inventory_begin(const struct vectors *v, int i)
{
    if (i == 0) {
        inventory.names = adjust_names_create(&rows_arena, 64);
        row_must(vectors_read(&rows_arena, rows_folder, "inventory_nodes", &inventory.nodes));
        row_must(vectors_read(&rows_arena, rows_folder, "inventory_storage", &inventory.storage));
        row_must(vectors_read(&rows_arena, rows_folder, "inventory_units", &inventory.units));
    }
    if (vectors_int(v, i, "seq") == 1)
        inventory.cluster = read_cluster(&inventory.nodes, &inventory.storage, inventory.names,
                                         vectors_cell(v, i, "cluster_id"), inventory.node_names);
}

static inline void rows_inventory_cases(const struct vectors *v, int i)
{
    const struct adjust_overcommit none = {0, 0, 0};
    const struct adjust_rules rules = adjust_rules_2024_07();
    inventory_begin(v, i);
    struct adjust_cluster *cluster = inventory.cluster;
    const struct market_group_spec *group =
        read_group(&inventory.units, vectors_cell(v, i, "case_id"), vectors_int(v, i, "seq"));
    const struct adjust_request *request = adjust_request_create(&rows_arena, inventory.names, group, &none, &rules);
    const uint64_t before = adjust_digest(cluster, 0);
    reservation_id reservation;
    const enum adjust_result fits = adjust_fits(cluster, request);
    row_must(adjust_digest(cluster, 0) == before);
    const enum adjust_result result = adjust_reserve(cluster, request, &reservation);
    row_same(fits, result);
    row_expect("result", adjust_result_name(result), vectors_cell(v, i, "expect"));
    adjust_audit(cluster, &rows_arena);
    if (result != ADJUST_OK) {
        row_must(adjust_digest(cluster, 0) == before);
        return;
    }
    row_expect("gpu_attrs_after", resolved_text(inventory.names, cluster, request, reservation),
               vectors_cell(v, i, "gpu_attrs_after"));
    row_expect("placement", placement_text(cluster, request, reservation, inventory.node_names),
               vectors_cell(v, i, "placement"));
    if (vectors_int(v, i, "dry_run") != 0)
        adjust_release(cluster, reservation);
}

static inline void rows_resource_pair(const struct vectors *v, int i)
{
    struct adjust_pair pair = read_pair(v, i, "allocatable", "allocated");
    const char *got = strcmp(vectors_cell(v, i, "op"), "available") == 0
                          ? arena_format(&rows_arena, "%" PRId64, adjust_available(pair))
                          : truth(adjust_take(&pair, vectors_int(v, i, "value")));
    row_expect("result", got, vectors_cell(v, i, "expect"));
    row_same(pair.allocated, vectors_int(v, i, "allocated_after"));
}

static inline void rows_overcommit(const struct vectors *v, int i)
{
    if (strcmp(vectors_cell(v, i, "op"), "commit") == 0) {
        /* Factor f is what 100 (f - 1) percent make of it. */
        const int64_t percent = (int64_t)(100 * (strtod(vectors_cell(v, i, "factor"), NULL) - 1));
        row_same(adjust_overcommitted(vectors_int(v, i, "value"), percent, true),
                         vectors_int(v, i, "expect"));
    } else { /* a factor shows in what it makes of a number that it divides */
        const int64_t factor = (int64_t)strtod(vectors_cell(v, i, "expect"), NULL);
        row_same(adjust_overcommitted(6000, vectors_int(v, i, "value"), true), 6000 / factor);
    }
}

/* --- Pricing --- */

static inline struct price_factor factor(const char *text)
{
    struct price_factor read = {0, 0};
    row_must(price_factor_parse(text, &read));
    return read;
}

/* bytes@class: as the provider sees it, a volume of that class, "ephemeral" being no class at all. */
static inline struct market_volume read_priced_volume(const char *text)
{
    const char *pair[2];
    row_same(vectors_split(&rows_arena, text, '@', pair, 2), 2);
    const char *attributes = "";
    if (strcmp(pair[1], "ram") == 0)
        attributes = "persistent=false|class=ram";
    else if (strcmp(pair[1], "ephemeral") != 0)
        attributes = arena_format(&rows_arena, "persistent=true|class=%s", pair[1]);
    return (struct market_volume){.bytes = strtoll(pair[0], NULL, 10),
                                  .attributes = attributes_from_text(&rows_arena, attributes)};
}

static inline void read_priced_volumes(const char *text, struct market_unit *unit)
{
    const char *items[VECTOR_PARTS];
    struct market_volume *volumes = arena_array(&rows_arena, VECTOR_PARTS, struct market_volume);
    unit->n_volumes = vectors_split(&rows_arena, text, '+', items, VECTOR_PARTS);
    for (int j = 0; j < unit->n_volumes; j++)
        volumes[j] = read_priced_volume(items[j]);
    unit->volumes = volumes;
}

/* Plain endpoints, and one more per leased-IP number. */
static inline void read_endpoints(int plain, const char *numbers, struct market_unit *unit)
{
    const char *items[VECTOR_PARTS];
    const int leased = vectors_split(&rows_arena, numbers, '+', items, VECTOR_PARTS);
    struct market_endpoint *endpoints = arena_array(&rows_arena, VECTOR_PARTS, struct market_endpoint);
    for (int j = 0; j < leased; j++)
        endpoints[plain + j] = (struct market_endpoint){MARKET_ENDPOINT_IP, atoi(items[j])};
    unit->endpoints = endpoints;
    unit->n_endpoints = plain + leased;
}

static inline void rows_scale_price(const struct vectors *v, int i)
{
    struct price_scales scales = {.per_cpu_milli = factor(vectors_cell(v, i, "cpu_scale")),
                                  .per_memory_mib = factor(vectors_cell(v, i, "mem_scale")),
                                  .per_endpoint = factor(vectors_cell(v, i, "endpoint_scale")),
                                  .per_leased_ip = factor(vectors_cell(v, i, "ip_scale"))};
    const char *items[VECTOR_PARTS], *parts[6] = {"", "", "", "", "", ""};
    scales.n_storage = vectors_split(&rows_arena, vectors_cell(v, i, "storage_scale"), '|', items, PRICE_CLASSES_MAX);
    for (int j = 0; j < scales.n_storage; j++) {
        const char *pair[2];
        row_same(vectors_split(&rows_arena, items[j], '=', pair, 2), 2);
        scales.storage[j] = (struct price_class_scale){pair[0], factor(pair[1])};
    }
    struct market_unit units[VECTOR_PARTS] = {0};
    const int n = vectors_split(&rows_arena, vectors_cell(v, i, "units"), '&', items, VECTOR_PARTS);
    for (int u = 0; u < n; u++) {
        row_same(vectors_split(&rows_arena, items[u], ',', parts, 6), 6);
        units[u].count = (uint32_t)atoi(parts[0]);
        units[u].cpu_milli = strtoll(parts[1], NULL, 10);
        units[u].memory_bytes = strtoll(parts[2], NULL, 10);
        read_priced_volumes(parts[3], &units[u]);
        read_endpoints(atoi(parts[4]), parts[5], &units[u]);
    }
    const struct market_group_spec group = {.units = units, .n_units = n};
    decimal price;
    const enum price_error error = price_scale(&scales, &group, &price);
    row_expect("result", error ? price_error_name(error) : shown(price), vectors_cell(v, i, "expect"));
}

static inline void rows_random_range(const struct vectors *v, int i)
{
    const struct market_unit unit = {.count = (uint32_t)vectors_int(v, i, "count"),
                                     .memory_bytes = vectors_int(v, i, "mem")};
    const struct market_group_spec group = {.units = &unit, .n_units = 1};
    const struct price_range range = price_random_range(&group, number(vectors_cell(v, i, "order_price")));
    row_expect("result", shown(range.low), vectors_cell(v, i, "min"));
    row_expect("result", shown(range.high), vectors_cell(v, i, "max"));
}

/* "count,cpu,mem,gpus,vendor/model[/ram][/interface],storage,endpoints,ips" */
static inline void read_script_unit(const char *text, struct market_unit *unit, const char **gpu_key)
{
    const char *cells[8], *gpu[4];
    row_same(vectors_split(&rows_arena, text, ',', cells, 8), 8);
    unit->id = 1;
    unit->count = (uint32_t)atoi(cells[0]);
    unit->cpu_milli = strtoll(cells[1], NULL, 10);
    unit->memory_bytes = strtoll(cells[2], NULL, 10);
    unit->gpu_units = atoi(cells[3]);
    const int n = vectors_split(&rows_arena, cells[4], '/', gpu, 4);
    if (n > 0) {
        *gpu_key = arena_format(&rows_arena, "vendor/%s/model/%s", gpu[0], gpu[1]);
        for (int j = 2; j < n; j++)
            *gpu_key =
                arena_format(&rows_arena, "%s/%s/%s", *gpu_key,
                             strcmp(gpu[j], "sxm") == 0 || strcmp(gpu[j], "pcie") == 0 ? "interface" : "ram", gpu[j]);
    }
    read_priced_volumes(cells[5], unit);
    struct market_endpoint *endpoints = arena_array(&rows_arena, VECTOR_PARTS, struct market_endpoint);
    const int plain = atoi(cells[6]), leased = atoi(cells[7]);
    for (int j = 0; j < leased;
         j++) /* the script counts leased numbers apart: they carry no endpoint of their own here */
        endpoints[j] = (struct market_endpoint){MARKET_ENDPOINT_IP, j + 1};
    unit->endpoints = endpoints;
    unit->n_endpoints = plain > leased ? plain : leased;
}

static inline void override_targets(struct price_script *script, const char *text)
{
    const char *items[VECTOR_PARTS];
    const int n = vectors_split(&rows_arena, text, '|', items, VECTOR_PARTS);
    for (int j = 0; j < n; j++) {
        const char *pair[2];
        row_same(vectors_split(&rows_arena, items[j], '=', pair, 2), 2);
        if (strcmp(pair[0], "CPU") == 0)
            script->per_cpu = number(pair[1]);
        else if (strcmp(pair[0], "ENDPOINT") == 0)
            script->per_endpoint = number(pair[1]);
        else
            row_fail("unknown target %s", pair[0]);
    }
}

static inline void rows_script_price(const struct vectors *v, int i)
{
    const struct adjust_overcommit none = {0, 0, 0};
    const struct adjust_rules rules = adjust_rules_2026_08();
    struct adjust_names *names = adjust_names_create(&rows_arena, 64);
    struct price_script_options options = price_script_options_2026_08();
    options.gpu_mapping = vectors_cell(v, i, "gpu_mappings");
    struct price_script script = *price_script_create(&rows_arena, names, &options);
    override_targets(&script, vectors_cell(v, i, "target_overrides"));
    script.precision = (int32_t)vectors_int(v, i, "precision");
    const char *items[VECTOR_PARTS];
    struct market_unit units[VECTOR_PARTS] = {0};
    struct adjust_wish resolved[VECTOR_PARTS];
    const int n = vectors_split(&rows_arena, vectors_cell(v, i, "units"), '&', items, VECTOR_PARTS);
    for (int u = 0; u < n; u++) {
        const char *key = "vendor/nvidia/model/none";
        read_script_unit(items[u], &units[u], &key);
        row_must(adjust_wish_from_key(names, &rows_arena, key, &resolved[u]));
    }
    const struct market_group_spec group = {.units = units, .n_units = n};
    const struct adjust_request *request = adjust_request_create(&rows_arena, names, &group, &none, &rules);
    decimal price;
    const enum price_error error =
        price_scripted(&script, request, resolved, market_denom_from_name(vectors_cell(v, i, "denom")),
                       number(vectors_cell(v, i, "order_amount")), number(vectors_cell(v, i, "akt_usd")), &price);
    const char *expect = vectors_cell(v, i, "expect");
    if (error) {
        row_expect("result", price_error_name(error), expect);
        return;
    }
    decimal off = decimal_sub(price, number(expect));
    off.atto = off.atto < 0 ? -off.atto : off.atto;
    if (decimal_compare(off, number(vectors_cell(v, i, "tolerance"))) > 0)
        row_expect("result", shown(price), expect);
}

static inline void rows_script_output(const struct vectors *v, int i)
{
    decimal price;
    const enum price_error error = price_from_output(vectors_cell(v, i, "stdout"), &price);
    row_expect("result", error ? price_error_name(error) : shown(price), vectors_cell(v, i, "expect"));
}

/* --- Balance checker --- */

static inline void rows_balance_check(const struct vectors *v, int i)
{
    struct provider_clocks clocks = provider_clocks_2024_07();
    clocks.balance_interval_us = vectors_int(v, i, "check_interval_s") * 1000000;
    const char *rates[VECTOR_PARTS];
    decimal rate = decimal_zero();
    const int n = vectors_split(&rows_arena, vectors_cell(v, i, "active_lease_rates"), ';', rates, VECTOR_PARTS);
    for (int j = 0; j < n; j++)
        rate = decimal_add(rate, number(rates[j]));
    const struct provider_balance balance =
        provider_balance_check(&clocks, number(vectors_cell(v, i, "funds_uact")), vectors_int(v, i, "settled_at"),
                               vectors_int(v, i, "height"), rate);
    row_expect("result", balance.withdraw ? "withdraw" : "wait", vectors_cell(v, i, "action"));
    row_same(balance.blocks_remain, vectors_int(v, i, "blocks_remain"));
    row_same(balance.wait_us, vectors_int(v, i, "next_check_s") * 1000000);
}

#endif
