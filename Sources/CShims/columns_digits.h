/* Sixteen digits at once in a 128-bit register: what the x86 levels share. The including file defines TARGET, and
   PAIRS(d): adjacent bytes as tens and ones to 16-bit numbers. */
#include "csv_masks.h"
#include <immintrin.h>
#include <stdint.h>

#define ALWAYS static inline __attribute__((always_inline))

TARGET ALWAYS __m128i at16(const void *p) { return _mm_loadu_si128((const __m128i *)p); }

/* at + n gives a mask of the last n bytes of 32, n in 0...32. */
#define QW_8(x) x, x, x, x, x, x, x, x
#define QW_32(x) QW_8(x), QW_8(x), QW_8(x), QW_8(x)
static const uint8_t last_bytes[64] = {QW_32(0), QW_32(0xFF)};

/* Two numbers of eight digits each, the first in the low half of a word, to one of sixteen. */
ALWAYS uint64_t join_eights(uint64_t eights) { return (eights & 0xFFFFFFFF) * 100000000u + (eights >> 32); }

/* keep8[n] has the last n bytes of eight; none for n above 8, so that longer texts fail. A text that begins in the
   window before has up to 126 bytes. */
static const uint64_t keep8[128] = {
  0,
  0xFF00000000000000ull, 0xFFFF000000000000ull, 0xFFFFFF0000000000ull, 0xFFFFFFFF00000000ull,
  0xFFFFFFFFFF000000ull, 0xFFFFFFFFFFFF0000ull, 0xFFFFFFFFFFFFFF00ull, 0xFFFFFFFFFFFFFFFFull};

/* Two words of memory side by side. */
TARGET ALWAYS __m128i two(const void *a, const void *b) {
  return _mm_castpd_si128(_mm_loadh_pd(_mm_load_sd((const double *)a), (const double *)b));
}
