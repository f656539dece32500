import Bytes
import Columns
import IO
import Market
import Parquet
import Rings
import Sinks

/// Bars as a Parquet file: columns of Candle events that bars have, by symbol and time.
enum BarFile {
  /// Minute bars of all symbols, which are in memory together: 640 MB.
  static let maximumBars = 10_000_000
  static let columns = ["eventSymbol", "time", "open", "high", "low", "close", "volume", "vwap", "count"]

  private static let pageRows = 1 << 15
  private static let groupRows = 1 << 18

  static func write(_ bars: [Bar], _ texts: TextStore, to path: String, codec: String?) throws(IOError) {
    var batch = ColumnBatch(ColumnSchema.of(.candle).selecting(columns), capacity: pageRows)
    let group = ParquetRowGroup(batch.schema, compression: try PageCompression.make(codec))
    var writer = ParquetWriter(batch.schema)
    var out = ByteWriter(capacity: 1 << 20)
    var file = try File(path, .overwrite())
    var offset = 0
    writer.begin(to: &out)
    for bar in bars {
      var candle = Self.candle(bar)
      let isTaken = unsafe withUnsafeBytes(of: &candle) { bytes in
        unsafe batch.append(EventRef(bytes.baseAddress!), texts)
      }
      precondition(isTaken, "the batch has room, and texts of symbols have it in its dictionary")
      if batch.isFull {
        group.append(batch)
        batch.removeAll()
        if group.rowCount >= groupRows {
          writer.append(group, texts: batch, to: &out)
          batch.forgetTexts()
          try flush(&out, &file, &offset)
        }
      }
    }
    group.append(batch)
    writer.append(group, texts: batch, to: &out)
    writer.finish(to: &out)
    try flush(&out, &file, &offset)
    try file.synchronize()
  }

  private static func candle(_ bar: Bar) -> Candle {
    var candle = Candle()
    candle.head.symbol = TextID(rawValue: bar.symbol)
    candle.time = bar.startMillis
    candle.count = bar.count
    (candle.open, candle.high, candle.low, candle.close) = (bar.open, bar.high, bar.low, bar.close)
    candle.volume = bar.volume
    candle.vwap = bar.vwap
    return candle
  }

  private static func flush(_ out: inout ByteWriter, _ file: inout File, _ offset: inout Int) throws(IOError) {
    try unsafe out.withBytes { bytes throws(IOError) in try unsafe file.write(bytes.bytes, at: offset) }
    offset += out.count
    out.removeAll()
  }
}
