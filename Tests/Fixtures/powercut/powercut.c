// A power cut for tests: kill -9 leaves what was written to the kernel, a power cut only what was synced.
//
// Build:  cc -shared -fPIC -O2 -o powercut.so powercut.c
//         cc -O2 -o powercut-recover powercut-recover.c
// Run:    POWERCUT_DIR=/data POWERCUT_JOURNAL=/elsewhere LD_PRELOAD=/path/powercut.so heddle serve …
//         (both directories exist, neither is inside the other; the paths are absolute and without symbolic links)
// Cut:    kill -9 every process that had the shim, then `powercut-recover /data /elsewhere`, then start without it
//         or with it again.
//
// Each write to a regular file under POWERCUT_DIR first notes the bytes and the size it is about to change in an undo
// journal, one for each file; a successful fsync or fdatasync of the file drops its journal. The recovery undoes what
// is still noted, the last write first. Every unsynced write is lost, which is the harshest of the allowed outcomes.
//
// Covered: write, pwrite, writev, pwritev, pwritev2, ftruncate, truncate, fallocate, posix_fallocate, O_TRUNC, and
// their 64-bit names. Files are known by inode and birth time, so that a rename carries the journal along and a reused
// inode does not inherit one. Not covered: memory-mapped writes (SQLite's -shm is ignored and removed), io_uring,
// sendfile, copy_file_range, stdio, raw system calls, and names: a created, renamed or removed file stays so even
// when its directory was never synced. Statically linked programs escape.
#define _GNU_SOURCE
#include "powercut.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

// All descriptors here are opened and closed within one call, because the program may close any it does not know.
struct tracked {
    char journal[4096];
    int lock;
    uint64_t size;
};

static int raw_open(const char *path, int flags, mode_t mode) {
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static void raw_close(int fd) {
    syscall(SYS_close, fd);
}

// A test that silently stopped noting writes would prove nothing.
static void give_up(const char *what) {
    dprintf(2, "powercut: %s: %s\n", what, strerror(errno));
    abort();
}

// Whether the descriptor is a regular file under POWERCUT_DIR; then the lock of all journals is held until release.
static int acquire(int fd, struct tracked *file) {
    const char *directory = getenv("POWERCUT_DIR");
    const char *journals = getenv("POWERCUT_JOURNAL");
    if (!directory || !journals) return 0;
    int saved = errno;
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink == 0) goto no;

    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) goto no;
    path[length] = 0;
    size_t prefix = strlen(directory);
    while (prefix > 1 && directory[prefix - 1] == '/') prefix--;
    if (strncmp(path, directory, prefix) != 0 || path[prefix] != '/') goto no;
    if (length > 4 && strcmp(path + length - 4, "-shm") == 0) goto no;

    struct statx birth;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &birth) != 0) give_up("statx");
    int known = (birth.stx_mask & STATX_BTIME) != 0;
    snprintf(file->journal, sizeof file->journal, "%s/%llx-%llx-%llx.undo", journals,
        (unsigned long long)status.st_dev, (unsigned long long)status.st_ino,
        known ? (unsigned long long)birth.stx_btime.tv_sec * 1000000000ULL + birth.stx_btime.tv_nsec : 0ULL);

    char lock[4096];
    snprintf(lock, sizeof lock, "%s/lock", journals);
    file->lock = raw_open(lock, O_RDWR | O_CREAT, 0666);
    if (file->lock < 0) give_up("opening the lock");
    while (flock(file->lock, LOCK_EX) != 0) {
        if (errno != EINTR) give_up("flock");
    }
    // Another thread may have changed the size before the lock was ours.
    if (fstat(fd, &status) != 0) give_up("fstat");
    file->size = (uint64_t)status.st_size;
    errno = saved;
    return 1;
no:
    errno = saved;
    return 0;
}

static void release(struct tracked *file) {
    int saved = errno;
    raw_close(file->lock);
    errno = saved;
}

// Reads through the descriptor itself: opening the file a second time and closing it would drop SQLite's locks.
static void read_old(int fd, char *bytes, uint64_t length, uint64_t offset) {
    int source = fd;
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        source = raw_open(link, O_RDONLY, 0);
        if (source < 0) give_up("reopening a file");
    }
    for (uint64_t done = 0; done < length;) {
        ssize_t count = syscall(SYS_pread64, source, bytes + done, length - done, offset + done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) give_up("reading old bytes");
        done += (uint64_t)count;
    }
    if (source != fd) raw_close(source);
}

