import Bytes
import Glibc
import IO
import TestSupport
import Testing

@Suite("TLS", .enabled(if: TestAuthority.shared != nil, "needs the openssl command"))
struct TLSTests {
  let authority = TestAuthority.shared!

  private func client(_ trust: TLSContext.Trust? = nil) throws(IOError) -> TLSContext {
    try .client(trust: trust ?? .file(authority.rootFile))
  }

  private func serverContext(_ leaf: TestAuthority.Leaf = .good) throws(IOError) -> TLSContext {
    try .server(certificateFile: authority.certificateFile(leaf), keyFile: authority.keyFile(leaf))
  }

  /// Connects over TLS to a server on 127.0.0.1, asking for the certificate of `host`.
  private func connect(_ server: LoopbackServer, host: String, _ tls: TLSContext) throws(IOError) -> ByteStream {
    let connection = try TCPConnection.connect(to: [server.address], subject: host)
    var stream = try ByteStream(connection, tls: tls, host: host)
    try stream.completeHandshake(limitMillis: patienceMillis)
    return stream
  }

  /// How errors name the other side.
  private func peer(_ host: String, _ server: LoopbackServer) -> String { "\(host) (\(server.address))" }

  @Test(
    "bytes come back through TLS, by name and by address",
    arguments: ["localhost", "localhost.", "127.0.0.1", "::1", "a.wild.example"], [false, true])
  func echo(_ host: String, _ oldVersion: Bool) throws {
    let context = try serverContext()
    context.limitVersion(toTLS12: oldVersion)
    let server = try LoopbackServer(tls: context) { stream throws(IOError) in try stream.echo() }
    var random = SeededRandom(seed: 2)
    let sent = random.bytes(400_000)
    var stream = try connect(server, host: host, client())
    let (version, isSecure) = (stream.tlsVersion, stream.isSecure)
    #expect(version == (oldVersion ? "TLSv1.2" : "TLSv1.3") && isSecure)
    try stream.writeAll(sent)
    try stream.finish()
    #expect(try stream.readAll(bufferBytes: 100_000) == sent)
    #expect(server.finish() == [])
  }

  @Test("the connector makes the whole way: look-up, TCP and TLS")
  func connector() throws {
    let server = try LoopbackServer(tls: try serverContext(.chained)) { stream throws(IOError) in try stream.echo() }
    let url = try FeedURL(parsing: "wss://localhost:\(server.port)/feed")
    var stream = try patientConnector().connect(to: url, tls: client())
    try stream.writeAll([1, 2, 3])
    try stream.finish()
    #expect(try stream.readAll() == [1, 2, 3])
    #expect(server.finish() == [])
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    var leaf: TestAuthority.Leaf
    var host = "localhost"
    var trustOther = false
    var expected: TLSFailure
    var words: String
    var testDescription: String { "\(leaf) for \(host)" }
  }

