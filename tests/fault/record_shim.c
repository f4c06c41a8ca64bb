/* Loaded before the C library (LD_PRELOAD), writes down every change that a process makes below one folder, in order.
 *
 *   SKD_RECORD_ROOT=FOLDER   absolute, without links
 *   SKD_RECORD=FILE          the log, outside of it
 *
 * A record is a line "OP INODE OFFSET SIZE LENGTH LENGTH2\n", a path of LENGTH bytes relative to the folder, a second
 * one of LENGTH2 (the new name of rename and link), then for write SIZE bytes. Further OPs: create (a file was made;
 * open of one that exists is not recorded), truncate (SIZE is the new one), mkdir, rename, link, unlink, rmdir, sync (of a
 * file or a folder), and say when words went to the standard output. What a stream or a shared mapping
 * writes is not seen: replay.py compares what it rebuilds with what is there. */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include "interpose.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER; /* held over a call and its record */
static char root[PATH_MAX];
static size_t rootLength;
static int logFile = -1;

static void refuse(const char* why) {
    dprintf(STDERR_FILENO, "record_shim: %s\n", why);
    _exit(125);
}

__attribute__((constructor)) static void prepare(void) {
    const char *path = getenv("SKD_RECORD"), *folder = getenv("SKD_RECORD_ROOT");
    if (path == NULL || folder == NULL || realpath(folder, root) == NULL)
        refuse("SKD_RECORD and SKD_RECORD_ROOT are not set, or the folder is not there");
    rootLength = strlen(root);
    logFile = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (logFile < 0) refuse("SKD_RECORD cannot be written");
}

static void put(const void* bytes, size_t size) {
    const char* next = bytes;
    while (size > 0) {
        const long written = syscall(SYS_write, logFile, next, size);
        if (written <= 0) refuse("the log cannot be written");
        next += written;
        size -= (size_t)written;
    }
}

/* The path below the folder, "" for the folder itself, or NULL where it lies elsewhere. */
static const char* below(const char* path) {
    if (strncmp(path, root, rootLength) != 0) return NULL;
    if (path[rootLength] == '\0') return path + rootLength;
    return path[rootLength] == '/' ? path + rootLength + 1 : NULL;
}

/* The path of an open file or folder; a file without a name any more keeps its old one. */
static const char* nameOf(int file, char* target) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, target, PATH_MAX - 1);
    target[length > 0 ? length : 0] = '\0';
    return below(target);
}

/* The path of `path` in `folder`, whose own links are followed and whose last part's are not. */
static const char* resolved(int folder, const char* path, char* target) {
    char parent[PATH_MAX], whole[2 * PATH_MAX];
    if (path[0] != '/' && folder != AT_FDCWD) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        const ssize_t length = readlink(link, parent, PATH_MAX - 1);
        if (length <= 0) return NULL;
        parent[length] = '\0';
        snprintf(whole, sizeof whole, "%s/%s", parent, path);
    } else {
        snprintf(whole, sizeof whole, "%s%s", path[0] == '/' ? "" : "./", path);
    }
    size_t length = strlen(whole);
    while (length > 1 && whole[length - 1] == '/') whole[--length] = '\0';
    char* slash = strrchr(whole, '/');
    *slash = '\0';
    if (realpath(slash == whole ? "/" : whole, parent) == NULL) return NULL;
    return snprintf(target, PATH_MAX, "%s/%s", parent, slash + 1) < PATH_MAX ? below(target) : NULL;
}

static void record(const char* op, unsigned long inode, long offset, size_t size, const char* path, const char* to) {
    char line[160];
    const int length = snprintf(line, sizeof line, "%s %lu %ld %zu %zu %zu\n", op, inode, offset, size, strlen(path),
                                to == NULL ? 0 : strlen(to));
    put(line, (size_t)length);
    put(path, strlen(path));
    if (to != NULL) put(to, strlen(to));
}

static unsigned long inodeOf(int file) {
    struct stat status;
    return fstat(file, &status) == 0 ? status.st_ino : 0;
}

/* The lock is released with the caller's errno. */
static void begin(void) { pthread_mutex_lock(&order); }
static void end(int error) {
    pthread_mutex_unlock(&order);
    errno = error;
}

