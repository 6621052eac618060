#include "sim/random.h"

#include "sim/check.h"
#include "sim/hash.h"
#include "sim/kernel.h"

#include <math.h>

#include "sim/nomalloc.h"

__extension__ typedef unsigned __int128 wide;

/* --- Keys: two hash lanes that start apart, so that 128 bits must agree before two names share a stream --- */

enum { LINK_ROOT = 1, LINK_PATH = 2, LINK_INDEX = 3 }; /* a path never hashes like an index */

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

struct stream_key stream_key_index(struct stream_key family, uint64_t index)
{
    family.high = hash_word(hash_word(family.high, LINK_INDEX), index);
    family.low = hash_word(hash_word(family.low, LINK_INDEX), index);
    return family;
}

/* --- Philox4x32-10 (Salmon et al. 2011, section 3.3; multipliers and Weyl increments of their table 2) --- */

void random_block(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4])
{
    uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t a = UINT64_C(0xD2511F53) * x0;
        uint64_t b = UINT64_C(0xCD9E8D57) * x2;
        x0 = (uint32_t)(b >> 32) ^ x1 ^ k0;
        x1 = (uint32_t)b;
        x2 = (uint32_t)(a >> 32) ^ x3 ^ k1;
        x3 = (uint32_t)a;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    block[0] = x0;
    block[1] = x1;
    block[2] = x2;
    block[3] = x3;
}

static void refill(struct stream *stream)
{
    const struct stream_key *name = &stream->key;
    uint32_t counter[4] = {(uint32_t)stream->counter, (uint32_t)(stream->counter >> 32), (uint32_t)name->high,
                           (uint32_t)(name->high >> 32)};
    uint32_t key[2] = {(uint32_t)name->low, (uint32_t)(name->low >> 32)};
    random_block(counter, key, stream->word);
    stream->counter++;
    stream->left = 4;
}

struct stream stream_open(struct stream_key key)
{
    return (struct stream){.key = key};
}

struct stream stream_open_at(struct stream_key key, uint64_t draw)
{
    struct stream stream = {.key = key, .counter = draw / 2};
    if (draw % 2 != 0) {
        refill(&stream);
        stream.left = 2;
    }
    return stream;
}

/* --- Draws --- */

uint64_t stream_u64(struct stream *stream)
{
    if (stream->left == 0)
        refill(stream);
    const uint32_t *word = &stream->word[4 - stream->left];
    stream->left -= 2;
    return (uint64_t)word[1] << 32 | word[0];
}

double stream_uniform(struct stream *stream)
{
    return (double)(stream_u64(stream) >> 12 << 1 | 1) * 0x1p-53;
}

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

int stream_chance(struct stream *stream, double p)
{
    return stream_uniform(stream) < p;
}

double stream_exponential(struct stream *stream)
{
    return -kernel_log(stream_uniform(stream));
}

double stream_normal(struct stream *stream)
{
    for (;;) {
        double x = 2 * stream_uniform(stream) - 1;
        double y = 2 * stream_uniform(stream) - 1;
        double s = x * x + y * y;
        if (s < 1 && s > 0)
            return x * sqrt(-2 * kernel_log(s) / s);
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
