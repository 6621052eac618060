#include "sim/study/ranks.h"
#include "sim/base/check.h"
#include "sim/base/message.h"
#include "sim/study/record_pack.h"
#include "sim/study/version.h"

#if NINES_MPI
#include <mpi.h>
#endif

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A message about thread t of a rank has the tag of its kind plus t. */
enum { THREADS_MOST = 1024, TAG_JOB = 0, TAG_READY = 1, TAG_TASK = THREADS_MOST, TAG_RESULT = 2 * THREADS_MOST };

/* First number of a message to another rank. */
enum { END, JOB, TASK, GIVE_UP };

struct ranks {
    pthread_mutex_t lock; /* around every call of MPI: MPI_THREAD_SERIALIZED is what all installations have */
    int count, self;
    const struct study *study;
    unsigned threads;     /* of the other ranks together */
    int *rank_of;         /* [threads]: whose it is */
    int *number_of;       /* [threads]: and which of theirs */
    double cpu_s;         /* under lock */
};

static void block_interrupts(sigset_t *before)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

/* --- Messages, the only part that knows MPI --- */

#if NINES_MPI

/* Whether somebody started us as one of several; asking MPI itself would start its daemons for every plain run. */
static bool is_job(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") != NULL || getenv("PMIX_RANK") != NULL || getenv("PMI_RANK") != NULL;
}

static bool join(struct ranks *ranks, int *argc, char ***argv)
{
    int provided = MPI_THREAD_SINGLE;
    if (!is_job())
        return false;
    /* MPI starts threads of its own: one that does not block Ctrl-C would be killed by it, and the program with it. */
    sigset_t before;
    block_interrupts(&before);
    int code = MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &provided);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != MPI_SUCCESS || provided < MPI_THREAD_SERIALIZED) {
        message_error(NULL, "cannot join the MPI job, or this MPI does not serve programs with threads");
        exit(EXIT_MACHINE);
    }
    MPI_Comm_size(MPI_COMM_WORLD, &ranks->count);
    MPI_Comm_rank(MPI_COMM_WORLD, &ranks->self);
    return true;
}

static void leave(void)
{
    MPI_Finalize();
}

/* Ends all processes of the job, after saying why. */
NINES_NORETURN static void give_up(void)
{
    MPI_Abort(MPI_COMM_WORLD, EXIT_MACHINE);
    exit(EXIT_MACHINE);
}

