/* Fills the table `sensitivity` from the tables `design`, `design_value`, `summary` and `difference`: which of the varied keys each
 * metric of each cloud hangs on, and each difference between two clouds of a point. The output at a point is the mean over its
 * replications, so what the tables above say of points is what is analysed here. */
#include "sim/results/summary_internal.h"
#include "sim/statistics/sensitivity.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

#define NO_FACTOR SIZE_MAX

struct design_row {
    size_t sample, factor; /* index of the key that differs, or NO_FACTOR */
    int64_t step;
    char matrix;           /* of saltelli: 'A', 'B' or, for AB, 'M' */
};

struct design {
    bool is_morris;
    struct design_row *row; /* [rows], in order of points */
    const char **factor;    /* [factors] */
    double *u;              /* [rows][factors] */
    size_t rows, factors, samples;
    double *y;              /* [rows] output under way; NaN: undefined */
    double *cut;            /* [2 + factors][samples] the same by sample: effects, or A, B and each AB */
    double *scratch;
};

/* What the output is: a metric of a cloud, or of a minus b. */
struct subject {
    int64_t cloud_a, cloud_b; /* cloud_b below 0: a alone */
    const char *metric, *unit;
};

static size_t count_of(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *row = NULL;
    size_t count = 0;
    if (sqlite3_prepare_v2(database, sql, -1, &row, NULL) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW)
        count = (size_t)sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return count;
}

/* --- The design --- */

static bool load_factors(sqlite3 *database, struct arena *arena, struct design *design)
{
    sqlite3_stmt *row = NULL;
    size_t room = count_of(database, "SELECT count(DISTINCT factor) FROM design_value");
    design->factor = arena_array(arena, room, const char *);
    if (sqlite3_prepare_v2(database, "SELECT factor FROM design_value GROUP BY factor ORDER BY min(position)", -1, &row, NULL) !=
        SQLITE_OK)
        return false;
    while (design->factors < room && sqlite3_step(row) == SQLITE_ROW)
        design->factor[design->factors++] = arena_text(arena, (const char *)sqlite3_column_text(row, 0));
    return sqlite3_finalize(row) == SQLITE_OK;
}

static size_t factor_index(const struct design *design, const char *name)
{
    for (size_t f = 0; name != NULL && f < design->factors; f++)
        if (strcmp(design->factor[f], name) == 0)
            return f;
    return NO_FACTOR;
}

static bool load_rows(sqlite3 *database, struct arena *arena, struct design *design, size_t room)
{
    sqlite3_stmt *row = NULL;
    design->row = arena_array(arena, room, struct design_row);
    if (sqlite3_prepare_v2(database,
                           "SELECT d.sample, d.step, d.matrix, d.factor FROM design d JOIN point p ON p.id = d.point_id"
                           " ORDER BY p.position",
                           -1, &row, NULL) != SQLITE_OK)
        return false;
    while (design->rows < room && sqlite3_step(row) == SQLITE_ROW) {
        const char *matrix = (const char *)sqlite3_column_text(row, 2);
        struct design_row *each = &design->row[design->rows++];
        *each = (struct design_row){.sample = (size_t)sqlite3_column_int64(row, 0), .step = sqlite3_column_int64(row, 1),
                                    .factor = factor_index(design, (const char *)sqlite3_column_text(row, 3))};
        each->matrix = strcmp(matrix, "AB") == 0 ? 'M' : matrix[0];
        if (each->sample >= room)
            each->sample = 0; /* not a file of ours */
        if (each->sample >= design->samples)
            design->samples = each->sample + 1;
    }
    return sqlite3_finalize(row) == SQLITE_OK;
}

static bool load_places(sqlite3 *database, struct arena *arena, struct design *design)
{
    sqlite3_stmt *row = NULL;
    size_t count = design->rows * design->factors, i = 0;
    design->u = arena_array(arena, count, double);
    if (sqlite3_prepare_v2(database,
                           "SELECT v.u FROM design d JOIN point p ON p.id = d.point_id JOIN design_value v"
                           " ON v.point_id = d.point_id ORDER BY p.position, v.position",
                           -1, &row, NULL) != SQLITE_OK)
        return false;
    while (i < count && sqlite3_step(row) == SQLITE_ROW)
        design->u[i++] = sqlite3_column_double(row, 0);
    return sqlite3_finalize(row) == SQLITE_OK && i == count;
}

