/* The reader of rows and sections, once for each instruction set; for the same including files as columns.h, and behind
   it. The rows of quotes, four doubles each, have a loop of their own, and so have those of trades. */
#include "qw_rows.h"

/* No hints of what is rare in here: the compiler takes a loop whose every way out is rare for cold, and makes it small
   instead of fast. */

#define QW_SECTIONS(level) QW_JOIN(qw_read_sections_, level)
#define QW_OBJECT(level) QW_JOIN(qw_read_object_, level)

/* One row: its window, where its first column stands in that, and where its event goes. */
typedef struct {
  const uint8_t *base;
  qw_ends found; /* in the 64 bytes from `base` on, without those in front of `first` */
  long first;
  uint8_t *event;
  uint64_t head; /* the event's first word */
} qw_row_start;

/* Reads the columns of a row into its event. Gives the terminator of the last one, which is a comma, a bracket or a
   brace, in front of `end`; null for a row in another form. */
TARGET QW_INLINE const uint8_t *read_columns(qw_row_start start, const uint8_t *end, const qw_columns *columns) {
  COPY128(start.event, columns->blank);
  if (columns->blank_bytes > 128) COPY128(start.event + 128, columns->blank + 128);
  put8(start.event, start.head);
  qw_row row = {end, columns};
  const qw_column *first = columns->columns;
  uint64_t ends = start.found.commas | start.found.brackets;
  const uint8_t *behind =
    ((qw_reader)first->read)(start.base + start.first, ends, start.base, first, start.event, &row);
  return behind != NULL ? behind - 1 : NULL;
}

TARGET static __attribute__((noinline)) const uint8_t *read_unlike_four(
  qw_row_start start, const uint8_t *end, const qw_columns *columns) {
  return read_columns(start, end, columns);
}

/* Four doubles side by side and nothing else: quotes. */
TARGET QW_INLINE const uint8_t *read_four(qw_row_start start, const uint8_t *end, const qw_columns *columns) {
  /* Without the ends in front: the last of them is there when all are. */
  uint64_t ends0 = start.found.commas | start.found.brackets, ends1 = ends0 & (ends0 - 1);
  uint64_t ends2 = ends1 & (ends1 - 1), ends3 = ends2 & (ends2 - 1);
  if (ends3 == 0) return read_unlike_four(start, end, columns);
  COPY128(start.event, columns->blank);
  put8(start.event, start.head);
  long e0 = __builtin_ctzll(ends0), e1 = __builtin_ctzll(ends1);
  long e2 = __builtin_ctzll(ends2), e3 = __builtin_ctzll(ends3);
  uint32_t good = doubles4(
    start.base, e0, e0 - start.first, e1, e1 - e0 - 1, e2, e2 - e1 - 1, e3, e3 - e2 - 1,
    (double *)(start.event + columns->columns->offset));
  const uint8_t *terminator = start.base + e3;
  if (good != 0xF || (start.found.brackets & ((1ull << e3) - 1)) || terminator >= end) {
    return read_unlike_four(start, end, columns);
  }
  return terminator;
}

TARGET QW_LEAF int read_odd_double(const uint8_t *s, const uint8_t *e, uint8_t *to) {
  return no_plain_double(s, e, to);
}

/* An integer and three doubles, the last of them of any length: trades. */
TARGET QW_INLINE const uint8_t *read_timed(qw_row_start start, const uint8_t *end, const qw_columns *columns) {
  uint64_t ends0 = start.found.commas | start.found.brackets, ends1 = ends0 & (ends0 - 1);
  uint64_t ends2 = ends1 & (ends1 - 1), ends3 = ends2 & (ends2 - 1);
  if (ends3 == 0) return read_unlike_four(start, end, columns);
  COPY128(start.event, columns->blank);
  put8(start.event, start.head);
  const uint8_t *base = start.base;
  const qw_column *column = columns->columns;
  long e0 = __builtin_ctzll(ends0), e1 = __builtin_ctzll(ends1);
  long e2 = __builtin_ctzll(ends2), e3 = __builtin_ctzll(ends3), n0 = e0 - start.first;
  double values[4];
  uint32_t good = doubles4(base, e1, e1 - e0 - 1, e2, e2 - e1 - 1, e1, e1 - e0 - 1, e2, e2 - e1 - 1, values), bad = 0;
  uint64_t integer = integer16(base + e0, n0 & 15, &bad);
  bad |= (n0 <= 0) | (n0 > 15) | ((base[start.first] == '0') & (n0 > 1));
  put8(start.event + column[0].offset, integer);
  memcpy(start.event + column[1].offset, &values[0], 8);
  memcpy(start.event + column[2].offset, &values[1], 8);
  const uint8_t *terminator = base + e3;
  if (good != 0xF || bad || (start.found.brackets & ((1ull << e3) - 1)) || terminator >= end) {
    return read_unlike_four(start, end, columns);
  }
  uint8_t *last = start.event + column[3].offset;
  if (!plain_double(base + e2 + 1, terminator, last, 1) && !read_odd_double(base + e2 + 1, terminator, last)) {
    return NULL;
  }
  return terminator;
}

