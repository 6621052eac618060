/* The same rows for programs: JSON and CSV. results/README.md is their contract. */
#include "sim/results/compare_json.h"

#include <math.h>
#include <string.h>

/* --- JSON --- */

static void set_statistics(const struct compare_data *data, json_t *row, const struct statistics *values, const char *method)
{
    json_object_set_new(row, "n", json_integer(values->n));
    json_object_set_new(row, "n_undefined", json_integer(values->n_undefined));
    json_object_set_new(row, "mean", json_number(values->mean));
    json_object_set_new(row, "sd", json_number(values->sd));
    json_object_set_new(row, "ci_low", json_number(values->ci_low));
    json_object_set_new(row, "ci_high", json_number(values->ci_high));
    json_object_set_new(row, "level", json_number(values->level));
    json_object_set_new(row, "method", json_text(data, method));
    json_object_set_new(row, "is_bound", json_boolean(values->is_bound));
}

static json_t *run_object(const struct compare_data *data)
{
    const struct store_run *run = &data->run;
    json_t *object = json_object();
    const struct { const char *key, *value; } texts[] = {
        {"scenario", run->scenario}, {"model", run->model}, {"title", run->title}, {"question", run->question},
        {"regime", run->regime}, {"comparison", run->comparison}, {"version", run->version}, {"commit_id", run->commit_id},
        {"status", run->status}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        json_object_set_new(object, texts[i].key, json_text(data, texts[i].value));
    json_object_set_new(object, "digest", run->digest != NULL ? json_text(data, run->digest) : json_null());
    json_object_set_new(object, "seed", json_integer((json_int_t)run->seed));
    json_object_set_new(object, "replications", json_integer(run->replications));
    json_object_set_new(object, "replications_done", json_integer(data->replications));
    json_object_set_new(object, "level", json_number(run->level));
    json_object_set_new(object, "horizon_s", json_number(run->horizon_s));
    json_object_set_new(object, "precision_reached",
                        run->precision_reached < 0 ? json_null() : json_boolean(run->precision_reached));
    return object;
}

static json_t *clouds_array(const struct compare_data *data)
{
    json_t *array = json_array();
    for (size_t i = 0; i < data->cloud_count; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "name", json_text(data, data->clouds[i].name));
        json_object_set_new(row, "kind", json_text(data, data->clouds[i].kind));
        json_object_set_new(row, "rules", json_text(data, data->clouds[i].rules));
        json_array_append_new(array, row);
    }
    return array;
}

static json_t *points_array(const struct compare_data *data)
{
    json_t *array = json_array();
    for (size_t i = 0; i < data->point_count; i++) {
        if (!data->shown[i])
            continue;
        json_t *row = json_object(), *parameters = json_loads(data->points[i].parameters, JSON_DECODE_ANY, NULL);
        json_object_set_new(row, "label", json_text(data, data->points[i].label));
        json_object_set_new(row, "parameters", parameters != NULL ? parameters : json_null());
        json_array_append_new(array, row);
    }
    return array;
}

static json_t *metrics_array(const struct compare_data *data)
{
    json_t *array = json_array();
    for (size_t i = 0; i < data->selected_count; i++) {
        const struct compare_metric *metric = &data->metrics[data->selected[i]];
        json_t *row = json_object();
        json_object_set_new(row, "name", json_text(data, metric->name));
        json_object_set_new(row, "unit", json_text(data, metric->unit));
        json_object_set_new(row, "help", json_text(data, metric->help));
        json_object_set_new(row, "higher_is_better", json_boolean(metric->higher_is_better));
        json_object_set_new(row, "is_availability", json_boolean(metric->is_availability));
        json_array_append_new(array, row);
    }
    return array;
}

