/* Memory that is freed all at once.
 *
 * An arena is a list of blocks; an allocation moves a pointer. Nothing is freed singly. A mark remembers a position, and
 * arena_rewind() gives back everything allocated since: a replication is a mark, a run and a rewind, so the second
 * replication reuses the memory of the first and the event loop never meets the heap.
 *
 * Fresh memory is filled with 0x55 in builds with NINES_FILL, so that reading what was never written shows up in tests.
 * With NINES_ARENA_LIBC each allocation is a libc object of its own, so that sanitizers see overruns between them.
 *
 * Running out of memory ends the program with exit code 3. Not thread-safe: one arena per thread. */
#ifndef NINES_SIM_ARENA_H
#define NINES_SIM_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *first, *current;
    size_t block_bytes;  /* size of the next block; doubles up to 64 MiB */
    size_t used_bytes;   /* handed out and not rewound, padding included */
    size_t peak_bytes;
};

struct arena_mark {
    struct arena_block *block;
    size_t block_used, used_bytes;
};

/* First block of about block_bytes (0: 64 KiB); allocated at the first use. */
void arena_open(struct arena *arena, size_t block_bytes);
void arena_close(struct arena *arena);

/* count * size bytes aligned to 16 (to 2 MiB when 4 MiB or more, for huge pages). count 0 gives a valid pointer.
 * Checked for overflow. Never NULL. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);
void *arena_zero(struct arena *arena, size_t count, size_t size);
char *arena_text(struct arena *arena, const char *text);                     /* copy */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Going back in time: arena_save() copies everything allocated since a mark into another arena; arena_restore() puts the bytes back
 * where they were and gives back what was allocated since. Pointers into the saved part stay valid, so a simulation whose whole
 * state lies there goes on from the moment of saving, as often as one likes. Copies of one arena nest: going back to an older
 * one ends the newer. Nothing older than a copy may be rewound while it is in use. O(bytes). */
struct arena_copy;
struct arena_copy *arena_save(const struct arena *arena, struct arena_mark since, struct arena *into);
void arena_restore(struct arena *arena, const struct arena_copy *copy);

#define arena_new(arena, type) ((type *)arena_zero((arena), 1, sizeof(type)))
#define arena_array(arena, count, type) ((type *)arena_zero((arena), (count), sizeof(type)))

#endif
