#include "qw_csv.h"
#include "qw_json.h"

#define QW_LEVEL(name) \
  void qw_csv_index_##name(const uint8_t *text, size_t start, size_t count, qw_csv_records *records); \
  size_t qw_csv_last_end_##name(const uint8_t *text, size_t start, size_t count); \
  size_t qw_csv_read_##name(int32_t action, const qw_csv_column *column, size_t row, size_t rows);
QW_LEVEL(portable)
QW_LEVEL(sse2)
QW_LEVEL(avx2)
QW_LEVEL(avx512)

#if defined(__x86_64__)
#define QW_BY_LEVEL(function, ...) \
  switch (level) { \
  case QW_JSON_AVX512: return function##_avx512(__VA_ARGS__); \
  case QW_JSON_AVX2: return function##_avx2(__VA_ARGS__); \
  case QW_JSON_SSE2: return function##_sse2(__VA_ARGS__); \
  default: return function##_portable(__VA_ARGS__); \
  }
#else
#define QW_BY_LEVEL(function, ...) \
  (void)level; \
  return function##_portable(__VA_ARGS__);
#endif

void qw_csv_index(int32_t level, const uint8_t *text, size_t start, size_t count, qw_csv_records *records) {
  QW_BY_LEVEL(qw_csv_index, text, start, count, records)
}

size_t qw_csv_last_end(int32_t level, const uint8_t *text, size_t start, size_t count) {
  QW_BY_LEVEL(qw_csv_last_end, text, start, count)
}

size_t qw_csv_read(int32_t level, int32_t action, const qw_csv_column *column, size_t row, size_t rows) {
  QW_BY_LEVEL(qw_csv_read, action, column, row, rows)
}

size_t qw_csv_lines(const uint8_t *text, size_t count) {
  size_t lines = 0;
  for (size_t i = 0; i < count; i++) lines += text[i] == '\n';
  return lines;
}
