#include "sim/command/command.h"
#include "sim/scenario/scenario.h"
#include "sim/study/ranks.h"
#include "sim/study/version.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Help --- */

enum { COMMANDS_MOST = 32 };

/* The bench's commands, then those that the program's models bring. Returns how many; commands: room for COMMANDS_MOST. */
static size_t list_commands(const struct sim_registry *registry, const struct command **commands)
{
    static const struct command none = {.name = NULL};
    size_t n = 0;
    for (const struct command *c = command_table(); c->name != NULL && n < COMMANDS_MOST; c++)
        commands[n++] = c;
    for (const struct command *c = registry->commands != NULL ? registry->commands : &none;
         c->name != NULL && n < COMMANDS_MOST; c++)
        commands[n++] = c;
    return n;
}

static const struct command *find_command(const struct sim_registry *registry, const char *name)
{
    const struct command *commands[COMMANDS_MOST];
    size_t n = list_commands(registry, commands);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static void command_overview(const struct sim_registry *registry, FILE *out)
{
    const struct command *commands[COMMANDS_MOST];
    size_t n = list_commands(registry, commands);
    fputs("nines lives through the same hardware, the same demand and the same bad luck under several\n"
          "cloud architectures, and says which came out ahead in availability and cost, by how much,\n"
          "and how sure it is, or that it cannot be decided.\n"
          "\n"
          "  nines run scenarios/oracle/mm1.cfg          run a scenario\n"
          "  nines compare results/mm1/run.db            read what came out\n"
          "\n"
          "Commands\n",
          out);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n"
          "'nines COMMAND --help' explains a command; 'nines --version' says which nines this is.\n",
          out);
}

static void print_option(const struct command_option *option, FILE *out)
{
    char spelling[80], letter[8] = "    ";
    if (option->letter != 0)
        snprintf(letter, sizeof letter, "-%c%s", option->letter,
                 option->name[0] == '-' && option->name[1] == '-' ? ", " : "");
    /* An option whose only name is its letter is called "-o" in the table. */
    const char *name = option->name[1] == '-' ? option->name : "";
    snprintf(spelling, sizeof spelling, "%s%s%s%s%s", letter, name, option->argument == NULL ? "" : " ",
             option->argument == NULL ? "" : option->argument, option->repeats ? "..." : "");
    fprintf(out, "  %-28s ", spelling);
    const char *help = option->help;
    for (size_t n = strcspn(help, "\n"); help[n] == '\n'; n = strcspn(help, "\n")) {
        fprintf(out, "%.*s\n%31s", (int)n, help, "");
        help += n + 1;
    }
    fprintf(out, "%s\n", help);
}

void command_help(const struct command *command, FILE *out)
{
    fprintf(out, "Usage: nines %s %s [OPTION]...\n\n%s\n\n%s", command->name, command->operands, command->summary,
            command->description);
    for (const struct command_option *o = command->options; o->name != NULL; o++) {
        if (o->hidden)
            continue;
        if (o->stage != NULL)
            fprintf(out, "\n%s\n", o->stage);
        print_option(o, out);
    }
    print_option(&(struct command_option){.name = "--help", .letter = 'h', .help = "this help"}, out);
    fputs("\nExit codes: 0 done, 1 the answer is no, 2 usage or scenario, 3 machine.\n", out);
}

void command_usage(const struct command *command, FILE *out)
{
    int column = fprintf(out, "usage: nines %s %s", command->name, command->operands);
    for (const struct command_option *o = command->options; o->name != NULL; o++) {
        char text[80];
        if (o->hidden)
            continue;
        int length = snprintf(text, sizeof text, " [%s%s%s]%s", o->name, o->argument == NULL ? "" : " ",
                              o->argument == NULL ? "" : o->argument, o->repeats ? "..." : "");
        if (column + length > 96)
            column = fprintf(out, "\n         ") - 1;
        column += length;
        fputs(text, out);
    }
    fprintf(out, "\n'nines %s --help' explains them\n", command->name);
}

/* --- Dispatch --- */

static bool asks_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

static int unknown_command(struct arena *arena, const char *typed, const struct sim_registry *registry)
{
    const struct command *commands[COMMANDS_MOST];
    const char *names[COMMANDS_MOST];
    size_t n = list_commands(registry, commands);
    for (size_t i = 0; i < n; i++)
        names[i] = commands[i]->name;
    const char *near = scenario_nearest(typed, names, n);
    if (typed[0] == '-')
        message_error(NULL, "unknown option '%s'", message_show(arena, typed));
    else if (near != NULL)
        message_error(arena_format(arena, "did you mean '%s'?", near), "unknown command '%s'",
                      message_show(arena, typed));
    else
        message_error(NULL, "unknown command '%s'", message_show(arena, typed));
    fputs("usage: nines COMMAND ...\ncommands:", stderr);
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, " %s", names[i]);
    fputs("\n'nines --help' explains them\n", stderr);
    return EXIT_USAGE;
}

static int complete(struct arena *arena, const char *shell, const struct sim_registry *registry)
{
    const struct command *commands[COMMANDS_MOST];
    size_t n = list_commands(registry, commands);
    if (shell != NULL && command_complete(stdout, shell, commands, n))
        return EXIT_DONE;
    if (shell == NULL)
        message_error(NULL, "--completion needs an argument: bash or zsh");
    else
        message_error(NULL, "--completion takes one of bash|zsh, not '%s'", message_show(arena, shell));
    return EXIT_USAGE;
}

static int dispatch(struct arena *arena, int argc, char **argv, const struct sim_registry *registry, struct ranks *ranks)
{
    if (argc < 2) {
        command_overview(registry, stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        version_print(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--completion") == 0)
        return complete(arena, argc > 2 ? argv[2] : NULL, registry);
    const struct command *command = find_command(registry, argv[1]);
    if (asks_help(argc, argv)) {
        if (command == NULL)
            command_overview(registry, stdout);
        else
            command_help(command, stdout);
        return EXIT_DONE;
    }
    if (command == NULL)
        return unknown_command(arena, argv[1], registry);
    struct command_line line = {.command = command, .registry = registry, .arena = arena, .ranks = ranks};
    return command_parse(&line, argc - 1, argv + 1) ? command->run(&line) : EXIT_USAGE;
}

/* A write that failed late (a full disk behind a redirection) must not look like success. */
static int close_stdout(int code)
{
    bool failed = ferror(stdout) != 0;
    if (fflush(stdout) != 0)
        failed = true;
    /* close() can report what write() did not. A closed stdout that nobody wrote to is no failure. */
    if (close(STDOUT_FILENO) != 0 && errno != EBADF)
        failed = true;
    if (!failed)
        return code;
    message_error(NULL, "cannot write to standard output: %s", strerror(errno));
    return EXIT_MACHINE;
}

/* A library that opens a file while 0, 1 or 2 is closed would have our messages written into it. */
static void keep_standard_files(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
    }
}

int sim_main(int argc, char **argv, const struct sim_registry *registry)
{
    struct arena arena;
    keep_standard_files();
    signal(SIGXFSZ, SIG_IGN); /* a file size limit then reads as a failed write, which can be told (sim/results/store.h) */
    struct ranks *ranks = ranks_open(&argc, &argv);
    arena_open(&arena, 0);
    int code = ranks_self(ranks) > 0 ? ranks_serve(ranks, registry) : dispatch(&arena, argc, argv, registry, ranks);
    ranks_close(ranks);
    code = close_stdout(code);
    arena_close(&arena);
    return code;
}