// Notes what a change of `length` bytes at `offset` destroys.
static void note(int fd, struct tracked *file, uint64_t offset, uint64_t length) {
    int saved = errno;
    struct powercut_record record = {POWERCUT_MAGIC, file->size, offset, 0};
    if (offset < file->size) {
        record.length = length < file->size - offset ? length : file->size - offset;
    }
    size_t total = sizeof record + record.length;
    char *buffer = malloc(total);
    if (!buffer) give_up("malloc");
    memcpy(buffer, &record, sizeof record);
    read_old(fd, buffer + sizeof record, record.length, offset);
    int journal = raw_open(file->journal, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (journal < 0) give_up("opening a journal");
    for (size_t done = 0; done < total;) {
        ssize_t count = syscall(SYS_write, journal, buffer + done, total - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) give_up("writing a journal");
        done += (size_t)count;
    }
    raw_close(journal);
    free(buffer);
    errno = saved;
}

static uint64_t position(int fd, const struct tracked *file) {
    if (fcntl(fd, F_GETFL) & O_APPEND) return file->size;
    off_t current = lseek(fd, 0, SEEK_CUR);
    return current < 0 ? 0 : (uint64_t)current;
}

static uint64_t total_length(const struct iovec *vectors, int count) {
    uint64_t total = 0;
    for (int index = 0; index < count; index++) total += vectors[index].iov_len;
    return total;
}

EXPORT ssize_t write(int fd, const void *bytes, size_t length) {
    struct tracked file;
    if (!acquire(fd, &file)) return syscall(SYS_write, fd, bytes, length);
    note(fd, &file, position(fd, &file), length);
    ssize_t result = syscall(SYS_write, fd, bytes, length);
    release(&file);
    return result;
}

EXPORT ssize_t writev(int fd, const struct iovec *vectors, int count) {
    struct tracked file;
    if (!acquire(fd, &file)) return syscall(SYS_writev, fd, vectors, count);
    note(fd, &file, position(fd, &file), total_length(vectors, count));
    ssize_t result = syscall(SYS_writev, fd, vectors, count);
    release(&file);
    return result;
}

EXPORT ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    struct tracked file;
    if (!acquire(fd, &file)) return syscall(SYS_pwrite64, fd, bytes, length, offset);
    // On Linux an appending descriptor ignores the offset.
    note(fd, &file, fcntl(fd, F_GETFL) & O_APPEND ? file.size : (uint64_t)offset, length);
    ssize_t result = syscall(SYS_pwrite64, fd, bytes, length, offset);
    release(&file);
    return result;
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

EXPORT ssize_t pwritev64v2(int fd, const struct iovec *vectors, int count, off64_t offset, int flags) {
    // The kernel takes the offset in two halves and, for pwritev2, -1 for the current position.
    unsigned long low = (unsigned long)offset, high = (unsigned long)((uint64_t)offset >> 32 >> 32);
    struct tracked file;
    if (!acquire(fd, &file)) return syscall(SYS_pwritev2, fd, vectors, count, low, high, flags);
    int appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0 || (flags & RWF_APPEND) != 0;
    uint64_t start = appends ? file.size : offset == -1 ? position(fd, &file) : (uint64_t)offset;
    note(fd, &file, start, total_length(vectors, count));
    ssize_t result = syscall(SYS_pwritev2, fd, vectors, count, low, high, flags);
    release(&file);
    return result;
}

EXPORT ssize_t pwritev2(int fd, const struct iovec *vectors, int count, off_t offset, int flags) {
    return pwritev64v2(fd, vectors, count, offset, flags);
}

EXPORT ssize_t pwritev64(int fd, const struct iovec *vectors, int count, off64_t offset) {
    if (offset < 0) {
        errno = EINVAL;
        return -1;
    }
    return pwritev64v2(fd, vectors, count, offset, 0);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *vectors, int count, off_t offset) {
    return pwritev64(fd, vectors, count, offset);
}

EXPORT int ftruncate64(int fd, off64_t size) {
    struct tracked file;
    if (size < 0 || !acquire(fd, &file)) return (int)syscall(SYS_ftruncate, fd, size);
    note(fd, &file, (uint64_t)size, file.size);
    int result = (int)syscall(SYS_ftruncate, fd, size);
    release(&file);
    return result;
}

EXPORT int ftruncate(int fd, off_t size) {
    return ftruncate64(fd, size);
}

EXPORT int truncate64(const char *path, off64_t size) {
    int fd = raw_open(path, O_RDWR, 0);
    if (fd < 0) return -1;
    int result = ftruncate64(fd, size);
    int saved = errno;
    raw_close(fd);
    errno = saved;
    return result;
}

EXPORT int truncate(const char *path, off_t size) {
    return truncate64(path, size);
}

EXPORT int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
    struct tracked file;
    if (offset < 0 || length <= 0 || !acquire(fd, &file)) {
        return (int)syscall(SYS_fallocate, fd, mode, offset, length);
    }
    // Collapsing or inserting a range moves all that follows.
    int moves = (mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)) != 0;
    note(fd, &file, (uint64_t)offset, moves ? file.size : (uint64_t)length);
    int result = (int)syscall(SYS_fallocate, fd, mode, offset, length);
    release(&file);
    return result;
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t length) {
    return fallocate64(fd, mode, offset, length);
}

