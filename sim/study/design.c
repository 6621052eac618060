#include "sim/study/design.h"

#include "sim/base/check.h"
#include "sim/chance/random.h"

#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdbool.h>

uint64_t design_count(const struct design_options *options)
{
    uint64_t count = options->samples;
    switch (options->kind) {
    case DESIGN_FACTORIAL:
        count = 1;
        for (size_t i = 0; i < options->factors; i++)
            if (__builtin_mul_overflow(count, options->levels[i], &count))
                return UINT64_MAX;
        return count;
    case DESIGN_MORRIS:
        return count * (options->factors + 1);
    case DESIGN_SALTELLI:
        return count * (options->factors + 2);
    case DESIGN_ENDS:
        return 2 * (uint64_t)options->factors + 1;
    case DESIGN_LATIN_HYPERCUBE:
    case DESIGN_SOBOL:
        break;
    }
    return count;
}

/* --- Rows --- */

struct plan {
    struct arena *arena;
    const struct design_options *options;
    struct design_row *rows;
    size_t count;
};

/* The next row, its places still 0. */
static double *add_row(struct plan *plan, struct design_row row)
{
    double *u = arena_array(plan->arena, plan->options->factors, double);
    row.u = u;
    plan->rows[plan->count++] = row;
    return u;
}

static struct stream stream_of(const struct plan *plan, const char *purpose, size_t factor)
{
    struct stream_key family = stream_key(plan->options->seed, 0, purpose);
    return stream_open(stream_key_path(family, plan->options->names[factor]));
}

static void make_factorial(struct plan *plan)
{
    const struct design_options *options = plan->options;
    uint64_t count = design_count(options);
    for (uint64_t n = 0; n < count; n++) {
        double *u = add_row(plan, (struct design_row){.sample = (uint32_t)n, .matrix = "", .factor = -1});
        uint64_t rest = n;
        for (size_t i = options->factors; i-- > 0; rest /= options->levels[i])
            u[i] = options->level[i][rest % options->levels[i]];
    }
}

static void make_latin_hypercube(struct plan *plan)
{
    const struct design_options *options = plan->options;
    uint32_t n = options->samples;
    double **u = arena_array(plan->arena, n, double *);
    uint32_t *slice = arena_array(plan->arena, n, uint32_t);
    for (uint32_t s = 0; s < n; s++)
        u[s] = add_row(plan, (struct design_row){.sample = s, .matrix = "", .factor = -1});
    for (size_t i = 0; i < options->factors; i++) {
        struct stream stream = stream_of(plan, "design latin hypercube", i);
        for (uint32_t s = 0; s < n; s++)
            slice[s] = s;
        stream_shuffle(&stream, slice, n);
        for (uint32_t s = 0; s < n; s++)
            u[s][i] = (slice[s] + stream_uniform(&stream)) / n;
    }
}

/* --- Sobol's sequence --- */

struct sobol {
    gsl_qrng *generator;
    size_t columns;
    double shift[DESIGN_SOBOL_COLUMNS];
};

static struct sobol open_sobol(const struct plan *plan, size_t columns)
{
    size_t factors = plan->options->factors;
    check(columns <= DESIGN_SOBOL_COLUMNS, "%zu columns of Sobol's sequence", columns);
    struct sobol sobol = {.generator = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)columns), .columns = columns};
    check(sobol.generator != NULL, "no memory for Sobol's sequence");
    for (size_t i = 0; i < columns; i++) {
        struct stream stream = stream_of(plan, i < factors ? "design sobol" : "design sobol B", i % factors);
        sobol.shift[i] = stream_uniform(&stream);
    }
    return sobol;
}

static void next_sobol(struct sobol *sobol, double u[DESIGN_SOBOL_COLUMNS])
{
    (void)gsl_qrng_get(sobol->generator, u);
    for (size_t i = 0; i < sobol->columns; i++) {
        double shifted = u[i] + sobol->shift[i];
        u[i] = shifted < 1 ? shifted : shifted - 1;
    }
}

static void make_sobol(struct plan *plan)
{
    struct sobol sobol = open_sobol(plan, plan->options->factors);
    for (uint32_t s = 0; s < plan->options->samples; s++) {
        double all[DESIGN_SOBOL_COLUMNS], *u = add_row(plan, (struct design_row){.sample = s, .matrix = "", .factor = -1});
        next_sobol(&sobol, all);
        for (size_t i = 0; i < plan->options->factors; i++)
            u[i] = all[i];
    }
    gsl_qrng_free(sobol.generator);
}

