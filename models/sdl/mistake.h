/* Mistakes in a text: where, what, and what to do about it.
 *
 * A reader never stops at the first mistake that it can get past: it notes each with line, column and a hint, and the command shows
 * them together, in the form of the scenario reader's:
 *
 *   web.yaml:12:9: error: 'count' is not a whole number from 0 to 4294967295: 'two'
 *      count: two
 *             ^~~
 *   hint: how many replicas, such as 2
 *
 * The text and the names in it are hostile: control characters and bytes that are no UTF-8 are shown as '?', long lines are cut
 * around the place, and only so many mistakes are kept; the rest are counted. */
#ifndef NINES_MODELS_SDL_MISTAKE_H
#define NINES_MODELS_SDL_MISTAKE_H

#include "sim/base/arena.h"
#include "sim/base/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { MISTAKES_KEPT = 20 };

/* Line and column from 1; columns count characters. Line 0: the whole file. */
struct mark {
    int line, column;
};

struct mistake {
    struct mistake *next;
    struct mark mark;
    const char *slug;    /* short name of the rule, for programs: "bad_quantity" */
    const char *message; /* in the arena */
    const char *hint;    /* or NULL */
    bool warning;
};

struct mistakes {
    struct arena *arena;
    const char *path;  /* for messages */
    const char *text;  /* [bytes], the caller's; for the lines shown; may be NULL */
    size_t bytes;
    struct mistake *first, *last;
    int errors, warnings; /* found, kept or not */
    int kept;
};

/* Everything lives in the arena; path and text must outlive the list. */
void mistakes_open(struct mistakes *mistakes, struct arena *arena, const char *path, const char *text, size_t bytes);

/* Notes an error. slug: static; hint: static or in the arena, or NULL. */
void mistake_add(struct mistakes *mistakes, struct mark mark, const char *slug, const char *hint, const char *format, ...)
    NINES_PRINTF(5, 6);
/* Notes something that is ignored on the real chain too, and probably not meant. Does not count as an error. */
void mistake_warn(struct mistakes *mistakes, struct mark mark, const char *hint, const char *format, ...) NINES_PRINTF(4, 5);

/* True when further mistakes are only counted. */
bool mistakes_full(const struct mistakes *mistakes);

/* The slug of the first error, or NULL. */
const char *mistakes_slug(const struct mistakes *mistakes);

/* Shows all that were kept, in the order of the text, and says how many were not. */
void mistakes_print(struct mistakes *mistakes, FILE *out);

/* Writes text with control characters and bytes that are no UTF-8 as '?'; at most `most` characters, then "...". */
void mistake_show(FILE *out, const char *text, size_t bytes, int most);

/* The place of byte `at` of a text. O(at). */
struct mark mark_of(const char *text, size_t bytes, size_t at);

#endif
