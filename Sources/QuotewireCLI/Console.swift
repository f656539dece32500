import Bytes
import IO
package import Logs
import Synchronization

/// Words on standard error: sentences as lines of the log, with one live line that is redrawn in place on a terminal.
package final class Console: Sendable {
  /// How the process writes its sentences; set once, when the arguments are read.
  struct Style: Sendable {
    var format = LogFormat.text
    var filter = LogFilter()
  }

  private static let style = Mutex(Style())

  private struct State {
    var live = ""
    var fold = RepeatFold()
    /// Lines that wait until the picture is gone from the terminal; nil while there is none.
    var held: [String]?
    var heldTooMany = 0
    /// Told each sentence, for the picture.
    var listener: (@Sendable (String) -> Void)?
  }

  private let state = Mutex(State())
  private let isTerminal: Bool

  /// Lines that are kept while a picture has the terminal; of more the newest are kept and the others counted.
  static let maximumHeld = 200

  package init() { isTerminal = StandardStream.error.isTerminal }

  static func use(_ new: Style) { style.withLock { $0 = new } }

  /// Whether a live line makes sense.
  package var isLive: Bool { isTerminal && Self.style.withLock { $0.format == .text } }

  /// A sentence on a line of its own. Equal ones that follow soon are told as a count.
  package func say(_ sentence: String, _ level: LogLevel = .warn, _ module: LogModule = .run) {
    let record = LogRecord(WallNanos.now().rawValue, level, module, sentence)
    let style = Self.style.withLock { $0 }
    state.withLock { state in
      guard style.filter.wants(level, of: module) else { return }
      let listener = state.listener
      for record in state.fold.take(record, nanos: MonotonicNanos.now().rawValue) {
        Self.write(record, style, &state)
        listener?(record.sentence)
      }
    }
  }

  /// The interval line: never folded.
  func report(_ line: String, _ fields: [(name: String, value: Int)]) {
    var record = LogRecord(WallNanos.now().rawValue, .info, .progress, line)
    record.fields = fields
    let style = Self.style.withLock { $0 }
    guard style.filter.wants(.info, of: .progress) else { return }
    state.withLock { state in Self.write(record, style, &state) }
  }

  /// Writes what has been held back long enough. Called now and then while something goes on.
  func tick() {
    let style = Self.style.withLock { $0 }
    state.withLock { state in
      for record in state.fold.due(MonotonicNanos.now().rawValue, wallNanos: WallNanos.now().rawValue) {
        Self.write(record, style, &state)
      }
    }
  }

  /// Writes everything that is held back: at the end of a command.
  func close() {
    let style = Self.style.withLock { $0 }
    state.withLock { state in
      for record in state.fold.end(wallNanos: WallNanos.now().rawValue) { Self.write(record, style, &state) }
    }
  }

  private static func write(_ record: LogRecord, _ style: Style, _ state: inout State) {
    let line = style.format.line(record)
    if state.held != nil {
      state.held?.append(line)
      if (state.held?.count ?? 0) > maximumHeld {
        state.held?.removeFirst()
        state.heldTooMany += 1
      }
      return
    }
    let clear = state.live.isEmpty ? "" : "\r\u{1B}[K"
    _ = try? StandardStream.error.write("\(clear)\(line)\n\(state.live)")
  }

  /// A picture takes the terminal: sentences wait until it is gone, unless they go elsewhere anyway.
  func beginPicture(_ listener: @escaping @Sendable (String) -> Void) {
    state.withLock { state in
      state.listener = listener
      if isTerminal { state.held = [] }
    }
  }

  func endPicture() {
    state.withLock { state in
      state.listener = nil
      guard let held = state.held else { return }
      state.held = nil
      var text = held.map { $0 + "\n" }.joined()
      if state.heldTooMany > 0 { text = "quotewire: \(state.heldTooMany) older sentences are left out\n" + text }
      if !text.isEmpty { _ = try? StandardStream.error.write(text) }
    }
  }

  /// Text as it is.
  package func write(_ text: String) {
    state.withLock { state in
      let clear = state.live.isEmpty ? "" : "\r\u{1B}[K"
      state.live = ""
      _ = try? StandardStream.error.write(clear + text)
    }
  }

  /// Redraws the live line, cut to the terminal's width.
  package func show(_ text: String) {
    let columns = StandardStream.error.terminalColumns ?? 80
    state.withLock { state in
      state.live = String(text.prefix(max(10, columns - 1)))
      _ = try? StandardStream.error.write("\r\u{1B}[K" + state.live)
    }
  }

  /// Takes the live line away, and writes what is held back: the end of a run.
  package func clear() {
    close()
    state.withLock { state in
      if !state.live.isEmpty { _ = try? StandardStream.error.write("\r\u{1B}[K") }
      state.live = ""
    }
  }

  static var maximumSentence: Int { LogText.maximumSentence }
  static func oneLine(_ text: String) -> String { LogText.oneLine(text) }
}
