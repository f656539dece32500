#ifndef QW_COLUMNS_H
#define QW_COLUMNS_H
#include "qw_texts.h"
#include <stddef.h>
#include <stdint.h>

/* Columns of one row of flat values, or of one object, in the form that servers write: no white space, no escapes.

       ".AAPL260320C470",0.27,0.28,13.0,1.0,".SPY …
                         ^ first column    ^ terminator
       "eventSymbol":".AAPL260320C470","bidPrice":0.27,"askPrice":0.28},{ …
                                       ^ first column                 ^ terminator

   What these functions take is JSON to the last byte, and each value is what a strict reader makes of it: every byte of
   the row is compared with something or checked. What they do not take is not wrong, only unusual. */

/* What a column's value becomes in the event. Numbers are those of ColumnOp.Action in DXLink. */
enum {
  QW_COLUMN_LAST = 0,   /* behind the last column */
  QW_COLUMN_DOUBLE = 1, /* number, "NaN" or null */
  QW_COLUMN_INT64 = 2,  /* integer of up to 19 digits, "NaN" or null (both 0) */
  QW_COLUMN_INT32 = 3,
  QW_COLUMN_CHAR = 4,   /* "", one ASCII character, or null: one UTF-16 unit */
  QW_COLUMN_BOOL = 5,   /* true, false or null */
  QW_COLUMN_CODE = 6,   /* one of the column's names, or null: its position */
  QW_COLUMN_TEXT = 7,   /* ASCII: up to 7 characters in place, longer ones noted; or null */
  QW_COLUMN_JSON = 8,   /* null only */
  QW_COLUMN_FLAGS = 9,  /* integer of 8 bits */
  QW_COLUMN_DOUBLES = 10, /* the first of 2 to 4 doubles, the others follow */
  QW_COLUMN_KEY = 11,   /* no value: an object's key and colon, which stand before the next column's value */
};

/* A function of columns.h, by a name that Swift can read: it is called in a way of its own. */
typedef void (*qw_column_function)(void);

typedef struct qw_column qw_column;
struct qw_column {
  /* Set by qw_columns_link. */
  qw_column_function _Nullable read;
  /* Where the value stands in the event. */
  uint16_t offset;
  /* QW_COLUMN_CODE: the first of its names; QW_COLUMN_KEY: which of the keys. */
  uint16_t first_name;
  uint8_t action;
  /* QW_COLUMN_DOUBLES: how many columns are read at once; QW_COLUMN_KEY: bytes of the key with quotes and colon. */
  uint8_t run;
  /* QW_COLUMN_CODE: how many names there are. */
  uint8_t name_count;
  /* What stands in front of the value: a comma, or a colon behind a key. */
  uint8_t before;
};

/* A name of up to 14 bytes in quotes, its 16 bytes as two words, with zeros behind. */
typedef struct {
  uint64_t low;
  uint64_t high;
} qw_name;

/* A key in its quotes with its colon, up to 32 bytes, as words with zeros behind, and the masks of its bytes. */
typedef struct {
  uint64_t words[4];
  uint64_t masks[4];
} qw_key;

/* All in events of one record of 128 bytes. */
enum {
  QW_SHAPE_OTHER = 0,
  QW_SHAPE_FOUR = 1,  /* four doubles side by side and nothing else: quotes */
  QW_SHAPE_TIMED = 2, /* an integer, then three doubles: trades */
};

/* Texts of a row that are too long to stand in place: whoever keeps texts has to store them. */
enum { QW_LONG_TEXTS = 8 };
typedef struct {
  const uint8_t *_Nonnull bytes;
  uint32_t count;
  uint32_t offset; /* in the event */
} qw_long_text;

/* Doubles of many digits are not read four at once: after such a row it is not tried for so many rows. */
enum { QW_PATIENCE = 31 };

/* What rows leave behind. */
typedef struct {
  size_t long_text_count;
  qw_long_text long_texts[QW_LONG_TEXTS];
  size_t patience;
} qw_row_state;

typedef struct {
  /* `count` columns, and one more with QW_COLUMN_LAST. */
  const qw_column *_Nonnull columns;
  size_t count;
  const qw_name *_Nonnull names;
  const qw_key *_Nonnull keys;
  /* The event with every field at its default, copied before the columns are stored. */
  const uint8_t *_Nonnull blank;
  size_t blank_bytes; /* 128 or 256 */
  /* What stands in front of each symbol where the type's name is a column: `"Quote",`. */
  qw_key name;
  size_t name_bytes; /* 0 where it is none */
  /* Rows for which there is a reader of their own: QW_SHAPE_…, set by qw_columns_link. */
  int32_t shape;
  qw_row_state *_Nonnull state;
} qw_columns;

/* Links the columns, `first` being those of `columns`, to the functions of one of the levels of qw_json.h, which must
   be supported. */
void qw_columns_link(int32_t level, qw_columns *_Nonnull columns, qw_column *_Nonnull first);
#endif
