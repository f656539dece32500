#include "json_masks.h"
#if defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>

/* One bit a byte: keep each lane's own bit, then add neighbours three times. */
static QW_ALWAYS_INLINE uint64_t bits64(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d) {
  const uint8x16_t own = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t ab = vpaddq_u8(vandq_u8(a, own), vandq_u8(b, own));
  uint8x16_t cd = vpaddq_u8(vandq_u8(c, own), vandq_u8(d, own));
  uint8x16_t all = vpaddq_u8(ab, cd);
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

static QW_ALWAYS_INLINE uint8x16_t is(uint8x16_t v, uint8_t c) { return vceqq_u8(v, vdupq_n_u8(c)); }

static QW_ALWAYS_INLINE uint8x16_t is_structural(uint8x16_t v) {
  uint8x16_t folded = vorrq_u8(v, vdupq_n_u8(0x20)); /* [ and ] become { and } */
  return vorrq_u8(vorrq_u8(is(folded, '{'), is(folded, '}')), vorrq_u8(is(v, ','), is(v, ':')));
}

static QW_ALWAYS_INLINE uint8x16_t is_space(uint8x16_t v) {
  return vorrq_u8(vorrq_u8(is(v, ' '), is(v, '\t')), vorrq_u8(is(v, '\n'), is(v, '\r')));
}

static QW_ALWAYS_INLINE qw_masks classify(const uint8_t *p) {
  uint8x16_t a = vld1q_u8(p), b = vld1q_u8(p + 16), c = vld1q_u8(p + 32), d = vld1q_u8(p + 48);
  uint8x16_t blank = vdupq_n_u8(0x20), top = vdupq_n_u8(0x80);
  qw_masks m;
  m.quote = bits64(is(a, '"'), is(b, '"'), is(c, '"'), is(d, '"'));
  m.backslash = bits64(is(a, '\\'), is(b, '\\'), is(c, '\\'), is(d, '\\'));
  m.structural = bits64(is_structural(a), is_structural(b), is_structural(c), is_structural(d));
  m.space = bits64(is_space(a), is_space(b), is_space(c), is_space(d));
  m.control = bits64(vcltq_u8(a, blank), vcltq_u8(b, blank), vcltq_u8(c, blank), vcltq_u8(d, blank));
  m.high = bits64(vcgeq_u8(a, top), vcgeq_u8(b, top), vcgeq_u8(c, top), vcgeq_u8(d, top));
  return m;
}

#define QW_INDEX qw_json_index_neon
#define QW_TARGET
#define QW_CLASSIFY classify
#define QW_PREFIX_XOR qw_prefix_xor
#define QW_CTZ qw_ctz
#define QW_COMPACT qw_json_compact_neon
#include "json_block.h"
#include "json_compact.h"
#endif
