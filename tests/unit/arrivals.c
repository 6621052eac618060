/* Requests by the hours, the days, in bursts and from a list: exact where there is an exact answer, else against closed forms. */
#include "tests/unit/rooms.h"

#define FLEET                                                                                                                     \
    "fleet = { node_types = ( { name = \"n\"; vcpus = 8; memory = \"64 GiB\"; } ); "                                             \
    "sites = ( { name = \"a\"; racks = 1; nodes = ( { type = \"n\"; per_rack = 1; } ); } ); };\n"
#define CLASS(keys) "{ name = \"web\"; kind = \"service\"; vcpus = 1; memory = \"1 GiB\"; " keys " }"
#define DEMAND(keys) FLEET "demand = ( " CLASS(keys) " );\n"

/* The run starts on Monday, 2024-07-01; demand begins on the Saturday before. */
static const instant begin = {-2 * US_PER_DAY}, end = {28 * US_PER_DAY};

enum { MOST = 200000 };
static instant times[MOST], others[MOST];

static struct stream open_test(const char *name, uint32_t replication) { return stream_open(stream_key(7, replication, name)); }

static uint32_t draw(const struct demand_arrivals *arrivals, uint32_t replication, instant from, instant to, instant *out)
{
    uint32_t count = arrivals_draw(arrivals, open_test("requests", replication), open_test("bursts", replication), from, to, out);
    assert_true(count <= MOST);
    assert_int_equal(count, arrivals_draw(arrivals, open_test("requests", replication), open_test("bursts", replication), from, to, NULL));
    return count;
}

static const struct demand_arrivals *read_class(struct rooms *rooms, const char *text)
{
    rooms_open(rooms, text);
    return &rooms->demand->class[0].arrivals;
}

/* --- Hours and days -------------------------------------------------------------------------------------------------- */

/* The rate at an instant, by looking at the clock and the calendar, for the class below. */
static double rate_at(int64_t us)
{
    int64_t monday = -7 * US_PER_DAY, since = us - monday;
    int64_t day = since / US_PER_DAY % 7, minute = since % US_PER_DAY / US_PER_MINUTE;
    double hour = minute < 30 ? 0.7 : minute < 8 * 60 ? 0.1 : minute < 18 * 60 + 15 ? 2 : 0.7; /* 00:30 0.1, 08:00 2, 18:15 0.7 */
    double week = day == 5 ? 0.5 : day == 6 ? 0 : 1;
    double mean_hour = (0.5 * 0.7 + 7.5 * 0.1 + 10.25 * 2 + 5.75 * 0.7) / 24, mean_week = 5.5 / 7;
    return 30 / 3600.0 * hour * week / (mean_hour * mean_week);
}

/* Inverting the mean function means: the area under the rate up to the n-th request is the sum of the n exponentials that a plain stream of
 * one a second would have drawn. The twin adds the area up minute by minute. */
static void steps_run_through_the_area_under_the_rate(void **state)
{
    (void)state;
    struct rooms rooms;
    const struct demand_arrivals *shaped =
        read_class(&rooms, DEMAND("arrivals = \"30 /h\"; by_hour = ( \"00:30 0.1\", \"08:00 2\", \"18:15 0.7\" ); by_day = ( \"sat 0.5\", \"sun 0\" );"));
    struct demand_arrivals plain = {.per_second = 1, .calm_factor = 1, .burst_factor = 1};
    uint32_t count = draw(shaped, 0, begin, end, times);
    assert_true(count > 15000);
    assert_true(draw(&plain, 0, begin, (instant){begin.us + 100000 * US_PER_SECOND}, others) > count);
    double area = 0;
    int64_t at = begin.us;
    for (uint32_t i = 0; i < count; i++) {
        for (; at + US_PER_MINUTE <= times[i].us; at += US_PER_MINUTE)
            area += 60 * rate_at(at);
        double here = area + rate_at(at) * (double)(times[i].us - at) / 1e6;
        assert_near(here, (double)(others[i].us - begin.us) / 1e6, 0.05); /* a microsecond of rounding each */
        assert_true(rate_at(times[i].us) > 0);
    }
    rooms_close(&rooms);
}

