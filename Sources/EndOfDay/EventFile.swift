import Bytes
import Columns
import IO
import Market
import Parquet
import Rings
import Synchronization

/// The Parquet file of one event type. Threads encode its row groups side by side and append them in their order.
final class EventFile: Sendable {
  /// What one thread at a time has.
  private final class State {
    var writer: ParquetWriter
    var file: File
    var out = ByteWriter(capacity: 1 << 20)
    var offset = 0

    init(_ schema: ColumnSchema, _ path: String) throws(IOError) {
      writer = ParquetWriter(schema)
      file = try File(path, .overwrite())
      writer.begin(to: &out)
    }

    func flush() throws(IOError) {
      try unsafe out.withBytes { bytes throws(IOError) in try unsafe file.write(bytes.bytes, at: offset) }
      offset += out.count
      out.removeAll()
    }
  }

  private struct Turn {
    /// The group that comes next.
    var number = 0
    /// Nil before the first group, and while a thread has it.
    var state: Handover<State>?
    var hasFailed = false
  }

  private let turn = Mutex(Turn())
  private let schema: ColumnSchema
  private let path: String

  /// How long a thread sleeps between looks whether its group is next.
  private static let lookNanos: Int64 = 200_000

  /// - Parameter path: made with the first group, emptied where it exists.
  init(_ schema: ColumnSchema, _ path: String) {
    self.schema = schema
    self.path = path
  }

  /// Appends group `number` of the file, which empties it. Groups before it must be on their way.
  func append(_ group: ParquetRowGroup, texts: borrowing ColumnBatch, number: Int) throws(IOError) {
    guard let state = try take(number) else { return }
    do throws(IOError) {
      state.writer.append(group, texts: texts, to: &state.out)
      try state.flush()
    } catch {
      turn.withLock { $0.hasFailed = true }
      throw error
    }
    let next = Handover(state)
    turn.withLock {
      $0.number = number + 1
      $0.state = next
    }
  }

  /// Nil where an earlier group failed.
  private func take(_ number: Int) throws(IOError) -> State? {
    while true {
      let (isNext, state, hasFailed) = turn.withLock { turn -> (Bool, Handover<State>?, Bool) in
        guard turn.number == number else { return (false, nil, turn.hasFailed) }
        defer { turn.state = nil }
        return (true, turn.state, turn.hasFailed)
      }
      if hasFailed { return nil }
      if isNext {
        if let state { return state.take() }
        do throws(IOError) { return try State(schema, path) } catch {
          turn.withLock { $0.hasFailed = true }
          throw error
        }
      }
      Pause.sleep(nanos: Self.lookNanos)
    }
  }

  /// Makes those that wait for their turn give up.
  func fail() { turn.withLock { $0.hasFailed = true } }

  /// Ends the file, on the device, once every group is in it; false where there was none.
  func finish() throws(IOError) -> Bool {
    let (state, hasFailed) = turn.withLock { ($0.state, $0.hasFailed) }
    guard let state = state?.take(), !hasFailed else { return false }
    state.writer.finish(to: &state.out)
    try state.flush()
    try state.file.synchronize()
    return true
  }
}
