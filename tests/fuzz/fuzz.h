/* One fuzz target, two ways to drive it.
 *
 * A target is a judge: it reads any text whatever and fails an assertion when the reader under test does something that it must never
 * do. It says which way a text went (refused, accepted, ...), so that a campaign can tell that no way goes untested. Texts begin as files of
 * tests/fuzz/corpus/NAME and are changed a few times, with words of the language and with bytes.
 *
 *   seeded     the program of the ordinary build: every text of the corpus as it is, then so many rounds, each of which depends on the
 *              seed, its number and the corpus alone and can be repeated; runs with all other tests. NINES_FUZZ_ROUNDS and
 *              NINES_FUZZ_SEED lengthen or repeat it
 *   libFuzzer  the same file compiled with -DNINES_LIBFUZZER (make VARIANT=fuzz): guided by coverage, as long as one likes, with the
 *              same words besides the changes of its own
 *
 * A program ends with FUZZ_ENTRY(target). It is started in the project's folder. */
#ifndef NINES_TESTS_FUZZ_H
#define NINES_TESTS_FUZZ_H

#include "sim/base/arena.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FUZZ_CORPUS = 64, FUZZ_BYTES = 16384, FUZZ_WAYS = 8 };

struct fuzz_text {
    char bytes[FUZZ_BYTES]; /* [length] and a NUL; may hold others */
    size_t length;
};

struct fuzz_target {
    const char *name;         /* of its folder in the corpus */
    const char *claim;        /* of the test */
    const char *const *words; /* [n_words] worth writing into a text */
    uint32_t n_words;
    uint64_t rounds;          /* of the seeded campaign */
    uint32_t wild;            /* most changes in a wild round; others have up to 2 */
    /* Which way the text went, below FUZZ_WAYS; what it allocates in the arena is rewound. */
    unsigned (*judge)(struct arena *arena, const struct fuzz_text *text);
    uint32_t least[FUZZ_WAYS]; /* way w takes at least one in least[w] rounds; 0: that is not asked */
};

struct fuzz_campaign {
    const struct fuzz_target *target;
    bool running;
    struct fuzz_text *corpus[FUZZ_CORPUS]; /* [n_corpus] */
    uint32_t n_corpus;
    uint32_t as_they_are;                  /* texts of the corpus judged before the rounds, the one at hand included */
    uint64_t seed, round, state;           /* round 0: a text of the corpus as it is */
    struct fuzz_text text;
};

/* --- Changes ---------------------------------------------------------------------------------------------------------- */

static inline uint32_t fuzz_below(struct fuzz_campaign *campaign, uint32_t n)
{
    campaign->state = campaign->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((campaign->state >> 33) % n);
}

static inline void fuzz_replace(struct fuzz_text *text, size_t at, size_t drop, const char *add, size_t count)
{
    if (text->length - drop + count >= sizeof text->bytes)
        return;
    memmove(text->bytes + at + count, text->bytes + at + drop, text->length - at - drop);
    memcpy(text->bytes + at, add, count);
    text->length += count - drop;
    text->bytes[text->length] = '\0';
}

static inline void fuzz_change(struct fuzz_campaign *campaign)
{
    struct fuzz_text *text = &campaign->text;
    size_t at = fuzz_below(campaign, (uint32_t)text->length + 1), left = text->length - at;
    size_t some = left > 0 ? fuzz_below(campaign, (uint32_t)(left < 40 ? left : 40) + 1) : 0;
    const char *word = campaign->target->words[fuzz_below(campaign, campaign->target->n_words)];
    char copy[40], byte = (char)fuzz_below(campaign, 256);
    memcpy(copy, text->bytes + at, some);
    switch (fuzz_below(campaign, 7)) {
    case 0:
        fuzz_replace(text, at, left > 0 ? 1 : 0, &byte, 1);
        break;
    case 1:
        fuzz_replace(text, at, some, "", 0);
        break;
    case 2: {
        size_t to = fuzz_below(campaign, (uint32_t)text->length + 1);
        fuzz_replace(text, to, 0, copy, some);
        break;
    }
    case 3:
        fuzz_replace(text, at, fuzz_below(campaign, 4) == 0 ? left : 0, "", 0);
        break;
    default: {
        size_t drop = fuzz_below(campaign, 3) == 0 ? some : 0;
        fuzz_replace(text, at, drop, word, strlen(word));
        break;
    }
    }
}

/* --- libFuzzer -------------------------------------------------------------------------------------------------------- */
#ifdef NINES_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static inline int fuzz_one(const struct fuzz_target *target, const uint8_t *data, size_t size)
{
    static struct arena arena;
    static struct fuzz_text text;
    if (size >= sizeof text.bytes)
        return -1;
    if (text.length == 0)
        arena_open(&arena, 0);
    if (size > 0)
        memcpy(text.bytes, data, size);
    text.bytes[size] = '\0';
    text.length = size;
    struct arena_mark mark = arena_mark(&arena);
    (void)target->judge(&arena, &text);
    arena_rewind(&arena, mark);
    text.length = 1; /* the arena is open */
    return 0;
}

