/* Building requests: texts become numbers, over-commit is applied. Runs while a scenario is built, not in the loop. */
#include "models/market/adjust.h"

#include "models/market/group.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/base/hash.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/nomalloc.h"

/* --- Names: an open-addressed table of at most half load --- */

struct adjust_names {
    const char **text; /* [capacity] by name */
    int32_t *slot;     /* [slots] name + 1, 0 when empty */
    uint32_t slot_mask;
    int32_t count, capacity;
    int32_t n_classes;
    const char *class_text[ADJUST_CLASSES_MAX];
};

struct adjust_names *adjust_names_create(struct arena *arena, int32_t capacity)
{
    check(capacity > 0, "a name table needs room");
    struct adjust_names *names = arena_new(arena, struct adjust_names);
    uint32_t slots = 8;
    while (slots < 2 * (uint32_t)capacity)
        slots *= 2;
    names->text = arena_array(arena, (size_t)capacity, const char *);
    names->slot = arena_array(arena, slots, int32_t);
    names->slot_mask = slots - 1;
    names->capacity = capacity;
    return names;
}

int32_t adjust_name(struct adjust_names *names, struct arena *arena, const char *text)
{
    uint32_t at = (uint32_t)hash_text(0, text) & names->slot_mask;
    for (; names->slot[at]; at = (at + 1) & names->slot_mask)
        if (strcmp(names->text[names->slot[at] - 1], text) == 0)
            return names->slot[at] - 1;
    if (names->count == names->capacity)
        limit_reached("market_limits.names", names->capacity);
    names->text[names->count] = arena_text(arena, text);
    names->slot[at] = ++names->count;
    return names->count - 1;
}

const char *adjust_name_text(const struct adjust_names *names, int32_t name)
{
    check(name >= 0 && name < names->count, "name %d of %d", name, names->count);
    return names->text[name];
}

int32_t adjust_class(struct adjust_names *names, struct arena *arena, const char *text)
{
    for (int32_t i = 0; i < names->n_classes; i++)
        if (strcmp(names->class_text[i], text) == 0)
            return i;
    if (names->n_classes == ADJUST_CLASSES_MAX)
        limit_reached("limits.storage_classes", ADJUST_CLASSES_MAX);
    names->class_text[names->n_classes] = arena_text(arena, text);
    return names->n_classes++;
}

const char *adjust_class_text(const struct adjust_names *names, int32_t class_id)
{
    check(class_id >= 0 && class_id < names->n_classes, "storage class %d of %d", class_id, names->n_classes);
    return names->class_text[class_id];
}

/* --- Amounts --- */

struct adjust_rules adjust_rules_2024_07(void)
{
    return (struct adjust_rules){
        .stale_after_release = true, .whole_overcommit = true, .sticky_rewrite = true, .unsigned_ips = true};
}

struct adjust_rules adjust_rules_2026_08(void)
{
    struct adjust_rules rules = adjust_rules_2024_07();
    rules.unsigned_ips = false;
    return rules;
}

int64_t adjust_available(struct adjust_pair pair)
{
    const int64_t allocatable = pair.allocatable == ADJUST_UNLIMITED ? INT64_MAX : pair.allocatable;
    int64_t left;
    if (allocatable <= pair.allocated)
        return 0;
    /* What others gave back may have been more than is booked here. */
    return __builtin_sub_overflow(allocatable, pair.allocated, &left) ? INT64_MAX : left;
}

bool adjust_take(struct adjust_pair *pair, int64_t value)
{
    if (value > adjust_available(*pair))
        return false;
    pair->allocated += value;
    return true;
}

int64_t adjust_overcommitted(int64_t value, int64_t percent, bool whole_overcommit)
{
    check(value >= 0, "amount %lld", (long long)value);
    if (whole_overcommit)
        percent -= percent % 100;
    if (percent <= 0)
        return value;
    /* 128 bits: 2 * 100 * value may exceed 64. */
    __extension__ typedef __int128 wide;
    const wide half_up = ((wide)value * 200 + 100 + percent) / (2 * ((wide)100 + percent));
    return half_up < 1 ? 1 : (int64_t)half_up;
}

/* --- GPU attributes --- */

enum { KEY_MAX = 129 }; /* a legal key and its end */

/* A size such as "80Gi", "81920Mi", "1.5Gi" or "42949672960", in whole GiB, rounded down. At most three decimals count,
 * which every size in use needs. */
