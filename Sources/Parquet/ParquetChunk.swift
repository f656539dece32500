import Bytes
import Columns

/// One column of a row group: its pages, compressed, and what is to be told of them.
final class ParquetChunk {
  struct Page {
    /// In the chunk's data pages.
    let offset: Int
    let byteCount: Int
    let firstRow: Int
    let rowCount: Int
    let nullCount: Int
    let extremes: Extremes
  }

  /// Memory for one column at a time.
  struct Room {
    let codes = ColumnScratch()
    /// Of other numbers, while `codes` are in use.
    let values = ColumnScratch()
  }

  let column: Column
  private let room: Room
  private let compression: any ParquetCompression
  /// Data pages with their headers.
  private(set) var data = ByteWriter(capacity: 4096)
  private(set) var pages: [Page] = []
  private(set) var uncompressedBytes = 0
  private(set) var rowCount = 0
  /// Data pages of each encoding.
  private(set) var encodings: [ParquetEncoding: Int] = [:]
  private var scratch = ByteWriter(capacity: 4096)
  private var packed = ByteWriter(capacity: 4096)
  private var header = ThriftWriter()
  private let chars: CharDictionary?
  private var numbers = NumberDictionary()
  /// Encodings by the size that they gave to the first page, the smallest first.
  private var ranking: [ParquetEncoding] = []

  /// - Parameter room: shared with the other chunks of the group.
  init(_ column: Column, _ compression: any ParquetCompression, _ room: Room) {
    self.column = column
    self.room = room
    self.compression = compression
    chars = column.type == .char ? CharDictionary() : nil
  }

  /// Bytes in memory that will be written.
  var byteCount: Int { data.count + numbers.count * 8 }

  func removeAll() {
    data.removeAll()
    pages.removeAll(keepingCapacity: true)
    encodings.removeAll(keepingCapacity: true)
    uncompressedBytes = 0
    rowCount = 0
    chars?.removeAll()
    numbers.removeAll()
    ranking = []
  }

  /// Adds a page. `isFull` says that pages like it are likely to follow.
  func append(_ values: UnsafeRawPointer, _ count: Int, _ texts: TextDictionary?, isFull: Bool) {
    switch column.type {
    case .double:
      let doubles = unsafe values.assumingMemoryBound(to: Double.self)
      let extremes = unsafe Extremes.of(doubles, count)
      unsafe appendNumbers(values.assumingMemoryBound(to: Int64.self), count, extremes, isDouble: true, isFull)
    case .int64, .timestampMillis, .timestampNanos:
      let numbers = unsafe values.assumingMemoryBound(to: Int64.self)
      unsafe appendNumbers(numbers, count, Extremes.of(numbers, count), isDouble: false, isFull)
    case .int32:
      let numbers = unsafe values.assumingMemoryBound(to: Int32.self)
      unsafe appendNumbers(numbers, count, Extremes.of(numbers, count), isDouble: false, isFull)
    case .flags:
      let wide = unsafe room.values.room(count, of: Int32.self)
      for i in 0..<count { unsafe wide[i] = Int32(values.load(fromByteOffset: i, as: UInt8.self)) }
      unsafe appendNumbers(UnsafePointer(wide), count, Extremes.of(wide, count), isDouble: false, isFull)
    case .bool: unsafe appendBools(values, count)
    case .symbol, .text, .char, .code:
      unsafe appendCodes(values, count, texts, room.codes.room(count, of: UInt32.self))
    }
  }

  // MARK: numbers

