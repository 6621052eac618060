#include "sim/study/story.h"

#include "sim/study/record.h"

#include <string.h>

#include "sim/base/nomalloc.h"

struct story *story_open(struct arena *arena, struct sim_subject subject)
{
    struct story *story = arena_new(arena, struct story);
    *story = (struct story){.arena = arena, .subject = subject};
    return story;
}

bool story_is_about(const struct story *story, const struct sim_outage *outage)
{
    return strcmp(story->subject.name, outage->subject) == 0 &&
           (story->subject.kind == NULL || strcmp(story->subject.kind, outage->subject_kind) == 0);
}

const struct sim_subject *record_subject(const struct sim_record *record)
{
    return record->story != NULL ? &record->story->subject : NULL;
}

static const char *keep(struct story *story, const char *text) { return text != NULL ? arena_text(story->arena, text) : NULL; }

void record_subject_is(struct sim_record *record, const struct sim_told *told)
{
    struct story *story = record->story;
    if (story != NULL)
        story->told = (struct sim_told){keep(story, told->kind), keep(story, told->about), keep(story, told->part), told->parts};
}

void record_subject_unknown(struct sim_record *record, const char *why, const char *hint)
{
    if (record->story == NULL)
        return;
    record->story->unknown = keep(record->story, why);
    record->story->hint = keep(record->story, hint);
}

static bool same_text(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

/* Of a part: nothing else happened to it meanwhile. Of the whole: nothing else at all. */
static bool is_said_again(const struct story *story, const struct story_note *last, const struct sim_note *note)
{
    return last != NULL && (note->part != SIM_WHOLE || last == story->last) && last->note.part == note->part && strcmp(last->note.what, note->what) == 0 &&
           strcmp(last->note.text, note->text) == 0 && same_text(last->note.component, note->component) &&
           same_text(last->note.incident, note->incident) && last->note.lease < 0 && note->lease < 0;
}

void record_note(struct sim_record *record, const struct sim_note *note)
{
    struct story *story = record->story;
    if (story == NULL)
        return;
    struct story_note **of_part = &story->of_part[(note->part + 1) % STORY_PARTS];
    if (is_said_again(story, *of_part, note)) {
        (*of_part)->times++;
        (*of_part)->until = note->at;
        return;
    }
    if (story->notes == STORY_NOTES_MAX) {
        story->left_out++;
        *of_part = NULL; /* what comes now does not follow what is kept */
        return;
    }
    struct story_note *kept = arena_new(story->arena, struct story_note);
    *kept = (struct story_note){.note = *note, .until = note->at, .times = 1};
    kept->note.what = keep(story, note->what);
    kept->note.text = keep(story, note->text);
    kept->note.component = keep(story, note->component);
    kept->note.incident = keep(story, note->incident);
    *(story->last != NULL ? &story->last->next : &story->first) = kept;
    story->last = *of_part = kept;
    story->notes++;
}

void record_subject_down(struct sim_record *record, const struct sim_outage *outage)
{
    struct story *story = record->story;
    if (story == NULL)
        return;
    struct story_outage *kept = arena_new(story->arena, struct story_outage);
    kept->outage = *outage;
    kept->outage.subject_kind = keep(story, outage->subject_kind);
    kept->outage.subject = keep(story, outage->subject);
    kept->outage.cause = keep(story, outage->cause);
    kept->outage.incident = keep(story, outage->incident);
    *(story->last_outage != NULL ? &story->last_outage->next : &story->outages) = kept;
    story->last_outage = kept;
}
