#define _GNU_SOURCE
#include "CSampler.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

typedef struct {
  int tid;
  int is_alive;
  timer_t timer;
  char name[16];
} watched_thread;

static watched_thread threads[qw_sampler_threads];
static size_t thread_count;
static pthread_t watcher;
static int watcher_tid;
static long period_nanos;
static int own_pid;

static uint64_t *buffer;
static size_t capacity;
static _Atomic size_t used;
static _Atomic uint64_t dropped_samples;
static atomic_int is_running, is_open, handlers;
static int control_fd = -1, answers_fd = -1;

/* The program's own code: its functions keep frame pointers, other people's may not. */
static uint64_t code_start, code_end;

static int find_code(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size, (void)unused;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_X)) continue;
    code_start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    code_end = code_start + info->dlpi_phdr[i].p_memsz;
  }
  return 1; /* the program itself comes first */
}

static int is_own_code(uint64_t address) { return address >= code_start + 8 && address < code_end; }

/* Reads memory that may not be there: the number of whole words that were. */
static size_t read_words(uint64_t from, uint64_t *to, size_t count) {
  struct iovec local = {to, count * 8}, remote = {(void *)(uintptr_t)from, count * 8};
  ssize_t got = process_vm_readv(own_pid, &local, 1, &remote, 1, 0);
  return got < 0 ? 0 : (size_t)got / 8;
}

/* Whether a call stands right before an address of ours. */
static int is_return_address(uint64_t address) {
  if (!is_own_code(address)) return 0;
  const uint8_t *p = (const uint8_t *)(uintptr_t)address;
#if defined(__x86_64__)
  if (p[-5] == 0xE8) return 1;
  for (int n = 2; n <= 7; n++) { /* call through a register or memory: FF /2 */
    if (p[-n] == 0xFF && (p[1 - n] & 0x38) == 0x10) return 1;
  }
  return 0;
#elif defined(__aarch64__)
  uint32_t word;
  memcpy(&word, p - 4, 4);
  return (word & 0xFC000000u) == 0x94000000u || (word & 0xFFFFFC1Fu) == 0xD63F0000u;
#else
  (void)p;
  return 0;
#endif
}

enum { stack_limit = 16 << 20, near_words = 64, far_words = 4096, block_words = 128 };

/* Follows frame records (saved frame pointer, return address) outward from `frame`. Gives the number of addresses and
   the place of the first return address of ours. */
static size_t follow(uint64_t frame, uint64_t low, uint64_t *out, size_t room, uint64_t *own_slot) {
  size_t n = 0;
  uint64_t record[2];
  const uint64_t bottom = low;
  while (n < room && frame >= low && frame - bottom < stack_limit && (frame & 7) == 0) {
    if (read_words(frame, record, 2) < 2 || record[1] == 0) break;
    if (*own_slot == 0 && is_own_code(record[1])) *own_slot = frame + 8;
    out[n++] = record[1];
    low = frame + 16;
    frame = record[0];
  }
  return n;
}

/* Looks above `sp` for the first return address of ours within `words`: who called the library, which need not keep
   frame pointers. */
static uint64_t find_caller(uint64_t sp, size_t words, uint64_t *slot) {
  uint64_t block[block_words];
  for (size_t at = 0; at < words; at += block_words) {
    size_t want = words - at < block_words ? words - at : block_words;
    size_t got = read_words(sp + at * 8, block, want);
    for (size_t i = 0; i < got; i++) {
      if (is_return_address(block[i])) {
        *slot = sp + (at + i) * 8;
        return block[i];
      }
    }
    if (got < want) return 0;
  }
  return 0;
}

/* Looks above `from` for a frame record of ours: a pointer to further up, then a return address of ours. */
static uint64_t find_record(uint64_t from) {
  uint64_t block[block_words + 1];
  for (size_t at = 0; at < far_words; at += block_words) {
    uint64_t base = from + at * 8;
    size_t got = read_words(base, block, block_words + 1);
    for (size_t i = 0; i + 1 < got; i++) {
      uint64_t here = base + i * 8, up = block[i];
      if (up > here && up - here < stack_limit && (up & 15) == 0 && is_return_address(block[i + 1])) return here;
    }
    if (got < block_words + 1) return 0;
  }
  return 0;
}

