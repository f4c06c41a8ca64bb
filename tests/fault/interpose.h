/* What libraries that stand before the C library (LD_PRELOAD) share. */
#pragma once
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>

/* The function that this one stands before. */
#define NEXT(name)                 \
    static __typeof__(name)* next; \
    if (next == NULL) next = (__typeof__(name)*)dlsym(RTLD_NEXT, #name)

/* mode: what follows flags where they make a file. */
#define MODE_OF(flags)                                                \
    mode_t mode = 0;                                                  \
    if (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE) { \
        va_list rest;                                                 \
        va_start(rest, flags);                                        \
        mode = va_arg(rest, mode_t);                                  \
        va_end(rest);                                                 \
    }
