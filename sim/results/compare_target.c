#include "sim/results/compare_page.h"

#include <math.h>
#include <string.h>

/* A limit or a measured number of a target; "-" where there is none. */
static const char *target_number(struct arena *arena, const struct compare_target *target, double value, struct compare_scale scale)
{
    bool bare = target->unit[0] == '\0' || strcmp(target->unit, "1") == 0 || scale.suffix[0] != '\0';
    return isnan(value) ? "-"
                        : arena_format(arena, "%s%s%s", compare_number(arena, value, scale, false, 0), bare ? "" : " ",
                                       bare ? "" : compare_clean(arena, target->unit));
}

static bool is_availability(const struct compare_data *data, const char *metric)
{
    for (size_t i = 0; i < data->metric_count; i++)
        if (strcmp(data->metrics[i].name, metric) == 0)
            return data->metrics[i].is_availability;
    return false;
}

struct compare_target_texts compare_target_texts(const struct compare_data *data, const struct compare_target *target)
{
    struct arena *arena = data->arena;
    enum compare_kind kind = is_availability(data, target->metric) ? COMPARE_PERCENT : COMPARE_PLAIN;
    struct statistics measured = {.mean = target->measured, .ci_low = target->ci_low, .ci_high = target->ci_high};
    struct statistics limits[2] = {{.mean = target->low}, {.mean = target->high}};
    struct compare_scale scale = compare_scale_of(&measured, 1, kind), given = compare_scale_of(limits, 2, kind), bare = scale;
    bool interval = !isnan(target->ci_low) && !isnan(target->ci_high), bound = strcmp(target->method, "rule of three") == 0;
    bare.suffix = "";
    const char *found = isnan(target->measured) ? "undefined"
                        : bound ? arena_format(arena, ">= %s", compare_number(arena, target->ci_low, scale, false, -1))
                                : target_number(arena, target, target->measured, scale);
    const char *range = interval && !bound ? arena_format(arena, " [%s, %s]", compare_number(arena, target->ci_low, bare, false, 0),
                                                          compare_number(arena, target->ci_high, bare, false, 0))
                                           : "";
    return (struct compare_target_texts){.published = target_number(arena, target, target->published, given),
                                         .low = target_number(arena, target, target->low, given),
                                         .high = target_number(arena, target, target->high, given),
                                         .measured = arena_format(arena, "%s%s", found, range)};
}

bool compare_target_surprises(const struct compare_target *target)
{
    return target->expect[0] != '\0' && strcmp(target->expect, "none") != 0 && strcmp(target->expect, target->outcome) != 0;
}

static void put_target(const struct page *page, const struct compare_target *target)
{
    struct arena *arena = page->arena;
    static const char *const indent = "             ";
    const char *surprise = compare_target_surprises(target)
                               ? arena_format(arena, " (the scenario expects: %s)", compare_clean(arena, target->expect))
                               : "";
    const char *outcome = strcmp(target->outcome, "missed") == 0 ? "MISSED" : compare_clean(arena, target->outcome);
    const char *name = target->name[0] != '\0' ? arena_format(arena, "%s: ", compare_clean(arena, target->name)) : "";
    page_folded(page, "  ", arena_format(arena, "%-10s %s%s, %s, point %s%s", outcome, name, compare_clean(arena, target->metric),
                                        page->clouds[target->cloud], page->points[target->point], surprise));
    struct compare_target_texts texts = compare_target_texts(page->data, target);
    page_folded(page, indent, arena_format(arena, "published %s, accepted %s to %s; measured %s", texts.published, texts.low,
                                           texts.high, texts.measured));
    const char *role = compare_clean(arena, target->role), *evidence = compare_clean(arena, target->evidence);
    page_folded(page, indent, arena_format(arena, "%s%s%s%s%s", role, evidence[0] != '\0' ? ", evidence " : "", evidence,
                                          target->source[0] != '\0' ? ": " : "", compare_clean(arena, target->source)));
    if (target->reason[0] != '\0')
        page_folded(page, indent, compare_clean(arena, target->reason));
}

void page_targets(const struct page *page)
{
    const struct compare_data *data = page->data;
    if (data->target_count > 0)
        fputs("\nTargets: published figures\n", page->out);
    for (size_t i = 0; i < data->target_count; i++)
        put_target(page, &data->targets[i]);
}
