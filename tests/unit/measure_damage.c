/* What outages cost, on timelines by hand. */
#include "tests/unit/measure_bench.h"

/* The slices of a breakdown in their order; fails when there are other than `count`. */
static void slices(const struct bench *bench, const char *breakdown, const struct sim_slice *wanted, size_t count)
{
    size_t n = 0;
    for (const struct record_slices *c = bench->record->slices; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++) {
            const struct sim_slice *s = &c->rows[i];
            if (strcmp(measure_breakdowns[s->breakdown].name, breakdown) != 0)
                continue;
            if (n >= count || strcmp(s->slice, wanted[n].slice) != 0 || fabs(s->numerator - wanted[n].numerator) > 1e-9 ||
                s->denominator != wanted[n].denominator)
                fail_msg("slice %zu of %s is '%s' %.12g / %g", n, breakdown, s->slice, s->numerator, s->denominator);
            n++;
        }
    assert_int_equal(n, count);
}

/* 60 USD/h, after an hour of an outage 180 USD/h, 10 USD a redeployment. */
static const struct damage shop = {.sector = "shop", .usd_per_hour = {60, 180}, .knee = {US_PER_HOUR}, .redeploy_usd = 10};
/* 6 USD/h throughout. */
static const struct damage bank = {.sector = "bank", .usd_per_hour = {6, 6}};

static void damage_is_convex_in_the_length_of_an_outage(void **state)
{
    (void)state;
    struct damage_time time = {{0, 0}};
    damage_add(&shop, &time, at(-30), at(0), at(20)); /* half an hour of it before */
    assert_true(time.us[0] == 20 * US_PER_MINUTE && time.us[1] == 0);
    damage_add(&shop, &time, at(-30), at(20), at(50));
    assert_true(time.us[0] == 30 * US_PER_MINUTE && time.us[1] == 20 * US_PER_MINUTE);
    damage_add(&shop, &time, at(-90), at(0), at(10)); /* all behind the knee */
    assert_true(time.us[0] == 30 * US_PER_MINUTE && time.us[1] == 30 * US_PER_MINUTE);
    assert_true(damage_usd(&shop, &time) == 30 + 90);
    damage_add(&shop, &time, at(0), at(10), at(10));
    assert_true(damage_usd(&shop, &time) == 120);
    struct damage_time one = {{0, 0}}, two = {{0, 0}};
    for (int i = 0; i < 500; i++) /* piece by piece is the same */
        damage_add(&shop, &one, at(3), at(3 + i), at(4 + i));
    damage_add(&shop, &two, at(3), at(3), at(503));
    assert_memory_equal(&one, &two, sizeof one);
}

static void a_class_takes_its_share_of_a_sector(void **state)
{
    (void)state;
    struct rooms rooms;
    rooms_open(&rooms, "fleet = { node_types = ( { name = \"t\"; vcpus = 8; memory = \"16 GiB\"; } );"
                       " sites = ( { name = \"a\"; racks = 1; nodes = ( { type = \"t\"; per_rack = 1; } ); } ); };"
                       "demand = ( { name = \"till\"; vcpus = 1; memory = \"1 GiB\"; sector = \"shop\"; damage_share = 0.25; },"
                       " { name = \"blog\"; vcpus = 1; memory = \"1 GiB\"; } );"
                       "damages = ( { sector = \"shop\"; per_hour = \"100 USD/h\"; escalates_after = \"2 h\"; escalates_to = 3.0;"
                       " redeploy = \"40 USD\"; } );");
    const struct damage *damage = rooms.demand->class[0].damage;
    assert_non_null(damage);
    assert_string_equal(damage->sector, "shop");
    assert_true(damage->usd_per_hour[0] == 25 && damage->usd_per_hour[1] == 75 && damage->redeploy_usd == 40);
    assert_true(damage->knee.us == 2 * US_PER_HOUR);
    assert_null(rooms.demand->class[1].damage);
    rooms_close(&rooms);
}

/* Three shops: 0 down for 90 min: 60 + 90 = 150 USD, and redeployed twice, with a credit of 5 USD; 1 down from -40 to 40: 20 min before
 * the knee and 20 after: 80 USD; 2 never. Two banks down for 60 and 30 min: 6 and 3 USD. */
