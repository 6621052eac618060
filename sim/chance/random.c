#include "sim/chance/random.h"

#include "sim/base/check.h"
#include "sim/base/hash.h"
#include "sim/chance/kernel.h"

#include "sim/base/nomalloc.h"

__extension__ typedef unsigned __int128 wide;

/* --- Keys: two hash lanes that start apart, so that 128 bits must agree before two names share a stream --- */

enum { LINK_ROOT = 1, LINK_PATH = 2 }; /* beside STREAM_LINK_INDEX: a path never hashes like an index */

struct stream_key stream_key(uint64_t seed, uint64_t replication, const char *purpose)
{
    struct stream_key key = {UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344)}; /* digits of pi */
    uint64_t *lane[2] = {&key.high, &key.low};
    for (int i = 0; i < 2; i++) {
        *lane[i] = hash_word(*lane[i], LINK_ROOT);
        *lane[i] = hash_word(*lane[i], seed);
        *lane[i] = hash_word(*lane[i], replication);
        *lane[i] = hash_text(*lane[i], purpose);
    }
    return key;
}

struct stream_key stream_key_path(struct stream_key family, const char *path)
{
    family.high = hash_text(hash_word(family.high, LINK_PATH), path);
    family.low = hash_text(hash_word(family.low, LINK_PATH), path);
    return family;
}

/* --- Philox4x32-10 (Salmon et al. 2011, section 3.3) --- */

struct block {
    uint32_t x0, x1, x2, x3;
};

static inline struct block philox(struct block x, uint32_t k0, uint32_t k1)
{
#pragma GCC unroll 10 /* a quarter faster; both compilers know it */
    for (int round = 0; round < 10; round++) {
        uint64_t a = UINT64_C(0xD2511F53) * x.x0;
        uint64_t b = UINT64_C(0xCD9E8D57) * x.x2;
        x = (struct block){(uint32_t)(b >> 32) ^ x.x1 ^ k0, (uint32_t)b, (uint32_t)(a >> 32) ^ x.x3 ^ k1, (uint32_t)a};
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    return x;
}

void random_block(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4])
{
    struct block x = philox((struct block){counter[0], counter[1], counter[2], counter[3]}, key[0], key[1]);
    block[0] = x.x0;
    block[1] = x.x1;
    block[2] = x.x2;
    block[3] = x.x3;
}

/* Like the scene of check.h, one per thread: a model's streams lie wherever the model keeps them, and are opened while it runs. */
static _Thread_local struct {
    uint64_t branch;
    uint64_t mirror; /* all bits set: draws are mirrored */
} way;

void stream_branch(uint64_t branch)
{
    way.branch = branch;
}

void stream_mirror(bool mirrored)
{
    way.mirror = mirrored ? UINT64_MAX : 0;
}

struct stream_block stream_block(struct stream_key key, uint64_t n)
{
    uint64_t high = key.high ^ way.branch;
    struct block counter = {(uint32_t)n, (uint32_t)(n >> 32), (uint32_t)high, (uint32_t)(high >> 32)};
    struct block x = philox(counter, (uint32_t)key.low, (uint32_t)(key.low >> 32));
    return (struct stream_block){((uint64_t)x.x1 << 32 | x.x0) ^ way.mirror, ((uint64_t)x.x3 << 32 | x.x2) ^ way.mirror};
}

/* --- Draws --- */

uint64_t stream_below(struct stream *stream, uint64_t n)
{
    check(n > 0, "stream_below(0)");
    wide product = (wide)stream_u64(stream) * n;
    if ((uint64_t)product < n) {
        uint64_t threshold = -n % n; /* 2^64 mod n: so many low halves would be drawn once too often */
        while ((uint64_t)product < threshold)
            product = (wide)stream_u64(stream) * n;
    }
    return (uint64_t)(product >> 64);
}

/* Below: draws that fell outside the part of their layer that lies under the curve for certain. In the lowest layer that is
 * the tail; elsewhere a second draw picks a height, and points above the curve start anew. */

static inline double at_random_height(struct stream *stream, const struct random_layer *layer)
{
    double low = layer[1].height, high = layer[0].height;
    return low + (high - low) * stream_uniform(stream);
}

/* The tail of an exponential law is an exponential law again. */
double stream_exponential_edge(struct stream *stream, uint32_t layer, double x)
{
    const struct random_layer *layers = random_exponential_layers, *base = &layers[RANDOM_LAYERS - 1];
    double passed = 0;
    for (;;) {
        if (layer == RANDOM_LAYERS - 1)
            passed += (double)base->inside * base->width;
        else if (at_random_height(stream, &layers[layer]) < kernel_exp(-x))
            return passed + x;
        uint64_t bits = stream_u64(stream);
        layer = bits % RANDOM_LAYERS;
        int64_t odd = (int64_t)(bits >> 12 << 1 | 1);
        x = (double)odd * layers[layer].width;
        if (odd < layers[layer].inside)
            return passed + x;
    }
}

/* Beyond r: an exponential step of mean 1/r is kept with probability e^(-step^2 / 2) (Marsaglia 1964, "Generating a variable
 * from the tail of the normal distribution"). */
static double normal_tail(struct stream *stream)
{
    const struct random_layer *base = &random_normal_layers[RANDOM_LAYERS - 1];
    double r = (double)base->inside * base->width;
    for (;;) {
        double step = stream_exponential(stream) / r;
        double room = stream_exponential(stream);
        if (2 * room > step * step)
            return r + step;
    }
}

/* The sign was chosen by the first draw and is the caller's. */
double stream_normal_edge(struct stream *stream, uint32_t layer, double x)
{
    for (;;) {
        if (layer == RANDOM_LAYERS - 1)
            return normal_tail(stream);
        if (at_random_height(stream, &random_normal_layers[layer]) < kernel_exp(-x * x / 2))
            return x;
        uint64_t bits = stream_u64(stream);
        layer = bits % RANDOM_LAYERS;
        int64_t odd = (int64_t)(bits >> 12 << 1 | 1);
        x = (double)odd * random_normal_layers[layer].width;
        if (odd < random_normal_layers[layer].inside)
            return x;
    }
}

void stream_shuffle(struct stream *stream, uint32_t *items, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = (uint32_t)stream_below(stream, i);
        uint32_t kept = items[i - 1];
        items[i - 1] = items[j];
        items[j] = kept;
    }
}
