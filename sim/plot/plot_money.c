/* Who paid whom: the ledger of each cloud as a flow from payers, left, to receivers, right, as wide as the money.
 *
 * Accounts are taken together by what stands before their last '/': tenants by the demand they belong to, providers by
 * cloud and site. Amounts are means over replications. One panel for each cloud and denomination, for they do not add up. */
#include "sim/plot/plot_internal.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { FLOWS_MOST = 4096, PANELS_MOST = 64, SIDE_MOST = 8, STEPS = 24 };

#define PANEL_MM 38.0
#define GAP_SHARE 0.035 /* of the panel, between neighbours on a side */

/* Between a payer and a receiver, for one reason. */
struct band {
    size_t from, to; /* of the sides */
    double amount;
};

/* A payer, or a receiver with the reason. */
struct end {
    const char *name;
    double amount;
    double low, high; /* on the panel, 0 to 1 */
    double used;      /* of it, by flows placed so far */
};

struct market {
    size_t cloud;
    const char *denom;
    struct end side[2][SIDE_MOST];
    size_t count[2];
    struct band flow[SIDE_MOST * SIDE_MOST];
    size_t flows;
    double total;
};

/* What the file says, before small ones are taken together. */
struct payment {
    size_t cloud;
    const char *from, *to, *denom;
    double amount;
};

struct flows {
    const struct plot *plot;
    struct payment *payments;
    size_t payment_count, left_out;
    struct market *markets;
    size_t market_count, first;
    int64_t least_n, most_n;
    struct grid grid;
};

bool plot_has_money(const struct plot *plot, const char **why)
{
    sqlite3_stmt *row = plot_query(plot, "SELECT 1 FROM ledger WHERE amount_micro > 0 LIMIT 1");
    bool has = sqlite3_step(row) == SQLITE_ROW;
    sqlite3_finalize(row);
    *why = "it has no ledger (run it with --log leases)";
    return has;
}

/* --- Reading --- */

static int64_t replications_of(struct flows *m, size_t point, size_t cloud)
{
    sqlite3_stmt *row = plot_query(m->plot, "SELECT count(*) FROM replication WHERE outer_draw = 0 AND point_id = ? AND cloud_id = ?");
    sqlite3_bind_int64(row, 1, m->plot->points[point].id);
    sqlite3_bind_int64(row, 2, m->plot->clouds[cloud].id);
    sqlite3_step(row);
    int64_t n = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return n;
}

static void read_payments(struct flows *m, size_t point)
{
    const struct plot *plot = m->plot;
    /* rtrim() takes off whatever is no '/': what is left ends with the last one. */
    sqlite3_stmt *row = plot_query(
        plot, "SELECT r.cloud_id, iif(instr(l.from_account, '/'), rtrim(rtrim(l.from_account, replace(l.from_account, '/', '')), '/'),"
              " l.from_account) AS payer,"
              " iif(instr(l.to_account, '/'), rtrim(rtrim(l.to_account, replace(l.to_account, '/', '')), '/'), l.to_account)"
              " || ': ' || l.what AS receiver, l.denom, sum(l.amount_micro) / 1e6 FROM ledger l"
              " JOIN replication r ON r.id = l.replication_id WHERE r.outer_draw = 0 AND r.point_id = ?"
              " GROUP BY 1, 2, 3, 4 HAVING sum(l.amount_micro) > 0 ORDER BY 5 DESC, 1, 2, 3, 4");
    sqlite3_bind_int64(row, 1, plot->points[point].id);
    m->payment_count = m->left_out = 0;
    m->least_n = INT64_MAX;
    m->most_n = 0;
    while (sqlite3_step(row) == SQLITE_ROW) {
        size_t cloud = plot_cloud_of(plot, sqlite3_column_int64(row, 0));
        if (cloud == plot->cloud_count)
            continue;
        if (m->payment_count == FLOWS_MOST) {
            m->left_out++;
            continue;
        }
        int64_t n = replications_of(m, point, cloud);
        m->least_n = n < m->least_n ? n : m->least_n;
        m->most_n = n > m->most_n ? n : m->most_n;
        m->payments[m->payment_count++] =
            (struct payment){cloud, plot_column_text(plot->arena, row, 1), plot_column_text(plot->arena, row, 2),
                             plot_column_text(plot->arena, row, 3), plot_column(row, 4) / (double)n};
    }
    sqlite3_finalize(row);
}

