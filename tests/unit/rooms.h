/* Fleets, demand and faults read from scenario text, without any cloud: for the tests of the model rooms. */
#ifndef NINES_TESTS_UNIT_ROOMS_H
#define NINES_TESTS_UNIT_ROOMS_H

#include "models/demand/demand.h"
#include "models/faults/faults.h"
#include "models/fleet/fleet.h"
#include "sim/scenario/scenario.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct key rooms_keys[] = {
    {"fleet", KEY_GROUP, NULL, "hardware", .children = fleet_keys, .required = true},
    {"demand", KEY_LIST, NULL, "demand", .children = demand_keys},
    {"damages", KEY_LIST, NULL, "damages", .children = damage_keys},
    {"faults", KEY_LIST, NULL, "hazards", .children = hazard_keys},
    {"incidents", KEY_LIST, NULL, "incidents", .children = incident_keys},
    {"traces", KEY_LIST, NULL, "traces", .children = trace_keys},
    {"hours", KEY_LIST, NULL, "hours", .children = hours_keys},
    {"rollouts", KEY_LIST, NULL, "rollouts", .children = rollout_keys},
    {"active", KEY_TEXTS, NULL, "incidents that happen"},
    {"fresh", KEY_BOOL, "false", "all new"},
    KEY_END};

struct rooms {
    struct arena arena;
    struct scenario *scenario;
    struct fleet *fleet;
    struct demand_plan *demand;
    struct fault_list *faults;
};

static inline bool rooms_model(const void *registry, const char *name, const struct key **keys, const struct key **point_keys)
{
    (void)registry, (void)name;
    *keys = rooms_keys;
    *point_keys = NULL;
    return true;
}

/* Reads the text; scenario->errors tells whether it went well. */
static inline void rooms_read(struct rooms *rooms, const char *text)
{
    char *whole = NULL;
    arena_open(&rooms->arena, 0);
    int length = asprintf(&whole, "model = \"rooms\"; start = \"2024-07-01T00:00Z\"; horizon = \"31 d\";\n%s", text);
    assert_true(length > 0);
    struct scenario *scenario =
        scenario_read_text(&rooms->arena, "rooms.cfg", whole, NULL, 0, rooms_model, NULL, "rooms");
    rooms->scenario = scenario;
    free(whole);
    if (scenario->errors > 0) {
        (void)scenario_print_errors(scenario, stderr);
        fail_msg("the test's own scenario has mistakes");
    }
    const struct value *root = &scenario->root;
    rooms->fleet = fleet_build(scenario, value_of(root, "fleet"));
    rooms->demand = demand_read(scenario, value_of(root, "demand"), value_of(root, "damages"), rooms->fleet, NULL);
    const struct fault_source source = {.incidents = value_of(root, "incidents"),
                                        .hazards = value_of(root, "faults"),
                                        .traces = value_of(root, "traces"),
                                        .hours = value_of(root, "hours"),
                                        .rollouts = value_of(root, "rollouts"),
                                        .active = value_of(root, "active"),
                                        .fleet = rooms->fleet,
                                        .start_unix_s = value_utc(root, "start"),
                                        .fresh = value_bool(root, "fresh")};
    rooms->faults = faults_read(scenario, &source);
}

static inline void rooms_open(struct rooms *rooms, const char *text)
{
    rooms_read(rooms, text);
    if (rooms->scenario->errors > 0) {
        (void)scenario_print_errors(rooms->scenario, stderr);
        fail_msg("the test's own scenario has mistakes");
    }
}

static inline void rooms_close(struct rooms *rooms) { arena_close(&rooms->arena); }

/* All mistakes as text, in libc memory that the caller frees. */
static inline char *rooms_errors(const struct rooms *rooms)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    (void)scenario_print_errors(rooms->scenario, memory);
    (void)fclose(memory);
    return text;
}

/* A scenario of two texts, the second of them wrong, is refused in words that hold `says`. */
static inline void rooms_refused(const char *first, const char *wrong, const char *says)
{
    struct rooms rooms;
    char *text = NULL;
    assert_true(asprintf(&text, "%s%s", first, wrong) > 0);
    rooms_read(&rooms, text);
    char *errors = rooms_errors(&rooms);
    if (rooms.scenario->errors == 0 || strstr(errors, says) == NULL)
        fail_msg("wanted '%s', got: %s", says, errors);
    free(errors);
    free(text);
    rooms_close(&rooms);
}

static inline void assert_near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance))
        fail_msg("%.9g is not within %g of %.9g", value, tolerance, wanted);
}

/* A share seen among n is that of a binomial of probability p, within z standard deviations. */
static inline void assert_share(double seen, double n, double p, double z)
{
    assert_near(seen / n, p, z * sqrt(p * (1 - p) / n) + 1e-12);
}

#endif
