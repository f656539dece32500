import Bytes
import Glibc
import IO
import TestSupport
import Testing

@testable import Control

@Suite("A control server", .tags(.unit))
struct ControlServerTests {
  let folder = TemporaryFolder()

  private func server(_ path: String, _ limits: ControlLimits = ControlLimits()) throws -> ControlServer {
    try ControlServer(path, limits: limits, answer: { "<\($0)>" }, refusal: { "refused: \($0)" })
  }

  private func ask(_ line: String, _ path: String) throws -> String {
    try ControlClient.ask(line, of: path, limitSeconds: 30)
  }

  /// Everything that the other end says until it closes.
  private func rest(_ socket: consuming UnixConnection) throws -> String {
    var socket = socket
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1000)
    var isOpen = true
    try waitUntil("the other end closes") {
      let got = try unsafe buffer.withUnsafeMutableBytes { bytes in try unsafe socket.read(into: bytes) }
      switch got {
      case .bytes(let count): all += buffer[..<count]
      case .endOfStream: isOpen = false
      case .wouldBlock: break
      }
      return !isOpen
    }
    return String(decoding: all, as: UTF8.self)
  }

  @Test("answers each line, has mode 0600, and takes its socket away at the end")
  func answers() throws {
    let path = folder.file("q.sock")
    do {
      let server = try server(path)
      #expect(try ask("one", path) == #"<text("one")>"# && ask("", path) == #"<text("")>"#)
      var status = stat()
      #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600 && status.st_mode & S_IFMT == S_IFSOCK)
      withExtendedLifetime(server) {}
    }
    #expect(!File.exists(path))
    #expect(throws: ControlError.self) { try ask("one", path) }
  }

  @Test("refuses where another listens, where the name is a file's, and where the path is too long")
  func taken() throws {
    let path = folder.file("q.sock")
    let first = try server(path)
    let error = #expect(throws: ControlError.self) { try server(path) }
    #expect("\(String(describing: error))".contains("another process listens there"))
    #expect(try ask("still", path) == #"<text("still")>"#)
    withExtendedLifetime(first) {}
    let file = folder.file("plain")
    var plain = try File(file, .create())
    try unsafe plain.write("x".utf8Span.span.bytes)
    let plainError = #expect(throws: ControlError.self) { try server(file) }
    #expect("\(String(describing: plainError))".contains("no socket") && File.exists(file))
    let long = #expect(throws: ControlError.self) { try server(folder.file(String(repeating: "x", count: 110))) }
    #expect("\(String(describing: long))".contains("107 bytes"))
  }

  @Test("takes the place of a socket that its owner left behind")
  func stale() throws {
    let path = folder.file("q.sock")
    let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let bound = unsafe withUnsafePointer(to: address) { typed in
      unsafe typed.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    close(fd)
    try #require(bound == 0 && File.exists(path))
    let server = try server(path)
    #expect(try ask("new", path) == #"<text("new")>"#)
    withExtendedLifetime(server) {}
  }

  @Test("closes what says nothing for too long, tells who comes too many, and serves the others on")
  func bounds() throws {
    let path = folder.file("q.sock")
    var limits = ControlLimits()
    limits.connections = 2
    limits.idleSeconds = 1
    let server = try server(path, limits)
    let one = try UnixConnection(to: path)
    let two = try UnixConnection(to: path)
    let refused = try rest(UnixConnection(to: path))
    #expect(refused == "refused: there are 2 connections already; close one\n")
    let ends = [try rest(one), try rest(two)]
    #expect(ends == ["", ""])
    #expect(try ask("after", path) == #"<text("after")>"#)
    withExtendedLifetime(server) {}
  }

  @Test("a client that sends without end and takes nothing is held back and cut off; another one is served")
  func flood() throws {
    let path = folder.file("q.sock")
    var limits = ControlLimits()
    limits.idleSeconds = 1
    let answer = String(repeating: "a", count: 100_000)
    let server = try ControlServer(path, limits: limits, answer: { _ in answer }, refusal: { $0 })
    var flood = try UnixConnection(to: path)
    let lines = [UInt8](repeating: 0x0A, count: 4096)
    var isCut = false
    try waitUntil("the server cuts it off") {
      do {
        _ = try unsafe lines.withUnsafeBytes { bytes in try unsafe flood.write(bytes) }
      } catch { isCut = true }
      return isCut
    }
    #expect(try ask("x", path) == answer)
    withExtendedLifetime(server) {}
  }

  @Test("a line beyond the limit is told, and ends that connection alone")
  func tooLong() throws {
    let path = folder.file("q.sock")
    var limits = ControlLimits()
    limits.lineBytes = 10
    let server = try server(path, limits)
    #expect(try ask("0123456789", path) == #"<text("0123456789")>"#)
    #expect(try ask("0123456789a", path) == "<tooLong>")
    #expect(try ask("again", path) == #"<text("again")>"#)
    withExtendedLifetime(server) {}
  }
}

/// Looks again and again, a bounded number of times, whether something holds.
private func waitUntil(_ what: String, _ holds: () throws -> Bool) throws {
  for _ in 0..<15_000 * Sanitizer.patience {
    if try holds() { return }
    usleep(2_000)
  }
  Issue.record("waited in vain until \(what)")
}
