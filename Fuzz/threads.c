// Tells the thread sanitizer of the locks of Swift's Synchronization.Mutex.
//
// The way to a free mutex is compiled into the program, where the sanitizer sees it. To one that is held it leads
// through libswiftSynchronization, which is not built for the sanitizer: what one thread did under the lock then seems
// to race with what the next one does. Fuzz/threads loads this in front of that library; threads.swift is the proof.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

SWIFT void lockSlow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void unlockSlow(SELF) __asm__(UNLOCK);

SWIFT void lockSlow(uint32_t thread, SELF) {
    static SWIFT void (*next)(uint32_t, SELF);
    if (!next) { *(void **)&next = dlsym(RTLD_NEXT, LOCK); }
    next(thread, self);
    if (__tsan_acquire) { __tsan_acquire(self); }
}

SWIFT void unlockSlow(SELF) {
    static SWIFT void (*next)(SELF);
    if (!next) { *(void **)&next = dlsym(RTLD_NEXT, UNLOCK); }
    if (__tsan_release) { __tsan_release(self); }
    next(self);
}
