/* Hosts by the clock: up exactly when the calendar says, each with its own lateness, the same ones every day. */
#include "tests/unit/life.h"

#define PLAIN_FLEET FLEET("", SITE("a", "100", "50", "") ", " SITE("b", "100", "50", ""))
#define SMALL_FLEET FLEET("", SITE("a", "1", "1", ""))
#define HOURS(keys) "hours = ( { name = \"day\"; target = \"node\"; " keys " } );"

static void open_life(struct rooms *rooms, struct life *life, const char *text)
{
    rooms_open(rooms, text);
    plan(life, rooms, extended(rooms), "any");
}

/* The run starts on Monday 2024-07-01; whatever the instant, the calendar is asked anew. */
static void assert_follows(const char *hours, bool (*is_up)(int day, double hour))
{
    static const int begins[] = {0, -1, -37}; /* hours */
    for (size_t b = 0; b < 3; b++) {
        struct rooms rooms;
        struct life life;
        char *text = NULL;
        assert_true(asprintf(&text, "warmup = \"3 d\"; %s%s", SMALL_FLEET, hours) > 0);
        open_life(&rooms, &life, text);
        begin_at(&life, 0, (instant){begins[b] * US_PER_HOUR});
        for (int64_t quarter = begins[b] * 4; quarter < 4 * 24 * 15; quarter++)
            for (int64_t early = quarter == begins[b] * 4 ? 0 : 1; early >= 0; early--) { /* both edges are exact */
                int64_t at = quarter * 15 * US_PER_MINUTE - early, monday = at + 14 * US_PER_DAY;
                run_to(&life, at);
                bool up = is_up((int)(monday / US_PER_DAY % 7), (double)(monday % US_PER_DAY) / (double)US_PER_HOUR);
                if (life.down != (up ? 0 : 2))
                    fail_msg("%s: %u down at %g h", hours, life.down, (double)at / 3.6e9);
            }
        free(text);
        rooms_close(&rooms);
    }
}

static bool by_day(int day, double hour) { return (void)day, hour >= 8 && hour < 18; }
static bool by_night(int day, double hour) { return (void)day, hour >= 20.5 || hour < 6.25; }
static bool when_working(int day, double hour) { return day < 5 && hour >= 8 && hour < 18; }
static bool at_weekends(int day, double hour) { return ((day == 5 || day == 6) && hour >= 22) || ((day == 6 || day == 0) && hour < 2); }
static bool on_thursdays(int day, double hour) { return day == 3 && hour >= 8 && hour < 18; }

static void hosts_are_up_exactly_in_their_hours(void **state)
{
    (void)state;
    assert_follows(HOURS("from = \"08:00\"; to = \"18:00\";"), by_day);
    assert_follows(HOURS("from = \"20:30\"; to = \"06:15\";"), by_night);
    assert_follows(HOURS("from = \"08:00\"; to = \"18:00\"; days = [ \"mon\", \"tue\", \"wed\", \"thu\", \"fri\" ];"), when_working);
    assert_follows(HOURS("from = \"22:00\"; to = \"02:00\"; days = [ \"sun\", \"sat\" ];"), at_weekends);
    assert_follows(HOURS("from = \"08:00\"; to = \"18:00\"; days = [ \"thu\" ];"), on_thursdays);
}

static void scatter_and_jitter_spread_the_edges(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, PLAIN_FLEET HOURS("where = \"a/*\"; from = \"08:00\"; to = \"18:00\"; scatter = \"2 h\"; jitter = \"30 min\";"));
    double n = 10000;
    begin_at(&life, 0, (instant){0});
    for (int day = 0; day < 3; day++) {
        int64_t midnight = day * US_PER_DAY, minute = US_PER_MINUTE;
        run_to(&life, midnight + 7 * US_PER_HOUR + 30 * minute - 1);
        assert_int_equal(life.down, n);
        run_to(&life, midnight + 8 * US_PER_HOUR); /* late by less than the jitter takes off: triangle of 30 min over 120 min and 60 min */
        assert_share(n - life.down, n, 0.5 * 30 * 30 / (120.0 * 60), 4);
        run_to(&life, midnight + 9 * US_PER_HOUR);
        assert_share(n - life.down, n, 0.5, 4);
        run_to(&life, midnight + 10 * US_PER_HOUR + 30 * minute);
        assert_int_equal(life.down, 0);
        run_to(&life, midnight + 17 * US_PER_HOUR + 30 * minute - 1);
        assert_int_equal(life.down, 0);
        run_to(&life, midnight + 19 * US_PER_HOUR);
        assert_share(life.down, n, 0.5, 4);
        run_to(&life, midnight + 20 * US_PER_HOUR + 30 * minute);
        assert_int_equal(life.down, n);
    }
    rooms_close(&rooms);
}

/* A share of the nodes follows the clock, always the same ones: without jitter their histories are one history. */
static void the_same_hosts_follow_the_clock_every_day(void **state)
{
    (void)state;
    struct rooms rooms;
    struct life life;
    open_life(&rooms, &life, PLAIN_FLEET HOURS("share = \"79 %\"; from = \"08:00\"; to = \"18:00\";"));
    begin_at(&life, 0, (instant){0});
    run_to(&life, 0);
    uint32_t followers = life.down, never = 0;
    assert_share(followers, 20000, 0.79, 4);
    for (int day = 0; day < 7; day++) {
        run_to(&life, day * US_PER_DAY + 12 * US_PER_HOUR);
        assert_int_equal(life.down, 0);
        run_to(&life, day * US_PER_DAY + 22 * US_PER_HOUR);
        assert_int_equal(life.down, followers);
    }
    for (uint32_t c = 0; c < graph_count(life.graph); c++)
        never += graph_component(life.graph, c)->class == COMPONENT_NODE && life.trace[c] == 0;
    assert_int_equal(never, 20000 - followers);
    rooms_close(&rooms);
}

static void impossible_hours_are_refused(void **state)
{
    (void)state;
    static const struct { const char *text, *said; } wrong[] = {
        {HOURS("from = \"8:00\"; to = \"18:00\";"), "'8:00' is not a time of day"},
        {HOURS("from = \"08:00\"; to = \"24:00\";"), "'24:00' is not a time of day"},
        {HOURS("from = \"08:00\"; to = \"08:00\";"), "are the same time of day"},
        {HOURS("from = \"08:00\"; to = \"18:00\"; days = [ \"monday\" ];"), "'monday' is no day"},
        {HOURS("from = \"08:00\"; to = \"09:00\"; jitter = \"31 min\";"), "may go before it has come"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct rooms rooms;
        char *text = NULL;
        assert_true(asprintf(&text, "%s%s", SMALL_FLEET, wrong[i].text) > 0);
        rooms_read(&rooms, text);
        char *said = rooms_errors(&rooms);
        if (rooms.scenario->errors != 1 || strstr(said, wrong[i].said) == NULL)
            fail_msg("'%s' is not in:\n%s", wrong[i].said, said);
        free(said);
        free(text);
        rooms_close(&rooms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_up_exactly_in_their_hours),
        cmocka_unit_test(scatter_and_jitter_spread_the_edges),
        cmocka_unit_test(the_same_hosts_follow_the_clock_every_day),
        cmocka_unit_test(impossible_hours_are_refused),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
