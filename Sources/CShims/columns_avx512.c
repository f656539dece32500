#if defined(__x86_64__)
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,popcnt,lzcnt")))
#include "columns_avx.h"

TARGET ALWAYS qw_csv_masks csv64(const uint8_t *p) {
  __m512i v = _mm512_loadu_si512(p);
  return (qw_csv_masks){
    _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(',')), _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\n')),
    _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')), 0};
}

/* Sixteen numbers at a time. */
TARGET ALWAYS void flatten(uint64_t bits, uint32_t at, uint32_t *to) {
  const __m512i places = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (int i = 0; i < 64; i += 16, bits >>= 16) {
    __m512i numbers = _mm512_add_epi32(places, _mm512_set1_epi32((int)at + i));
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32((__mmask16)bits, numbers));
    to += __builtin_popcountll(bits & 0xFFFF);
  }
}
#define FLATTEN(bits, count, at, to) flatten(bits, at, to)

#define LEVEL avx512
#include "columns_values.h"
#include "csv.h"
#endif
