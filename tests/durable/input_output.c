/* A read, write, sync, lock or truncation of the results file fails, the 1st, the 2nd, the Nth: the whole program says so and ends with 3
 * (or did without and ends with 0), and --resume finishes to the same digest. The failing disk is an SQLite VFS around the real one. */
#include "models/oracle/oracle.h"
#include "sim/base/message.h"
#include "sim/study/model.h"

#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- A disk on which the Nth operation fails --- */

struct disk {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    sqlite3_io_methods methods;
    long calls, fails_at; /* fails_at 0: never */
    int code;             /* of a failed write: SQLITE_FULL, SQLITE_IOERR_WRITE; of a failed lock SQLITE_BUSY */
    bool for_ever;        /* as full disks are */
};

struct faulty_file {
    sqlite3_file base;
    struct disk *disk;
    sqlite3_file *real; /* behind this struct */
};

static bool fails(struct disk *disk)
{
    disk->calls++;
    return disk->fails_at > 0 && (disk->for_ever ? disk->calls >= disk->fails_at : disk->calls == disk->fails_at);
}

#define REAL(file) (((struct faulty_file *)(file))->real)
#define DISK(file) (((struct faulty_file *)(file))->disk)

static int disk_close(sqlite3_file *file)
{
    return REAL(file)->pMethods != NULL ? REAL(file)->pMethods->xClose(REAL(file)) : SQLITE_OK;
}

static int disk_read(sqlite3_file *file, void *to, int bytes, sqlite3_int64 at)
{
    return DISK(file)->code == SQLITE_IOERR_READ && fails(DISK(file)) ? SQLITE_IOERR_READ
                                                                      : REAL(file)->pMethods->xRead(REAL(file), to, bytes, at);
}

static int disk_write(sqlite3_file *file, const void *from, int bytes, sqlite3_int64 at)
{
    bool about_writes = DISK(file)->code == SQLITE_FULL || DISK(file)->code == SQLITE_IOERR_WRITE;
    return about_writes && fails(DISK(file)) ? DISK(file)->code : REAL(file)->pMethods->xWrite(REAL(file), from, bytes, at);
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return REAL(file)->pMethods->xTruncate(REAL(file), size);
}

static int disk_sync(sqlite3_file *file, int flags)
{
    return DISK(file)->code == SQLITE_IOERR_FSYNC && fails(DISK(file)) ? SQLITE_IOERR_FSYNC
                                                                       : REAL(file)->pMethods->xSync(REAL(file), flags);
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return REAL(file)->pMethods->xFileSize(REAL(file), size);
}

static int disk_lock(sqlite3_file *file, int level)
{
    return DISK(file)->code == SQLITE_BUSY && level > 1 && fails(DISK(file)) ? SQLITE_BUSY
                                                                            : REAL(file)->pMethods->xLock(REAL(file), level);
}

static int disk_unlock(sqlite3_file *file, int level)
{
    return REAL(file)->pMethods->xUnlock(REAL(file), level);
}

static int disk_reserved(sqlite3_file *file, int *reserved)
{
    return REAL(file)->pMethods->xCheckReservedLock(REAL(file), reserved);
}

static int disk_control(sqlite3_file *file, int operation, void *argument)
{
    return REAL(file)->pMethods->xFileControl(REAL(file), operation, argument);
}

static int disk_sector(sqlite3_file *file)
{
    return REAL(file)->pMethods->xSectorSize(REAL(file));
}

static int disk_traits(sqlite3_file *file)
{
    return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file));
}

static int disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
    struct disk *disk = vfs->pAppData;
    struct faulty_file *faulty = (struct faulty_file *)file;
    faulty->disk = disk;
    faulty->real = (sqlite3_file *)(faulty + 1);
    faulty->real->pMethods = NULL;
    int code = disk->real->xOpen(disk->real, name, faulty->real, flags, out_flags);
    faulty->base.pMethods = code == SQLITE_OK ? &disk->methods : NULL;
    return code;
}

/* A lock that is never given is waited for a minute; here that minute is short. */
static int disk_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static void insert_disk(struct disk *disk)
{
    disk->real = sqlite3_vfs_find(NULL);
    disk->vfs = *disk->real;
    disk->vfs.zName = "faulty";
    disk->vfs.pAppData = disk;
    disk->vfs.szOsFile = (int)sizeof(struct faulty_file) + disk->real->szOsFile;
    disk->vfs.xOpen = disk_open;
    disk->vfs.xSleep = disk_sleep;
    disk->methods = (sqlite3_io_methods){.iVersion = 1, .xClose = disk_close, .xRead = disk_read, .xWrite = disk_write,
                                         .xTruncate = disk_truncate, .xSync = disk_sync, .xFileSize = disk_size,
                                         .xLock = disk_lock, .xUnlock = disk_unlock, .xCheckReservedLock = disk_reserved,
                                         .xFileControl = disk_control, .xSectorSize = disk_sector,
                                         .xDeviceCharacteristics = disk_traits};
    sqlite3_vfs_register(&disk->vfs, 1);
}

/* --- The program, in a child --- */