  @Test(
    "a certificate that proves nothing is refused in plain words",
    arguments: [
      Refusal(
        leaf: .expired, expected: .expired(host: "localhost", since: "2020-02-01"), words: "expired on 2020-02-01"),
      Refusal(
        leaf: .notYetValid, expected: .notYetValid(host: "localhost", from: "2098-07-04"),
        words: "not valid before 2098-07-04"),
      Refusal(leaf: .selfSigned, expected: .selfSigned(host: "localhost"), words: "self-signed"),
      Refusal(
        leaf: .good, host: "feed.example", expected: .hostMismatch(asked: "feed.example"), words: "not for feed.example"
      ),
      Refusal(leaf: .good, host: "127.0.0.2", expected: .hostMismatch(asked: "127.0.0.2"), words: "not for 127.0.0.2"),
      Refusal(
        leaf: .good, host: "a.b.wild.example", expected: .hostMismatch(asked: "a.b.wild.example"), words: "not for a"),
      Refusal(
        leaf: .good, host: "partially.odd.example", expected: .hostMismatch(asked: "partially.odd.example"),
        words: "not for"),
      Refusal(
        leaf: .good, trustOther: true,
        expected: .missingIntermediate(host: "localhost", issuer: "\"Quotewire Test Root\""), words: "--ca-file"),
      Refusal(
        leaf: .chained, trustOther: true,
        expected: .unknownAuthority(host: "localhost", issuer: "\"Quotewire Test Root\""), words: "--ca-file"),
      Refusal(
        leaf: .unchained, expected: .missingIntermediate(host: "localhost", issuer: "\"Quotewire Test Middle\""),
        words: "whole chain"),
    ])
  func refuses(_ c: Refusal) throws {
    let server = try LoopbackServer(tls: try serverContext(c.leaf)) { _ throws(IOError) in }
    let context = try client(c.trustOther ? .file(authority.folder.file("other.pem")) : nil)
    let thrown = failure { () throws(IOError) in _ = try connect(server, host: c.host, context) }
    let error = try #require(thrown)
    #expect(error == .tls(c.expected, peer: peer(c.host, server), established: false), "\(error)")
    #expect("\(error)".contains(c.words), "\(error)")
    #expect(!error.helpsToReconnect)
    // The other side learns it by an alert with a name, at once or with the first read.
    for failed in server.finish() {
      guard case .tls(.refused(_, let name), _, _) = failed else {
        Issue.record("expected an alert: \(failed)")
        continue
      }
      #expect(!name.isEmpty && name != "unknown")
    }
  }

