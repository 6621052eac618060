/* Incidents: who falls when on the curve of an effect, and who is back when. */
#include "models/faults/faults_live.h"

#include "sim/base/nomalloc.h"

/* Where between two phases the line through them has the value `level`. */
static duration between(struct phase a, struct phase b, double level)
{
    double part = (level - a.impaired) / (b.impaired - a.impaired);
    return (duration){a.after.us + duration_from_seconds(part * duration_seconds((duration){b.after.us - a.after.us})).us};
}

/* First time at which the rising part of the curve reaches level (0 < level <= peak). */
static duration rise_at(const struct effect *effect, double level)
{
    for (uint32_t i = 0; i <= effect->peak; i++)
        if (effect->phase[i].impaired >= level)
            return i == 0 ? effect->phase[0].after : between(effect->phase[i - 1], effect->phase[i], level);
    return effect->phase[effect->peak].after;
}

/* Last time at which the falling part is still at level; never when the curve ends above it. */
static duration fall_at(const struct effect *effect, double level)
{
    for (uint32_t i = effect->peak + 1; i < effect->phases; i++)
        if (effect->phase[i].impaired < level)
            return between(effect->phase[i - 1], effect->phase[i], level);
    return (duration){US_NEVER};
}

static void open_effect(struct faults *faults, uint32_t incident, uint32_t effect_number, const struct fault_match *match)
{
    const struct incident *what = &faults->plan->list->incident[incident];
    const struct effect *effect = &what->effect[effect_number];
    double peak = effect->phase[effect->peak].impaired;
    uint32_t cause = faults_cause_of(1 + incident, &effect->target), patients = 0;
    struct stream_key family = stream_key_index(
        stream_key_path(stream_key(faults->seed, faults->replication, "incident"), what->name), effect_number);
    for (uint32_t i = 0; i < match->count; i++) {
        const char *luck = component_luck(graph_component(faults->plan->graph, match->component[i]));
        struct stream stream = stream_open(stream_key_path(family, luck));
        bool chosen = stream_chance(&stream, effect->target.share);
        double falling = stream_uniform(&stream), returning = stream_uniform(&stream) * peak;
        if (match->place != NULL)
            falling = (match->place[i].first + falling * match->place[i].size) / match->count;
        if (!chosen || (effect->grade == NULL && falling > peak) || !faults_runs(faults, &effect->target, luck))
            continue;
        if (effect->grade != NULL) {
            faults_schedule_grades(faults, effect, match->component[i], what->start, cause);
            continue;
        }
        instant down = instant_add(what->start, rise_at(effect, falling));
        duration back = fall_at(effect, returning);
        if (effect->recovery != NULL)
            faults->patients[patients++] = (struct patient){.component = match->component[i], .down = down, .order = returning};
        else
            faults_schedule_outage(faults, &effect->target, match->component[i], down,
                            back.us < US_NEVER ? instant_add(what->start, back) : INSTANT_NEVER, cause);
    }
    if (effect->recovery != NULL)
        faults_recover(faults, effect->recovery, &effect->target, patients, instant_add(what->start, effect->recovery->begin),
                stream_key_path(family, "recovery"), cause);
}

void faults_open_incidents(struct faults *faults)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < faults->plan->list->incidents; i++)
        for (uint32_t e = 0; e < faults->plan->list->incident[i].effects; e++, next++)
            open_effect(faults, i, e, &faults->plan->effect[next]);
}
