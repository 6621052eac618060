/* The two charts of placement curves. */
#include "sim/plot/plot_curve.h"

#include "sim/base/message.h"
#include "sim/plot/plot.h"
#include "sim/scenario/scenario.h"
#include "sim/study/version.h"

#include <math.h>
#include <string.h>

enum { NAME_MOST = 26, LABEL_MOST = 60, ROWS_PER_PAGE = 44, FULL = 100 };

#define ROW_MM 5.2
#define AXIS_MM 10.5
#define VALUE_MM 34.0
#define PANEL_MM 56.0
#define HEAD_MM 6.0
#define GAP_MM 3.0
#define LEFT_MM 14.0

static double low_of(const struct statistics *s)
{
    return isnan(s->ci_low) ? s->mean : s->ci_low;
}
static double high_of(const struct statistics *s)
{
    return isnan(s->ci_high) ? s->mean : s->ci_high;
}

static const char *method_text(const struct plot *plot, const struct curves *curves)
{
    if (curves->most_seeds < 2)
        return "one seed each, so no interval";
    return arena_format(plot->arena, "95 %% intervals of means over seeds (student t), %s",
                        plot_count(plot->arena, curves->least_seeds, curves->most_seeds));
}

static double names_mm(const struct plot *plot, const struct curves *curves)
{
    size_t longest = 4;
    for (size_t p = 0; p < curves->policy_count; p++) {
        size_t length = plot_length(plot_show(plot->arena, curves->policies[p], NAME_MOST));
        longest = length > longest ? length : longest;
    }
    return CHARACTER_MM * (double)longest;
}

/* --- Unallocated GPU, a bar for each policy --- */

/* Where bars are read: when as much has arrived as there is, or at the end of a shorter curve. */
static uint32_t bar_bin(const struct curve_group *group)
{
    return group->bins > FULL ? FULL : (uint32_t)group->bins - 1;
}

struct bars {
    const struct curves *curves;
    size_t first, groups; /* of this page */
    double x_high, depth;
    double *y, *group_y, *rule_y;
};

static struct statistics bar_of(const struct plot *plot, const struct curves *curves, size_t group, size_t policy)
{
    const struct curve_series *series = curves_find(curves, group, policy);
    if (series == NULL)
        return (struct statistics){.mean = NAN, .ci_low = NAN, .ci_high = NAN};
    return curves_at(curves, plot->arena, series, bar_bin(&curves->groups[group]), false);
}

static void write_bars(struct figure *figure, const struct bars *bars)
{
    const struct plot *plot = figure->plot;
    const struct curves *curves = bars->curves;
    size_t rows = bars->groups * curves->policy_count;
    const char **name = arena_array(plot->arena, rows + 1, const char *);
    const char **value = arena_array(plot->arena, rows + 1, const char *);
    fprintf(figure->data,
            "# y\tunallocated_percent\tlow_percent\thigh_percent\tslot\tn\tarrived_percent\tpolicy\ttrace\n");
    for (size_t i = 0; i < rows; i++) {
        size_t group = bars->first + i / curves->policy_count, policy = i % curves->policy_count;
        struct statistics s = bar_of(plot, curves, group, policy);
        name[i] = plot_show(plot->arena, curves->policies[policy], NAME_MOST);
        value[i] = isnan(s.mean) ? ""
                   : s.n < 2     ? arena_format(plot->arena, "%.2f %%", 100 - s.mean)
                                 : arena_format(plot->arena, "%.2f %%  [%.2f, %.2f]", 100 - s.mean, 100 - high_of(&s),
                                                100 - low_of(&s));
        figure_value(figure, bars->y[i], '\t');
        figure_value(figure, 100 - s.mean, '\t');
        figure_value(figure, 100 - high_of(&s), '\t');
        figure_value(figure, 100 - low_of(&s), '\t');
        figure_value(figure, (double)(policy % 7 + 1), '\t');
        figure_value(figure, s.n, '\t');
        figure_value(figure, bar_bin(&curves->groups[group]), '\t');
        figure_word(figure, curves->policies[policy], '\t');
        figure_word(figure, curves->groups[group].label, '\n');
    }
    figure_texts(figure, "row_text", name, rows);
    figure_texts(figure, "value_text", value, rows);
    figure_numbers(figure, "row_y", bars->y, rows);
}

