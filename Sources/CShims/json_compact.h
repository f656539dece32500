/* Copies a JSON text without what a plain one does not have, once for each instruction set. The including file defines
   QW_COMPACT (its name), and QW_TARGET, QW_CLASSIFY and QW_PREFIX_XOR as for json_block.h.

       { "a" : "x\u0041\/" }    becomes    {"a":"xA/"}

   White space between tokens goes, but only next to a structural character: between two other tokens it is all that
   keeps them apart. An escape becomes its character where that is printable ASCII other than quote and backslash; any
   other one ends the attempt, so that each quote opens or closes a string. Whatever else is wrong with the text stays
   as it was: who reads the copy refuses it. */

/* The character of an escape at `p`, and its length; 0 for one that stays. */
QW_TARGET static QW_ALWAYS_INLINE uint32_t escaped(const uint8_t *p, long *length) {
  *length = 2;
  if (p[1] == '/') return '/';
  if (p[1] != 'u' || p[2] != '0' || p[3] != '0') return 0;
  uint32_t value = 0;
  for (int i = 4; i < 6; i++) {
    uint32_t digit = p[i], letter = digit | 0x20;
    if (digit - '0' <= 9) {
      value = value << 4 | (digit - '0');
    } else if (letter - 'a' <= 5) {
      value = value << 4 | (letter - 'a' + 10);
    } else {
      return 0;
    }
  }
  *length = 6;
  return value >= 0x20 && value < 0x7F && value != '"' && value != '\\' ? value : 0;
}

/* What one block passes to the next. */
typedef struct {
  uint8_t *to;
  uint64_t inside; /* all ones while a string is open */
  int is_apart;    /* the last byte that was copied is structural, or there is none */
  int was_space;   /* white space was passed since */
} qw_copy;

/* Copies the bytes of `runs`, none of which is in front of `next`; 0 where two tokens would grow together. */
QW_TARGET static QW_ALWAYS_INLINE int copy_runs(
  const uint8_t *p, uint64_t runs, long next, uint64_t structural, qw_copy *copy) {
  while (runs) {
    long from = (long)__builtin_ctzll(runs);
    uint64_t behind = ~(runs >> from);
    long length = behind ? (long)__builtin_ctzll(behind) : 64;
    if (length > 64 - from) length = 64 - from;
    if ((copy->was_space || from > next) && !copy->is_apart && !(structural >> from & 1)) return 0;
    for (long i = 0; i < length; i += 16) memcpy(copy->to + i, p + from + i, 16);
    copy->to += length;
    copy->was_space = 0;
    next = from + length;
    copy->is_apart = structural >> (next - 1) & 1;
    runs &= next == 64 ? 0 : ~0ull << next;
  }
  return 1;
}

/* Gives the bytes written to `out`, which has room for `count` and 64 more; 0 where the text is as plain as it can be,
   or cannot be made so. Reads up to 63 bytes behind the text. */
QW_TARGET size_t QW_COMPACT(const uint8_t *payload, size_t count, uint8_t *out) {
  const uint8_t *p = payload, *end = payload + count;
  qw_copy copy = {out, 0, 1, 0};
  uint64_t changes = 0;
  while (p < end) {
    qw_masks m = QW_CLASSIFY(p);
    long size = end - p < 64 ? end - p : 64, at = 0;
    uint64_t valid = size == 64 ? ~0ull : (1ull << size) - 1;
    uint64_t strings = QW_PREFIX_XOR(m.quote & valid) ^ copy.inside;
    uint64_t spaces = m.space & ~strings & valid, stops = m.backslash & valid;
    uint64_t structural = m.structural & ~strings, kept = valid & ~spaces;
    /* A backslash belongs into a string. */
    if (stops & ~strings) return 0;
    changes |= spaces | stops;
    while (at < size) {
      uint64_t ahead = ~0ull << at;
      long limit = stops & ahead ? (long)__builtin_ctzll(stops & ahead) : size;
      uint64_t before = limit == 64 ? ~0ull : (1ull << limit) - 1;
      if (!copy_runs(p, kept & ahead & before, at, structural, &copy)) return 0;
      if (limit == size) {
        copy.was_space |= spaces >> (size - 1) & 1;
        at = size;
        break;
      }
      long length;
      uint32_t character = escaped(p + limit, &length);
      if (character == 0 || p + limit + length > end) return 0;
      *copy.to++ = (uint8_t)character;
      copy.is_apart = 0;
      at = limit + length;
    }
    copy.inside = at > size || strings >> (size - 1) & 1 ? ~0ull : 0;
    p += at;
  }
  return changes ? (size_t)(copy.to - out) : 0;
}
