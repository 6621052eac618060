#include "sim/command/command_progress.h"
#include "sim/base/arena.h"
#include "sim/base/message.h"
#include "sim/results/store.h"
#include "sim/statistics/statistics.h"

#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 512, BAR = 20 };

/* On a terminal not before half a second: a short run needs no bar. */
static const double first_after_s = 0.5, plain_every_s = 10;

struct progress {
    struct arena *arena;
    const struct study *study;
    uint32_t metric, point;
    struct statistics_running *running; /* [arms], of the point */
    const char **clouds;                /* [arms]: names fit to be shown */
    uint64_t stored;
    double started, shown;
    bool terminal, silent, drawn;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void begin_point(struct progress *progress, uint32_t point)
{
    progress->point = point;
    memset(progress->running, 0, progress->study->arm_count * sizeof *progress->running);
}

static uint32_t main_metric(const struct study *study)
{
    for (uint32_t i = 0; i < study->metrics; i++)
        if (study->model->metrics[i].is_availability)
            return i;
    return 0;
}

/* The values of the point that the run goes on in. A failure costs the display, and nothing else. */
static void read_values(struct progress *progress, const struct stored *stored, struct store *store)
{
    const struct study *study = progress->study;
    struct study_task last = study_task_at(study, stored->number[stored->count - 1]);
    sqlite3_stmt *row = NULL;
    begin_point(progress, last.point);
    if (sqlite3_prepare_v2(store_database(store),
                           "SELECT m.value FROM replication r JOIN metric m ON m.replication_id = r.id WHERE r.point_id = ?1"
                           " AND r.cloud_id = ?2 AND r.outer_draw = 0 AND m.name = ?3 ORDER BY r.rep",
                           -1, &row, NULL) != SQLITE_OK)
        return;
    for (size_t arm = 0; arm < study->arm_count; arm++) {
        sqlite3_bind_int64(row, 1, store_point_id(study->points[last.point].label));
        sqlite3_bind_int64(row, 2, store_cloud_id(study->arms[arm].name));
        sqlite3_bind_text(row, 3, study->model->metrics[progress->metric].name, -1, SQLITE_STATIC);
        while (sqlite3_step(row) == SQLITE_ROW)
            statistics_running_add(&progress->running[arm], sqlite3_column_type(row, 0) == SQLITE_NULL
                                                                ? (double)NAN
                                                                : sqlite3_column_double(row, 0));
        sqlite3_reset(row);
    }
    sqlite3_finalize(row);
}

struct progress *progress_open(struct arena *arena, const struct study *study, const struct stored *stored,
                               struct store *store, bool quiet)
{
    struct progress *progress = arena_new(arena, struct progress);
    *progress = (struct progress){.arena = arena, .study = study, .metric = main_metric(study), .silent = quiet, .started = seconds()};
    progress->terminal = isatty(STDERR_FILENO) != 0;
    progress->shown = progress->started;
    progress->running = arena_array(arena, study->arm_count, struct statistics_running);
    progress->clouds = arena_array(arena, study->arm_count, const char *);
    for (size_t arm = 0; arm < study->arm_count; arm++)
        progress->clouds[arm] = message_show(arena, study->arms[arm].name);
    if (stored != NULL && stored->count > 0) {
        progress->stored = stored->count;
        if (!quiet && store != NULL)
            read_values(progress, stored, store);
    }
    return progress;
}

void progress_add(struct progress *progress, struct study_task task, uint32_t arm, const struct sim_record *record)
{
    if (task.point != progress->point)
        begin_point(progress, task.point);
    if (task.outer_draw == 0 && record->metric_count > 0)
        statistics_running_add(&progress->running[arm], record->metric_values[progress->metric]);
}

/* --- One line --- */

struct line {
    char text[LINE];
    size_t length;
};

static void add(struct line *line, const char *format, ...) NINES_PRINTF(2, 3);

static void add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line->text + line->length, sizeof line->text - line->length, format, arguments);
    va_end(arguments);
    if (written > 0)
        line->length += (size_t)written;
    if (line->length >= sizeof line->text)
        line->length = sizeof line->text - 1;
}

static void add_time(struct line *line, double s)
{
    if (s < 90)
        add(line, "%.0f s left", s);
    else if (s < 5400)
        add(line, "%.0f min left", s / 60);
    else
        add(line, "%.1f h left", s / 3600);
}

static void add_bar(struct line *line, uint64_t done, uint64_t total)
{
    int full = total > 0 ? (int)(BAR * done / total) : 0;
    add(line, "[%.*s%.*s] ", full, "####################", BAR - full, "....................");
}

static void add_intervals(struct line *line, const struct progress *progress)
{
    const struct study *study = progress->study;
    const struct sim_metric *metric = &study->model->metrics[progress->metric];
    double scale = metric->is_availability ? 100 : 1;
    bool first = true;
    for (size_t arm = 0; arm < study->arm_count; arm++) {
        struct statistics s = statistics_running_end(&progress->running[arm], value_number(&study->scenario->root, "level"));
        if (isnan(s.ci_low))
            continue;
        if (first)
            add(line, "; %s%s%s", study->point_count > 1 ? message_show(progress->arena, study->points[progress->point].label) : "",
                study->point_count > 1 ? " " : "", metric->name);
        first = false;
        if (metric->is_availability && s.mean >= 1) {
            add(line, ", %s no failure", progress->clouds[arm]); /* which is a bound, not a hundred per cent */
            continue;
        }
        add(line, ", %s %.6g +- %.2g", progress->clouds[arm], scale * s.mean, scale * (s.ci_high - s.ci_low) / 2);
        if (metric->is_availability)
            add(line, " %%");
    }
}

static size_t columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total)
{
    double now = seconds(), elapsed = now - progress->started;
    struct line line = {.length = 0};
    if (progress->silent || (progress->terminal ? elapsed < first_after_s : now - progress->shown < plain_every_s))
        return;
    progress->shown = now;
    if (progress->terminal)
        add_bar(&line, done, total);
    add(&line, "%" PRIu64 " of %" PRIu64 " replications", done, total);
    if (done > progress->stored) {
        add(&line, ", ");
        add_time(&line, elapsed * (double)(total - done) / (double)(done - progress->stored));
    }
    add_intervals(&line, progress);
    /* A line that wraps could not be drawn over; the last column stays free for the same reason. */
    if (progress->terminal && line.length >= columns())
        line.text[columns() - 1] = '\0';
    fprintf(stderr, progress->terminal ? "\r\033[K%s" : "%s\n", line.text);
    fflush(stderr);
    progress->drawn = progress->terminal;
}

void progress_end(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
}
