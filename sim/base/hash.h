/* 64-bit mixing for stream keys and digests. Not cryptographic. Every step is a bijection of the state given the input, so
 * equal states mean equal histories up to the birthday bound of 64 bits.
 * Source: the finalizer of splitmix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators"). */
#ifndef NINES_SIM_HASH_H
#define NINES_SIM_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Folds one word into a running hash. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
    return hash_mix((hash ^ word) + UINT64_C(0x9e3779b97f4a7c15));
}

/* Folds bytes, length first, so that "ab","c" differs from "a","bc". Byte order is fixed: little-endian words. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *p = bytes;
    hash = hash_word(hash, length);
    for (; length >= 8; p += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        hash = hash_word(hash, word);
    }
    uint64_t tail = 0;
    for (size_t i = 0; i < length; i++)
        tail |= (uint64_t)p[i] << (8 * i);
    return hash_word(hash, tail);
}

static inline uint64_t hash_text(uint64_t hash, const char *text) { return hash_bytes(hash, text, strlen(text)); }

static inline uint64_t hash_double(uint64_t hash, double value)
{
    uint64_t word;
    if (value == 0)
        value = 0; /* -0 and +0 are one number */
    memcpy(&word, &value, 8);
    return hash_word(hash, word);
}

#endif
