#if defined(__x86_64__)
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,popcnt,lzcnt")))
#include "columns_avx.h"

TARGET ALWAYS qw_ends ends64_apart(const uint8_t *p) {
  __m512i v = _mm512_loadu_si512(p);
  return (qw_ends){
    _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(',')),
    _mm512_cmpeq_epi8_mask(_mm512_or_si512(v, _mm512_set1_epi8(0x20)), _mm512_set1_epi8('}'))};
}

TARGET ALWAYS uint64_t ends64(const uint8_t *p) {
  qw_ends found = ends64_apart(p);
  return found.commas | found.brackets;
}

#define LEVEL avx512
#include "columns.h"
#include "rows.h"
#endif
