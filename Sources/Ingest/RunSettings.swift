package import Bytes
import IO
package import Market
package import Recording
package import Rings
package import Sinks

/// What live runs and replays have in common: where events go, and when the run ends.
package struct RunSettings: Sendable {
  package var sinks: [SinkSpec] = []
  /// Ends the run after this many events.
  package var limit: Int?
  /// Replace files that exist.
  package var force = false
  package var wantsDigest = true
  /// Ends the run where somebody else raises it; nil for one of its own.
  package var stop: StopFlag?
  package var texts = TextLimits()
  package var snapshots = SnapshotMode.raw
  /// Called on the lane's thread for each batch that was published to every sink: for measurements.
  package var published: (@Sendable (borrowing EventBatch) -> Void)?
  /// Called on the lane's thread for each batch with the texts of its events, for whoever takes them beside the sinks.
  package var receive: (@Sendable (borrowing EventBatch, TextStore) -> Void)?
  /// Asked once for each lane, in their order: what is called on that lane's thread for each batch, beside `receive`.
  package var watch: (@Sendable () -> @Sendable (borrowing EventBatch, TextStore) -> Void)?
  /// Takes the DOM snapshots.
  package var dom: DOMReceiver?
  /// Called on a sink's thread for each block that was written, with the sink's name and the events of the block.
  package var written: (@Sendable (_ sink: String, _ events: Int) -> Void)?

  /// Limits of each lane's text table.
  package struct TextLimits: Sendable {
    package var maximumTexts = 2 << 20
    package var maximumBytes = 256 << 20

    /// Of a feed with so many subscriptions. A server that makes up symbols, which nobody asked for, meets these.
    package static func feed(subscriptions: Int) -> TextLimits {
      var limits = TextLimits()
      limits.maximumTexts = min(limits.maximumTexts, (128 << 10) + 4 * subscriptions)
      limits.maximumBytes = min(limits.maximumBytes, (8 << 20) + 128 * subscriptions)
      return limits
    }
  }

  package init() {}
}

/// A live run.
package struct IngestSettings: Sendable {
  package var run = RunSettings()
  package var lane: LaneSettings
  /// Connections; nil for as many as the capacity of a lane makes necessary.
  package var lanes: Int? = 1
  /// What a lane may hold at most.
  package var laneCapacity = LaneCapacity()
  /// This process's share of the symbols; nil for all.
  package var shard: Shard?
  /// Called once for each lane, before it begins, with the texts that its events refer to: ports beside those of the
  /// sinks. They are used by the lane's thread alone.
  package var ports: (@Sendable (_ lane: Int, TextStore) -> [any SinkPort])?
  /// Where the recording goes; nil for none.
  package var record: String?
  package var recordingPolicy = RecordingPolicy.wait
  package var compressesRecording = false
  /// How often what was recorded is flushed to the device: a power cut costs at most what came since.
  package var recordingSyncSeconds = 5.0

  /// What the option takes, in seconds.
  package static let recordingSyncRange = 0.05...3600
  /// Bytes between each lane and the recording. A message may be half as long.
  package var recordingRingBytes = 4 << 20
  /// Ends the run after this many seconds.
  package var seconds: Double?

  package init(lane: LaneSettings) { self.lane = lane }
}

/// A replay.
package struct ReplaySettings: Sendable {
  package var run = RunSettings()
  package var files: [String]
  package var speed = ReplaySpeed.max
  /// First and last arrival time to replay; nil for no bound.
  package var start: WallNanos?
  package var stop: WallNanos?
  /// Recorded silences longer than this are shortened to it; nil keeps them.
  package var longestSilenceSeconds: Double?

  /// Whether sinks of columns are filled on the replay's own thread, at full speed: less CPU time, and none of a second
  /// core.
  package var isOneThread = Processors.count == 1

  /// Called once, before the replay begins, with the texts that its events refer to: ports beside those of the sinks.
  /// They are used by the replay's thread alone.
  package var ports: (@Sendable (TextStore) -> [any SinkPort])?

  package init(files: [String]) { self.files = files }
}

/// Why a run could not begin, or what it met on its way.
package struct RunFailure: Error, CustomStringConvertible, Sendable {
  package enum Kind: Sendable {
    /// Something of ours failed: files, sockets, threads.
    case failed
    /// The feed refused us.
    case refused
    /// The request makes no sense.
    case usage
  }

  package let kind: Kind
  package let description: String

  package init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}

/// How a run ended.
package struct RunOutcome: Sendable {
  package var report = RunReport()
  /// What ended it before its time; nil at an orderly end.
  package var failure: RunFailure?
  /// A signal asked for the end.
  package var wasInterrupted = false
}
