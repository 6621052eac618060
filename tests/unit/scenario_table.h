/* A small model's keys with one of everything, for the tests of the scenario reader: two models, "clouds" and "mm1". */
#ifndef NINES_TESTS_UNIT_SCENARIO_TABLE_H
#define NINES_TESTS_UNIT_SCENARIO_TABLE_H

#include "sim/scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

static const struct key table_tenant[] = {
    {"detection", KEY_DURATION, "5 min", .help = "Time until a tenant notices."},
    KEY_END,
};

static const struct key table_cloud[] = {
    {"name", KEY_NAME, .unique = true, .help = "Name."},
    {"kind", KEY_CHOICE, .choices = "hyperscaler|akash|ionet", .help = "Kind."},
    {"regions", KEY_INTEGER, "3", .low = 1, .high = 10, .when = "kind=hyperscaler", .help = "Regions."},
    {"escrow", KEY_MONEY, "25 USD", .when = "kind=akash|ionet", .help = "Deposit."},
    {"price", KEY_MONEY_RATE, "1.10 USD/h", .help = "Price."},
    {"tenant", KEY_GROUP, "{}", .children = table_tenant, .help = "The tenant."},
    {"repair", KEY_LAW, "exponential(4 h)", .help = "Time to repair."},
    {"repair_hours", KEY_DURATION, "4 h", .help = "Near miss."},
    {"tags", KEY_TEXTS, .help = "Labels."},
    {"share", KEY_SHARE, "0.5", .help = "A share."},
    {"memory", KEY_BYTES, "80 GiB", .help = "Memory."},
    {"failures", KEY_RATE, "", .help = "Without a default."},
    {"spot", KEY_BOOL, "false", .help = "A switch."},
    {"factor", KEY_NUMBER, "1e5", .help = "A number."},
    {"note", KEY_ANY, "", .help = "Anything."},
    KEY_END,
};

static const struct key table_fleet[] = {
    {"sites", KEY_INTEGER, .low = 1, .help = "Sites."},
    KEY_END,
};

static const struct key table_keys[] = {
    {"clouds", KEY_LIST, .children = table_cloud, .required = true, .help = "The clouds."},
    {"arrival", KEY_RATE, "2 /y", .help = "Arrivals."},
    {"part", KEY_FILE, "", .help = "A text file."},
    {"other_part", KEY_FILE, "", .help = "Another."},
    {"fleet", KEY_GROUP, .children = table_fleet, .help = "May be left out."},
    KEY_END,
};

static const struct key table_point_keys[] = {
    {"incidents", KEY_TEXTS, .help = "Incidents of this point."},
    KEY_END,
};

static inline bool table_model(const void *registry, const char *name, const struct key **keys, const struct key **point_keys)
{
    (void)registry;
    if (strcmp(name, "clouds") == 0) {
        *keys = table_keys;
        *point_keys = table_point_keys;
    }
    return strcmp(name, "clouds") == 0 || strcmp(name, "mm1") == 0;
}

static inline struct scenario *table_read(struct arena *arena, const char *text, const char *const *overrides, size_t count)
{
    return scenario_read_text(arena, "a.cfg", text, overrides, count, table_model, NULL, "clouds, mm1");
}

/* What is printed of the scenario, however long, in its arena. */
static inline const char *table_printed(const struct scenario *scenario, bool errors)
{
    char *bytes = NULL;
    size_t length;
    FILE *memory = open_memstream(&bytes, &length);
    if (errors)
        (void)scenario_print_errors(scenario, memory);
    else
        scenario_print_config(scenario, memory);
    (void)fclose(memory);
    const char *text = arena_text(scenario->arena, bytes);
    free(bytes);
    return text;
}

/* Whole text of the mistakes, in the scenario's arena. */
static inline const char *table_errors(const struct scenario *scenario)
{
    return table_printed(scenario, true);
}

/* The effective configuration, in the scenario's arena. */
static inline const char *table_config(const struct scenario *scenario)
{
    return table_printed(scenario, false);
}

#endif
