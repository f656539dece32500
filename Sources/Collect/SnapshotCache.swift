import Bytes
package import IO
package import Market

/// What a cached snapshot is looked up by.
package struct SnapshotKey: Sendable, Equatable {
  /// The feed's URL and where its token is from.
  package let source: String
  package let types: [EventType]
  package let symbols: [String]
  /// Names the entry; the entry itself says whether it is the right one.
  let hash: UInt64

  package init(source: String, types: [EventType], symbols: [String]) {
    self.source = source
    self.types = CollectTypes.ordered(types)
    self.symbols = symbols
    var text = source + "\n" + self.types.map(\.name).joined(separator: ",")
    for symbol in symbols { text += "\n" + symbol }
    hash = text.withUTF8 { b in unsafe TextTable.hash(UnsafeRawBufferPointer(b)) }
  }
}

/// Snapshots on disk: a file each, written beside and renamed, so that a reader sees a whole one or none.
///
///     FOLDER/0123456789abcdef.snapshot        `SnapshotFile`
///     FOLDER/0123456789abcdef.lock            held (flock) by the one process that collects this entry
///     FOLDER/….snapshot.tmp-PID               being written, or left by a process that was killed
///
/// Folder and files are for their owner alone (0700, 0600).
package struct SnapshotCache: Sendable {
  package let folder: String

  /// Entries that stay; the oldest go first.
  package static let maximumEntries = 64
  /// Bytes of an entry.
  package static let maximumEntryBytes = 256 << 20
  static let suffix = ".snapshot"

  package init(folder: String) { self.folder = folder }

  /// The folder by the XDG Base Directory Specification: `$XDG_CACHE_HOME/quotewire`, else `~/.cache/quotewire`. Nil
  /// where neither variable holds an absolute path.
  package static func standardFolder(cacheHome: String?, home: String?) -> String? {
    if let cacheHome, cacheHome.hasPrefix("/") { return cacheHome + "/quotewire" }
    if let home, home.hasPrefix("/") { return home + "/.cache/quotewire" }
    return nil
  }

  package func path(_ key: SnapshotKey) -> String {
    let digits = String(key.hash, radix: 16)
    return folder + "/" + String(repeating: "0", count: 16 - digits.count) + digits + Self.suffix
  }

  private func lockPath(_ key: SnapshotKey) -> String { String(path(key).dropLast(Self.suffix.count)) + ".lock" }

  /// What lies under a key.
  package enum Found: ~Copyable {
    case absent
    case whole(KeptSnapshot)
    /// Of another version of the program, or another collection with the same name: as good as absent.
    case foreign
    case damaged(String)
  }

  package func look(_ key: SnapshotKey) -> Found {
    let path = path(key)
    let bytes: [UInt8]
    do throws(IOError) { bytes = try File.contents(of: path, limitBytes: Self.maximumEntryBytes) } catch {
      return File.exists(path) ? .damaged(error.description) : .absent
    }
    do throws(SnapshotFile.Refusal) { return .whole(try Self.decode(bytes, key)) } catch {
      switch error {
      case .other, .otherLayout: return .foreign
      case .damaged(let reason): return .damaged(CollectError.damagedEntry(path: path, reason: reason).description)
      }
    }
  }

  private static func decode(_ bytes: [UInt8], _ key: SnapshotKey) throws(SnapshotFile.Refusal) -> KeptSnapshot {
    try unsafe bytes.span.bytes.withUnsafeBytes { b throws(SnapshotFile.Refusal) in
      try unsafe SnapshotFile.decode(b, source: key.source, types: key.types, symbols: key.symbols)
    }
  }

  /// Another file under the name gives another status.
  func status(_ key: SnapshotKey) -> FileStatus? { FileStatus(of: path(key)) }

  /// Writes an entry, on the device before it has its name, and takes away what is old or was left behind.
  package func store(_ bytes: RawSpan, _ key: SnapshotKey) throws(IOError) {
    try Directory.create(folder, permissions: 0o700)
    var file = try PendingFile(path(key), force: true, permissions: 0o600)
    try file.file.write(bytes)
    try file.commit()
    prune(keeping: path(key))
  }

  /// The lock of an entry; nil where another process holds it. It goes with the value, and with its process.
  func lock(_ key: SnapshotKey) throws(IOError) -> EntryLock? {
    try Directory.create(folder, permissions: 0o700)
    var file = try File(lockPath(key), .readWrite(permissions: 0o600))
    do throws(IOError) { try file.lockForWriting() } catch {
      if case .locked = error { return nil }
      throw error
    }
    return EntryLock(file: file)
  }

  /// Removes the oldest entries beyond the limit, and unfinished files whose writers no longer run. What cannot be
  /// removed stays; a lock that goes with its entry while another process waits for it costs one collection more.
  private func prune(keeping kept: String) {
    guard let names = try? Directory.list(folder) else { return }
    var entries: [(path: String, modifiedNanos: Int64)] = []
    var unfinished = Set<String>()
    for name in names {
      let path = folder + "/" + name
      if name.hasSuffix(Self.suffix), path != kept, let status = FileStatus(of: path) {
        entries.append((path, status.modifiedNanos))
      } else if let range = name.firstRange(of: Self.suffix + ".tmp-") {
        unfinished.insert(String(name[..<range.lowerBound]) + Self.suffix)
      }
    }
    for name in unfinished {
      for path in (try? PendingFile.leftovers(beside: folder + "/" + name)) ?? [] { try? File.remove(path) }
    }
    guard entries.count >= Self.maximumEntries else { return }
    entries.sort { $0.modifiedNanos < $1.modifiedNanos }
    for entry in entries.prefix(entries.count - Self.maximumEntries + 1) {
      try? File.remove(entry.path)
      try? File.remove(String(entry.path.dropLast(Self.suffix.count)) + ".lock")
    }
  }
}

/// The right to collect an entry, until it is let go of.
struct EntryLock: ~Copyable {
  private let file: File
  init(file: consuming File) { self.file = file }
}