/* --- Outputs --- */

static bool load_outputs(sqlite3_stmt *select, const struct subject *subject, struct design *design)
{
    size_t i = 0;
    sqlite3_bind_int64(select, 1, subject->cloud_a);
    sqlite3_bind_text(select, 2, subject->metric, -1, SQLITE_STATIC);
    if (subject->cloud_b >= 0)
        sqlite3_bind_int64(select, 3, subject->cloud_b);
    for (; i < design->rows && sqlite3_step(select) == SQLITE_ROW; i++)
        design->y[i] =
            sqlite3_column_type(select, 0) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(select, 0);
    return sqlite3_reset(select) == SQLITE_OK && i == design->rows;
}

/* design->cut: elementary effects of each factor by trajectory. */
static void cut_morris(struct design *design)
{
    for (size_t i = 1; i < design->rows; i++) {
        const struct design_row *row = &design->row[i], *before = row - 1;
        if (row->factor == NO_FACTOR || row->sample != before->sample || row->step != before->step + 1)
            continue;
        size_t place = i * design->factors + row->factor;
        double step = design->u[place] - design->u[place - design->factors];
        if (step != 0)
            design->cut[(2 + row->factor) * design->samples + row->sample] = (design->y[i] - design->y[i - 1]) / step;
    }
}

/* design->cut: outputs at A, at B, and at AB of each factor, by sample. */
static void cut_saltelli(struct design *design)
{
    for (size_t i = 0; i < design->rows; i++) {
        const struct design_row *row = &design->row[i];
        size_t line = row->matrix == 'A' ? 0 : row->matrix == 'B' ? 1 : 2 + row->factor;
        if (row->matrix != 'M' || row->factor != NO_FACTOR)
            design->cut[line * design->samples + row->sample] = design->y[i];
    }
}

/* --- Rows --- */

struct writer {
    sqlite3_stmt *insert;
    const struct subject *subject;
    const char *factor;
    double level;
    uint32_t n;
};

static void bind(sqlite3_stmt *insert, int column, double value)
{
    if (isnan(value))
        sqlite3_bind_null(insert, column);
    else
        sqlite3_bind_double(insert, column, value);
}

static bool put(const struct writer *writer, const char *name, const char *unit, const char *method,
                struct sensitivity_index index)
{
    sqlite3_stmt *insert = writer->insert;
    sqlite3_bind_int64(insert, 1, writer->subject->cloud_a);
    if (writer->subject->cloud_b >= 0)
        sqlite3_bind_int64(insert, 2, writer->subject->cloud_b);
    else
        sqlite3_bind_null(insert, 2);
    sqlite3_bind_text(insert, 3, writer->subject->metric, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 4, writer->factor, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 5, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 6, unit, -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 7, writer->n);
    bind(insert, 8, index.value);
    bind(insert, 9, index.low);
    bind(insert, 10, index.high);
    sqlite3_bind_double(insert, 11, writer->level);
    sqlite3_bind_text(insert, 12, isnan(index.low) ? "none" : method, -1, SQLITE_STATIC);
    return sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK;
}

static bool write_factor(const struct design *design, struct writer *writer, size_t factor)
{
    const double *own = design->cut + (2 + factor) * design->samples;
    const char *unit = writer->subject->unit;
    writer->factor = design->factor[factor];
    if (design->is_morris) {
        struct sensitivity_morris m = sensitivity_morris(own, design->samples, writer->level, design->scratch);
        writer->n = m.n;
        return put(writer, "mu", unit, "student t", m.mu) && put(writer, "mu_star", unit, "student t", m.mu_star) &&
               put(writer, "sigma", unit, "bootstrap", m.sigma);
    }
    struct sensitivity_rows rows = {design->cut, design->cut + design->samples, own, design->samples};
    struct sensitivity_sobol s = sensitivity_sobol(&rows, writer->level, design->scratch);
    writer->n = s.n;
    return put(writer, "first", "1", "bootstrap", s.first) && put(writer, "total", "1", "bootstrap", s.total);
}

