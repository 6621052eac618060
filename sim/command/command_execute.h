/* Running a study from the command line: progress, Ctrl-C, and the results file.
 *
 * Ctrl-C (or SIGTERM) does not kill: the replications under way are finished and written, and the file says
 * 'interrupted'. The signal is blocked and polled, so no handler and no global flag is needed; a second one kills, and
 * even then the file stays valid (sim/results/store.h). */
#ifndef NINES_SIM_COMMAND_EXECUTE_H
#define NINES_SIM_COMMAND_EXECUTE_H

#include "sim/command/command.h"
#include "sim/results/store.h"
#include "sim/study/study.h"

#include <stdbool.h>
#include <stdint.h>

struct json_t;

struct execution {
    const struct command_line *line;
    const struct study *study;
    const char *command;  /* as typed, for replay */
    const char *path;     /* results file; NULL: nothing is written */
    bool replace;         /* an existing file */
    struct store_run run; /* what to write about the run; unused without path */
    /* Sees every replication's digest in order; NULL: nobody looks. */
    void (*seen)(void *context, struct study_task task, uint32_t arm, uint64_t digest);
    void *seen_context;
    /* out */
    struct study_outcome outcome;
    double wall_s;
};

/* Threads asked for, or one per CPU. */
unsigned execute_threads(const struct command_line *line);

/* The line as typed, quoted so that a shell takes it back; where it goes to; and what the file says about the run. */
const char *execute_command(const struct command_line *line);
enum sim_log execute_log(const char *name);
struct store_run execute_describe(const struct execution *execution, const struct study_source *source);
/* FOLDER/run.db after making the folder. NULL, with the exit code in *code, after saying why it cannot be written. */
const char *execute_path(const struct command_line *line, const char *folder, int *code);

/* Runs it. Returns the exit code: EXIT_DONE when complete, else EXIT_MACHINE after saying why on stderr. */
int execute_study(struct execution *execution);

/* "complete" or "interrupted". */
const char *execute_status(const struct execution *execution);

/* What came out, for people and for programs. extra: joins the object and is released; NULL: nothing. */
void execute_report(const struct execution *execution, FILE *out);
void execute_report_json(const struct execution *execution, struct json_t *extra);

#endif
