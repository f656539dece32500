#ifndef QW_ROWS_H
#define QW_ROWS_H
#include "qw_columns.h"
#include "qw_texts.h"
#include <stddef.h>
#include <stdint.h>

/* Rows in the form that servers write them, and the sections that hold them:

       "Quote",["AAPL",231.52,231.53,3.0,1.0,"IBM",…],"Trade",[…]]
       └ opening └ symbol, found in the table of texts       └ the data's end */

/* One event type's section. */
typedef struct {
  /* Null where rows of this type are none of ours. */
  const qw_columns *_Nullable columns;
  /* `"Quote",[` */
  qw_key opening;
  size_t opening_bytes;
} qw_section;

enum { QW_SECTION_BITS = 6, QW_NO_SECTION = 0xFF };

/* Which slot of an index a section's first eight bytes have. */
static inline __attribute__((always_inline)) uint64_t qw_section_slot(uint64_t word, uint64_t multiplier) {
  return word * multiplier >> (64 - QW_SECTION_BITS);
}

/* A walk over the data of a frame: where it is, and what all rows share. */
typedef struct {
  /* What is to be read next. */
  const uint8_t *_Nonnull at;
  const uint8_t *_Nonnull end;
  /* Where the next event goes. */
  uint8_t *_Nonnull event;
  /* Of the events' memory. */
  const uint8_t *_Nonnull limit;
  int64_t received_nanos;
  /* Texts that are known, and their number less one. */
  const qw_text_slot *_Nonnull slots;
  uint64_t slot_mask;
  /* The sections, and which one it is by qw_section_slot, or QW_NO_SECTION. */
  const qw_section *_Nonnull sections;
  const uint8_t *_Nonnull index;
  uint64_t multiplier;
  /* What the walk is in; null between sections. */
  const qw_columns *_Nullable columns;
  /* Rows that were read. */
  size_t rows;
} qw_walk;

/* Why a walk stopped. */
enum {
  QW_STOP_OTHER = 0,      /* something in another form, or no room for an event: what lies at `event` may be anything */
  QW_STOP_NEW_SYMBOL = 1, /* the symbol of the row at `at` is not known: the walk can go on once it was added */
  QW_STOP_LONG_TEXTS = 2, /* the row before `at` has texts to be stored */
  QW_STOP_END = 3,        /* behind the bracket of the data */
  QW_STOP_OBJECT = 4,     /* at a brace between sections, or behind an object's */
};

/* Reads sections, or goes on where the walk stopped, up to the end of the data or an object among them. Reads 64 bytes
   before `at` and 128 after `end` at most; the result does not depend on what stands outside. */
int32_t qw_read_sections(int32_t level, qw_walk *_Nonnull walk);

/* Reads one object of these columns from its symbol on, or goes on with it. */
int32_t qw_read_object(int32_t level, qw_walk *_Nonnull walk, const qw_columns *_Nonnull columns);
#endif
