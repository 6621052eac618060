/* Loaded in front of libc: the FAIL_MALLOC-th allocation of the process fails, once. With FAIL_MALLOC=0 none does, and the number of
 * allocations goes to the file descriptor 9 at the end.
 *
 * Allocations on behalf of libconfig 1.5 are left out: that library looks at no allocation's result, and dies of the first that fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

static atomic_long calls;

static _Thread_local int looking; /* backtrace() and dladdr() may allocate */

static int is_libconfig(void)
{
    void *frames[16];
    int found = 0, count = backtrace(frames, 16);
    for (int i = 0; i < count && !found; i++) {
        Dl_info where;
        found = dladdr(frames[i], &where) != 0 && where.dli_fname != NULL && strstr(where.dli_fname, "libconfig") != NULL;
    }
    return found;
}

static int fails(void)
{
    const char *wanted = getenv("FAIL_MALLOC");
    if (wanted == NULL || looking)
        return 0;
    looking = 1;
    int exempt = is_libconfig();
    looking = 0;
    return !exempt && atomic_fetch_add(&calls, 1) + 1 == strtol(wanted, NULL, 10);
}

static void *fail(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t bytes)
{
    return fails() ? fail() : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return fails() ? fail() : __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
    return fails() ? fail() : __libc_realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return fails() ? fail() : __libc_memalign(alignment, bytes);
}

int posix_memalign(void **to, size_t alignment, size_t bytes)
{
    if (fails())
        return ENOMEM;
    *to = __libc_memalign(alignment, bytes);
    return *to != NULL ? 0 : ENOMEM;
}

__attribute__((destructor)) static void tell(void)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
    if (write(9, text, (size_t)length) < 0)
        return; /* nobody asked */
}
