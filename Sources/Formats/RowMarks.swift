/// Which rows of a run are not to be kept, and for what reason: the first that was found of each.
@safe
struct RowMarks: ~Copyable {
  struct Mark {
    /// In the text.
    let column: Int
    let outcome: CSVField.Outcome
  }

  private var marks: [Int: Mark] = [:]
  private let keep: UnsafeMutablePointer<UInt8>

  init(capacity: Int) {
    unsafe keep = .allocate(capacity: capacity)
    unsafe keep.initialize(repeating: 1, count: capacity)
  }

  deinit { unsafe keep.deallocate() }

  var count: Int { marks.count }

  mutating func set(_ row: Int, _ column: Int, _ outcome: CSVField.Outcome) {
    if marks[row] == nil || outcome == .tooLong { marks[row] = Mark(column: column, outcome: outcome) }
  }

  func sorted() -> [(Int, Mark)] { marks.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

  /// Lends a byte for each of `rows` rows, 0 for one that is marked.
  func withKept(_ rows: Int, _ body: (UnsafePointer<UInt8>) -> Void) {
    for row in marks.keys { unsafe keep[row] = 0 }
    unsafe body(keep)
    for row in marks.keys { unsafe keep[row] = 1 }
  }

  mutating func removeAll() { if !marks.isEmpty { marks.removeAll(keepingCapacity: true) } }
}
