/* Reading recorded outages. */
#include "models/faults/faults_inside.h"

#include <stdlib.h>
#include <string.h>

const struct key trace_keys[] = {
    {"name", KEY_NAME, NULL, "name of the trace", .unique = true},
    TARGET_KEYS,
    {"events", KEY_TEXTS, NULL, "outages \"start, end\" or \"start, end, severity\" since the trace's zero, by start", .required = true},
    {"curve", KEY_CHOICE, "components", "components: an outage's severity is the share of the targets that it hits; service: what each of them loses "
     "of its service, times 'severity'", .choices = "components|service"},
    {"offset", KEY_DURATION, "0 s", "time of the run at which the trace's zero lies; negative: the run begins inside the trace",
     .low = -3155760000.0, .high = 3155760000.0},
    {"repeat", KEY_DURATION, "0 s", "the trace begins again after this time; 0 s: never"},
    {"scatter", KEY_DURATION, "0 s", "each component lives through it late by its own draw below this"},
    {"clouds", KEY_TEXTS, NULL, "clouds it can hit; absent: all", .filled = true},
    {"source", KEY_TEXT, "", "where it was recorded"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

/* Up to the next comma, copied; NULL at the end. */
static const char *next_field(struct arena *arena, const char **text)
{
    if (*text == NULL)
        return NULL;
    size_t length = strcspn(*text, ",");
    const char *field = arena_format(arena, "%.*s", (int)length, *text);
    *text = (*text)[length] == ',' ? *text + length + 1 : NULL;
    return field;
}

static bool read_event(struct scenario *scenario, const struct value *at, struct trace_event *event)
{
    static const char *const hint = "write \"2.5 h, 3 h\" or \"2.5 h, 3 h, 40 %\"";
    const char *text = at->text, *why = "";
    const char *start = next_field(scenario->arena, &text), *end = next_field(scenario->arena, &text),
               *severity = next_field(scenario->arena, &text);
    event->severity = 1;
    if (end == NULL || text != NULL) {
        scenario_error(scenario, at, hint, "'%s' is not an outage of two or three fields", at->text);
        return false;
    }
    if (!units_duration(start, &event->start, &why) || !units_duration(end, &event->end, &why)) {
        scenario_error(scenario, at, hint, "'%s' is not an outage: %s", at->text, why);
        return false;
    }
    if (severity != NULL && (!units_share(severity, &event->severity, &why) || event->severity < 0 || event->severity > 1)) {
        scenario_error(scenario, at, hint, "'%s' is not a severity from 0 to 100 %%", severity);
        return false;
    }
    if (event->start.us < 0 || event->end.us <= event->start.us) {
        scenario_error(scenario, at, "times count from the trace's zero", "outage '%s' does not end after it starts", at->text);
        return false;
    }
    return true;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = ((const duration *)a)->us, y = ((const duration *)b)->us;
    return (x > y) - (x < y);
}

/* Most events at once: starts are in order, ends are put in order. */
static uint32_t most_at_once(struct arena *arena, const struct trace *trace)
{
    uint32_t most = 0, over = 0;
    duration *end = arena_array(arena, trace->events, duration);
    for (uint32_t i = 0; i < trace->events; i++)
        end[i] = trace->event[i].end;
    qsort(end, trace->events, sizeof *end, by_time);
    for (uint32_t i = 0; i < trace->events; i++) {
        while (end[over].us <= trace->event[i].start.us)
            over++;
        most = i + 1 - over > most ? i + 1 - over : most;
    }
    return most;
}

void trace_read(struct scenario *scenario, const struct value *group, const struct fault_source *source, struct trace *trace)
{
    const struct value *list = value_of(group, "events");
    struct trace_event *event = arena_array(scenario->arena, value_count(list), struct trace_event);
    *trace = (struct trace){.name = value_text(group, "name"),
                            .target = target_read(scenario, group, source->fleet),
                            .offset = value_duration(group, "offset"),
                            .repeat = value_duration(group, "repeat"),
                            .scatter = value_duration(group, "scatter"),
                            .event = event,
                            .events = (uint32_t)value_count(list),
                            .of_service = value_choice(group, "curve") == 1};
    trace->clouds = target_names(scenario, value_of(group, "clouds"), &trace->cloud_count);
    for (uint32_t i = 0; i < trace->events; i++) {
        if (!read_event(scenario, value_at(list, i), &event[i]))
            return;
        if (i > 0 && event[i].start.us < event[i - 1].start.us)
            scenario_error(scenario, value_at(list, i), "list them in order of time", "outage %u starts before outage %u", i + 1, i);
        if (trace->repeat.us > 0 && event[i].end.us > trace->repeat.us)
            scenario_error(scenario, value_at(list, i), "make 'repeat' longer, or cut the outage in two",
                           "outage %u ends after the trace has begun again", i + 1);
    }
    trace->overlap = most_at_once(scenario->arena, trace);
}

int64_t trace_first_cycle(const struct trace *trace, instant now)
{
    int64_t behind = now.us - trace->offset.us - trace->scatter.us - trace->jitter.us;
    return trace->repeat.us > 0 && behind > 0 ? behind / trace->repeat.us : 0;
}

duration trace_jitter(const struct trace *trace, struct stream *stream)
{
    duration both = duration_from_seconds(stream_uniform(stream) * 2 * duration_seconds(trace->jitter));
    return (duration){both.us - trace->jitter.us};
}
