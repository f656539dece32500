import IO
import TestSupport
import Testing

@Suite("Addresses", .tags(.unit)) struct AddressTests {
  struct URLCase: Sendable, CustomTestStringConvertible {
    var text: String
    var secure: Bool
    var host: String
    var port: UInt16
    var target: String
    var hostHeader: String
    var testDescription: String { text }
  }

  @Test(
    "a feed URL gives scheme, host, port and target",
    arguments: [
      URLCase(
        text: "wss://demo.dxfeed.com/market-data/dxlink-ws", secure: true, host: "demo.dxfeed.com", port: 443,
        target: "/market-data/dxlink-ws", hostHeader: "demo.dxfeed.com"),
      URLCase(text: "ws://localhost", secure: false, host: "localhost", port: 80, target: "/", hostHeader: "localhost"),
      URLCase(
        text: "WS://LocalHost:8080/", secure: false, host: "LocalHost", port: 8080, target: "/",
        hostHeader: "LocalHost:8080"),
      URLCase(
        text: "wss://[::1]:9443/a?b=c", secure: true, host: "::1", port: 9443, target: "/a?b=c",
        hostHeader: "[::1]:9443"),
      URLCase(text: "ws://[::1]", secure: false, host: "::1", port: 80, target: "/", hostHeader: "[::1]"),
      URLCase(text: "ws://h?x=1/2", secure: false, host: "h", port: 80, target: "/?x=1/2", hostHeader: "h"),
      URLCase(text: "wss://h:80", secure: true, host: "h", port: 80, target: "/", hostHeader: "h:80"),
      URLCase(text: "wss://h:443/p@q", secure: true, host: "h", port: 443, target: "/p@q", hostHeader: "h"),
    ])
  func parses(_ c: URLCase) throws {
    let url = try FeedURL(parsing: c.text)
    #expect(url.isSecure == c.secure)
    #expect(url.endpoint == Endpoint(host: c.host, port: c.port))
    #expect(url.target == c.target)
    #expect(url.hostHeader == c.hostHeader)
    // A query can be a secret and stands in no sentence.
    let hasQuery = url.target.contains("?")
    if hasQuery { #expect(url.description.hasSuffix("?…")) } else {
      #expect(try FeedURL(parsing: url.description) == url)
    }
  }

  @Test(
    "a broken feed URL is refused with the reason",
    arguments: [
      ("", "begin with wss://"), ("example.com", "begin with wss://"), ("wss:/h", "begin with wss://"),
      ("http://h/", "\"http\" is not supported"), ("wss://", "host is missing"), ("wss:///p", "host is missing"),
      ("wss://:443/", "host is missing"), ("wss://h:0/", "1 to 65535"), ("wss://h:65536/", "1 to 65535"),
      ("wss://h:/", "1 to 65535"), ("wss://h:+80/", "1 to 65535"), ("wss://h:080000/", "1 to 65535"),
      ("wss://u:p@h/", "user name or password"), ("wss://u:p@h/", "wss://…@h/"),
      ("wss://h h/?t=1", "wss://h h/?…"), ("wss://h/#f", "fragment"), ("wss://h/a b", "space"),
      ("wss://hö/", "outside ASCII"), ("wss://h/\u{0}", "space or a character"), ("wss://[::1/", "closing ]"),
      ("wss://[::g]/", "no IPv6 address"), ("wss://[127.0.0.1]/", "no IPv6 address"), ("wss://[::1]x/", "only :PORT"),
      ("wss://::1/", "in brackets"), ("wss://a%20b/", "only ASCII letters"),
      ("wss://" + String(repeating: "a", count: 254), "253"),
      ("wss://h/" + String(repeating: "a", count: 4096), "4096"),
    ])
  func refuses(_ text: String, _ reason: String) throws {
    let thrown = failure(of: { () throws(IOError) in try FeedURL(parsing: text) })
    let error = try #require(thrown)
    #expect("\(error)".contains(reason), "\(error)")
    #expect(!error.helpsToReconnect)
  }

  @Test("an endpoint needs a port where there is no default")
  func endpoint() throws {
    #expect(try Endpoint(parsing: "db:9009") == Endpoint(host: "db", port: 9009))
    #expect(try Endpoint(parsing: "[::1]", defaultPort: 4222) == Endpoint(host: "::1", port: 4222))
    #expect(Endpoint(host: "::1", port: 7).description == "[::1]:7")
    let thrown = failure(of: { () throws(IOError) in try Endpoint(parsing: "db") })
    let error = try #require(thrown)
    #expect("\(error)".contains("port is missing"))
  }

  @Test(
    "numeric addresses are read and written back",
    arguments: [
      ("127.0.0.1", "127.0.0.1:7", true), ("8.8.8.8", "8.8.8.8:7", false), ("::1", "[::1]:7", true),
      ("2001:db8::5", "[2001:db8::5]:7", false), ("::ffff:127.0.0.9", "[::ffff:127.0.0.9]:7", true),
      ("::ffff:10.0.0.1", "[::ffff:10.0.0.1]:7", false), ("127.255.3.2", "127.255.3.2:7", true),
      ("::", "[::]:7", false),
    ])
  func numeric(_ text: String, _ description: String, _ isLoopback: Bool) throws {
    let address = try #require(SocketAddress(numeric: text, port: 7))
    #expect(address.description == description)
    #expect(address.isLoopback == isLoopback)
    #expect(Endpoint(host: text, port: 7).isLoopback == isLoopback)
  }

  @Test(
    "a name or a short form is no numeric address",
    arguments: ["localhost", "127.1", "", "1.2.3.4.5", "[::1]", "::1%9x"])
  func notNumeric(_ text: String) { #expect(SocketAddress(numeric: text, port: 1) == nil) }

  @Test("numeric hosts are resolved without asking anybody", arguments: ["127.0.0.1", "::1", "203.0.113.9"])
  func resolveNumeric(_ host: String) throws {
    // A limit of nothing: an asynchronous look-up could not answer.
    let found = try Resolver.resolve(Endpoint(host: host, port: 5), limitMillis: 0)
    #expect(found == [SocketAddress(numeric: host, port: 5)!])
  }

  @Test("localhost resolves to loopback addresses, each once")
  func resolveLocalhost() throws {
    let found = try Resolver.resolve(Endpoint(host: "localhost", port: 8080), limitMillis: patienceMillis)
    #expect(!found.isEmpty && Set(found).count == found.count)
    for address in found { #expect(address.isLoopback && address.port == 8080) }
  }

  @Test("a look-up ends at once on request")
  func resolveStopped() throws {
    let stop = try Wakeup()
    stop.signal()
    let error = failure(of: { () throws(IOError) in
      try Resolver.resolve(Endpoint(host: "localhost", port: 1), limitMillis: patienceMillis, stop: stop)
    })
    #expect(error == .stopped(phase: "looking up", subject: "localhost"))
  }

  @Test("a name that cannot exist gives a sentence about the host")
  func resolveUnknown() throws {
    // RFC 6761: names under .invalid never exist. Without a network the answer is a temporary failure: also good.
    let thrown = failure(of: { () throws(IOError) in
      try Resolver.resolve(Endpoint(host: "quotewire.invalid", port: 1), limitMillis: patienceMillis)
    })
    let error = try #require(thrown)
    #expect("\(error)".contains("quotewire.invalid"))
  }
}
