/* Models with a known answer.
 *
 * Each is a whole model for the bench: keys, plan, replication on the event engine, metrics and a series. They go through the
 * same scenario files, streams, laws, statistics, store and commands as the clouds, and textbooks say what must come out; so a
 * right answer here vouches for everything but the clouds themselves (design.md section 9, oracles).
 *
 *   mm1             customers, servers and one queue: M/M/c/K, M/G/1, loss systems, Markov-modulated arrivals
 *   machine-repair  machines that fail and few crews to repair them
 *   renewal         components that fail and are repaired by any laws, in equilibrium from the first day or started fresh
 *   ishigami        a function of three inputs whose shares of variance are known, for sensitivity
 *   g-function      the same for any number of inputs
 *   markov          classes of components, k of n, with exponential laws and crews: for the methods of rare events
 *   structure       systems of k-of-n parts with hot, warm or cold spares, crews, and shocks that hit several parts at once
 *   upkeep          components replaced at an age, or whose failures show only at inspections
 *   checkpoint      jobs that save their work every so often, on machines that fail
 *   rollout         a flawed release that goes out in stages until machines report it
 *   population      families whose members give birth and die: when they die out
 *   escrow          accounts that drain steadily and are topped up at random: when they run dry
 *
 * What each metric must be stands in the scenario's targets with its formula, not in the model: a model that knew its answer
 * could report it. */
#ifndef NINES_MODELS_ORACLE_ORACLE_H
#define NINES_MODELS_ORACLE_ORACLE_H

#include "sim/study/model.h"

extern const struct sim_model oracle_mm1;
extern const struct sim_model oracle_machine_repair;
extern const struct sim_model oracle_renewal;
extern const struct sim_model oracle_markov;
extern const struct sim_model oracle_ishigami;
extern const struct sim_model oracle_g_function;
extern const struct sim_model oracle_structure;
extern const struct sim_model oracle_upkeep;
extern const struct sim_model oracle_checkpoint;
extern const struct sim_model oracle_rollout;
extern const struct sim_model oracle_population;
extern const struct sim_model oracle_escrow;

#endif
