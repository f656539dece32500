/// A loan of one event where it lies: in a batch or in a ring. Valid only inside the call that lent it.
@safe
package struct EventRef {
  package let base: UnsafeRawPointer

  /// `base` must point to a whole event (one or two records) that outlives this value.
  @unsafe package init(_ base: UnsafeRawPointer) { unsafe self.base = base }

  package var typeByte: UInt8 { unsafe base.load(fromByteOffset: EventHead.typeOffset, as: UInt8.self) }
  /// Nil for bytes that no decoder wrote.
  package var type: EventType? { EventType(rawValue: typeByte) }
  package var recordCount: Int { 1 + Int(typeByte >> 6 & 1) }
  package var symbol: TextID { unsafe base.load(as: TextID.self) }
  package var flags: EventFlags { unsafe base.load(fromByteOffset: EventHead.flagsOffset, as: EventFlags.self) }
  package var receivedNanos: Int64 { unsafe base.load(fromByteOffset: EventHead.receivedOffset, as: Int64.self) }

  /// Reads a field's bytes; `offset` comes from the event's schema.
  package func load<T: BitwiseCopyable>(_ offset: Int, as: T.Type = T.self) -> T {
    assert(offset >= 0 && offset + MemoryLayout<T>.size <= recordCount * EventRecord.byteCount)
    return unsafe base.loadUnaligned(fromByteOffset: offset, as: T.self)
  }

  /// The event as its struct; nil when it is of another type.
  package func event<Event: MarketEvent>(as: Event.Type = Event.self) -> Event? {
    typeByte == Event.eventType.rawValue ? unsafe base.loadUnaligned(as: Event.self) : nil
  }

  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    unsafe body(UnsafeRawBufferPointer(start: base, count: recordCount * EventRecord.byteCount))
  }
}
