#include "models/commands/commands.h"

#include "models/commands/import.h"

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
    {.name = "market", .operands = "sdl FILE.yaml | replay MESSAGES.jsonl|RUN.db", .summary = "read an Akash deployment file; replay messages to the marketplace core",
     .description = "'nines market sdl' reads an SDL, Akash's deployment file, and prints the groups and resources\n"
                    "that a tenant would put up for bids. Every mistake is shown with file, line, column and a hint.\n"
                    "\n"
                    "'nines market replay' feeds messages, one JSON object a line, to the marketplace core, and\n"
                    "prints what each one did, the final state and the ledger. The manual describes the messages.\n"
                    "Of a run with --log events it replays those that an Akash cloud's chain was given; the exit\n"
                    "code is 1 when a message, or the state at the end, comes out otherwise than in the run.\n"
                    "\n"
                    "A FILE of - is standard input.\n",
     .words = "sdl|replay", .least = 1, .most = 2, .options = market_options, .run = market_command},
    {.name = "import", .operands = "KIND FILE...", .summary = "recorded outages into scenario parts, rates and laws",
     .description = "Reads tables of recorded outages and writes a part of a scenario (a list 'traces'), or prints\n"
                    "statistics or fitted laws of each vendor, region, service or component.\n"
                    "\n"
                    "KIND is 'intervals' (CSV with start,end and maybe severity and component; times are seconds or\n"
                    "UTC) or 'uptime' (tables of the cloud uptime archive).\n",
     .words = "intervals|uptime", .least = 2, .most = -1, .options = import_options, .run = import_command},
    {.name = NULL},
};
