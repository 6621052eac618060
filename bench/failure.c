/* Failure and repair: N nodes, up for Exp(1000 h) and down for Exp(4 h), in racks of 40 that fail as a whole (up Exp(1
 * y), down Exp(2 h)) and take all their nodes down; one year; the up time of every node and the time-weighted share of
 * nodes that are up.
 *
 * Every node and every rack draws from a counter-based stream of its own, so that one more node changes nothing for the
 * others. A node remembers only how many draws it has taken. Its up time is a sum of signed instants: coming up
 * subtracts the time, going down adds it, so no "since" is kept.
 *
 * The bare loop has no engine, no racks, and one fast generator for all nodes. */
#include "bench/bare.h"
#include "bench/bench.h"

#include "sim/engine/engine.h"
#include "sim/chance/random.h"
#include "sim/engine/timeweighted.h"

enum { RACK_NODES = 40 };
static const int64_t YEAR_US = 365 * US_PER_DAY;
static const double NODE_UP_US = 1000 * 3.6e9, NODE_DOWN_US = 4 * 3.6e9;
static const double RACK_UP_US = 8760 * 3.6e9, RACK_DOWN_US = 2 * 3.6e9;

struct node {
    int64_t up_us; /* up time, but for the instant it came up */
    uint32_t draws;
    bool down;
};

struct outcome {
    double seconds, bytes, availability;
    uint64_t events;
};

/* What draws belong to: the members of a family of streams, and mean times up and down. */
struct kind {
    struct stream_members family;
    uint32_t action;
    double mean_us[2];
};

struct fleet {
    struct kind node_kind, rack_kind;
    struct node *node, *rack;
    uint32_t nodes, racks;
    struct timeweighted up;
};

static int64_t draw_us(struct stream *stream, double mean_us)
{
    return (int64_t)(stream_exponential(stream) * mean_us);
}

/* Schedules the repair of what is down. Its detail is the up time that follows: one block of the generator gives both.
 */
static void schedule_repair(struct engine *engine, const struct kind *kind, uint32_t index, struct node *entity)
{
    struct stream stream = stream_open_at(stream_member(kind->family, index), entity->draws);
    int64_t down_us = draw_us(&stream, kind->mean_us[1]);
    int64_t next_up_us = draw_us(&stream, kind->mean_us[0]);
    entity->draws = (uint32_t)stream.draw;
    instant at = {engine_now(engine).us + down_us};
    engine_schedule(engine, at, 0, kind->action, index, (uint64_t)next_up_us);
}

static void schedule_failure(struct engine *engine, const struct kind *kind, uint32_t index, int64_t up_us)
{
    engine_schedule(engine, (instant){engine_now(engine).us + up_us}, 0, kind->action, index, 0);
}

/* Starts in equilibrium; what is left of an exponential time is one again. Leaves the stream at the start of a block.
 */
static void start_entity(struct engine *engine, const struct kind *kind, uint32_t index, struct node *entity)
{
    struct stream stream = stream_open(stream_member(kind->family, index));
    entity->down = stream_chance(&stream, kind->mean_us[1] / (kind->mean_us[0] + kind->mean_us[1]));
    int64_t up_us = draw_us(&stream, kind->mean_us[0]);
    entity->draws = (uint32_t)(stream.draw + stream.draw % 2);
    if (entity->down)
        schedule_repair(engine, kind, index, entity);
    else
        schedule_failure(engine, kind, index, up_us);
}

static void node_toggle(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct fleet *f = context;
    struct node *node = &f->node[index];
    int64_t now = engine_now(engine).us;
    node->down = !node->down;
    if (!f->rack[index / RACK_NODES].down) {
        node->up_us += node->down ? now : -now;
        timeweighted_add(&f->up, (instant){now}, node->down ? -1 : 1);
    }
    if (node->down)
        schedule_repair(engine, &f->node_kind, index, node);
    else
        schedule_failure(engine, &f->node_kind, index, (int64_t)detail);
}

