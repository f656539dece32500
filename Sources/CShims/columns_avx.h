/* What the AVX2 and AVX-512 levels share; the including file defines TARGET and ends64. */
#include "columns_digits.h"

TARGET ALWAYS __m256i at32(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }

TARGET ALWAYS uint32_t dots32(const uint8_t *p) {
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(at32(p), _mm256_set1_epi8('.')));
}

TARGET ALWAYS uint32_t quotes32(const uint8_t *p) {
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(at32(p), _mm256_set1_epi8('"')));
}

TARGET ALWAYS uint64_t digits32(const uint8_t *e, long count, long fraction, uint64_t *head, uint32_t *bad) {
  /* The digits before the dot move over it: they are the same load, one byte earlier. */
  __m256i d = _mm256_blendv_epi8(at32(e - 33), at32(e - 32), at32(last_bytes + fraction));
  d = _mm256_and_si256(_mm256_xor_si256(d, _mm256_set1_epi8('0')), at32(last_bytes + count));
  const __m256i nine = _mm256_set1_epi8(9);
  *bad |= ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(d, nine), nine));
  __m256i twos = _mm256_maddubs_epi16(d, _mm256_set1_epi16(1 << 8 | 10));
  __m256i fours = _mm256_madd_epi16(twos, _mm256_set1_epi32(1 << 16 | 100));
  /* At most 9999: no saturation. */
  fours = _mm256_packs_epi32(fours, fours);
  __m256i eights = _mm256_madd_epi16(fours, _mm256_set1_epi32(1 << 16 | 10000));
  *head = join_eights((uint64_t)_mm_cvtsi128_si64(_mm256_castsi256_si128(eights)));
  return join_eights((uint64_t)_mm_cvtsi128_si64(_mm256_extracti128_si256(eights, 1)));
}

TARGET ALWAYS uint64_t integer16(const uint8_t *e, long count, uint32_t *bad) {
  __m128i d = _mm_and_si128(_mm_xor_si128(at16(e - 16), _mm_set1_epi8('0')), at16(last_bytes + 16 + count));
  const __m128i nine = _mm_set1_epi8(9);
  *bad |= 0xFFFFu ^ (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(d, nine), nine));
  __m128i fours = _mm_madd_epi16(_mm_maddubs_epi16(d, _mm_set1_epi16(1 << 8 | 10)), _mm_set1_epi32(1 << 16 | 100));
  fours = _mm_packs_epi32(fours, fours);
  return join_eights((uint64_t)_mm_cvtsi128_si64(_mm_madd_epi16(fours, _mm_set1_epi32(1 << 16 | 10000))));
}

TARGET ALWAYS __m256i four(const void *a, const void *b, const void *c, const void *d) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(two(a, b)), two(c, d), 1);
}

/* Four numbers of up to 8 characters: digits right-aligned in eight bytes each, with the dot taken out; the same
   arithmetic on a one at the dot's place gives the power of ten to divide by.

       "171.25"   x       0 0 1 7 1 . 2 5      digits  0 0 0 1 7 1 2 5 = 17125
                  first   0 0 0 0 0 1 0 0              = 100 */
TARGET ALWAYS uint32_t doubles4(
  const uint8_t *base, long e0, long n0, long e1, long n1, long e2, long n2, long e3, long n3, double *values) {
  __m256i keep = four(&keep8[n0], &keep8[n1], &keep8[n2], &keep8[n3]);
  __m256i x = four(base + e0 - 8, base + e1 - 8, base + e2 - 8, base + e3 - 8);
  x = _mm256_and_si256(_mm256_xor_si256(x, _mm256_set1_epi8('0')), keep);
  const __m256i zero = _mm256_setzero_si256();
  __m256i dots = _mm256_cmpeq_epi8(x, _mm256_set1_epi8('.' ^ '0'));
  __m256i first = _mm256_and_si256(dots, _mm256_sub_epi64(zero, dots));
  __m256i above = _mm256_sub_epi64(zero, _mm256_slli_epi64(first, 8));
  __m256i below = _mm256_sub_epi64(first, _mm256_set1_epi64x(1));
  __m256i digits = _mm256_or_si256(_mm256_and_si256(x, above), _mm256_slli_epi64(_mm256_and_si256(x, below), 8));
  /* The lowest byte of the text: it is no dot, and a zero only before a dot; the highest is no dot. */
  __m256i lead = _mm256_and_si256(keep, _mm256_sub_epi64(zero, keep));
  __m256i edge = _mm256_or_si256(lead, _mm256_set1_epi64x(1ll << 56));
  __m256i zeros = _mm256_and_si256(_mm256_cmpeq_epi8(x, zero), lead);
  __m256i bad = _mm256_or_si256(
    _mm256_and_si256(dots, edge), _mm256_andnot_si256(_mm256_srli_epi64(dots, 8), zeros));
  bad = _mm256_or_si256(bad, _mm256_subs_epu8(digits, _mm256_set1_epi8(9)));
  /* Nor is a number without a dot good. */
  bad = _mm256_or_si256(bad, _mm256_cmpeq_epi64(first, zero));
  const __m256i tens = _mm256_set1_epi16(1 << 8 | 10), hundreds = _mm256_set1_epi32(1 << 16 | 100);
  __m256i n = _mm256_madd_epi16(_mm256_maddubs_epi16(digits, tens), hundreds);
  __m256i d = _mm256_madd_epi16(_mm256_maddubs_epi16(first, tens), hundreds);
  __m256i whole = _mm256_madd_epi16(_mm256_packs_epi32(n, d), _mm256_set1_epi32(1 << 16 | 10000));
  /* n0 n1 d0 d1 | n2 n3 d2 d3 */
  whole = _mm256_permute4x64_epi64(whole, 0xD8);
  __m256d numerators = _mm256_cvtepi32_pd(_mm256_castsi256_si128(whole));
  __m256d denominators = _mm256_cvtepi32_pd(_mm256_extracti128_si256(whole, 1));
  _mm256_storeu_pd(values, _mm256_div_pd(numerators, denominators));
  if (_mm256_testz_si256(bad, bad)) return 0xF;
  return (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(bad, zero)));
}

TARGET ALWAYS void copy128(uint8_t *to, const uint8_t *from) {
  for (int i = 0; i < 128; i += 32) {
    _mm256_storeu_si256((__m256i *)(to + i), _mm256_loadu_si256((const __m256i *)(from + i)));
  }
}
#define COPY128 copy128
