/* io.net's bookings and money, in small worlds whose time lines can be computed by hand. */
#include "tests/unit/clouds_world.h"

#include "models/clouds/ionet/ionet_inside.h"

#define FLEET                                                                                                          \
    "fleet = { node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); sites = ( "                           \
    "{ name = \"a\"; zones = 1; racks = 1; nodes = ( { type = \"box\"; per_rack = 2; } ); } ); };"
#define VM "{ name = \"vm\"; kind = \"service\"; count = 1; ramp = \"0 s\"; vcpus = 8; memory = \"4 GiB\"; %s }"
/* 8 vCPUs at 0.125 dollars: one dollar an hour. */
#define IONET                                                                                                          \
    "{ name = \"io\"; kind = \"ionet\"; deploy_time = \"90 s\"; replace_time = \"90 s\"; manual_share = 0; retry_cap = \"60 s\"; "   \
    "retry_first = \"60 s\"; vcpu_price = \"0.125 USD/h\"; %s }"

static const double hour = 3600, minute = 60, day = 86400;

static void open_money(struct clouds_test *test, const char *demand, const char *incidents, const char *keys)
{
    clouds_open(test, text("model = \"clouds\"; seed = 3; probes = \"60 /h\"; start = \"2024-07-01T00:00Z\"; horizon = \"10 d\"; " FLEET
                           " demand = ( %s ); incidents = ( %s ); clouds = ( %s );",
                           demand, incidents, text(IONET, keys)));
    clouds_begin(test, 0);
}

static const struct ionet *cloud_of(const struct clouds_test *test) { return test->world->cloud; }

static void both_sides_pay_fees(void **state)
{
    (void)state;
    struct clouds_test test;
    open_money(&test, text(VM, ""), "", "fee = \"2 %\"; supplier_fee = \"3 %\"; reservation_fee = \"0.25 %\";");
    clouds_finish(&test);
    double hours = 240 - 0.025;
    assert_near(clouds_metric(&test, "cost_usd"), 1.0225 * hours, 1e-5);
    assert_near(clouds_metric(&test, "supplier_pay_usd"), 0.9675 * hours, 1e-5);
    assert_near(clouds_metric(&test, "platform_fee_usd"), 0.055 * hours, 1e-5);
    assert_near(clouds_metric(&test, "supplier_unpaid_usd"), 0, 0);
    clouds_close(&test);
}

/* Hired at 0:01:30, lost on the third day at 6:00: the first two days have been paid at their ends, what it delivered since is not. The
 * renter has paid for it all the same, and what he had prepaid until the loss was noticed comes back as credit. */
static void owner_of_a_failed_worker_keeps_what_whole_days_have_paid(void **state)
{
    (void)state;
    struct clouds_test test;
    open_money(&test, text(VM, ""), incident("node", "2024-07-03T06:00Z", "node", "a/z1/r01/n01", 20 * day),
               "fee = 0; supplier_fee = 0;");
    clouds_until(&test, 2 * day + 6 * hour + 5 * minute);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    double back = (double)clouds_unit(&test, "vm/0", 0)->bound_at.us / 1e6, lost = 2 * day + 6 * hour;
    assert_near((double)cloud_of(&test)->books.withheld / 1e6, 6 - 0.025, 1e-5);
    assert_near((double)cloud_of(&test)->books.owners / 1e6, 48, 1e-5);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_unpaid_usd"), 6 - 0.025, 1e-5);
    assert_near(clouds_metric(&test, "supplier_pay_usd"), 48 + (10 * day - back) / 3600, 1e-4);
    assert_near(clouds_metric(&test, "refund_credit_usd"), (back - 90 - lost) / 3600, 1e-4); /* until it was missed; then 90 s without any */
    clouds_close(&test);
    /* Stopped within the first hour: nothing. */
    open_money(&test, text(VM, ""), incident("node", "2024-07-01T00:31:30Z", "node", "a/z1/r01/n01", 20 * day), "fee = 0; supplier_fee = 0;");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_unpaid_usd"), 0.5, 1e-5);
    clouds_close(&test);
}

