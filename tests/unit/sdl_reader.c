/* The SDL reader: what follows from the specification and is in no vector, and what it says about texts that are no SDL. */
#include "models/sdl/sdl.h"
#include "models/sdl/tree.h"
#include "tests/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sdl *read_bytes(const char *text, size_t bytes)
{
    struct sdl_rules *rules = arena_new(&test_arena, struct sdl_rules);
    assert_true(sdl_rules_named("2026-08", rules));
    return sdl_read(&test_arena, "test.yaml", text, bytes, rules);
}

static const struct sdl *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

/* An SDL of one service "web" in one placement "west" on profile "p"; each part may be replaced. */
struct parts {
    const char *version, *to, *service, *resources, *more_services, *more_uses, *placement, *placements, *rest;
};

static const char *file(struct parts p)
{
    return arena_format(&test_arena,
                        "version: \"%s\"\nservices:\n  web: {image: nginx, expose: [{port: 80, to: [%s]}]%s}\n%s"
                        "profiles:\n  compute:\n    p: {resources: {%s}}\n  placement:\n    west: {pricing: {p: {denom: uakt, amount: 10}}%s}\n%s"
                        "deployment:\n  web: {west: {profile: p, count: 1}}\n%s%s",
                        p.version != NULL ? p.version : "2.0", p.to != NULL ? p.to : "{global: true}", p.service != NULL ? p.service : "",
                        p.more_services != NULL ? p.more_services : "",
                        p.resources != NULL ? p.resources : "cpu: {units: 1}, memory: {size: 1Gi}, storage: {size: 1Gi}", p.placement != NULL ? p.placement : "",
                        p.placements != NULL ? p.placements : "",
                        p.more_uses != NULL ? p.more_uses : "", p.rest != NULL ? p.rest : "");
}

static void assert_slug(const char *text, const char *slug)
{
    const struct sdl *sdl = read_text(text);
    const char *got = mistakes_slug(&sdl->mistakes);
    if (slug == NULL ? got != NULL : got == NULL || strcmp(got, slug) != 0)
        fail_msg("got %s, want %s, of\n%s", got != NULL ? got : "ok", slug != NULL ? slug : "ok", text);
}

static void assert_place(const char *text, int line, int column, const char *slug)
{
    const struct sdl *sdl = read_text(text);
    assert_slug(text, slug);
    assert_int_equal(sdl->mistakes.first->mark.line, line);
    assert_int_equal(sdl->mistakes.first->mark.column, column);
}

/* --- Groups --- */

static const char two_services[] = "  api: {image: x, expose: [{port: 81, to: [{service: web}]}]}\n";

static void version_2_1_merges_services_of_one_profile_and_2_0_does_not(void **state)
{
    (void)state;
    struct parts p = {.more_services = two_services, .more_uses = "  api: {west: {profile: p, count: 3}}\n"};
    const struct sdl *apart = read_text(file(p));
    p.version = "2.1";
    const struct sdl *merged = read_text(file(p));
    assert_int_equal(apart->groups[0].spec.n_units, 2);
    assert_string_equal(apart->groups[0].notes[0].services, "api");
    assert_int_equal(apart->groups[0].spec.units[0].count, 3);
    assert_int_equal(merged->groups[0].spec.n_units, 1);
    assert_string_equal(merged->groups[0].notes[0].services, "api, web");
    assert_int_equal(merged->groups[0].spec.units[0].count, 4);
}

static void groups_are_sorted_by_placement_and_unused_placements_make_none(void **state)
{
    (void)state;
    struct parts p = {.placements = "    unused: {pricing: {p: {denom: uakt, amount: 1}}}\n    east: {pricing: {p: {denom: usdc, amount: 2.5}}}\n",
                      .more_uses = "  api: {east: {profile: p, count: 1}}\n", .more_services = two_services};
    const struct sdl *sdl = read_text(file(p));
    assert_null(mistakes_slug(&sdl->mistakes));
    assert_int_equal(sdl->n_groups, 2);
    assert_string_equal(sdl->groups[0].spec.name, "east");
    assert_string_equal(sdl->groups[1].spec.name, "west");
    assert_int_equal(sdl->groups[0].spec.units[0].denom, MARKET_USDC);
}

