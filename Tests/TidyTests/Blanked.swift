/// Source text in which comments and the contents of strings are spaces, so that rules look at code alone. Line breaks
/// stay; what stands in an interpolation is code.
struct Blanked {
  private enum Mode: Equatable {
    case code(parens: Int)
    case string(hashes: Int, isMultiline: Bool)
    case lineComment
    case blockComment(depth: Int)
    case character
  }

  private let text: [UInt8]
  private let isSwift: Bool
  private var out: [UInt8] = []
  private var modes: [Mode] = [.code(parens: 0)]
  private var i = 0

  static func lines(_ text: String, isSwift: Bool) -> [String] {
    var blanked = Blanked(text: Array(text.utf8), isSwift: isSwift)
    while blanked.i < blanked.text.count { blanked.step() }
    return blanked.out.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private init(text: [UInt8], isSwift: Bool) {
    self.text = text
    self.isSwift = isSwift
  }

  private func at(_ offset: Int) -> UInt8 { i + offset < text.count ? text[i + offset] : 0 }
  private func starts(_ wanted: StaticString) -> Bool {
    (0..<wanted.utf8CodeUnitCount).allSatisfy { unsafe at($0) == wanted.utf8Start[$0] }
  }

  private mutating func keep(_ count: Int = 1) {
    for _ in 0..<count where i < text.count {
      out.append(text[i])
      i += 1
    }
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where i < text.count {
      out.append(text[i] == 0x0A ? 0x0A : 0x20)
      i += 1
    }
  }

  private mutating func step() {
    switch modes[modes.count - 1] {
    case .code(let parens): stepCode(parens)
    case .string(let hashes, let isMultiline): stepString(hashes, isMultiline)
    case .lineComment:
      if at(0) == 0x0A { modes.removeLast() }
      blank()
    case .blockComment(let depth): stepBlockComment(depth)
    case .character:
      if starts("\\") {
        blank(2)
      } else {
        if starts("'") || at(0) == 0x0A { modes.removeLast() }
        blank()
      }
    }
  }

  private mutating func stepCode(_ parens: Int) {
    if starts("//") {
      modes.append(.lineComment)
    } else if starts("/*") {
      modes.append(.blockComment(depth: 0))
    } else if starts("'"), !isSwift {
      modes.append(.character)
      keep()
    } else if let opening = stringOpening() {
      modes.append(.string(hashes: opening.hashes, isMultiline: opening.quotes == 3))
      keep(opening.hashes + opening.quotes)
    } else if starts("("), modes.count > 1 {
      modes[modes.count - 1] = .code(parens: parens + 1)
      keep()
    } else if starts(")"), modes.count > 1 {
      if parens == 0 { modes.removeLast() } else { modes[modes.count - 1] = .code(parens: parens - 1) }
      keep()
    } else {
      keep()
    }
  }

  /// A quotation mark here, with the `#` before it.
  private func stringOpening() -> (hashes: Int, quotes: Int)? {
    var hashes = 0
    while isSwift && at(hashes) == 0x23 { hashes += 1 }
    guard at(hashes) == 0x22 else { return nil }
    let isMultiline = isSwift && at(hashes + 1) == 0x22 && at(hashes + 2) == 0x22
    return (hashes, isMultiline ? 3 : 1)
  }

  private mutating func stepString(_ hashes: Int, _ isMultiline: Bool) {
    let quotes = isMultiline ? 3 : 1
    let isEnd =
      (0..<quotes).allSatisfy { at($0) == 0x22 } && (0..<hashes).allSatisfy { at(quotes + $0) == 0x23 }
    if isEnd {
      modes.removeLast()
      keep(quotes + hashes)
    } else if at(0) == 0x5C, (0..<hashes).allSatisfy({ at(1 + $0) == 0x23 }) {
      if isSwift, at(1 + hashes) == 0x28 {
        modes.append(.code(parens: 0))
        blank(1 + hashes)
        keep()
      } else {
        blank(2 + hashes)
      }
    } else {
      // A string on one line that does not end was no string.
      if at(0) == 0x0A, !isMultiline { modes.removeLast() }
      blank()
    }
  }

  private mutating func stepBlockComment(_ depth: Int) {
    if starts("*/") {
      if depth <= 1 { modes.removeLast() } else { modes[modes.count - 1] = .blockComment(depth: depth - 1) }
      blank(2)
    } else if starts("/*"), isSwift || depth == 0 {
      modes[modes.count - 1] = .blockComment(depth: depth + 1)
      blank(2)
    } else {
      blank()
    }
  }
}
