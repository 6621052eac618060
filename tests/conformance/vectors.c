/* Every test vector that there is, by file.
 *
 *   vectors [FOLDER]     FOLDER holds vectors/ and vectors-2024-07/; default $NINES_SHARED/spec, ../shared/spec
 *
 * Reads each CSV file that it finds in them, in the order of their names, and prints one line for each in TAP: how many of
 * its rows passed and failed, the total last. Files that are missing are not missed; rows of a file without a checker are
 * counted apart. Exits 1 when a row failed. */
#include "tests/conformance/market_2024_rows.h"
#include "tests/conformance/market_bme_rows.h"
#include "tests/conformance/market_matching_rows.h"
#include "tests/conformance/market_provider_rows.h"
#include "tests/conformance/sdl_rows.h"

#include <dirent.h>

/* --- SDL --- */

static void rows_sdl_quantity(const struct vectors *v, int i)
{
    row_expect_cell(v, i, "expect", sdl_row_quantity(&rows_arena, vectors_cell(v, i, "kind"), vectors_raw(v, i, "text")));
}

static void rows_sdl_price(const struct vectors *v, int i)
{
    row_expect_cell(v, i, "expect", sdl_row_price(&rows_arena, vectors_raw(v, i, "amount")));
}

static void rows_sdl_gpu(const struct vectors *v, int i)
{
    row_expect_cell(v, i, "expect", sdl_row_fragment(&rows_arena, vectors_raw(v, i, "fragment_json"), false));
}

static void rows_sdl_storage(const struct vectors *v, int i)
{
    row_expect_cell(v, i, "expect", sdl_row_fragment(&rows_arena, vectors_raw(v, i, "fragment_json"), true));
}

/* For a case that must be refused any refusal is enough; sdl_vectors.c wants the intended reason too. */
static void rows_sdl_cases(const struct vectors *v, int i)
{
    const struct sdl *sdl = sdl_row_read(&rows_arena, vectors_raw(v, i, "sdl_json"), "2026-08");
    const char *expect = vectors_cell(v, i, "expect");
    if (strcmp(expect, "ok") != 0) {
        row_must(sdl->mistakes.errors > 0);
        return;
    }
    row_expect("result", sdl_row_case(&rows_arena, sdl), expect);
    row_same(sdl->reclamation_s, vectors_int(v, i, "reclamation_s"));
}

static void rows_sdl_group_units(const struct vectors *v, int i)
{
    static struct vectors cases;
    if (i == 0)
        row_must(vectors_read(&rows_arena, rows_folder, "sdl_cases", &cases));
    int row = 0;
    while (row < cases.n_rows && strcmp(cases.rows[row][0], v->rows[i][0]) != 0)
        row++;
    row_must(row < cases.n_rows);
    const struct sdl *sdl = sdl_row_read(&rows_arena, vectors_raw(&cases, row, "sdl_json"), "2026-08");
    int32_t g = (int32_t)vectors_int(v, i, "group_index") - 1, u = (int32_t)vectors_int(v, i, "unit_id") - 1;
    row_must(g < sdl->n_groups && u < sdl->groups[g].spec.n_units);
    for (int c = 2; c < v->n_columns; c++) {
        const char *cell = sdl_row_unit_cell(&rows_arena, sdl, g, u, v->columns[c]);
        row_must(cell != NULL);
        row_expect(v->columns[c], cell, vectors_cell(v, i, v->columns[c]));
    }
}

/* --- Files --- */

typedef void row_checker(const struct vectors *v, int row);

/* look NULL: the file belongs to another one. */
static const struct checker { const char *folder, *name; row_checker *look; } checkers[] = {
    {"vectors", "attr_match", rows_attr_match},
    {"vectors", "balance_check", rows_balance_check},
    {"vectors", "bid_price", rows_bid_price},
    {"vectors", "bme_epoch", rows_bme_epoch},
    {"vectors", "bme_status", rows_bme_status},
    {"vectors", "escrow_flow", rows_escrow_flow},
    {"vectors", "escrow_legacy_settle", rows_escrow_legacy_settle},
    {"vectors", "escrow_settle", rows_escrow_settle},
    {"vectors", "group_state", rows_group_state},
    {"vectors", "group_validation", rows_group_validation},
    {"vectors", "inventory_cases", rows_inventory_cases},
    {"vectors", "inventory_nodes", NULL},
    {"vectors", "inventory_storage", NULL},
    {"vectors", "inventory_units", NULL},
    {"vectors", "market_flow", rows_market_flow},
    {"vectors", "offer_match", rows_offer_match},
    {"vectors", "overcommit", rows_overcommit},
    {"vectors", "random_range", rows_random_range},
    {"vectors", "requirements_match", rows_requirements_match},
    {"vectors", "resource_pair", rows_resource_pair},
    {"vectors", "resources_match", rows_resources_match},
    {"vectors", "scale_price", rows_scale_price},
    {"vectors", "script_output", rows_script_output},
    {"vectors", "script_price", rows_script_price},
    {"vectors", "sdl_cases", rows_sdl_cases},
    {"vectors", "sdl_gpu", rows_sdl_gpu},
    {"vectors", "sdl_group_units", rows_sdl_group_units},
    {"vectors", "sdl_price", rows_sdl_price},
    {"vectors", "sdl_quantity", rows_sdl_quantity},
    {"vectors", "sdl_storage", rows_sdl_storage},
    {"vectors-2024-07", "escrow_flow", rows_2024_escrow_flow},
    {"vectors-2024-07", "escrow_settle", rows_2024_escrow_settle},
    {"vectors-2024-07", "market_flow", rows_2024_market_flow},
};

