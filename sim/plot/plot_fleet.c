/* Where it happened: the sites as rows, a few moments as columns, a map for each cloud, a page for each point.
 *
 * The moments are taken from the course of the run and are the same for all clouds of a page, so that the maps can be compared column
 * by column: before the fall, the worst hour of each cloud, when half of what was lost is back, and after. */
#include "sim/plot/plot_internal.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { SITES_MOST = 12, MOMENTS_MOST = 14, PAGES_MOST = 8, NAME_MOST = 18, LEVELS = 8, STEPS_MOST = 1 << 20 };
enum { DARK = 6 }; /* levels from which on the numbers are white */

#define CELL_MM 4.4
#define CELL_WIDTH_MM 9.5
#define HEAD_MM 8.0
#define AXIS_MM 8.5
#define LEGEND_MM 6.0
#define LEGEND_CELL_MM 8.5

/* Shares from which a level begins, as in the strips of `nines report`. */
static const double level_from[LEVELS] = {0.9999, 0.999, 0.995, 0.99, 0.97, 0.9, 0.75, 0};

enum moment_kind { BEFORE, WORST, HALF, AFTER, KINDS };
static const char *const moment_names[KINDS] = {"before", "worst", "half back", "after"};

struct fleet {
    const struct plot *plot;
    size_t point, cells;
    double span_s;
    const char **site;   /* [sites], declared order */
    size_t sites;
    double *share, *sd;  /* [clouds][sites][cells]; NaN: unknown */
    int64_t *n;
    size_t moment[PLOT_PANELS * KINDS]; /* cells of the columns, rising */
    size_t moments;
    size_t of_cloud[PLOT_PANELS][KINDS]; /* cell; SIZE_MAX: nothing was lost */
    size_t shown[SITES_MOST];
    size_t rows;
};

static size_t index_of(const struct fleet *f, size_t cloud, size_t site, size_t cell)
{
    return (cloud * f->sites + site) * f->cells + cell;
}

bool plot_has_fleet(const struct plot *plot, const char **why)
{
    sqlite3_stmt *row = NULL;
    *why = "it has no course of its sites (--log summary keeps it)";
    /* A file of before the table has none. */
    if (sqlite3_prepare_v2(plot->database, "SELECT 1 FROM part_series WHERE kind = 'site' LIMIT 1", -1, &row, NULL) != SQLITE_OK)
        return false;
    bool has = sqlite3_step(row) == SQLITE_ROW;
    sqlite3_finalize(row);
    return has && plot->cloud_count > 0;
}

/* --- Reading --- */

static void read_sites(struct fleet *f)
{
    sqlite3_stmt *row = plot_query(f->plot, "SELECT count(*) FROM part WHERE kind = 'site'");
    size_t count = sqlite3_step(row) == SQLITE_ROW ? (size_t)sqlite3_column_int64(row, 0) : 0;
    sqlite3_finalize(row);
    f->site = arena_array(f->plot->arena, count + 1, const char *);
    row = plot_query(f->plot, "SELECT name FROM part WHERE kind = 'site' ORDER BY position");
    while (f->sites < count && sqlite3_step(row) == SQLITE_ROW)
        f->site[f->sites++] = plot_column_text(f->plot->arena, row, 0);
    sqlite3_finalize(row);
}

/* How many cells the point's course has; 0: none that can be drawn. */
static void read_grid(struct fleet *f)
{
    sqlite3_stmt *row = plot_query(f->plot, "SELECT max(t_s), max(span_s) FROM part_series WHERE kind = 'site' AND point_id = ?");
    sqlite3_bind_int64(row, 1, f->plot->points[f->point].id);
    f->cells = 0;
    if (sqlite3_step(row) == SQLITE_ROW && plot_column(row, 1) > 0) {
        f->span_s = plot_column(row, 1);
        double cells = floor(plot_column(row, 0) / f->span_s + 0.5) + 1;
        f->cells = cells >= 1 && cells < STEPS_MOST ? (size_t)cells : 0;
    }
    sqlite3_finalize(row);
}

