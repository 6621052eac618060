#include "sim/results/compare.h"

#include "sim/results/compare_internal.h"

#include <errno.h>
#include <string.h>

static int write_out(const struct compare_data *data, FILE *out)
{
    bool written = true;
    switch (data->options->format) {
    case COMPARE_TABLE: compare_write_table(data, out); break;
    case COMPARE_JSON: written = compare_write_json(data, out); break;
    case COMPARE_CSV: compare_write_csv(data, out); break;
    }
    if (fflush(out) == 0 && !ferror(out) && written)
        return 0;
    fprintf(stderr, "nines: error: cannot write the comparison: %s\n", strerror(errno));
    return 3;
}

int compare_run(const struct compare_options *options, FILE *out)
{
    struct arena arena;
    struct store *store = NULL;
    arena_open(&arena, 0);
    struct compare_data data = {.arena = &arena, .options = options};
    int code = 3;
    if (store_open_read(&store, options->path))
        code = compare_load(&data, store);
    else
        fprintf(stderr, "nines: error: %s\n", compare_clean(&arena, store_message(store)));
    store_close(store); /* everything that is shown is in the arena: the file is not held while a pager waits */
    if (code == 0)
        code = write_out(&data, out);
    arena_close(&arena);
    return code;
}
