import Depth
import IO
import Ingest
import Sinks

/// The rows of `--dom-to`.
struct DOMOutput {
  private let writer: DepthWriter?

  /// Has a run's DOM snapshots written, where they are wanted.
  init(_ arguments: Arguments, _ settings: inout RunSettings) throws(CommandFailure) {
    guard let text = arguments.string("dom-to") else {
      writer = nil
      return
    }
    let target = try DepthOptions.target(text, "dom-to")
    if target.file == nil, settings.sinks.contains(where: { $0.target == .ndjson(file: nil) }) {
      throw .usage("--to and --dom-to cannot both write to standard output")
    }
    do {
      let stop = try settings.stop ?? StopFlag(limit: settings.limit)
      let depth = DepthRange.levels.upperBound
      let writer = try DepthWriter(target, depth: depth, force: settings.force, stop: stop)
      settings.stop = stop
      settings.dom = { writer.write($0) }
      self.writer = writer
    } catch { throw CommandFailure("--dom-to: \(error)") }
  }

  /// To be called when the run is over.
  func finish() throws(CommandFailure) {
    do throws(DepthError) { try writer?.finish() } catch { throw CommandFailure("\(error)") }
  }
}
