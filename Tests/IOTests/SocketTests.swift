import Bytes
import Glibc
import IO
import TestSupport
import Testing

@Suite("Sockets") struct SocketTests {
  @Test("bytes come back through loopback", arguments: ["127.0.0.1", "::1"])
  func echo(_ host: String) throws {
    if host == "::1" {
      let refused = failure { () throws(IOError) in _ = try Listener(on: SocketAddress(numeric: host, port: 0)!) }
      if refused?.errno == EADDRNOTAVAIL || refused?.errno == EAFNOSUPPORT {
        print("skipped: this machine has no IPv6 loopback")
        return
      }
    }
    let server = try LoopbackServer(host: host) { stream throws(IOError) in try stream.echo() }
    var random = SeededRandom(seed: 1)
    let sent = random.bytes(300_000)
    var stream = try patientConnector().connect(to: Endpoint(host: host, port: server.port), tls: nil)
    let (isSecure, peer) = (stream.isSecure, stream.peer)
    #expect(!isSecure && peer.isLoopback)
    try stream.writeAll(sent)
    try stream.finish()
    #expect(try stream.readAll() == sent)
    #expect(server.finish() == [])
  }

  @Test("the second address serves where the first refuses")
  func secondAddress() throws {
    let server = try LoopbackServer { stream throws(IOError) in try stream.echo() }
    let dead = try unusedPort()
    let connection = try TCPConnection.connect(
      to: [SocketAddress(numeric: "127.0.0.1", port: dead)!, server.address], subject: "two")
    let peer = connection.peer
    #expect(peer == server.address)
    var stream = ByteStream(plain: connection)
    try stream.finish()
    #expect(try stream.readAll() == [])
    #expect(server.finish() == [])
  }

  @Test("a port on which nobody listens is named with the reason")
  func nobodyListens() throws {
    let dead = try unusedPort()
    let thrown = failure(of: { () throws(IOError) in
      try patientConnector().connect(to: Endpoint(host: "127.0.0.1", port: dead), tls: nil)
    })
    let error = try #require(thrown)
    #expect("\(error)".contains("127.0.0.1:\(dead)") && "\(error)".contains("nobody listens"), "\(error)")
    #expect(error.helpsToReconnect)
  }

