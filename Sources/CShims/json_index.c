#include "json_masks.h"
#include <pthread.h>
#include <stdlib.h>

int32_t qw_json_level_supported(int32_t level) {
  if (level == QW_JSON_PORTABLE) return 1;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level == QW_JSON_SSE2) return 1;
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
             __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("pclmul");
  if (level == QW_JSON_AVX2) return avx2;
  if (level == QW_JSON_AVX512) return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
#elif defined(__aarch64__) && defined(__ARM_NEON)
  if (level == QW_JSON_NEON) return 1;
#endif
  return 0;
}

static int32_t chosen;
static pthread_once_t chosen_once = PTHREAD_ONCE_INIT;

static void choose(void) {
  static const char *const names[] = {"portable", "sse2", "avx2", "avx512", "neon"};
  int32_t most = QW_JSON_NEON;
  const char *wanted = getenv("QUOTEWIRE_SIMD");
  for (int32_t level = QW_JSON_PORTABLE; wanted != NULL && level <= QW_JSON_NEON; level++) {
    if (strcmp(wanted, names[level]) == 0) most = level;
  }
  while (!qw_json_level_supported(most)) most--;
  chosen = most;
}

int32_t qw_json_level_default(void) {
  pthread_once(&chosen_once, choose);
  return chosen;
}

qw_json_result qw_json_index(int32_t level, const uint8_t *payload, size_t count, uint32_t *index) {
  switch (level) {
#if defined(__x86_64__)
  case QW_JSON_SSE2: return qw_json_index_sse2(payload, count, index);
  case QW_JSON_AVX2: return qw_json_index_avx2(payload, count, index);
  case QW_JSON_AVX512: return qw_json_index_avx512(payload, count, index);
#elif defined(__aarch64__) && defined(__ARM_NEON)
  case QW_JSON_NEON: return qw_json_index_neon(payload, count, index);
#endif
  default: return qw_json_index_portable(payload, count, index);
  }
}

size_t qw_json_compact(int32_t level, const uint8_t *payload, size_t count, uint8_t *out) {
  switch (level) {
#if defined(__x86_64__)
  case QW_JSON_SSE2: return qw_json_compact_sse2(payload, count, out);
  case QW_JSON_AVX2: return qw_json_compact_avx2(payload, count, out);
  case QW_JSON_AVX512: return qw_json_compact_avx512(payload, count, out);
#elif defined(__aarch64__) && defined(__ARM_NEON)
  case QW_JSON_NEON: return qw_json_compact_neon(payload, count, out);
#endif
  default: return qw_json_compact_portable(payload, count, out);
  }
}
