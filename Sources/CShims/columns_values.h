/* Readers of single values, once for each instruction set, for rows and for CSV; for the same including files as
   columns.h, and a part of it. */
#include "qw_columns.h"
#include "qw_json.h"
#include <string.h>

#define QW_JOIN(a, b) a##b
#define QW_INLINE static inline __attribute__((always_inline))
#define QW_RARE(x) __builtin_expect(!!(x), 0)
/* For what is rare: it leaves the registers of the caller alone. */
#define QW_LEAF static __attribute__((noinline, preserve_most))

QW_INLINE uint64_t word8(const uint8_t *p) {
  uint64_t w;
  memcpy(&w, p, 8);
  return w;
}
QW_INLINE void put8(uint8_t *p, uint64_t w) { memcpy(p, &w, 8); }

#include "columns_numbers.h"

QW_INLINE int is_null(const uint8_t *s, const uint8_t *e) { return e - s == 4 && (uint32_t)word8(s) == QW_NULL; }

/* Whether all bytes are printable ASCII other than quote and backslash; zeros stand for no byte. `count` bytes. */
QW_INLINE int is_plain(uint64_t text, long count) {
  uint64_t here = count >= 8 ? ~0ull : (1ull << (8 * count)) - 1;
  uint64_t quotes = text ^ 0x2222222222222222ull, slashes = text ^ 0x5C5C5C5C5C5C5C5Cull;
  uint64_t found = (quotes - 0x0101010101010101ull) & ~quotes;
  found |= (slashes - 0x0101010101010101ull) & ~slashes;
  found |= (text - 0x2020202020202020ull) & ~text;
  found |= text;
  return (found & here & 0x8080808080808080ull) == 0;
}

QW_INLINE int read_char(const uint8_t *s, const uint8_t *e, uint8_t *to) {
  uint16_t unit = 0;
  long n = e - s;
  if (n == 3) {
    unit = s[1];
    if (s[0] != '"' || s[2] != '"' || unit < 0x20 || unit == '"' || unit == '\\' || unit > 0x7F) return 0;
  } else if (!(n == 2 && s[0] == '"' && s[1] == '"') && !is_null(s, e)) {
    return 0;
  }
  memcpy(to, &unit, 2);
  return 1;
}

QW_INLINE int read_bool(const uint8_t *s, const uint8_t *e, uint8_t *to) {
  uint64_t text = word8(s) & 0xFFFFFFFFFFull;
  long n = e - s;
  if (n == 5 && text == 0x65736C6166ull) {
    *to = 0;
  } else if (n == 4 && (uint32_t)text == 0x65757274u) {
    *to = 1;
  } else if (n == 4 && (uint32_t)text == QW_NULL) {
    *to = 0;
  } else {
    return 0;
  }
  return 1;
}

QW_INLINE int read_code(
  const uint8_t *s, const uint8_t *e, const qw_column *column, const qw_name *names, uint8_t *to) {
  long n = e - s;
  if (n > 16 || n < 2) return 0;
  uint64_t low = word8(s), high = word8(s + 8);
  if (n <= 8) {
    low &= ~0ull >> (64 - 8 * n);
    high = 0;
  } else {
    high &= ~0ull >> (128 - 8 * n);
  }
  const qw_name *name = names + column->first_name;
  /* The quote at the end tells a name from one with zeros behind it. */
  uint32_t count = e[-1] == '"' ? column->name_count : 0;
  for (uint32_t i = 0; i < count; i++) {
    if (name[i].low == low && name[i].high == high) {
      *to = (uint8_t)i;
      return 1;
    }
  }
  *to = 0;
  return low == QW_NULL && n == 4;
}

/* A text that is longer than what stands in place: noted, for whoever keeps texts. */
TARGET QW_LEAF int note_text(
  const uint8_t *s, const uint8_t *e, uint16_t offset, qw_row_state *state) {
  long n = e - s - 2;
  if (state->long_text_count == QW_LONG_TEXTS || *s != '"' || e[-1] != '"') return 0;
  for (long i = 0; i < n; i += 8) {
    if (!is_plain(word8(s + 1 + i), n - i)) return 0;
  }
  state->long_texts[state->long_text_count++] = (qw_long_text){s + 1, (uint32_t)n, offset};
  return 1;
}

/* A text of up to 7 bytes in place, its length in the highest byte; 0xFF there for null. */
TARGET QW_INLINE int read_text(
  const uint8_t *s, const uint8_t *e, uint16_t offset, uint8_t *to, qw_row_state *state) {
  if (*s != '"') {
    put8(to, 0xFFull << 56);
    return is_null(s, e);
  }
  long n = e - s - 2;
  if (n > 7) return note_text(s, e, offset, state);
  if (n < 0) return 0;
  uint64_t text = n ? word8(s + 1) & ~0ull >> (64 - 8 * n) : 0;
  put8(to, text | (uint64_t)n << 56);
  return (e[-1] == '"') & is_plain(text, n);
}
