#include "sim/results/compare_page.h"

#include <math.h>
#include <string.h>

/* text padded to `columns` by what a terminal shows, not by bytes. */
void page_put(const struct page *page, const char *text, int columns, bool right)
{
    const char *fitted = compare_fit(page->arena, text, columns);
    int blanks = columns - compare_width(fitted);
    fprintf(page->out, "%*s%s%*s", right ? blanks : 0, "", fitted, right ? 0 : blanks, "");
}

void page_line(const struct page *page, const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    fprintf(page->out, "%.*s\n", (int)length, text);
}

/* Prose of any length, folded at blanks. */
void page_folded(const struct page *page, const char *indent, const char *text)
{
    int room = PAGE_COLUMNS - compare_width(indent);
    while (*text != '\0') {
        size_t bytes = 0, fold = 0;
        int columns = 0;
        for (; text[bytes] != '\0' && columns < room; columns++) {
            if (text[bytes] == ' ')
                fold = bytes;
            bytes++;
            while (((unsigned char)text[bytes] & 0xc0) == 0x80)
                bytes++;
        }
        if (text[bytes] != '\0' && text[bytes] != ' ' && fold > 0)
            bytes = fold;
        fprintf(page->out, "%s%.*s\n", indent, (int)bytes, text);
        text += bytes;
        while (*text == ' ')
            text++;
    }
}

/* "[24.0, 26.3]", or why there is none. sign: of a difference. */
const char *page_interval(const struct page *page, const struct statistics *values, const char *method,
                                 struct compare_scale scale, bool sign)
{
    if (values->n == 0)
        return "";
    if (values->is_bound && !sign)
        return "no down time seen";
    if (isnan(values->ci_low) || isnan(values->ci_high))
        return "one value, no interval";
    if (strcmp(method, "constant") == 0)
        return sign && values->mean == 0 ? "identical" : "constant";
    struct compare_scale bare = scale;
    bare.suffix = "";
    return arena_format(page->arena, "[%s, %s]", compare_number(page->arena, values->ci_low, bare, sign, 0),
                        compare_number(page->arena, values->ci_high, bare, sign, 0));
}

void page_drawn(const struct page *page, int columns, double low, double high, struct compare_scale scale, bool sign)
{
    struct statistics values = {.n = 1, .ci_low = low, .ci_high = high};
    fputs("    ", page->out);
    page_put(page, "  inputs drawn", columns, false);
    page_line(page, isnan(low) ? "wants two draws, and two replications of each" : low == high ? "constant" : page_interval(page, &values, "", scale, sign));
}

const char *page_metric(const struct page *page, const struct compare_metric *metric)
{
    const char *name = compare_clean(page->arena, metric->name);
    bool bare = metric->is_availability || strcmp(metric->unit, "1") == 0;
    return bare ? name : arena_format(page->arena, "%s (%s)", name, compare_clean(page->arena, metric->unit));
}
