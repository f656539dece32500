import Bytes
import IO

/// One client of a server: its lines and the answers that it has not taken.
final class ControlConnection {
  enum Step { case wants(Readiness), closed }

  private var socket: UnixConnection
  private var lines: ControlLines
  private let limits: ControlLimits
  private var out: [UInt8] = []
  private var sent = 0
  /// No more lines are read; the connection ends when its answers are taken.
  private var isEnding = false
  private var hasReadAll = false
  private(set) var lastMove = MonotonicNanos.now()

  private static let readBytes = 64 << 10

  init(_ socket: consuming UnixConnection, _ limits: ControlLimits) {
    self.socket = socket
    self.limits = limits
    lines = ControlLines(limitBytes: limits.lineBytes)
  }

  func register(in poller: borrowing Poller, token: UInt64) throws(IOError) {
    try poller.add(socket, token: token, for: .readable)
  }

  func wait(for readiness: Readiness, in poller: borrowing Poller, token: UInt64) throws(IOError) {
    try poller.update(socket, token: token, for: readiness)
  }

  /// Says why there will be no conversation.
  func refuse(_ answer: String) {
    out = Array(answer.utf8) + [0x0A]
    isEnding = true
  }

  /// Reads once, where bytes are told to wait.
  func read() throws(IOError) {
    var buffer = [UInt8](repeating: 0, count: Self.readBytes)
    var room = buffer.mutableSpan
    let got = try unsafe room.withUnsafeMutableBytes { bytes throws(IOError) in
      try unsafe socket.read(into: bytes)
    }
    switch got {
    case .bytes(let count):
      lines.append(buffer[..<count])
      lastMove = .now()
    case .endOfStream: hasReadAll = true
    case .wouldBlock: break
    }
  }

  /// Sends what waits and answers line after line, until something has to be waited for.
  func advance(_ answer: (ControlLines.Line) -> String) throws(IOError) -> Step {
    while true {
      let waiting = out
      while sent < waiting.count {
        let rest = unsafe waiting.span.bytes.extracting(sent..<waiting.count)
        let moved = try unsafe rest.withUnsafeBytes { bytes throws(IOError) in
          try unsafe socket.write(bytes)
        }
        guard case .bytes(let count) = moved else { return .wants(.writable) }
        sent += count
        lastMove = .now()
      }
      out.removeAll()
      sent = 0
      if isEnding { return .closed }
      guard let line = lines.next(isLast: hasReadAll) else { return hasReadAll ? .closed : .wants(.readable) }
      out = Array(answer(line).utf8) + [0x0A]
      // The answer counts as a move, however long it took to find.
      lastMove = .now()
      if line == .tooLong { isEnding = true }
    }
  }
}
