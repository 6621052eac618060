/* Sobol's g-function: y is the product over the inputs of (|4 x - 2| + a) / (1 + a), x independent and uniform on (0, 1). Each
 * factor has mean 1 and variance V_i = 1 / (3 (1 + a_i)^2), so first_i = V_i / V and total_i = V_i product over the others of (1 + V_j) / V
 * with V = product of (1 + V_i) - 1 (Saltelli & Sobol 1995, "About the use of rank transformation in sensitivity analysis of model
 * output", Reliability Engineering & System Safety 50). a = 0 is an input that matters, a = 99 one that does not. */
#include "models/oracle/oracle.h"

#include "sim/base/hash.h"

#include <math.h>

#include "sim/base/nomalloc.h"

static const struct sim_metric metrics[] = {
    {"y", "1", "Value of the function."},
    {0},
};

static const struct sim_series series[] = {{0}};

static const struct key input_keys[] = {
    {"name", KEY_NAME, NULL, .unique = true, .help = "Name of the input."},
    {"x", KEY_NUMBER, "0.5", .help = "Its value.", .low = 0, .high = 1},
    {"a", KEY_NUMBER, "0", .help = "How little it matters.", .low = 0, .high = 1e6},
    KEY_END,
};

static const struct key keys[] = {
    {"inputs", KEY_LIST, .children = input_keys, .required = true, .help = "The inputs of the function."},
    KEY_END,
};

struct plan {
    double y;
};

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *inputs = value_of(&scenario->root, "inputs");
    struct plan *plan = arena_new(scenario->arena, struct plan);
    plan->y = 1;
    for (size_t i = 0; i < value_count(inputs); i++) {
        const struct value *input = value_at(inputs, i);
        double a = value_number(input, "a");
        plan->y *= (fabs(4 * value_number(input, "x") - 2) + a) / (1 + a);
    }
    return plan;
}

static size_t arms(const void *plan, const struct sim_arm **out)
{
    static const struct sim_arm arm = {"g", "g-function", ""};
    (void)plan;
    *out = &arm;
    return 1;
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    (void)task;
    record_metric(record, 0, plan->y);
    record_done(record, 1, hash_double(0, plan->y));
}

const struct sim_model oracle_g_function = {
    .name = "g-function",
    .summary = "A product whose inputs' shares of variance are known, for sensitivity analysis.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = arms,
    .replicate = replicate,
};
