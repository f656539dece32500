import Bytes

/// Holds one unpacked segment at a time, with `Padding` around it, and walks its entries.
///
/// Invariant: `offset <= count <= capacity`; the memory is `Padding.front + capacity + Padding.back` bytes.
@safe
struct UnpackedSegment: ~Copyable {
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0
  private var count = 0
  private var offset = 0
  private let seed: CRC32C
  private(set) var isOpen = false
  /// The compressed segment's entry in the file.
  private(set) var range = 0..<0

  init(seed: CRC32C) { self.seed = seed }

  deinit { unsafe memory?.deallocate() }

  /// Whether every byte belonged to a whole entry.
  var isUsedUp: Bool { offset == count }

  mutating func close() {
    isOpen = false
    count = 0
    offset = 0
  }

  /// Unpacks the payload of a compressed segment. False where the payload is not what it says; nothing is open then.
  mutating func unpack(
    _ payload: UnsafeRawBufferPointer, range: Range<Int>, with compression: any SegmentCompression
  ) -> Bool {
    close()
    let fields = unsafe ByteFields(payload)
    guard fields.count >= CompressedSegment.headerBytes else { return false }
    let unpacked = Int(fields.load(0, as: UInt32.self))
    guard unpacked > 0, unpacked <= Layout.maximumSegmentBytes, unpacked % Layout.alignment == 0,
      fields.load(4, as: UInt32.self) == CompressedSegment.zstd
    else { return false }
    let base = unsafe reserve(unpacked)
    let input = unsafe UnsafeRawBufferPointer(rebasing: payload[CompressedSegment.headerBytes...])
    let output = unsafe UnsafeMutableRawBufferPointer(start: base + Padding.front, count: unpacked)
    guard unsafe compression.decompress(input, into: output) == unpacked else { return false }
    count = unpacked
    self.range = range
    isOpen = true
    return true
  }

  private mutating func reserve(_ needed: Int) -> UnsafeMutableRawPointer {
    if let memory = unsafe memory, capacity >= needed { return unsafe memory }
    unsafe memory?.deallocate()
    let bytes = Padding.front + needed + Padding.back
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    // The padding is read by decoders, and a decompressor may fill less than it was given.
    unsafe fresh.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    unsafe memory = fresh
    capacity = needed
    return unsafe fresh
  }

  private var scanner: EntryScanner {
    // `count` is 0 as long as there is no memory.
    unsafe EntryScanner(
      UnsafeRawBufferPointer(start: memory.map { unsafe UnsafeRawPointer($0 + Padding.front) }, count: count),
      seed: seed)
  }

  mutating func next() -> EntryView? {
    guard let view = scanner.entry(at: offset) else { return nil }
    offset = view.end
    return view
  }

  func entry(_ view: EntryView) -> Entry { scanner.entry(view, position: range.lowerBound) }
}
