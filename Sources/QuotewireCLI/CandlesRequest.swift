import Collect
import Conversion
import DXLink
import History
import IO
import Ingest
import Market
import Sinks

/// What `candles` was asked for.
struct CandlesRequest {
  /// Canonical, sorted, each once.
  let symbols: [String]
  let fromTime: Int64
  let withinSeconds: Double
  let follows: Bool
  /// Nil for NDJSON on standard output.
  let file: (path: String, format: ConversionFormat)?
  let force: Bool

  private static let formats: [ConversionFormat] = [.csv, .ndjson, .arrow, .parquet]

  init(_ arguments: Arguments) throws(CommandFailure) {
    var names = arguments.operands.flatMap(IngestCommand.split)
    if let path = arguments.string("symbols-file") {
      do { names += try SymbolsFile.read(path, limitBytes: IngestCommand.maximumSymbolsBytes) } catch {
        throw CommandFailure("\(error)")
      }
    }
    if names.isEmpty { throw .usage("no symbol is given; write quotewire candles 'AAPL{=5m}' --from 2026-01-02") }
    var canonical = Set<String>()
    for name in names {
      do throws(CandleSymbolRefusal) { canonical.insert(try CandleSymbol(checking: name).description) } catch {
        throw .usage("\(error)")
      }
    }
    guard canonical.count <= CandlesCommand.maximumSymbols else {
      throw .usage("\(canonical.count) symbols are more than the \(CandlesCommand.maximumSymbols) of one run")
    }
    symbols = canonical.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard let from = arguments.string("from") else {
      throw .usage("--from is missing: the time of the first bar, as in --from 2026-01-02")
    }
    fromTime = try IngestCommand.time(from, "--from")
    withinSeconds = try arguments.seconds("within") ?? Double(60 + 2 * symbols.count)
    follows = arguments.has("follow")
    if arguments.has("for") && !follows {
      throw .usage("--for goes with --follow; --within limits the wait for the history")
    }
    force = arguments.has("force")
    let path = arguments.string("to") ?? "-"
    guard path != "-" else {
      file = nil
      return
    }
    guard let format = ConversionFormat(ending: path), Self.formats.contains(format) else {
      throw .usage("--to takes a file that ends with .csv, .ndjson, .arrow or .parquet, or -, not '\(path)'")
    }
    file = (path, format)
  }

  /// The run on a feed, with an end for its bars.
  func settings(_ output: CandleOutput, _ arguments: Arguments) throws(CommandFailure) -> IngestSettings {
    var settings = try settings(arguments)
    settings.run.stop = output.stop
    let gathering = output.gathering
    settings.ports = { _, texts in [CandlePort(texts: texts, gathering: gathering)] }
    return settings
  }

  /// The run on a feed. History needs the contract that has it, and snapshots as wholes.
  func settings(_ arguments: Arguments) throws(CommandFailure) -> IngestSettings {
    var lane = try IngestCommand.connection(try IngestCommand.url(arguments), arguments)
    do { _ = try lane.token.read() } catch { throw CommandFailure("--token-file: \(error)") }
    lane.session.contract = .history
    lane.session.fieldLists = FieldLists(.all)
    lane.subscriptions = symbols.map { Subscription(.candle, $0, fromTime: fromTime) }
    var settings = IngestSettings(lane: lane)
    settings.run.texts = .feed(subscriptions: symbols.count)
    settings.run.snapshots = .committed
    settings.run.wantsDigest = false
    settings.run.force = force
    do { settings.run.sinks = [try SinkSpec(parsing: "null:")] } catch { throw .usage("\(error)") }
    try LaneOptions.apply(arguments, to: &settings)
    settings.record = arguments.string("record")
    settings.seconds = try arguments.seconds("for")
    return settings
  }
}