static bool whole_gib(const char *text, int32_t *gib)
{
    static const struct {
        const char *suffix;
        int64_t bytes;
    } suffixes[] = {{"", 1},
                    {"k", 1000},
                    {"Ki", INT64_C(1) << 10},
                    {"M", 1000000},
                    {"Mi", INT64_C(1) << 20},
                    {"G", 1000000000},
                    {"Gi", INT64_C(1) << 30},
                    {"T", INT64_C(1000000000000)},
                    {"Ti", INT64_C(1) << 40}};
    int64_t milli = 0;
    int digits = 0, decimals = -1;
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && decimals < 0); text++) {
        if (*text == '.') {
            decimals = 0;
        } else if (decimals < 3) {
            milli = milli * 10 + (*text - '0');
            decimals += decimals >= 0;
            if (++digits > 14)
                return false;
        }
    }
    if (digits == 0)
        return false;
    for (int d = decimals < 0 ? 0 : decimals; d < 3; d++)
        milli *= 10;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (strcmp(text, suffixes[i].suffix) != 0)
            continue;
        __extension__ typedef __int128 wide;
        const wide whole = (wide)milli * suffixes[i].bytes / 1000 >> 30;
        *gib = (int32_t)whole;
        return whole <= INT32_MAX;
    }
    return false;
}

/* Splits a key at its slashes, in place. Returns the number of parts, or 0 when there are more than `room`. */
static int split(char *key, char **parts, int room)
{
    int count = 0;
    for (char *next = key; next;) {
        if (count == room)
            return 0;
        parts[count++] = next;
        next = strchr(next, '/');
        if (next)
            *next++ = '\0';
    }
    return count;
}

/* The options after the model. Unknown ones are ignored, as the provider does. */
static bool wish_option(struct adjust_names *names, struct arena *arena, const char *key, const char *value,
                        struct adjust_wish *wish)
{
    if (strcmp(key, "ram") == 0)
        return whole_gib(value, &wish->ram_gib);
    if (strcmp(key, "interface") != 0)
        return true;
    if (strcmp(value, "pcie") != 0 && strcmp(value, "sxm") != 0)
        return false;
    wish->interface = adjust_name(names, arena, value);
    return true;
}

bool adjust_wish_from_key(struct adjust_names *names, struct arena *arena, const char *key, struct adjust_wish *wish)
{
    char copy[KEY_MAX], *parts[KEY_MAX / 2];
    const size_t length = strlen(key);
    if (length >= sizeof copy)
        return false;
    memcpy(copy, key, length + 1);
    const int count = split(copy, parts, KEY_MAX / 2);
    if (count < 4 || count % 2 != 0 || strcmp(parts[0], "vendor") != 0 || strcmp(parts[2], "model") != 0)
        return false;
    if (strcmp(parts[1], "nvidia") != 0 && strcmp(parts[1], "amd") != 0)
        return false;
    struct adjust_wish read = {.interface = ADJUST_UNSET, .ram_gib = ADJUST_UNSET};
    read.vendor = adjust_name(names, arena, parts[1]);
    read.model = strcmp(parts[3], "*") == 0 ? ADJUST_UNSET : adjust_name(names, arena, parts[3]);
    for (int i = 4; i < count; i += 2)
        if (!wish_option(names, arena, parts[i], parts[i + 1], &read))
            return false;
    *wish = read;
    return true;
}

const char *adjust_wish_key(const struct adjust_names *names, struct arena *arena, const struct adjust_wish *wish)
{
    char ram[32] = "", interface[KEY_MAX + 16] = "";
    if (wish->ram_gib != ADJUST_UNSET)
        snprintf(ram, sizeof ram, "/ram/%dGi", wish->ram_gib);
    if (wish->interface != ADJUST_UNSET)
        snprintf(interface, sizeof interface, "/interface/%s", adjust_name_text(names, wish->interface));
    return arena_format(arena, "vendor/%s/model/%s%s%s", adjust_name_text(names, wish->vendor),
                        wish->model == ADJUST_UNSET ? "*" : adjust_name_text(names, wish->model), ram, interface);
}

