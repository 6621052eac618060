/* The provider side against the Akash test vectors: matching, the inventory walk, pricing, the balance checker. Every
 * row must pass. The vectors come from the upstream projects' own tests and from a reference model that reproduced
 * them. */
#include "tests/conformance/market_provider_vectors.h"

#include "models/market/provider.h"

enum { PARTS = 64 };

static struct arena arena;

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static decimal number(const char *text)
{
    decimal value;
    assert_true(decimal_parse(text, &value));
    return value;
}

static const char *shown(decimal value)
{
    char buffer[DECIMAL_TEXT];
    return arena_text(&arena, decimal_format(buffer, value));
}

/* --- Matching --- */

static const char *attribute_result(const char *op, const char *a, const char *b)
{
    if (strcmp(op, "subset") == 0)
        return truth(attributes_subset(attributes_from_text(&arena, a), attributes_from_text(&arena, b)));
    if (strcmp(op, "any") == 0)
        return truth(attributes_any_of(attributes_from_text(&arena, a), attributes_from_text(&arena, b)));
    if (strcmp(op, "key") == 0)
        return truth(attribute_key_valid(a, ATTRIBUTES_OF_TENANT));
    if (strcmp(op, "glob") == 0) {
        const char *parts[2];
        assert_int_equal(vectors_split(&arena, a, ' ', parts, 2), 2);
        return truth(attribute_glob(parts[0], parts[1]));
    }
    const bool strict = strcmp(op, "validate_strict") == 0;
    assert_true(strict || strcmp(op, "validate") == 0);
    return attributes_error_name(
        attributes_validate(attributes_from_text(&arena, a), strict ? ATTRIBUTES_OF_PROVIDER : ATTRIBUTES_OF_TENANT));
}

static void attributes_match_as_on_the_chain(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "attr_match");
    for (int i = 0; i < v.n_rows; i++)
        vectors_expect(&v, i,
                       attribute_result(vectors_cell(&v, i, "op"), vectors_cell(&v, i, "a"), vectors_cell(&v, i, "b")),
                       vectors_cell(&v, i, "expect"));
}

static void requirements_match_as_on_the_chain(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "requirements_match");
    for (int i = 0; i < v.n_rows; i++) {
        const char *all[PARTS], *any[PARTS], *audited[PARTS];
        struct requirements_audit audits[PARTS];
        struct market_requirements requirements = {
            .attributes = attributes_from_text(&arena, vectors_cell(&v, i, "requirement_attrs")),
            .all_of = all,
            .n_all_of = vectors_split(&arena, vectors_cell(&v, i, "all_of"), ',', all, PARTS),
            .any_of = any,
            .n_any_of = vectors_split(&arena, vectors_cell(&v, i, "any_of"), ',', any, PARTS)};
        const int n = vectors_split(&arena, vectors_cell(&v, i, "audited"), ';', audited, PARTS);
        for (int j = 0; j < n; j++) {
            const char *pair[2];
            assert_int_equal(vectors_split(&arena, audited[j], ':', pair, 2), 2);
            audits[j] = (struct requirements_audit){pair[0], attributes_from_text(&arena, pair[1])};
        }
        const struct requirements_provider provider = {
            attributes_from_text(&arena, vectors_cell(&v, i, "provider_attrs")), audits, n};
        vectors_expect(&v, i, truth(requirements_match(&requirements, &provider)), vectors_cell(&v, i, "expect"));
    }
}

static void resources_match_as_on_the_chain(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "resources_match");
    for (int i = 0; i < v.n_rows; i++) {
        const char *texts[PARTS];
        const int n_units = vectors_split(&arena, vectors_cell(&v, i, "units"), '&', texts, PARTS);
        struct market_unit *units = arena_array(&arena, (size_t)n_units, struct market_unit);
        for (int u = 0; u < n_units; u++) {
            const char *parts[3], *volume_texts[PARTS];
            assert_int_equal(vectors_split(&arena, texts[u], '#', parts, 3), 3);
            int n = vectors_split(&arena, parts[0], ';', volume_texts, PARTS);
            struct market_volume *volumes = arena_array(&arena, PARTS, struct market_volume);
            for (int j = 0; j < n; j++)
                volumes[j].attributes = attributes_from_text(&arena, volume_texts[j]);
            units[u] = (struct market_unit){.gpu_units = atoi(parts[1]),
                                            .gpu_attributes = attributes_from_text(&arena, parts[2]),
                                            .volumes = volumes,
                                            .n_volumes = n ? n : 1};
        }
        const struct market_group_spec group = {.units = units, .n_units = n_units};
        const struct attributes own = attributes_from_text(&arena, vectors_cell(&v, i, "provider_attrs"));
        vectors_expect(&v, i, truth(requirements_resources_match(&group, own)), vectors_cell(&v, i, "expect"));
    }
}

