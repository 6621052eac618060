/* Points made by designs, drawn inputs, and replications until they are precise. */
#include "tests/unit/study_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define CLOUDS "clouds = ( { name = \"io.net\"; }, { name = \"io\"; detect = \"2 h\"; } );\n"

static const struct toy_plan *plan_of(struct fixture *f, uint32_t point, uint32_t draw, struct study_setting *setting)
{
    assert_true(study_setting_open(&f->study, point, draw, &f->arena, setting));
    return setting->plan;
}

/* --- Values --- */

static void paths_lead_where_set_leads(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(prepare(&f, BASE CLOUDS, NULL, 0));
    const struct scenario *s = f.study.scenario;
    assert_string_equal(scenario_find(s, "clouds.io.net.detect", 0)->text, "30 min");
    assert_string_equal(scenario_find(s, "clouds.io.detect", 0)->text, "2 h");
    assert_string_equal(scenario_find(s, "clouds[1].detect", 0)->text, "2 h");
    assert_ptr_equal(scenario_find(s, "rate", 0), value_of(&s->root, "rate"));
    static const char *const nowhere[] = {"", "clouds", "clouds[2].detect", "clouds.akash.detect", "clouds.io.net", "rat",
                                          "rate.x", "clouds[0]detect", "clouds[].detect", "study.points", "clouds.io.net.detect."};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
        assert_null(scenario_find(s, nowhere[i], 0));
    done(&f);
}

static void numbers_as_text_read_back(void **state)
{
    (void)state;
    static const enum key_type types[] = {KEY_INTEGER, KEY_NUMBER, KEY_SHARE, KEY_DURATION,
                                          KEY_BYTES,   KEY_MONEY,  KEY_RATE,  KEY_MONEY_RATE};
    static const double numbers[] = {3, 1000, 86400, 12345678};
    struct arena arena;
    arena_open(&arena, 0);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t n = 0; n < 4; n++) {
            const struct key key = {.name = "k", .type = types[t], .high = 1e12};
            double scale = types[t] == KEY_INTEGER || types[t] == KEY_BYTES ? 1 : 1.0 / 7, back;
            const char *message, *hint, *text = key_number_text(&arena, &key, numbers[n] * scale);
            assert_true(key_accepts(&arena, &key, text, &back, &message, &hint));
            if (fabs(back - numbers[n] * scale) > 1e-6 && fabs(back - numbers[n] * scale) > 1e-11 * back)
                fail_msg("%.17g became '%s'", numbers[n] * scale, text);
        }
    arena_close(&arena);
}

#define VARY(design, what) BASE CLOUDS "study = { design = \"" design "\"; vary = ( " what " ); };\n"

static void a_factorial_sets_what_its_labels_say(void **state)
{
    (void)state;
    struct fixture f;
    struct study_setting setting;
    assert_true(prepare(&f,
                        VARY("factorial", "{ key = \"clouds.io.net.detect\"; values = (\"10 min\", \"2 h\"); }, "
                                          "{ key = \"bias\"; range = (\"10\", \"40\"); }"),
                        NULL, 0));
    assert_int_equal(f.study.point_count, 8);
    assert_string_equal(f.study.points[0].label, "detect=10 min, bias=10");
    assert_string_equal(f.study.points[7].label, "detect=2 h, bias=40");
    assert_string_equal(f.study.points[5].parameters, "{\"clouds.io.net.detect\":\"2 h\",\"bias\":\"20\"}");
    for (uint32_t p = 0; p < 8; p++) {
        const struct toy_plan *plan = plan_of(&f, p, 0, &setting);
        assert_int_equal(plan->bias, 10 + p % 4 * 10);
        assert_true(plan->number[3] == (p < 4 ? 600 : 7200));
        assert_string_equal(f.study.points[p].values[0], p < 4 ? "10 min" : "2 h");
    }
    done(&f);
}

