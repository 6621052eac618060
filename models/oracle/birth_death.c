#include "models/oracle/birth_death.h"

#include "sim/check.h"
#include "sim/kernel.h"

#include "sim/nomalloc.h"

uint32_t birth_death_draw(struct arena *arena, uint32_t states, birth_death_ratio *ratio, const void *context,
                          struct stream *stream)
{
    double *weight = arena_array(arena, states, double); /* logarithms at first: a product of ratios overflows */
    double largest = 0, total = 0;
    check(states > 0, "a birth-death process without states");
    for (uint32_t k = 1; k < states; k++) {
        weight[k] = weight[k - 1] + kernel_log(ratio(context, k));
        largest = weight[k] > largest ? weight[k] : largest;
    }
    for (uint32_t k = 0; k < states; k++) {
        weight[k] = kernel_exp(weight[k] - largest);
        total += weight[k];
    }
    double left = total * stream_uniform(stream);
    uint32_t state = 0;
    while (state + 1 < states && left > weight[state])
        left -= weight[state++];
    return state;
}
