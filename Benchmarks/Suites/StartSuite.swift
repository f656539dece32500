import BenchmarkKit
import IO
import Recording
import Simulator

/// The program's start, in a process of its own: from its creation over the first event to its end. Each iteration is
/// a process that ends with its first event, so the time to that event is no longer than what is measured.
enum StartSuite {
  static var all: [Benchmark] {
    [
      Benchmark("cold-start/replay", input: "process start to the end after the first event of a replay") { size in
        let start = try Start()
        let arguments = ["replay", start.recording, "--limit", "1", "--to", "null:"]
        return start.work { try start.run(arguments) }
      },
      Benchmark("cold-start/live", input: "process start to the end after the first event of a local feed (ws)") {
        size in
        let start = try Start()
        let server = try ServerThread(
          Loopback.configuration(.recording(path: start.recording, speed: .max, isLooped: true)))
        let arguments = [
          "ingest", "--url", "ws://127.0.0.1:\(server.address.port)/", "--types", "Quote", "--symbols", "*",
          "--limit", "1", "--reconnect", "0", "--to", "null:",
        ]
        return start.work { try withExtendedLifetime(server) { try start.run(arguments) } }
      },
    ]
  }
}

private final class Start {
  private let market: MarketInput
  private let folder: TemporaryPlace
  private let program: String
  let recording: String

  init() throws {
    market = try MarketInput("Quote:1", .smoke)
    folder = try TemporaryPlace()
    program = try Place.program("quotewire")
    recording = folder.file("in.qwr")
    try market.write(to: recording)
  }

  func work(_ iterate: @escaping () throws -> UInt64) -> Work {
    market.work(Units(items: 1), expectedDigest: 0, iterate)
  }

  /// The exit code, 0 when the event came.
  func run(_ arguments: [String]) throws -> UInt64 {
    UInt64(UInt32(bitPattern: try ChildProcess(program, arguments).wait()))
  }
}
