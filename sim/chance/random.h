/* Counter-based random streams.
 *
 * A stream is named, not seeded in turn: its 128-bit key is a hash of (seed, replication, purpose, path, index), and its
 * n-th block is Philox4x32-10 of the counter n under that key (Salmon et al. 2011, "Parallel random numbers: as easy as
 * 1, 2, 3", SC'11, section 3). So a draw depends on nothing but its name and its position in its own stream: adding a node,
 * a draw, a cloud or a thread disturbs no other stream, and every cloud of a replication meets the same faults and demand
 * (design.md 4.3).
 *
 * Rule of use: one draw per full expression. f(draw(), draw()) has no defined order and differs between compilers. */
#ifndef NINES_SIM_RANDOM_H
#define NINES_SIM_RANDOM_H

#include "sim/base/hash.h"

#include <stdbool.h>
#include <stdint.h>

/* Name of a stream or of a family of streams; a plain value. */
struct stream_key {
    uint64_t high, low;
};

/* The family of one purpose ("fault", "demand", ...) in one replication. */
struct stream_key stream_key(uint64_t seed, uint64_t replication, const char *purpose);
/* The member of a family that belongs to a path ("us-central/z2/r07/n14") or to an index. Order of refinement matters. */
struct stream_key stream_key_path(struct stream_key family, const char *path);
static inline struct stream_key stream_key_index(struct stream_key family, uint64_t index);

/* The same in two steps, of which the first, half the work, is done once for a family. */
struct stream_members {
    uint64_t high, low;
};
enum { STREAM_LINK_INDEX = 3 }; /* in the hash before an index, so that no path is like one */
static inline struct stream_members stream_members(struct stream_key family)
{
    uint64_t high = hash_word(family.high, STREAM_LINK_INDEX);
    uint64_t low = hash_word(family.low, STREAM_LINK_INDEX);
    return (struct stream_members){high, low};
}
static inline struct stream_key stream_member(struct stream_members members, uint64_t index)
{
    uint64_t high = hash_word(members.high, index);
    uint64_t low = hash_word(members.low, index);
    return (struct stream_key){high, low};
}
static inline struct stream_key stream_key_index(struct stream_key family, uint64_t index)
{
    return stream_member(stream_members(family), index);
}

/* One block of Philox4x32-10: a bijection of the 128-bit counter under a 64-bit key. A stream takes low as the key, and n with
 * high above it as the counter. Public for tests. */
void random_block(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4]);

/* Position in a stream. 32 bytes; copy it to fork (both copies then give the same draws). */
struct stream {
    struct stream_key key;
    uint64_t draw;   /* 64-bit draws taken so far; to come back here later, stream_open_at(key, draw) */
    uint64_t spare;  /* second half of the block under way; of meaning when draw is odd */
};

/* Opening and drawing are inline and hand a stream's parts on one by one: a whole stream copied in memory is read by wide loads of
 * what narrow stores have just written, for which a processor waits until everything before is finished (twice the time a draw). */
static inline struct stream stream_open(struct stream_key key)
{
    return (struct stream){.key = {key.high, key.low}};
}
/* From now on all streams of the calling thread go on differently, for every branch in another way; 0, where a thread begins, is
 * the way that all have in common. What was drawn stays drawn, and so does a second half that a stream keeps. For
 * multilevel splitting (sim/study/splitting.h), where copies of one past live through different futures; for nobody else. */
void stream_branch(uint64_t branch);
/* From now on all draws of the calling thread are mirrored, or as ever, where a thread begins: every bit the other way, so that a
 * uniform draw is 1 - u to the last bit, a chance below p one above 1 - p, and the other laws' draws tend to be small where they were
 * large. The bits of a stream are independent either way, so mirrored draws have the same law. For antithetic pairs
 * (sim/study/study.h); for nobody else. Free: one operation a block. */
void stream_mirror(bool mirrored);

/* The 64-bit draws 2n and 2n + 1 of a stream, in the way the calling thread goes. For stream_u64. */
struct stream_block {
    uint64_t first, second;
};
struct stream_block stream_block(struct stream_key key, uint64_t n);

/* Opens at the n-th 64-bit draw, so that an entity needs to remember only n. */
static inline struct stream stream_open_at(struct stream_key key, uint64_t draw)
{
    struct stream stream = {.key = {key.high, key.low}, .draw = draw};
    if (draw % 2 != 0)
        stream.spare = stream_block(key, draw / 2).second;
    return stream;
}

static inline uint64_t stream_u64(struct stream *stream)
{
    uint64_t n = stream->draw++;
    if (n % 2 != 0)
        return stream->spare;
    struct stream_block block = stream_block(stream->key, n / 2);
    stream->spare = block.second;
    return block.first;
}

/* Uniform on (0, 1): the odd multiples of 2^-53, all exact; never 0, never 1. One 64-bit draw. */
static inline double stream_uniform(struct stream *stream)
{
    return (double)(int64_t)(stream_u64(stream) >> 12 << 1 | 1) * 0x1p-53;
}

/* Uniform on 0..n-1 without bias (Lemire 2019, section 4). n > 0. Uses one draw, rarely more. */
uint64_t stream_below(struct stream *stream, uint64_t n);

/* True with probability p; p is clamped to [0, 1]. One draw. */
static inline int stream_chance(struct stream *stream, double p)
{
    return stream_uniform(stream) < p;
}

/* Ziggurats: the area under a density cut into 256 layers of one area, so that nearly all draws need one look (Marsaglia &
 * Tsang 2000, "The ziggurat method for generating random variables", J. Stat. Software 5(8)). A draw's low 8 bits choose the
 * layer, the ninth the sign, the upper 52 the place in it. random_table.c explains the columns. */
enum { RANDOM_LAYERS = 256 };
struct random_layer {
    int64_t inside;
    double width, height;
};
extern const struct random_layer random_exponential_layers[RANDOM_LAYERS];
extern const struct random_layer random_normal_layers[RANDOM_LAYERS];
double stream_exponential_edge(struct stream *stream, uint32_t layer, double x);
double stream_normal_edge(struct stream *stream, uint32_t layer, double x);

/* Exponential with mean 1, above 0. One draw, in 1.1 % of the cases more: half the time of an inversion by kernel_log. */
static inline double stream_exponential(struct stream *stream)
{
    uint64_t bits = stream_u64(stream);
    uint32_t layer = bits % RANDOM_LAYERS;
    int64_t odd = (int64_t)(bits >> 12 << 1 | 1);
    double x = (double)odd * random_exponential_layers[layer].width;
    return odd < random_exponential_layers[layer].inside ? x : stream_exponential_edge(stream, layer, x);
}

/* Standard normal. One draw, in 1.5 % of the cases more; keeps no spare, so the state is the stream alone. */
static inline double stream_normal(struct stream *stream)
{
    uint64_t bits = stream_u64(stream);
    uint32_t layer = bits % RANDOM_LAYERS;
    int64_t odd = (int64_t)(bits >> 12 << 1 | 1);
    double x = (double)odd * random_normal_layers[layer].width;
    if (__builtin_expect(odd >= random_normal_layers[layer].inside, 0))
        x = stream_normal_edge(stream, layer, x);
    return bits & RANDOM_LAYERS ? x : -x;
}

/* Fisher-Yates shuffle of items[count]. */
void stream_shuffle(struct stream *stream, uint32_t *items, uint32_t count);

#endif
