#include "sim/scenario/scenario_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Laws that somebody named, and laws that are a file of values.
 *
 *   laws = ( { name = "lanl05-weibull-up"; law = "weibull(0.48, 816.60 h)"; source = "..."; evidence = "R"; } );
 *   ... up = "lanl05-weibull-up"; ...
 *
 * Names are known before any value is checked, so a law may be used above its list; what is wrong with a law is said in the list,
 * once, and not where it is used. Named laws are written out: a name for a name could go in circles. */

struct named_law {
    struct named_law *next;
    const char *name;
    const struct node *node; /* of its text */
    struct law law;
    bool is_read, is_good, is_used;
};

struct kept_sample {
    struct kept_sample *next;
    const struct scenario_file *file;
    double unit_s;
    const struct law_sample *sample; /* NULL: it has mistakes, and they were reported */
};

static const char list_name[] = "laws";

/* --- Files of values --- */

/* One line's value in seconds. */
static bool read_time(const char *field, double unit_s, double *seconds, const char **why)
{
    double number;
    duration length;
    if (units_number(field, &number, why)) {
        if (unit_s > 0 || number == 0) {
            *seconds = number * unit_s;
            *why = number < 0 ? "it is negative" : "it is too large";
            return number >= 0 && *seconds < 1e15;
        }
        *why = "it has no unit";
        return false;
    }
    if (!units_duration(field, &length, why))
        return false;
    *seconds = duration_seconds(length);
    *why = "it is negative";
    return length.us >= 0;
}

static bool is_heading(const char *field)
{
    return (field[0] >= 'a' && field[0] <= 'z') || (field[0] >= 'A' && field[0] <= 'Z') || field[0] == '_';
}

