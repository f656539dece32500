package import Bytes
import IO

/// Tokens that a server takes, read anew for each one that a client sends, so that a login server can go on writing.
///
/// A line each: `TOKEN [UNTIL]`, with the seconds since 1970 UTC from which the token is no longer taken.
package struct TokenFile: Sendable {
  package let path: String

  /// Longest file, in bytes.
  private static let maximumBytes = 1 << 20

  package init(_ path: String) { self.path = path }

  /// For how long the token is taken, in nanoseconds; nil for one that is not.
  package func lifeNanos(of token: String, now: WallNanos) -> Int64? {
    guard let bytes = try? File.contents(of: path, limitBytes: Self.maximumBytes) else { return nil }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let first = words.first, first == token else { continue }
      guard words.count > 1 else { return .max }
      guard let until = Double(words[1]), until.isFinite else { return nil }
      let left = until - Double(now.rawValue) / 1e9
      return left > 0 ? Int64(min(left, 1e9) * 1e9) : nil
    }
    return nil
  }
}
