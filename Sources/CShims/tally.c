#include "qw_tally.h"
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { TYPE_AT = 4, TEXT_ID = 0x80, LONGEST = 256 };

INLINE uint64_t word(const uint8_t *p) {
  uint64_t w;
  memcpy(&w, p, 8);
  return w;
}

/* The two halves of a product, and its first factor. */
INLINE uint64_t fold(uint64_t a, uint64_t b) {
  unsigned __int128 product = (unsigned __int128)a * b;
  return (uint64_t)(product >> 64) ^ (uint64_t)product ^ a;
}

/* Of the word at each byte offset. */
#define KEY(at) (0xE7037ED1A0B428DBull + (uint64_t)(at) * 0x9E3779B97F4A7C15ull)
#define FOUR(at) KEY(at), KEY(at + 8), KEY(at + 16), KEY(at + 24)
#define KEYS(at) FOUR(at), FOUR(at + 32)
static const uint64_t keys[LONGEST / 8] = {KEYS(0), KEYS(64), KEYS(128), KEYS(192)};

/* Words are taken in pairs, each with its key, and a pair is one product: none waits for another (the construction of
   NH in UMAC, RFC 4418, with the halves of the product folded). */
INLINE uint64_t pair(const uint8_t *event, const uint64_t *key, uint32_t at) {
  return fold(word(event + at) ^ key[at / 8], word(event + at + 8) ^ key[at / 8 + 1]);
}

/* Out of the way of most events, and leaves their registers alone. */
static __attribute__((noinline, preserve_most)) uint64_t hash_between(const uint8_t *event, uint32_t at, uint32_t end) {
  uint64_t hash = 0;
  for (; at < end; at += 16) hash += pair(event, keys, at);
  return hash;
}

/* 0 where an event has nothing but its defaults from QW_TALLY_UPPER on, and may hold no id of a text. */
INLINE uint64_t unlike_most(const uint8_t *event, const qw_tally_type *type) {
  typedef uint64_t two __attribute__((vector_size(16)));
  two different = {type->texts, type->bytes ^ 128};
  for (int i = 0; i < 4; i++) {
    two here, blank;
    memcpy(&here, event + QW_TALLY_UPPER + 16 * i, 16);
    memcpy(&blank, type->upper + 2 * i, 16);
    different |= here ^ blank;
  }
  return different[0] | different[1];
}

/* Of the bytes in front of QW_TALLY_UPPER. */
INLINE uint64_t hash_of_lower(const uint8_t *event, const uint64_t *key) {
  /* Bytes 4 to 7: type, flags and two small fields. Bytes 8 to 15, the receive time, are left out. */
  uint32_t head;
  memcpy(&head, event + TYPE_AT, 4);
  uint64_t hash = fold(head ^ key[0], key[1]);
  /* One after the other: products that wait to be folded are more than the registers hold. */
  for (uint32_t at = 16; at < QW_TALLY_UPPER; at += 16) {
    __asm__("" : "+r"(hash));
    hash += pair(event, key, at);
  }
  __asm__("" : "+r"(hash));
  return hash;
}

static __attribute__((noinline, preserve_most)) int has_text_id(const uint8_t *event, uint32_t texts) {
  for (; texts; texts &= texts - 1) {
    if (event[8 * __builtin_ctz(texts) + 7] == TEXT_ID) return 1;
  }
  return 0;
}

void qw_tally_begin(qw_tally_layout *layout) { memset(layout->of_byte, QW_TALLY_NO_TYPE, sizeof layout->of_byte); }

void qw_tally_set_type(
  qw_tally_layout *layout, uint8_t index, uint8_t type_byte, uint32_t texts, const uint8_t *blank, uint32_t bytes) {
  qw_tally_type *type = layout->types + index;
  type->texts = texts;
  type->bytes = bytes;
  memcpy(type->upper, blank + QW_TALLY_UPPER, sizeof type->upper);
  type->upper_hash = hash_between(blank, QW_TALLY_UPPER, 128);
  layout->of_byte[type_byte] = index;
}

