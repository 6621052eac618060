#include "models/gpu/gang.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"

#include <string.h>

#include "sim/base/nomalloc.h"

enum { DOMAIN_WORDS = (UINT16_MAX + 1) / 64 };

static size_t least_members(const struct gpu_gang *gang)
{
    check(gang->count >= 1 && gang->min_members <= gang->count, "a gang of %zu tasks wants at least %zu", gang->count,
          gang->min_members);
    return gang->min_members != 0 ? gang->min_members : gang->count;
}

static bool same_request(const struct gpu_pod *a, const struct gpu_pod *b)
{
    return a->cpu_milli == b->cpu_milli && a->memory_mib == b->memory_mib && a->devices == b->devices &&
           a->milli_per_device == b->milli_per_device && a->models == b->models;
}

/* A task like the one before it, which found no room, finds none either: only failures lie between them. */
static bool in_vain(const struct gpu_gang *gang, size_t task, bool previous_failed)
{
    return previous_failed && same_request(&gang->tasks[task], &gang->tasks[task - 1]);
}

void gpu_gang_release(struct gpu_inventory *inventory, const struct gpu_gang *gang, struct gpu_placement *placements)
{
    for (size_t i = gang->count; i-- > 0;)
        if (placements[i].node != GPU_NO_NODE) {
            gpu_release(inventory, &gang->tasks[i], &placements[i]);
            placements[i] = (struct gpu_placement){.node = GPU_NO_NODE};
        }
}

/* Places what finds room under the options, and undoes it all if that is fewer than `least`. */
static size_t place_here(struct gpu_inventory *inventory, const struct gpu_gang *gang,
                         const struct gpu_place_options *options, size_t least, struct gpu_placement *placements)
{
    size_t placed = 0;
    bool failed = false;
    struct gpu_place_options each = *options;
    for (size_t i = 0; i < gang->count; i++) {
        placements[i] = (struct gpu_placement){.node = GPU_NO_NODE};
        each.random = hash_word(options->random, i);
        failed = in_vain(gang, i, failed) || !gpu_place(inventory, &gang->tasks[i], &each, &placements[i]);
        placed += !failed;
    }
    if (placed >= least)
        return placed;
    gpu_gang_release(inventory, gang, placements);
    return 0;
}

static bool domain_allowed(const struct gpu_place_options *options, uint32_t domain)
{
    return options->domains == NULL ||
           (domain / 64 < options->domain_words && (options->domains[domain / 64] >> domain % 64 & 1) != 0);
}

/* Options that leave one domain; words[DOMAIN_WORDS] are all zero but for it. */
static struct gpu_place_options only_domain(const struct gpu_place_options *options, uint64_t *words, uint32_t domain)
{
    struct gpu_place_options one = *options;
    words[domain / 64] = UINT64_C(1) << domain % 64;
    one.domains = words;
    one.domain_words = domain / 64 + 1;
    return one;
}

/* The domain that takes most tasks; placed there. */
static size_t place_in_one_domain(struct gpu_inventory *inventory, const struct gpu_gang *gang,
                                  const struct gpu_place_options *options, size_t least,
                                  struct gpu_placement *placements)
{
    uint64_t words[DOMAIN_WORDS];
    size_t most = 0;
    uint32_t best = 0;
    memset(words, 0, sizeof words);
    for (uint32_t domain = 0; domain < inventory->domains && most < gang->count; domain++) {
        if (!domain_allowed(options, domain) || inventory->domain_first[domain] == inventory->domain_first[domain + 1])
            continue;
        struct gpu_place_options here = only_domain(options, words, domain);
        size_t placed = place_here(inventory, gang, &here, least > most ? least : most + 1, placements);
        words[domain / 64] = 0;
        if (placed == gang->count)
            return placed;
        if (placed > 0)
            gpu_gang_release(inventory, gang, placements);
        if (placed > most) {
            most = placed;
            best = domain;
        }
    }
    if (most == 0)
        return 0;
    struct gpu_place_options there = only_domain(options, words, best);
    return place_here(inventory, gang, &there, most, placements);
}

size_t gpu_gang_place(struct gpu_inventory *inventory, const struct gpu_gang *gang,
                      const struct gpu_place_options *options, struct gpu_placement *placements)
{
    size_t least = least_members(gang);
    if (gang->reach == GPU_GANG_ONE_DOMAIN)
        return place_in_one_domain(inventory, gang, options, least, placements);
    if (gang->reach == GPU_GANG_PREFER_DOMAIN) {
        size_t placed = place_in_one_domain(inventory, gang, options, gang->count, placements);
        if (placed > 0)
            return placed;
    }
    return place_here(inventory, gang, options, least, placements);
}

bool gpu_gang_fits(struct gpu_inventory *inventory, const struct gpu_gang *gang,
                   const struct gpu_place_options *options, struct gpu_placement *placements)
{
    if (gpu_gang_place(inventory, gang, options, placements) == 0)
        return false;
    gpu_gang_release(inventory, gang, placements);
    return true;
}

/* --- Several providers -------------------------------------------------------------------------------------------- */

int32_t gpu_gang_place_in_one(struct gpu_inventory *const *providers, size_t count, const struct gpu_gang *gang,
                              const struct gpu_place_options *options, struct gpu_placement *placements,
                              size_t *placed)
{
    for (size_t p = 0; p < count; p++) {
        *placed = gpu_gang_place(providers[p], gang, options, placements);
        if (*placed > 0)
            return (int32_t)p;
    }
    *placed = 0;
    return GPU_NO_NODE;
}

void gpu_gang_release_across(struct gpu_inventory *const *providers, const struct gpu_gang *gang,
                             struct gpu_seat *seats)
{
    for (size_t i = gang->count; i-- > 0;)
        if (seats[i].provider != GPU_NO_NODE) {
            gpu_release(providers[seats[i].provider], &gang->tasks[i], &seats[i].placement);
            seats[i] = (struct gpu_seat){.provider = GPU_NO_NODE, .placement = {.node = GPU_NO_NODE}};
        }
}

static bool place_somewhere(struct gpu_inventory *const *providers, size_t count, const struct gpu_pod *task,
                            const struct gpu_place_options *options, struct gpu_seat *seat)
{
    for (size_t p = 0; p < count; p++)
        if (gpu_place(providers[p], task, options, &seat->placement)) {
            seat->provider = (int32_t)p;
            return true;
        }
    return false;
}

size_t gpu_gang_place_across(struct gpu_inventory *const *providers, size_t count, const struct gpu_gang *gang,
                             const struct gpu_place_options *options, struct gpu_seat *seats)
{
    size_t least = least_members(gang), placed = 0;
    bool failed = false;
    struct gpu_place_options each = *options;
    check(gang->reach == GPU_GANG_ANYWHERE, "a gang over several providers with reach %d", (int)gang->reach);
    for (size_t i = 0; i < gang->count; i++) {
        seats[i] = (struct gpu_seat){.provider = GPU_NO_NODE, .placement = {.node = GPU_NO_NODE}};
        each.random = hash_word(options->random, i);
        failed = in_vain(gang, i, failed) || !place_somewhere(providers, count, &gang->tasks[i], &each, &seats[i]);
        placed += !failed;
    }
    if (placed >= least)
        return placed;
    gpu_gang_release_across(providers, gang, seats);
    return 0;
}
