/// Reads what the Swift demangler prints and keeps what a person looks for: module, type, function, labels.
///
///     generic specialization <Swift.UInt8> of DXLink.FrameReader.(readRows in _0E83)(DXLink.ColumnPlan, inout …)
///     → module DXLink, name FrameReader.readRows(_:_:)
struct SwiftName {
  private(set) var module: String?
  private(set) var name: String

  /// Modules of the toolchain.
  private static let library: Set = [
    "Swift", "Synchronization", "Glibc", "Foundation", "FoundationEssentials", "_Concurrency",
  ]

  /// What stands before the thing itself and does not matter to the reader.
  private static let prefixes = [
    "merged ", "static ", "dispatch thunk of ", "partial apply forwarder for ", "implicit ", "specialized ",
    "protocol witness for ", "default associated type ", "async ", "distributed thunk ",
  ]
  /// Pieces of code that the compiler makes for a type: they keep their words.
  private static let kinds = [
    "type metadata accessor for ", "type metadata completion function for ", "type metadata for ",
    "outlined init with copy of ", "outlined init with take of ", "outlined assign with copy of ",
    "outlined assign with take of ", "outlined copy of ", "outlined consume of ", "outlined destroy of ",
    "outlined release of ", "outlined retain of ", "destroy value witness for ",
    "one-time initialization function for ",
    "initializeWithCopy value witness for ", "initializeWithTake value witness for ",
    "assignWithCopy value witness for ", "variable initialization expression of ",
    "lazy protocol witness table accessor for type ", "reabstraction thunk helper ", "default argument ",
    "property wrapper backing initializer of ", "key path getter for ", "key path setter for ",
  ]

  init(_ demangled: String) {
    var text = demangled[...]
    if let mark = text.firstRange(of: " with unmangled suffix ") { text = text[..<mark.lowerBound] }
    Self.dropPrefixes(&text)
    // Closures and local functions: what they are, then `in`, then where.
    var inner: [String] = []
    while let place = Self.enclosing(text) {
      inner.insert(place.what, at: 0)
      text = place.rest
      Self.dropPrefixes(&text)
    }
    let kind = Self.kinds.first { text.hasPrefix($0) } ?? ""
    text = text.dropFirst(kind.count)
    Self.dropPrefixes(&text)
    let extended = Self.extended(&text)
    let path = Self.path(text)
    let parts = extended + path.parts.dropFirst(extended.count)
    module = parts.count > 1 ? parts[0] : nil
    name = kind + parts.dropFirst(module == nil ? 0 : 1).joined(separator: ".") + path.labels
    for what in inner { name += " " + what }
    if let own = module, Self.library.contains(own) { module = "Swift" }
    if name.isEmpty { name = demangled }
  }

  /// Whether a name has been through the Swift demangler already.
  static func looksSwift(_ text: String) -> Bool {
    (text.hasPrefix("generic specialization <") || text.hasPrefix("function signature specialization <")
      || text.hasPrefix("closure #") || (prefixes + kinds).contains { text.hasPrefix($0) }
      || text.contains(" -> ") || text.contains(".getter : ") || text.contains(".init("))
      && !text.contains("::")
  }

  private static func dropPrefixes(_ text: inout Substring) {
    while true {
      if let prefix = prefixes.first(where: { text.hasPrefix($0) }) {
        text = text.dropFirst(prefix.count)
        continue
      }
      // `generic specialization <…> of `, in all its variants.
      guard let words = text.firstRange(of: "specialization <"), !text[..<words.lowerBound].contains("."),
        !text[..<words.lowerBound].contains("("),
        let close = close(text, from: text.index(before: words.upperBound)),
        text[text.index(after: close)...].hasPrefix(" of ")
      else { return }
      text = text[text.index(close, offsetBy: 5)...]
    }
  }

