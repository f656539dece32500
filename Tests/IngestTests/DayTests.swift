import Bytes
import DXLink
import IO
import Market
import Recording
import Rings
import TestSupport
import Testing

@testable import Ingest
@testable import Sinks

/// A day of a slow feed in a second: the session, the pipeline, a sink's rows with their rotation, and the recording
/// are given the time, as their threads give it to them.
private struct Day: ~Copyable {
  static let secondNanos: Int64 = 1_000_000_000
  static let start = MonotonicNanos(rawValue: 5_000_000_000_000)
  static let wallStart: Int64 = 1_772_409_600_000_000_000

  var now = Day.start
  var session: Session
  var pipeline: PayloadPipeline
  var decoder = FeedDecoder()
  var consumer: RecordConsumer
  var body: NDJSONBody
  var writer = RecordingWriter(fileID: 1, created: WallNanos(rawValue: wallStart))
  var recording: [UInt8] = []
  var reader = MessageReader()
  var keepalives = 0
  var failure: SessionFailure?
  var received = 0

  init(_ folder: TemporaryFolder) throws {
    let stop = try StopFlag()
    let spec = try SinkSpec(parsing: "ndjson:x?rotate-seconds=3600")
    let body = try NDJSONBody(file: folder.file("rows"), spec: spec, force: false)
    self.body = body
    var options = Session.Options()
    options.keepaliveSeconds = 60
    session = Session(options: options)
    pipeline = PayloadPipeline(stop: stop, wantsDigest: true)
    var ring = RecordRing(capacity: 1024)
    pipeline.connect([RingPort(ring.takeProducer(), .wait, SinkCounters())])
    consumer = ring.takeConsumer()
  }

  /// The wall clock is set back by a minute at noon, as at the end of a bad day of its own clock.
  var arrival: Arrival {
    let passed = now.nanos(since: Self.start)
    let set: Int64 = passed > 43_200 * Self.secondNanos ? -60 * Self.secondNanos : 0
    return Arrival(wall: WallNanos(rawValue: Self.wallStart + passed + set), monotonic: now)
  }

  mutating func receive(_ text: String) throws {
    received += 1
    let arrival = arrival
    session.receivedAnything(now: now)
    try unsafe Padded(text).withBytes { b in
      try unsafe writer.append(.received, lane: 0, arrival: arrival, payload: b)
      if case .message(let message) = try unsafe pipeline.accept(b, arrival, &decoder) {
        session.received(message, now: arrival.monotonic)
      }
    }
    pipeline.deliver()
  }

  /// What a lane does between reads.
  mutating func turn() throws {
    if now >= session.nextDeadline { session.advance(now: now) }
    var sent: [String] = []
    var failure = failure
    unsafe session.drainActions { action, bytes in
      switch action {
      case .send(let range, _):
        unsafe sent.append(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self))
      case .fail(let why): failure = why
      default: break
      }
    }
    self.failure = failure
    keepalives += sent.count { $0.contains("KEEPALIVE") }
    let texts = pipeline.textStore
    var events: [[UInt8]] = []
    _ = unsafe consumer.drain { record in unsafe EventRef(record).withBytes { b in unsafe events.append([UInt8](b)) } }
    for event in events { unsafe event.withUnsafeBytes { b in unsafe body.append(EventRef(b.baseAddress!), texts) } }
    try body.flush(now: now)
    try body.rotate(now: now)
    writer.closeSegmentIfDue(now: now)
    let count = unsafe writer.withPending { b in
      unsafe recording.append(contentsOf: b)
      return b.count
    }
    writer.removePending(count)
  }

  mutating func pass(seconds: Int64) { now = now.advanced(byNanos: seconds * Self.secondNanos) }
}

@Suite("Twenty-four hours of a slow feed, in simulated time", .tags(.unit))
struct DayTests {
  @Test("keep the session alive, rotate every hour, and record what replays to the same events")
  func day() throws {
    let folder = TemporaryFolder()
    var day = try Day(folder)
    _ = day.session.changeSubscriptions(add: [Subscription(.quote, "AAPL")], now: day.now)
    day.session.connected(now: day.now)
    try day.turn()
    try day.receive(
      #"{"type":"SETUP","channel":0,"keepaliveTimeout":60,"acceptKeepaliveTimeout":60,"version":"1.0-x/1.0"}"#)
    try day.receive(#"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"u1"}"#)
    try day.turn()
    try day.receive(
      #"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO","subFormat":"LIST"}}"#)
    try day.receive(
      #"{"type":"FEED_CONFIG","channel":1,"dataFormat":"COMPACT","eventFields":{"Quote":["eventSymbol","bidPrice"]}}"#)
    try day.turn()
    let quotes = 24 * 60
    for minute in 0..<quotes {
      // A quote a minute; a keepalive of the server half a minute later; the client's own come at their deadlines.
      for second in stride(from: 0 as Int64, to: 60, by: 5) {
        if second == 0 { try day.receive(#"{"type":"FEED_DATA","channel":1,"data":["Quote",["AAPL",\#(minute)]]}"#) }
        if second == 30 { try day.receive(#"{"type":"KEEPALIVE","channel":0}"#) }
        day.pass(seconds: 5)
        try day.turn()
      }
      if day.failure != nil { break }
    }
    let failure = day.failure
    #expect(failure == nil)
    // At least one in the server's time-out of 60 s, and no flood.
    let keepalives = day.keepalives
    #expect((quotes...quotes * 4).contains(keepalives), "\(keepalives) keepalives")
    try day.body.finish()
    let names = Places.names(in: folder.path)
    #expect((24...25).contains(names.count), "\(names.count) files")
    let rows = names.flatMap { (Places.read(folder.file($0)) ?? []).split(separator: 0x0A) }
    #expect(rows.count == quotes)
    for (minute, row) in rows.enumerated() {
      #expect(String(decoding: row, as: UTF8.self).contains("\"bidPrice\":\(minute).0,"))
    }
    day.writer.close(at: day.arrival)
    try day.turn()
    try judge(day.recording, received: day.received, digest: day.pipeline.digest, day.pipeline.textStore, folder)
    // The server falls silent: the session says so within its time-out, and not before.
    day.pass(seconds: 50)
    try day.turn()
    let early = day.failure
    day.pass(seconds: 70)
    try day.turn()
    let late = day.failure
    #expect(early == nil)
    guard case .silence = late else {
      Issue.record("no word of the silence: \(String(describing: late))")
      return
    }
  }

  private func judge(
    _ bytes: [UInt8], received: Int, digest: Digest?, _ texts: TextStore, _ folder: TemporaryFolder
  ) throws {
    let path = folder.file("day.qwr")
    var file = try File(path, .create())
    try unsafe file.write(bytes.span.bytes)
    try file.close()
    let map = try MappedFile(path)
    let inspection = try unsafe map.withBytes { b in
      var reader = try unsafe RecordingReader(b)
      return RecordingInspection(reading: &reader)
    }
    #expect(inspection.verdict == .clean && inspection.statistics.received == UInt64(received))
    // A segment a minute: a crash or a search never has more than that to read again.
    #expect(inspection.segments > 24 * 50)
    var settings = ReplaySettings(files: [path])
    settings.run.sinks = [try SinkSpec(parsing: "null:")]
    let outcome = try ReplayRun.run(settings, RunHooks(attention: try Wakeup()))
    #expect(outcome.report.totals.events == 24 * 60 && outcome.report.isBalanced)
    let live = try #require(digest)
    #expect(outcome.report.digest == Digest.text(Digest.total([(live, texts)])))
  }
}
