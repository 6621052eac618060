/* Hosts that follow the clock: up during certain hours, down otherwise, as most volunteers' machines are (Javadi et al. 2011,
 * "Discovering statistical models of availability in large distributed systems", TPDS: only a fifth of SETI@home's hosts behave like
 * independent renewal processes). A class of such hosts is a trace that repeats each day or week: down from the end of an up time to
 * the begin of the next. The cycle begins with an up time, so that no outage reaches over its end. */
#include "models/faults/faults_inside.h"

enum { DAYS = 7 };

const struct key hours_keys[] = {
    {"name", KEY_NAME, NULL, "name of these hosts' hours", .unique = true},
    TARGET_KEYS,
    {"from", KEY_TEXT, NULL, "time of day, UTC, at which they come up, e.g. \"08:00\""},
    {"to", KEY_TEXT, NULL, "time of day at which they go down; before 'from': on the day after"},
    {"days", KEY_TEXTS, NULL, "days on which they come up: mon tue wed thu fri sat sun; absent: every day", .filled = true},
    {"scatter", KEY_DURATION, "0 s", "each component's day lies later by its own draw below this", .low = 0, .high = 86400},
    {"jitter", KEY_DURATION, "0 s", "each coming and going is earlier or later by its own draw below this", .low = 0, .high = 43200},
    {"clouds", KEY_TEXTS, NULL, "clouds it can hit; absent: all", .filled = true},
    {"source", KEY_TEXT, "", "where the hours come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

static int64_t read_time(struct scenario *scenario, const struct value *group, const char *key)
{
    duration time = {0};
    const char *why;
    if (!units_time_of_day(value_text(group, key), &time, &why))
        scenario_error(scenario, value_of(group, key), "write it like \"08:00\"", "'%s' is not a time of day: %s", value_text(group, key), why);
    return time.us;
}

static void read_days(struct scenario *scenario, const struct value *list, bool up[DAYS])
{
    for (int d = 0; d < DAYS; d++)
        up[d] = value_count(list) == 0;
    for (size_t i = 0; i < value_count(list); i++) {
        int day = units_weekday(value_at(list, i)->text);
        if (day < 0)
            scenario_error(scenario, value_at(list, i), "days are mon tue wed thu fri sat sun", "'%s' is no day", value_at(list, i)->text);
        else
            up[day] = true;
    }
}

/* Days from day `from` to the next one that is up, 1 to 7. */
static int days_to_next(const bool up[DAYS], int from)
{
    int days = 1;
    while (days < DAYS && !up[(from + days) % DAYS])
        days++;
    return days;
}

void hours_read(struct scenario *scenario, const struct value *group, const struct fault_source *source, struct trace *trace)
{
    bool up[DAYS];
    int first = 0;
    int64_t from = read_time(scenario, group, "from"), to = read_time(scenario, group, "to");
    int64_t length = to > from ? to - from : to - from + US_PER_DAY;
    read_days(scenario, value_of(group, "days"), up);
    while (first < DAYS - 1 && !up[first])
        first++;
    struct trace_event *event = arena_array(scenario->arena, DAYS, struct trace_event);
    *trace = (struct trace){.name = value_text(group, "name"),
                            .target = target_read(scenario, group, source->fleet),
                            .scatter = value_duration(group, "scatter"),
                            .jitter = value_duration(group, "jitter"),
                            .by_hours = true,
                            .event = event,
                            .overlap = 1};
    trace->clouds = target_names(scenario, value_of(group, "clouds"), &trace->cloud_count);
    int64_t shortest = length < US_PER_DAY - length ? length : US_PER_DAY - length;
    if (from == to)
        scenario_error(scenario, value_of(group, "to"), NULL, "'from' and 'to' are the same time of day");
    else if (2 * trace->jitter.us > shortest)
        scenario_error(scenario, value_of(group, "jitter"), "it may be half of the shorter of up and down time",
                       "with this jitter a host may go before it has come");
    int day = first;
    do {
        int next = days_to_next(up, day);
        event[trace->events++] = (struct trace_event){{trace->repeat.us + length}, {trace->repeat.us + next * US_PER_DAY}, 1};
        trace->repeat.us += next * US_PER_DAY;
        day = (day + next) % DAYS;
    } while (day != first);
    /* From the first up time of a week that lies before all that is lived. */
    int64_t lead = value_duration(&scenario->root, "warmup").us + trace->scatter.us + trace->jitter.us + DAYS * US_PER_DAY;
    int64_t monday = -units_week_second(source->start_unix_s) * US_PER_SECOND;
    trace->offset.us = monday + first * US_PER_DAY + from - (lead / (DAYS * US_PER_DAY) + 1) * DAYS * US_PER_DAY;
}