/* "id:count;..." as offer entries. */
static int read_offer(const char *text, struct requirements_offer *offer)
{
    const char *items[PARTS];
    const int n = vectors_split(&arena, text, ';', items, PARTS);
    for (int j = 0; j < n; j++)
        assert_int_equal(sscanf(items[j], "%" SCNu32 ":%" SCNu32, &offer[j].unit_id, &offer[j].count), 2);
    return n;
}

static void offers_match_as_on_the_chain(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "offer_match");
    for (int i = 0; i < v.n_rows; i++) {
        struct requirements_offer order[PARTS], offer[PARTS];
        struct market_unit units[PARTS] = {0};
        const int n_units = read_offer(vectors_cell(&v, i, "group_units"), order);
        for (int u = 0; u < n_units; u++) {
            units[u].id = order[u].unit_id;
            units[u].count = order[u].count;
        }
        const struct market_group_spec group = {.units = units, .n_units = n_units};
        const int n = read_offer(vectors_cell(&v, i, "offer"), offer);
        vectors_expect(&v, i, offer_match_name(requirements_offer_match(&group, offer, n)),
                       vectors_cell(&v, i, "expect"));
    }
}

static void bid_prices_are_judged_as_on_the_chain(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "bid_price");
    for (int i = 0; i < v.n_rows; i++) {
        const char *items[PARTS];
        struct market_unit units[PARTS] = {0};
        const int n = vectors_split(&arena, vectors_cell(&v, i, "units"), ';', items, PARTS);
        const enum market_denom denom = market_denom_from_name(vectors_cell(&v, i, "order_denom"));
        for (int u = 0; u < n; u++) {
            const char *pair[2];
            assert_int_equal(vectors_split(&arena, items[u], ':', pair, 2), 2);
            units[u] = (struct market_unit){
                .id = (uint32_t)u + 1, .count = (uint32_t)atoi(pair[0]), .price = number(pair[1]), .denom = denom};
        }
        const struct market_group_spec group = {.units = units, .n_units = n};
        const decimal order = group_spec_price(&group);
        vectors_expect(&v, i, shown(order), vectors_cell(&v, i, "order_price"));
        vectors_expect(
            &v, i,
            bid_price_name(price_check_bid(order, group_spec_denom(&group), number(vectors_cell(&v, i, "bid_price")),
                                           market_denom_from_name(vectors_cell(&v, i, "bid_denom")))),
            vectors_cell(&v, i, "expect"));
    }
}

/* --- Inventory --- */

/* "bytes[@attributes]" joined by '+'. */
static void read_volumes(const char *text, struct market_unit *unit)
{
    const char *items[PARTS];
    const int n = vectors_split(&arena, text, '+', items, PARTS);
    struct market_volume *volumes = arena_array(&arena, PARTS, struct market_volume);
    for (int j = 0; j < n; j++) {
        const char *pair[2] = {"", ""};
        vectors_split(&arena, items[j], '@', pair, 2);
        volumes[j].bytes = strtoll(pair[0], NULL, 10);
        volumes[j].attributes = attributes_from_text(&arena, pair[1]);
    }
    unit->volumes = volumes;
    unit->n_volumes = n;
}

static struct market_group_spec *read_group(const struct vectors *units, const char *case_id, int64_t seq)
{
    struct market_group_spec *group = arena_new(&arena, struct market_group_spec);
    struct market_unit *list = arena_array(&arena, PARTS, struct market_unit);
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
                                 .gpu_attributes = attributes_from_text(&arena, vectors_cell(units, i, "gpu_attrs"))};
        read_volumes(vectors_cell(units, i, "storage"), unit);
    }
    group->units = list;
    return group;
}

static struct adjust_pair read_pair(const struct vectors *v, int row, const char *allocatable, const char *allocated)
{
    return (struct adjust_pair){vectors_int(v, row, allocatable), vectors_int(v, row, allocated)};
}