/* By name, by a factor on a measured law, and by drawing the list itself: each reaches the plan. */
static void laws_vary_by_their_names_and_in_their_list(void **state)
{
    (void)state;
    struct fixture f;
    struct study_setting setting;
    static const char named[] = BASE CLOUDS
        "law = \"seen\"; laws = ( { name = \"seen\"; law = \"empirical(seen.txt, h)\"; }, { name = \"slow\"; law = \"30 h\"; } );\n"
        "study = { vary = ( { key = \"law\"; values = (\"slow\", \"seen\", \"4 h\"); } ); };\n"
        "uncertain = ( { key = \"laws.seen.law\"; times = (\"2\", \"3\"); evidence = \"U\"; } ); outer_draws = 2;\n"
        "# --- file \"seen.txt\" ---\n#| 1\n#| 2\n#| 6\n# --- end of file ---\n";
    assert_true(prepare(&f, named, NULL, 0));
    assert_int_equal(f.study.point_count, 3);
    for (uint32_t p = 0; p < 3; p++) {
        const char *value = f.study.points[p].values[0];
        double mean = plan_of(&f, p, 0, &setting)->number[2] / 3600, drawn = plan_of(&f, p, 1, &setting)->number[2] / 3600;
        bool seen = strcmp(value, "seen") == 0;
        assert_true(fabs(mean - (seen ? 3 : strcmp(value, "slow") == 0 ? 30 : 4)) < 1e-9);
        assert_true(seen ? drawn >= 6 && drawn <= 9 : drawn == mean);
    }
    done(&f);
}

static void every_kind_of_value_reaches_the_plan_within_its_range(void **state)
{
    (void)state;
    struct fixture f;
    struct study_setting setting;
    static const char *const samples[] = {"study.samples=200"};
    assert_true(prepare(&f,
                        VARY("latin hypercube",
                             "{ key = \"rate\"; range = (\"1 /h\", \"100 /h\"); scale = \"log\"; }, "
                             "{ key = \"share\"; range = (\"10 %\", \"0.3\"); }, "
                             "{ key = \"law\"; times = (\"0.5\", \"2\"); }, "
                             "{ key = \"clouds[0].detect\"; law = \"exponential(1 h)\"; }, "
                             "{ key = \"clouds[0].price\"; times = (\"1\", \"3\"); }"),
                        samples, 1));
    assert_int_equal(f.study.point_count, 200);
    double mean[5] = {0};
    int below_10 = 0;
    for (uint32_t p = 0; p < 200; p++) {
        const struct toy_plan *plan = plan_of(&f, p, 0, &setting);
        assert_true(plan->number[0] * 3600 >= 1 - 1e-9 && plan->number[0] * 3600 <= 100 + 1e-9);
        assert_true(plan->number[1] >= 0.1 && plan->number[1] <= 0.3);
        below_10 += plan->number[0] * 3600 < 10;
        for (int i = 0; i < 5; i++)
            mean[i] += plan->number[i] / 200;
    }
    assert_int_equal(below_10, 100); /* half of the logarithms */
    assert_true(fabs(mean[1] - 0.2) < 0.001);
    assert_true(fabs(mean[2] - 1.25 * 20 * 3600) < 200); /* a Weibull of shape 1/2 has twice its scale as mean */
    assert_true(fabs(mean[3] - 3600) < 60);              /* but for what its cut tail holds */
    assert_true(fabs(mean[4] - 2.2) < 0.01);
    done(&f);
}

static void a_key_that_does_not_vary_stays_as_it_is_written(void **state)
{
    (void)state;
    struct fixture f;
    struct study_setting setting;
    assert_true(prepare(&f, VARY("ends", "{ key = \"share\"; range = (\"10 %\", \"0.3\"); }, { key = \"clouds[0].price\"; times = (\"1\", \"3\"); }"), NULL, 0));
    assert_int_equal(f.study.point_count, 5);
    double share = plan_of(&f, 0, 0, &setting)->number[1], price = plan_of(&f, 0, 0, &setting)->number[4];
    static const char *const labels[] = {"as written", "share low", "share high", "clouds[0].price low", "clouds[0].price high"};
    const double shares[] = {share, 0.1, 0.3, share, share}, prices[] = {price, price, price, price, 3 * price};
    for (uint32_t p = 0; p < 5; p++) {
        const struct toy_plan *plan = plan_of(&f, p, 0, &setting);
        assert_string_equal(f.study.points[p].label, labels[p]);
        assert_true(fabs(plan->number[1] - shares[p]) < 1e-12 && fabs(plan->number[4] - prices[p]) < 1e-9);
    }
    assert_string_equal(f.study.points[0].parameters, "{}");
    done(&f);
}

