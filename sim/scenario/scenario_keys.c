#include "sim/scenario/scenario.h"

#include <stddef.h>

/* The keys that every scenario has, whatever its model. Help is one sentence; it goes into reference.cfg and the man
 * page. */

#define YEARS(n) ((n)*31557600.0)
/* Figures of targets are shares, counts, hours or dollars: any number. */
#define ANY_NUMBER .low = -1e308, .high = 1e308

static const struct key point_keys[] = {
    {"label", KEY_NAME, .unique = true, .help = "Name of the point in results and charts."},
    {"set", KEY_TEXTS, .help = "What differs from the scenario here: path=value, as with --set, in order."},
    KEY_END,
};

/* How an input varies: in study.vary and, with a mark, in uncertain. */
#define VARY_KEYS                                                                                                      \
    {"key", KEY_TEXT, NULL, .help = "The key that varies, by its path as with --set."},                                \
    {"label", KEY_TEXT, "", .help = "What it is, in words and without its unit, for charts and tables; else they show the key."}, \
    {"values", KEY_TEXTS, .help = "It takes these values, each as often."},                                            \
    {"range", KEY_TEXTS, .help = "Or it lies between these two."},                                                     \
    {"times", KEY_TEXTS, .help = "Or what is written is multiplied by a number between these two; of a law, its durations."}, \
    {"law", KEY_TEXT, "", .help = "Or, being a duration, it follows this law."},                                       \
    {"scale", KEY_CHOICE, "linear", .help = "Whether a range is evenly covered in the value or in its logarithm.",     \
     .choices = "linear|log"}

static const struct key vary_keys[] = {
    VARY_KEYS,
    KEY_END,
};

static const struct key uncertain_keys[] = {
    VARY_KEYS,
    {"evidence", KEY_CHOICE, NULL,
     .help = "How well the range is known: R read in a copy of the source, K recalled, U without a source.",
     .choices = "R|K|U"},
    {"source", KEY_TEXT, "", .help = "Where the range comes from."},
    KEY_END,
};

static const struct key study_keys[] = {
    {"points", KEY_LIST, .children = point_keys, .help = "The settings under study; each is run under every cloud."},
    {"vary", KEY_LIST, .children = vary_keys,
     .help = "Instead of points: the keys whose values a design combines into points."},
    {"design", KEY_CHOICE, "factorial",
     .help = "How the varied keys are combined: all combinations, space-filling samples, Morris's trajectories for "
             "screening, Saltelli's matrices for Sobol indices, or what is written and each key alone at the ends of its range.",
     .choices = "factorial|latin hypercube|sobol|morris|saltelli|ends"},
    {"samples", KEY_INTEGER, "64",
     .help = "Points of a latin hypercube or sobol design; trajectories of morris (one point each, and one per key); rows of "
             "saltelli (two points each, and one per key).",
     .low = 1, .high = 100000},
    {"levels", KEY_INTEGER, "4", .help = "Levels into which factorial and morris cut a range; of morris an even number.",
     .low = 2, .high = 1000},
    KEY_END,
};

static const struct key precision_keys[] = {
    {"metric", KEY_TEXT, NULL, .help = "The metric whose intervals must become narrow."},
    {"half_width", KEY_SHARE, NULL, .help = "Half of the interval's width that is enough, in the metric's unit.",
     .high = 1e308, .above_low = true},
    {"of", KEY_CHOICE, "clouds",
     .help = "Whether the interval is that of every cloud's mean or of every difference between two clouds.",
     .choices = "clouds|differences"},
    {"max_replications", KEY_INTEGER, "2000", .help = "Most replications of a point, precise or not.", .low = 2, .high = 1e6},
    KEY_END,
};

static const struct key law_keys[] = {
    {"name", KEY_NAME, NULL, .unique = true, .help = "What other keys call the law; begins with a letter and has no '('."},
    {"law", KEY_LAW, NULL, .help = "The law, written out."},
    {"low", KEY_DURATION, "", .help = "Least mean that the source supports."},
    {"high", KEY_DURATION, "", .help = "Greatest mean that the source supports."},
    {"source", KEY_TEXT, "", .help = "Where the law comes from; kept with the results of runs that use it."},
    {"evidence", KEY_CHOICE, "U", .help = "How well it is known: R read in a copy of the source, K recalled, U unsourced.",
     .choices = "R|K|U"},
    KEY_END,
};