static void rack_toggle(void *context, struct engine *engine, uint32_t index, uint64_t detail)
{
    struct fleet *f = context;
    struct node *rack = &f->rack[index];
    int64_t now = engine_now(engine).us, change = 0;
    uint32_t end = (index + 1) * RACK_NODES < f->nodes ? (index + 1) * RACK_NODES : f->nodes;
    rack->down = !rack->down;
    for (uint32_t i = index * RACK_NODES; i < end; i++) {
        if (f->node[i].down)
            continue;
        f->node[i].up_us += rack->down ? now : -now;
        change += rack->down ? -1 : 1;
    }
    timeweighted_add(&f->up, (instant){now}, change);
    if (rack->down)
        schedule_repair(engine, &f->rack_kind, index, rack);
    else
        schedule_failure(engine, &f->rack_kind, index, (int64_t)detail);
}

/* Sum of the nodes' up times, which must be what the fleet's mean says. */
static double nodes_up_us(const struct fleet *f)
{
    double sum = 0;
    for (uint32_t i = 0; i < f->nodes; i++) {
        bool up = !f->node[i].down && !f->rack[i / RACK_NODES].down;
        sum += (double)(f->node[i].up_us + (up ? YEAR_US : 0));
    }
    return sum;
}

static struct outcome nines_year(uint32_t nodes, uint64_t replication)
{
    struct arena arena;
    struct outcome o = {.bytes = bench_resident_bytes()};
    double begin = bench_seconds();
    arena_open(&arena, 0);
    struct fleet f = {.nodes = nodes, .racks = (nodes + RACK_NODES - 1) / RACK_NODES};
    f.node = arena_array(&arena, nodes, struct node);
    f.rack = arena_array(&arena, f.racks, struct node);
    struct engine *engine = engine_create(&arena, &(struct engine_options){.capacity = nodes + f.racks});
    f.node_kind = (struct kind){
        stream_members(stream_key(1, replication, "node")), engine_action(engine, node_toggle, &f), {NODE_UP_US, NODE_DOWN_US}};
    f.rack_kind = (struct kind){
        stream_members(stream_key(1, replication, "rack")), engine_action(engine, rack_toggle, &f), {RACK_UP_US, RACK_DOWN_US}};
    engine_fetch(engine, f.node_kind.action, f.node, sizeof *f.node);
    int64_t up = 0;
    for (uint32_t i = 0; i < f.racks; i++)
        start_entity(engine, &f.rack_kind, i, &f.rack[i]);
    for (uint32_t i = 0; i < nodes; i++) {
        start_entity(engine, &f.node_kind, i, &f.node[i]);
        up += !f.node[i].down && !f.rack[i / RACK_NODES].down;
    }
    timeweighted_start(&f.up, (instant){0}, up);
    o.events = engine_run(engine, (instant){YEAR_US});
    o.availability = timeweighted_mean(&f.up, (instant){YEAR_US}) / nodes;
    o.seconds = bench_seconds() - begin;
    o.bytes = (bench_resident_bytes() - o.bytes) / nodes;
    double other = nodes_up_us(&f) / (double)YEAR_US / nodes;
    check(other - o.availability < 1e-9 && o.availability - other < 1e-9, "nodes %.12f, fleet %.12f", other,
          o.availability);
    arena_close(&arena);
    return o;
}

/* Nodes alone; the version of an entry says whether it is a repair. */
static struct outcome bare_year(uint32_t nodes, uint64_t replication)
{
    struct outcome o = {.bytes = bench_resident_bytes()};
    double begin = bench_seconds();
    struct stream stream = stream_open(stream_key(1, replication, "bare"));
    struct ring *ring = ring_open(nodes, nodes * 2 / (NODE_UP_US + NODE_DOWN_US));
    int64_t *up_us = bench_alloc(nodes, sizeof *up_us), up = nodes, since = 0;
    double area = 0;
    memset(up_us, 0, nodes * sizeof *up_us);
    for (uint32_t i = 0; i < nodes; i++)
        ring_push(ring, entry_make((int64_t)(stream_exponential(&stream) * NODE_UP_US), 0, i));
    for (wide entry; entry_us(entry = ring_pop(ring)) <= YEAR_US; o.events++) {
        int64_t now = entry_us(entry);
        uint32_t repaired = (uint32_t)(entry >> 32), index = (uint32_t)entry;
        area += (double)up * (double)(now - since);
        since = now;
        up += repaired ? 1 : -1;
        up_us[index] += repaired ? -now : now;
        double mean_us = repaired ? NODE_UP_US : NODE_DOWN_US;
        ring_push(ring, entry_make(now + (int64_t)(stream_exponential(&stream) * mean_us), !repaired, index));
    }
    o.availability = (area + (double)up * (double)(YEAR_US - since)) / (double)YEAR_US / nodes;
    o.seconds = bench_seconds() - begin;
    o.bytes = (bench_resident_bytes() - o.bytes) / nodes;
    free(up_us);
    ring_close(ring);
    return o;
}

