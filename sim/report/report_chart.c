/* The charts of `nines plot`, each an image within the page: as an image it can neither run a script nor share ids with its neighbours. */
#include "sim/base/message.h"
#include "sim/report/report_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In the order of the page; a chart that is not here comes after them under its own name. */
static const struct about {
    const char *name, *title, *text;
} known[] = {
    {"availability", "Availability over time", "Share of what should be up that is up, by cloud, over the period, with its interval and the incidents."},
    {"blast", "Blast radius over time", "Share of services that are down at once, by cloud, over the period."},
    {"radius", "Blast radius", "Share of the time in which at least so many services are down at once, by cloud."},
    {"fleet", "Where it happened", "Share of the replicas at home at each site that are up, by cloud, before, at the worst, half way back and after."},
    {"recovery", "Recovery", "Share that is back after an incident, by cloud, beside the published points."},
    {"nines", "Availability of each point", "Availability of every cloud and point with its interval, on an axis of nines. The numbers are in the tables below."},
    {"difference", "Paired differences", "Differences between clouds with their intervals and zero. The numbers are in the tables below."},
    {"downtime", "Outages by length", "Share of outages that last longer than a given time, by cloud."},
    {"cost", "Cost against availability", "Cost of each cloud against its availability, both with intervals. The numbers are in the tables below."},
    {"sweep", "Along a varied input", "The main metrics of each cloud along the input that the study varies, with intervals."},
    {"heat", "Over two varied inputs", "The main metrics of each cloud over the two inputs that the study varies."},
    {"tornado", "What it hangs on", "How much each input moves the result, by rank, with intervals."},
    {"money", "Who paid whom", "Flows of money between tenants, providers and others."},
    {"gantt", "One service in time", "When one service was down under each cloud, and for which causes."},
};
enum { KNOWN = sizeof known / sizeof known[0] };

/* "availability-2.svg" is the second page of availability. */
static size_t rank_of(const char *file)
{
    size_t i = 0;
    while (i < KNOWN && strncmp(file, known[i].name, strlen(known[i].name)) != 0)
        i++;
    return i;
}

static int is_image(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".svg") == 0;
}

static int by_rank(const struct dirent **a, const struct dirent **b)
{
    size_t x = rank_of((*a)->d_name), y = rank_of((*b)->d_name);
    if (x != y)
        return (x > y) - (x < y);
    size_t i = strlen((*a)->d_name), j = strlen((*b)->d_name); /* pages of a chart: "fleet", "fleet-2", "fleet-10" */
    return i != j ? (i > j) - (i < j) : strcmp((*a)->d_name, (*b)->d_name);
}

static bool put_image(const struct report *report, const char *file)
{
    const char *path = arena_format(report->arena, "%s/%s", report->charts, file);
    FILE *in = fopen(path, "re");
    unsigned char *bytes = NULL;
    size_t count = 0, room = 0, got = 1;
    while (in != NULL && got > 0) {
        room = 2 * room + 65536;
        unsigned char *larger = realloc(bytes, room);
        if (larger == NULL)
            break;
        bytes = larger;
        got = fread(bytes + count, 1, room - count, in);
        count += got;
    }
    bool fine = in != NULL && got == 0 && !ferror(in);
    if (!fine)
        message_error(NULL, "cannot read '%s': %s", message_show(report->arena, path), strerror(errno));
    if (in != NULL)
        fclose(in);
    size_t rank = rank_of(file);
    const char *name = report_text(report->arena, arena_format(report->arena, "%.*s", (int)(strlen(file) - 4), file));
    struct about other = {name, name, arena_format(report->arena, "The chart %s of nines plot, which its manual explains.", name)};
    const struct about *about = rank < KNOWN ? &known[rank] : &other;
    const char *page = rank < KNOWN && name[strlen(about->name)] == '-' ? name + strlen(about->name) + 1 : NULL;
    const char *title = page != NULL ? arena_format(report->arena, "%s, page %s", about->title, page) : about->title;
    if (fine) {
        fprintf(report->out, "<figure><h3>%s</h3><div class=chart tabindex=0 role=region aria-label=\"Chart: %s\"><img alt=\"%s\""
                             " src=\"data:image/svg+xml;base64,", title, title, about->text);
        report_base64(report->out, bytes, count);
        fputs("\"></div></figure>\n", report->out);
    }
    free(bytes);
    return fine;
}

/* The images that are chosen, between `before` and `after`; neither when there is none. */
static bool put_images(const struct report *report, int (*chosen)(const struct dirent *entry), const char *before, const char *after)
{
    struct dirent **files = NULL;
    bool fine = true;
    if (report->charts == NULL)
        return true;
    int count = scandir(report->charts, &files, chosen, by_rank);
    if (count > 0)
        fputs(before, report->out);
    for (int i = 0; i < count; i++) {
        fine = fine && put_image(report, files[i]->d_name);
        free(files[i]);
    }
    free(files);
    if (count > 0)
        fputs(after, report->out);
    return fine && count >= 0;
}

static int is_fleet(const struct dirent *entry)
{
    return is_image(entry) && strncmp(entry->d_name, "fleet", 5) == 0;
}

static int is_other(const struct dirent *entry)
{
    return is_image(entry) && !is_fleet(entry);
}

bool report_fleet(const struct report *report)
{
    return put_images(report, is_fleet, "", "");
}

bool report_charts(const struct report *report)
{
    return put_images(report, is_other, "<section id=charts aria-labelledby=charts-title><h2 id=charts-title>Charts</h2>\n", "</section>\n");
}