size_t scenario_file_times(struct scenario *scenario, const struct scenario_file *file, double unit_s, const double **seconds)
{
    struct arena *arena = scenario->arena;
    size_t lines = 1, count = 0;
    int line = 0, before = scenario->errors;
    bool first = true;
    for (size_t i = 0; i < file->bytes; i++)
        lines += file->text[i] == '\n';
    double *value = arena_array(arena, lines, double);
    for (const char *at = file->text; at < file->text + file->bytes; at += strcspn(at, "\n") + 1) {
        size_t blank = strspn(at, " \t"), length = strcspn(at + blank, ",;#\n");
        while (length > 0 && (at[blank + length - 1] == ' ' || at[blank + length - 1] == '\t'))
            length--;
        const char *field = arena_format(arena, "%.*s", (int)length, at + blank), *why = NULL;
        line++;
        if (field[0] == '\0' && at[blank] != ',' && at[blank] != ';')
            continue;
        bool heading = first && is_heading(field);
        first = false;
        if (!heading && read_time(field, unit_s, &value[count], &why))
            count++;
        else if (!heading)
            scenario_error_in(scenario, file, line, (int)blank + 1,
                              "one value a line: \"2.5 h\", or a bare number where the scenario says its unit; # begins a comment",
                              "'%s' is not a time: %s", text_clipped(arena, field), why);
    }
    if (count == 0 && scenario->errors == before)
        scenario_error_in(scenario, file, 0, 0, "one value a line, for example 2.5 h", "'%s' holds no times", file->name);
    *seconds = value;
    return scenario->errors == before ? count : 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static const struct law_sample *read_sample(struct scenario *scenario, const struct scenario_file *file, double unit_s)
{
    const double *seconds;
    size_t count = scenario_file_times(scenario, file, unit_s, &seconds);
    if (count == 0)
        return NULL;
    double *value = arena_array(scenario->arena, count, double), *sum = arena_array(scenario->arena, count, double), total = 0;
    memcpy(value, seconds, count * sizeof *value);
    qsort(value, count, sizeof *value, by_value);
    for (size_t i = 0; i < count; i++)
        sum[i] = total += value[i];
    if (!(total > 0)) {
        scenario_error_in(scenario, file, 0, 0, NULL, "all times of '%s' are 0", file->name);
        return NULL;
    }
    struct law_sample *sample = arena_new(scenario->arena, struct law_sample);
    *sample = (struct law_sample){.file = file->name, .value = value, .sum = sum, .count = count};
    return sample;
}

static const struct law_sample *sample_of(struct scenario *scenario, const struct scenario_file *file, double unit_s)
{
    struct reader *reader = scenario_reader(scenario);
    for (struct kept_sample *kept = reader->samples; kept != NULL; kept = kept->next)
        if (kept->file == file && kept->unit_s == unit_s)
            return kept->sample;
    struct kept_sample *kept = arena_new(scenario->arena, struct kept_sample);
    *kept = (struct kept_sample){reader->samples, file, unit_s, read_sample(scenario, file, unit_s)};
    reader->samples = kept;
    return kept->sample;
}

bool law_attach(struct scenario *scenario, struct place place, const char *text, struct law *law)
{
    if (law->kind != LAW_EMPIRICAL)
        return true;
    char name[LAW_FILE_MAX];
    law_file(text, name);
    const struct scenario_file *file = name[0] != '\0' ? file_of(scenario, place, name) : NULL;
    if (file != NULL)
        law->sample = sample_of(scenario, file, law->a);
    if (law->sample == NULL)
        *law = (struct law){.kind = LAW_CONSTANT};
    return law->sample != NULL;
}

/* --- Names --- */

/* Why text cannot name a law: it must not look like one. */
static const char *name_fault(const char *name)
{
    bool letter = (name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z');
    return !letter ? "it does not begin with a letter" : strchr(name, '(') != NULL ? "it has a '(' in it" : NULL;
}

static const char *leaf_text(const struct node *group, const char *key)
{
    const struct node *node = node_child(group, key);
    return node != NULL && node->kind < NODE_GROUP ? node->text : NULL;
}

void laws_find(struct scenario *scenario, const struct node *root)
{
    const struct node *list = node_child(root, list_name);
    struct named_law **last = &scenario_reader(scenario)->laws;
    for (const struct node *node = list != NULL ? list->first : NULL; node != NULL; node = node->next) {
        const char *name = leaf_text(node, "name");
        if (name == NULL || leaf_text(node, "law") == NULL || name_fault(name) != NULL)
            continue;
        *last = arena_new(scenario->arena, struct named_law);
        **last = (struct named_law){.name = name, .node = node_child(node, "law")};
        last = &(*last)->next;
    }
}

static struct named_law *find(const struct scenario *scenario, const char *name)
{
    for (struct named_law *law = scenario_reader(scenario)->laws; law != NULL; law = law->next)
        if (strcmp(law->name, name) == 0)
            return law;
    return NULL;
}

bool law_is_in_list(const struct node *node)
{
    const struct node *list = node->parent != NULL ? node->parent->parent : NULL;
    return list != NULL && list->name != NULL && strcmp(list->name, list_name) == 0 && list->parent != NULL &&
           list->parent->parent == NULL;
}

const struct law *scenario_law_named(struct scenario *scenario, const char *name)
{
    static const struct key key = {.name = "law", .type = KEY_LAW};
    struct named_law *law = find(scenario, name);
    if (law == NULL)
        return NULL;
    if (!law->is_read) {
        struct value value;
        struct complaint complaint;
        law->is_read = true;
        law->is_good = leaf_read(scenario->arena, &key, law->node->text, &value, &complaint) &&
                       law_attach(scenario, law->node->place, law->node->text, &value.is.law);
        if (law->is_good)
            law->law = value.is.law;
    }
    law->is_used = true;
    return &law->law;
}

bool scenario_law_is_used(const struct scenario *scenario, const char *name)
{
    const struct named_law *law = find(scenario, name);
    return law != NULL && law->is_used;
}

void scenario_adopt_laws(struct scenario *scenario, const struct scenario *other)
{
    for (struct named_law *law = scenario_reader(scenario)->laws; law != NULL; law = law->next)
        law->is_used = law->is_used || scenario_law_is_used(other, law->name);
}

void law_hint(struct scenario *scenario, const char *text, struct complaint *complaint)
{
    struct arena *arena = scenario->arena;
    const struct named_law *laws = scenario_reader(scenario)->laws;
    size_t count = 0, named = 0;
    if (laws == NULL || strpbrk(text, "(,") != NULL || strstr(complaint->message, "unknown law") == NULL)
        return;
    for (const struct named_law *law = laws; law != NULL; law = law->next)
        count++;
    const char **names = arena_array(arena, count, const char *);
    for (const struct named_law *law = laws; law != NULL; law = law->next)
        names[named++] = law->name;
    const char *nearest = scenario_nearest(text, names, count);
    if (nearest == NULL && strstr(complaint->message, "did you mean") != NULL)
        return; /* one of the kinds of law is near */
    complaint->message = arena_format(arena, "'%s' is neither a law nor the name of one", text_clipped(arena, text));
    complaint->hint = nearest != NULL ? arena_format(arena, "did you mean '%s'?", nearest)
                                      : arena_format(arena, "'laws' names %zu, for example '%s'", count, laws->name);
}

/* --- The list --- */

static void check_range(struct scenario *scenario, const struct value *group)
{
    const struct law *law = value_law(group, "law");
    double mean = law_mean(law);
    bool low = value_given(group, "low"), high = value_given(group, "high");
    if (low && mean < duration_seconds(value_duration(group, "low")))
        scenario_error(scenario, value_of(group, "low"), "the range is that of the mean",
                       "the law's mean of %.4g h lies below 'low'", mean / 3600);
    if (high && mean > duration_seconds(value_duration(group, "high")))
        scenario_error(scenario, value_of(group, "high"), "the range is that of the mean",
                       "the law's mean of %.4g h lies above 'high'", mean / 3600);
}

void laws_check(struct scenario *scenario)
{
    const struct value *list = value_of(&scenario->root, list_name);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *group = value_at(list, i);
        if (group->children == 0)
            continue;
        const char *fault = name_fault(value_text(group, "name"));
        if (fault != NULL && value_text(group, "name")[0] != '\0')
            scenario_error(scenario, value_of(group, "name"), "a name must not look like a law, as 'lanl05-up' does not",
                           "'%s' cannot name a law: %s", text_clipped(scenario->arena, value_text(group, "name")), fault);
        if (scenario->errors == 0)
            check_range(scenario, group);
    }
}
