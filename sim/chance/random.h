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
struct stream_key stream_key_index(struct stream_key family, uint64_t index);

/* One block of Philox4x32-10: a bijection of the 128-bit counter under a 64-bit key. A stream takes low as the key, and n with
 * high above it as the counter. Public for tests. */
void random_block(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4]);

/* Position in a stream. 32 bytes; copy it to fork (both copies then give the same draws). */
struct stream {
    struct stream_key key;
    uint64_t draw;   /* 64-bit draws taken so far; to come back here later, stream_open_at(key, draw) */
    uint64_t spare;  /* second half of the block under way; of meaning when draw is odd */
};

struct stream stream_open(struct stream_key key);
/* From now on all streams of the calling thread go on differently, for every branch in another way; 0, where a thread begins, is
 * the way that all have in common. What was drawn stays drawn, and so does a second half that a stream keeps. For
 * multilevel splitting (sim/study/splitting.h), where copies of one past live through different futures; for nobody else. */
void stream_branch(uint64_t branch);
/* From now on all draws of the calling thread are mirrored, or as ever, where a thread begins: every bit the other way, so that a
 * uniform draw is 1 - u to the last bit, a chance below p one above 1 - p, and the other laws' draws tend to be small where they were
 * large. The bits of a stream are independent either way, so mirrored draws have the same law. For antithetic pairs
 * (sim/study/study.h); for nobody else. Free: one operation a block. */
void stream_mirror(bool mirrored);
/* Opens at the n-th 64-bit draw, so that an entity needs to remember only n. */
struct stream stream_open_at(struct stream_key key, uint64_t draw);

/* First half of the next block; keeps the second. For stream_u64. */
uint64_t stream_refill(struct stream *stream);

static inline uint64_t stream_u64(struct stream *stream)
{
    return stream->draw++ % 2 != 0 ? stream->spare : stream_refill(stream);
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
