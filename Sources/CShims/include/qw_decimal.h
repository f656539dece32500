#ifndef QW_DECIMAL_H
#define QW_DECIMAL_H
#include <stdint.h>

/* Powers of ten for writing doubles. */

#define QW_DECIMAL_LEAST (-292)
#define QW_DECIMAL_MOST 324
/* Two words for each power: the leading 128 bits of 10^k, high word first, rounded up where it has more. Filled with
   exact arithmetic when the program is loaded. */
extern uint64_t qw_decimal_power10_table[2 * (QW_DECIMAL_MOST - QW_DECIMAL_LEAST + 1)];

/* The two words of 10^k; k lies within the two limits. */
static inline const uint64_t *_Nonnull qw_decimal_power10(int64_t k) {
  return &qw_decimal_power10_table[2 * (k - QW_DECIMAL_LEAST)];
}

/* 10^n as an integer, n in 0...19. */
static inline uint64_t qw_decimal_integer_power10(int64_t n) {
  static const uint64_t powers[] = {
      1u,
      10u,
      100u,
      1000u,
      10000u,
      100000u,
      1000000u,
      10000000u,
      100000000u,
      1000000000u,
      10000000000u,
      100000000000u,
      1000000000000u,
      10000000000000u,
      100000000000000u,
      1000000000000000u,
      10000000000000000u,
      100000000000000000u,
      1000000000000000000u,
      10000000000000000000u,
  };
  return powers[n];
}
#endif
