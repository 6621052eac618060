#include "sim/report/report.h"

#include "sim/base/message.h"
#include "sim/plot/plot.h"
#include "sim/report/report_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- What to speak of --- */

static size_t metric_named(const struct report *report, const char *name)
{
    for (size_t i = 0; i < report->data.metric_count; i++)
        if (strcmp(report->data.metrics[i].name, name) == 0)
            return i;
    return REPORT_NONE;
}

static bool is_defined(const struct report *report, size_t metric)
{
    for (size_t i = 0; metric != REPORT_NONE && i < report->data.summary_count; i++)
        if (report->data.summaries[i].metric == metric && report->data.summaries[i].values.n > 0)
            return true;
    return false;
}

/* The same choice as the charts make: services first, and the cost of what was useful before the bill. */
static void choose_metrics(struct report *report)
{
    static const char *const costs[] = {"cost_usd_per_useful_gpu_hour", "cost_usd_per_useful_vcpu_hour", "cost_usd"};
    report->availability = metric_named(report, "availability_service");
    for (size_t i = 0; report->availability == REPORT_NONE && i < report->data.metric_count; i++)
        if (report->data.metrics[i].is_availability)
            report->availability = i;
    report->cost = REPORT_NONE;
    for (size_t i = 0; report->cost == REPORT_NONE && i < sizeof costs / sizeof costs[0]; i++)
        if (is_defined(report, metric_named(report, costs[i])))
            report->cost = metric_named(report, costs[i]);
}

static void choose_names(struct report *report)
{
    const struct compare_data *data = &report->data;
    report->clouds = arena_array(report->arena, data->cloud_count, const char *);
    report->points = arena_array(report->arena, data->point_count, const char *);
    for (size_t i = 0; i < data->cloud_count; i++)
        report->clouds[i] = report_name(report->arena, data->clouds[i].name);
    for (size_t i = 0; i < data->point_count; i++)
        report->points[i] = arena_format(report->arena, "&ldquo;%s&rdquo;", report_name(report->arena, data->points[i].label));
    /* A study of scripted points ends with all that happened; a design begins with its nominal setting. */
    report->headline = data->point_count > 0 && data->sensitivity_count == 0 ? data->point_count - 1 : 0;
}

/* --- Charts --- */

/* A run without availability has a chart only if its points are a design; one that was killed before its first replication has none. */
static int draw(struct report *report, const char *path)
{
    if (!is_defined(report, report->availability) && report->data.sensitivity_count == 0)
        return EXIT_DONE;
    const char *parent = getenv("TMPDIR");
    char *folder = arena_format(report->arena, "%s/nines-report-XXXXXX", parent != NULL && parent[0] != '\0' ? parent : "/tmp");
    if (mkdtemp(folder) == NULL) {
        message_error(NULL, "cannot make a folder '%s': %s", message_show(report->arena, folder), strerror(errno));
        return EXIT_MACHINE;
    }
    report->charts = folder;
    struct plot_options options = {.path = path, .folder = folder, .format = "svg", .width_mm = 174, .quiet = true};
    return plot_run(report->arena, &options);
}

static void remove_charts(const struct report *report)
{
    DIR *folder = report->charts != NULL ? opendir(report->charts) : NULL;
    if (folder == NULL)
        return;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (entry->d_name[0] != '.')
            unlink(arena_format(report->arena, "%s/%s", report->charts, entry->d_name));
    closedir(folder);
    rmdir(report->charts);
}

/* --- The page --- */

static int write_page(struct report *report)
{
    report_head(report);
    fputs("<main>\n", report->out);
    report_verdict(report);
    bool fine = report_course(report) && report_charts(report);
    report_sensitivity(report);
    report_numbers(report);
    report_targets(report);
    fine = fine && report_assumptions(report);
    report_origin(report);
    fputs("</main>\n<script>", report->out);
    fwrite(report_js, 1, report_js_bytes, report->out);
    fputs("</script>\n</body>\n</html>\n", report->out);
    if (!fine)
        message_error(NULL, "cannot read all of the results file");
    return fine ? EXIT_DONE : EXIT_MACHINE;
}

/* Beside its place first, so that a failure leaves an older page as it was. */
static int write_file(struct report *report, const struct report_options *options)
{
    bool to_stdout = strcmp(options->out, "-") == 0;
    const char *beside = arena_format(report->arena, "%s.tmp", options->out);
    report->out = to_stdout ? stdout : fopen(beside, "we");
    int code = report->out != NULL ? write_page(report) : EXIT_MACHINE;
    if (to_stdout)
        return code;
    bool written = report->out != NULL && !ferror(report->out);
    if (report->out != NULL && fclose(report->out) != 0)
        written = false;
    if (code == EXIT_DONE && written && rename(beside, options->out) == 0) {
        if (!options->quiet)
            printf("wrote %s\n", message_show(report->arena, options->out));
        return EXIT_DONE;
    }
    if (code == EXIT_DONE || report->out == NULL)
        message_error(NULL, "cannot write '%s': %s", message_show(report->arena, options->out), strerror(errno));
    unlink(beside);
    return EXIT_MACHINE;
}

int report_run(struct arena *arena, const struct report_options *options)
{
    struct compare_options all = {.path = options->path, .format = COMPARE_JSON};
    struct report report = {.arena = arena, .data = {.arena = arena, .options = &all}};
    int code = EXIT_MACHINE;
    if (store_open_read(&report.store, options->path))
        code = compare_load(&report.data, report.store);
    else
        message_error(NULL, "%s", message_show(arena, store_message(report.store)));
    if (code == EXIT_DONE) {
        choose_metrics(&report);
        choose_names(&report);
        code = draw(&report, options->path);
    }
    if (code == EXIT_DONE)
        code = write_file(&report, options);
    remove_charts(&report);
    store_close(report.store);
    return code;
}
