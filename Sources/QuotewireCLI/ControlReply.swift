import Bytes
import DXLink

/// One JSON object on one line, written key by key.
package struct ControlReply {
  private var out = "{"
  private var isFirst = true

  /// An object.
  package init() {}

  /// The answer to a command: `{"ok":true,"command":"…"`.
  package init(isDone: Bool, to command: String) {
    self.init()
    add("ok", isDone)
    add("command", command)
  }

  /// `{"ok":false,"error":"…"}`.
  package static func refusal(_ sentence: String) -> String {
    var reply = ControlReply()
    reply.add("ok", false)
    reply.add("error", Console.oneLine(sentence))
    return reply.line
  }

  private mutating func key(_ name: String) {
    if !isFirst { out.append(",") }
    isFirst = false
    out += Self.quoted(name)
    out += ":"
  }

  package mutating func add(_ name: String, _ value: String?) {
    key(name)
    if let value { out += Self.quoted(value) } else { out += "null" }
  }

  package mutating func add(_ name: String, _ value: Int) {
    key(name)
    out += "\(value)"
  }

  package mutating func add(_ name: String, _ value: Bool) {
    key(name)
    out += value ? "true" : "false"
  }

  /// At most three digits behind the point.
  package mutating func add(_ name: String, seconds value: Double) {
    key(name)
    out += "\((value * 1000).rounded() / 1000)"
  }

  package mutating func add(_ name: String, _ values: [String]) {
    key(name)
    out += "["
    for (i, value) in values.enumerated() {
      if i > 0 { out.append(",") }
      out += Self.quoted(value)
    }
    out += "]"
  }

  package mutating func add(_ name: String, _ objects: [ControlReply]) {
    key(name)
    out += "[" + objects.map(\.line).joined(separator: ",") + "]"
  }

  package mutating func add(_ name: String, _ object: ControlReply) {
    key(name)
    out += object.line
  }

  /// Without a line feed.
  package var line: String { out + "}" }

  private static func quoted(_ text: String) -> String {
    var bytes = ByteWriter(capacity: text.utf8.count + 16)
    JSONText.append(text, to: &bytes)
    return String(decoding: bytes.array, as: UTF8.self)
  }
}
