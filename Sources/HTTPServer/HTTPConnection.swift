import Bytes
import IO

/// One client: reads a head, sends an answer, and again.
final class HTTPConnection {
  var stream: ByteStream
  private let limits: HTTPLimits
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  private var sent = 0
  private var requests = 0
  private var endsAfterOutput = false
  private(set) var isGone = false
  /// When the client's patience of the moment ends.
  private(set) var deadline: MonotonicNanos
  var watched = Readiness.readable

  init(_ stream: consuming ByteStream, _ limits: HTTPLimits, now: MonotonicNanos) {
    self.stream = stream
    self.limits = limits
    deadline = Self.after(limits.headMillis, now)
  }

  private static func after(_ millis: Int, _ now: MonotonicNanos) -> MonotonicNanos {
    now.advanced(byNanos: Int64(millis) &* 1_000_000)
  }

  /// Backpressure: while an answer goes out nothing more is read.
  var wanted: Readiness { output.isEmpty ? .readable : .writable }

  /// Answers with a status and ends, whatever the client sends.
  func refuse(_ status: Int, _ why: String, now: MonotonicNanos) {
    answer(HTTPResponse(status: status, why + "\n"), isHead: false, closes: true, now)
    turn(now) { _ in nil }
  }

  /// Does what can be done now.
  func turn(_ now: MonotonicNanos, _ page: (RequestHead) -> HTTPResponse?) {
    if now >= deadline && !isGone {
      // A client that is in the middle of something is told; one that is idle or does not read is not.
      if output.isEmpty && !input.isEmpty && !endsAfterOutput {
        let late = HTTPResponse(status: 408, "the request did not come to its end in time\n")
        answer(late, isHead: false, closes: true, now)
      } else {
        isGone = true
      }
    }
    do throws(IOError) {
      while !isGone {
        if !output.isEmpty {
          guard try send(now) else { return }
          continue
        }
        if endsAfterOutput {
          _ = try stream.finishWriting()
          isGone = true
          return
        }
        if try takeRequest(now, page) { continue }
        guard try read(now) else { return }
      }
    } catch { isGone = true }
  }

  private func takeRequest(_ now: MonotonicNanos, _ page: (RequestHead) -> HTTPResponse?) throws(IOError) -> Bool {
    if input.isEmpty { return false }
    switch RequestHead.parse(input, limits: limits) {
    case .incomplete: return false
    case .refused(let status, let why):
      answer(HTTPResponse(status: status, why + "\n"), isHead: false, closes: true, now)
    case .request(let head):
      input.removeFirst(head.byteCount)
      requests += 1
      let response = page(head) ?? HTTPResponse(status: 404, "there is no page \(head.path.prefix(100))\n")
      answer(response, isHead: head.isHead, closes: head.closes || requests >= limits.maximumRequests, now)
    }
    return true
  }

  private func answer(_ response: HTTPResponse, isHead: Bool, closes: Bool, _ now: MonotonicNanos) {
    output = response.bytes(isHead: isHead, closes: closes)
    sent = 0
    endsAfterOutput = closes
    deadline = Self.after(limits.sendMillis, now)
  }

  /// False where the client has to read first.
  private func send(_ now: MonotonicNanos) throws(IOError) -> Bool {
    // Bytes have no padding.
    let rest = output[sent...]
    let transfer = try unsafe stream.write(rest.span.bytes)
    guard case .bytes(let count) = transfer else { return false }
    sent += count
    if sent == output.count {
      output = []
      deadline = Self.after(limits.idleMillis, now)
    }
    return true
  }

  /// False where nothing is there.
  private func read(_ now: MonotonicNanos) throws(IOError) -> Bool {
    // One byte more than a head may have, so that a longer one is seen.
    let room = limits.maximumHeadBytes + 1 - input.count
    var buffer = [UInt8](repeating: 0, count: max(1, room))
    var span = buffer.mutableSpan
    let transfer = try unsafe span.withUnsafeMutableBytes { b throws(IOError) in try unsafe stream.read(into: b) }
    switch transfer {
    case .bytes(let count):
      if input.isEmpty { deadline = Self.after(limits.headMillis, now) }
      input += buffer[..<count]
      return true
    case .endOfStream:
      isGone = true
      return false
    case .wouldBlock: return false
    }
  }
}