static int32_t address_number(const struct sdl *sdl)
{
    const struct market_unit *unit = &sdl->groups[0].spec.units[sdl->groups[0].spec.n_units - 1];
    for (int32_t i = 0; i < unit->n_endpoints; i++)
        if (unit->endpoints[i].kind == MARKET_ENDPOINT_IP)
            return unit->endpoints[i].ip_number;
    return 0;
}

static void internal_receivers_shift_the_numbers_of_leased_addresses(void **state)
{
    (void)state;
    struct parts p = {.to = "{global: true, ip: meow}", .rest = "endpoints: {meow: {kind: ip}}\n"};
    assert_int_equal(address_number(read_text(file(p))), 1);
    p.to = "{global: true, ip: meow}, {service: a}, {service: b}, {global: true}";
    assert_int_equal(address_number(read_text(file(p))), 3);
    p.more_services = two_services; /* deployed nowhere: does not count */
    assert_int_equal(address_number(read_text(file(p))), 3);
    p.more_uses = "  api: {west: {profile: p, count: 1}}\n";
    assert_int_equal(address_number(read_text(file(p))), 4);
}

static void volumes_of_one_size_come_out_in_the_odd_order_of_the_chain(void **state)
{
    (void)state;
    struct parts p = {.version = "2.1", .resources = "cpu: {units: 1}, memory: {size: 1Gi}, storage: ["
                                                     "{name: keep2, size: 1Gi, attributes: {persistent: true}}, {name: keep1, size: 1Gi, attributes: {persistent: true}}, "
                                                     "{name: lose1, size: 1Gi, attributes: {}}, {name: lose2, size: 1Gi, attributes: {persistent: false}}, "
                                                     "{name: bare1, size: 1Gi}, {name: bare2, size: 1Gi}, {name: small, size: 500Mi, attributes: {persistent: true}}]"};
    static const char *const want[] = {"small", "bare2", "bare1", "lose2", "lose1", "keep1", "keep2"};
    const struct sdl *sdl = read_text(file(p));
    assert_null(mistakes_slug(&sdl->mistakes));
    assert_int_equal(sdl->groups[0].spec.units[0].n_volumes, 7);
    for (int i = 0; i < 7; i++)
        assert_string_equal(sdl->groups[0].spec.units[0].volumes[i].name, want[i]);
}

static void usdc_is_known_by_its_name_on_mainnet_and_other_denoms_are_kept_as_text(void **state)
{
    (void)state;
    const char *text = file((struct parts){0});
    char *at = strstr(text, "uakt");
    memcpy(at, "doge", 4);
    const struct sdl *sdl = read_text(text);
    assert_null(mistakes_slug(&sdl->mistakes));
    assert_string_equal(sdl->groups[0].notes[0].denom, "doge");
    assert_int_equal(sdl->groups[0].spec.units[0].denom, MARKET_DENOM_NONE);
    assert_int_equal(sdl_denom("ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1"), MARKET_USDC);
}

static void trusted_execution_becomes_a_requirement_of_the_group(void **state)
{
    (void)state;
    struct parts p = {.service = ", params: {tee: cpu}", .placement = ", attributes: {zone: a, tee/type: none}"};
    const struct sdl *sdl = read_text(file(p));
    assert_string_equal(attributes_find(sdl->groups[0].spec.requirements.attributes, "tee/type"), "cpu");
    assert_int_equal(sdl->groups[0].spec.requirements.attributes.count, 2);
    p.service = ", params: {tee: gpu}";
    assert_slug(file(p), "tee_unsupported");
    p = (struct parts){.service = ", params: {tee: cpu}", .more_services = "  api: {image: x, params: {tee: cpu-gpu}}\n",
                       .more_uses = "  api: {west: {profile: p, count: 1}}\n",
                       .resources = "cpu: {units: 1}, memory: {size: 1Gi}, storage: {size: 1Gi}, gpu: {units: 1, attributes: {vendor: {nvidia: }}}"};
    assert_slug(file(p), "tee_mismatch");
}

/* --- YAML --- */

