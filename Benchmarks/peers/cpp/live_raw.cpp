// A plain blocking socket and big reads, after a handshake by hand. MODE: discard throws the bytes away, walk reads
// frame headers only, rows decodes each frame in place with simdjson (tuned). With TLS through OpenSSL, reading ahead.
// usage: live_raw PORT MODE [check|first] [ca=FILE]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef TLS
#include <openssl/ssl.h>
#endif

#include "live.hpp"
#include "simdjson_rows.hpp"

using namespace peer;

namespace {

constexpr size_t readBytes = 256 * 1024;

/// The socket, with TLS where it is compiled in.
class Link {
public:
  Link(const char *port, const std::string &authority) : fd(connectTo(port)) {
#ifdef TLS
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, readBytes);
    if (SSL_CTX_load_verify_locations(context, authority.c_str(), nullptr) != 1) fail("cannot read " + authority);
    tls = SSL_new(context);
    SSL_set_fd(tls, fd);
    if (SSL_connect(tls) != 1) fail("the TLS handshake failed");
#else
    (void)authority;
#endif
  }

  ~Link() { close(fd); }

  ssize_t read(void *into, size_t size) {
#ifdef TLS
    return SSL_read(tls, into, int(size));
#else
    return recv(fd, into, size, 0);
#endif
  }

  void sendAll(const std::string &bytes) {
    for (size_t at = 0; at < bytes.size();) {
#ifdef TLS
      ssize_t sent = SSL_write(tls, bytes.data() + at, int(bytes.size() - at));
#else
      ssize_t sent = send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
#endif
      if (sent <= 0) fail("the server went away");
      at += size_t(sent);
    }
  }

private:
  int fd;
#ifdef TLS
  SSL *tls;
#endif

  static int connectTo(const char *port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(uint16_t(std::atoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) fail("cannot connect");
    return fd;
  }
};

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

} // namespace

int main(int count, char **words) {
  if (count < 3) fail("usage: live_raw PORT discard|walk|rows [check|first] [ca=FILE]");
  std::string_view mode = words[2];
  Wishes wishes(count, words, 3);
  Rows rows(wishes.checks);
  Link link(words[1], wishes.authority);
  link.sendAll("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  std::vector<char> buffer(readBytes + padding);
  size_t held = 0, start = 0;
  std::string_view head;
  do {
    ssize_t got = link.read(buffer.data() + held, readBytes - held);
    if (got <= 0) fail("no answer to the upgrade");
    held += size_t(got);
    head = {buffer.data(), held};
    start = head.find("\r\n\r\n");
  } while (start == std::string_view::npos);
  if (head.substr(0, 12) != "HTTP/1.1 101") fail("the upgrade was refused");
  start += 4;
  for (auto text : greetings) link.sendAll(masked(text));

  SimdjsonTuned decode;
  uint64_t total = held - start, frames = 0, payloadBytes = 0;
  bool isDiscarding = mode == "discard", wantsRows = mode == "rows", isOver = false;
  Stopwatch watch;
  watch.begin();
  while (isDiscarding) {
    ssize_t got = link.read(buffer.data(), readBytes);
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
    if (wishes.first && rows.events > 0) endWithFirst();
    std::memmove(buffer.data(), buffer.data() + at, held - at);
    held -= at;
    start = 0;
    ssize_t got = link.read(buffer.data() + held, readBytes - held);
    if (got <= 0) fail("the connection ended without a Close");
    held += size_t(got);
  }
  watch.end();
  if (isDiscarding) report(0, total, 0, watch, "");
  else if (!wantsRows) report(frames, payloadBytes, 0, watch, "");
  else report(rows.frames, rows.payloadBytes, rows.events, watch, wishes.checks ? rows.checksum() : "");
}
