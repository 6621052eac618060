#include "sim/study/vary.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"

#include <math.h>
#include <string.h>

enum { LAW_TEXT = 128 };

/* --- Reading --- */

/* Whether the key takes the text; reports it at `at` if not. */
static bool accepts(struct scenario *scenario, const struct key *key, const char *text, const struct value *at,
                    double *number)
{
    const char *message, *hint;
    if (key->type == KEY_LAW && scenario_law_named(scenario, text) != NULL)
        return true;
    if (key_accepts(scenario->arena, key, text, number, &message, &hint))
        return true;
    scenario_error(scenario, at, hint, "%s", message);
    return false;
}

static bool read_values(struct scenario *scenario, const struct value *list, struct vary *vary)
{
    bool fine = list->children > 0;
    if (!fine)
        scenario_error(scenario, list, NULL, "'values' must not be empty");
    for (size_t i = 0; i < list->children; i++) {
        double number;
        fine = accepts(scenario, vary->key, list->child[i].text, &list->child[i], &number) && fine;
    }
    vary->list = list;
    return fine;
}

/* Two ends in order, read as the key wants them. */
static bool read_ends(struct scenario *scenario, const struct value *list, const struct key *key, struct vary *vary)
{
    if (list->children != 2) {
        scenario_error(scenario, list, "write it like (\"30 min\", \"8 h\")", "'%s' has two ends, not %zu",
                       list->key->name, list->children);
        return false;
    }
    bool low = accepts(scenario, key, list->child[0].text, &list->child[0], &vary->low);
    bool high = accepts(scenario, key, list->child[1].text, &list->child[1], &vary->high);
    if (!low || !high)
        return false;
    const char *wrong = !(vary->low < vary->high)         ? "the second end must be above the first"
                        : vary->is_log && vary->low <= 0 ? "a range in the logarithm must begin above 0"
                                                          : NULL;
    if (wrong != NULL)
        scenario_error(scenario, list, NULL, "%s", wrong);
    return wrong == NULL;
}

static bool read_range(struct scenario *scenario, const struct value *list, struct vary *vary)
{
    if (key_is_quantity(vary->key))
        return read_ends(scenario, list, vary->key, vary);
    scenario_error(scenario, list, "list its values instead: values = ( ... )", "'%s' is no number that could have a range",
                   vary->path);
    return false;
}

static bool read_times(struct scenario *scenario, const struct value *list, const struct value *written, struct vary *vary)
{
    static const struct key number = {.name = "times", .type = KEY_NUMBER, .above_low = true};
    bool is_law = vary->key->type == KEY_LAW;
    if ((!is_law && !key_is_quantity(vary->key)) || written->text[0] == '\0') {
        scenario_error(scenario, list, NULL, "'%s' is no number or law that could be multiplied", vary->path);
        return false;
    }
    if (!read_ends(scenario, list, &number, vary))
        return false;
    const struct value *other = written;
    for (size_t i = 1; other != NULL && strcmp(other->text, written->text) == 0; i++)
        other = scenario_find(scenario, vary->path, i);
    if (other != NULL) {
        scenario_error(scenario, list, "name them one by one", "'%s' is '%s' in one place and '%s' in another", vary->path, written->text,
                       other->text);
        return false;
    }
    if (is_law)
        vary->law = written->is.law;
    else
        vary->written = value_in_base_units(written);
    double unused;
    bool low = accepts(scenario, vary->key, vary_text(vary, scenario->arena, 0), list, &unused);
    return low && accepts(scenario, vary->key, vary_text(vary, scenario->arena, 1), list, &unused);
}

static bool read_law(struct scenario *scenario, const struct value *text, struct vary *vary)
{
    static const struct key law = {.name = "law", .type = KEY_LAW};
    char why[256];
    double unused;
    if (vary->key->type != KEY_DURATION) {
        scenario_error(scenario, text, "give it values, a range or times", "'%s' is no duration that could follow a law",
                       vary->path);
        return false;
    }
    const struct law *named = scenario_law_named(scenario, text->text);
    if (named != NULL)
        vary->law = *named;
    else if (!accepts(scenario, &law, text->text, text, &unused) ||
             !law_parse(text->text, &vary->law, why, sizeof why, NULL))
        return false;
    if (isnan(law_quantile(&vary->law, 0.5))) {
        bool is_gamma = vary->law.kind == LAW_GAMMA;
        scenario_error(scenario, text, is_gamma ? "a lognormal or weibull law comes near" : "give the law a name in 'laws', and that name here",
                       is_gamma ? "a gamma law cannot be varied by" : "an empirical law without a name cannot be varied by");
        return false;
    }
    bool low = accepts(scenario, vary->key, vary_text(vary, scenario->arena, 0), text, &unused);
    return low && accepts(scenario, vary->key, vary_text(vary, scenario->arena, 1), text, &unused);
}

