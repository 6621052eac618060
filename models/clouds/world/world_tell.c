#include "models/clouds/world/world_tell.h"

#include "models/clouds/world/cloud.h"
#include "sim/scenario/scenario.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/nomalloc.h"

enum { SENTENCE = 512 };

/* What the teller keeps in mind. */
struct world_told {
    bool noticed;           /* told since the last loss */
    /* Of a job: a service's outages are the measurement's. */
    instant stands_since;   /* INSTANT_NEVER: it runs, or has not begun */
    char component[SENTENCE]; /* whose fault it is that it stands */
    const char *incident;
    const char *own;        /* the fault under way is the job's own */
};

const char *world_unit_word(const struct world *world, uint32_t workload)
{
    const struct demand_class *class = world_class(world, workload);
    bool job = class->kind == DEMAND_JOB, one = class->units == 1;
    return job ? (one ? "pod" : "pods") : (one ? "replica" : "replicas");
}

/* --- Notes ----------------------------------------------------------------------------------------------------------- */

/* How many of the workload that is told of the first part of a hybrid has; 0 in that part itself, and where there are no parts. Parts divide the
 * replicas of a service among them, or have all of them twice; pods of a job are in one part only. */
static uint32_t before_of(const struct world *world)
{
    const struct world *whole = world->whole;
    if (whole == NULL || world == whole->part[0])
        return 0;
    uint32_t all = world_class(whole, world->told)->units, own = world_class(world, world->told)->units;
    bool twice = world_class(whole, world->told)->kind == DEMAND_SERVICE && own == all && world_class(whole->part[0], world->told)->units == all;
    return twice ? all : all - own;
}

/* Which replica or pod of the workload that is told of; those that a hybrid's second part has come after the first part's. */
static uint32_t number_of(const struct world *world, uint32_t unit)
{
    return before_of(world) + unit - world->demand->workload[world->told].first_unit;
}

void world_tell_asked(struct world *world)
{
    uint32_t units = world_class(world, world->told)->units, before = before_of(world);
    const char *word = world_unit_word(world, world->told);
    if (world->whole == NULL)
        world_tell_whole(world, "asked", "asked for %" PRIu32 " %s", units, word);
    else if (units == 1)
        world_tell_whole(world, "asked", "asked for %s %" PRIu32 " of %s", word, before + 1, world->plan->name);
    else
        world_tell_whole(world, "asked", "asked for %s %" PRIu32 " to %" PRIu32 " of %s", word, before + 1, before + units, world->plan->name);
}

static void note(struct world *world, uint32_t unit, const char *what, const char *text, const char *component, const char *incident)
{
    uint32_t part = unit == COMPONENT_NONE ? SIM_WHOLE : number_of(world, unit);
    struct sim_note note = {.at = world_now(world), .part = part, .what = what, .text = text, .component = component,
                            .incident = incident, .lease = -1};
    record_note(world->record, &note);
}

