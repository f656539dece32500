#ifndef QW_CRC32C_H
#define QW_CRC32C_H
#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, as in RFC 3720 B.4), continued from `crc`
   (start with 0). Takes the fastest of the ways below that this CPU has. */
uint32_t qw_crc32c(uint32_t crc, const void *_Nonnull bytes, size_t count);

/* The same, and asks for as many bytes from `ahead` behind `bytes` on, so that they are in the cache when their turn
   comes. Nothing need be there. */
static inline uint32_t qw_crc32c_ahead(uint32_t crc, const void *_Nonnull bytes, size_t count, size_t ahead) {
  for (size_t i = 0; i < count; i += 64) __builtin_prefetch((const void *)((uintptr_t)bytes + ahead + i));
  return qw_crc32c(crc, bytes, count);
}

/* The ways to the same value, for tests that hold them against each other. Higher is faster. */
enum {
  QW_CRC32C_PORTABLE = 0,    /* a table, byte by byte */
  QW_CRC32C_INSTRUCTION = 1, /* the CPU's instruction, one chain */
  QW_CRC32C_THREE = 2,       /* three chains side by side, joined by carry-less products */
  QW_CRC32C_WIDE = 3,        /* carry-less products of 512 bits */
};
int32_t qw_crc32c_level_supported(int32_t level);
/* The level must be supported. */
uint32_t qw_crc32c_at_level(int32_t level, uint32_t crc, const void *_Nonnull bytes, size_t count);
uint32_t qw_crc32c_portable(uint32_t crc, const void *_Nonnull bytes, size_t count);
#endif
