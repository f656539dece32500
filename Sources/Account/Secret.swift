/// A text that no sentence, error or dump shows.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The text itself, for the one who sends it.
  package let text: String

  /// Longest secret, in bytes.
  package static let maximumBytes = 16 << 10

  package init(_ text: String) { self.text = text }

  package var description: String { "…" }
  package var debugDescription: String { "…" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }

  /// Why it cannot be one of the interface's secrets; nil where it can. They are visible ASCII, sent inside JSON.
  package var flaw: String? {
    if text.isEmpty { return "is empty" }
    if text.utf8.count > Self.maximumBytes { return "is longer than \(Self.maximumBytes) bytes" }
    let isClean = text.utf8.allSatisfy {
      $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    return isClean ? nil : "holds a space, a quote or another character that no such secret has"
  }

  /// The sentence without any of the secrets.
  static func without(_ secrets: [Secret], _ sentence: String) -> String {
    var clean = sentence
    for secret in secrets where !secret.text.isEmpty {
      clean = clean.split(separator: secret.text, omittingEmptySubsequences: false).joined(separator: "…")
    }
    return clean
  }
}
