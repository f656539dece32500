import Bytes
import Formats
import IO
import Market
import Rings
import Sinks

/// Gathers a replay's events by type into blocks, and gaps into rows of `gaps.csv`.
final class BlockPort: SinkPort {
  private let queue: BlockQueue
  private let wanted: Set<EventType>
  /// By type byte.
  private var blocks: [EventBlock?] = Array(repeating: nil, count: 256)
  private var numbers = [Int](repeating: 0, count: 256)
  private let gaps: GapRows

  /// - Parameter wanted: types that are encoded; events of others go nowhere.
  init(_ queue: BlockQueue, wanted: Set<EventType>, gaps: GapRows) {
    self.queue = queue
    self.wanted = wanted
    self.gaps = gaps
  }

  func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool) {
    let (recordBytes, typeOffset) = (EventRecord.byteCount, EventHead.typeOffset)
    unsafe batch.withRecords { records in
      guard let base = records.baseAddress else { return }
      var at = 0
      while at < records.count {
        // Events of a type come in runs. Whole events, by the batch's invariant.
        let typeByte = unsafe base.load(fromByteOffset: at + typeOffset, as: UInt8.self)
        let stride = (1 &+ Int(typeByte &>> 6 & 1)) &* recordBytes
        var end = at &+ stride
        while end < records.count, unsafe base.load(fromByteOffset: end &+ typeOffset, as: UInt8.self) == typeByte {
          end &+= stride
        }
        unsafe append(typeByte, UnsafeRawBufferPointer(rebasing: records[at..<end]))
        at = end
      }
    }
  }

  private func append(_ typeByte: UInt8, _ events: UnsafeRawBufferPointer) {
    guard let type = EventType(rawValue: typeByte), wanted.contains(type) else { return }
    var rest = unsafe events
    while let from = rest.baseAddress, rest.count > 0 {
      let block = blocks[Int(typeByte)] ?? queue.emptyBlock()
      blocks[Int(typeByte)] = block
      // Both are multiples of an event's bytes, because the capacity is one of two records.
      let count = min(rest.count, EventBlock.capacity - block.byteCount)
      unsafe (block.memory + block.byteCount).copyMemory(from: from, byteCount: count)
      block.byteCount += count
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if block.byteCount == EventBlock.capacity { send(type) }
    }
  }

  private func send(_ type: EventType) {
    let place = Int(type.rawValue)
    guard let block = blocks[place] else { return }
    blocks[place] = nil
    queue.put(BlockJob(type: type, number: numbers[place], block: Handover(block)))
    numbers[place] += 1
  }

  func accept(_ gap: Gap, isStopping: () -> Bool) { gaps.append(gap) }
  var holdsBack: Bool { false }
  func settle() {}

  func finish(isStopping: () -> Bool) {
    for type in EventType.allCases { send(type) }
    queue.close()
  }
}

/// Rows of `gaps.csv`, in memory. Used by one thread at a time.
final class GapRows {
  private(set) var rows = ByteWriter(capacity: 256)
  private(set) var count = 0

  func append(_ gap: Gap) {
    if count == 0 { GapRow.appendCSVHeader(to: &rows) }
    GapRow.appendCSV(gap, to: &rows)
    count += 1
  }

  func write(to file: inout File) throws(IOError) {
    try unsafe rows.withBytes { bytes throws(IOError) in try unsafe file.write(bytes.bytes, at: 0) }
  }
}
