import Glibc

/// Runs a program with a script and gives its standard output; nil where the program is absent.
func run(_ command: String) -> String? {
  guard let pipe = unsafe popen(command, "r") else { return nil }
  var out: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 4096)
  while true {
    let got = unsafe fread(&block, 1, block.count, pipe)
    if got == 0 { break }
    out += block[0..<got]
  }
  return unsafe pclose(pipe) == 0 ? String(decoding: out, as: UTF8.self) : nil
}

func write(_ bytes: [UInt8], to path: String) {
  guard let file = unsafe fopen(path, "wb") else { preconditionFailure("cannot write \(path)") }
  unsafe fwrite(bytes, 1, bytes.count, file)
  unsafe fclose(file)
}
