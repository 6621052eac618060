/* What `nines compare` prints for a run made by hand, letter by letter.
 *
 * The expected outputs are tests/golden/compare/NAME.txt; BLESS=1 rewrites them (look at the difference before committing
 * it). */
#include "sim/results/compare.h"

#include "tests/unit/toy.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* In the working folder of the test, so that the path in the output is the same everywhere. */
static char folder[] = "/tmp/nines-compare-XXXXXX";
static char home[4096];

enum { REPS = 12 };

static bool make(const char *path, const struct store_run *run, enum store_status status)
{
    struct store *store;
    static const struct store_target targets[] = {
        {.name = "July outage", .point = 1, .cloud = 0, .metric = "availability_service", .unit = "1", .role = "predicted",
         .published = 0.98, .low = 0.97, .high = 0.99, .expect = "held", .reason = "", .source = "a made-up report, page 3",
         .evidence = "R"},
        {.name = "", .point = 1, .cloud = 1, .metric = "availability_service", .role = "predicted", .published = 0.9995,
         .low = 0.999, .high = (double)NAN, .expect = "held", .evidence = "K"},
        {.name = "", .point = 0, .cloud = 2, .metric = "time_to_recover_p50_min", .unit = "min", .role = "calibrated",
         .published = 30, .low = 20, .high = 40, .expect = "none"}};
    bool done = store_create(&store, path, true, run) && toy_describe(store);
    for (size_t i = 0; i < 3; i++)
        done = done && store_add_target(store, &targets[i]);
    done = done && toy_write(store, SIM_LOG_NONE, REPS) && store_commit(store);
    if (status != STORE_RUNNING)
        done = done && store_finish(store, status, 0x1234, -1);
    if (!done)
        fprintf(stderr, "%s\n", store_message(store));
    store_close(store);
    return done;
}

static int make_runs(void **state)
{
    (void)state;
    struct store_run run = toy_run();
    if (getcwd(home, sizeof home) == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0)
        return -1;
    run.replications = REPS;
    bool done = make("run.db", &run, STORE_COMPLETE);
    run.replications = 30;
    return done && make("killed.db", &run, STORE_RUNNING) ? 0 : -1;
}

static int remove_runs(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir(home) != 0 ? -1 : system(command);
}

/* Runs compare with what goes to stdout and stderr kept in two files; returns the exit code. */
static int compare(const struct compare_options *options, char **output, char **errors)
{
    size_t output_size, errors_size;
    FILE *out = open_memstream(output, &output_size), *kept = tmpfile();
    assert_true(out != NULL && kept != NULL);
    fflush(stderr);
    int old = dup(STDERR_FILENO);
    assert_true(old >= 0 && dup2(fileno(kept), STDERR_FILENO) >= 0);
    int code = compare_run(options, out);
    fflush(stderr);
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    close(old);
    fclose(out);
    FILE *copy = open_memstream(errors, &errors_size);
    assert_non_null(copy);
    rewind(kept);
    for (int c; (c = getc(kept)) != EOF;)
        putc(c, copy);
    fclose(copy);
    fclose(kept);
    return code;
}

static char *read_golden(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t size = 0;
    char *text = NULL;
    FILE *copy = open_memstream(&text, &size);
    assert_non_null(copy);
    for (int c; file != NULL && (c = getc(file)) != EOF;)
        putc(c, copy);
    fclose(copy);
    if (file != NULL)
        fclose(file);
    return text;
}

static void expect_golden(const char *name, const struct compare_options *options)
{
    char path[5000], *output, *errors;
    snprintf(path, sizeof path, "%s/tests/golden/compare/%s.txt", home, name);
    assert_int_equal(compare(options, &output, &errors), 0);
    assert_string_equal(errors, "");
    const char *line = output;
    while (*line != '\0' && options->format == COMPARE_TABLE) { /* within 100 columns */
        size_t length = strcspn(line, "\n");
        if (length > 100)
            fail_msg("a line of %zu bytes: %.*s", length, (int)length, line);
        line += length + (line[length] != '\0');
    }
    if (getenv("BLESS") != NULL) {
        FILE *file = fopen(path, "w");
        assert_true(file != NULL && fputs(output, file) >= 0 && fclose(file) == 0);
    }
    char *expected = read_golden(path);
    if (strcmp(expected, output) != 0)
        fail_msg("%s differs; what is printed now:\n%s", path, output);
    free(expected);
    free(output);
    free(errors);
}

