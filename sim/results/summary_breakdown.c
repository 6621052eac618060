/* What breakdowns come to over replications: ratios with intervals, the tails of samples, and the paired differences between the clouds
 * of a point. One point at a time, at the nominal setting. */
#include "sim/results/summary_internal.h"
#include "sim/statistics/pooled.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct slice_pass {
    const struct summary_frame *frame;
    sqlite3 *database;
    sqlite3_stmt *insert_slice, *insert_risk;
    size_t point;
    const char *name, *unit;     /* of the breakdown under way */
    double *numerator, *denominator, *influence; /* [cloud][slot] of the slice under way */
    bool *reported;              /* [cloud][slot] */
    double *a, *b, *own;         /* [slots], gathered */
};

/* A slice's name and threshold, as the rows say it. */
struct slice_key {
    const char *slice;
    bool has_at;
    double at;
};

static int by_id(const void *key, const void *element)
{
    int64_t a = *(const int64_t *)key, b = ((const struct summary_replication *)element)->id;
    return (a > b) - (a < b);
}

static const struct summary_replication *replication_of(const struct summary_frame *frame, int64_t id)
{
    return bsearch(&id, frame->replications, frame->replication_count, sizeof *frame->replications, by_id);
}

static bool *reported(const struct slice_pass *pass, size_t cloud) { return &pass->reported[cloud * pass->frame->nominal]; }
static double *of_cloud(const struct slice_pass *pass, double *array, size_t cloud) { return &array[cloud * pass->frame->nominal]; }

static size_t present(const struct slice_pass *pass, size_t cloud)
{
    const struct summary_frame *frame = pass->frame;
    size_t n = 0;
    for (size_t slot = 0; slot < frame->nominal; slot++)
        n += frame->present[(pass->point * frame->cloud_count + cloud) * frame->slots + slot];
    return n;
}

static void bind_clouds(const struct slice_pass *pass, sqlite3_stmt *insert, size_t cloud_a, size_t cloud_b)
{
    const struct summary_frame *frame = pass->frame;
    sqlite3_bind_int64(insert, 1, frame->points[pass->point]);
    sqlite3_bind_int64(insert, 2, frame->clouds[cloud_a]);
    if (cloud_b < frame->cloud_count)
        sqlite3_bind_int64(insert, 3, frame->clouds[cloud_b]);
    else
        sqlite3_bind_null(insert, 3);
    sqlite3_bind_text(insert, 4, pass->name, -1, SQLITE_TRANSIENT);
}

/* --- Ratios --- */

/* Slots that both clouds have reported; of each cloud what it summed up, and the influences of its ratio. Returns how many. */
static size_t gather(const struct slice_pass *pass, size_t cloud, size_t other, double *influence, double *ratio, double sums[2])
{
    size_t n = 0;
    sums[0] = sums[1] = 0;
    for (size_t slot = 0; slot < pass->frame->nominal; slot++)
        if (reported(pass, cloud)[slot] && reported(pass, other)[slot]) {
            pass->a[n] = of_cloud(pass, pass->numerator, cloud)[slot];
            pass->b[n] = of_cloud(pass, pass->denominator, cloud)[slot];
            sums[0] += pass->a[n];
            sums[1] += pass->b[n++];
        }
    *ratio = pooled_ratio(pass->a, pass->b, n, influence);
    return n;
}

/* A ratio of what is never negative is not, nor is a share above 1. */
static void cut(const struct slice_pass *pass, size_t n, struct statistics *s)
{
    bool positive = true, share = strcmp(pass->unit, "1") == 0;
    for (size_t i = 0; i < n; i++) {
        positive = positive && pass->a[i] >= 0;
        share = share && pass->a[i] <= pass->b[i];
    }
    if (positive && s->ci_low < 0)
        s->ci_low = 0;
    if (share && s->ci_high > 1)
        s->ci_high = 1;
}

static bool insert_slice(const struct slice_pass *pass, struct slice_key key, size_t cloud_a, size_t cloud_b, size_t missing,
                        const double sums[2], const struct statistics *s)
{
    sqlite3_stmt *insert = pass->insert_slice;
    bind_clouds(pass, insert, cloud_a, cloud_b);
    sqlite3_bind_text(insert, 5, key.slice, -1, SQLITE_TRANSIENT);
    summary_bind(insert, 6, (double[]){key.has_at ? key.at : (double)NAN}, 1);
    sqlite3_bind_text(insert, 7, pass->unit, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert, 8, s->n);
    sqlite3_bind_int64(insert, 9, (int64_t)missing);
    summary_bind(insert, 10, (double[]){sums[0], sums[1], s->mean, s->ci_low, s->ci_high, s->level}, 6);
    sqlite3_bind_text(insert, 16, statistics_method_name(s->method), -1, SQLITE_STATIC);
    return summary_step(insert);
}