/* An open that makes or empties a file. */
static void recordOpen(int file, int flags, int existed) {
    char target[PATH_MAX];
    if (file < 0 || (flags & (O_CREAT | O_TRUNC)) == 0) return;
    const char* path = nameOf(file, target);
    if (path == NULL) return;
    if (!existed) record("create", inodeOf(file), 0, 0, path, NULL);
    else if ((flags & O_TRUNC) != 0) record("truncate", inodeOf(file), 0, 0, path, NULL);
}

static int isThere(int folder, const char* path) {
    struct stat status;
    return fstatat(folder, path, &status, 0) == 0;
}

#define DEFINE_OPEN(name)                                     \
    int name(const char* path, int flags, ...) {              \
        NEXT(name);                                           \
        MODE_OF(flags)                                        \
        begin();                                              \
        const int existed = isThere(AT_FDCWD, path);          \
        const int file = next(path, flags, mode);             \
        const int error = errno;                              \
        recordOpen(file, flags, existed);                     \
        end(error);                                           \
        return file;                                          \
    }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

#define DEFINE_OPENAT(name)                                   \
    int name(int folder, const char* path, int flags, ...) {  \
        NEXT(name);                                           \
        MODE_OF(flags)                                        \
        begin();                                              \
        const int existed = isThere(folder, path);            \
        const int file = next(folder, path, flags, mode);     \
        const int error = errno;                              \
        recordOpen(file, flags, existed);                     \
        end(error);                                           \
        return file;                                          \
    }
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

/* What a stream writes goes past this library: such a file would differ at the end. Its making is seen. */
#define DEFINE_FOPEN(name)                                    \
    FILE* name(const char* path, const char* mode) {          \
        NEXT(name);                                           \
        begin();                                              \
        const int existed = isThere(AT_FDCWD, path);          \
        FILE* stream = next(path, mode);                      \
        const int error = errno;                              \
        const int flags = mode[0] == 'w' ? O_CREAT | O_TRUNC : mode[0] == 'a' ? O_CREAT : 0; \
        if (stream != NULL) recordOpen(fileno(stream), flags, existed); \
        end(error);                                           \
        return stream;                                        \
    }
DEFINE_FOPEN(fopen)
DEFINE_FOPEN(fopen64)

/* Bytes that were written: at `offset`, or before the descriptor's place where that is negative. */
static void recordWrite(int file, const char* bytes, ssize_t size, long offset) {
    char target[PATH_MAX];
    if (size <= 0) return;
    const char* path = nameOf(file, target);
    if (path == NULL) return;
    if (offset < 0) offset = lseek(file, 0, SEEK_CUR) - size;
    record("write", inodeOf(file), offset, (size_t)size, path, NULL);
    put(bytes, (size_t)size);
}

#define DEFINE_WRITE(name, parameters, offset, ...)           \
    ssize_t name parameters {                                 \
        NEXT(name);                                           \
        begin();                                              \
        const ssize_t written = next(__VA_ARGS__);            \
        const int error = errno;                              \
        recordWrite(file, from, written, offset);             \
        end(error);                                           \
        return written;                                       \
    }
DEFINE_WRITE(write, (int file, const void* from, size_t size), -1, file, from, size)
DEFINE_WRITE(pwrite, (int file, const void* from, size_t size, off_t at), at, file, from, size, at)
DEFINE_WRITE(pwrite64, (int file, const void* from, size_t size, off64_t at), at, file, from, size, at)

ssize_t writev(int file, const struct iovec* from, int count) {
    ssize_t all = 0;
    for (int i = 0; i < count; ++i) {
        const ssize_t written = write(file, from[i].iov_base, from[i].iov_len);
        if (written < 0) return all > 0 ? all : -1;
        all += written;
        if ((size_t)written < from[i].iov_len) break;
    }
    return all;
}

int fflush(FILE* stream) {
    NEXT(fflush);
    begin();
    const int hasWords = stream == stdout && __fpending(stdout) > 0;
    const int result = next(stream);
    const int error = errno;
    if (hasWords && result == 0) record("say", 0, 0, 0, "", NULL);
    end(error);
    return result;
}

