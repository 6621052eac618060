#include "models/demand/arrivals.h"

#include "sim/base/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/nomalloc.h"

enum { DAYS = 7, HOUR_STEPS_MAX = 96, TIMES_MAX = 100000000 };
static const int64_t WEEK_US = DAYS * US_PER_DAY;

const struct key arrival_burst_keys[] = {
    {"times", KEY_NUMBER, NULL, "rate in a burst over the rate outside", .low = 1, .high = 1e6},
    {"length", KEY_DURATION, NULL, "mean length of a burst, exponential", .low = 1, .high = 315576000},
    {"calm", KEY_DURATION, NULL, "mean time between bursts, exponential", .low = 1, .high = 315576000},
    KEY_END};

/* --- Reading --------------------------------------------------------------------------------------------------------- */

/* A weight from 0 that fills the text. */
static bool read_weight(const char *text, double *weight)
{
    const char *why;
    return units_number(text, weight, &why) && *weight >= 0 && *weight <= 1e9;
}

struct hour {
    int64_t start_us; /* since midnight */
    double weight;
};

/* "08:30 1.6" */
static bool read_hour(const char *text, struct hour *hour)
{
    char time[6] = "";
    const char *why;
    duration since_midnight;
    (void)snprintf(time, sizeof time, "%s", text);
    if (!units_time_of_day(time, &since_midnight, &why) || text[5] != ' ')
        return false;
    hour->start_us = since_midnight.us;
    return read_weight(text + 6, &hour->weight);
}

/* Returns how many there are, at least one: without any, a day is one step. */
static uint32_t read_hours(struct scenario *scenario, const struct value *list, struct hour hour[HOUR_STEPS_MAX])
{
    uint32_t hours = 0;
    hour[0] = (struct hour){0, 1};
    if (value_count(list) > HOUR_STEPS_MAX)
        scenario_error(scenario, list, NULL, "a day has at most %d steps", HOUR_STEPS_MAX);
    for (size_t i = 0; i < value_count(list) && i < HOUR_STEPS_MAX; i++, hours++) {
        const struct value *text = value_at(list, i);
        if (!read_hour(text->text, &hour[i]))
            scenario_error(scenario, text, "write \"08:00 1.6\": from then on, 1.6 times as many as where it says 1",
                           "'%s' is no time of day with a weight", text->text);
        else if (i > 0 && hour[i].start_us <= hour[i - 1].start_us)
            scenario_error(scenario, text, "list them in order of time", "'%s' does not come after the step before it", text->text);
    }
    return hours > 0 ? hours : 1;
}

static void read_days(struct scenario *scenario, const struct value *list, double weight[DAYS])
{
    for (int d = 0; d < DAYS; d++)
        weight[d] = 1;
    bool named[DAYS] = {false};
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *text = value_at(list, i);
        char name[4] = "";
        (void)snprintf(name, sizeof name, "%s", text->text);
        int day = units_weekday(name);
        if (day < 0 || text->text[3] != ' ' || !read_weight(text->text + 4, &weight[day]))
            scenario_error(scenario, text, "write \"sat 0.5\"; days are mon tue wed thu fri sat sun", "'%s' is no day with a weight",
                           text->text);
        else if (named[day])
            scenario_error(scenario, text, "name each day once", "'%s' is a day named above", text->text);
        else
            named[day] = true;
    }
}

/* The week's steps, of mean 1. */
static void read_week(struct scenario *scenario, const struct value *group, struct demand_arrivals *arrivals)
{
    const struct value *by_hour = value_of(group, "by_hour"), *by_day = value_of(group, "by_day");
    struct hour hour[HOUR_STEPS_MAX];
    double day[DAYS], days = 0, area = 0;
    if (!by_hour->given && !by_day->given)
        return;
    uint32_t hours = read_hours(scenario, by_hour, hour);
    read_days(scenario, by_day, day);
    for (int d = 0; d < DAYS; d++)
        days += day[d] / DAYS;
    bool at_midnight = hour[0].start_us == 0;
    uint32_t per_day = hours + !at_midnight; /* before its first step a day goes on with the weight of the last */
    struct arrival_step *step = arena_array(scenario->arena, (size_t)DAYS * per_day, struct arrival_step);
    for (uint32_t i = 0; i < per_day; i++) {
        struct hour from = at_midnight ? hour[i] : i == 0 ? (struct hour){0, hour[hours - 1].weight} : hour[i - 1];
        uint32_t next = i + 1 - !at_midnight;
        int64_t until = i + 1 < per_day ? hour[next].start_us : US_PER_DAY;
        area += from.weight * (double)(until - from.start_us) / (double)US_PER_DAY;
        for (uint32_t d = 0; d < DAYS; d++)
            step[d * per_day + i] = (struct arrival_step){(int64_t)d * US_PER_DAY + from.start_us, from.weight * day[d]};
    }
    if (!(area * days > 0)) {
        scenario_error(scenario, by_hour->given ? by_hour : by_day, "give one step a weight above 0", "there is no time at which requests come");
        return;
    }
    for (uint32_t i = 0; i < DAYS * per_day; i++)
        step[i].factor /= area * days;
    arrivals->step = step;
    arrivals->steps = DAYS * per_day;
}

