// The program around the fuzz targets, run by libFuzzer. Built and started by tools/fuzz.

/// libFuzzer's main loop, from the toolchain's archive.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

extension FuzzTarget {
  fileprivate nonisolated(unsafe) static var chosen: FuzzTarget?
}

@main
struct Program {
  /// `quotewire-fuzz TARGET [libFuzzer's arguments]`; without a target, prints the names of all.
  static func main() {
    let name = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
      for target in FuzzTarget.all { print(target.name) }
      return
    }
    unsafe FuzzTarget.chosen = target
    // The driver is not to see the target's name, which it would take for a folder.
    var count = CommandLine.argc - 1
    var words = unsafe CommandLine.unsafeArgv + 1
    unsafe words[0] = CommandLine.unsafeArgv[0]
    _ = unsafe runDriver(&count, &words) { bytes, count in
      let input = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count))
      unsafe FuzzTarget.chosen?.run(input)
      return 0
    }
  }
}
