#include "sim/scenario/scenario_internal.h"

#include <string.h>

/* The reference of all keys. The bench's part is a scenario that can be read: every key with its default, or with an
 * example where there is none. The parts of models stand behind '#', each a scenario too once the first "# " of its
 * lines is taken away. */

struct writer {
    FILE *out;
    struct arena *arena;
    const char *margin; /* before each line: "" or "# " */
};

/* Help, wrapped at some hundred columns. */
static void print_prose(struct writer *writer, int indent, const char *text)
{
    enum { WIDTH = 100 };
    while (*text != '\0') {
        size_t length = strlen(text);
        if (length > WIDTH) {
            length = WIDTH;
            while (length > 0 && text[length] != ' ')
                length--;
            if (length == 0)
                length = strcspn(text, " ");
        }
        (void)fprintf(writer->out, "%s%*s# %.*s\n", writer->margin, indent, "", (int)length, text);
        text += length;
        while (*text == ' ')
            text++;
    }
}

const char *key_type_line(struct arena *arena, const struct key *key)
{
    const char *line = key_phrase(key);
    if (key->type == KEY_CHOICE)
        line = arena_format(arena, "one of: %s", choices_joined(arena, key->choices, ", "));
    const char *range = key_range(arena, key);
    if (range[0] != '\0')
        line = arena_format(arena, "%s, %s", line, range);
    if (key->unique)
        line = arena_format(arena, "%s, unique in its list", line);
    bool required = key_is_leaf(key) ? key->standard == NULL : key->required;
    bool optional = key_is_optional_leaf(key) || (!key_is_leaf(key) && !key->required);
    if (required)
        line = arena_format(arena, "%s; required", line);
    else if (optional)
        line = arena_format(arena, "%s; may be left out", line);
    size_t when = key->when != NULL ? strlen(key->when) : 0;
    if (when > 0 && key->when[when - 1] == '=')
        line = arena_format(arena, "%s; only without %.*s", line, (int)when - 1, key->when);
    else if (when > 0)
        line = arena_format(arena, "%s; only with %s", line, key->when);
    return line;
}

static void print_keys(struct writer *writer, const struct key *keys, int indent);

static void print_body(struct writer *writer, const struct key *key, int indent)
{
    FILE *out = writer->out;
    if (key_is_leaf(key)) {
        if (key->standard != NULL && !key_is_optional_leaf(key))
            print_leaf_text(out, key, key->standard);
        else
            (void)fputs(key_example(writer->arena, key), out);
        (void)fputs(";\n", out);
    } else if (key->type == KEY_GROUP) {
        (void)fputs("{\n", out);
        print_keys(writer, key->children, indent + 2);
        (void)fprintf(out, "%s%*s};\n", writer->margin, indent, "");
    } else if (key->type == KEY_LIST) {
        (void)fprintf(out, "(\n%s%*s{\n", writer->margin, indent + 2, "");
        print_keys(writer, key->children, indent + 4);
        (void)fprintf(out, "%s%*s} );\n", writer->margin, indent + 2, "");
    } else {
        (void)fputs("( );\n", out);
    }
}

static void print_key(struct writer *writer, const struct key *keys, const struct key *key, int indent)
{
    bool unsure = false;
    /* What may be left out, and what does not go with the other defaults, is shown behind '#'. */
    bool optional = key_is_leaf(key) ? key_is_optional_leaf(key) : !key->required && key->standard == NULL;
    bool aside = optional || !key_exists(keys, key, NULL, &unsure);
    struct writer inner = *writer;
    if (key->help != NULL)
        print_prose(writer, indent, key->help);
    print_prose(writer, indent, key_type_line(writer->arena, key));
    if (aside) {
        inner.margin = arena_format(writer->arena, "%s%*s# ", writer->margin, indent, "");
        indent = 0;
    }
    (void)fprintf(writer->out, "%s%*s%s = ", inner.margin, indent, "", key->name);
    print_body(&inner, key, indent);
}

static void print_keys(struct writer *writer, const struct key *keys, int indent)
{
    for (const struct key *key = keys; key->name != NULL; key++) {
        print_key(writer, keys, key, indent);
        if (indent == 0)
            (void)fprintf(writer->out, "%s\n", writer->margin[0] != '\0' ? "#" : "");
    }
}

void scenario_print_reference(FILE *out, const struct key *const *model_keys, const struct key *const *point_keys,
                              const char *const *model_names, size_t models)
{
    struct arena arena;
    arena_open(&arena, 0);
    struct writer writer = {out, &arena, ""};
    (void)fputs("# Every key of a scenario, with its default or an example. Written by nines itself; do not edit.\n"
                "# Quantities are strings with units; durations are in us, ms, s, min, h, d, w or y (365.25 d).\n"
                "# A law is one of constant(3 h), uniform(1 h, 2 h), exponential(10 h), weibull(0.5, 10 h), "
                "lognormal(1, 0.5),\n"
                "# lognormal_median(2 h, 0.5), gamma(2, 3 h), hyperexponential(0.9, 1 h, 20 h), pareto(1.5, 1 h); \"3 "
                "h\" is constant(3 h).\n\n",
                out);
    print_keys(&writer, scenario_bench_keys(), 0);
    for (size_t i = 0; i < models; i++) {
        (void)fprintf(out, "# --- model = \"%s\": keys beside those above ---\n#\n", model_names[i]);
        struct writer section = {out, &arena, "# "};
        print_keys(&section, model_keys[i], 0);
        if (point_keys[i] == NULL)
            continue;
        (void)fprintf(out, "# --- model = \"%s\": keys of a point of the study beside 'label' and 'set' ---\n#\n", model_names[i]);
        print_keys(&section, point_keys[i], 0);
    }
    arena_close(&arena);
}
