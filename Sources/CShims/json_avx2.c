#include "json_masks.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt,pclmul")))

TARGET static QW_ALWAYS_INLINE uint64_t bits32(__m256i mask) { return (uint64_t)(uint32_t)_mm256_movemask_epi8(mask); }
TARGET static QW_ALWAYS_INLINE __m256i is(__m256i v, char c) { return _mm256_cmpeq_epi8(v, _mm256_set1_epi8(c)); }

TARGET static QW_ALWAYS_INLINE qw_masks classify(const uint8_t *p) {
  /* Each byte is compared with the one character of its class that has the same low nibble. A nibble without one
     holds a value that no byte with that nibble equals. */
  const __m256i spaces = _mm256_broadcastsi128_si256(
    _mm_setr_epi8(0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0x09, 0x0A, 0, 0, 0x0D, 0, 0));
  /* After folding with 0x20, which maps brackets on braces; it also maps 0x0C on ',' and 0x1A on ':'. */
  const __m256i structurals = _mm256_broadcastsi128_si256(
    _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0));
  qw_masks m = {0, 0, 0, 0, 0, 0};
  for (int at = 0; at < 64; at += 32) {
    __m256i v = _mm256_loadu_si256((const __m256i *)(p + at));
    __m256i folded = _mm256_or_si256(v, _mm256_set1_epi8(0x20));
    __m256i last = _mm256_set1_epi8(0x1F);
    m.quote |= bits32(is(v, '"')) << at;
    m.backslash |= bits32(is(v, '\\')) << at;
    m.structural |= bits32(_mm256_cmpeq_epi8(folded, _mm256_shuffle_epi8(structurals, v))) << at;
    m.space |= bits32(_mm256_cmpeq_epi8(v, _mm256_shuffle_epi8(spaces, v))) << at;
    m.control |= bits32(_mm256_cmpeq_epi8(_mm256_max_epu8(v, last), last)) << at;
    m.high |= bits32(v) << at;
  }
  m.structural &= ~m.control;
  return m;
}

TARGET static QW_ALWAYS_INLINE uint64_t prefix_xor(uint64_t bits) {
  __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)bits), _mm_set1_epi8(-1), 0);
  return (uint64_t)_mm_cvtsi128_si64(product);
}

TARGET static QW_ALWAYS_INLINE int ctz(uint64_t bits) { return (int)_tzcnt_u64(bits); }

#define QW_INDEX qw_json_index_avx2
#define QW_TARGET TARGET
#define QW_CLASSIFY classify
#define QW_PREFIX_XOR prefix_xor
#define QW_CTZ ctz
#define QW_COMPACT qw_json_compact_avx2
#include "json_block.h"
#include "json_compact.h"
#endif
