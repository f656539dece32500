/* The reader of CSV by columns, once for each instruction set. The including file has included columns.h, and defines

     csv64(p)                      one bit for each of 64 bytes that is a comma, a line feed, a quote
     FLATTEN(bits, count, at, to)  writes at + i for each bit i, of which there are `count`; may write 64 numbers */
#include "qw_csv.h"

#define QW_CSV_INDEX(level) QW_JOIN(qw_csv_index_, level)
#define QW_CSV_LAST_END(level) QW_JOIN(qw_csv_last_end_, level)
#define QW_CSV_READ(level) QW_JOIN(qw_csv_read_, level)

/* Where quotes stand, carried from 64 bytes to the next. */
typedef struct {
  uint64_t inside; /* all ones within quotes */
  uint64_t before; /* 1 where an opening quote may follow */
  uint64_t behind; /* 1 behind a closing quote */
  uint64_t after_return; /* 1 behind a closing quote and a carriage return */
} qw_csv_state;

/* Takes out what stands within quotes; gives a bit for each byte at which the quotes turn out to be misplaced. Only the
   lowest of these bits has a meaning. */
TARGET QW_INLINE uint64_t csv_quotes(qw_csv_state *state, qw_csv_masks *m, const uint8_t *p, uint64_t here) {
  uint64_t inside = m->quotes;
  for (int shift = 1; shift < 64; shift *= 2) inside ^= inside << shift;
  inside ^= state->inside;
  uint64_t opening = m->quotes & inside, closing = m->quotes & ~inside;
  m->commas &= ~inside;
  m->inner = m->lines & inside;
  m->lines &= ~inside;
  uint64_t separators = m->commas | m->lines;
  uint64_t before = (separators | closing) << 1 | state->before;
  uint64_t behind = closing << 1 | state->behind;
  uint64_t bad = opening & ~before, odd = behind & ~(separators | opening), returns = 0;
  /* What follows a closing quote and is neither a separator nor a second quote: a carriage return, perhaps. */
  for (uint64_t left = odd & here; left; left &= left - 1) {
    if (p[__builtin_ctzll(left)] == '\r') returns |= left & -left;
  }
  bad |= odd & ~returns;
  bad |= (returns << 1 | state->after_return) & ~m->lines;
  state->inside = (uint64_t)((int64_t)inside >> 63);
  state->before = (separators | closing) >> 63;
  state->behind = closing >> 63;
  state->after_return = returns >> 63;
  return bad & here;
}

TARGET QW_INLINE int csv_is_plain(const qw_csv_state *state, const qw_csv_masks *m) {
  return (m->quotes | state->inside | state->behind | state->after_return) == 0;
}

/* The bytes of a block of 64 that belong to the text. */
QW_INLINE uint64_t csv_here(size_t left) { return left >= 64 ? ~0ull : ~0ull >> (64 - left); }

TARGET void QW_CSV_INDEX(LEVEL)(const uint8_t *text, size_t start, size_t count, qw_csv_records *records) {
  uint32_t *const first = records->separators, *const rows = records->rows;
  size_t found = 0, row_count = 0, at = start, end = start;
  qw_csv_state state = {0, 1, 0, 0};
  records->has_inner_lines = records->is_full = 0;
  while (at < count) {
    if (found + 64 > records->separator_room || row_count + 64 > records->row_room) {
      records->is_full = 1;
      break;
    }
    qw_csv_masks m = csv64(text + at);
    uint64_t here = csv_here(count - at), bad = 0;
    if (QW_RARE(here != ~0ull)) {
      m.commas &= here;
      m.lines &= here;
      m.quotes &= here;
    }
    if (QW_RARE(!csv_is_plain(&state, &m))) {
      bad = csv_quotes(&state, &m, text + at, here);
      records->has_inner_lines |= m.inner != 0;
      if (bad) {
        uint64_t good = (bad & -bad) - 1;
        m.commas &= good;
        m.lines &= good;
      }
    } else {
      state.before = (m.commas | m.lines) >> 63;
    }
    uint64_t separators = m.commas | m.lines;
    for (uint64_t lines = m.lines; lines; lines &= lines - 1) {
      rows[row_count++] = (uint32_t)(found + (size_t)__builtin_popcountll(separators & (lines ^ (lines - 1))));
    }
    if (m.lines) end = at + 64 - (size_t)__builtin_clzll(m.lines);
    long more = __builtin_popcountll(separators);
    FLATTEN(separators, more, (uint32_t)at, first + found);
    found += (size_t)more;
    if (QW_RARE(bad)) {
      /* The record ends at the next line feed, and its separators are forgotten. */
      size_t from = at + (size_t)__builtin_ctzll(bad);
      const uint8_t *line = memchr(text + from, '\n', count - from);
      if (line == NULL) break;
      found = row_count ? rows[row_count - 1] & ~QW_CSV_FAULTY : 0;
      end = (size_t)(line - text) + 1;
      first[found++] = (uint32_t)(end - 1);
      rows[row_count++] = (uint32_t)found | QW_CSV_FAULTY;
      at = end;
      state = (qw_csv_state){0, 1, 0, 0};
      continue;
    }
    at += 64;
  }
  records->row_count = row_count;
  records->end = end;
}

