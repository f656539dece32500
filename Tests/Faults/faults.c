#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "faults.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum call {
  ANY, OPEN, READ, WRITE, SYNC, TRUNCATE, RENAME, UNLINK, MKDIR, LOCK, CLOSE, SIZE, LIST, MAP, SOCKET, CONNECT, ACCEPT,
  LISTEN, SEND, RECEIVE, POLL, EVENT, THREAD, CALLS
};

static const char *const names[CALLS] = {
  "any", "open", "read", "write", "sync", "truncate", "rename", "unlink", "mkdir", "lock", "close", "size", "list",
  "map", "socket", "connect", "accept", "listen", "send", "receive", "poll", "event", "thread"};

enum kind { FAIL, FULL, CUT, KILL, SLOW, JUMP, COUNT, JOURNAL };

struct rule {
  enum kind kind;
  int call, error, is_after;
  long first, times;
  char path[256], file[256];
  int fd;
  long seen, failed;
};

static struct rule rules[16];
static int rule_count;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

/* Signals wait meanwhile: the program's handler writes, and would wait for its own thread. */
static void enter(sigset_t *kept) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, kept);
  pthread_mutex_lock(&guard);
}

static void leave(const sigset_t *kept) {
  pthread_mutex_unlock(&guard);
  pthread_sigmask(SIG_SETMASK, kept, NULL);
}

/* The next definition of a function: the C library's. */
#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static ssize_t plain_write(int fd, const void *bytes, size_t count) { return syscall(SYS_write, fd, bytes, count); }

static void stop(const char *why) {
  plain_write(2, why, strlen(why));
  _exit(99);
}

static int call_named(const char *name) {
  for (int i = 0; i < CALLS; i++)
    if (strcmp(names[i], name) == 0) return i;
  stop("QUOTEWIRE_FAULTS: no such call\n");
  return ANY;
}

static int opened(const char *file) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) stop("QUOTEWIRE_FAULTS: cannot open a file of its own\n");
  return (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900);
}

static void parse(const char *text) {
  struct rule *r = &rules[rule_count];
  char kind[16] = "", call[16] = "any", when[16] = "";
  memset(r, 0, sizeof *r);
  sscanf(text, "%15s", kind);
  if (!strcmp(kind, "fail")) {
    r->kind = FAIL;
    if (sscanf(text, "%*s %15s %ld %ld %d %255s", call, &r->first, &r->times, &r->error, r->path) != 5) goto bad;
  } else if (!strcmp(kind, "full")) {
    r->kind = FULL;
    if (sscanf(text, "%*s %ld %ld %255s", &r->first, &r->times, r->path) != 3) goto bad;
    r->error = ENOSPC;
  } else if (!strcmp(kind, "cut")) {
    r->kind = CUT;
    if (sscanf(text, "%*s %ld %255s", &r->first, r->path) != 2) goto bad;
  } else if (!strcmp(kind, "kill")) {
    r->kind = KILL;
    if (sscanf(text, "%*s %15s %ld %15s %255s", call, &r->first, when, r->path) != 4) goto bad;
    r->is_after = !strcmp(when, "after");
  } else if (!strcmp(kind, "slow")) {
    r->kind = SLOW;
    if (sscanf(text, "%*s %15s %ld %255s", call, &r->first, r->path) != 3) goto bad;
  } else if (!strcmp(kind, "jump")) {
    r->kind = JUMP;
    if (sscanf(text, "%*s %ld %ld", &r->times, &r->first) != 2) goto bad;
  } else if (!strcmp(kind, "count") || !strcmp(kind, "journal")) {
    r->kind = kind[0] == 'c' ? COUNT : JOURNAL;
    if (sscanf(text, "%*s %255s %255s", r->file, r->path) != 2) goto bad;
    r->fd = opened(r->file);
  } else {
    goto bad;
  }
  r->call = call_named(call);
  rule_count++;
  return;
bad:
  stop("QUOTEWIRE_FAULTS: a rule that cannot be read\n");
}

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv(QUOTEWIRE_FAULTS_VARIABLE);
  if (!text) return;
  char *copy = strdup(text), *state = NULL;
  for (char *one = strtok_r(copy, ";", &state); one; one = strtok_r(NULL, ";", &state)) {
    if (rule_count == (int)(sizeof rules / sizeof *rules)) stop("QUOTEWIRE_FAULTS: too many rules\n");
    parse(one);
  }
  free(copy);
}

