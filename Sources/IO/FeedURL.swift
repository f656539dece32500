/// A WebSocket URL (RFC 6455 section 3): `ws://HOST[:PORT][/PATH][?QUERY]`, or `wss:` for TLS.
package struct FeedURL: Hashable, Sendable, CustomStringConvertible {
  /// True for `wss`.
  package let isSecure: Bool
  package let endpoint: Endpoint
  /// What the request line asks for: path and query, at least "/".
  package let target: String

  package static let maximumLength = 4096

  package init(parsing text: String) throws(IOError) {
    func refuse(_ reason: String) -> IOError {
      .invalidAddress(text: IOText.quoted(Self.withoutSecrets(text)), reason: reason)
    }
    guard text.utf8.count <= Self.maximumLength else { throw refuse("it is longer than \(Self.maximumLength) bytes") }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw refuse("it holds a space or a character outside ASCII; write it percent-encoded")
    }
    guard let schemeEnd = text.utf8.firstIndex(of: UInt8(ascii: ":")), text[schemeEnd...].hasPrefix("://") else {
      throw refuse("it has to begin with wss:// or ws://")
    }
    switch text[..<schemeEnd].lowercased() {
    case "wss": isSecure = true
    case "ws": isSecure = false
    case let other: throw refuse("the scheme \"\(other)\" is not supported; use wss:// or ws://")
    }
    let rest = text[text.index(schemeEnd, offsetBy: 3)...]
    guard !rest.contains("#") else { throw refuse("a WebSocket URL has no fragment (#…)") }
    let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = rest[..<authorityEnd]
    guard !authority.contains("@") else { throw refuse("a user name or password in the URL is not supported") }
    guard !authority.isEmpty else { throw refuse("the host is missing") }
    do throws(IOError) {
      endpoint = try Endpoint(parsing: String(authority), defaultPort: isSecure ? 443 : 80)
    } catch {
      // The same reason, about the whole URL.
      guard case .invalidAddress(_, let reason) = error else { throw error }
      throw refuse(reason)
    }
    let target = rest[authorityEnd...]
    self.target = target.isEmpty ? "/" : target.first == "?" ? "/" + target : String(target)
  }

  private var hasDefaultPort: Bool { endpoint.port == (isSecure ? 443 : 80) }

  /// The value of the Host header: the port only where it is not the scheme's own.
  package var hostHeader: String { hasDefaultPort ? endpoint.bracketedHost : endpoint.description }

  /// What may stand before an @ or behind a ? can be a secret.
  private static func withoutSecrets(_ text: String) -> String {
    var text = text
    if let query = text.firstIndex(of: "?") { text = text[..<query] + "?…" }
    guard let start = text.firstRange(of: "://")?.upperBound else { return text }
    let end = text[start...].firstIndex(of: "/") ?? text.endIndex
    guard let at = text[start..<end].lastIndex(of: "@") else { return text }
    return text[..<start] + "…" + text[at...]
  }

  /// Without the query, which can be a secret.
  package var description: String { Self.withoutSecrets("\(isSecure ? "wss" : "ws")://\(hostHeader)\(target)") }
}
