#include "models/oracle/birth_death.h"

#include "sim/base/check.h"
#include "sim/chance/kernel.h"

#include "sim/base/nomalloc.h"

/* e^-100 of the likeliest state: far below what 53 bits of a uniform can reach. */
enum { NEGLIGIBLE = 100 };

uint32_t birth_death_draw(struct arena *arena, uint32_t states, birth_death_ratio *ratio, const void *context,
                          struct stream *stream)
{
    double *weight = arena_array(arena, states, double); /* logarithms at first: a product of ratios overflows */
    double largest = 0, total = 0;
    uint32_t reachable = 1;
    check(states > 0, "a birth-death process without states");
    for (; reachable < states && weight[reachable - 1] > largest - NEGLIGIBLE; reachable++) {
        weight[reachable] = weight[reachable - 1] + kernel_log(ratio(context, reachable));
        largest = weight[reachable] > largest ? weight[reachable] : largest;
    }
    for (uint32_t k = 0; k < reachable; k++) {
        weight[k] = kernel_exp(weight[k] - largest);
        total += weight[k];
    }
    double left = total * stream_uniform(stream);
    uint32_t state = 0;
    while (state + 1 < reachable && left > weight[state])
        left -= weight[state++];
    return state;
}
