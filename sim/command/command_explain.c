/* `nines explain RUN.db`: one replication again, with somebody who listens. */
#include "sim/command/command_explain.h"
#include "sim/command/command_execute.h"
#include "sim/results/compare_internal.h"

#include <inttypes.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct request {
    const struct command_line *line;
    struct sim_subject subject; /* kind NULL: the tenant of the lease */
    int64_t lease;              /* -1: none */
    struct store *store;
    struct store_run run;
    struct study study;
    struct study_task task;
    uint32_t first_arm, last_arm;
};

/* What was typed, fit to be shown: a name can hold anything. */
static const char *typed(struct arena *arena, const char *name)
{
    return compare_clean(arena, strlen(name) <= 80 ? name : arena_format(arena, "%.80s...", name));
}

/* --- What was asked for ---------------------------------------------------------------------------------------------- */

static bool read_subject(struct request *request)
{
    static const char *const options[] = {"--service", "--job", "--lease"};
    const struct command_line *line = request->line;
    int given = 0;
    request->lease = -1;
    for (int i = 0; i < 3; i++) {
        const char *name = command_text(line, options[i], NULL);
        if (name == NULL)
            continue;
        given++;
        if (i < 2)
            request->subject = (struct sim_subject){.kind = options[i] + 2, .name = name};
        else if (name[0] == '\0' || strlen(name) > 18 || strspn(name, "0123456789") != strlen(name))
            return message_error("leases are numbered from 0 in every replication and cloud", "'%s' is not the number of a lease",
                                 typed(line->arena, name)),
                   false;
        else
            request->lease = strtoll(name, NULL, 10);
    }
    if (given != 1)
        message_error("--service web/0, --job train/0 or --lease 0", "say whom to explain, one at a time");
    return given == 1;
}

/* The one of the names that was meant. false, after saying which there are. */
static bool find_name(const struct request *request, const char *what, const char *wanted, const char *const *names, size_t count,
                      uint32_t *index)
{
    struct arena *arena = request->line->arena;
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], wanted) == 0) {
            *index = (uint32_t)i;
            return true;
        }
    const char *near = scenario_nearest(wanted, names, count);
    message_error(near != NULL ? arena_format(arena, "did you mean '%s'?", message_show(arena, near))
                               : arena_format(arena, "its first is '%s'", message_show(arena, names[0])),
                  "the run has no %s '%s'", what, typed(arena, wanted));
    return false;
}

static bool find_place(struct request *request)
{
    const struct command_line *line = request->line;
    const struct study *study = &request->study;
    const char **points = arena_array(line->arena, study->point_count, const char *);
    const char **arms = arena_array(line->arena, study->arm_count, const char *);
    for (size_t i = 0; i < study->point_count; i++)
        points[i] = study->points[i].label;
    for (size_t i = 0; i < study->arm_count; i++)
        arms[i] = study->arms[i].name;
    request->task.replication = (uint32_t)command_integer(line, "--rep", 0);
    request->task.outer_draw = (uint32_t)command_integer(line, "--draw", 0);
    request->last_arm = (uint32_t)study->arm_count - 1;
    if (request->task.outer_draw > study->outer_draws) {
        message_error(study->outer_draws > 0 ? arena_format(line->arena, "draws are numbered from 1 to %" PRIu32, study->outer_draws)
                                             : "its inputs were not drawn (outer_draws)",
                      "the run has no draw %" PRIu32, request->task.outer_draw);
        return false;
    }
    const char *point = command_text(line, "--point", NULL), *cloud = command_text(line, "--cloud", NULL);
    if (point != NULL && !find_name(request, "point", point, points, study->point_count, &request->task.point))
        return false;
    if (cloud != NULL && !find_name(request, "cloud", cloud, arms, study->arm_count, &request->first_arm))
        return false;
    if (cloud != NULL)
        request->last_arm = request->first_arm;
    if (request->lease >= 0 && request->first_arm != request->last_arm) {
        message_error(arena_format(line->arena, "add --cloud, e.g. --cloud %s", message_word(line->arena, arms[0])),
                      "every cloud numbers its leases by itself");
        return false;
    }
    return true;
}

