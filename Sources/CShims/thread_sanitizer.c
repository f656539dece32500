/* Shows ThreadSanitizer the locks of Synchronization.Mutex. Their fast path is in our own code and instrumented; a lock
   that is contended is taken and given back by the kernel (FUTEX_LOCK_PI) in the standard library, which is not: what
   such a lock guards looked like a race. Here stand the library's two functions of that slow path, each of which tells
   the sanitizer and calls the library's own. In other builds this file is empty. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

void __tsan_acquire(void *address);
void __tsan_release(void *address);
SWIFT void qw_lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void qw_unlock_slow(SELF) __asm__(UNLOCK);

static void *own(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (!function) abort();
  return function;
}

SWIFT void qw_lock_slow(uint32_t thread, SELF) {
  ((SWIFT void (*)(uint32_t, SELF))own(LOCK))(thread, self);
  __tsan_acquire(self);
}

SWIFT void qw_unlock_slow(SELF) {
  __tsan_release(self);
  ((SWIFT void (*)(SELF))own(UNLOCK))(self);
}
#endif
#endif
