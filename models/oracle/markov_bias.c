/* Balanced failure biasing over regenerative cycles.
 *
 * A cycle begins and ends where everything is up, so by renewal-reward the share of time down is E[down time of a cycle] / E[length of a
 * cycle], and failures per time likewise (Cox 1962; Goyal, Shahabuddin, Heidelberger, Nicola & Glynn 1992, "A unified framework
 * for simulating Markovian models of highly dependable systems", IEEE Trans. Computers 41(1), section III).
 *
 * Numerator and denominator want different measures: down time comes from cycles that are made to fail, the length from
 * cycles as they are (measure-specific dynamic importance sampling, ibid. section IV). In the biased cycles, while the system
 * serves and a repair is under way, the next change is a failure with probability `bias`; every class that can fail is equally likely
 * to, and among repairs the proportions stay (balanced failure biasing: Shahabuddin 1994, "Importance sampling for the simulation
 * of highly reliable Markovian systems", Management Science 40(3), section 5, who proves that the relative error stays bounded as
 * failures become rarer, however unlike the classes are). Once the system has been down the cycle goes on as it is. Each step
 * multiplies the likelihood ratio by true over biased probability; down time counts times the ratio at that moment.
 *
 * Times are not drawn: each state counts with its mean sojourn, which takes away variance and adds no bias (Hordijk, Iglehart &
 * Schassberger 1976, "Discrete time methods for simulating continuous time Markov chains", Adv. Appl. Prob. 8).
 *
 * A replication is `cycles` cycles of each kind; it reports the ratio of their means, less the leading term of the bias that a
 * random denominator brings: for independent D and T, E[1/T] = (1 + var(T) / (n mean(T)^2) + ...) / mean(T) (Cochran 1977,
 * "Sampling techniques", chapter 6). What is left is of order 1/cycles^2, below any interval that replications can have. */
#include "models/oracle/markov.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"

#include <math.h>

#include "sim/base/nomalloc.h"

struct cycle {
    double length_s, down_s, failures;
};

struct walk {
    const struct markov_chain *chain;
    struct stream stream;
    uint64_t events;
};

/* One class that can change in this direction: in proportion to its rate, or all alike. Returns its probability under `balanced`,
 * given the direction, in *probability. */
static uint32_t choose(struct walk *walk, const double *rate, double sum, bool balanced, double *probability)
{
    uint32_t able = 0, last = 0;
    for (uint32_t c = 0; c < walk->chain->classes; c++)
        able += rate[c] > 0;
    double left = stream_uniform(&walk->stream) * (balanced ? able : sum);
    for (uint32_t c = 0; c < walk->chain->classes; c++) {
        if (!(rate[c] > 0))
            continue;
        double part = balanced ? 1 : rate[c];
        last = c;
        if (left < part)
            break;
        left -= part;
    }
    *probability = balanced ? 1.0 / able : rate[last] / sum;
    return last;
}

/* The next change of the embedded chain. bias: probability of a failure where both can be, all failing classes alike; below 0:
 * as the laws say. Returns true probability over the probability it was drawn with. */
static double step(struct walk *walk, struct markov_state *state, const struct markov_rates *rates, double bias)
{
    double sum = rates->failing + rates->mending, true_share = rates->failing / sum, share = true_share, chosen;
    bool biased = bias >= 0;
    if (biased && rates->failing > 0 && rates->mending > 0)
        share = bias;
    walk->events++;
    if (stream_uniform(&walk->stream) < share) {
        uint32_t c = choose(walk, rates->fail, rates->failing, biased, &chosen);
        state->down[c]++;
        return rates->fail[c] / sum / (share * chosen);
    }
    uint32_t c = choose(walk, rates->mend, rates->mending, false, &chosen);
    state->down[c]--;
    return (1 - true_share) / (1 - share);
}

static bool all_up(const struct markov_chain *chain, const struct markov_state *state)
{
    uint32_t down = 0;
    for (uint32_t c = 0; c < chain->classes; c++)
        down += state->down[c];
    return down == 0;
}

/* From everything up to everything up. bias below 0: a plain cycle. */
static struct cycle live_cycle(struct walk *walk, double bias)
{
    struct cycle cycle = {0};
    struct markov_state state = {{0}};
    double likelihood = 1;
    bool was_down = false, seen_down = false;
    do {
        struct markov_rates rates = markov_rates(walk->chain, &state);
        bool down = markov_importance(walk->chain, &state) >= 1;
        double sojourn = likelihood / (rates.failing + rates.mending);
        cycle.length_s += sojourn;
        cycle.down_s += down ? sojourn : 0;
        cycle.failures += down && !was_down ? likelihood : 0;
        was_down = down;
        seen_down |= down;
        likelihood *= step(walk, &state, &rates, seen_down ? -1 : bias);
    } while (!all_up(walk->chain, &state));
    return cycle;
}

void markov_replicate_biased(const struct markov_chain *chain, const struct sim_task *task, struct sim_record *record)
{
    const struct sim_rare *rare = &task->rare;
    struct stream_key family = stream_key(task->seed, task->replication, "markov cycles");
    struct walk biased = {chain, stream_open(stream_key_path(family, "biased")), 0};
    struct walk plain = {chain, stream_open(stream_key_path(family, "plain")), 0};
    double n = rare->cycles, down = 0, failures = 0, length = 0, spread = 0;
    for (uint32_t i = 0; i < rare->cycles; i++) {
        check_wanted();
        struct cycle cycle = live_cycle(&biased, rare->bias);
        down += cycle.down_s;
        failures += cycle.failures;
        double one = live_cycle(&plain, -1).length_s, from_mean = one - length; /* Welford 1962 */
        length += from_mean / (i + 1);
        spread += from_mean * (one - length);
    }
    double correction = 1 + spread / (n - 1) / (n * length * length);
    double share = down / n / length / correction;
    record_metric(record, MARKOV_UNAVAILABILITY, share);
    record_metric(record, MARKOV_AVAILABILITY, 1 - share);
    record_metric(record, MARKOV_FAILURES_PER_YEAR, failures / n / length / correction * 365.25 * 86400);
    record_done(record, biased.events + plain.events, hash_double(hash_double(0, down), length));
}
