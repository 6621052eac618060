/* What the numbers stand on: published figures, assumptions, where they come from. */
#include "sim/base/units.h"
#include "sim/report/report_internal.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>

/* --- Targets --- */

static void put_target(const struct report *report, const struct compare_target *target)
{
    struct arena *arena = report->arena;
    struct compare_target_texts texts = compare_target_texts(&report->data, target);
    bool surprise = compare_target_surprises(target);
    fprintf(report->out, "<tr><th scope=row>%s<small><code>%s</code>, %s, %s</small>",
            report_text(arena, target->name[0] != '\0' ? target->name : target->metric), report_metric(arena, target->metric),
            report->clouds[target->cloud], report->points[target->point]);
    fprintf(report->out, "<td>%s<small>%s to %s</small><td>%s<td class=\"words outcome-%s\">%s%s", report_escape(arena, texts.published),
            report_escape(arena, texts.low), report_escape(arena, texts.high), report_escape(arena, texts.measured),
            strcmp(target->outcome, "missed") == 0 ? "missed" : strcmp(target->outcome, "held") == 0 ? "held" : "open",
            report_text(arena, target->outcome), surprise ? "<small>not as expected</small>" : "");
    fprintf(report->out, "<td class=words>%s<small>%s", report_text(arena, target->role), report_text(arena, target->source));
    if (target->evidence[0] != '\0')
        fprintf(report->out, " (%s)", report_text(arena, target->evidence));
    fprintf(report->out, "</small>%s%s%s\n", target->reason[0] != '\0' ? "<small>" : "", report_text(arena, target->reason),
            target->reason[0] != '\0' ? "</small>" : "");
}

void report_targets(const struct report *report)
{
    if (report->data.target_count == 0)
        return;
    fputs("<section id=targets aria-labelledby=targets-title><h2 id=targets-title>Targets</h2>\n"
          "<p>Published figures that the run is held against. <em>Calibrated</em>: the figure went in, so that it comes out proves"
          " little. <em>Predicted</em>: it did not.</p>\n<div class=wide tabindex=0 role=region aria-label=Targets><table class=numbers>"
          "<caption>Held: the interval lies inside the accepted range. Missed: outside</caption><thead><tr><th scope=col>Target"
          "<th scope=col>Published<th scope=col>Measured<th scope=col class=words>Outcome<th scope=col class=words>Role and source</thead>"
          "<tbody>\n", report->out);
    for (size_t i = 0; i < report->data.target_count; i++)
        put_target(report, &report->data.targets[i]);
    fputs("</tbody></table></div></section>\n", report->out);
}

/* --- Assumptions --- */

static const char *column(const struct report *report, sqlite3_stmt *row, int index)
{
    const char *text = (const char *)sqlite3_column_text(row, index);
    return report_text(report->arena, text != NULL ? text : "");
}

bool report_assumptions(const struct report *report)
{
    const char *counts = store_marks_text(report->arena, report->data.marks);
    sqlite3_stmt *row = NULL;
    if (counts == NULL)
        return true;
    if (sqlite3_prepare_v2(store_database(report->store), "SELECT mark, path, source FROM evidence ORDER BY mark DESC, rowid", -1, &row, NULL) !=
        SQLITE_OK)
        return false;
    fprintf(report->out, "<section id=assumptions aria-labelledby=assumptions-title><h2 id=assumptions-title>Assumptions</h2>\n"
                         "<p>Inputs %s. The weakest first.</p>\n<details><summary>Every marked input</summary><div class=wide tabindex=0 role=region"
                         " aria-label=\"Marked inputs\"><table class=plain><caption>U: unsourced, an assumption. K: recalled. R: read in the"
                         " source</caption><thead><tr><th scope=col>Mark<th scope=col>Input<th scope=col>Source</thead><tbody>\n", counts);
    while (sqlite3_step(row) == SQLITE_ROW)
        fprintf(report->out, "<tr><td><span class=mark>%s</span><th scope=row><code>%s</code><td>%s\n", column(report, row, 0),
                column(report, row, 1), column(report, row, 2));
    fputs("</tbody></table></div></details></section>\n", report->out);
    return sqlite3_finalize(row) == SQLITE_OK;
}

/* --- Provenance --- */

static void put_fact(const struct report *report, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0')
        fprintf(report->out, "<div><dt>%s<dd>%s</div>\n", name, report_text(report->arena, text));
}

void report_origin(const struct report *report)
{
    struct arena *arena = report->arena;
    const struct store_run *run = &report->data.run;
    fputs("<section id=origin aria-labelledby=origin-title><h2 id=origin-title>Where this comes from</h2>\n<dl class=facts>\n", report->out);
    put_fact(report, "Command", run->command);
    put_fact(report, "Scenario", run->scenario);
    put_fact(report, "Changed", run->overrides);
    put_fact(report, "Seed", arena_format(arena, "%" PRIu64, run->seed));
    put_fact(report, "Digest", run->digest);
    put_fact(report, "Program", arena_format(arena, "nines %s, commit %s%s", run->version, run->commit_id, run->dirty ? ", changed since" : ""));
    put_fact(report, "Compiler", run->compiler);
    put_fact(report, "Libraries", run->libraries);
    put_fact(report, "Machine", arena_format(arena, "%s, %s, %" PRIu32 " threads", run->host, run->cpu, run->threads));
    put_fact(report, "Started", run->started_utc);
    put_fact(report, "Finished", run->finished_utc);
    put_fact(report, "Took", run->wall_s > 0 ? arena_format(arena, "%.0f s, %.0f s of CPU", run->wall_s, run->cpu_s) : NULL);
    for (size_t i = 0; i < report->data.cloud_count; i++) {
        const struct store_cloud *cloud = &report->data.clouds[i];
        put_fact(report, "Cloud", arena_format(arena, "%s: kind %s%s%s", cloud->name, cloud->kind, cloud->rules[0] != '\0' ? ", rules of " : "",
                                              cloud->rules));
    }
    fputs("</dl>\n<p>The same scenario and seed give the same digest on any machine: <code>nines run</code> on the results file repeats"
          " the run and compares.</p>\n<details><summary>The scenario, includes expanded</summary><pre tabindex=0>", report->out);
    report_lines(report, run->scenario_text);
    fputs("</pre></details></section>\n", report->out);
}
