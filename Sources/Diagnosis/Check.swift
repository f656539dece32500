import Bytes
import DXLink

/// One thing that was looked at, and what was found.
package struct Check: Equatable, Sendable {
  package enum Status: String, Sendable {
    case ok
    /// It works, but is not as it should be.
    case warn
    case fail = "FAIL"
    /// An earlier check failed.
    case notReached = "not reached"
  }

  package let name: String
  package var status: Status
  /// What was found, as a sentence without secrets.
  package var found: String
  /// How long it took, in milliseconds; nil where there was nothing to wait for.
  package var millis: Double?
  /// Whether a failure is the feed's refusal: trying again gives the same answer.
  package var isRefusal = false

  package init(_ name: String, _ status: Status, _ found: String, millis: Double? = nil, isRefusal: Bool = false) {
    self.name = name
    self.status = status
    self.found = found
    self.millis = millis
    self.isRefusal = isRefusal
  }
}

/// Every check in its order, each once.
package struct CheckReport: Sendable {
  /// The checks that are made, in the order in which they are shown.
  package static let names = [
    "limits", "memory", "disk", "token", "dns", "tcp", "tls", "websocket", "clock", "setup", "login", "channel",
    "quote",
  ]
  /// Those that need one another: where one fails, the later ones are not reached.
  private static let chain = ["dns", "tcp", "tls", "websocket", "setup", "login", "channel", "quote"]

  package private(set) var checks: [Check] = []
  private var mask: MessageMask

  package init(mask: MessageMask = MessageMask()) { self.mask = mask }

  /// Hides a token that was got meanwhile.
  mutating func hide(_ token: String) { mask = MessageMask(known: [token]) }

  /// Adds what was found, without secrets, and gives it as it is shown.
  @discardableResult
  package mutating func add(_ check: Check) -> Check {
    var shown = check
    shown.found = MessageText.safe(mask.masked(Array(check.found.utf8)))
    checks.append(shown)
    return shown
  }

  /// Fills in what a failure kept from being reached, gives that, and puts all in order.
  package mutating func close() -> [Check] {
    let reached = Set(checks.map(\.name))
    var missing = Self.chain.filter { !reached.contains($0) }.map { Check($0, .notReached, "an earlier check failed") }
    if !reached.contains("clock") { missing.append(Check("clock", .notReached, "no time of the server's was seen")) }
    checks += missing
    func place(_ check: Check) -> Int { Self.names.firstIndex(of: check.name) ?? Self.names.count }
    checks.sort { place($0) < place($1) }
    return missing
  }

  package var hasFailed: Bool { checks.contains { $0.status == .fail } }
  package var isRefused: Bool { checks.contains { $0.status == .fail && $0.isRefusal } }

  /// A line for a check: status, name, time, what was found.
  package static func line(_ check: Check) -> String {
    func pad(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    let time = check.millis.map { "\(rounded($0)) ms" } ?? ""
    return "\(pad(check.status.rawValue, 11))  \(pad(check.name, 9))  \(pad(time, 10))  \(check.found)\n"
  }

  /// What all checks come to, in a line.
  package var summary: String {
    let counts = [(Check.Status.fail, "failed"), (.warn, "to look at"), (.notReached, "not reached")]
    let bad = counts.compactMap { status, word in
      let count = checks.count { $0.status == status }
      return count == 0 ? nil : "\(count) \(word)"
    }
    let end = bad.isEmpty ? "all is well" : bad.joined(separator: ", ")
    return "\(checks.count { $0.status == .ok }) ok, \(end)\n"
  }

  /// One object with a newline: `{"ok":…,"url":…,"checks":[{"name":…,"status":…,"found":…,"millis":…}]}`.
  package func json(url: String) -> String {
    var out = ByteWriter(capacity: 4096)
    out.append("{\"ok\":\(!hasFailed),\"refused\":\(isRefused),\"url\":" as String)
    JSONText.append(String(decoding: mask.masked(Array(url.utf8)), as: UTF8.self), to: &out)
    out.append(",\"checks\":[")
    for (i, check) in checks.enumerated() {
      out.append((i == 0 ? "" : ",") + "{\"name\":\"\(check.name)\",\"status\":\"\(check.status.rawValue)\",\"found\":")
      JSONText.append(check.found, to: &out)
      out.append(",\"millis\":\(check.millis.map { "\(Self.rounded($0))" } ?? "null")}" as String)
    }
    out.append("]}\n")
    return unsafe out.withBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  private static func rounded(_ millis: Double) -> Double { (millis * 10).rounded() / 10 }
}