static size_t walk(uint64_t pc, uint64_t sp, uint64_t frame, uint64_t link, uint64_t *out, size_t room) {
  size_t n = 0;
  out[n++] = pc;
  uint64_t own_slot = 0;
  if (is_own_code(pc)) return n + follow(frame, sp, out + n, room - n, &own_slot);
  if (link != 0 && is_return_address(link)) out[n++] = link;
  size_t before = n, inner = follow(frame, sp, out + n, room - n, &own_slot);
  if (n > 1 && own_slot != 0) return n + inner;
  if (own_slot != 0) {
    /* The chain is whole. When it begins with ours, the library kept no frame and its caller is not in it. */
    uint64_t slot = 0, caller = is_own_code(out[n]) ? find_caller(sp, near_words, &slot) : 0;
    if (caller != 0 && slot < own_slot && n + inner < room) {
      memmove(out + n + 1, out + n, inner * 8);
      out[n] = caller;
      inner++;
    }
    return n + inner;
  }
  n = before; /* the frame pointer was used for something else */
  uint64_t slot = sp, caller = find_caller(sp, far_words, &slot);
  if (caller == 0) return n;
  if (n < room) out[n++] = caller;
  frame = find_record(slot + 8);
  return frame == 0 ? n : n + follow(frame, slot, out + n, room - n, &own_slot);
}

static void take(const ucontext_t *context) {
  uint64_t pc, sp, frame, link = 0, addresses[qw_sampler_depth];
#if defined(__x86_64__)
  pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
  sp = (uint64_t)context->uc_mcontext.gregs[REG_RSP];
  frame = (uint64_t)context->uc_mcontext.gregs[REG_RBP];
#elif defined(__aarch64__)
  pc = context->uc_mcontext.pc;
  sp = context->uc_mcontext.sp;
  frame = context->uc_mcontext.regs[29];
  link = context->uc_mcontext.regs[30];
#else
#error "the sampler knows x86-64 and arm64"
#endif
  size_t n = walk(pc, sp, frame, link, addresses, qw_sampler_depth);
  size_t at = atomic_fetch_add_explicit(&used, n + 1, memory_order_relaxed);
  if (at + n + 1 > capacity) {
    atomic_fetch_add_explicit(&dropped_samples, 1, memory_order_relaxed);
    return;
  }
  buffer[at] = (uint64_t)n << 32 | (uint32_t)syscall(SYS_gettid);
  memcpy(buffer + at + 1, addresses, n * 8);
}

static void on_sample(int number, siginfo_t *info, void *context) {
  (void)number, (void)info;
  int kept = errno;
  atomic_fetch_add(&handlers, 1);
  if (atomic_load(&is_running) && atomic_load(&is_open)) take(context);
  atomic_fetch_sub(&handlers, 1);
  errno = kept;
}

/* The clock of another thread's CPU time, as pthread_getcpuclockid makes it from the thread's id. */
static clockid_t thread_clock(int tid) { return (clockid_t)((~(unsigned)tid << 3) | 6); }

static int start_timer(watched_thread *thread) {
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGPROF;
  event.sigev_notify_thread_id = thread->tid;
  if (timer_create(thread_clock(thread->tid), &event, &thread->timer) != 0) return errno;
  struct itimerspec each = {{0, period_nanos}, {0, period_nanos}};
  if (timer_settime(thread->timer, 0, &each, NULL) != 0) {
    int failed = errno;
    timer_delete(thread->timer);
    return failed;
  }
  thread->is_alive = 1;
  return 0;
}

static void read_name(watched_thread *thread) {
  char path[48] = "/proc/self/task/", digits[12];
  int n = 0, tid = thread->tid;
  do digits[n++] = (char)('0' + tid % 10);
  while ((tid /= 10) > 0);
  size_t at = strlen(path);
  while (n > 0) path[at++] = digits[--n];
  memcpy(path + at, "/comm", 6);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  char name[16];
  ssize_t got = read(fd, name, sizeof name);
  close(fd);
  if (got <= 1) return;
  name[got - 1] = 0; /* in place of the line's end */
  memcpy(thread->name, name, (size_t)got);
}

