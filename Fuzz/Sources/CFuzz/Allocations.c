#include "CFuzz.h"

// Counts what is allocated, so that a harness can be held to a bound. glibc lets a program bring its own malloc and
// keeps its own under these names. A program has one thread that fuzzes; another one's bytes at the same time could
// get lost in the count and no more, so a plain addition will do.

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CFUZZ_OWN_ALLOCATOR 1
#endif
#endif

#if !defined(CFUZZ_OWN_ALLOCATOR) && defined(__GLIBC__)

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static uint64_t allocatedBytes;

uint64_t cfuzz_allocated_bytes(void) { return allocatedBytes; }

__attribute__((no_sanitize("coverage"))) void *malloc(size_t size) {
    allocatedBytes += size;
    return __libc_malloc(size);
}

__attribute__((no_sanitize("coverage"))) void *calloc(size_t count, size_t size) {
    allocatedBytes += count * size;
    return __libc_calloc(count, size);
}

__attribute__((no_sanitize("coverage"))) void *realloc(void *block, size_t size) {
    allocatedBytes += size;
    return __libc_realloc(block, size);
}

__attribute__((no_sanitize("coverage"))) void *aligned_alloc(size_t alignment, size_t size) {
    allocatedBytes += size;
    return __libc_memalign(alignment, size);
}

__attribute__((no_sanitize("coverage"))) int posix_memalign(void **block, size_t alignment, size_t size) {
    allocatedBytes += size;
    void *found = __libc_memalign(alignment, size);
    if (!found) { return 12; /* ENOMEM */ }
    *block = found;
    return 0;
}

#else

uint64_t cfuzz_allocated_bytes(void) { return 0; }

#endif