static void a_tenant_loses_damage_and_redeployments_less_credits(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 3, 2, 0);
    bench.class[WEB].damage = &shop;
    bench.class[WIDE].damage = &bank;
    begin(&bench);
    settled(&bench);
    measure_redeployed(bench.measure, 0, at(-5)); /* outside */
    up(&bench, 1, 0, -40);
    up(&bench, 1, 3, 40);
    up(&bench, 0, 1, 100);
    measure_redeployed(bench.measure, 0, at(150));
    measure_redeployed(bench.measure, 0, at(160));
    up(&bench, 0, 3, 190);
    measure_credit(bench.measure, 0, (money){5000000}, at(600));
    up(&bench, 3, 0, 200);
    up(&bench, 3, 2, 260);
    up(&bench, 4, 0, 570); /* still down at the end */
    measure_close(bench.measure);
    says(&bench, "damage_usd", 150 + 80 + 9);
    says(&bench, "redeployments", 2);
    slices(&bench, "damage_by_sector_usd", (const struct sim_slice[]){{0, "shop", 0, 230, 1}, {0, "bank", 0, 9, 1}}, 2);
    slices(&bench, "tenant_loss_usd",
           (const struct sim_slice[]){{0, "", 0, 0, 1}, {0, "", 0, 3, 1}, {0, "", 0, 6, 1}, {0, "", 0, 80, 1}, {0, "", 0, 165, 1}}, 5);
    slices(&bench, "tenant_yearly_loss_usd", NULL, 0); /* the window is no year */
    slices(&bench, "all_loss_usd", (const struct sim_slice[]){{0, "", 0, 254, 1}}, 1);
    /* From 0 on one of three shops, later one of two banks. */
    slices(&bench, "blast_by_sector", (const struct sim_slice[]){{0, "shop", 0, 1.0 / 3, 1}, {0, "bank", 0, 0.5, 1}}, 2);
    close_bench(&bench);
}

static void waiting_for_the_first_place_does_no_damage(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 2, 0, 0);
    bench.class[WEB].damage = &shop;
    begin(&bench);
    measure_request(bench.measure, 0, at(0));
    measure_request(bench.measure, 1, at(0));
    measure_redeployed(bench.measure, 1, at(10)); /* never up: that was its first deployment */
    up(&bench, 0, 3, 300);
    measure_close(bench.measure);
    says(&bench, "damage_usd", 0);
    says(&bench, "redeployments", 0);
    slices(&bench, "tenant_loss_usd", (const struct sim_slice[]){{0, "", 0, 0, 2}}, 1);
    slices(&bench, "blast_by_sector", (const struct sim_slice[]){{0, "shop", 0, 1, 1}}, 1); /* waits as it does in blast_radius_max */
    close_bench(&bench);
}

static void without_a_sector_nothing_is_known(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    settled(&bench);
    up(&bench, 0, 0, 100);
    measure_close(bench.measure);
    says(&bench, "damage_usd", NAN);
    slices(&bench, "tenant_loss_usd", NULL, 0);
    slices(&bench, "all_loss_usd", NULL, 0);
    slices(&bench, "blast_by_sector", NULL, 0);
    close_bench(&bench);
}

/* 800 days are two years and 70 days. Bank 0 is down for a day around the first new year and for the last day; bank 1 comes in the
 * second year; bank 2 goes in the first. Credits at the end of the second year are the second's. */
static void years_are_told_apart(void **state)
{
    (void)state;
    enum { DAY = 1440 };
    struct bench bench;
    open_bench(&bench, 0, 3, 0);
    bench.class[WIDE].damage = &bank;
    bench.task.horizon = at(800 * DAY);
    bench.task.grid = (duration){US_PER_DAY};
    bench.workload[0] = (struct workload){.class = WIDE, .requested = at(-100), .withdrawn = INSTANT_NEVER};
    bench.workload[1] = (struct workload){.class = WIDE, .requested = at(400 * DAY), .withdrawn = INSTANT_NEVER};
    bench.workload[2] = (struct workload){.class = WIDE, .requested = at(-100), .withdrawn = at(365 * DAY)};
    begin(&bench);
    measure_request(bench.measure, 0, at(-100));
    measure_request(bench.measure, 2, at(-100));
    up(&bench, 0, 2, -90);
    up(&bench, 2, 2, -90);
    up(&bench, 0, 0, 364.5 * DAY);
    measure_withdraw(bench.measure, 2, at(365 * DAY));
    up(&bench, 0, 2, 365.5 * DAY);
    measure_request(bench.measure, 1, at(400 * DAY));
    up(&bench, 1, 2, 401 * DAY);
    up(&bench, 1, 0, 500 * DAY);
    up(&bench, 1, 2, 501 * DAY);
    measure_credit(bench.measure, 1, (money){4000000}, at(730 * DAY));
    up(&bench, 0, 0, 799 * DAY);
    measure_close(bench.measure);
    says(&bench, "damage_usd", 144 + 144 + 144);
    slices(&bench, "tenant_loss_usd", NULL, 0); /* the remaining 70 days are no year */
    /* bank 0: 72 and 72; bank 1: 144 - 4 in the second; bank 2: 0 in the first */
    slices(&bench, "tenant_yearly_loss_usd", (const struct sim_slice[]){{0, "", 0, 0, 1}, {0, "", 0, 144, 2}, {0, "", 0, 140, 1}}, 3);
    close_bench(&bench);
}