/* In each part of the week as many as the rate says: Poisson counts, over whole weeks and many replications. */
static void counts_follow_the_hours_and_keep_the_mean(void **state)
{
    (void)state;
    struct rooms rooms;
    const struct demand_arrivals *shaped = read_class(&rooms, DEMAND("arrivals = \"30 /h\"; by_hour = ( \"00:00 1\", \"12:00 3\" ); by_day = ( \"wed 3\" );"));
    enum { REPLICATIONS = 20 };
    double all = 0, afternoon = 0, wednesday = 0;
    for (uint32_t r = 0; r < REPLICATIONS; r++) {
        uint32_t count = draw(shaped, r, (instant){0}, end, times);
        all += count;
        for (uint32_t i = 0; i < count; i++) {
            afternoon += times[i].us % US_PER_DAY >= 12 * US_PER_HOUR;
            wednesday += times[i].us / US_PER_DAY % 7 == 2;
        }
    }
    double expected = 30.0 * 24 * 28 * REPLICATIONS;
    assert_near(all, expected, 3.3 * sqrt(expected));
    assert_share(afternoon, all, 0.75, 3.3);
    assert_share(wednesday, all, 3.0 / 9, 3.3);
    rooms_close(&rooms);
}

/* --- Bursts ---------------------------------------------------------------------------------------------------------- */

/* Mean and variance of counts in windows of several lengths, each window of a replication of its own. */
static void bursts_have_the_dispersion_of_an_mmpp(void **state)
{
    (void)state;
    struct rooms rooms;
    const struct demand_arrivals *bursty = read_class(&rooms, DEMAND("arrivals = \"60 /h\"; bursts = { times = 20; length = \"10 min\"; calm = \"1 h\"; };"));
    enum { WINDOWS = 6000 };
    static const double minutes[] = {2, 15, 120};
    double s = 1 / 600.0 + 1 / 3600.0, p = 600 / 4200.0, m = 60 / 3600.0;
    double b = m / (20 * p + 1 - p), a = 20 * b;
    for (size_t k = 0; k < 3; k++) {
        double t = 60 * minutes[k], sum = 0, squares = 0, fourth = 0;
        static double counts[WINDOWS];
        for (uint32_t r = 0; r < WINDOWS; r++)
            sum += counts[r] = draw(bursty, r, begin, (instant){begin.us + (int64_t)(t * 1e6)}, NULL);
        double mean = sum / WINDOWS, expected = m * t;
        for (uint32_t r = 0; r < WINDOWS; r++) {
            double square = (counts[r] - mean) * (counts[r] - mean);
            squares += square / WINDOWS;
            fourth += square * square / WINDOWS;
        }
        double dispersion = 1 + 2 * p * (1 - p) * (a - b) * (a - b) / (s * m) * (1 - (1 - exp(-s * t)) / (s * t));
        assert_near(mean, expected, 3.3 * sqrt(dispersion * expected / WINDOWS));
        assert_near(squares / expected, dispersion, 3.5 * sqrt((fourth - squares * squares) / WINDOWS) / expected);
    }
    rooms_close(&rooms);
}

static void a_burst_of_one_class_moves_no_other_and_no_size(void **state)
{
    (void)state;
    struct rooms calm, bursty;
#define TWO(keys) FLEET "demand = ( " CLASS("arrivals = \"5 /h\"; lifetime = \"exponential(3 h)\"; ") ", { name = \"api\"; kind = \"service\"; vcpus = 1; memory = \"1 GiB\"; arrivals = \"5 /h\"; lifetime = \"exponential(3 h)\"; " keys " } );"
    rooms_open(&calm, TWO(""));
    rooms_open(&bursty, TWO("bursts = { times = 5; length = \"1 h\"; calm = \"1 d\"; }; "));
    struct demand *a = demand_draw(&calm.arena, calm.demand, 1, 0, begin, end), *b = demand_draw(&bursty.arena, bursty.demand, 1, 0, begin, end);
    uint32_t web = 0, moved = 0;
    for (; a->workload[web].class == 0; web++)
        assert_memory_equal(&a->workload[web], &b->workload[web], sizeof *a->workload);
    assert_true(web > 3000);
    for (uint32_t w = web; w < web + 1000; w++) {
        moved += a->workload[w].requested.us != b->workload[w].requested.us;
        int64_t one = a->workload[w].withdrawn.us - a->workload[w].requested.us, two = b->workload[w].withdrawn.us - b->workload[w].requested.us;
        assert_int_equal(one, two); /* the n-th request lasts as long, whenever it comes */
    }
    assert_true(moved > 990);
    rooms_close(&calm);
    rooms_close(&bursty);
}

/* --- Lists ----------------------------------------------------------------------------------------------------------- */

#define LIST "# --- file \"times.csv\" ---\n#| asked_at\n#| 0\n#| 1.5 # half past\n#| 90 min\n#| 20\n# --- end of file ---\n"

