import Synchronization

/// Texts that one thread adds and others read without a lock. A text never moves and never changes.
///
/// Ids count from 1. Whoever learns an id through a ring (release and acquire) sees its text.
@safe
package final class TextStore: @unchecked Sendable {
  /// One text: where it lies, how long it is, and its 64-bit hash.
  @unsafe struct Entry {
    var bytes: UnsafeRawPointer
    var count: UInt32
    var hash: UInt64
  }

  static let chunkBits = 12
  static let textChunkBytes = 256 << 10

  /// Limits of one store.
  package struct Limits: Sendable {
    package var maximumTexts: Int
    package var maximumBytes: Int
    package init(maximumTexts: Int = 2 << 20, maximumBytes: Int = 256 << 20) {
      self.maximumTexts = maximumTexts
      self.maximumBytes = maximumBytes
    }
  }

  package let limits: Limits
  private let directory: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
  private let directoryCount: Int
  private let published = Atomic<Int>(0)
  // Touched by the adding thread only.
  private var textChunks: [UInt] = []
  private var chunkRoom = 0
  private var chunkNext: UnsafeMutableRawPointer?
  private var byteCount = 0

  package init(limits: Limits = Limits()) {
    self.limits = limits
    directoryCount = (limits.maximumTexts >> Self.chunkBits) + 1
    unsafe directory = .allocate(capacity: directoryCount)
    unsafe directory.initialize(repeating: nil, count: directoryCount)
    unsafe chunkNext = nil
  }

  deinit {
    for i in 0..<directoryCount { unsafe directory[i]?.deallocate() }
    unsafe directory.deallocate()
    for chunk in textChunks { unsafe UnsafeMutableRawPointer(bitPattern: chunk)?.deallocate() }
  }

  package var count: Int { published.load(ordering: .acquiring) }

  /// Adds a text and gives its id; nil when a limit is reached. Only the one adding thread may call this.
  package func add(_ text: UnsafeRawBufferPointer, hash: UInt64) -> UInt32? {
    let id = published.load(ordering: .relaxed) + 1
    guard id <= limits.maximumTexts, byteCount + text.count <= limits.maximumBytes else { return nil }
    let copy = unsafe store(text)
    let slot = id >> Self.chunkBits
    if unsafe directory[slot] == nil {
      unsafe directory[slot] = .allocate(capacity: 1 << Self.chunkBits)
    }
    unsafe (directory[slot]! + (id & (1 << Self.chunkBits - 1)))
      .initialize(to: Entry(bytes: copy, count: UInt32(text.count), hash: hash))
    published.store(id, ordering: .releasing)
    return UInt32(id)
  }

  private func store(_ text: UnsafeRawBufferPointer) -> UnsafeRawPointer {
    if unsafe text.count > chunkRoom || chunkNext == nil {
      chunkRoom = max(Self.textChunkBytes, text.count)
      let chunk = UnsafeMutableRawPointer.allocate(byteCount: chunkRoom, alignment: 16)
      textChunks.append(UInt(bitPattern: chunk))
      unsafe chunkNext = chunk
    }
    let at = unsafe chunkNext!
    if let from = text.baseAddress { unsafe at.copyMemory(from: from, byteCount: text.count) }
    unsafe chunkNext = at + text.count
    chunkRoom -= text.count
    byteCount += text.count
    return UnsafeRawPointer(at)
  }

  private func entry(_ id: UInt32) -> UnsafeMutablePointer<Entry>? {
    guard id != 0, Int(id) <= count else { return nil }
    return unsafe directory[Int(id) >> Self.chunkBits]! + (Int(id) & (1 << Self.chunkBits - 1))
  }

  /// Lends a text; an empty one for an id that was never given.
  package func withText<R>(_ id: UInt32, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    guard let e = unsafe entry(id) else { return unsafe body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    return unsafe body(UnsafeRawBufferPointer(start: e.pointee.bytes, count: Int(e.pointee.count)))
  }

  /// A text for as long as the store lives: it never moves and never changes. An empty one for an id that was never
  /// given.
  @unsafe package func loan(_ id: UInt32) -> UnsafeRawBufferPointer {
    guard let e = unsafe entry(id) else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
    return unsafe UnsafeRawBufferPointer(start: e.pointee.bytes, count: Int(e.pointee.count))
  }

  /// The hash that the text was added with; 0 for an id that was never given.
  package func hash(_ id: UInt32) -> UInt64 {
    guard let e = unsafe entry(id) else { return 0 }
    return unsafe e.pointee.hash
  }
}
