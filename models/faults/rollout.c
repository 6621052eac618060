/* Releases that spread in stages. */
#include "models/faults/faults_inside.h"

#include <stdlib.h>

static const struct key stage_keys[] = {
    {"share", KEY_SHARE, NULL, "share of the population that has it by the end of this stage"},
    {"bake", KEY_DURATION, "0 s", "wait after this stage"},
    KEY_END};

const struct key rollout_keys[] = {
    {"name", KEY_NAME, NULL, "name of the release, as study points use it", .unique = true},
    TARGET_KEYS,
    {"start", KEY_UTC, "", "when it begins; absent: drawn by rate"},
    {"rate", KEY_RATE, "", "bad releases per time, where no start is given"},
    {"stages", KEY_LIST, NULL, "how it spreads", .children = stage_keys, .required = true},
    FALL_KEYS("who gets it first"),
    {"spread", KEY_DURATION, "1 h", "time over which a stage's components get it, evenly"},
    {"bypass", KEY_SHARE, "0 %", "probability that it goes to all in one stage"},
    {"impact", KEY_SHARE, "100 %", "share of those that get it that it breaks"},
    {"online", KEY_SHARE, "100 %", "share of the components that are online to get it"},
    {"stop_at", KEY_INTEGER, "1", "broken components at which somebody begins to look", .low = 1, .high = 1000000000},
    {"notice", KEY_LAW, NULL, "from then until the release is stopped"},
    {"recovery", KEY_GROUP, NULL, "how the broken come back", .children = recovery_keys, .required = true},
    {"clouds", KEY_TEXTS, NULL, "clouds it can hit; absent: all", .filled = true},
    {"source", KEY_TEXT, "", "where the figures come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

static void read_stages(struct scenario *scenario, const struct value *list, struct rollout *rollout)
{
    struct rollout_stage *stage = arena_array(scenario->arena, value_count(list), struct rollout_stage);
    rollout->stage = stage;
    rollout->stages = (uint32_t)value_count(list);
    for (uint32_t i = 0; i < rollout->stages; i++) {
        const struct value *at = value_at(list, i);
        stage[i] = (struct rollout_stage){value_number(at, "share"), value_duration(at, "bake")};
        if (stage[i].share <= (i > 0 ? stage[i - 1].share : 0))
            scenario_error(scenario, value_of(at, "share"), "shares add up: \"1 %\", \"10 %\", \"100 %\"",
                           "stage %u reaches nobody that had not got it before", i + 1);
    }
}

void rollout_read(struct scenario *scenario, const struct value *group, const struct fault_source *source, struct rollout *rollout)
{
    bool scripted = value_given(group, "start");
    *rollout = (struct rollout){.name = value_text(group, "name"),
                                .target = target_read(scenario, group, source->fleet),
                                .start = INSTANT_NEVER,
                                .fall = fall_read(scenario, group),
                                .spread = value_duration(group, "spread"),
                                .bypass = value_number(group, "bypass"),
                                .impact = value_number(group, "impact"),
                                .online = value_number(group, "online"),
                                .stop_at = (uint32_t)value_integer(group, "stop_at"),
                                .notice = value_law(group, "notice"),
                                .recovery = recovery_read(scenario, value_of(group, "recovery"))};
    if (scripted == value_given(group, "rate"))
        scenario_error(scenario, value_of(group, scripted ? "rate" : "start"), "a release is scripted, or drawn",
                       scripted ? "both 'start' and 'rate' are given" : "neither 'start' nor 'rate' is given");
    else if (scripted)
        rollout->start.us = (value_utc(group, "start") - source->start_unix_s) * US_PER_SECOND;
    else
        rollout->per_second = value_number(group, "rate");
    rollout->clouds = target_names(scenario, value_of(group, "clouds"), &rollout->cloud_count);
    read_stages(scenario, value_of(group, "stages"), rollout);
}

/* When the component at `place` (0..1) of the population gets it, since the begin; US_NEVER: not at all. */
static duration exposure(const struct rollout *rollout, double place, bool bypassed)
{
    double before = 0, spread = duration_seconds(rollout->spread);
    int64_t begun = 0;
    if (bypassed)
        return duration_from_seconds(spread * place);
    for (uint32_t i = 0; i < rollout->stages; i++) {
        const struct rollout_stage *stage = &rollout->stage[i];
        if (place < stage->share)
            return (duration){begun + duration_from_seconds(spread * (place - before) / (stage->share - before)).us};
        begun += rollout->spread.us + stage->bake.us;
        before = stage->share;
    }
    return (duration){US_NEVER};
}

static int by_breaking(const void *a, const void *b)
{
    const struct patient *x = a, *y = b;
    if (x->down.us != y->down.us)
        return x->down.us > y->down.us ? 1 : -1;
    return (x->component > y->component) - (x->component < y->component);
}

uint32_t rollout_break(const struct rollout *rollout, const struct fault_match *match, const struct graph *graph, instant begin,
                       struct stream_key key, bool (*runs)(const void *context, const struct target *target, const char *luck),
                       const void *context, struct patient *patients)
{
    uint32_t broken = 0;
    struct stream whole = stream_open(key);
    bool bypassed = stream_chance(&whole, rollout->bypass);
    for (uint32_t i = 0; i < match->count; i++) {
        const char *luck = component_luck(graph_component(graph, match->component[i]));
        struct stream stream = stream_open(stream_key_path(key, luck));
        bool chosen = stream_chance(&stream, rollout->target.share);
        bool online = stream_chance(&stream, rollout->online);
        bool breaks = stream_chance(&stream, rollout->impact);
        double place = stream_uniform(&stream);
        double order = stream_uniform(&stream);
        if (match->place != NULL)
            place = (match->place[i].first + place * match->place[i].size) / match->count;
        duration after = exposure(rollout, place, bypassed);
        if (chosen && online && breaks && after.us < US_NEVER && runs(context, &rollout->target, luck))
            patients[broken++] =
                (struct patient){.component = match->component[i], .down = instant_add(begin, after), .order = order};
    }
    qsort(patients, broken, sizeof *patients, by_breaking);
    return broken;
}

instant rollout_stop(const struct rollout *rollout, const struct patient *patients, uint32_t *count, struct stream_key key)
{
    if (*count < rollout->stop_at)
        return INSTANT_NEVER;
    struct stream stream = stream_open(stream_key_index(key, 1));
    instant stop = instant_add(patients[rollout->stop_at - 1].down, law_draw_duration(rollout->notice, &stream));
    while (*count > 0 && patients[*count - 1].down.us > stop.us)
        --*count;
    return stop;
}
