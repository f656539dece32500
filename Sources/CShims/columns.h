/* The reader of columns, once for each instruction set. The including file defines

     TARGET            attributes of the functions
     ends64(p)         one bit for each of 64 bytes that is a comma, a closing bracket or brace; a form feed, which
                       stands nowhere in JSON, may count too: whoever takes an end looks which it is
     quotes32(p)       one bit for each of 32 bytes that is a quote
     dots32(p)         one bit for each of 32 bytes that is a dot
     digits32(e, count, fraction, &head, &bad)
                       the number that the last 16 of `count` (0 to 31) digits before `e` make, and in `head` the number
                       of those in front of them; the last `fraction` digits stand behind a dot (32: there is no dot);
                       sets `bad` when one of them is none
     integer16(e, count, &bad)
                       the same for `count` (0 to 16) digits before `e` without a dot
     doubles4(base, e0, n0, e1, n1, e2, n2, e3, n3, values)
                       reads four numbers, each given by where it ends and its length (0 to 63); one bit for each that
                       was a plain decimal fraction of up to 8 characters without a sign. May give 0.
     LEVEL             its name
     COPY128(to, from) copies 128 bytes

   Each kind of column has a function that reads one and then jumps to that of the next one (threaded code), so that the
   few values of the walk stay in registers:

     s        the column's first byte; the comma in front of it is checked first
     ends     terminators (commas, closing brackets and braces) of the 64 bytes at `base` that were not passed yet
     column   what to do, `event` where to store, `row` what all columns share

   Invariant: nothing is read from 64 bytes behind the row's end on, nor from 64 before `s`. */
#include "columns_values.h"

#define QW_LINK(level) QW_JOIN(qw_columns_link_, level)

/* What all columns of a row share. */
typedef struct {
  const uint8_t *end;
  const qw_columns *columns;
} qw_row;

/* No register is anyone's to keep, so none is saved on the way through a row. */
#define QW_CALL __attribute__((preserve_none))
#define STATE \
  const uint8_t *s, uint64_t ends, const uint8_t *base, const qw_column *column, uint8_t *event, const void *row
typedef QW_CALL const uint8_t *(*qw_reader)(STATE);
#define JUMP(column) \
  __attribute__((musttail)) return ((qw_reader)(column)->read)(s, ends, base, column, event, row)
#define COLUMN(name) TARGET static QW_CALL __attribute__((noinline)) const uint8_t *name(STATE)
/* To begin with: the comma in front of the column, and its terminator. */
#define BEGIN \
  if (QW_RARE(s[-1] != column->before)) return NULL; \
  if (QW_RARE(ends == 0)) __attribute__((musttail)) return next_window(s, ends, base, column, event, row); \
  const uint8_t *e = base + __builtin_ctzll(ends); \
  uint8_t *to = event + column->offset;
/* The column was read, or the row is in another form. */
#define FINISH(good) \
  if (QW_RARE(!(good))) return NULL; \
  ends &= ends - 1; \
  s = e + 1; \
  column++; \
  JUMP(column)

COLUMN(next_window) {
  base += 64;
  if (base > ((const qw_row *)row)->end) return NULL;
  /* A value longer than a window is no short double: going back for it would go through its windows for ever. */
  if (QW_RARE(base - s >= 64)) ((const qw_row *)row)->columns->state->patience = QW_PATIENCE;
  ends = ends64(base);
  JUMP(column);
}

COLUMN(key_column) {
  if (QW_RARE(s[-1] != ',')) return NULL;
  const qw_key *key = ((const qw_row *)row)->columns->keys + column->first_name;
  uint64_t different = 0;
  for (int i = 0; i < 4; i++) different |= (word8(s + 8 * i) ^ key->words[i]) & key->masks[i];
  if (QW_RARE(different)) return NULL;
  s += column->run;
  column++;
  JUMP(column);
}

COLUMN(odd_double_column) {
  BEGIN
  FINISH(no_plain_double(s, e, to));
}

COLUMN(double_column) {
  BEGIN
  /* By a jump, so that this function saves no registers for a call. */
  if (!plain_double(s, e, to, 0)) {
    __attribute__((musttail)) return odd_double_column(s, ends, base, column, event, row);
  }
  FINISH(1);
}

/* Behind short doubles: a volume, mostly. */
COLUMN(volume_column) {
  BEGIN
  if (!plain_double(s, e, to, 1)) {
    __attribute__((musttail)) return odd_double_column(s, ends, base, column, event, row);
  }
  FINISH(1);
}

COLUMN(int64_column) {
  BEGIN
  int64_t value;
  int good = read_integer(s, e, &value);
  memcpy(to, &value, 8);
  FINISH(good);
}

COLUMN(int32_column) {
  BEGIN
  int64_t value;
  int good = read_small(s, e, &value);
  int32_t narrow = (int32_t)value;
  memcpy(to, &narrow, 4);
  FINISH(good & (narrow == value));
}

COLUMN(flags_column) {
  BEGIN
  int64_t value;
  int good = read_small(s, e, &value);
  *to = (uint8_t)value;
  FINISH(good & ((uint8_t)value == value));
}

COLUMN(char_column) {
  BEGIN
  FINISH(read_char(s, e, to));
}

