#include "sim/command/command.h"

#include <ctype.h>
#include <string.h>

/* Completion scripts for shells, from the same rows as the help.
 *
 * What a word can be follows from the row: after an option with choices, one of them; after one whose argument is called FILE, CSV or
 * DIR, a path; after any other, nothing that could be guessed. Operands are the row's words, or files whose endings its operands
 * name: "RUN.db" *.db, "SCENARIO" *.cfg; after the first, the row's later words where it has such. Nothing is run while the user types. */

/* Prints text as the inside of a shell's single quotes, on one line, with a backslash before each of `escaped`. */
static void print_quoted(FILE *out, const char *text, const char *escaped)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            (void)fputs("'\\''", out);
        else if (strchr(escaped, *text) != NULL)
            (void)fprintf(out, "\\%c", *text);
        else
            (void)fputc(*text == '\n' ? ' ' : *text, out);
    }
}

/* Prints the alternatives of "a|b|c" with something between. */
static void print_choices(FILE *out, const char *choices, const char *between)
{
    for (; *choices != '\0'; choices++) {
        if (*choices == '|')
            (void)fputs(between, out);
        else
            (void)fputc(*choices, out);
    }
}

/* The endings of files that the operands name, with something between: "cfg|db". */
static void print_endings(FILE *out, const struct command *command)
{
    const char *between = "";
    if (strstr(command->operands, "SCENARIO") != NULL) {
        (void)fputs("cfg", out);
        between = "|";
    }
    for (const char *at = command->operands; (at = strchr(at, '.')) != NULL;) {
        size_t n = 0;
        at++;
        while (islower((unsigned char)at[n]))
            n++;
        /* One ending once: "OUT.db SHARD.db". */
        const char *first = n > 0 ? strstr(command->operands, ".") : NULL;
        while (first != NULL && first + 1 < at && strncmp(first + 1, at, n) != 0)
            first = strchr(first + 1, '.');
        if (first == NULL || first + 1 != at)
            continue;
        (void)fprintf(out, "%s%.*s", between, (int)n, at);
        between = "|";
    }
}

/* What operands after the first can be. */
static void print_later(FILE *out, const struct command *command)
{
    for (size_t i = 0; command->later(i) != NULL; i++)
        (void)fprintf(out, "%s%s", i > 0 ? " " : "", command->later(i));
}

static bool names_endings(const struct command *command)
{
    for (const char *at = command->operands; (at = strchr(at, '.')) != NULL; at++) {
        if (islower((unsigned char)at[1]))
            return true;
    }
    return strstr(command->operands, "SCENARIO") != NULL;
}

static bool takes_path(const struct command_option *option)
{
    static const char *const paths[] = {"FILE", "CSV", "DIR"};
    for (size_t i = 0; option->argument != NULL && i < sizeof paths / sizeof *paths; i++) {
        if (strncmp(option->argument, paths[i], strlen(paths[i])) == 0)
            return true;
    }
    return false;
}

/* --- bash --- */

static void bash_names(FILE *out, const struct command_option *option)
{
    if (option->letter != 0 && option->name[1] == '-')
        (void)fprintf(out, "-%c ", option->letter);
    (void)fprintf(out, "%s ", option->name);
}

static void bash_command(FILE *out, const struct command *command)
{
    (void)fprintf(out, "    %s)\n        options='", command->name);
    for (const struct command_option *o = command->options; o->name != NULL; o++) {
        if (!o->hidden)
            bash_names(out, o);
    }
    (void)fputs("--help'\n        endings='", out);
    print_endings(out, command);
    (void)fputs("'\n", out);
    if (command->words != NULL) {
        (void)fputs("        words='", out);
        print_choices(out, command->words, " ");
        (void)fputs("'\n", out);
    }
    if (command->later != NULL) {
        (void)fputs("        later='", out);
        print_later(out, command);
        (void)fputs("'\n", out);
    }
    (void)fputs("        case $previous in\n", out);
    for (const struct command_option *o = command->options; o->name != NULL; o++) {
        if (o->hidden || o->argument == NULL)
            continue;
        (void)fputs("        ", out);
        if (o->letter != 0 && o->name[1] == '-')
            (void)fprintf(out, "-%c | ", o->letter);
        (void)fprintf(out, "%s) ", o->name);
        if (o->choices != NULL) {
            (void)fputs("argument='", out);
            print_choices(out, o->choices, " ");
            (void)fputs("' ;;\n", out);
        } else {
            (void)fprintf(out, "argument=%s ;;\n", takes_path(o) ? "PATH" : "ANY");
        }
    }
    (void)fputs("        esac\n        ;;\n", out);
}

