// What every C++ peer shares: frames, rows, texts, checksum, clocks, report. The columns come from schema.hpp, which
// run.py writes for the recording at hand: each program is compiled for exactly the rows it will see.
#pragma once

#include <ctime>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "schema.hpp"

namespace peer {

[[noreturn]] inline void fail(const std::string &what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

// MARK: the schema
// Kinds: S symbol, d double, i integer of 64 bits, b boolean, s other text.

struct Columns {
  std::string_view name;
  std::string_view kinds;
  /// Names of the columns, separated by commas.
  std::string_view fields;
};

inline constexpr Columns schema[] = {
#define PEER_COLUMNS(name, kinds, fields) {#name, kinds, fields},
    PEER_SCHEMA(PEER_COLUMNS)
#undef PEER_COLUMNS
};
inline constexpr size_t typeCount = sizeof(schema) / sizeof(schema[0]);

inline size_t typeNamed(std::string_view name) {
  for (size_t i = 0; i < typeCount; i++)
    if (schema[i].name == name) return i;
  return typeCount;
}

// MARK: frames

constexpr size_t padding = 128;

/// All frames of the recording, one after another as in a receive buffer, readable beyond the end.
struct Frames {
  std::vector<char> bytes;
  std::vector<std::pair<size_t, size_t>> ranges;
  size_t total = 0;

  explicit Frames(const char *path) {
    FILE *file = std::fopen(path, "rb");
    if (!file) fail(std::string("cannot open ") + path);
    uint32_t size;
    while (std::fread(&size, 1, 4, file) == 4) {
      size_t start = bytes.size();
      bytes.resize(start + size);
      if (std::fread(bytes.data() + start, 1, size, file) != size) fail(std::string(path) + " ends in mid-frame");
      ranges.emplace_back(start, size);
      total += size;
    }
    std::fclose(file);
    bytes.resize(bytes.size() + padding);
  }
};

// MARK: texts

inline bool hasBackslash(const char *text, size_t size) {
#if defined(__SSE2__)
  for (size_t at = 0; at < size; at += 16) {
    __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i *>(text + at));
    unsigned hits = unsigned(_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
    if (size - at < 16) hits &= (1u << (size - at)) - 1;
    if (hits) return true;
  }
  return false;
#else
  return std::memchr(text, '\\', size) != nullptr;
#endif
}

/// Texts by number: open addressing, at most half full, up to 16 bytes compared as two words.
class Texts {
public:
  Texts() : slots(1u << 16) {}

  /// 16 bytes must be readable from `text` on.
  uint32_t intern(const char *text, size_t size) {
    uint64_t low, high;
    if (size <= 16) {
      std::memcpy(&low, text, 8);
      std::memcpy(&high, text + 8, 8);
      low = size < 8 ? low & ((1ull << (8 * size)) - 1) : low;
      high = size <= 8 ? 0 : size < 16 ? high & ((1ull << (8 * (size - 8))) - 1) : high;
    } else {
      std::memcpy(&low, text, 8);
      std::memcpy(&high, text + size - 8, 8);
      for (size_t at = 8; at + 8 < size; at += 8) {
        uint64_t word;
        std::memcpy(&word, text + at, 8);
        low = (low ^ word) * 0x9E3779B97F4A7C15ull;
      }
    }
    unsigned __int128 product = (unsigned __int128)(low ^ 0x9E3779B97F4A7C15ull) * (high ^ 0xD1B54A32D192ED03ull);
    size_t at = (uint64_t(product) ^ uint64_t(product >> 64) ^ size) & (slots.size() - 1);
    while (true) {
      Slot &slot = slots[at];
      if (slot.low == low && slot.high == high && slot.size == size &&
          (size <= 16 || std::memcmp(texts[slot.id].data(), text, size) == 0))
        return slot.id;
      if (slot.size == 0) break;
      at = (at + 1) & (slots.size() - 1);
    }
    if (size == 0) fail("an empty symbol");
    if (texts.size() * 2 >= slots.size()) fail("more than 32,768 different texts");
    slots[at] = {low, high, uint32_t(texts.size()), uint32_t(size)};
    texts.emplace_back(text, size);
    return slots[at].id;
  }

  const std::string &operator[](uint32_t id) const { return texts[id]; }

private:
  struct Slot {
    uint64_t low = 0, high = 0;
    uint32_t id = 0, size = 0;
  };
  std::vector<Slot> slots;
  std::vector<std::string> texts;
};

// MARK: rows
// One word of the type's number and one for each column: a symbol's number, a double's bits, an integer, 0 or 1, a
// short text in place (size in the top byte), a longer one's number.

constexpr uint64_t longText = 0xFFull << 56;

class Rows {
public:
  Texts texts;
  uint64_t events = 0, frames = 0, payloadBytes = 0;
  /// Behind the last frame's last row.
  const uint64_t *published = nullptr;

  explicit Rows(bool checks) : checks(checks) { room(1u << 16); }

  /// Where the rows of a frame of `size` bytes go: a ring that fits the caches, as ours has.
  uint64_t *begin(size_t size) {
    if (used + size + 1024 > words.size()) {
      used = 0;
      if (size + 1024 > words.size()) room(size + 1024);
    }
    return words.data() + used;
  }

  /// Publishes a frame's rows.
  void end(uint64_t *start, uint64_t *end, uint64_t count, size_t size) {
    events += count;
    frames += 1;
    payloadBytes += size;
    published = end;
    used = size_t(end - words.data());
    if (used > ringWords) used = 0;
    if (checks) check(start, end);
    asm volatile("" : : "r"(start), "r"(end) : "memory");
  }

  uint64_t shortText(const char *text, size_t size) {
    if (size > 7) return longText | texts.intern(text, size);
    uint64_t word;
    std::memcpy(&word, text, 8);
    return (word & ((1ull << (8 * size)) - 1)) | uint64_t(size) << 56;
  }

  std::string checksum() const;

private:
  static constexpr size_t ringWords = 1u << 15;
  std::vector<uint64_t> words;
  size_t used = 0;
  bool checks;

  struct Fold {
    uint32_t a, b;
    void word(uint32_t w) {
      a = (a ^ w) * 0x01000193u;
      b = (((b << 5) | (b >> 27)) ^ w) * 0x85EBCA6Bu;
    }
    void wide(uint64_t w) {
      word(uint32_t(w));
      word(uint32_t(w >> 32));
    }
  };
  struct State {
    Fold fold;
    uint64_t count = 0;
  };
  std::vector<State> states;

  void room(size_t count) { words.resize(count + ringWords); }

  static uint32_t fnv(std::string_view text) {
    uint32_t h = 0x811C9DC5u;
    for (unsigned char c : text) h = (h ^ c) * 0x01000193u;
    return h;
  }

  void text(Fold &fold, std::string_view text) {
    fold.word(fnv(text));
    fold.word(uint32_t(text.size()));
  }

  void check(const uint64_t *at, const uint64_t *end) {
    if (states.empty())
      for (auto &type : schema) states.push_back({{fnv(type.name), 0x9E3779B9u}, 0});
    while (at < end) {
      size_t type = size_t(*at++);
      State &state = states[type];
      state.count += 1;
      for (char kind : schema[type].kinds) {
        uint64_t word = *at++;
        if (kind == 'S') {
          text(state.fold, texts[uint32_t(word)]);
        } else if (kind == 's') {
          if (word >> 56 == 0xFF) text(state.fold, texts[uint32_t(word)]);
          else text(state.fold, {reinterpret_cast<const char *>(&word), size_t(word >> 56)});
        } else {
          state.fold.wide(word);
        }
      }
    }
  }
};

inline std::string Rows::checksum() const {
  Fold total{0x811C9DC5u, 0x9E3779B9u};
  // The schema is sorted by name.
  for (auto &state : states) {
    if (state.count == 0) continue;
    total.word(state.fold.a);
    total.word(state.fold.b);
    total.wide(state.count);
  }
  char out[17];
  std::snprintf(out, sizeof out, "%08x%08x", total.a, total.b);
  return out;
}

inline uint64_t bits(double value) {
  uint64_t out;
  std::memcpy(&out, &value, 8);
  return out;
}

/// "NaN", "Infinity" and "-Infinity" stand for doubles.
inline uint64_t specialBits(std::string_view text) {
  if (text == "NaN") return 0x7FF8000000000000ull;
  if (text == "Infinity") return bits(std::numeric_limits<double>::infinity());
  if (text == "-Infinity") return bits(-std::numeric_limits<double>::infinity());
  fail("a text that is no number: " + std::string(text));
}

// MARK: figures

inline double clockSeconds(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return double(t.tv_sec) + double(t.tv_nsec) * 1e-9;
}

struct Stopwatch {
  double cpuStart = 0, start = 0, cpuSeconds = 0, seconds = 0;
  void begin() {
    start = clockSeconds(CLOCK_MONOTONIC);
    cpuStart = clockSeconds(CLOCK_PROCESS_CPUTIME_ID);
  }
  void end() {
    cpuSeconds = clockSeconds(CLOCK_PROCESS_CPUTIME_ID) - cpuStart;
    seconds = clockSeconds(CLOCK_MONOTONIC) - start;
  }
};

inline void report(uint64_t frames, uint64_t bytes, uint64_t events, const Stopwatch &watch, const std::string &sum) {
  std::printf("{\"frames\":%llu,\"bytes\":%llu,\"events\":%llu,\"cpuSeconds\":%.9f,\"seconds\":%.9f,"
              "\"checksum\":\"%s\"}\n",
              (unsigned long long)frames, (unsigned long long)bytes, (unsigned long long)events, watch.cpuSeconds,
              watch.seconds, sum.c_str());
}

/// `PROGRAM FRAMES SECONDS` or `PROGRAM FRAMES check`: passes over all frames for at least that much CPU time, after
/// one that does not count; with `check` one pass with a checksum. `PROGRAM FRAMES 3x`: exactly three passes, for who
/// counts instructions.
template <typename Decode> int decodeFromMemory(int count, char **words, Decode decode) {
  if (count < 3) fail("usage: PROGRAM FRAMES SECONDS|Nx|check");
  Frames frames(words[1]);
  bool checks = std::strcmp(words[2], "check") == 0;
  double wanted = checks ? 0 : std::atof(words[2]);
  Rows rows(checks);
  auto pass = [&] {
    for (auto &range : frames.ranges) decode(frames.bytes.data() + range.first, range.second, rows);
  };
  Stopwatch watch;
  if (checks) {
    watch.begin();
    pass();
    watch.end();
  } else if (words[2][std::strlen(words[2]) - 1] == 'x') {
    watch.begin();
    for (int left = std::atoi(words[2]); left > 0; left--) pass();
    watch.end();
  } else {
    pass();
    rows.events = rows.frames = rows.payloadBytes = 0;
    watch.begin();
    do {
      pass();
      watch.end();
    } while (watch.cpuSeconds < wanted);
  }
  report(rows.frames, rows.payloadBytes, rows.events, watch, checks ? rows.checksum() : "");
  return 0;
}

} // namespace peer
