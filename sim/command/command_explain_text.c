/* The time line for a person. */
#include "sim/command/command_explain.h"
#include "sim/results/compare_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { COLUMNS = 100, INDENT = 14, TIME_TEXT = 48, SENTENCES = 6 };

/* --- What belongs to it ---------------------------------------------------------------------------------------------- */

static double lease_end_s(const struct sim_lease *lease) { return isnan(lease->end_s) ? (double)INFINITY : lease->end_s; }

bool explain_includes(const struct explanation *what, const struct story_note *note)
{
    if (note->note.lease >= 0) /* the list of leases, which is read otherwise */
        return false;
    if (what->lease == NULL)
        return true;
    double from_s = (double)note->note.at.us / 1e6, until_s = (double)note->until.us / 1e6;
    return (note->note.part == SIM_WHOLE || note->note.part == what->lease_part) && until_s >= what->lease->requested_s &&
           from_s <= lease_end_s(what->lease);
}

bool explain_overlaps(const struct explanation *what, const struct sim_outage *outage)
{
    return what->lease == NULL || (outage->end_s > what->lease->start_s && outage->start_s < lease_end_s(what->lease));
}

uint32_t explain_parts(const struct explanation *what)
{
    uint32_t parts = what->story->told.parts;
    for (const struct story_note *note = what->story->first; note != NULL; note = note->next)
        if (note->note.part != SIM_WHOLE && note->note.part >= parts)
            parts = note->note.part + 1;
    return parts;
}

/* --- Sums ------------------------------------------------------------------------------------------------------------ */

static bool same_cause(const struct sim_outage *a, const struct sim_outage *b)
{
    bool same_incident = a->incident == NULL ? b->incident == NULL : b->incident != NULL && strcmp(a->incident, b->incident) == 0;
    return same_incident && (a->incident != NULL || strcmp(a->cause, b->cause) == 0);
}

/* Outages of one incident are one cause; else the component decides. */
static double total_of(const struct explanation *what, const struct sim_outage *like)
{
    double total = 0;
    for (const struct story_outage *o = what->story->outages; o != NULL; o = o->next)
        if (explain_overlaps(what, &o->outage) && same_cause(&o->outage, like))
            total += o->outage.end_s - o->outage.start_s;
    return total;
}

struct explain_sum explain_sum(const struct explanation *what)
{
    enum { LOOKS = 1000 }; /* one who was down more often than that is looked at no longer for the main cause */
    struct explain_sum sum = {0};
    for (const struct story_outage *o = what->story->outages; o != NULL; o = o->next) {
        if (!explain_overlaps(what, &o->outage))
            continue;
        sum.down_s += o->outage.end_s - o->outage.start_s;
        sum.open += o->outage.censored;
        if (++sum.outages > LOOKS)
            continue;
        double total = total_of(what, &o->outage);
        if (total > sum.main_s) {
            sum.main_s = total;
            sum.main_cause = o->outage.cause;
            sum.main_incident = o->outage.incident;
        }
    }
    return sum;
}

/* --- Lines ----------------------------------------------------------------------------------------------------------- */

