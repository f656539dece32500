// FEED_DATA frames to rows with simdjson On-Demand, in two ways: as its documentation writes such programs, and tuned.
#pragma once

#include <simdjson.h>

#include "peer.hpp"

namespace peer {

using namespace simdjson;

/// The documented way: keys by [], get_string, one loop over values whose kind is looked up.
class SimdjsonIdiomatic {
public:
  void operator()(const char *frame, size_t size, Rows &rows) {
    ondemand::document document = parser.iterate(padded_string_view(frame, size, size + SIMDJSON_PADDING));
    ondemand::object message = document.get_object();
    std::string_view messageType = message["type"].get_string();
    if (messageType != "FEED_DATA") return;
    int64_t channel = message["channel"].get_int64();
    (void)channel;
    uint64_t *start = rows.begin(size), *out = start, count = 0;
    size_t type = typeCount;
    for (ondemand::value element : message["data"].get_array()) {
      if (type == typeCount) {
        type = typeNamed(std::string_view(element.get_string()));
        if (type == typeCount) fail("an unknown event type");
        continue;
      }
      std::string_view kinds = schema[type].kinds;
      size_t column = 0;
      for (ondemand::value value : element.get_array()) {
        if (column == 0) *out++ = type;
        *out++ = cell(kinds[column], value, rows);
        if (++column == kinds.size()) {
          column = 0;
          count += 1;
        }
      }
      if (column != 0) fail("a row without all its columns");
      type = typeCount;
    }
    rows.end(start, out, count, size);
  }

private:
  ondemand::parser parser;

  static uint64_t cell(char kind, ondemand::value &value, Rows &rows) {
    switch (kind) {
    case 'd': {
      ondemand::json_type type = value.type();
      if (type == ondemand::json_type::string) return specialBits(std::string_view(value.get_string()));
      if (type == ondemand::json_type::null) return specialBits("NaN");
      return bits(double(value.get_double()));
    }
    case 'i': return uint64_t(int64_t(value.get_int64()));
    case 'b': return bool(value.get_bool());
    case 'S': {
      std::string_view text = value.get_string();
      return rows.texts.intern(text.data(), text.size());
    }
    default: {
      if (value.is_null()) return 0;
      std::string_view text = value.get_string();
      return rows.shortText(text.data(), text.size());
    }
    }
  }
};

/// The tuned way: keys found where they should be, error codes, raw tokens, and each type's columns unrolled by the
/// compiler. It reads other layouts as well: keys in another order, white space, escapes, and FULL objects.
class SimdjsonTuned {
public:
  SimdjsonTuned() {
    for (auto &type : schema) {
      names.emplace_back();
      for (size_t at = 0; at < type.fields.size();) {
        size_t comma = std::min(type.fields.find(',', at), type.fields.size());
        names.back().push_back(type.fields.substr(at, comma - at));
        at = comma + 1;
      }
    }
  }

  void operator()(const char *frame, size_t size, Rows &rows) {
    ondemand::document document;
    ondemand::object message;
    ondemand::raw_json_string text;
    ondemand::array data;
    uint64_t channel;
    if (parser.iterate(frame, size, size + SIMDJSON_PADDING).get(document) || document.get_object().get(message))
      fail("no JSON object");
    // Looks at the next key first, so keys in their order cost no search.
    if (message.find_field_unordered("type").get_raw_json_string().get(text)) fail("no type");
    if (!text.unsafe_is_equal("FEED_DATA")) return;
    if (message.find_field_unordered("channel").get_uint64().get(channel) ||
        message.find_field_unordered("data").get_array().get(data))
      fail("no data");
    uint64_t *start = rows.begin(size), *out = start, count = 0;
    ondemand::array_iterator at, end;
    if (data.begin().get(at) || data.end().get(end)) fail("no array");
    while (at != end) {
      ondemand::value element;
      if ((*at).get(element)) fail("no element");
      if (element.raw_json_token()[0] == '{') {
        full(element, rows, out);
        count += 1;
        ++at;
        continue;
      }
      ondemand::raw_json_string name;
      if (element.get_raw_json_string().get(name)) fail("no type name");
      ++at;
      ondemand::array values;
      if (!(at != end) || (*at).get_array().get(values)) fail("no rows");
      section(name, values, rows, out, count);
      ++at;
    }
    rows.end(start, out, count, size);
  }

private:
  ondemand::parser parser;
  std::vector<std::vector<std::string_view>> names;

