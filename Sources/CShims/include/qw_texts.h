#ifndef QW_TEXTS_H
#define QW_TEXTS_H
#include <stdint.h>
#include <string.h>

/* Look-ups in a table of texts: one slot a text, open addressing from the first of a pair of slots on, the first free
   slot ends the search.

   A hit compares every byte of the text, so it proves that the text is one that was added. */
typedef struct {
  uint64_t low;   /* first eight bytes of the text, or the hash of one of more than 16 bytes */
  uint64_t high;  /* second eight bytes, or the address of a longer text */
  uint32_t id;    /* 0 for a free slot */
  uint32_t count; /* bytes of the text, with QW_TEXT_UNPLAIN where it applies */
} qw_text_slot;

enum {
  /* Slots looked at for one text. */
  QW_TEXT_PROBES = 1024
};
/* Set in `count` for a text with a byte that stands in JSON only as an escape: such a text is never the bytes of a
   string as they stand, and a look-up by them must not find it. */
#define QW_TEXT_UNPLAIN (UINT32_C(1) << 31)

#define QW_TEXT_LOW_SEED UINT64_C(0xA0761D6478BD642F)
#define QW_TEXT_HIGH_SEED UINT64_C(0xE7037ED1A0B428DB)

static inline __attribute__((always_inline)) uint64_t qw_text_word(const void *_Nonnull p) {
  uint64_t w;
  memcpy(&w, p, 8);
  return w;
}

/* The halves of the product and the first factor, added by exclusive or. */
static inline __attribute__((always_inline)) uint64_t qw_fold(uint64_t a, uint64_t b) {
  unsigned __int128 product = (unsigned __int128)a * b;
  return (uint64_t)(product >> 64) ^ (uint64_t)product ^ a;
}

/* Of a text of up to 16 bytes, zeros behind it. */
static inline __attribute__((always_inline)) uint64_t qw_text_hash16(uint64_t low, uint64_t high) {
  return qw_fold(low ^ QW_TEXT_LOW_SEED, high ^ QW_TEXT_HIGH_SEED);
}

/* Of 17 to 32 bytes: four words, which overlap. */
static inline __attribute__((always_inline)) uint64_t qw_text_hash32(const uint8_t *_Nonnull text, long count) {
  uint64_t first = qw_text_hash16(qw_text_word(text), qw_text_word(text + 8));
  uint64_t last = qw_fold(
    qw_text_word(text + count - 16) ^ QW_TEXT_HIGH_SEED, qw_text_word(text + count - 8) ^ QW_TEXT_LOW_SEED);
  return last + (first << 32 | first >> 32);
}

/* The first n bytes of a word: none for n up to 0, all from 8 on; n in -8...16. */
static inline __attribute__((always_inline)) uint64_t qw_first_bytes(long n) {
  static const uint64_t masks[25] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0,
    0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF,
    ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull};
  return masks[n + 8];
}

/* Where the search for a text of this hash begins: the first slot of a pair. */
static inline __attribute__((always_inline)) uint64_t qw_text_home(uint64_t hash, uint64_t mask) {
  return hash & mask & ~UINT64_C(1);
}

/* 0 where the slot's text of more than 16 bytes is this one of 17 to 32 bytes, of the same length. */
static inline __attribute__((always_inline)) uint64_t qw_text32_differs(
  const qw_text_slot *_Nonnull slot, const uint8_t *_Nonnull text, long count) {
  const uint8_t *other = (const uint8_t *)(uintptr_t)slot->high;
  uint64_t different = qw_text_word(other) ^ qw_text_word(text);
  different |= qw_text_word(other + 8) ^ qw_text_word(text + 8);
  different |= qw_text_word(other + count - 16) ^ qw_text_word(text + count - 16);
  return different | (qw_text_word(other + count - 8) ^ qw_text_word(text + count - 8));
}

/* The id of a text of 17 to 32 bytes; 0 for one that is not there. */
static inline uint32_t qw_find_text32(
  const qw_text_slot *_Nonnull slots, uint64_t mask, const uint8_t *_Nonnull text, long count) {
  uint64_t hash = qw_text_hash32(text, count), i = qw_text_home(hash, mask);
  /* Of a pair the one that it may be, without a branch; where the first is free the second is. */
  i |= slots[i].low != hash;
  for (int left = QW_TEXT_PROBES; left > 0; left--, i = (i + 1) & mask) {
    const qw_text_slot *slot = slots + i;
    if (slot->id == 0) return 0;
    if (slot->low != hash || slot->count != (uint32_t)count) continue;
    if (qw_text32_differs(slot, text, count) == 0) return slot->id;
  }
  return 0;
}

/* 0 where the slot holds this text of up to 16 bytes, and no free slot does. */
static inline __attribute__((always_inline)) uint64_t qw_text_differs(
  const qw_text_slot *_Nonnull slot, uint64_t low, uint64_t high, long count) {
  return (slot->low ^ low) | (slot->high ^ high) | (slot->count ^ (uint32_t)count);
}

/* The id of a text of 1 to 32 bytes; 0 for one that is not there, or that JSON has to escape. `mask` is the number of
   slots, a power of two, less one. Reads 16 bytes at least. */
static inline __attribute__((always_inline)) uint32_t qw_find_text(
  const qw_text_slot *_Nonnull slots, uint64_t mask, const uint8_t *_Nonnull text, long count) {
  if (count > 16) return qw_find_text32(slots, mask, text, count);
  uint64_t low = qw_text_word(text) & qw_first_bytes(count);
  uint64_t high = qw_text_word(text + 8) & qw_first_bytes(count - 8);
  uint64_t i = qw_text_home(qw_text_hash16(low, high), mask);
  for (int left = QW_TEXT_PROBES; left > 0; left -= 2, i = (i + 2) & mask) {
    /* Which slot of a pair it is is chance: both are looked at, without a branch between them. */
    const qw_text_slot *slot = slots + i;
    uint64_t first = qw_text_differs(slot, low, high, count), second = qw_text_differs(slot + 1, low, high, count);
    uint32_t id = first == 0 ? slot[0].id : slot[1].id;
    __asm__("" : "+r"(id));
    if (first == 0 || second == 0) return id;
    if (slot[0].id == 0 || slot[1].id == 0) return 0;
  }
  return 0;
}
#endif
