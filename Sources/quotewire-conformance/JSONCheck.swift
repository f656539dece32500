import Bytes
import IO
import JSON

/// Our scanner's verdicts on whole files and on single numbers.
enum JSONCheck {
  static let maximumBytes = 256 << 20

  /// 0 when the file is one valid JSON text of at most 64 levels, 1 (and the reason on standard error) when it is not.
  static func file(_ path: String) throws(IOError) -> Int32 {
    let contents = try File.contents(of: path, limitBytes: maximumBytes)
    var scanner = Scanner(maximumBytes: maximumBytes)
    do {
      try unsafe scanner.validateCopy(contents.span.bytes)
      return 0
    } catch {
      _ = try? StandardStream.error.write("\(path): \(error)\n")
      return 1
    }
  }

  /// Prints 1 for each text of the file that is valid JSON of at most 64 levels, 0 for each other. In front of a text
  /// stands its length in bytes: four bytes, the lowest first.
  static func many(_ path: String) throws(IOError) -> Int32 {
    let contents = try File.contents(of: path, limitBytes: maximumBytes)
    var scanner = Scanner()
    var out = ByteWriter(capacity: 1 << 16)
    var at = 0
    while at + 4 <= contents.count {
      let count = (0..<4).reduce(0) { $0 | Int(contents[at + $1]) << (8 * $1) }
      at += 4
      guard count <= contents.count - at else {
        _ = try? StandardStream.error.write("\(path): a text of \(count) bytes at \(at) is cut\n")
        return 1
      }
      let isValid = (try? unsafe scanner.validateCopy(contents[at..<at + count].span.bytes)) != nil
      out.append(isValid ? "1\n" : "0\n")
      at += count
    }
    try write(&out)
    return 0
  }

  /// Prints a double's bits for each line of standard input, `refused` for what is no JSON number.
  static func numbers() throws(IOError) -> Int32 {
    var out = ByteWriter(capacity: 1 << 16)
    while let line = readLine() {
      var text = line
      let value = text.withUTF8 { bytes in unsafe Number.parseDouble(UnsafeRawBufferPointer(bytes)) }
      if let value {
        let digits = String(value.bitPattern, radix: 16)
        out.append(String(repeating: "0", count: 16 - digits.count) + digits + "\n")
      } else {
        out.append("refused\n")
      }
      if out.count > 1 << 16 { try write(&out) }
    }
    try write(&out)
    return 0
  }

  private static func write(_ out: inout ByteWriter) throws(IOError) {
    _ = try unsafe out.withBytes { bytes throws(IOError) in try unsafe StandardStream.output.write(bytes) }
    out.removeAll()
  }
}
