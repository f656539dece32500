#if defined(__x86_64__)
#define TARGET
#define PAIRS pairs_sse2
#include <emmintrin.h>

/* Tens and ones by one product: SSE2 has none of bytes. 2561 is 10 * 256 + 1, so the upper byte of the product of
   `tens + 256 * ones` with it is `10 * tens + ones`. */
static inline __attribute__((always_inline)) __m128i pairs_sse2(__m128i d) {
  return _mm_srli_epi16(_mm_mullo_epi16(d, _mm_set1_epi16(2561)), 8);
}

#include "columns_digits.h"

ALWAYS uint32_t dots32(const uint8_t *p) {
  const __m128i dot = _mm_set1_epi8('.');
  uint32_t first = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(at16(p), dot));
  return first | (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(at16(p + 16), dot)) << 16;
}

ALWAYS uint32_t quotes32(const uint8_t *p) {
  const __m128i quote = _mm_set1_epi8('"');
  uint32_t first = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(at16(p), quote));
  return first | (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(at16(p + 16), quote)) << 16;
}

/* Sixteen digits, `from` 16 or 32 bytes before `e`. */
ALWAYS uint64_t digits16(const uint8_t *e, long from, long count, long fraction, uint32_t *bad) {
  const uint8_t *p = e - from;
  __m128i behind = at16(last_bytes + fraction + 32 - from), kept = at16(last_bytes + count + 32 - from);
  __m128i d = _mm_or_si128(_mm_and_si128(behind, at16(p)), _mm_andnot_si128(behind, at16(p - 1)));
  d = _mm_and_si128(_mm_xor_si128(d, _mm_set1_epi8('0')), kept);
  const __m128i nine = _mm_set1_epi8(9);
  *bad |= 0xFFFFu ^ (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(d, nine), nine));
  __m128i fours = _mm_madd_epi16(PAIRS(d), _mm_set1_epi32(1 << 16 | 100));
  /* At most 9999: no saturation. */
  __m128i packed = _mm_packs_epi32(fours, fours);
  return join_eights((uint64_t)_mm_cvtsi128_si64(_mm_madd_epi16(packed, _mm_set1_epi32(1 << 16 | 10000))));
}

ALWAYS uint64_t digits32(const uint8_t *e, long count, long fraction, uint64_t *head, uint32_t *bad) {
  *head = count > 16 ? digits16(e, 32, count, fraction, bad) : 0;
  return digits16(e, 16, count, fraction, bad);
}

ALWAYS uint64_t integer16(const uint8_t *e, long count, uint32_t *bad) { return digits16(e, 16, count, 32, bad); }

ALWAYS uint64_t ends64(const uint8_t *p) {
  const __m128i comma = _mm_set1_epi8(','), brace = _mm_set1_epi8('}'), fold = _mm_set1_epi8(0x20);
  uint64_t bits = 0;
  for (int i = 0; i < 64; i += 16) {
    __m128i v = at16(p + i);
    v = _mm_or_si128(_mm_cmpeq_epi8(v, comma), _mm_cmpeq_epi8(_mm_or_si128(v, fold), brace));
    bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(v) << i;
  }
  return bits;
}

/* Two numbers of up to 8 characters: digits right-aligned in eight bytes each, with the dot taken out, and a one at the
   dot's place. */
typedef struct {
  __m128i digits, first, bad;
} qw_two_texts;