/* Between two looks; longer and longer, so that waiting costs nothing and short tasks are not kept waiting. */
static void pause_for(unsigned *looks)
{
    long us = *looks < 20 ? 20 : *looks < 200 ? 100 : 1000;
    ++*looks;
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static void send(struct ranks *ranks, int to, int tag, const struct pack *pack)
{
    MPI_Request request;
    int sent = 0;
    check(pack->length <= INT_MAX, "a message of %zu bytes; MPI counts to %d", pack->length, INT_MAX);
    pthread_mutex_lock(&ranks->lock);
    MPI_Isend(pack->bytes, (int)pack->length, MPI_BYTE, to, tag, MPI_COMM_WORLD, &request);
    MPI_Test(&request, &sent, MPI_STATUS_IGNORE);
    pthread_mutex_unlock(&ranks->lock);
    for (unsigned looks = 0; !sent;) {
        pause_for(&looks);
        pthread_mutex_lock(&ranks->lock);
        MPI_Test(&request, &sent, MPI_STATUS_IGNORE);
        pthread_mutex_unlock(&ranks->lock);
    }
}

/* Waits for the message. Its bytes are *pack's, which is emptied first. */
static struct unpack receive(struct ranks *ranks, int from, int tag, struct pack *pack)
{
    MPI_Status status;
    int there = 0, bytes = 0;
    pack_free(pack);
    for (unsigned looks = 0;; pause_for(&looks)) {
        pthread_mutex_lock(&ranks->lock);
        MPI_Iprobe(from, tag, MPI_COMM_WORLD, &there, &status);
        if (there)
            break;
        pthread_mutex_unlock(&ranks->lock);
    }
    MPI_Get_count(&status, MPI_BYTE, &bytes);
    pack->bytes = malloc((size_t)bytes + 1);
    if (pack->bytes == NULL) {
        message_error(NULL, "out of memory: %d bytes from another process", bytes);
        give_up();
    }
    MPI_Recv(pack->bytes, bytes, MPI_BYTE, from, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    pthread_mutex_unlock(&ranks->lock);
    return (struct unpack){.bytes = pack->bytes, .left = (size_t)bytes};
}

#else

/* One process is all there is, so nothing below is ever sent. */
static bool join(struct ranks *ranks, int *argc, char ***argv)
{
    (void)ranks, (void)argc, (void)argv;
    return false;
}

static void leave(void)
{
}

NINES_NORETURN static void give_up(void)
{
    exit(EXIT_MACHINE);
}

static void send(struct ranks *ranks, int to, int tag, const struct pack *pack)
{
    check(false, "a message of %zu bytes, tag %d, from rank %d to %d without MPI", pack->length, tag, ranks->self, to);
}

static struct unpack receive(struct ranks *ranks, int from, int tag, struct pack *pack)
{
    check(false, "a message with tag %d from rank %d to %d without MPI", tag, from, ranks->self);
    return (struct unpack){.bytes = pack->bytes};
}

#endif

/* --- Joining and leaving --- */

struct ranks *ranks_open(int *argc, char ***argv)
{
    struct ranks *ranks = calloc(1, sizeof *ranks);
    if (ranks == NULL) {
        message_error(NULL, "out of memory");
        exit(EXIT_MACHINE);
    }
    pthread_mutex_init(&ranks->lock, NULL);
    if (join(ranks, argc, argv))
        return ranks;
    pthread_mutex_destroy(&ranks->lock);
    free(ranks);
    return NULL;
}

/* Tells each of the other ranks, apart from what its threads are told. */
static void tell_all(struct ranks *ranks, uint64_t word)
{
    struct pack pack = {0};
    pack_number(&pack, word);
    for (int rank = 1; rank < ranks->count; rank++)
        send(ranks, rank, TAG_JOB, &pack);
    pack_free(&pack);
}

void ranks_close(struct ranks *ranks)
{
    if (ranks == NULL)
        return;
    if (ranks->self == 0)
        tell_all(ranks, END);
    leave();
    pthread_mutex_destroy(&ranks->lock);
    free(ranks);
}

unsigned ranks_count(const struct ranks *ranks)
{
    return ranks == NULL ? 1 : (unsigned)ranks->count;
}

unsigned ranks_self(const struct ranks *ranks)
{
    return ranks == NULL ? 0 : (unsigned)ranks->self;
}

/* --- Rank 0 --- */

/* Both ends must be the same program: bytes travel as they lie in memory. */
static void pack_identity(struct pack *pack)
{
    pack_text(pack, NINES_VERSION);
    pack_text(pack, version_commit());
}

static void pack_job(struct pack *pack, const struct study *study, unsigned threads)
{
    pack_number(pack, JOB);
    pack_identity(pack);
    pack_text(pack, study->scenario->path);
    pack_text(pack, study->scenario->text);
    pack_number(pack, study->source.override_count);
    for (size_t i = 0; i < study->source.override_count; i++)
        pack_text(pack, study->source.overrides[i]);
    pack_number(pack, study->source.log);
    pack_number(pack, threads);
}

unsigned ranks_begin(struct ranks *ranks, const struct study *study, unsigned threads)
{
    if (ranks_count(ranks) == 1)
        return 0;
    struct pack pack = {0};
    pack_job(&pack, study, threads);
    for (int rank = 1; rank < ranks->count; rank++)
        send(ranks, rank, TAG_JOB, &pack);
    ranks->study = study;
    ranks->cpu_s = 0;
    ranks->threads = 0;
    ranks->rank_of = arena_array(study->arena, (size_t)ranks->count * THREADS_MOST, int);
    ranks->number_of = arena_array(study->arena, (size_t)ranks->count * THREADS_MOST, int);
    for (int rank = 1; rank < ranks->count; rank++) {
        struct unpack answer = receive(ranks, rank, TAG_READY, &pack);
        uint64_t has = unpack_number(&answer);
        if (has == 0) /* it has said why */
            give_up();
        for (uint64_t i = 0; i < has; i++) {
            ranks->rank_of[ranks->threads] = rank;
            ranks->number_of[ranks->threads++] = (int)i;
        }
    }
    pack_free(&pack);
    return ranks->threads;
}

/* How many arms a result has records of. */
static size_t whole_arms(const struct study_result *result, const struct study *study)
{
    if (result->failure != NULL || result->given_up)
        return 0;
    return result->limit_key != NULL ? result->limit_arm : study->arm_count;
}

static void read_result(struct ranks *ranks, struct unpack *answer, struct arena *arena, struct study_result *result)
{
    const struct study *study = ranks->study;
    *result = (struct study_result){.failure = unpack_text(answer, arena), .limit_key = unpack_text(answer, arena)};
    result->given_up = unpack_number(answer) != 0;
    result->limit_value = (int64_t)unpack_number(answer);
    result->limit_arm = (uint32_t)unpack_number(answer);
    double cpu_s = unpack_real(answer);
    size_t arms = whole_arms(result, study);
    result->records = arena_array(arena, study->arm_count, struct sim_record *);
    for (size_t arm = 0; arm < arms && !answer->broken; arm++)
        result->records[arm] = unpack_record(answer, arena, study->model);
    check(!answer->broken && answer->left == 0, "a result of another rank that does not read");
    pthread_mutex_lock(&ranks->lock);
    ranks->cpu_s += cpu_s;
    pthread_mutex_unlock(&ranks->lock);
}

void ranks_live(struct ranks *ranks, unsigned thread, struct study_task task, struct arena *arena,
                struct study_result *result)
{
    check(thread < ranks->threads, "thread %u of %u", thread, ranks->threads);
    int rank = ranks->rank_of[thread], number = ranks->number_of[thread];
    struct pack pack = {0};
    pack_number(&pack, TASK);
    pack_number(&pack, task.point);
    pack_number(&pack, task.outer_draw);
    pack_number(&pack, task.replication);
    send(ranks, rank, TAG_TASK + number, &pack);
    struct unpack answer = receive(ranks, rank, TAG_RESULT + number, &pack);
    read_result(ranks, &answer, arena, result);
    pack_free(&pack);
}

void ranks_give_up(struct ranks *ranks)
{
    if (ranks != NULL)
        tell_all(ranks, GIVE_UP);
}

double ranks_end(struct ranks *ranks)
{
    if (ranks_count(ranks) == 1)
        return 0;
    struct pack pack = {0};
    pack_number(&pack, END);
    for (unsigned i = 0; i < ranks->threads; i++)
        send(ranks, ranks->rank_of[i], TAG_TASK + ranks->number_of[i], &pack);
    tell_all(ranks, END);
    pack_free(&pack);
    return ranks->cpu_s;
}

/* --- The other ranks --- */

struct server {
    struct ranks *ranks;
    const struct study *study;
    struct study_options options;
    int number;
};

static double thread_cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void serve_task(const struct server *server, struct study_worker *worker, struct study_task task,
                       struct arena *arena, struct pack *pack)
{
    struct study_result result;
    double before = thread_cpu_s();
    study_live(worker, task, arena, &result);
    size_t arms = whole_arms(&result, server->study);
    pack->length = 0;
    pack_text(pack, result.failure);
    pack_text(pack, result.limit_key);
    pack_number(pack, result.given_up);
    pack_number(pack, (uint64_t)result.limit_value);
    pack_number(pack, result.limit_arm);
    pack_real(pack, thread_cpu_s() - before);
    for (size_t arm = 0; arm < arms; arm++)
        pack_record(pack, result.records[arm]);
    send(server->ranks, 0, TAG_RESULT + server->number, pack);
}

static void *serve_thread(void *argument)
{
    const struct server *server = argument;
    struct study_worker *worker = study_worker_open(server->study, &server->options);
    struct pack order = {0}, answer = {0};
    struct arena arena;
    arena_open(&arena, 0);
    struct arena_mark empty = arena_mark(&arena);
    for (;;) {
        struct unpack unpack = receive(server->ranks, 0, TAG_TASK + server->number, &order);
        if (unpack_number(&unpack) != TASK)
            break;
        struct study_task task = {.point = (uint32_t)unpack_number(&unpack)};
        task.outer_draw = (uint32_t)unpack_number(&unpack);
        task.replication = (uint32_t)unpack_number(&unpack);
        serve_task(server, worker, task, &arena, &answer);
        arena_rewind(&arena, empty);
    }
    arena_close(&arena);
    pack_free(&order);
    pack_free(&answer);
    study_worker_close(worker);
    return NULL;
}

static unsigned own_threads(uint64_t asked)
{
    cpu_set_t set;
    uint64_t threads = asked;
    if (threads == 0)
        threads = sched_getaffinity(0, sizeof set, &set) == 0 ? (uint64_t)CPU_COUNT(&set) : 1;
    return threads < THREADS_MOST ? (unsigned)threads : THREADS_MOST;
}

static bool is_same_program(struct unpack *job, struct arena *arena)
{
    const char *version = unpack_text(job, arena), *commit = unpack_text(job, arena);
    if (version != NULL && commit != NULL && strcmp(version, NINES_VERSION) == 0 && strcmp(commit, version_commit()) == 0)
        return true;
    message_error("start the same program everywhere", "rank 0 is nines %s (%s), and another rank is %s (%s)",
                  version != NULL ? version : "?", commit != NULL ? commit : "?", NINES_VERSION, version_commit());
    return false;
}

/* What rank 0 runs, prepared. */
static bool read_job(struct unpack *job, struct arena *arena, const struct sim_registry *registry, struct study *study,
                     unsigned *threads)
{
    if (!is_same_program(job, arena))
        return false;
    struct study_source source = {.path = unpack_text(job, arena)};
    source.text = unpack_text(job, arena);
    source.override_count = (size_t)unpack_number(job);
    const char **overrides = arena_array(arena, job->broken ? 0 : source.override_count, const char *);
    for (size_t i = 0; i < source.override_count && !job->broken; i++)
        overrides[i] = unpack_text(job, arena);
    source.overrides = overrides;
    source.log = (enum sim_log)unpack_number(job);
    *threads = own_threads(unpack_number(job));
    check(!job->broken, "a job that does not read");
    return study_prepare(study, arena, &source, registry, stderr);
}

/* The threads live through tasks until each is told to end; this one hears whether they are still wanted. */
static void serve_threads(struct ranks *ranks, const struct study *study, unsigned threads, struct arena *arena)
{
    struct server *servers = arena_array(arena, threads, struct server);
    pthread_t *handles = arena_array(arena, threads, pthread_t);
    atomic_bool given_up = false;
    struct pack word = {0};
    for (unsigned i = 0; i < threads; i++) {
        servers[i] = (struct server){.ranks = ranks, .study = study, .number = (int)i};
        servers[i].options = (struct study_options){.replay = "nines run, as rank 0 was told to", .given_up = &given_up};
        if (pthread_create(&handles[i], NULL, serve_thread, &servers[i]) != 0) {
            message_error("ask for fewer with --threads", "cannot start thread %u of %u", i + 1, threads);
            give_up();
        }
    }
    for (uint64_t said = GIVE_UP; said == GIVE_UP;) {
        struct unpack unpack = receive(ranks, 0, TAG_JOB, &word);
        said = unpack_number(&unpack);
        if (said == GIVE_UP)
            atomic_store(&given_up, true);
    }
    pack_free(&word);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(handles[i], NULL);
}

int ranks_serve(struct ranks *ranks, const struct sim_registry *registry)
{
    block_interrupts(NULL); /* Ctrl-C is rank 0's to answer */
    struct pack pack = {0};
    for (;;) {
        struct unpack job = receive(ranks, 0, TAG_JOB, &pack);
        if (unpack_number(&job) != JOB)
            break;
        struct arena arena;
        struct study study;
        unsigned threads = 0;
        arena_open(&arena, 0);
        bool fine = read_job(&job, &arena, registry, &study, &threads);
        pack.length = 0;
        pack_number(&pack, fine ? threads : 0);
        send(ranks, 0, TAG_READY, &pack);
        if (fine)
            serve_threads(ranks, &study, threads, &arena);
        arena_close(&arena);
    }
    pack_free(&pack);
    return EXIT_DONE;
}
