#include "json_masks.h"
#if defined(__x86_64__)
#include <emmintrin.h>

static QW_ALWAYS_INLINE uint64_t bits16(__m128i mask) { return (uint64_t)(uint32_t)_mm_movemask_epi8(mask); }
static QW_ALWAYS_INLINE __m128i is(__m128i v, char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); }

static QW_ALWAYS_INLINE qw_masks classify(const uint8_t *p) {
  qw_masks m = {0, 0, 0, 0, 0, 0};
  for (int at = 0; at < 64; at += 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)(p + at));
    __m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20)); /* [ and ] become { and } */
    __m128i brackets = _mm_or_si128(is(folded, '{'), is(folded, '}'));
    __m128i separators = _mm_or_si128(is(v, ','), is(v, ':'));
    __m128i blanks = _mm_or_si128(is(v, ' '), is(v, '\t'));
    __m128i breaks = _mm_or_si128(is(v, '\n'), is(v, '\r'));
    __m128i last = _mm_set1_epi8(0x1F);
    m.quote |= bits16(is(v, '"')) << at;
    m.backslash |= bits16(is(v, '\\')) << at;
    m.structural |= bits16(_mm_or_si128(brackets, separators)) << at;
    m.space |= bits16(_mm_or_si128(blanks, breaks)) << at;
    m.control |= bits16(_mm_cmpeq_epi8(_mm_max_epu8(v, last), last)) << at;
    m.high |= bits16(v) << at;
  }
  return m;
}

#define QW_INDEX qw_json_index_sse2
#define QW_TARGET
#define QW_CLASSIFY classify
#define QW_PREFIX_XOR qw_prefix_xor
#define QW_CTZ qw_ctz
#define QW_COMPACT qw_json_compact_sse2
#include "json_block.h"
#include "json_compact.h"
#endif
