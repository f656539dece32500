import Books
import DXLink
import Depth
import IO
import Ingest
import Market
import Rings
import Sinks
import Synchronization

/// Where the views of `book` go: rows, or a table on a terminal.
final class BookOutput: Sendable {
  private let writer: DepthWriter?
  private let screen: DepthScreen?
  private let depth: Int
  private let counts = Mutex(BookCounts())
  private let table = Mutex(DepthTable())
  /// What every run of `book` has in common.
  let run: RunSettings

  init(_ request: BookRequest, _ arguments: Arguments) throws(CommandFailure) {
    let isTable = !arguments.has("to") && StandardStream.output.isTerminal
    let limit = try arguments.int("limit", in: 1...Int.max) ?? .max
    let target = try DepthOptions.target(arguments.string("to") ?? "ndjson:-", "to")
    depth = request.depth
    screen = isTable ? DepthScreen() : nil
    var run = RunSettings()
    run.wantsDigest = false
    do {
      let stop = try StopFlag()
      run.stop = stop
      run.sinks = [try SinkSpec(parsing: "null:")]
      writer =
        isTable
        ? nil
        : try DepthWriter(target, depth: request.depth, limit: limit, force: arguments.has("force"), stop: stop)
    } catch { throw CommandFailure("\(error)") }
    if request.wantsDOM {
      let (writer, screen, depth, symbols) = (writer, screen, request.depth, Set(request.symbols))
      run.dom = { update in
        if !symbols.isEmpty && !symbols.contains(update.topic.symbol) { return }
        writer?.write(update)
        screen?.take(update, depth: depth)
      }
    }
    self.run = run
  }

  /// The port that keeps the books of a lane.
  func ports(_ request: BookRequest, _ texts: TextStore) -> [any SinkPort] {
    if request.wantsDOM { return [] }
    let filter = BookFilter(type: request.type, symbols: request.symbols, sources: request.sources)
    return [
      BookPort(
        texts: texts, filter: filter, depth: depth, limits: request.limits,
        take: { [writer, screen] view in
          writer?.write(view)
          screen?.take(view)
        }, batchEnded: { [writer] in writer?.batchEnded() },
        finished: { counts in self.counts.withLock { $0 += counts } })
    ]
  }

  func draw() {
    guard let screen else { return }
    table.withLock { $0.draw(screen, depth: depth) }
  }

  /// Completes the rows and chooses the exit code.
  func end(_ outcome: RunOutcome, _ console: Console, _ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    draw()
    do throws(DepthError) { try writer?.finish() } catch { throw CommandFailure("\(error)") }
    let counts = counts.withLock { $0 }
    if counts.refused > 0 {
      console.say("\(counts.refused) events found no room in their books; see --max-orders")
      if arguments.has("strict") { throw CommandFailure("books are not complete", .lossy) }
    }
    return try RunEnd.close(outcome, console, arguments)
  }
}

/// Draws a screen in place, a few times a second.
struct DepthTable {
  private var lastLines: [String] = []

  mutating func draw(_ screen: DepthScreen, depth: Int) {
    let lines = screen.lines(depth: depth, columns: StandardStream.output.terminalColumns ?? 80)
    if lines == lastLines { return }
    var text = lastLines.isEmpty ? "\u{1B}[2J" : ""
    text += "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    lastLines = lines
    _ = try? StandardStream.output.write(text)
  }
}
