#ifndef QW_OS_H
#define QW_OS_H
#include <stdint.h>

/* Clocks of clock_gettime in nanoseconds: CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
   CLOCK_THREAD_CPUTIME_ID. */
int64_t qw_wall_nanos(void);
int64_t qw_monotonic_nanos(void);
int64_t qw_process_cpu_nanos(void);
int64_t qw_thread_cpu_nanos(void);

/* Waits on a 32-bit word until it differs from `expected`, is woken, or `timeout_nanos` passed (negative: no limit).
   Returns 0 or an errno (EAGAIN, ETIMEDOUT, EINTR). */
int qw_futex_wait(const uint32_t *_Nonnull word, uint32_t expected, int64_t timeout_nanos);
/* Wakes at most `count` waiters. */
void qw_futex_wake(const uint32_t *_Nonnull word, int count);

/* The pause instruction of a spin loop. */
static inline void qw_cpu_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Names the calling thread (15 bytes are kept). */
void qw_thread_name(const char *_Nonnull name);

/* Peak resident set of this process in bytes (getrusage). */
int64_t qw_peak_resident_bytes(void);

/* eventfd(2), non-blocking and close-on-exec; -1 and errno on failure. */
int qw_eventfd(void);

/* Installs `on_signal` for SIGINT and SIGTERM, lets the calling thread take both, and ignores SIGPIPE and SIGXFSZ. The
   handler may only do what is async-signal-safe. */
void qw_install_signals(void (*_Nonnull on_signal)(int));
#endif
