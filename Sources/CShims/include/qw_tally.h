#ifndef QW_TALLY_H
#define QW_TALLY_H
#include <stddef.h>
#include <stdint.h>

/* One look at each of many events, laid out as EventHead of Market says: counts it by its type, adds it to the chain of
   its symbol in the digest, and notes which type came of which symbol. */

enum {
  QW_TALLY_TYPES = 18,
  QW_TALLY_NO_TYPE = 0xFF,
  /* Bytes from here on are mostly at their defaults. */
  QW_TALLY_UPPER = 64,
  /* Tables of counts. */
  QW_TALLY_TURNS = 4,
};

typedef struct {
  /* What an event with every field at its default has from QW_TALLY_UPPER on, and what that adds to the hash. */
  uint64_t upper[8];
  uint64_t upper_hash;
  /* Words of 8 bytes that may hold the id of a text, one bit each. */
  uint32_t texts;
  /* 128 or 256. */
  uint32_t bytes;
} qw_tally_type;

typedef struct {
  qw_tally_type types[QW_TALLY_TYPES];
  /* Which of them, by an event's type byte; QW_TALLY_NO_TYPE for bytes that are none. */
  uint8_t of_byte[256];
} qw_tally_layout;

typedef struct {
  /* By text id; null where they are not wanted. */
  uint64_t *_Nullable chains;
  uint32_t *_Nullable seen; /* a bit for each type by its index */
  size_t chain_count;
  size_t seen_count;
  /* By type byte, QW_TALLY_TURNS tables of 256, which are to be added up; null where they are not wanted. */
  int64_t *_Nullable counts;
  /* Events that were added to chains. */
  int64_t events;
} qw_tally;

/* A layout without types. */
void qw_tally_begin(qw_tally_layout *_Nonnull layout);
/* Adds a type; `blank` is an event of it with every field at its default. */
void qw_tally_set_type(qw_tally_layout *_Nonnull layout, uint8_t index, uint8_t type_byte, uint32_t texts,
                       const uint8_t *_Nonnull blank, uint32_t bytes);

/* Goes through whole events up to `end`. Gives `end`, or an event that was not counted yet: one whose symbol has no
   place, or one with the id of a text, whose hash only the caller knows. */
const uint8_t *_Nonnull qw_tally_events(const qw_tally_layout *_Nonnull layout, qw_tally *_Nonnull tally,
                                        const uint8_t *_Nonnull at, const uint8_t *_Nonnull end);

/* The same for one event with that hash, whose symbol has a place. */
void qw_tally_one(const qw_tally_layout *_Nonnull layout, qw_tally *_Nonnull tally, const uint8_t *_Nonnull event,
                  uint64_t hash);
#endif
