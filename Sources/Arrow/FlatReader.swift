/// A flatbuffer that is read without being believed: every position is checked before a byte is looked at.
struct FlatReader {
  let bytes: [UInt8]

  /// Something that lies outside, or cannot be.
  struct Damage: Error {
    let what: String
    /// Whether the bytes are sound, but say what is not wanted.
    var isForeign = false
  }

  func load<T: FixedWidthInteger & BitwiseCopyable>(_ at: Int, _: T.Type = T.self) throws(Damage) -> T {
    guard at >= 0, at <= bytes.count - MemoryLayout<T>.size else {
      throw Damage(what: "an offset outside of its metadata")
    }
    return unsafe bytes.withUnsafeBytes { b in
      unsafe T(littleEndian: b.loadUnaligned(fromByteOffset: at, as: T.self))
    }
  }

  /// Where what the offset at `at` refers to begins.
  func follow(_ at: Int) throws(Damage) -> Int {
    let distance = Int(try load(at, UInt32.self))
    guard distance <= bytes.count - at else { throw Damage(what: "an offset outside of its metadata") }
    return at + distance
  }

  func root() throws(Damage) -> FlatTable { try FlatTable(self, at: try follow(0)) }

  /// Where a vector's elements lie and how many there are.
  func vector(_ start: Int, elementBytes: Int) throws(Damage) -> (first: Int, count: Int) {
    let count = Int(try load(start, UInt32.self))
    guard count <= (bytes.count - start - 4) / elementBytes else { throw Damage(what: "a vector that is cut off") }
    return (start + 4, count)
  }

  func text(_ start: Int) throws(Damage) -> String {
    let (first, count) = try vector(start, elementBytes: 1)
    return String(decoding: bytes[first..<first + count], as: UTF8.self)
  }
}

/// A table of a flatbuffer.
struct FlatTable {
  let reader: FlatReader
  private let at: Int
  private let vtable: Int
  private let vtableBytes: Int

  init(_ reader: FlatReader, at: Int) throws(FlatReader.Damage) {
    self.reader = reader
    self.at = at
    vtable = at - Int(try reader.load(at, Int32.self))
    vtableBytes = Int(try reader.load(vtable, UInt16.self))
    guard vtableBytes >= 4, vtableBytes <= reader.bytes.count - vtable else {
      throw FlatReader.Damage(what: "a table without its layout")
    }
  }

  /// Where a slot's value lies; nil where the table leaves it at its default.
  private func place(_ slot: Int) throws(FlatReader.Damage) -> Int? {
    let entry = 4 + 2 * slot
    guard entry + 2 <= vtableBytes else { return nil }
    let offset = Int(try reader.load(vtable + entry, UInt16.self))
    return offset == 0 ? nil : at + offset
  }

  func number<T: FixedWidthInteger & BitwiseCopyable>(
    _ slot: Int, _: T.Type = T.self
  ) throws(FlatReader.Damage) -> T {
    guard let place = try place(slot) else { return 0 }
    return try reader.load(place)
  }

  func table(_ slot: Int) throws(FlatReader.Damage) -> FlatTable? {
    guard let place = try place(slot) else { return nil }
    return try FlatTable(reader, at: try reader.follow(place))
  }

  func text(_ slot: Int) throws(FlatReader.Damage) -> String? {
    guard let place = try place(slot) else { return nil }
    return try reader.text(try reader.follow(place))
  }

  /// A vector of structs or numbers; empty where there is none.
  func vector(_ slot: Int, elementBytes: Int) throws(FlatReader.Damage) -> (first: Int, count: Int) {
    guard let place = try place(slot) else { return (0, 0) }
    return try reader.vector(try reader.follow(place), elementBytes: elementBytes)
  }

  /// A vector of tables.
  func tables(_ slot: Int) throws(FlatReader.Damage) -> [FlatTable] {
    let (first, count) = try vector(slot, elementBytes: 4)
    var tables: [FlatTable] = []
    for i in 0..<count { tables.append(try FlatTable(reader, at: try reader.follow(first + 4 * i))) }
    return tables
  }
}