static void the_table_of_a_run_reads_as_blessed(void **state)
{
    (void)state;
    expect_golden("table", &(struct compare_options){.path = "run.db"});
}

static void one_point_and_chosen_metrics_read_as_blessed(void **state)
{
    (void)state;
    static const char *const metrics[] = {"never_reported", "availability_node"};
    expect_golden("chosen", &(struct compare_options){.path = "run.db", .point = "azure", .metrics = metrics,
                                                      .metric_count = 2});
}

/* Their numbers: tests/unit/summary.c and fieller.c. */
static void ratios_read_as_blessed(void **state)
{
    (void)state;
    static const char *const metrics[] = {"cost_usd_per_useful_gpu_hour", "availability_service", "loss_usd"};
    expect_golden("ratio", &(struct compare_options){.path = "run.db", .metrics = metrics, .metric_count = 3, .ratio = true});
}

static void json_reads_as_blessed(void **state)
{
    (void)state;
    static const char *const metrics[] = {"availability_service", "cost_usd_per_useful_gpu_hour", "break_even_price_ratio"};
    expect_golden("json", &(struct compare_options){.path = "run.db", .metrics = metrics, .metric_count = 3, .ratio = true,
                                                    .format = COMPARE_JSON});
}

static void csv_reads_as_blessed(void **state)
{
    (void)state;
    static const char *const metrics[] = {"availability_service", "time_to_recover_p50_min"};
    expect_golden("csv", &(struct compare_options){.path = "run.db", .metrics = metrics, .metric_count = 2,
                                                   .format = COMPARE_CSV});
}

static void a_killed_run_is_summarised_beside_its_file(void **state)
{
    (void)state;
    char *whole, *killed, *errors;
    struct compare_options options = {.path = "run.db", .ratio = true, .format = COMPARE_CSV};
    assert_int_equal(compare(&options, &whole, &errors), 0);
    free(errors);
    options.path = "killed.db";
    assert_int_equal(compare(&options, &killed, &errors), 0);
    assert_string_equal(whole, killed);
    free(errors);
    free(killed);
    free(whole);
    options.format = COMPARE_TABLE;
    assert_int_equal(compare(&options, &whole, &errors), 0);
    assert_non_null(strstr(whole, "12 of 30 replications a point, seed 1, running"));
    free(errors);
    free(whole);
}

static void what_does_not_exist_is_named_with_the_nearest(void **state)
{
    (void)state;
    char *output, *errors;
    static const char *const metrics[] = {"availability_servise"};
    struct compare_options options = {.path = "run.db", .metrics = metrics, .metric_count = 1};
    assert_int_equal(compare(&options, &output, &errors), 2);
    assert_string_equal(output, "");
    assert_string_equal(errors, "nines: error: run.db: no metric 'availability_servise'\n"
                                "hint: did you mean 'availability_service'?\n");
    free(output);
    free(errors);
    options = (struct compare_options){.path = "run.db", .point = "x\033[31m"};
    assert_int_equal(compare(&options, &output, &errors), 2);
    assert_string_equal(errors, "nines: error: run.db: no point 'x\\x1b[31m'\nhint: there are: 'neither', 'azure'\n");
    free(output);
    free(errors);
    options = (struct compare_options){.path = "absent.db"};
    assert_int_equal(compare(&options, &output, &errors), 3);
    assert_string_equal(errors, "nines: error: absent.db: cannot open: No such file or directory\n");
    free(output);
    free(errors);
}