static void read_node(const struct vectors *v, int row, struct adjust_node_spec *node)
{
    const char *items[PARTS];
    struct adjust_gpu_spec *gpus = arena_array(&arena, PARTS, struct adjust_gpu_spec);
    const char **classes = arena_array(&arena, PARTS, const char *);
    node->cpu_milli = read_pair(v, row, "cpu_allocatable_milli", "cpu_allocated_milli");
    node->memory_bytes = read_pair(v, row, "mem_allocatable", "mem_allocated");
    node->gpus = read_pair(v, row, "gpu_allocatable", "gpu_allocated");
    node->ephemeral_bytes = read_pair(v, row, "eph_allocatable", "eph_allocated");
    node->n_gpu_list = vectors_split(&arena, vectors_cell(v, row, "gpus"), ';', items, PARTS);
    for (int j = 0; j < node->n_gpu_list; j++) {
        const char *parts[4];
        assert_int_equal(vectors_split(&arena, items[j], ':', parts, 4), 4);
        gpus[j] = (struct adjust_gpu_spec){parts[0], parts[1], parts[2], parts[3]};
    }
    node->gpu_list = gpus;
    node->n_classes = vectors_split(&arena, vectors_cell(v, row, "storage_classes"), ';', classes, PARTS);
    node->classes = classes;
}

static struct adjust_cluster *read_cluster(const struct vectors *nodes, const struct vectors *storage,
                                           struct adjust_names *names, const char *id, const char **node_names)
{
    struct adjust_node_spec node[PARTS] = {0};
    struct adjust_pool_spec pool[PARTS];
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
    return adjust_cluster_create(&arena, names, adjust_book_create(&arena, 16, 64), &spec, &rules);
}

/* "unit:attribute;..." in the group's order. */
static const char *resolved_text(const struct adjust_names *names, const struct adjust_cluster *cluster,
                                 const struct adjust_request *request, reservation_id id)
{
    struct adjust_wish resolved[ADJUST_UNITS_MAX];
    const char *text = "";
    adjust_resolved(cluster, id, resolved);
    for (int i = 0; i < request->n_units; i++) {
        const char *key = resolved[i].vendor == ADJUST_UNSET
                              ? ""
                              : arena_format(&arena, "%s=true", adjust_wish_key(names, &arena, &resolved[i]));
        text = arena_format(&arena, "%s%s%d:%s", text, *text ? ";" : "", request->units[i].id, key);
    }
    return text;
}

/* "unit:node,node;..." in the group's order, each unit's nodes in placing order. */
static const char *placement_text(const struct adjust_cluster *cluster, const struct adjust_request *request,
                                  reservation_id id, const char **node_names)
{
    const char *text = "";
    for (int i = 0; i < request->n_units; i++) {
        const char *list = "";
        for (const struct adjust_run *run = adjust_next_run(cluster, id, NULL); run;
             run = adjust_next_run(cluster, id, run))
            for (int j = 0; run->unit == i && j < run->count; j++)
                list = arena_format(&arena, "%s%s%s", list, *list ? "," : "", node_names[run->node]);
        text = arena_format(&arena, "%s%s%d:%s", text, *text ? ";" : "", request->units[i].id, list);
    }
    return text;
}

static void inventory_walk_places_as_upstream(void **state)
{
    (void)state;
    const struct vectors cases = vectors_load(&arena, "inventory_cases"),
                         nodes = vectors_load(&arena, "inventory_nodes"),
                         storage = vectors_load(&arena, "inventory_storage"),
                         units = vectors_load(&arena, "inventory_units");
    const struct adjust_overcommit none = {0, 0, 0};
    const struct adjust_rules rules = adjust_rules_2024_07();
    struct adjust_names *names = adjust_names_create(&arena, 64);
    const char *node_names[PARTS];
    struct adjust_cluster *cluster = NULL;
    for (int i = 0; i < cases.n_rows; i++) {
        const char *id = vectors_cell(&cases, i, "case_id");
        if (vectors_int(&cases, i, "seq") == 1)
            cluster = read_cluster(&nodes, &storage, names, vectors_cell(&cases, i, "cluster_id"), node_names);
        const struct market_group_spec *group = read_group(&units, id, vectors_int(&cases, i, "seq"));
        const struct adjust_request *request = adjust_request_create(&arena, names, group, &none, &rules);
        const uint64_t before = adjust_digest(cluster, 0);
        reservation_id reservation;
        assert_int_equal(vectors_int(&cases, i, "dry_run"), 0);
        const enum adjust_result fits = adjust_fits(cluster, request);
        assert_true(adjust_digest(cluster, 0) == before);
        const enum adjust_result result = adjust_reserve(cluster, request, &reservation);
        assert_int_equal(fits, result);
        vectors_expect(&cases, i, adjust_result_name(result), vectors_cell(&cases, i, "expect"));
        adjust_audit(cluster, &arena);
        if (result != ADJUST_OK) {
            assert_true(adjust_digest(cluster, 0) == before);
            continue;
        }
        vectors_expect(&cases, i, resolved_text(names, cluster, request, reservation),
                       vectors_cell(&cases, i, "gpu_attrs_after"));
        vectors_expect(&cases, i, placement_text(cluster, request, reservation, node_names),
                       vectors_cell(&cases, i, "placement"));
    }
}

