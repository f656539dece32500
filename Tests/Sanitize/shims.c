/* The C code alone under AddressSanitizer and UndefinedBehaviorSanitizer, driven by libFuzzer: every way of doing a
   thing gives the same, from memory with no byte beyond what is promised. Built and run by tools/sanitize undefined. */
#include "CShims.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRONT = 64, BACK = 128, LEVELS = 4, EVENT = 256 };

static void wrong(const char *what, int level) {
  fprintf(stderr, "%s differs at level %d\n", what, level);
  abort();
}

/* A copy with exactly `front` and `back` bytes around it, which begin like the text itself. */
static uint8_t *placed(const uint8_t *bytes, size_t count, size_t front, size_t back) {
  uint8_t *memory = malloc(front + count + back);
  for (size_t i = 0; i < front; i++) memory[i] = count ? bytes[i % count] : 0;
  memcpy(memory + front, bytes, count);
  for (size_t i = 0; i < back; i++) memory[front + count + i] = count ? bytes[i % count] : 0;
  return memory;
}

static void index_alike(const uint8_t *bytes, size_t count) {
  uint8_t *memory = placed(bytes, count, 0, 63);
  size_t room = count + QW_JSON_INDEX_SLACK;
  uint32_t *first = malloc(4 * room), *other = malloc(4 * room);
  qw_json_result a = qw_json_index(QW_JSON_PORTABLE, memory, count, first);
  for (int level = 1; level < LEVELS; level++) {
    if (!qw_json_level_supported(level)) continue;
    qw_json_result b = qw_json_index(level, memory, count, other);
    if (a.status != b.status || (a.status && a.error_at != b.error_at)) wrong("the verdict of an index", level);
    if (!a.status && (a.count != b.count || memcmp(first, other, 4 * a.count))) wrong("an index", level);
  }
  free(memory);
  free(first);
  free(other);
}

static void compact_alike(const uint8_t *bytes, size_t count) {
  uint8_t *memory = placed(bytes, count, 0, 63), *first = malloc(count + 64), *other = malloc(count + 64);
  size_t a = qw_json_compact(QW_JSON_PORTABLE, memory, count, first);
  for (int level = 1; level < LEVELS; level++) {
    if (!qw_json_level_supported(level)) continue;
    size_t b = qw_json_compact(level, memory, count, other);
    if (a != b || memcmp(first, other, a)) wrong("a plain copy", level);
  }
  free(memory);
  free(first);
  free(other);
}

static void bytes_alike(const uint8_t *bytes, size_t count, size_t cut) {
  uint8_t *memory = placed(bytes, count, 0, 0), *first = malloc(count + 1), *other = malloc(count + 1);
  if (qw_crc32c(0, memory, count) != qw_crc32c_portable(0, memory, count)) wrong("a checksum", 0);
  uint32_t state = qw_utf8_continue(qw_utf8_continue(0, memory, cut), memory + cut, count - cut);
  int is_valid = qw_utf8_valid_prefix(memory, count) == count;
  if (is_valid != (state == 0)) wrong("UTF-8 in pieces", 0);
  qw_websocket_mask_by(QW_MASK_PORTABLE, first, memory, count, 0x12345678, cut);
  for (int way = 1; way <= QW_MASK_AVX2; way++) {
    if (!qw_websocket_mask_by(way, other, memory, count, 0x12345678, cut)) continue;
    if (memcmp(first, other, count)) wrong("a mask", way);
  }
  free(memory);
  free(first);
  free(other);
}

/* Rows of the columns that the first bytes choose, at any place of the text. */
static void columns_alike(const uint8_t *bytes, size_t count) {
  enum { MOST = 12 };
  if (count < MOST + 2) return;
  size_t wanted = 1 + bytes[0] % MOST, keyed = bytes[1] & 1;
  qw_column columns[2 * MOST + 1] = {{0}};
  qw_name names[] = {{0x225955422200 >> 8, 0}, {0x224C4C45532200 >> 8, 0}};
  qw_key keys[] = {{{0x3A2261223A2261ull & 0xFFFFFFFF, 0, 0, 0}, {0xFFFFFFFF, 0, 0, 0}}};
  size_t n = 0;
  for (size_t i = 0; i < wanted; i++) {
    uint8_t action = 1 + bytes[2 + i] % QW_COLUMN_FLAGS;
    if (keyed) columns[n++] = (qw_column){.action = QW_COLUMN_KEY, .run = 4};
    columns[n++] = (qw_column){
      .offset = (uint16_t)(16 + 8 * i), .action = action == QW_COLUMN_DOUBLES ? QW_COLUMN_DOUBLE : action,
      .name_count = 2, .before = keyed ? ':' : ','};
  }
  /* Runs of doubles are read together. */
  for (size_t i = 0; !keyed && i < n; i++) {
    size_t run = 0;
    while (i + run < n && run < 4 && (columns[i + run].action == QW_COLUMN_DOUBLE)) run++;
    columns[i].run = (uint8_t)run;
    if (run > 1) columns[i].action = QW_COLUMN_DOUBLES;
  }
  uint8_t blank[EVENT] = {0}, first[EVENT], other[EVENT];
  const uint8_t *text = bytes + 2 + MOST;
  size_t length = count - 2 - MOST;
  uint8_t *memory = placed(text, length, FRONT, BACK);
  /* A symbol that is known in front of the first column. */
  memcpy(memory + FRONT - 5, keyed ? ":\"A\"," : "[\"A\",", 5);
  uint8_t no_section[1 << QW_SECTION_BITS];
  memset(no_section, QW_NO_SECTION, sizeof no_section);
  qw_text_slot slots[4];
  for (int i = 0; i < 4; i++) slots[i] = (qw_text_slot){.low = 'A', .id = 1, .count = 1};
  size_t a = 0;
  for (int level = 0; level < LEVELS; level++) {
    if (!qw_json_level_supported(level)) continue;
    qw_row_state state = {0};
    qw_column linked[2 * MOST + 1];
    memcpy(linked, columns, sizeof linked);
    qw_columns all = {linked, n, names, keys, blank, EVENT, {{0}, {0}}, 0, 0, &state};
    qw_columns_link(level, &all, linked);
    for (size_t round = 0; round < 2; round++) {
      memset(other, 0xEE, EVENT);
      const uint8_t *end = memory + FRONT + length;
      /* Behind the opening of a section, or behind a key. */
      qw_walk walk = {
        memory + FRONT - 4, end, other, other + EVENT, 7, slots, 3, NULL, no_section, 0, keyed ? NULL : &all, 0};
      int32_t stop = !length ? 0 : keyed ? qw_read_object(level, &walk, &all) : qw_read_sections(level, &walk);
      size_t b = walk.rows ? (size_t)(walk.at - memory) << 8 | (size_t)stop : 0;
      if (walk.rows && walk.at > end + 1) wrong("the end of a row", level);
      if (level == 0 && round == 0) {
        a = b;
        memcpy(first, other, EVENT);
      } else if (a != b || (a && memcmp(first, other, EVENT))) {
        wrong("a row", level);
      }
    }
  }
  free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  if (count > 1 << 16) return 0;
  index_alike(bytes, count);
  compact_alike(bytes, count);
  bytes_alike(bytes, count, count / 3);
  columns_alike(bytes, count);
  return 0;
}