/* --- Sides --- */

/* An end of a side by its name. Payments come largest first, so those beyond the room are small: they share the last end. */
static size_t end_of(struct market *market, size_t side, const char *name)
{
    struct end *ends = market->side[side];
    for (size_t e = 0; e < market->count[side]; e++) {
        if (strcmp(ends[e].name, name) == 0)
            return e;
    }
    if (market->count[side] == SIDE_MOST - 1)
        name = "others";
    if (market->count[side] == SIDE_MOST)
        return SIDE_MOST - 1;
    ends[market->count[side]] = (struct end){.name = name};
    return market->count[side]++;
}

static struct market *market_of(struct flows *m, const struct payment *payment)
{
    for (size_t i = 0; i < m->market_count; i++) {
        if (m->markets[i].cloud == payment->cloud && strcmp(m->markets[i].denom, payment->denom) == 0)
            return &m->markets[i];
    }
    if (m->market_count == PANELS_MOST)
        return NULL;
    m->markets[m->market_count] = (struct market){.cloud = payment->cloud, .denom = payment->denom};
    return &m->markets[m->market_count++];
}

static void add_payment(struct flows *m, const struct payment *payment)
{
    struct market *market = market_of(m, payment);
    if (market == NULL) {
        m->left_out++;
        return;
    }
    size_t from = end_of(market, 0, payment->from), to = end_of(market, 1, payment->to), f = 0;
    market->side[0][from].amount += payment->amount;
    market->side[1][to].amount += payment->amount;
    market->total += payment->amount;
    while (f < market->flows && (market->flow[f].from != from || market->flow[f].to != to))
        f++;
    if (f == market->flows)
        market->flow[market->flows++] = (struct band){.from = from, .to = to};
    market->flow[f].amount += payment->amount;
}

static int order_markets(const void *a, const void *b)
{
    const struct market *x = a, *y = b;
    return x->cloud != y->cloud ? (x->cloud > y->cloud) - (x->cloud < y->cloud) : strcmp(x->denom, y->denom);
}

/* Ends stacked from the top, as high as their money. */
static void place_ends(struct market *market)
{
    for (size_t s = 0; s < 2; s++) {
        double gaps = GAP_SHARE * (double)(SIDE_MOST - 1), y = 1;
        double between = market->count[s] > 1 ? gaps / (double)(market->count[s] - 1) : 0;
        for (size_t e = 0; e < market->count[s]; e++) {
            struct end *end = &market->side[s][e];
            end->high = y;
            end->low = y - (1 - gaps) * end->amount / market->total;
            y = end->low - between;
        }
    }
}

static int order_flows(const void *a, const void *b)
{
    const struct band *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from) : (x->to > y->to) - (x->to < y->to);
}

/* --- Writing --- */

static double use(struct end *end, double amount, double *low)
{
    double high = end->high - end->used, height = (end->high - end->low) * amount / end->amount;
    end->used += height;
    *low = high - height;
    return high;
}

/* A band that leaves and arrives level: a cubic between both ends. */
static void write_flow(struct figure *figure, const struct plot *plot, struct market *market, const struct band *flow)
{
    struct end *from = &market->side[0][flow->from], *to = &market->side[1][flow->to];
    double low[2], high[2];
    high[0] = use(from, flow->amount, &low[0]);
    high[1] = use(to, flow->amount, &low[1]);
    for (int i = 0; i <= STEPS; i++) {
        double x = (double)i / STEPS, part = x * x * (3 - 2 * x);
        figure_value(figure, x, '\t');
        figure_value(figure, low[0] + (low[1] - low[0]) * part, '\t');
        figure_value(figure, high[0] + (high[1] - high[0]) * part, '\t');
        figure_value(figure, flow->amount, '\t');
        figure_word(figure, market->denom, '\t');
        figure_word(figure, from->name, '\t');
        figure_word(figure, to->name, '\t');
        figure_word(figure, plot->clouds[market->cloud].name, '\n');
    }
    fputs("\n\n", figure->data);
}

