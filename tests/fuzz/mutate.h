/* Seeded mutation of texts, for the fuzz programs: each round starts from one of the program's seeds, or from a file of its corpus, and
 * changes it a few times, with words of the language and with bytes. A round depends on the seed, its number and the corpus alone, so
 * any one can be repeated. */
#ifndef NINES_TESTS_MUTATE_H
#define NINES_TESTS_MUTATE_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fuzz_text {
    char bytes[16384]; /* [length] and a NUL */
    size_t length;
};

enum { FUZZ_CORPUS = 32 };

struct fuzz_campaign {
    bool running;
    struct fuzz_text *corpus[FUZZ_CORPUS]; /* [n_corpus] */
    uint32_t n_corpus;
    uint64_t seed, round, rounds, state;
    struct fuzz_text text;
};

static inline uint64_t fuzz_setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static inline void fuzz_open(struct fuzz_campaign *campaign, uint64_t rounds)
{
    campaign->seed = fuzz_setting("NINES_FUZZ_SEED", 1);
    campaign->rounds = fuzz_setting("NINES_FUZZ_ROUNDS", rounds);
    campaign->round = 0;
    campaign->running = true;
}

static inline void fuzz_close(struct fuzz_campaign *campaign)
{
    while (campaign->n_corpus > 0)
        free(campaign->corpus[--campaign->n_corpus]);
    campaign->running = false;
}

static inline uint32_t fuzz_below(struct fuzz_campaign *campaign, uint32_t n)
{
    campaign->state = campaign->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((campaign->state >> 33) % n);
}

static inline int fuzz_is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Loads tests/fuzz/corpus/NAME, in the order of the files' names; started elsewhere than in the project's folder, there is none. */
static inline void fuzz_corpus(struct fuzz_campaign *campaign, const char *name)
{
    char folder[256], path[1024];
    struct dirent **entries;
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name);
    int n = scandir(folder, &entries, fuzz_is_file, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        FILE *file = campaign->n_corpus < FUZZ_CORPUS ? fopen(path, "rb") : NULL;
        struct fuzz_text *text = file != NULL ? malloc(sizeof *text) : NULL;
        if (text != NULL) {
            text->length = fread(text->bytes, 1, sizeof text->bytes - 1, file);
            text->bytes[text->length] = '\0';
            campaign->corpus[campaign->n_corpus++] = text;
        }
        if (file != NULL)
            fclose(file);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* Starts the round from one of the seeds, or a file of the corpus. */
static inline void fuzz_begin(struct fuzz_campaign *campaign, const char *const *seeds, uint32_t count)
{
    campaign->state = campaign->seed * UINT64_C(0x9e3779b97f4a7c15) + campaign->round;
    (void)fuzz_below(campaign, 2);
    uint32_t chosen = fuzz_below(campaign, count + campaign->n_corpus);
    if (chosen >= count) {
        campaign->text = *campaign->corpus[chosen - count];
        return;
    }
    campaign->text.length = strlen(seeds[chosen]);
    memcpy(campaign->text.bytes, seeds[chosen], campaign->text.length + 1);
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

static inline void fuzz_once(struct fuzz_campaign *campaign, const char *const *words, uint32_t count)
{
    struct fuzz_text *text = &campaign->text;
    size_t at = fuzz_below(campaign, (uint32_t)text->length + 1), left = text->length - at;
    size_t some = left > 0 ? fuzz_below(campaign, (uint32_t)(left < 40 ? left : 40) + 1) : 0;
    const char *word = words[fuzz_below(campaign, count)];
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
        fuzz_replace(text, at, left, "", 0);
        break;
    default: {
        size_t drop = fuzz_below(campaign, 3) == 0 ? some : 0;
        fuzz_replace(text, at, drop, word, strlen(word));
        break;
    }
    }
}

static inline void fuzz_mutate(struct fuzz_campaign *campaign, const char *const *words, uint32_t count, uint32_t times)
{
    for (; times > 0; times--)
        fuzz_once(campaign, words, count);
}

/* What a failure says: how to repeat the round, and its text. */
static inline void fuzz_last_words(const struct fuzz_campaign *campaign)
{
    if (campaign->running)
        fprintf(stderr, "NINES_FUZZ_SEED=%llu round %llu, text:\n%s\n", (unsigned long long)campaign->seed, (unsigned long long)campaign->round,
                campaign->text.bytes);
}

#endif