/* The path that a descriptor was opened by, or what /proc says of it. */
static const char *path_of(int fd, char *room, size_t size) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = syscall(SYS_readlink, link, room, size - 1);
  room[n < 0 ? 0 : n] = 0;
  return room;
}

static int concerns(const struct rule *r, enum call call, const char *path) {
  if (r->call != ANY && r->call != (int)call) return 0;
  return !strcmp(r->path, "-") || (path && strstr(path, r->path));
}

static void die(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

static void sleep_millis(long millis) {
  struct timespec t = {millis / 1000, millis % 1000 * 1000000};
  syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
}

/* What the rules say before a call is made: the errno that it fails with, or 0. */
static int before(enum call call, const char *path) {
  int error = 0;
  long late = 0;
  sigset_t kept;
  if (rule_count == 0) return 0;
  enter(&kept);
  for (int i = 0; i < rule_count; i++) {
    struct rule *r = &rules[i];
    if (r->kind == CUT || r->kind == FULL || r->kind == JUMP || r->kind == JOURNAL) continue;
    if (!concerns(r, call, path)) continue;
    r->seen++;
    if (r->kind == FAIL && r->seen >= r->first && r->seen < r->first + r->times) error = r->error;
    if (r->kind == KILL && !r->is_after && r->seen == r->first) die();
    if (r->kind == SLOW) late += r->first;
    if (r->kind == COUNT) {
      char text[32];
      int n = snprintf(text, sizeof text, "%ld\n", r->seen);
      syscall(SYS_ftruncate, r->fd, 0);
      plain_write(r->fd, text, (size_t)n);
    }
  }
  leave(&kept);
  if (late) sleep_millis(late);
  return error;
}

static void after(enum call call, const char *path) {
  for (int i = 0; i < rule_count; i++) {
    struct rule *r = &rules[i];
    if (r->kind == KILL && r->is_after && concerns(r, call, path) && r->seen >= r->first) die();
  }
}

/* A journal is a row of these, each followed by the path, the second path and the bytes. */
struct journal_entry {
  uint32_t operation, path_bytes, other_bytes, byte_count;
  int64_t offset;
  uint64_t inode;
};

static void journal(enum call call, const char *path, const char *other, uint64_t inode, int64_t offset,
                    const void *bytes, size_t count) {
  for (int i = 0; i < rule_count; i++) {
    struct rule *r = &rules[i];
    if (r->kind != JOURNAL || !concerns(r, call, path)) continue;
    struct journal_entry e = {call, (uint32_t)strlen(path), other ? (uint32_t)strlen(other) : 0, (uint32_t)count,
                              offset, inode};
    sigset_t kept;
    enter(&kept);
    plain_write(r->fd, &e, sizeof e);
    plain_write(r->fd, path, e.path_bytes);
    if (other) plain_write(r->fd, other, e.other_bytes);
    if (count) plain_write(r->fd, bytes, count);
    leave(&kept);
  }
}

static int has_journal(void) {
  for (int i = 0; i < rule_count; i++)
    if (rules[i].kind == JOURNAL) return 1;
  return 0;
}

static uint64_t inode_of(int fd) {
  struct stat info;
  return syscall(SYS_fstat, fd, &info) == 0 ? info.st_ino : 0;
}

#define BEFORE(call, path, failure) \
  do { \
    int forced = before(call, path); \
    if (forced) { \
      errno = forced; \
      return failure; \
    } \
  } while (0)

#define BEFORE_FD(call, fd, failure) \
  char room[512]; \
  const char *path = rule_count ? path_of(fd, room, sizeof room) : ""; \
  BEFORE(call, path, failure)

/* How many bytes of a write are made, and whether it fails after them or is the last thing done. */
static ssize_t written(int fd, const void *bytes, size_t count, off_t offset, int is_at, const char *path) {
  size_t allowed = count;
  int error = 0, dies = 0;
  sigset_t kept;
  enter(&kept);
  for (int i = 0; i < rule_count; i++) {
    struct rule *r = &rules[i];
    if ((r->kind != CUT && r->kind != FULL) || !concerns(r, WRITE, path)) continue;
    long left = r->first - r->seen;
    if (r->kind == FULL && r->failed >= r->times) continue;
    if (r->kind == CUT && left <= (long)count) {
      dies = 1;
      if ((size_t)left < allowed) allowed = (size_t)(left > 0 ? left : 0);
    }
    if (r->kind == FULL && left < (long)count) {
      allowed = left > 0 ? (size_t)left : 0;
      if (left <= 0) {
        error = r->error;
        r->failed++;
      }
    }
    r->seen += (long)allowed;
  }
  leave(&kept);
  if (error) {
    errno = error;
    return -1;
  }
  off_t at = is_at ? offset : has_journal() ? (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR) : 0;
  ssize_t done = allowed == 0 ? 0
                 : is_at      ? syscall(SYS_pwrite64, fd, bytes, allowed, offset)
                              : syscall(SYS_write, fd, bytes, allowed);
  if (done > 0 && has_journal()) journal(WRITE, path, NULL, inode_of(fd), at, bytes, (size_t)done);
  if (dies) die();
  return done;
}

ssize_t write(int fd, const void *bytes, size_t count) {
  BEFORE_FD(WRITE, fd, -1);
  ssize_t done = written(fd, bytes, count, 0, 0, path);
  after(WRITE, path);
  return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  BEFORE_FD(WRITE, fd, -1);
  ssize_t done = written(fd, bytes, count, offset, 1, path);
  after(WRITE, path);
  return done;
}

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
  va_end(list);
  BEFORE(OPEN, path, -1);
  int is_new = has_journal() && flags & O_CREAT && syscall(SYS_access, path, F_OK) != 0;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if (fd >= 0 && has_journal() && (is_new || flags & O_TRUNC))
    journal(is_new ? OPEN : TRUNCATE, path, NULL, inode_of(fd), 0, NULL, 0);
  after(OPEN, path);
  return fd;
}

