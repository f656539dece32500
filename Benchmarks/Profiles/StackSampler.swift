import CSampler
import IO

/// Takes call stacks of this process by a timer on each thread's CPU time; see CSampler.
package enum StackSampler {
  /// Words of the buffer: some minutes of CPU time at the usual depth.
  package static let capacityWords = 4 << 20
  /// What the kernel's tick allows on most machines.
  package static let hertz = 250
  /// Longest `/proc/self/maps` that is read.
  private static let mapLimitBytes = 16 << 20

  /// What was taken.
  package struct Outcome: Sendable {
    package var stacks = FoldedStacks()
    /// Samples that found the buffer full.
    package var dropped = 0
  }

  /// Runs `body`; samples are taken while the gate is open (`openGate`, or the clock of a stage).
  package static func run(hertz: Int = hertz, capacityWords: Int = capacityWords, _ body: () throws -> Void) throws
    -> Outcome
  {
    let failed = qw_sampler_start(Int32(clamping: hertz), capacityWords)
    guard failed == 0 else { throw ProfileError.sampler(errno: failed) }
    do { try body() } catch {
      qw_sampler_stop()
      throw error
    }
    qw_sampler_stop()
    return try collected()
  }

  package static func openGate() { qw_sampler_gate(1) }
  package static func closeGate() { qw_sampler_gate(0) }

  /// Lets the gate switch a perf that waits for commands.
  package static func control(_ control: Int32, answers: Int32) { qw_sampler_control(control, answers) }

  private static func collected() throws(IOError) -> Outcome {
    var outcome = Outcome()
    var count = 0
    var dropped: UInt64 = 0
    let words = unsafe qw_sampler_words(&count, &dropped)
    outcome.dropped = Int(clamping: dropped)
    let text = try File.contents(of: "/proc/self/maps", limitBytes: mapLimitBytes)
    var symbols = Symboliser(MemoryMap(String(decoding: text, as: UTF8.self)))
    let names = threadNames()
    var at = 0
    guard let words = unsafe words else { return outcome }
    // The buffer stays until the next start; `count` ends with a whole sample.
    while at < count {
      let head = unsafe words[at]
      let depth = Int(head >> 32)
      var stack: [String] = []
      for i in (0..<depth).reversed() {
        // A return address stands behind its call, which may be the last of its function.
        stack.append(symbols.frame(unsafe words[at + 1 + i] &- (i == 0 ? 0 : 1)))
      }
      let root = names[UInt32(truncatingIfNeeded: head)] ?? "thread"
      outcome.stacks.add([root] + FoldedStacks.withoutStart(stack), 1)
      at += depth + 1
    }
    return outcome
  }

  private static func threadNames() -> [UInt32: String] {
    var names: [UInt32: String] = [:]
    var name = [CChar](repeating: 0, count: 16)
    var i = 0
    while true {
      let tid = unsafe qw_sampler_thread(i, &name)
      if tid == 0 { return names }
      let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      if !bytes.isEmpty { names[UInt32(tid)] = FrameName.join("", String(decoding: bytes, as: UTF8.self)) }
      i += 1
    }
  }
}

/// Addresses of this process to frames; each file's symbols are read once.
struct Symboliser {
  private let map: MemoryMap
  private let program: String
  private var files: [String: ELFSymbols] = [:]
  private var frames: [UInt64: String] = [:]

  init(_ map: MemoryMap) {
    self.map = map
    // Its start code is what the kernel maps first.
    let path = CommandLine.arguments.first ?? ""
    program = path.split(separator: "/").last.map { String($0) } ?? ""
  }

  mutating func frame(_ address: UInt64) -> String {
    if let known = frames[address] { return known }
    let name = make(address)
    frames[address] = name
    return name
  }

  private mutating func make(_ address: UInt64) -> String {
    guard let range = map.range(of: address) else {
      return FrameName.make(symbol: "[unknown]", object: "", program: program)
    }
    let symbols = files[range.path] ?? ELFSymbols(path: range.path)
    files[range.path] = symbols
    let symbol = symbols.name(offset: address - range.start + range.offset) ?? ""
    return FrameName.make(symbol: symbol, object: range.path, program: program)
  }
}