static json_t *summary_array(const struct compare_data *data)
{
    json_t *array = json_array();
    for (size_t i = 0; i < data->summary_count; i++) {
        const struct compare_summary *summary = &data->summaries[i];
        json_t *row = json_object();
        json_object_set_new(row, "point", json_text(data, data->points[summary->point].label));
        json_object_set_new(row, "cloud", json_text(data, data->clouds[summary->cloud].name));
        json_object_set_new(row, "metric", json_text(data, data->metrics[summary->metric].name));
        json_object_set_new(row, "unit", json_text(data, data->metrics[summary->metric].unit));
        set_statistics(data, row, &summary->values, summary->method);
        json_object_set_new(row, "param_low", json_number(summary->param_low));
        json_object_set_new(row, "param_high", json_number(summary->param_high));
        json_object_set_new(row, "p05", json_number(summary->values.p05));
        json_object_set_new(row, "p50", json_number(summary->values.p50));
        json_object_set_new(row, "p95", json_number(summary->values.p95));
        static const char *const ends[6] = {"p05_low", "p05_high", "p50_low", "p50_high", "p95_low", "p95_high"};
        for (size_t e = 0; e < 6; e++)
            json_object_set_new(row, ends[e], json_number(summary->ends[e]));
        json_object_set_new(row, "draws", json_integer(summary->draws));
        json_object_set_new(row, "variance_ratio", json_number(summary->variance_ratio));
        json_object_set_new(row, "probability_best", json_number(summary->probability_best));
        json_object_set_new(row, "probability_good", json_number(summary->probability_good));
        json_array_append_new(array, row);
    }
    return array;
}

static json_t *difference_array(const struct compare_data *data)
{
    json_t *array = json_array();
    for (size_t i = 0; i < data->difference_count; i++) {
        const struct compare_difference *difference = &data->differences[i];
        json_t *row = json_object();
        json_object_set_new(row, "point_a", json_text(data, data->points[difference->point_a].label));
        json_object_set_new(row, "cloud_a", json_text(data, data->clouds[difference->cloud_a].name));
        json_object_set_new(row, "point_b", json_text(data, data->points[difference->point_b].label));
        json_object_set_new(row, "cloud_b", json_text(data, data->clouds[difference->cloud_b].name));
        json_object_set_new(row, "metric", json_text(data, data->metrics[difference->metric].name));
        json_object_set_new(row, "unit", json_text(data, data->metrics[difference->metric].unit));
        set_statistics(data, row, &difference->values, difference->method);
        json_object_set_new(row, "param_low", json_number(difference->param_low));
        json_object_set_new(row, "param_high", json_number(difference->param_high));
        json_object_set_new(row, "verdict", json_text(data, difference->verdict));
        json_object_set_new(row, "decided_by", json_text(data, difference->decided_by));
        json_object_set_new(row, "smallest", json_number(difference->smallest));
        json_object_set_new(row, "p", json_number(difference->values.p));
        json_object_set_new(row, "p_adjusted", json_number(difference->p_adjusted));
        json_object_set_new(row, "family", json_integer(difference->family));
        json_object_set_new(row, "draws", json_integer(difference->draws));
        json_object_set_new(row, "variance_ratio", json_number(difference->variance_ratio));
        json_array_append_new(array, row);
    }
    return array;
}

static json_t *target_array(const struct compare_data *data)
{
    json_t *array = json_array();
    for (size_t i = 0; i < data->target_count; i++) {
        const struct compare_target *target = &data->targets[i];
        json_t *row = json_object();
        const struct { const char *key, *value; } texts[] = {
            {"name", target->name}, {"point", data->points[target->point].label}, {"cloud", data->clouds[target->cloud].name},
            {"metric", target->metric}, {"unit", target->unit}, {"role", target->role}, {"method", target->method},
            {"outcome", target->outcome}, {"expect", target->expect}, {"reason", target->reason}, {"source", target->source},
            {"evidence", target->evidence}};
        for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
            json_object_set_new(row, texts[t].key, json_text(data, texts[t].value));
        json_object_set_new(row, "published", json_number(target->published));
        json_object_set_new(row, "low", json_number(target->low));
        json_object_set_new(row, "high", json_number(target->high));
        json_object_set_new(row, "measured", json_number(target->measured));
        json_object_set_new(row, "ci_low", json_number(target->ci_low));
        json_object_set_new(row, "ci_high", json_number(target->ci_high));
        json_array_append_new(array, row);
    }
    return array;
}

