import JSON

/// The texts and numbers of an answer and of the objects in it, under names such as `data.token`.
struct AnswerFields {
  private var texts: [String: String] = [:]
  private var numbers: [String: Double] = [:]

  /// Fields beyond this many are left out; real answers have a dozen.
  private static let maximumFields = 256

  /// - Throws: where the body is no JSON object.
  init(_ body: [UInt8], limitBytes: Int) throws(JSONError) {
    var scanner = Scanner(maximumBytes: limitBytes)
    let bytes = body
    self = try unsafe scanner.scanCopy(bytes.span.bytes) { (cursor) throws(JSONError) in
      var fields = AnswerFields()
      try cursor.enterObject()
      while let key = try cursor.nextKey() {
        let name = key.string
        guard cursor.kind == .object else {
          try fields.take(name, &cursor)
          continue
        }
        try cursor.enterObject()
        while let inner = try cursor.nextKey() { try fields.take("\(name).\(inner.string)", &cursor) }
      }
      return fields
    }
  }

  private init() {}

  private mutating func take(_ name: String, _ cursor: inout Cursor) throws(JSONError) {
    guard texts.count + numbers.count < Self.maximumFields else { return try cursor.skipValue() }
    switch cursor.kind {
    case .string: texts[name] = try cursor.readString().string
    case .number: numbers[name] = try cursor.readDouble()
    default: try cursor.skipValue()
    }
  }

  func text(_ name: String) -> String? { texts[name] }
  func number(_ name: String) -> Double? { numbers[name] }
}
