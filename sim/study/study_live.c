/* One task: its setting's plan, then arm after arm. */
#include "sim/base/check.h"
#include "sim/chance/random.h"
#include "sim/study/rare.h"
#include "sim/study/study.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLAY_BYTES = 1024 };

struct study_worker {
    struct arena own; /* holds the worker itself */
    const struct study *study;
    const struct study_options *options;
    struct arena scratch, aside;  /* of the replication under way */
    struct arena plans;           /* of the setting below */
    struct study_setting setting; /* plan NULL: none */
    uint32_t point, outer_draw;   /* of the setting */
    struct check_scene scene;
    char replay[REPLAY_BYTES];
};

struct study_worker *study_worker_open(const struct study *study, const struct study_options *options)
{
    struct arena own;
    arena_open(&own, sizeof(struct study_worker));
    struct study_worker *worker = arena_new(&own, struct study_worker);
    worker->own = own;
    worker->study = study;
    worker->options = options;
    arena_open(&worker->scratch, 1u << 20);
    arena_open(&worker->aside, 1u << 20);
    arena_open(&worker->plans, 0);
    return worker;
}

void study_worker_close(struct study_worker *worker)
{
    struct arena own = worker->own;
    arena_close(&worker->scratch);
    arena_close(&worker->aside);
    arena_close(&worker->plans);
    arena_close(&own);
}

/* The first of the mistakes, on one line; in arena. */
static const char *first_mistake(const struct scenario *scenario, struct arena *arena)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (memory == NULL)
        return "no memory for messages";
    (void)scenario_print_errors(scenario, memory);
    fclose(memory);
    const char *line = arena_format(arena, "%.*s", (int)strcspn(text, "\n"), text);
    free(text);
    return line;
}

/* The setting of the task: the study's own, or the worker's, built when it is of another one. false: it cannot be built, and
 * *failure in arena says why. */
static bool find_setting(struct study_worker *worker, struct study_task task, struct study_setting *setting,
                         struct arena *arena, const char **failure)
{
    const struct study_point *point = &worker->study->points[task.point];
    if (task.outer_draw == 0 && point->scenario != NULL) {
        *setting = (struct study_setting){.scenario = point->scenario, .plan = point->plan, .task = point->task};
        return true;
    }
    bool same = worker->setting.plan != NULL && worker->point == task.point && worker->outer_draw == task.outer_draw;
    if (!same) {
        arena_close(&worker->plans);
        arena_open(&worker->plans, 0);
        worker->setting.plan = NULL;
        if (!study_setting_open(worker->study, task.point, task.outer_draw, &worker->plans, &worker->setting)) {
            *failure = arena_format(arena, "point '%s', outer draw %" PRIu32 ": %s", point->label, task.outer_draw,
                                    first_mistake(worker->setting.scenario, arena));
            worker->setting.plan = NULL;
            return false;
        }
        worker->point = task.point;
        worker->outer_draw = task.outer_draw;
    }
    *setting = worker->setting;
    return true;
}

static void set_scene(struct study_worker *worker, struct study_task task, uint32_t arm)
{
    char draw[32] = "";
    if (task.outer_draw > 0)
        snprintf(draw, sizeof draw, ", outer draw %" PRIu32, task.outer_draw);
    snprintf(worker->replay, sizeof worker->replay, "%s    (point '%s'%s, replication %" PRIu32 ", cloud '%s')",
             worker->options->replay == NULL ? "" : worker->options->replay, worker->study->points[task.point].label,
             draw, task.replication, worker->study->arms[arm].name);
    worker->scene = (struct check_scene){.replay = worker->replay, .audit = worker->options->audit, .given_up = worker->options->given_up};
}

/* One replication of one arm. false: a limit was reached, and the scene says which; or it was given up. Apart, because a jump back may
 * spoil locals that changed in between. */
static bool live(struct study_worker *worker, const void *plan, const struct sim_task *task, struct sim_record *record)
{
    jmp_buf escape;
    if (setjmp(escape) != 0)
        return false;
    worker->scene.escape = &escape;
    rare_replicate(worker->study->model, plan, task, record);
    worker->scene.escape = NULL;
    check(record->done, "the model ended replication %" PRIu32 " without record_done()", task->replication);
    return true;
}

/* What a replication of the task has in common under all arms. */
static struct sim_task prepare(struct study_worker *worker, struct study_task task, const struct study_setting *setting)
{
    struct sim_task one = setting->task;
    bool mirrored = worker->study->antithetic && task.replication % 2 == 1;
    one.replication = mirrored ? task.replication - 1 : task.replication;
    one.arena = &worker->scratch;
    one.aside = &worker->aside;
    stream_mirror(mirrored);
    return one;
}

/* One arm, into *record. False: a limit was reached, or it was given up. */
static bool live_arm(struct study_worker *worker, struct study_task task, const struct study_setting *setting, struct sim_task *one,
                     struct sim_record *record, struct study_result *result)
{
    struct arena_mark clean = arena_mark(&worker->scratch), empty = arena_mark(&worker->aside);
    set_scene(worker, task, one->arm);
    bool fine = live(worker, setting->plan, one, record);
    if (!fine) {
        result->limit_key = worker->scene.limit_key;
        result->limit_value = worker->scene.limit_value;
        result->limit_arm = one->arm;
        result->given_up = worker->scene.limit_key == NULL;
        worker->scene.escape = NULL; /* it was live()'s own */
    }
    arena_rewind(&worker->scratch, clean);
    arena_rewind(&worker->aside, empty); /* who ends early leaves copies behind */
    return fine;
}

void study_live(struct study_worker *worker, struct study_task task, struct arena *arena, struct study_result *result)
{
    struct study_setting setting;
    *result = (struct study_result){0};
    if (!find_setting(worker, task, &setting, arena, &result->failure))
        return;
    result->records = arena_array(arena, worker->study->arm_count, struct sim_record *);
    struct check_scene *previous = check_enter(&worker->scene);
    struct sim_task one = prepare(worker, task, &setting);
    bool fine = true;
    for (uint32_t arm = 0; arm < worker->study->arm_count && fine; arm++) {
        one.arm = arm;
        result->records[arm] = record_open(arena, worker->study->model, &one);
        fine = live_arm(worker, task, &setting, &one, result->records[arm], result);
    }
    stream_mirror(false);
    check_enter(previous);
}

void study_live_arm(struct study_worker *worker, struct study_task task, uint32_t arm, enum sim_log log, struct story *story,
                    struct arena *arena, struct study_result *result)
{
    struct study_setting setting;
    *result = (struct study_result){0};
    if (!find_setting(worker, task, &setting, arena, &result->failure))
        return;
    result->records = arena_array(arena, 1, struct sim_record *);
    struct check_scene *previous = check_enter(&worker->scene);
    struct sim_task one = prepare(worker, task, &setting);
    one.arm = arm;
    one.log = log;
    if (story != NULL)
        one.outage_min = (duration){0};
    result->records[0] = record_open(arena, worker->study->model, &one);
    result->records[0]->story = story;
    (void)live_arm(worker, task, &setting, &one, result->records[0], result);
    stream_mirror(false);
    check_enter(previous);
}
