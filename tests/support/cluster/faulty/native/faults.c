/* Faults of a file system for native code: LD_PRELOAD this, and the calls that change files fail beneath a folder.

   FAULT_UNDER: the folder. FAULT_NAME: part of the file's name. FAULT_CALL: open, write, close, fsync or rename.
   FAULT_ERRNO: the number. FAULT_WHILE: the fault holds as long as this file is there. FAULT_SEEN: each fault
   is written there as "call library path", where library is whose code called. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define CALLER __builtin_return_address(0)

static int seen_fd = -1;

/* At once: a process may close all folders but its own later. */
__attribute__((constructor)) static void open_seen(void) {
    const char *seen = getenv("FAULT_SEEN");
    if (seen) seen_fd = NEXT(open)(seen, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static void tell(const char *call, const char *path, void *caller) {
    Dl_info info;
    char line[2 * PATH_MAX];
    if (seen_fd < 0) return;
    const char *library = dladdr(caller, &info) && info.dli_fname ? info.dli_fname : "?";
    int length = snprintf(line, sizeof line, "%s %s %s\n", call, library, path);
    if (NEXT(write)(seen_fd, line, length) < 0) abort();
}

/* Whether the call fails now; then errno says how. */
static int strikes(const char *call, const char *path, void *caller) {
    const char *under = getenv("FAULT_UNDER"), *name = getenv("FAULT_NAME"), *wanted = getenv("FAULT_CALL");
    const char *holds = getenv("FAULT_WHILE"), *number = getenv("FAULT_ERRNO");
    if (!under || !name || !wanted || !holds || !number || strcmp(call, wanted)) return 0;
    const char *last = strrchr(path, '/');
    if (strncmp(path, under, strlen(under)) || !last || !strstr(last, name) || access(holds, F_OK)) return 0;
    tell(call, path, caller);
    errno = atoi(number);
    return 1;
}

static int strikes_fd(const char *call, int fd, void *caller) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strikes(call, path, caller);
}

/* For opening, only what will be written counts. */
#define OPEN(name, at, pass)                                                          \
    {                                                                                 \
        va_list rest;                                                                 \
        va_start(rest, flags);                                                        \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;       \
        va_end(rest);                                                                 \
        if ((flags & O_ACCMODE) != O_RDONLY && strikes("open", path, CALLER)) return -1; \
        return NEXT(name) pass;                                                       \
    }

int open(const char *path, int flags, ...) OPEN(open, , (path, flags, mode))
int open64(const char *path, int flags, ...) OPEN(open64, , (path, flags, mode))
int openat(int at, const char *path, int flags, ...) OPEN(openat, at, (at, path, flags, mode))
int openat64(int at, const char *path, int flags, ...) OPEN(openat64, at, (at, path, flags, mode))

FILE *fopen(const char *path, const char *mode) {
    return strpbrk(mode, "wa+") && strikes("open", path, CALLER) ? NULL : NEXT(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
    return strpbrk(mode, "wa+") && strikes("open", path, CALLER) ? NULL : NEXT(fopen64)(path, mode);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    return strikes_fd("write", fd, CALLER) ? -1 : NEXT(write)(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    return strikes_fd("write", fd, CALLER) ? -1 : NEXT(writev)(fd, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return strikes_fd("write", fd, CALLER) ? -1 : NEXT(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return strikes_fd("write", fd, CALLER) ? -1 : NEXT(pwrite64)(fd, bytes, count, at);
}

/* As NFS tells at last that writes did not arrive: half of them are not there. */
int close(int fd) {
    struct stat facts;
    int flags = fcntl(fd, F_GETFL), was_written = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
    if (!was_written || !strikes_fd("close", fd, CALLER)) return NEXT(close)(fd);
    int number = errno;
    if (fstat(fd, &facts) || ftruncate(fd, facts.st_size / 2) || NEXT(close)(fd)) abort();
    errno = number;
    return -1;
}

int fsync(int fd) { return strikes_fd("fsync", fd, CALLER) ? -1 : NEXT(fsync)(fd); }

int rename(const char *from, const char *to) {
    return strikes("rename", from, CALLER) ? -1 : NEXT(rename)(from, to);
}

int renameat(int from_at, const char *from, int to_at, const char *to) {
    return strikes("rename", from, CALLER) ? -1 : NEXT(renameat)(from_at, from, to_at, to);
}