static void make_saltelli(struct plan *plan)
{
    size_t k = plan->options->factors;
    struct sobol sobol = open_sobol(plan, 2 * k);
    for (uint32_t s = 0; s < plan->options->samples; s++) {
        double all[DESIGN_SOBOL_COLUMNS];
        next_sobol(&sobol, all);
        double *a = add_row(plan, (struct design_row){.sample = s, .matrix = "A", .factor = -1});
        double *b = add_row(plan, (struct design_row){.sample = s, .step = 1, .matrix = "B", .factor = -1});
        for (size_t i = 0; i < k; i++) {
            a[i] = all[i];
            b[i] = all[k + i];
        }
        for (size_t changed = 0; changed < k; changed++) {
            double *ab = add_row(plan, (struct design_row){.sample = s, .step = 2 + (uint32_t)changed, .matrix = "AB",
                                                           .factor = (int)changed});
            for (size_t i = 0; i < k; i++)
                ab[i] = i == changed ? b[i] : a[i];
        }
    }
    gsl_qrng_free(sobol.generator);
}

/* --- One factor at a time --- */

static void make_ends(struct plan *plan)
{
    size_t k = plan->options->factors;
    for (size_t row = 0; row <= 2 * k; row++) {
        size_t changed = row == 0 ? 0 : (row - 1) / 2;
        bool low = row % 2 != 0;
        struct design_row written = {.matrix = "", .factor = -1};
        struct design_row end = {.sample = (uint32_t)changed, .step = low ? 1 : 2, .matrix = low ? "low" : "high", .factor = (int)changed};
        double *u = add_row(plan, row == 0 ? written : end);
        for (size_t i = 0; i < k; i++)
            u[i] = (double)NAN;
        if (row > 0)
            u[changed] = low ? 0 : 1;
    }
}

/* --- Morris's trajectories --- */

static void make_trajectory(struct plan *plan, struct stream *stream, uint32_t sample, uint32_t *order)
{
    const struct design_options *options = plan->options;
    size_t k = options->factors;
    uint32_t half = options->grid / 2;
    double *start = add_row(plan, (struct design_row){.sample = sample, .matrix = "", .factor = -1});
    for (size_t i = 0; i < k; i++) {
        uint64_t level = stream_below(stream, half);
        bool falls = stream_below(stream, 2) != 0;
        start[i] = (double)(falls ? level + half : level) / (options->grid - 1);
        order[i] = (uint32_t)i;
    }
    stream_shuffle(stream, order, (uint32_t)k);
    const double *before = start;
    for (size_t step = 1; step <= k; step++) {
        size_t moved = order[step - 1];
        double *u = add_row(plan, (struct design_row){.sample = sample, .step = (uint32_t)step, .matrix = "",
                                                      .factor = (int)moved});
        for (size_t i = 0; i < k; i++)
            u[i] = before[i];
        /* Back to the grid's own quotient, so that a level is one number however it was reached. */
        uint32_t level = (uint32_t)(before[moved] * (options->grid - 1) + 0.5);
        u[moved] = (double)(level < half ? level + half : level - half) / (options->grid - 1);
        before = u;
    }
}

static void make_morris(struct plan *plan)
{
    uint32_t *order = arena_array(plan->arena, plan->options->factors, uint32_t);
    struct stream_key family = stream_key(plan->options->seed, 0, "design morris");
    check(plan->options->grid >= 2 && plan->options->grid % 2 == 0, "a grid of %u levels", plan->options->grid);
    for (uint32_t s = 0; s < plan->options->samples; s++) {
        struct stream stream = stream_open(stream_key_index(family, s));
        make_trajectory(plan, &stream, s, order);
    }
}

const struct design_row *design_make(struct arena *arena, const struct design_options *options)
{
    uint64_t count = design_count(options);
    struct plan plan = {.arena = arena, .options = options, .rows = arena_array(arena, count, struct design_row)};
    switch (options->kind) {
    case DESIGN_FACTORIAL:
        make_factorial(&plan);
        break;
    case DESIGN_LATIN_HYPERCUBE:
        make_latin_hypercube(&plan);
        break;
    case DESIGN_SOBOL:
        make_sobol(&plan);
        break;
    case DESIGN_MORRIS:
        make_morris(&plan);
        break;
    case DESIGN_SALTELLI:
        make_saltelli(&plan);
        break;
    case DESIGN_ENDS:
        make_ends(&plan);
        break;
    }
    check(plan.count == count, "%zu rows of %llu", plan.count, (unsigned long long)count);
    return plan.rows;
}