static void resource_pairs_count_as_upstream(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "resource_pair");
    for (int i = 0; i < v.n_rows; i++) {
        struct adjust_pair pair = read_pair(&v, i, "allocatable", "allocated");
        const char *got = strcmp(vectors_cell(&v, i, "op"), "available") == 0
                              ? arena_format(&arena, "%" PRId64, adjust_available(pair))
                              : truth(adjust_take(&pair, vectors_int(&v, i, "value")));
        vectors_expect(&v, i, got, vectors_cell(&v, i, "expect"));
        assert_int_equal(pair.allocated, vectors_int(&v, i, "allocated_after"));
    }
}

static void overcommit_divides_as_upstream(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "overcommit");
    for (int i = 0; i < v.n_rows; i++) {
        if (strcmp(vectors_cell(&v, i, "op"), "commit") == 0) {
            /* Factor f is what 100 (f - 1) percent make of it. */
            const int64_t percent = (int64_t)(100 * (strtod(vectors_cell(&v, i, "factor"), NULL) - 1));
            assert_int_equal(adjust_overcommitted(vectors_int(&v, i, "value"), percent, true),
                             vectors_int(&v, i, "expect"));
        } else { /* a factor shows in what it makes of a number that it divides */
            const int64_t factor = (int64_t)strtod(vectors_cell(&v, i, "expect"), NULL);
            assert_int_equal(adjust_overcommitted(6000, vectors_int(&v, i, "value"), true), 6000 / factor);
        }
    }
}

/* --- Pricing --- */

static struct price_factor factor(const char *text)
{
    struct price_factor read = {0, 0};
    assert_true(price_factor_parse(text, &read));
    return read;
}

/* bytes@class: as the provider sees it, a volume of that class, "ephemeral" being no class at all. */
static struct market_volume read_priced_volume(const char *text)
{
    const char *pair[2];
    assert_int_equal(vectors_split(&arena, text, '@', pair, 2), 2);
    const char *attributes = "";
    if (strcmp(pair[1], "ram") == 0)
        attributes = "persistent=false|class=ram";
    else if (strcmp(pair[1], "ephemeral") != 0)
        attributes = arena_format(&arena, "persistent=true|class=%s", pair[1]);
    return (struct market_volume){.bytes = strtoll(pair[0], NULL, 10),
                                  .attributes = attributes_from_text(&arena, attributes)};
}

static void read_priced_volumes(const char *text, struct market_unit *unit)
{
    const char *items[PARTS];
    struct market_volume *volumes = arena_array(&arena, PARTS, struct market_volume);
    unit->n_volumes = vectors_split(&arena, text, '+', items, PARTS);
    for (int j = 0; j < unit->n_volumes; j++)
        volumes[j] = read_priced_volume(items[j]);
    unit->volumes = volumes;
}

/* Plain endpoints, and one more per leased-IP number. */
static void read_endpoints(int plain, const char *numbers, struct market_unit *unit)
{
    const char *items[PARTS];
    const int leased = vectors_split(&arena, numbers, '+', items, PARTS);
    struct market_endpoint *endpoints = arena_array(&arena, PARTS, struct market_endpoint);
    for (int j = 0; j < leased; j++)
        endpoints[plain + j] = (struct market_endpoint){MARKET_ENDPOINT_IP, atoi(items[j])};
    unit->endpoints = endpoints;
    unit->n_endpoints = plain + leased;
}

