/* The map: where it happened. For each point a table, a row for each site and a column for each cloud, which the slider plays; as it is
 * written it shows the point's darkest hour.
 *
 * Numbers are those of the strips: thousandths of a percent, rounded down, -1 where nothing is known; a cell of the time axis that stands for
 * several steps shows the lowest of them. */
#include "sim/report/report_internal.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

enum { SITES_MOST = 12, ROWS_MOST = 240, STEPS_MOST = 1 << 20 };

struct report_map {
    const struct report *report;
    size_t cells;
    double cell_s;
    const char **site;         /* [sites], as the file has them */
    size_t sites, shown;       /* rows of a table */
    size_t points;             /* that have one */
    int *value;                /* [points][sites][clouds][cells] */
    size_t *row;               /* [points][shown] site */
};

static int *values_of(const struct report_map *map, size_t point, size_t site, size_t cloud)
{
    return &map->value[((point * map->sites + site) * map->report->data.cloud_count + cloud) * map->cells];
}

/* --- Reading --- */

/* A file of before the table has none. */
static bool read_sites(struct report_map *map)
{
    struct arena *arena = map->report->arena;
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store_database(map->report->store),
                           "SELECT name, count(*) OVER () FROM part WHERE kind = 'site' ORDER BY position", -1, &row, NULL) != SQLITE_OK)
        return false;
    while (sqlite3_step(row) == SQLITE_ROW) {
        if (map->site == NULL)
            map->site = arena_array(arena, (size_t)sqlite3_column_int64(row, 1), const char *);
        const char *name = (const char *)sqlite3_column_text(row, 0);
        map->site[map->sites++] = arena_text(arena, name != NULL ? name : "");
    }
    return sqlite3_finalize(row) == SQLITE_OK && map->sites > 0;
}

/* A span of the part lies over one cell of the time axis, or over several. */
static void take(const struct report_map *map, int *values, double t_s, double span_s, double mean)
{
    double from = floor(t_s / map->cell_s + 1e-9), to = ceil((t_s + span_s) / map->cell_s - 1e-9);
    int value = report_thousandths(mean);
    for (double cell = from; cell >= 0 && cell < to && cell < (double)map->cells; cell++) {
        int *shown = &values[(size_t)cell];
        if (value >= 0 && (*shown < 0 || value < *shown))
            *shown = value;
    }
}

