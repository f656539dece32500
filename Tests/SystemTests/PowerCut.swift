import TestSupport

/// A disk that forgets what was not flushed: made from the journal that `Tests/Faults` keeps of a program's calls.
///
/// What a flush of a file has covered stays. Of the writes since, each sector may be there or not, and the length may
/// be the old one or the new one. A name stays when its folder was flushed behind it; of the others each may be there
/// or not. That is less than any file system promises.
struct PowerCut {
  private struct Operation {
    let call: UInt32
    let path: String
    let other: String
    let offset: Int
    let inode: UInt64
    let bytes: ArraySlice<UInt8>
  }

  /// One file: what is on the device, and what is not yet.
  fileprivate struct File {
    var synced: [UInt8] = []
    var written: [UInt8] = []
  }

  /// What a file would be after a cut, and what it was when the power went.
  struct Left {
    let bytes: [UInt8]
    let written: [UInt8]
    let synced: Int
  }

  // Numbers of the calls in Tests/Faults/faults.c.
  private enum Call {
    static let open: UInt32 = 1
    static let write: UInt32 = 3
    static let sync: UInt32 = 4
    static let truncate: UInt32 = 5
    static let rename: UInt32 = 6
    static let unlink: UInt32 = 7
  }

  private static let sectorBytes = 512
  private let operations: [Operation]
  var count: Int { operations.count }

  init(journal: [UInt8]) {
    func number(_ at: Int, _ bytes: Int) -> UInt64 {
      (0..<bytes).reduce(0) { $0 | UInt64(journal[at + $1]) << (8 * UInt64($1)) }
    }
    var operations: [Operation] = []
    var at = 0
    while at + 32 <= journal.count {
      let (path, other, count) = (Int(number(at + 4, 4)), Int(number(at + 8, 4)), Int(number(at + 12, 4)))
      let texts = at + 32
      let data = texts + path + other
      operations.append(
        Operation(
          call: UInt32(number(at, 4)), path: String(decoding: journal[texts..<texts + path], as: UTF8.self),
          other: String(decoding: journal[texts + path..<data], as: UTF8.self), offset: Int(number(at + 16, 8)),
          inode: number(at + 24, 8), bytes: journal[data..<data + count]))
      at = data + count
    }
    self.operations = operations
  }

  /// What is left when the power goes behind operation number `end`: files by their paths.
  func left(behind end: Int, _ random: inout SeededRandom) -> [String: Left] {
    var files: [UInt64: File] = [:]
    var names: [String: UInt64] = [:]
    // Changes of names that no flush of their folder has covered.
    var pending: [(folder: String, Operation)] = []
    for operation in operations.prefix(end) {
      switch operation.call {
      case Call.write:
        let last = operation.offset + operation.bytes.count
        files[operation.inode, default: File()].write(operation.bytes, operation.offset, last)
      case Call.truncate: files[operation.inode]?.truncate(operation.offset)
      case Call.sync:
        let covered = pending.filter { $0.folder == operation.path }
        pending.removeAll { $0.folder == operation.path }
        for change in covered { Self.apply(change.1, &names) }
        if let file = files[operation.inode] { files[operation.inode]?.synced = file.written }
      default:
        if operation.call == Call.open { files[operation.inode] = File() }
        pending.append((Self.folder(of: operation.path), operation))
      }
    }
    for change in pending where Bool.random(using: &random) { Self.apply(change.1, &names) }
    var left: [String: Left] = [:]
    for (path, inode) in names {
      guard let file = files[inode] else { continue }
      left[path] = Left(bytes: Self.torn(file, &random), written: file.written, synced: file.synced.count)
    }
    return left
  }

  private static func folder(of path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
  }

  private static func apply(_ change: Operation, _ names: inout [String: UInt64]) {
    switch change.call {
    case Call.open: names[change.path] = change.inode
    case Call.rename: if let inode = names.removeValue(forKey: change.path) { names[change.other] = inode }
    case Call.unlink: names[change.path] = nil
    default: break
    }
  }

  /// Some of the sectors that were not flushed.
  private static func torn(_ file: File, _ random: inout SeededRandom) -> [UInt8] {
    let isLonger = file.written.count >= file.synced.count && Bool.random(using: &random)
    var bytes = file.synced
    if isLonger { bytes += [UInt8](repeating: 0, count: file.written.count - file.synced.count) }
    for start in stride(from: 0, to: bytes.count, by: sectorBytes) where Bool.random(using: &random) {
      let end = min(start + sectorBytes, bytes.count, file.written.count)
      if end > start { bytes.replaceSubrange(start..<end, with: file.written[start..<end]) }
    }
    return bytes
  }
}

extension PowerCut.File {
  fileprivate mutating func write(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ end: Int) {
    if written.count < end { written += [UInt8](repeating: 0, count: end - written.count) }
    written.replaceSubrange(offset..<end, with: bytes)
  }

  fileprivate mutating func truncate(_ count: Int) {
    if count < written.count { written.removeLast(written.count - count) }
    written += [UInt8](repeating: 0, count: count - written.count)
  }
}
