/* The index loop, for one instruction set each time this file is included. The includer defines
     QW_INDEX       the name of the function
     QW_TARGET      its target attribute, or nothing
     QW_CLASSIFY    a function: the masks of 64 bytes at any address
     QW_PREFIX_XOR  a function: bit i = xor of bits 0...i
     QW_CTZ         a function: trailing zeros; any answer for 0
   Blocks of 64 bytes; what one block passes to the next is in `carry`. */
#include "json_masks.h"

typedef struct {
  uint64_t in_string; /* all ones while a string is open */
  uint64_t escaped;   /* 1: a backslash ended the block */
  uint64_t scalar;    /* 1: a scalar's byte ended the block */
} qw_carry;

QW_TARGET static QW_ALWAYS_INLINE uint32_t *qw_flatten(uint32_t *out, uint32_t base, uint64_t bits) {
  int total = __builtin_popcountll(bits);
  /* Writing eight at a time costs less than a branch an entry; the slack takes the surplus. */
  for (int done = 0; done < total; done += 8) {
    for (int k = 0; k < 8; k++) {
      out[done + k] = base + (uint32_t)QW_CTZ(bits);
      bits &= bits - 1;
    }
  }
  return out + total;
}

/* The token starts of one block; bits of `valid` are payload. `*control` gets the control characters inside strings. */
QW_TARGET static QW_ALWAYS_INLINE uint64_t qw_tokens(qw_masks m, uint64_t valid, qw_carry *carry, uint64_t *control) {
  uint64_t escaped = carry->escaped;
  carry->escaped = 0;
  if (__builtin_expect(m.backslash != 0, 0)) {
    /* Each backslash that is not escaped itself escapes its successor. */
    uint64_t left = m.backslash & ~escaped;
    while (left != 0) {
      uint64_t bit = left & (0 - left);
      carry->escaped = bit >> 63;
      escaped |= bit << 1;
      left &= ~(bit | bit << 1);
    }
  }
  uint64_t quote = m.quote & ~escaped & valid;
  uint64_t in_string = QW_PREFIX_XOR(quote) ^ carry->in_string; /* with the opening quote, without the closing one */
  carry->in_string = (uint64_t)((int64_t)in_string >> 63);
  *control = m.control & in_string & valid;
  uint64_t scalar = ~(m.structural | m.space | quote | in_string) & valid;
  uint64_t starts = scalar & ~(scalar << 1 | carry->scalar);
  carry->scalar = scalar >> 63;
  return (m.structural & ~in_string & valid) | quote | starts;
}

QW_TARGET qw_json_result QW_INDEX(const uint8_t *payload, size_t count, uint32_t *index) {
  qw_carry carry = {0, 0, 0};
  uint64_t backslash = 0;
  uint32_t utf8 = 0;
  uint32_t *out = index;
  qw_json_result result = {0, 0, QW_JSON_OK, 0};
  for (size_t at = 0; at < count; at += 64) {
    size_t rest = count - at;
    uint64_t valid = rest >= 64 ? ~0ull : (1ull << rest) - 1;
    qw_masks m = QW_CLASSIFY(payload + at);
    uint64_t control;
    m.backslash &= valid;
    backslash |= m.backslash;
    uint64_t tokens = qw_tokens(m, valid, &carry, &control);
    if (__builtin_expect((m.high & valid) != 0 || utf8 != 0, 0)) {
      utf8 = qw_utf8_continue(utf8, payload + at, rest >= 64 ? 64 : rest);
      if (utf8 == QW_UTF8_INVALID) break;
    }
    if (__builtin_expect(control != 0, 0)) {
      result.status = QW_JSON_CONTROL;
      result.error_at = at + (size_t)__builtin_ctzll(control);
      return result;
    }
    out = qw_flatten(out, (uint32_t)at, tokens);
  }
  result.count = (size_t)(out - index);
  result.backslash = backslash != 0;
  if (utf8 != 0) {
    result.status = QW_JSON_UTF8;
    result.error_at = qw_utf8_valid_prefix(payload, count);
  } else if (carry.in_string != 0) {
    result.status = QW_JSON_UNTERMINATED;
    result.error_at = index[result.count - 1];
  }
  return result;
}
