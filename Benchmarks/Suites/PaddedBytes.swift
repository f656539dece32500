import Bytes

/// Bytes with `Padding` around them that grow while an input is made and then lie still.
@safe
final class PaddedBytes {
  private var buffer = ReceiveBuffer(capacity: 1 << 20, maximumCapacity: 1 << 40)

  var count: Int { buffer.readableCount }

  func append(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0, buffer.makeRoom(bytes.count) else { return }
    unsafe _ = buffer.fill { room in
      unsafe room.copyMemory(from: bytes)
      return bytes.count
    }
  }

  func removeAll() { buffer.removeAll() }

  /// Valid until the next `append`, as long as this object lives.
  var all: UnsafeRawBufferPointer { unsafe buffer.withReadable { unsafe $0 } }

  /// The same for change in place.
  var mutable: UnsafeMutableRawBufferPointer { unsafe buffer.withMutableReadable { unsafe $0 } }

  func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: all[range])
  }
}

/// Payloads one behind the other, in the order of their arrival.
final class Payloads {
  private let bytes = PaddedBytes()
  private(set) var ranges: [Range<Int>] = []
  private(set) var byteCount = 0

  var count: Int { ranges.count }

  func append(_ payload: UnsafeRawBufferPointer) {
    let start = bytes.count
    unsafe bytes.append(payload)
    ranges.append(start..<bytes.count)
    byteCount += payload.count
  }

  func removeAll() {
    bytes.removeAll()
    ranges.removeAll(keepingCapacity: true)
    byteCount = 0
  }

  subscript(_ i: Int) -> UnsafeRawBufferPointer { unsafe bytes.part(ranges[i]) }

  /// Each payload, for loops against the clock: to ask for one costs more than some of what is measured. Valid until
  /// the next change.
  var each: [UnsafeRawBufferPointer] {
    let all = unsafe bytes.all
    return unsafe ranges.map { unsafe UnsafeRawBufferPointer(rebasing: all[$0]) }
  }

  /// All payloads without anything between them.
  var all: UnsafeRawBufferPointer { unsafe bytes.all }
  func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { unsafe bytes.part(range) }
}

/// A cheap check over results: every word changes it, and so does their order.
enum Fold {
  static func add(_ sum: UInt64, _ word: UInt64) -> UInt64 {
    (sum ^ word) &* 0x9E37_79B9_7F4A_7C15 &+ (sum &>> 29)
  }

  /// All bytes, eight at a time, and their number.
  static func bytes(_ sum: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var sum = add(sum, UInt64(bytes.count))
    var i = 0
    while i &+ 8 <= bytes.count {
      sum = unsafe add(sum, bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self))
      i &+= 8
    }
    while i < bytes.count {
      sum = unsafe add(sum, UInt64(bytes[i]))
      i &+= 1
    }
    return sum
  }
}
