#define _GNU_SOURCE
#include "qw_os.h"
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t nanos(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t qw_wall_nanos(void) { return nanos(CLOCK_REALTIME); }
int64_t qw_monotonic_nanos(void) { return nanos(CLOCK_MONOTONIC); }
int64_t qw_process_cpu_nanos(void) { return nanos(CLOCK_PROCESS_CPUTIME_ID); }
int64_t qw_thread_cpu_nanos(void) { return nanos(CLOCK_THREAD_CPUTIME_ID); }

int qw_futex_wait(const uint32_t *word, uint32_t expected, int64_t timeout_nanos) {
  struct timespec t = {timeout_nanos / 1000000000, timeout_nanos % 1000000000};
  long r = syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, timeout_nanos < 0 ? NULL : &t, NULL, 0);
  return r == 0 ? 0 : errno;
}

void qw_futex_wake(const uint32_t *word, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

void qw_thread_name(const char *name) {
  char kept[16];
  strncpy(kept, name, sizeof kept - 1);
  kept[sizeof kept - 1] = 0;
  pthread_setname_np(pthread_self(), kept);
}

/* getrusage's figure begins with that of whoever started the program; VmHWM is this program's own. */
int64_t qw_peak_resident_bytes(void) {
  long long kilobytes = -1;
  FILE *status = fopen("/proc/self/status", "re");
  if (status) {
    char line[128];
    while (kilobytes < 0 && fgets(line, sizeof line, status)) sscanf(line, "VmHWM: %lld kB", &kilobytes);
    fclose(status);
  }
  if (kilobytes >= 0) return (int64_t)kilobytes * 1024;
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (int64_t)u.ru_maxrss * 1024;
}

int qw_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void qw_install_signals(void (*on_signal)(int)) {
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = on_signal;
  sigemptyset(&a.sa_mask);
  sigaction(SIGINT, &a, NULL);
  sigaction(SIGTERM, &a, NULL);
  signal(SIGPIPE, SIG_IGN);
  /* A file beyond the limit of ulimit -f is an error of the write, as a full disk is. */
  signal(SIGXFSZ, SIG_IGN);
  /* A parent may have started us with both blocked: a mask outlives exec. */
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGINT);
  sigaddset(&both, SIGTERM);
  pthread_sigmask(SIG_UNBLOCK, &both, NULL);
}
