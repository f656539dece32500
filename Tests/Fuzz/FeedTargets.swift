import DXLink
import JSON
import Market

/// Frames of the feed. An input is
///
///     level and configuration, one byte each; frames, each ended by 0xFF, which no JSON text holds
enum FeedTargets {
  static let all = [
    FuzzTarget(name: "feed", run: compare), FuzzTarget(name: "message", run: message),
  ]
  private static let separator: UInt8 = 0xFF

  /// FEED_CONFIGs of every kind of column: each type with all fields, few fields, the type's name in front.
  private static let configs: [[UInt8]] = EventType.allCases.flatMap { type in
    let names = FieldLists(.all)[type]
    let plain = names.filter { Schema.of(type).field($0)?.kind != .json }
    return [plain, ["eventType"] + plain, Array(plain.prefix(5)), names].map { config(type, $0) }
  } + [Array(#"{"type":"FEED_CONFIG","channel":1,"dataFormat":"FULL"}"#.utf8), []]

  private static func config(_ type: EventType, _ names: [String]) -> [UInt8] {
    let list = names.map { "\"\($0)\"" }.joined(separator: ",")
    return Array(
      "{\"type\":\"FEED_CONFIG\",\"channel\":1,\"dataFormat\":\"COMPACT\",\"eventFields\":{\"\(type.name)\":[\(list)]}}"
        .utf8)
  }

  /// A decoder with what it needs, and what came out of it.
  private struct Reading: ~Copyable {
    var decoder: FeedDecoder
    var batch = EventBatch(capacity: 64)
    var texts = TextTable()
    var flushes = 0

    init(_ level: SIMDLevel, predicts: Bool) { decoder = FeedDecoder(level: level, predicts: predicts) }

    mutating func read(_ frame: Padded) -> (outcome: String, events: [EventCopy]) {
      var flushed: [EventCopy] = []
      let store = texts.store
      let outcome: String
      do throws(FeedError) {
        let received = try unsafe frame.withBytes { bytes throws(FeedError) in
          try unsafe decoder.decode(bytes, receivedNanos: 7, batch: &batch, texts: &texts) { batch in
            flushed += EventCopy.all(batch, store)
            batch.removeAll()
          }
        }
        outcome = "\(received)"
      } catch {
        outcome = "refused"
      }
      let events = flushed + EventCopy.all(batch, store)
      batch.removeAll()
      return (outcome, events)
    }
  }

  /// The predicted layout takes nothing that the scanner refuses, and gives the same events, whatever stands around.
  private static func compare(_ input: [UInt8]) {
    guard input.count > 2 else { return }
    let levels = SIMDLevel.supported
    let level = levels[Int(input[0]) % levels.count]
    var predicting = Reading(level, predicts: true)
    var strict = Reading(level, predicts: false)
    let frames = [configs[Int(input[1]) % configs.count][...]] + input[2...].split(separator: separator)
    for frame in frames where !frame.isEmpty {
      // Behind a frame stands what follows it in the input, or more of itself.
      let around = frame.endIndex + 1 < input.count ? Array(input[(frame.endIndex + 1)...].prefix(256)) : Array(frame)
      let a = predicting.read(Padded(frame, around: around))
      let b = strict.read(Padded(frame, around: [0]))
      if a.outcome != b.outcome { wrong("\(level): \(a.outcome) instead of \(b.outcome): \(text(frame))") }
      if a.events != b.events { wrong("\(level): other events: \(a.events) instead of \(b.events): \(text(frame))") }
      if let name = difference(predicting.decoder.counters, strict.decoder.counters) {
        wrong("\(level): the counters differ in \(name): \(text(frame))")
      }
    }
  }

  private static func difference(_ a: FeedCounters, _ b: FeedCounters) -> String? {
    let pairs: [(String, Int, Int)] = [
      ("frames", a.frames, b.frames), ("feedDataFrames", a.feedDataFrames, b.feedDataFrames),
      ("framesRefused", a.framesRefused, b.framesRefused), ("framesIgnored", a.framesIgnored, b.framesIgnored),
      ("rowsDecoded", a.rowsDecoded, b.rowsDecoded), ("rowsMalformed", a.rowsMalformed, b.rowsMalformed),
      ("unknownType", a.unknownType, b.unknownType), ("unknownField", a.unknownField, b.unknownField),
      ("unknownValue", a.unknownValue, b.unknownValue), ("textsRefused", a.textsRefused, b.textsRefused),
    ]
    return pairs.first { $0.1 != $0.2 }.map { "\($0.0): \($0.1) instead of \($0.2)" }
  }

  /// A session's message, read twice: as a payload and as bytes without padding.
  private static func message(_ input: [UInt8]) {
    var reader = MessageReader(maximumBytes: 1 << 16)
    func outcome(_ body: () throws(FeedError) -> SessionMessage) -> String {
      do throws(FeedError) { return "\(try body())" } catch { return "\(error)" }
    }
    let padded = Padded(input, around: input.isEmpty ? [0] : input)
    let a = outcome { () throws(FeedError) in
      try unsafe padded.withBytes { b throws(FeedError) in try unsafe reader.read(b) }
    }
    let b = outcome { () throws(FeedError) in try unsafe reader.readCopy(input.span.bytes) }
    if a != b { wrong("\(a) instead of \(b): \(text(input))") }
  }
}