int fsync(int fd) {
  BEFORE_FD(SYNC, fd, -1);
  int r = (int)syscall(SYS_fsync, fd);
  if (r == 0 && has_journal()) journal(SYNC, path, NULL, inode_of(fd), 0, NULL, 0);
  after(SYNC, path);
  return r;
}

int ftruncate(int fd, off_t length) {
  BEFORE_FD(TRUNCATE, fd, -1);
  int r = (int)syscall(SYS_ftruncate, fd, length);
  if (r == 0 && has_journal()) journal(TRUNCATE, path, NULL, inode_of(fd), length, NULL, 0);
  after(TRUNCATE, path);
  return r;
}

int rename(const char *from, const char *to) {
  BEFORE(RENAME, from, -1);
  int r = (int)syscall(SYS_rename, from, to);
  if (r == 0 && has_journal()) journal(RENAME, from, to, 0, 0, NULL, 0);
  after(RENAME, from);
  return r;
}

int unlink(const char *path) {
  BEFORE(UNLINK, path, -1);
  int r = (int)syscall(SYS_unlink, path);
  if (r == 0 && has_journal()) journal(UNLINK, path, NULL, 0, 0, NULL, 0);
  after(UNLINK, path);
  return r;
}

/* The program renames without overwriting through this. */
long syscall(long number, ...) {
  REAL(syscall);
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (number != SYS_renameat2) return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  const char *from = (const char *)a[1], *to = (const char *)a[3];
  BEFORE(RENAME, from, -1);
  long r = real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (r == 0 && has_journal()) journal(RENAME, from, to, 0, 0, NULL, 0);
  after(RENAME, from);
  return r;
}

