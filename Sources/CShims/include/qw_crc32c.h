#ifndef QW_CRC32C_H
#define QW_CRC32C_H
#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, as in RFC 3720 B.4), continued from `crc`
   (start with 0). Uses the CPU's instruction where there is one, a table otherwise. */
uint32_t qw_crc32c(uint32_t crc, const void *_Nonnull bytes, size_t count);
/* The table way alone, for tests that hold both against each other. */
uint32_t qw_crc32c_portable(uint32_t crc, const void *_Nonnull bytes, size_t count);
#endif
