import BenchmarkKit
import IO
import Simulator

/// A collection of 507 symbols, each in a process of its own from its creation to its end: one symbol after the other,
/// all at once, and from the cache. The server answers each symbol 50 ms after it was asked for.
enum CollectSuite {
  /// As many as the report had that this project grew out of.
  static let symbols = 507
  static let delayMillis: Int64 = 50

  static var all: [Benchmark] {
    [
      Benchmark("collect/sequential", input: "507 symbols one after the other, each answered after 50 ms: a process") {
        size in
        let story = try Story(size)
        var work = story.work(["--no-cache", "--sequential"])
        // One iteration waits 507 times 50 ms, 25 s in which nothing else is measured. What varies is far below that.
        work.sampling = .once
        return work
      },
      Benchmark("collect/parallel", input: "507 symbols at once, each answered after 50 ms: a process") { size in
        try Story(size).work(["--refresh"])
      },
      Benchmark("collect/cached", input: "507 symbols from the cache: a process") { size in
        let story = try Story(size)
        try story.run(["--refresh"])
        return story.work(["--max-age", "1d"])
      },
    ]
  }
}

private final class Story {
  private let server: ServerThread
  private let folder: TemporaryPlace
  private let program: String
  private let universe: String
  private let count: Int

  init(_ size: InputSize) throws {
    var configuration = Loopback.configuration(.answers(AnswerSpec()))
    configuration.session.answerDelayMillis = size == .smoke ? 1 : CollectSuite.delayMillis
    count = size == .smoke ? 10 : CollectSuite.symbols
    universe = "S{1..\(count)}"
    server = try ServerThread(configuration)
    folder = try TemporaryPlace()
    program = try Place.program("quotewire")
  }

  func work(_ options: [String]) -> Work {
    Work(Units(items: count), expectedDigest: 0) {
      try self.run(options)
      return 0
    }
  }

  /// Throws where a symbol has no answer.
  func run(_ options: [String]) throws {
    let arguments = ["collect", universe, "--url", "ws://127.0.0.1:\(server.address.port)/", "--strict"] + options
    let code = try ChildProcess(program, arguments, environment: ["XDG_CACHE_HOME": folder.path]).wait()
    guard code == 0 else { throw BenchmarkError.failed(benchmark: "collect", reason: "exit code \(code)") }
  }
}
