import Bytes
import HTTP
import IO

/// Sends one request on a connection of its own, over TLS, and waits for the answer, within one limit for everything.
struct RESTClient: Sendable {
  let url: AccountURL
  let tls: TLSContext
  let connector: ClientConnector
  let limits: AccountLimits

  /// Bytes of one read.
  private static let readBytes = 16 << 10

  /// - Parameters:
  ///   - question: the request, for sentences.
  ///   - stop: ends it with `AccountError.stopped`.
  func send(_ request: HTTPRequest, _ question: String, stop: Wakeup?) throws(AccountError) -> HTTPResponse {
    let deadline = MonotonicNanos.now().advanced(byNanos: Int64(limits.requestMillis) * 1_000_000)
    var stream: ByteStream
    do throws(IOError) {
      stream = try connector.connect(to: url.endpoint, tls: tls, deadline: deadline, stop: stop)
    } catch { throw failure(error) }
    var text = ByteWriter(capacity: 1024)
    do throws(HTTPError) { try request.write(into: &text) } catch {
      throw .credentials(place: "this login", reason: "\(error)")
    }
    do throws(IOError) {
      try unsafe text.withBytes { bytes throws(IOError) in
        try unsafe stream.writeAll(bytes, limitMillis: limits.requestMillis, wakeup: stop)
      }
    } catch { throw failure(error) }
    return try receive(&stream, question, deadline, stop)
  }

  private func receive(
    _ stream: inout ByteStream, _ question: String, _ deadline: MonotonicNanos, _ stop: Wakeup?
  ) throws(AccountError) -> HTTPResponse {
    var reader = ResponseReader(limits: limits.http)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.readBytes, alignment: 64)
    defer { unsafe block.deallocate() }
    var isOver = false
    while !isOver {
      var came: [UInt8] = []
      do throws(IOError) {
        switch try unsafe stream.read(into: block) {
        case .bytes(let count): came = unsafe [UInt8](block[..<count])
        case .endOfStream: isOver = true
        case .wouldBlock(let readiness):
          switch try stream.wait(for: readiness, until: deadline, wakeup: stop) {
          case .ready: break
          case .woken: throw .stopped(phase: "waiting for", subject: "\(url.endpoint)")
          case .timedOut:
            throw .timedOut(phase: "the answer of", subject: "\(url.endpoint)", limitMillis: limits.requestMillis)
          }
        }
      } catch { throw failure(error) }
      // A server that sends a byte now and then never lets a wait run out.
      if MonotonicNanos.now() >= deadline {
        throw failure(.timedOut(phase: "the answer of", subject: "\(url.endpoint)", limitMillis: limits.requestMillis))
      }
      do throws(HTTPError) { try reader.take(came) } catch {
        throw .badAnswer(question: question, reason: "\(error)")
      }
      if reader.isDone { isOver = true }
    }
    do throws(HTTPError) { return try reader.end() } catch {
      throw .badAnswer(question: question, reason: "\(error)")
    }
  }

  private func failure(_ error: IOError) -> AccountError {
    if case .stopped = error { return .stopped }
    return .unreachable(host: "\(url.endpoint)", reason: "\(error)", isPassing: error.helpsToReconnect)
  }
}
