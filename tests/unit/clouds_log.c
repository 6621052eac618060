/* What a run writes down about its components, and that writing it changes nothing. */
#include "tests/unit/clouds_world.h"

static const char *scenario(void)
{
    return text("model = \"clouds\"; seed = 5; start = \"2024-07-01T00:00Z\"; horizon = \"2 d\"; warmup = \"1 d\"; "
                "fleet = { node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; up = \"exponential(5 d)\"; repair = \"2 h\"; } ); "
                "sites = ( { name = \"a\"; zones = 2; racks = 2; nodes = ( { type = \"box\"; per_rack = 3; } ); } ); }; "
                "demand = ( { name = \"vm\"; kind = \"service\"; count = 9; replicas = 2; vcpus = 2; memory = \"4 GiB\"; } ); "
                "incidents = ( %s, %s ); clouds = ( { name = \"h\"; kind = \"hyperscaler\"; }, { name = \"k\"; kind = \"akash\"; }, "
                "{ name = \"i\"; kind = \"ionet\"; } );",
                incident("rack", "2024-07-01T06:00Z", "rack", "a/z1/r01", 3600),
                incident("end", "2024-07-02T23:00Z", "zone", "a/z2", 86400));
}

static const struct sim_outage *outage_of(const struct clouds_test *test, const char *subject, double start_s)
{
    for (const struct record_outages *c = test->record->outages; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++)
            if (strcmp(c->rows[i].subject, subject) == 0 && fabs(c->rows[i].start_s - start_s) < 1e-9)
                return &c->rows[i];
    return NULL;
}

static void outages_of_components_are_listed_with_their_cause(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, scenario());
    for (uint32_t arm = 0; arm < 3; arm++) {
        clouds_run(&test, arm);
        const struct sim_outage *rack = outage_of(&test, "a/z1/r01", 21600), *zone = outage_of(&test, "a/z2", 169200);
        assert_non_null(rack);
        assert_non_null(zone);
        assert_string_equal(rack->subject_kind, "rack");
        assert_string_equal(rack->cause, "a/z1/r01");
        assert_string_equal(rack->incident, "rack");
        assert_near(rack->end_s, 25200, 0.001);
        assert_false(rack->censored);
        assert_true(zone->censored);
        assert_near(zone->end_s, 172800, 0);
        const struct sim_outage *node = outage_of(&test, "a/z1/r01/n01", 21600);
        if (node != NULL) { /* unless it was down already */
            assert_string_equal(node->cause, "a/z1/r01");
            assert_string_equal(node->subject_kind, "node");
        }
    }
    clouds_close(&test);
}

/* The share of time that nodes are down, from the list, is that of availability_node. */
static void listed_outages_of_nodes_add_up_to_their_availability(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, scenario());
    test.task.outage_min = (duration){0};
    clouds_run(&test, 0);
    double down_s = 0;
    for (const struct record_outages *c = test.record->outages; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++)
            if (strcmp(c->rows[i].subject_kind, "node") == 0)
                down_s += c->rows[i].end_s - c->rows[i].start_s;
    assert_true(down_s > 0);
    assert_near(1 - down_s / (12 * 172800.0), clouds_metric(&test, "availability_node"), 1e-9);
    clouds_close(&test);
}

static void level_of_the_log_changes_nothing_that_is_simulated(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, scenario());
    for (uint32_t arm = 0; arm < 3; arm++) {
        uint64_t digest = 0;
        for (int log = SIM_LOG_NONE; log <= SIM_LOG_EVENTS; log++) {
            test.task.log = (enum sim_log)log;
            clouds_run(&test, arm);
            if (log != SIM_LOG_NONE)
                assert_int_equal(record_digest(test.record), digest);
            digest = record_digest(test.record);
        }
    }
    clouds_close(&test);
}

/* What the ledger lists is what the cost counts, and every lease is somebody's, from somebody, at a price. */
static void the_ledger_adds_up_to_the_cost(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, scenario());
    for (uint32_t run = 0; run < 6; run++) { /* in sums, then one by one */
        test.task.log = run < 3 ? SIM_LOG_LEASES : SIM_LOG_EVENTS;
        clouds_run(&test, run % 3);
        double paid_micro = 0, credit_micro = 0, leased_usd = 0;
        size_t leases = 0;
        for (const struct record_payments *c = test.record->payments; c != NULL; c = c->next)
            for (size_t i = 0; i < c->count; i++)
                *(strcmp(c->rows[i].what, "credit") == 0 ? &credit_micro : &paid_micro) += (double)c->rows[i].amount_micro;
        for (const struct record_leases *c = test.record->leases; c != NULL; c = c->next)
            for (size_t i = 0; i < c->count; i++, leases++) {
                assert_true(strncmp(c->rows[i].tenant, "vm/", 3) == 0);
                assert_true(c->rows[i].provider[0] != '\0');
                leased_usd += c->rows[i].paid_usd;
                assert_true(c->rows[i].price_usd_per_h > 0);
                assert_true(isnan(c->rows[i].end_s) == (c->rows[i].reason[0] == '\0'));
            }
        assert_true(leases >= 18); /* nine services of two replicas are leased at the end, or were */
        assert_near((paid_micro - credit_micro) / 1e6, clouds_metric(&test, "cost_usd"), 1e-6);
        assert_near(leased_usd, paid_micro / 1e6, 1e-6); /* what is paid when a lease is closed is on it too */
    }
    clouds_close(&test);
}

/* Withdrawals come every day; listed are one row a month for what an account gets from a lease, and all of them with --log events. */
static void payments_of_a_lease_are_summed_by_utc_month(void **state)
{
    (void)state;
    struct clouds_test test;
    clouds_open(&test, "model = \"clouds\"; seed = 5; start = \"2024-07-28T00:00Z\"; horizon = \"8 d\"; warmup = \"1 d\"; "
                       "fleet = { node_types = ( { name = \"box\"; vcpus = 8; memory = \"64 GiB\"; } ); "
                       "sites = ( { name = \"a\"; zones = 1; racks = 2; nodes = ( { type = \"box\"; per_rack = 3; } ); } ); }; "
                       "demand = ( { name = \"vm\"; kind = \"service\"; count = 1; vcpus = 2; memory = \"4 GiB\"; } ); "
                       "clouds = ( { name = \"k\"; kind = \"akash\"; } );");
    int64_t leases_micro[2] = {0}, events_micro[2] = {0}; /* July, August */
    for (int all = 0; all < 2; all++) {
        test.task.log = all ? SIM_LOG_EVENTS : SIM_LOG_LEASES;
        clouds_run(&test, 0);
        size_t rows[2] = {0};
        for (const struct record_payments *c = test.record->payments; c != NULL; c = c->next)
            for (size_t i = 0; i < c->count; i++) {
                if (strcmp(c->rows[i].what, "lease") != 0)
                    continue;
                int month = c->rows[i].t_s >= 4 * 86400.0;
                rows[month]++;
                (all ? events_micro : leases_micro)[month] += c->rows[i].amount_micro;
            }
        for (int month = 0; month < 2; month++)
            assert_true(all ? rows[month] >= 3 : rows[month] == 1);
    }
    assert_memory_equal(leases_micro, events_micro, sizeof leases_micro);
    clouds_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ledger_adds_up_to_the_cost),
        cmocka_unit_test(payments_of_a_lease_are_summed_by_utc_month),
        cmocka_unit_test(outages_of_components_are_listed_with_their_cause),
        cmocka_unit_test(listed_outages_of_nodes_add_up_to_their_availability),
        cmocka_unit_test(level_of_the_log_changes_nothing_that_is_simulated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
