/// Finds the end of a CSV record across blocks, and then its fields.
///
///     AAPL,"a ""b"" c",,""⏎      four fields: `AAPL`, `a "b" c` (quoted), empty, empty (quoted)
struct CSVSplitter {
  /// Where a field's content lies in its record.
  struct Field {
    var start: Int
    var count: Int
    /// An empty field that is quoted is an empty text, else it is null.
    var isQuoted: Bool
  }

  private enum State {
    case fieldStart
    case bare
    case quoted
    /// Behind a quote that either closes the field or is the first of two.
    case quoteSeen
    /// Behind a closing quote and CR: only LF may follow.
    case returnSeen
  }

  private var state = State.fieldStart
  /// Line breaks within the record so far.
  private(set) var innerLines = 0
  /// A quote stands where none may. The record then ends at the next line break.
  private(set) var isFaulty = false

  var isInQuotes: Bool { state == .quoted }

  /// Looks through the bytes from `start` on; gives the offset of the line break that ends the record, nil where it
  /// has not
  /// come yet. The next call goes on at the end of these bytes.
  mutating func findEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var i = start
    while i < bytes.count {
      let byte = unsafe bytes[i]
      switch state {
      case .bare:
        if byte == 0x0A { return i }
        if byte == 0x2C, !isFaulty { state = .fieldStart }
        if byte == 0x22 { isFaulty = true }
      case .fieldStart:
        if byte == 0x0A { return i }
        if byte != 0x2C { state = byte == 0x22 ? .quoted : .bare }
      case .quoted:
        if byte == 0x22 { state = .quoteSeen }
        if byte == 0x0A { innerLines &+= 1 }
      case .quoteSeen:
        if byte == 0x0A { return i }
        switch byte {
        case 0x2C: state = .fieldStart
        case 0x22: state = .quoted
        case 0x0D: state = .returnSeen
        default: fail()
        }
      case .returnSeen:
        if byte == 0x0A { return i }
        fail()
      }
      i &+= 1
    }
    return nil
  }

  private mutating func fail() {
    isFaulty = true
    state = .bare
  }

  /// The fields of a record that `findEnd` found no fault with, without its line break; doubled quotes are made single
  /// in
  /// place. Gives the number of fields, of which at most `limit` are kept.
  static func split(_ record: UnsafeMutableRawBufferPointer, _ fields: inout [Field], limit: Int) -> Int {
    fields.removeAll(keepingCapacity: true)
    var found = 0
    var i = 0
    while true {
      let field: Field
      if unsafe i < record.count && record[i] == 0x22 {
        (field, i) = unsafe quotedField(record, i &+ 1)
      } else {
        let start = i
        while unsafe i < record.count && record[i] != 0x2C { i &+= 1 }
        field = Field(start: start, count: i &- start, isQuoted: false)
      }
      found &+= 1
      if found <= limit { fields.append(field) }
      // At a comma or the end.
      if i >= record.count { return found }
      i &+= 1
    }
  }

  /// The field that begins at `start`, behind its quote, and the offset behind its closing quote.
  private static func quotedField(_ record: UnsafeMutableRawBufferPointer, _ start: Int) -> (Field, Int) {
    var from = start
    var to = start
    while from < record.count {
      let byte = unsafe record[from]
      if byte == 0x22 {
        from &+= 1
        guard unsafe from < record.count && record[from] == 0x22 else { break }
      }
      unsafe record[to] = byte
      to &+= 1
      from &+= 1
    }
    return (Field(start: start, count: to &- start, isQuoted: true), from)
  }
}
