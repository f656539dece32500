#include "qw_decimal.h"
#include <string.h>

uint64_t qw_decimal_power10_table[2 * (QW_DECIMAL_MOST - QW_DECIMAL_LEAST + 1)];

/* Natural numbers of 32-bit words, lowest first: wide enough for 5^324 (753 bits), and for 2^831 / 5^292 (154 bits
   of quotient). The leading bits of 10^k are those of 5^k. */
enum { WORDS = 26 };

/* The leading 128 bits, rounded up by one where `more` says that the number goes on below its words. */
static void store_leading_bits(const uint32_t *words, int more, uint64_t *entry) {
  int top = WORDS - 1;
  while (words[top] == 0) top--;
  int zeros = __builtin_clz(words[top]);
  uint32_t out[4];
  for (int i = 0; i < 4; i++) {
    uint32_t high = top - i >= 0 ? words[top - i] : 0;
    uint32_t low = top - i - 1 >= 0 ? words[top - i - 1] : 0;
    out[i] = (uint32_t)((((uint64_t)high << 32 | low) << zeros) >> 32);
  }
  entry[0] = (uint64_t)out[0] << 32 | out[1];
  entry[1] = (uint64_t)out[2] << 32 | out[3];
  if (top >= 4 && (uint32_t)(words[top - 4] << zeros) != 0) more = 1;
  for (int i = top - 5; i >= 0; i--) more |= words[i] != 0;
  /* Never carries out of the high word: no power is that close below a power of two (tested). */
  if (more && ++entry[1] == 0) entry[0]++;
}

__attribute__((constructor)) static void fill_power10_table(void) {
  uint32_t words[WORDS];
  memset(words, 0, sizeof words);
  words[0] = 1;
  for (int k = 0; k <= QW_DECIMAL_MOST; k++) {
    store_leading_bits(words, 0, &qw_decimal_power10_table[2 * (k - QW_DECIMAL_LEAST)]);
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++) {
      carry += (uint64_t)words[i] * 5;
      words[i] = (uint32_t)carry;
      carry >>= 32;
    }
  }
  /* Dividing by 5 again and again, rounding down each time, equals one division by 5^k rounded down. */
  memset(words, 0, sizeof words);
  words[WORDS - 1] = 1u << 31;
  for (int k = -1; k >= QW_DECIMAL_LEAST; k--) {
    uint64_t remainder = 0;
    for (int i = WORDS - 1; i >= 0; i--) {
      remainder = remainder << 32 | words[i];
      words[i] = (uint32_t)(remainder / 5);
      remainder %= 5;
    }
    /* 5^k never divides a power of two. */
    store_leading_bits(words, 1, &qw_decimal_power10_table[2 * (k - QW_DECIMAL_LEAST)]);
  }
}
