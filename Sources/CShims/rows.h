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
  uint64_t ends; /* in the 64 bytes from `base` on, without those in front of `first` */
  long first;
  uint8_t *event;
  uint64_t head; /* the event's first word */
} qw_row_start;

TARGET QW_INLINE uint64_t ends_from(const uint8_t *base, long first) { return ends64(base) & ~0ull << first; }

/* Reads the columns of a row into its event. Gives the terminator of the last one, which is a comma, a bracket or a
   brace, in front of `end`; null for a row in another form. */
TARGET QW_INLINE const uint8_t *read_columns(qw_row_start start, const uint8_t *end, const qw_columns *columns) {
  COPY128(start.event, columns->blank);
  if (columns->blank_bytes > 128) COPY128(start.event + 128, columns->blank + 128);
  put8(start.event, start.head);
  qw_row row = {end, columns};
  const qw_column *first = columns->columns;
  const uint8_t *behind =
    ((qw_reader)first->read)(start.base + start.first, start.ends, start.base, first, start.event, &row);
  return behind != NULL ? behind - 1 : NULL;
}

/* Takes a row's parts one by one, in registers: a structure would be written to memory for every row. */
TARGET static __attribute__((noinline)) const uint8_t *read_unlike_four(
  const uint8_t *base, long first, uint8_t *event, const uint8_t *end, const qw_columns *columns) {
  return read_columns((qw_row_start){base, ends_from(base, first), first, event, word8(event)}, end, columns);
}
#define UNLIKE_FOUR(start) read_unlike_four((start).base, (start).first, (start).event, end, columns)

/* Where the first four columns of a row end. */
typedef struct {
  long e0, e1, e2, e3;
} qw_four_ends;

/* 0 where not all of them are in the window. */
TARGET QW_INLINE int four_ends(uint64_t ends, qw_four_ends *at) {
  /* Without the ends in front: the last of them is there when all are. */
  uint64_t ends1 = ends & (ends - 1), ends2 = ends1 & (ends1 - 1), ends3 = ends2 & (ends2 - 1);
  if (ends3 == 0) return 0;
  *at = (qw_four_ends){
    __builtin_ctzll(ends), __builtin_ctzll(ends1), __builtin_ctzll(ends2), __builtin_ctzll(ends3)};
  return 1;
}

/* Bytes between two ends. As a difference less one, not as a sum with a complement, it is a part of an address. */
QW_INLINE long between(long first, long second) {
  long apart = second - first;
  __asm__("" : "+r"(apart));
  return apart - 1;
}

/* Whether the first three ends are commas: no other three of the bytes that `ends64` finds have their sum. */
QW_INLINE int are_commas(const uint8_t *base, qw_four_ends at) {
  return (uint8_t)(base[at.e0] + base[at.e1] + base[at.e2]) == (uint8_t)(3 * ',');
}

/* Four doubles side by side and nothing else: quotes. */
TARGET QW_INLINE const uint8_t *read_four(qw_row_start start, const uint8_t *end, const qw_columns *columns) {
  COPY128(start.event, columns->blank);
  put8(start.event, start.head);
  qw_four_ends at;
  if (!four_ends(start.ends, &at)) return UNLIKE_FOUR(start);
  uint32_t good = doubles4(
    start.base, at.e0, at.e0 - start.first, at.e1, between(at.e0, at.e1), at.e2, between(at.e1, at.e2), at.e3,
    between(at.e2, at.e3), (double *)(start.event + columns->columns->offset));
  const uint8_t *terminator = start.base + at.e3;
  if (good != 0xF || !are_commas(start.base, at) || terminator >= end) return UNLIKE_FOUR(start);
  return terminator;
}

TARGET QW_LEAF int read_odd_double(const uint8_t *s, const uint8_t *e, uint8_t *to) {
  return no_plain_double(s, e, to);
}

/* An integer and three doubles, the last of them of any length: trades. */
TARGET QW_INLINE const uint8_t *read_timed(qw_row_start start, const uint8_t *end, const qw_columns *columns) {
  COPY128(start.event, columns->blank);
  put8(start.event, start.head);
  qw_four_ends at;
  if (!four_ends(start.ends, &at)) return UNLIKE_FOUR(start);
  const uint8_t *base = start.base;
  const qw_column *column = columns->columns;
  long n0 = at.e0 - start.first, n1 = between(at.e0, at.e1), n2 = between(at.e1, at.e2);
  double values[4];
  uint32_t good = doubles4(base, at.e1, n1, at.e2, n2, at.e1, n1, at.e2, n2, values), bad = 0;
  uint64_t integer = integer16(base + at.e0, n0 & 15, &bad);
  bad |= (n0 <= 0) | (n0 > 15) | ((base[start.first] == '0') & (n0 > 1));
  put8(start.event + column[0].offset, integer);
  memcpy(start.event + column[1].offset, &values[0], 8);
  memcpy(start.event + column[2].offset, &values[1], 8);
  const uint8_t *terminator = base + at.e3, *volume = base + at.e2 + 1;
  if (good != 0xF || bad || !are_commas(base, at) || terminator >= end) return UNLIKE_FOUR(start);
  uint8_t *last = start.event + column[3].offset;
  if (!plain_double(volume, terminator, last, 1) && !read_odd_double(volume, terminator, last)) return NULL;
  return terminator;
}