static char folder[] = "/tmp/nines-disk-XXXXXX";
static char results[64], messages[64], scenario[64];

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(results, sizeof results, "%s/run", folder);
    snprintf(messages, sizeof messages, "%s/messages", folder);
    snprintf(scenario, sizeof scenario, "%s/small.cfg", folder);
    FILE *file = fopen(scenario, "w");
    if (file == NULL)
        return -1;
    fputs("model = \"renewal\"; horizon = \"4 d\"; replications = 40; seed = 11; components = 20;\n"
          "up = \"exponential(100 h)\"; down = \"exponential(5 h)\";\n",
          file);
    return fclose(file);
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

struct trial {
    struct disk disk;
    const char *option; /* "--resume", "--force" */
    rlim_t most_bytes;  /* of a file; 0: no limit */
};

static void run_in_child(struct trial *trial, int counts)
{
    static const struct sim_model *const models[] = {&oracle_renewal, NULL};
    const struct sim_registry registry = {.models = models};
    const char *words[] = {"nines", "run", scenario, "-o", results, "--threads", "1", "--quiet", trial->option, NULL};
    if (freopen(messages, "w", stderr) == NULL)
        _exit(99);
    if (trial->most_bytes > 0)
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = trial->most_bytes, .rlim_max = trial->most_bytes});
    insert_disk(&trial->disk);
    int code = sim_main(9, (char **)words, &registry);
    fflush(stderr);
    if (write(counts, &trial->disk.calls, sizeof trial->disk.calls) < 0)
        _exit(98);
    _exit(code);
}

/* Exit code of the program; *calls: of the disk that could have failed. */
static int run(struct trial trial, long *calls)
{
    int ends[2], status = 0;
    fflush(NULL);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        run_in_child(&trial, ends[1]);
    close(ends[1]);
    long counted = 0;
    if (read(ends[0], &counted, sizeof counted) < 0)
        counted = -1;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (calls != NULL)
        *calls = counted;
    if (!WIFEXITED(status))
        fail_msg("operation %ld: died of signal %d", trial.disk.fails_at, WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* The run's digest, of a valid file. */
static char *digest(void)
{
    static char text[32];
    char path[96];
    sqlite3 *database = NULL;
    sqlite3_stmt *row = NULL;
    snprintf(path, sizeof path, "%s/run.db", results);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, "SELECT digest, (SELECT * FROM pragma_integrity_check) FROM run", -1, &row,
                                        NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(row, 1), "ok");
    snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    sqlite3_close(database);
    return text;
}

static bool says(const char *words)
{
    char text[1024] = "";
    FILE *file = fopen(messages, "r");
    if (file == NULL)
        return false;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    return strstr(text, words) != NULL;
}

/* Fails each operation of one kind in turn; `words` must be in what is said. At least some must be told. */
static void fail_each(int code, bool for_ever, const char *words)
{
    struct trial trial = {.disk = {.code = code, .for_ever = for_ever}, .option = "--force"};
    long calls = 0, told = 0;
    char whole[32];
    assert_int_equal(run(trial, &calls), 0);
    snprintf(whole, sizeof whole, "%s", digest());
    assert_true(calls > 0);
    for (long n = 1; n <= calls; n += n < 12 ? 1 : 1 + n / 6) {
        trial.disk.fails_at = n;
        int status = run(trial, NULL);
        if (status != EXIT_DONE) {
            if (status != EXIT_MACHINE || !says(words) || !says("run.db"))
                fail_msg("operation %ld of %ld: exit %d, and it should say '%s'", n, calls, status, words);
            told++;
            assert_int_equal(run((struct trial){.option = "--resume"}, NULL), 0);
        }
        if (strcmp(digest(), whole) != 0)
            fail_msg("operation %ld of %ld: another digest", n, calls);
    }
    assert_true(told > 0);
}

static void a_failed_write_is_told_and_resumable(void **state)
{
    (void)state;
    fail_each(SQLITE_IOERR_WRITE, false, "disk I/O error");
}

static void a_full_disk_is_told_and_resumable(void **state)
{
    (void)state;
    fail_each(SQLITE_FULL, true, "full");
}

static void a_failed_read_is_told_and_resumable(void **state)
{
    (void)state;
    fail_each(SQLITE_IOERR_READ, false, "disk I/O error");
}

static void a_failed_sync_is_told_and_resumable(void **state)
{
    (void)state;
    fail_each(SQLITE_IOERR_FSYNC, false, "disk I/O error");
}

static void a_lock_that_is_never_given_is_told_and_resumable(void **state)
{
    (void)state;
    fail_each(SQLITE_BUSY, true, "database is locked");
}

static void a_limit_on_file_size_is_told_and_resumable(void **state)
{
    (void)state;
    struct trial trial = {.option = "--force"};
    char whole[32];
    assert_int_equal(run(trial, NULL), 0);
    snprintf(whole, sizeof whole, "%s", digest());
    trial.most_bytes = 150000; /* the tables fit, the replications do not */
    assert_int_equal(run(trial, NULL), EXIT_MACHINE);
    assert_true(says("File too large"));
    assert_int_equal(run((struct trial){.option = "--resume"}, NULL), 0);
    assert_string_equal(digest(), whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_write_is_told_and_resumable),
        cmocka_unit_test(a_full_disk_is_told_and_resumable),
        cmocka_unit_test(a_failed_read_is_told_and_resumable),
        cmocka_unit_test(a_failed_sync_is_told_and_resumable),
        cmocka_unit_test(a_lock_that_is_never_given_is_told_and_resumable),
        cmocka_unit_test(a_limit_on_file_size_is_told_and_resumable),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