static void scale_prices_agree_with_upstream(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "scale_price");
    for (int i = 0; i < v.n_rows; i++) {
        struct price_scales scales = {.per_cpu_milli = factor(vectors_cell(&v, i, "cpu_scale")),
                                      .per_memory_mib = factor(vectors_cell(&v, i, "mem_scale")),
                                      .per_endpoint = factor(vectors_cell(&v, i, "endpoint_scale")),
                                      .per_leased_ip = factor(vectors_cell(&v, i, "ip_scale"))};
        const char *items[PARTS], *parts[6] = {"", "", "", "", "", ""};
        scales.n_storage = vectors_split(&arena, vectors_cell(&v, i, "storage_scale"), '|', items, PRICE_CLASSES_MAX);
        for (int j = 0; j < scales.n_storage; j++) {
            const char *pair[2];
            assert_int_equal(vectors_split(&arena, items[j], '=', pair, 2), 2);
            scales.storage[j] = (struct price_class_scale){pair[0], factor(pair[1])};
        }
        struct market_unit units[PARTS] = {0};
        const int n = vectors_split(&arena, vectors_cell(&v, i, "units"), '&', items, PARTS);
        for (int u = 0; u < n; u++) {
            assert_int_equal(vectors_split(&arena, items[u], ',', parts, 6), 6);
            units[u].count = (uint32_t)atoi(parts[0]);
            units[u].cpu_milli = strtoll(parts[1], NULL, 10);
            units[u].memory_bytes = strtoll(parts[2], NULL, 10);
            read_priced_volumes(parts[3], &units[u]);
            read_endpoints(atoi(parts[4]), parts[5], &units[u]);
        }
        const struct market_group_spec group = {.units = units, .n_units = n};
        decimal price;
        const enum price_error error = price_scale(&scales, &group, &price);
        vectors_expect(&v, i, error ? price_error_name(error) : shown(price), vectors_cell(&v, i, "expect"));
    }
}

static void random_ranges_agree_with_upstream(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "random_range");
    for (int i = 0; i < v.n_rows; i++) {
        const struct market_unit unit = {.count = (uint32_t)vectors_int(&v, i, "count"),
                                         .memory_bytes = vectors_int(&v, i, "mem")};
        const struct market_group_spec group = {.units = &unit, .n_units = 1};
        const struct price_range range = price_random_range(&group, number(vectors_cell(&v, i, "order_price")));
        vectors_expect(&v, i, shown(range.low), vectors_cell(&v, i, "min"));
        vectors_expect(&v, i, shown(range.high), vectors_cell(&v, i, "max"));
    }
}

/* "count,cpu,mem,gpus,vendor/model[/ram][/interface],storage,endpoints,ips" */
static void read_script_unit(const char *text, struct market_unit *unit, const char **gpu_key)
{
    const char *cells[8], *gpu[4];
    assert_int_equal(vectors_split(&arena, text, ',', cells, 8), 8);
    unit->id = 1;
    unit->count = (uint32_t)atoi(cells[0]);
    unit->cpu_milli = strtoll(cells[1], NULL, 10);
    unit->memory_bytes = strtoll(cells[2], NULL, 10);
    unit->gpu_units = atoi(cells[3]);
    const int n = vectors_split(&arena, cells[4], '/', gpu, 4);
    if (n > 0) {
        *gpu_key = arena_format(&arena, "vendor/%s/model/%s", gpu[0], gpu[1]);
        for (int j = 2; j < n; j++)
            *gpu_key =
                arena_format(&arena, "%s/%s/%s", *gpu_key,
                             strcmp(gpu[j], "sxm") == 0 || strcmp(gpu[j], "pcie") == 0 ? "interface" : "ram", gpu[j]);
    }
    read_priced_volumes(cells[5], unit);
    struct market_endpoint *endpoints = arena_array(&arena, PARTS, struct market_endpoint);
    const int plain = atoi(cells[6]), leased = atoi(cells[7]);
    for (int j = 0; j < leased;
         j++) /* the script counts leased numbers apart: they carry no endpoint of their own here */
        endpoints[j] = (struct market_endpoint){MARKET_ENDPOINT_IP, j + 1};
    unit->endpoints = endpoints;
    unit->n_endpoints = plain > leased ? plain : leased;
}

static void override_targets(struct price_script *script, const char *text)
{
    const char *items[PARTS];
    const int n = vectors_split(&arena, text, '|', items, PARTS);
    for (int j = 0; j < n; j++) {
        const char *pair[2];
        assert_int_equal(vectors_split(&arena, items[j], '=', pair, 2), 2);
        if (strcmp(pair[0], "CPU") == 0)
            script->per_cpu = number(pair[1]);
        else if (strcmp(pair[0], "ENDPOINT") == 0)
            script->per_endpoint = number(pair[1]);
        else
            fail_msg("unknown target %s", pair[0]);
    }
}

