import Bytes
import Glibc
import IO
import Market

/// Events that wait on disk for room in one lane's ring: first in, first out. Used by one thread.
///
///     append ─► tail block ─► blocks of a file without a name ─► head block ─► drain
///
/// The file is used as a circle of slots of `blockBytes`; it is never longer than the limit, and gone with the process.
/// What waits here is lost with a crash: the recording is what survives one.
final class SpillQueue {
  private struct Block {
    var bytes: Int
    var events: Int
  }

  private var file: File
  private let slots: Int
  private let say: (String) -> Void
  private var isInTrouble = false
  private var head: [UInt8] = []
  private var headAt = 0
  /// Events of the head that were not given out.
  private var headEvents = 0
  private var tail: [UInt8] = []
  private var tailEvents = 0
  /// What is in the file, oldest first; the oldest lies in slot `firstSlot`.
  private var blocks: [Block] = []
  private var firstSlot = 0

  static let blockBytes = 256 << 10
  /// Where files go that shall not take memory, unless TMPDIR says otherwise.
  static var defaultFolder: String {
    guard let folder = unsafe getenv("TMPDIR") else { return "/var/tmp" }
    return unsafe String(cString: folder)
  }

  /// - Parameter say: told once when the disk fails, and when it works again.
  init(folder: String, limitBytes: Int, say: @escaping (String) -> Void) throws(IOError) {
    file = try File(temporaryIn: folder)
    slots = max(1, limitBytes / Self.blockBytes)
    self.say = say
  }

  var isEmpty: Bool { headAt == head.count && blocks.isEmpty && tail.isEmpty }

  /// Puts one event, or a mark that counts as none, behind the others; false where there is no room for it.
  func append(_ records: UnsafeRawBufferPointer, events: Int) -> Bool {
    if tail.count + records.count > Self.blockBytes && !writeTail() { return false }
    unsafe tail.append(contentsOf: records)
    tailEvents += events
    return true
  }

  /// Gives out the oldest first until `take` refuses. Returns how many events could not be read back.
  func drain(_ take: (EventRef) -> Bool) -> Int {
    var lost = 0
    while true {
      while headAt < head.count {
        let size = unsafe head.withUnsafeBytes { b in
          // Whole events, as they were appended.
          let event = unsafe EventRef(b.baseAddress! + headAt)
          guard take(event) else { return 0 }
          if event.typeByte != Gap.typeByte { headEvents -= 1 }
          return event.recordCount * EventRecord.byteCount
        }
        if size == 0 { return lost }
        headAt += size
      }
      headAt = 0
      headEvents = 0
      head.removeAll(keepingCapacity: true)
      if blocks.isEmpty {
        if tail.isEmpty { return lost }
        swap(&head, &tail)
        headEvents = tailEvents
        tailEvents = 0
      } else {
        lost += readHead()
      }
    }
  }

  /// Gives everything up and says how many events that was.
  func removeAll() -> Int {
    let events = headEvents + tailEvents + blocks.reduce(0) { $0 + $1.events }
    (head, tail, blocks) = ([], [], [])
    (headAt, headEvents, tailEvents, firstSlot) = (0, 0, 0, 0)
    return events
  }

  /// False where the file is as long as it may be, or cannot be written.
  private func writeTail() -> Bool {
    guard blocks.count < slots else { return false }
    let slot = (firstSlot + blocks.count) % slots
    let bytes = tail
    do throws(IOError) { try unsafe file.write(bytes.span.bytes, at: slot * Self.blockBytes) } catch {
      if !isInTrouble { say("cannot spill: \(error); the newest events are dropped until it works") }
      isInTrouble = true
      return false
    }
    if isInTrouble { say("spilling goes on") }
    isInTrouble = false
    blocks.append(Block(bytes: bytes.count, events: tailEvents))
    tail.removeAll(keepingCapacity: true)
    tailEvents = 0
    return true
  }

  /// Reads the oldest block; the events of one that cannot be read are lost, and their number is returned.
  private func readHead() -> Int {
    let block = blocks.removeFirst()
    let slot = firstSlot
    firstSlot = (firstSlot + 1) % slots
    var bytes = [UInt8](repeating: 0, count: block.bytes)
    do {
      let got = try unsafe bytes.withUnsafeMutableBytes { b in
        try unsafe file.read(into: b, at: slot * Self.blockBytes)
      }
      guard got == block.bytes else {
        throw IOError.unusableFile(path: file.path, reason: "it holds \(got) of \(block.bytes) bytes")
      }
    } catch {
      say("\(block.events) spilled events cannot be read back: \(error)")
      return block.events
    }
    head = bytes
    headEvents = block.events
    return 0
  }
}
