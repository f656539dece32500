import Bytes
import IO
import Rings
import Synchronization

/// A file's contents in two numbers.
package struct FileSum: Sendable, Equatable {
  package var bytes: Int
  /// CRC-32C of all bytes.
  package var crc: UInt32

  package init(bytes: Int, crc: UInt32) {
    self.bytes = bytes
    self.crc = crc
  }

  /// Bytes that a thread takes at a time.
  private static let pieceBytes = 16 << 20

  /// Reads whole files, on several threads.
  /// - Returns: for each path its sum; nil where there is no file.
  package static func of(_ paths: [String], jobs: Int) throws(EndOfDayError) -> [FileSum?] {
    var maps: [Handed?] = []
    for path in paths {
      guard File.exists(path) else {
        maps.append(nil)
        continue
      }
      do throws(IOError) { maps.append(Handed(try MappedFile(path))) } catch { throw .io(error) }
    }
    let pieces = maps.indices.flatMap { i in
      stride(from: 0, to: maps[i]?.map.count ?? 0, by: pieceBytes).map { Piece(file: i, start: $0) }
    }
    let sums = try sums(pieces, maps, jobs: min(jobs, max(1, pieces.count)))
    var found = maps.map { $0.map { FileSum(bytes: $0.map.count, crc: 0) } }
    for (piece, crc) in zip(pieces, sums) {
      let count = maps[piece.file].map { min(pieceBytes, $0.map.count - piece.start) } ?? 0
      let before = found[piece.file]?.crc ?? 0
      found[piece.file]?.crc = CRC32C.combined(before, crc, bytesOfSecond: count)
    }
    return found
  }

  private struct Piece: Sendable {
    var file: Int
    var start: Int
  }

  /// A map that threads read.
  private final class Handed: Sendable {
    let map: MappedFile
    init(_ map: consuming MappedFile) { self.map = map }
  }

  private static func sums(_ pieces: [Piece], _ maps: [Handed?], jobs: Int) throws(EndOfDayError) -> [UInt32] {
    let sums = Mutex([UInt32](repeating: 0, count: pieces.count))
    let next = Atomic<Int>(0)
    let work = Work(pieces: pieces, maps: maps, sums: consume sums, next: consume next)
    try Threads.run("qw-sum", jobs) { _ in work.run() }
    return work.sums.withLock { $0 }
  }

  private final class Work: Sendable {
    let pieces: [Piece]
    let maps: [Handed?]
    let sums: Mutex<[UInt32]>
    let next: Atomic<Int>

    init(pieces: [Piece], maps: [Handed?], sums: consuming Mutex<[UInt32]>, next: consuming Atomic<Int>) {
      self.pieces = pieces
      self.maps = maps
      self.sums = sums
      self.next = next
    }

    func run() {
      while true {
        let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard i < pieces.count, let map = maps[pieces[i].file] else { return }
        let crc = unsafe map.map.withBytes { bytes in
          let end = min(bytes.count, pieces[i].start + FileSum.pieceBytes)
          return unsafe CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[pieces[i].start..<end]).bytes)
        }
        sums.withLock { $0[i] = crc }
      }
    }
  }
}

/// Several threads that do the same.
enum Threads {
  /// Runs `body` once a thread, with the thread's number, and waits for all. One thread is the caller's own.
  static func run(_ name: String, _ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws(EndOfDayError) {
    var others: [Handover<WorkerThread>] = []
    defer { for thread in others { thread.take().join() } }
    for number in 1..<max(1, count) {
      do { others.append(Handover(try WorkerThread(name) { body(number) })) } catch { throw .thread("\(error)") }
    }
    body(0)
  }
}