QW_INLINE int stands(const uint8_t *s, const qw_key *text) {
  uint64_t different = 0;
  for (int i = 0; i < 4; i++) different |= (word8(s + 8 * i) ^ text->words[i]) & text->masks[i];
  return different == 0;
}

/* Quotes; trades; any rows; one row, whatever its terminator. */
enum { QW_FOURS, QW_TIMED, QW_ROWS, QW_ROW };

/* Reads rows, all of one section, up to one whose terminator is no comma, and gives that, or a QW_STOP. The type's name
   may stand in front of their symbols where they are `named`. */
TARGET QW_INLINE int32_t walk_rows(qw_walk *walk, const qw_columns *columns, int kind, int named) {
  const uint8_t *at = walk->at, *const end = walk->end;
  uint8_t *event = walk->event;
  const qw_text_slot *const slots = walk->slots;
  const uint64_t mask = walk->slot_mask, blank = word8(columns->blank);
  const size_t event_bytes = kind <= QW_TIMED ? 128 : columns->blank_bytes;
  const uintptr_t last = (uintptr_t)walk->limit - event_bytes;
  const size_t name_bytes = named ? columns->name_bytes : 0;
  const int64_t received_nanos = walk->received_nanos;
  int32_t stop;
  do {
    stop = QW_STOP_OTHER;
    if (name_bytes && !stands(at, &columns->name)) break;
    /* The symbol and the first columns, mostly all of the row, stand in one window. */
    qw_row_start start = {.base = at + name_bytes, .event = event};
    uint32_t quotes = quotes32(start.base), behind = quotes & (quotes - 1);
    /* The first two bytes are a quote and none: the symbol is not empty. */
    if ((quotes & 3) != 1 || behind == 0) break;
    long close = __builtin_ctz(behind);
    if (start.base[close + 1] != ',' || (uintptr_t)event > last) break;
    uint32_t id = qw_find_text(slots, mask, start.base + 1, close - 1);
    if (id == 0) {
      stop = QW_STOP_NEW_SYMBOL;
      break;
    }
    start.first = close + 2;
    start.ends = ends_from(start.base, start.first);
    start.head = blank | id;
    const uint8_t *terminator = kind == QW_FOURS   ? read_four(start, end, columns)
                                : kind == QW_TIMED ? read_timed(start, end, columns)
                                                   : read_columns(start, end, columns);
    if (terminator == NULL) break;
    memcpy(event + 8, &received_nanos, 8);
    at = terminator + 1;
    event += event_bytes;
    stop = *terminator;
    if (kind > QW_TIMED && columns->state->long_text_count > 0) {
      stop = QW_STOP_LONG_TEXTS;
      break;
    }
  } while (kind != QW_ROW && stop == ',');
  walk->at = at;
  walk->rows += (event - walk->event) / (event_bytes > 128 ? 256 : 128);
  walk->event = event;
  return stop;
}

/* Not in the loop of sections: what a call may change would have to be saved around it. */
#define WALK(name, kind, named) \
  TARGET static __attribute__((noinline)) int32_t name(qw_walk *walk, const qw_columns *columns) { \
    return walk_rows(walk, columns, kind, named); \
  }
WALK(walk_any_rows, QW_ROWS, 1)
WALK(walk_timed_rows, QW_TIMED, 0)
WALK(walk_named_timed_rows, QW_TIMED, 1)
WALK(walk_named_fours, QW_FOURS, 1)

TARGET int32_t QW_OBJECT(LEVEL)(qw_walk *walk, const qw_columns *columns) {
  columns->state->long_text_count = 0;
  /* A walk that goes on may have read the object's last value. */
  uint8_t before = walk->at[-1];
  int32_t stop = before == ':' ? walk_rows(walk, columns, QW_ROW, 1) : before;
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
      stop = columns->name_bytes ? walk_named_fours(walk, columns) : walk_rows(walk, columns, QW_FOURS, 0);
    } else if (columns->shape == QW_SHAPE_TIMED) {
      stop = columns->name_bytes ? walk_named_timed_rows(walk, columns) : walk_timed_rows(walk, columns);
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
