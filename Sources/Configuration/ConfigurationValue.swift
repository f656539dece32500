/// A value as it stands in the file.
package enum ConfigurationValue: Sendable, Equatable {
  /// With the names of the variables that were put into it.
  case string(String, variables: [String] = [])
  /// As written, without underscores: `-5`, `1.5`, `2e3`.
  case number(String, isWhole: Bool)
  case boolean(Bool)
  case array([ConfigurationValue])

  /// The names of the variables that were put into it.
  package var variables: [String] {
    switch self {
    case .string(_, let names): names
    case .array(let values): values.flatMap { if case .string(_, let names) = $0 { names } else { [] as [String] } }
    case .number, .boolean: []
    }
  }

  /// What it is, for sentences.
  package var kind: String {
    switch self {
    case .string: "a string"
    case .number(_, let isWhole): isWhole ? "a whole number" : "a decimal number"
    case .boolean: "true or false"
    case .array: "an array"
    }
  }
}

/// A key with its value and place.
package struct ConfigurationEntry: Sendable, Equatable {
  /// Nil before the first table.
  package let table: String?
  package let key: String
  package let value: ConfigurationValue
  package let place: ConfigurationPlace
  /// Where the value stands.
  package let valuePlace: ConfigurationPlace
}

/// All of a file, in its order.
package struct ConfigurationDocument: Sendable, Equatable {
  package internal(set) var entries: [ConfigurationEntry] = []
  /// Tables with the places of their headers.
  package internal(set) var tables: [(name: String, place: ConfigurationPlace)] = []

  package init() {}

  package static func == (a: Self, b: Self) -> Bool {
    a.entries == b.entries && a.tables.elementsEqual(b.tables) { $0.name == $1.name && $0.place == $1.place }
  }

  package func value(_ key: String, in table: String?) -> ConfigurationEntry? {
    entries.first { $0.key == key && $0.table == table }
  }
}

/// Writes settings as a configuration that reads as the same again.
package enum ConfigurationText {
  package static func line(_ key: String, _ value: ConfigurationValue) -> String { "\(key) = \(text(value))\n" }

  package static func text(_ value: ConfigurationValue) -> String {
    switch value {
    case .string(let text, _): quoted(text)
    case .number(let text, _): text
    case .boolean(let isTrue): isTrue ? "true" : "false"
    case .array(let values): "[" + values.map(scalar).joined(separator: ", ") + "]"
    }
  }

  /// An array's value; an array within an array is not taken.
  private static func scalar(_ value: ConfigurationValue) -> String {
    switch value {
    case .string(let text, _): quoted(text)
    case .number(let text, _): text
    case .boolean(let isTrue): isTrue ? "true" : "false"
    case .array: "[]"
    }
  }

  /// A basic string. A `$` before `{` is written as its number, so that it names no variable.
  private static func quoted(_ text: String) -> String {
    var out = "\""
    let scalars = Array(text.unicodeScalars)
    for (i, scalar) in scalars.enumerated() {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "$" where i + 1 < scalars.count && scalars[i + 1] == "{": out += "\\u0024"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let code = String(scalar.value, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - code.count) + code
        } else {
          out.unicodeScalars.append(scalar)
        }
      }
    }
    return out + "\""
  }
}
