/* When requests come: a Poisson stream whose rate may follow the hours and days of the week and may burst, or a list of times.
 *
 * The rate at an instant is
 *
 *   arrivals * hour(t) * day(t) / (their mean over a week) * burst(t) / (its mean)
 *
 * with hour() and day() steps, in UTC, and burst() one outside bursts and `times` inside them. Bursts and the calm between them last
 * exponentially long: without steps this is the Markov-modulated Poisson process of two states (Heffes and Lucantoni 1986, "A Markov
 * modulated characterization of packetized voice and data traffic", section III), whose counts in a window t have the variance over mean
 *
 *   1 + 2 p q (a - b)^2 / (s m) * (1 - (1 - exp(-s t)) / (s t)),  a, b the rates, p, q the shares of time, m = p a + q b,
 *   s = 1/length + 1/calm
 *
 * `arrivals` is always the mean, so two classes of one rate that differ in shape bring the same demand in the long run. The rate is constant
 * between steps, so a unit exponential is turned into the next arrival exactly, by running through the area under the rate
 * (Cinlar 1975, "Introduction to stochastic processes", section 4.7: inversion of the mean function); nothing is rejected, and a
 * class draws the same exponentials whatever its shape.
 *
 * Everything is drawn from two streams of the class, requests and bursts; no cloud is in sight. */
#ifndef NINES_MODELS_DEMAND_ARRIVALS_H
#define NINES_MODELS_DEMAND_ARRIVALS_H

#include "sim/chance/random.h"
#include "sim/scenario/scenario.h"

#include <stdint.h>

/* The rate from `start` on, until the next step: microseconds since Monday 00:00 UTC; the last step goes on into the next week. */
struct arrival_step {
    int64_t start_us;
    double factor; /* on the mean rate; their mean over the week is 1 */
};

struct demand_arrivals {
    double per_second;         /* mean; 0: no stream */
    const struct arrival_step *step; /* [steps], ascending; none: the same rate all week */
    uint32_t steps;
    int64_t monday_us;         /* instant of a Monday 00:00 UTC not after the start of the run */
    double calm_factor, burst_factor; /* on the rate; their mean over time is 1 */
    duration burst, calm;      /* mean lengths; 0: no bursts */
    const instant *time;       /* [times], ascending: a list instead of a stream */
    uint32_t times;
    duration repeat;           /* the list begins again after this; 0: never */
};

/* The keys of an element of `demand` that this reads, without braces. */
extern const struct key arrival_burst_keys[];
#define ARRIVAL_KEYS                                                                                                                   \
    {"arrivals", KEY_RATE, "0", "further requests: the mean rate of a Poisson stream over the whole run, e.g. \"20 /h\""},             \
    {"by_hour", KEY_TEXTS, NULL, "how the rate follows the hours, UTC: \"00:00 0.3\", \"08:00 1.6\", ... relative, each until the next", \
     .filled = true},                                                                                                  \
    {"by_day", KEY_TEXTS, NULL, "how it follows the days: \"sat 0.5\", \"sun 0.4\"; relative, days not named 1", .filled = true},         \
    {"bursts", KEY_GROUP, NULL, "requests in bursts: a Markov-modulated Poisson stream of the same mean rate", .children = arrival_burst_keys}, \
    {"arrival_times", KEY_FILE, "", "instead of a rate: a file of request times since start, one a line, in order"},                   \
    {"arrival_unit", KEY_DURATION, "0 s", "what a bare number in that file is worth; 0 s: its numbers have units"},                    \
    {"arrival_repeat", KEY_DURATION, "0 s", "the list begins again after this, and before start too; 0 s: it is lived once"}

/* Reads and checks. */
void arrivals_read(struct scenario *scenario, const struct value *group, struct demand_arrivals *arrivals);
/* The requests in [begin, end), in order, into times (NULL: only counted). Returns their number; above 1e8 the run ends and says so. */
uint32_t arrivals_draw(const struct demand_arrivals *arrivals, struct stream requests, struct stream bursts, instant begin, instant end,
                       instant *times);

#endif
