// Boost.Beast's synchronous client with simdjson (tuned). Without LARGE as its examples show it; with LARGE the socket
// is read in big blocks through Beast's own buffered_read_stream.
// usage: live_beast PORT [check]
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include "live.hpp"
#include "simdjson_rows.hpp"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

#ifdef LARGE
using Socket = beast::buffered_read_stream<tcp::socket, beast::flat_buffer>;

namespace boost::beast {
// Beast asks the owner of a stream type that it does not know how to end it.
inline void teardown(role_type role, Socket &socket, error_code &error) {
  websocket::teardown(role, socket.next_layer(), error);
}
} // namespace boost::beast
#else
using Socket = tcp::socket;
#endif

int main(int count, char **words) {
  if (count < 2) peer::fail("usage: live_beast PORT [check]");
  peer::Rows rows(count > 2);
  peer::SimdjsonTuned decode;
  asio::io_context context;
  tcp::endpoint endpoint(asio::ip::address_v4::loopback(), uint16_t(std::atoi(words[1])));
  websocket::stream<Socket> stream(context);
#ifdef LARGE
  stream.next_layer().buffer().reserve(256 * 1024);
  stream.next_layer().capacity(256 * 1024);
#endif
  beast::get_lowest_layer(stream).connect(endpoint);
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
    decode(static_cast<const char *>(buffer.data().data()), buffer.size(), rows);
    buffer.consume(buffer.size());
  }
  watch.end();
  peer::report(rows.frames, rows.payloadBytes, rows.events, watch, count > 2 ? rows.checksum() : "");
}
