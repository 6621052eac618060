#include "sim/command/command.h"
#include "sim/scenario/scenario.h"
#include "sim/base/units.h"

#include <inttypes.h>
#include <string.h>

static size_t option_count(const struct command *command)
{
    size_t n = 0;
    while (command->options[n].name != NULL)
        n++;
    return n;
}

static const struct command_value *value_by_name(const struct command_line *line, const char *name)
{
    for (size_t i = 0; line->command->options[i].name != NULL; i++) {
        if (strcmp(line->command->options[i].name, name) == 0)
            return &line->values[i];
    }
    check(false, "command %s has no option %s", line->command->name, name);
    return NULL;
}

bool command_flag(const struct command_line *line, const char *name)
{
    return value_by_name(line, name)->given;
}

const char *command_text(const struct command_line *line, const char *name, const char *otherwise)
{
    const struct command_value *value = value_by_name(line, name);
    return value->given ? value->text : otherwise;
}

int64_t command_integer(const struct command_line *line, const char *name, int64_t otherwise)
{
    const struct command_value *value = value_by_name(line, name);
    return value->given ? value->integer : otherwise;
}

const char *const *command_texts(const struct command_line *line, const char *name, size_t *count)
{
    const struct command_value *value = value_by_name(line, name);
    *count = value->count;
    return (const char *const *)value->texts;
}

/* --- Reading a line --- */

struct reader {
    struct command_line *line;
    struct command_value *values;
    int argc, next;
    char **argv;
};

static bool misuse(const struct reader *reader, const char *hint)
{
    if (hint != NULL)
        fprintf(stderr, "hint: %s\n", hint);
    command_usage(reader->line->command, stderr);
    return false;
}

static bool unknown_option(const struct reader *reader, const char *typed, size_t length)
{
    struct arena *arena = reader->line->arena;
    const struct command *command = reader->line->command;
    char *name = arena_format(arena, "%.*s", (int)length, typed);
    size_t n = option_count(command), visible = 0;
    const char **names = arena_array(arena, n + 1, const char *);
    for (size_t i = 0; i < n; i++) {
        if (!command->options[i].hidden)
            names[visible++] = command->options[i].name;
    }
    names[visible++] = "--help";
    const char *near = scenario_nearest(name, names, visible);
    message_error(NULL, "unknown option '%s' of 'nines %s'", message_show(arena, name), command->name);
    return misuse(reader, near == NULL ? NULL : arena_format(arena, "did you mean '%s'?", near));
}

static bool choice_fits(const char *choices, const char *text)
{
    size_t length = strlen(text);
    while (*choices != '\0') {
        size_t n = strcspn(choices, "|");
        if (n == length && memcmp(choices, text, n) == 0)
            return true;
        choices += n + (choices[n] == '|');
    }
    return false;
}

/* Stores the argument of an option after checking it. */
static bool accept(const struct reader *reader, size_t index, const char *text)
{
    const struct command_option *option = &reader->line->command->options[index];
    struct command_value *value = &reader->values[index];
    struct arena *arena = reader->line->arena;
    const char *why = NULL;
    if (option->integer) {
        bool whole = units_integer(text, &value->integer, &why);
        if (!whole || value->integer < option->low || value->integer > option->high) {
            message_error(NULL, "%s takes a whole number from %" PRId64 " to %" PRId64 ", not '%s'", option->name,
                          option->low, option->high, message_show(arena, text));
            return misuse(reader, NULL);
        }
    }
    if (option->choices != NULL && !choice_fits(option->choices, text)) {
        message_error(NULL, "%s takes one of %s, not '%s'", option->name, option->choices, message_show(arena, text));
        return misuse(reader, NULL);
    }
    value->given = true;
    value->text = text;
    value->texts[value->count++] = text;
    return true;
}

/* argv[next - 1] begins an option's name at `typed` of `length` bytes; `attached` is its argument if it is in the same
 * word. */
static bool read_option(struct reader *reader, size_t index, const char *attached)
{
    const struct command_option *option = &reader->line->command->options[index];
    if (option->argument == NULL) {
        if (attached != NULL) {
            message_error(NULL, "%s takes no argument", option->name);
            return misuse(reader, NULL);
        }
        reader->values[index].given = true;
        return true;
    }
    if (attached == NULL) {
        if (reader->next == reader->argc) {
            message_error(NULL, "%s needs an argument: %s", option->name, option->argument);
            return misuse(reader, NULL);
        }
        attached = reader->argv[reader->next++];
    }
    return accept(reader, index, attached);
}

static bool read_long(struct reader *reader, const char *word)
{
    const struct command *command = reader->line->command;
    size_t length = strcspn(word, "=");
    for (size_t i = 0; command->options[i].name != NULL; i++) {
        const char *name = command->options[i].name;
        if (strlen(name) == length && memcmp(name, word, length) == 0)
            return read_option(reader, i, word[length] == '=' ? word + length + 1 : NULL);
    }
    return unknown_option(reader, word, length);
}

static bool read_letter(struct reader *reader, const char *word)
{
    const struct command *command = reader->line->command;
    for (size_t i = 0; command->options[i].name != NULL; i++) {
        if (command->options[i].letter != 0 && command->options[i].letter == word[1])
            return read_option(reader, i, word[2] != '\0' ? word + 2 : NULL);
    }
    return unknown_option(reader, word, strlen(word));
}

static bool read_words(struct reader *reader, const char **operand)
{
    bool only_operands = false;
    while (reader->next < reader->argc) {
        const char *word = reader->argv[reader->next++];
        bool fits = true;
        if (only_operands || word[0] != '-' || word[1] == '\0')
            operand[reader->line->operands++] = word;
        else if (strcmp(word, "--") == 0)
            only_operands = true;
        else
            fits = word[1] == '-' ? read_long(reader, word) : read_letter(reader, word);
        if (!fits)
            return false;
    }
    return true;
}

/* No operand at all is fine where an option stands in for it (a hidden one: the manual explains it). */
static bool stands_alone(const struct reader *reader)
{
    const struct command *command = reader->line->command;
    for (size_t i = 0; command->options[i].name != NULL; i++) {
        if (command->options[i].hidden && reader->values[i].given)
            return true;
    }
    return false;
}

static bool count_fits(const struct reader *reader)
{
    const struct command_line *line = reader->line;
    const struct command *command = line->command;
    if (line->operands < (size_t)command->least && !stands_alone(reader)) {
        message_error(NULL, "'nines %s' needs %s", command->name, command->operands);
        return misuse(reader, NULL);
    }
    if (command->most >= 0 && line->operands > (size_t)command->most) {
        message_error(NULL, "'nines %s' does not know what to do with '%s'", command->name,
                      message_show(line->arena, line->operand[command->most]));
        return misuse(reader, NULL);
    }
    return true;
}

bool command_parse(struct command_line *line, int argc, char **argv)
{
    size_t n = option_count(line->command);
    const char **operand = arena_array(line->arena, (size_t)argc + 1, const char *);
    struct command_value *values = arena_array(line->arena, n + 1, struct command_value);
    for (size_t i = 0; i < n; i++)
        values[i].texts = arena_array(line->arena, (size_t)argc, const char *);
    line->operand = operand;
    line->values = values;
    line->argc = argc;
    line->argv = argv;
    struct reader reader = {.line = line, .values = values, .argc = argc, .next = 1, .argv = argv};
    return read_words(&reader, operand) && count_fits(&reader);
}
