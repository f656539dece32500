package import BenchmarkKit
import Bytes
import DXLink
import IO
import Ingest
import Market
import Rings
import Sinks
import WebSocket

/// A small live client for one question: how long after its intended send time is a frame's last event in the ring?
///
/// The feed says when each frame should have been sent: a TimeAndSale as the frame's last event, whose `index` is
/// `stampBase` plus the sender's CLOCK_MONOTONIC in nanoseconds. One clock for both, so on one machine only. Times
/// count from the intended moment, not from the actual one: a feed that falls behind shows in every frame that was
/// late.
///
/// It is a lane's own way (link, decoder, pipeline, ring) without the session: the server has to answer greetings as
/// `tools/bench-peers` does. Events are published once a read, as a lane does; the ring is emptied on the same thread,
/// after the clock was read.
package enum LatencyClient {
  /// Makes every stamp 19 digits long.
  static let stampBase: Int64 = 1_000_000_000_000_000_000
  private static let silenceSeconds = 30.0
  private static let maximumSamples = 8 << 20

  private static let greetings = [
    #"{"type":"SETUP","channel":0,"version":"0.1-probe/1.0","keepaliveTimeout":60,"acceptKeepaliveTimeout":60}"#,
    #"{"type":"CHANNEL_REQUEST","channel":1,"service":"FEED","parameters":{"contract":"AUTO"}}"#,
    #"{"type":"FEED_SETUP","channel":1,"acceptAggregationPeriod":0,"acceptDataFormat":"COMPACT"}"#,
    #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"TimeAndSale","symbol":"*"}]}"#,
  ]

  package static func run(_ words: [String]) throws -> BenchExit {
    let options = try BenchOptions(words, known: [])
    guard options.operands.count == 1 else { throw BenchUsage("latency takes the feed's URL") }
    let url = try FeedURL(parsing: options.operands[0])
    guard url.endpoint.isLoopback && !url.isSecure else {
      throw BenchUsage("latency takes ws:// on loopback: sender and receiver need one clock")
    }
    var client = try Client(url)
    let cpuBefore = CPUTime.processNanos()
    try client.converse()
    try StandardStream.output.write(client.report(cpuNanos: CPUTime.processNanos() - cpuBefore))
    return .done
  }

  /// The connection and everything behind it.
  private struct Client: ~Copyable {
    private var link: WebSocketLink
    private var decoder = FeedDecoder()
    private var pipeline: PayloadPipeline
    private var consumer: RecordConsumer
    private var events = 0
    /// Nanoseconds from intended send time to ring, one for each frame with a stamp.
    private var samples: [Int64] = []

    init(_ url: FeedURL) throws {
      var limits = Conversation.Limits()
      limits.maximumFrameBytes = 1 << 20
      limits.maximumMessageBytes = 1 << 20
      let stop = try StopFlag()
      link = try WebSocketLink(
        to: url, tls: nil, connector: ClientConnector(), limitMillis: 10_000, limits: limits, checksText: false,
        userAgent: "quotewire-bench", stop: nil)
      pipeline = PayloadPipeline(stop: stop, wantsDigest: false)
      var ring = RecordRing(capacity: 16_384)
      consumer = ring.takeConsumer()
      pipeline.connect([RingPort(ring.takeProducer(), .wait, SinkCounters())])
      samples.reserveCapacity(maximumSamples)
    }

    mutating func converse() throws {
      for greeting in greetings { try link.conversation.send(greeting) }
      var waits = false
      var heardAt = MonotonicNanos.now()
      while true {
        try link.write()
        let got = try link.read(waits: waits)
        if got > 0 {
          let isOver = try interpret()
          pipeline.deliver()
          take(publishedAt: MonotonicNanos.now())
          if isOver { return }
          heardAt = .now()
        } else if MonotonicNanos.now().seconds(since: heardAt) > silenceSeconds {
          throw BenchmarkError.failed(benchmark: "latency", reason: "the feed said nothing for \(silenceSeconds) s")
        }
        // As a lane under traffic does.
        waits = link.conversation.queuedBytes == 0 && !link.mayHoldMore
      }
    }

    /// True at the feed's end.
    private mutating func interpret() throws -> Bool {
      let arrival = Arrival.now()
      while true {
        if var frames = link.conversation.textFrames(&link.buffer) {
          while let payload = unsafe frames.next() { try unsafe accept(payload, arrival) }
          link.conversation.took(frames, &link.buffer)
        }
        guard let event = link.conversation.next(&link.buffer) else { return false }
        switch event {
        case .message(_, let payload): try unsafe accept(payload, arrival)
        case .ping, .pong: break
        case .closed:
          try link.write()
          return true
        case .failed: throw BenchmarkError.failed(benchmark: "latency", reason: "the feed violated the protocol")
        }
      }
    }

    private mutating func accept(_ payload: UnsafeRawBufferPointer, _ arrival: Arrival) throws {
      _ = try unsafe pipeline.accept(payload, arrival, &decoder)
      // A full batch was handed on meanwhile.
      if consumer.available() > 0 { take(publishedAt: MonotonicNanos.now()) }
    }

    /// Empties the ring and notes each stamp that was in it.
    private mutating func take(publishedAt now: MonotonicNanos) {
      var count = 0
      _ = unsafe consumer.drain { record in
        let event = unsafe EventRef(record)
        count += 1
        guard let sale = event.event(as: TimeAndSale.self), sale.index >= stampBase else { return }
        if samples.count < maximumSamples { samples.append(now.rawValue - (sale.index - stampBase)) }
      }
      events += count
    }

    mutating func report(cpuNanos: Int64) -> String {
      samples.sort()
      var json = JSONWriter()
      json.open(.object)
      json.member("events", events)
      json.member("samples", samples.count)
      json.member("cpuSeconds", Double(cpuNanos) / 1e9)
      for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)] {
        json.member(name + "Micros", Double(rank(share)) / 1000)
      }
      json.close(.object)
      return String(decoding: json.finish(), as: UTF8.self)
    }

    /// The smallest sample that at least that share of all samples does not exceed.
    private func rank(_ share: Double) -> Int64 {
      if samples.isEmpty { return 0 }
      return samples[min(samples.count - 1, max(0, Int((share * Double(samples.count)).rounded(.up)) - 1))]
    }
  }
}
