/// Everything that `quotewire top` shows, at one moment.
package struct TopState: Sendable {
  package struct Lane: Sendable {
    package var number = 0
    package var state = ""
    /// Whether events can come over it now.
    package var isStreaming = false
    package var eventsPerSecond = 0.0
    package var events = 0
    /// Median of arrival time minus the event's own time lately, in nanoseconds; nil where no event has one.
    package var lagNanos: Int64?
    package var reconnects = 0
    package var gaps = 0
    package var malformed = 0
    package init() {}
  }

  package struct Sink: Sendable {
    package var name = ""
    package var eventsPerSecond = 0.0
    /// Events accepted and not written yet.
    package var queue = 0
    package var written = 0
    package var dropped = 0
    package init() {}
  }

  /// Prices and sizes are NaN where none has come.
  package struct Symbol: Sendable, Equatable {
    package var name = ""
    package var eventsPerSecond = 0.0
    package var events = 0
    package var bid = Double.nan
    package var bidSize = Double.nan
    package var ask = Double.nan
    package var askSize = Double.nan
    package var last = Double.nan
    package var lastSize = Double.nan
    package init() {}
  }

  /// Percentiles in nanoseconds.
  package struct Latency: Sendable, Equatable {
    package var p50: Int64 = 0
    package var p99: Int64 = 0
    package var max: Int64 = 0
    package init() {}
  }

  package enum Order: Sendable, Equatable { case rate, name, events }

  /// Where the feed comes from.
  package var source = ""
  package var state = ""
  package var isHealthy = true
  package var elapsedSeconds = 0.0
  package var eventsPerSecond = 0.0
  package var bytesPerSecond = 0.0
  package var events = 0
  package var bytes = 0
  /// Events a second, the newest last.
  package var rates: [Double] = []
  /// Arrival time minus the event's own time, lately; nil where no event has one.
  package var lag: Latency?
  /// From arrival to the sinks' encoders, lately; nil where that is not measured.
  package var sinkLatency: Latency?
  package var lanes: [Lane] = []
  package var sinks: [Sink] = []
  package var recordedBytes: Int?
  /// In the order of `order`.
  package var symbols: [Symbol] = []
  /// Symbols seen, beside those that found no room in the table.
  package var symbolCount = 0
  /// Events of symbols that found no room.
  package var eventsBeyondTable = 0
  package var order = Order.rate
  /// Sentences: alarms that stand, and the newest of the log.
  package var alarms: [String] = []
  package var messages: [String] = []

  package init() {}

  package var gaps: Int { lanes.reduce(0) { $0 + $1.gaps } }
  package var dropped: Int { sinks.reduce(0) { $0 + $1.dropped } }
}
