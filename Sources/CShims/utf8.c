#include "qw_utf8.h"
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

/* The first byte at or after `p` that is no ASCII, or `end`. Never reads at or past `end`. */
static const uint8_t *skip_ascii(const uint8_t *p, const uint8_t *end) {
#if defined(__SSE2__)
  while (end - p >= 64) {
    const __m128i *v = (const __m128i *)p;
    __m128i a = _mm_or_si128(_mm_loadu_si128(v), _mm_loadu_si128(v + 1));
    __m128i b = _mm_or_si128(_mm_loadu_si128(v + 2), _mm_loadu_si128(v + 3));
    if (_mm_movemask_epi8(_mm_or_si128(a, b))) break;
    p += 64;
  }
#elif defined(__ARM_NEON) && defined(__aarch64__)
  while (end - p >= 64) {
    uint8x16_t a = vorrq_u8(vld1q_u8(p), vld1q_u8(p + 16));
    uint8x16_t b = vorrq_u8(vld1q_u8(p + 32), vld1q_u8(p + 48));
    if (vmaxvq_u8(vorrq_u8(a, b)) >= 0x80) break;
    p += 64;
  }
#endif
  while (end - p >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    if (word & 0x8080808080808080u) break;
    p += 8;
  }
  while (p != end && *p < 0x80) p++;
  return p;
}

static inline uint32_t expecting(uint32_t missing, uint32_t lowest, uint32_t highest) {
  return missing | lowest << 8 | highest << 16;
}

/* The state after a first byte that is no ASCII. */
static inline uint32_t after_lead(uint8_t b) {
  if (b < 0xC2) return QW_UTF8_INVALID; /* a continuation byte, or an overlong C0, C1 */
  if (b < 0xE0) return expecting(1, 0x80, 0xBF);
  if (b < 0xF0) return expecting(2, b == 0xE0 ? 0xA0 : 0x80, b == 0xED ? 0x9F : 0xBF);
  if (b < 0xF5) return expecting(3, b == 0xF0 ? 0x90 : 0x80, b == 0xF4 ? 0x8F : 0xBF);
  return QW_UTF8_INVALID;
}

/* Walks on; `*stop` is where the last sequence that began here starts (for valid_prefix). */
static uint32_t walk(uint32_t state, const uint8_t *p, const uint8_t *end, const uint8_t **stop) {
  for (;;) {
    while (state != 0) {
      if (p == end) return state;
      uint8_t b = *p++;
      if (b < (state >> 8 & 0xFF) || b > (state >> 16)) return QW_UTF8_INVALID;
      uint32_t missing = (state & 0xFF) - 1;
      state = missing == 0 ? 0 : expecting(missing, 0x80, 0xBF);
    }
    if (p != end && *p < 0x80) p = skip_ascii(p, end);
    *stop = p;
    if (p == end) return 0;
    state = after_lead(*p++);
    if (state == QW_UTF8_INVALID) return state;
  }
}

uint32_t qw_utf8_continue(uint32_t state, const void *bytes, size_t count) {
  if (state == QW_UTF8_INVALID) return state;
  const uint8_t *p = bytes, *stop = p;
  return walk(state, p, p + count, &stop);
}

size_t qw_utf8_valid_prefix(const void *bytes, size_t count) {
  const uint8_t *p = bytes, *stop = p;
  return walk(0, p, p + count, &stop) == 0 ? count : (size_t)(stop - p);
}
