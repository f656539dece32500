/// Finds functions by counting braces; good enough for code that compiles.
struct FunctionScanner {
  struct Function: Equatable {
    let name: String
    let line: Int
    /// Lines from the first to the closing brace, without those that a table in square brackets takes.
    var lineCount: Int
  }

  /// A character of code with its line, and the square brackets that are open where the line begins.
  private struct Place {
    let character: Character
    let line: Int
  }

  private let places: [Place]
  private let isTableLine: [Bool]

  init(_ file: TextFile) {
    var places: [Place] = []
    var isTableLine: [Bool] = []
    var squares = 0
    for (i, line) in file.code.enumerated() {
      isTableLine.append(squares > 0)
      for c in line {
        if c == "[" { squares += 1 }
        if c == "]" { squares = max(0, squares - 1) }
        places.append(Place(character: c, line: i))
      }
      places.append(Place(character: "\n", line: i))
    }
    self.places = places
    self.isTableLine = isTableLine
  }

  static func tooLong(_ file: TextFile) -> [Finding] {
    let scanner = FunctionScanner(file)
    let functions = file.isSwift ? scanner.swiftFunctions() : scanner.cFunctions()
    return functions.filter { $0.lineCount > Rules.maximumFunctionLines }.map {
      file.finding($0.line, "\($0.name) has \($0.lineCount) lines, at most \(Rules.maximumFunctionLines)")
    }
  }

  private static func isWord(_ c: Character) -> Bool { c.isLetter || c.isNumber || c == "_" }

  func swiftFunctions() -> [Function] {
    let starts: Set<String> = ["func", "init", "deinit", "subscript"]
    var functions: [Function] = []
    var i = 0
    while i < places.count {
      guard Self.isWord(places[i].character) else {
        i += 1
        continue
      }
      let from = i
      let word = word(at: &i)
      let isMember = from > 0 && (places[from - 1].character == "." || places[from - 1].character == "@")
      guard starts.contains(word), !isMember, let brace = body(after: i) else { continue }
      var next = i
      while next < brace, places[next].character == " " { next += 1 }
      let name = word == "func" ? self.word(at: &next) : word
      functions.append(function(name, places[from].line, brace))
    }
    return functions
  }

  /// A brace at the top level behind a parenthesis opens a function.
  func cFunctions() -> [Function] {
    var functions: [Function] = []
    var depth = 0
    var last: Character = " "
    for (i, place) in places.enumerated() {
      if place.character == "{" {
        if depth == 0, last == ")" { functions.append(function("function", place.line, i)) }
        depth += 1
      }
      if place.character == "}" { depth -= 1 }
      if !place.character.isWhitespace { last = place.character }
    }
    return functions
  }

  private func word(at i: inout Int) -> String {
    var word = ""
    while i < places.count, Self.isWord(places[i].character) {
      word.append(places[i].character)
      i += 1
    }
    return word
  }

  /// The brace that opens the body of a declaration; nil when there is none (a requirement of a protocol).
  private func body(after start: Int) -> Int? {
    let others: Set<String> = ["func", "var", "let", "case", "init", "struct", "enum", "class", "static", "subscript"]
    var depth = 0
    var i = start
    while i < places.count {
      let c = places[i].character
      if Self.isWord(c) {
        let from = i
        let isOther = others.contains(word(at: &i))
        if isOther, depth == 0, from > 0, places[from - 1].character != "." { return nil }
        continue
      }
      if c == "(" || c == "[" { depth += 1 }
      if c == ")" || c == "]" { depth -= 1 }
      if depth < 0 || (c == "}" && depth == 0) { return nil }
      if c == "{", depth == 0 { return i }
      i += 1
    }
    return nil
  }

  private func function(_ name: String, _ line: Int, _ brace: Int) -> Function {
    var depth = 0
    var end = places.last?.line ?? line
    for place in places[brace...] {
      if place.character == "{" { depth += 1 }
      if place.character == "}" { depth -= 1 }
      if depth == 0 {
        end = place.line
        break
      }
    }
    return Function(name: name, line: line + 1, lineCount: (line...end).count { !isTableLine[$0] })
  }
}