INLINE void link(uint64_t *chain, uint64_t hash) { *chain = fold(*chain + 0x9E3779B97F4A7C15ull, hash); }

/* The event behind this one. By a branch, which is predicted, where arithmetic on the type would wait for its load. */
INLINE const uint8_t *behind(const uint8_t *event, uint8_t type_byte) {
  if (!(type_byte >> 6 & 1)) return event + 128;
  /* Keeps the branch. */
  __asm__ volatile("");
  return event + 256;
}

/* Without a digest. The tables take turns, for a count raised twice in a row waits for the store between. */
INLINE const uint8_t *count_events(
  const qw_tally_layout *layout, qw_tally *tally, uint32_t *seen, const uint8_t *at, const uint8_t *end) {
  int64_t *counts = tally->counts;
  for (uint32_t turn = 0; at < end; turn = (turn + 1) % QW_TALLY_TURNS) {
    uint8_t type_byte = at[TYPE_AT], index = seen ? layout->of_byte[type_byte] : QW_TALLY_NO_TYPE;
    if (index != QW_TALLY_NO_TYPE) {
      uint32_t symbol, bit = 1u << index;
      memcpy(&symbol, at, 4);
      if (symbol >= tally->seen_count) break;
      /* Nearly always it came before. */
      if (!(seen[symbol] & bit)) seen[symbol] |= bit;
    }
    counts[256 * turn + type_byte]++;
    at = behind(at, type_byte);
  }
  return at;
}

const uint8_t *qw_tally_events(
  const qw_tally_layout *layout, qw_tally *tally, const uint8_t *at, const uint8_t *end) {
  uint64_t *chains = tally->chains;
  uint32_t *seen = tally->seen;
  int64_t *counts = tally->counts;
  if (counts && !chains) {
    return seen ? count_events(layout, tally, seen, at, end) : count_events(layout, tally, NULL, at, end);
  }
  int64_t events = 0;
  /* In a register: as constants they would be ten bytes of code each. */
  const uint64_t *key = keys;
  __asm__("" : "+r"(key));
  /* Both have room for a symbol below this. */
  size_t ids = chains && (!seen || tally->chain_count < tally->seen_count) ? tally->chain_count
               : seen                                                      ? tally->seen_count
                                                                           : SIZE_MAX;
  while (at < end) {
    uint32_t symbol;
    memcpy(&symbol, at, 4);
    uint8_t type_byte = at[TYPE_AT];
    uint8_t index = layout->of_byte[type_byte];
    const uint8_t *next = behind(at, type_byte);
    if (index != QW_TALLY_NO_TYPE) {
      const qw_tally_type *type = layout->types + index;
      if (symbol >= ids) break;
      if (chains) {
        uint64_t hash = hash_of_lower(at, key);
        if (__builtin_expect(unlike_most(at, type) == 0, 1)) {
          hash += type->upper_hash;
        } else {
          if (has_text_id(at, type->texts)) break;
          hash += hash_between(at, QW_TALLY_UPPER, type->bytes);
        }
        link(chains + symbol, hash);
      }
      if (seen) seen[symbol] |= 1u << index;
      events++;
    }
    if (counts) counts[type_byte]++;
    at = next;
  }
  if (chains) tally->events += events;
  return at;
}

void qw_tally_one(const qw_tally_layout *layout, qw_tally *tally, const uint8_t *event, uint64_t hash) {
  uint32_t symbol;
  memcpy(&symbol, event, 4);
  uint8_t type_byte = event[TYPE_AT];
  link(tally->chains + symbol, hash);
  if (tally->seen) tally->seen[symbol] |= 1u << layout->of_byte[type_byte];
  if (tally->counts) tally->counts[type_byte]++;
  tally->events++;
}
