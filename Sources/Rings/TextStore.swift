import Synchronization

/// Texts that one thread adds and others read without a lock. A text never moves and never changes.
///
/// Ids count from 1. Whoever learns an id through a ring (release and acquire) sees its text.
///
///     directory ─► page of 4096 pointers ─► text chunk:  … | count UInt32 | bytes | count | bytes | …
///                                                                         ▲ a pointer of a page
///
/// Memory: 12 bytes a text beside its own.
@safe
package final class TextStore: @unchecked Sendable {
  static let chunkBits = 12
  static let textChunkBytes = 256 << 10
  /// What stands in front of each text: its length.
  static let countBytes = MemoryLayout<UInt32>.size

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
  private let directory: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeRawPointer>?>
  private let directoryCount: Int
  private let published = Atomic<Int>(0)
  // Touched by the adding thread only.
  private var textChunks: [UInt] = []
  private var chunkRoom = 0
  private var chunkNext: UnsafeMutableRawPointer?
  private var byteCount = 0
  /// Memory that was asked for so far, beside the directory.
  package private(set) var reservedBytes = 0

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
  package func add(_ text: UnsafeRawBufferPointer) -> UInt32? {
    let id = published.load(ordering: .relaxed) + 1
    guard id <= limits.maximumTexts, byteCount + text.count <= limits.maximumBytes else { return nil }
    let copy = unsafe store(text)
    let slot = id >> Self.chunkBits
    if unsafe directory[slot] == nil {
      unsafe directory[slot] = .allocate(capacity: 1 << Self.chunkBits)
      reservedBytes += MemoryLayout<UInt>.stride << Self.chunkBits
    }
    unsafe (directory[slot]! + (id & (1 << Self.chunkBits - 1))).initialize(to: copy)
    published.store(id, ordering: .releasing)
    return UInt32(id)
  }

  private func store(_ text: UnsafeRawBufferPointer) -> UnsafeRawPointer {
    let needed = Self.countBytes + text.count
    if unsafe needed > chunkRoom || chunkNext == nil {
      chunkRoom = max(Self.textChunkBytes, needed)
      let chunk = UnsafeMutableRawPointer.allocate(byteCount: chunkRoom, alignment: 16)
      textChunks.append(UInt(bitPattern: chunk))
      reservedBytes += chunkRoom
      unsafe chunkNext = chunk
    }
    let at = unsafe chunkNext! + Self.countBytes
    unsafe chunkNext!.storeBytes(of: UInt32(text.count), as: UInt32.self)
    if let from = text.baseAddress { unsafe at.copyMemory(from: from, byteCount: text.count) }
    unsafe chunkNext = at + text.count
    chunkRoom -= needed
    byteCount += text.count
    return UnsafeRawPointer(at)
  }

  /// The bytes of a text, which stay where they are as long as the store; nil for an id that was never given.
  package func bytes(_ id: UInt32) -> UnsafeRawBufferPointer? {
    guard id != 0, Int(id) <= count else { return nil }
    let text = unsafe directory[Int(id) >> Self.chunkBits]![Int(id) & (1 << Self.chunkBits - 1)]
    let count = unsafe (text - Self.countBytes).loadUnaligned(as: UInt32.self)
    return unsafe UnsafeRawBufferPointer(start: text, count: Int(count))
  }

  /// Lends a text; an empty one for an id that was never given.
  package func withText<R>(_ id: UInt32, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    unsafe body(bytes(id) ?? UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// A text for as long as the store lives: it never moves and never changes. An empty one for an id that was never
  /// given.
  @unsafe package func loan(_ id: UInt32) -> UnsafeRawBufferPointer {
    unsafe bytes(id) ?? UnsafeRawBufferPointer(start: nil, count: 0)
  }
}
