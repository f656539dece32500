import Bytes
import IO
import Ingest
import Synchronization

/// Gets a token for a lane's thread, which waits for it.
final class TokenRequest: Sendable {
  private let token: Client.Token
  private let limitSeconds: Double
  private let failed = Atomic<Bool>(false)

  /// Longest sleep between two looks at the time, in nanoseconds.
  private static let turnNanos: Int64 = 50_000_000

  init(_ token: Client.Token, limitSeconds: Double) {
    self.token = token
    self.limitSeconds = limitSeconds
  }

  var hasFailed: Bool { failed.load(ordering: .acquiring) }

  /// What the lane asks.
  var source: TokenSource {
    switch token {
    case .none, .account: .none
    case .value(let text): .value(text)
    case .file, .provider: .ask { () throws(IOError) in try self.read() }
    }
  }

  private func read() throws(IOError) -> String? {
    do throws(IOError) {
      switch token {
      case .none, .account: return nil
      case .value(let text): return text
      case .file(let path): return try TokenSource.file(path).read()
      case .provider(let provide): return try ask(provide)
      }
    } catch {
      failed.store(true, ordering: .releasing)
      throw error
    }
  }

  /// The answer on its way from the task.
  private final class Answer: Sendable {
    let result = Mutex<Result<String, any Error>?>(nil)
  }

  private func ask(_ provide: @escaping @Sendable () async throws -> String) throws(IOError) -> String {
    let (answer, done) = (Answer(), try Wakeup())
    let task = Task {
      let result: Result<String, any Error>
      do { result = .success(try await provide()) } catch { result = .failure(error) }
      answer.result.withLock { $0 = result }
      done.signal()
    }
    let deadline = MonotonicNanos.now().advanced(bySeconds: limitSeconds)
    while !done.pause(until: min(deadline, MonotonicNanos.now().advanced(byNanos: Self.turnNanos))) {
      guard MonotonicNanos.now() < deadline else {
        task.cancel()
        throw .timedOut(phase: "asking for a token", subject: "the provider", limitMillis: Int(limitSeconds * 1000))
      }
    }
    switch answer.result.withLock({ $0 }) {
    case .success(let token) where !token.isEmpty: return token
    case .success: throw .unusableFile(path: "the token provider", reason: "it gave an empty token")
    case .failure(let error): throw .unusableFile(path: "the token provider", reason: "\(error)")
    case nil: throw .unusableFile(path: "the token provider", reason: "it gave no answer")
    }
  }
}
