import TestSupport
import Testing

@testable import Profiles

@Suite("Folded stacks", .tags(.unit))
struct FoldedStacksTests {
  @Test("equal stacks are added up, and the text is read back")
  func roundTrip() throws {
    let text = "qw-replay;A`f(_:b:) c;B`g 3\nqw-sink;A`h 2\nqw-replay;A`f(_:b:) c;B`g 4\n\n"
    let stacks = try FoldedStacks(lines: text.split(separator: "\n", omittingEmptySubsequences: false), path: "x")
    #expect(stacks.total == 9)
    #expect(stacks.text == "qw-replay;A`f(_:b:) c;B`g 7\nqw-sink;A`h 2\n")
    let again = try FoldedStacks(lines: stacks.text.split(separator: "\n"), path: "x")
    #expect(again.counts == stacks.counts)
    #expect(stacks.without(root: "qw-replay").total == 2)
  }

  @Test("a line without a count is refused with its number", arguments: ["a;b", "a;b x", "a -1", "a 1.5"])
  func refused(line: String) {
    let error = #expect(throws: ProfileError.self) {
      _ = try FoldedStacks(lines: ["a 1", line[...]], path: "stacks.txt")
    }
    #expect(error?.description.hasPrefix("stacks.txt, line 2:") == true)
  }

  @Test("the C library's start of a thread is left away, a stack of nothing else stays")
  func start() {
    #expect(FoldedStacks.withoutStart(["libc`clone3", "_start", "A`f", "libc`memmove"]) == ["A`f", "libc`memmove"])
    #expect(FoldedStacks.withoutStart(["libc`clone3", "libc`exit"]) == ["libc`clone3", "libc`exit"])
  }

  @Test("what perf script prints becomes stacks by thread, outermost frame first")
  func perfScript() throws {
    let text = """
      quotewire bench  8676 cpu-clock: 
      \tffffffff816117c2 __mmap_region ([kernel.kallsyms])
      \t           20ca3 mmap64 (/usr/lib/ld-linux-x86-64.so.2)
      \tffffffffffffffff [unknown] ([unknown])

      qw-replay  8687/8690 cpu-clock: 
      \t           ebfcd $s4JSON6CursorV10readDoubleSdyAA9JSONErrorOYKF (/x y/bench)
      \t           514481 swift::Box<int>::get(int (*)(char)) (/opt/libswiftCore.so)
      \t           10 [unknown] (/usr/lib/libc.so.6)
      qw-replay  8687 cpu-clock: 
      \t           ebfcd $s4JSON6CursorV10readDoubleSdyAA9JSONErrorOYKF (/x y/bench)

      """
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let stacks = try PerfScript.read(lines, path: "perf.txt", program: "bench")
    #expect(
      stacks.counts == [
        ["quotewire bench", "kernel`__mmap_region"]: 1,
        ["qw-replay", "Swift`swift::Box::get", "JSON`Cursor.readDouble()"]: 1,
        ["qw-replay", "JSON`Cursor.readDouble()"]: 1,
      ])
  }

  @Test("what is no output of perf script is refused", arguments: ["hello", "a 1 cpu-clock:\n\tzz name (file)"])
  func notPerf(text: String) {
    #expect(throws: ProfileError.self) {
      _ = try PerfScript.read(text.split(separator: "\n"), path: "perf.txt", program: "bench")
    }
  }

  @Test(
    "heaptrack's frames are told apart without their files",
    arguments: [
      ("$s6Ingest6ReplayV3runyyF (Replay.swift)", "Ingest`Replay.run()"),
      ("start_thread (pthread_create.c)", "libc`start_thread"),
      ("swift::once(swift::once_t&, void (*)(void*), void*)", "Swift`swift::once"),
      ("swift_slowAlloc", "Swift`swift_slowAlloc"),
      ("qw_json_index (json_index.c)", "CShims`qw_json_index"),
      ("ZSTD_createDCtx", "ZSTD_createDCtx"),
      ("0x7f6c9a8a57b9", "[unknown]"),
    ])
  func heaptrack(text: String, frame: String) {
    #expect(HeaptrackStacks.frame(text) == frame)
  }

  @Test("a table of places names ours, adds what the runtime took to its caller, and adds up")
  func sites() throws {
    let peak = try FoldedStacks(
      lines: ["t;Ingest`run();Rings`make();Swift`alloc;libc`malloc 3072", "t;Ingest`run();Swift`alloc 1024"], path: "p")
    let calls = try FoldedStacks(
      lines: ["t;Ingest`run();Rings`make();Swift`alloc;libc`malloc 5", "t;libc`x 2"], path: "c")
    let rows = ProfileTables.sites(peak: peak, calls: calls, rows: 1).split(separator: "\n")
    #expect(rows.count == 4)
    #expect(rows[1].split(separator: " ") == ["3.00", "KiB", "75.0", "%", "5", "Rings", "make()", "run()"])
    #expect(rows[2].split(separator: " ") == ["1.00", "KiB", "25.0", "%", "2", "2", "other", "places"])
    #expect(rows[3].split(separator: " ") == ["4.00", "KiB", "100.0", "%", "7", "all"])
  }

  @Test("the table of functions counts a recursive one once for each stack")
  func top() throws {
    let stacks = try FoldedStacks(lines: ["t;A`f;A`g;A`f 3", "t;A`g 1"], path: "p")
    let rows = ProfileTables.top(stacks, rows: 9, unit: "samples").split(separator: "\n").map { String($0) }
    #expect(rows[0] == "4 samples")
    #expect(rows[2].split(separator: " ") == ["75.0", "%", "75.0", "%", "A", "f"])
    #expect(rows[3].split(separator: " ") == ["25.0", "%", "100.0", "%", "A", "g"])
  }
}
