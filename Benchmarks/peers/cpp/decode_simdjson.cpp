// simdjson On-Demand over the frames in memory. WAY is SimdjsonIdiomatic or SimdjsonTuned.
#include "simdjson_rows.hpp"

int main(int count, char **words) {
  peer::WAY decode;
  return peer::decodeFromMemory(count, words, [&](const char *frame, size_t size, peer::Rows &rows) {
    decode(frame, size, rows);
  });
}