/* A hybrid's part tells the whole of what its tenants do. */
static void a_parts_redeployment_is_one_of_the_whole(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 1, 0, 0);
    begin(&bench);
    settled(&bench);
    struct measure_options options = {.demand = &bench.demand, .task = &bench.task, .record = bench.record, .whole = bench.measure,
                                      .components = bench.components, .lease_deadline = {15 * US_PER_MINUTE}};
    struct measure *part = measure_open(&bench.arena, &options);
    measure_redeployed(part, 0, at(50));
    measure_redeployed(part, 0, at(60));
    measure_close(bench.measure);
    says(&bench, "redeployments", 2);
    close_bench(&bench);
}

/* Two classes of one sector are told together, those withdrawn are wanted no more, and what is down before 0 only is not seen. */
static void a_sector_is_as_wide_as_its_classes(void **state)
{
    (void)state;
    struct bench bench;
    open_bench(&bench, 3, 1, 0);
    bench.class[WEB].damage = bench.class[WIDE].damage = &shop;
    begin(&bench);
    settled(&bench);
    up(&bench, 0, 0, -30);
    up(&bench, 1, 0, -20);
    up(&bench, 0, 3, -10);
    up(&bench, 1, 3, -10);
    up(&bench, 0, 0, 50); /* one of four */
    up(&bench, 0, 3, 60);
    measure_withdraw(bench.measure, 1, at(70));
    up(&bench, 3, 0, 80); /* one of three */
    measure_withdraw(bench.measure, 3, at(90)); /* none of two */
    up(&bench, 2, 0, 95);
    measure_withdraw(bench.measure, 0, at(95)); /* one of one, for no time */
    up(&bench, 2, 3, 95);
    measure_close(bench.measure);
    slices(&bench, "blast_by_sector", (const struct sim_slice[]){{0, "shop", 0, 1.0 / 3, 1}}, 1);
    close_bench(&bench);
}

/* 1,200 different losses are told in classes no wider than one part in 128, with number and sum exact. */
static void a_large_sample_is_bounded_and_its_mean_exact(void **state)
{
    (void)state;
    enum { TENANTS = 1200 };
    static struct workload many[TENANTS];
    struct bench bench;
    open_bench(&bench, 0, 0, 0);
    bench.class[WEB].damage = &bank;
    for (uint32_t w = 0; w < TENANTS; w++)
        many[w] = (struct workload){.class = WEB, .number = w, .first_unit = 3 * w};
    bench.demand.workload = many;
    bench.demand.workloads = TENANTS;
    bench.demand.units = 3 * TENANTS;
    begin(&bench);
    settled(&bench);
    for (uint32_t w = 0; w < TENANTS; w++)
        up(&bench, w, 0, 100);
    double sum = 0, members = 0, told = 0, worst = 0;
    size_t rows = 0;
    for (uint32_t w = 0; w < TENANTS; w++) {
        up(&bench, w, 3, 101 + w * 0.25);
        sum += 6 * (1 + w * 0.25) / 60;
    }
    measure_close(bench.measure);
    for (const struct record_slices *c = bench.record->slices; c != NULL; c = c->next)
        for (size_t i = 0; i < c->count; i++) {
            const struct sim_slice *s = &c->rows[i];
            if (strcmp(measure_breakdowns[s->breakdown].name, "tenant_loss_usd") != 0)
                continue;
            rows++;
            members += s->denominator;
            told += s->numerator;
            worst = fmax(worst, s->numerator / s->denominator / s->at - 1);
        }
    assert_true(members == TENANTS && fabs(told - sum) < 1e-9 * sum);
    assert_true(worst > 0 && worst < 1.0 / 128);
    assert_true(rows < 700);
    close_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_is_convex_in_the_length_of_an_outage),
        cmocka_unit_test(a_class_takes_its_share_of_a_sector),
        cmocka_unit_test(a_tenant_loses_damage_and_redeployments_less_credits),
        cmocka_unit_test(waiting_for_the_first_place_does_no_damage),
        cmocka_unit_test(without_a_sector_nothing_is_known),
        cmocka_unit_test(years_are_told_apart),
        cmocka_unit_test(a_parts_redeployment_is_one_of_the_whole),
        cmocka_unit_test(a_sector_is_as_wide_as_its_classes),
        cmocka_unit_test(a_large_sample_is_bounded_and_its_mean_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
