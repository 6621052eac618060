#include "models/commands/place_write.h"

#include "sim/base/csv.h"

#include <inttypes.h>
#include <math.h>

/* --- Rows --- */

static void write_experiment(FILE *out, const struct place_plan *plan, size_t policy, size_t seed)
{
    csv_write(out, plan->trace, ',');
    csv_write(out, plan->policies[policy].name, ',');
    csv_write_number(out, plan->tune, ',');
    fprintf(out, "%" PRId64 ",", plan->seeds[seed].seed);
}

void place_write_curve_header(FILE *out)
{
    fputs("trace,policy,tune,seed,arrived_pct,alloc_pct,frag_pct,frag_ratio_pct\n", out);
}

void place_write_curve(FILE *out, const struct place_plan *plan, size_t policy, size_t seed,
                       const struct place_result *result)
{
    for (size_t bin = 0; bin < plan->bins; bin++) {
        const struct gpu_curve_point *point = &result->points[bin];
        if (isnan(point->alloc))
            continue;
        write_experiment(out, plan, policy, seed);
        fprintf(out, "%zu,", bin);
        csv_write_number(out, point->alloc, ',');
        csv_write_number(out, point->frag, ',');
        csv_write_number(out, point->frag_ratio, '\n');
    }
}

void place_write_placements_header(FILE *out)
{
    fputs("trace,policy,tune,seed,pos,pod,node,gpu,score\n", out);
}

static void write_placement(FILE *out, const struct openb *openb, const struct gpu_placement *placement)
{
    if (placement->node == GPU_NO_NODE) {
        fputs(",,\n", out);
        return;
    }
    csv_write(out, openb->node_names[placement->node], ',');
    const char *joint = "";
    for (uint32_t rest = placement->devices; rest != 0; rest &= rest - 1, joint = "-")
        fprintf(out, "%s%d", joint, __builtin_ctz(rest));
    fprintf(out, ",%" PRId32 "\n", placement->score);
}

void place_write_placements(FILE *out, const struct place_plan *plan, size_t policy, size_t seed,
                            const struct place_result *result)
{
    const struct place_seed *s = &plan->seeds[seed];
    for (size_t i = 0; i < s->count; i++) {
        write_experiment(out, plan, policy, seed);
        fprintf(out, "%zu,", i);
        csv_write(out, plan->openb->pod_names[s->arrivals[i]], ',');
        write_placement(out, plan->openb, &result->placements[i]);
    }
}

/* --- The table --- */

void place_table_open(struct place_table *table, struct arena *arena, const struct place_plan *plan)
{
    for (int column = 0; column < PLACE_COLUMNS; column++)
        table->value[column] = arena_array(arena, plan->policy_count * plan->seed_count, double);
}

void place_table_add(struct place_table *table, const struct place_plan *plan, size_t policy, size_t seed,
                     const struct place_result *result)
{
    size_t at = policy * plan->seed_count + seed, last = plan->bins - 1;
    bool full = plan->bins > 100;
    while (last > 0 && isnan(result->points[last].alloc))
        last--;
    table->uneven = table->uneven || last + 1 < plan->bins;
    table->value[PLACE_AT_100][at] = full ? result->points[100].alloc : (double)NAN;
    table->value[PLACE_FRAGMENT_AT_100][at] = full ? result->points[100].frag : (double)NAN;
    table->value[PLACE_AT_END][at] = result->points[last].alloc;
    table->value[PLACE_PLACED_SHARE][at] = 100.0 * (double)result->placed / (double)(result->placed + result->failed);
}

static void print_cell(FILE *out, const double *values, size_t count, bool last)
{
    double sum = 0, squares = 0;
    char cell[40] = "     -";
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    if (!isnan(mean) && count < 2)
        snprintf(cell, sizeof cell, "%6.2f", mean);
    else if (!isnan(mean))
        snprintf(cell, sizeof cell, "%6.2f +- %.2f", mean, sqrt(squares / (double)(count - 1)));
    fprintf(out, last ? "  %s\n" : "  %-15s", cell);
}

void place_table_print(const struct place_table *table, const struct place_plan *plan, FILE *out)
{
    static const char format[] = "%-24s  %-15s  %-15s  %-15s  %s\n";
    char last[40] = "at the end";
    if (!table->uneven)
        snprintf(last, sizeof last, "at %zu %%", plan->bins - 1);
    fprintf(out, format, "", "GPU allocated,", "GPU allocated,", "GPU fragmented,", "pods placed,");
    fprintf(out, format, "", "% of capacity,", "% of capacity,", "% of capacity,", "% of");
    fprintf(out, format, "policy", "at 100 %", last, "at 100 %", "arrived");
    for (size_t policy = 0; policy < plan->policy_count; policy++) {
        fprintf(out, "%-24s", plan->policies[policy].name);
        for (int column = 0; column < PLACE_COLUMNS; column++)
            print_cell(out, table->value[column] + policy * plan->seed_count, plan->seed_count,
                       column + 1 == PLACE_COLUMNS);
    }
}

const char *place_seeds_text(struct arena *arena, const struct place_plan *plan)
{
    const char *text = "";
    for (size_t i = 0, end; i < plan->seed_count; i = end) {
        int64_t first = plan->seeds[i].seed;
        for (end = i + 1; end < plan->seed_count && plan->seeds[end].seed == first + (int64_t)(end - i); end++)
            ;
        if (i > 400)
            return arena_format(arena, "%s, ...", text);
        text = end - i == 1 ? arena_format(arena, "%s%s%" PRId64, text, i == 0 ? "" : ", ", first)
                            : arena_format(arena, "%s%s%" PRId64 "..%" PRId64, text, i == 0 ? "" : ", ", first,
                                           plan->seeds[end - 1].seed);
    }
    return text;
}
