#ifndef QW_CSV_H
#define QW_CSV_H
#include "qw_texts.h"
#include <stddef.h>
#include <stdint.h>

/* CSV by columns, in two steps: where the separators of some thousand records stand, then column after column of those
   records. What these functions read is what a strict reader makes of it; what they do not read they leave to it. */

/* A record whose quotes stand where none may, in `rows`. */
#define QW_CSV_FAULTY 0x80000000u

/* Entries of `separators` and `rows` that may be written beyond the counted ones. */
#define QW_CSV_SLACK 64

typedef struct {
  /* The offsets of the commas and line feeds outside quotes; those of whole records count. */
  uint32_t *_Nonnull separators;
  size_t separator_room;
  /* For each record: how many separators there are up to its end, its line feed included. */
  uint32_t *_Nonnull rows;
  size_t row_room;
  size_t row_count;
  /* Where the last whole record ends, behind its line feed. */
  size_t end;
  /* Whether line feeds may stand within records. */
  int32_t has_inner_lines;
  /* Whether it stopped for want of room: one record may have more fields than there is room for. */
  int32_t is_full;
} qw_csv_records;

/* Finds the records of text[start, count), the first of which begins at `start`. 64 bytes behind the text are read, and
   do not matter. `count` is below 2^31. */
void qw_csv_index(
  int32_t level, const uint8_t *_Nonnull text, size_t start, size_t count, qw_csv_records *_Nonnull records);

/* Where the last record of text[start, count) that is whole ends, behind its line feed; `start` where none is. */
size_t qw_csv_last_end(int32_t level, const uint8_t *_Nonnull text, size_t start, size_t count);

/* Line feeds of a text. */
size_t qw_csv_lines(const uint8_t *_Nonnull text, size_t count);

/* What the values of a column become. */
enum {
  QW_CSV_DOUBLE = 0, /* 8 bytes; NaN for an empty field */
  QW_CSV_INT64 = 1,
  QW_CSV_INT32 = 2,
  QW_CSV_FLAGS = 3, /* one byte */
  QW_CSV_CHAR = 4,  /* two bytes: one ASCII character, 0 for an empty field */
  QW_CSV_BOOL = 5,  /* one byte: true, false, or false for an empty field */
  QW_CSV_CODE = 6,  /* one byte: the position of a name, 0xFF for an empty field */
  QW_CSV_SYMBOL = 7, /* four bytes: a text's id less one */
  QW_CSV_TEXT = 8,   /* the same; -1 for an empty field */
  QW_CSV_ACTIONS = 9,
};

/* A name of up to 16 bytes, with zeros behind. */
typedef struct {
  uint64_t low;
  uint64_t high;
} qw_csv_name;

typedef struct {
  const uint8_t *_Nonnull text;
  /* Field i of record r ends at separators[r * width + i]; separators[-1] stands in front of the first record. */
  const uint32_t *_Nonnull separators;
  size_t width;
  size_t column;
  /* Of the values of record 0. */
  uint8_t *_Nonnull out;
  const qw_csv_name *_Nullable names;
  size_t name_count;
  const qw_text_slot *_Nullable slots;
  /* The number of slots less one. */
  uint64_t mask;
} qw_csv_column;

/* Reads the column's values in the records [row, rows) and gives the first record whose value it does not read, `rows`
   where it read all. From 64 bytes before the text to 64 behind it bytes are read that do not matter. */
size_t qw_csv_read(
  int32_t level, int32_t action, const qw_csv_column *_Nonnull column, size_t row, size_t rows);
#endif