/* Gives each new thread a timer, and takes it from those that are gone. */
static int scan_threads(void) {
  DIR *list = opendir("/proc/self/task");
  if (list == NULL) return errno;
  unsigned char is_seen[qw_sampler_threads] = {0};
  int failed = 0;
  for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
    int tid = atoi(entry->d_name);
    if (tid <= 0 || tid == watcher_tid) continue;
    size_t i = 0;
    while (i < thread_count && !(threads[i].is_alive && threads[i].tid == tid)) i++;
    if (i == qw_sampler_threads) continue;
    if (i == thread_count) {
      memset(&threads[i], 0, sizeof threads[i]);
      threads[i].tid = tid;
      int refused = start_timer(&threads[i]);
      if (refused == EINVAL || refused == ESRCH) continue; /* it ended meanwhile */
      if (refused != 0) {
        failed = refused;
        continue;
      }
      thread_count++;
    }
    is_seen[i] = 1;
    read_name(&threads[i]);
  }
  closedir(list);
  for (size_t i = 0; i < thread_count; i++) {
    if (threads[i].is_alive && !is_seen[i]) {
      timer_delete(threads[i].timer);
      threads[i].is_alive = 0;
    }
  }
  return failed;
}

static void *watch(void *unused) {
  (void)unused;
  watcher_tid = (int)syscall(SYS_gettid);
  pthread_setname_np(pthread_self(), "qw-sampler");
  const struct timespec pause = {0, qw_sampler_scan_millis * 1000000L};
  while (atomic_load(&is_running)) {
    scan_threads();
    nanosleep(&pause, NULL);
  }
  return NULL;
}

int qw_sampler_start(int hertz, size_t capacity_words) {
  if (atomic_load(&is_running)) return EBUSY;
  own_pid = getpid();
  uint64_t probe = 1, copy = 0;
  errno = 0;
  if (read_words((uint64_t)(uintptr_t)&probe, &copy, 1) != 1) return errno != 0 ? errno : EPERM;
  dl_iterate_phdr(find_code, NULL);
  free(buffer);
  buffer = malloc(capacity_words * 8);
  if (buffer == NULL) return ENOMEM;
  memset(buffer, 0, capacity_words * 8);
  capacity = capacity_words;
  atomic_store(&used, 0);
  atomic_store(&dropped_samples, 0);
  atomic_store(&is_open, 0);
  thread_count = 0;
  watcher_tid = 0;
  period_nanos = hertz <= 1 ? 999999999 : 1000000000L / hertz;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_sample;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGPROF, &action, NULL) != 0) return errno;
  int failed = scan_threads();
  atomic_store(&is_running, 1);
  if (failed == 0) failed = pthread_create(&watcher, NULL, watch, NULL);
  if (failed != 0) {
    atomic_store(&is_running, 0);
    for (size_t i = 0; i < thread_count; i++) {
      if (threads[i].is_alive) timer_delete(threads[i].timer);
    }
  }
  return failed;
}

void qw_sampler_stop(void) {
  if (!atomic_load(&is_running)) return;
  atomic_store(&is_open, 0);
  atomic_store(&is_running, 0);
  pthread_join(watcher, NULL);
  for (size_t i = 0; i < thread_count; i++) {
    if (threads[i].is_alive) timer_delete(threads[i].timer);
    threads[i].is_alive = 0;
  }
  const struct timespec pause = {0, 1000000};
  while (atomic_load(&handlers) != 0) nanosleep(&pause, NULL);
}

/* perf answers each command with "ack\n" and a zero byte. */
static void tell_perf(const char *command) {
  char answer[8];
  if (write(control_fd, command, strlen(command)) < 0) return;
  if (answers_fd >= 0 && read(answers_fd, answer, sizeof answer) <= 0) answers_fd = -1;
}

void qw_sampler_gate(int open) {
  atomic_store(&is_open, open);
  if (control_fd >= 0) tell_perf(open ? "enable\n" : "disable\n");
}

void qw_sampler_control(int control, int answers) {
  control_fd = control;
  answers_fd = answers;
}

const uint64_t *qw_sampler_words(size_t *count, uint64_t *dropped) {
  size_t end = atomic_load(&used), at = 0;
  if (end > capacity) end = capacity;
  while (at < end) { /* the last samples may not have fitted */
    size_t next = at + 1 + (size_t)(buffer[at] >> 32);
    if (buffer[at] == 0 || next > end) break;
    at = next;
  }
  *count = at;
  *dropped = atomic_load(&dropped_samples);
  return buffer;
}

int qw_sampler_thread(size_t i, char *name16) {
  if (i >= thread_count) return 0;
  memcpy(name16, threads[i].name, 16);
  return threads[i].tid;
}
