#include "json_masks.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx2,bmi,bmi2,popcnt,pclmul")))

TARGET static QW_ALWAYS_INLINE uint64_t is(__m512i v, char c) { return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c)); }

/* The tables are those of the AVX2 level, four times side by side. */
TARGET static QW_ALWAYS_INLINE qw_masks classify(const uint8_t *p) {
  const __m512i spaces = _mm512_broadcast_i32x4(
    _mm_setr_epi8(0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0x09, 0x0A, 0, 0, 0x0D, 0, 0));
  const __m512i structurals = _mm512_broadcast_i32x4(
    _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0));
  __m512i v = _mm512_loadu_si512(p);
  __m512i folded = _mm512_or_si512(v, _mm512_set1_epi8(0x20));
  qw_masks m;
  m.quote = is(v, '"');
  m.backslash = is(v, '\\');
  m.control = _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20));
  m.structural = _mm512_cmpeq_epi8_mask(folded, _mm512_shuffle_epi8(structurals, v)) & ~m.control;
  m.space = _mm512_cmpeq_epi8_mask(v, _mm512_shuffle_epi8(spaces, v));
  m.high = _mm512_movepi8_mask(v);
  return m;
}

TARGET static QW_ALWAYS_INLINE uint64_t prefix_xor(uint64_t bits) {
  __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)bits), _mm_set1_epi8(-1), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

TARGET static QW_ALWAYS_INLINE int ctz(uint64_t bits) { return (int)_tzcnt_u64(bits); }

#define QW_INDEX qw_json_index_avx512
#define QW_TARGET TARGET
#define QW_CLASSIFY classify
#define QW_PREFIX_XOR prefix_xor
#define QW_CTZ ctz
#define QW_COMPACT qw_json_compact_avx512
#include "json_block.h"
#include "json_compact.h"
#endif
