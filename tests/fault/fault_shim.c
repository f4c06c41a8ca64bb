/* Loaded before the C library (LD_PRELOAD), makes the n-th call of one kind fail, or kills the process before it.
 *
 *   SKD_FAULT=KIND:N:FAULT   KIND open read write sync rename link unlink mmap mkdir truncate close,
 *                            N from 1, FAULT kill or the name of an error (EIO, ENOSPC, EMFILE, ENOMEM)
 *   SKD_FAULT_STATE=FILE     where the counts of all kinds are kept as the calls happen, so that they outlive a kill
 *
 * The state is lines of text of one width, "KIND COUNT" each, then "hit CALL PATH" once the fault has happened.
 * Calls on what is no file of a user are not counted: below /proc, /sys and /dev, the standard streams, and memory
 * that no file stands behind. */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include "interpose.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum Kind { OPEN, READ, WRITE, SYNC, RENAME, LINK, UNLINK, MMAP, MKDIR, TRUNCATE, CLOSE, KINDS };
static const char* const kNames[KINDS] = {"open",   "read", "write", "sync",     "rename", "link",
                                          "unlink", "mmap", "mkdir", "truncate", "close"};
enum { kLine = 32, kHit = kLine * KINDS, kStateBytes = 4096, kDescriptors = 4096, kKill = -1 };

static atomic_long counts[KINDS];
static atomic_uchar skipped[kDescriptors]; /* descriptors of what is not counted */
static char* state;
static int wantedKind = -1, fault;
static long wantedNumber;

static int errorByName(const char* name) {
    if (strcmp(name, "kill") == 0) return kKill;
    if (strcmp(name, "EIO") == 0) return EIO;
    if (strcmp(name, "ENOSPC") == 0) return ENOSPC;
    if (strcmp(name, "EMFILE") == 0) return EMFILE;
    if (strcmp(name, "ENOMEM") == 0) return ENOMEM;
    return 0;
}

/* Says what is wrong with the environment and ends: a fault that never happens would look like a pass. */
static void refuse(const char* why) {
    dprintf(STDERR_FILENO, "fault_shim: %s\n", why);
    _exit(125);
}

static void readFault(void) {
    const char* text = getenv("SKD_FAULT");
    char kind[16], name[16];
    if (text == NULL) return;
    if (sscanf(text, "%15[a-z]:%ld:%15[A-Za-z]", kind, &wantedNumber, name) != 3)
        refuse("SKD_FAULT is not KIND:N:FAULT");
    for (int i = 0; i < KINDS; ++i)
        if (strcmp(kind, kNames[i]) == 0) wantedKind = i;
    fault = errorByName(name);
    if (wantedKind < 0 || fault == 0) refuse("SKD_FAULT names no kind or fault that there is");
}

__attribute__((constructor)) static void prepare(void) {
    readFault();
    const char* path = getenv("SKD_FAULT_STATE");
    if (path == NULL) return;
    const int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || syscall(SYS_ftruncate, file, (long)kStateBytes) != 0)
        refuse("SKD_FAULT_STATE cannot be written");
    state = (char*)syscall(SYS_mmap, NULL, (long)kStateBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0L);
    syscall(SYS_close, file);
    if ((void*)state == MAP_FAILED) refuse("SKD_FAULT_STATE cannot be mapped");
}

static int isCounted(const char* path) {
    return path == NULL || (strncmp(path, "/proc/", 6) != 0 && strncmp(path, "/sys/", 5) != 0 &&
                            strncmp(path, "/dev/", 5) != 0) || strncmp(path, "/dev/shm/", 9) == 0;
}

static int isCountedFile(int file) {
    return file > STDERR_FILENO && (file >= kDescriptors || !skipped[file]);
}

