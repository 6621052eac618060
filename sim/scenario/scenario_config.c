#include "sim/scenario/scenario_internal.h"

#include <string.h>

/* The effective configuration, as a scenario that reads back to the same values. */

/* Whole numbers that do not fit in 32 bits end with L, or other readers of libconfig cut them. */
static bool needs_long(const char *text)
{
    int64_t whole;
    const char *why;
    bool plain = strpbrk(text, ".eExX") == NULL;
    return plain && units_integer(text, &whole, &why) && (whole > INT32_MAX || whole < INT32_MIN);
}

void print_leaf_text(FILE *out, const struct key *key, const char *text)
{
    bool number = key->type == KEY_INTEGER || key->type == KEY_NUMBER || key->type == KEY_SHARE;
    if (key->type == KEY_BOOL || (number && scan_is_number(text))) {
        (void)fprintf(out, "%s%s", text, number && needs_long(text) ? "L" : "");
        return;
    }
    (void)fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

static void print_group(FILE *out, const struct value *group, int indent);

static void print_texts(FILE *out, const struct value *texts)
{
    static const struct key text = {.type = KEY_TEXT};
    (void)fputs("(", out);
    for (size_t i = 0; i < texts->children; i++) {
        (void)fputs(i == 0 ? " " : ", ", out);
        print_leaf_text(out, &text, texts->child[i].text);
    }
    (void)fputs(texts->children > 0 ? " )" : ")", out);
}

static void print_list(FILE *out, const struct value *list, int indent)
{
    (void)fputs("(", out);
    for (size_t i = 0; i < list->children; i++) {
        (void)fprintf(out, "%s\n%*s{\n", i > 0 ? "," : "", indent + 2, "");
        print_group(out, &list->child[i], indent + 4);
        (void)fprintf(out, "%*s}", indent + 2, "");
    }
    (void)fprintf(out, "%s)", list->children > 0 ? " " : "");
}

static void print_value(FILE *out, const struct value *value, int indent)
{
    const struct key *key = value->key;
    bool nothing =
        key_is_leaf(key) ? key_is_optional_leaf(key) && !value->given : !value->given && value->children == 0;
    if (nothing) {
        (void)fprintf(out, "%*s# %s: not given\n", indent, "", key->name);
        return;
    }
    (void)fprintf(out, "%*s%s = ", indent, "", key->name);
    if (key_is_leaf(key)) {
        print_leaf_text(out, key, value->text);
    } else if (key->type == KEY_GROUP) {
        (void)fputs("{\n", out);
        print_group(out, value, indent + 2);
        (void)fprintf(out, "%*s}", indent, "");
    } else if (key->type == KEY_LIST) {
        print_list(out, value, indent);
    } else {
        print_texts(out, value);
    }
    (void)fprintf(out, ";%s\n", value->given || !key_is_leaf(key) ? "" : "  # default");
}

static void print_group(FILE *out, const struct value *group, int indent)
{
    for (size_t i = 0; i < group->children; i++)
        print_value(out, &group->child[i], indent);
}

void scenario_print_config(const struct scenario *scenario, FILE *out)
{
    check(scenario->errors == 0, "a configuration with %d mistakes has no values to print", scenario->errors);
    print_group(out, &scenario->root, 0);
    files_print(scenario, out);
}
