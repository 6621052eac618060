/* The results file: round trip, ids, equal bytes, and what is left after a death, a full disk or a closed folder. */
#include "tests/unit/toy.h"

#include <fcntl.h>
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

static char folder[] = "/tmp/nines-store-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* First column of the first row; -1 when there is none. */
static int64_t query(struct store *store, const char *sql)
{
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store_database(store), sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(store_database(store)));
    int64_t value = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : -1;
    sqlite3_finalize(row);
    return value;
}

static struct store *open_valid(const char *path)
{
    struct store *store;
    if (!store_open_read(&store, path))
        fail_msg("%s", store_message(store));
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_prepare_v2(store_database(store), "PRAGMA integrity_check", -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(row, 0), "ok");
    sqlite3_finalize(row);
    assert_int_equal(query(store, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    return store;
}

/* Sums in whole numbers: the same to the last bit in any order, so a run that goes on and shards that are put together agree. */
static void parts_are_summed_over_replications(void **state)
{
    (void)state;
    struct store *store;
    if (!toy_make(&store, path_of("parts.db"), SIM_LOG_SUMMARY, 5))
        fail_msg("%s", store_message(store));
    int64_t sum = 0, squares = 0;
    for (uint32_t rep = 0; rep < 5; rep++) {
        int64_t millionths = (int64_t)floor((1 - 0.02 * (0.5 + toy_luck(1, rep, 0, 0))) * 1e6 + 0.5);
        sum += millionths;
        squares += millionths * millionths;
    }
    assert_int_equal(query(store, "SELECT count(*) FROM part"), 2);
    assert_int_equal(query(store, "SELECT count(*) FROM part_value"), TOY_POINTS * TOY_CLOUDS * 3);
    static const char *const where = "FROM part_series s JOIN point p ON p.id = point_id JOIN cloud c ON c.id = cloud_id"
                                     " WHERE label = 'azure' AND c.name = 'azure-like' AND s.kind = 'site' AND s.name = ";
    char sql[512];
    snprintf(sql, sizeof sql, "SELECT round(mean * n * 1e6) %s 'east' AND t_s = 0", where);
    assert_int_equal(query(store, sql), sum);
    snprintf(sql, sizeof sql, "SELECT n %s 'east' AND t_s = 86400 AND mean = 1 AND sd = 0 AND span_s = 86400", where);
    assert_int_equal(query(store, sql), 3); /* the even ones have it */
    snprintf(sql, sizeof sql, "SELECT round(1e9 * sd) %s 'east' AND t_s = 0", where);
    double variance = ((double)squares - (double)sum * (double)sum / 5) / 4;
    assert_int_equal(query(store, sql), llround(1e3 * sqrt(variance)));
    snprintf(sql, sizeof sql, "SELECT mean = 0.25 %s 'west'", where);
    assert_int_equal(query(store, sql), 1);
    store_close(store);
    if (!toy_make(&store, path_of("silent.db"), SIM_LOG_NONE, 2))
        fail_msg("%s", store_message(store));
    assert_int_equal(query(store, "SELECT count(*) FROM part_value"), 0);
    store_close(store);
}

/* Between two commits sums are kept in memory. The first of these replications leaves a span without a row that the second has. */
static void sums_over_parts_do_not_hang_on_the_commits(void **state)
{
    (void)state;
    struct store *store;
    struct store_run run = toy_run();
    struct arena arena;
    const char *whole = path_of("at-once.db");
    if (!toy_make(&store, whole, SIM_LOG_SUMMARY, 5))
        fail_msg("%s", store_message(store));
    store_close(store);
    assert_true(store_create(&store, path_of("piecemeal.db"), true, &run) && toy_describe(store));
    arena_open(&arena, 0);
    for (uint32_t i = 1; i <= 5; i++)
        for (uint32_t point = 0; point < TOY_POINTS; point++)
            for (uint32_t cloud = 0; cloud < TOY_CLOUDS; cloud++) {
                struct store_replication which = {.point = point, .cloud = cloud, .rep = i % 5};
                assert_true(store_write_replication(store, which, toy_record(&arena, SIM_LOG_SUMMARY, point, i % 5, cloud)));
                assert_true(store_commit(store));
            }
    arena_close(&arena);
    char sql[4096];
    snprintf(sql, sizeof sql, "ATTACH '%s' AS at_once", whole);
    assert_int_equal(sqlite3_exec(store_database(store), sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(query(store, "SELECT count(*) FROM part_value"), query(store, "SELECT count(*) FROM at_once.part_value"));
    assert_int_equal(query(store, "SELECT count(*) FROM (SELECT * FROM part_value EXCEPT SELECT * FROM at_once.part_value)"), 0);
    store_close(store);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct store *store;
    const char *path = path_of("round.db");
    if (!toy_make(&store, path, SIM_LOG_LEASES, 4))
        fail_msg("%s", store_message(store));
    store_close(store);
    store = open_valid(path);
    struct arena arena;
    arena_open(&arena, 0);
    struct store_run run;
    const struct store_cloud *clouds;
    const struct store_point *points;
    size_t n_clouds, n_points;
    assert_true(store_read_run(store, &arena, &run));
    assert_string_equal(run.scenario_text, "model = \"toy\";\n");
    assert_string_equal(run.status, "complete");
    assert_string_equal(run.digest, "0000000000001234");
    assert_int_equal(run.precision_reached, -1);
    assert_int_equal(run.start_unix_s, 1719792000);
    assert_int_equal(run.seed, 1);
    assert_string_equal(run.metrics[TOY_COST].name, "cost_usd");
    assert_true(run.metrics[TOY_NODE].is_availability && run.metrics[TOY_METRICS].name == NULL);
    assert_string_equal(run.series[1].name, "leases");
    assert_true(store_read_clouds(store, &arena, &clouds, &n_clouds) && n_clouds == TOY_CLOUDS);
    assert_true(store_read_points(store, &arena, &points, &n_points) && n_points == TOY_POINTS);
    assert_string_equal(clouds[2].name, "io.net");
    assert_string_equal(points[1].parameters, "{\"incidents\": [\"july\"]}");
    int rows = TOY_POINTS * 4 * TOY_CLOUDS;
    assert_int_equal(query(store, "SELECT count(*) FROM replication"), rows);
    assert_int_equal(query(store, "SELECT count(*) FROM metric"), rows * TOY_METRICS);
    assert_int_equal(query(store, "SELECT count(*) FROM metric WHERE value IS NULL AND name = 'never_reported'"), rows);
    assert_int_equal(query(store, "SELECT count(*) FROM series"), rows * (TOY_STEPS + TOY_STEPS / 2));
    assert_int_equal(query(store, "SELECT max(t_s) FROM series WHERE name = 'leases'"), (TOY_STEPS - 2) * 3600);
    assert_int_equal(query(store, "SELECT count(*) FROM outage WHERE incident = 'july'"), rows);
    assert_int_equal(query(store, "SELECT count(*) FROM outage"), rows * 3);
    assert_int_equal(query(store, "SELECT count(*) FROM lease WHERE end_s IS NULL AND gpus = 8"), rows);
    assert_int_equal(query(store, "SELECT count(*) FROM ledger WHERE amount_micro = 5000000 AND denom = 'uakt'"), rows);
    assert_int_equal(query(store, "SELECT count(*) FROM incident_mark"), 1);
    arena_close(&arena);
    store_close(store);
}

static void every_value_comes_back_bit_for_bit(void **state)
{
    (void)state;
    struct store *store;
    const char *path = path_of("bits.db");
    assert_true(toy_make(&store, path, SIM_LOG_NONE, 3));
    store_close(store);
    store = open_valid(path);
    struct arena arena;
    arena_open(&arena, 0);
    struct sim_record *record = toy_record(&arena, SIM_LOG_NONE, 1, 2, 1);
    int64_t id = store_replication_id(store_point_id("azure"), store_cloud_id("akash"), 0, 2);
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_prepare_v2(store_database(store),
                                        "SELECT v.value FROM metric v WHERE v.replication_id = ?1 AND v.name = ?2", -1, &row,
                                        NULL),
                     SQLITE_OK);
    for (uint32_t m = 0; m < TOY_METRICS; m++) {
        sqlite3_bind_int64(row, 1, id);
        sqlite3_bind_text(row, 2, toy_metrics[m].name, -1, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        double value = sqlite3_column_type(row, 0) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(row, 0);
        assert_memory_equal(&value, &record->metric_values[m], sizeof value);
        sqlite3_reset(row);
    }
    sqlite3_finalize(row);
    char sql[128], wanted[17];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM replication WHERE id = %lld AND events = 1002", (long long)id);
    assert_int_equal(query(store, sql), 1);
    snprintf(wanted, sizeof wanted, "%016llx", (unsigned long long)record_digest(record));
    snprintf(sql, sizeof sql, "SELECT count(*) FROM replication WHERE id = %lld AND digest = '%s'", (long long)id, wanted);
    assert_int_equal(query(store, sql), 1);
    arena_close(&arena);
    store_close(store);
}

static void ids_name_things_and_survive_a_double(void **state)
{
    (void)state;
    assert_int_equal(store_cloud_id("akash"), store_cloud_id("akash"));
    assert_int_not_equal(store_cloud_id("akash"), store_point_id("akash"));
    int64_t point = store_point_id("base"), cloud = store_cloud_id("akash");
    for (uint32_t rep = 0; rep < 1000; rep++) {
        int64_t id = store_replication_id(point, cloud, 0, rep);
        assert_true(id > 0 && id < INT64_C(1) << 53 && (int64_t)(double)id == id);
        assert_int_not_equal(id, store_replication_id(point, cloud, rep + 1, 0));
        assert_int_not_equal(id, store_replication_id(point, cloud, 0, rep + 1));
    }
    /* Fixed for good: files written by one build are merged by another. */
    assert_int_equal(store_replication_id(store_point_id("base"), store_cloud_id("akash"), 0, 7), INT64_C(0x1126435a718d30));
}

/* Everything in the file except the columns of `run` that are outside the digest. */
static uint64_t content_of(const char *path)
{
    struct store *store = open_valid(path);
    static const char *const tables[] = {
        ("SELECT id, scenario, scenario_text, overrides, model, title, question, regime, comparison, version, commit_id,"
         " seed, replications, level, start_utc, horizon_s, warmup_s, grid_s, status, precision_reached, digest FROM run"),
        "SELECT * FROM cloud", "SELECT * FROM point", "SELECT * FROM metric_help", "SELECT * FROM series_help",
        "SELECT * FROM replication", "SELECT * FROM metric_value", "SELECT * FROM series_value", "SELECT * FROM breakdown_value",
        "SELECT * FROM breakdown_summary", "SELECT * FROM risk", "SELECT * FROM outage",
        "SELECT * FROM lease", "SELECT * FROM ledger", "SELECT * FROM message", "SELECT * FROM incident_mark",
        "SELECT * FROM evidence", "SELECT * FROM summary",
        "SELECT * FROM difference", "SELECT * FROM series_summary", "SELECT * FROM target"};
    uint64_t hash = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        sqlite3_stmt *row = NULL;
        assert_int_equal(sqlite3_prepare_v2(store_database(store), tables[i], -1, &row, NULL), SQLITE_OK);
        while (sqlite3_step(row) == SQLITE_ROW)
            for (int c = 0; c < sqlite3_column_count(row); c++)
                hash = sqlite3_column_type(row, c) == SQLITE_FLOAT
                           ? hash_double(hash, sqlite3_column_double(row, c))
                           : hash_bytes(hash, sqlite3_column_blob(row, c), (size_t)sqlite3_column_bytes(row, c));
        sqlite3_finalize(row);
    }
    store_close(store);
    return hash;
}

static void the_same_run_gives_the_same_tables(void **state)
{
    (void)state;
    struct store *store;
    char first[256];
    snprintf(first, sizeof first, "%s", path_of("same1.db"));
    const char *second = path_of("same2.db");
    assert_true(toy_make(&store, first, SIM_LOG_LEASES, 6));
    store_close(store);
    struct store_run run = toy_run();
    run.command = "nines run elsewhere.cfg --threads 7";
    run.host = "other";
    run.threads = 7;
    assert_true(store_create(&store, second, true, &run) && toy_describe(store) && toy_write(store, SIM_LOG_LEASES, 6) &&
                store_commit(store) && store_finish(store, STORE_COMPLETE, 0x1234, -1));
    store_close(store);
    assert_true(content_of(first) == content_of(second));
    assert_true(toy_make(&store, second, SIM_LOG_LEASES, 5));
    store_close(store);
    assert_true(content_of(first) != content_of(second));
}

static void an_existing_file_is_refused_and_left_alone(void **state)
{
    (void)state;
    struct store *store;
    struct store_run run = toy_run();
    const char *path = path_of("there.db");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("precious", file);
    fclose(file);
    assert_false(store_create(&store, path, false, &run));
    assert_non_null(strstr(store_message(store), "there.db: cannot create: File exists"));
    store_close(store);
    char text[16] = "";
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "precious");
    assert_true(store_create(&store, path, true, &run));
    store_close(store);
}

static void what_is_no_results_file_is_refused(void **state)
{
    (void)state;
    struct store *store;
    assert_false(store_open_read(&store, path_of("absent.db")));
    assert_non_null(strstr(store_message(store), "absent.db: cannot open: No such file"));
    store_close(store);
    assert_false(store_open_read(&store, path_of(".")));
    assert_non_null(strstr(store_message(store), "is a folder"));
    store_close(store);
    const char *path = path_of("text.db");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 100; i++)
        fputs("this is not a database\n", file);
    fclose(file);
    assert_false(store_open_read(&store, path));
    assert_non_null(strstr(store_message(store), "not an SQLite database"));
    store_close(store);
    assert_int_equal(truncate(path, 0), 0);
    assert_false(store_open_read(&store, path));
    assert_non_null(strstr(store_message(store), "not a results file"));
    store_close(store);
    assert_false(store_open_read(&store, folder));
    store_close(store);
    assert_true(toy_make(&store, path_of("newer.db"), SIM_LOG_NONE, 1));
    assert_int_equal(sqlite3_exec(store_database(store), "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    store_close(store);
    assert_false(store_open_read(&store, path_of("newer.db")));
    assert_non_null(strstr(store_message(store), "schema version 99; this program reads version 3"));
    store_close(store);
}

/* Runs deed in a child; gives its wait status. */
static int in_child(void (*deed)(const char *path, int pipe), const char *path, bool kill_it)
{
    int ends[2], status = 0;
    char ready;
    fflush(stdout);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        deed(path, ends[1]);
        _exit(9);
    }
    close(ends[1]);
    if (kill_it && read(ends[0], &ready, 1) == 1) {
        usleep(30000);
        kill(child, SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ends[0]);
    return status;
}

static void write_for_ever(const char *path, int ready)
{
    struct store *store;
    struct store_run run = toy_run();
    if (!store_create(&store, path, true, &run) || !toy_describe(store) || !toy_write(store, SIM_LOG_LEASES, 5) ||
        !store_commit(store))
        _exit(8);
    (void)sqlite3_exec(store_database(store), "PRAGMA cache_size = 20", NULL, NULL, NULL); /* spill: dirty pages in the file */
    struct arena arena;
    arena_open(&arena, 0);
    for (uint32_t rep = 5;; rep++) {
        if (rep == 40 && write(ready, "x", 1) != 1)
            _exit(8);
        struct arena_mark mark = arena_mark(&arena);
        struct sim_record *record = toy_record(&arena, SIM_LOG_LEASES, 1, rep, 0);
        struct store_replication which = {.point = 1, .cloud = 0, .rep = rep};
        if (!store_write_replication(store, which, record))
            _exit(8);
        arena_rewind(&arena, mark);
    }
}

static void a_killed_run_leaves_a_valid_file(void **state)
{
    (void)state;
    const char *path = path_of("killed.db");
    for (int round = 0; round < 5; round++) {
        int status = in_child(write_for_ever, path, true);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        struct store *store = open_valid(path);
        assert_int_equal(query(store, "SELECT count(*) FROM run WHERE status = 'running' AND digest IS NULL"), 1);
        int64_t replications = query(store, "SELECT count(*) FROM replication");
        assert_true(replications >= 5 * TOY_CLOUDS * TOY_POINTS);
        /* nothing by halves */
        assert_int_equal(query(store, "SELECT count(*) FROM metric"), replications * TOY_METRICS);
        assert_int_equal(query(store, "SELECT count(*) FROM series"), replications * (TOY_STEPS + TOY_STEPS / 2));
        assert_int_equal(query(store, "SELECT count(*) FROM lease"), replications);
        store_close(store);
    }
}

static void write_beyond_a_limit(const char *path, int message)
{
    struct store *store;
    struct store_run run = toy_run();
    struct rlimit limit = {.rlim_cur = 600000, .rlim_max = 600000};
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || !store_create(&store, path, true, &run) || !toy_describe(store) ||
        !toy_write(store, SIM_LOG_NONE, 2) || !store_commit(store))
        _exit(8);
    struct arena arena;
    arena_open(&arena, 0);
    for (uint32_t rep = 2; rep < 100000; rep++) {
        struct arena_mark mark = arena_mark(&arena);
        struct store_replication which = {.point = 0, .cloud = 0, .rep = rep};
        struct sim_record *record = toy_record(&arena, SIM_LOG_NONE, 0, rep, 0);
        if (!store_write_replication(store, which, record) || !store_commit(store)) {
            const char *text = store_message(store);
            (void)!write(message, text, strlen(text));
            bool finished = store_finish(store, STORE_INTERRUPTED, 0, -1);
            store_close(store);
            _exit(finished ? 7 : 0);
        }
        arena_rewind(&arena, mark);
    }
    _exit(6);
}

static void a_full_disk_is_told_and_leaves_a_valid_file(void **state)
{
    (void)state;
    const char *path = path_of("full.db");
    int ends[2], status = 0;
    char message[512] = "";
    fflush(stdout);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        write_beyond_a_limit(path, ends[1]);
    close(ends[1]);
    assert_true(read(ends[0], message, sizeof message - 1) > 0);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_non_null(strstr(message, "full.db: cannot write: "));
    assert_non_null(strstr(message, "(File too large)"));
    struct store *store = open_valid(path);
    assert_true(query(store, "SELECT count(*) FROM replication") >= 12);
    assert_int_equal(query(store, "SELECT count(*) FROM run WHERE status = 'running'"), 1);
    store_close(store);
}

static void create_as_nobody(const char *path, int unused)
{
    (void)unused;
    struct store *store;
    struct store_run run = toy_run();
    if (geteuid() == 0 && setuid(65534) != 0)
        _exit(8);
    bool made = store_create(&store, path, false, &run);
    bool told = strstr(store_message(store), "locked/run.db: cannot create: Permission denied") != NULL;
    store_close(store);
    _exit(!made && told ? 0 : 7);
}

static void a_closed_folder_is_told(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(mkdir(path_of("locked"), 0555), 0);
    int status = in_child(create_as_nobody, path_of("locked/run.db"), false);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void read_as_nobody(const char *path, int unused)
{
    (void)unused;
    struct store *store;
    struct arena arena;
    struct store_run run;
    if (geteuid() == 0 && setuid(65534) != 0)
        _exit(8);
    arena_open(&arena, 0);
    bool read = store_open_read(&store, path) && store_read_run(store, &arena, &run);
    store_close(store);
    _exit(read ? 0 : 7);
}

static void a_file_that_may_not_be_written_can_be_read(void **state)
{
    (void)state;
    struct store *store;
    const char *path = path_of("readonly.db");
    assert_true(toy_make(&store, path, SIM_LOG_NONE, 2));
    store_close(store);
    assert_int_equal(chmod(path, 0444), 0);
    int status = in_child(read_as_nobody, path, false);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void the_same_replication_is_not_written_twice(void **state)
{
    (void)state;
    struct store *store;
    struct store_run run = toy_run();
    struct arena arena;
    arena_open(&arena, 0);
    assert_true(store_create(&store, path_of("twice.db"), true, &run) && toy_describe(store));
    struct sim_record *record = toy_record(&arena, SIM_LOG_NONE, 0, 0, 0);
    struct store_replication which = {.point = 0, .cloud = 0, .rep = 0};
    assert_true(store_write_replication(store, which, record));
    assert_false(store_write_replication(store, which, record));
    assert_non_null(strstr(store_message(store), "UNIQUE"));
    store_close(store);
    arena_close(&arena);
}

static void an_interrupted_run_says_how_far_it_got(void **state)
{
    (void)state;
    struct store *store;
    struct store_run run = toy_run();
    struct arena arena;
    arena_open(&arena, 0);
    assert_true(store_create(&store, path_of("half.db"), true, &run) && toy_describe(store));
    for (uint32_t rep = 0; rep < 5; rep++)
        for (uint32_t cloud = 0; cloud < (rep == 4 ? 1u : TOY_CLOUDS); cloud++)
            assert_true(store_write_replication(store, (struct store_replication){.cloud = cloud, .rep = rep},
                                                toy_record(&arena, SIM_LOG_NONE, 0, rep, cloud)));
    assert_true(store_finish(store, STORE_INTERRUPTED, 7, 0));
    store_close(store);
    store = open_valid(path_of("half.db"));
    assert_int_equal(query(store, "SELECT count(*) FROM run WHERE status = 'interrupted' AND precision_reached = 0"), 1);
    assert_int_equal(query(store, "SELECT n FROM summary_named WHERE point = 'neither' AND cloud = 'azure-like'"), 5);
    assert_int_equal(query(store, "SELECT n FROM summary_named WHERE point = 'neither' AND cloud = 'akash'"), 4);
    assert_int_equal(query(store, "SELECT n FROM difference_named WHERE point_a = 'neither' AND point_b = 'neither'"), 4);
    assert_int_equal(query(store, "SELECT max(n + n_undefined) FROM summary_named WHERE point = 'azure'"), 0);
    store_close(store);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(parts_are_summed_over_replications),
        cmocka_unit_test(sums_over_parts_do_not_hang_on_the_commits),
        cmocka_unit_test(every_value_comes_back_bit_for_bit),
        cmocka_unit_test(ids_name_things_and_survive_a_double),
        cmocka_unit_test(the_same_run_gives_the_same_tables),
        cmocka_unit_test(an_existing_file_is_refused_and_left_alone),
        cmocka_unit_test(what_is_no_results_file_is_refused),
        cmocka_unit_test(a_killed_run_leaves_a_valid_file),
        cmocka_unit_test(a_full_disk_is_told_and_leaves_a_valid_file),
        cmocka_unit_test(a_closed_folder_is_told),
        cmocka_unit_test(a_file_that_may_not_be_written_can_be_read),
        cmocka_unit_test(the_same_replication_is_not_written_twice),
        cmocka_unit_test(an_interrupted_run_says_how_far_it_got),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