static void tell(const char* call, const char* path, int file) {
    char link[64], target[1024];
    if (state == NULL) return;
    if (path == NULL && file >= 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        const ssize_t length = readlink(link, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        path = target;
    }
    snprintf(state + kHit, kStateBytes - kHit, "hit %s %s\n", call, path == NULL ? "" : path);
}

/* Counts a call; true where it is to fail, with errno set. */
static int fails(enum Kind kind, const char* call, const char* path, int file) {
    const long number = ++counts[kind];
    if (state != NULL) snprintf(state + kLine * kind, kLine, "%s %ld\n", kNames[kind], number);
    if ((int)kind != wantedKind || number != wantedNumber) return 0;
    tell(call, path, file);
    if (fault == kKill) {
        syscall(SYS_kill, (long)getpid(), (long)SIGKILL);
        for (;;) pause();
    }
    errno = fault;
    return 1;
}

static int failsPath(enum Kind kind, const char* call, const char* path) {
    return isCounted(path) && fails(kind, call, path, -1);
}
static int failsFile(enum Kind kind, const char* call, int file) {
    return isCountedFile(file) && fails(kind, call, NULL, file);
}

/* A new descriptor, remembered where what it belongs to is not counted. */
static int opened(int file, const char* path) {
    if (file >= 0 && file < kDescriptors) skipped[file] = !isCounted(path);
    return file;
}

#define DEFINE_OPEN(name)                                     \
    int name(const char* path, int flags, ...) {              \
        NEXT(name);                                           \
        MODE_OF(flags)                                        \
        if (failsPath(OPEN, #name, path)) return -1;          \
        return opened(next(path, flags, mode), path);         \
    }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

#define DEFINE_OPENAT(name)                                   \
    int name(int folder, const char* path, int flags, ...) {  \
        NEXT(name);                                           \
        MODE_OF(flags)                                        \
        if (failsPath(OPEN, #name, path)) return -1;          \
        return opened(next(folder, path, flags, mode), path); \
    }
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

#define DEFINE_FOPEN(name)                                    \
    FILE* name(const char* path, const char* mode) {          \
        NEXT(name);                                           \
        if (failsPath(OPEN, #name, path)) return NULL;        \
        FILE* stream = next(path, mode);                      \
        if (stream != NULL) opened(fileno(stream), path);     \
        return stream;                                        \
    }
DEFINE_FOPEN(fopen)
DEFINE_FOPEN(fopen64)

/* Functions whose first argument is a descriptor, and those whose first is a path. */
#define DEFINE_ON_FILE(type, kind, name, parameters, ...)     \
    type name parameters {                                    \
        NEXT(name);                                           \
        return failsFile(kind, #name, file) ? (type)-1 : next(__VA_ARGS__); \
    }
#define DEFINE_ON_PATH(kind, name, parameters, ...)           \
    int name parameters {                                     \
        NEXT(name);                                           \
        return failsPath(kind, #name, path) ? -1 : next(__VA_ARGS__); \
    }
DEFINE_ON_FILE(ssize_t, READ, read, (int file, void* to, size_t size), file, to, size)
DEFINE_ON_FILE(ssize_t, READ, pread, (int file, void* to, size_t size, off_t at), file, to, size, at)
DEFINE_ON_FILE(ssize_t, READ, pread64, (int file, void* to, size_t size, off64_t at), file, to, size, at)
DEFINE_ON_FILE(ssize_t, READ, readv, (int file, const struct iovec* to, int count), file, to, count)
DEFINE_ON_FILE(ssize_t, WRITE, write, (int file, const void* from, size_t size), file, from, size)
DEFINE_ON_FILE(ssize_t, WRITE, pwrite, (int file, const void* from, size_t size, off_t at), file, from, size, at)
DEFINE_ON_FILE(ssize_t, WRITE, pwrite64, (int file, const void* from, size_t size, off64_t at), file, from, size, at)
DEFINE_ON_FILE(ssize_t, WRITE, writev, (int file, const struct iovec* from, int count), file, from, count)
DEFINE_ON_FILE(ssize_t, WRITE, sendfile, (int file, int from, off_t* at, size_t size), file, from, at, size)
DEFINE_ON_FILE(int, SYNC, fsync, (int file), file)
DEFINE_ON_FILE(int, SYNC, fdatasync, (int file), file)
DEFINE_ON_FILE(int, TRUNCATE, ftruncate, (int file, off_t size), file, size)
DEFINE_ON_FILE(int, TRUNCATE, ftruncate64, (int file, off64_t size), file, size)
DEFINE_ON_PATH(TRUNCATE, truncate, (const char* path, off_t size), path, size)
DEFINE_ON_PATH(RENAME, rename, (const char* path, const char* to), path, to)
DEFINE_ON_PATH(LINK, link, (const char* path, const char* to), path, to)
DEFINE_ON_PATH(UNLINK, unlink, (const char* path), path)
DEFINE_ON_PATH(UNLINK, rmdir, (const char* path), path)
DEFINE_ON_PATH(UNLINK, remove, (const char* path), path)
DEFINE_ON_PATH(MKDIR, mkdir, (const char* path, mode_t mode), path, mode)
DEFINE_ON_PATH(RENAME, renameat2, (int from, const char* path, int to, const char* name, unsigned flags),
               from, path, to, name, flags)
DEFINE_ON_PATH(UNLINK, unlinkat, (int folder, const char* path, int flags), folder, path, flags)

#define DEFINE_MMAP(name, offset)                             \
    void* name(void* at, size_t size, int access, int flags, int file, offset begin) { \
        NEXT(name);                                           \
        if (failsFile(MMAP, #name, file)) return MAP_FAILED;  \
        return next(at, size, access, flags, file, begin);    \
    }
DEFINE_MMAP(mmap, off_t)
DEFINE_MMAP(mmap64, off64_t)

/* Whatever it returns, close lets go of the descriptor (close(2)). */
int close(int file) {
    NEXT(close);
    const int isFailing = failsFile(CLOSE, "close", file);
    const int error = errno;
    const int result = next(file);
    if (!isFailing) return result;
    errno = error;
    return -1;
}
