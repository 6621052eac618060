#include "sim/statistics/parameter.h"

#include <math.h>

/* The table without its incomplete columns: column c of the sums is a replication that every draw has. */
struct table {
    const double *values;
    size_t draws, width;
    const double *column; /* [width]; NaN: incomplete, else its sum over the draws */
    size_t complete;
    double mean;
};

static struct table complete_columns(const double *values, size_t draws, size_t width, double *column)
{
    struct table table = {.values = values, .draws = draws, .width = width, .column = column};
    double sum = 0;
    for (size_t r = 0; r < width; r++) {
        column[r] = 0;
        for (size_t d = 0; d < draws; d++)
            column[r] += values[d * width + r]; /* NaN stays NaN */
        if (isnan(column[r]))
            continue;
        table.complete++;
        sum += column[r];
    }
    table.mean = sum / ((double)draws * (double)table.complete);
    return table;
}

static double row_mean(const struct table *table, size_t draw)
{
    double sum = 0;
    for (size_t r = 0; r < table->width; r++)
        if (!isnan(table->column[r]))
            sum += table->values[draw * table->width + r];
    return sum / (double)table->complete;
}

struct squares {
    double rows, columns, rest; /* B, R, E */
};

static struct squares squares_of(const struct table *table)
{
    struct squares s = {0};
    double draws = (double)table->draws, m = (double)table->complete;
    for (size_t d = 0; d < table->draws; d++) {
        double row = row_mean(table, d);
        s.rows += (row - table->mean) * (row - table->mean);
        for (size_t r = 0; r < table->width; r++) {
            if (isnan(table->column[r]))
                continue;
            double rest = table->values[d * table->width + r] - row - table->column[r] / draws + table->mean;
            s.rest += rest * rest;
        }
    }
    for (size_t r = 0; r < table->width; r++)
        if (!isnan(table->column[r]))
            s.columns += (table->column[r] / draws - table->mean) * (table->column[r] / draws - table->mean);
    s.rows /= draws - 1;
    s.columns /= m - 1;
    s.rest /= (draws - 1) * (m - 1);
    return s;
}

static void constant_table(struct parameter_interval *interval, double value, const struct statistics_options *options)
{
    interval->mean = interval->low = interval->high = value;
    if (options->is_availability && value == 1)
        interval->low = 1 - statistics_clean_bound((uint32_t)interval->replications, options->level);
}

static bool all_equal(const struct table *table, double *value)
{
    bool seen = false;
    for (size_t i = 0; i < table->draws * table->width; i++) {
        if (isnan(table->column[i % table->width]))
            continue;
        if (seen && table->values[i] != *value)
            return false;
        *value = table->values[i];
        seen = true;
    }
    return seen;
}

struct parameter_interval parameter_of(const double *values, size_t draws, size_t replications,
                                       const struct statistics_options *options, double *column)
{
    struct parameter_interval interval = {.mean = NAN, .low = NAN, .high = NAN, .error = NAN, .degrees = NAN};
    if (draws < 2 || replications < 2)
        return interval;
    struct table table = complete_columns(values, draws, replications, column);
    interval.draws = draws;
    interval.replications = table.complete;
    double value = NAN;
    if (table.complete < 2)
        return interval;
    if (all_equal(&table, &value)) {
        interval.error = interval.input_sd = interval.luck_sd = 0;
        interval.degrees = (double)(draws - 1);
        constant_table(&interval, value, options);
        return interval;
    }
    struct squares s = squares_of(&table);
    double d = (double)draws, m = (double)table.complete;
    double inputs = s.rows - s.rest / m > 0 ? s.rows - s.rest / m : 0, luck = s.columns / m;
    double spread = inputs * (1 + 1 / d), variance = spread + luck;
    interval.mean = table.mean;
    interval.input_sd = sqrt(inputs);
    interval.luck_sd = sqrt(luck);
    interval.error = sqrt(variance);
    interval.degrees = variance > 0 ? variance * variance / (spread * spread / (d - 1) + luck * luck / (m - 1)) : d - 1;
    double half = variance > 0 ? statistics_t(options->level, interval.degrees) * interval.error : 0;
    interval.low = interval.mean - half;
    interval.high = interval.mean + half;
    bool is_share = options->is_availability || options->is_share;
    if ((is_share || options->is_duration) && interval.low < 0)
        interval.low = 0;
    if (is_share && interval.high > 1)
        interval.high = 1;
    return interval;
}
