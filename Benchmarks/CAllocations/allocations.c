#include "CAllocations.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

#if defined(__GLIBC__) || defined(__linux__)

/* The C library's own, by the names that glibc exports for this purpose. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static _Atomic uint64_t counted;
static _Atomic uint64_t counted_bytes;
/* Of the calling thread. In the program itself, so that reading it allocates nothing. */
static _Thread_local qw_allocation_counts own __attribute__((tls_model("initial-exec")));

static inline void note(size_t bytes) {
  atomic_fetch_add_explicit(&counted, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&counted_bytes, bytes, memory_order_relaxed);
  own.count++;
  own.bytes += bytes;
}

void *malloc(size_t size) {
  note(size);
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note(count * size);
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  note(size);
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
  note(size);
  void *made = __libc_memalign(alignment, size);
  if (made == NULL) return ENOMEM;
  *memory = made;
  return 0;
}

void free(void *memory) { __libc_free(memory); }

qw_allocation_counts qw_allocations(void) {
  qw_allocation_counts now;
  now.count = atomic_load_explicit(&counted, memory_order_relaxed);
  now.bytes = atomic_load_explicit(&counted_bytes, memory_order_relaxed);
  return now;
}

qw_allocation_counts qw_thread_allocations(void) { return own; }
#endif