static inline size_t fuzz_mutation(const struct fuzz_target *target, uint8_t *data, size_t size, size_t most, unsigned seed)
{
    static struct fuzz_campaign campaign;
    campaign.target = target;
    campaign.state = seed;
    if (fuzz_below(&campaign, 3) == 0 || size >= sizeof campaign.text.bytes)
        return LLVMFuzzerMutate(data, size, most);
    memcpy(campaign.text.bytes, data, size);
    campaign.text.length = size;
    for (uint32_t i = 1 + fuzz_below(&campaign, 4); i > 0; i--)
        fuzz_change(&campaign);
    size_t length = campaign.text.length < most ? campaign.text.length : most;
    memcpy(data, campaign.text.bytes, length);
    return length;
}

#define FUZZ_ENTRY(target)                                                                                                        \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_one(&(target), data, size); }                      \
    size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)                                        \
    {                                                                                                                             \
        return fuzz_mutation(&(target), data, size, most, seed);                                                                  \
    }

/* --- Seeded ----------------------------------------------------------------------------------------------------------- */
#else

static inline uint64_t fuzz_setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static inline int fuzz_is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Loads the corpus in the order of the files' names. */
static inline void fuzz_load(struct fuzz_campaign *campaign)
{
    char folder[256], path[1024];
    struct dirent **entries;
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", campaign->target->name);
    int n = scandir(folder, &entries, fuzz_is_file, alphasort);
    if (n <= 0)
        fail_msg("no texts in %s: start it in the project's folder", folder);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        FILE *file = fopen(path, "rb");
        struct fuzz_text *text = malloc(sizeof *text);
        assert_true(file != NULL && text != NULL && campaign->n_corpus < FUZZ_CORPUS);
        text->length = fread(text->bytes, 1, sizeof text->bytes - 1, file);
        text->bytes[text->length] = '\0';
        campaign->corpus[campaign->n_corpus++] = text;
        fclose(file);
        free(entries[i]);
    }
    free(entries);
}

/* Makes the text of the round: every fourth is wild. */
static inline void fuzz_begin(struct fuzz_campaign *campaign)
{
    campaign->state = campaign->seed * UINT64_C(0x9e3779b97f4a7c15) + campaign->round;
    (void)fuzz_below(campaign, 2);
    campaign->text = *campaign->corpus[fuzz_below(campaign, campaign->n_corpus)];
    uint32_t most = fuzz_below(campaign, 4) == 0 ? campaign->target->wild : 2;
    for (uint32_t changes = fuzz_below(campaign, most + 1); changes > 0; changes--)
        fuzz_change(campaign);
}

/* Which way the campaign's text went. */
static inline unsigned fuzz_judge(struct fuzz_campaign *campaign, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    unsigned way = campaign->target->judge(arena, &campaign->text);
    assert_true(way < FUZZ_WAYS);
    arena_rewind(arena, mark);
    return way;
}

static inline void fuzz_run(void **state)
{
    struct fuzz_campaign *campaign = *state;
    const struct fuzz_target *target = campaign->target;
    uint64_t rounds = fuzz_setting("NINES_FUZZ_ROUNDS", target->rounds), went[FUZZ_WAYS] = {0};
    struct arena arena;
    fuzz_load(campaign);
    arena_open(&arena, 0);
    campaign->seed = fuzz_setting("NINES_FUZZ_SEED", 1);
    campaign->running = true;
    while (campaign->as_they_are < campaign->n_corpus) {
        campaign->text = *campaign->corpus[campaign->as_they_are++];
        (void)fuzz_judge(campaign, &arena);
    }
    for (campaign->round = 1; campaign->round <= rounds; campaign->round++) {
        fuzz_begin(campaign);
        went[fuzz_judge(campaign, &arena)]++;
    }
    campaign->running = false;
    arena_close(&arena);
    while (campaign->n_corpus > 0)
        free(campaign->corpus[--campaign->n_corpus]);
    for (int way = 0; way < FUZZ_WAYS; way++)
        if (went[way] * target->least[way] < rounds && target->least[way] != 0)
            fail_msg("way %d went untested: %llu of %llu rounds", way, (unsigned long long)went[way], (unsigned long long)rounds);
}

/* What a failure says: how to repeat the round, and its text. */
static inline int fuzz_last_words(void **state)
{
    const struct fuzz_campaign *campaign = *state;
    char which[80];
    if (campaign->round == 0)
        snprintf(which, sizeof which, "text %u of the corpus, as it is", campaign->as_they_are);
    else
        snprintf(which, sizeof which, "NINES_FUZZ_SEED=%llu round %llu", (unsigned long long)campaign->seed, (unsigned long long)campaign->round);
    if (campaign->running)
        dprintf(STDERR_FILENO, "%s:\n%s\n", which, campaign->text.bytes); /* the judge may have put stderr aside */
    return 0;
}

static inline int fuzz_main(const struct fuzz_target *target)
{
    static struct fuzz_campaign campaign;
    campaign.target = target;
    const struct CMUnitTest tests[] = {
        {.name = target->claim, .test_func = fuzz_run, .teardown_func = fuzz_last_words, .initial_state = &campaign},
    };
    return cmocka_run_group_tests_name(target->name, tests, NULL, NULL);
}

#define FUZZ_ENTRY(target)                                                                                                        \
    int main(void) { return fuzz_main(&(target)); }

#endif
#endif