static struct outcome repeat(struct outcome (*year)(uint32_t, uint64_t), uint32_t nodes)
{
    struct outcome o = {0};
    double seconds[BENCH_REPEATS], bytes = 0;
    for (int i = 0; i < BENCH_REPEATS; i++) {
        o = year(nodes, (uint64_t)i);
        seconds[i] = o.seconds;
        bytes = o.bytes > bytes ? o.bytes : bytes; /* later repetitions may reuse pages of earlier ones */
    }
    o.seconds = bench_median(seconds);
    o.bytes = bytes;
    return o;
}

/* Nanoseconds of an exponential draw: from one stream, and two at a time from an entity's own, opened anew by its
 * index. */
static void print_draws(void)
{
    enum { DRAWS = 5000000, ENTITIES = 1024 };
    double one[BENCH_REPEATS], own[BENCH_REPEATS], sum = 0;
    struct stream_key family = stream_key(1, 0, "draws");
    struct stream_members entities = stream_members(family);
    struct stream stream = stream_open(family);
    for (int r = 0; r < BENCH_REPEATS; r++) {
        double begin = bench_seconds();
        for (int i = 0; i < DRAWS; i++)
            sum += stream_exponential(&stream);
        one[r] = (bench_seconds() - begin) / DRAWS * 1e9;
        begin = bench_seconds();
        for (uint32_t i = 0; i < DRAWS / 2; i++) {
            struct stream entity = stream_open_at(stream_member(entities, i % ENTITIES), i / ENTITIES * 2);
            sum += stream_exponential(&entity);
            sum += stream_exponential(&entity);
        }
        own[r] = (bench_seconds() - begin) / DRAWS * 1e9;
    }
    double one_ns = bench_median(one), own_ns = bench_median(own);
    printf("an exponential draw: %.1f ns from one stream, %.1f ns from an entity's own, two at a time (aim 3)%s\n",
           one_ns, own_ns, sum > 0 ? "" : "?");
}

int main(void)
{
    static const struct {
        uint32_t nodes;
        const char *bounds;
    } row[] = {{10000, ""}, {100000, "rate floor 0.6, aim 1.5"}, {1000000, "3 s and 128 B, aim 1.2 s and 64 B"}};
    bench_pin();
    printf("failure and repair, one year, median of %d\n", BENCH_REPEATS);
    printf("%8s %8s %7s %8s %7s %6s %6s %9s  %s\n", "", "nines", "bare", "of bare", "M node-", "B per", "B per",
           "availa-", "");
    printf("%8s %8s %7s %8s %7s %6s %6s %9s  %s\n", "nodes", "s", "s", "speed", "y per s", "node", "bare", "bility",
           "floor, aim");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct outcome nines = repeat(nines_year, row[i].nodes), bare = repeat(bare_year, row[i].nodes);
        printf("%8u %8.3f %7.3f %7.0f%% %7.2f %6.0f %6.0f %9.6f  %s\n", row[i].nodes, nines.seconds, bare.seconds,
               100 * bare.seconds / nines.seconds * (double)nines.events / (double)bare.events,
               row[i].nodes / nines.seconds / 1e6, nines.bytes, bare.bytes, nines.availability, row[i].bounds);
        fflush(stdout);
    }
    print_draws();
    return 0;
}