static void a_whole_number_takes_each_of_its_range_equally_often(void **state)
{
    (void)state;
    struct fixture f;
    static const char *const samples[] = {"study.samples=60"};
    assert_true(prepare(&f, VARY("latin hypercube", "{ key = \"bias\"; range = (\"3\", \"8\"); }"), samples, 1));
    int seen[9] = {0};
    for (size_t p = 0; p < 60; p++)
        seen[atoi(f.study.points[p].values[0])]++;
    for (int i = 3; i <= 8; i++)
        assert_int_equal(seen[i], 10);
    done(&f);
}

static void labels_of_samples_name_sample_and_step(void **state)
{
    (void)state;
    static const char *const designs[] = {"study.design=morris", "study.design=saltelli", "study.design=sobol"};
    static const char *const labels[][4] = {{"01 step 0", "01 step 1", "01 step 2", "02 step 0"},
                                            {"01 A", "01 B", "01 AB1", "01 AB2"},
                                            {"01", "02", "03", "04"}};
    static const size_t counts[] = {30, 40, 10};
    for (int d = 0; d < 3; d++) {
        struct fixture f;
        const char *const overrides[] = {designs[d], "study.samples=10"};
        assert_true(prepare(&f, VARY("factorial", "{ key = \"bias\"; range = (\"0\", \"900\"); }, "
                                                  "{ key = \"share\"; range = (\"0.1\", \"0.2\"); }"), overrides, 2));
        assert_int_equal(f.study.point_count, counts[d]);
        for (uint32_t p = 0; p < 4; p++)
            assert_string_equal(f.study.points[p].label, labels[d][p]);
        done(&f);
    }
}

static void mistakes_in_what_varies_are_told(void **state)
{
    (void)state;
    refused(VARY("factorial", "{ key = \"clouds.akash.detect\"; values = (\"1 h\"); }"), "no key 'clouds.akash.detect'", ":3:");
    refused(VARY("factorial", "{ key = \"bias\"; }"), "'bias' varies in no way", "values, range, times and law");
    refused(VARY("factorial", "{ key = \"bias\"; values = (\"1\"); range = (\"1\", \"2\"); }"), "more than one way", ":3:");
    refused(VARY("factorial", "{ key = \"bias\"; range = (\"1\", \"2000\"); }"), "'bias' must be at most 1000", ":3:");
    refused(VARY("factorial", "{ key = \"bias\"; range = (\"5\", \"2\"); }"), "second end must be above", ":3:");
    refused(VARY("factorial", "{ key = \"bias\"; range = (\"0\", \"2\"); scale = \"log\"; }"), "begin above 0", ":3:");
    refused(VARY("factorial", "{ key = \"bias\"; range = (\"0\"); }"), "has two ends, not 1", ":3:");
    refused(VARY("factorial", "{ key = \"bias\"; range = (\"0\", \"2\"); }"), "'bias' is '2' at two levels", "fewer levels");
    refused(VARY("factorial", "{ key = \"clouds[0].kind\"; range = (\"one\", \"two\"); }"), "no number", "values");
    refused(VARY("factorial", "{ key = \"clouds[0].detect\"; values = (\"1\"); }"), "'1' has no unit", "write \"1 s\"");
    refused(VARY("factorial", "{ key = \"share\"; times = (\"1\", \"3\"); }"), "'share' must be at most 1", ":3:");
    refused(VARY("factorial", "{ key = \"rate\"; law = \"exponential(1 h)\"; }"), "no duration", ":3:");
    refused(VARY("sobol", "{ key = \"clouds[0].detect\"; law = \"gamma(2, 1 h)\"; }"), "gamma", ":3:");
    refused(VARY("morris", "{ key = \"bias\"; values = (\"1\", \"2\"); }, { key = \"bias\"; values = (\"1\", \"2\"); }"),
            "'bias' varies twice", ":3:");
    refused(VARY("morris", "{ key = \"clouds.io*.detect\"; range = (\"1 h\", \"2 h\"); }, { key = \"clouds[1].detect\"; range = (\"1 h\", \"2 h\"); }"),
            "'clouds[1].detect' varies twice", ":3:");
    refused(BASE "study = { design = \"morris\"; levels = 5; vary = ( { key = \"bias\"; range = (\"0\", \"9\"); } ); };",
            "even number of levels", ":2:");
    refused(BASE "study = { design = \"sobol\"; samples = 100000; points = ( { label = \"a\"; } ); "
                 "vary = ( { key = \"bias\"; range = (\"0\", \"9\"); } ); };", "not both", ":2:");
    refused(BASE "study = { };", "here is neither", ":2:");
    refused(VARY("factorial", "{ key = \"replications\"; values = (\"1\", \"2\"); }"), "cannot change 'replications'", "point");
    refused(BASE "study = { design = \"saltelli\"; samples = 50000; vary = ( { key = \"bias\"; range = (\"0\", \"9\"); } ); };",
            "150000 points", "at most 100000");
}

