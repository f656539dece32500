#define _GNU_SOURCE
#include "qw_websocket.h"
#include <errno.h>
#include <sys/random.h>

int qw_random_bytes(void *to, size_t count) {
  uint8_t *p = to;
  while (count > 0) {
    ssize_t got = getrandom(p, count, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    p += got;
    count -= (size_t)got;
  }
  return 0;
}