/* All factors of one output. A metric that no point defines has no rows. */
static bool write_subject(struct design *design, struct writer *writer, sqlite3_stmt *select)
{
    size_t defined = 0;
    if (!load_outputs(select, writer->subject, design))
        return false;
    for (size_t i = 0; i < design->rows; i++)
        defined += isnan(design->y[i]) ? 0 : 1;
    for (size_t i = 0; i < (2 + design->factors) * design->samples; i++)
        design->cut[i] = (double)NAN;
    if (design->is_morris)
        cut_morris(design);
    else
        cut_saltelli(design);
    for (size_t f = 0; defined > 0 && f < design->factors; f++)
        if (!write_factor(design, writer, f))
            return false;
    return true;
}

/* Every metric of every cloud and every pair; the price ratio, which only pairs have, comes last. */
static bool write_all(const struct summary_frame *frame, struct design *design, sqlite3_stmt *insert, sqlite3_stmt *alone,
                      sqlite3_stmt *pair)
{
    for (size_t m = 0; m <= frame->metric_count; m++) {
        bool ratio = m == frame->metric_count;
        struct subject subject = {.metric = ratio ? "break_even_price_ratio" : frame->metrics[m].name,
                                  .unit = ratio ? "1" : frame->metrics[m].unit};
        struct writer writer = {.insert = insert, .subject = &subject, .level = frame->level};
        for (size_t a = 0; a < frame->cloud_count; a++) {
            subject.cloud_a = frame->clouds[a];
            subject.cloud_b = -1;
            if (!ratio && !write_subject(design, &writer, alone))
                return false;
            for (size_t b = a + 1; b < frame->cloud_count; b++) {
                subject.cloud_b = frame->clouds[b];
                if (!write_subject(design, &writer, pair))
                    return false;
            }
        }
    }
    return true;
}

static bool analyse(sqlite3 *database, struct arena *arena, const struct summary_frame *frame, struct design *design)
{
    static const char *const insert_sql =
        "INSERT INTO sensitivity (cloud_a, cloud_b, metric, factor, name, unit, n, value, ci_low, ci_high, level, method)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    static const char *const alone_sql =
        "SELECT s.mean FROM design d JOIN point p ON p.id = d.point_id LEFT JOIN summary s ON s.point_id = d.point_id"
        " AND s.cloud_id = ?1 AND s.metric = ?2 ORDER BY p.position";
    static const char *const pair_sql =
        "SELECT s.mean FROM design d JOIN point p ON p.id = d.point_id LEFT JOIN difference s ON s.point_a = d.point_id"
        " AND s.cloud_a = ?1 AND s.point_b = d.point_id AND s.cloud_b = ?3 AND s.metric = ?2 ORDER BY p.position";
    sqlite3_stmt *insert = NULL, *alone = NULL, *pair = NULL;
    design->y = arena_array(arena, design->rows, double);
    design->cut = arena_array(arena, (2 + design->factors) * design->samples, double);
    design->scratch = arena_array(arena, 3 * design->samples + 2 * SENSITIVITY_RESAMPLES, double);
    bool done = sqlite3_prepare_v2(database, insert_sql, -1, &insert, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(database, alone_sql, -1, &alone, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(database, pair_sql, -1, &pair, NULL) == SQLITE_OK &&
                write_all(frame, design, insert, alone, pair);
    sqlite3_finalize(insert);
    sqlite3_finalize(alone);
    sqlite3_finalize(pair);
    return done;
}

bool summary_write_sensitivity(sqlite3 *database, struct arena *arena, const struct summary_frame *frame)
{
    struct design design = {.is_morris = count_of(database, "SELECT count(*) FROM design WHERE design = 'morris'") > 0};
    size_t rows = count_of(database, "SELECT count(*) FROM design WHERE design IN ('morris', 'saltelli')");
    if (sqlite3_exec(database, "DELETE FROM sensitivity", NULL, NULL, NULL) != SQLITE_OK)
        return false;
    if (rows == 0)
        return true;
    return load_factors(database, arena, &design) && load_rows(database, arena, &design, rows) &&
           load_places(database, arena, &design) && analyse(database, arena, frame, &design);
}