  @Test("every failed address has its sentence")
  func allFail() throws {
    let address = SocketAddress(numeric: "127.0.0.1", port: 9)!
    let error = SyscallFaults.with([
      .fail(.connect, on: 1, errno: ENETUNREACH), .fail(.connect, on: 2, errno: ETIMEDOUT),
    ]) {
      failure(of: { () throws(IOError) in try TCPConnection.connect(to: [address, address], subject: "feed:9") })
    }
    #expect(
      error
        == .notConnected(
          subject: "feed:9",
          attempts: ["127.0.0.1:9: the network is unreachable", "127.0.0.1:9: the peer stopped answering"]))
  }

  @Test("a connection that is never answered ends with the limit of its address")
  func connectTimeout() throws {
    // A listener that never accepts: once its queue is full, the kernel leaves further connections unanswered.
    let listener = try Listener(on: SocketAddress(numeric: "127.0.0.1", port: 0)!, backlog: 0)
    let address = listener.address
    let holder = try fill(address)
    var limits = TCPConnection.Limits()
    limits.perAddressMillis = 50
    let error = failure(of: { () throws(IOError) in
      try TCPConnection.connect(to: [address, address], subject: "full", limits: limits)
    })
    guard case .notConnected("full", let attempts) = error else {
      Issue.record("expected no connection: \(String(describing: error))")
      return
    }
    #expect(attempts.count == 2 && attempts.allSatisfy { $0.contains("no answer within") })
    _ = holder
  }

  private final class Held {
    var connection: TCPConnection
    init(_ connection: consuming TCPConnection) { self.connection = connection }
  }

  /// Connects until the queue of a listener that does not accept is full.
  private func fill(_ address: SocketAddress) throws -> [Held] {
    var limits = TCPConnection.Limits()
    limits.perAddressMillis = 200
    var held: [Held] = []
    while held.count < 64 {
      do {
        held.append(Held(try TCPConnection.connect(to: [address], subject: "fill", limits: limits)))
      } catch {
        return held
      }
    }
    Issue.record("the queue never filled")
    return held
  }

  @Test("a stop ends connecting at once")
  func connectStopped() throws {
    let listener = try Listener(on: SocketAddress(numeric: "127.0.0.1", port: 0)!, backlog: 0)
    let held = try fill(listener.address)
    let stop = try Wakeup()
    stop.signal()
    let error = failure(of: { () throws(IOError) in
      try TCPConnection.connect(to: [listener.address], subject: "x", stop: stop)
    })
    #expect(error == .stopped(phase: "connecting to", subject: "x"))
    _ = held
  }

  @Test("a port that is taken is said to be taken")
  func portTaken() throws {
    let first = try Listener(on: SocketAddress(numeric: "127.0.0.1", port: 0)!)
    let error = failure(of: { () throws(IOError) in try Listener(on: first.address) })
    let taken = first.address
    #expect(error == .portTaken(address: "\(taken)"))
    #expect("\(error!)".contains("choose another port"))
  }

  @Test("a port is free again right after its listener and connections are gone")
  func portReused() throws {
    let server = try LoopbackServer { stream throws(IOError) in try stream.finish() }
    var stream = try patientConnector().connect(to: Endpoint(host: "127.0.0.1", port: server.port), tls: nil)
    #expect(try stream.readAll() == [])
    let address = server.address
    #expect(server.finish() == [])
    // The server closed first, so its port rests in TIME_WAIT; the listener goes with the server's thread.
    let again = try Listener(on: address)
    let bound = again.address
    #expect(bound == address)
  }

  @Test("accept gives nil where nobody waits, and passes over connections that broke")
  func acceptNothing() throws {
    var listener = try Listener(on: SocketAddress(numeric: "127.0.0.1", port: 0)!)
    #expect(try acceptedPeer(&listener) == nil)
    let client = try TCPConnection.connect(to: [listener.address], subject: "x")
    #expect(try listener.wait(until: patience()) == .ready)
    let faults: [SyscallFaults.Fault] = [
      .fail(.accept, times: 3, errno: ECONNABORTED), .fail(.accept, on: 4, errno: EINTR),
    ]
    let peer = try SyscallFaults.with(faults) { () throws(IOError) in try acceptedPeer(&listener) }
    let local = client.localAddress
    #expect(peer == local)
    let error = SyscallFaults.with([.fail(.accept, errno: EMFILE)]) {
      failure { () throws(IOError) in _ = try listener.accept() }
    }
    #expect(error?.errno == EMFILE && "\(error!)".contains("ulimit"))
  }

  private func acceptedPeer(_ listener: inout Listener) throws(IOError) -> SocketAddress? {
    guard let accepted = try listener.accept() else { return nil }
    return accepted.peer
  }

  /// Two ends in one thread.
  private func pair() throws(IOError) -> (client: End, server: End) {
    var listener = try Listener(on: SocketAddress(numeric: "127.0.0.1", port: 0)!)
    let client = try TCPConnection.connect(to: [listener.address], subject: "pair")
    _ = try listener.wait(until: patience())
    let server = try listener.accept()!
    return (End(ByteStream(plain: client)), End(ByteStream(plain: server)))
  }

  final class End {
    var stream: ByteStream
    init(_ stream: consuming ByteStream) { self.stream = stream }
  }

  @Test("reads and writes survive signals and go on after short transfers")
  func shortTransfers() throws {
    let (client, server) = try pair()
    var random = SeededRandom(seed: 3)
    let sent = random.bytes(1000)
    try SyscallFaults.with([
      .shorten(.send, toBytes: 7), .shorten(.receive, toBytes: 3), .fail(.send, on: 2, times: 5, errno: EINTR),
      .fail(.receive, on: 4, times: 2, errno: EINTR), .fail(.poll, times: 2, errno: EINTR),
      .fail(.send, on: 20, errno: EAGAIN),
    ]) { () throws(IOError) in
      try client.stream.writeAll(sent)
      try client.stream.finish()
      #expect(try server.stream.readAll() == sent)
    }
  }

  @Test("a reset is an error that helps to reconnect", arguments: [ECONNRESET, ETIMEDOUT, EHOSTUNREACH])
  func resets(_ code: Int32) throws {
    let (client, _) = try pair()
    let reading = SyscallFaults.with([.fail(.receive, errno: code)]) {
      failure { () throws(IOError) in _ = try client.stream.readAll() }
    }
    #expect(reading?.errno == code && reading!.helpsToReconnect)
    let writing = SyscallFaults.with([.fail(.send, errno: code)]) {
      failure { () throws(IOError) in try client.stream.writeAll([1]) }
    }
    #expect(writing?.errno == code && writing!.helpsToReconnect)
  }

  @Test("a write to a peer that is gone is EPIPE or a reset, not a signal")
  func brokenPipe() throws {
    var listener = try Listener(on: SocketAddress(numeric: "127.0.0.1", port: 0)!)
    var client = ByteStream(plain: try TCPConnection.connect(to: [listener.address], subject: "broken"))
    #expect(try listener.wait(until: patience()) == .ready)
    do { _ = try listener.accept() }
    var error: IOError?
    while error == nil {
      error = failure { () throws(IOError) in try client.writeAll([UInt8](repeating: 0, count: 1000)) }
    }
    #expect(error?.errno == EPIPE || error?.errno == ECONNRESET)
  }

  @Test("waiting ends by readiness, by the wakeup or by the deadline, the wakeup first")
  func waiting() throws {
    let (client, server) = try pair()
    let wakeup = try Wakeup()
    #expect(try client.stream.waitReadable(until: .now(), wakeup: wakeup) == .timedOut)
    #expect(try client.stream.waitWritable(until: patience(), wakeup: wakeup) == .ready)
    try server.stream.writeAll([1])
    #expect(try client.stream.waitReadable(until: .distantFuture, wakeup: wakeup) == .ready)
    wakeup.signal()
    wakeup.signal()
    #expect(try client.stream.waitReadable(until: .distantFuture, wakeup: wakeup) == .woken)
    #expect(wakeup.clear() && !wakeup.clear())
    #expect(try client.stream.waitReadable(until: .distantFuture, wakeup: wakeup) == .ready)
  }

  @Test("a read that may wait does so without a poll, as long as it was allowed, and then says that nothing came")
  func waitingReads() throws {
    let server = try LoopbackServer { stream throws(IOError) in try stream.echoAtOnce() }
    var stream = try patientConnector().connect(to: Endpoint(host: "127.0.0.1", port: server.port), tls: nil)
    stream.allowWaiting(limitMillis: 5)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 16)
    defer { unsafe memory.deallocate() }
    // Nothing is polled on the way.
    let got = try SyscallFaults.with([.fail(.poll, times: 1_000_000, errno: EIO)]) { () throws(IOError) -> Int in
      let waited = try unsafe stream.read(into: memory, waits: true)
      let asked = try unsafe stream.read(into: memory)
      #expect(waited == .wouldBlock(.readable))
      #expect(asked == .wouldBlock(.readable), "others still do not wait")
      let sent: [UInt8] = [7, 8, 9]
      try stream.writeAll(sent)
      let end = patience()
      while MonotonicNanos.now() < end {
        if case .bytes(let count) = try unsafe stream.read(into: memory, waits: true) { return count }
      }
      return 0
    }
    #expect(got == 3)
    #expect(unsafe memory[2] == 9)
    try stream.finish()
    #expect(try stream.readAll() == [])
    #expect(server.finish() == [])
  }

  @Test("a poller tells who is ready and who hung up, by token")
  func poller() throws {
    var poller = try Poller()
    let (client, server) = try pair()
    let wakeup = try Wakeup()
    try poller.add(server.stream, token: 7, for: .readable)
    try poller.add(wakeup, token: 8)
    #expect(try poller.wait(until: .now()) == 0)
    try client.stream.writeAll([5])
    #expect(try poller.wait(until: patience()) == 1)
    #expect(poller.events == [Poller.Event(token: 7, readiness: .readable, hungUp: false)])
    try poller.update(server.stream, token: 70, for: [.readable, .writable])
    wakeup.signal()
    #expect(try poller.wait(until: patience()) == 2)
    #expect(Set(poller.events.map(\.token)) == [70, 8])
    wakeup.clear()
    #expect(try server.stream.readAll(atMost: 1) == [5])
    try poller.update(server.stream, token: 71, for: .readable)
    #expect(try poller.wait(until: .now()) == 0)
    try client.stream.finish()
    #expect(try poller.wait(until: patience()) == 1)
    #expect(poller.events == [Poller.Event(token: 71, readiness: .readable, hungUp: true)])
  }

  @Test("a poller notices a new connection on a listener")
  func pollListener() throws {
    var poller = try Poller()
    var listener = try Listener(on: SocketAddress(numeric: "127.0.0.1", port: 0)!)
    try poller.add(listener, token: 1)
    let client = try TCPConnection.connect(to: [listener.address], subject: "x")
    #expect(try poller.wait(until: patience()) == 1)
    #expect(poller.events[0].token == 1)
    let local = client.localAddress
    #expect(try acceptedPeer(&listener) == local)
  }
}