COLUMN(bool_column) {
  BEGIN
  FINISH(read_bool(s, e, to));
}

COLUMN(code_column) {
  BEGIN
  FINISH(read_code(s, e, column, ((const qw_row *)row)->columns->names, to));
}

COLUMN(text_column) {
  BEGIN
  FINISH(read_text(s, e, column->offset, to, ((const qw_row *)row)->columns->state));
}

COLUMN(json_column) {
  BEGIN
  put8(to, 0xFFull << 56);
  FINISH(is_null(s, e));
}

/* Behind the last column, whatever its terminator. */
COLUMN(last_column) {
  (void)ends, (void)base, (void)column, (void)event;
  return s <= ((const qw_row *)row)->end ? s : NULL;
}

/* Two to four doubles at once, if they are short and stand in one window; else one of them. The first one may begin in
   the window before, less than 64 bytes ahead of this one: `next_window` sees to that. */
COLUMN(short_doubles_column) {
  qw_row_state *state = ((const qw_row *)row)->columns->state;
  if (QW_RARE(s[-1] != ',')) return NULL;
  long count = column->run;
  if (__builtin_popcountll(ends) < count) {
    if (s > ((const qw_row *)row)->end) return NULL;
    base = s;
    ends = ends64(base);
    if (__builtin_popcountll(ends) < count) {
      state->patience = QW_PATIENCE;
      __attribute__((musttail)) return double_column(s, ends, base, column, event, row);
    }
  }
  /* What stands behind the last one is read in vain. */
  long e[4];
  uint64_t after = ends;
  for (int i = 0; i < 4; i++, after &= after - 1) e[i] = __builtin_ctzll(after | 1ull << 63);
  double values[4];
  uint32_t good = doubles4(
    base, e[0], e[0] - (s - base), e[1], e[1] - e[0] - 1, e[2], (e[2] - e[1] - 1) & 63, e[3], (e[3] - e[2] - 1) & 63,
    values);
  if (count == 4 && good == 0xF) {
    for (long i = 0; i < 4; i++) memcpy(event + column[i].offset, &values[i], 8);
    /* What stands behind the last one is for the next column to judge. */
    if (QW_RARE((base[e[0]] ^ ',') | (base[e[1]] ^ ',') | (base[e[2]] ^ ','))) return NULL;
    s = base + e[3] + 1;
    ends &= ~0ull << e[3] << 1;
    column += 4;
    JUMP(column);
  }
  /* Those up to the first one that was not plain, or was the last. */
  long read = __builtin_ctz(~good);
  if (read > count) read = count;
  if (read == 0) {
    state->patience = QW_PATIENCE;
    __attribute__((musttail)) return double_column(s, ends, base, column, event, row);
  }
  /* All are stored, for how many were read is chance; the others are written over. */
  uint32_t other = 0;
  for (long i = 0; i < count; i++) {
    memcpy(event + column[i].offset, &values[i], 8);
    other |= (uint32_t)(base[e[i]] != ',') << (i + 1);
  }
  if (QW_RARE(other & ((1u << read) - 1))) return NULL;
  s = base + e[read - 1] + 1;
  ends &= ~0ull << e[read - 1] << 1;
  column += read;
  if (read < count) __attribute__((musttail)) return volume_column(s, ends, base, column, event, row);
  JUMP(column);
}

COLUMN(doubles_column) {
  qw_row_state *state = ((const qw_row *)row)->columns->state;
  if (state->patience == 0) {
    __attribute__((musttail)) return short_doubles_column(s, ends, base, column, event, row);
  }
  state->patience--;
  __attribute__((musttail)) return double_column(s, ends, base, column, event, row);
}

void QW_LINK(LEVEL)(qw_columns *columns, qw_column *first) {
  static const qw_reader functions[] = {
    [QW_COLUMN_LAST] = last_column,   [QW_COLUMN_DOUBLE] = double_column, [QW_COLUMN_INT64] = int64_column,
    [QW_COLUMN_INT32] = int32_column, [QW_COLUMN_CHAR] = char_column,     [QW_COLUMN_BOOL] = bool_column,
    [QW_COLUMN_CODE] = code_column,   [QW_COLUMN_TEXT] = text_column,     [QW_COLUMN_JSON] = json_column,
    [QW_COLUMN_FLAGS] = flags_column, [QW_COLUMN_DOUBLES] = doubles_column, [QW_COLUMN_KEY] = key_column};
  for (size_t i = 0; i <= columns->count; i++) first[i].read = (qw_column_function)functions[first[i].action];
  columns->shape = QW_SHAPE_OTHER;
  if (columns->count != 4 || columns->blank_bytes != 128) return;
  if (first[0].action == QW_COLUMN_INT64 && first[1].action == QW_COLUMN_DOUBLES && first[1].run == 3) {
    columns->shape = QW_SHAPE_TIMED;
  } else if (first[0].action == QW_COLUMN_DOUBLES && first[0].run == 4) {
    int apart = 0;
    for (int i = 1; i < 4; i++) apart |= first[i].offset != first[0].offset + 8 * i;
    if (!apart) columns->shape = QW_SHAPE_FOUR;
  }
}
