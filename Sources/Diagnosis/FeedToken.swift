import Bytes
package import IO
package import Ingest

/// The token that a feed is told, and where that feed is: read once, for one connection.
package struct FeedToken: Sendable {
  /// Nil where none is configured.
  package let token: String?
  /// Nil for the address that the settings name.
  package let url: FeedURL?

  /// How often an account that logs in is looked at.
  private static let lookNanos: Int64 = 20_000_000

  package enum Trouble: Error, CustomStringConvertible {
    case unreadable(IOError)
    /// The account's login refused us: trying again gives the same answer.
    case refused(String)
    case failed(String)

    package var description: String {
      switch self {
      case .unreadable(let error): "\(error); check --token-file"
      case .refused(let why), .failed(let why): why
      }
    }

    package var isRefusal: Bool { if case .refused = self { true } else { false } }
  }

  /// Reads a file or a variable, or waits for an account's login.
  /// - Parameter limitSeconds: how long that may take.
  package init(
    _ source: TokenSource, limitSeconds: Double, stop: Wakeup?, isStopping: () -> Bool
  ) throws(Trouble) {
    guard case .renewed(let renewal) = source else {
      do throws(IOError) { token = try source.read() } catch { throw .unreadable(error) }
      url = nil
      return
    }
    renewal.start { _ in }
    let deadline = MonotonicNanos.now().advanced(bySeconds: limitSeconds)
    while true {
      switch renewal.answer() {
      case .pass(let pass):
        (token, url) = (pass.token, pass.url)
        return
      case .refused(let why): throw .refused(why)
      case .failed(let why): throw .failed(why)
      case .waiting(let trouble, _):
        if MonotonicNanos.now() < deadline && !isStopping() { break }
        throw .failed("the account gave no token within \(limitSeconds) s" + (trouble.map { ": \($0)" } ?? ""))
      }
      Pause.sleep(nanos: Self.lookNanos)
    }
  }
}