TARGET size_t QW_CSV_LAST_END(LEVEL)(const uint8_t *text, size_t start, size_t count) {
  size_t end = start, at = start;
  qw_csv_state state = {0, 1, 0, 0};
  while (at < count) {
    qw_csv_masks m = csv64(text + at);
    uint64_t here = csv_here(count - at), bad = 0;
    m.commas &= here;
    m.lines &= here;
    m.quotes &= here;
    if (QW_RARE(!csv_is_plain(&state, &m))) {
      bad = csv_quotes(&state, &m, text + at, here);
    } else {
      state.before = (m.commas | m.lines) >> 63;
    }
    if (bad) m.lines &= (bad & -bad) - 1;
    if (m.lines) end = at + 64 - (size_t)__builtin_clzll(m.lines);
    if (QW_RARE(bad)) {
      size_t from = at + (size_t)__builtin_ctzll(bad);
      const uint8_t *line = memchr(text + from, '\n', count - from);
      if (line == NULL) return end;
      at = end = (size_t)(line - text) + 1;
      state = (qw_csv_state){0, 1, 0, 0};
      continue;
    }
    at += 64;
  }
  return end;
}

/* Fields. */

typedef struct {
  const uint8_t *s;
  const uint8_t *e;
} qw_csv_field;

/* Without its quotes where it has some and no others within; nothing says so of those within, which no number has. */
QW_INLINE qw_csv_field csv_bare(qw_csv_field f) {
  if (QW_RARE(*f.s == '"') && f.e - f.s >= 2 && f.e[-1] == '"') return (qw_csv_field){f.s + 1, f.e - 1};
  return f;
}

TARGET QW_INLINE int csv_double(qw_csv_field f, uint8_t *to) {
  uint64_t bits = QW_NOT_A_NUMBER;
  if (f.s == f.e) {
    put8(to, bits);
    return 1;
  }
  if (plain_double(f.s, f.e, to, 0)) return 1;
  f = csv_bare(f);
  uint64_t sign = (uint64_t)(*f.s == '-') << 63;
  if (!(f.e - f.s == 3 && f.s[0] == 'N' && f.s[1] == 'a' && f.s[2] == 'N') && f.s != f.e &&
      !any_number(f.s + (sign != 0), f.e, sign, &bits)) {
    return 0;
  }
  put8(to, bits);
  return 1;
}

TARGET QW_INLINE int csv_integer(qw_csv_field f, int64_t *value) {
  long n = f.e - f.s;
  *value = *f.s - '0';
  if (n == 1) return (uint64_t)*value <= 9;
  *value = 0;
  if (n == 0) return 1;
  f = csv_bare(f);
  const uint8_t *first = f.s + (*f.s == '-');
  n = f.e - first;
  if (QW_RARE(n <= 0 || n > 19)) return 0;
  uint32_t bad = 0;
  uint64_t head, m = digits32(f.e, n, 32, &head, &bad);
  m += head * 10000000000000000ull;
  if (QW_RARE(bad | (m > INT64_MAX) | ((*first == '0') & (n > 1)))) return 0;
  *value = first == f.s ? (int64_t)m : -(int64_t)m;
  return 1;
}

QW_INLINE int csv_char(qw_csv_field f, uint8_t *to) {
  uint16_t unit = 0;
  long n = f.e - f.s;
  if (n == 1) {
    unit = *f.s;
    if (unit < 0x20 || unit > 0x7E || unit == '"') return 0;
  } else if (n != 0) {
    return 0;
  }
  memcpy(to, &unit, 2);
  return 1;
}

QW_INLINE int csv_bool(qw_csv_field f, uint8_t *to) {
  long n = f.e - f.s;
  uint64_t text = word8(f.s);
  if (n == 0 || (n == 5 && (text & 0xFFFFFFFFFFull) == 0x65736C6166ull)) {
    *to = 0;
  } else if (n == 4 && (uint32_t)text == 0x65757274u) {
    *to = 1;
  } else {
    return 0;
  }
  return 1;
}

QW_INLINE int csv_code(qw_csv_field f, const qw_csv_column *column, uint8_t *to) {
  f = csv_bare(f);
  long n = f.e - f.s;
  *to = 0xFF;
  if (n == 0) return 1;
  /* A zero at the end would be one of those behind a name. */
  if (n > 16 || f.e[-1] == 0) return 0;
  uint64_t low = word8(f.s) & qw_first_bytes(n), high = word8(f.s + 8) & qw_first_bytes(n - 8);
  for (size_t i = 0; i < column->name_count; i++) {
    if (column->names[i].low == low && column->names[i].high == high) {
      *to = (uint8_t)i;
      return 1;
    }
  }
  return 0;
}

