// RapidJSON's SAX reader over the frames in memory, with what correct rows need: full precision and valid UTF-8.
#if defined(__SSE4_2__)
#define RAPIDJSON_SSE42
#elif defined(__ARM_NEON)
#define RAPIDJSON_NEON
#endif
#include <rapidjson/reader.h>

#include "peer.hpp"

namespace {

using namespace peer;

class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
public:
  Rows *rows = nullptr;
  uint64_t *out = nullptr, count = 0;
  bool isData = false;

  void begin(Rows &target, uint64_t *start) {
    rows = &target;
    out = start;
    count = 0;
    depth = 0;
    isData = false;
    key = other;
    type = typeCount;
  }

  bool Key(const char *text, rapidjson::SizeType size, bool) {
    std::string_view name(text, size);
    key = name == "type" ? messageType : name == "data" ? data : other;
    return true;
  }

  bool String(const char *text, rapidjson::SizeType size, bool) {
    if (depth == 2) {
      char *place = next();
      if (!place) return false;
      char kind = *place;
      if (kind == 'd') return put(specialBits({text, size}));
      if (kind != 'S' && kind != 's') return false;
      // The reader's own buffer ends with the text: room for whole words.
      char copy[64];
      if (size <= 48) {
        std::memcpy(copy, text, size);
        text = copy;
      }
      return put(kind == 'S' ? rows->texts.intern(text, size) : rows->shortText(text, size));
    }
    if (depth == 1 && key == data) {
      type = typeNamed({text, size});
      return type != typeCount;
    }
    if (depth == 0 && key == messageType) isData = std::string_view(text, size) == "FEED_DATA";
    return true;
  }

  bool Double(double value) { return number(value, 0, false); }
  bool Int(int value) { return number(value, value, true); }
  bool Uint(unsigned value) { return number(value, value, true); }
  bool Int64(int64_t value) { return number(double(value), value, true); }
  bool Uint64(uint64_t value) { return number(double(value), int64_t(value), value >> 63 == 0); }

  bool Bool(bool value) {
    if (depth != 2) return true;
    char *kind = next();
    return kind && *kind == 'b' && put(value);
  }

  bool Null() {
    if (depth != 2) return true;
    char *kind = next();
    return kind && (*kind == 'd' ? put(specialBits("NaN")) : *kind == 's' && put(0));
  }

  bool StartArray() {
    depth += 1;
    column = 0;
    return depth <= 2;
  }

  bool EndArray(rapidjson::SizeType) {
    if (depth == 2 && column != 0) return false;
    depth -= 1;
    return true;
  }

private:
  enum { other, messageType, data } key = other;
  int depth = 0;
  size_t type = typeCount, column = 0;
  char kind = 0;

  /// The kind of the column at hand; begins a row at its first one.
  char *next() {
    if (type == typeCount) return nullptr;
    if (column == 0) *out++ = type;
    kind = schema[type].kinds[column];
    if (++column == schema[type].kinds.size()) {
      column = 0;
      count += 1;
    }
    return &kind;
  }

  bool put(uint64_t word) {
    *out++ = word;
    return true;
  }

  bool number(double value, int64_t whole, bool isWhole) {
    if (depth != 2) return true;
    char *kind = next();
    if (!kind) return false;
    if (*kind == 'd') return put(bits(value));
    return *kind == 'i' && isWhole && put(uint64_t(whole));
  }
};

} // namespace

int main(int count, char **words) {
  rapidjson::Reader reader;
  Handler handler;
  return peer::decodeFromMemory(count, words, [&](const char *frame, size_t size, peer::Rows &rows) {
    uint64_t *start = rows.begin(size);
    handler.begin(rows, start);
    rapidjson::StringStream stream(frame);
    constexpr unsigned flags =
        rapidjson::kParseFullPrecisionFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseStopWhenDoneFlag;
    if (reader.Parse<flags>(stream, handler).IsError() || stream.Tell() != size) peer::fail("a frame was refused");
    if (handler.isData) rows.end(start, handler.out, handler.count, size);
  });
}
