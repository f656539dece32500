import CShims
import Glibc

/// Standard output and standard error.
package enum StandardStream: Sendable {
  case output, error

  var descriptor: Int32 { self == .output ? STDOUT_FILENO : STDERR_FILENO }
  private var name: String { self == .output ? "standard output" : "standard error" }

  /// How a write ended.
  package enum Written: Equatable, Sendable {
    case all
    /// The reader of the pipe is gone (`| head`): no error, but nothing more is wanted.
    case readerGone
  }

  /// Writes everything. Needs SIGPIPE ignored, see `Signals`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(IOError) -> Written {
    var done = 0
    return try unsafe write(bytes, done: &done)
  }

  /// Goes on behind the first `done` bytes, and tells by it how far it came, also where it throws.
  package func write(_ bytes: UnsafeRawBufferPointer, done: inout Int) throws(IOError) -> Written {
    do throws(IOError) {
      try unsafe DescriptorWriter.writeAll(descriptor, bytes, subject: name, done: &done)
      return .all
    } catch {
      if error.errno == EPIPE { return .readerGone }
      throw error
    }
  }

  package func write(_ bytes: RawSpan) throws(IOError) -> Written {
    try unsafe bytes.withUnsafeBytes { b throws(IOError) in try unsafe write(b) }
  }

  @discardableResult
  package func write(_ text: String) throws(IOError) -> Written {
    // Bytes have no padding.
    try unsafe write(text.utf8Span.span.bytes)
  }

  package var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Columns of the terminal; nil where there is none.
  package var terminalColumns: Int? {
    let columns = qw_terminal_columns(descriptor)
    return columns > 0 ? Int(columns) : nil
  }
}
