import Bytes

/// How a record is written.
///
///     text      quotewire: no Quote has come for 30 s (the same 41 times)
///     logfmt    time=2026-03-02T14:30:00.125Z level=warn module=stale msg="no Quote has come for 30 s" times=41
///     json      {"time":"2026-03-02T14:30:00.125Z","level":"warn","module":"stale","msg":"no Quote …","times":41}
package enum LogFormat: String, CaseIterable, Sendable {
  case text, logfmt, json

  /// One line without its line feed.
  package func line(_ record: LogRecord) -> String {
    let sentence = LogText.oneLine(record.sentence)
    switch self {
    case .text:
      // The interval line is no sentence of somebody.
      let start = record.module == .progress ? "" : "quotewire: "
      return start + sentence + (record.times > 1 ? " (the same \(record.times) times)" : "")
    case .logfmt:
      var line = "time=\(LogText.time(record.wallNanos)) level=\(record.level.name) module=\(record.module.name)"
      line += " msg=\(JSONText.quoted(sentence))"
      for field in record.fields { line += " \(field.name)=\(field.value)" }
      return line + (record.times > 1 ? " times=\(record.times)" : "")
    case .json:
      var line = "{\"time\":\"\(LogText.time(record.wallNanos))\",\"level\":\"\(record.level.name)\""
      line += ",\"module\":\"\(record.module.name)\",\"msg\":\(JSONText.quoted(sentence))"
      for field in record.fields { line += ",\(JSONText.quoted(field.name)):\(field.value)" }
      return line + (record.times > 1 ? ",\"times\":\(record.times)}" : "}")
    }
  }
}

/// Small texts of log lines and of the pages beside them.
package enum LogText {
  /// Longest sentence, in characters: what a server sent may be a megabyte.
  package static let maximumSentence = 1000

  /// `2026-03-02T14:30:00.125Z`.
  package static func time(_ wallNanos: Int64) -> String {
    let millis = wallNanos >= 0 ? wallNanos / 1_000_000 : (wallNanos - 999_999) / 1_000_000
    var out = ByteWriter(capacity: 64)
    out.append(isoMillis: millis)
    return unsafe out.withBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// What a server sent may hold control characters, or marks that turn the direction of what follows: none reaches
  /// the terminal or a log.
  package static func oneLine(_ text: String) -> String {
    func steers(_ scalar: Unicode.Scalar) -> Bool {
      if scalar.value < 0x7F { return scalar.value < 0x20 }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: return true
      default: return false
      }
    }
    let scalars = text.unicodeScalars
    let isLong = scalars.dropFirst(maximumSentence).first != nil
    guard isLong || scalars.contains(where: steers) else { return text }
    var clean = String.UnicodeScalarView()
    for scalar in scalars.prefix(maximumSentence) { clean.append(steers(scalar) ? "?" : scalar) }
    return String(clean) + (isLong ? " …" : "")
  }
}
