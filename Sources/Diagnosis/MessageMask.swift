/// Takes secrets out of messages: the values of keys such as `token`, wherever they stand, user information and secret
/// queries of addresses, and tokens that are known.
///
/// Works on bytes that may be anything: what is no JSON is masked as far as it looks like it.
package struct MessageMask: Sendable {
  package static let mask = "***"
  private static let words = [
    "token", "secret", "password", "passwd", "credential", "apikey", "api_key", "authorization",
  ]
  private let known: [[UInt8]]

  /// - Parameter known: texts that are secret whatever stands around them; empty ones are ignored.
  package init(known: [String] = []) {
    self.known = known.filter { !$0.isEmpty }.map { Array($0.utf8) }
  }

  /// Whether a key or a query's name says that its value is secret.
  static func isSecret(_ name: some StringProtocol) -> Bool {
    let lower = name.lowercased()
    return words.contains { lower.contains($0) }
  }

  /// The message without secrets.
  package func masked(_ message: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(message.count)
    var i = 0
    while i < message.count {
      guard message[i] == UInt8(ascii: "\"") else {
        let next = message[i...].firstIndex(of: UInt8(ascii: "\"")) ?? message.endIndex
        out += Self.maskedAddresses(message[i..<next])
        i = next
        continue
      }
      let end = Self.stringEnd(message, i)
      let text = message[i..<end]
      out += Self.maskedAddresses(text)
      i = end
      let value = Self.value(message, behind: end)
      guard let value, Self.isSecret(Self.plain(text)) else { continue }
      out += message[end..<value.lowerBound] + Array("\"\(Self.mask)\"".utf8)
      i = value.upperBound
    }
    for secret in known { out = Self.replacing(secret, in: out) }
    return out
  }

  /// Behind the string that begins here; the end of all where it is cut off.
  static func stringEnd(_ bytes: [UInt8], _ start: Int) -> Int {
    var i = start + 1
    while i < bytes.count {
      if bytes[i] == UInt8(ascii: "\"") { return i + 1 }
      i += bytes[i] == UInt8(ascii: "\\") ? 2 : 1
    }
    return bytes.count
  }

  /// The value behind a key that ends here; nil where no colon follows.
  private static func value(_ bytes: [UInt8], behind end: Int) -> Range<Int>? {
    var i = skipSpace(bytes, end)
    guard i < bytes.count, bytes[i] == UInt8(ascii: ":") else { return nil }
    i = skipSpace(bytes, i + 1)
    let start = i
    var depth = 0
    while i < bytes.count {
      switch bytes[i] {
      case UInt8(ascii: "\""):
        i = stringEnd(bytes, i)
        if depth == 0 { return start..<i }
        continue
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        if depth == 0 { return start..<i }
        depth -= 1
        if depth == 0 { return start..<i + 1 }
      case UInt8(ascii: ",") where depth == 0: return start..<i
      default: break
      }
      i += 1
    }
    return start..<bytes.count
  }

  private static func skipSpace(_ bytes: [UInt8], _ from: Int) -> Int {
    var i = from
    while i < bytes.count, bytes[i] == 0x20 || bytes[i] == 0x09 || bytes[i] == 0x0A || bytes[i] == 0x0D { i += 1 }
    return i
  }

  /// A key without its escapes: `"tok\u0065n"` is `token`.
  private static func plain(_ text: ArraySlice<UInt8>) -> String {
    let written = String(decoding: text, as: UTF8.self)
    guard written.contains("\\u") else { return written }
    var out = ""
    var rest = written[...]
    while let found = rest.firstRange(of: "\\u") {
      out += rest[..<found.lowerBound]
      let digits = rest[found.upperBound...].prefix(4)
      if let code = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(code) { out.unicodeScalars.append(scalar) }
      rest = rest[digits.endIndex...]
    }
    return out + rest
  }

  /// Text in which addresses, `scheme://user:password@host/?token=…`, are without what is secret in them. The slashes
  /// may be escaped, as JSON allows.
  static func maskedAddresses(_ text: some Sequence<UInt8>) -> [UInt8] {
    var rest = Array(text)[...]
    var out: [UInt8] = []
    while let scheme = schemeEnd(rest) {
      let host = rest[scheme...].firstIndex { hostEnds.contains($0) } ?? rest.endIndex
      let end = rest[host...].firstIndex { addressEnds.contains($0) } ?? rest.endIndex
      out += rest[..<scheme]
      if let at = rest[scheme..<host].lastIndex(of: UInt8(ascii: "@")) {
        out += Array(mask.utf8) + rest[at..<host]
      } else {
        out += rest[scheme..<host]
      }
      out += maskedQuery(rest[host..<end])
      rest = rest[end...]
    }
    return out + rest
  }

  private static let hostEnds = Array("/?#\\\" ,".utf8)
  private static let addressEnds = Array("\" <>".utf8)
  private static let schemeMarks = ["://", ":\\/\\/"].map { Array($0.utf8) }

  private static func schemeEnd(_ text: ArraySlice<UInt8>) -> Int? {
    schemeMarks.compactMap { text.firstRange(of: $0)?.upperBound }.min()
  }

  private static func maskedQuery(_ text: ArraySlice<UInt8>) -> [UInt8] {
    guard let mark = text.firstIndex(of: UInt8(ascii: "?")) else { return Array(text) }
    var out = Array(text[...mark])
    let pairs = text[(mark + 1)...].split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
    for (i, pair) in pairs.enumerated() {
      if i > 0 { out.append(UInt8(ascii: "&")) }
      if let equals = pair.firstIndex(of: UInt8(ascii: "=")), isSecret(String(decoding: pair[..<equals], as: UTF8.self))
      {
        out += pair[...equals] + Array(mask.utf8)
      } else {
        out += pair
      }
    }
    return out
  }

  private static func replacing(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    guard bytes.firstRange(of: secret) != nil else { return bytes }
    var out: [UInt8] = []
    var rest = bytes[...]
    while let found = rest.firstRange(of: secret) {
      out += rest[..<found.lowerBound] + Array(mask.utf8)
      rest = rest[found.upperBound...]
    }
    return out + rest
  }
}
