/* The SDL reader against the vectors of the specification: every row, every column. */
#include "tests/arena.h"
#include "tests/conformance/market_provider_vectors.h"
#include "tests/conformance/sdl_rows.h"

static void quantities_are_read_as_on_the_chain(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&test_arena, "sdl_quantity");
    for (int i = 0; i < v.n_rows; i++)
        vectors_expect(&v, i, sdl_row_quantity(&test_arena, vectors_cell(&v, i, "kind"), vectors_cell(&v, i, "text")), vectors_cell(&v, i, "expect"));
}

static void prices_are_read_as_on_the_chain(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&test_arena, "sdl_price");
    for (int i = 0; i < v.n_rows; i++)
        vectors_expect(&v, i, sdl_row_price(&test_arena, vectors_cell(&v, i, "amount")), vectors_cell(&v, i, "expect"));
}

static void gpus_are_read_as_on_the_chain(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&test_arena, "sdl_gpu");
    for (int i = 0; i < v.n_rows; i++)
        vectors_expect(&v, i, sdl_row_fragment(&test_arena, vectors_cell(&v, i, "fragment_json"), false), vectors_cell(&v, i, "expect"));
}

static void storage_is_read_as_on_the_chain(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&test_arena, "sdl_storage");
    for (int i = 0; i < v.n_rows; i++)
        vectors_expect(&v, i, sdl_row_fragment(&test_arena, vectors_cell(&v, i, "fragment_json"), true), vectors_cell(&v, i, "expect"));
}

/* The slug must be the intended one, though the specification would allow any error. */
static void whole_files_are_accepted_or_refused_for_the_right_reason(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&test_arena, "sdl_cases");
    for (int i = 0; i < v.n_rows; i++) {
        const struct sdl *sdl = sdl_row_read(&test_arena, vectors_cell(&v, i, "sdl_json"), "2026-08");
        vectors_expect(&v, i, sdl_row_case(&test_arena, sdl), vectors_cell(&v, i, "expect"));
        assert_int_equal(sdl->reclamation_s, vectors_int(&v, i, "reclamation_s"));
        if (sdl->mistakes.errors > 0)
            assert_true(sdl->mistakes.first->mark.line == 1 && sdl->mistakes.first->mark.column >= 1);
    }
}

static const struct sdl *read_case(const struct vectors *cases, const char *id)
{
    for (int i = 0; i < cases->n_rows; i++)
        if (strcmp(vectors_cell(cases, i, "case_id"), id) == 0)
            return sdl_row_read(&test_arena, vectors_cell(cases, i, "sdl_json"), "2026-08");
    fail_msg("no case %s", id);
    return NULL;
}

static void units_are_those_of_the_chain_in_every_column(void **state)
{
    (void)state;
    const struct vectors cases = vectors_load(&test_arena, "sdl_cases"), v = vectors_load(&test_arena, "sdl_group_units");
    int cells = 0;
    for (int i = 0; i < v.n_rows; i++) {
        const struct sdl *sdl = read_case(&cases, vectors_cell(&v, i, "case_id"));
        int32_t g = (int32_t)vectors_int(&v, i, "group_index") - 1, u = (int32_t)vectors_int(&v, i, "unit_id") - 1;
        assert_int_equal(sdl->mistakes.errors, 0);
        assert_true(g < sdl->n_groups && u < sdl->groups[g].spec.n_units);
        for (int c = 2; c < v.n_columns; c++, cells++) {
            const char *cell = sdl_row_unit_cell(&test_arena, sdl, g, u, v.columns[c]);
            assert_non_null(cell);
            vectors_expect(&v, i, cell, vectors_cell(&v, i, v.columns[c]));
        }
    }
    assert_true(cells >= 300);
}

/* No unit is made that the vectors do not list. */
static void no_case_has_other_units(void **state)
{
    (void)state;
    const struct vectors cases = vectors_load(&test_arena, "sdl_cases"), v = vectors_load(&test_arena, "sdl_group_units");
    for (int i = 0; i < cases.n_rows; i++) {
        int listed = 0, made = 0;
        const struct sdl *sdl = sdl_row_read(&test_arena, vectors_cell(&cases, i, "sdl_json"), "2026-08");
        for (int j = 0; j < v.n_rows; j++)
            listed += strcmp(vectors_cell(&v, j, "case_id"), vectors_cell(&cases, i, "case_id")) == 0;
        for (int32_t g = 0; g < sdl->n_groups; g++)
            made += sdl->groups[g].spec.n_units;
        assert_int_equal(made, listed);
    }
}

/* The profile of 2024-07 reads the same files, but knows neither reclamation nor tee. */
static void older_rules_refuse_reclamation_and_read_over_tee(void **state)
{
    (void)state;
    const struct vectors v = vectors_load(&test_arena, "sdl_cases");
    int refused = 0;
    for (int i = 0; i < v.n_rows; i++) {
        const char *json = vectors_cell(&v, i, "sdl_json"), *expect = vectors_cell(&v, i, "expect");
        const struct sdl *sdl = sdl_row_read(&test_arena, json, "2024-07");
        bool reclaims = strstr(json, "\"reclamation\"") != NULL, tee = strncmp(expect, "error:tee", 9) == 0;
        refused += reclaims;
        vectors_expect(&v, i, sdl_row_case(&test_arena, sdl), reclaims ? "error:unexpected_field" : tee ? "ok" : expect);
        for (int32_t g = 0; g < sdl->n_groups; g++)
            assert_null(attributes_find(sdl->groups[g].spec.requirements.attributes, "tee/type"));
    }
    assert_true(refused >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_are_read_as_on_the_chain),
        cmocka_unit_test(prices_are_read_as_on_the_chain),
        cmocka_unit_test(gpus_are_read_as_on_the_chain),
        cmocka_unit_test(storage_is_read_as_on_the_chain),
        cmocka_unit_test(whole_files_are_accepted_or_refused_for_the_right_reason),
        cmocka_unit_test(units_are_those_of_the_chain_in_every_column),
        cmocka_unit_test(no_case_has_other_units),
        cmocka_unit_test(older_rules_refuse_reclamation_and_read_over_tee),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
