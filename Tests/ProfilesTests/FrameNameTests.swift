import TestSupport
import Testing

@testable import Profiles

@Suite("Names of frames", .tags(.unit))
struct FrameNameTests {
  @Test(
    "a demangled Swift name gives its module, type, function and labels",
    arguments: [
      ("DXLink.FrameReader.readRows(JSON.Cursor, batch: inout Market.EventBatch) throws(JSON.JSONError) -> Swift.Int",
        "DXLink", "FrameReader.readRows(_:batch:)"),
      ("DXLink.FrameReader.(readRows in _0E836972E907A89D)(_: Swift.Int, flush: (inout A.B, Swift.Int) -> ()) -> ()",
        "DXLink", "FrameReader.readRows(_:flush:)"),
      ("static JSON.Number.scan(Swift.UnsafeRawPointer, Swift.Int) -> Swift.Bool", "JSON", "Number.scan(_:_:)"),
      ("JSON.SIMDLevel.supported.getter : [JSON.SIMDLevel]", "JSON", "SIMDLevel.supported.getter"),
      ("Ingest.Replay.run() -> (Ingest.PipelineTotals, digest: Market.Digest?)", "Ingest", "Replay.run()"),
      ("closure #1 () -> () in Ingest.ReplayRun.run(Ingest.ReplaySettings) throws -> ()", "Ingest",
        "ReplayRun.run(_:) closure 1"),
      ("closure #2 (Swift.Int) -> () in closure #1 () -> () in Sinks.SinkSet.start() -> ()", "Sinks",
        "SinkSet.start() closure 1 closure 2"),
      ("walk #1 (Swift.Int) -> () in JSON.Cursor.skip() -> ()", "JSON", "Cursor.skip() walk"),
      ("generic specialization <Swift.UInt8, [Swift.Int]> of Swift.Array.append(__owned A) -> ()", "Swift",
        "Array.append(_:)"),
      ("merged generic not re-abstracted specialization <() -> ()> of Rings.Bell.wait<A>(A) -> ()", "Rings",
        "Bell.wait(_:)"),
      ("function signature specialization <Arg[0] = Dead> of static Market.Digest.total([Market.Digest]) -> Swift.Int",
        "Market", "Digest.total(_:)"),
      ("(extension in DXLink):JSON.Cursor.readSymbol() -> Swift.Int", "DXLink", "Cursor.readSymbol()"),
      ("type metadata accessor for Market.EventBatch", "Market", "type metadata accessor for EventBatch"),
      ("outlined consume of Swift.String?", "Swift", "outlined consume of String?"),
      ("one-time initialization function for schema", nil, "one-time initialization function for schema"),
      ("Swift.Int.< infix(Swift.Int, Swift.Int) -> Swift.Bool", "Swift", "Int.<"),
      ("static QuotewireCLI.ReplayCommand.run@Sendable (QuotewireCLI.Arguments) throws -> ()", "QuotewireCLI",
        "ReplayCommand.run(_:)"),
      ("closure #1 () -> () in variable initialization expression of static Market.Schema.all : [Market.Schema]",
        "Market", "variable initialization expression of Schema.all closure 1"),
      ("Market.Quote.price.modify : Swift.Double with unmangled suffix \".resume.0\"", "Market", "Quote.price.modify"),
      ("Synchronization.Atomic.load(ordering: Synchronization.AtomicLoadOrdering) -> A", "Swift",
        "Atomic.load(ordering:)"),
    ] as [(String, String?, String)])
  func shortened(text: String, module: String?, name: String) {
    let read = SwiftName(text)
    #expect(read.module == module)
    #expect(read.name == name)
  }

  @Test("broken names come out as something, and end")
  func broken() {
    var random = SeededRandom(seed: 909)
    let pieces = [
      "generic specialization <", "closure #1 ", " in ", "(", ")", "<", ">", ".", ", ", "A", " -> ", " #", ":",
    ]
    for _ in 0..<2000 {
      let count = Int.random(in: 1...12, using: &random)
      let text = (0..<count).map { _ in pieces.randomElement(using: &random)! }.joined()
      #expect(!SwiftName(text).name.isEmpty, "\(text), seed \(random.seed)")
    }
  }

  @Test(
    "a symbol and its file give a module and a name",
    arguments: [
      ("$s4JSON6CursorV10readDoubleSdyAA9JSONErrorOYKF", "/x/quotewire-bench", "JSON`Cursor.readDouble()"),
      ("qw_json_index_avx2", "/x/quotewire-bench", "CShims`qw_json_index_avx2"),
      ("malloc", "/x/quotewire-bench", "CAllocations`malloc"),
      ("main", "/x/quotewire-bench", "main"),
      ("swift_retain", "/opt/libswiftCore.so", "Swift`swift_retain"),
      ("_ZN5swift4lock3fooEv", "/opt/libswiftCore.so", "Swift`swift::lock::foo"),
      ("swift::Lock<int (*)(char)>::once(int, char)", "/opt/libswiftCore.so", "Swift`swift::Lock::once"),
      ("do_syscall_64", "[kernel.kallsyms]", "kernel`do_syscall_64"),
      ("EVP_DecryptUpdate", "/usr/lib/libcrypto.so.3", "libssl`EVP_DecryptUpdate"),
      ("[unknown]", "/usr/lib/libc.so.6", "libc`[libc.so.6]"),
      ("[unknown]", "[unknown]", "[unknown]"),
      ("ZSTD_decompress", "/usr/lib/libzstd.so.1", "libzstd.so.1`ZSTD_decompress"),
    ])
  func made(symbol: String, object: String, frame: String) {
    #expect(FrameName.make(symbol: symbol, object: object, program: "quotewire-bench") == frame)
  }

  @Test("a name can neither end its frame nor its line")
  func hostile() {
    let frame = FrameName.make(symbol: "a;b`c\nd\te 7\u{7F}", object: "", program: "p")
    #expect(frame == "CShims`a,b'c d e 7 ")
    let long = FrameName.make(symbol: String(repeating: "x", count: 5000), object: "[kernel]", program: "p")
    #expect(long == "kernel`" + String(repeating: "x", count: FrameName.limit) + "…")
  }
}