static bool can_tell(const struct request *request)
{
    const struct study *study = &request->study;
    const char *path = message_show(request->line->arena, request->line->operand[0]);
    if (!study->model->tells)
        message_error(NULL, "'%s' is of the model '%s', which has no services, jobs or leases", path, study->model->name);
    else if (study->points[request->task.point].task.rare.method == RARE_SPLITTING)
        message_error("explain a run without rare = { ... }", "'%s' lives its replications on many paths at once (splitting)", path);
    return study->model->tells && study->points[request->task.point].task.rare.method != RARE_SPLITTING;
}

/* --- The digest that the file holds ---------------------------------------------------------------------------------- */

/* EXIT_DONE, or the exit code after saying why there is none. */
static int read_digest(const struct request *request, uint32_t arm, uint64_t *digest)
{
    const struct study *study = &request->study;
    const char *label = study->points[request->task.point].label;
    sqlite3 *database = store_database(request->store);
    sqlite3_stmt *row = NULL;
    int64_t id = store_replication_id(store_point_id(label), store_cloud_id(study->arms[arm].name), request->task.outer_draw,
                                      request->task.replication);
    bool fine = sqlite3_prepare_v2(database, "SELECT digest FROM replication WHERE id = ?", -1, &row, NULL) == SQLITE_OK &&
                sqlite3_bind_int64(row, 1, id) == SQLITE_OK;
    int step = fine ? sqlite3_step(row) : SQLITE_ERROR;
    bool there = step == SQLITE_ROW && sqlite3_column_text(row, 0) != NULL;
    if (there)
        *digest = strtoull((const char *)sqlite3_column_text(row, 0), NULL, 16);
    else if (step == SQLITE_ROW || step == SQLITE_DONE)
        message_error("--rep counts from 0; 'nines run --resume' finishes an interrupted run",
                      "'%s' holds no replication %" PRIu32 "%s of point '%s'", message_show(request->line->arena, request->line->operand[0]),
                      request->task.replication,
                      request->task.outer_draw > 0 ? arena_format(request->line->arena, " under draw %" PRIu32, request->task.outer_draw) : "",
                      message_show(request->line->arena, label));
    else
        message_error(NULL, "cannot read the replications: %s", sqlite3_errmsg(database));
    sqlite3_finalize(row);
    return there ? EXIT_DONE : step == SQLITE_ROW || step == SQLITE_DONE ? EXIT_USAGE : EXIT_MACHINE;
}

/* --- Living through it ----------------------------------------------------------------------------------------------- */

/* One arm. EXIT_DONE, or the code after saying why it came to nothing. */
static int live(struct request *request, struct study_worker *worker, uint32_t arm, struct story *story, struct arena *arena,
                struct sim_record **record)
{
    struct study_result result;
    enum sim_log log = request->lease >= 0 ? SIM_LOG_LEASES : SIM_LOG_NONE;
    study_live_arm(worker, request->task, arm, log, story, arena, &result);
    if (result.failure != NULL)
        message_error(NULL, "%s", message_show(arena, result.failure));
    else if (result.limit_key != NULL)
        message_error(arena_format(arena, "raise '%s' in the scenario", result.limit_key), "limit of %" PRId64 " reached",
                      result.limit_value);
    else
        *record = result.records[0];
    return result.failure == NULL && result.limit_key == NULL ? EXIT_DONE : EXIT_MACHINE;
}

/* The lease of the wanted number, from a first pass that lists them; its tenant is who is to be listened to. */
static int find_lease(struct request *request, struct study_worker *worker, struct arena *arena, const struct sim_lease **lease)
{
    struct sim_record *record = NULL;
    int code = live(request, worker, request->first_arm, NULL, arena, &record);
    if (code != EXIT_DONE)
        return code;
    for (const struct record_leases *chunk = record->leases; chunk != NULL; chunk = chunk->next)
        for (size_t i = 0; i < chunk->count; i++)
            if (chunk->rows[i].id == request->lease) {
                *lease = &chunk->rows[i];
                request->subject = (struct sim_subject){.name = chunk->rows[i].tenant};
                return EXIT_DONE;
            }
    message_error(record->leases_listed > 0 ? arena_format(arena, "they are numbered from 0 to %" PRIu64, record->leases_listed - 1)
                                            : NULL,
                  "there is no lease %" PRId64 " in this replication", request->lease);
    return EXIT_USAGE;
}