/* A container that starts again where it was: its owner loses what he had not been paid, and begins anew. */
static void worker_that_came_back_was_unavailable_too(void **state)
{
    (void)state;
    struct clouds_test test;
    open_money(&test, text(VM, ""), incident("node", "2024-07-01T06:01:30Z", "node", "a/z1/r01/n01", minute), "fee = 0; supplier_fee = 0;");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_unpaid_usd"), 6, 1e-5);
    assert_near(clouds_metric(&test, "supplier_pay_usd") + 6, clouds_metric(&test, "cost_usd"), 1e-5);
    clouds_close(&test);
}

static void failed_timelock_is_a_hire_without_pay(void **state)
{
    (void)state;
    struct clouds_test test;
    open_money(&test, text(VM, "lifetime = \"5 h\";"), "", "fee = 0; supplier_fee = 0; timelock_failed = 1;");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_pay_usd"), 0, 0);
    assert_near(clouds_metric(&test, "supplier_unpaid_usd"), 5 - 0.025, 1e-5);
    clouds_close(&test);
}

/* Booked for a day at 0:01:30. Nobody extends it: five minutes later it is gone; its tenant sees it two hours after its end. */
static void booking_that_is_not_extended_is_completed_and_booked_anew(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *keys = "booking = \"1 d\"; extension_missed = %d; extension_late = \"%s\"; grace = \"5 min\"; fee = 0;";
    open_money(&test, text(VM, ""), "", text(keys, 1, "2 h"));
    clouds_until(&test, 90 + day + 5 * minute - 1);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 90 + day + 5 * minute + 1);
    assert_int_equal(clouds_unit(&test, "vm/0", 0)->state, UNIT_IDLE);
    clouds_until(&test, 90 + day + 2 * hour + 89);
    assert_false(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 90 + day + 2 * hour + 91);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "bookings_lapsed"), 9, 0); /* each 26 h 1.5 min, the first 24 h after the begin */
    clouds_close(&test);
    open_money(&test, text(VM, ""), "", text(keys, 1, "4 min")); /* within the grace */
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "bookings_lapsed"), 0, 0);
    assert_near(clouds_metric(&test, "availability_service"), 1 - 90 / (10 * day), 1e-9);
    clouds_close(&test);
    open_money(&test, text(VM, ""), "", text(keys, 0, "2 h")); /* nobody forgets */
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_service"), 1 - 90 / (10 * day), 1e-9);
    clouds_close(&test);
}

/* Left after 5 h of a day: 19 h come back as credit. */
static void what_is_left_of_a_booking_comes_back_as_credit(void **state)
{
    (void)state;
    struct clouds_test test;
    open_money(&test, text(VM, "lifetime = \"5 h\";"), "", "booking = \"1 d\"; fee = 0;");
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "cost_usd"), 5 - 0.025, 1e-5);
    assert_near(clouds_metric(&test, "refund_credit_usd"), 19 + 0.025, 1e-5);
    clouds_close(&test);
}

#define HALT(start, seconds) incident("halt", start, "control", "io/solana", seconds)

