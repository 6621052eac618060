#include "sim/command/command.h"
#include "sim/plot/plot.h"
#include "sim/results/compare.h"

#include <stddef.h>

static int run_compare(const struct command_line *line)
{
    struct compare_options options = {.path = line->operand[0], .point = command_text(line, "--point", NULL)};
    options.metrics = command_texts(line, "--metric", &options.metric_count);
    options.ratio = command_flag(line, "--ratio");
    if (command_flag(line, "--json") && command_flag(line, "--csv")) {
        message_error(NULL, "--json and --csv cannot be combined");
        return EXIT_USAGE;
    }
    options.format = command_flag(line, "--json")  ? COMPARE_JSON
                     : command_flag(line, "--csv") ? COMPARE_CSV
                                                   : COMPARE_TABLE;
    return compare_run(&options, stdout);
}

static const struct command_option run_options[] = {
    {.name = "--reps", .argument = "N", .integer = true, .low = 1, .high = 1000000, .stage = "What to run",
     .help = "replications of every point (default: the scenario's)"},
    {.name = "--seed", .argument = "N", .integer = true, .low = 0, .high = INT64_MAX,
     .help = "seed of all chance (default: the scenario's)"},
    {.name = "--set", .argument = "PATH=VALUE", .repeats = true,
     .help = "change one key, e.g. --set 'horizon=7 d';\nlist elements by name or [number]: clouds.akash.rules=2026-08"},
    {.name = "--threads", .argument = "N", .integer = true, .low = 1, .high = 1024, .stage = "How",
     .help = "threads (default: one per CPU); the results do not depend on it"},
    {.name = "--shard", .argument = "I/N",
     .help = "only every N-th replication, beginning with number I (0 to N - 1)\nof all points' in a row; 'nines merge' joins the N files"},
    {.name = "--log", .argument = "LEVEL", .choices = "none|summary|leases|events",
     .help = "what to list beside the numbers: none, summary (services'\noutages; default), leases, events; never changes the results"},
    {.name = "-o", .letter = 'o', .argument = "DIR", .stage = "Where it goes",
     .help = "folder for run.db (default: results/SCENARIO's name)"},
    {.name = "--resume", .help = "go on with an existing run.db; begin where there is none"},
    {.name = "--force", .help = "replace an existing run.db"},
    {.name = "--json", .help = "say what was done as one JSON object on stdout"},
    {.name = "--quiet", .help = "say nothing unless something is wrong"},
    {0},
};

static const struct command_option merge_options[] = {
    {.name = "--force", .stage = "Options", .help = "replace an existing OUT.db"},
    {.name = "--quiet", .help = "say nothing unless something is wrong"},
    {0},
};

static const struct command_option validate_options[] = {
    {.name = "--set", .argument = "PATH=VALUE", .repeats = true, .stage = "Options",
     .help = "change one key before checking, as for 'nines run'"},
    {.name = "--print-config", .help = "print every key with its value, defaults marked"},
    {.name = "--reference", .hidden = true, .help = "print a commented reference of all keys of all models"},
    {.name = "--markdown", .hidden = true, .help = "print that reference as a page"},
    {0},
};

static const struct command_option compare_options[] = {
    {.name = "--point", .argument = "P", .stage = "What to show", .help = "only this point (default: all)"},
    {.name = "--metric", .argument = "M", .repeats = true, .help = "only these metrics and breakdowns (default: the main ones)"},
    {.name = "--ratio", .help = "also by how many times one cloud is more than another"},
    {.name = "--json", .stage = "How", .help = "as JSON"},
    {.name = "--csv", .help = "as CSV"},
    {0},
};

static const struct command_option verify_options[] = {
    {.name = "--threads", .argument = "N", .integer = true, .low = 1, .high = 1024, .stage = "Options",
     .help = "threads (default: one per CPU); the results do not depend on it"},
    {.name = "--json", .help = "as JSON"},
    {.name = "--quiet", .help = "no progress"},
    {0},
};

static const struct command_option export_options[] = {
    {.name = "-o", .letter = 'o', .argument = "DIR", .stage = "Options", .help = "folder for the tables (default: export, beside the file)"},
    {.name = "--csv", .help = "as CSV (default)"},
    {.name = "--json", .help = "as JSON"},
    {.name = "--quiet", .help = "say nothing unless something is wrong"},
    {0},
};

static const struct command_option explain_options[] = {
    {.name = "--service", .argument = "NAME", .stage = "Whom (one of them)", .help = "a service: its class and number, e.g. web/17"},
    {.name = "--job", .argument = "NAME", .help = "a job, e.g. train/3"},
    {.name = "--lease", .argument = "ID", .help = "a lease, by its number in the table lease; needs --cloud"},
    {.name = "--point", .argument = "P", .stage = "Where", .help = "point of the study (default: the first)"},
    {.name = "--rep", .argument = "N", .integer = true, .low = 0, .high = 999999, .help = "replication, from 0 (default: 0)"},
    {.name = "--draw", .argument = "N", .integer = true, .low = 0, .high = 999999,
     .help = "draw of the uncertain inputs (default: 0, the scenario as written)"},
    {.name = "--cloud", .argument = "C", .help = "only this cloud (default: one after the other)"},
    {.name = "--json", .stage = "How", .help = "as JSON; results/README.md explains the fields"},
    {0},
};

static const struct command_option plot_options[] = {
    {.name = "-o", .letter = 'o', .argument = "DIR", .stage = "Options", .help = "folder for the charts (default: the folder of the file)"},
    {.name = "--format", .argument = "FORMAT", .choices = "svg|png|pdf", .help = "svg (default), png or pdf"},
    {.name = "--service", .argument = "NAME", .help = "whose outages 'gantt' shows (default: one down under many clouds)"},
    {.name = "--width", .argument = "MM", .choices = "84|174", .help = "of every figure: a journal's page (default: 174) or column (84)"},
    {.name = "--quiet", .help = "say nothing unless something is wrong"},
    {0},
};