/* --- Outer draws --- */

#define UNCERTAIN                                                                                                      \
    BASE CLOUDS TWO_POINTS "outer_draws = 6; outer_replications = 3;\n"                                                \
                "uncertain = ( { key = \"rate\"; range = (\"1 /h\", \"3 /h\"); evidence = \"U\"; },\n"                 \
                "  { key = \"bias\"; range = (\"100\", \"999\"); evidence = \"K\"; source = \"said\"; } );\n"

static bool count_draws(void *context, struct study_task task, uint32_t arm, struct sim_record *record)
{
    uint32_t(*count)[7] = context;
    (void)record;
    count[task.point][task.outer_draw] += arm == 0;
    return true;
}

static void draws_come_after_the_nominal_setting_and_are_fewer(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t count[2][7] = {{0}};
    assert_true(prepare(&f, UNCERTAIN, NULL, 0));
    assert_int_equal(study_task_count(&f.study), 2 * (40 + 6 * 3));
    struct study_sink sink = {.context = count, .take = count_draws};
    uint64_t digest = 0;
    for (unsigned threads = 1; threads <= 5; threads += 2) {
        struct study_outcome outcome = study_run(&f.study, &(struct study_options){.threads = threads}, &sink);
        assert_int_equal(outcome.end, STUDY_COMPLETE);
        assert_true(threads == 1 || outcome.digest == digest);
        digest = outcome.digest;
    }
    for (int p = 0; p < 2; p++)
        for (int draw = 0; draw < 7; draw++)
            assert_int_equal(count[p][draw], 3 * (draw == 0 ? 40 : 3));
    uint64_t number = 0;
    for (uint64_t t = 0; t < study_task_count(&f.study); t++) {
        struct study_task task = study_task_at(&f.study, t);
        uint64_t order = ((uint64_t)task.point * 7 + task.outer_draw) * 40 + task.replication;
        assert_true(t == 0 || order > number);
        assert_int_equal(study_task_number(&f.study, task), t);
        number = order;
    }
    done(&f);
}

static void a_draw_is_the_same_at_all_points_but_what_a_point_sets_stays(void **state)
{
    (void)state;
    struct fixture f;
    struct study_setting a, b;
    assert_true(prepare(&f, UNCERTAIN, NULL, 0));
    for (uint32_t draw = 1; draw <= 6; draw++) {
        const struct toy_plan *first = plan_of(&f, 0, draw, &a), *second = plan_of(&f, 1, draw, &b);
        assert_true(first->number[0] == second->number[0]);
        assert_true(first->number[0] * 3600 >= 1 && first->number[0] * 3600 <= 3);
        assert_in_range(first->bias, 100, 999);
        assert_int_equal(second->bias, 7); /* which the point sets */
    }
    assert_int_equal(plan_of(&f, 0, 0, &a)->bias, 0);
    assert_true(plan_of(&f, 0, 0, &a)->number[0] * 3600 == 2);
    done(&f);
}

static void another_input_or_draw_changes_no_other(void **state)
{
    (void)state;
    struct fixture two, three;
    static const char *const more[] = {"outer_draws=9"};
    assert_true(prepare(&two, UNCERTAIN, NULL, 0));
    assert_true(prepare(&three,
                        BASE CLOUDS "outer_draws = 6; uncertain = ( { key = \"share\"; times = (\"0.5\", \"2\"); evidence = \"U\"; },"
                                    " { key = \"rate\"; range = (\"1 /h\", \"3 /h\"); evidence = \"U\"; } );",
                        more, 1));
    const char *before = "";
    for (uint32_t draw = 1; draw <= 6; draw++) {
        const char *value = study_input_value(&two.study, 0, draw, &two.arena);
        assert_string_equal(value, study_input_value(&three.study, 1, draw, &three.arena));
        assert_string_not_equal(value, before);
        before = value;
    }
    done(&two);
    done(&three);
}

