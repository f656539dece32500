// Diagnosis: what goes over one connection to a feed, shown to people: its messages as they are, checks of each step.
//
//     Doctor ─ resolve, connect, TLS, upgrade ─► FeedTalk ─┬─► SessionSteps ─► CheckReport: lines or JSON
//     raw    ─────────────────────────────────────────────┴─► MessageLog: MessageMask, MessageText ─► lines
//
// Invariant: nothing that is shown holds a secret or steers a terminal; a step that fails says what to do.
//
// Out of scope: connecting again, sinks and recordings (Ingest).

package import Bytes
package import DXLink
package import Market
package import Rings

/// Sees what goes over one connection.
package protocol FeedWatcher: AnyObject {
  /// A message that goes out. A secret one holds a token.
  func sent(_ text: UnsafeRawBufferPointer, isSecret: Bool, _ arrival: Arrival)
  /// A text message as it came.
  func received(_ text: UnsafeRawBufferPointer, _ arrival: Arrival)
  /// What a received message says, unless it is data.
  func understood(_ message: SessionMessage, _ arrival: Arrival)
  /// The events of a received message.
  func decoded(_ event: EventRef, _ texts: TextStore)
  /// Something of the connection that is no message.
  func noticed(_ sentence: String)
  /// Whether nothing more is wanted.
  var isDone: Bool { get }
}

/// How a look at a connection ended.
package enum TalkEnd: Equatable, Sendable {
  /// The watcher has what it wanted.
  case done
  case timedOut
  /// Asked to end.
  case stopped
  /// The server said that there is no more.
  case endOfFeed
  /// The feed refused us: trying again gives the same answer.
  case refused(String)
  case lost(String)
}
