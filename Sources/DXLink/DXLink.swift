// DXLink: the messages of the dxLink WebSocket protocol, the client's session, the subscription book, and rows of
// FEED_DATA turned into events. RowWriter and MessageWriter serve the server's side too.
//
// Invariant: nothing here does I/O, reads a clock or starts a thread; times are passed in, texts come and go as bytes.
// A frame gives all of its events or none: malformed JSON anywhere in it takes back what was decoded before.
//
// Out of scope: sockets and frames (IO, WebSocket), reconnecting (Ingest), scenarios (Simulator), and the services
// other than FEED and DOM.

/// Limits that hold for every peer. What an application may choose stands in `Session.Options` and `Pace`.
package enum ProtocolLimits {
  /// Messages stay below this in both directions.
  package static let messageBytes = 64 << 10
  /// Channels that one decoder keeps apart.
  package static let channels = 64
  /// Names in one field list.
  package static let fieldsPerType = 512
  /// Levels of one side of a DOM_SNAPSHOT.
  package static let domLevels = 10_000
  /// DOM channels of one session, one a symbol.
  package static let domChannels = 1_000
  /// ERROR messages that are kept; all are counted.
  package static let keptErrors = 32
  /// Candle snapshots under way on a channel; servers refuse more.
  package static let candleSnapshots = 20
  /// Bytes of an ERROR's text that are kept.
  package static let keptErrorBytes = 512
}
