#include "sim/scenario/scenario_internal.h"

#include <string.h>

/* The reference of all keys as a page to read: docs/scenario.md.
 *
 * One table for the plain keys of a part, then one for each of its groups and lists, however deep, with paths as --set takes
 * them: "tenant.detection", "prices[].price". */

static const char introduction[] =
    "# Scenario files\n"
    "\n"
    "Every key of a scenario, by part. Written by `nines validate --markdown` from the tables that also read the files; `make reference`\n"
    "brings it up to date. `scenarios/reference.cfg` holds the same as a scenario file.\n"
    "\n"
    "A file is `key = value;` lines in libconfig's form: `{ ... }` is a group, `( { ... }, { ... } )` a list of groups, `[ \"a\", \"b\" ]` a list\n"
    "of texts, `#` begins a comment, and `@include \"FILE\"` at the start of a line takes in another file, found from the folder of the one\n"
    "that names it. What is not written has its default; a key that nobody knows is a mistake.\n"
    "\n"
    "| value | written as |\n"
    "|---|---|\n"
    "| a duration | `\"90 s\"`; units us, ms, s, min, h, d, w, y (365.25 d) |\n"
    "| a time | `\"2024-07-18T21:40Z\"`, `\"2024-07-18\"`; always UTC |\n"
    "| a share | `\"99.9 %\"` or `0.999` |\n"
    "| a rate | `\"2 /y\"` |\n"
    "| money, a price | `\"12 USD\"`, `\"1.10 USD/h\"` |\n"
    "| a law of durations | `\"constant(3 h)\"`, `\"uniform(1 h, 2 h)\"`, `\"exponential(10 h)\"`, `\"weibull(0.5, 10 h)\"`, `\"lognormal(1, 0.5)\"`, "
    "`\"lognormal_median(2 h, 0.5)\"`, `\"gamma(2, 3 h)\"`, `\"hyperexponential(0.9, 1 h, 20 h)\"`, `\"pareto(1.5, 1 h)\"`; `\"3 h\"` is "
    "`constant(3 h)` |\n"
    "\n"
    "On the command line, `--set 'PATH=VALUE'` changes one key. Elements of a list are named or numbered: `clouds.akash.rules=2026-08`,\n"
    "`clouds[0].rules=2026-08`; `faults.half-*.rate=0.01 /y` means all whose names begin so. `nines validate FILE --print-config` shows\n"
    "what every key of a file has become.\n";

struct page {
    FILE *out;
    struct arena *arena;
};

/* Text in a cell of a table. */
static void print_cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            (void)fputs("&lt;", out);
        else if (*text == '|' || *text == '*')
            (void)fprintf(out, "\\%c", *text);
        else
            (void)fputc(*text, out);
    }
}

static void print_default(const struct page *page, const struct key *key)
{
    if (!key_is_leaf(key) || key->standard == NULL || key_is_optional_leaf(key))
        return;
    (void)fputc('`', page->out);
    print_leaf_text(page->out, key, key->standard);
    (void)fputc('`', page->out);
}

static bool has_table(const struct key *key)
{
    return key->type == KEY_GROUP || key->type == KEY_LIST;
}

static void print_row(const struct page *page, const char *path, const struct key *key)
{
    (void)fprintf(page->out, "| `%s%s` | ", path, key->type == KEY_LIST ? "[]" : "");
    print_cell(page->out, key_type_line(page->arena, key));
    (void)fputs(" | ", page->out);
    print_default(page, key);
    (void)fputs(" | ", page->out);
    print_cell(page->out, key->help != NULL ? key->help : "");
    (void)fputs(" |\n", page->out);
}

/* All keys below a group or list, deep ones after the key that holds them. */
static void print_rows(const struct page *page, const char *prefix, const struct key *keys)
{
    for (const struct key *key = keys; key->name != NULL; key++) {
        const char *path = arena_format(page->arena, "%s%s", prefix, key->name);
        print_row(page, path, key);
        if (has_table(key))
            print_rows(page, arena_format(page->arena, "%s%s.", path, key->type == KEY_LIST ? "[]" : ""), key->children);
    }
}

static void print_head(const struct page *page)
{
    (void)fputs("\n| key | value | default | what it is |\n|---|---|---|---|\n", page->out);
}

static void print_part(const struct page *page, const char *title, const struct key *keys)
{
    bool plain = false;
    (void)fprintf(page->out, "\n## %s\n", title);
    for (const struct key *key = keys; key->name != NULL; key++) {
        if (has_table(key))
            continue;
        if (!plain)
            print_head(page);
        plain = true;
        print_row(page, key->name, key);
    }
    for (const struct key *key = keys; key->name != NULL; key++) {
        if (!has_table(key))
            continue;
        size_t length = key->help != NULL ? strlen(key->help) : 0;
        const char *stop = length == 0 ? "" : key->help[length - 1] == '.' ? " " : ". ";
        (void)fprintf(page->out, "\n### `%s%s`\n\n%s%sIt is %s.\n", key->name, key->type == KEY_LIST ? "[]" : "",
                      length > 0 ? key->help : "", stop, key_type_line(page->arena, key));
        print_head(page);
        print_rows(page, "", key->children);
    }
}

void scenario_print_page(FILE *out, const struct key *const *model_keys, const struct key *const *point_keys,
                         const char *const *model_names, size_t models)
{
    struct arena arena;
    arena_open(&arena, 0);
    struct page page = {out, &arena};
    (void)fputs(introduction, out);
    print_part(&page, "Keys of every scenario", scenario_bench_keys());
    for (size_t i = 0; i < models; i++) {
        print_part(&page, arena_format(&arena, "Keys of `model = \"%s\"`", model_names[i]), model_keys[i]);
        if (point_keys[i] != NULL)
            print_part(&page, arena_format(&arena, "Keys of a point of its study, beside `label` and `set`: `model = \"%s\"`", model_names[i]),
                       point_keys[i]);
    }
    arena_close(&arena);
}