static const struct checker *checker_find(const char *folder, const char *name)
{
    for (size_t i = 0; i < sizeof checkers / sizeof checkers[0]; i++)
        if (strcmp(checkers[i].folder, folder) == 0 && strcmp(checkers[i].name, name) == 0)
            return &checkers[i];
    return NULL;
}

struct totals { int files, lines, passed, failed, unchecked; };

enum { SHOWN_FAILURES = 5 };

static bool row_passes(const struct vectors *v, int row, row_checker *look, struct verdict *verdict)
{
    row_verdict = verdict;
    if (setjmp(verdict->escape) == 0) {
        look(v, row);
        row_verdict = NULL;
        return true;
    }
    row_verdict = NULL;
    return false;
}

/* How many rows passed; *failures tells of the first that did not. */
static int rows_passed(const struct vectors *v, row_checker *look, const char **failures)
{
    static struct verdict verdict;
    int passed = 0;
    for (int i = 0; i < v->n_rows; i++) {
        if (row_passes(v, i, look, &verdict)) {
            passed++;
        } else if (i - passed < SHOWN_FAILURES) {
            const char *step = vectors_find(v, i, "step");
            *failures = arena_format(&rows_arena, "%s# %s%s%s: %s\n", *failures, v->rows[i][0],
                                     step != NULL ? " step " : "", step != NULL ? step : "", verdict.why);
        }
    }
    return passed;
}

static void file_check(const char *root, const char *folder, const char *name, struct totals *totals)
{
    const struct checker *checker = checker_find(folder, name);
    static struct vectors v;
    const char *failures = "";
    arena_open(&rows_arena, 0);
    rows_folder = arena_format(&rows_arena, "%s/%s", root, folder);
    totals->files++;
    if (checker != NULL && checker->look == NULL) {
        /* read along with the file that it belongs to */
    } else if (!vectors_read(&rows_arena, rows_folder, name, &v)) {
        printf("not ok %d - %s/%s.csv: cannot be read\n", ++totals->lines, folder, name);
        totals->failed++;
    } else if (checker == NULL) {
        printf("ok %d - %s/%s.csv # SKIP %d rows, no checker\n", ++totals->lines, folder, name, v.n_rows);
        totals->unchecked += v.n_rows;
    } else {
        int passed = rows_passed(&v, checker->look, &failures);
        printf("%s %d - %s/%s.csv: %d passed, %d failed\n%s", passed == v.n_rows ? "ok" : "not ok", ++totals->lines,
               folder, name, passed, v.n_rows - passed, failures);
        totals->passed += passed;
        totals->failed += v.n_rows - passed;
    }
    arena_close(&rows_arena);
}

static int csv_only(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".csv") == 0;
}

static void folder_check(const char *root, const char *folder, struct totals *totals)
{
    char path[4096];
    struct dirent **entries;
    snprintf(path, sizeof path, "%s/%s", root, folder);
    int n = scandir(path, &entries, csv_only, alphasort);
    for (int i = 0; i < n; i++) {
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)(strlen(entries[i]->d_name) - 4), entries[i]->d_name);
        file_check(root, folder, name, totals);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

int main(int argc, char **argv)
{
    const char *shared = getenv("NINES_SHARED");
    char root[4096];
    struct totals totals = {0};
    if (argc > 1)
        snprintf(root, sizeof root, "%s", argv[1]);
    else
        snprintf(root, sizeof root, "%s/spec", shared != NULL ? shared : "../shared");
    folder_check(root, "vectors", &totals);
    folder_check(root, "vectors-2024-07", &totals);
    if (totals.files == 0) {
        printf("ok 1 - test vectors # SKIP none in %s\n1..1\n", root);
        return 0;
    }
    printf("1..%d\n# total: %d rows passed, %d failed, %d without a checker, in %d files\n", totals.lines, totals.passed,
           totals.failed, totals.unchecked, totals.files);
    return totals.failed > 0;
}
