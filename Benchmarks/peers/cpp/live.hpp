// What the live C++ clients say to a dxLink server, and what they are asked to do. They know the columns beforehand, so
// they wait for no answers.
#pragma once

#include <algorithm>

#include "peer.hpp"

namespace peer {

inline const char *const greetings[] = {
    R"({"type":"SETUP","channel":0,"version":"0.1-peer/1.0","keepaliveTimeout":60,"acceptKeepaliveTimeout":60})",
    R"({"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}})",
    R"({"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":0,"acceptDataFormat":"COMPACT"})",
    R"({"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"*"}]})",
};

/// What stands behind the port (and mode): `check` for a checksum, `first` to end with the first row, `latency` for
/// times from the stamps in TimeAndSale.index, `ca=FILE` for the authority of a TLS server.
struct Wishes {
  bool checks = false, first = false, latency = false;
  std::string authority;

  Wishes(int count, char **words, int from) {
    for (int i = from; i < count; i++) {
      std::string_view word = words[i];
      if (word == "check") checks = true;
      else if (word == "first") first = true;
      else if (word == "latency") latency = true;
      else if (word.substr(0, 3) == "ca=") authority = word.substr(3);
      else fail("what is " + std::string(word) + "?");
    }
  }
};

/// Says that the first row is there, for who measures the time to it.
[[noreturn]] inline void endWithFirst() {
  std::puts("first");
  std::fflush(stdout);
  std::_Exit(0);
}

/// From the intended send time that the feed put into the last row's `index` to the row.
class Latencies {
public:
  Latencies() {
    samples.reserve(8u << 20);
    for (size_t i = 0; i < typeCount; i++) {
      if (schema[i].name != "TimeAndSale") continue;
      type = i;
      width = schema[i].kinds.size();
      size_t at = schema[i].fields.find(",index,");
      if (at == std::string_view::npos) fail("TimeAndSale has no index");
      auto before = schema[i].fields.substr(0, at + 1);
      column = size_t(std::count(before.begin(), before.end(), ','));
    }
  }

  void take(const Rows &rows) {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t *row = rows.published - width - 1;
    if (row[0] == type)
      samples.push_back(now.tv_sec * 1000000000ll + now.tv_nsec - (int64_t(row[1 + column]) - stampBase));
  }

  void report(const Rows &rows, const Stopwatch &watch) {
    std::sort(samples.begin(), samples.end());
    std::printf("{\"frames\":%llu,\"events\":%llu,\"samples\":%zu,\"cpuSeconds\":%.9f,\"p50Micros\":%.3f,"
                "\"p90Micros\":%.3f,\"p99Micros\":%.3f,\"p999Micros\":%.3f,\"maxMicros\":%.3f}\n",
                (unsigned long long)rows.frames, (unsigned long long)rows.events, samples.size(), watch.cpuSeconds,
                rank(0.5), rank(0.9), rank(0.99), rank(0.999), rank(1));
  }

private:
  static constexpr int64_t stampBase = 1000000000000000000;
  std::vector<int64_t> samples;
  size_t type = typeCount, width = 0, column = 0;

  /// The smallest sample that at least that share of all samples does not exceed, in microseconds.
  double rank(double share) const {
    if (samples.empty()) return 0;
    double place = share * double(samples.size());
    size_t at = size_t(place);
    if (double(at) < place) at += 1;
    return double(samples[at == 0 ? 0 : std::min(at, samples.size()) - 1]) / 1000;
  }
};

} // namespace peer
