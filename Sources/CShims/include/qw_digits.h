#ifndef QW_DIGITS_H
#define QW_DIGITS_H
#include <stdint.h>
#include <string.h>

/* Integers and fixed-point numbers as decimal digits, without a branch that depends on the digits. The functions store
   whole words: up to 8 bytes beyond the text's end are overwritten. */

typedef struct {
  uint64_t first; /* eight characters, the first in the lowest byte */
  uint64_t last;  /* the next eight */
  int64_t lead;   /* zeros in front in `first`, at most 7 */
  int64_t used;   /* digits of `last` without the zeros at its end, at least 1 */
} qw_digits;

/* The eight digits of a value below 10^8 as bytes 0...9. The quotients by 10,000, by 100 and by 10 are taken in all
   lanes at once by a multiplication and a shift, which are exact in these ranges. */
static inline uint64_t qw_digits_eight(uint64_t value) {
  uint64_t thousands = (value * 3518437209u) >> 45;
  uint64_t fours = thousands | (value - thousands * 10000) << 32;
  uint64_t hundreds = ((fours * 10486) >> 20) & 0x0000007F0000007F;
  uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
  uint64_t tens = ((twos * 103) >> 10) & 0x000F000F000F000F;
  return tens | (twos - tens * 10) << 8;
}

/* Both values are below 10^8. */
static inline qw_digits qw_digits_portable(uint64_t high, uint64_t low) {
  uint64_t first = qw_digits_eight(high), last = qw_digits_eight(low);
  qw_digits all = {first | 0x3030303030303030, last | 0x3030303030303030,
                   __builtin_ctzll(first | (uint64_t)1 << 56) >> 3, 8 - (__builtin_clzll(last | 1) >> 3)};
  return all;
}

/* The same, all sixteen digits at once where there are vectors. Written with clang's own vectors, because the header of
   the intrinsics would become a part of every module that imports this one. */
static inline qw_digits qw_digits_sixteen(uint64_t high, uint64_t low) {
#if defined(__SSE2__)
  typedef uint64_t words __attribute__((vector_size(16)));
  typedef uint16_t lanes __attribute__((vector_size(16)));
  typedef short signed_lanes __attribute__((vector_size(16)));
  typedef char bytes __attribute__((vector_size(16)));
  words values = {high, low};
  words mask = {0xFFFFFFFF, 0xFFFFFFFF};
  words thousands = ((values & mask) * 3518437209) >> 45;
  words fours = thousands | (values - (thousands & mask) * 10000) << 32;
  lanes by_hundred = {5243, 5243, 5243, 5243, 5243, 5243, 5243, 5243};
  lanes by_ten = {6554, 6554, 6554, 6554, 6554, 6554, 6554, 6554};
  lanes hundreds = (lanes)__builtin_ia32_pmulhuw128((signed_lanes)fours, (signed_lanes)by_hundred) >> 3;
  lanes rest = (lanes)fours - hundreds * 100;
  typedef uint32_t pairs __attribute__((vector_size(16)));
  lanes twos = hundreds | (lanes)((pairs)rest << 16);
  lanes tens = (lanes)__builtin_ia32_pmulhuw128((signed_lanes)twos, (signed_lanes)by_ten);
  lanes digits = tens | (twos - tens * 10) << 8;
  uint32_t zeros = (uint32_t)__builtin_ia32_pmovmskb128((bytes)((bytes)digits == (bytes){0}));
  words text = (words)digits | (words){0x3030303030303030, 0x3030303030303030};
  qw_digits all = {text[0], text[1], __builtin_ctz((zeros & 0x7F) ^ 0xFF),
                   32 - __builtin_clz((~zeros >> 8 & 0xFF) | 1)};
  return all;
#else
  return qw_digits_portable(high, low);
#endif
}

/* A whole part and a fraction of eight places, both below 10^8, as `171.25`: no zeros in front or behind, but a digit
   on either side of the point. Returns the length. */
static inline int64_t qw_digits_write_fixed(uint64_t whole, uint64_t fraction, uint8_t *_Nonnull to) {
  qw_digits digits = qw_digits_sixteen(whole, fraction);
  uint64_t first = digits.first >> (8 * digits.lead);
  int64_t point = 8 - digits.lead;
  memcpy(to, &first, 8);
  to[point] = '.';
  memcpy(to + point + 1, &digits.last, 8);
  return point + 1 + digits.used;
}

/* Returns the length. */
static inline int64_t qw_digits_write(uint64_t value, uint8_t *_Nonnull to) {
  if (value < 10) {
    to[0] = (uint8_t)('0' + value);
    return 1;
  }
  if (value < 100000000) {
    uint64_t digits = qw_digits_eight(value);
    int64_t lead = __builtin_ctzll(digits) >> 3;
    digits = (digits | 0x3030303030303030) >> (8 * lead);
    memcpy(to, &digits, 8);
    return 8 - lead;
  }
  uint64_t high = value / 100000000, low = value - high * 100000000;
  if (high < 100000000) {
    qw_digits digits = qw_digits_sixteen(high, low);
    uint64_t first = digits.first >> (8 * digits.lead);
    memcpy(to, &first, 8);
    memcpy(to + 8 - digits.lead, &digits.last, 8);
    return 16 - digits.lead;
  }
  uint64_t top = high / 100000000;
  /* At most 1844: the two last steps of four digits. */
  uint64_t hundreds = (top * 10486) >> 20;
  uint64_t twos = hundreds | (top - hundreds * 100) << 16;
  uint64_t tens = ((twos * 103) >> 10) & 0x000F000F;
  uint64_t four = tens | (twos - tens * 10) << 8;
  int64_t lead = __builtin_ctzll(four) >> 3;
  uint32_t start = (uint32_t)(four | 0x30303030) >> (8 * lead);
  memcpy(to, &start, 4);
  qw_digits digits = qw_digits_sixteen(high - top * 100000000, low);
  memcpy(to + 4 - lead, &digits.first, 8);
  memcpy(to + 12 - lead, &digits.last, 8);
  return 20 - lead;
}
#endif