  static void section(ondemand::raw_json_string name, ondemand::array &values, Rows &rows, uint64_t *&out,
                      uint64_t &count) {
    size_t type = 0;
#define PEER_SECTION(typeName, kinds, fields)                                                                          \
  if (name.unsafe_is_equal(#typeName)) {                                                                               \
    static constexpr char text[] = kinds;                                                                              \
    return walk<text, sizeof(text) - 1>(type, values, rows, out, count);                                               \
  }                                                                                                                    \
  type += 1;
    PEER_SCHEMA(PEER_SECTION)
#undef PEER_SECTION
    fail("an unknown event type");
  }

  template <const char *kinds, size_t width>
  static void walk(size_t type, ondemand::array &values, Rows &rows, uint64_t *&place, uint64_t &count) {
    ondemand::array_iterator at, end;
    if (values.begin().get(at) || values.end().get(end)) fail("no array");
    uint64_t *out = place;
    while (at != end) {
      out[0] = type;
      row<kinds>(at, end, rows, out + 1, std::make_index_sequence<width>());
      out += width + 1;
      count += 1;
    }
    place = out;
  }

  template <const char *kinds, size_t... columns>
  simdjson_inline static void row(ondemand::array_iterator &at, ondemand::array_iterator &end, Rows &rows,
                                  uint64_t *out, std::index_sequence<columns...>) {
    (column<kinds[columns], columns == 0>(at, end, rows, out[columns]), ...);
  }

  template <char kind, bool isFirst>
  simdjson_inline static void column(ondemand::array_iterator &at, ondemand::array_iterator &end, Rows &rows,
                                     uint64_t &out) {
    if (!isFirst && !(at != end)) fail("a row without all its columns");
    ondemand::value value;
    if ((*at).get(value)) fail("no value");
    cell<kind>(value, rows, out);
    ++at;
  }

  template <char kind> simdjson_inline static void cell(ondemand::value &value, Rows &rows, uint64_t &out) {
    bool isBad = false;
    if constexpr (kind == 'd') {
      double number = 0;
      char first = value.raw_json_token()[0];
      if (first == '"') {
        out = special(value);
      } else if (first == 'n') {
        out = specialBits("NaN");
      } else {
        isBad = value.get_double().get(number);
        out = bits(number);
      }
    } else if constexpr (kind == 'i') {
      int64_t number = 0;
      isBad = value.get_int64().get(number);
      out = uint64_t(number);
    } else if constexpr (kind == 'b') {
      bool flag = false;
      isBad = value.get_bool().get(flag);
      out = flag;
    } else {
      std::string_view token = value.raw_json_token();
      if (kind == 's' && token[0] == 'n') {
        isBad = !value.is_null();
        out = 0;
      } else {
        std::string_view text = content(value, token);
        out = kind == 'S' ? rows.texts.intern(text.data(), text.size()) : rows.shortText(text.data(), text.size());
      }
    }
    if (isBad) fail("a value of another kind");
  }

  /// A FULL object, which begins with its type. Keys are looked for where they were the last time.
  void full(ondemand::value &element, Rows &rows, uint64_t *&out) {
    ondemand::object object;
    if (element.get_object().get(object)) fail("no object");
    size_t type = typeCount, next = 0, found = 0, width = 0;
    for (auto result : object) {
      ondemand::field field;
      if (std::move(result).get(field)) fail("no field");
      const char *key = field.key().raw();
      ondemand::value value = field.value();
      if (type == typeCount) {
        std::string_view name;
        if (!isKey(key, "eventType") || value.get_string().get(name)) fail("a FULL object without its type in front");
        if ((type = typeNamed(name)) == typeCount) fail("an unknown event type");
        width = names[type].size();
        out[0] = type;
        continue;
      }
      size_t tries = 0;
      while (tries < width && !isKey(key, names[type][next])) {
        next = next + 1 < width ? next + 1 : 0;
        tries += 1;
      }
      if (tries == width) continue;
      uint64_t &word = out[1 + next];
      switch (schema[type].kinds[next]) {
      case 'd': cell<'d'>(value, rows, word); break;
      case 'i': cell<'i'>(value, rows, word); break;
      case 'b': cell<'b'>(value, rows, word); break;
      case 'S': cell<'S'>(value, rows, word); break;
      default: cell<'s'>(value, rows, word);
      }
      next = next + 1 < width ? next + 1 : 0;
      found += 1;
    }
    if (type == typeCount || found != width) fail("a FULL object without all its columns");
    out += width + 1;
  }

  static bool isKey(const char *key, std::string_view name) {
    return std::memcmp(key, name.data(), name.size()) == 0 && key[name.size()] == '"';
  }

  /// The bytes between the quotes; unescaped by simdjson where there is a backslash.
  simdjson_inline static std::string_view content(ondemand::value &value, std::string_view token) {
    size_t size = token.size();
    while (size > 1 && token[size - 1] != '"') size -= 1;
    if (size < 2 || token[0] != '"') fail("no text");
    if (!hasBackslash(token.data() + 1, size - 2)) return token.substr(1, size - 2);
    std::string_view text;
    if (value.get_string().get(text)) fail("no text");
    return text;
  }

  static uint64_t special(ondemand::value &value) {
    std::string_view text;
    if (value.get_string().get(text)) fail("no text");
    return specialBits(text);
  }
};

} // namespace peer
