#include "models/commands/commands.h"

#include <stddef.h>

const struct command models_commands[] = {
    {.name = "place", .operands = "--nodes CSV --pods CSV", .summary = "place the pods of a GPU trace on its nodes; allocation and fragmentation",
     .description = "Lets the pods of a trace arrive one by one at a cluster of GPU nodes, under one or more\n"
                    "placement policies, and shows how much GPU each policy gets allocated. Pods that do not\n"
                    "fit are dropped; nobody leaves. Files are in the format of the openb trace.\n"
                    "\n"
                    "The published experiment of FGD (Weng et al. 2023) is the default: load tuned to 130 % of\n"
                    "capacity, ties by a drawn rank. With --order and --rank of that experiment the published\n"
                    "curves come out exactly.\n",
     .least = 0, .most = 0, .options = place_options, .run = place_command},
    {.name = NULL},
};