static void write_bar_frame(struct figure *figure, const struct bars *bars)
{
    const struct plot *plot = figure->plot;
    const struct curves *curves = bars->curves;
    bool grouped = curves->group_count > 1;
    const char **label = arena_array(plot->arena, bars->groups + 1, const char *);
    double indent = grouped ? 3 : 0, left = 3 + indent + names_mm(plot, curves) + 2;
    double right = plot->page_mm - VALUE_MM - 3;
    for (size_t g = 0; g < bars->groups; g++)
        label[g] = plot_show(plot->arena, curves->groups[bars->first + g].label, LABEL_MOST);
    figure_texts(figure, "group_text", label, bars->groups);
    figure_numbers(figure, "group_y", bars->group_y, grouped ? bars->groups : 0);
    figure_numbers(figure, "rule_y", bars->rule_y, grouped ? bars->groups : 0);
    figure_number(figure, "x_high", bars->x_high);
    figure_number(figure, "x_step", plot_step(bars->x_high, (right - left) / 12));
    figure_number(figure, "y_low", -bars->depth);
    figure_number(figure, "row_x", figure_x(figure, 2 + indent));
    figure_number(figure, "left_x", figure_x(figure, left));
    figure_number(figure, "right_x", figure_x(figure, right));
    figure_number(figure, "value_x", figure_x(figure, plot->page_mm - VALUE_MM));
    figure_number(figure, "top_y", figure_y(figure, figure->top_mm));
    figure_number(figure, "bottom_y", figure_y(figure, figure->top_mm + bars->depth * ROW_MM));
    uint32_t bin = bar_bin(&curves->groups[bars->first]);
    figure_text(figure, "axis_text",
                arena_format(plot->arena, "%% of GPU capacity, at %u %% demand", (unsigned)bin));
}