static bool read_site(const struct report_map *map, size_t point, size_t site)
{
    const struct compare_data *data = &map->report->data;
    sqlite3_stmt *row = NULL;
    for (size_t c = 0; c < data->cloud_count; c++)
        for (size_t i = 0; i < map->cells; i++)
            values_of(map, point, site, c)[i] = -1;
    if (sqlite3_prepare_v2(store_database(map->report->store),
                           "SELECT cloud_id, t_s, span_s, mean FROM part_series WHERE kind = 'site' AND point_id = ? AND name = ?", -1, &row,
                           NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_int64(row, 1, data->points[point].id);
    sqlite3_bind_text(row, 2, map->site[site], -1, SQLITE_STATIC);
    while (sqlite3_step(row) == SQLITE_ROW)
        for (size_t c = 0; c < data->cloud_count; c++)
            if (data->clouds[c].id == sqlite3_column_int64(row, 0) && sqlite3_column_double(row, 2) > 0)
                take(map, values_of(map, point, site, c), sqlite3_column_double(row, 1), sqlite3_column_double(row, 2),
                     sqlite3_column_double(row, 3));
    return sqlite3_finalize(row) == SQLITE_OK;
}

/* --- What to show --- */

/* The lowest value of a site at a point under any cloud, and the cell in which it is; nothing known: above all. */
static int lowest_of(const struct report_map *map, size_t point, size_t site, size_t *cell)
{
    int lowest = REPORT_WHOLE + 1;
    *cell = 0;
    for (size_t c = 0; c < map->report->data.cloud_count; c++)
        for (size_t i = 0; i < map->cells; i++) {
            int value = values_of(map, point, site, c)[i];
            if (value >= 0 && value < lowest) {
                lowest = value;
                *cell = i;
            }
        }
    return lowest;
}

/* The darkest sites, in declared order. */
static void choose_rows(struct report_map *map, size_t point)
{
    bool *taken = arena_array(map->report->arena, map->sites, bool);
    int *lowest = arena_array(map->report->arena, map->sites, int);
    size_t cell, *row = &map->row[point * map->shown];
    for (size_t s = 0; s < map->sites; s++)
        lowest[s] = lowest_of(map, point, s, &cell);
    for (size_t i = 0; i < map->shown; i++) {
        size_t darkest = SIZE_MAX;
        for (size_t s = 0; s < map->sites; s++)
            if (!taken[s] && (darkest == SIZE_MAX || lowest[s] < lowest[darkest]))
                darkest = s;
        taken[darkest] = true;
    }
    for (size_t s = 0; s < map->sites; s++)
        if (taken[s])
            *row++ = s;
}

struct report_map *report_map_open(const struct report *report, size_t cells, double cell_s, size_t points, bool *fine)
{
    struct report_map *map = arena_new(report->arena, struct report_map);
    *map = (struct report_map){.report = report, .cells = cells, .cell_s = cell_s};
    *fine = true;
    if (!read_sites(map) || map->sites * cells > STEPS_MOST)
        return NULL;
    map->shown = map->sites < SITES_MOST ? map->sites : SITES_MOST;
    size_t a_point = map->shown * report->data.cloud_count;
    map->points = points * a_point <= ROWS_MOST ? points : ROWS_MOST / a_point;
    map->value = arena_array(report->arena, map->points * map->sites * report->data.cloud_count * cells + 1, int);
    map->row = arena_array(report->arena, map->points * map->shown + 1, size_t);
    for (size_t p = 0; p < map->points; p++) {
        for (size_t s = 0; *fine && s < map->sites; s++)
            *fine = read_site(map, p, s);
        if (!*fine)
            return NULL;
        choose_rows(map, p);
    }
    return map;
}

/* --- Writing --- */

/* Percent, rounded down: 100 is all. page.js writes the same. */
static const char *number_of(struct arena *arena, int value)
{
    return value < 0               ? "&ndash;"
           : value >= REPORT_WHOLE ? "100"
           : value >= 99000        ? arena_format(arena, "%d.%02d", value / 1000, value / 10 % 100)
           : value >= 90000        ? arena_format(arena, "%d.%d", value / 1000, value / 100 % 10)
                                   : arena_format(arena, "%d", value / 1000);
}

static size_t worst_cell(const struct report_map *map, size_t point)
{
    size_t worst = 0, cell;
    int lowest = REPORT_WHOLE + 1;
    for (size_t s = 0; s < map->sites; s++) {
        int value = lowest_of(map, point, s, &cell);
        worst = value < lowest ? cell : worst;
        lowest = value < lowest ? value : lowest;
    }
    return worst;
}

void report_map_put(const struct report_map *map, size_t point, const char *(*time_of)(const void *context, size_t cell), const void *context)
{
    if (map == NULL || point >= map->points)
        return;
    const struct report *report = map->report;
    size_t clouds = report->data.cloud_count, cell = worst_cell(map, point);
    fprintf(report->out, "<div class=wide tabindex=0 role=region aria-label=\"Map of the sites, %s\"><table class=map><caption>Replicas up by home site, in %%, at"
                         " <span class=when>%s UTC</span>%s</caption><thead><tr><th scope=col>Site", report->points[point],
            time_of(context, cell), map->shown < map->sites ? arena_format(report->arena, "; the %zu darkest of %zu sites", map->shown, map->sites) : "");
    for (size_t c = 0; c < clouds; c++)
        fprintf(report->out, "<th scope=col>%s", report->clouds[c]);
    fputs("</thead><tbody>\n", report->out);
    for (size_t r = 0; r < map->shown; r++) {
        size_t site = map->row[point * map->shown + r];
        fprintf(report->out, "<tr><th scope=row>%s", report_name(report->arena, map->site[site]));
        for (size_t c = 0; c < clouds; c++) {
            int value = values_of(map, point, site, c)[cell];
            fprintf(report->out, "<td data-site=%zu class=%s>%s", (point * map->shown + r) * clouds + c,
                    value < 0 ? "sx" : arena_format(report->arena, "s%d", report_level(value)), number_of(report->arena, value));
        }
        fputc('\n', report->out);
    }
    fputs("</tbody></table></div>\n", report->out);
}

void report_map_data(const struct report_map *map)
{
    size_t rows = 0;
    if (map == NULL)
        return;
    FILE *out = map->report->out;
    fputs(",\"levels\":[", out);
    for (int level = 0; level < REPORT_LEVELS; level++)
        fprintf(out, "%s%d", level > 0 ? "," : "", report_level_from(level));
    fputs("],\"site\":[", out);
    for (size_t p = 0; p < map->points; p++)
        for (size_t r = 0; r < map->shown; r++)
            for (size_t c = 0; c < map->report->data.cloud_count; c++) {
                const int *values = values_of(map, p, map->row[p * map->shown + r], c);
                fputs(rows++ > 0 ? ",[" : "[", out);
                for (size_t i = 0; i < map->cells; i++)
                    fprintf(out, "%s%d", i > 0 ? "," : "", values[i]);
                fputc(']', out);
            }
    fputc(']', out);
}
