// Sends ready-made frames to a socket, each at its own moment and in a write of its own: frame k at start + k *
// interval, by waiting busily. It never slows down for a slow client (open loop): what is late is sent at once. Loaded
// by feed.py.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <sys/socket.h>

namespace {

int64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t(t.tv_sec) * 1000000000 + t.tv_nsec;
}

} // namespace

/// `ends` are the offsets behind each frame. `stamps`, unless null, are offsets of 19 digits that get `base` plus the
/// intended send time. `figures` gets seconds, the worst lateness in microseconds, and how many frames were late by
/// more than an interval. Gives 0 or an errno.
extern "C" int pace(int fd, char *bytes, const int64_t *ends, int64_t count, double intervalNanos,
                    const int64_t *stamps, int64_t base, double *figures) {
  int64_t start = now() + 1000000, worst = 0, late = 0, at = 0;
  for (int64_t k = 0; k < count; k++) {
    int64_t intended = start + int64_t(double(k) * intervalNanos), actual;
    if (stamps) {
      char digits[24];
      std::snprintf(digits, sizeof digits, "%lld", (long long)(base + intended));
      std::memcpy(bytes + stamps[k], digits, 19);
    }
    while ((actual = now()) < intended) {
    }
    if (actual - intended > worst) worst = actual - intended;
    if (double(actual - intended) > intervalNanos) late += 1;
    while (at < ends[k]) {
      ssize_t sent = send(fd, bytes + at, size_t(ends[k] - at), MSG_NOSIGNAL);
      if (sent <= 0) return errno ? errno : EPIPE;
      at += sent;
    }
  }
  figures[0] = double(now() - start) * 1e-9;
  figures[1] = double(worst) * 1e-3;
  figures[2] = double(late);
  return 0;
}