/* Callers copy by reading and writing where the kernel does not do it for them. */
ssize_t sendfile(int file, int from, off_t* at, size_t size) {
    (void)file, (void)from, (void)at, (void)size;
    errno = EINVAL;
    return -1;
}
ssize_t sendfile64(int file, int from, off64_t* at, size_t size) {
    (void)file, (void)from, (void)at, (void)size;
    errno = EINVAL;
    return -1;
}
ssize_t copy_file_range(int from, off64_t* at, int file, off64_t* to, size_t size, unsigned flags) {
    (void)file, (void)from, (void)at, (void)to, (void)size, (void)flags;
    errno = EXDEV;
    return -1;
}

/* A call on an open file that is recorded with a number where it succeeds. */
#define DEFINE_ON_FILE(name, op, amount, parameters, ...)     \
    int name parameters {                                     \
        char target[PATH_MAX];                                \
        NEXT(name);                                           \
        begin();                                              \
        const int result = next(__VA_ARGS__);                 \
        const int error = errno;                              \
        const char* path = nameOf(file, target);              \
        if (result == 0 && path != NULL) record(op, inodeOf(file), 0, (size_t)(amount), path, NULL); \
        end(error);                                           \
        return result;                                        \
    }
DEFINE_ON_FILE(fsync, "sync", 0, (int file), file)
DEFINE_ON_FILE(fdatasync, "sync", 0, (int file), file)
DEFINE_ON_FILE(ftruncate, "truncate", size, (int file, off_t size), file, size)
DEFINE_ON_FILE(ftruncate64, "truncate", size, (int file, off64_t size), file, size)

/* Calls on names, which are resolved before the call: afterwards the old one may be gone. */
#define DEFINE_ON_NAME(name, op, folder, amount, parameters, ...) \
    int name parameters {                                     \
        char target[PATH_MAX];                                \
        NEXT(name);                                           \
        begin();                                              \
        const char* known = resolved(folder, path, target);   \
        const int result = next(__VA_ARGS__);                 \
        const int error = errno;                              \
        if (result == 0 && known != NULL) record(op, 0, 0, (size_t)(amount), known, NULL); \
        end(error);                                           \
        return result;                                        \
    }
DEFINE_ON_NAME(truncate, "truncate", AT_FDCWD, size, (const char* path, off_t size), path, size)
DEFINE_ON_NAME(truncate64, "truncate", AT_FDCWD, size, (const char* path, off64_t size), path, size)
DEFINE_ON_NAME(unlink, "unlink", AT_FDCWD, 0, (const char* path), path)
DEFINE_ON_NAME(rmdir, "rmdir", AT_FDCWD, 0, (const char* path), path)
DEFINE_ON_NAME(remove, "unlink", AT_FDCWD, 0, (const char* path), path)
DEFINE_ON_NAME(mkdir, "mkdir", AT_FDCWD, mode, (const char* path, mode_t mode), path, mode)
DEFINE_ON_NAME(mkdirat, "mkdir", folder, mode, (int folder, const char* path, mode_t mode), folder, path, mode)
DEFINE_ON_NAME(unlinkat, (flags & AT_REMOVEDIR) != 0 ? "rmdir" : "unlink", folder, 0,
               (int folder, const char* path, int flags), folder, path, flags)

#define DEFINE_ON_NAMES(name, op, folder, toFolder, flags, parameters, ...) \
    int name parameters {                                     \
        char first[PATH_MAX], second[PATH_MAX];               \
        NEXT(name);                                           \
        begin();                                              \
        const char *before = resolved(folder, path, first), *after = resolved(toFolder, to, second); \
        const int result = next(__VA_ARGS__);                 \
        const int error = errno;                              \
        if (result == 0 && (before == NULL) != (after == NULL)) refuse(#name " across the folder's edge"); \
        if (result == 0 && before != NULL) record(op, 0, 0, (size_t)(flags), before, after); \
        end(error);                                           \
        return result;                                        \
    }
DEFINE_ON_NAMES(rename, "rename", AT_FDCWD, AT_FDCWD, 0, (const char* path, const char* to), path, to)
DEFINE_ON_NAMES(link, "link", AT_FDCWD, AT_FDCWD, 0, (const char* path, const char* to), path, to)
DEFINE_ON_NAMES(renameat2, "rename", folder, toFolder, flags,
                (int folder, const char* path, int toFolder, const char* to, unsigned flags),
                folder, path, toFolder, to, flags)
