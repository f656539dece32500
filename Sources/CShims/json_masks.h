#ifndef QW_JSON_MASKS_H
#define QW_JSON_MASKS_H
/* What the index functions of all levels share; not for Swift. */
#include "qw_json.h"
#include "qw_utf8.h"
#include <string.h>

#define QW_ALWAYS_INLINE inline __attribute__((always_inline))

/* One bit for each of 64 bytes. */
typedef struct {
  uint64_t quote;
  uint64_t backslash;
  uint64_t structural; /* { } [ ] : , */
  uint64_t space;      /* blank, tab, line feed, carriage return */
  uint64_t control;    /* below 0x20 */
  uint64_t high;       /* above 0x7F */
} qw_masks;

static QW_ALWAYS_INLINE uint64_t qw_prefix_xor(uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

/* The bit 63 keeps the answer for zero defined. */
static QW_ALWAYS_INLINE int qw_ctz(uint64_t bits) { return __builtin_ctzll(bits | 1ull << 63); }

qw_json_result qw_json_index_portable(const uint8_t *payload, size_t count, uint32_t *index);
qw_json_result qw_json_index_sse2(const uint8_t *payload, size_t count, uint32_t *index);
qw_json_result qw_json_index_avx2(const uint8_t *payload, size_t count, uint32_t *index);
qw_json_result qw_json_index_avx512(const uint8_t *payload, size_t count, uint32_t *index);
qw_json_result qw_json_index_neon(const uint8_t *payload, size_t count, uint32_t *index);
size_t qw_json_compact_portable(const uint8_t *payload, size_t count, uint8_t *out);
size_t qw_json_compact_sse2(const uint8_t *payload, size_t count, uint8_t *out);
size_t qw_json_compact_avx2(const uint8_t *payload, size_t count, uint8_t *out);
size_t qw_json_compact_avx512(const uint8_t *payload, size_t count, uint8_t *out);
size_t qw_json_compact_neon(const uint8_t *payload, size_t count, uint8_t *out);
#endif
