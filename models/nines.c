/* The program: the bench, and the models it can drive. */
#include "models/clouds/clouds.h"
#include "models/commands/commands.h"
#include "models/oracle/oracle.h"
#include "sim/study/model.h"

#include <stddef.h>

int main(int argc, char **argv)
{
    static const struct sim_model *const models[] = {
        &clouds_model,     &oracle_mm1,        &oracle_machine_repair, &oracle_renewal,    &oracle_structure,
        &oracle_upkeep,    &oracle_checkpoint, &oracle_rollout,        &oracle_population, &oracle_escrow,
        &oracle_markov,    &oracle_ishigami,   &oracle_g_function,     NULL,
    };
    const struct sim_registry registry = {.models = models, .commands = models_commands};
    return sim_main(argc, argv, &registry);
}
