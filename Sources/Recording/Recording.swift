// Recording: the bytes of `.qwr`, an append-only recording of dxLink sessions. docs/recording-format.md is its
// specification; `Layout` has the numbers.
//
// Invariant: every byte of a recording is covered by a check (magic and header CRC, or an entry's sync marker and CRC),
// entries start at multiples of 8, and the reader hands out a payload only after its check passed.
//
// What a file costs a reader is bounded: lengths are checked before they are used, memory by
// `Layout.maximumSegmentBytes`, work by a constant number of passes over the file.
//
// Out of scope: files, maps, locks and zstd itself (IO), what a payload means (DXLink), when to write (Sinks, Ingest).
// A recording never holds a secret: whoever appends sent messages leaves AUTH messages out, and session marks drop user
// information and query of their URL by themselves.

/// The numbers of the format, version 1.0. All integers are little-endian.
///
///     file    = header (64) entry*
///     entry   = 0  sync FE 51 57 FF         16 wall nanoseconds since 1970 (signed)
///               4  CRC-32C                  24 monotonic nanoseconds (signed)
///               8  payload bytes n (32 bit) 32 payload, n bytes
///               12 kind                     32+n zeros to a multiple of 8
///               13 flags (0)
///               14 lane
///
/// The CRC runs over the file id (8 bytes of the header) and then the entry from byte 8 to its end, zeros included.
/// Bytes FE and FF occur in no UTF-8, so no text payload holds a sync marker; the file id makes an entry that was
/// copied into a payload, or left on disk by another file, invalid here.
package enum Layout {
  package static var headerBytes: Int { 64 }
  package static var entryHeaderBytes: Int { 32 }
  package static var alignment: Int { 8 }
  /// FE 51 57 FF in file order.
  package static var sync: UInt32 { 0xFF57_51FE }
  package static var major: UInt16 { 1 }
  package static var minor: UInt16 { 0 }
  /// No entry has a longer payload.
  package static var maximumPayloadBytes: Int { 64 << 20 }
  /// No compressed segment unpacks to more.
  package static var maximumSegmentBytes: Int { 128 << 20 }
  /// Text in a mark (URL, version, reason) is cut to this.
  package static var maximumTextBytes: Int { 2048 }

  /// Bytes that an entry with such a payload takes in the file.
  package static func entryBytes(payload count: Int) -> Int { entryHeaderBytes &+ ((count &+ 7) & ~7) }
}

/// What an entry is. A kind that this version does not know survives as its number.
package struct EntryKind: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The payload of one WebSocket text message that arrived.
  package static var received: EntryKind { EntryKind(rawValue: 1) }
  /// The payload of one text message that we sent; never an AUTH message.
  package static var sent: EntryKind { EntryKind(rawValue: 2) }
  package static var sessionStart: EntryKind { EntryKind(rawValue: 3) }
  package static var sessionEnd: EntryKind { EntryKind(rawValue: 4) }
  package static var gap: EntryKind { EntryKind(rawValue: 5) }
  /// Closes a segment: counts, times, chain, the way back to the segment end before.
  package static var segmentEnd: EntryKind { EntryKind(rawValue: 6) }
  /// Written when a recording is closed; the last entry of a clean file.
  package static var closing: EntryKind { EntryKind(rawValue: 7) }
  /// The entries of one segment as one compressed block.
  package static var compressedSegment: EntryKind { EntryKind(rawValue: 8) }

  /// Structure that the reader uses up itself and hands to nobody.
  package var isStructure: Bool { rawValue >= 6 && rawValue <= 8 }
  /// Known to this version and handed out by the reader.
  package var isContent: Bool { rawValue >= 1 && rawValue <= 5 }
}

/// When a segment closes, and how much may wait to be written.
package struct RecordingLimits: Sendable, Hashable {
  /// A segment closes after the entry that makes it this long (bytes before compression).
  package var segmentBytes = 16 << 20
  /// A segment closes before an entry that arrived this long after its first (nanoseconds).
  package var segmentNanos: Int64 = 60_000_000_000
  /// `append` refuses to hold more bytes than this for the caller to write.
  package var pendingBytes = 256 << 20

  package init() {}
}
