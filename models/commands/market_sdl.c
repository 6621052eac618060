#include "models/commands/json.h"
#include "models/commands/market_command.h"
#include "models/commands/whole.h"
#include "models/sdl/sdl.h"
#include "models/sdl/tree.h"

#include <inttypes.h>
#include <string.h>

/* --- For people --- */

enum { PAGE_COLUMNS = 100, INDENT = 13 };

/* Writes words, separated by ", ", from column INDENT on, onto as many lines as they need. */
struct lines {
    int column; /* 0: nothing written yet */
};

static void print_word(struct lines *lines, const char *word)
{
    int length = (int)strlen(word);
    if (lines->column > 0 && lines->column + 2 + length > PAGE_COLUMNS - 1) {
        fputs(",\n", stdout);
        printf("%*s", INDENT, "");
        lines->column = INDENT;
    } else if (lines->column > 0) {
        fputs(", ", stdout);
        lines->column += 2;
    } else {
        lines->column = INDENT;
    }
    mistake_show(stdout, word, strlen(word), 4096);
    lines->column += length;
}

static void print_words(const char *label, const char *const *words, int32_t count)
{
    struct lines lines = {0};
    if (count == 0)
        return;
    printf("%-*s", INDENT, label);
    for (int32_t i = 0; i < count; i++)
        print_word(&lines, words[i]);
    putchar('\n');
}

/* "key=value" of each. */
static const char **attribute_words(struct arena *arena, struct attributes list)
{
    const char **words = arena_array(arena, (size_t)list.count, const char *);
    for (int32_t i = 0; i < list.count; i++)
        words[i] = arena_format(arena, "%s=%s", list.items[i].key, list.items[i].value);
    return words;
}

