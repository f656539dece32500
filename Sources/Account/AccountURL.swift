package import IO

/// The base address of the interface: `https://HOST[:PORT][/PREFIX]`.
package struct AccountURL: Hashable, Sendable, CustomStringConvertible {
  package let endpoint: Endpoint
  /// What stands before each path: empty, or a path without a slash at its end.
  package let prefix: String

  package static let standard = "https://api.tastyworks.com"
  package static let sandbox = "https://api.cert.tastyworks.com"
  package static let maximumLength = 2048

  package init(parsing text: String) throws(AccountError) {
    func refuse(_ reason: String) -> AccountError { .badURL(reason: reason) }
    guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw refuse("it is too long, or holds a space or a character outside ASCII")
    }
    guard text.lowercased().hasPrefix("https://") else {
      throw refuse("it has to begin with https://, because secrets are sent there")
    }
    let rest = text.dropFirst("https://".count)
    guard !rest.contains(where: { "@?#".contains($0) }) else {
      throw refuse("it may hold a host, a port and a path, but no user, query or fragment")
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    do throws(IOError) { endpoint = try Endpoint(parsing: String(rest[..<slash]), defaultPort: 443) } catch {
      guard case .invalidAddress(_, let reason) = error else { throw refuse("\(error)") }
      throw refuse(reason)
    }
    var path = rest[slash...]
    while path.hasSuffix("/") { path.removeLast() }
    prefix = String(path)
  }

  /// The value of the Host header.
  var hostHeader: String { endpoint.port == 443 ? endpoint.bracketedHost : endpoint.description }

  package var description: String { "https://\(hostHeader)\(prefix)" }
}
