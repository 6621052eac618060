/* One long replication: a metric that is the mean of a series has an interval all the same, of its steady part (the table `steady`). A
 * person sees it where there is no other; programs find it in `nines export`. */
#include "sim/results/compare_page.h"
#include "sim/results/compare_row.h"

#include <string.h>

static bool read_steady(const struct compare_data *data, sqlite3_stmt *row, void *element)
{
    struct compare_steady *steady = element;
    *steady = (struct compare_steady){.point = row_point(data, row, 0), .cloud = row_cloud(data, row, 1),
                                      .metric = row_metric(data, row, 2), .values = row_statistics(row, 3),
                                      .left_out_s = row_number(row, 11), .independent = sqlite3_column_int(row, 12) != 0};
    return steady->point < data->point_count && steady->cloud < data->cloud_count && steady->metric < data->metric_count;
}

bool compare_load_steady(struct compare_data *data, struct sqlite3 *database)
{
    struct compare_rows rows;
    bool fine = compare_read(data, database,
                             "SELECT point_id, cloud_id, name, n, n_undefined, mean, sd, ci_low, ci_high, level, is_bound, left_out_s,"
                             " independent FROM steady WHERE settled AND ci_low IS NOT NULL ORDER BY rowid",
                             sizeof *data->steady, read_steady, &rows);
    data->steady = rows.element;
    data->steady_count = rows.count;
    return fine;
}

void page_steady(const struct page *page, const struct compare_summary *summary, enum compare_kind kind)
{
    const struct compare_data *data = page->data;
    char begin[UNITS_TEXT];
    bool scripted = strcmp(data->run.regime, "as happened") == 0 || strcmp(data->run.regime, "matched") == 0;
    if (scripted) /* what was scripted is no steady state */
        return;
    for (size_t i = 0; summary->values.n == 1 && i < data->steady_count; i++) {
        const struct compare_steady *s = &data->steady[i];
        if (s->point != summary->point || s->cloud != summary->cloud || s->metric != summary->metric)
            continue;
        struct compare_scale scale = compare_scale_of(&s->values, 1, kind);
        const char *from = s->left_out_s > 0 ? arena_format(page->arena, "from %s on", units_format_duration(begin, duration_from_seconds(s->left_out_s)))
                                             : "from the start";
        page_folded(page, "      ", arena_format(page->arena, "steady %s: %s %s, %u batch means%s", from,
                                                compare_number(page->arena, s->values.mean, scale, false, 0),
                                                page_interval(page, &s->values, "batch means", scale, false), (unsigned)s->values.n,
                                                s->independent ? "" : ", which are correlated: too narrow"));
    }
}