bool compare_write_json(const struct compare_data *data, FILE *out)
{
    json_t *root = json_object();
    json_object_set_new(root, "schema", json_integer(STORE_SCHEMA_VERSION));
    json_object_set_new(root, "run", run_object(data));
    json_object_set_new(root, "clouds", clouds_array(data));
    json_object_set_new(root, "points", points_array(data));
    json_object_set_new(root, "metrics", metrics_array(data));
    json_object_set_new(root, "summary", summary_array(data));
    json_object_set_new(root, "difference", difference_array(data));
    json_object_set_new(root, "target", target_array(data));
    json_object_set_new(root, "sensitivity", compare_sensitivity_array(data));
    json_object_set_new(root, "breakdown", compare_slice_array(data, false));
    json_object_set_new(root, "risk", compare_slice_array(data, true));
    json_object_set_new(root, "ratio", compare_ratio_array(data));
    bool written = json_dumpf(root, out, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(17)) == 0 &&
                   fputc('\n', out) != EOF;
    json_decref(root);
    return written;
}

/* --- CSV: one table for all kinds of row; cells that a kind does not have stay empty --- */

static const char csv_header[] = "kind,point,cloud,point_b,cloud_b,metric,unit,n,n_undefined,mean,sd,ci_low,ci_high,level,"
                                 "method,is_bound,p05,p50,p95,verdict,name,role,published,low,high,outcome,expect,"
                                 "param_low,param_high,draws,variance_ratio,probability_best,probability_good,decided_by,smallest,p,"
                                 "p_adjusted,family\n";

/* A text that a spreadsheet would take for a formula gets an apostrophe in front. */
static void csv_text(const struct compare_data *data, FILE *out, const char *value)
{
    const char *clean = compare_clean(data->arena, value);
    const char *guard = clean[0] != '\0' && strchr("=+-@", clean[0]) != NULL ? "'" : "";
    if (strpbrk(clean, ",\"") == NULL) {
        fprintf(out, "%s%s", guard, clean);
        return;
    }
    fprintf(out, "\"%s", guard);
    for (const char *p = clean; *p != '\0'; p++)
        fprintf(out, *p == '"' ? "\"\"" : "%c", *p);
    fputc('"', out);
}

static void csv_texts(const struct compare_data *data, FILE *out, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        csv_text(data, out, values[i]);
        fputc(',', out);
    }
}

static void csv_numbers(const struct compare_data *data, FILE *out, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s,", compare_exact(data->arena, values[i]));
}

static void csv_statistics(const struct compare_data *data, FILE *out, const struct statistics *values, const char *method)
{
    fprintf(out, "%u,%u,", (unsigned)values->n, (unsigned)values->n_undefined);
    csv_numbers(data, out, (double[]){values->mean, values->sd, values->ci_low, values->ci_high, values->level}, 5);
    csv_texts(data, out, &method, 1);
    fprintf(out, "%d,", values->is_bound);
}

/* Breakdowns and tails: `name` is the slice or measure, `role` the threshold or share. */
static void csv_slices(const struct compare_data *data, FILE *out, const char *kind, const struct compare_slice *slices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct compare_slice *s = &slices[i];
        const struct sim_breakdown *of = &data->run.breakdowns[s->breakdown];
        csv_texts(data, out, (const char *[]){kind, data->points[s->point].label, data->clouds[s->cloud_a].name, "",
                                              s->cloud_b == COMPARE_ALONE ? "" : data->clouds[s->cloud_b].name, of->name, of->unit}, 7);
        csv_statistics(data, out, &s->values, s->method);
        csv_texts(data, out, (const char *[]){"", "", "", "", s->slice, compare_exact(data->arena, s->at)}, 6);
        fputs(",,,,,,,,,,,,,,,\n", out);
    }
}

