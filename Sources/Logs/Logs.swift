// Logs: sentences for people and machines: levels, modules, one line of text, logfmt or JSON each, repeats folded.
//
// Invariant: a record is one line without control characters in every format; what is held back is bounded by names
// of `RepeatFold`, and nothing of it is lost without a count.
//
// Out of scope: where lines go (the command line writes to standard error), what is worth a sentence.

/// How much a sentence matters. `error`: the run ends or data is lost for good. `warn`: something is wrong and is dealt
/// with. `info`: progress. `debug`: what else happened.
package enum LogLevel: Int, CaseIterable, Comparable, Sendable {
  case error, warn, info, debug

  package var name: String { "\(self)" }

  package init?(name: some StringProtocol) {
    guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = level
  }

  package static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}

/// The part of the program that has something to say.
package enum LogModule: String, CaseIterable, Sendable {
  /// The run as a whole: its beginning, its end, the command line.
  case run
  /// A connection and what comes over it.
  case lane
  /// Where events go.
  case sink
  case recording
  /// A recording that is played.
  case replay
  /// The interval line.
  case progress
  /// Alarms about a feed that has gone quiet.
  case stale
  /// The addresses of `--metrics`.
  case metrics
  /// Tokens and logins.
  case auth
  /// The server of `quotewire serve`.
  case serve

  package var name: String { rawValue }
}

/// One sentence with what machines want to know beside it.
package struct LogRecord: Equatable, Sendable {
  /// Nanoseconds since 1970 UTC.
  package var wallNanos: Int64
  package var level: LogLevel
  package var module: LogModule
  package var sentence: String
  /// Figures by name, in logfmt and JSON only: the sentence says them in words.
  package var fields: [(name: String, value: Int)] = []
  /// How many equal sentences this one stands for.
  package var times = 1

  package init(_ wallNanos: Int64, _ level: LogLevel, _ module: LogModule, _ sentence: String) {
    self.wallNanos = wallNanos
    self.level = level
    self.module = module
    self.sentence = sentence
  }

  package static func == (a: LogRecord, b: LogRecord) -> Bool {
    a.wallNanos == b.wallNanos && a.level == b.level && a.module == b.module && a.sentence == b.sentence
      && a.times == b.times && a.fields.elementsEqual(b.fields) { $0 == $1 }
  }
}
