/* Reads SDL, the files in which Akash's tenants say what to deploy, into the market's groups.
 *
 * An SDL names services (containers and their ports), compute profiles (what one replica needs), placement profiles (what the
 * provider must be, and the most that a replica may cost per block), and a deployment: which service goes to which placement, on
 * which profile, how many times. Each placement becomes one group, and a group goes to one provider as a whole. What matters to a
 * market is kept: resources, counts, prices, requirements, public endpoints. Images, commands and environments are read over.
 *
 * Version 2.0 makes a unit of every service; 2.1 merges services of one placement that share a profile into one unit.
 *
 * Where the real reader is odd, this one is odd in the same way: the number of a leased address counts things that are no
 * addresses, volumes of one size come out reversed, unknown keys below the top level are silently ignored (here: with a warning),
 * and GPUs of any vendor but nvidia become "any NVIDIA GPU" [Q14] (also with a warning).
 *
 * Anything goes in: a text that is no SDL gives a list of mistakes with line, column and hint, in bounded memory and time (tree.h).
 *
 * Source: chain-sdk 55f1c68 (2026-07-02) for the rules of 2026-08; akash-api of v0.0.67 for those of 2024-07, which know neither
 * reclamation nor tee. */
#ifndef NINES_MODELS_SDL_SDL_H
#define NINES_MODELS_SDL_SDL_H

#include "models/market/group.h"
#include "models/sdl/mistake.h"

/* Which reader this is. */
struct sdl_rules {
    bool reclamation;               /* the top-level key exists */
    bool tee;                       /* services.NAME.params.tee exists */
    bool foreign_vendor_is_nvidia;  /* [Q14]; off: an unknown vendor is an error */
    bool unlimited_counts;          /* [Q4]: declared limits of units and replicas are not enforced */
};

/* "2024-07" or "2026-08", quirks on. False: no such profile, *rules untouched. */
bool sdl_rules_named(const char *name, struct sdl_rules *rules);

/* What a market's unit does not hold. */
struct sdl_unit_note {
    const char *denom;    /* of the price, as written: the market may not know it */
    const char *profile;  /* compute profile */
    const char *services; /* "api, web" */
};

struct sdl_group {
    struct market_group_spec spec;     /* id: index in struct sdl; a denom that the market does not know is MARKET_DENOM_NONE */
    const struct sdl_unit_note *notes; /* [spec.n_units] */
};

struct sdl {
    const char *version;            /* as written: "2.0" */
    const struct sdl_group *groups; /* sorted by name; none after a mistake */
    int32_t n_groups;
    int64_t reclamation_s;          /* smallest notice that the tenant wants, whole seconds, rounded down; 0: none */
    struct mistakes mistakes;       /* no error: the groups are valid by group_spec_validate() */
};

/* Reads text[bytes], called name in messages; both must outlive the result, which lives in arena. Never NULL: look at
 * mistakes.errors. At most TREE_BYTES of text. O(text) but for searches among names, which are quadratic in at most TREE_NODES. */
struct sdl *sdl_read(struct arena *arena, const char *name, const char *text, size_t bytes, const struct sdl_rules *rules);

/* The market's denom of a price's denom: also knows USDC under the name that it has on Akash's mainnet, "ibc/170C...F2F1". */
enum market_denom sdl_denom(const char *text);

/* Whether a persistent volume can have the class: default, beta1, beta2 or beta3. */
bool sdl_volume_class_known(const char *class);

#endif