static void script_prices_agree_with_the_executed_script(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "script_price");
    const struct adjust_overcommit none = {0, 0, 0};
    const struct adjust_rules rules = adjust_rules_2026_08();
    for (int i = 0; i < v.n_rows; i++) {
        struct adjust_names *names = adjust_names_create(&arena, 64);
        struct price_script_options options = price_script_options_2026_08();
        options.gpu_mapping = vectors_cell(&v, i, "gpu_mappings");
        struct price_script script = *price_script_create(&arena, names, &options);
        override_targets(&script, vectors_cell(&v, i, "target_overrides"));
        script.precision = (int32_t)vectors_int(&v, i, "precision");
        const char *items[PARTS];
        struct market_unit units[PARTS] = {0};
        struct adjust_wish resolved[PARTS];
        const int n = vectors_split(&arena, vectors_cell(&v, i, "units"), '&', items, PARTS);
        for (int u = 0; u < n; u++) {
            const char *key = "vendor/nvidia/model/none";
            read_script_unit(items[u], &units[u], &key);
            assert_true(adjust_wish_from_key(names, &arena, key, &resolved[u]));
        }
        const struct market_group_spec group = {.units = units, .n_units = n};
        const struct adjust_request *request = adjust_request_create(&arena, names, &group, &none, &rules);
        decimal price;
        const enum price_error error =
            price_scripted(&script, request, resolved, market_denom_from_name(vectors_cell(&v, i, "denom")),
                           number(vectors_cell(&v, i, "order_amount")), number(vectors_cell(&v, i, "akt_usd")), &price);
        const char *expect = vectors_cell(&v, i, "expect");
        if (error) {
            vectors_expect(&v, i, price_error_name(error), expect);
            continue;
        }
        decimal off = decimal_sub(price, number(expect));
        off.atto = off.atto < 0 ? -off.atto : off.atto;
        if (decimal_compare(off, number(vectors_cell(&v, i, "tolerance"))) > 0)
            vectors_expect(&v, i, shown(price), expect);
    }
}

static void script_output_is_read_as_upstream(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "script_output");
    for (int i = 0; i < v.n_rows; i++) {
        decimal price;
        const enum price_error error = price_from_output(vectors_cell(&v, i, "stdout"), &price);
        vectors_expect(&v, i, error ? price_error_name(error) : shown(price), vectors_cell(&v, i, "expect"));
    }
}

/* --- Balance checker --- */

static void balance_checks_agree_with_upstream(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&arena, "balance_check");
    for (int i = 0; i < v.n_rows; i++) {
        struct provider_clocks clocks = provider_clocks_2024_07();
        clocks.balance_interval_us = vectors_int(&v, i, "check_interval_s") * 1000000;
        const char *rates[PARTS];
        decimal rate = decimal_zero();
        const int n = vectors_split(&arena, vectors_cell(&v, i, "active_lease_rates"), ';', rates, PARTS);
        for (int j = 0; j < n; j++)
            rate = decimal_add(rate, number(rates[j]));
        const struct provider_balance balance =
            provider_balance_check(&clocks, number(vectors_cell(&v, i, "funds_uact")), vectors_int(&v, i, "settled_at"),
                                   vectors_int(&v, i, "height"), rate);
        vectors_expect(&v, i, balance.withdraw ? "withdraw" : "wait", vectors_cell(&v, i, "action"));
        assert_int_equal(balance.blocks_remain, vectors_int(&v, i, "blocks_remain"));
        assert_int_equal(balance.wait_us, vectors_int(&v, i, "next_check_s") * 1000000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_match_as_on_the_chain),
        cmocka_unit_test(requirements_match_as_on_the_chain),
        cmocka_unit_test(resources_match_as_on_the_chain),
        cmocka_unit_test(offers_match_as_on_the_chain),
        cmocka_unit_test(bid_prices_are_judged_as_on_the_chain),
        cmocka_unit_test(inventory_walk_places_as_upstream),
        cmocka_unit_test(resource_pairs_count_as_upstream),
        cmocka_unit_test(overcommit_divides_as_upstream),
        cmocka_unit_test(scale_prices_agree_with_upstream),
        cmocka_unit_test(random_ranges_agree_with_upstream),
        cmocka_unit_test(script_prices_agree_with_the_executed_script),
        cmocka_unit_test(script_output_is_read_as_upstream),
        cmocka_unit_test(balance_checks_agree_with_upstream),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    arena_open(&arena, 0);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(&arena);
    return failed;
}
