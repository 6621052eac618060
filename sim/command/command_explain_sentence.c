/* One outage in one sentence, from the notes of its time: what failed, who else had it, how the way back went. */
#include "sim/command/command_explain.h"
#include "sim/results/compare_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { NAMED_MOST = 3 };
#define LATE_S 300.0 /* a loss that is noticed later than that is worth a word */

static double at_s(const struct story_note *note) { return (double)note->note.at.us / 1e6; }

static bool is(const struct story_note *note, const char *what) { return strcmp(note->note.what, what) == 0; }

static bool same_text(const char *a, const char *b) { return a != NULL && b != NULL && strcmp(a, b) == 0; }

/* "05:11", or with its day where that is another one than `beside_s`'s. */
static const char *time_text(const struct explanation *what, double seconds, double beside_s)
{
    char utc[UNITS_TEXT], beside[UNITS_TEXT];
    units_format_utc(utc, what->run->start_unix_s + (int64_t)floor(seconds));
    units_format_utc(beside, what->run->start_unix_s + (int64_t)floor(beside_s));
    bool same_day = strncmp(utc, beside, 10) == 0;
    return same_day ? arena_format(what->arena, "%.5s", utc + 11) : arena_format(what->arena, "%.10s %.5s", utc, utc + 11);
}

/* --- Who was down when it began -------------------------------------------------------------------------------------- */

struct fall {
    const struct story_note **of; /* [parts] what took each down; NULL: it was not down */
    const struct story_note *last; /* the one with which the outage began; NULL: it began without one */
    uint32_t parts;
};

static struct fall read_fall(const struct explanation *what, double start_s)
{
    struct fall fall = {.parts = explain_parts(what)};
    fall.of = arena_array(what->arena, fall.parts + 1, const struct story_note *);
    for (const struct story_note *note = what->story->first; note != NULL && at_s(note) <= start_s; note = note->next) {
        uint32_t part = note->note.part;
        if (part >= fall.parts)
            continue;
        bool falls = is(note, "down") || (is(note, "released") && fall.of[part] == NULL);
        if (falls)
            fall.of[part] = note;
        else if (is(note, "up"))
            fall.of[part] = NULL;
        if (falls && at_s(note) == start_s)
            fall.last = note;
    }
    return fall;
}

/* "replica 2", "replicas 2 and 3", "4 other replicas". */
static const char *parts_text(const struct explanation *what, const uint32_t *part, size_t count)
{
    struct arena *arena = what->arena;
    const char *name = what->story->told.part;
    if (count > NAMED_MOST)
        return arena_format(arena, "%zu other %ss", count, name);
    const char *text = arena_format(arena, "%s%s %" PRIu32, name, count > 1 ? "s" : "", part[0] + 1);
    for (size_t i = 1; i < count; i++)
        text = arena_format(arena, "%s%s%" PRIu32, text, i + 1 < count ? ", " : " and ", part[i] + 1);
    return text;
}

/* The other parts that were down: of the same cause, or already. */
static const char *others_text(const struct explanation *what, const struct fall *fall, bool shared)
{
    uint32_t *part = arena_array(what->arena, fall->parts + 1, uint32_t);
    size_t count = 0;
    for (uint32_t p = 0; fall->last != NULL && p < fall->parts; p++) {
        const struct story_note *other = fall->of[p];
        if (other == NULL || other == fall->last)
            continue;
        bool same = same_text(other->note.component, fall->last->note.component) || same_text(other->note.incident, fall->last->note.incident);
        if (same == shared)
            part[count++] = p;
    }
    return count == 0 ? ""
                      : arena_format(what->arena, "; %s %s", parts_text(what, part, count),
                                     shared ? "shared it" : count > 1 ? "were down already" : "was down already");
}

/* What failed, in the model's words: "down, 1 of 3 up: storage z1/su07 refuses I/O (incident 'disks')" without its beginning. */
static const char *cause_of(const struct explanation *what, const struct fall *fall, const struct sim_outage *outage)
{
    const char *text = fall->last != NULL ? strstr(fall->last->note.text, ": ") : NULL;
    if (text != NULL)
        return text + 2;
    return outage->incident != NULL ? arena_format(what->arena, "%s (incident '%s')", outage->cause, outage->incident) : outage->cause;
}

/* --- The way back ---------------------------------------------------------------------------------------------------- */

