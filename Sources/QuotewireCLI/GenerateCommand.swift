import Bytes
import IO
import Simulator
import Sinks

enum GenerateCommand {
  static let command = Command(
    name: "generate", summary: "make a recording of a generated market: the same spec gives the same bytes",
    operands: "SPEC FILE.qwr", operandCount: 2...2,
    options: [
      OptionSpec("zstd", "compress the recording (needs libzstd)"),
      OptionSpec("manifest", "print the recording's manifest line (JSON) on standard output"),
      RunOptions.force,
    ],
    notes: notes, run: run)

  private static var notes: String {
    var text = "SPEC is KEY=VALUE,KEY=VALUE…:\n"
    for row in GenerateSpec.table { text += ServeCommand.line(row.key, row.values + ": " + row.meaning) }
    return text + "\nExample: quotewire generate seed=1,symbols=500,rate=20000,duration=60s large.qwr"
  }

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    let path = arguments.operands[1]
    let spec: GenerateSpec
    do { spec = try GenerateSpec(arguments.operands[0]) } catch { throw .usage("\(error)") }
    do {
      var file = try PendingFile(path, force: arguments.has("force"))
      let compression = arguments.has("zstd") ? try ZstdCompression() : nil
      var bytes = 0
      let summary = try unsafe GeneratedRecording.make(spec, compression: compression) { block in
        try unsafe file.file.write(block)
        bytes += block.count
      }
      try file.commit()
      Console().say(
        "\(path): \(Count.bytes(bytes)), \(summary.frames) frames, \(summary.eventsDecoded) events, "
          + "digest \(summary.digest)")
      if arguments.has("manifest") { _ = try StandardStream.output.write(manifest(path, bytes, summary)) }
      return .done
    } catch let error as SimulatorError {
      throw CommandFailure("\(error)")
    } catch { throw CommandFailure("\(error)") }
  }

  private static func manifest(_ path: String, _ bytes: Int, _ s: GeneratedRecording.Summary) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return "{\"file\":\"\(name)\",\"spec\":\"\(s.spec)\",\"bytes\":\(bytes),\"frames\":\(s.frames),"
      + "\"events\":\(s.eventsDecoded),\"framesRefused\":\(s.framesRefused),\"rowsMalformed\":\(s.rowsMalformed),"
      + "\"digest\":\"\(s.digest)\"}\n"
  }
}
