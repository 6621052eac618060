/* What runs from a scenario and from a results file share: where results go, what they say about the run. */
#include "sim/base/file.h"
#include "sim/base/units.h"
#include "sim/command/command_execute.h"
#include "sim/study/ranks.h"
#include "sim/study/version.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHARDS_MOST = 1000000 };

static const char *const log_names[] = {"none", "summary", "leases", "events"};

enum sim_log execute_log(const char *name)
{
    for (int i = 0; i < 4; i++) {
        if (strcmp(log_names[i], name) == 0)
            return (enum sim_log)i;
    }
    return SIM_LOG_SUMMARY; /* only a results file that we did not write gets here */
}

const char *execute_command(const struct command_line *line)
{
    const char *text = "nines";
    for (int i = 0; i < line->argc; i++)
        text = arena_format(line->arena, "%s %s", text, message_word(line->arena, line->argv[i]));
    return text;
}

/* The results file keeps them one a line. */
static const char *join_overrides(struct arena *arena, const char *const *overrides, size_t count)
{
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = arena_format(arena, "%s%s%s", text, i == 0 ? "" : "\n", overrides[i]);
    return text;
}

/* And back. */
static const char **split_overrides(struct arena *arena, const char *text, size_t *count)
{
    size_t lines = 1;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    const char **all = arena_array(arena, lines, const char *);
    *count = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        all[(*count)++] = arena_format(arena, "%.*s", (int)length, text);
        text += length + (text[length] == '\n');
    }
    return all;
}

struct study_source execute_source(struct arena *arena, const struct store_run *run)
{
    struct study_source source = {
        .path = arena_format(arena, "%s.cfg", run->scenario), .text = run->scenario_text, .log = execute_log(run->log)};
    source.overrides = split_overrides(arena, run->overrides, &source.override_count);
    return source;
}

struct store_run execute_describe(const struct execution *execution, const struct study_source *source)
{
    const struct study *study = execution->study;
    const struct value *root = &study->scenario->root;
    struct arena *arena = execution->line->arena;
    char *libraries = arena_alloc(arena, 256, 1), *host = arena_zero(arena, 256, 1), *cpu = arena_alloc(arena, 256, 1);
    (void)gethostname(host, 255);
    return (struct store_run){.scenario = study->scenario->name,
                              .scenario_text = study->scenario->text,
                              .overrides = join_overrides(arena, source->overrides, source->override_count),
                              .model = study->model->name,
                              .title = value_text(root, "title"),
                              .question = value_text(root, "question"),
                              .regime = value_text(root, "regime"),
                              .comparison = value_text(root, "comparison"),
                              .version = NINES_VERSION,
                              .commit_id = version_commit(),
                              .dirty = version_dirty(),
                              .compiler = version_compiler(),
                              .libraries = version_libraries(libraries, 256),
                              .seed = (uint64_t)value_integer(root, "seed"),
                              .start_unix_s = value_utc(root, "start"),
                              .horizon_s = duration_seconds(value_duration(root, "horizon")),
                              .warmup_s = duration_seconds(value_duration(root, "warmup")),
                              .grid_s = duration_seconds(value_duration(root, "grid")),
                              .level = value_number(root, "level"),
                              .replications = study->replications,
                              .variance_reduction = value_text(root, "variance_reduction"),
                              .command = execution->command,
                              .host = host,
                              .cpu = version_cpu(cpu, 256),
                              .ranks = ranks_count(execution->line->ranks),
                              .shards = 1,
                              .log = log_names[source->log],
                              .threads = execution->threads,
                              .metrics = study->model->metrics,
                              .series = study->model->series,
                              .breakdowns = study->model->breakdowns};
}

