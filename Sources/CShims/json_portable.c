#include "json_masks.h"

/* A byte's classes, each in a byte lane of its own: shifted by its position in a group of eight and or-ed together,
   eight entries are six 8-bit masks. */
#define QUOTE (1ull << 0)
#define BACKSLASH (1ull << 8)
#define STRUCTURAL (1ull << 16)
#define SPACE (1ull << 24)
#define CONTROL (1ull << 32)
#define HIGH (1ull << 40)

static const uint64_t classes[256] = {
  [0x00 ... 0x08] = CONTROL,
  ['\t'] = CONTROL | SPACE,
  ['\n'] = CONTROL | SPACE,
  [0x0B ... 0x0C] = CONTROL,
  ['\r'] = CONTROL | SPACE,
  [0x0E ... 0x1F] = CONTROL,
  [' '] = SPACE,
  ['"'] = QUOTE,
  ['\\'] = BACKSLASH,
  ['{'] = STRUCTURAL,
  ['}'] = STRUCTURAL,
  ['['] = STRUCTURAL,
  [']'] = STRUCTURAL,
  [':'] = STRUCTURAL,
  [','] = STRUCTURAL,
  [0x80 ... 0xFF] = HIGH,
};

static QW_ALWAYS_INLINE qw_masks classify(const uint8_t *p) {
  qw_masks m = {0, 0, 0, 0, 0, 0};
  for (int group = 0; group < 64; group += 8) {
    uint64_t lanes = 0;
    for (int k = 0; k < 8; k++) lanes |= classes[p[group + k]] << k;
    m.quote |= (lanes & 0xFF) << group;
    m.backslash |= (lanes >> 8 & 0xFF) << group;
    m.structural |= (lanes >> 16 & 0xFF) << group;
    m.space |= (lanes >> 24 & 0xFF) << group;
    m.control |= (lanes >> 32 & 0xFF) << group;
    m.high |= (lanes >> 40 & 0xFF) << group;
  }
  return m;
}

#define QW_INDEX qw_json_index_portable
#define QW_TARGET
#define QW_CLASSIFY classify
#define QW_PREFIX_XOR qw_prefix_xor
#define QW_CTZ qw_ctz
#define QW_COMPACT qw_json_compact_portable
#include "json_block.h"
#include "json_compact.h"