void compare_write_csv(const struct compare_data *data, FILE *out)
{
    fputs(csv_header, out);
    for (size_t i = 0; i < data->summary_count; i++) {
        const struct compare_summary *s = &data->summaries[i];
        const struct compare_metric *metric = &data->metrics[s->metric];
        csv_texts(data, out, (const char *[]){"summary", data->points[s->point].label, data->clouds[s->cloud].name, "", "",
                                              metric->name, metric->unit}, 7);
        csv_statistics(data, out, &s->values, s->method);
        csv_numbers(data, out, (double[]){s->values.p05, s->values.p50, s->values.p95}, 3);
        fputs(",,,,,,,,", out);
        csv_numbers(data, out, (double[]){s->param_low, s->param_high, (double)s->draws, s->variance_ratio, s->probability_best,
                                          s->probability_good}, 6);
        fputs(",,,,\n", out);
    }
    for (size_t i = 0; i < data->difference_count; i++) {
        const struct compare_difference *d = &data->differences[i];
        const struct compare_metric *metric = &data->metrics[d->metric];
        csv_texts(data, out, (const char *[]){"difference", data->points[d->point_a].label, data->clouds[d->cloud_a].name,
                                              data->points[d->point_b].label, data->clouds[d->cloud_b].name, metric->name,
                                              metric->unit}, 7);
        csv_statistics(data, out, &d->values, d->method);
        fputs(",,,", out);
        csv_text(data, out, d->verdict);
        fputs(",,,,,,,,", out);
        csv_numbers(data, out, (double[]){d->param_low, d->param_high, (double)d->draws, d->variance_ratio}, 4);
        fputs(",,", out);
        csv_text(data, out, d->decided_by);
        fputc(',', out);
        csv_numbers(data, out, (double[]){d->smallest, d->values.p, d->p_adjusted}, 3);
        fprintf(out, "%lld\n", (long long)d->family);
    }
    for (size_t i = 0; i < data->target_count; i++) {
        const struct compare_target *t = &data->targets[i];
        csv_texts(data, out, (const char *[]){"target", data->points[t->point].label, data->clouds[t->cloud].name, "", "",
                                              t->metric, t->unit}, 7);
        fputs(",,", out);
        csv_numbers(data, out, (double[]){t->measured, (double)NAN, t->ci_low, t->ci_high, (double)NAN}, 5);
        csv_texts(data, out, (const char *[]){t->method, "", "", "", "", "", t->name, t->role}, 8);
        csv_numbers(data, out, (double[]){t->published, t->low, t->high}, 3);
        csv_texts(data, out, &t->outcome, 1);
        csv_text(data, out, t->expect);
        fputs(",,,,,,,,,,,\n", out);
    }
    for (size_t i = 0; i < data->sensitivity_count; i++) {
        const struct compare_sensitivity *s = &data->sensitivities[i];
        const char *cloud_b = s->cloud_b == COMPARE_ALONE ? "" : data->clouds[s->cloud_b].name;
        csv_texts(data, out, (const char *[]){"sensitivity", "", data->clouds[s->cloud_a].name, "", cloud_b,
                                              data->metrics[s->metric].name, s->unit}, 7);
        fprintf(out, "%u,,", (unsigned)s->n);
        csv_numbers(data, out, (double[]){s->value, (double)NAN, s->ci_low, s->ci_high, s->level}, 5);
        csv_texts(data, out, (const char *[]){s->method, "", "", "", "", "", s->factor, s->name}, 8);
        fputs(",,,,,,,,,,,,,,,\n", out);
    }
    for (size_t i = 0; i < data->ratio_count; i++) {
        const struct compare_ratio *r = &data->ratios[i];
        csv_texts(data, out, (const char *[]){"ratio", data->points[r->point].label, data->clouds[r->cloud_a].name, "",
                                              data->clouds[r->cloud_b].name, data->metrics[r->metric].name, "1"}, 7);
        csv_statistics(data, out, &r->values, statistics_method_name(r->values.method));
        csv_texts(data, out, (const char *[]){"", "", "", "", compare_ratio_of(data, r), ""}, 6);
        fputs(",,,,,,,,,,,,,,,\n", out);
    }
    csv_slices(data, out, "breakdown", data->slices, data->slice_count);
    csv_slices(data, out, "risk", data->tails, data->tail_count);
}
