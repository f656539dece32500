package import Market

/// What a decoder has seen since it was made. A frame that was refused as a whole counts in `frames` and
/// `framesRefused` only.
package struct FeedCounters: Sendable {
  /// Messages of all types.
  package internal(set) var frames = 0
  package internal(set) var feedDataFrames = 0
  /// FEED_DATA that was read in the predicted layout, without the scanner.
  package internal(set) var framesPredicted = 0
  /// Malformed JSON, or no dxLink message.
  package internal(set) var framesRefused = 0
  /// FEED_DATA of channels that the server had closed.
  package internal(set) var framesIgnored = 0
  /// Rows seen in the messages that were read: decoded, malformed, or of an unknown type (a section counts as one).
  package internal(set) var rows = 0
  package internal(set) var rowsDecoded = 0
  package internal(set) var rowsMalformed = 0
  /// Sections (COMPACT) or objects (FULL) of types that the model does not have.
  package internal(set) var unknownType = 0
  /// Columns of a section (COMPACT) or keys of an object (FULL) that the schema does not have.
  package internal(set) var unknownField = 0
  /// Names of codes that the model does not have.
  package internal(set) var unknownValue = 0
  /// Texts that found no room in the table: a symbol cost its row, another text became null.
  package internal(set) var textsRefused = 0

  package init() {}

  /// Adds what another lane's decoder has seen.
  package mutating func add(_ other: FeedCounters) {
    frames += other.frames
    feedDataFrames += other.feedDataFrames
    framesPredicted += other.framesPredicted
    framesRefused += other.framesRefused
    framesIgnored += other.framesIgnored
    rows += other.rows
    rowsDecoded += other.rowsDecoded
    rowsMalformed += other.rowsMalformed
    unknownType += other.unknownType
    unknownField += other.unknownField
    unknownValue += other.unknownValue
    textsRefused += other.textsRefused
  }
}

/// What one FEED_DATA gave.
package struct FrameCounts: Equatable, Sendable {
  package var channel: Int
  package var rowsDecoded: Int
  package var rowsMalformed: Int

  package init(channel: Int, rowsDecoded: Int, rowsMalformed: Int) {
    self.channel = channel
    self.rowsDecoded = rowsDecoded
    self.rowsMalformed = rowsMalformed
  }
}

/// What a frame was.
package enum Received: Equatable, Sendable {
  case data(FrameCounts)
  /// In a box: what comes with every frame stays small.
  indirect case message(SessionMessage)
}

/// The last reason for which a row was not decoded, for a log line.
package struct RowTrouble: Equatable, Sendable, CustomStringConvertible {
  package enum Reason: Sendable {
    case wrongKind, outOfRange, nestedValue, noSymbol, noRoomForSymbol, unevenSection, noType, notAPair
  }

  package var reason: Reason
  package var type: EventType?
  package var channel: Int
  /// Byte of the payload.
  package var offset: Int

  package var description: String {
    "\(type?.name ?? "a row") on channel \(channel), byte \(offset): " + text
  }

  private var text: String {
    switch reason {
    case .wrongKind: "a value of another kind than the field's"
    case .outOfRange: "a number or text beyond the field's range"
    case .nestedValue: "an object or array where a plain value belongs"
    case .noSymbol: "no eventSymbol"
    case .noRoomForSymbol: "the table of texts is full"
    case .unevenSection: "the count of values is no multiple of the field list's length; the section is dropped"
    case .noType: "an object without eventType"
    case .notAPair: "data that are neither a type name with its values nor an object"
    }
  }
}
