import Bytes
import IO
import JSON

/// Our scanner's verdicts on whole files and on single numbers.
enum JSONCheck {
  static let maximumBytes = 256 << 20

  /// 0 when the file is one valid JSON text, 1 (and the reason on standard error) when it is not.
  static func file(_ path: String) throws(IOError) -> Int32 {
    let contents = try File.contents(of: path, limitBytes: maximumBytes)
    var scanner = Scanner(maximumBytes: maximumBytes, maximumDepth: 1024)
    do {
      try unsafe scanner.validateCopy(contents.span.bytes)
      return 0
    } catch {
      _ = try? StandardStream.error.write("\(path): \(error)\n")
      return 1
    }
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
