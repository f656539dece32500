#ifndef QW_IO_H
#define QW_IO_H
#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/* System calls that Swift cannot import: GNU extensions, variadic functions and names shared with a struct. All of
   them return 0 (or a count) or a negative errno. */

/* poll(2) with a limit in nanoseconds (negative: none). */
int qw_poll(struct pollfd *_Nonnull fds, unsigned count, int64_t timeout_nanos);

/* One event of an epoll set: the caller's token and EPOLL* bits. */
struct qw_poll_event {
  uint64_t token;
  uint32_t bits;
};
enum { QW_POLL_READ = 1, QW_POLL_WRITE = 4, QW_POLL_ERROR = 8, QW_POLL_HANG_UP = 16, QW_POLL_READ_HANG_UP = 0x2000 };
enum { QW_POLL_ADD = 1, QW_POLL_REMOVE = 2, QW_POLL_CHANGE = 3 };
/* At most this many events a call of qw_epoll_wait. */
enum { QW_POLL_MAX_EVENTS = 256 };
int qw_epoll_create(void);
int qw_epoll_set(int set, int action, int fd, uint64_t token, uint32_t bits);
int qw_epoll_wait(int set, struct qw_poll_event *_Nonnull events, int count, int64_t timeout_nanos);

int qw_open(const char *_Nonnull path, int flags, unsigned mode);
/* accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC. */
int qw_accept(int fd);
/* flock(LOCK_EX | LOCK_NB). */
int qw_lock_exclusive(int fd);
/* Renames, or fails with EEXIST where `to` exists; never overwrites. */
int qw_rename_new(const char *_Nonnull from, const char *_Nonnull to);
/* Columns of the terminal behind fd, 0 where there is none. */
int qw_terminal_columns(int fd);
/* Rows and columns of the terminal behind fd; 0, or an errno where there is none. */
int qw_terminal_size(int fd, int *_Nonnull rows, int *_Nonnull columns);

/* Takes the terminal for a picture: the alternate screen without a cursor on `out`; no echo, no lines, no suspending
   and no quitting by keys on `in` (unless negative). One terminal at a time. Until `qw_terminal_leave`, a signal
   that would end the process puts everything back first. Returns 0 or an errno. */
int qw_terminal_enter(int in, int out);
/* Puts everything back as it was; harmless where nothing was taken. Async-signal-safe. */
void qw_terminal_leave(void);
/* From now on each change of the terminal's size adds 1 to this eventfd, which must never be closed. */
void qw_terminal_watch_size(int event_fd);
/* Fills the buffer from the kernel's random source. */
int qw_random(void *_Nonnull bytes, size_t count);

/* A signal handler that counts the signal and adds 1 to the eventfd named by qw_signal_watch. */
void qw_signal_note(int signal_number);
void qw_signal_watch(int event_fd);
/* How many signals were noted. */
uint32_t qw_signal_count(void);
#endif