  @Test("the system's authorities do not trust a private one")
  func systemTrust() throws {
    let server = try LoopbackServer(tls: try serverContext(.chained)) { _ throws(IOError) in }
    let thrown = failure { () throws(IOError) in _ = try connect(server, host: "localhost", client(.system)) }
    let error = try #require(thrown)
    #expect(
      error
        == .tls(
          .unknownAuthority(host: "localhost", issuer: "\"Quotewire Test Root\""),
          peer: peer("localhost", server), established: false))
    server.finish()
  }

  @Test("a peer without TLS is told from a bad certificate")
  func notTLS() throws {
    let server = try LoopbackServer { stream throws(IOError) in
      _ = try stream.readAll(atMost: 1)
      try stream.writeAll(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
      try stream.finish()
      _ = try? stream.readAll()
    }
    let thrown = failure { () throws(IOError) in _ = try connect(server, host: "localhost", client()) }
    #expect(
      thrown == .tls(.notTLS, peer: peer("localhost", server), established: false), "\(String(describing: thrown))")
    server.finish()
  }

  @Test("a server that closes during the handshake is worth another try")
  func closedInHandshake() throws {
    let server = try LoopbackServer { stream throws(IOError) in
      _ = try stream.readAll(atMost: 6)
      try stream.finish()
      _ = try? stream.readAll()
    }
    let thrown = failure { () throws(IOError) in _ = try connect(server, host: "localhost", client()) }
    let error = try #require(thrown)
    #expect(error == .tls(.closedDuringHandshake, peer: peer("localhost", server), established: false), "\(error)")
    #expect(error.helpsToReconnect)
    server.finish()
  }

  @Test("a server that never answers the handshake ends with the limit of TLS")
  func handshakeTimeout() throws {
    // Nobody accepts: the kernel takes the connection, and TLS gets no answer.
    let listener = try Listener(on: SocketAddress(numeric: "127.0.0.1", port: 0)!)
    let endpoint = Endpoint(host: "127.0.0.1", port: listener.address.port)
    var connector = patientConnector()
    connector.tlsTimeoutMillis = 30
    let thrown = failure { () throws(IOError) in _ = try connector.connect(to: endpoint, tls: client()) }
    #expect(
      thrown == .timedOut(phase: "the TLS handshake with", subject: "\(endpoint)", limitMillis: 30),
      "\(String(describing: thrown))")
    let stop = try Wakeup()
    stop.signal()
    connector.tlsTimeoutMillis = patienceMillis
    let connection = try TCPConnection.connect(to: [listener.address], subject: "x")
    var stream = try ByteStream(connection, tls: client(), host: "127.0.0.1")
    let stopped = failure { () throws(IOError) in
      try stream.completeHandshake(limitMillis: patienceMillis, wakeup: stop)
    }
    #expect(stopped == .stopped(phase: "the TLS handshake with", subject: "\(endpoint)"))
  }

  @Test("an old protocol version is refused by name")
  func oldVersion() throws {
    let server = try LoopbackServer { stream throws(IOError) in
      // A ServerHello that chooses TLS 1.1 (RFC 4346 section 7.4.1.3), with a cipher suite that was offered.
      _ = try stream.readAll(atMost: 6)
      var hello: [UInt8] = [0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2]
      hello += [UInt8](repeating: 7, count: 32) + [0, 0xC0, 0x13, 0]
      try stream.writeAll(hello)
      _ = try? stream.readAll()
    }
    let thrown = failure { () throws(IOError) in _ = try connect(server, host: "localhost", client()) }
    #expect(
      thrown == .tls(.versionTooOld, peer: peer("localhost", server), established: false),
      "\(String(describing: thrown))")
    server.finish()
  }

  @Test("an end without close_notify is truncated, one with it is clean", arguments: [true, false])
  func ends(_ clean: Bool) throws {
    let server = try LoopbackServer(tls: try serverContext()) { stream throws(IOError) in
      try stream.writeAll([UInt8](repeating: 9, count: 50_000))
      if clean { try stream.finish() }
    }
    var stream = try connect(server, host: "localhost", client())
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { unsafe buffer.deallocate() }
    var got = 0
    var thrown: IOError?
    do throws(IOError) {
      while true {
        let transfer = try unsafe stream.read(into: buffer)
        if case .bytes(let count) = transfer { got += count }
        if case .endOfStream = transfer { break }
        if case .wouldBlock(let readiness) = transfer { _ = try stream.wait(for: readiness, until: patience()) }
      }
    } catch {
      thrown = error
    }
    // What came before the end was handed out in both cases.
    #expect(got == 50_000)
    #expect(thrown == (clean ? nil : .truncated(peer: peer("localhost", server))))
    #expect(thrown?.helpsToReconnect ?? true)
    #expect(server.finish() == [])
  }

  @Test("one read takes all records that are there, and says when more may be held")
  func drains() throws {
    let server = try LoopbackServer(tls: try serverContext()) { stream throws(IOError) in
      for _ in 0..<100 { try stream.writeAll([UInt8](repeating: 1, count: 500)) }
      try stream.finish()
    }
    var stream = try connect(server, host: "localhost", client())
    #expect(server.finish() == [])
    let small = UnsafeMutableRawBufferPointer.allocate(byteCount: 700, alignment: 16)
    defer { unsafe small.deallocate() }
    var got = 0
    // All bytes are on this side: after one wait nothing but `mayHoldMore` may be needed to get them.
    var waits = 0
    loop: while true {
      switch try unsafe stream.read(into: small) {
      case .bytes(let count):
        got += count
        let more = stream.mayHoldMore
        #expect(count == 700 || got == 50_000 || !more)
      case .wouldBlock(let readiness):
        waits += 1
        #expect(try stream.wait(for: readiness, until: patience()) == .ready)
      case .endOfStream: break loop
      }
    }
    #expect(got == 50_000 && waits <= 2)
  }

  @Test(
    "a read with TLS asks the socket once where that gave all it had, and may wait for it", arguments: [false, true])
  func asksOnce(_ waits: Bool) throws {
    let server = try LoopbackServer(tls: try serverContext()) { stream throws(IOError) in try stream.echoAtOnce() }
    var stream = try connect(server, host: "localhost", client())
    stream.allowWaiting(limitMillis: 5)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 16)
    defer { unsafe memory.deallocate() }
    // Session tickets come before anything is echoed; they are no data.
    for value in UInt8(1)...3 {
      try stream.writeAll([value])
      var got = 0
      while got == 0 {
        if !waits { #expect(try stream.waitReadable(until: patience()) == .ready) }
        // A second recv in the same read would fail.
        let read = try SyscallFaults.with([.fail(.receive, on: 2, errno: EIO)]) { () throws(IOError) in
          try unsafe stream.read(into: memory, waits: waits)
        }
        if case .bytes(let count) = read { got = count }
      }
      #expect(got == 1)
      #expect(unsafe memory[0] == value)
    }
    try stream.finish()
    #expect(try stream.readAll() == [])
    #expect(server.finish() == [])
  }

  @Test("TLS survives short transfers, signals and full buffers")
  func shortTransfers() throws {
    let server = try LoopbackServer(tls: try serverContext()) { stream throws(IOError) in try stream.echo() }
    var random = SeededRandom(seed: 5)
    let sent = random.bytes(30_000)
    let context = try client()
    try SyscallFaults.with([
      .shorten(.send, toBytes: 11), .shorten(.receive, toBytes: 13), .fail(.send, on: 3, times: 4, errno: EINTR),
      .fail(.receive, on: 2, times: 3, errno: EAGAIN), .fail(.send, on: 50, times: 2, errno: EAGAIN),
    ]) { () throws(IOError) in
      var stream = try connect(server, host: "localhost", context)
      try stream.writeAll(sent)
      try stream.finish()
      #expect(try stream.readAll() == sent)
    }
    #expect(server.finish() == [])
  }

  @Test("an errno from below TLS is not lost", arguments: [SyscallFaults.Call.receive, .send])
  func errnoKept(_ call: SyscallFaults.Call) throws {
    let server = try LoopbackServer(tls: try serverContext()) { stream throws(IOError) in
      _ = try? stream.readAll()
    }
    var stream = try connect(server, host: "localhost", client())
    let thrown = SyscallFaults.with([.fail(call, errno: ECONNRESET)]) {
      failure { () throws(IOError) in
        try stream.writeAll([1])
        _ = try stream.readAll()
      }
    }
    #expect(thrown?.errno == ECONNRESET && thrown!.helpsToReconnect, "\(String(describing: thrown))")
    try? stream.finish()
    _ = consume stream
    server.finish()
  }

  @Test("each unusable file of a context is named with its flaw")
  func files() throws {
    let good = (authority.certificateFile(.good), authority.keyFile(.good))
    let rubbish = authority.folder.file("rubbish.pem")
    func server(_ certificate: String, _ key: String) -> IOError? {
      failure { () throws(IOError) in _ = try TLSContext.server(certificateFile: certificate, keyFile: key) }
    }
    #expect(server("/nowhere.pem", good.1) == .system(action: "open", subject: "/nowhere.pem", errno: ENOENT))
    #expect(server(good.0, "/nowhere.key") == .system(action: "open", subject: "/nowhere.key", errno: ENOENT))
    #expect("\(server(rubbish, good.1)!)".contains("\(rubbish): it holds no PEM certificate"))
    #expect("\(server(good.0, rubbish)!)".contains("\(rubbish): it holds no PEM private key"))
    #expect("\(server(good.0, authority.folder.file("locked.key"))!)".contains("without passphrase"))
    let other = authority.keyFile(.expired)
    #expect(
      server(good.0, other)
        == .unusableFile(path: other, reason: "the key does not belong to the certificate in \(good.0)"))
    let trusted = failure { () throws(IOError) in _ = try TLSContext.client(trust: .file(rubbish)) }
    #expect("\(trusted!)".contains("\(rubbish): it holds no PEM certificate"))
    let absent = failure { () throws(IOError) in _ = try TLSContext.client(trust: .file("/nowhere.pem")) }
    #expect(absent?.errno == ENOENT)
  }
}
