#define _GNU_SOURCE
#include "qw_io.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(QW_POLL_READ == EPOLLIN && QW_POLL_WRITE == EPOLLOUT && QW_POLL_ERROR == EPOLLERR &&
                   QW_POLL_HANG_UP == EPOLLHUP && QW_POLL_READ_HANG_UP == EPOLLRDHUP,
               "the header repeats epoll's bits");
_Static_assert(QW_POLL_ADD == EPOLL_CTL_ADD && QW_POLL_REMOVE == EPOLL_CTL_DEL && QW_POLL_CHANGE == EPOLL_CTL_MOD,
               "the header repeats epoll's actions");

static int outcome(int r) { return r < 0 ? -errno : r; }

int qw_poll(struct pollfd *fds, unsigned count, int64_t timeout_nanos) {
  struct timespec t = {timeout_nanos / 1000000000, timeout_nanos % 1000000000};
  return outcome(ppoll(fds, count, timeout_nanos < 0 ? NULL : &t, NULL));
}

int qw_epoll_create(void) { return outcome(epoll_create1(EPOLL_CLOEXEC)); }

int qw_epoll_set(int set, int action, int fd, uint64_t token, uint32_t bits) {
  struct epoll_event e = {.events = bits, .data.u64 = token};
  return outcome(epoll_ctl(set, action, fd, &e));
}

/* Linux 5.11 and later wait to the nanosecond; ENOSYS elsewhere, and EPERM where a filter does not know the call. */
static int wait_exactly(int set, struct epoll_event *found, int most, int64_t timeout_nanos) {
#ifdef SYS_epoll_pwait2
  struct timespec limit = {timeout_nanos / 1000000000, timeout_nanos % 1000000000};
  return (int)syscall(SYS_epoll_pwait2, set, found, most, &limit, NULL, 0);
#else
  errno = ENOSYS;
  return -1;
#endif
}

int qw_epoll_wait(int set, struct qw_poll_event *events, int count, int64_t timeout_nanos) {
  struct epoll_event found[QW_POLL_MAX_EVENTS];
  int most = count < QW_POLL_MAX_EVENTS ? count : QW_POLL_MAX_EVENTS;
  int millis = -1;
  if (timeout_nanos >= 0) {
    /* Rounded up, so that a caller with a deadline does not spin through its last millisecond. */
    int64_t up = timeout_nanos / 1000000 + (timeout_nanos % 1000000 != 0);
    millis = up > 0x7FFFFFFF ? 0x7FFFFFFF : (int)up;
  }
  /* Whole milliseconds are for the older call: a feed due in 80 microseconds would be late by more than that. */
  int n = timeout_nanos > 0 ? wait_exactly(set, found, most, timeout_nanos) : epoll_wait(set, found, most, millis);
  if (n < 0 && (errno == ENOSYS || errno == EPERM)) n = epoll_wait(set, found, most, millis);
  if (n < 0) return -errno;
  for (int i = 0; i < n; i++) {
    events[i].token = found[i].data.u64;
    events[i].bits = found[i].events;
  }
  return n;
}

int qw_open(const char *path, int flags, unsigned mode) { return outcome(open(path, flags, (mode_t)mode)); }
int qw_accept(int fd) { return outcome(accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)); }
int qw_lock_exclusive(int fd) { return outcome(flock(fd, LOCK_EX | LOCK_NB)); }

int qw_rename_new(const char *from, const char *to) {
  if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 1 /* RENAME_NOREPLACE */) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -errno;
  /* A file system without the flag: a hard link never overwrites either. */
  if (link(from, to) != 0) return -errno;
  return outcome(unlink(from));
}

int qw_terminal_columns(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int qw_random(void *bytes, size_t count) {
  size_t done = 0;
  while (done < count) {
    ssize_t n = getrandom((char *)bytes + done, count - done, 0);
    if (n >= 0)
      done += (size_t)n;
    else if (errno != EINTR)
      return -errno;
  }
  return 0;
}

static _Atomic int watched = -1;
static _Atomic uint32_t noted;

void qw_signal_watch(int event_fd) { atomic_store_explicit(&watched, event_fd, memory_order_release); }
uint32_t qw_signal_count(void) { return atomic_load_explicit(&noted, memory_order_acquire); }

void qw_signal_note(int signal_number) {
  (void)signal_number;
  int saved = errno;
  atomic_fetch_add_explicit(&noted, 1, memory_order_release);
  int fd = atomic_load_explicit(&watched, memory_order_acquire);
  uint64_t one = 1;
  if (fd >= 0 && write(fd, &one, sizeof one) < 0) { /* the counter is full: it is readable all the same */ }
  errno = saved;
}