ALWAYS qw_two_texts two_texts(const uint8_t *base, long e0, long n0, long e1, long n1) {
  __m128i keep = two(&keep8[n0], &keep8[n1]);
  __m128i x = two(base + e0 - 8, base + e1 - 8);
  x = _mm_and_si128(_mm_xor_si128(x, _mm_set1_epi8('0')), keep);
  /* What `less_one` leaves of a word, and the word without it: the bits below its lowest one, and that one. */
  const __m128i less_one = _mm_set1_epi8(-1), zero = _mm_setzero_si128();
  __m128i dots = _mm_cmpeq_epi8(x, _mm_set1_epi8('.' ^ '0'));
  __m128i first = _mm_andnot_si128(_mm_add_epi64(dots, less_one), dots);
  __m128i to_dot = _mm_add_epi64(_mm_slli_epi64(first, 8), less_one);
  __m128i whole = _mm_and_si128(x, _mm_add_epi64(first, less_one));
  __m128i digits = _mm_or_si128(_mm_andnot_si128(to_dot, x), _mm_slli_epi64(whole, 8));
  /* The lowest byte of the text: it is no dot, and a zero only before a dot; the highest is no dot. */
  __m128i lead = _mm_andnot_si128(_mm_add_epi64(keep, less_one), keep);
  __m128i edge = _mm_or_si128(lead, _mm_set_epi32(0x01000000, 0, 0x01000000, 0));
  __m128i bad = _mm_and_si128(dots, edge);
  __m128i zeros = _mm_and_si128(_mm_cmpeq_epi8(x, zero), lead);
  bad = _mm_or_si128(bad, _mm_andnot_si128(_mm_srli_epi64(dots, 8), zeros));
  bad = _mm_or_si128(bad, _mm_subs_epu8(digits, _mm_set1_epi8(9)));
  return (qw_two_texts){digits, first, bad};
}

/* Which of two texts were good: no bad byte, and a dot. */
ALWAYS uint32_t good2(qw_two_texts texts) {
  const __m128i zero = _mm_setzero_si128();
  uint32_t clean = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(texts.bad, zero));
  uint32_t plain = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(texts.first, zero));
  uint32_t low = ((clean & 0xFF) == 0xFF) & ((plain & 0xFF) != 0xFF);
  uint32_t high = ((clean >> 8) == 0xFF) & ((plain >> 8) != 0xFF);
  return low | high << 1;
}

/* Four integers of eight digits, which stand in two registers. */
ALWAYS __m128i four_eights(__m128i a, __m128i b) {
  const __m128i hundreds = _mm_set1_epi32(1 << 16 | 100);
  __m128i fours = _mm_packs_epi32(_mm_madd_epi16(PAIRS(a), hundreds), _mm_madd_epi16(PAIRS(b), hundreds));
  return _mm_madd_epi16(fours, _mm_set1_epi32(1 << 16 | 10000));
}

/* The ones at the dots' places, by the same arithmetic, give the powers of ten to divide by. */
ALWAYS uint32_t doubles4(
  const uint8_t *base, long e0, long n0, long e1, long n1, long e2, long n2, long e3, long n3, double *values) {
  qw_two_texts a = two_texts(base, e0, n0, e1, n1), b = two_texts(base, e2, n2, e3, n3);
  __m128i n = four_eights(a.digits, b.digits), d = four_eights(a.first, b.first), zero = _mm_setzero_si128();
  /* No bad byte, and no power of ten that is zero for want of a dot. */
  __m128i bad = _mm_or_si128(_mm_or_si128(a.bad, b.bad), _mm_cmpeq_epi32(d, zero));
  _mm_storeu_pd(values, _mm_div_pd(_mm_cvtepi32_pd(n), _mm_cvtepi32_pd(d)));
  n = _mm_srli_si128(n, 8), d = _mm_srli_si128(d, 8);
  _mm_storeu_pd(values + 2, _mm_div_pd(_mm_cvtepi32_pd(n), _mm_cvtepi32_pd(d)));
  if (_mm_movemask_epi8(_mm_cmpeq_epi8(bad, zero)) == 0xFFFF) return 0xF;
  return good2(a) | good2(b) << 2;
}

ALWAYS uint64_t equal64(const uint8_t *p, char c) {
  const __m128i wanted = _mm_set1_epi8(c);
  uint64_t bits = 0;
  for (int i = 0; i < 64; i += 16) {
    bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(at16(p + i), wanted)) << i;
  }
  return bits;
}

ALWAYS qw_csv_masks csv64(const uint8_t *p) {
  return (qw_csv_masks){equal64(p, ','), equal64(p, '\n'), equal64(p, '"'), 0};
}
#define FLATTEN QW_CSV_FLATTEN

#define COPY128(to, from) memcpy(to, from, 128)
#define LEVEL sse2
#include "columns.h"
#include "rows.h"
#include "csv.h"
#endif
