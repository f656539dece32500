#define _GNU_SOURCE
#include "qw_json.h"
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

uint64_t qw_json_power5_table[2 * (QW_JSON_POWER5_MOST - QW_JSON_POWER5_LEAST + 1)];

/* Natural numbers of 32-bit words, lowest first: wide enough for 5^308 (716 bits), and for 2^927 / 5^q with 128 bits
   left at q = -342 (5^342 has 795 bits, the quotient 133). */
enum { WORDS = 29 };

/* The leading 128 bits of a number that has that many, and whether any bit below them is set. */
static void leading_bits(const uint32_t *words, uint64_t *high, uint64_t *low) {
  int top = WORDS - 1;
  while (words[top] == 0) top--;
  /* Five words hold 128 bits behind up to 31 leading zeros. */
  uint32_t five[5];
  for (int k = 0; k < 5; k++) five[k] = top - k >= 0 ? words[top - k] : 0;
  int zeros = __builtin_clz(five[0]);
  uint32_t out[4];
  for (int k = 0; k < 4; k++) out[k] = (uint32_t)((((uint64_t)five[k] << 32 | five[k + 1]) << zeros) >> 32);
  *high = (uint64_t)out[0] << 32 | out[1];
  *low = (uint64_t)out[2] << 32 | out[3];
}

__attribute__((constructor)) static void fill_power5_table(void) {
  uint32_t words[WORDS];
  memset(words, 0, sizeof words);
  words[0] = 1;
  for (int32_t q = 0; q <= QW_JSON_POWER5_MOST; q++) {
    uint64_t *entry = &qw_json_power5_table[2 * (q - QW_JSON_POWER5_LEAST)];
    leading_bits(words, &entry[0], &entry[1]);
    uint64_t carry = 0;
    for (int k = 0; k < WORDS; k++) {
      carry += (uint64_t)words[k] * 5;
      words[k] = (uint32_t)carry;
      carry >>= 32;
    }
  }
  /* Dividing by 5 again and again, rounding down each time, equals one division by 5^q rounded down. */
  memset(words, 0, sizeof words);
  words[WORDS - 1] = 1u << 31;
  for (int32_t q = -1; q >= QW_JSON_POWER5_LEAST; q--) {
    uint64_t remainder = 0;
    for (int k = WORDS - 1; k >= 0; k--) {
      remainder = remainder << 32 | words[k];
      words[k] = (uint32_t)(remainder / 5);
      remainder %= 5;
    }
    uint64_t *entry = &qw_json_power5_table[2 * (q - QW_JSON_POWER5_LEAST)];
    leading_bits(words, &entry[0], &entry[1]);
    /* 5^q never divides a power of two: rounding up is adding one. It does not overflow 128 bits (tested). */
    if (++entry[1] == 0) entry[0]++;
  }
}

static locale_t c_locale;
static pthread_once_t locale_once = PTHREAD_ONCE_INIT;
static void make_locale(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

double qw_json_strtod(const char *text) {
  pthread_once(&locale_once, make_locale);
  return strtod_l(text, NULL, c_locale);
}
