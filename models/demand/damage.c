#include "models/demand/damage.h"

#include "sim/base/check.h"

#include "sim/base/nomalloc.h"

const struct key damage_keys[] = {
    {"sector", KEY_NAME, NULL, "what classes of demand call it by their own key 'sector'", .unique = true},
    {"per_hour", KEY_MONEY_RATE, NULL, "what an hour without it costs the business", .high = 1e9},
    {"escalates_after", KEY_DURATION, "0 s", "length of one outage beyond which an hour costs 'escalates_to' times that"},
    {"escalates_to", KEY_NUMBER, "1", "at least 1; 1: damage is proportional to time (assumption)", .low = 1, .high = 100},
    {"redeploy", KEY_MONEY, "0 USD", "what it costs a tenant to deploy a service again by its own hand (assumption)", .high = 1e9},
    {"source", KEY_TEXT, "", "where the figures come from"},
    {"evidence", KEY_CHOICE, "U", "R read, K recalled, U unsourced", .choices = "R|K|U"},
    KEY_END};

const struct damage *damage_read(struct scenario *scenario, const struct value *list, const struct value *group)
{
    const char *sector = value_text(group, "sector");
    if (sector[0] == '\0') {
        if (value_given(group, "damage_share"))
            scenario_error(scenario, value_of(group, "damage_share"), "add sector = \"...\";", "a share of no sector's damage");
        return NULL;
    }
    const struct value *found = value_named(list, sector);
    if (found == NULL) {
        const char **names = arena_array(scenario->arena, value_count(list), const char *);
        for (size_t i = 0; i < value_count(list); i++)
            names[i] = value_text(value_at(list, i), "sector");
        const char *near = scenario_nearest(sector, names, value_count(list));
        scenario_error(scenario, value_of(group, "sector"),
                       near != NULL ? arena_format(scenario->arena, "did you mean '%s'?", near)
                                    : "add it to the list 'damages', or @include \"library/damage.cfg\" there",
                       "no sector of 'damages' is called '%s'", sector);
        return NULL;
    }
    struct damage *damage = arena_new(scenario->arena, struct damage);
    double usd = (double)value_money(found, "per_hour").micro / 1e6 * value_number(group, "damage_share");
    *damage = (struct damage){.sector = value_text(found, "sector"),
                              .usd_per_hour = {usd, usd * value_number(found, "escalates_to")},
                              .knee = value_duration(found, "escalates_after"),
                              .redeploy_usd = (double)value_money(found, "redeploy").micro / 1e6};
    return damage;
}

void damage_add(const struct damage *damage, struct damage_time *time, instant began, instant from, instant to)
{
    check(began.us <= from.us, "an outage does damage before it begins");
    if (to.us <= from.us)
        return;
    int64_t knee = instant_add(began, damage->knee).us;
    int64_t middle = knee < from.us ? from.us : knee > to.us ? to.us : knee;
    time->us[0] += middle - from.us;
    time->us[1] += to.us - middle;
}

double damage_usd(const struct damage *damage, const struct damage_time *time)
{
    double before = damage->usd_per_hour[0] * ((double)time->us[0] / (double)US_PER_HOUR);
    double after = damage->usd_per_hour[1] * ((double)time->us[1] / (double)US_PER_HOUR);
    return before + after;
}