/* text folded at blanks after a line that is `column` wide already; a word that is too long is cut. */
static void print_folded(FILE *out, int column, int indent, const char *text)
{
    bool begun = false;
    while (*text != '\0') {
        int length = (int)strcspn(text, " "), width = 0;
        for (int i = 0; i < length; i++)
            width += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (begun && column + 1 + width > COLUMNS) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            begun = false;
        }
        if (begun) {
            fputc(' ', out);
            column++;
        }
        for (int i = 0; i < length; i++) {
            if (((unsigned char)text[i] & 0xc0) != 0x80 && column++ == COLUMNS) {
                fprintf(out, "\n%*s", indent, "");
                column = indent + 1;
            }
            fputc(text[i], out);
        }
        begun = true;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static const char *span(struct arena *arena, double seconds)
{
    if (seconds < 120)
        return arena_format(arena, "%.0f s", seconds);
    return seconds < 36000 ? arena_format(arena, "%.0f min", seconds / 60) : arena_format(arena, "%.1f h", seconds / 3600);
}

/* "2024-07-18" and "22:12:04". */
static void split_time(const struct explanation *what, double at_s, char date[TIME_TEXT], char clock[TIME_TEXT])
{
    char utc[UNITS_TEXT];
    int64_t unix_s = what->run->start_unix_s + (int64_t)floor(at_s);
    units_format_utc(utc, unix_s);
    (void)snprintf(date, TIME_TEXT, "%.10s", utc);
    (void)snprintf(clock, TIME_TEXT, "%.5s:%02d", utc + 11, (int)(unix_s % 60));
}

static const char *full_time(const struct explanation *what, double at_s)
{
    char date[TIME_TEXT], clock[TIME_TEXT];
    split_time(what, at_s, date, clock);
    return arena_format(what->arena, "%s %s", date, clock);
}

/* One line of the time line under the heading of its day. */
struct pen {
    const struct explanation *what;
    FILE *out;
    char date[TIME_TEXT]; /* of the last heading */
    bool down;
    uint32_t parts;       /* of explain_parts() */
    double withdrawn_s;   /* infinity: not yet */
};

static void print_line(struct pen *pen, double at_s, char mark, const char *text)
{
    char date[TIME_TEXT], clock[TIME_TEXT];
    split_time(pen->what, at_s, date, clock);
    if (strcmp(date, pen->date) != 0)
        fprintf(pen->out, "\n  %s\n", date);
    memcpy(pen->date, date, sizeof date);
    fprintf(pen->out, "  %s  %c ", clock, mark);
    print_folded(pen->out, INDENT, INDENT, compare_clean(pen->what->arena, text));
}

static void print_note(struct pen *pen, const struct story_note *note)
{
    const struct sim_told *told = &pen->what->story->told;
    struct arena *arena = pen->what->arena;
    const char *text = note->note.text;
    if (note->note.part != SIM_WHOLE && pen->parts > 1)
        text = arena_format(arena, "%s %" PRIu32 " %s", told->part, note->note.part + 1, text);
    if (note->times > 1)
        text = arena_format(arena, "%s (%" PRIu32 " times until %s)", text, note->times, full_time(pen->what, (double)note->until.us / 1e6));
    print_line(pen, (double)note->note.at.us / 1e6, pen->down ? '|' : ' ', text);
}

static const char *cause_text(struct arena *arena, const char *cause, const char *incident)
{
    return incident != NULL ? arena_format(arena, "%s (%s)", cause, incident) : cause;
}

static void print_bound(struct pen *pen, const struct sim_outage *outage, bool begins)
{
    struct arena *arena = pen->what->arena;
    const char *kind = pen->what->story->told.kind, *took = span(arena, outage->end_s - outage->start_s);
    bool job = strcmp(kind, "job") == 0;
    if (begins)
        print_line(pen, outage->start_s, 'v',
                   arena_format(arena, "%s %s: %s", kind, job ? "STANDS STILL" : "DOWN", cause_text(arena, outage->cause, outage->incident)));
    else if (outage->censored)
        print_line(pen, outage->end_s, '|', arena_format(arena, "the run ends, still %s after %s", job ? "standing" : "down", took));
    else if (outage->end_s >= pen->withdrawn_s)
        print_line(pen, outage->end_s, '^', arena_format(arena, "not wanted any more, after %s down", took));
    else
        print_line(pen, outage->end_s, '^', arena_format(arena, "%s %s after %s", kind, job ? "GOES ON" : "UP", took));
    pen->down = begins;
}

/* Notes in their order, and between them the bounds of outages: each after what happened at its instant. */
static void print_time_line(const struct explanation *what, FILE *out)
{
    struct pen pen = {.what = what, .out = out, .parts = explain_parts(what), .withdrawn_s = (double)INFINITY};
    const struct story_outage *outage = what->story->outages;
    bool begins = true;
    for (const struct story_note *note = what->story->first;; note = note->next) {
        double at_s = note != NULL ? (double)note->note.at.us / 1e6 : (double)INFINITY;
        for (; outage != NULL; begins = !begins) {
            double bound_s = begins ? outage->outage.start_s : outage->outage.end_s;
            if (bound_s >= at_s)
                break;
            if (explain_overlaps(what, &outage->outage))
                print_bound(&pen, &outage->outage, begins);
            outage = begins ? outage : outage->next;
        }
        if (note == NULL)
            break;
        if (strcmp(note->note.what, "withdrawn") == 0)
            pen.withdrawn_s = at_s;
        if (explain_includes(what, note))
            print_note(&pen, note);
    }
    if (what->story->left_out > 0)
        fprintf(out, "\n  %" PRIu32 " later things are left out\n", what->story->left_out);
}

/* --- The whole ------------------------------------------------------------------------------------------------------- */

void explain_print_head(const struct explanation *what, FILE *out)
{
    struct arena *arena = what->arena;
    const char *subject = what->story->subject.name, *label = compare_clean(arena, what->study->points[what->task.point].label);
    if (what->lease != NULL)
        subject = arena_format(arena, "lease %" PRId64 " of %s", what->lease->id, subject);
    print_folded(out, 0, 2,
                 arena_format(arena, "%s in '%s', point '%s', replication %" PRIu32 " of seed %" PRIu64 "%s (times are UTC)",
                              compare_clean(arena, subject), compare_clean(arena, what->run->scenario), label,
                              what->task.replication, what->run->seed,
                              what->task.outer_draw > 0 ? arena_format(arena, ", draw %" PRIu32 " of the inputs", what->task.outer_draw) : ""));
}

static void print_lease(const struct explanation *what, FILE *out)
{
    const struct sim_lease *lease = what->lease;
    struct arena *arena = what->arena;
    const char *end = isnan(lease->end_s) ? "open at the end" : arena_format(arena, "to %s (%s)", full_time(what, lease->end_s), lease->reason);
    print_folded(out, 0, 2,
                 compare_clean(arena, arena_format(arena, "%s %" PRIu32 ", with %s, from %s, %s, %.4g USD/h, %.2f USD paid",
                                                   what->story->told.part, what->lease_part + 1, lease->provider,
                                                   full_time(what, lease->start_s), end, lease->price_usd_per_h, lease->paid_usd)));
}

/* Each outage in a sentence, the first ones only where there are many. */
static void print_sentences(const struct explanation *what, uint64_t outages, FILE *out)
{
    uint64_t told = 0;
    for (const struct story_outage *o = what->story->outages; o != NULL && told < SENTENCES; o = o->next)
        if (explain_overlaps(what, &o->outage)) {
            print_folded(out, 0, 2, compare_clean(what->arena, explain_sentence(what, &o->outage)));
            told++;
        }
    if (told < outages)
        fprintf(out, "and %" PRIu64 " times more\n", outages - told);
}

void explain_print(const struct explanation *what, FILE *out)
{
    const struct sim_arm *arm = &what->study->arms[what->arm];
    struct arena *arena = what->arena;
    struct explain_sum sum = explain_sum(what);
    bool job = strcmp(what->story->told.kind, "job") == 0;
    fputc('\n', out);
    print_folded(out, 0, 2, compare_clean(arena, arena_format(arena, "%s (%s): %s", arm->name, arm->kind, what->story->told.about)));
    if (what->lease != NULL)
        print_lease(what, out);
    if (sum.outages == 0) {
        fprintf(out, "never %s\n", job ? "stood still after its first start" : "down");
    } else {
        const char *main = compare_clean(arena, cause_text(arena, sum.main_cause, sum.main_incident));
        const char *open = sum.open > 0 ? ", one of them still open at the end" : "";
        print_folded(out, 0, 2,
                     arena_format(arena, "%s %s, %s; %s: %s, %.0f %%", job ? "stood still" : "down",
                                  sum.outages == 1 ? "once" : arena_format(arena, "%" PRIu64 " times", sum.outages),
                                  arena_format(arena, "%s in all%s", span(arena, sum.down_s), open),
                                  sum.main_s < sum.down_s ? "main cause" : "cause", main, 100 * sum.main_s / sum.down_s));
        print_sentences(what, sum.outages, out);
    }
    print_time_line(what, out);
}
