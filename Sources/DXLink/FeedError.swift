package import JSON

/// Why a message could not be used. Offsets count bytes of the payload. None of these asks for a new connection: the
/// message is dropped as a whole, counted, and the next one read.
package enum FeedError: Error, Equatable, Sendable {
  case json(JSONError)
  /// The text is JSON, but no object.
  case notAnObject(offset: Int)
  /// A key that the message's type needs is not there; the offset is the message's or item's begin.
  case missingKey(String, offset: Int)
  /// A key has a value of another kind than `wanted`, which is said in plain words.
  case wrongKind(key: String, wanted: String, offset: Int)
  case tooManyFields(type: String, offset: Int)
  case tooManyLevels(offset: Int)
  /// The peer uses more channels than one decoder keeps apart.
  case tooManyChannels(channel: Int)

  /// Where in the payload; 0 where no place is to blame.
  package var offset: Int {
    switch self {
    case .json(let error): error.offset
    case .notAnObject(let offset), .missingKey(_, let offset), .wrongKind(_, _, let offset),
      .tooManyFields(_, let offset), .tooManyLevels(let offset):
      offset
    case .tooManyChannels: 0
    }
  }
}

extension FeedError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .json(let error): error.description
    case .notAnObject(let offset): "a dxLink message must be a JSON object, at byte \(offset) is something else"
    case .missingKey(let key, let offset): "dxLink message without the key \"\(key)\", at byte \(offset)"
    case .wrongKind(let key, let wanted, let offset): "the value of \"\(key)\" must be \(wanted), at byte \(offset)"
    case .tooManyFields(let type, let offset):
      "the field list of \(type) has more than \(ProtocolLimits.fieldsPerType) names, at byte \(offset)"
    case .tooManyLevels(let offset):
      "a side of a DOM_SNAPSHOT has more than \(ProtocolLimits.domLevels) levels, at byte \(offset)"
    case .tooManyChannels(let channel):
      "channel \(channel) is one more than the \(ProtocolLimits.channels) channels that are kept apart"
    }
  }
}