/* FOLDER/run.db, after making sure that it can be written there. Returns NULL after saying why not, with *code. */
const char *execute_path(const struct command_line *line, const char *folder, int *code)
{
    const char *path = arena_format(line->arena, "%s/run.db", folder), *shown = message_show(line->arena, path);
    struct stat status;
    *code = EXIT_USAGE;
    if (folder[0] == '\0' || strcmp(folder, "-") == 0) {
        message_error(NULL, "'nines run' writes a folder, and '%s' cannot be one", folder);
        return NULL;
    }
    if (lstat(path, &status) == 0 && !command_flag(line, "--force") && !command_flag(line, "--resume")) {
        message_error("go on with it with --resume, replace it with --force, or choose another folder with -o",
                      "'%s' exists already", shown);
        return NULL;
    }
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        message_error(NULL, "'%s' is not a plain file, so it is neither replaced nor gone on with", shown);
        return NULL;
    }
    *code = EXIT_MACHINE;
    return file_make_folder(line->arena, folder) ? path : NULL;
}

bool execute_shard(const struct command_line *line, uint32_t *shard, uint32_t *shards)
{
    const char *text = command_text(line, "--shard", "0/1"), *slash = strchr(text, '/'), *why;
    int64_t number = -1, count = 0;
    if (slash != NULL) {
        const char *head = arena_format(line->arena, "%.*s", (int)(slash - text), text);
        if (!units_integer(head, &number, &why) || !units_integer(slash + 1, &count, &why))
            count = 0;
    }
    if (number < 0 || number >= count || count > SHARDS_MOST) {
        message_error("the first of four shards is 0/4, the last is 3/4",
                      "--shard takes I/N, with I from 0 to N - 1 and N at most %d, not '%s'", SHARDS_MOST,
                      message_show(line->arena, text));
        return false;
    }
    *shard = (uint32_t)number;
    *shards = (uint32_t)count;
    return true;
}

static const char *next_step(const struct execution *execution)
{
    const char *path = message_word(execution->line->arena, execution->path);
    if (execution->run.shards > 1)
        return "next: nines merge OUT.db SHARD.db..., once all shards are complete";
    return arena_format(execution->line->arena, "next: nines compare %s\n      nines plot %s", path, path);
}

void execute_tell(const struct execution *execution, int code)
{
    const struct command_line *line = execution->line;
    /* A program that asked for JSON wants to know how far an interrupted run got, too. */
    if (command_flag(line, "--json") && execution->outcome.total > 0)
        execute_report_json(execution, NULL);
    if (command_flag(line, "--json") || command_flag(line, "--quiet") || code != EXIT_DONE)
        return;
    execute_report(execution, stdout);
    printf(execution->nothing_left ? "%s is complete\n" : "wrote %s\n", message_show(line->arena, execution->path));
    puts(next_step(execution));
}

void execute_report_json(const struct execution *execution, json_t *extra)
{
    const struct study_outcome *outcome = &execution->outcome;
    char digest[17];
    snprintf(digest, sizeof digest, "%016" PRIx64, outcome->digest);
    json_t *json = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:f, s:i}", "status", execute_status(execution),
                             "digest", digest, "points", (json_int_t)execution->study->point_count, "clouds",
                             (json_int_t)execution->study->arm_count, "replications_done", (json_int_t)outcome->done,
                             "replications_asked", (json_int_t)outcome->total, "events", (json_int_t)outcome->events,
                             "wall_s", execution->wall_s, "threads", (int)outcome->threads);
    check(json != NULL, "json_pack failed");
    json_object_set_new(json, "replications_stored", json_integer((json_int_t)outcome->stored));
    json_object_set_new(json, "shard", json_integer(execution->run.shard));
    json_object_set_new(json, "shards", json_integer(execution->run.shards > 1 ? execution->run.shards : 1));
    json_object_set_new(json, "precision_reached",
                        outcome->precision_reached < 0 ? json_null() : json_boolean(outcome->precision_reached));
    if (execution->path != NULL)
        json_object_set_new(json, "results", json_string(execution->path));
    if (extra != NULL)
        json_object_update(json, extra);
    json_decref(extra);
    json_dumpf(json, stdout, JSON_INDENT(2));
    fputc('\n', stdout);
    json_decref(json);
}
