extension ColumnBatch {
  /// Keeps of the rows from `start` on those whose byte is not 0, in their order. `keep` has a byte for each of them.
  package mutating func retain(from start: Int, _ keep: UnsafePointer<UInt8>) {
    precondition(start >= 0 && start <= rowCount)
    let count = rowCount - start
    var kept = 0
    for i in 0..<count where unsafe keep[i] != 0 { kept &+= 1 }
    if kept == count { return }
    for (i, column) in schema.columns.enumerated() {
      // The first of the rows in question.
      let first = unsafe self.column(i) - count * column.type.width
      switch column.type.width {
      case 8: unsafe Self.pack(first.assumingMemoryBound(to: UInt64.self), count, keep)
      case 4: unsafe Self.pack(first.assumingMemoryBound(to: UInt32.self), count, keep)
      case 2: unsafe Self.pack(first.assumingMemoryBound(to: UInt16.self), count, keep)
      default: unsafe Self.pack(first.assumingMemoryBound(to: UInt8.self), count, keep)
      }
    }
    removeLast(count - kept)
  }

  private static func pack<T: BitwiseCopyable>(
    _ values: UnsafeMutablePointer<T>, _ count: Int, _ keep: UnsafePointer<UInt8>
  ) {
    var to = 0
    for i in 0..<count {
      unsafe values[to] = values[i]
      to &+= unsafe keep[i] != 0 ? 1 : 0
    }
  }
}