QW_INLINE int stands(const uint8_t *s, const qw_key *text) {
  uint64_t different = 0;
  for (int i = 0; i < 4; i++) different |= (word8(s + 8 * i) ^ text->words[i]) & text->masks[i];
  return different == 0;
}

/* Quotes; trades; any rows; one row, whatever its terminator. */
enum { QW_FOURS, QW_TIMED, QW_ROWS, QW_ROW };

/* Reads rows, all of one section, up to one whose terminator is no comma, and gives that, or a QW_STOP. */
TARGET QW_INLINE int32_t walk_rows(qw_walk *walk, const qw_columns *columns, int kind) {
  const uint8_t *at = walk->at, *const end = walk->end, *const limit = walk->limit;
  uint8_t *event = walk->event;
  const qw_text_slot *const slots = walk->slots;
  const uint64_t mask = walk->slot_mask, blank = word8(columns->blank);
  const size_t event_bytes = kind <= QW_TIMED ? 128 : columns->blank_bytes, name_bytes = columns->name_bytes;
  const int64_t received_nanos = walk->received_nanos;
  int32_t stop;
  do {
    stop = QW_STOP_OTHER;
    if (name_bytes && !stands(at, &columns->name)) break;
    /* The symbol and the first columns, mostly all of the row, stand in one window. */
    qw_row_start start = {.base = at + name_bytes, .event = event};
    start.found = ends64_apart(start.base);
    uint32_t quotes = quotes32(start.base), behind = quotes & (quotes - 1);
    long close = __builtin_ctz(behind | 1u << 31);
    /* The first two bytes are a quote and none: the symbol is not empty. */
    if ((quotes & 3) != 1 || behind == 0 || start.base[close + 1] != ',') break;
    if (event + event_bytes > limit) break;
    uint32_t id = qw_find_text(slots, mask, start.base + 1, close - 1);
    if (id == 0) {
      stop = QW_STOP_NEW_SYMBOL;
      break;
    }
    start.first = close + 2;
    start.found.commas &= ~3ull << close;
    start.found.brackets &= ~3ull << close;
    start.head = blank | id;
    const uint8_t *terminator = kind == QW_FOURS   ? read_four(start, end, columns)
                                : kind == QW_TIMED ? read_timed(start, end, columns)
                                                   : read_columns(start, end, columns);
    if (terminator == NULL) break;
    memcpy(event + 8, &received_nanos, 8);
    at = terminator + 1;
    event += event_bytes;
    walk->rows++;
    stop = *terminator;
    if (kind > QW_TIMED && columns->state->long_text_count > 0) {
      stop = QW_STOP_LONG_TEXTS;
      break;
    }
  } while (kind != QW_ROW && stop == ',');
  walk->at = at;
  walk->event = event;
  return stop;
}

/* Not in the loop of sections: what a call may change would have to be saved around it. */
TARGET static __attribute__((noinline)) int32_t walk_any_rows(qw_walk *walk, const qw_columns *columns) {
  return walk_rows(walk, columns, QW_ROWS);
}

TARGET static __attribute__((noinline)) int32_t walk_timed_rows(qw_walk *walk, const qw_columns *columns) {
  return walk_rows(walk, columns, QW_TIMED);
}

TARGET int32_t QW_OBJECT(LEVEL)(qw_walk *walk, const qw_columns *columns) {
  columns->state->long_text_count = 0;
  /* A walk that goes on may have read the object's last value. */
  uint8_t before = walk->at[-1];
  int32_t stop = before == ':' ? walk_rows(walk, columns, QW_ROW) : before;
  return stop == '}' ? QW_STOP_OBJECT : stop <= QW_STOP_LONG_TEXTS ? stop : QW_STOP_OTHER;
}

TARGET int32_t QW_SECTIONS(LEVEL)(qw_walk *walk) {
  const qw_columns *columns = walk->columns;
  for (;;) {
    const uint8_t *at = walk->at;
    if (!columns) {
      uint8_t found = walk->index[qw_section_slot(word8(at), walk->multiplier)];
      if (found == QW_NO_SECTION) return QW_STOP_OTHER;
      const qw_section *section = walk->sections + found;
      if (!stands(at, &section->opening)) return QW_STOP_OTHER;
      at = walk->at = at + section->opening_bytes;
      columns = walk->columns = section->columns;
      if (!columns || at > walk->end) return QW_STOP_OTHER;
    }
    /* A row in another form may have left some. */
    columns->state->long_text_count = 0;
    /* A walk that goes on may have read the section's last row. */
    int32_t stop = at[-1];
    if (stop == ']' || stop == '}') {
    } else if (columns->shape == QW_SHAPE_FOUR) {
      stop = walk_rows(walk, columns, QW_FOURS);
    } else if (columns->shape == QW_SHAPE_TIMED) {
      stop = walk_timed_rows(walk, columns);
    } else {
      stop = walk_any_rows(walk, columns);
    }
    if (stop != ']') return stop <= QW_STOP_LONG_TEXTS ? stop : QW_STOP_OTHER;
    columns = walk->columns = NULL;
    uint8_t separator = *walk->at++;
    if (separator == ']') return QW_STOP_END;
    if (separator != ',') return QW_STOP_OTHER;
    if (*walk->at == '{') return QW_STOP_OBJECT;
  }
}
