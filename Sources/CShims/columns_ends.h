#ifndef QW_COLUMNS_ENDS_H
#define QW_COLUMNS_ENDS_H
#include "csv_masks.h"
#include <stdint.h>

/* One bit for each of 64 bytes. */
typedef struct {
  uint64_t commas;
  uint64_t brackets; /* ] or }: with 0x20 both are } */
} qw_ends;
#endif