static const struct key target_keys[] = {
    {"name", KEY_NAME, "", .unique = true, .help = "Name of the target; empty: metric, cloud and point say it."},
    {"metric", KEY_TEXT, NULL, .help = "The emergent number that is held against the published one."},
    {"cloud", KEY_TEXT, NULL, .help = "The cloud that it is measured in."},
    {"point", KEY_TEXT, "", .help = "The study point that it is measured at; empty where there is no study."},
    {"role", KEY_CHOICE, "predicted",
     .help = "Whether the figure also set a parameter (calibrated) or not (predicted).",
     .choices = "calibrated|predicted"},
    {"published", KEY_SHARE, "",
     .help = "The published figure, in the unit below; may be left out where only a range is known.", ANY_NUMBER},
    {"low", KEY_SHARE, NULL, .help = "Lower end of the published range.", ANY_NUMBER},
    {"high", KEY_SHARE, NULL, .help = "Upper end of the published range.", ANY_NUMBER},
    {"unit", KEY_TEXT, "", .help = "Unit of the figures; must be the metric's own."},
    {"expect", KEY_CHOICE, "none", .help = "The outcome that is known and explained; verify exits 1 when it differs.",
     .choices = "held|missed|undecided|none"},
    {"reason", KEY_TEXT, "", .help = "Why the expected outcome is what it is."},
    {"source", KEY_TEXT, NULL, .help = "Where the figure was published."},
    {"evidence", KEY_CHOICE, NULL,
     .help = "How well it is known: R read in a copy of the source, K recalled, U a range without a source.",
     .choices = "R|K|U"},
    KEY_END,
};

static const struct key smallest_keys[] = {
    {"metric", KEY_TEXT, NULL, .unique = true, .help = "The metric that it is about."},
    {"value", KEY_SHARE, NULL, .help = "The smallest difference that matters, in the metric's unit.", .high = 1e308},
    KEY_END,
};

static const struct key control_keys[] = {
    {"metric", KEY_TEXT, NULL, .help = "The metric whose expectation is known."},
    {"expected", KEY_SHARE, NULL, .help = "Its expectation, in its unit; a wrong one is a bias that no interval shows.", ANY_NUMBER},
    KEY_END,
};

static const struct key rare_level_keys[] = {
    {"at", KEY_NUMBER, NULL, .help = "Importance at which a path is copied: 0 is nothing wrong, 1 the event itself; the model says what lies between.",
     .high = 1e6, .above_low = true},
    {"copies", KEY_INTEGER, "4", .help = "Paths that go on from there; about the inverse of the probability to get from there to the next level.",
     .low = 1, .high = 1e6},
    KEY_END,
};

static const struct key rare_keys[] = {
    {"method", KEY_CHOICE, "none", .choices = "none|failure biasing|splitting",
     .help = "Importance sampling of component laws (models that offer it), or copies of paths on their way to the event."},
    {"bias", KEY_SHARE, "50 %", .when = "method=failure biasing", .low = 0.01, .high = 0.99,
     .help = "Probability that a failure comes before the repair under way, while the system serves (assumption)."},
    {"cycles", KEY_INTEGER, "1000", .when = "method=failure biasing", .low = 2, .high = 1e8,
     .help = "Regenerative cycles of a replication: so many with failures made likely, and so many plain ones."},
    {"watch", KEY_TEXT, "", .when = "method=splitting",
     .help = "What the model's importance looks at; clouds: the class of demand whose services are watched, empty: all."},
    {"levels", KEY_LIST, .when = "method=splitting", .children = rare_level_keys, .required = true,
     .help = "Rising levels at which a path is copied."},
    KEY_END,
};