static void read_bursts(const struct value *group, struct demand_arrivals *arrivals)
{
    const struct value *bursts = value_of(group, "bursts");
    if (!bursts->given)
        return;
    double times = value_number(bursts, "times");
    arrivals->burst = value_duration(bursts, "length");
    arrivals->calm = value_duration(bursts, "calm");
    double burst = duration_seconds(arrivals->burst), calm = duration_seconds(arrivals->calm);
    arrivals->calm_factor = (burst + calm) / (calm + times * burst);
    arrivals->burst_factor = times * arrivals->calm_factor;
}

static void read_times(struct scenario *scenario, const struct value *group, struct demand_arrivals *arrivals)
{
    const struct scenario_file *file = value_file(group, "arrival_times");
    const double *seconds;
    if (file == NULL)
        return;
    size_t count = scenario_file_times(scenario, file, duration_seconds(value_duration(group, "arrival_unit")), &seconds);
    instant *time = arena_array(scenario->arena, count, instant);
    for (size_t i = 0; i < count; i++) {
        time[i] = (instant){duration_from_seconds(seconds[i]).us};
        if (i > 0 && time[i].us < time[i - 1].us) {
            scenario_error_in(scenario, file, 0, 0, "sort its lines", "time %zu of '%s' is before the one above it", i + 1, file->name);
            return;
        }
    }
    arrivals->repeat = value_duration(group, "arrival_repeat");
    if (count > 0 && arrivals->repeat.us > 0 && time[count - 1].us >= arrivals->repeat.us)
        scenario_error(scenario, value_of(group, "arrival_repeat"), "make it longer", "the list is longer than the time after which it begins again");
    arrivals->time = time;
    arrivals->times = (uint32_t)count;
}

void arrivals_read(struct scenario *scenario, const struct value *group, struct demand_arrivals *arrivals)
{
    static const char *const shapes[] = {"by_hour", "by_day", "bursts"}, *const of_lists[] = {"arrival_unit", "arrival_repeat"};
    int64_t since_monday = units_week_second(value_utc(&scenario->root, "start"));
    *arrivals = (struct demand_arrivals){.per_second = value_number(group, "arrivals"), .monday_us = -since_monday * US_PER_SECOND, .calm_factor = 1, .burst_factor = 1};
    bool list = value_given(group, "arrival_times");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (value_given(group, shapes[i]) && !(arrivals->per_second > 0))
            scenario_error(scenario, value_of(group, shapes[i]), "give arrivals = \"20 /h\", its mean", "'%s' shapes a rate that is 0", shapes[i]);
    for (size_t i = 0; i < sizeof of_lists / sizeof *of_lists; i++)
        if (value_given(group, of_lists[i]) && !list)
            scenario_error(scenario, value_of(group, of_lists[i]), "give arrival_times too", "'%s' belongs to a list of times", of_lists[i]);
    if (list && arrivals->per_second > 0)
        scenario_error(scenario, value_of(group, "arrival_times"), "make two classes of it", "requests come at a rate or at listed times, not both");
    read_week(scenario, group, arrivals);
    read_bursts(group, arrivals);
    read_times(scenario, group, arrivals);
}

/* --- Drawing --------------------------------------------------------------------------------------------------------- */

/* Where the rate changes next, and what it is until then. */
struct course {
    const struct demand_arrivals *arrivals;
    struct stream stream; /* of bursts */
    uint32_t step;
    int64_t step_end, flip; /* US_NEVER: never */
    bool in_burst;
    double rate;
};

static void find_rate(struct course *course)
{
    const struct demand_arrivals *arrivals = course->arrivals;
    course->rate = arrivals->per_second;
    if (arrivals->steps > 0)
        course->rate *= arrivals->step[course->step].factor;
    if (arrivals->burst.us > 0)
        course->rate *= course->in_burst ? arrivals->burst_factor : arrivals->calm_factor;
}