/* The size in the largest unit of 1024 that says it exactly: "512Mi", "1000000 bytes". */
static const char *size_text(struct arena *arena, int64_t bytes)
{
    static const char *const units[] = {"Ki", "Mi", "Gi", "Ti"};
    int unit = -1;
    while (unit < 3 && bytes > 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    return unit < 0 ? arena_format(arena, "%" PRId64 " bytes", bytes) : arena_format(arena, "%" PRId64 "%s", bytes, units[unit]);
}

static void print_volume(struct arena *arena, const struct market_volume *volume, bool first)
{
    struct lines lines = {0};
    const char **words = attribute_words(arena, volume->attributes);
    printf("%-*s", INDENT, first ? "    storage" : "");
    print_word(&lines, arena_format(arena, "%s %s", volume->name, size_text(arena, volume->bytes)));
    for (int32_t i = 0; i < volume->attributes.count; i++)
        print_word(&lines, words[i]);
    putchar('\n');
}

static void print_endpoints(struct arena *arena, const struct market_unit *unit)
{
    struct lines lines = {0};
    int http = 0, ports = 0;
    for (int32_t i = 0; i < unit->n_endpoints; i++) {
        http += unit->endpoints[i].kind == MARKET_ENDPOINT_HTTP;
        ports += unit->endpoints[i].kind == MARKET_ENDPOINT_PORT;
    }
    if (unit->n_endpoints == 0)
        return;
    printf("%-*s", INDENT, "    public");
    if (http > 0)
        print_word(&lines, arena_format(arena, "%d shared HTTP", http));
    if (ports > 0)
        print_word(&lines, arena_format(arena, "%d port%s", ports, ports == 1 ? "" : "s"));
    for (int32_t i = 0; i < unit->n_endpoints; i++)
        if (unit->endpoints[i].kind == MARKET_ENDPOINT_IP)
            print_word(&lines, arena_format(arena, "address %d", unit->endpoints[i].ip_number));
    putchar('\n');
}

static void print_unit(struct arena *arena, const struct market_unit *unit, const struct sdl_unit_note *note)
{
    char price[DECIMAL_TEXT];
    const char *const services[] = {note->services}, *const profile[] = {note->profile};
    const char *const offer[] = {arena_format(arena, "at most %s %s per replica and block", decimal_format(price, unit->price), note->denom)};
    const char *const cpu[] = {arena_format(arena, "%" PRId64 "m", unit->cpu_milli)}, *const memory[] = {size_text(arena, unit->memory_bytes)};
    printf("\n  unit %u: %u replica%s\n", unit->id, unit->count, unit->count == 1 ? "" : "s");
    print_words("    services", services, 1);
    print_words("    profile", profile, 1);
    print_words("    price", offer, 1);
    print_words("    cpu", cpu, 1);
    print_words("    memory", memory, 1);
    if (unit->gpu_units > 0) {
        struct lines lines = {0};
        printf("%-*s", INDENT, "    gpu");
        print_word(&lines, arena_format(arena, "%d, any of these:", unit->gpu_units));
        putchar('\n');
        for (int32_t i = 0; i < unit->gpu_attributes.count; i++)
            print_words("", &unit->gpu_attributes.items[i].key, 1);
    }
    for (int32_t i = 0; i < unit->n_volumes; i++)
        print_volume(arena, &unit->volumes[i], i == 0);
    print_endpoints(arena, unit);
}

static void print_group(struct arena *arena, const struct sdl_group *group)
{
    const struct market_requirements *requirements = &group->spec.requirements;
    char price[DECIMAL_TEXT];
    const char *const offer[] = {arena_format(arena, "at most %s %s per block", decimal_format(price, group_spec_price(&group->spec)), group->notes[0].denom)};
    fputs("\ngroup ", stdout);
    mistake_show(stdout, group->spec.name, strlen(group->spec.name), 4096);
    putchar('\n');
    print_words("  price", offer, 1);
    print_words("  attributes", attribute_words(arena, requirements->attributes), requirements->attributes.count);
    print_words("  by any of", requirements->any_of, requirements->n_any_of);
    print_words("  by all of", requirements->all_of, requirements->n_all_of);
    for (int32_t i = 0; i < group->spec.n_units; i++)
        print_unit(arena, &group->spec.units[i], &group->notes[i]);
}

static void print_sdl(struct arena *arena, const struct sdl *sdl, const char *rules)
{
    printf("SDL version ");
    mistake_show(stdout, sdl->version, strlen(sdl->version), 40);
    printf(" under the rules of %s: %d group%s\n", rules, sdl->n_groups, sdl->n_groups == 1 ? "" : "s");
    if (sdl->reclamation_s > 0)
        printf("wants to be told %" PRId64 " s before its machines are taken away\n", sdl->reclamation_s);
    for (int32_t i = 0; i < sdl->n_groups; i++)
        print_group(arena, &sdl->groups[i]);
}

/* --- For programs --- */

static json_t *volume_json(const struct market_volume *volume)
{
    json_t *object = json_object();
    json_object_set_new(object, "name", json_from_text(volume->name));
    json_object_set_new(object, "bytes", json_integer(volume->bytes));
    json_object_set_new(object, "attributes", json_from_attributes(volume->attributes));
    return object;
}

static json_t *endpoints_json(const struct market_unit *unit)
{
    int counts[3] = {0};
    json_t *object = json_object(), *addresses = json_array();
    for (int32_t i = 0; i < unit->n_endpoints; i++) {
        counts[unit->endpoints[i].kind]++;
        if (unit->endpoints[i].kind == MARKET_ENDPOINT_IP)
            json_array_append_new(addresses, json_integer(unit->endpoints[i].ip_number));
    }
    json_object_set_new(object, "http", json_integer(counts[MARKET_ENDPOINT_HTTP]));
    json_object_set_new(object, "ports", json_integer(counts[MARKET_ENDPOINT_PORT]));
    json_object_set_new(object, "addresses", addresses);
    return object;
}

/* ["api", "web"] from "api, web": names of services hold neither. */
static json_t *services_json(const char *services)
{
    json_t *array = json_array();
    for (size_t n; *services != '\0'; services += n + strspn(services + n, ", ")) {
        n = strcspn(services, ",");
        json_array_append_new(array, json_stringn(services, n));
    }
    return array;
}

static json_t *unit_json(const struct market_unit *unit, const struct sdl_unit_note *note)
{
    json_t *object = json_object(), *gpu = json_object(), *volumes = json_array();
    json_object_set_new(gpu, "units", json_integer(unit->gpu_units));
    json_object_set_new(gpu, "attributes", json_from_attributes(unit->gpu_attributes));
    for (int32_t i = 0; i < unit->n_volumes; i++)
        json_array_append_new(volumes, volume_json(&unit->volumes[i]));
    json_object_set_new(object, "id", json_integer(unit->id));
    json_object_set_new(object, "count", json_integer(unit->count));
    json_object_set_new(object, "cpu_milli", json_integer(unit->cpu_milli));
    json_object_set_new(object, "memory_bytes", json_integer(unit->memory_bytes));
    json_object_set_new(object, "gpu", gpu);
    json_object_set_new(object, "storage", volumes);
    json_object_set_new(object, "endpoints", endpoints_json(unit));
    json_object_set_new(object, "price", json_from_decimal(unit->price));
    json_object_set_new(object, "denom", json_from_text(note->denom));
    json_object_set_new(object, "profile", json_from_text(note->profile));
    json_object_set_new(object, "services", services_json(note->services));
    return object;
}

static json_t *group_json(const struct sdl_group *group)
{
    const struct market_requirements *requirements = &group->spec.requirements;
    json_t *object = json_object(), *units = json_array(), *signers = json_object();
    json_object_set_new(signers, "any_of", json_from_names(requirements->any_of, requirements->n_any_of));
    json_object_set_new(signers, "all_of", json_from_names(requirements->all_of, requirements->n_all_of));
    for (int32_t i = 0; i < group->spec.n_units; i++)
        json_array_append_new(units, unit_json(&group->spec.units[i], &group->notes[i]));
    json_object_set_new(object, "name", json_from_text(group->spec.name));
    json_object_set_new(object, "price", json_from_decimal(group_spec_price(&group->spec)));
    json_object_set_new(object, "denom", json_from_text(group->notes[0].denom));
    json_object_set_new(object, "attributes", json_from_attributes(requirements->attributes));
    json_object_set_new(object, "signed_by", signers);
    json_object_set_new(object, "units", units);
    return object;
}

static void write_json(const struct sdl *sdl, const char *rules)
{
    json_t *object = json_object(), *groups = json_array();
    for (int32_t i = 0; i < sdl->n_groups; i++)
        json_array_append_new(groups, group_json(&sdl->groups[i]));
    json_object_set_new(object, "version", json_from_text(sdl->version));
    json_object_set_new(object, "rules", json_string(rules));
    json_object_set_new(object, "reclamation_s", sdl->reclamation_s > 0 ? json_integer(sdl->reclamation_s) : json_null());
    json_object_set_new(object, "groups", groups);
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
}

int market_sdl(const struct command_line *line)
{
    const char *path = line->operand[1], *rules_name = command_text(line, "--rules", "2026-08");
    struct sdl_rules rules;
    size_t bytes;
    check(sdl_rules_named(rules_name, &rules), "the table of options offers rules '%s'", rules_name);
    const char *why, *text = whole_read(line->arena, path, TREE_BYTES, &bytes, &why);
    if (text == NULL) {
        message_error(NULL, "cannot read '%s': %s", message_show(line->arena, path), why);
        return EXIT_MACHINE;
    }
    struct sdl *sdl = sdl_read(line->arena, strcmp(path, "-") == 0 ? "standard input" : path, text, bytes, &rules);
    mistakes_print(&sdl->mistakes, stderr);
    if (sdl->mistakes.errors > 0)
        return EXIT_USAGE;
    if (command_flag(line, "--json"))
        write_json(sdl, rules_name);
    else
        print_sdl(line->arena, sdl, rules_name);
    return EXIT_DONE;
}
