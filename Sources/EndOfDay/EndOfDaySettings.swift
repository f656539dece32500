/// What is to be made of which recordings.
package struct EndOfDaySettings: Sendable {
  /// Merged by arrival time.
  package var recordings: [String]
  package var folder: String
  /// One of `PageCompression.names`; nil for the best that is there.
  package var codec: String?
  package var makesBars = true
  /// Threads that encode, and that fold ticks into bars.
  package var jobs = 1
  /// Makes everything anew, and replaces files that no manifest knows.
  package var force = false

  package static let jobsRange = 1...64

  package init(recordings: [String], folder: String) {
    self.recordings = recordings
    self.folder = folder
  }
}

/// How a run ended.
package struct EndOfDayOutcome: Sendable {
  package var manifest: Manifest
  /// Names of the files that were made; empty where there was nothing to do.
  package var made: [String] = []
  /// Why files were made anew, in sentences; empty at a first run.
  package var reasons: [String] = []
}