/* One wish per vendor and model, the last one winning; none at all when any attribute is unreadable. */
static void read_wishes(struct arena *arena, struct adjust_names *names, struct attributes attributes,
                        struct adjust_unit *unit)
{
    struct adjust_wish *wishes = arena_array(arena, (size_t)attributes.count, struct adjust_wish);
    int32_t count = 0;
    for (int32_t i = 0; i < attributes.count; i++) {
        struct adjust_wish wish;
        if (!adjust_wish_from_key(names, arena, attributes.items[i].key, &wish))
            return;
        int32_t at = 0;
        while (at < count && (wishes[at].vendor != wish.vendor || wishes[at].model != wish.model))
            at++;
        wishes[at] = wish;
        count += at == count;
    }
    unit->wishes = wishes;
    unit->n_wishes = count;
}

/* --- Requests --- */

static struct adjust_volume read_volume(struct arena *arena, struct adjust_names *names,
                                        const struct market_volume *volume)
{
    struct adjust_volume read = {.bytes = volume->bytes, .kind = ADJUST_EPHEMERAL, .class_id = ADJUST_UNSET};
    const char *class_name = market_volume_class(volume);
    const bool ram = class_name && strcmp(class_name, "ram") == 0;
    if (!market_volume_persistent(volume)) {
        read.kind = ram ? ADJUST_RAM : ADJUST_EPHEMERAL;
    } else if (!class_name || class_name[0] == '\0' || ram) {
        read.kind = ADJUST_IMPOSSIBLE;
    } else {
        read.kind = ADJUST_PERSISTENT;
        read.class_id = adjust_class(names, arena, class_name);
    }
    return read;
}

int32_t adjust_leased_ips(const struct market_group_spec *group, int32_t first, int32_t last)
{
    int32_t distinct = 0;
    for (int32_t u = first; u < last; u++)
        for (int32_t e = 0; e < group->units[u].n_endpoints; e++) {
            const int32_t number = group->units[u].endpoints[e].ip_number;
            bool seen = number <= 0;
            for (int32_t v = first; v <= u && !seen; v++)
                for (int32_t f = 0; f < (v == u ? e : group->units[v].n_endpoints) && !seen; f++)
                    seen = group->units[v].endpoints[f].ip_number == number;
            distinct += !seen;
        }
    return distinct;
}

static void read_unit(struct arena *arena, struct adjust_names *names, const struct market_unit *from,
                      const struct adjust_overcommit *overcommit, bool whole, struct adjust_unit *unit)
{
    check(from->count <= INT32_MAX && from->id <= INT32_MAX, "unit %u with %u replicas", from->id, from->count);
    unit->id = (int32_t)from->id;
    unit->count = (int32_t)from->count;
    unit->cpu_milli = adjust_overcommitted(from->cpu_milli, overcommit->cpu_percent, whole);
    unit->memory_bytes = adjust_overcommitted(from->memory_bytes, overcommit->memory_percent, whole);
    unit->endpoints = from->n_endpoints;
    unit->gpus = from->gpu_units > 0 ? from->gpu_units : 0;
    if (unit->gpus > 0)
        read_wishes(arena, names, from->gpu_attributes, unit);
    struct adjust_volume *volumes = arena_array(arena, (size_t)from->n_volumes, struct adjust_volume);
    for (int32_t i = 0; i < from->n_volumes; i++) {
        volumes[i] = read_volume(arena, names, &from->volumes[i]);
        volumes[i].bytes = adjust_overcommitted(volumes[i].bytes, overcommit->storage_percent, whole);
    }
    unit->volumes = volumes;
    unit->n_volumes = from->n_volumes;
}

const struct adjust_request *adjust_request_create(struct arena *arena, struct adjust_names *names,
                                                   const struct market_group_spec *group,
                                                   const struct adjust_overcommit *overcommit,
                                                   const struct adjust_rules *rules)
{
    if (group->n_units > ADJUST_UNITS_MAX)
        limit_reached("limits.units_per_group", ADJUST_UNITS_MAX);
    struct adjust_request *request = arena_new(arena, struct adjust_request);
    struct adjust_unit *units = arena_array(arena, (size_t)group->n_units, struct adjust_unit);
    for (int32_t i = 0; i < group->n_units; i++) {
        read_unit(arena, names, &group->units[i], overcommit, rules->whole_overcommit, &units[i]);
        units[i].leased_ips = adjust_leased_ips(group, i, i + 1);
    }
    request->units = units;
    request->n_units = group->n_units;
    request->leased_ips = adjust_leased_ips(group, 0, group->n_units);
    return request;
}