static void bash_script(FILE *out, const struct command *const *commands, size_t count)
{
    (void)fputs("# bash completion for nines; written by 'nines --completion bash', do not edit.\n"
                "_nines()\n"
                "{\n"
                "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
                "    local options= words= later= endings= argument= i\n"
                "    COMPREPLY=()\n"
                "    if ((COMP_CWORD == 1)); then\n"
                "        mapfile -t COMPREPLY < <(compgen -W '",
                out);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "%s ", commands[i]->name);
    (void)fputs("--help --version' -- \"$current\")\n"
                "        return\n"
                "    fi\n"
                "    case ${COMP_WORDS[1]} in\n",
                out);
    for (size_t i = 0; i < count; i++)
        bash_command(out, commands[i]);
    (void)fputs("    esac\n"
                "    case $argument in\n"
                "    ANY) return ;;\n"
                "    PATH)\n"
                "        compopt -o filenames 2>/dev/null\n"
                "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
                "        return\n"
                "        ;;\n"
                "    ?*)\n"
                "        mapfile -t COMPREPLY < <(compgen -W \"$argument\" -- \"$current\")\n"
                "        return\n"
                "        ;;\n"
                "    esac\n"
                "    if [[ $current == -* ]]; then\n"
                "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
                "    elif [[ -n $words ]] && ((COMP_CWORD == 2)); then\n"
                "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                "    else\n"
                "        ((COMP_CWORD > 2)) && mapfile -t COMPREPLY < <(compgen -W \"$later\" -- \"$current\")\n"
                "        compopt -o filenames 2>/dev/null\n"
                "        while IFS= read -r i; do\n"
                "            [[ -d $i || -z $endings || ${i##*.} =~ ^($endings)$ ]] && COMPREPLY+=(\"$i\")\n"
                "        done < <(compgen -f -- \"$current\")\n"
                "    fi\n"
                "}\n"
                "complete -F _nines nines\n",
                out);
}

/* --- zsh --- */

static void zsh_action(FILE *out, const struct command_option *option)
{
    if (option->argument == NULL)
        return;
    (void)fputc(':', out);
    print_quoted(out, option->argument, ":");
    (void)fputc(':', out);
    if (option->choices != NULL) {
        (void)fputc('(', out);
        print_choices(out, option->choices, " ");
        (void)fputc(')', out);
    } else if (takes_path(option)) {
        (void)fputs("_files", out);
    } else {
        (void)fputc(' ', out); /* a word that nothing is known about */
    }
}

static void zsh_option(FILE *out, const struct command_option *option, const char *name)
{
    (void)fprintf(out, " \\\n        '%s%s[", option->repeats ? "*" : "", name);
    print_quoted(out, option->help, ":[]\\");
    (void)fputc(']', out);
    zsh_action(out, option);
    (void)fputc('\'', out);
}

static void zsh_command(FILE *out, const struct command *command)
{
    (void)fprintf(out, "%s)\n    _arguments -S", command->name);
    for (const struct command_option *o = command->options; o->name != NULL; o++) {
        char letter[3] = {'-', o->letter, '\0'};
        if (o->hidden)
            continue;
        if (o->letter != 0 && o->name[1] == '-')
            zsh_option(out, o, letter);
        zsh_option(out, o, o->name);
    }
    (void)fputs(" \\\n        '(- *)'{-h,--help}'[this help]'", out);
    if (command->words != NULL) {
        (void)fputs(" \\\n        '1:what:(", out);
        print_choices(out, command->words, " ");
        (void)fputs(")'", out);
    }
    (void)fprintf(out, " \\\n        '%s:file:_files", command->later != NULL ? "1" : "*");
    if (names_endings(command)) {
        (void)fputs(" -g \"*.(", out);
        print_endings(out, command);
        (void)fputs(")(-.)\"", out); /* regular files; without it, zsh takes (cfg) itself for such a condition */
    }
    if (command->later != NULL) {
        (void)fputs("' \\\n        '*:what:(", out);
        print_later(out, command);
        (void)fputc(')', out);
    }
    (void)fputs("'\n    ;;\n", out);
}

static void zsh_script(FILE *out, const struct command *const *commands, size_t count)
{
    (void)fputs("#compdef nines\n"
                "# zsh completion for nines; written by 'nines --completion zsh', do not edit.\n"
                "local -a commands=(\n",
                out);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "    '%s:", commands[i]->name);
        print_quoted(out, commands[i]->summary, "\\");
        (void)fputs("'\n", out);
    }
    (void)fputs(")\n"
                "if ((CURRENT == 2)); then\n"
                "    _describe -t commands command commands\n"
                "    compadd -- --help --version\n"
                "    return\n"
                "fi\n"
                "shift words\n"
                "((CURRENT--))\n"
                "case $words[1] in\n",
                out);
    for (size_t i = 0; i < count; i++)
        zsh_command(out, commands[i]);
    (void)fputs("esac\n", out);
}

bool command_complete(FILE *out, const char *shell, const struct command *const *commands, size_t count)
{
    if (strcmp(shell, "bash") == 0)
        bash_script(out, commands, count);
    else if (strcmp(shell, "zsh") == 0)
        zsh_script(out, commands, count);
    else
        return false;
    return true;
}