static int64_t length_of(struct course *course)
{
    duration mean = course->in_burst ? course->arrivals->burst : course->arrivals->calm;
    return duration_from_seconds(stream_exponential(&course->stream) * duration_seconds(mean)).us + 1;
}

/* Both clocks at `begin`: the week's by the calendar, that of bursts in equilibrium. */
static void course_open(struct course *course, const struct demand_arrivals *arrivals, struct stream stream, instant begin)
{
    *course = (struct course){.arrivals = arrivals, .stream = stream, .step_end = US_NEVER, .flip = US_NEVER};
    if (arrivals->steps > 0) {
        int64_t since = (begin.us - arrivals->monday_us) % WEEK_US;
        since += since < 0 ? WEEK_US : 0;
        while (course->step + 1 < arrivals->steps && arrivals->step[course->step + 1].start_us <= since)
            course->step++;
        bool last = course->step + 1 == arrivals->steps;
        course->step_end = begin.us - since + (last ? WEEK_US : arrivals->step[course->step + 1].start_us);
    }
    if (arrivals->burst.us > 0) {
        double burst = duration_seconds(arrivals->burst), calm = duration_seconds(arrivals->calm);
        course->in_burst = stream_chance(&course->stream, burst / (burst + calm));
        course->flip = begin.us + length_of(course); /* no memory: what is left is as long as the whole */
    }
    find_rate(course);
}

/* Up to the next change of rate. */
static void course_step(struct course *course)
{
    const struct demand_arrivals *arrivals = course->arrivals;
    if (course->flip <= course->step_end) {
        course->in_burst = !course->in_burst;
        int64_t length = length_of(course);
        course->flip = course->flip < US_NEVER - length ? course->flip + length : US_NEVER;
    } else {
        course->step = (course->step + 1) % arrivals->steps;
        int64_t end = course->step + 1 < arrivals->steps ? arrivals->step[course->step + 1].start_us : WEEK_US;
        course->step_end += end - arrivals->step[course->step].start_us;
    }
    find_rate(course);
}

/* The arrival after `now`, an area of a unit exponential further on; US_NEVER when it is not before `end`. */
static int64_t next_arrival(struct course *course, double area, int64_t now, int64_t end)
{
    for (;;) {
        int64_t change = course->flip < course->step_end ? course->flip : course->step_end;
        double left = change < US_NEVER ? course->rate * ((double)(change - now) / 1e6) : (double)INFINITY;
        if (area < left) {
            int64_t at = now + duration_from_seconds(area / course->rate).us;
            at = at < change ? at : change;
            return at < end ? at : US_NEVER;
        }
        if (change >= end)
            return US_NEVER;
        area -= left;
        now = change;
        course_step(course);
    }
}

static uint32_t draw_list(const struct demand_arrivals *arrivals, instant begin, instant end, instant *times)
{
    int64_t repeat = arrivals->repeat.us, offset = 0;
    uint32_t count = 0;
    if (repeat > 0)
        offset = (begin.us / repeat - 1) * repeat; /* rounds towards 0: at or before the cycle of `begin` */
    for (; arrivals->times > 0 && offset < end.us; offset += repeat) {
        for (uint32_t i = 0; i < arrivals->times; i++) {
            int64_t at = offset + arrivals->time[i].us;
            if (at < begin.us || at >= end.us)
                continue;
            if (times != NULL)
                times[count] = (instant){at};
            if (++count > TIMES_MAX)
                limit_reached("demand.arrival_times", count);
        }
        if (repeat == 0)
            break;
    }
    return count;
}

uint32_t arrivals_draw(const struct demand_arrivals *arrivals, struct stream requests, struct stream bursts, instant begin, instant end,
                       instant *times)
{
    struct course course;
    uint32_t count = 0;
    if (arrivals->times > 0)
        return draw_list(arrivals, begin, end, times);
    if (!(arrivals->per_second > 0))
        return 0;
    course_open(&course, arrivals, bursts, begin);
    for (int64_t at = begin.us;;) {
        at = next_arrival(&course, stream_exponential(&requests), at, end.us);
        if (at == US_NEVER)
            return count;
        if (times != NULL)
            times[count] = (instant){at};
        if (++count > TIMES_MAX)
            limit_reached("demand.arrivals", count);
    }
}