static int draw_unallocated(const struct plot *plot, const struct curves *curves)
{
    struct bars bars = {.curves = curves};
    size_t per_page = ROWS_PER_PAGE / (curves->policy_count + 1);
    per_page = per_page == 0 ? 1 : per_page;
    for (size_t i = 0; i < curves->group_count * curves->policy_count; i++) {
        struct statistics s = bar_of(plot, curves, i / curves->policy_count, i % curves->policy_count);
        if (!isnan(s.mean))
            bars.x_high = fmax(bars.x_high, 100 - low_of(&s));
    }
    bars.x_high = fmax(1.06 * bars.x_high, 0.1);
    for (size_t page = 0; page * per_page < curves->group_count; page++) {
        struct figure figure;
        bars.first = page * per_page;
        bars.groups = curves->group_count - bars.first < per_page ? curves->group_count - bars.first : per_page;
        size_t rows = bars.groups * curves->policy_count;
        bars.y = arena_array(plot->arena, rows + 1, double);
        bars.group_y = arena_array(plot->arena, bars.groups + 1, double);
        bars.rule_y = arena_array(plot->arena, bars.groups + 1, double);
        bars.depth = plot_place_rows(curves->group_count > 1, bars.groups, curves->policy_count, bars.y, bars.group_y,
                                     bars.rule_y);
        figure_open(&figure, plot, "curve_unallocated", page, plot->page_mm, bars.depth * ROW_MM + AXIS_MM,
                    "GPU that each policy leaves unallocated: less is better",
                    arena_format(plot->arena, "Bars: means; whiskers: %s", method_text(plot, curves)));
        write_bars(&figure, &bars);
        write_bar_frame(&figure, &bars);
        int code = figure_close(&figure);
        if (code != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}

/* --- Fragmentation against arrived demand, a panel for each trace --- */

struct panels {
    const struct curves *curves;
    size_t first, count; /* groups of this page */
    double panel_mm, y_high, x_high;
    double *end_x, *end_y; /* [panels][policies]: last mean; NaN: no such series */
};

static void write_lines(struct figure *figure, struct panels *panels, size_t panel, size_t policy)
{
    const struct curves *curves = panels->curves;
    const struct curve_series *series = curves_find(curves, panels->first + panel, policy);
    size_t at = panel * curves->policy_count + policy, written = 0;
    panels->end_x[at] = panels->end_y[at] = NAN;
    for (uint32_t bin = 0; series != NULL && bin < curves->groups[series->group].bins; bin++) {
        struct statistics s = curves_at(curves, figure->plot->arena, series, bin, true);
        if (s.n == 0)
            continue;
        figure_value(figure, bin, '\t');
        figure_value(figure, s.mean, '\t');
        figure_value(figure, low_of(&s), '\t');
        figure_value(figure, high_of(&s), '\t');
        figure_value(figure, s.n, '\t');
        figure_word(figure, curves->policies[policy], '\t');
        figure_word(figure, curves->groups[series->group].label, '\n');
        panels->end_x[at] = bin;
        panels->end_y[at] = s.mean;
        written++;
    }
    fputs(written == 0 ? "NaN\tNaN\tNaN\tNaN\n\n\n" : "\n\n", figure->data);
}

/* The names of lines stand at their ends; none covers another. */
static void write_labels(struct figure *figure, const struct panels *panels, const double *top_mm)
{
    const struct curves *curves = panels->curves;
    struct arena *arena = figure->plot->arena;
    size_t all = panels->count * curves->policy_count;
    double *label = arena_array(arena, all + 1, double), *drawn = arena_array(arena, curves->policy_count + 1, double);
    double *known = arena_array(arena, all + 1, double);
    for (size_t p = 0; p < panels->count; p++) {
        const double *end = panels->end_y + p * curves->policy_count;
        size_t count = 0;
        for (size_t k = 0; k < curves->policy_count; k++)
            if (!isnan(end[k]))
                drawn[count++] = panels->panel_mm * end[k] / panels->y_high;
        plot_spread(drawn, count, LINE_MM, 0, panels->panel_mm);
        count = 0;
        for (size_t k = 0; k < curves->policy_count; k++) {
            size_t at = p * curves->policy_count + k;
            known[at] = !isnan(end[k]);
            label[at] = isnan(end[k]) ? 0 : figure_y(figure, top_mm[p] + panels->panel_mm - drawn[count++]);
            panels->end_x[at] = isnan(end[k]) ? 0 : panels->end_x[at];
            panels->end_y[at] = isnan(end[k]) ? 0 : panels->end_y[at];
        }
    }
    figure_numbers(figure, "label_y", label, all);
    figure_numbers(figure, "label_known", known, all);
    figure_numbers(figure, "end_x", panels->end_x, all);
    figure_numbers(figure, "end_y", panels->end_y, all);
}

static void write_panels(struct figure *figure, struct panels *panels)
{
    const struct plot *plot = figure->plot;
    const struct curves *curves = panels->curves;
    double top[PLOT_PANELS], bottom[PLOT_PANELS], text_y[PLOT_PANELS], upper[PLOT_PANELS];
    double right = plot->page_mm - 9.5 - names_mm(plot, curves);
    const char *text[PLOT_PANELS];
    for (size_t p = 0; p < panels->count; p++) {
        double begin = figure->top_mm + (double)p * (HEAD_MM + panels->panel_mm + GAP_MM);
        upper[p] = begin + HEAD_MM;
        top[p] = figure_y(figure, upper[p]);
        bottom[p] = figure_y(figure, upper[p] + panels->panel_mm);
        text_y[p] = figure_y(figure, begin + 2);
        bool alone = curves->group_count == 1; /* then the title says it */
        text[p] = alone ? "" : plot_show(plot->arena, curves->groups[panels->first + p].label, LABEL_MOST);
    }
    figure_numbers(figure, "panel_top", top, panels->count);
    figure_numbers(figure, "panel_bottom", bottom, panels->count);
    figure_numbers(figure, "panel_text_y", text_y, panels->count);
    figure_texts(figure, "panel_text", text, panels->count);
    write_labels(figure, panels, upper);
    const char **name = arena_array(plot->arena, curves->policy_count + 1, const char *);
    for (size_t k = 0; k < curves->policy_count; k++)
        name[k] = plot_show(plot->arena, curves->policies[k], NAME_MOST);
    figure_texts(figure, "policy", name, curves->policy_count);
    figure_number(figure, "policies", (double)curves->policy_count);
    figure_number(figure, "left_x", figure_x(figure, LEFT_MM));
    figure_number(figure, "right_x", figure_x(figure, right));
    figure_number(figure, "label_x", figure_x(figure, right + 5));
    figure_number(figure, "x_high", panels->x_high);
    figure_number(figure, "x_step", plot_step(panels->x_high, (right - LEFT_MM) / 9));
    figure_number(figure, "y_high", panels->y_high);
    figure_number(figure, "y_step", plot_step(panels->y_high, panels->panel_mm / 7));
    figure_number(figure, "full_x", FULL);
    figure_text(figure, "axis_text", "arrived demand, % of GPU capacity");
    figure_text(figure, "y_text", "fragmented GPU, % of capacity");
}

static void choose_ranges(const struct plot *plot, struct panels *panels)
{
    const struct curves *curves = panels->curves;
    for (size_t s = 0; s < curves->series_count; s++) {
        const struct curve_series *series = &curves->series[s];
        for (uint32_t bin = 0; bin < curves->groups[series->group].bins; bin++) {
            struct statistics at = curves_at(curves, plot->arena, series, bin, true);
            if (at.n > 0)
                panels->y_high = fmax(panels->y_high, high_of(&at));
        }
        panels->x_high = fmax(panels->x_high, (double)curves->groups[series->group].bins - 1);
    }
    panels->y_high = fmax(1.04 * panels->y_high, 0.1);
    panels->x_high = fmax(panels->x_high, 1);
    panels->panel_mm = fmax(PANEL_MM, LINE_MM * (double)curves->policy_count);
}

static int draw_fragmentation(const struct plot *plot, const struct curves *curves)
{
    struct panels panels = {.curves = curves};
    choose_ranges(plot, &panels);
    size_t per_page = (size_t)(230 / (HEAD_MM + panels.panel_mm + GAP_MM));
    per_page = per_page < 1 ? 1 : per_page > PLOT_PANELS ? PLOT_PANELS : per_page;
    for (size_t page = 0; page * per_page < curves->group_count; page++) {
        struct figure figure;
        panels.first = page * per_page;
        panels.count = curves->group_count - panels.first < per_page ? curves->group_count - panels.first : per_page;
        panels.end_x = arena_array(plot->arena, panels.count * curves->policy_count + 1, double);
        panels.end_y = arena_array(plot->arena, panels.count * curves->policy_count + 1, double);
        figure_open(&figure, plot, "curve_fragmentation", page, plot->page_mm,
                    (double)panels.count * (HEAD_MM + panels.panel_mm + GAP_MM) - GAP_MM + AXIS_MM,
                    "Free GPU that the expected workload cannot use",
                    arena_format(plot->arena, "Lines: means; ribbons: %s", method_text(plot, curves)));
        fputs("# arrived_percent\tfragmented_percent\tlow_percent\thigh_percent\tn\tpolicy\ttrace\n", figure.data);
        for (size_t i = 0; i < panels.count * curves->policy_count; i++)
            write_lines(&figure, &panels, i / curves->policy_count, i % curves->policy_count);
        write_panels(&figure, &panels);
        int code = figure_close(&figure);
        if (code != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}

/* --- Both --- */

static const struct curve_chart {
    const char *name;
    int (*draw)(const struct plot *plot, const struct curves *curves);
} charts[] = {{"unallocated", draw_unallocated}, {"fragmentation", draw_fragmentation}};

enum { CHARTS = sizeof charts / sizeof charts[0] };

static bool is_asked(const struct plot_options *options, const char *name)
{
    for (size_t i = 0; i < options->chart_count; i++)
        if (strcmp(options->charts[i], name) == 0)
            return true;
    return options->chart_count == 0;
}

static bool names_fit(struct arena *arena, const struct plot_options *options)
{
    const char *const names[CHARTS] = {charts[0].name, charts[1].name};
    for (size_t i = 0; i < options->chart_count; i++) {
        const char *asked = options->charts[i];
        if (strcmp(asked, names[0]) == 0 || strcmp(asked, names[1]) == 0)
            continue;
        const char *near = scenario_nearest(asked, names, CHARTS);
        message_error(near == NULL ? "the charts of curves are unallocated, fragmentation"
                                   : arena_format(arena, "did you mean '%s'?", near),
                      "unknown chart '%s'", message_show(arena, asked));
        return false;
    }
    return true;
}

int plot_curve_run(struct arena *arena, const struct plot_options *options)
{
    struct curves curves;
    int code = EXIT_USAGE;
    if (!names_fit(arena, options) || !curves_read(&curves, arena, options->path, &code))
        return code;
    const char *slash = strrchr(options->path, '/'), *name = slash == NULL ? options->path : slash + 1;
    struct plot plot = {.arena = arena, .folder = options->folder, .format = options->format,
                        .page_mm = options->width_mm, .quiet = options->quiet};
    plot.run.title = curves.group_count == 1 ? arena_format(arena, "GPU placement of %s", curves.groups[0].label)
                                             : arena_format(arena, "GPU placement of %zu traces", curves.group_count);
    plot.run.scenario = plot.run.title;
    plot.run.command = arena_format(arena, "nines plot %s", message_word(arena, name));
    plot.origin =
        arena_format(arena, "Data: %s. nines %s (%s)", message_show(arena, name), NINES_VERSION, version_commit());
    for (size_t i = 0; i < CHARTS; i++) {
        if (!is_asked(options, charts[i].name))
            continue;
        code = charts[i].draw(&plot, &curves);
        if (code != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}
