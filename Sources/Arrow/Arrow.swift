// Arrow: batches of columns as Arrow IPC (format 1.5, metadata version 5), and back. The flatbuffers that the format's
// metadata is made of are written and read here, without a library.
//
//     file     "ARROW1" 0 0 | stream | footer, its length, "ARROW1"
//     stream   schema | dictionaries of names | (dictionaries | record batch)… | whole dictionaries | end
//     message  FF FF FF FF | length of metadata, Int32 | metadata: flatbuffer Message, padded | body
//     body     buffers, each at a multiple of 64 bytes: for every column its validity bitmap (empty where nothing is
//              null), then its values
//
// So the first bytes of a file that grows are a stream behind 8 bytes, and what a crash leaves can be read as one. In
// the stream the dictionaries grow by deltas. Readers of files may not know deltas, therefore whole dictionaries come
// last, and the footer names these and no others.
//
//     columns                          Arrow
//     double                           float64
//     int64, int32, flags              int64, int32, uint8
//     timestampMillis, timestampNanos  timestamp[ms, UTC], timestamp[ns, UTC]
//     bool                             bool
//     symbol                           dictionary<int32, utf8>
//     text                             dictionary<int32, utf8>, nullable
//     code                             dictionary<int8, utf8>, nullable: the names in their order
//     char                             dictionary<uint16, utf8>: a character, "" for none, \uD800 for half a pair
//
// The schema's metadata says `quotewire.eventType`, a field's metadata its `unit` where the type does not say it.
//
// Compression: a buffer whose values come in runs (a column that is 0 all over, receive times of one frame) becomes an
// LZ4 frame made of these runs; all others stay as they are, which Arrow marks by the length -1. Any reader that knows
// LZ4 frames reads both.
//
// Invariant: what the writer wrote, the reader gives back value for value. The reader believes no length, offset,
// count or code before it has checked it, and its memory is bounded by its limits.
//
// Out of scope: files and their names (Sinks), other types of columns than those above.

/// What is wrong with bytes that were to be Arrow.
package enum ArrowError: Error, Equatable, CustomStringConvertible {
  /// The bytes do not begin as Arrow does.
  case notArrow
  /// The bytes end inside the message that begins at `position`.
  case cutOff(position: Int)
  /// A message says what cannot be.
  case malformed(position: Int, what: String)
  /// Valid Arrow that is not read here.
  case unsupported(position: Int, what: String)
  /// A message is larger than the limit.
  case tooLarge(position: Int, what: String, limit: Int)
  /// The columns are not those of an event type.
  case wrongColumns(what: String)
  /// The dictionary that rows are read into is full.
  case dictionaryFull(column: String)

  package var description: String {
    switch self {
    case .notArrow: "this is no Arrow file or stream"
    case .cutOff(let position): "cut off within the message at byte \(position)"
    case .malformed(let position, let what): "damaged in the message at byte \(position): \(what)"
    case .unsupported(let position, let what): "the message at byte \(position) has \(what), which is not read here"
    case .tooLarge(let position, let what, let limit):
      "the message at byte \(position) has more than \(limit) \(what)"
    case .wrongColumns(let what): "not the columns of an event type: \(what)"
    case .dictionaryFull(let column): "no room for another text in \(column)"
    }
  }
}

/// Key of the schema's metadata that says the event type.
enum ArrowKey {
  static let eventType = "quotewire.eventType"
  static let unit = "unit"
}

/// Numbers of the format's enumerations.
enum ArrowNumber {
  static let version: Int16 = 4
  static let headerSchema: UInt8 = 1
  static let headerDictionary: UInt8 = 2
  static let headerRecordBatch: UInt8 = 3
  static let typeInt: UInt8 = 2
  static let typeFloat: UInt8 = 3
  static let typeUTF8: UInt8 = 5
  static let typeBool: UInt8 = 6
  static let typeTimestamp: UInt8 = 10
  static let precisionDouble: Int16 = 2
  static let unitMillis: Int16 = 1
  static let unitNanos: Int16 = 3
  static let codecLZ4: UInt8 = 0
}

/// The bytes around messages.
enum ArrowFrame {
  static let magic: [UInt8] = Array("ARROW1".utf8)
  /// The magic and its padding at the beginning of a file.
  static let magicBytes = 8
  static let continuation: UInt32 = 0xFFFF_FFFF
  /// Continuation and length in front of a message's metadata.
  static let prefixBytes = 8
  static let alignment = 64

  static func padded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }
}