static int refuse_subject(const struct request *request, const struct story *story)
{
    struct arena *arena = request->line->arena;
    message_error(story->hint != NULL ? compare_clean(arena, story->hint) : NULL, "no %s '%s': %s",
                  request->subject.kind != NULL ? request->subject.kind : "subject", typed(arena, request->subject.name),
                  story->unknown != NULL ? story->unknown : "the model did not tell of it");
    return EXIT_USAGE;
}

/* One arm told. The explanation lives in arena. */
static int explain_arm(struct request *request, struct study_worker *worker, uint32_t arm, struct arena *arena,
                       struct explanation *what)
{
    uint64_t stored;
    const struct sim_lease *lease = NULL;
    int code = read_digest(request, arm, &stored);
    if (code == EXIT_DONE && request->lease >= 0)
        code = find_lease(request, worker, arena, &lease);
    if (code != EXIT_DONE)
        return code;
    struct story *story = story_open(arena, request->subject);
    struct sim_record *record = NULL;
    code = live(request, worker, arm, story, arena, &record);
    if (code != EXIT_DONE)
        return code;
    if (story->told.kind == NULL)
        return refuse_subject(request, story);
    *what = (struct explanation){.arena = arena, .study = &request->study, .run = &request->run, .task = request->task, .arm = arm,
                                 .digest = record_digest(record), .story = story, .lease = lease};
    for (const struct story_note *note = story->first; note != NULL && lease != NULL; note = note->next)
        if (note->note.lease == request->lease)
            what->lease_part = note->note.part;
    if (what->digest == stored)
        return EXIT_DONE;
    message_error(arena_format(arena, "the file was written by nines %s (%s)", message_show(arena, request->run.version),
                               message_show(arena, request->run.commit_id)),
                  "cloud '%s' came to another digest (%016" PRIx64 ") than the file's (%016" PRIx64 "): what happened then is not known",
                  message_show(arena, request->study.arms[arm].name), what->digest, stored);
    return EXIT_NO;
}

/* All arms asked for. Nothing is shown of an arm that differs. */
static int explain_all(struct request *request)
{
    struct study_options options = {.threads = 1, .replay = execute_command(request->line)};
    struct study_worker *worker = study_worker_open(&request->study, &options);
    bool as_json = command_flag(request->line, "--json");
    json_t *root = NULL;
    int code = EXIT_DONE;
    for (uint32_t arm = request->first_arm; arm <= request->last_arm && code == EXIT_DONE; arm++) {
        struct arena arena;
        struct explanation what;
        arena_open(&arena, 1u << 20);
        code = explain_arm(request, worker, arm, &arena, &what);
        if (code == EXIT_DONE && as_json) {
            root = root != NULL ? root : explain_json_head(&what);
            json_array_append_new(json_object_get(root, "clouds"), explain_json(&what));
        } else if (code == EXIT_DONE) {
            if (arm == request->first_arm)
                explain_print_head(&what, stdout);
            explain_print(&what, stdout);
        }
        arena_close(&arena);
    }
    if (root != NULL && code == EXIT_DONE) {
        json_dumpf(root, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(17));
        fputc('\n', stdout);
    }
    json_decref(root);
    study_worker_close(worker);
    return code;
}

int command_explain(const struct command_line *line)
{
    struct request request = {.line = line};
    if (!read_subject(&request))
        return EXIT_USAGE;
    if (!store_open_read(&request.store, line->operand[0]) || !store_read_run(request.store, line->arena, &request.run)) {
        message_error(NULL, "%s", message_show(line->arena, store_message(request.store)));
        store_close(request.store);
        return EXIT_MACHINE;
    }
    struct study_source source = execute_source(line->arena, &request.run);
    int code = EXIT_USAGE;
    if (!study_prepare(&request.study, line->arena, &source, line->registry, stderr))
        fprintf(stderr, "hint: '%s' was written by nines %s (%s)\n", message_show(line->arena, line->operand[0]),
                message_show(line->arena, request.run.version), message_show(line->arena, request.run.commit_id));
    else if (find_place(&request) && can_tell(&request))
        code = explain_all(&request);
    store_close(request.store);
    return code;
}
