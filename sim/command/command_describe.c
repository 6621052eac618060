/* What runs from a scenario and from a results file share: where results go, what they say about the run. */
#include "sim/base/file.h"
#include "sim/command/command_execute.h"
#include "sim/study/version.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
                              .command = execution->command,
                              .host = host,
                              .cpu = version_cpu(cpu, 256),
                              .ranks = 1,
                              .shards = 1,
                              .log = log_names[source->log],
                              .threads = execute_threads(execution->line),
                              .metrics = study->model->metrics,
                              .series = study->model->series};
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
    if (lstat(path, &status) == 0 && !command_flag(line, "--force")) {
        message_error("replace it with --force, or choose another folder with -o", "'%s' exists already", shown);
        return NULL;
    }
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        message_error(NULL, "'%s' is not a plain file, so --force does not replace it", shown);
        return NULL;
    }
    *code = EXIT_MACHINE;
    return file_make_folder(line->arena, folder) ? path : NULL;
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
    if (execution->path != NULL)
        json_object_set_new(json, "results", json_string(execution->path));
    if (extra != NULL)
        json_object_update(json, extra);
    json_decref(extra);
    json_dumpf(json, stdout, JSON_INDENT(2));
    fputc('\n', stdout);
    json_decref(json);
}
