#ifndef QW_UTF8_H
#define QW_UTF8_H
#include <stddef.h>
#include <stdint.h>

/* Strict UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF), also in pieces.
   A state says which bytes may come next: 0 between characters, else `missing | lowest << 8 | highest << 16`. */
#define QW_UTF8_INVALID 0xFFFFFFFFu

/* The state after `count` more bytes; QW_UTF8_INVALID as soon as no continuation can be valid. */
uint32_t qw_utf8_continue(uint32_t state, const void *_Nonnull bytes, size_t count);
/* The offset of the first byte of the first ill-formed or unfinished sequence; `count` if there is none. */
size_t qw_utf8_valid_prefix(const void *_Nonnull bytes, size_t count);
#endif
