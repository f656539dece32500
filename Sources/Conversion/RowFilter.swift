import Columns
package import Market
package import Rings

/// Which rows are wanted.
package struct RowFilter: Sendable {
  /// Nil for all.
  package var symbols: Set<[UInt8]>?
  /// Nil for all.
  package var types: Set<EventType>?
  /// Arrival of the first and the last row, in nanoseconds since 1970; nil for no bound.
  package var start: Int64?
  package var stop: Int64?

  package init() {}

  package var isOpen: Bool { symbols == nil && types == nil && start == nil && stop == nil }

  package func wants(_ type: EventType) -> Bool { types?.contains(type) ?? true }

  func wants(receivedNanos: Int64) -> Bool {
    receivedNanos >= start ?? .min && receivedNanos <= stop ?? .max
  }

  /// Whether an event is wanted.
  package func wants(_ event: EventRef, _ texts: TextStore) -> Bool {
    guard let type = event.type, wants(type), wants(receivedNanos: event.receivedNanos) else { return false }
    guard let symbols else { return true }
    return unsafe texts.withText(event.symbol.rawValue) { bytes in unsafe symbols.contains([UInt8](bytes)) }
  }
}

/// A filter on the columns of one type; looks each symbol up once.
struct ColumnFilter {
  private let filter: RowFilter
  private let symbolColumn: Int
  /// By code.
  private var wanted: [UInt8] = []
  private var generation = 0
  private var keep: [UInt8] = []

  init(_ filter: RowFilter, _ schema: ColumnSchema) {
    self.filter = filter
    symbolColumn = schema.columns.firstIndex { $0.type == .symbol } ?? 0
  }

  /// Takes the rows from `start` on that are not wanted out; gives their number.
  mutating func apply(_ columns: inout ColumnBatch, from start: Int) -> Int {
    if filter.symbols == nil && filter.start == nil && filter.stop == nil { return 0 }
    let count = columns.rowCount - start
    if count == 0 { return 0 }
    keep.removeAll(keepingCapacity: true)
    keep.append(contentsOf: repeatElement(1, count: count))
    let received = unsafe columns.values(columns.schema.columns.count - 1).assumingMemoryBound(to: Int64.self) + start
    for row in 0..<count where !(unsafe filter.wants(receivedNanos: received[row])) { keep[row] = 0 }
    if let symbols = filter.symbols, let dictionary = columns.dictionary(symbolColumn) {
      if generation != dictionary.generation {
        generation = dictionary.generation
        wanted.removeAll(keepingCapacity: true)
      }
      for code in wanted.count..<max(wanted.count, dictionary.count) {
        wanted.append(unsafe symbols.contains([UInt8](dictionary.bytes(Int32(code)))) ? 1 : 0)
      }
      let codes = unsafe columns.values(symbolColumn).assumingMemoryBound(to: Int32.self) + start
      for row in 0..<count { keep[row] &= unsafe wanted[Int(codes[row])] }
    }
    unsafe keep.withUnsafeBufferPointer { k in
      if let base = k.baseAddress { unsafe columns.retain(from: start, base) }
    }
    return start + count - columns.rowCount
  }
}