static const char *amount_text(struct arena *arena, double amount)
{
    if (amount >= 1e6)
        return arena_format(arena, "%.3g M", amount / 1e6);
    return amount >= 1e3 ? arena_format(arena, "%.3g k", amount / 1e3) : arena_format(arena, "%.3g", amount);
}

static size_t name_most(const struct plot *plot, size_t side)
{
    return plot->page_mm >= SPREAD_MM ? (side == 0 ? 20 : 32) : side == 0 ? 10 : 21;
}

/* An account of the panel's own cloud goes without its name: "akash/us-east: lease" is "us-east: lease". */
static const char *without_cloud(const struct flows *m, const struct market *market, const char *name)
{
    const char *cloud = m->plot->clouds[market->cloud].name;
    size_t length = strlen(cloud);
    return strncmp(name, cloud, length) == 0 && name[length] == '/' && name[length + 1] != '\0' ? name + length + 1 : name;
}

struct words {
    double *panel, *x, *y, *right, *bar_low, *bar_high;
    const char **text;
    size_t count;
};

static void place_words(const struct flows *m, const struct figure *figure, size_t p, struct words *words)
{
    struct arena *arena = m->plot->arena;
    const struct market *market = &m->markets[m->first + p];
    for (size_t s = 0; s < 2; s++) {
        double y[SIDE_MOST];
        for (size_t e = 0; e < market->count[s]; e++)
            y[e] = PANEL_MM * (market->side[s][e].low + market->side[s][e].high) / 2;
        plot_spread(y, market->count[s], LINE_MM, -2, PANEL_MM + 2);
        for (size_t e = 0; e < market->count[s]; e++) {
            const struct end *end = &market->side[s][e];
            size_t i = words->count++;
            words->panel[i] = (double)p + 1;
            words->right[i] = s == 0;
            words->x[i] = figure_x(figure, s == 0 ? m->grid.left[p] - 1.5 : m->grid.right[p] + 1.5);
            words->y[i] = figure_y(figure, m->grid.upper[p] + PANEL_MM - y[e]);
            words->bar_low[i] = end->low;
            words->bar_high[i] = end->high;
            words->text[i] = arena_format(arena, "%s  %s", plot_show_end(arena, without_cloud(m, market, end->name), name_most(m->plot, s)),
                                          amount_text(arena, end->amount));
        }
    }
}

static void write_words(struct figure *figure, const struct flows *m)
{
    struct arena *arena = m->plot->arena;
    size_t room = 2 * SIDE_MOST * m->grid.panels;
    struct words words = {.panel = arena_array(arena, room, double), .x = arena_array(arena, room, double),
                          .y = arena_array(arena, room, double), .right = arena_array(arena, room, double),
                          .bar_low = arena_array(arena, room, double), .bar_high = arena_array(arena, room, double),
                          .text = arena_array(arena, room, const char *)};
    for (size_t p = 0; p < m->grid.panels; p++)
        place_words(m, figure, p, &words);
    figure_numbers(figure, "end_panel", words.panel, words.count);
    figure_numbers(figure, "end_x", words.x, words.count);
    figure_numbers(figure, "end_y", words.y, words.count);
    figure_numbers(figure, "end_left", words.right, words.count);
    figure_numbers(figure, "end_low", words.bar_low, words.count);
    figure_numbers(figure, "end_high", words.bar_high, words.count);
    figure_texts(figure, "end_text", words.text, words.count);
}

/* Dollars as everybody writes them; a token as its chain does. */
static const char *denom_of(struct arena *arena, const char *denom)
{
    return strcmp(denom, "usd") == 0 ? "USD" : strcmp(denom, "usdc") == 0 ? "USDC" : plot_show(arena, denom, 10);
}

