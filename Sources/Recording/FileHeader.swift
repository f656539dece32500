package import Bytes

/// The first 64 bytes of a recording.
///
///      0  magic 89 51 57 52 0D 0A 1A 0A   (the line ends show a file that was mangled as text)
///      8  major version (16)   10 minor version (16)
///     12  flags (32): bit 0 segments may be compressed; bits 0-15 must be known to a reader, 16-31 may be ignored
///     16  created, wall nanoseconds (64)
///     24  file id, random (64)
///     32  zeros
///     60  CRC-32C of bytes 0 to 59
package struct FileHeader: Hashable, Sendable {
  package var major: UInt16 = Layout.major
  package var minor: UInt16 = Layout.minor
  package var flags: UInt32
  package var created: WallNanos
  package var fileID: UInt64

  package static var compressionFlag: UInt32 { 1 }
  static var refusedFlags: UInt32 { 0xFFFE }
  static var magic: [UInt8] { [0x89, 0x51, 0x57, 0x52, 0x0D, 0x0A, 0x1A, 0x0A] }

  package var isCompressed: Bool { flags & Self.compressionFlag != 0 }

  /// - Parameter fileID: random, from the operating system; it guards entries against look-alikes.
  package init(compressed: Bool, created: WallNanos, fileID: UInt64) {
    flags = compressed ? Self.compressionFlag : 0
    self.created = created
    self.fileID = fileID
  }

  func encode(into writer: inout ByteWriter) {
    let start = writer.count
    writer.append(Self.magic)
    writer.append(raw: major.littleEndian)
    writer.append(raw: minor.littleEndian)
    writer.append(raw: flags.littleEndian)
    writer.append(raw: created.rawValue.littleEndian)
    writer.append(raw: fileID.littleEndian)
    for _ in 0..<7 { writer.append(raw: UInt32(0)) }
    let check = unsafe writer.withBytes { b in
      unsafe CRC32C.checksum(UnsafeRawBufferPointer(rebasing: b[start...]).bytes)
    }
    writer.append(raw: check.littleEndian)
  }

  /// Reads and checks the header of a file that is given whole, or at least with its first 64 bytes.
  package init(parsing file: UnsafeRawBufferPointer) throws(RecordingError) {
    if unsafe file.isEmpty { throw .empty }
    let fields = unsafe ByteFields(file)
    let seen = min(fields.count, Self.magic.count)
    for i in 0..<seen where fields.load(i, as: UInt8.self) != Self.magic[i] {
      throw unsafe .foreign(looksLike: ForeignFile.describe(file))
    }
    guard fields.count >= Layout.headerBytes else { throw .headerTorn(bytes: fields.count) }
    let checked = unsafe UnsafeRawBufferPointer(rebasing: file[0..<60])
    let isIntact = unsafe CRC32C.checksum(checked.bytes) == fields.load(60, as: UInt32.self)
    major = fields.load(8)
    minor = fields.load(10)
    // Before the checksum: a newer header may keep it elsewhere, only magic and version stay where they are.
    guard major <= Layout.major else { throw .newerVersion(major: major, minor: minor) }
    guard isIntact else { throw .headerDamaged }
    flags = fields.load(12)
    created = WallNanos(rawValue: fields.load(16))
    fileID = fields.load(24)
    guard flags & Self.refusedFlags == 0 else { throw .unknownFlags(flags & Self.refusedFlags) }
  }

  /// The CRC's state after the file id, from which every entry's CRC continues.
  var entrySeed: CRC32C {
    var crc = CRC32C()
    var id = fileID.littleEndian
    unsafe withUnsafeBytes(of: &id) { b in unsafe crc.update(b.bytes) }
    return crc
  }
}

/// Says what a file that is no recording seems to be.
enum ForeignFile {
  private static var known: [(bytes: [UInt8], name: String)] {
    [
      ([0x1F, 0x8B], "gzip data"), ([0x28, 0xB5, 0x2F, 0xFD], "a zstd file"), ([0x50, 0x4B, 0x03, 0x04], "a zip file"),
      (Array("PAR1".utf8), "a Parquet file"), (Array("ARROW1".utf8), "an Arrow file"),
      ([0x7F, 0x45, 0x4C, 0x46], "an ELF program"),
      ([0x89, 0x50, 0x4E, 0x47], "a PNG picture"), (Array("SQLite format 3".utf8), "an SQLite database"),
      (Array("#!".utf8), "a script"), ([0xEF, 0xBB, 0xBF], "text with a byte order mark"),
      ([0x89, 0x51, 0x57, 0x52], "a recording whose line ends were changed by a text transfer"),
    ]
  }

  static func describe(_ file: UnsafeRawBufferPointer) -> String {
    let first = unsafe Array(file.prefix(16))
    let hex = first.prefix(8).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return digits.count == 1 ? "0" + digits : digits
    }.joined(separator: " ")
    return "it begins with \(hex), which looks like \(guess(first))"
  }

  private static func guess(_ first: [UInt8]) -> String {
    for (bytes, name) in known where first.starts(with: bytes) { return name }
    if first.allSatisfy({ $0 == 0 }) { return "zeros" }
    let isText = first.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || $0 == 9 || $0 == 10 || $0 == 13 }
    guard isText else { return "unknown binary data" }
    let lead = first.first { $0 != 0x20 && $0 != 9 && $0 != 10 && $0 != 13 } ?? 0x20
    if lead == UInt8(ascii: "{") || lead == UInt8(ascii: "[") { return "JSON text (convert it first)" }
    if lead >= UInt8(ascii: "0") && lead <= UInt8(ascii: "9") && first.contains(9) {
      return "frame text (convert it first)"
    }
    return "text"
  }
}
