package import Bytes

/// From a host to a connected stream: look-up, TCP, TLS, each with its own limit. Blocks the calling thread.
package struct ClientConnector: Sendable {
  package var resolveTimeoutMillis = 5_000
  /// For each address that is tried.
  package var addressTimeoutMillis = 4_000
  /// For all addresses together.
  package var connectTimeoutMillis = 10_000
  package var tlsTimeoutMillis = 10_000
  package var options = TCPConnection.Options()
  /// Where to connect instead of looking up the URL's host; the certificate still has to be for that host.
  package var address: SocketAddress?

  package init() {}

  /// Gives every phase this limit.
  package mutating func limitPhases(millis: Int) {
    resolveTimeoutMillis = millis
    addressTimeoutMillis = millis
    connectTimeoutMillis = millis
    tlsTimeoutMillis = millis
  }

  /// Connects to a feed. `tls` is needed for wss.
  /// - Parameters:
  ///   - deadline: no later than this, whatever the limits say.
  ///   - stop: ends any phase with `IOError.stopped`.
  package func connect(
    to url: FeedURL, tls: TLSContext?, deadline: MonotonicNanos = .distantFuture, stop: Wakeup? = nil
  ) throws(IOError) -> ByteStream {
    precondition(!url.isSecure || tls != nil, "wss needs a TLS context")
    return try connect(to: url.endpoint, tls: url.isSecure ? tls : nil, deadline: deadline, stop: stop)
  }

  /// Connects to an endpoint, with TLS where a context is given.
  package func connect(
    to endpoint: Endpoint, tls: TLSContext?, deadline: MonotonicNanos = .distantFuture, stop: Wakeup? = nil
  ) throws(IOError) -> ByteStream {
    var addresses = [SocketAddress]()
    if let address {
      addresses = [address]
    } else {
      addresses = try Resolver.resolve(endpoint, limitMillis: resolveTimeoutMillis, deadline: deadline, stop: stop)
    }
    var limits = TCPConnection.Limits()
    limits.perAddressMillis = addressTimeoutMillis
    limits.totalMillis = connectTimeoutMillis
    let connection = try TCPConnection.connect(
      to: addresses, subject: "\(endpoint)", limits: limits, options: options, deadline: deadline, stop: stop)
    guard let tls else { return ByteStream(plain: connection) }
    var stream = try ByteStream(connection, tls: tls, host: endpoint.host)
    try stream.completeHandshake(limitMillis: tlsTimeoutMillis, deadline: deadline, wakeup: stop)
    return stream
  }
}