static bool write_slice(const struct slice_pass *pass, struct slice_key key)
{
    const struct summary_frame *frame = pass->frame;
    size_t clouds = frame->cloud_count;
    static const double none[2] = {(double)NAN, (double)NAN};
    for (size_t c = 0; c < clouds; c++) {
        double ratio, sums[2];
        size_t n = gather(pass, c, c, pass->influence, &ratio, sums);
        struct statistics s = pooled_interval(ratio, pass->influence, n, frame->level);
        cut(pass, n, &s);
        if (n > 0 && !insert_slice(pass, key, c, clouds, present(pass, c) - n, sums, &s))
            return false;
    }
    for (size_t a = 0; a < clouds; a++)
        for (size_t b = a + 1; b < clouds; b++) {
            double ratio_a, ratio_b, sums[2];
            size_t n = gather(pass, a, b, pass->influence, &ratio_a, sums);
            (void)gather(pass, b, a, pass->own, &ratio_b, sums);
            for (size_t i = 0; i < n; i++)
                pass->influence[i] -= pass->own[i];
            struct statistics s = pooled_interval(ratio_a - ratio_b, pass->influence, n, frame->level);
            size_t most = present(pass, a) < present(pass, b) ? present(pass, a) : present(pass, b);
            if (n > 0 && !insert_slice(pass, key, a, b, most - n, none, &s))
                return false;
        }
    return true;
}

static void clear_slice(const struct slice_pass *pass)
{
    size_t cells = pass->frame->cloud_count * pass->frame->nominal;
    memset(pass->reported, 0, cells * sizeof *pass->reported);
    for (size_t i = 0; i < cells; i++)
        pass->numerator[i] = pass->denominator[i] = 0;
}

/* Rows of one breakdown at the point, slice by slice, and within a slice in the order of replications. */
static bool write_slices(const struct slice_pass *pass, sqlite3_stmt *row, struct arena *arena)
{
    const struct summary_frame *frame = pass->frame;
    struct slice_key key = {.slice = NULL};
    clear_slice(pass);
    while (sqlite3_step(row) == SQLITE_ROW) {
        const struct summary_replication *r = replication_of(frame, sqlite3_column_int64(row, 0));
        const char *slice = (const char *)sqlite3_column_text(row, 1);
        bool has_at = sqlite3_column_type(row, 2) != SQLITE_NULL;
        double at = sqlite3_column_double(row, 2);
        if (r == NULL || slice == NULL || r->cell / frame->cloud_count != pass->point || r->slot >= frame->nominal)
            continue;
        if (key.slice != NULL && (strcmp(key.slice, slice) != 0 || has_at != key.has_at || (has_at && at != key.at))) {
            if (!write_slice(pass, key))
                return false;
            clear_slice(pass);
            key.slice = NULL;
        }
        if (key.slice == NULL)
            key = (struct slice_key){arena_text(arena, slice), has_at, at};
        size_t cell = r->cell % frame->cloud_count * frame->nominal + r->slot;
        pass->reported[cell] = true; /* halves of an antithetic pair add up */
        pass->numerator[cell] += sqlite3_column_double(row, 3);
        pass->denominator[cell] += sqlite3_column_double(row, 4);
    }
    return key.slice == NULL || write_slice(pass, key);
}

/* --- Samples --- */

/* The members that each cloud has reported at the point. */
struct sample {
    struct pooled_member *member;
    size_t count, room;
};

static void add_member(struct arena *arena, struct sample *sample, struct pooled_member member)
{
    if (sample->count == sample->room) {
        struct pooled_member *larger = arena_array(arena, 2 * sample->room + 256, struct pooled_member);
        if (sample->count > 0)
            memcpy(larger, sample->member, sample->count * sizeof *larger);
        sample->member = larger;
        sample->room = 2 * sample->room + 256;
    }
    sample->member[sample->count++] = member;
}

/* Replications of the cloud at the point get the numbers 0, 1, ... that members have for a group. Where clouds lack different ones
 * (an interrupted run) only those of both could pair; whole tasks are stored, so they lack the same. */
