import Bytes
import Conversion
import Formats
import History
import IO
import Ingest
import Market
import Rings
import Synchronization

/// Where the bars of `candles` go. The lanes write: a slow disk or reader slows the feed down, and nothing is lost.
final class CandleOutput: Sendable {
  let gathering: CandleGathering
  let stop: StopFlag
  private let desk: Desk

  init(_ request: CandlesRequest) throws(CommandFailure) {
    let stop: StopFlag
    do { stop = try StopFlag() } catch { throw CommandFailure("\(error)") }
    let desk = Desk(try Body(request), stop)
    self.stop = stop
    self.desk = desk
    gathering = CandleGathering(
      request.symbols, goesOn: request.follows, write: { desk.write($0, $1) },
      settled: { if !request.follows { stop.drain() } })
  }

  /// The time for the history is over.
  func giveUp(ends: Bool) {
    gathering.giveUp()
    if ends { stop.drain() }
  }

  /// Completes the file.
  func finish() throws(CommandFailure) { try desk.finish() }

  /// What one thread at a time writes with.
  private final class Desk: Sendable {
    private let body: Mutex<Handover<Body>>
    private let stop: StopFlag

    init(_ body: consuming sending Body, _ stop: StopFlag) {
      self.body = Mutex(Handover(body))
      self.stop = stop
    }

    func write(_ position: Int, _ bars: [Candle]) {
      let isOver = body.withLock { handover in
        let body = handover.take()
        defer { handover = Handover(body) }
        body.write(position, bars)
        return body.isOver
      }
      if isOver { stop.drain() }
    }

    func finish() throws(CommandFailure) {
      let failure: String? = body.withLock { handover in
        let body = handover.take()
        defer { handover = Handover(body) }
        return body.finish()
      }
      if let failure { throw CommandFailure("the bars could not be written: \(failure)") }
    }
  }

  private final class Body {
    private let file: EventConversion?
    private let encoder = NDJSONEncoder()
    private var out = ByteWriter(capacity: 64 << 10)
    private var batch = EventBatch(capacity: 512)
    private var texts = TextTable()
    private let ids: [TextID]
    private var failure: String?
    /// Nobody takes rows any more.
    private(set) var isOver = false

    init(_ request: CandlesRequest) throws(CommandFailure) {
      var ids: [TextID] = []
      for symbol in request.symbols {
        guard let id = texts.intern(symbol) else { throw .usage("there is no room for so many symbols") }
        ids.append(id)
      }
      self.ids = ids
      guard let (path, format) = request.file else {
        file = nil
        return
      }
      var settings = ConversionSettings(inputs: [], output: path, format: format, isFolder: false, threads: 1)
      settings.force = request.force
      do throws(ConversionError) { file = try EventConversion(settings) } catch { throw ConvertCommand.failure(error) }
    }

    func write(_ position: Int, _ bars: [Candle]) {
      if isOver { return }
      for bar in bars {
        var mine = bar
        mine.head.symbol = ids[position]
        if batch.append(mine) { continue }
        flush()
        _ = batch.append(mine)
      }
      flush()
    }

    private func flush() {
      if isOver || batch.isEmpty { return }
      do {
        if let file {
          try file.take(batch, texts.store)
        } else {
          batch.forEach { encoder.append($0, texts.store, to: &out) }
          let written = try unsafe out.withBytes { b throws(IOError) in try unsafe StandardStream.output.write(b) }
          isOver = written == .readerGone
          out.removeAll()
        }
      } catch {
        failure = "\(error)"
        isOver = true
      }
      batch.removeAll()
    }

    func finish() -> String? {
      flush()
      if let failure { return failure }
      do throws(ConversionError) { _ = try file?.finish(single: .candle) } catch { return "\(error)" }
      return nil
    }
  }
}
