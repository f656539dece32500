package import Bytes
package import DXLink
package import Market
package import Rings

/// Writes what goes over a connection, line by line, up to a limit of messages.
package final class MessageLog: FeedWatcher {
  private let mask: MessageMask
  private let pretty: Bool
  private let limit: Int
  private let write: (String) -> Bool
  private var messages = 0
  private var isReaderGone = false

  /// - Parameters:
  ///   - limit: messages that are shown, of both directions.
  ///   - write: takes lines; says whether more are wanted.
  package init(_ mask: MessageMask, limit: Int = .max, pretty: Bool = false, write: @escaping (String) -> Bool) {
    self.mask = mask
    self.limit = limit
    self.pretty = pretty
    self.write = write
  }

  package var isDone: Bool { isReaderGone || messages >= limit }

  package func sent(_ text: UnsafeRawBufferPointer, isSecret: Bool, _ arrival: Arrival) {
    unsafe show(.sent, text, arrival.wall)
  }

  package func received(_ text: UnsafeRawBufferPointer, _ arrival: Arrival) {
    unsafe show(.received, text, arrival.wall)
  }

  package func understood(_ message: SessionMessage, _ arrival: Arrival) {}
  package func decoded(_ event: EventRef, _ texts: TextStore) {}
  package func noticed(_ sentence: String) { note(sentence, .now()) }

  /// A message of either direction; nothing once the limit is reached.
  package func show(
    _ direction: MessageText.Direction, _ text: UnsafeRawBufferPointer, _ wall: WallNanos, lane: Int = 0
  ) {
    if isDone { return }
    messages += 1
    let shown = unsafe mask.masked(Array(text))
    if !write(MessageText.line(direction, shown, at: wall, lane: lane, pretty: pretty)) { isReaderGone = true }
  }

  /// A sentence beside the messages.
  package func note(_ sentence: String, _ wall: WallNanos, lane: Int = 0) {
    if isReaderGone { return }
    let shown = mask.masked(Array(sentence.utf8))
    if !write(MessageText.line(.note, shown, at: wall, lane: lane)) { isReaderGone = true }
  }
}
