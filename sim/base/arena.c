#include "sim/base/arena.h"

#include "sim/base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 16, FIRST_BLOCK = 64 * 1024, LARGEST_BLOCK = 64 * 1024 * 1024, HUGE_PAGE = 2 * 1024 * 1024 };

struct arena_block {
    struct arena_block *next;
    unsigned char *bytes; /* start of the usable part */
    size_t capacity, used;
};

void arena_open(struct arena *arena, size_t block_bytes)
{
    *arena = (struct arena){.block_bytes = block_bytes != 0 ? block_bytes : FIRST_BLOCK};
}

void arena_close(struct arena *arena)
{
    struct arena_block *block = arena->first;
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block->bytes);
        free(block);
        block = next;
    }
    *arena = (struct arena){.block_bytes = arena->block_bytes};
}

NINES_NORETURN static void out_of_memory(size_t bytes)
{
    fprintf(stderr, "nines: error: out of memory (%zu bytes asked for)\n", bytes);
    exit(3);
}

static size_t round_up(size_t value, size_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

static struct arena_block *block_make(size_t capacity)
{
#ifdef NINES_ARENA_LIBC
    unsigned char *exact = malloc(capacity); /* no rounding: the next byte is out of bounds */
    struct arena_block *single = malloc(sizeof *single);
    if (single == NULL || exact == NULL)
        out_of_memory(capacity);
    *single = (struct arena_block){.bytes = exact, .capacity = capacity};
    return single;
#else
    size_t alignment = capacity >= 2 * (size_t)HUGE_PAGE ? (size_t)HUGE_PAGE : 64;
    capacity = round_up(capacity, alignment);
    struct arena_block *block = malloc(sizeof *block);
    unsigned char *bytes = aligned_alloc(alignment, capacity);
    if (block == NULL || bytes == NULL)
        out_of_memory(capacity);
    if (alignment == (size_t)HUGE_PAGE)
        (void)madvise(bytes, capacity, MADV_HUGEPAGE);
    *block = (struct arena_block){.bytes = bytes, .capacity = capacity};
    return block;
#endif
}

/* Of an earlier use, a large block that is too small now would only lie idle: its memory goes back. */
static void drop_idle(struct arena_block **link, size_t bytes)
{
    while (*link != NULL && (*link)->capacity < bytes && (*link)->capacity > (size_t)LARGEST_BLOCK) {
        struct arena_block *block = *link;
        *link = block->next;
        free(block->bytes);
        free(block);
    }
}

/* Moves to a block with room for `bytes`: the next one of an earlier, rewound use if it is large enough. */
static void block_advance(struct arena *arena, size_t bytes)
{
    struct arena_block *after = arena->current;
    struct arena_block **link = after != NULL ? &after->next : &arena->first;
#ifdef NINES_ARENA_LIBC
    struct arena_block *single = block_make(bytes);
    single->next = *link;
    *link = arena->current = single;
    return;
#endif
    drop_idle(link, bytes);
    if (*link == NULL || (*link)->capacity < bytes) {
        size_t capacity = bytes > arena->block_bytes ? bytes : arena->block_bytes;
        if (arena->block_bytes < (size_t)LARGEST_BLOCK)
            arena->block_bytes *= 2;
        struct arena_block *block = block_make(capacity);
        block->next = *link;
        *link = block;
    }
    arena->current = *link;
    arena->current->used = 0;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX - HUGE_PAGE) / size)
        out_of_memory(SIZE_MAX);
    size_t bytes = count * size;
    size_t alignment = bytes >= 2 * (size_t)HUGE_PAGE ? (size_t)HUGE_PAGE : (size_t)ALIGNMENT;
    size_t reserved = round_up(bytes != 0 ? bytes : 1, ALIGNMENT);
#ifdef NINES_ARENA_LIBC
    alignment = 1;
    reserved = bytes != 0 ? bytes : 1;
    block_advance(arena, reserved);
#else
    if (arena->current == NULL ||
        round_up(arena->current->used, alignment) + reserved > arena->current->capacity)
        block_advance(arena, reserved);
#endif
    struct arena_block *block = arena->current;
    size_t start = round_up(block->used, alignment);
    arena->used_bytes += start + reserved - block->used;
    block->used = start + reserved;
    if (arena->used_bytes > arena->peak_bytes)
        arena->peak_bytes = arena->used_bytes;
#ifdef NINES_FILL
    memset(block->bytes + start, 0x55, bytes);
#endif
    return block->bytes + start;
}

void *arena_zero(struct arena *arena, size_t count, size_t size)
{
    return memset(arena_alloc(arena, count, size), 0, count * size);
}

char *arena_text(struct arena *arena, const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(arena_alloc(arena, bytes, 1), text, bytes);
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    check(length >= 0, "bad format '%s'", format);
    char *text = arena_alloc(arena, (size_t)length + 1, 1);
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){.block = arena->current,
                               .block_used = arena->current != NULL ? arena->current->used : 0,
                               .used_bytes = arena->used_bytes};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
#ifdef NINES_ARENA_LIBC
    struct arena_block **rest = mark.block != NULL ? &mark.block->next : &arena->first;
    while (*rest != NULL) {
        struct arena_block *block = *rest;
        *rest = block->next;
        free(block->bytes);
        free(block);
    }
#endif
    arena->current = mark.block;
    if (mark.block != NULL)
        mark.block->used = mark.block_used;
    arena->used_bytes = mark.used_bytes;
}

/* --- Copies of the past --- */

struct arena_copy {
    struct arena_mark since, end; /* of what was copied */
    unsigned char bytes[];
};

/* The part of a block that lies between two marks. */
static unsigned char *part_of(const struct arena_block *block, struct arena_mark since, struct arena_mark end, size_t *bytes)
{
    size_t from = block == since.block ? since.block_used : 0;
    *bytes = (block == end.block ? end.block_used : block->used) - from;
    return block->bytes + from;
}

/* Blocks from the one of the first mark to the one of the second; that of a mark in an empty arena is the first. */
static struct arena_block *block_after(const struct arena *arena, const struct arena_block *block, struct arena_mark since,
                                       struct arena_mark end)
{
    if (block == NULL)
        return since.block != NULL ? since.block : end.block != NULL ? arena->first : NULL;
    return block == end.block ? NULL : block->next;
}

struct arena_copy *arena_save(const struct arena *arena, struct arena_mark since, struct arena *into)
{
    struct arena_mark end = arena_mark(arena);
    size_t total = 0, bytes;
    struct arena_block *block = NULL;
    while ((block = block_after(arena, block, since, end)) != NULL) {
        (void)part_of(block, since, end, &bytes);
        total += bytes;
    }
    struct arena_copy *copy = arena_alloc(into, 1, sizeof *copy + total);
    copy->since = since;
    copy->end = end;
    unsigned char *to = copy->bytes;
    while ((block = block_after(arena, block, since, end)) != NULL) {
        const unsigned char *from = part_of(block, since, end, &bytes);
        memcpy(to, from, bytes);
        to += bytes;
    }
    return copy;
}

void arena_restore(struct arena *arena, const struct arena_copy *copy)
{
    const unsigned char *from = copy->bytes;
    size_t bytes;
    arena_rewind(arena, copy->end);
    struct arena_block *block = NULL;
    while ((block = block_after(arena, block, copy->since, copy->end)) != NULL) {
        unsigned char *to = part_of(block, copy->since, copy->end, &bytes);
        memcpy(to, from, bytes);
        from += bytes;
    }
}