static void draws_without_inputs_are_refused(void **state)
{
    (void)state;
    refused(BASE "outer_draws = 3;", "no uncertain inputs", "uncertain");
    refused(BASE "uncertain = ( { key = \"nothing\"; range = (\"1\", \"2\"); evidence = \"U\"; } );", "no key 'nothing'", ":2:");
}

/* --- Precision --- */

#define PRECISE(width, most)                                                                                           \
    "model = \"toy\"; horizon = \"1 h\"; seed = 3;" TWO_POINTS                                                         \
    "precision = { metric = \"availability\"; half_width = " width "; max_replications = " most "; };\n"

struct stopped {
    uint32_t count[2];
    struct study_stored *stored; /* [point][1000][arm] */
    uint32_t remembered;         /* replications of each point that the second run finds stored */
};

static bool count_replications(void *context, struct study_task task, uint32_t arm, struct sim_record *record)
{
    struct stopped *stopped = context;
    stopped->count[task.point] += arm == 0;
    stopped->stored[(task.point * 1000 + task.replication) * 2 + arm] =
        (struct study_stored){record_digest(record), record->events, record->metric_values[0]};
    return true;
}

static bool is_stored(void *context, struct study_task task, struct study_stored *stored)
{
    struct stopped *stopped = context;
    for (uint32_t arm = 0; arm < 2; arm++)
        stored[arm] = stopped->stored[(task.point * 1000 + task.replication) * 2 + arm];
    return task.replication < stopped->remembered;
}

/* The toy's availability is uniform on (0, 1): the half-width after n replications is about 1.96 x 0.289 / sqrt(n). */
static void a_point_stops_at_the_first_look_that_is_precise(void **state)
{
    (void)state;
    struct fixture f;
    struct stopped stopped;
    uint64_t digest = 0;
    assert_true(prepare(&f, PRECISE("0.04", "1000"), NULL, 0));
    assert_int_equal(f.study.replications, 1000);
    for (unsigned threads = 1; threads <= 5; threads += 2) {
        stopped = (struct stopped){.stored = arena_array(&f.arena, 4000, struct study_stored)};
        struct study_sink sink = {.context = &stopped, .take = count_replications};
        struct study_outcome outcome = study_run(&f.study, &(struct study_options){.threads = threads}, &sink);
        assert_int_equal(outcome.end, STUDY_COMPLETE);
        assert_int_equal(outcome.precision_reached, 1);
        assert_int_equal(stopped.count[0], 240);
        assert_int_equal(stopped.count[1], 240);
        assert_true(outcome.done == 480 && outcome.total == 480);
        assert_true(threads == 1 || outcome.digest == digest);
        digest = outcome.digest;
    }
    for (stopped.remembered = 0; stopped.remembered <= 240; stopped.remembered += 37) { /* resumed, it stops at the same count */
        struct study_options options = {.threads = 3, .context = &stopped, .stored = is_stored};
        struct study_sink sink = {.context = &stopped, .take = count_replications};
        struct study_outcome outcome = study_run(&f.study, &options, &sink);
        assert_true(outcome.done == 480 && outcome.digest == digest && outcome.precision_reached == 1);
        assert_int_equal(outcome.stored, 2 * stopped.remembered);
    }
    done(&f);
}

static void what_cannot_be_precise_stops_at_the_most_and_says_so(void **state)
{
    (void)state;
    static const char *const most[] = {"45", "60", "7"};
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        const char *text = i == 0 ? PRECISE("1e-9", "45") : i == 1 ? PRECISE("1e-9", "60") : PRECISE("1e-9", "7");
        assert_true(prepare(&f, text, NULL, 0));
        struct stopped stopped = {.stored = arena_array(&f.arena, 4000, struct study_stored)};
        struct study_sink sink = {.context = &stopped, .take = count_replications};
        struct study_outcome outcome = study_run(&f.study, &(struct study_options){.threads = 3}, &sink);
        assert_int_equal(outcome.end, STUDY_COMPLETE);
        assert_int_equal(outcome.precision_reached, 0);
        assert_int_equal(stopped.count[0], atoi(most[i]));
        assert_int_equal(stopped.count[1], atoi(most[i]));
        done(&f);
    }
}

