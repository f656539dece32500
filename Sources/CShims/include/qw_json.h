#ifndef QW_JSON_H
#define QW_JSON_H
#include <stddef.h>
#include <stdint.h>

/* Stage 1 of the JSON scanner: where the tokens of a payload are. */

/* The instruction sets that an index can be made with. Higher is wider. */
enum {
  QW_JSON_PORTABLE = 0,
  QW_JSON_SSE2 = 1,
  QW_JSON_AVX2 = 2,
  QW_JSON_AVX512 = 3,
  QW_JSON_NEON = 4,
};

/* 1 where this CPU has what `level` needs. */
int32_t qw_json_level_supported(int32_t level);
/* The best level of this CPU, or the best one up to that which QUOTEWIRE_SIMD names (portable, sse2, avx2, avx512,
   neon). The environment is read once. */
int32_t qw_json_level_default(void);

enum {
  QW_JSON_OK = 0,
  QW_JSON_CONTROL = 1,      /* a byte below 0x20 inside a string */
  QW_JSON_UNTERMINATED = 2, /* the payload ends inside a string */
  QW_JSON_UTF8 = 3,         /* ill-formed UTF-8 anywhere */
};

typedef struct {
  size_t count;      /* entries written */
  size_t error_at;   /* offset of the offending byte; where the string or the bad sequence starts for the others */
  int32_t status;    /* QW_JSON_… */
  int32_t backslash; /* 1 where the payload has a backslash at all */
} qw_json_result;

/* Entries of `index` that may be written beyond the counted ones. */
#define QW_JSON_INDEX_SLACK 64

/* Writes the ascending offsets of every { } [ ] : , outside strings, of both quotes of every string, and of the
   first byte of every run of other bytes outside strings (numbers, literals, garbage). `index` has room for `count` +
   QW_JSON_INDEX_SLACK entries, `count` is below 2^32. Reads up to 63 bytes after the payload, which must be
   readable; the result does not depend on them. The level must be supported. */
qw_json_result qw_json_index(int32_t level, const uint8_t *_Nonnull payload, size_t count, uint32_t *_Nonnull index);

/* Writes the text without white space between its tokens and with escapes of printable ASCII resolved, which changes
   neither what it says nor whether it is JSON. Gives the bytes written to `out`, which has room for `count` and 64
   more; 0 where there is nothing to do, or where it cannot be done. Reads up to 63 bytes behind the text. */
size_t qw_json_compact(int32_t level, const uint8_t *_Nonnull payload, size_t count, uint8_t *_Nonnull out);

/* Numbers. */

#define QW_JSON_POWER5_LEAST (-342)
#define QW_JSON_POWER5_MOST 308
/* Two words for each power: the leading 128 bits of 5^q, high word first. Cut off for q >= 0, rounded up for q < 0.
   Filled with exact arithmetic when the program is loaded. */
extern uint64_t qw_json_power5_table[2 * (QW_JSON_POWER5_MOST - QW_JSON_POWER5_LEAST + 1)];

/* The two words of 5^q; q lies within the two limits. */
static inline const uint64_t *_Nonnull qw_json_power5(int32_t q) {
  return &qw_json_power5_table[2 * (q - QW_JSON_POWER5_LEAST)];
}

/* 10^n as an integer, n in 0...8. */
static inline uint64_t qw_json_power10(int64_t n) {
  static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  return powers[n];
}

/* 10^n as a double, exact for n in 0...22. */
static inline double qw_json_power10_double(int64_t n) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  return powers[n];
}

/* strtod of a zero-terminated text in the C locale, whatever the program's locale is. */
double qw_json_strtod(const char *_Nonnull text);
#endif
