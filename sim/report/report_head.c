/* The page's head and opening. */
#include "sim/base/units.h"
#include "sim/report/report_internal.h"

#include <inttypes.h>
#include <string.h>

/* Nothing from anywhere but this file: no request can leave the page, and no script but ours runs. */
static void put_policy(const struct report *report)
{
    fprintf(report->out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline';"
                         " script-src '%s'; base-uri 'none'; form-action 'none'\">\n", report_js_hash);
}

static const char *title_of(const struct report *report)
{
    const struct store_run *run = &report->data.run;
    return report_text(report->arena, run->title[0] != '\0' ? run->title : run->scenario);
}

static void put_opening(const struct report *report)
{
    struct arena *arena = report->arena;
    const struct store_run *run = &report->data.run;
    char start[UNITS_TEXT], length[UNITS_TEXT];
    bool asked = run->question[0] != '\0';
    fprintf(report->out, "<header>\n<p class=kind>%s</p>\n<h1>%s</h1>\n", asked ? title_of(report) : "nines report",
            asked ? report_text(arena, run->question) : title_of(report));
    fprintf(report->out, "<p class=lede>%s from %s, lived through %" PRId64 " time%s%s under %s%zu cloud%s%s.",
            units_format_duration(length, duration_from_seconds(run->horizon_s)), units_format_utc(start, run->start_unix_s),
            report->data.replications, report->data.replications == 1 ? "" : "s", report->data.point_count > 1 ? " at every point" : "",
            report->data.cloud_count > 1 ? "each of " : "", report->data.cloud_count, report->data.cloud_count > 1 ? "s" : "",
            report->data.cloud_count > 1 ? ", which met the same luck" : "");
    if (run->comparison[0] != '\0')
        fprintf(report->out, " Comparison: %s.", report_text(arena, run->comparison));
    fputs("</p>\n", report->out);
    if (strcmp(run->status, "complete") != 0)
        fprintf(report->out, "<p class=warning role=note>This run is <strong>%s</strong>: the page shows what is there so far.</p>\n",
                strcmp(run->status, "running") == 0 ? "not finished" : "interrupted");
    if (run->precision_reached == 0)
        fputs("<p class=warning role=note>The asked-for precision was not reached.</p>\n", report->out);
    fputs("</header>\n", report->out);
}

void report_head(const struct report *report)
{
    fputs("<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
          "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n<meta name=color-scheme content=\"light dark\">\n", report->out);
    put_policy(report);
    fprintf(report->out, "<title>%s</title>\n<style>\n", title_of(report));
    fwrite(report_css, 1, report_css_bytes, report->out);
    fputs("</style>\n</head>\n<body>\n<a class=skip href=\"#verdict\">To the verdict</a>\n", report->out);
    put_opening(report);
}
