#ifndef QW_WEBSOCKET_H
#define QW_WEBSOCKET_H
#include <stddef.h>
#include <stdint.h>

/* The ways to XOR a payload with its mask key (RFC 6455 section 5.3). */
enum { QW_MASK_PORTABLE = 0, QW_MASK_SSE2 = 1, QW_MASK_AVX2 = 2, QW_MASK_NEON = 3 };

/* to[i] = from[i] ^ key[(phase + i) % 4] for i < count. `key` holds the four key bytes in memory order; `to` is `from`
   or does not overlap it. Takes the widest way this CPU has. */
void qw_websocket_mask(void *_Nonnull to, const void *_Nonnull from, size_t count, uint32_t key, size_t phase);
/* The same by one named way, for tests that hold the ways against each other. Returns 0 where this CPU lacks it. */
int qw_websocket_mask_by(
  int way, void *_Nonnull to, const void *_Nonnull from, size_t count, uint32_t key, size_t phase);

/* Fills `count` bytes from getrandom(2). Returns 0 or an errno. */
int qw_random_bytes(void *_Nonnull to, size_t count);
#endif
