#include "qw_crc32c.h"
#include <pthread.h>
#include <string.h>

/* The CRC of a message is the remainder of the message, as a polynomial over two elements times x^32, by P. So parts
   may be treated apart: a part that n bits follow counts as itself times x^n mod P. Reflected, as here, bit 0 of a word
   is its highest power. */

static uint32_t table[256];

/* x^n mod P, reflected. */
static uint32_t power(int n) {
  uint32_t x = 0x80000000u;
  while (n--) x = (x >> 1) ^ (0x82F63B78u & (0u - (x & 1)));
  return x;
}

static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void make_table(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int k = 0; k < 8; k++) c = (c >> 1) ^ (0x82F63B78u & (0u - (c & 1)));
    table[i] = c;
  }
}

uint32_t qw_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
  pthread_once(&table_once, make_table);
  const uint8_t *p = bytes;
  crc = ~crc;
  while (count--) crc = (crc >> 8) ^ table[(crc ^ *p++) & 0xFF];
  return ~crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Words that one of three chains takes at most before they are joined. */
enum { CHAIN_WORDS = 128 };
/* x^(64 n - 33): what a CRC that n words follow is multiplied by. The product of two reflected words of 32 bits is one
   of 63 bits, that is x too high, and the instruction multiplies by x^32. */
static uint32_t shift_words[2 * CHAIN_WORDS + 1];
/* x^(n + 31) and x^(n - 33) for n = 128, 256, 384, 512, 2048: what the two words of a 128-bit lane that n bits follow
   are multiplied by. A product with a word of 32 bits in 64 stands for 33 powers more. */
enum { BY_128, BY_256, BY_384, BY_512, BY_2048, FOLDS };
static uint64_t folds[FOLDS][2];

__attribute__((constructor)) static void make_powers(void) {
  static const int distances[FOLDS] = {128, 256, 384, 512, 2048};
  for (int i = 0; i < FOLDS; i++) {
    folds[i][0] = power(distances[i] + 31);
    folds[i][1] = power(distances[i] - 33);
  }
  uint32_t x = power(31);
  for (int n = 1; n <= 2 * CHAIN_WORDS; n++) {
    shift_words[n] = x;
    for (int k = 0; k < 64; k++) x = (x >> 1) ^ (0x82F63B78u & (0u - (x & 1)));
  }
}

static inline uint64_t word_at(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, 8);
  return word;
}

__attribute__((target("sse4.2")))
static uint32_t finish(uint64_t c, const uint8_t *p, size_t count) {
  for (; count >= 8; p += 8, count -= 8) c = _mm_crc32_u64(c, word_at(p));
  uint32_t c32 = (uint32_t)c;
  while (count--) c32 = _mm_crc32_u8(c32, *p++);
  return ~c32;
}

__attribute__((target("sse4.2")))
static uint32_t crc32c_sse42(uint32_t crc, const void *bytes, size_t count) {
  return finish((uint32_t)~crc, bytes, count);
}

__attribute__((target("sse4.2,pclmul")))
static inline uint64_t product(uint64_t a, uint32_t b) {
  __m128i both = _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)a), _mm_cvtsi32_si128((int)b), 0);
  return (uint64_t)_mm_cvtsi128_si64(both);
}

/* The instruction takes three cycles but starts in each: three chains over a third of the bytes each. */
__attribute__((target("sse4.2,pclmul")))
static uint32_t crc32c_three(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  uint64_t a = (uint32_t)~crc;
  while (count >= 24 * 8) {
    size_t words = count / 24;
    if (words > CHAIN_WORDS) words = CHAIN_WORDS;
    uint64_t b = 0, c = 0;
    const uint8_t *q = p + 8 * words, *r = q + 8 * words;
    for (size_t i = 0; i < 8 * words; i += 8) {
      a = _mm_crc32_u64(a, word_at(p + i));
      b = _mm_crc32_u64(b, word_at(q + i));
      c = _mm_crc32_u64(c, word_at(r + i));
    }
    a = _mm_crc32_u64(0, product(a, shift_words[2 * words]) ^ product(b, shift_words[words])) ^ c;
    p += 24 * words;
    count -= 24 * words;
  }
  return finish(a, p, count);
}

#define WIDE __attribute__((target("sse4.2,pclmul,avx512f,avx512vl,vpclmulqdq")))

WIDE static inline __m512i load512(const uint8_t *p) { return _mm512_loadu_si512(p); }

WIDE static inline __m512i keys512(int fold) {
  return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)folds[fold]));
}

/* Four lanes moved on to `next`. */
WIDE static inline __m512i fold512(__m512i lanes, __m512i keys, __m512i next) {
  return _mm512_ternarylogic_epi64(
      _mm512_clmulepi64_epi128(lanes, keys, 0x00), _mm512_clmulepi64_epi128(lanes, keys, 0x11), next, 0x96);
}

