// CollectTests: universes, the bytes of cached snapshots, the cache and its lock, and collections from a server of this
// process.

import Bytes
import Glibc
import Market
import Rings
import TestSupport
import Testing

@testable import Collect

/// Small files.
enum Files {
  struct Trouble: Error { let path: String }

  static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  static func write(_ bytes: [UInt8], to path: String) throws {
    guard let file = unsafe fopen(path, "wb") else { throw Trouble(path: path) }
    let count = unsafe fwrite(bytes, 1, bytes.count, file)
    guard unsafe fclose(file) == 0, count == bytes.count else { throw Trouble(path: path) }
  }

  /// The permission bits.
  static func mode(_ path: String) -> UInt32 {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }
}

/// Snapshots with known contents.
enum Made {
  /// Quotes for all symbols, bid = number + position; trades for all but the last one.
  static func snapshot(_ symbols: [String], number: Double) -> Snapshot {
    var snapshot = Snapshot(types: [.quote, .trade, .profile], symbols: symbols)
    var texts = TextTable()
    var batch = EventBatch(capacity: 8)
    for (i, symbol) in symbols.enumerated() {
      batch.removeAll()
      guard let id = texts.intern(symbol) else { continue }
      var quote = Quote()
      quote.head.symbol = id
      quote.bidPrice = number + Double(i)
      _ = batch.append(quote)
      var trade = Trade()
      trade.head.symbol = id
      trade.price = number
      if i < symbols.count - 1 { _ = batch.append(trade) }
      var profile = Profile()
      profile.head.symbol = id
      profile.description =
        texts.intern("a description of \(symbol) of more than seven bytes").map { Text(id: $0) } ?? .null
      profile.statusReason = i % 2 == 0 ? .null : Text.empty
      _ = batch.append(profile)
      let store = texts.store
      batch.forEach { event in
        let type = snapshot.types.firstIndex { $0 == event.type } ?? 0
        _ = snapshot.take(event, store, position: i, type: type)
      }
    }
    return snapshot
  }

  static func file(source: String = "ws://h/", started: WallNanos = .now(), limitMillis: UInt32 = 10_000)
    -> SnapshotFile
  { SnapshotFile(source: source, started: started, ended: started, limitMillis: limitMillis) }

  static func bytes(_ file: SnapshotFile, _ snapshot: borrowing Snapshot) -> [UInt8] {
    unsafe file.encode(snapshot).withBytes { unsafe Array($0) }
  }

  /// Every field of every event, texts by content.
  static func text(_ snapshot: borrowing Snapshot) -> String {
    var lines: [String] = []
    for position in snapshot.symbols.indices {
      for type in snapshot.types.indices {
        guard let event = snapshot.event(position, type) else { continue }
        var line = "\(snapshot.symbols[position]) \(event.symbol.rawValue) \(snapshot.types[type])"
        for field in Schema.of(snapshot.types[type]).fields where field.kind == .double {
          line += " \(field.name)=\(event.load(field.offset, as: Double.self))"
        }
        lines.append(line)
      }
    }
    return lines.joined(separator: "\n") + "\n" + table(snapshot)
  }

  static func table(_ snapshot: borrowing Snapshot) -> String {
    var out = ByteWriter()
    SnapshotTable.append(snapshot, to: &out)
    return unsafe out.withBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// Decodes bytes as an entry of these symbols.
  static func decode(
    _ bytes: [UInt8], source: String = "ws://h/", types: [EventType] = [.quote, .trade, .profile], symbols: [String]
  ) throws(SnapshotFile.Refusal) -> KeptSnapshot {
    try unsafe bytes.span.bytes.withUnsafeBytes { b throws(SnapshotFile.Refusal) in
      try unsafe SnapshotFile.decode(b, source: source, types: types, symbols: symbols)
    }
  }
}