static void read_shares(struct fleet *f)
{
    const struct plot *plot = f->plot;
    size_t count = plot->cloud_count * f->sites * f->cells + 1;
    f->share = arena_array(plot->arena, count, double);
    f->sd = arena_array(plot->arena, count, double);
    f->n = arena_array(plot->arena, count, int64_t);
    for (size_t i = 0; i < count; i++)
        f->share[i] = f->sd[i] = NAN;
    for (size_t site = 0; site < f->sites; site++) {
        sqlite3_stmt *row = plot_query(plot, "SELECT cloud_id, t_s, mean, sd, n FROM part_series"
                                             " WHERE kind = 'site' AND point_id = ? AND name = ?");
        sqlite3_bind_int64(row, 1, plot->points[f->point].id);
        sqlite3_bind_text(row, 2, f->site[site], -1, SQLITE_STATIC);
        while (sqlite3_step(row) == SQLITE_ROW) {
            size_t cloud = plot_cloud_of(plot, sqlite3_column_int64(row, 0));
            double cell = floor(plot_column(row, 1) / f->span_s + 0.5);
            if (cloud == plot->cloud_count || !(cell >= 0 && cell < (double)f->cells))
                continue;
            size_t i = index_of(f, cloud, site, (size_t)cell);
            f->share[i] = plot_column(row, 2);
            f->sd[i] = plot_column(row, 3);
            f->n[i] = sqlite3_column_int64(row, 4);
        }
        sqlite3_finalize(row);
    }
}

/* --- Moments --- */

