#include "sim/scenario/evidence.h"
#include "sim/results/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct key part_keys[] = {{"name", KEY_NAME, NULL, "its name"},
                                       {"source", KEY_TEXT, "", "where from"},
                                       {"evidence", KEY_CHOICE, "U", "mark", .choices = "R|K|U"},
                                       KEY_END};
static const struct key shelf_keys[] = {{"parts", KEY_LIST, NULL, "parts", .children = part_keys}, KEY_END};
static const struct key model_keys[] = {{"shelf", KEY_GROUP, NULL, "a shelf", .children = shelf_keys}, KEY_END};

static bool keys_of(const void *registry, const char *name, const struct key **keys, const struct key **point_keys)
{
    (void)registry;
    *keys = model_keys;
    *point_keys = NULL;
    return strcmp(name, "shelves") == 0;
}

struct seen {
    size_t count;
    struct evidence items[8];
};

static bool see(void *context, const struct evidence *evidence)
{
    struct seen *seen = context;
    seen->items[seen->count++] = *evidence;
    return true;
}

static void every_marked_group_is_told_with_its_path(void **state)
{
    (void)state;
    static const char text[] = "model = \"shelves\"; horizon = \"1 d\";\n"
                               "shelf = { parts = ( { name = \"a\"; source = \"read it\"; evidence = \"R\"; }, { name = \"b\"; } ); };\n"
                               "targets = ( { name = \"t\"; metric = \"m\"; cloud = \"c\"; role = \"predicted\"; low = 0.0; high = 1.0;\n"
                               "              source = \"s\"; evidence = \"R\"; } );\n";
    struct arena arena;
    struct seen seen = {0};
    arena_open(&arena, 0);
    struct scenario *scenario = scenario_read_text(&arena, "shelf.cfg", text, NULL, 0, keys_of, NULL, "shelves");
    scenario_print_errors(scenario, stderr);
    assert_int_equal(scenario->errors, 0);
    assert_true(evidence_walk(scenario, &arena, see, &seen));
    assert_int_equal(seen.count, 2); /* the target's mark is about what was published */
    assert_string_equal(seen.items[0].path, "shelf.parts.a");
    assert_string_equal(seen.items[0].mark, "R");
    assert_string_equal(seen.items[0].source, "read it");
    assert_string_equal(seen.items[1].path, "shelf.parts.b");
    assert_string_equal(seen.items[1].mark, "U");
    arena_close(&arena);
}

static void marks_are_counted_in_words_or_not_at_all(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 0);
    assert_null(store_marks_text(&arena, (struct store_marks){0, 0, 0}));
    assert_string_equal(store_marks_text(&arena, (struct store_marks){1, 2, 3}),
                        "6 with a mark: 1 read (R), 2 recalled (K), 3 unsourced (U)");
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_marked_group_is_told_with_its_path),
                                       cmocka_unit_test(marks_are_counted_in_words_or_not_at_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
