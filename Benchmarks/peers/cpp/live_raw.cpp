// A plain blocking socket and big reads, after a handshake by hand. MODE: discard throws the bytes away, walk reads
// frame headers only, rows decodes each frame in place with simdjson (tuned).
// usage: live_raw PORT MODE [check]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live.hpp"
#include "simdjson_rows.hpp"

using namespace peer;

namespace {

constexpr size_t readBytes = 256 * 1024;

void sendAll(int fd, const std::string &bytes) {
  for (size_t at = 0; at < bytes.size();) {
    ssize_t sent = send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (sent <= 0) fail("the server went away");
    at += size_t(sent);
  }
}

/// A text message, masked with zeros: what is measured is receiving.
std::string masked(std::string_view text) {
  std::string out("\x81", 1);
  if (text.size() < 126) {
    out += char(0x80 | text.size());
  } else {
    out += char(0x80 | 126);
    out += char(text.size() >> 8);
    out += char(text.size());
  }
  return out + std::string(4, '\0') + std::string(text);
}

int connectTo(const char *port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(uint16_t(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) fail("cannot connect");
  return fd;
}

} // namespace

int main(int count, char **words) {
  if (count < 3) fail("usage: live_raw PORT discard|walk|rows [check]");
  std::string_view mode = words[2];
  Rows rows(count > 3);
  int fd = connectTo(words[1]);
  sendAll(fd, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  std::vector<char> buffer(readBytes + padding);
  size_t held = 0, start = 0;
  std::string_view head;
  do {
    ssize_t got = recv(fd, buffer.data() + held, readBytes - held, 0);
    if (got <= 0) fail("no answer to the upgrade");
    held += size_t(got);
    head = {buffer.data(), held};
    start = head.find("\r\n\r\n");
  } while (start == std::string_view::npos);
  if (head.substr(0, 12) != "HTTP/1.1 101") fail("the upgrade was refused");
  start += 4;
  for (auto text : greetings) sendAll(fd, masked(text));

  SimdjsonTuned decode;
  uint64_t total = held - start, frames = 0, payloadBytes = 0;
  bool isDiscarding = mode == "discard", wantsRows = mode == "rows", isOver = false;
  Stopwatch watch;
  watch.begin();
  while (isDiscarding) {
    ssize_t got = recv(fd, buffer.data(), readBytes, 0);
    if (got <= 0) break;
    total += uint64_t(got);
  }
  while (!isDiscarding && !isOver) {
    size_t at = start;
    while (held - at >= 2) {
      auto p = reinterpret_cast<const unsigned char *>(buffer.data()) + at;
      size_t header = 2, size = p[1];
      if (size == 126) {
        header = 4;
        if (held - at < header) break;
        size = size_t(p[2]) << 8 | p[3];
      } else if (size == 127) {
        header = 10;
        if (held - at < header) break;
        size = 0;
        for (int i = 2; i < 10; i++) size = size << 8 | p[i];
      }
      if (header + size > readBytes) fail("a frame that does not fit the buffer");
      if (held - at < header + size) break;
      if (p[0] == 0x88) isOver = true;
      else if (p[0] != 0x81) fail("neither a whole text message nor a Close");
      else if (wantsRows) decode(buffer.data() + at + header, size, rows);
      frames += 1;
      payloadBytes += size;
      at += header + size;
    }
    if (isOver) break;
    std::memmove(buffer.data(), buffer.data() + at, held - at);
    held -= at;
    start = 0;
    ssize_t got = recv(fd, buffer.data() + held, readBytes - held, 0);
    if (got <= 0) fail("the connection ended without a Close");
    held += size_t(got);
  }
  watch.end();
  close(fd);
  if (isDiscarding) report(0, total, 0, watch, "");
  else if (!wantsRows) report(frames, payloadBytes, 0, watch, "");
  else report(rows.frames, rows.payloadBytes, rows.events, watch, count > 3 ? rows.checksum() : "");
}