static size_t number_groups(const struct slice_pass *pass, size_t cloud, uint32_t *group)
{
    const struct summary_frame *frame = pass->frame;
    const bool *there = &frame->present[(pass->point * frame->cloud_count + cloud) * frame->slots];
    size_t groups = 0;
    for (size_t slot = 0; slot < frame->nominal; slot++)
        group[slot] = there[slot] ? (uint32_t)groups++ : UINT32_MAX;
    return groups;
}

/* What is told of a tail, in this order. */
static const struct { const char *measure; double share; bool is_quantile; } measures[] = {{"mean", 0, false},
                                                                                            {"value at risk", 0.95, true},
                                                                                            {"expected shortfall", 0.95, false},
                                                                                            {"value at risk", 0.99, true},
                                                                                            {"expected shortfall", 0.99, false}};
enum { MEASURES = sizeof measures / sizeof measures[0] };

struct tail {
    const struct sample *sample;
    size_t groups;
    double members;
    bool is_judged;      /* the measure under way has an interval */
    double value;        /* of the measure under way, */
    double *influence;   /* and of each group on it */
};

static bool insert_risk(const struct slice_pass *pass, size_t cloud_a, size_t cloud_b, size_t m, double members, const struct statistics *s)
{
    sqlite3_stmt *insert = pass->insert_risk;
    bind_clouds(pass, insert, cloud_a, cloud_b);
    sqlite3_bind_text(insert, 5, measures[m].measure, -1, SQLITE_STATIC);
    summary_bind(insert, 6, (double[]){measures[m].share > 0 ? measures[m].share : (double)NAN}, 1);
    sqlite3_bind_text(insert, 7, pass->unit, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(insert, 8, s->n);
    summary_bind(insert, 9, (double[]){members, s->mean, s->ci_low, s->ci_high, s->level}, 5);
    sqlite3_bind_text(insert, 14, statistics_method_name(s->method), -1, SQLITE_STATIC);
    return summary_step(insert);
}

static bool write_tail(const struct slice_pass *pass, size_t cloud, struct tail *tail, size_t m)
{
    const struct sample *sample = tail->sample;
    double share = measures[m].share, level = pass->frame->level;
    struct statistics s;
    if (measures[m].is_quantile) {
        s = pooled_quantile_interval(sample->member, sample->count, tail->groups, share, level, tail->influence, pass->a);
        tail->value = s.mean;
        tail->is_judged = !isnan(s.ci_high - s.ci_low);
    } else {
        tail->is_judged = !(share > 0) || pooled_has_tail(sample->member, sample->count, tail->groups, share, pass->a);
        tail->value = pooled_shortfall(sample->member, sample->count, tail->groups, share, tail->influence);
        s = pooled_interval(tail->value, tail->influence, tail->is_judged ? tail->groups : 0, level);
    }
    s.n = (uint32_t)tail->groups;
    return insert_risk(pass, cloud, pass->frame->cloud_count, m, tail->members, &s);
}

static bool write_tail_difference(const struct slice_pass *pass, size_t a, size_t b, const struct tail *tails, size_t m)
{
    const struct tail *of_a = &tails[a], *of_b = &tails[b];
    if (of_a->groups != of_b->groups || of_a->members == 0 || of_b->members == 0)
        return true;
    for (size_t g = 0; g < of_a->groups; g++)
        pass->own[g] = of_a->influence[g] - of_b->influence[g];
    size_t n = of_a->is_judged && of_b->is_judged ? of_a->groups : 0;
    struct statistics s = pooled_interval(of_a->value - of_b->value, pass->own, n, pass->frame->level);
    s.n = (uint32_t)of_a->groups;
    return insert_risk(pass, a, b, m, of_a->members, &s);
}

static bool write_tails(const struct slice_pass *pass, struct tail *tails)
{
    size_t clouds = pass->frame->cloud_count;
    for (size_t m = 0; m < MEASURES; m++) {
        for (size_t c = 0; c < clouds; c++)
            if (tails[c].members > 0 && !write_tail(pass, c, &tails[c], m))
                return false;
        for (size_t a = 0; a < clouds; a++)
            for (size_t b = a + 1; b < clouds; b++)
                if (!write_tail_difference(pass, a, b, tails, m))
                    return false;
    }
    return true;
}

static bool write_sample(const struct slice_pass *pass, sqlite3_stmt *row, struct arena *arena)
{
    const struct summary_frame *frame = pass->frame;
    size_t clouds = frame->cloud_count;
    struct sample *samples = arena_array(arena, clouds, struct sample);
    struct tail *tails = arena_array(arena, clouds, struct tail);
    uint32_t *group = arena_array(arena, clouds * frame->nominal, uint32_t);
    for (size_t c = 0; c < clouds; c++)
        tails[c].groups = number_groups(pass, c, &group[c * frame->nominal]);
    while (sqlite3_step(row) == SQLITE_ROW) {
        const struct summary_replication *r = replication_of(frame, sqlite3_column_int64(row, 0));
        double sum = sqlite3_column_double(row, 3), count = sqlite3_column_double(row, 4);
        if (r == NULL || r->cell / clouds != pass->point || r->slot >= frame->nominal || !(count > 0))
            continue;
        uint32_t of = group[r->cell % clouds * frame->nominal + r->slot];
        if (of != UINT32_MAX)
            add_member(arena, &samples[r->cell % clouds], (struct pooled_member){sum / count, count, of});
    }
    for (size_t c = 0; c < clouds; c++) {
        tails[c].sample = &samples[c];
        tails[c].influence = arena_array(arena, tails[c].groups, double);
        pooled_sort(samples[c].member, samples[c].count);
        for (size_t i = 0; i < samples[c].count; i++)
            tails[c].members += samples[c].member[i].count;
    }
    return write_tails(pass, tails);
}

/* --- All --- */

static bool write_breakdown(struct slice_pass *pass, struct arena *arena, int64_t id, bool is_sample)
{
    struct arena_mark mark = arena_mark(arena);
    sqlite3_stmt *row = NULL;
    /* CROSS: from the point's replications to their rows, never through all rows. */
    bool done = sqlite3_prepare_v2(pass->database,
                                   "SELECT v.replication_id, v.slice, v.at, v.numerator, v.denominator FROM replication r"
                                   " CROSS JOIN breakdown_value v ON v.replication_id = r.id AND v.breakdown_id = ?2"
                                   " WHERE r.point_id = ?1 AND r.outer_draw = 0 ORDER BY v.at, v.slice, r.rep, r.id, v.number",
                                   -1, &row, NULL) == SQLITE_OK;
    if (done) {
        sqlite3_bind_int64(row, 1, pass->frame->points[pass->point]);
        sqlite3_bind_int64(row, 2, id);
        done = is_sample ? write_sample(pass, row, arena) : write_slices(pass, row, arena);
    }
    done = (sqlite3_finalize(row) == SQLITE_OK) && done;
    arena_rewind(arena, mark);
    return done;
}

static bool write_all(struct slice_pass *pass, struct arena *arena)
{
    sqlite3_stmt *help = NULL;
    bool done = sqlite3_prepare_v2(pass->database, "SELECT id, name, unit, is_sample FROM breakdown_help ORDER BY position", -1, &help,
                                   NULL) == SQLITE_OK;
    for (pass->point = 0; done && pass->point < pass->frame->point_count; pass->point++) {
        while (done && sqlite3_step(help) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(help, 1), *unit = (const char *)sqlite3_column_text(help, 2);
            pass->name = name != NULL ? name : "";
            pass->unit = unit != NULL ? unit : "";
            done = write_breakdown(pass, arena, sqlite3_column_int64(help, 0), sqlite3_column_int(help, 3) != 0);
        }
        sqlite3_reset(help);
    }
    return (sqlite3_finalize(help) == SQLITE_OK) && done;
}

bool summary_write_breakdowns(sqlite3 *database, struct arena *arena, const struct summary_frame *frame)
{
    struct slice_pass pass = {.frame = frame, .database = database};
    size_t cells = frame->cloud_count * frame->nominal;
    pass.numerator = arena_array(arena, cells, double);
    pass.denominator = arena_array(arena, cells, double);
    pass.reported = arena_array(arena, cells, bool);
    pass.influence = arena_array(arena, frame->nominal, double);
    pass.own = arena_array(arena, frame->nominal, double);
    pass.a = arena_array(arena, 2 * frame->nominal, double);
    pass.b = arena_array(arena, frame->nominal, double);
    bool done = sqlite3_exec(database, "DELETE FROM breakdown_summary; DELETE FROM risk", NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(database, "INSERT INTO breakdown_summary VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", -1,
                                   &pass.insert_slice, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(database, "INSERT INTO risk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &pass.insert_risk,
                                   NULL) == SQLITE_OK &&
                write_all(&pass, arena);
    sqlite3_finalize(pass.insert_slice);
    sqlite3_finalize(pass.insert_risk);
    return done;
}
