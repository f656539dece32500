package import JSON
package import Market

/// What is wrong with a text that was to be events. Lines count from 1; where a record spans lines, its first counts.
///
/// After a throw the decoder has passed the record: calling it again goes on behind it.
package enum FormatError: Error, Equatable, CustomStringConvertible {
  /// A record is longer than the decoder's limit.
  case recordTooLong(line: Int, limit: Int)
  /// The text ended within a quoted field.
  case unterminatedQuote(line: Int)
  /// A quote inside an unquoted field, or text behind a closing quote.
  case misplacedQuote(line: Int)
  /// The header lacks `eventSymbol`.
  case noSymbolColumn(line: Int)
  /// The header has a name twice.
  case duplicateColumn(line: Int, name: String)
  /// More columns than the decoder's limit.
  case tooManyColumns(line: Int, limit: Int)
  /// A row of another width than the header.
  case wrongFieldCount(line: Int, found: Int, expected: Int)
  /// A field that its kind does not allow; `text` is its beginning.
  case badValue(line: Int, field: String, text: String)
  /// The text table's limit is reached.
  case textTableFull(line: Int)
  /// A line is not one JSON object, or a value is of another kind than its field.
  case invalidLine(line: Int, error: JSONError)
  /// A line without an `eventType` that is known; `name` is the one it has.
  case unknownEventType(line: Int, name: String)

  package var description: String {
    switch self {
    case .recordTooLong(let line, let limit):
      "line \(line): longer than \(limit) bytes; is a line break or a closing quote missing?"
    case .unterminatedQuote(let line): "line \(line): the text ends within a quoted field"
    case .misplacedQuote(let line):
      "line \(line): a quote stands inside an unquoted field or text behind a closing quote; "
        + "quote the field, double its quotes"
    case .noSymbolColumn(let line): "line \(line): the header has no column eventSymbol"
    case .duplicateColumn(let line, let name): "line \(line): the header has the column \(name) twice"
    case .tooManyColumns(let line, let limit): "line \(line): the header has more than \(limit) columns"
    case .wrongFieldCount(let line, let found, let expected):
      "line \(line): \(found) fields where the header has \(expected)"
    case .badValue(let line, let field, let text): "line \(line): \(field) cannot be \"\(text)\""
    case .textTableFull(let line): "line \(line): no room for another text; raise the text table's limit"
    case .invalidLine(let line, let error): "line \(line): \(error)"
    case .unknownEventType(let line, let name): "line \(line): no event type \"\(name)\""
    }
  }
}

extension FormatError {
  /// The same of a text that begins `lines` lines further on.
  package func moved(by lines: Int) -> FormatError {
    switch self {
    case .recordTooLong(let line, let limit): .recordTooLong(line: line + lines, limit: limit)
    case .unterminatedQuote(let line): .unterminatedQuote(line: line + lines)
    case .misplacedQuote(let line): .misplacedQuote(line: line + lines)
    case .noSymbolColumn(let line): .noSymbolColumn(line: line + lines)
    case .duplicateColumn(let line, let name): .duplicateColumn(line: line + lines, name: name)
    case .tooManyColumns(let line, let limit): .tooManyColumns(line: line + lines, limit: limit)
    case .wrongFieldCount(let line, let found, let expected):
      .wrongFieldCount(line: line + lines, found: found, expected: expected)
    case .badValue(let line, let field, let text): .badValue(line: line + lines, field: field, text: text)
    case .textTableFull(let line): .textTableFull(line: line + lines)
    case .invalidLine(let line, let error): .invalidLine(line: line + lines, error: error)
    case .unknownEventType(let line, let name): .unknownEventType(line: line + lines, name: name)
    }
  }
}

/// What a decoder stopped for.
package enum DecodeStep: Equatable, Sendable {
  /// All records are decoded; append more bytes, or end the text by `finish`. After `finish`: the end.
  case needMore
  /// The batch has no room for another event: drain it and call again.
  case batchFull
  /// A gap mark stood before the records that follow.
  case gap(Gap)
}
