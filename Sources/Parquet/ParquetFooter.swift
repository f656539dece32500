/// What the end of a Parquet file says, for checks of files that were written.
package enum ParquetFooter {
  /// The rows that the file's metadata counts; nil where the bytes do not end as a Parquet file ends.
  package static func rowCount(_ file: UnsafeRawBufferPointer) -> Int? {
    let magic = ParquetNumber.magic
    guard file.count >= 12, unsafe file.prefix(4).elementsEqual(magic), unsafe file.suffix(4).elementsEqual(magic)
    else { return nil }
    let length = unsafe Int(file.loadUnaligned(fromByteOffset: file.count - 8, as: UInt32.self).littleEndian)
    guard length <= file.count - 12 else { return nil }
    let metadata = unsafe UnsafeRawBufferPointer(rebasing: file[(file.count - 8 - length)..<(file.count - 8)])
    var reader = unsafe ThriftReader(metadata)
    let rowsField = 3
    guard let rows = reader.long(field: rowsField), rows >= 0 else { return nil }
    return Int(rows)
  }
}

/// Walks one structure of Thrift's compact protocol.
@safe
struct ThriftReader {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  /// What is being skipped: structures in lists in structures.
  private enum Open {
    case structure
    case list(type: UInt8, left: Int)
  }

  /// Levels within one another; the metadata of Parquet has six.
  private static let maximumDepth = 32

  /// `bytes` must outlive the value.
  init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

  /// The 64-bit number that is a field of the structure; nil where there is none, or the bytes are no structure.
  mutating func long(field wanted: Int) -> Int64? {
    var field = 0
    while let head = byte(), head != 0 {
      let step = Int(head >> 4)
      if step > 0 {
        field += step
      } else {
        guard let number = varint() else { return nil }
        field = Int(Self.signed(number))
      }
      let type = head & 0x0F
      if field == wanted { return type == 6 ? varint().map(Self.signed) : nil }
      guard skip(type) else { return nil }
    }
    return nil
  }

  private static func signed(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  private mutating func byte() -> UInt8? {
    guard unsafe at < bytes.count else { return nil }
    defer { at += 1 }
    return unsafe bytes[at]
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let next = byte() else { return nil }
      value |= shift < 64 ? UInt64(next & 0x7F) << shift : 0
      if next < 0x80 { return value }
    }
    return nil
  }

  private mutating func skip(_ type: UInt8) -> Bool {
    var open: [Open] = []
    guard begin(type, inList: false, &open) else { return false }
    while let last = open.popLast() {
      switch last {
      case .list(let type, let left):
        if left == 0 { continue }
        open.append(.list(type: type, left: left - 1))
        guard begin(type, inList: true, &open) else { return false }
      case .structure:
        guard let head = byte() else { return false }
        if head == 0 { continue }
        if head >> 4 == 0, varint() == nil { return false }
        open.append(.structure)
        guard begin(head & 0x0F, inList: false, &open) else { return false }
      }
    }
    return true
  }

  /// Skips a value without parts, or opens one with parts.
  private mutating func begin(_ type: UInt8, inList: Bool, _ open: inout [Open]) -> Bool {
    guard open.count < Self.maximumDepth else { return false }
    switch type {
    case 1, 2: return inList ? byte() != nil : true
    case 3: return byte() != nil
    case 4, 5, 6: return varint() != nil
    case 7: return advance(8)
    case 8: return varint().map { advance(Int(clamping: $0)) } ?? false
    case 9, 10:
      guard let head = byte() else { return false }
      var count = Int(head >> 4)
      if count == 15 {
        guard let long = varint() else { return false }
        count = Int(clamping: long)
      }
      open.append(.list(type: head & 0x0F, left: count))
    case 12: open.append(.structure)
    default: return false
    }
    return true
  }

  private mutating func advance(_ count: Int) -> Bool {
    guard count >= 0, unsafe count <= bytes.count - at else { return false }
    at += count
    return true
  }
}