bool vary_read(struct scenario *scenario, const struct value *element, struct vary *vary)
{
    const struct value *path = value_of(element, "key"), *values = value_of(element, "values");
    const struct value *range = value_of(element, "range"), *times = value_of(element, "times");
    const struct value *law = value_of(element, "law");
    const struct value *written = scenario_find(scenario, path->text, 0);
    int ways = values->given + range->given + times->given + (law->text[0] != '\0');
    *vary = (struct vary){.path = path->text, .label = value_text(element, "label"), .is_log = value_choice(element, "scale") == 1};
    if (written == NULL) {
        scenario_error(scenario, path, "write its path as with --set, for example clouds[0].name; its group must be in the scenario",
                       "there is no key '%s'", path->text);
        return false;
    }
    if (ways != 1) {
        scenario_error(scenario, element, "write one of values, range, times and law", "'%s' varies in %s", path->text,
                       ways == 0 ? "no way" : "more than one way");
        return false;
    }
    vary->key = written->key;
    vary->kind = values->given ? VARY_VALUES : range->given ? VARY_RANGE : times->given ? VARY_TIMES : VARY_LAW;
    switch (vary->kind) {
    case VARY_VALUES:
        return read_values(scenario, values, vary);
    case VARY_RANGE:
        return read_range(scenario, range, vary);
    case VARY_TIMES:
        return read_times(scenario, times, written, vary);
    case VARY_LAW:
        break;
    }
    return read_law(scenario, law, vary);
}

/* --- Places to values --- */

static size_t part_of(double u, double parts)
{
    double part = floor(u * parts);
    return (size_t)(part < parts ? part : parts - 1); /* u may be 1 */
}

static double between(double low, double high, bool is_log, double u)
{
    if (u <= 0)
        return low;
    if (u >= 1)
        return high;
    return is_log ? low * kernel_exp(u * kernel_log(high / low)) : low + u * (high - low);
}

static const char *range_text(const struct vary *vary, struct arena *arena, double u)
{
    bool whole = vary->key->type == KEY_INTEGER && !vary->is_log;
    double number = whole ? vary->low + (double)part_of(u, vary->high - vary->low + 1)
                          : between(vary->low, vary->high, vary->is_log, u);
    return key_number_text(arena, vary->key, number);
}

static const char *times_text(const struct vary *vary, struct arena *arena, double u)
{
    double factor = between(vary->low, vary->high, vary->is_log, u);
    if (vary->key->type != KEY_LAW)
        return key_number_text(arena, vary->key, factor * vary->written);
    struct law law = law_times(&vary->law, factor);
    return law_format(&law, arena_alloc(arena, LAW_TEXT, 1), LAW_TEXT);
}

const char *vary_text(const struct vary *vary, struct arena *arena, double u)
{
    check(u >= 0 && u <= 1, "place %g of '%s'", u, vary->path);
    switch (vary->kind) {
    case VARY_VALUES:
        return vary->list->child[part_of(u, (double)vary->list->children)].text;
    case VARY_RANGE:
        return range_text(vary, arena, u);
    case VARY_TIMES:
        return times_text(vary, arena, u);
    case VARY_LAW:
        break;
    }
    double inside = u < 0.001 ? 0.001 : u > 0.999 ? 0.999 : u;
    return key_number_text(arena, vary->key, law_quantile(&vary->law, inside));
}

size_t vary_levels(const struct vary *vary, size_t levels)
{
    return vary->kind == VARY_VALUES ? vary->list->children : levels;
}

double vary_level(const struct vary *vary, size_t levels, size_t i)
{
    if (vary->kind == VARY_VALUES)
        return ((double)i + 0.5) / (double)vary->list->children;
    return (double)i / (double)(levels - 1);
}