struct way {
    uint64_t refusals;
    double noticed_s;                /* NaN: nobody said so */
    const struct story_note *placed; /* the last time; NULL: it stayed where it was */
    const struct story_note *failover; /* users were sent to another cloud; NULL: they were not */
    bool withdrawn, back;
};

static struct way read_way(const struct explanation *what, const struct sim_outage *outage)
{
    struct way way = {.noticed_s = (double)NAN};
    for (const struct story_note *note = what->story->first; note != NULL && at_s(note) <= outage->end_s; note = note->next) {
        if (at_s(note) < outage->start_s)
            continue;
        if (is(note, "refused"))
            way.refusals += note->times;
        else if (is(note, "placed"))
            way.placed = note;
        else if (is(note, "failover"))
            way.failover = note;
        else if (is(note, "noticed") && isnan(way.noticed_s))
            way.noticed_s = at_s(note);
        way.withdrawn = way.withdrawn || is(note, "withdrawn");
        way.back = way.back || is(note, "up") || is(note, "back");
    }
    return way;
}

/* "node a/z3/r01/n02" of "placed on node a/z3/r01/n02, storage a/z3/su03". */
static const char *place_of(const struct explanation *what, const struct story_note *placed)
{
    static const char prefix[] = "placed on ";
    const char *text = placed->note.text, *place = strncmp(text, prefix, sizeof prefix - 1) == 0 ? text + sizeof prefix - 1 : text;
    return arena_format(what->arena, "%.*s", (int)strcspn(place, ","), place);
}

/* Where the same part was when the outage began. NULL: nowhere. */
static const char *earlier_place(const struct explanation *what, const struct story_note *placed, double start_s)
{
    const struct story_note *earlier = NULL;
    for (const struct story_note *note = what->story->first; note != NULL && note != placed && at_s(note) < start_s; note = note->next)
        if (is(note, "placed") && note->note.part == placed->note.part)
            earlier = note;
    return earlier != NULL ? place_of(what, earlier) : NULL;
}

/* "; replica 2 moved to node a/z3/r01/n02 at 05:11". */
static const char *place_text(const struct explanation *what, const struct way *way, const struct sim_outage *outage)
{
    struct arena *arena = what->arena;
    uint32_t part = way->placed->note.part;
    const char *place = place_of(what, way->placed), *earlier = earlier_place(what, way->placed, outage->start_s);
    const char *who = part != SIM_WHOLE && explain_parts(what) > 1 ? arena_format(arena, "%s %" PRIu32 " ", what->story->told.part, part + 1) : "";
    return arena_format(arena, "; %s%s %s at %s", who,
                        earlier == NULL ? "placed on" : strcmp(earlier, place) == 0 ? "placed again on" : "moved to", place,
                        time_text(what, at_s(way->placed), outage->start_s));
}

static const char *way_text(const struct explanation *what, const struct sim_outage *outage)
{
    struct arena *arena = what->arena;
    struct way way = read_way(what, outage);
    const char *noticed = way.noticed_s - outage->start_s > LATE_S
                              ? arena_format(arena, "; noticed at %s", time_text(what, way.noticed_s, outage->start_s)) : "";
    const char *refusals = way.refusals == 0 ? ""
                           : arena_format(arena, " after %" PRIu64 " refusal%s", way.refusals, way.refusals > 1 ? "s" : "");
    const char *end = outage->censored ? "; still down at the end"
                      : way.failover != NULL
                          ? arena_format(arena, "; %s at %s", way.failover->note.text, time_text(what, at_s(way.failover), outage->start_s))
                      : way.placed != NULL ? place_text(what, &way, outage)
                      : way.withdrawn      ? "; not wanted any more"
                      : way.back           ? "; up again where it was"
                                           : "";
    if (end[0] == '\0' && refusals[0] != '\0')
        end = ";";
    return arena_format(arena, "%s%s%s", noticed, end, refusals);
}

const char *explain_sentence(const struct explanation *what, const struct sim_outage *outage)
{
    struct arena *arena = what->arena;
    struct fall fall = read_fall(what, outage->start_s);
    bool job = strcmp(what->story->told.kind, "job") == 0;
    return arena_format(arena, "%s %s to %s: %s%s%s%s", job ? "stood still" : "down",
                        time_text(what, outage->start_s, (double)INT32_MIN), time_text(what, outage->end_s, outage->start_s),
                        cause_of(what, &fall, outage), others_text(what, &fall, true), others_text(what, &fall, false),
                        way_text(what, outage));
}
