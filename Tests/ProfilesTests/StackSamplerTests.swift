import BenchmarkKit
import Glibc
import Rings
import TestSupport
import Testing

@testable import Profiles

/// CPU time of the calling thread.
private func threadSeconds() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Burns CPU time in a function that a profile can name.
@inline(never)
private func burnForTheProfile(_ seconds: Double) -> UInt64 {
  let end = threadSeconds() + seconds
  var value: UInt64 = 1
  repeat {
    for i in 0..<20_000 { value = value &* 6_364_136_223_846_793_005 &+ UInt64(i) }
  } while threadSeconds() < end
  return value
}

@inline(never)
private func callTheBurner(_ seconds: Double) -> UInt64 { burnForTheProfile(seconds) | 1 }

/// One sampler a process: the tests take turns.
@Suite("The sampler of our own", .serialized, .tags(.unit))
struct StackSamplerTests {
  private static let seconds = 0.3

  private static func has(_ stack: [String], _ name: String) -> Bool { stack.contains { $0.contains(name) } }

  @Test("a function that burns CPU time is found, with its callers in their order")
  func found() throws {
    let outcome = try StackSampler.run {
      StackSampler.openGate()
      #expect(callTheBurner(Self.seconds) != 0)
      StackSampler.closeGate()
    }
    let hits = outcome.stacks.counts.filter { Self.has($0.key, "burnForTheProfile") }
    #expect(hits.reduce(0) { $0 + $1.value } >= 5)
    let whole = hits.filter { stack, _ in
      let inner = stack.firstIndex { $0.contains("burnForTheProfile") } ?? 0
      let outer = stack.firstIndex { $0.contains("callTheBurner") } ?? stack.count
      return outer < inner && stack[outer].hasPrefix("ProfilesTests`")
    }
    #expect(whole.reduce(0) { $0 + $1.value } * 10 >= hits.reduce(0) { $0 + $1.value } * 9)
    #expect(outcome.dropped == 0)
  }

  @Test("nothing is taken while the gate is closed")
  func closed() throws {
    let outcome = try StackSampler.run { #expect(callTheBurner(Self.seconds) != 0) }
    #expect(outcome.stacks.total == 0)
  }

  @Test("a buffer that is full drops samples, says so, and keeps what it has")
  func full() throws {
    let outcome = try StackSampler.run(capacityWords: 300) {
      StackSampler.openGate()
      #expect(callTheBurner(Self.seconds) != 0)
      StackSampler.closeGate()
    }
    #expect(outcome.dropped > 0)
    #expect(outcome.stacks.total < 300)
    // Threads of other tests may be caught where they have no name or no caller.
    #expect(outcome.stacks.counts.keys.contains { $0.count > 1 && !Self.has($0, "[unknown]") })
  }

  @Test("threads that start later are sampled too, under their names")
  func threads() throws {
    let outcome = try StackSampler.run {
      StackSampler.openGate()
      let thread = try WorkerThread("burning-thread") { _ = burnForTheProfile(StackSamplerTests.seconds) }
      thread.join()
      StackSampler.closeGate()
    }
    #expect(outcome.stacks.counts.keys.contains { $0[0] == "burning-thread" && Self.has($0, "burnForTheProfile") })
  }

  @Test("a second sampler is refused while one runs, and a failed body ends it")
  func once() throws {
    let error = #expect(throws: ProfileError.self) {
      _ = try StackSampler.run { _ = try StackSampler.run {} }
    }
    #expect(error?.description.contains("errno \(EBUSY)") == true)
    #expect(try StackSampler.run {}.stacks.total == 0)
  }

  @Test("addresses of a library are found by its symbols, and those of nobody are unknown")
  func symbols() throws {
    let maps = String(decoding: Places.read("/proc/self/maps") ?? [], as: UTF8.self)
    var symbols = Symboliser(MemoryMap(maps))
    // NULL is RTLD_DEFAULT.
    let address = unsafe UInt64(UInt(bitPattern: dlsym(nil, "qsort")))
    #expect(symbols.frame(address).hasPrefix("libc`") && symbols.frame(address).contains("qsort"))
    #expect(symbols.frame(8) == "[unknown]")
  }

  @Test("a file that is no ELF file, or is cut, has no symbols and does no harm")
  func damaged() throws {
    let folder = TemporaryFolder()
    #expect(ELFSymbols(path: folder.file("missing")).name(address: 4096) == nil)
    let maps = MemoryMap(String(decoding: Places.read("/proc/self/maps") ?? [], as: UTF8.self))
    let library = try #require(maps.ranges.first { $0.path.contains("libc.so") }).path
    let whole = try #require(Places.read(library))
    for count in [0, 3, 63, 64, 200, 5000, whole.count] {
      var bytes = Array(whole[..<count])
      // Offsets beyond the end.
      if bytes.count > 48 { for i in 40..<48 { bytes[i] = 0xFF } }
      let path = folder.file("cut-\(count)")
      try RunFile.write(bytes, to: path)
      #expect(ELFSymbols(path: path).name(address: 4096) == nil)
    }
  }

  @Test("maps of memory are read, whatever stands in a path")
  func maps() {
    let map = MemoryMap(
      """
      1000-2000 r--p 00000000 fe:01 12   /lib/a
      2000-3000 r-xp 00001000 fe:01 12   /lib/a b (deleted)
      7000-8000 r-xp 00000000 00:00 0    [vdso]
      9000-a000 r-xp 00000000 00:00 0
      nonsense
      """)
    #expect(map.ranges.map(\.path) == ["/lib/a b (deleted)", "[vdso]"])
    #expect(map.range(of: 0x2FFF)?.offset == 0x1000)
    #expect(map.range(of: 0x3000) == nil)
    #expect(map.range(of: 0x1800) == nil)
  }
}