  /// The bracket that closes the one at `from`; `->` closes nothing.
  private static func close(_ text: Substring, from: Substring.Index) -> Substring.Index? {
    var depth = 0
    var previous: Character = " "
    for i in text[from...].indices {
      let c = text[i]
      if "<([{".contains(c) { depth += 1 }
      if ")]}".contains(c) || (c == ">" && previous != "-") { depth -= 1 }
      if depth == 0 { return i }
      previous = c
    }
    return nil
  }

  /// `closure #1 (…) -> () in REST`, `walk #1 (…) in REST`.
  private static func enclosing(_ text: Substring) -> (what: String, rest: Substring)? {
    guard let mark = text.firstRange(of: " #") else { return nil }
    let word = text[..<mark.lowerBound]
    guard !word.contains("."), !word.contains("("), !word.contains(" ") else { return nil }
    let number = text[mark.upperBound...].prefix { $0.isNumber }
    var i = number.endIndex
    while i < text.endIndex {
      if "<([{".contains(text[i]) {
        guard let end = close(text, from: i) else { return nil }
        i = text.index(after: end)
      } else if text[i...].hasPrefix(" in ") {
        let rest = text[text.index(i, offsetBy: 4)...]
        return (word == "closure" ? "closure \(number)" : String(word), rest)
      } else {
        i = text.index(after: i)
      }
    }
    return nil
  }

  /// `(extension in DXLink):JSON.Cursor.read…`: the module that wrote it, then the path without its own.
  private static func extended(_ text: inout Substring) -> [String] {
    let start = "(extension in "
    guard text.hasPrefix(start), let end = text.firstRange(of: "):") else { return [] }
    let module = text[text.index(text.startIndex, offsetBy: start.count)..<end.lowerBound]
    text = text[end.upperBound...]
    return [String(module)]
  }

  /// `DXLink.FrameReader.(readRows in _0E83)<A>(x: Int, Int) throws -> ()`: the names, and the labels of parameters.
  private static func path(_ text: Substring) -> (parts: [String], labels: String) {
    var parts: [String] = []
    var part = ""
    var i = text.startIndex
    while i < text.endIndex {
      let c = text[i]
      if c == "." {
        // Operators may consist of dots: `...`.
        if part.isEmpty || part.allSatisfy({ ".<".contains($0) }) { part.append(c) } else {
          parts.append(part)
          part = ""
        }
      } else if c == "(" {
        guard let end = close(text, from: i) else { break }
        let inside = text[text.index(after: i)..<end]
        if part.isEmpty, let mark = inside.firstRange(of: " in _") {
          part = String(inside[..<mark.lowerBound])
        } else {
          if !part.isEmpty { parts.append(part) }
          return (parts, "(" + labels(inside) + ")")
        }
        i = end
      } else if c == "<", !part.isEmpty {
        guard let end = close(text, from: i) else { break }
        i = end
      } else if c == "@", !part.isEmpty, let blank = text[i...].firstIndex(of: " ") {
        // `run@Sendable (…)`
        i = blank
      } else if c == " " {
        break
      } else {
        part.append(c)
      }
      i = text.index(after: i)
    }
    if !part.isEmpty { parts.append(part) }
    return (parts, "")
  }

  private static func labels(_ parameters: Substring) -> String {
    var labels = ""
    var i = parameters.startIndex
    var start = i
    func label(_ parameter: Substring) -> String {
      let word = parameter.drop { $0 == " " }.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      return parameter[word.endIndex...].hasPrefix(": ") ? word + ":" : "_:"
    }
    while i < parameters.endIndex {
      if "<([{".contains(parameters[i]), let end = close(parameters, from: i) {
        i = end
      } else if parameters[i] == "," {
        labels += label(parameters[start..<i])
        start = parameters.index(after: i)
      }
      i = parameters.index(after: i)
    }
    let last = parameters[start...]
    return last.allSatisfy { $0 == " " } ? labels : labels + label(last)
  }
}
