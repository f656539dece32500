import IO

/// Ticks on their way to bars, by symbol: in memory up to a limit, then in files without names.
///
/// Used by one thread at a time. After an error nothing more is taken.
final class TickStore {
  /// The ticks of the symbols whose id has the same lowest bits.
  final class Partition {
    fileprivate var ticks: [Tick] = []
    fileprivate var file: File?
    fileprivate var writtenTicks = 0
    var count: Int { writtenTicks + ticks.count }

    /// All ticks, as they arrived.
    func all() throws(IOError) -> [Tick] {
      if writtenTicks == 0 { return ticks }
      let stride = MemoryLayout<Tick>.stride
      var all = [Tick](
        repeating: Tick(symbol: 0, flags: [], key: 0, timeNanos: 0, price: 0, size: 0), count: writtenTicks)
      var failure: IOError?
      let path = "a temporary file of trades"
      unsafe all.withUnsafeMutableBytes { bytes in
        var done = 0
        do throws(IOError) {
          while done < writtenTicks * stride {
            let got = try unsafe file!.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[done...]), at: done)
            guard got > 0 else { throw .unusableFile(path: path, reason: "it ends before what was written to it") }
            done += got
          }
        } catch { failure = error }
      }
      if let failure { throw failure }
      all.append(contentsOf: ticks)
      return all
    }

    fileprivate func spill(_ folder: String) throws(IOError) {
      if ticks.isEmpty { return }
      if file == nil { file = try File(temporaryIn: folder) }
      let at = writtenTicks * MemoryLayout<Tick>.stride
      let full = ticks
      try unsafe file!.write(full.span.bytes, at: at)
      writtenTicks += ticks.count
      ticks.removeAll(keepingCapacity: true)
    }
  }

  static let partitionCount = 64
  /// Bytes of ticks in memory before all go to disk.
  static let memoryBytes = 128 << 20
  /// Ticks of one partition, which are in memory while bars are made of them: 1.3 GB.
  static let maximumPartitionTicks = 1 << 25

  let partitions: [Partition]
  /// Whether some sale is a valid tick.
  private(set) var salesAreMarked = false
  private(set) var failure: EndOfDayError?
  private let folder: String
  private let limitTicks: Int
  private var inMemory = 0

  /// - Parameter folder: decides on which disk the files lie.
  init(folder: String, memoryBytes: Int = TickStore.memoryBytes) {
    self.folder = folder
    limitTicks = max(1, memoryBytes / MemoryLayout<Tick>.stride)
    partitions = (0..<Self.partitionCount).map { _ in Partition() }
  }

  func append(_ tick: Tick) {
    if failure != nil { return }
    if tick.flags.contains(.valid) { salesAreMarked = true }
    let partition = partitions[Int(tick.symbol) & (Self.partitionCount - 1)]
    guard partition.count < Self.maximumPartitionTicks else {
      failure = .tooManyTicks(limit: Self.maximumPartitionTicks)
      return
    }
    partition.ticks.append(tick)
    inMemory += 1
    if inMemory < limitTicks { return }
    do throws(IOError) {
      for partition in partitions { try partition.spill(folder) }
      inMemory = 0
    } catch { failure = .io(error) }
  }
}
