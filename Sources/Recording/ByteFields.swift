/// Checked little-endian loads from a range of bytes that somebody else keeps alive for the length of the call.
@safe
struct ByteFields {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

  var count: Int { unsafe bytes.count }

  func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: T.Type = T.self) -> T {
    precondition(offset >= 0 && offset <= count - MemoryLayout<T>.size)
    // In range by the line above.
    return T(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// Text for people: broken UTF-8 is repaired and control characters become `?`, so that it is safe on a terminal.
  func text(at offset: Int, count: Int) -> String {
    precondition(offset >= 0 && count >= 0 && offset <= self.count - count)
    let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
    var clean = String.UnicodeScalarView()
    for scalar in unsafe String(decoding: part, as: UTF8.self).unicodeScalars {
      let isControl = scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0)
      clean.append(isControl ? "?" : scalar)
    }
    return String(clean)
  }
}
