/// A host (name or numeric address, without brackets) and a port.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  package var host: String
  package var port: UInt16

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Parses `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`.
  package init(parsing text: String, defaultPort: UInt16? = nil) throws(IOError) {
    func refuse(_ reason: String) -> IOError { .invalidAddress(text: IOText.quoted(text), reason: reason) }
    let hostPart: Substring
    var rest: Substring
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]") else { throw refuse("the closing ] of the IPv6 address is missing") }
      hostPart = text[text.index(after: text.startIndex)..<close]
      rest = text[text.index(after: close)...]
      guard let address = SocketAddress(numeric: String(hostPart), port: 0), address.isIPv6 else {
        throw refuse("between [ and ] stands no IPv6 address")
      }
      guard rest.isEmpty || rest.first == ":" else { throw refuse("after ] only :PORT may follow") }
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      hostPart = text[..<colon]
      rest = text[colon...]
      guard !rest.dropFirst().contains(":") else { throw refuse("an IPv6 address has to stand in brackets: [::1]") }
      if let reason = Self.flaw(ofHostName: hostPart) { throw refuse(reason) }
    }
    host = String(hostPart)
    if rest.isEmpty {
      guard let defaultPort else { throw refuse("the port is missing, as in \(hostPart):4222") }
      port = defaultPort
    } else {
      rest = rest.dropFirst()
      guard !rest.isEmpty, rest.utf8.count <= 5, rest.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
        let number = UInt16(rest), number > 0
      else { throw refuse("the port has to be a number from 1 to 65535") }
      port = number
    }
  }

  private static func flaw(ofHostName name: Substring) -> String? {
    if name.isEmpty { return "the host is missing" }
    if name.utf8.count > 253 { return "the host is longer than 253 characters" }
    for c in name.utf8 {
      switch c {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        continue
      case UInt8(ascii: "@"):
        return "a user name or password in the address is not supported"
      default:
        return "the host may hold only ASCII letters, digits, \"-\", \".\" and \"_\" (write other names in punycode)"
      }
    }
    return nil
  }

  /// Whether the host names this machine: `localhost` or a loopback address.
  package var isLoopback: Bool {
    host.lowercased() == "localhost" || SocketAddress(numeric: host, port: 0)?.isLoopback ?? false
  }

  /// The host as a URL and the HTTP Host header write it: IPv6 in brackets.
  package var bracketedHost: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }

  package var description: String { "\(bracketedHost):\(port)" }
}

/// Text for error messages.
enum IOText {
  /// User text cut to a readable length, without control characters.
  static func quoted(_ text: String) -> String {
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(120) {
      clean.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar)
    }
    return clean.count < text.unicodeScalars.count ? String(clean) + "…" : String(clean)
  }
}