static void names_from_a_file_cannot_reach_the_terminal(void **state)
{
    (void)state;
    sqlite3 *database = NULL;
    struct store_run run = toy_run();
    assert_true(make("hostile.db", &run, STORE_COMPLETE));
    assert_int_equal(sqlite3_open("hostile.db", &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database,
                                  "UPDATE cloud SET name = char(27) || '[2J' || char(10) || '\"q\"' || char(8238) WHERE name = 'akash';"
                                  "UPDATE cloud SET name = '=1+1,' || char(9) WHERE name = 'io.net';"
                                  "UPDATE run SET title = 'a' || char(7) || CAST(x'ff' AS TEXT), question = NULL || 'x',"
                                  " regime = '%s%n' WHERE 0;"
                                  "UPDATE run SET title = 'a' || char(7) || CAST(x'ff' AS TEXT), regime = '%s%n';",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(database);
    for (int format = COMPARE_TABLE; format <= COMPARE_CSV; format++) {
        char *output, *errors;
        struct compare_options options = {.path = "hostile.db", .ratio = true, .format = (enum compare_format)format};
        assert_int_equal(compare(&options, &output, &errors), 0);
        for (const char *p = output; *p != '\0'; p++)
            if (((unsigned char)*p < 32 && *p != '\n') || (unsigned char)*p >= 127)
                fail_msg("byte %d in format %d", (unsigned char)*p, format);
        if (format == COMPARE_CSV)
            assert_non_null(strstr(output, ",\"'=1+1,\\t\","));
        free(output);
        free(errors);
    }
}

static void a_full_stdout_is_exit_three(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (full == NULL)
        skip();
    int old = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    assert_true(dup2(nowhere, STDERR_FILENO) >= 0);
    int code = compare_run(&(struct compare_options){.path = "run.db"}, full);
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    close(old);
    close(nowhere);
    fclose(full);
    assert_int_equal(code, 3);
}

/* Copies `from` with a few bytes changed; the first 100, SQLite's header, mostly stay. */
static void damage(const char *from, const char *to, uint32_t seed)
{
    size_t size = 0;
    char *bytes = NULL;
    FILE *in = fopen(from, "r"), *copy = open_memstream(&bytes, &size), *out = fopen(to, "w");
    assert_true(in != NULL && copy != NULL && out != NULL);
    for (int c; (c = getc(in)) != EOF;)
        putc(c, copy);
    fclose(in);
    fclose(copy);
    for (uint32_t i = 0; i < 1 + seed % 12; i++) {
        uint64_t at = hash_word(hash_word(3, seed), i);
        size_t within = at % 5 == 0 ? size : size / 8; /* the schema and the small tables come first */
        bytes[100 + (at >> 8) % (within - 100)] = (char)(at >> 50);
    }
    assert_int_equal(fwrite(bytes, 1, seed % 7 == 0 ? size / 2 : size, out), seed % 7 == 0 ? size / 2 : size);
    fclose(out);
    free(bytes);
}

static void a_damaged_file_is_an_error_and_never_a_crash(void **state)
{
    (void)state;
    int codes[4] = {0};
    for (uint32_t seed = 0; seed < 300; seed++) {
        char *output, *errors;
        damage(seed % 2 == 0 ? "run.db" : "killed.db", "damaged.db", seed);
        struct compare_options options = {.path = "damaged.db", .ratio = seed % 4 < 2, .format = (enum compare_format)(seed % 3)};
        int code = compare(&options, &output, &errors);
        assert_true(code == 0 || (code >= 2 && code <= 3));
        assert_true(code == 0 || strncmp(errors, "nines: error: ", 14) == 0);
        codes[code]++;
        free(output);
        free(errors);
    }
    assert_true(codes[0] > 0 && codes[3] > 0); /* some damage shows, some does not */
}

/* No text of the toy holds a comma within a cell but the target's source, which is not in the table. */
static void every_row_of_csv_has_the_cells_of_its_header(void **state)
{
    (void)state;
    char *output, *errors;
    assert_int_equal(compare(&(struct compare_options){.path = "run.db", .ratio = true, .format = COMPARE_CSV}, &output, &errors), 0);
    size_t commas = 0, first = 0;
    for (const char *c = output; *c != '\0'; c++) {
        commas += *c == ',';
        if (*c != '\n')
            continue;
        if (first == 0)
            first = commas;
        assert_int_equal(commas, first);
        commas = 0;
    }
    assert_true(first > 30);
    free(output);
    free(errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_a_run_reads_as_blessed),
        cmocka_unit_test(one_point_and_chosen_metrics_read_as_blessed),
        cmocka_unit_test(ratios_read_as_blessed),
        cmocka_unit_test(json_reads_as_blessed),
        cmocka_unit_test(csv_reads_as_blessed),
        cmocka_unit_test(a_killed_run_is_summarised_beside_its_file),
        cmocka_unit_test(what_does_not_exist_is_named_with_the_nearest),
        cmocka_unit_test(names_from_a_file_cannot_reach_the_terminal),
        cmocka_unit_test(a_full_stdout_is_exit_three),
        cmocka_unit_test(a_damaged_file_is_an_error_and_never_a_crash),
        cmocka_unit_test(every_row_of_csv_has_the_cells_of_its_header),
    };
    return cmocka_run_group_tests(tests, make_runs, remove_runs);
}
