#include "qw_websocket.h"
#include <string.h>

/* Every way below wants the key already turned to the phase, so that its first byte goes to the first byte. */
static uint32_t turned(uint32_t key, size_t phase) {
  uint8_t bytes[4], out[4];
  memcpy(bytes, &key, 4);
  for (size_t i = 0; i < 4; i++) out[i] = bytes[(phase + i) & 3];
  memcpy(&key, out, 4);
  return key;
}

static void mask_portable(uint8_t *to, const uint8_t *from, size_t count, uint32_t key) {
  uint64_t wide, word;
  memcpy(&wide, &key, 4);
  memcpy((uint8_t *)&wide + 4, &key, 4);
  while (count >= 8) {
    memcpy(&word, from, 8);
    word ^= wide;
    memcpy(to, &word, 8);
    to += 8;
    from += 8;
    count -= 8;
  }
  uint8_t bytes[8];
  memcpy(bytes, &wide, 8);
  for (size_t i = 0; i < count; i++) to[i] = from[i] ^ bytes[i];
}

#if defined(__x86_64__)
#include <immintrin.h>

static void mask_sse2(uint8_t *to, const uint8_t *from, size_t count, uint32_t key) {
  const __m128i k = _mm_set1_epi32((int)key);
  while (count >= 64) {
    __m128i a = _mm_loadu_si128((const __m128i *)from), b = _mm_loadu_si128((const __m128i *)(from + 16));
    __m128i c = _mm_loadu_si128((const __m128i *)(from + 32)), d = _mm_loadu_si128((const __m128i *)(from + 48));
    _mm_storeu_si128((__m128i *)to, _mm_xor_si128(a, k));
    _mm_storeu_si128((__m128i *)(to + 16), _mm_xor_si128(b, k));
    _mm_storeu_si128((__m128i *)(to + 32), _mm_xor_si128(c, k));
    _mm_storeu_si128((__m128i *)(to + 48), _mm_xor_si128(d, k));
    to += 64;
    from += 64;
    count -= 64;
  }
  while (count >= 16) {
    _mm_storeu_si128((__m128i *)to, _mm_xor_si128(_mm_loadu_si128((const __m128i *)from), k));
    to += 16;
    from += 16;
    count -= 16;
  }
  mask_portable(to, from, count, key);
}

__attribute__((target("avx2")))
static void mask_avx2(uint8_t *to, const uint8_t *from, size_t count, uint32_t key) {
  const __m256i k = _mm256_set1_epi32((int)key);
  while (count >= 128) {
    __m256i a = _mm256_loadu_si256((const __m256i *)from), b = _mm256_loadu_si256((const __m256i *)(from + 32));
    __m256i c = _mm256_loadu_si256((const __m256i *)(from + 64)), d = _mm256_loadu_si256((const __m256i *)(from + 96));
    _mm256_storeu_si256((__m256i *)to, _mm256_xor_si256(a, k));
    _mm256_storeu_si256((__m256i *)(to + 32), _mm256_xor_si256(b, k));
    _mm256_storeu_si256((__m256i *)(to + 64), _mm256_xor_si256(c, k));
    _mm256_storeu_si256((__m256i *)(to + 96), _mm256_xor_si256(d, k));
    to += 128;
    from += 128;
    count -= 128;
  }
  while (count >= 32) {
    _mm256_storeu_si256((__m256i *)to, _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)from), k));
    to += 32;
    from += 32;
    count -= 32;
  }
  mask_portable(to, from, count, key);
}

static int has_avx2(void) {
  static int known;
  int has = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (has == 0) {
    __builtin_cpu_init();
    has = __builtin_cpu_supports("avx2") ? 1 : 2;
    __atomic_store_n(&known, has, __ATOMIC_RELAXED);
  }
  return has == 1;
}
#elif defined(__aarch64__)
#include <arm_neon.h>

static void mask_neon(uint8_t *to, const uint8_t *from, size_t count, uint32_t key) {
  const uint8x16_t k = vreinterpretq_u8_u32(vdupq_n_u32(key));
  while (count >= 64) {
    uint8x16_t a = vld1q_u8(from), b = vld1q_u8(from + 16), c = vld1q_u8(from + 32), d = vld1q_u8(from + 48);
    vst1q_u8(to, veorq_u8(a, k));
    vst1q_u8(to + 16, veorq_u8(b, k));
    vst1q_u8(to + 32, veorq_u8(c, k));
    vst1q_u8(to + 48, veorq_u8(d, k));
    to += 64;
    from += 64;
    count -= 64;
  }
  while (count >= 16) {
    vst1q_u8(to, veorq_u8(vld1q_u8(from), k));
    to += 16;
    from += 16;
    count -= 16;
  }
  mask_portable(to, from, count, key);
}
#endif

int qw_websocket_mask_by(int way, void *to, const void *from, size_t count, uint32_t key, size_t phase) {
  key = turned(key, phase);
  switch (way) {
  case QW_MASK_PORTABLE: mask_portable(to, from, count, key); return 1;
#if defined(__x86_64__)
  case QW_MASK_SSE2: mask_sse2(to, from, count, key); return 1;
  case QW_MASK_AVX2:
    if (!has_avx2()) return 0;
    mask_avx2(to, from, count, key);
    return 1;
#elif defined(__aarch64__)
  case QW_MASK_NEON: mask_neon(to, from, count, key); return 1;
#endif
  default: return 0;
  }
}

void qw_websocket_mask(void *to, const void *from, size_t count, uint32_t key, size_t phase) {
  key = turned(key, phase);
#if defined(__x86_64__)
  if (has_avx2()) mask_avx2(to, from, count, key);
  else mask_sse2(to, from, count, key);
#elif defined(__aarch64__)
  mask_neon(to, from, count, key);
#else
  mask_portable(to, from, count, key);
#endif
}
