import Bytes
import IO

/// Asks a server.
package enum ControlClient {
  /// Longest answer, in bytes.
  package static let maximumAnswerBytes = 256 << 20

  /// Sends one line, which may hold no line feed, and waits for the line that answers it.
  package static func ask(_ line: String, of path: String, limitSeconds: Double) throws(ControlError) -> String {
    precondition(!line.utf8.contains(0x0A))
    let answer: String?
    do throws(IOError) { answer = try converse(line, path, limitSeconds) } catch { throw .io(error) }
    guard let answer else { throw .noAnswer(path: path) }
    return answer
  }

  /// Nil where the other end closed before it had answered.
  private static func converse(_ line: String, _ path: String, _ limitSeconds: Double) throws(IOError) -> String? {
    var socket = try UnixConnection(to: path)
    var poller = try Poller()
    try poller.add(socket, token: 0, for: .writable)
    let deadline = MonotonicNanos.now().advanced(bySeconds: limitSeconds)
    func wait() throws(IOError) {
      guard try poller.wait(until: deadline) > 0 else {
        throw .timedOut(phase: "asking", subject: path, limitMillis: Int(limitSeconds * 1000))
      }
    }
    let question = Array(line.utf8) + [0x0A]
    var sent = 0
    while sent < question.count {
      try wait()
      let rest = unsafe question.span.bytes.extracting(sent..<question.count)
      let moved = try unsafe rest.withUnsafeBytes { bytes throws(IOError) in
        try unsafe socket.write(bytes)
      }
      if case .bytes(let count) = moved { sent += count }
    }
    try poller.update(socket, token: 0, for: .readable)
    var lines = ControlLines(limitBytes: maximumAnswerBytes)
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var isWhole = false
    while true {
      if case .text(let answer)? = lines.next() { return answer }
      if isWhole { return nil }
      try wait()
      var room = buffer.mutableSpan
      let got = try unsafe room.withUnsafeMutableBytes { bytes throws(IOError) in
        try unsafe socket.read(into: bytes)
      }
      switch got {
      case .bytes(let count): lines.append(buffer[..<count])
      case .endOfStream: isWhole = true
      case .wouldBlock: break
      }
    }
  }
}
