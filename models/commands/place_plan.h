/* What `nines place` runs: policies times seeds over one trace, each an experiment of its own.
 *
 * An experiment lets every arrival of a seed come once, in order; a pod that does not fit is counted and dropped, and
 * nobody leaves. The arrivals of a seed and the ranks that break ties are the same for all policies. Without replay
 * files they come from our own streams, keyed by (seed, purpose): the artifact's generator is not imitated, so such
 * results agree with the published ones in the mean only.
 *
 * Experiments share nothing that they write, so threads can run them in any order; results are handed over in order of
 * (policy, seed), and no byte of the output depends on the number of threads.
 *
 * Source: Weng et al. 2023 (USENIX ATC), section 6, and its artifact: workloads tuned to a multiple of the capacity. */
#ifndef NINES_MODELS_COMMANDS_PLACE_PLAN_H
#define NINES_MODELS_COMMANDS_PLACE_PLAN_H

#include "models/commands/openb.h"
#include "models/gpu/curve.h"
#include "models/gpu/place.h"
#include "models/gpu/scheduler.h"

enum { PLACE_SEEDS_MOST = 10000, PLACE_ARRIVALS_MOST = 500000000 };

struct place_seed {
    int64_t seed;
    uint32_t *arrivals; /* [count]: rows of pods */
    size_t count;
    uint32_t *rank; /* [node_count] */
};

/* A way of placing, by name: a policy of place.h, or scorers of scheduler.h. */
struct place_policy {
    const char *name;
    enum gpu_policy policy;
    const struct gpu_scorer *scorers; /* [scorer_count]; none: `policy` */
    size_t scorer_count;
};

/* All ways: place_policy(i), i < place_policies(); the first GPU_PUBLISHED are those of the published experiments. */
size_t place_policies(void);
struct place_policy place_policy(size_t index);

struct place_plan {
    const struct openb *openb;
    const char *trace; /* name for the outputs */
    const struct place_policy *policies;
    size_t policy_count;
    const struct place_seed *seeds;
    size_t seed_count;
    struct gpu_typical *typical;
    size_t typical_count;
    enum gpu_ties ties;
    double tune;
    size_t bins; /* of the curve: 0..bins - 1 percent arrived */
    bool keep_placements;
};

/* What came out of one experiment. */
struct place_result {
    struct gpu_curve_point *points; /* [bins]; all NaN: nothing arrived there */
    int64_t placed, failed, gpu_failed_milli;
    struct gpu_totals totals;         /* at the end */
    struct gpu_placement *placements; /* [arrivals]; node GPU_NO_NODE: not placed. NULL unless kept */
};

/* The arrival list of a seed: a uniform shuffle of the pods in order of name, then tuned to `target` milli-GPU of
 * requests: up by copies of uniformly drawn pods at the end, until the next one would pass the target (its milli
 * counted once, however many devices it has, as the artifact does); down by taking uniformly drawn pods away. target 0:
 * not tuned. False when it would be more than PLACE_ARRIVALS_MOST. */
bool place_arrivals(const struct openb *openb, struct arena *arena, const uint32_t *by_name, int64_t target,
                    struct place_seed *seed);

/* A uniform permutation of the nodes, in order of name. */
void place_ranks(const struct openb *openb, struct arena *arena, const uint32_t *by_name, struct place_seed *seed);

/* One experiment; all memory from arena. fragmentation: this thread's measure. */
void place_experiment(const struct place_plan *plan, size_t policy, size_t seed, struct arena *arena,
                      struct gpu_fragmentation *fragmentation, struct place_result *result);

/* All experiments on `threads` threads. take() sees them in order of (policy, seed) on the calling thread; the result
 * is gone afterwards. tick() is called now and then; may be NULL. False: a thread could not be started. */
struct place_sink {
    void *context;
    void (*take)(void *context, size_t policy, size_t seed, const struct place_result *result);
    void (*tick)(void *context, size_t done, size_t total);
};
bool place_run(const struct place_plan *plan, unsigned threads, const struct place_sink *sink);

#endif
