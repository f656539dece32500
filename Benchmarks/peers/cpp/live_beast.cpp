// Boost.Beast's synchronous client with simdjson (tuned). Without further words as its examples show it. BELOW reads
// the socket in big blocks through Beast's own buffered_read_stream; TLS goes through OpenSSL, and ABOVE puts another
// such buffer between TLS and WebSocket.
// usage: live_beast PORT [check|first|latency] [ca=FILE]
#include <optional>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#ifdef TLS
#include <boost/asio/ssl.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket/ssl.hpp>
#endif

#include "live.hpp"
#include "simdjson_rows.hpp"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

template <typename Next> using Buffered = beast::buffered_read_stream<Next, beast::flat_buffer>;

#ifdef BELOW
/// Asio's TLS asks the stream below for its lowest layer.
struct Socket : Buffered<tcp::socket> {
  using Buffered<tcp::socket>::Buffered;
  using lowest_layer_type = tcp::socket::lowest_layer_type;
  lowest_layer_type &lowest_layer() { return next_layer().lowest_layer(); }
  const lowest_layer_type &lowest_layer() const { return next_layer().lowest_layer(); }
};
#else
using Socket = tcp::socket;
#endif
#ifdef TLS
using Secure = asio::ssl::stream<Socket>;
#else
using Secure = Socket;
#endif
#ifdef ABOVE
using Layer = Buffered<Secure>;
#else
using Layer = Secure;
#endif

#if defined(ABOVE) || (defined(BELOW) && !defined(TLS))
namespace boost::beast {
// Beast asks the owner of a stream type that it does not know how to end it.
inline void teardown(role_type role, Layer &stream, error_code &error) {
  using websocket::teardown;
  teardown(role, stream.next_layer(), error);
}
} // namespace boost::beast
#endif

template <typename Stream> void enlarge(Stream &stream) {
  constexpr size_t readBytes = 256 * 1024;
  stream.buffer().reserve(readBytes);
  stream.capacity(readBytes);
}

int main(int count, char **words) {
  if (count < 2) peer::fail("usage: live_beast PORT [check|first|latency] [ca=FILE]");
  peer::Wishes wishes(count, words, 2);
  peer::Rows rows(wishes.checks);
  peer::SimdjsonTuned decode;
  std::optional<peer::Latencies> latencies;
  if (wishes.latency) latencies.emplace();
  asio::io_context context;
  tcp::endpoint endpoint(asio::ip::address_v4::loopback(), uint16_t(std::atoi(words[1])));
#ifdef TLS
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_verify_mode(asio::ssl::verify_peer);
  tls.load_verify_file(wishes.authority);
  websocket::stream<Layer> stream(context, tls);
#else
  websocket::stream<Layer> stream(context);
#endif
  beast::get_lowest_layer(stream).connect(endpoint);
  beast::get_lowest_layer(stream).set_option(tcp::no_delay(true));
#ifdef ABOVE
  enlarge(stream.next_layer());
  auto &secure = stream.next_layer().next_layer();
#else
  auto &secure = stream.next_layer();
#endif
#if defined(TLS) && defined(BELOW)
  enlarge(secure.next_layer());
#elif defined(BELOW)
  enlarge(secure);
#endif
#ifdef TLS
  secure.handshake(asio::ssl::stream_base::client);
#endif
  (void)secure;
  stream.handshake("127.0.0.1", "/");
  stream.text(true);
  for (auto text : peer::greetings) stream.write(asio::buffer(text, std::strlen(text)));

  peer::Stopwatch watch;
  watch.begin();
  beast::flat_buffer buffer;
  while (true) {
    beast::error_code error;
    stream.read(buffer, error);
    if (error == websocket::error::closed) break;
    if (error) peer::fail(error.message());
    buffer.prepare(peer::padding);
    uint64_t before = rows.frames;
    decode(static_cast<const char *>(buffer.data().data()), buffer.size(), rows);
    buffer.consume(buffer.size());
    if (wishes.latency && rows.frames > before) latencies->take(rows);
    if (wishes.first && rows.events > 0) peer::endWithFirst();
  }
  watch.end();
  if (wishes.latency) latencies->report(rows, watch);
  else peer::report(rows.frames, rows.payloadBytes, rows.events, watch, wishes.checks ? rows.checksum() : "");
}