static void a_list_is_lived_as_it_stands(void **state)
{
    (void)state;
    struct rooms rooms;
    const struct demand_arrivals *list = read_class(&rooms, DEMAND("arrival_times = \"times.csv\"; arrival_unit = \"1 h\";") LIST);
    assert_int_equal(draw(list, 0, begin, end, times), 4);
    assert_int_equal(times[0].us, 0);
    assert_int_equal(times[1].us, 90 * US_PER_MINUTE);
    assert_int_equal(times[2].us, 90 * US_PER_MINUTE);
    assert_int_equal(times[3].us, 20 * US_PER_HOUR);
    assert_int_equal(draw(list, 1, (instant){1}, (instant){20 * US_PER_HOUR}, times), 2);
    rooms_close(&rooms);
}

static void a_list_that_repeats_does_so_in_the_warm_up_too(void **state)
{
    (void)state;
    struct rooms rooms;
    const struct demand_arrivals *list = read_class(&rooms, DEMAND("arrival_times = \"times.csv\"; arrival_unit = \"1 h\"; arrival_repeat = \"1 d\";") LIST);
    assert_int_equal(draw(list, 0, begin, end, times), 30 * 4);
    for (uint32_t i = 0; i < 30 * 4; i++)
        assert_int_equal(times[i].us, begin.us + i / 4 * US_PER_DAY + (i % 4 == 0 ? 0 : i % 4 == 3 ? 20 * US_PER_HOUR : 90 * US_PER_MINUTE));
    assert_int_equal(draw(list, 0, (instant){-5 * US_PER_HOUR}, (instant){US_PER_HOUR}, times), 2); /* 20:00 and midnight */
    assert_int_equal(times[0].us, -4 * US_PER_HOUR);
    rooms_close(&rooms);
}

/* --- Mistakes -------------------------------------------------------------------------------------------------------- */

static void refused(const char *text, const char *why)
{
    struct rooms rooms;
    rooms_read(&rooms, text);
    char *said = rooms_errors(&rooms);
    if (rooms.scenario->errors == 0 || strstr(said, why) == NULL)
        fail_msg("'%s' is not in:\n%s", why, said);
    free(said);
    rooms_close(&rooms);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    refused(DEMAND("by_hour = ( \"00:00 1\" );"), "'by_hour' shapes a rate that is 0");
    refused(DEMAND("arrivals = \"1 /h\"; by_hour = ( \"8:00 1\" );"), "'8:00 1' is no time of day with a weight");
    refused(DEMAND("arrivals = \"1 /h\"; by_hour = ( \"24:00 1\" );"), "is no time of day");
    refused(DEMAND("arrivals = \"1 /h\"; by_hour = ( \"08:00 -1\" );"), "is no time of day");
    refused(DEMAND("arrivals = \"1 /h\"; by_hour = ( \"08:00 1\", \"08:00 2\" );"), "does not come after the step before it");
    refused(DEMAND("arrivals = \"1 /h\"; by_hour = ( \"08:00 0\" );"), "there is no time at which requests come");
    refused(DEMAND("arrivals = \"1 /h\"; by_day = ( \"Sat 2\" );"), "'Sat 2' is no day with a weight");
    refused(DEMAND("arrivals = \"1 /h\"; arrival_times = \"times.csv\"; arrival_unit = \"1 h\";") LIST, "not both");
    refused(DEMAND("arrival_times = \"times.csv\";") LIST, "times.csv:3:1: error: '1.5' is not a time: it has no unit");
    refused(DEMAND("arrival_times = \"times.csv\"; arrival_unit = \"1 h\"; arrival_repeat = \"2 h\";") LIST, "the list is longer than");
    refused(DEMAND("arrival_unit = \"1 h\";"), "'arrival_unit' belongs to a list of times");
    refused(DEMAND("arrival_times = \"late.csv\";") "# --- file \"late.csv\" ---\n#| 2 h\n#| 1 h\n# --- end of file ---\n", "time 2 of 'late.csv' is before");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_run_through_the_area_under_the_rate),
        cmocka_unit_test(counts_follow_the_hours_and_keep_the_mean),
        cmocka_unit_test(bursts_have_the_dispersion_of_an_mmpp),
        cmocka_unit_test(a_burst_of_one_class_moves_no_other_and_no_size),
        cmocka_unit_test(a_list_is_lived_as_it_stands),
        cmocka_unit_test(a_list_that_repeats_does_so_in_the_warm_up_too),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
