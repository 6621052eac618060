/* Running a study from the command line: progress, Ctrl-C, and the results file.
 *
 * Ctrl-C (or SIGTERM) does not kill: the replications under way, which may be long, are left, what is finished is written, and the
 * file says 'interrupted'. The signal is blocked and polled, so no handler and no global flag is needed; a second one kills, and
 * even then the file stays valid (sim/results/store.h). Whatever ended it, the run can go on later: tasks that the file holds
 * are not lived through again, and the file ends as if nothing had happened. */
#ifndef NINES_SIM_COMMAND_EXECUTE_H
#define NINES_SIM_COMMAND_EXECUTE_H

#include "sim/command/command.h"
#include "sim/command/command_stored.h"
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
    unsigned threads;     /* execute_threads() */
    bool replace;         /* an existing file */
    bool resume;          /* go on with an existing file, begin one where there is none */
    bool resumable;       /* the file stays where it is, so --resume can be spoken of */
    struct store_run run; /* what to write about the run, and which shard of it */
    /* Sees every replication's digest in order; NULL: nobody looks. */
    void (*seen)(void *context, struct study_task task, uint32_t arm, uint64_t digest);
    void *seen_context;
    /* out */
    const struct stored *stored; /* what the file held; NULL: it began empty */
    bool nothing_left;           /* the file was complete, and was left as it is */
    uint64_t lived_events;       /* of the replications that were not stored */
    struct study_outcome outcome;
    double wall_s;
};

/* Threads asked for, or one per CPU. */
unsigned execute_threads(const struct command_line *line);

/* The line as typed, quoted so that a shell takes it back; where it goes to; and what the file says about the run. */
const char *execute_command(const struct command_line *line);
enum sim_log execute_log(const char *name);
struct store_run execute_describe(const struct execution *execution, const struct study_source *source);
/* What a results file says was run. */
struct study_source execute_source(struct arena *arena, const struct store_run *run);
/* FOLDER/run.db after making the folder. NULL, with the exit code in *code, after saying why it cannot be written. */
const char *execute_path(const struct command_line *line, const char *folder, int *code);

/* Opens the results file: EXIT_DONE, or the exit code after saying why not. To be closed in either case. */
int execute_open_store(struct execution *execution, struct store **store);
/* "I/N", with I below N. false, after saying so: it is not. */
bool execute_shard(const struct command_line *line, uint32_t *shard, uint32_t *shards);

/* Runs it. Returns the exit code: EXIT_DONE when complete, else EXIT_MACHINE after saying why on stderr. */
int execute_study(struct execution *execution);

/* "complete" or "interrupted". */
const char *execute_status(const struct execution *execution);

/* Says on stdout what a run that ended with `code` came to and what to do next, as the line asks for it. */
void execute_tell(const struct execution *execution, int code);
/* What came out, for people and for programs. extra: joins the object and is released; NULL: nothing. */
void execute_report(const struct execution *execution, FILE *out);
void execute_report_json(const struct execution *execution, struct json_t *extra);

#endif
