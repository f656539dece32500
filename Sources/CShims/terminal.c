#define _GNU_SOURCE
#include "qw_io.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Alternate screen, no cursor; and back, with an unfinished synchronized update and any colour ended. */
static const char enter_text[] = "\x1b[?1049h\x1b[?25l\x1b[2J";
static const char leave_text[] = "\x1b[?2026l\x1b[0m\x1b[?25h\x1b[?1049l";

/* Signals whose default action ends or stops the process; SIGINT and SIGTERM are requests, see io.c. */
static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGQUIT, SIGHUP};
enum { fatal_count = sizeof fatal / sizeof fatal[0] };

static atomic_int taken;
static int input = -1, output = -1;
static struct termios before;
static int has_mode;
static struct sigaction old_actions[fatal_count];
static struct sigaction old_suspend;
static atomic_int size_watch = -1;

int qw_terminal_size(int fd, int *rows, int *columns) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) return errno;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return 0;
}

static void write_all(int fd, const char *text, size_t count) {
  while (count > 0) {
    ssize_t n = write(fd, text, count);
    if (n < 0 && errno != EINTR) return;
    if (n > 0) {
      text += n;
      count -= (size_t)n;
    }
  }
}

static void put_back(void) {
  if (!atomic_exchange(&taken, 0)) return;
  int kept = errno;
  write_all(output, leave_text, sizeof leave_text - 1);
  if (has_mode) tcsetattr(input, TCSANOW, &before);
  errno = kept;
}

static void on_fatal(int signal_number) {
  put_back();
  for (int i = 0; i < fatal_count; i++)
    if (fatal[i] == signal_number) sigaction(signal_number, &old_actions[i], NULL);
  /* Delivered when this handler returns; a faulting instruction faults again by itself. */
  raise(signal_number);
}

int qw_terminal_enter(int in, int out) {
  if (atomic_load(&taken)) return EBUSY;
  input = in;
  output = out;
  has_mode = 0;
  if (in >= 0) {
    if (tcgetattr(in, &before) != 0) return errno;
    struct termios mode = before;
    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    mode.c_cc[VMIN] = 0;
    mode.c_cc[VTIME] = 0;
    mode.c_cc[VSUSP] = _POSIX_VDISABLE;
    mode.c_cc[VQUIT] = _POSIX_VDISABLE;
    if (tcsetattr(in, TCSANOW, &mode) != 0) return errno;
    has_mode = 1;
  }
  atomic_store(&taken, 1);
  struct sigaction mine;
  memset(&mine, 0, sizeof mine);
  mine.sa_handler = on_fatal;
  sigemptyset(&mine.sa_mask);
  for (int i = 0; i < fatal_count; i++) {
    sigaction(fatal[i], NULL, &old_actions[i]);
    /* Whoever handles or ignores a hang-up goes on behind it. */
    int is_handled = !(old_actions[i].sa_flags & SA_SIGINFO) && old_actions[i].sa_handler != SIG_DFL;
    if (fatal[i] == SIGHUP && is_handled) continue;
    sigaction(fatal[i], &mine, NULL);
  }
  struct sigaction ignore;
  memset(&ignore, 0, sizeof ignore);
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGTSTP, &ignore, &old_suspend);
  write_all(out, enter_text, sizeof enter_text - 1);
  return 0;
}

void qw_terminal_leave(void) {
  if (!atomic_load(&taken)) return;
  put_back();
  for (int i = 0; i < fatal_count; i++) sigaction(fatal[i], &old_actions[i], NULL);
  sigaction(SIGTSTP, &old_suspend, NULL);
}

static void on_size(int signal_number) {
  (void)signal_number;
  int kept = errno;
  uint64_t one = 1;
  int fd = atomic_load(&size_watch);
  if (fd >= 0 && write(fd, &one, sizeof one) < 0) { /* a full counter is readable all the same */
  }
  errno = kept;
}

void qw_terminal_watch_size(int event_fd) {
  atomic_store(&size_watch, event_fd);
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = on_size;
  a.sa_flags = SA_RESTART;
  sigemptyset(&a.sa_mask);
  sigaction(SIGWINCH, &a, NULL);
}