static void a_difference_can_be_asked_to_be_precise(void **state)
{
    (void)state;
    struct fixture f;
    static const char *const of[] = {"precision.of=differences"};
    assert_true(prepare(&f, PRECISE("0.04", "1000"), of, 1));
    struct stopped stopped = {.stored = arena_array(&f.arena, 4000, struct study_stored)};
    struct study_sink sink = {.context = &stopped, .take = count_replications};
    (void)study_run(&f.study, &(struct study_options){.threads = 2}, &sink);
    assert_int_equal(stopped.count[0], 480); /* the toy's arms are independent: twice the variance */
    done(&f);
    static const char *const alone[] = {"precision.of=differences", "arms=1"};
    assert_false(prepare(&f, PRECISE("0.04", "1000"), alone, 2));
    assert_non_null(strstr(f.said, "no difference between clouds"));
    done(&f);
}

static void the_command_line_chooses_between_a_number_and_a_precision(void **state)
{
    (void)state;
    struct fixture f;
    static const char *const number[] = {"replications=7"};
    assert_true(prepare(&f, PRECISE("0.04", "1000"), number, 1));
    assert_int_equal(f.study.replications, 7);
    assert_int_equal(f.study.precision.most, 0);
    done(&f);
    static const char *const precise[] = {"precision={ metric = \"availability\"; half_width = 0.1; max_replications = 90; }"};
    assert_true(prepare(&f, BASE, precise, 1));
    assert_int_equal(f.study.precision.most, 90);
    done(&f);
    static const char *const both[] = {"precision={ metric = \"availability\"; half_width = 0.1; }", "replications=7"};
    assert_false(prepare(&f, BASE, both, 2));
    done(&f);
}

static void a_precision_goes_with_nothing_that_contradicts_it(void **state)
{
    (void)state;
    refused(BASE "precision = { metric = \"availability\"; half_width = 0.1; };", "number of replications follows", "max_replications");
    refused("model = \"toy\"; horizon = \"1 h\"; precision = { metric = \"availabilty\"; half_width = 0.1; };",
            "unknown metric 'availabilty'", "did you mean 'availability'?");
    refused("model = \"toy\"; horizon = \"1 h\"; study = { points = ( { label = \"a\"; set = ( \"precision.half_width=0.5\" ); } ); };"
            "precision = { metric = \"availability\"; half_width = 0.1; };", "cannot change 'precision'", "point 'a'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_where_set_leads),
        cmocka_unit_test(numbers_as_text_read_back),
        cmocka_unit_test(a_factorial_sets_what_its_labels_say),
        cmocka_unit_test(laws_vary_by_their_names_and_in_their_list),
        cmocka_unit_test(every_kind_of_value_reaches_the_plan_within_its_range),
        cmocka_unit_test(a_key_that_does_not_vary_stays_as_it_is_written),
        cmocka_unit_test(a_whole_number_takes_each_of_its_range_equally_often),
        cmocka_unit_test(labels_of_samples_name_sample_and_step),
        cmocka_unit_test(mistakes_in_what_varies_are_told),
        cmocka_unit_test(draws_come_after_the_nominal_setting_and_are_fewer),
        cmocka_unit_test(a_draw_is_the_same_at_all_points_but_what_a_point_sets_stays),
        cmocka_unit_test(another_input_or_draw_changes_no_other),
        cmocka_unit_test(draws_without_inputs_are_refused),
        cmocka_unit_test(a_point_stops_at_the_first_look_that_is_precise),
        cmocka_unit_test(what_cannot_be_precise_stops_at_the_most_and_says_so),
        cmocka_unit_test(a_difference_can_be_asked_to_be_precise),
        cmocka_unit_test(the_command_line_chooses_between_a_number_and_a_precision),
        cmocka_unit_test(a_precision_goes_with_nothing_that_contradicts_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
