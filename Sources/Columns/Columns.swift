// Columns: events of one type as columns in memory of fixed size, on their way to or from files that are columns.
//
//     events of 128 bytes ──► ColumnBatch ──► Arrow, Parquet             ColumnBatch.append(_:_:)
//     CSV text ─────────────► ColumnBatch                                ColumnBatch.column(_:), commit(rows:)
//     Arrow ────────────────► ColumnBatch ──► events                     EventRows.append(_:from:into:_:)
//
// A batch has one buffer for each field of the type's schema, in the schema's order, and one for `receivedNanos`, the
// last. What a value of a buffer is:
//
//     ColumnType        bytes  value                                                       null
//     double            8      IEEE double, NaN for "not available"                        never
//     int64             8      Int64                                                       never
//     timestampMillis   8      Int64, milliseconds since 1970 UTC, 0 for "not available"   never
//     timestampNanos    8      Int64, nanoseconds since 1970 UTC                           never
//     int32             4      Int32                                                       never
//     symbol            4      Int32, code in the column's TextDictionary                  never
//     text              4      Int32, code in the column's TextDictionary                  -1
//     char              2      UInt16, a UTF-16 unit, 0 for none                           never
//     code              1      UInt8, position in the column's names                       0xFF
//     flags             1      UInt8                                                       never
//     bool              1      UInt8, 0 or 1                                               never
//
// To fill a batch from something else than events, write up to `room` values at `column(i)` of every column (or have
// `fillDefault` do it), texts by `dictionary(i)?.code(of:)`, then `commit(rows:)`:
//
//     let prices = batch.column(5).assumingMemoryBound(to: Double.self)     // at the first free row
//     for i in 0..<n { prices[i] = … }
//     batch.commit(rows: n)
//
// Invariant: `0 <= rowCount <= capacity`; each committed row has a value in every column; codes of dictionaries lie
// below the dictionary's count.
//
// Out of scope: bytes of file formats (Arrow, Parquet), files (Sinks).

/// What cannot be done with columns.
package enum ColumnsError: Error, Equatable, CustomStringConvertible {
  /// The text table that events refer to has no room for another text.
  case textTableFull

  package var description: String {
    switch self {
    case .textTableFull: "no room for another text; raise the text table's limit"
    }
  }
}