EXPORT int posix_fallocate64(int fd, off64_t offset, off64_t length) {
    int saved = errno;
    int result = fallocate64(fd, 0, offset, length) == 0 ? 0 : errno;
    if (result == EOPNOTSUPP) {
        struct stat status;
        result = fstat(fd, &status) != 0 ? errno : 0;
        if (result == 0 && status.st_size < offset + length) {
            result = ftruncate64(fd, offset + length) == 0 ? 0 : errno;
        }
    }
    errno = saved;
    return result;
}

EXPORT int posix_fallocate(int fd, off_t offset, off_t length) {
    return posix_fallocate64(fd, offset, length);
}

// The lock is held while the disk works: a write that came in between would be dropped from the journal unsynced.
static int sync_file(long call, int fd) {
    struct tracked file;
    if (!acquire(fd, &file)) return (int)syscall(call, fd);
    int result = (int)syscall(call, fd);
    if (result == 0) {
        int saved = errno;
        if (unlink(file.journal) != 0 && errno != ENOENT) give_up("dropping a journal");
        errno = saved;
    }
    release(&file);
    return result;
}

EXPORT int fsync(int fd) {
    return sync_file(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd) {
    return sync_file(SYS_fdatasync, fd);
}

// Opens without emptying, and then empties through the wrapper that notes it.
static int open_file(int directory, const char *path, int flags, mode_t mode) {
    int empties = (flags & O_TRUNC) != 0 && (flags & O_ACCMODE) != O_RDONLY && (flags & O_PATH) == 0;
    if (!empties) return (int)syscall(SYS_openat, directory, path, flags, mode);
    int fd = (int)syscall(SYS_openat, directory, path, flags & ~O_TRUNC, mode);
    if (fd < 0) return fd;
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 && ftruncate64(fd, 0) != 0) {
        int saved = errno;
        raw_close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

#define TAKE_MODE(flags, mode)                                   \
    mode_t mode = 0;                                             \
    if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE) { \
        va_list arguments;                                       \
        va_start(arguments, flags);                              \
        mode = va_arg(arguments, mode_t);                        \
        va_end(arguments);                                       \
    }

EXPORT int open(const char *path, int flags, ...) {
    TAKE_MODE(flags, mode)
    return open_file(AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...) {
    TAKE_MODE(flags, mode)
    return open_file(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

EXPORT int openat(int directory, const char *path, int flags, ...) {
    TAKE_MODE(flags, mode)
    return open_file(directory, path, flags, mode);
}

EXPORT int openat64(int directory, const char *path, int flags, ...) {
    TAKE_MODE(flags, mode)
    return open_file(directory, path, flags | O_LARGEFILE, mode);
}

EXPORT int creat(const char *path, mode_t mode) {
    return open_file(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

EXPORT int creat64(const char *path, mode_t mode) {
    return creat(path, mode);
}