static const struct key limit_keys[] = {
    {"paths", KEY_INTEGER, "10e6", .help = "Most paths that splitting makes of one replication.", .low = 1, .high = 1e12},
    {"events", KEY_INTEGER, "0", .help = "Most events pending at once in one replication; 0: the model's own estimate.", .low = 0,
     .high = 16777216},
    KEY_END,
};

static const struct key bench_keys[] = {
    {"model", KEY_NAME, "clouds", .help = "What is simulated."},
    {"title", KEY_TEXT, "", .help = "Title of reports and charts."},
    {"question", KEY_TEXT, "", .help = "The question that the scenario asks, in one sentence."},
    {"comparison", KEY_CHOICE, "none", .help = "Whether the clouds share one fleet or each has its own documented one.",
     .choices = "same hardware|as deployed|none"},
    {"regime", KEY_CHOICE, "none",
     .help = "Which faults meet the clouds: the documented ones, one of a kind for each, or by yearly rates.",
     .choices = "as happened|matched|rated|none"},
    {"start", KEY_UTC, "2024-01-01", .help = "Calendar time at which measuring begins."},
    {"horizon", KEY_DURATION, NULL, .help = "How long is measured, from start.", .high = YEARS(100), .above_low = true},
    {"warmup", KEY_DURATION, "0 s", .help = "How long demand and market run before start, unmeasured.",
     .high = YEARS(100)},
    {"replications", KEY_INTEGER, "30", .help = "Seeded runs of every point.", .low = 1, .high = 1e6},
    {"precision", KEY_GROUP, .children = precision_keys,
     .help = "Instead of replications: points are run 30, 60, 120, ... times until intervals are narrow."},
    {"variance_reduction", KEY_CHOICE, "none",
     .help = "antithetic: replications in pairs, the second drawing 1 - u for u; pairs are the observations.",
     .choices = "none|antithetic"},
    {"seed", KEY_INTEGER, "1", .help = "Seed of all chance.", .low = 0, .high = 9223372036854775807.0},
    {"grid", KEY_DURATION, "1 h", .help = "Step of the series over time.", .high = YEARS(100), .above_low = true},
    {"outage_min", KEY_DURATION, "1 min", .help = "Services' outages shorter than this are counted but not listed."},
    {"outage_cap", KEY_INTEGER, "10000", .help = "Most outages that a replication lists; the rest are counted.",
     .low = 0, .high = 1e9},
    {"level", KEY_SHARE, "95 %", .help = "Confidence level of all intervals.", .low = 0.5, .high = 0.9999},
    {"interval", KEY_CHOICE, "student t", .choices = "student t|bca",
     .help = "How intervals are made: by Student's t, or by the bootstrap, which follows skewed values."},
    {"control", KEY_GROUP, .children = control_keys,
     .help = "A control variate: a metric of known expectation that corrects the means of the others."},
    {"smallest_difference", KEY_LIST, .children = smallest_keys,
     .help = "Smallest differences that matter; else 0.01 % for availabilities, 1 % of others (assumption)."},
    {"rare", KEY_GROUP, "{}", .children = rare_keys, .help = "How events too rare to wait for are reached."},
    {"study", KEY_GROUP, .children = study_keys,
     .help = "The points of the study; without it the scenario is its only point."},
    {"uncertain", KEY_LIST, .children = uncertain_keys,
     .help = "Inputs that are weakly known, and the ranges they are drawn from for the parameter interval."},
    {"outer_draws", KEY_INTEGER, "0",
     .help = "How often the uncertain inputs are drawn together; each draw sets them for all clouds and points.", .low = 0,
     .high = 10000},
    {"outer_replications", KEY_INTEGER, "0",
     .help = "Seeded runs of every point under each draw; 0: as many as replications, 30 with a precision.", .low = 0, .high = 1e6},
    {"laws", KEY_LIST, .children = law_keys,
     .help = "Laws by name: wherever a law is asked for, a name of this list will do."},
    {"targets", KEY_LIST, .children = target_keys, .help = "Published figures that results are held against."},
    {"limits", KEY_GROUP, "{}", .help = "Limits of the engine, to be raised where a run asks for it.",
     .children = limit_keys},
    KEY_END,
};

const struct key *scenario_bench_keys(void)
{
    return bench_keys;
}
