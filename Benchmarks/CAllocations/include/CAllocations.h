#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H
#include <stdint.h>

/* malloc and its relatives, counted. Linked only into quotewire-bench: whatever links this target has its functions
   instead of the C library's. All threads are counted, mmap is not, and of a realloc its new size. */
typedef struct {
  uint64_t count;
  uint64_t bytes;
} qw_allocation_counts;

/* Allocations of the process since it started. */
qw_allocation_counts qw_allocations(void);
/* Those of the calling thread. */
qw_allocation_counts qw_thread_allocations(void);
#endif
