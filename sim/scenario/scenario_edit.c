#include "sim/scenario/scenario.h"

#include <string.h>

/* Longer words are not compared: nobody mistypes them by one letter, and the table below stays small. */
enum { EDIT_LONGEST = 64 };

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours that turn a into b (optimal string alignment; Damerau
 * 1964, "A technique for computer detection and correction of spelling errors"). Case does not count. */
static int edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int row[3][EDIT_LONGEST + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[0][j] = (int)j;
    for (size_t i = 1; i <= a_length; i++) {
        int *now = row[i % 3], *above = row[(i + 2) % 3], *above_that = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            now[j] = least(least(above[j], now[j - 1]) + 1, above[j - 1] + !same);
            bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped)
                now[j] = least(now[j], above_that[j - 2] + 1);
        }
    }
    return row[a_length % 3][b_length];
}

const char *scenario_nearest(const char *word, const char *const *names, size_t count)
{
    size_t length = strlen(word);
    if (length == 0 || length > EDIT_LONGEST)
        return NULL;
    /* A third of the word may be wrong; of two letters, one. */
    int near = length < 3 ? 1 : (int)(length / 3);
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t name_length = strlen(names[i]);
        if (name_length == 0 || name_length > EDIT_LONGEST)
            continue;
        int distance = edit_distance(word, length, names[i], name_length);
        /* A short name is nothing but a few letters: all of them changed is no resemblance. */
        if (distance > near || distance >= (int)name_length)
            continue;
        if (nearest == NULL || distance < near) {
            nearest = names[i];
            near = distance;
        }
    }
    return nearest;
}