/* Nothing new is booked in a halt, nothing that runs is stopped, and what is lost is replaced. */
static void solana_halt_blocks_new_bookings_and_stops_nothing(void **state)
{
    (void)state;
    struct clouds_test test;
    const char *late = "{ name = \"late\"; kind = \"job\"; count = 1; ramp = \"0 s\"; pods = 1; vcpus = 1; memory = \"1 GiB\"; work = \"1 h\"; "
                       "restart = \"0 s\"; }";
    open_money(&test, text("%s, %s", text(VM, ""), late), HALT("2024-07-01T00:00Z", 2 * hour), "solana = true;");
    clouds_until(&test, 2 * hour);
    assert_false(clouds_is_up(&test, "vm/0", 0) || clouds_is_up(&test, "late/0", 0));
    clouds_until(&test, 2 * hour + 61);
    assert_true(clouds_is_up(&test, "vm/0", 0) && clouds_is_up(&test, "late/0", 0));
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "availability_control_plane"), 1 - 1.95 / 240, 0.002);
    clouds_close(&test);
    open_money(&test, text(VM, ""),
               text("%s, %s", HALT("2024-07-01T01:00Z", 5 * hour), incident("node", "2024-07-01T02:00Z", "node", "a/z1/r01/n01", day)),
               "solana = true;");
    clouds_until(&test, 2 * hour - 1);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_until(&test, 2 * hour + 5 * minute);
    assert_true(clouds_is_up(&test, "vm/0", 0)); /* a replacement is no new booking */
    clouds_finish(&test);
    clouds_close(&test);
    /* Whoever pays by card does not care. */
    open_money(&test, text(VM, ""), HALT("2024-07-01T00:00Z", 2 * hour), "solana = true; crypto_share = 0;");
    clouds_until(&test, 90);
    assert_true(clouds_is_up(&test, "vm/0", 0));
    clouds_finish(&test);
    clouds_close(&test);
}

/* The booking ends at 24:01:30; Solana halts from 23:00 for so long. */
static void extension_waits_for_solana_as_long_as_the_grace(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct clouds_test test;
        open_money(&test, text(VM, ""), HALT("2024-07-01T23:00Z", i == 0 ? hour + 5 * minute : 3 * hour), "solana = true; booking = \"1 d\";");
        clouds_until(&test, 90 + day + 6 * minute);
        assert_int_equal(clouds_is_up(&test, "vm/0", 0), i == 0);
        clouds_until(&test, 26 * hour + 2 * minute);
        assert_true(clouds_is_up(&test, "vm/0", 0));
        clouds_finish(&test);
        assert_near(clouds_metric(&test, "bookings_lapsed"), i, 0);
        clouds_close(&test);
    }
}

static void payouts_wait_for_solana(void **state)
{
    (void)state;
    struct clouds_test test;
    open_money(&test, text(VM, "lifetime = \"5 h\";"), HALT("2024-07-01T04:00Z", 4 * hour), "solana = true; fee = 0; supplier_fee = 0;");
    clouds_until(&test, 6 * hour);
    assert_near((double)cloud_of(&test)->books.owed / 1e6, 5 - 0.025, 1e-5);
    clouds_until(&test, 8 * hour + 1);
    assert_int_equal(cloud_of(&test)->books.owed, 0);
    clouds_finish(&test);
    assert_near(clouds_metric(&test, "supplier_pay_usd"), 5 - 0.025, 1e-5);
    assert_near(clouds_metric(&test, "supplier_owed_usd"), 0, 0);
    clouds_close(&test);
}

static void july_2024_knows_no_solana(void **state)
{
    (void)state;
    struct clouds_test test;
    open_money(&test, text(VM, ""), "", "");
    assert_int_equal(graph_find(test.world->plan->graph, "io/solana"), COMPONENT_NONE);
    clouds_finish(&test);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_pay_fees),
        cmocka_unit_test(owner_of_a_failed_worker_keeps_what_whole_days_have_paid),
        cmocka_unit_test(worker_that_came_back_was_unavailable_too),
        cmocka_unit_test(failed_timelock_is_a_hire_without_pay),
        cmocka_unit_test(booking_that_is_not_extended_is_completed_and_booked_anew),
        cmocka_unit_test(what_is_left_of_a_booking_comes_back_as_credit),
        cmocka_unit_test(solana_halt_blocks_new_bookings_and_stops_nothing),
        cmocka_unit_test(extension_waits_for_solana_as_long_as_the_grace),
        cmocka_unit_test(payouts_wait_for_solana),
        cmocka_unit_test(july_2024_knows_no_solana),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
