/* The command line: one table says what can be typed.
 *
 * Each command is a row with its operands and its options; the same rows check what was typed, write the help and
 * feed a shell's completion, so none can disagree. A command's function sees only a line that fits its row: known
 * options, whole numbers in range, the right number of operands.
 *
 * What is said to the user, and the exit codes: sim/base/message.h. */
#ifndef NINES_SIM_COMMAND_H
#define NINES_SIM_COMMAND_H

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/base/message.h"
#include "sim/study/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct command_option {
    const char *name;     /* "--reps" */
    char letter;          /* 'o' for -o; 0: none */
    const char *argument; /* what stands for its argument in the help: "N"; NULL: a flag */
    const char *choices;  /* "none|summary"; NULL: any */
    bool integer;         /* a whole number from low to high */
    int64_t low, high;
    bool repeats;      /* may be given several times, all kept; otherwise the last one counts */
    bool hidden;       /* not in the help, only in the manual */
    const char *stage; /* heading in the help; NULL: under the previous one */
    const char *help;  /* one sentence with the default */
};

struct command_line;
struct ranks;

struct command {
    const char *name;
    const char *operands;                 /* "SCENARIO|RUN.db" */
    const char *summary;                  /* one line */
    const char *description;              /* a paragraph or two for the full help, lines within 80 columns */
    const char *words;                    /* "sdl|replay": what the first operand can be; NULL: files */
    const char *(*later)(size_t i);       /* what an operand after the first can be, NULL after the last; NULL: as the first */
    int least, most;                      /* number of operands; most < 0: any */
    const struct command_option *options; /* ends with name NULL */
    int (*run)(const struct command_line *line);
};

/* A line that fits its command. Texts are argv's. */
struct command_line {
    const struct command *command;
    const struct sim_registry *registry;
    struct arena *arena;
    struct ranks *ranks; /* the other processes of an MPI job; NULL: there are none */
    const char *const *operand;
    size_t operands;
    const struct command_value *values; /* one per option */
    int argc;                           /* the words from the command's name on, as typed */
    char **argv;
};

/* What was given for one option. */
struct command_value {
    bool given;
    const char *text; /* the last one */
    int64_t integer;
    const char **texts;
    size_t count;
};

/* The bench's commands; ends with name NULL. A program's models bring others: sim_registry.commands. */
const struct command *command_table(void);

/* Checks argv[0..argc) (argv[0] is the command's name) against the row. On misuse prints what is wrong, a hint and the
 * short help on stderr and returns false. */
bool command_parse(struct command_line *line, int argc, char **argv);

/* `name` must be in the command's table. */
bool command_flag(const struct command_line *line, const char *name);
const char *command_text(const struct command_line *line, const char *name, const char *otherwise);
int64_t command_integer(const struct command_line *line, const char *name, int64_t otherwise);
const char *const *command_texts(const struct command_line *line, const char *name, size_t *count);

void command_help(const struct command *command, FILE *out);  /* all of it */
void command_usage(const struct command *command, FILE *out); /* the short form */

/* The script that completes command lines in a shell; false: shell is neither "bash" nor "zsh". */
bool command_complete(FILE *out, const char *shell, const struct command *const *commands, size_t count);

/* The commands. */
int command_run(const struct command_line *line);
int command_run_again(const struct command_line *line); /* run on a results file */
int command_merge(const struct command_line *line);
int command_validate(const struct command_line *line);
int command_export(const struct command_line *line);
int command_verify(const struct command_line *line);
int command_explain(const struct command_line *line);
int command_plot(const struct command_line *line);
int command_report(const struct command_line *line);

#endif