static void aliases_and_merge_keys_are_read_as_if_written_out(void **state)
{
    (void)state;
    const char *plain = file((struct parts){0});
    const char *text = "version: \"2.0\"\ninclude: [&p p, &image nginx]\nservices:\n  web: {image: *image, expose: [{port: 80, to: [{global: true}]}]}\n"
                       "profiles:\n  compute:\n    base: &base {resources: {cpu: {units: 9}, memory: {size: 1Gi}, storage: {size: 1Gi}}}\n"
                       "    p:\n      resources:\n        <<: {cpu: {units: 9}, memory: {size: 1Gi}}\n        storage: {size: 1Gi}\n        cpu: {units: 1}\n"
                       "  placement:\n    west: {pricing: {p: {denom: uakt, amount: 10}}}\ndeployment:\n  web: {west: {profile: *p, count: 1}}\n";
    const struct sdl *a = read_text(plain), *b = read_text(text);
    assert_null(mistakes_slug(&b->mistakes));
    assert_int_equal(b->groups[0].spec.units[0].cpu_milli, a->groups[0].spec.units[0].cpu_milli);
    assert_int_equal(b->groups[0].spec.units[0].memory_bytes, a->groups[0].spec.units[0].memory_bytes);
}

static void a_billion_laughs_are_refused_early(void **state)
{
    (void)state;
    const char *text = "version: \"2.0\"\na0: &a0 [x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 30; i++)
        text = arena_format(&test_arena, "%sa%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", text, i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    size_t before = test_arena.used_bytes;
    const struct sdl *sdl = read_text(text);
    assert_string_equal(mistakes_slug(&sdl->mistakes), "too_large");
    assert_true(test_arena.used_bytes - before < 1 << 20);
    assert_slug("version: \"2.0\"\nx: &a [1, *a]\n", "syntax");
    assert_slug("version: \"2.0\"\nx: *a\n", "syntax");
}

static void depth_size_and_anchors_are_bounded(void **state)
{
    (void)state;
    char *deep = arena_array(&test_arena, TREE_BYTES + 2, char);
    memset(deep, '[', TREE_BYTES + 1);
    assert_string_equal(mistakes_slug(&read_bytes(deep, TREE_BYTES)->mistakes), "too_large");
    assert_string_equal(mistakes_slug(&read_bytes(deep, TREE_BYTES + 1)->mistakes), "too_large");
    memset(deep, 'x', TREE_BYTES + 1);
    assert_string_equal(mistakes_slug(&read_bytes(deep, TREE_BYTES + 1)->mistakes), "too_large");
    const char *anchors = "x: [";
    for (int i = 0; i <= TREE_ANCHORS; i++)
        anchors = arena_format(&test_arena, "%s&a%d 1,", anchors, i);
    assert_slug(arena_format(&test_arena, "%s]\n", anchors), "too_large");
}

static void texts_that_are_no_yaml_are_told_where_they_break(void **state)
{
    (void)state;
    assert_place("version: \"2.0\"\nservices:\n\tweb:\n", 3, 1, "syntax");
    assert_place("version: \"2.0\"\nservices: {a\xff: 1}\n", 2, 13, "syntax");
    assert_place("version: \"2.0\nservices: {}\n", 1, 10, "syntax");
    assert_place("version: \"2.0\"\nservices: {\"a\\0b\": 1}\n", 2, 12, "syntax");
    assert_place("version: \"2.0\"\nservices:\n  a: {image: x}\n  a: {image: y}\n", 4, 3, "duplicate_key");
    assert_place("version: \"2.0\"\n? [a]\n: 1\n", 2, 3, "syntax");
    assert_place("version: \"2.0\"\rservices: 1\n", 1, 15, "syntax");
    assert_place("", 1, 1, "no_version");
    assert_place("- a\n", 1, 1, "wrong_type");
    assert_string_equal(mistakes_slug(&read_bytes("a: \0b\n", 6)->mistakes), "syntax");
}

static void a_byte_order_mark_and_crlf_are_fine(void **state)
{
    (void)state;
    const char *text = arena_format(&test_arena, "\xef\xbb\xbf%s", file((struct parts){0}));
    assert_slug(text, NULL);
    assert_place("\xef\xbb\xbfversion: \"2.0\"\r\nservices: 5\r\n", 2, 11, "wrong_type");
}

/* --- Values --- */

static void every_rule_has_its_word(void **state)
{
    (void)state;
    struct parts p = {0};
    static const struct {
        const char *version, *slug;
    } versions[] = {{"2", NULL}, {"v2.1", NULL}, {"2.0.0", NULL}, {"2.2", NULL}, {"3.0", NULL}, {"2.0.1", "unsupported_version"}, {"1.9", "unsupported_version"},
                    {"2.1.0-beta", "unsupported_version"}, {"two", "unsupported_version"}, {"", "no_version"}, {"2.1.0.0", "unsupported_version"}};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        p.version = versions[i].version;
        assert_slug(file(p), versions[i].slug);
    }
    static const struct {
        struct parts parts;
        const char *slug;
    } cases[] = {
        {{.to = "{service: x}"}, "no_global_service"},
        {{.to = "{global: maybe}"}, "wrong_type"},
        {{.to = "{global: true, ip: meow}"}, "ip_endpoint_missing"},
        {{.to = "{ip: meow}", .rest = "endpoints: {meow: {kind: ip}}\n"}, "ip_not_global"},
        {{.to = "{global: true, ip: m1}, {global: true, ip: m1}", .rest = "endpoints: {m1: {kind: ip}}\n"}, "ip_port_in_use"},
        {{.rest = "endpoints: {m1: {kind: tcp}}\n"}, "endpoint_kind"},
        {{.rest = "endpoints: {m: {kind: ip}}\n"}, "endpoint_name"},
        {{.rest = "reclamation: {min_window: soon}\n"}, "reclamation_invalid"},
        {{.rest = "reclamation: {min_window: 0s}\n"}, "reclamation_not_positive"},
        {{.rest = "reclamation: {}\n"}, "reclamation_invalid"},
        {{.rest = "replicas: 1\n"}, "unexpected_field"},
        {{.service = ", credentials: {host: a, username: b, password: \" \"}"}, "credentials_password"},
        {{.service = ", params: {storage: {nope: {mount: /a}}}"}, "volume_reference"},
        {{.service = ", params: {storage: {default: {mount: a}}}"}, "mount_not_absolute"},
        {{.version = "2.1", .service = ", params: {storage: {default: {mount: /a, readOnly: true}}}",
          .resources = "cpu: {units: 1}, memory: {size: 1Gi}, storage: {size: 1Gi, attributes: {class: ram}}"}, "ram_read_only"},
        {{.version = "2.1", .service = ", params: {storage: {a: {mount: /a}, b: {mount: /a}}}",
          .resources = "cpu: {units: 1}, memory: {size: 1Gi}, storage: [{name: a, size: 1Gi}, {name: b, size: 1Gi}]"}, "mount_duplicate"},
        {{.resources = "cpu: {units: 1e9}, memory: {size: 1Gi}, storage: {size: 1Gi}"}, "unit_cpu"},
        {{.resources = "cpu: {units: 1e999}, memory: {size: 1Gi}, storage: {size: 1Gi}"}, "bad_quantity"},
        {{.resources = "cpu: {units: .nan}, memory: {size: 1Gi}, storage: {size: 1Gi}"}, "bad_quantity"},
        {{.resources = "cpu: {units: 1}, memory: {size: 1Gi}"}, "unit_storage"},
        {{.resources = "cpu: {units: 1}, memory: {size: 9E}, storage: {size: 1Gi}"}, "unit_memory"},
        {{.resources = "cpu: {units: 1}, memory: {size: 10E}, storage: {size: 1Gi}"}, "bad_quantity"},
        {{.more_uses = "  gone: {west: {profile: p, count: 1}}\n"}, "no_service"},
        {{.more_services = two_services, .more_uses = "  api: {east: {profile: p, count: 1}}\n"}, "no_placement_profile"},
        {{.more_services = two_services, .more_uses = "  api: {west: {profile: q, count: 1}}\n"}, "no_compute_profile"},
        {{.more_services = two_services, .more_uses = "  api: {west: {profile: p, count: 4294967296}}\n"}, "bad_quantity"},
        {{.more_services = two_services, .more_uses = "  api: {west: {profile: p, count: 1000000000}}\n"}, "total_cpu"},
        {{.more_services = "  -x: {image: a}\n"}, "service_name"},
        {{.more_services = "  x: {image: a, expose: [{port: 1, accept: [h]}, {port: 2, accept: [h]}]}\n"}, "hostname_duplicate"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_slug(file(cases[i].parts), cases[i].slug);
}

static void quirk_14_can_be_switched_off(void **state)
{
    (void)state;
    const char *text = file((struct parts){.resources = "cpu: {units: 1}, memory: {size: 1Gi}, storage: {size: 1Gi}, gpu: {units: 1, attributes: {vendor: {amd: [{model: mi300}]}}}"});
    struct sdl_rules rules;
    assert_true(sdl_rules_named("2024-07", &rules));
    const struct sdl *on = sdl_read(&test_arena, "test.yaml", text, strlen(text), &rules);
    assert_string_equal(on->groups[0].spec.units[0].gpu_attributes.items[0].key, "vendor/nvidia/model/*");
    assert_int_equal(on->mistakes.warnings, 1);
    rules.foreign_vendor_is_nvidia = false;
    const struct sdl *off = sdl_read(&test_arena, "test.yaml", text, strlen(text), &rules);
    assert_string_equal(mistakes_slug(&off->mistakes), "gpu_attribute");
}

static void unknown_keys_below_the_top_are_warned_of_with_a_near_miss(void **state)
{
    (void)state;
    const struct sdl *sdl = read_text(file((struct parts){.more_services = "  x: {image: a, expsoe: []}\n"}));
    assert_null(mistakes_slug(&sdl->mistakes));
    assert_int_equal(sdl->mistakes.warnings, 1);
    assert_string_equal(sdl->mistakes.first->hint, "did you mean 'expose'?");
}

static void all_mistakes_of_a_stage_are_shown_together(void **state)
{
    (void)state;
    const char *text = "version: \"2.0\"\nservices:\n  Web: {expose: [{port: 0}]}\nprofiles:\n  compute:\n    p: {resources: {cpu: {units: x}, memory: {size: y}}}\n";
    const struct sdl *sdl = read_text(text);
    assert_int_equal(sdl->mistakes.errors, 5);
    char *shown = NULL;
    size_t bytes;
    struct mistakes mistakes = sdl->mistakes;
    FILE *out = open_memstream(&shown, &bytes);
    mistakes_print(&mistakes, out);
    fclose(out);
    assert_non_null(strstr(shown, "test.yaml:6:34: error: 'cpu.units' is 'x': it is not a number\n"
                                  "       p: {resources: {cpu: {units: x}, memory: {size: y}}}\n"
                                  "                                    ^\n"
                                  "hint: cores such as 0.5 or 2, or milli-cores such as 100m\n"));
    free(shown);
}

static void durations_are_those_of_go(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        int64_t s;
    } cases[] = {{"24h", 86400}, {"1h30m", 5400}, {"1.5h", 5400}, {"90m1s", 5401}, {"1500ms", 1}, {"+2s", 2}, {"0.5s", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sdl *sdl = read_text(file((struct parts){.rest = arena_format(&test_arena, "reclamation: {min_window: %s}\n", cases[i].rest)}));
        assert_null(mistakes_slug(&sdl->mistakes));
        assert_int_equal(sdl->reclamation_s, cases[i].s);
    }
    static const char *const wrong[] = {"1", "1d", "h", "1h2", "9999999999999h", "1h -1m", "1..5h"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_slug(file((struct parts){.rest = arena_format(&test_arena, "reclamation: {min_window: %s}\n", wrong[i])}), "reclamation_invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2_1_merges_services_of_one_profile_and_2_0_does_not),
        cmocka_unit_test(groups_are_sorted_by_placement_and_unused_placements_make_none),
        cmocka_unit_test(internal_receivers_shift_the_numbers_of_leased_addresses),
        cmocka_unit_test(volumes_of_one_size_come_out_in_the_odd_order_of_the_chain),
        cmocka_unit_test(usdc_is_known_by_its_name_on_mainnet_and_other_denoms_are_kept_as_text),
        cmocka_unit_test(trusted_execution_becomes_a_requirement_of_the_group),
        cmocka_unit_test(aliases_and_merge_keys_are_read_as_if_written_out),
        cmocka_unit_test(a_billion_laughs_are_refused_early),
        cmocka_unit_test(depth_size_and_anchors_are_bounded),
        cmocka_unit_test(texts_that_are_no_yaml_are_told_where_they_break),
        cmocka_unit_test(a_byte_order_mark_and_crlf_are_fine),
        cmocka_unit_test(every_rule_has_its_word),
        cmocka_unit_test(quirk_14_can_be_switched_off),
        cmocka_unit_test(unknown_keys_below_the_top_are_warned_of_with_a_near_miss),
        cmocka_unit_test(all_mistakes_of_a_stage_are_shown_together),
        cmocka_unit_test(durations_are_those_of_go),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
