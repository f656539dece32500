/* The level without vectors, for any processor. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "csv_masks.h"

#define TARGET
#define ALWAYS static inline __attribute__((always_inline))

ALWAYS uint64_t load8(const uint8_t *p) {
  uint64_t w;
  memcpy(&w, p, 8);
  return w;
}

/* One bit for each of eight bytes that equals `c`, exact for every byte. */
ALWAYS uint64_t equal8(const uint8_t *p, uint8_t c) {
  uint64_t x = load8(p) ^ c * 0x0101010101010101ull;
  uint64_t low = (x & 0x7F7F7F7F7F7F7F7Full) + 0x7F7F7F7F7F7F7F7Full;
  uint64_t zeros = ~(low | x | 0x7F7F7F7F7F7F7F7Full) >> 7;
  return zeros * 0x0102040810204080ull >> 56;
}

ALWAYS uint64_t ends64(const uint8_t *p) {
  uint64_t bits = 0;
  for (int i = 0; i < 64; i += 8) bits |= (equal8(p + i, ',') | equal8(p + i, ']') | equal8(p + i, '}')) << i;
  return bits;
}

ALWAYS uint32_t quotes32(const uint8_t *p) {
  uint32_t bits = 0;
  for (int i = 0; i < 32; i += 8) bits |= (uint32_t)equal8(p + i, '"') << i;
  return bits;
}

ALWAYS uint32_t dots32(const uint8_t *p) {
  uint32_t bits = 0;
  for (int i = 0; i < 32; i += 8) bits |= (uint32_t)equal8(p + i, '.') << i;
  return bits;
}

ALWAYS uint64_t digits32(const uint8_t *e, long count, long fraction, uint64_t *head, uint32_t *bad) {
  uint64_t value = 0;
  *head = 0;
  const uint8_t *p = e - count - (fraction < 32);
  for (long left = count; left > 0; left--, p++) {
    if (left == fraction) p++;
    uint8_t digit = (uint8_t)(*p - '0');
    *bad |= digit > 9;
    value = value * 10 + digit;
    if (left == 17) {
      *head = value;
      value = 0;
    }
  }
  return value;
}

ALWAYS uint64_t integer16(const uint8_t *e, long count, uint32_t *bad) {
  uint64_t head;
  return digits32(e, count, 32, &head, bad);
}

ALWAYS uint32_t doubles4(
  const uint8_t *base, long e0, long n0, long e1, long n1, long e2, long n2, long e3, long n3, double *values) {
  (void)base, (void)e0, (void)n0, (void)e1, (void)n1, (void)e2, (void)n2, (void)e3, (void)n3;
  memset(values, 0, 32);
  return 0;
}

ALWAYS qw_csv_masks csv64(const uint8_t *p) {
  qw_csv_masks found = {0, 0, 0, 0};
  for (int i = 0; i < 64; i += 8) {
    found.commas |= equal8(p + i, ',') << i;
    found.lines |= equal8(p + i, '\n') << i;
    found.quotes |= equal8(p + i, '"') << i;
  }
  return found;
}
#define FLATTEN QW_CSV_FLATTEN

#define COPY128(to, from) memcpy(to, from, 128)
#define LEVEL portable
#include "columns.h"
#include "rows.h"
#include "csv.h"

#define QW_LEVEL(name) \
  void qw_columns_link_##name(qw_columns *columns, qw_column *first); \
  int32_t qw_read_sections_##name(qw_walk *walk); \
  int32_t qw_read_object_##name(qw_walk *walk, const qw_columns *columns);
QW_LEVEL(sse2)
QW_LEVEL(avx2)

#if defined(__x86_64__)
#define QW_BY_LEVEL(function, ...) \
  switch (level) { \
  /* Masks of AVX-512 come back from their registers later than those of AVX2: rows were 3 to 6 % slower. */ \
  case QW_JSON_AVX512: \
  case QW_JSON_AVX2: return function##_avx2(__VA_ARGS__); \
  case QW_JSON_SSE2: return function##_sse2(__VA_ARGS__); \
  default: return function##_portable(__VA_ARGS__); \
  }
#else
#define QW_BY_LEVEL(function, ...) \
  (void)level; \
  return function##_portable(__VA_ARGS__);
#endif

void qw_columns_link(int32_t level, qw_columns *columns, qw_column *first) {
  QW_BY_LEVEL(qw_columns_link, columns, first)
}

int32_t qw_read_sections(int32_t level, qw_walk *walk) { QW_BY_LEVEL(qw_read_sections, walk) }

int32_t qw_read_object(int32_t level, qw_walk *walk, const qw_columns *columns) {
  QW_BY_LEVEL(qw_read_object, walk, columns)
}