void world_tell(struct world *world, uint32_t unit, const char *what, const char *format, ...)
{
    char text[SENTENCE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    note(world, unit, what, text, NULL, NULL);
}

void world_tell_whole(struct world *world, const char *what, const char *format, ...)
{
    char text[SENTENCE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    note(world, COMPONENT_NONE, what, text, NULL, NULL);
}

/* --- Faults ---------------------------------------------------------------------------------------------------------- */

struct blame {
    uint32_t culprit;
    const char *path, *incident;
    char text[SENTENCE]; /* "storage us-central/z1/su17 (incident azure)" */
};

/* The component whose fault it is that this one does not serve or, where it serves, is not managed. */
static void find_blame(const struct world *world, uint32_t component, struct blame *blame)
{
    const struct graph *graph = world->plan->graph;
    uint32_t culprit = graph_culprit(world->graph, component);
    if (culprit == COMPONENT_NONE)
        culprit = graph_grey_culprit(world->graph, component);
    blame->culprit = culprit != COMPONENT_NONE ? culprit : component;
    const struct component *what = graph_component(graph, blame->culprit);
    uint32_t cause = faults_cause(world->faults, blame->culprit);
    const char *kind = faults_cause_kind(world->faults, cause);
    blame->path = what->path;
    blame->incident = culprit != COMPONENT_NONE ? faults_cause_name(world->faults, cause) : NULL;
    if (culprit == COMPONENT_NONE)
        (void)snprintf(blame->text, sizeof blame->text, "%s %s", component_class_names[what->class], what->path);
    else if (kind != NULL)
        (void)snprintf(blame->text, sizeof blame->text, "%s %s (%s '%s')", component_class_names[what->class], what->path, kind,
                       blame->incident);
    else
        (void)snprintf(blame->text, sizeof blame->text, "%s %s (a fault of its own)", component_class_names[what->class], what->path);
}

void world_tell_wait(struct world *world, uint32_t unit, const char *what, uint32_t component, const char *format, ...)
{
    struct blame blame;
    char text[SENTENCE], whole[2 * SENTENCE + 4];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    find_blame(world, component, &blame);
    (void)snprintf(whole, sizeof whole, "%s: %s", text, blame.text);
    note(world, unit, what, whole, blame.path, blame.incident);
}

/* The verb that fits what was lost. */
static const char *failing(const struct world *world, uint32_t component)
{
    switch (graph_component(world->plan->graph, component)->class) {
    case COMPONENT_STORAGE:
        return "refuses I/O";
    case COMPONENT_RELAY:
        return "lets nobody in";
    default:
        return "is down";
    }
}

/* ", 2 of 3 up": of a service with several replicas, once the change is counted. */
struct tally {
    char text[40];
};

static struct tally tally(const struct world *world, int change)
{
    struct tally tally = {""};
    const struct demand_class *class = world_class(world, world->told);
    if (class->units > 1)
        (void)snprintf(tally.text, sizeof tally.text, ", %" PRIu32 " of %" PRIu32 " up",
                       (uint32_t)((int64_t)world->load[world->told].up + change), class->units);
    return tally;
}

void world_tell_up(struct world *world, uint32_t unit, uint32_t fraction)
{
    bool counts = fraction >= world_class(world, world->told)->up_from;
    if (fraction == GRAPH_WHOLE)
        world_tell(world, unit, "up", "up%s", tally(world, +1).text);
    else
        world_tell(world, unit, "up", "up, with %.4g %% of its service%s%s", (double)fraction * 100 / GRAPH_WHOLE,
                   counts ? "" : ", too little to count for the quorum", tally(world, +1).text);
}

void world_tell_loss(struct world *world, uint32_t unit, uint32_t component, bool lost)
{
    const struct component *what = graph_component(world->plan->graph, component);
    const struct unit *who = &world->unit[unit];
    char text[3 * SENTENCE];
    if (!lost) {
        (void)snprintf(text, sizeof text, "has %s %s back%s", component_class_names[what->class], what->path,
                       who->missing > 0 ? ", but lacks something else" : "");
        note(world, unit, "back", text, what->path, NULL);
        world->telling->noticed = true; /* what is back is no news */
        return;
    }
    struct blame blame;
    find_blame(world, component, &blame);
    bool falls = who->state == UNIT_RUNNING && who->missing == 1;
    char prefix[64];
    (void)snprintf(prefix, sizeof prefix, "%s%s: ", falls ? "down" : "loses one thing more", falls ? tally(world, -1).text : "");
    if (blame.culprit == component)
        (void)snprintf(text, sizeof text, "%s%s %s %s%s", prefix, component_class_names[what->class], what->path,
                       failing(world, component), strchr(blame.text, '(') != NULL ? strchr(blame.text, '(') - 1 : "");
    else
        (void)snprintf(text, sizeof text, "%s%s %s is lost with %s", prefix, component_class_names[what->class], what->path, blame.text);
    note(world, unit, falls ? "down" : "lost", text, blame.path, blame.incident);
    struct world_told *told = world->telling;
    (void)snprintf(told->component, sizeof told->component, "%s", blame.path);
    told->incident = blame.incident;
    told->noticed = false;
}

void world_tell_grey(struct world *world, uint32_t unit, uint32_t component)
{
    uint32_t fraction = world->unit[unit].fraction;
    if (fraction == GRAPH_WHOLE)
        world_tell(world, unit, "whole", "gives its whole service again");
    else
        world_tell_wait(world, unit, "degraded", component, "gives %.4g %% of its service", (double)fraction * 100 / GRAPH_WHOLE);
}

/* --- Places and leases ----------------------------------------------------------------------------------------------- */

void world_tell_place(struct world *world, uint32_t unit)
{
    const struct unit *what = &world->unit[unit];
    char text[SENTENCE];
    int length = snprintf(text, sizeof text, "placed on node %s", graph_component(world->plan->graph, what->dependency[0])->path);
    for (uint32_t i = 1; i < what->dependencies && length < SENTENCE; i++) {
        const struct component *more = graph_component(world->plan->graph, what->dependency[i]);
        length += snprintf(text + length, sizeof text - (size_t)length, ", %s %s", component_class_names[more->class], more->path);
    }
    note(world, unit, "placed", text, NULL, NULL);
}

void world_tell_release(struct world *world, uint32_t unit, bool falls, const char *why)
{
    struct world_told *told = world->telling;
    world_tell(world, unit, "released", "%s its place: %s", falls ? "down, gives up" : "gives up", why);
    if (!falls)
        return;
    (void)snprintf(told->component, sizeof told->component, "%s", why);
    told->incident = NULL;
}

void world_tell_lease(struct world *world, uint32_t unit, const struct sim_lease *lease)
{
    char text[SENTENCE];
    bool open = lease->reason[0] == '\0';
    (void)snprintf(text, sizeof text, "lease %" PRId64 " with %s %s%s: %.2f USD paid by then, %.4g USD/h", lease->id, lease->provider,
                   open ? "is still open" : "ends, ", lease->reason, lease->paid_usd, lease->price_usd_per_h);
    struct sim_note note = {.at = world_now(world), .part = number_of(world, unit), .what = "lease",
                            .text = text, .lease = lease->id};
    record_note(world->record, &note);
}

/* --- Jobs ------------------------------------------------------------------------------------------------------------ */

static void hours(char *buffer, size_t bytes, duration length)
{
    if (length.us < US_PER_HOUR)
        (void)snprintf(buffer, bytes, "%.1f min", duration_hours(length) * 60);
    else
        (void)snprintf(buffer, bytes, "%.1f h", duration_hours(length));
}

/* The job stood still until now. */
static void stood(struct world *world, bool censored)
{
    struct world_told *told = world->telling;
    char name[96];
    instant now = world_now(world), from = told->stands_since.us > 0 ? told->stands_since : (instant){0};
    told->stands_since = INSTANT_NEVER;
    if (now.us <= from.us)
        return;
    struct sim_outage outage = {.subject_kind = "job",
                                .subject = world_name(world, world->told, name, sizeof name),
                                .start_s = (double)from.us / 1e6,
                                .end_s = (double)now.us / 1e6,
                                .censored = censored,
                                .cause = told->component,
                                .incident = told->incident};
    record_subject_down(world->record, &outage);
}

void world_tell_begin(struct world *world)
{
    const struct load *load = &world->load[world->told];
    char left[32];
    hours(left, sizeof left, (duration){load->job.work.us - load->job.committed.us});
    world_tell_whole(world, "attempt", "attempt %" PRId32 " begins: %s of work left", load->job.attempts, left);
    if (world->telling->stands_since.us != US_NEVER)
        stood(world, false);
    world->telling->own = NULL;
}

void world_tell_stand(struct world *world, const char *how, duration lost)
{
    struct world_told *told = world->telling;
    char work[32];
    hours(work, sizeof work, lost);
    if (told->own != NULL || strcmp(how, "stopped") == 0) {
        (void)snprintf(told->component, sizeof told->component, "%s", told->own != NULL ? told->own : "stopped by its cloud");
        told->incident = NULL;
    }
    told->stands_since = world_now(world);
    if (lost.us > 0)
        world_tell_whole(world, how, "attempt %" PRId32 " %s, %s of work lost", world->load[world->told].job.attempts, how, work);
    else
        world_tell_whole(world, how, "attempt %" PRId32 " %s, no work lost", world->load[world->told].job.attempts, how);
}

void world_tell_own_fault(struct world *world)
{
    world->telling->own = "a fault of the job itself";
    world_tell_whole(world, "fault", "fails by a fault of its own");
}

void world_tell_noticed(struct world *world)
{
    const struct load *load = &world->load[world->told];
    bool job = world_class(world, world->told)->kind == DEMAND_JOB;
    if (world->telling->noticed || (job ? load->job.phase != JOB_UNDETECTED : load->up == world_class(world, world->told)->units))
        return;
    world->telling->noticed = true;
    world_tell_whole(world, "noticed", "the loss is noticed");
}

/* --- Whom ------------------------------------------------------------------------------------------------------------ */

/* The workload of a name "class/number"; class: of demand, or none. */
static uint32_t find(const struct world *world, const char *name, uint32_t *class)
{
    const struct demand_plan *plan = world->demand->plan;
    const char *slash = strrchr(name, '/');
    size_t length = slash != NULL ? (size_t)(slash - name) : strlen(name);
    char exact[96];
    *class = 0;
    while (*class < plan->classes &&
           (strlen(plan->class[*class].name) != length || memcmp(plan->class[*class].name, name, length) != 0))
        ++*class;
    if (slash == NULL || *class == plan->classes)
        return COMPONENT_NONE;
    unsigned long number = strtoul(slash + 1, NULL, 10);
    for (uint32_t w = 0; w < world->demand->workloads; w++)
        if (world->demand->workload[w].class == *class && world->demand->workload[w].number == number)
            return strcmp(world_name(world, w, exact, sizeof exact), name) == 0 ? w : COMPONENT_NONE;
    return COMPONENT_NONE;
}

static const char *const kind_names[] = {[DEMAND_SERVICE] = "service", [DEMAND_JOB] = "job"};

/* Says that there is none, and what there is. */
static void tell_unknown(struct world *world, const char *name, uint32_t class)
{
    const struct demand_plan *plan = world->demand->plan;
    const char *slash = strrchr(name, '/'), *near = NULL;
    char why[SENTENCE], hint[SENTENCE] = "";
    uint32_t numbers = 0, least = UINT32_MAX, most = 0;
    if (class == plan->classes) {
        const char **names = arena_array(world->arena, plan->classes, const char *);
        for (uint32_t c = 0; c < plan->classes; c++)
            names[c] = plan->class[c].name;
        const char *head = slash != NULL ? arena_format(world->arena, "%.*s", (int)(slash - name < 200 ? slash - name : 200), name) : name;
        near = scenario_nearest(head, names, plan->classes);
        (void)snprintf(why, sizeof why, "the scenario's demand has no class of that name");
        (void)snprintf(hint, sizeof hint, near != NULL ? "did you mean '%s%.*s'?" : "its first is '%s%.*s'",
                       near != NULL ? near : plan->classes > 0 ? names[0] : "", near != NULL && slash != NULL ? 20 : 2,
                       near != NULL && slash != NULL ? slash : "/0");
    } else {
        for (uint32_t w = 0; w < world->demand->workloads; w++)
            if (world->demand->workload[w].class == class) {
                uint32_t number = world->demand->workload[w].number;
                numbers++;
                least = number < least ? number : least;
                most = number > most ? number : most;
            }
        (void)snprintf(why, sizeof why, slash == NULL ? "class '%s' is not one alone" : "class '%s' has none of that number in this replication",
                       plan->class[class].name);
        if (numbers > 0)
            (void)snprintf(hint, sizeof hint, "'%s' has %" PRIu32 " %ss, from '%s/%" PRIu32 "' to '%s/%" PRIu32 "'", plan->class[class].name,
                           numbers, kind_names[plan->class[class].kind], plan->class[class].name, least, plan->class[class].name, most);
    }
    record_subject_unknown(world->record, why, hint[0] != '\0' ? hint : NULL);
}

static const char *where(const struct world *world, uint32_t workload)
{
    const struct demand_class *class = world_class(world, workload);
    const char *text = arena_format(world->arena, "home %s", world->plan->fleet->site[world->demand->workload[workload].site[0]].name);
    for (uint32_t s = 1; class->spread == SPREAD_SITE && s < class->sites; s++)
        text = arena_format(world->arena, "%s, %s", text, world->plan->fleet->site[world->demand->workload[workload].site[s]].name);
    return text;
}

static void tell_about(struct world *world)
{
    const struct demand_class *class = world_class(world, world->told);
    static const char *const spreads[] = {"", ", spread over zones", ", spread over sites"};
    char need[64] = "";
    if (class->kind == DEMAND_SERVICE && class->units > 1)
        (void)snprintf(need, sizeof need, ", %" PRIu32 " needed", class->quorum);
    struct sim_told told = {.kind = kind_names[class->kind],
                            .about = arena_format(world->arena, "%s of %" PRIu32 " %s%s%s, %s", kind_names[class->kind], class->units,
                                                  world_unit_word(world, world->told), need, spreads[class->spread],
                                                  where(world, world->told)),
                            .part = class->kind == DEMAND_JOB ? "pod" : "replica",
                            .parts = class->units};
    record_subject_is(world->record, &told);
}

void world_tell_open(struct world *world)
{
    const struct sim_subject *subject = record_subject(world->record);
    uint32_t class;
    world->told = COMPONENT_NONE;
    if (subject == NULL)
        return;
    uint32_t workload = find(world, subject->name, &class);
    if (workload == COMPONENT_NONE) {
        tell_unknown(world, subject->name, class);
        return;
    }
    const char *kind = kind_names[world_class(world, workload)->kind];
    if (subject->kind != NULL && strcmp(kind, subject->kind) != 0) {
        record_subject_unknown(world->record, arena_format(world->arena, "that is a %s", kind),
                               arena_format(world->arena, "--%s %s", kind, subject->name));
        return;
    }
    world->told = workload;
    world->telling = arena_new(world->arena, struct world_told);
    world->telling->stands_since = INSTANT_NEVER;
    tell_about(world);
}

void world_tell_close(struct world *world)
{
    if (world->told == COMPONENT_NONE)
        return;
    const struct load *load = &world->load[world->told];
    if (world_class(world, world->told)->kind != DEMAND_JOB || load->job.attempts == 0)
        return;
    if (world->telling->stands_since.us != US_NEVER && load->wanted)
        stood(world, true);
    struct job_account all = job_account(&load->job, &load->costs, world_now(world));
    const struct { const char *name; duration length; } parts[] = {{"work", all.productive},      {"checkpoints", all.checkpoint},
                                                                   {"work lost", all.rework},     {"restarts", all.restart},
                                                                   {"unnoticed", all.detection}, {"waiting", all.queue}};
    char text[SENTENCE], part[32];
    int length = snprintf(text, sizeof text, "in all: attempts %" PRId32 ", failures %" PRId32 ", stops %" PRId32 "; ",
                          load->job.attempts, load->job.failures, load->job.stops);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        hours(part, sizeof part, parts[i].length);
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%s %s", i > 0 ? ", " : "", parts[i].name, part);
    }
    note(world, COMPONENT_NONE, "account", text, NULL, NULL);
}
