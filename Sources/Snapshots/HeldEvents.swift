import Market

/// The events that one key holds back, as numbers of blocks in a pool.
struct HeldEvents {
  fileprivate(set) var blocks: [Int32] = []
  fileprivate var recordsInLast = 0
  fileprivate(set) var count = 0
}

/// The memory of all held events: blocks of 64 records, taken when the first event of a key waits and given back when
/// its snapshot or transaction ends.
///
/// Invariant: each block belongs to one `HeldEvents` or is free. Behind the last event of a block that is not full
/// stands a record whose type byte is 0.
@safe
struct HeldPool: ~Copyable {
  static let recordsPerBlock = 64
  private static let blockBytes = recordsPerBlock * EventRecord.byteCount

  private var memory: [UnsafeMutableRawPointer] = unsafe []
  private var free: [Int32] = []
  private let maximumBlocks: Int

  init(maximumBytes: Int) { maximumBlocks = max(1, maximumBytes / Self.blockBytes) }

  deinit { for i in unsafe memory.indices { unsafe memory[i].deallocate() } }

  /// Bytes of the blocks in use.
  var bytesInUse: Int { unsafe (memory.count - free.count) * Self.blockBytes }

  /// Appends a copy of an event; false when no block is left.
  mutating func append(_ event: EventRef, to held: inout HeldEvents) -> Bool {
    let records = event.recordCount
    if held.blocks.isEmpty || held.recordsInLast + records > Self.recordsPerBlock {
      guard let block = takeBlock() else { return false }
      if let last = held.blocks.last, held.recordsInLast < Self.recordsPerBlock {
        let end = unsafe memory[Int(last)] + held.recordsInLast * EventRecord.byteCount
        unsafe end.storeBytes(of: 0, toByteOffset: EventHead.typeOffset, as: UInt8.self)
      }
      held.blocks.append(block)
      held.recordsInLast = 0
    }
    let to = unsafe memory[Int(held.blocks[held.blocks.count - 1])] + held.recordsInLast * EventRecord.byteCount
    unsafe event.withBytes { bytes in
      if let from = bytes.baseAddress { unsafe to.copyMemory(from: from, byteCount: bytes.count) }
    }
    held.recordsInLast += records
    held.count += 1
    return true
  }

  /// Gives the blocks back; the value is empty then.
  mutating func release(_ held: inout HeldEvents) {
    free.append(contentsOf: held.blocks)
    held.blocks.removeAll(keepingCapacity: held.blocks.count < 8)
    held.recordsInLast = 0
    held.count = 0
  }

  /// Lends each event in its order.
  func forEach<E: Error>(_ held: HeldEvents, _ body: (EventRef) throws(E) -> Void) throws(E) {
    for (number, block) in held.blocks.enumerated() {
      let base = unsafe memory[Int(block)]
      let isLast = number == held.blocks.count - 1
      let end = isLast ? held.recordsInLast : Self.recordsPerBlock
      var at = 0
      while at < end {
        let event = unsafe EventRef(base + at * EventRecord.byteCount)
        if event.typeByte == 0 { break }
        try body(event)
        at += event.recordCount
      }
    }
  }

  private mutating func takeBlock() -> Int32? {
    if let block = free.popLast() { return block }
    guard unsafe memory.count < maximumBlocks else { return nil }
    unsafe memory.append(.allocate(byteCount: Self.blockBytes, alignment: 128))
    return unsafe Int32(memory.count - 1)
  }
}
