/* One writer a file.
 *
 * An open-file-description lock on one byte, far beyond the bytes that SQLite locks and any that it writes: it dies with the
 * process however that ends, leaves nothing behind to be cleaned up, and readers do not meet it. Closing any descriptor of a file
 * gives up the process's own POSIX locks on it, and those are SQLite's; so this descriptor is opened before SQLite's and closed
 * after it. */
#include "sim/results/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_NONE = -1 };

static struct flock the_byte(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = INT64_MAX - 1, .l_len = 1};
}

bool store_lock(struct store *store, int file)
{
    struct flock lock = the_byte(F_WRLCK);
    store->lock = file;
    if (fcntl(file, F_OFD_SETLK, &lock) == 0)
        return true;
    return errno == EAGAIN || errno == EACCES ? store_fail(store, "another run is writing it")
                                              : store_fail(store, "cannot lock: %s", strerror(errno));
}

bool store_lock_held(struct store *store)
{
    struct stat ours, there;
    struct flock lock = the_byte(F_WRLCK);
    if (fstat(store->lock, &ours) != 0 || stat(store->path, &there) != 0 || ours.st_dev != there.st_dev ||
        ours.st_ino != there.st_ino)
        return store_fail(store, "was removed or replaced while it was written");
    /* A lock of ours never stands in our own way, so whatever does is another's: the file server lost this one. */
    if (fcntl(store->lock, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        return store_fail(store, "lost its lock: another run is writing it");
    return true;
}

void store_unlock(struct store *store)
{
    if (store->lock != LOCK_NONE)
        close(store->lock);
    store->lock = LOCK_NONE;
}
