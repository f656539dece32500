#ifndef CSAMPLER_H
#define CSAMPLER_H
#include <stddef.h>
#include <stdint.h>

/* A sampler of call stacks for machines where perf may not be used. Each thread of the process has a timer on its own
   CPU time (timer_create with the thread's clock, SIGEV_THREAD_ID); its SIGPROF walks the thread's frame pointers and
   writes the addresses into a buffer that was made beforehand. The handler allocates nothing and takes no lock.

   A sample is a run of 64-bit words:

       | thread id (low 32 bits), number of addresses n (high 32 bits) | n addresses, innermost first |

   The first address is where the thread was, the others are return addresses. The kernel looks at CPU timers on its
   tick: more than CONFIG_HZ (mostly 250) samples a second of CPU time are not to be had. */

enum { qw_sampler_depth = 192, qw_sampler_threads = 256, qw_sampler_scan_millis = 5 };

/* Begins with the gate closed: nothing is taken before qw_sampler_gate(1). Returns 0 or an errno: EBUSY when it runs
   already, EPERM or ENOSYS where the system refuses process_vm_readv, EAGAIN where it refuses timers or threads. */
int qw_sampler_start(int hertz, size_t capacity_words);
/* Takes no more samples; what was taken stays until the next start. */
void qw_sampler_stop(void);

/* Opens or closes the gate: samples are taken while it is open. A call without a running sampler does nothing, unless
   qw_sampler_control named a perf. */
void qw_sampler_gate(int is_open);
/* Lets the gate switch a perf record that was started with `-D -1 --control fd:...`: commands go to `control`, perf's
   answers come from `answers`. -1 for none. */
void qw_sampler_control(int control, int answers);

/* Words written so far, and samples that found the buffer full. Read after qw_sampler_stop. */
const uint64_t *_Nullable qw_sampler_words(size_t *_Nonnull count, uint64_t *_Nonnull dropped);
/* The i-th thread that was seen, and its name; 0 behind the last. */
int qw_sampler_thread(size_t i, char *_Nonnull name16);

/* A name that the Swift or C++ compiler made, in words, cut to `size`. Returns its length,
   0 where it is none of theirs. */
size_t qw_demangle(const char *_Nonnull name, char *_Nonnull out, size_t size);
#endif
