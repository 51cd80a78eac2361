// Undoes every write that was never synced: `powercut-recover DATA_DIRECTORY JOURNAL_DIRECTORY`.
//
// Run it when all processes with the shim are dead. It says on standard output what it undid, one line a file.
#define _GNU_SOURCE
#include "powercut.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *journals;

static void undo(int fd, const char *path, const char *bytes, size_t size) {
    // The last record may be torn; then its write never happened.
    size_t capacity = 1024, count = 0, at = 0;
    size_t *starts = malloc(capacity * sizeof *starts);
    if (!starts) err(1, "malloc");
    while (size - at >= sizeof(struct powercut_record)) {
        struct powercut_record record;
        memcpy(&record, bytes + at, sizeof record);
        if (record.magic != POWERCUT_MAGIC) errx(1, "%s: the journal is damaged at %zu", path, at);
        if (size - at - sizeof record < record.length) break;
        if (count == capacity) {
            capacity *= 2;
            starts = realloc(starts, capacity * sizeof *starts);
            if (!starts) err(1, "realloc");
        }
        starts[count++] = at;
        at += sizeof record + record.length;
    }
    for (size_t index = count; index-- > 0;) {
        struct powercut_record record;
        memcpy(&record, bytes + starts[index], sizeof record);
        const char *old = bytes + starts[index] + sizeof record;
        if (pwrite(fd, old, record.length, (off_t)record.offset) != (ssize_t)record.length) err(1, "%s: pwrite", path);
        if (ftruncate(fd, (off_t)record.old_size) != 0) err(1, "%s: ftruncate", path);
    }
    free(starts);
    printf("%s: undid %zu\n", path, count);
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *position) {
    (void)position;
    if (type != FTW_F || !S_ISREG(status->st_mode)) return 0;
    size_t length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, "-shm") == 0) {
        if (unlink(path) != 0) err(1, "%s", path);
        return 0;
    }
    struct statx birth;
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &birth) != 0) err(1, "%s: statx", path);
    int known = (birth.stx_mask & STATX_BTIME) != 0;
    char journal[4096];
    snprintf(journal, sizeof journal, "%s/%llx-%llx-%llx.undo", journals, (unsigned long long)status->st_dev,
        (unsigned long long)status->st_ino,
        known ? (unsigned long long)birth.stx_btime.tv_sec * 1000000000ULL + birth.stx_btime.tv_nsec : 0ULL);
    int source = open(journal, O_RDONLY | O_CLOEXEC);
    if (source < 0) return 0;
    struct stat size;
    if (fstat(source, &size) != 0) err(1, "%s", journal);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) err(1, "%s", path);
    if (size.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)size.st_size, PROT_READ, MAP_PRIVATE, source, 0);
        if (bytes == MAP_FAILED) err(1, "%s: mmap", journal);
        undo(fd, path, bytes, (size_t)size.st_size);
        munmap(bytes, (size_t)size.st_size);
    }
    close(fd);
    close(source);
    return 0;
}

int main(int count, char **arguments) {
    if (count != 3) errx(2, "usage: powercut-recover DATA_DIRECTORY JOURNAL_DIRECTORY");
    journals = arguments[2];
    if (nftw(arguments[1], visit, 32, FTW_PHYS) != 0) err(1, "%s", arguments[1]);
    // What is left belongs to files that were removed.
    DIR *directory = opendir(journals);
    if (!directory) err(1, "%s", journals);
    for (struct dirent *entry; (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name);
        if (length > 5 && strcmp(entry->d_name + length - 5, ".undo") == 0) unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
    return 0;
}
