#include "models/commands/import.h"

#include "sim/base/csv.h"
#include "sim/base/message.h"
#include "sim/base/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The archive's per-service traces count seconds from 2018-01-01T00:00:00Z. */
#define ARCHIVE_ZERO_S 1514764800.0

/* Columns of a table, -1 where it has none. */
struct columns {
    int start, end, severity, vendor, service, place;
};

/* What the header says the table is; IMPORT_TABLES: none of ours. */
static enum import_table table_of(const struct csv *csv, enum import_kind kind)
{
    if (kind == IMPORT_INTERVALS)
        return TABLE_INTERVALS;
    if (csv_find(csv, "start_time") >= 0 && csv_find(csv, "service") >= 0)
        return TABLE_SERVICE;
    if (csv_find(csv, "vendor") >= 0 && csv_find(csv, "service") >= 0 && csv_find(csv, "location") >= 0)
        return TABLE_POSTS;
    if (csv_find(csv, "vendor") >= 0 && csv_find(csv, "region") >= 0)
        return TABLE_REGIONS;
    if (csv_find(csv, "provider") >= 0 && csv_find(csv, "severity_peak_over_provider_max") >= 0)
        return TABLE_USERS;
    return IMPORT_TABLES;
}

static struct columns columns_of(struct csv *csv, enum import_table table)
{
    struct columns c = {-1, -1, -1, -1, -1, -1};
    bool archive = table != TABLE_INTERVALS && table != TABLE_SERVICE;
    c.start = csv_need(csv, table == TABLE_INTERVALS ? "start" : archive ? "start_utc" : "start_time");
    c.end = csv_need(csv, table == TABLE_INTERVALS ? "end" : archive ? "end_utc" : "end_time");
    c.severity = csv_find(csv, table == TABLE_USERS ? "severity_peak_over_provider_max" : "severity");
    c.vendor = csv_find(csv, table == TABLE_USERS ? "provider" : "vendor");
    c.service = csv_find(csv, "service");
    c.place = csv_find(csv, table == TABLE_INTERVALS ? "component" : table == TABLE_REGIONS ? "region" : "location");
    return c;
}

/* Seconds, or a UTC time. */
static bool read_time(struct csv *csv, int column, double *seconds)
{
    const char *text = csv->field[column], *why = "";
    char *end;
    int64_t utc;
    *seconds = strtod(text, &end);
    if (end != text && *end == '\0' && fabs(*seconds) < 1e12)
        return true;
    if (units_utc(text, &utc, &why)) {
        *seconds = (double)utc;
        return true;
    }
    csv_error(csv, "%s: '%s' is neither seconds nor a time such as 2018-01-01T00:00:00Z", csv->header[column],
              message_show(csv->arena, text));
    return false;
}

static const char *field(const struct csv *csv, int column)
{
    return column < 0 ? "" : csv->field[column];
}

static void read_row(struct import_data *data, struct csv *csv, enum import_table table, const struct columns *c)
{
    struct import_outage outage = {.severity = 1, .table = table};
    if (!read_time(csv, c->start, &outage.start_s) || !read_time(csv, c->end, &outage.end_s))
        return;
    if (outage.end_s <= outage.start_s) {
        csv_error(csv, "the outage does not end after it starts");
        return;
    }
    if (c->severity >= 0 && csv->field[c->severity][0] != '\0')
        outage.severity = csv_number(csv, c->severity, 0, 1);
    if (table == TABLE_SERVICE) {
        outage.start_s += ARCHIVE_ZERO_S;
        outage.end_s += ARCHIVE_ZERO_S;
    }
    outage.vendor = field(csv, c->vendor);
    outage.service = field(csv, c->service);
    outage.place = field(csv, c->place);
    data->outage[data->outages++] = outage;
}

bool import_read(struct import_data *data, enum import_kind kind, const char *path, int *code)
{
    struct csv csv;
    if (!csv_open(&csv, data->arena, path, code))
        return false;
    enum import_table table = table_of(&csv, kind);
    *code = EXIT_USAGE;
    if (table == IMPORT_TABLES) {
        message_error("the archive's tables are operator_events.csv, region_incidents.csv, user_events.csv and traces/*.csv; for a "
                      "table of start,end[,severity][,component] say 'nines import intervals'",
                      "%s is no table of the uptime archive", message_show(data->arena, path));
        return false;
    }
    struct columns columns = columns_of(&csv, table);
    struct import_outage *larger = arena_array(data->arena, data->outages + csv_rows_most(&csv), struct import_outage);
    if (data->outages > 0)
        memcpy(larger, data->outage, data->outages * sizeof *larger);
    data->outage = larger;
    data->has[table] = true;
    while (csv.errors < CSV_ERRORS_MOST && columns.start >= 0 && columns.end >= 0 && csv_next(&csv))
        read_row(data, &csv, table, &columns);
    csv_close(&csv);
    return csv.errors == 0;
}