static const struct command_option report_options[] = {
    {.name = "-o", .letter = 'o', .argument = "FILE", .stage = "Options", .help = "page to write (default: report.html beside the file; -: stdout)"},
    {.name = "--quiet", .help = "say nothing unless something is wrong"},
    {0},
};

static const struct command commands[] = {
    {.name = "run", .operands = "SCENARIO|RUN.db", .summary = "run a scenario under every cloud; write one results file",
     .description = "Every point of the scenario's study is lived through many times, with the same luck\n"
                    "for every cloud. Mistakes in the scenario are all shown before anything runs.\n"
                    "\n"
                    "Given a results file, it repeats that run from the file itself and says whether the\n"
                    "digest agrees (exit code 1 when it does not); the new file is kept only with -o.\n"
                    "With --resume it finishes an interrupted run instead.\n",
     .least = 1, .most = 1, .options = run_options, .run = command_run},
    {.name = "merge", .operands = "OUT.db SHARD.db...", .summary = "join the shards of a run",
     .description = "Joins the results files of all shards of a run, made with 'nines run --shard I/N', into\n"
                    "the file that the run would have written in one piece, digest included. Shards of\n"
                    "another scenario, seed or version are refused, as are missing, double and unfinished ones.\n",
     .least = 2, .most = -1, .options = merge_options, .run = command_merge},
    {.name = "validate", .operands = "SCENARIO...", .summary = "show every mistake of scenario files",
     .description = "Reads each file, builds what would run, and shows every mistake with file, line,\n"
                    "column and a hint. Runs and writes nothing. Exit code 2 if there is any mistake.\n",
     .least = 1, .most = -1, .options = validate_options, .run = command_validate},
    {.name = "compare", .operands = "RUN.db", .summary = "compare the clouds of a run, with intervals and paired differences",
     .description = "Shows, for every point, each cloud's numbers with their intervals, then the paired\n"
                    "differences between clouds, then the targets and whether they were held.\n",
     .least = 1, .most = 1, .options = compare_options, .run = run_compare},
    {.name = "explain", .operands = "RUN.db", .summary = "tell why a service was down, or what became of a job or lease",
     .description = "Lives through one replication again, from the file itself, and tells what happened to one\n"
                    "service, job or lease under each cloud: what failed and by what cause, who noticed, what\n"
                    "was asked for and refused, where it went. The digest of the replication must be that in\n"
                    "the file (exit code 1 when it is not).\n",
     .least = 1, .most = 1, .options = explain_options, .run = command_explain},
    {.name = "verify", .operands = "SCENARIO|DIR...", .summary = "run scenarios and hold them against published figures",
     .description = "Runs each scenario (of a folder: its files *.cfg) and shows what was imposed, what was\n"
                    "published and what was simulated. Results files are not kept. Exit code 1 when an\n"
                    "outcome differs from what its scenario expects.\n",
     .least = 1, .most = -1, .options = verify_options, .run = command_verify},
    {.name = "plot", .operands = "RUN.db|CURVE.csv [CHART...]", .summary = "draw the charts of a run with gnuplot",
     .description = "For each chart, writes the image, its data (.tsv) and the gnuplot script (.gp) that draws\n"
                    "one from the other. Charts (default: all that the run has data for; of a design with\n"
                    "more than 24 points those that sum it up):\n"
                    "\n"
                    "  availability   availability over time, a panel for each point\n"
                    "  nines          availability of every cloud and point on a nines axis\n"
                    "  cost           cost against availability\n"
                    "  difference     paired differences between clouds, sampling and parameter intervals\n"
                    "  blast          share of services without quorum over time, a panel for each point\n"
                    "  radius         how often at least so many services are without quorum at once\n"
                    "  fleet          replicas up by home site, at the moments that matter: before, worst, half back, after\n"
                    "  downtime       how long outages last: the share that lasts longer, both logarithmic\n"
                    "  recovery       how fast replicas came back after the first incident, and what was published\n"
                    "  gantt          when one service was down, and why\n"
                    "  money          who paid whom, of a run with --log leases\n"
                    "  tornado        what results hang on, of a morris or saltelli design\n"
                    "  sweep          results against the one key that the study varies\n"
                    "  heat           results against the two keys that it varies, a map for each cloud\n"
                    "\n"
                    "Of the curves that 'nines place --curve' wrote (a file NAME.csv):\n"
                    "\n"
                    "  unallocated    GPU left over by each policy when as much has arrived as there is\n"
                    "  fragmentation  fragmented GPU against arrived demand, a panel for each trace\n",
     .later = plot_chart_name, .least = 1, .most = -1, .options = plot_options, .run = command_plot},
    {.name = "report", .operands = "RUN.db", .summary = "write one self-contained page about a run",
     .description = "One HTML file that needs nothing else: question, verdict with its intervals, the course\n"
                    "of events with a slider, charts (drawn with gnuplot), every number, targets, assumptions\n"
                    "and where it all comes from. It opens in any browser and asks the network for nothing.\n",
     .least = 1, .most = 1, .options = report_options, .run = command_report},
    {.name = "export", .operands = "RUN.db", .summary = "write every table of a run as CSV or JSON",
     .description = "One file for each table, with names in place of ids. results/README.md explains the columns.\n",
     .least = 1, .most = 1, .options = export_options, .run = command_export},
    {0},
};

const struct command *command_table(void)
{
    return commands;
}
