import CShims
import Glibc
import Synchronization

/// The terminal taken for a picture: the alternate screen, and keys as they are struck. Everything is put back when it
/// is left, when the last reference goes, and before a signal ends the process (SIGKILL alone cannot be helped).
package final class Terminal: Sendable {
  package struct Size: Equatable, Sendable {
    package var rows: Int
    package var columns: Int

    package init(rows: Int, columns: Int) {
      self.rows = rows
      self.columns = columns
    }
  }

  private let stream: StandardStream
  private let hasKeys: Bool
  /// Handlers may still write into a wakeup that is no longer used, so none is ever freed.
  private static let kept = Mutex<[Wakeup]>([])

  /// Keys that are read at a time, in bytes.
  private static let keyBytes = 64

  /// Nil where the stream is no terminal, or one without a screen (`TERM=dumb`). `resized` is signalled when the size
  /// changes.
  package init?(on stream: StandardStream, resized: Wakeup?) {
    guard stream.isTerminal, Self.hasScreen else { return nil }
    self.stream = stream
    hasKeys = isatty(STDIN_FILENO) == 1
    guard qw_terminal_enter(hasKeys ? STDIN_FILENO : -1, stream.descriptor) == 0 else { return nil }
    if let resized {
      Self.kept.withLock { $0.append(resized) }
      qw_terminal_watch_size(resized.descriptor)
    }
  }

  deinit { Self.leave() }

  /// Puts the terminal back; harmless where none is taken.
  package static func leave() { qw_terminal_leave() }

  private static var hasScreen: Bool {
    guard let name = unsafe getenv("TERM") else { return false }
    let text = unsafe String(cString: name)
    return !text.isEmpty && text != "dumb"
  }

  /// The size now; 24 by 80 where the terminal does not know it.
  package var size: Size {
    var rows: Int32 = 0
    var columns: Int32 = 0
    guard unsafe qw_terminal_size(stream.descriptor, &rows, &columns) == 0, rows > 0, columns > 0 else {
      return Size(rows: 24, columns: 80)
    }
    return Size(rows: Int(rows), columns: Int(columns))
  }

  /// The keys that were struck since the last call, without waiting.
  package func keys() -> [UInt8] {
    guard hasKeys else { return [] }
    var bytes = [UInt8](repeating: 0, count: Self.keyBytes)
    // The mode of the terminal makes this read return at once.
    let got = unsafe bytes.withUnsafeMutableBytes { b in unsafe Glibc.read(STDIN_FILENO, b.baseAddress, b.count) }
    return got > 0 ? Array(bytes[..<got]) : []
  }

  /// One write for all of it.
  package func write(_ text: String) { _ = try? stream.write(text) }
}