/* The cloud's mean over its sites in each cell: which hours to show, no more. */
static double *course_of(const struct fleet *f, size_t cloud)
{
    double *course = arena_array(f->plot->arena, f->cells + 1, double);
    for (size_t c = 0; c < f->cells; c++) {
        double sum = 0;
        size_t known = 0;
        for (size_t s = 0; s < f->sites; s++) {
            double share = f->share[index_of(f, cloud, s, c)];
            sum += isnan(share) ? 0 : share;
            known += isnan(share) ? 0 : 1;
        }
        course[c] = known > 0 ? sum / (double)known : (double)NAN;
    }
    return course;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What is usual: the median. NaN: nothing is known. */
static double usual_of(const struct fleet *f, const double *course)
{
    double *known = arena_array(f->plot->arena, f->cells + 1, double);
    size_t count = 0;
    for (size_t c = 0; c < f->cells; c++)
        if (!isnan(course[c]))
            known[count++] = course[c];
    qsort(known, count, sizeof *known, by_value);
    return count > 0 ? known[count / 2] : (double)NAN;
}

/* Of what was lost at the worst, at most `part` is missing in the cell. */
static bool is_back(const double *course, size_t cell, double usual, size_t worst, double part)
{
    return !isnan(course[cell]) && usual - course[cell] <= part * (usual - course[worst]);
}

static void choose_of_cloud(struct fleet *f, size_t cloud)
{
    const double *course = course_of(f, cloud);
    double usual = usual_of(f, course);
    size_t worst = 0, *of = f->of_cloud[cloud];
    for (size_t k = 0; k < KINDS; k++)
        of[k] = SIZE_MAX;
    for (size_t c = 0; c < f->cells; c++)
        if (isnan(course[worst]) || course[c] < course[worst])
            worst = c;
    if (isnan(usual) || !(course[worst] < usual))
        return;
    of[WORST] = worst;
    of[BEFORE] = 0;
    for (size_t c = 0; c < worst; c++)
        if (is_back(course, c, usual, worst, 0.05))
            of[BEFORE] = c;
    of[HALF] = of[AFTER] = f->cells - 1;
    for (size_t c = f->cells; c-- > worst;) {
        if (is_back(course, c, usual, worst, 0.5))
            of[HALF] = c;
        if (is_back(course, c, usual, worst, 0.05))
            of[AFTER] = c;
    }
}

static int by_cell(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static void add_moment(struct fleet *f, size_t cell, size_t most)
{
    for (size_t i = 0; i < f->moments; i++)
        if (f->moment[i] == cell)
            return;
    if (cell != SIZE_MAX && f->moments < most)
        f->moment[f->moments++] = cell;
}

/* As many as there is room for: the worst of every cloud first, then the first before and the last after, then the ways back. */
static void choose_moments(struct fleet *f, size_t clouds, size_t most)
{
    size_t before = SIZE_MAX, after = 0;
    f->moments = 0;
    for (size_t k = 0; k < clouds; k++) {
        choose_of_cloud(f, k);
        add_moment(f, f->of_cloud[k][WORST], most - 2);
        before = f->of_cloud[k][BEFORE] < before ? f->of_cloud[k][BEFORE] : before;
        if (f->of_cloud[k][AFTER] != SIZE_MAX && f->of_cloud[k][AFTER] > after)
            after = f->of_cloud[k][AFTER];
    }
    add_moment(f, before, most);
    if (before != SIZE_MAX)
        add_moment(f, after, most);
    for (size_t k = 0; k < clouds; k++)
        add_moment(f, f->of_cloud[k][HALF], most);
    for (size_t k = 0; k < clouds; k++) {
        add_moment(f, f->of_cloud[k][BEFORE], most);
        add_moment(f, f->of_cloud[k][AFTER], most);
    }
    if (f->moments == 0) /* nothing was lost anywhere */
        add_moment(f, 0, most);
    qsort(f->moment, f->moments, sizeof f->moment[0], by_cell);
}

/* The sites that were darkest in the columns, in declared order. */
static void choose_sites(struct fleet *f, size_t clouds)
{
    double *least = arena_array(f->plot->arena, f->sites + 1, double);
    bool *taken = arena_array(f->plot->arena, f->sites + 1, bool);
    for (size_t s = 0; s < f->sites; s++) {
        least[s] = INFINITY;
        for (size_t k = 0; k < clouds; k++)
            for (size_t m = 0; m < f->moments; m++)
                least[s] = fmin(least[s], f->share[index_of(f, k, s, f->moment[m])]);
    }
    for (f->rows = 0; f->rows < SITES_MOST && f->rows < f->sites; f->rows++) {
        size_t darkest = SIZE_MAX;
        for (size_t s = 0; s < f->sites; s++)
            if (!taken[s] && (darkest == SIZE_MAX || least[s] < least[darkest]))
                darkest = s;
        taken[darkest] = true;
    }
    f->rows = 0;
    for (size_t s = 0; s < f->sites; s++)
        if (taken[s])
            f->shown[f->rows++] = s;
}

/* --- Drawing --- */

/* 1 to LEVELS, darker and darker; 0: unknown. */
static size_t level_of(double share)
{
    size_t level = 0;
    while (level + 1 < LEVELS && share < level_from[level])
        level++;
    return isnan(share) ? 0 : level + 1;
}

/* Rounded down, so that 100 means all. */
static const char *number_of(struct arena *arena, double share)
{
    double percent = 100 * share + 1e-9;
    if (isnan(share))
        return "–";
    return percent >= 100  ? "100"
           : percent >= 99 ? arena_format(arena, "%.2f", floor(100 * percent) / 100)
           : percent >= 90 ? arena_format(arena, "%.1f", floor(10 * percent) / 10)
                           : arena_format(arena, "%.0f", floor(percent));
}

static void write_cells(struct figure *figure, const struct fleet *f, size_t clouds)
{
    struct arena *arena = f->plot->arena;
    size_t room = clouds * f->rows * f->moments + 1, n = 0;
    const char **text = arena_array(arena, room, const char *);
    double *panel = arena_array(arena, room, double), *x = arena_array(arena, room, double), *y = arena_array(arena, room, double);
    double *dark = arena_array(arena, room, double);
    for (size_t k = 0; k < clouds; k++) {
        for (size_t r = 0; r < f->rows; r++)
            for (size_t m = 0; m < f->moments; m++, n++) {
                size_t i = index_of(f, k, f->shown[r], f->moment[m]), level = level_of(f->share[i]);
                panel[n] = (double)k + 1;
                x[n] = (double)m;
                y[n] = -(double)r;
                dark[n] = level > DARK;
                text[n] = number_of(arena, f->share[i]);
                figure_value(figure, x[n], '\t');
                figure_value(figure, y[n], '\t');
                figure_value(figure, (double)level, '\t');
                figure_value(figure, (double)f->moment[m] * f->span_s, '\t');
                figure_value(figure, f->share[i], '\t');
                figure_value(figure, f->sd[i], '\t');
                figure_value(figure, (double)f->n[i], '\t');
                figure_word(figure, f->plot->clouds[k].name, '\t');
                figure_word(figure, f->site[f->shown[r]], '\n');
            }
        fputs("\n\n", figure->data);
    }
    figure_numbers(figure, "cell_panel", panel, n);
    figure_numbers(figure, "cell_x", x, n);
    figure_numbers(figure, "cell_y", y, n);
    figure_numbers(figure, "cell_dark", dark, n);
    figure_texts(figure, "cell_text", text, n);
}

/* Which column is which moment of the panel's cloud, above it; of two in one column the first. */
static void write_words(struct figure *figure, const struct fleet *f, size_t clouds)
{
    size_t n = 0;
    const char *word[PLOT_PANELS * KINDS + 1];
    double panel[PLOT_PANELS * KINDS + 1], x[PLOT_PANELS * KINDS + 1];
    for (size_t k = 0; k < clouds; k++)
        for (size_t m = 0; m < f->moments; m++) {
            const char *text = "";
            for (size_t kind = 0; kind < KINDS; kind++)
                if (f->of_cloud[k][kind] == f->moment[m] && (text[0] == '\0' || kind == WORST))
                    text = moment_names[kind];
            if (text[0] == '\0')
                continue;
            bool narrow = text == moment_names[HALF] && f->plot->page_mm < SPREAD_MM;
            word[n] = narrow ? "½ back" : text;
            panel[n] = (double)k + 1;
            x[n++] = (double)m;
        }
    figure_numbers(figure, "word_panel", panel, n);
    figure_numbers(figure, "word_x", x, n);
    figure_texts(figure, "word_text", word, n);
}

/* "18 Jul", then "21:00". */
static const char *time_of(const struct fleet *f, size_t cell)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char utc[UNITS_TEXT];
    units_format_utc(utc, f->plot->run.start_unix_s + (int64_t)((double)cell * f->span_s));
    size_t month = (size_t)(atoi(utc + 5) + 11) % 12;
    return arena_format(f->plot->arena, "%d %s\n%.5s", atoi(utc + 8), months[month], utc + 11);
}

static void write_axes(struct figure *figure, const struct fleet *f)
{
    struct arena *arena = f->plot->arena;
    const char *site[SITES_MOST + 1], *time[PLOT_PANELS * KINDS + 1];
    for (size_t r = 0; r < f->rows; r++)
        site[r] = plot_show_end(arena, plot_show(arena, f->site[f->shown[r]], 200), NAME_MOST);
    for (size_t m = 0; m < f->moments; m++)
        time[m] = time_of(f, f->moment[m]);
    figure_texts(figure, "site", site, f->rows);
    figure_texts(figure, "time", time, f->moments);
    figure_number(figure, "site_x", figure_x(figure, 2));
}

static void write_legend(struct figure *figure, double top_mm)
{
    static const char *const text[LEVELS] = {"99.99", "99.9", "99.5", "99", "97", "90", "75", "less"};
    bool wide = figure->width_mm >= SPREAD_MM;
    double x[LEVELS], dark[LEVELS];
    for (size_t i = 0; i < LEVELS; i++) {
        x[i] = figure_x(figure, (wide ? 27 : 13) + LEGEND_CELL_MM * (double)i);
        dark[i] = i >= DARK;
    }
    figure_numbers(figure, "legend_x", x, LEVELS);
    figure_numbers(figure, "legend_dark", dark, LEVELS);
    figure_texts(figure, "legend_text", text, LEVELS);
    figure_text(figure, "legend_title", wide ? "% up, at least" : "% up ≥");
    figure_number(figure, "legend_y", figure_y(figure, top_mm));
    figure_number(figure, "legend_width", LEGEND_CELL_MM / figure->width_mm);
    figure_number(figure, "legend_height", 3.6 / figure->height_mm);
}

static const char *caption_of(const struct fleet *f, size_t clouds)
{
    struct arena *arena = f->plot->arena;
    int64_t least = INT64_MAX, most = 0;
    char span[UNITS_TEXT];
    for (size_t i = 0; i < clouds * f->sites * f->cells; i++) {
        least = f->n[i] > 0 && f->n[i] < least ? f->n[i] : least;
        most = f->n[i] > most ? f->n[i] : most;
    }
    units_format_duration(span, duration_from_seconds(f->span_s));
    const char *left = f->rows < f->sites ? arena_format(arena, "; the %zu darkest of %zu sites", f->rows, f->sites) : "";
    return arena_format(arena,
                        "Of the replicas of tenants at home at each site the share that is up, wherever they run: means over %s from the time"
                        " below (UTC) and over replications, %s, rounded down%s. The data file has standard deviations",
                        span, plot_count(arena, least < most ? least : most, most), left);
}

static int draw_page(struct fleet *f, size_t page)
{
    const struct plot *plot = f->plot;
    struct figure figure;
    size_t clouds = plot->cloud_count < PLOT_PANELS ? plot->cloud_count : PLOT_PANELS;
    const char *text[PLOT_PANELS], *note[PLOT_PANELS];
    const char **names = arena_array(plot->arena, f->sites + 1, const char *);
    for (size_t s = 0; s < f->sites; s++)
        names[s] = plot_show_end(plot->arena, plot_show(plot->arena, f->site[s], 200), NAME_MOST);
    double left = fmax(14, plot_texts_mm(names, f->sites) * SMALL_CHARACTER_MM / CHARACTER_MM + 4);
    size_t room = (size_t)((plot->page_mm - left - 3) / CELL_WIDTH_MM);
    choose_moments(f, clouds, room < MOMENTS_MOST ? room : MOMENTS_MOST);
    choose_sites(f, clouds);
    struct grid grid = {.panels = clouds, .columns = 1, .left_mm = left, .right_mm = 3, .head_mm = HEAD_MM,
                        .panel_mm = CELL_MM * (double)f->rows, .gap_mm = 1};
    for (size_t k = 0; k < clouds; k++) {
        text[k] = plot_show(plot->arena, plot->clouds[k].name, 30);
        note[k] = "";
    }
    const char *label = plot->point_count > 1 ? arena_format(plot->arena, "%s: ", plot_show(plot->arena, plot->points[f->point].label, 60)) : "";
    figure_open(&figure, plot, "fleet", page, plot->page_mm, grid_height(&grid) + AXIS_MM + LEGEND_MM,
                arena_format(plot->arena, "%sreplicas up by home site, in %%", label), caption_of(f, clouds));
    fputs("# column\trow\tlevel\tt_s\tmean\tsd\tn\tcloud\tsite\n", figure.data);
    double legend_mm = figure.top_mm + 1;
    figure.top_mm += LEGEND_MM;
    grid_place(&grid, &figure);
    grid_write(&figure, &grid, text, note);
    write_legend(&figure, legend_mm + 2);
    write_axes(&figure, f);
    write_words(&figure, f, clouds);
    write_cells(&figure, f, clouds);
    return figure_close(&figure);
}

/* The points at which something scripted happens; all where none does. */
static bool is_wanted(const struct plot *plot, size_t point)
{
    sqlite3_stmt *row = plot_query(plot, "SELECT count(*), coalesce(sum(point_id = ?), 0) FROM incident_mark");
    sqlite3_bind_int64(row, 1, plot->points[point].id);
    bool wanted = sqlite3_step(row) != SQLITE_ROW || sqlite3_column_int64(row, 0) == 0 || sqlite3_column_int64(row, 1) > 0;
    sqlite3_finalize(row);
    return wanted;
}

int plot_fleet(const struct plot *plot)
{
    struct fleet f = {.plot = plot};
    size_t page = 0;
    read_sites(&f);
    for (f.point = 0; f.point < plot->point_count && page < PAGES_MOST; f.point++) {
        if (!is_wanted(plot, f.point))
            continue;
        read_grid(&f);
        if (f.cells == 0)
            continue;
        read_shares(&f);
        int code = draw_page(&f, page++);
        if (code != 0)
            return code;
    }
    return 0;
}
