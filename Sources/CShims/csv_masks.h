#ifndef QW_CSV_MASKS_H
#define QW_CSV_MASKS_H
#include <stdint.h>

/* One bit for each of 64 bytes. */
typedef struct {
  uint64_t commas;
  uint64_t lines;
  uint64_t quotes;
  uint64_t inner; /* line feeds within quotes */
} qw_csv_masks;

/* Numbers of bits, eight at a time: the values behind the last are overwritten later. */
#define QW_CSV_FLATTEN(bits, count, at, to) \
  do { \
    uint64_t left = (bits); \
    uint32_t *next = (to); \
    for (long done = 0; done < (count); done += 8, next += 8) { \
      for (int i = 0; i < 8; i++, left &= left - 1) next[i] = (at) + (uint32_t)__builtin_ctzll(left | 1ull << 63); \
    } \
  } while (0)
#endif