/* 64 bytes at a time, from 256 on four times that. */
WIDE static uint32_t crc32c_wide(uint32_t crc, const void *bytes, size_t count) {
  if (count < 128) return crc32c_sse42(crc, bytes, count);
  const uint8_t *p = bytes;
  const __m512i by512 = keys512(BY_512);
  __m512i a = _mm512_xor_si512(load512(p), _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)~crc)));
  p += 64;
  count -= 64;
  if (count >= 192) {
    const __m512i by2048 = keys512(BY_2048);
    __m512i b = load512(p), c = load512(p + 64), d = load512(p + 128);
    for (p += 192, count -= 192; count >= 256; p += 256, count -= 256) {
      a = fold512(a, by2048, load512(p));
      b = fold512(b, by2048, load512(p + 64));
      c = fold512(c, by2048, load512(p + 128));
      d = fold512(d, by2048, load512(p + 192));
    }
    a = fold512(fold512(fold512(a, by512, b), by512, c), by512, d);
  }
  for (; count >= 64; p += 64, count -= 64) a = fold512(a, by512, load512(p));
  /* The lanes to the place of the last. */
  const __m512i last = _mm512_set_epi64(
      0, 0, (long long)folds[BY_128][1], (long long)folds[BY_128][0], (long long)folds[BY_256][1],
      (long long)folds[BY_256][0], (long long)folds[BY_384][1], (long long)folds[BY_384][0]);
  __m512i moved = _mm512_xor_si512(_mm512_clmulepi64_epi128(a, last, 0x00), _mm512_clmulepi64_epi128(a, last, 0x11));
  __m128i sum = _mm_xor_si128(
      _mm_xor_si128(_mm512_castsi512_si128(moved), _mm512_extracti32x4_epi32(moved, 1)),
      _mm_xor_si128(_mm512_extracti32x4_epi32(moved, 2), _mm512_extracti32x4_epi32(a, 3)));
  const __m128i by128 = _mm_loadu_si128((const __m128i *)folds[BY_128]);
  for (; count >= 16; p += 16, count -= 16) {
    sum = _mm_ternarylogic_epi64(
        _mm_clmulepi64_si128(sum, by128, 0x00), _mm_clmulepi64_si128(sum, by128, 0x11),
        _mm_loadu_si128((const __m128i *)p), 0x96);
  }
  /* Sixteen bytes with the same remainder as all before. */
  uint64_t c = _mm_crc32_u64(_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(sum)), (uint64_t)_mm_extract_epi64(sum, 1));
  _mm256_zeroupper();
  return finish(c, p, count);
}

int32_t qw_crc32c_level_supported(int32_t level) {
  __builtin_cpu_init();
  switch (level) {
  case QW_CRC32C_PORTABLE: return 1;
  case QW_CRC32C_INSTRUCTION: return __builtin_cpu_supports("sse4.2") != 0;
  case QW_CRC32C_THREE: return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul");
  case QW_CRC32C_WIDE:
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("avx512f")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("vpclmulqdq");
  default: return 0;
  }
}

uint32_t qw_crc32c_at_level(int32_t level, uint32_t crc, const void *bytes, size_t count) {
  switch (level) {
  case QW_CRC32C_WIDE: return crc32c_wide(crc, bytes, count);
  case QW_CRC32C_THREE: return crc32c_three(crc, bytes, count);
  case QW_CRC32C_INSTRUCTION: return crc32c_sse42(crc, bytes, count);
  default: return qw_crc32c_portable(crc, bytes, count);
  }
}

uint32_t qw_crc32c(uint32_t crc, const void *bytes, size_t count) {
  static int32_t known = -1;
  int32_t level = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (level < 0) {
    for (level = QW_CRC32C_WIDE; !qw_crc32c_level_supported(level);) level--;
    __atomic_store_n(&known, level, __ATOMIC_RELAXED);
  }
  return qw_crc32c_at_level(level, crc, bytes, count);
}
#else
#if defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
static uint32_t crc32c_arm(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  uint32_t c = ~crc;
  while (count >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    c = __crc32cd(c, word);
    p += 8;
    count -= 8;
  }
  while (count--) c = __crc32cb(c, *p++);
  return ~c;
}
int32_t qw_crc32c_level_supported(int32_t level) {
  return level == QW_CRC32C_PORTABLE || level == QW_CRC32C_INSTRUCTION;
}
uint32_t qw_crc32c_at_level(int32_t level, uint32_t crc, const void *bytes, size_t count) {
  return level == QW_CRC32C_PORTABLE ? qw_crc32c_portable(crc, bytes, count) : crc32c_arm(crc, bytes, count);
}
uint32_t qw_crc32c(uint32_t crc, const void *bytes, size_t count) { return crc32c_arm(crc, bytes, count); }
#else
int32_t qw_crc32c_level_supported(int32_t level) { return level == QW_CRC32C_PORTABLE; }
uint32_t qw_crc32c_at_level(int32_t level, uint32_t crc, const void *bytes, size_t count) {
  (void)level;
  return qw_crc32c_portable(crc, bytes, count);
}
uint32_t qw_crc32c(uint32_t crc, const void *bytes, size_t count) { return qw_crc32c_portable(crc, bytes, count); }
#endif
#endif
