import Bytes
import IO
package import Ingest
import Synchronization

/// Writes views as rows, from all lanes. The lane's thread does it: a reader that is slow slows the feed down, and
/// nothing is lost.
///
/// A file appears under its name when `finish` has completed it. A write that fails ends the run; what it leaves
/// unwritten is told by `finish`.
package final class DepthWriter: Sendable {
  private struct State: ~Copyable {
    var pending: PendingFile?
    var out = ByteWriter(capacity: DepthWriter.blockBytes)
    var rows = 0
    var failure: String?
    var isOver = false
  }

  private let state: Mutex<State>
  private let encoder: DepthEncoder
  private let depth: Int
  private let limit: Int
  private let stop: StopFlag

  /// Bytes of a block of a file; standard output gets its rows with the end of each batch.
  static let blockBytes = 64 << 10

  /// - Parameter limit: rows after which the run ends.
  package init(
    _ target: DepthTarget, depth: Int, limit: Int = .max, force: Bool, stop: StopFlag
  ) throws(DepthError) {
    var first = State()
    if let file = target.file {
      do throws(IOError) {
        try Directory.create(Directory.parent(of: file))
        first.pending = try PendingFile(file, force: force)
      } catch { throw .output("\(error)") }
    }
    first.out.append(target.encoder.header)
    state = Mutex(first)
    encoder = target.encoder
    self.depth = depth
    self.limit = limit
    self.stop = stop
  }

  /// Rows that were taken.
  package var rows: Int { state.withLock { $0.rows } }

  package func write(_ view: DepthView) {
    state.withLock { state in
      if state.isOver { return }
      encoder.append(view, to: &state.out)
      state.rows += 1
      if state.out.count >= Self.blockBytes { flush(&state) }
      if state.rows == limit {
        flush(&state)
        state.isOver = true
        stop.drain()
      }
    }
  }

  /// Takes a snapshot of the DOM service.
  package func write(_ update: DOMUpdate) {
    write(DepthView(update, depth: depth))
    batchEnded()
  }

  /// Rows that somebody may wait for go out.
  package func batchEnded() {
    state.withLock { state in
      if state.pending == nil, !state.isOver { flush(&state) }
    }
  }

  private func flush(_ state: inout State) {
    if state.out.isEmpty { return }
    do throws(IOError) {
      if state.pending == nil {
        let written = try unsafe state.out.withBytes { b throws(IOError) in try unsafe StandardStream.output.write(b) }
        if written == .readerGone {
          state.isOver = true
          stop.drain()
        }
      } else {
        try unsafe state.out.withBytes { b throws(IOError) in try unsafe state.pending?.file.write(b) }
      }
    } catch {
      state.failure = "\(error)"
      state.isOver = true
      stop.drain()
    }
    state.out.removeAll()
  }

  /// Writes the rest and completes the file.
  package func finish() throws(DepthError) {
    let failure: String? = state.withLock { state in
      if state.failure == nil { flush(&state) }
      state.isOver = true
      if let failure = state.failure { return failure }
      guard let file = state.pending.take() else { return nil }
      do throws(IOError) { try file.commit() } catch { return "\(error)" }
      return nil
    }
    if let failure { throw .output("rows of levels could not be written: \(failure)") }
  }
}
