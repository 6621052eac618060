/* A run over the processes of an MPI job: `mpirun -n 4 nines run ...`.
 *
 * Rank 0 is the program as ever: it reads the command line, hands out tasks in order, and alone writes the results. The other ranks
 * see no command line and no file: they are sent the scenario's text, build the same plans, and live through the tasks that they are
 * given, each of their threads one at a time and the next when it is done with it; so a slow one takes fewer. To the ordering window of
 * study_run() a thread of another rank is one more thread, which is why the results are the same for any number of ranks.
 *
 * The life of rank 0: ranks_open(), then for every study ranks_begin(), study_run() with ranks_live() for the threads beyond its
 * own and ranks_give_up() when it ends before its time, ranks_end(); at last ranks_close(). The others: ranks_open(), ranks_serve() until rank 0 closes.
 *
 * A rank that dies takes the job with it, as MPI jobs do; what was committed stays in the file, and --resume finishes it. Waiting
 * sleeps between looks instead of spinning, so more ranks than cores do not stand in each other's way.
 *
 * Built without MPI, or started without mpirun or srun, ranks_open() gives NULL, which every other call takes for "one process". */
#ifndef NINES_SIM_RANKS_H
#define NINES_SIM_RANKS_H

#include "sim/study/study.h"

#include <stdbool.h>

struct ranks;

/* Joins the job that this process was started in; NULL: there is none. Before anything else looks at the command line. */
struct ranks *ranks_open(int *argc, char ***argv);
void ranks_close(struct ranks *ranks);

/* Number of processes, and this one's among them. */
unsigned ranks_count(const struct ranks *ranks);
unsigned ranks_self(const struct ranks *ranks);

/* Any rank but 0: works for rank 0 until it closes. Returns the exit code. */
int ranks_serve(struct ranks *ranks, const struct sim_registry *registry);

/* Rank 0: gives the study to the others, on `threads` threads each (0: one per CPU that they may use). Returns how many threads they
 * have; 0 when there are no others. Ends the program when one of them cannot, after it said why. */
unsigned ranks_begin(struct ranks *ranks, const struct study *study, unsigned threads);
/* Lives through the task on the others' thread number 0, 1, ...; as study_live(). */
void ranks_live(struct ranks *ranks, unsigned thread, struct study_task task, struct arena *arena,
                struct study_result *result);
/* Nobody wants the tasks any more that the others have: they come back given up. At most once a study. */
void ranks_give_up(struct ranks *ranks);
/* CPU time that the others spent on tasks since ranks_begin(). */
double ranks_end(struct ranks *ranks);

#endif
