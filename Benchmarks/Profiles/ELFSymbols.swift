import Bytes
import IO

/// The functions of an ELF file by address: its whole symbol table, or where that was stripped the dynamic one.
///
/// 64-bit little-endian files only; layouts are those of the System V ABI, chapters 4 and 5:
///
///     header:  40 section offset (8) | 58 size of a section header (2) | 60 number of sections (2)
///     section: 4 type (4) | 16 address (8) | 24 offset (8) | 32 size (8) | 40 link (4)
///     program: 0 type (4) | 8 offset (8) | 16 address (8) | 32 bytes in the file (8)
///     symbol:  0 name (4) | 4 info (1) | 6 section (2) | 8 value (8) | 16 size (8)
struct ELFSymbols {
  private struct Function {
    var start: UInt64
    var size: UInt64
    var name: String
  }

  private struct Loaded {
    var offset: UInt64
    var address: UInt64
    var count: UInt64
  }

  /// Sorted by their start.
  private var functions: [Function] = []
  private var loaded: [Loaded] = []

  /// A file that is not readable or no such ELF file has no symbols.
  init(path: String) {
    guard let map = try? MappedFile(path) else { return }
    unsafe map.withBytes { bytes in unsafe read(ELFBytes(bytes: bytes)) }
  }

  private mutating func read(_ file: ELFBytes) {
    // \u{7F}ELF, 64 bits, little-endian.
    guard file.number(0, 4) == 0x464C_457F, file.number(4, 1) == 2, file.number(5, 1) == 1 else { return }
    let programs = file.number(32, 8)
    for i in 0..<file.number(56, 2) {
      let at = programs &+ i &* file.number(54, 2)
      if file.number(at, 4) == 1 {
        loaded.append(
          Loaded(offset: file.number(at &+ 8, 8), address: file.number(at &+ 16, 8), count: file.number(at &+ 32, 8)))
      }
    }
    let sections = file.number(40, 8)
    let sectionBytes = file.number(58, 2)
    var tables: [UInt64: UInt64] = [:]
    for i in 0..<file.number(60, 2) {
      let at = sections &+ i &* sectionBytes
      tables[file.number(at &+ 4, 4)] = at
    }
    // SHT_SYMTAB, else SHT_DYNSYM.
    guard let table = tables[2] ?? tables[11] else { return }
    let strings = file.number(sections &+ file.number(table &+ 40, 4) &* sectionBytes &+ 24, 8)
    let start = file.number(table &+ 24, 8)
    let count = min(file.number(table &+ 32, 8), UInt64(file.count)) / 24
    for i in 0..<count {
      let at = start &+ i &* 24
      let kind = file.number(at &+ 4, 1) & 15
      let address = file.number(at &+ 8, 8)
      // STT_FUNC and STT_GNU_IFUNC that lie in the file; start code is of no type.
      guard kind == 2 || kind == 10 || kind == 0, file.number(at &+ 6, 2) != 0, address != 0 else { continue }
      let size = file.number(at &+ 16, 8)
      if kind == 0 && size == 0 { continue }
      functions.append(Function(start: address, size: size, name: file.text(strings &+ file.number(at, 4))))
    }
    functions.sort { ($0.start, $1.size, $0.name) < ($1.start, $0.size, $1.name) }
  }

  /// The function at an offset of the file.
  func name(offset: UInt64) -> String? {
    guard let part = loaded.first(where: { offset >= $0.offset && offset - $0.offset < $0.count }) else { return nil }
    return name(address: offset - part.offset + part.address)
  }

  func name(address: UInt64) -> String? {
    var low = 0
    var high = functions.count
    while low < high {
      let middle = (low + high) / 2
      if functions[middle].start <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    // Several names may have one start: the first of them is the longest.
    var first = low - 1
    while first > 0, functions[first - 1].start == functions[low - 1].start { first -= 1 }
    let found = functions[first]
    // Code behind its end belongs to a function whose name was stripped.
    return address - found.start < max(found.size, 1) ? found.name : nil
  }
}

/// Numbers and names out of a file that need not be what it says: what lies outside reads as zero.
@safe
private struct ELFBytes {
  let bytes: UnsafeRawBufferPointer
  static let longestName: UInt64 = 4096

  var count: Int { unsafe bytes.count }

  init(bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

  func number(_ at: UInt64, _ width: UInt64) -> UInt64 {
    guard at <= UInt64(count), width <= UInt64(count) - at else { return 0 }
    var value: UInt64 = 0
    for i in 0..<width { unsafe value |= UInt64(bytes[Int(at + i)]) << (8 * i) }
    return value
  }

  func text(_ at: UInt64) -> String {
    guard at < UInt64(count) else { return "" }
    let rest = unsafe bytes[Int(at)..<Int(min(UInt64(count), at + Self.longestName))]
    return unsafe String(decoding: rest.prefix { $0 != 0 }, as: UTF8.self)
  }
}