  private func appendNumbers<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
    _ values: UnsafePointer<T>, _ count: Int, _ extremes: Extremes, isDouble: Bool, _ isFull: Bool
  ) {
    if ranking.isEmpty { unsafe rank(values, count, isDouble, isFull) }
    for encoding in ranking {
      scratch.removeAll()
      guard unsafe encode(values, count, encoding) else {
        // The dictionary is full: what it has stays, for the pages that use it.
        ranking.removeFirst()
        continue
      }
      return addPage(count, nulls: 0, encoding, extremes)
    }
  }

  private func rank<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
    _ values: UnsafePointer<T>, _ count: Int, _ isDouble: Bool, _ isFull: Bool
  ) {
    if unsafe NumberDictionary.areEqual(values, count) {
      ranking = [.rleDictionary, .plain]
      return
    }
    // What a dictionary costs is shared by the pages that use it.
    let pagesExpected = isFull ? 8 : 1
    var sizes: [(ParquetEncoding, Int)] = []
    let candidates: [ParquetEncoding] =
      isDouble ? [.rleDictionary, .plain, .byteStreamSplit] : [.rleDictionary, .plain, .deltaBinaryPacked]
    for encoding in candidates {
      scratch.removeAll()
      guard unsafe encode(values, count, encoding) else { continue }
      var size = compressedSize()
      if encoding == .rleDictionary {
        scratch.removeAll()
        appendNumberDictionary()
        size += compressedSize() / pagesExpected
      }
      sizes.append((encoding, size))
    }
    ranking = sizes.sorted { $0.1 < $1.1 }.map(\.0)
    if let at = ranking.firstIndex(of: .rleDictionary) {
      // Behind the first it is no longer tried: a dictionary that some pages do not need would be written for nothing.
      if at > 0 {
        ranking.remove(at: at)
        numbers.removeAll()
      }
    } else {
      numbers.removeAll()
    }
  }

  private func compressedSize() -> Int {
    packed.removeAll()
    _ = unsafe scratch.withBytes { b in unsafe compression.compress(b, into: &packed) }
    return packed.count
  }

  /// Appends values to `scratch`; false when they cannot be encoded so.
  private func encode<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
    _ values: UnsafePointer<T>, _ count: Int, _ encoding: ParquetEncoding
  ) -> Bool {
    let width = MemoryLayout<T>.size
    switch encoding {
    case .rleDictionary:
      let codes = unsafe room.codes.room(count, of: UInt32.self)
      guard unsafe numbers.codes(values, count, codes) else { return false }
      unsafe appendIndexes(codes, count, of: numbers.count)
    case .deltaBinaryPacked: unsafe DeltaBlocks.append(values, count, to: &scratch)
    case .byteStreamSplit:
      unsafe scratch.appendUnsafe(room: count * width) { to in
        for i in 0..<count {
          var value = unsafe T.Magnitude(truncatingIfNeeded: values[i])
          for byte in 0..<width {
            unsafe to[byte &* count &+ i] = UInt8(truncatingIfNeeded: value)
            value &>>= 8
          }
        }
        return count * width
      }
    default: unsafe scratch.append(contentsOf: UnsafeRawBufferPointer(start: values, count: count * width))
    }
    return true
  }

  private func appendIndexes(_ codes: UnsafePointer<UInt32>, _ count: Int, of total: Int) {
    let width = max(1, Int.bitWidth - max(total - 1, 0).leadingZeroBitCount)
    scratch.append(UInt8(width))
    unsafe RunLevels.append(codes, count, width: width, to: &scratch)
  }

  private func appendNumberDictionary() {
    let count = numbers.count
    let isShort = column.type == .int32 || column.type == .flags
    unsafe numbers.withValues { values in
      guard isShort else { return unsafe scratch.append(contentsOf: UnsafeRawBufferPointer(values)) }
      unsafe scratch.appendUnsafe(room: 4 * count) { to in
        for code in 0..<count {
          unsafe UnsafeMutableRawPointer(to).storeBytes(
            of: UInt32(truncatingIfNeeded: values[code]), toByteOffset: 4 &* code, as: UInt32.self)
        }
        return 4 * count
      }
    }
  }

  private func appendBools(_ values: UnsafeRawPointer, _ count: Int) {
    scratch.removeAll()
    let bytes = unsafe values.assumingMemoryBound(to: UInt8.self)
    let room = (count + 7) / 8
    unsafe scratch.appendUnsafe(room: room + 8) { to in
      unsafe BitPack.pack(1, count, UnsafeMutableRawPointer(to)) { i in unsafe UInt64(bytes[i] & 1) }
      return room
    }
    unsafe addPage(count, nulls: 0, .plain, Extremes.of(bytes, count))
  }

  // MARK: texts

  /// `to` has room for all codes.
  private func appendCodes(
    _ values: UnsafeRawPointer, _ count: Int, _ texts: TextDictionary?, _ to: UnsafeMutablePointer<UInt32>
  ) {
    scratch.removeAll()
    var known = count
    switch column.type {
    case .symbol:
      let codes = unsafe values.assumingMemoryBound(to: UInt32.self)
      unsafe to.update(from: codes, count: count)
    case .char:
      let units = unsafe room.values.room(count, of: UInt16.self)
      unsafe chars?.codes(values.assumingMemoryBound(to: UInt16.self), count, units)
      for i in 0..<count { unsafe to[i] = UInt32(units[i]) }
    case .text:
      let codes = unsafe values.assumingMemoryBound(to: Int32.self)
      known = unsafe appendLevels(count, to) { i in
        unsafe codes[i] < 0 ? nil : UInt32(truncatingIfNeeded: codes[i])
      }
    default:
      let codes = unsafe values.assumingMemoryBound(to: UInt8.self)
      known = unsafe appendLevels(count, to) { i in
        unsafe codes[i] == Column.nullCode ? nil : UInt32(codes[i])
      }
    }
    let total = texts?.count ?? chars?.count ?? column.names.count
    unsafe appendIndexes(to, known, of: total)
    unsafe addPage(count, nulls: count - known, .rleDictionary, extremes(to, known, total, texts))
  }

  /// Appends the levels, 0 for null, and gathers the other codes; returns how many these are.
  private func appendLevels(
    _ count: Int, _ to: UnsafeMutablePointer<UInt32>, _ code: (Int) -> UInt32?
  ) -> Int {
    var known = 0
    for i in 0..<count {
      guard let value = code(i) else { continue }
      unsafe to[known] = value
      known &+= 1
    }
    let length = scratch.count
    scratch.append(raw: UInt32(0))
    if known == count || known == 0 {
      Varint.append(UInt64(count) << 1, to: &scratch)
      scratch.append(UInt8(known == 0 ? 0 : 1))
    } else {
      let levels = unsafe room.values.room(count, of: UInt32.self)
      for i in 0..<count { unsafe levels[i] = code(i) == nil ? 0 : 1 }
      unsafe RunLevels.append(UnsafePointer(levels), count, width: 1, to: &scratch)
    }
    scratch.overwrite(at: length, raw: UInt32(scratch.count - length - 4))
    return known
  }

  private func text(_ code: Int, _ texts: TextDictionary?) -> [UInt8] {
    if let texts { return unsafe [UInt8](texts.bytes(Int32(code))) }
    return chars?.text(code) ?? Array(column.names[code].utf8)
  }

  private func extremes(
    _ codes: UnsafePointer<UInt32>, _ count: Int, _ total: Int, _ texts: TextDictionary?
  ) -> Extremes {
    let seen = unsafe room.values.room(total, of: UInt8.self)
    unsafe seen.update(repeating: 0, count: total)
    for i in 0..<count { unsafe seen[Int(codes[i])] = 1 }
    var (low, high) = (-1, -1)
    for code in 0..<total where unsafe seen[code] == 1 {
      if low < 0 || isLess(code, low, texts) { low = code }
      if high < 0 || isLess(high, code, texts) { high = code }
    }
    if low < 0 { return Extremes() }
    let (least, most) = (text(low, texts), text(high, texts))
    return max(least.count, most.count) > Extremes.longestText ? Extremes() : Extremes(least, most)
  }

  private func isLess(_ a: Int, _ b: Int, _ texts: TextDictionary?) -> Bool {
    guard let texts else { return text(a, nil).lexicographicallyPrecedes(text(b, nil)) }
    let (first, second) = unsafe (texts.bytes(Int32(a)), texts.bytes(Int32(b)))
    return unsafe first.lexicographicallyPrecedes(second)
  }

  // MARK: pages

  /// Adds what lies in `scratch` as a data page.
  private func addPage(_ count: Int, nulls: Int, _ encoding: ParquetEncoding, _ extremes: Extremes) {
    let size = compressedSize()
    header.removeAll()
    header.int(1, ParquetNumber.dataPage)
    header.int(2, Int32(scratch.count))
    header.int(3, Int32(size))
    header.begin(5)
    header.int(1, Int32(count))
    header.int(2, encoding.rawValue)
    header.int(3, ParquetEncoding.rle.rawValue)
    header.int(4, ParquetEncoding.rle.rawValue)
    header.end()
    header.endAll()
    let start = data.count
    unsafe header.bytes.withBytes { b in unsafe data.append(contentsOf: b) }
    uncompressedBytes += data.count - start + scratch.count
    unsafe packed.withBytes { b in unsafe data.append(contentsOf: b) }
    pages.append(
      Page(
        offset: start, byteCount: data.count - start, firstRow: rowCount, rowCount: count, nullCount: nulls,
        extremes: extremes))
    rowCount += count
    encodings[encoding, default: 0] += 1
  }

  /// Appends the dictionary page, if pages need one; returns its bytes, and counts them as they are uncompressed.
  func appendDictionary(_ texts: TextDictionary?, to out: inout ByteWriter) -> Int {
    guard encodings[.rleDictionary] != nil else { return 0 }
    scratch.removeAll()
    let count: Int
    switch column.type {
    case .symbol, .text, .char, .code:
      count = texts?.count ?? chars?.count ?? column.names.count
      for code in 0..<count {
        let bytes = text(code, texts)
        scratch.append(raw: UInt32(bytes.count))
        scratch.append(bytes)
      }
    default:
      count = numbers.count
      appendNumberDictionary()
    }
    let size = compressedSize()
    header.removeAll()
    header.int(1, ParquetNumber.dictionaryPage)
    header.int(2, Int32(scratch.count))
    header.int(3, Int32(size))
    header.begin(7)
    header.int(1, Int32(count))
    header.int(2, ParquetEncoding.plain.rawValue)
    header.end()
    header.endAll()
    let start = out.count
    unsafe header.bytes.withBytes { b in unsafe out.append(contentsOf: b) }
    uncompressedBytes += out.count - start + scratch.count
    unsafe packed.withBytes { b in unsafe out.append(contentsOf: b) }
    return out.count - start
  }
}
