/* Ishigami & Homma 1990 ("An importance quantification technique in uncertainty analysis for computer models", ISUMA):
 *
 *     y = sin x1 + a sin^2 x2 + b x3^4 sin x1,   x1, x2, x3 independent and uniform on (-pi, pi)
 *
 * x1 acts alone and with x3, x2 alone, x3 through x1 only; all shares of variance are known (Saltelli et al. 2000, "Sensitivity
 * analysis", section 2.9). Two arms, with and without the term of x2, so that their difference hangs on x2 alone; both meet the
 * same noise, so that of two arms' outputs the difference has none. */
#include "models/oracle/oracle.h"

#include "sim/base/hash.h"
#include "sim/chance/kernel.h"
#include "sim/chance/random.h"

#include "sim/base/nomalloc.h"

#define PI 3.14159265358979324

static const struct sim_metric metrics[] = {
    {"y", "1", "Value of the function."},
    {0},
};

static const struct sim_series series[] = {{0}};

static const struct key keys[] = {
    {"x1", KEY_NUMBER, NULL, .help = "First input.", .low = -PI, .high = PI},
    {"x2", KEY_NUMBER, NULL, .help = "Second input.", .low = -PI, .high = PI},
    {"x3", KEY_NUMBER, NULL, .help = "Third input.", .low = -PI, .high = PI},
    {"a", KEY_NUMBER, "7", .help = "Weight of the second input's term."},
    {"b", KEY_NUMBER, "0.1", .help = "Weight of the interaction of the first and third."},
    {"noise", KEY_NUMBER, "0", .help = "Standard deviation of a normal noise of each replication, the same for both arms.", .high = 1e6},
    KEY_END,
};

struct plan {
    double x1, x2, x3, a, b, noise;
};

static const void *prepare(struct scenario *scenario, const struct value *point)
{
    (void)point;
    const struct value *root = &scenario->root;
    struct plan *plan = arena_new(scenario->arena, struct plan);
    *plan = (struct plan){value_number(root, "x1"), value_number(root, "x2"), value_number(root, "x3"),
                          value_number(root, "a"),  value_number(root, "b"),  value_number(root, "noise")};
    return plan;
}

static size_t arms(const void *plan, const struct sim_arm **out)
{
    static const struct sim_arm both[] = {{"whole", "ishigami", ""}, {"without x2", "ishigami", ""}};
    (void)plan;
    *out = both;
    return 2;
}

static void replicate(const void *given, const struct sim_task *task, struct sim_record *record)
{
    const struct plan *plan = given;
    struct stream stream = stream_open(stream_key(task->seed, task->replication, "ishigami"));
    double s1 = kernel_sin(plan->x1), s2 = task->arm == 0 ? kernel_sin(plan->x2) : 0, square = plan->x3 * plan->x3;
    double y = s1 + plan->a * s2 * s2 + plan->b * square * square * s1;
    y += plan->noise * stream_normal(&stream);
    record_metric(record, 0, y);
    record_done(record, 1, hash_double(0, y));
}

const struct sim_model oracle_ishigami = {
    .name = "ishigami",
    .summary = "A function of three inputs whose shares of variance are known, for sensitivity analysis.",
    .keys = keys,
    .metrics = metrics,
    .series = series,
    .prepare = prepare,
    .arms = arms,
    .replicate = replicate,
};