/* Calls that the rules may only fail, delay or count. */
#define PASS_PATH(call, result, failure, name, parameters, path, arguments) \
  result name parameters { \
    REAL(name); \
    BEFORE(call, path, failure); \
    return real arguments; \
  }
#define PASS_FD(call, result, failure, name, parameters, fd, arguments) \
  result name parameters { \
    REAL(name); \
    BEFORE_FD(call, fd, failure); \
    return real arguments; \
  }

PASS_PATH(MKDIR, int, -1, mkdir, (const char *p, mode_t m), p, (p, m))
PASS_PATH(LIST, DIR *, NULL, opendir, (const char *p), p, (p))
PASS_FD(READ, ssize_t, -1, read, (int fd, void *b, size_t n), fd, (fd, b, n))
PASS_FD(READ, ssize_t, -1, pread, (int fd, void *b, size_t n, off_t o), fd, (fd, b, n, o))
PASS_FD(LOCK, int, -1, flock, (int fd, int o), fd, (fd, o))
PASS_FD(SIZE, int, -1, fstat, (int fd, struct stat *s), fd, (fd, s))
PASS_FD(ACCEPT, int, -1, accept4, (int fd, __SOCKADDR_ARG a, socklen_t *restrict l, int f), fd, (fd, a, l, f))
PASS_FD(LISTEN, int, -1, listen, (int fd, int n), fd, (fd, n))
PASS_FD(CONNECT, int, -1, connect, (int fd, __CONST_SOCKADDR_ARG a, socklen_t l), fd, (fd, a, l))
PASS_FD(SEND, ssize_t, -1, send, (int fd, const void *b, size_t n, int f), fd, (fd, b, n, f))
PASS_FD(RECEIVE, ssize_t, -1, recv, (int fd, void *b, size_t n, int f), fd, (fd, b, n, f))
PASS_PATH(SOCKET, int, -1, socket, (int d, int t, int p), "socket", (d, t, p))
PASS_PATH(EVENT, int, -1, eventfd, (unsigned v, int f), "event", (v, f))
PASS_PATH(EVENT, int, -1, epoll_create1, (int f), "event", (f))
PASS_PATH(POLL, int, -1, ppoll, (struct pollfd * p, nfds_t n, const struct timespec *t, const sigset_t *s), "poll",
          (p, n, t, s))
PASS_PATH(POLL, int, -1, epoll_wait, (int s, struct epoll_event *e, int n, int t), "poll", (s, e, n, t))
PASS_PATH(POLL, int, -1, epoll_ctl, (int s, int a, int fd, struct epoll_event *e), "poll", (s, a, fd, e))

void *mmap(void *at, size_t count, int protection, int flags, int fd, off_t offset) {
  if (fd >= 0) {
    BEFORE_FD(MAP, fd, MAP_FAILED);
  }
  return (void *)syscall(SYS_mmap, at, count, protection, flags, fd, offset);
}

int close(int fd) {
  /* A close that fails has closed nevertheless, as Linux does it. */
  char room[512];
  int forced = before(CLOSE, rule_count ? path_of(fd, room, sizeof room) : "");
  int r = (int)syscall(SYS_close, fd);
  if (!forced) return r;
  errno = forced;
  return -1;
}

int pthread_create(pthread_t *restrict t, const pthread_attr_t *restrict a, void *(*f)(void *), void *restrict x) {
  REAL(pthread_create);
  int forced = before(THREAD, "thread");
  return forced ? forced : real(t, a, f, x);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(clock_gettime);
  int r = real(clock, now);
  if (r != 0 || clock != CLOCK_REALTIME) return r;
  for (int i = 0; i < rule_count; i++) {
    if (rules[i].kind != JUMP) continue;
    struct timespec steady;
    real(CLOCK_MONOTONIC, &steady);
    long turn = (steady.tv_sec * 1000 + steady.tv_nsec / 1000000) / rules[i].times % 4;
    now->tv_sec += turn == 0 ? rules[i].first : turn == 2 ? -rules[i].first : 0;
  }
  return r;
}