/* A hit proves the text: only those that were checked are there, and none with a quote is found. */
TARGET QW_INLINE int csv_text(qw_csv_field f, const qw_csv_column *column, uint8_t *to) {
  f = csv_bare(f);
  long n = f.e - f.s;
  if (n <= 0 || n > 32) return 0;
  uint32_t code = qw_find_text(column->slots, column->mask, f.s, n) - 1;
  memcpy(to, &code, 4);
  return code != UINT32_MAX;
}

/* The records of a column, one after the other. */
#define CSV_EACH(width_of_value, read) \
  const uint8_t *const text = column->text; \
  const size_t width = column->width; \
  const uint32_t *ends = column->separators + row * width + column->column; \
  uint8_t *to = column->out + row * (width_of_value); \
  const int is_last = column->column + 1 == width; \
  for (; row < rows; row++, ends += width, to += (width_of_value)) { \
    qw_csv_field f = {text + (uint32_t)(ends[-1] + 1), text + ends[0]}; \
    if (is_last && f.e > f.s && f.e[-1] == '\r') f.e--; \
    if (QW_RARE(!(read))) break; \
  } \
  return row;
#define CSV_COLUMN(name) \
  TARGET static __attribute__((noinline)) size_t name(const qw_csv_column *column, size_t row, size_t rows)

CSV_COLUMN(csv_double_each) { CSV_EACH(8, csv_double(f, to)) }

/* Four numbers of up to eight characters at once. */
CSV_COLUMN(csv_doubles) {
  const uint8_t *const text = column->text;
  const size_t width = column->width, step = width * 4;
  const uint32_t *ends = column->separators + row * width + column->column;
  uint8_t *to = column->out + row * 8;
  if (column->column + 1 == width) return csv_double_each(column, row, rows);
  while (rows - row >= 4) {
    long e0 = ends[0], e1 = ends[width], e2 = ends[2 * width], e3 = ends[3 * width];
    /* Lengths less one: an empty field has a very great one. */
    uint32_t n0 = (uint32_t)e0 - ends[-1] - 2, n1 = (uint32_t)e1 - (ends + width)[-1] - 2;
    uint32_t n2 = (uint32_t)e2 - (ends + 2 * width)[-1] - 2, n3 = (uint32_t)e3 - (ends + 3 * width)[-1] - 2;
    uint32_t good = 0;
    double values[4];
    if ((n0 | n1 | n2 | n3) < 8) {
      good = doubles4(text, e0, n0 + 1, e1, n1 + 1, e2, n2 + 1, e3, n3 + 1, values);
    }
    if (good == 15) {
      memcpy(to, values, 32);
    } else if ((n0 & n1 & n2 & n3) == UINT32_MAX) {
      for (int i = 0; i < 4; i++) put8(to + 8 * i, QW_NOT_A_NUMBER);
    } else {
      size_t read = csv_double_each(column, row, row + 4);
      if (read != row + 4) return read;
    }
    row += 4;
    ends += step;
    to += 32;
  }
  return csv_double_each(column, row, rows);
}

CSV_COLUMN(csv_int64s) {
  int64_t value;
  CSV_EACH(8, csv_integer(f, &value) && (memcpy(to, &value, 8), 1))
}

CSV_COLUMN(csv_int32s) {
  int64_t value;
  int32_t narrow;
  CSV_EACH(4, csv_integer(f, &value) && (narrow = (int32_t)value) == value && (memcpy(to, &narrow, 4), 1))
}

CSV_COLUMN(csv_flags) {
  int64_t value;
  CSV_EACH(1, csv_integer(f, &value) && (*to = (uint8_t)value) == value)
}

CSV_COLUMN(csv_chars) { CSV_EACH(2, csv_char(f, to)) }
CSV_COLUMN(csv_bools) { CSV_EACH(1, csv_bool(f, to)) }
CSV_COLUMN(csv_codes) { CSV_EACH(1, csv_code(f, column, to)) }
CSV_COLUMN(csv_symbols) { CSV_EACH(4, csv_text(f, column, to)) }
CSV_COLUMN(csv_texts) {
  const uint32_t none = UINT32_MAX;
  CSV_EACH(4, f.s == f.e ? (memcpy(to, &none, 4), 1) : csv_text(f, column, to))
}

TARGET size_t QW_CSV_READ(LEVEL)(int32_t action, const qw_csv_column *column, size_t row, size_t rows) {
  switch (action) {
  case QW_CSV_DOUBLE: return csv_doubles(column, row, rows);
  case QW_CSV_INT64: return csv_int64s(column, row, rows);
  case QW_CSV_INT32: return csv_int32s(column, row, rows);
  case QW_CSV_FLAGS: return csv_flags(column, row, rows);
  case QW_CSV_CHAR: return csv_chars(column, row, rows);
  case QW_CSV_BOOL: return csv_bools(column, row, rows);
  case QW_CSV_CODE: return csv_codes(column, row, rows);
  case QW_CSV_SYMBOL: return csv_symbols(column, row, rows);
  default: return csv_texts(column, row, rows);
  }
}
