import Columns
import IO
import Market
import Parquet
import Rings
import Sinks
import Synchronization

/// Threads that make row groups of blocks. Started and joined by one thread after the other.
final class BlockEncoders {
  private var threads: [Handover<WorkerThread>] = []
  let files: [EventFile]
  let queue: BlockQueue
  let trouble = Trouble()

  /// The first error of any thread.
  final class Trouble: Sendable {
    private let first = Mutex<EndOfDayError?>(nil)
    var error: EndOfDayError? { first.withLock { $0 } }
    func note(_ error: EndOfDayError) { first.withLock { $0 = $0 ?? error } }
  }

  /// - Parameter folder: where the files go, `Quote.parquet` and so on.
  init(jobs: Int, folder: String) {
    queue = BlockQueue(takers: jobs)
    files = (0..<EventType.count).map { i in
      let type = EventType(index: i) ?? .quote
      return EventFile(ColumnSchema.of(type), folder + "/" + OutputName.of(type))
    }
  }

  /// Starts the threads, which read texts of `texts`.
  func start(_ jobs: Int, _ texts: TextStore, codec: String?) throws(EndOfDayError) {
    let (queue, files, trouble) = (queue, files, trouble)
    for number in 0..<jobs {
      do {
        let thread = try WorkerThread("qw-encode") {
          var encoder = BlockEncoder(files: files, texts: texts, codec: codec)
          while let job = queue.take(number) {
            let block = job.block.take()
            if trouble.error == nil {
              do throws(EndOfDayError) { try encoder.encode(block, job) } catch {
                trouble.note(error)
                for file in files { file.fail() }
              }
            }
            queue.giveBack(block)
          }
        }
        threads.append(Handover(thread))
      } catch {
        queue.close()
        throw .thread("\(error)")
      }
    }
  }

  /// Waits until the closed queue is empty and every thread has ended.
  func join() {
    queue.close()
    for thread in threads { thread.take().join() }
    threads = []
  }
}

/// One thread's memory for row groups. `near` holds pointers into the block that is being encoded, and is empty else.
@safe
private struct BlockEncoder: ~Copyable {
  private let files: [EventFile]
  private let texts: TextStore
  private let codec: String?
  private var rooms: [Room?] = Array(repeating: nil, count: EventType.count)
  /// Some hundred events become columns together: the loops over them are short and the events still near.
  private var near: [UnsafeRawPointer] = unsafe []

  private static let gatherCount = 256
  /// Rows of a data page.
  private static let pageRows = 1 << 15

  /// One type's.
  private final class Room {
    var batch: ColumnBatch
    let group: ParquetRowGroup
    init(_ type: EventType, _ compression: any ParquetCompression) {
      batch = ColumnBatch(type, capacity: BlockEncoder.pageRows)
      group = ParquetRowGroup(batch.schema, compression: compression)
    }
  }

  init(files: [EventFile], texts: TextStore, codec: String?) {
    self.files = files
    self.texts = texts
    self.codec = codec
    unsafe near.reserveCapacity(Self.gatherCount)
  }

  mutating func encode(_ block: EventBlock, _ job: BlockJob) throws(EndOfDayError) {
    let room = try room(job.type)
    let stride = job.type.recordCount * EventRecord.byteCount
    var at = 0
    while at < block.byteCount {
      unsafe near.removeAll(keepingCapacity: true)
      let end = min(block.byteCount, at + Self.gatherCount * stride)
      while at < end {
        // Whole events of the job's type, by `BlockPort`.
        unsafe near.append(UnsafeRawPointer(block.memory + at))
        at += stride
      }
      try unsafe near.withUnsafeBufferPointer { events throws(EndOfDayError) in
        try unsafe append(events, room, job.type)
      }
    }
    room.group.append(room.batch)
    room.batch.removeAll()
    do throws(IOError) { try files[job.type.index].append(room.group, texts: room.batch, number: job.number) } catch {
      throw .io(error)
    }
    room.batch.forgetTexts()
  }

  private func append(
    _ events: UnsafeBufferPointer<UnsafeRawPointer>, _ room: Room, _ type: EventType
  ) throws(EndOfDayError) {
    var rest = unsafe events
    while true {
      let taken = unsafe room.batch.append(rest, texts)
      if taken == rest.count { return }
      guard room.batch.isFull else { throw .textsFull(type: type.name) }
      unsafe rest = UnsafeBufferPointer(rebasing: rest[taken...])
      room.group.append(room.batch)
      room.batch.removeAll()
    }
  }

  private mutating func room(_ type: EventType) throws(EndOfDayError) -> Room {
    if let room = rooms[type.index] { return room }
    let room: Room
    do throws(IOError) { room = Room(type, try PageCompression.make(codec)) } catch { throw .io(error) }
    rooms[type.index] = room
    return room
  }
}
