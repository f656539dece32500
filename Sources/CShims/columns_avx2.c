#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))
#include "columns_avx.h"

TARGET ALWAYS uint64_t equal64(__m256i low, __m256i high, char c) {
  __m256i wanted = _mm256_set1_epi8(c);
  uint32_t first = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
  uint32_t second = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
  return first | (uint64_t)second << 32;
}

TARGET ALWAYS uint32_t ends32(const uint8_t *p) {
  /* By the low half of a byte, what it has to be with 0x20: a form feed passes for a comma. */
  const __m256i ends = _mm256_setr_epi64x(0, 0x7D2C00000000, 0, 0x7D2C00000000);
  __m256i v = at32(p), folded = _mm256_or_si256(v, _mm256_set1_epi8(0x20));
  return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(ends, v), folded));
}
TARGET ALWAYS uint64_t ends64(const uint8_t *p) { return ends32(p) | (uint64_t)ends32(p + 32) << 32; }

TARGET ALWAYS qw_csv_masks csv64(const uint8_t *p) {
  __m256i low = at32(p), high = at32(p + 32);
  return (qw_csv_masks){equal64(low, high, ','), equal64(low, high, '\n'), equal64(low, high, '"'), 0};
}
#define FLATTEN QW_CSV_FLATTEN

#define LEVEL avx2
#include "columns.h"
#include "rows.h"
#include "csv.h"
#endif