static void write_panels(struct figure *figure, const struct flows *m)
{
    struct arena *arena = m->plot->arena;
    const char *text[PLOT_PANELS], *note[PLOT_PANELS];
    double slot[PLOT_PANELS], first[PLOT_PANELS], flows[PLOT_PANELS], so_far = 0;
    for (size_t p = 0; p < m->grid.panels; p++) {
        const struct market *market = &m->markets[m->first + p];
        text[p] = arena_format(arena, "%s: %s %s", plot_show(arena, m->plot->clouds[market->cloud].name, 24),
                               amount_text(arena, market->total), denom_of(arena, market->denom));
        note[p] = "";
        slot[p] = (double)(market->cloud % 7 + 1);
        first[p] = so_far;
        flows[p] = (double)market->flows;
        so_far += flows[p];
    }
    grid_write(figure, &m->grid, text, note);
    figure_numbers(figure, "slot", slot, m->grid.panels);
    figure_numbers(figure, "first_flow", first, m->grid.panels);
    figure_numbers(figure, "flows", flows, m->grid.panels);
}

static const char *caption_of(const struct flows *m)
{
    struct arena *arena = m->plot->arena;
    const char *left_out =
        m->left_out > 0 ? arena_format(arena, "; the %zu smallest flows are left out", m->left_out) : "";
    return arena_format(arena, "Means of %s replications, over the whole run; accounts by what stands before their last '/'; after "
                               "the colon what it was for%s",
                        plot_count(arena, m->least_n, m->most_n), left_out);
}

static double side_mm(const struct plot *plot, size_t side)
{
    return SMALL_CHARACTER_MM * (double)(name_most(plot, side) + 8) + 3;
}

static int draw_page(struct flows *m, size_t point, size_t page)
{
    const struct plot *plot = m->plot;
    struct figure figure;
    const char *at = plot->point_count > 1 ? arena_format(plot->arena, "%s: ", plot->points[point].label) : "";
    figure_open(&figure, plot, "money", page, plot->page_mm, grid_height(&m->grid),
                arena_format(plot->arena, "%swho paid whom", at), caption_of(m));
    fprintf(figure.data, "# x\tlow\thigh\tamount\tdenom\tpayer\treceiver_and_reason\tcloud\n");
    grid_place(&m->grid, &figure);
    write_panels(&figure, m);
    write_words(&figure, m);
    for (size_t p = 0; p < m->grid.panels; p++) {
        struct market *market = &m->markets[m->first + p];
        for (size_t f = 0; f < market->flows; f++)
            write_flow(&figure, plot, market, &market->flow[f]);
    }
    return figure_close(&figure);
}

static void build_markets(struct flows *m)
{
    m->market_count = 0;
    for (size_t i = 0; i < m->payment_count; i++)
        add_payment(m, &m->payments[i]);
    qsort(m->markets, m->market_count, sizeof *m->markets, order_markets);
    for (size_t i = 0; i < m->market_count; i++) {
        qsort(m->markets[i].flow, m->markets[i].flows, sizeof m->markets[i].flow[0], order_flows);
        place_ends(&m->markets[i]);
    }
}

int plot_money(const struct plot *plot)
{
    struct flows m = {.plot = plot, .payments = arena_array(plot->arena, FLOWS_MOST, struct payment),
                      .markets = arena_array(plot->arena, PANELS_MOST, struct market)};
    for (size_t p = 0, page = 0; p < plot->point_count; p++) {
        read_payments(&m, p);
        build_markets(&m);
        for (m.first = 0; m.first < m.market_count; m.first += PLOT_PANELS, page++) {
            size_t left = m.market_count - m.first;
            m.grid = (struct grid){.panels = left < PLOT_PANELS ? left : PLOT_PANELS, .columns = 1, .panel_mm = PANEL_MM,
                                   .left_mm = side_mm(plot, 0), .right_mm = side_mm(plot, 1), .head_mm = 9, .gap_mm = 3};
            int code = draw_page(&m, p, page);
            if (code != 0)
                return code;
        }
    }
    return 0;
}
