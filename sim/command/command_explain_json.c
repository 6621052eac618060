/* The same for programs. results/README.md is the contract. */
#include "sim/base/check.h"
#include "sim/command/command_explain.h"
#include "sim/results/compare_internal.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

/* jansson takes valid UTF-8 only; what is not, or is a control character, is escaped before. */
static json_t *text(const struct explanation *what, const char *value)
{
    return value != NULL ? json_string(compare_clean(what->arena, value)) : json_null();
}

static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *utc(const struct explanation *what, instant at)
{
    char buffer[UNITS_TEXT];
    return json_string(units_format_utc(buffer, what->run->start_unix_s + (int64_t)floor((double)at.us / 1e6)));
}

static void set(json_t *object, const char *key, json_t *value)
{
    check(value != NULL && json_object_set_new(object, key, value) == 0, "no memory for '%s'", key);
}

json_t *explain_json_head(const struct explanation *what)
{
    json_t *root = json_object();
    char start[UNITS_TEXT];
    set(root, "scenario", text(what, what->run->scenario));
    set(root, "point", text(what, what->study->points[what->task.point].label));
    set(root, "outer_draw", json_integer(what->task.outer_draw));
    set(root, "replication", json_integer(what->task.replication));
    set(root, "seed", json_integer((json_int_t)what->run->seed));
    set(root, "start_utc", json_string(units_format_utc(start, what->run->start_unix_s)));
    set(root, "kind", text(what, what->story->told.kind));
    set(root, "name", text(what, what->story->subject.name));
    set(root, "lease", what->lease != NULL ? json_integer(what->lease->id) : json_null());
    set(root, "clouds", json_array());
    return root;
}

static json_t *lease_object(const struct explanation *what)
{
    const struct sim_lease *lease = what->lease;
    if (lease == NULL)
        return json_null();
    json_t *object = json_object();
    set(object, "provider", text(what, lease->provider));
    set(object, "part", json_integer(what->lease_part + 1));
    set(object, "requested_s", number(lease->requested_s));
    set(object, "start_s", number(lease->start_s));
    set(object, "end_s", number(lease->end_s));
    set(object, "reason", text(what, lease->reason));
    set(object, "price_usd_per_h", number(lease->price_usd_per_h));
    set(object, "paid_usd", number(lease->paid_usd));
    return object;
}

static json_t *outages_array(const struct explanation *what)
{
    json_t *array = json_array();
    for (const struct story_outage *o = what->story->outages; o != NULL; o = o->next) {
        if (!explain_overlaps(what, &o->outage))
            continue;
        json_t *row = json_object();
        set(row, "start_s", number(o->outage.start_s));
        set(row, "end_s", number(o->outage.end_s));
        set(row, "censored", json_boolean(o->outage.censored));
        set(row, "cause", text(what, o->outage.cause));
        set(row, "incident", text(what, o->outage.incident));
        set(row, "sentence", text(what, explain_sentence(what, &o->outage)));
        json_array_append_new(array, row);
    }
    return array;
}

static json_t *notes_array(const struct explanation *what)
{
    json_t *array = json_array();
    for (const struct story_note *n = what->story->first; n != NULL; n = n->next) {
        if (!explain_includes(what, n))
            continue;
        json_t *row = json_object();
        set(row, "t_s", number((double)n->note.at.us / 1e6));
        set(row, "utc", utc(what, n->note.at));
        set(row, "part", n->note.part != SIM_WHOLE ? json_integer((json_int_t)n->note.part + 1) : json_null());
        set(row, "what", text(what, n->note.what));
        set(row, "text", text(what, n->note.text));
        set(row, "component", text(what, n->note.component));
        set(row, "incident", text(what, n->note.incident));
        set(row, "times", json_integer(n->times));
        set(row, "until_s", number((double)n->until.us / 1e6));
        json_array_append_new(array, row);
    }
    return array;
}

json_t *explain_json(const struct explanation *what)
{
    const struct sim_arm *arm = &what->study->arms[what->arm];
    struct explain_sum sum = explain_sum(what);
    char digest[17];
    (void)snprintf(digest, sizeof digest, "%016" PRIx64, what->digest);
    json_t *object = json_object();
    set(object, "cloud", text(what, arm->name));
    set(object, "cloud_kind", text(what, arm->kind));
    set(object, "digest", json_string(digest));
    set(object, "about", text(what, what->story->told.about));
    set(object, "parts", json_integer(what->story->told.parts));
    set(object, "lease", lease_object(what));
    set(object, "down_s", number(sum.down_s));
    set(object, "main_cause", text(what, sum.main_cause));
    set(object, "main_incident", text(what, sum.main_incident));
    set(object, "main_down_s", sum.outages > 0 ? number(sum.main_s) : json_null());
    set(object, "outages", outages_array(what));
    set(object, "notes", notes_array(what));
    set(object, "notes_left_out", json_integer(what->story->left_out));
    return object;
}
