import Market

/// A schema made flat for an encoder: one step a column, the bytes that stand before it and the bytes of its code names
/// precomputed.
struct RowPlan: Sendable {
  /// A range of `RowPlan.bytes`.
  struct Piece: BitwiseCopyable, Sendable {
    var start: UInt16 = 0
    var count: UInt16 = 0
  }

  struct Step: Sendable {
    var kind: FieldKind
    /// Byte offset of the field in the event.
    var offset: Int
    /// What stands before the value.
    var prefix = Piece()
    /// Position of the first code name in `RowPlan.codes`.
    var firstCode = 0
    /// The code names; a value from here on is unknown.
    var codeCount: UInt8 = 0
  }

  static let receivedNanosName = "receivedNanos"

  private(set) var steps: [Step] = []
  private(set) var codes: [Piece] = []
  private(set) var bytes: [UInt8] = []
  private(set) var suffix = Piece()

  /// The columns of a row: the schema's fields in their order, then the receive time.
  ///
  /// `prefix` gives the text before the value of the column with this position and name, `code` a code's name as it is
  /// to stand in the row, `suffix` what ends a row.
  init(_ schema: Schema, prefix: (Int, String) -> String, code: (String) -> String, suffix: String) {
    for field in schema.fields {
      var step = Step(kind: field.kind, offset: field.offset)
      step.prefix = piece(prefix(steps.count, field.name))
      if let names = field.codes?.names {
        step.firstCode = codes.count
        step.codeCount = UInt8(names.count)
        for name in names { codes.append(piece(code(name))) }
      }
      steps.append(step)
    }
    var last = Step(kind: .int64, offset: EventHead.receivedOffset)
    last.prefix = piece(prefix(steps.count, Self.receivedNanosName))
    steps.append(last)
    self.suffix = piece(suffix)
  }

  private mutating func piece(_ text: String) -> Piece {
    let start = bytes.count
    bytes.append(contentsOf: text.utf8)
    return Piece(start: UInt16(start), count: UInt16(bytes.count - start))
  }

  /// The names of the columns.
  static func columnNames(_ schema: Schema) -> [String] { schema.fields.map(\.name) + [receivedNanosName] }
}

extension UnsafeRawBufferPointer {
  /// The bytes of a piece of the plan whose bytes these are.
  func part(_ piece: RowPlan.Piece) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: self[Int(piece.start)..<Int(piece.start &+ piece.count)])
  }
}
