import IO
import JSON

/// The committed counts, by key: architecture, vector kernel and compiler, such as `x86_64 avx2 swift-6.3.1 release`.
/// One JSON object, a path a line, so that a change of one path is a change of one line.
package struct InstructionBaseline: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var name: String
    package var perEvent: Double
    package var perByte: Double
    package init(name: String, perEvent: Double, perByte: Double) {
      self.name = name
      self.perEvent = perEvent
      self.perByte = perByte
    }
  }

  package static let format = "quotewire-instructions 1"
  package var keys: [String: [Entry]] = [:]

  package init() {}

  package static func read(_ path: String) throws -> InstructionBaseline {
    let bytes = try File.contents(of: path, limitBytes: 1 << 20)
    do { return try unsafe decode(bytes.span.bytes) } catch {
      throw BenchmarkError.failed(benchmark: path, reason: "\(error)")
    }
  }

  package static func decode(_ bytes: RawSpan) throws(RunFileError) -> InstructionBaseline {
    var scanner = Scanner(maximumBytes: 1 << 20)
    var baseline = InstructionBaseline()
    var format = ""
    do throws(JSONError) {
      try scanner.scanCopy(bytes) { cursor throws(JSONError) in
        try cursor.enterObject()
        while let member = try cursor.nextKey() {
          switch member.string {
          case "format": format = try cursor.readString().string
          case "keys": try baseline.readKeys(&cursor)
          default: try cursor.skipValue()
          }
        }
      }
    } catch { throw .malformed(offset: error.offset) }
    guard format == Self.format else { throw .foreign }
    // A figure that is no positive number can hold nothing against anyone.
    for entries in baseline.keys.values {
      for entry in entries where !(entry.perEvent > 0) { throw .noSamples(benchmark: entry.name) }
    }
    return baseline
  }

  private mutating func readKeys(_ cursor: inout Cursor) throws(JSONError) {
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      let key = key.string
      var entries: [Entry] = []
      try cursor.enterObject()
      while let name = try cursor.nextKey() {
        var entry = Entry(name: name.string, perEvent: 0, perByte: 0)
        try cursor.enterObject()
        while let figure = try cursor.nextKey() {
          switch figure.string {
          case "perEvent": entry.perEvent = try cursor.readDouble()
          case "perByte": entry.perByte = try cursor.readDouble()
          default: try cursor.skipValue()
          }
        }
        entries.append(entry)
      }
      keys[key] = entries
    }
  }

  package func encode() -> [UInt8] {
    var json = JSONWriter()
    json.open(.object)
    json.member("format", Self.format)
    json.line()
    json.open(.object, "keys")
    for (key, entries) in keys.sorted(by: { $0.key < $1.key }) {
      json.line()
      json.open(.object, key)
      for entry in entries {
        json.line()
        json.open(.object, entry.name)
        json.member("perEvent", Self.rounded(entry.perEvent))
        json.member("perByte", Self.rounded(entry.perByte))
        json.close(.object)
      }
      json.lastLine()
      json.close(.object)
    }
    json.lastLine()
    json.close(.object)
    json.close(.object)
    return json.finish()
  }

  /// Hundredths are finer than the counts repeat.
  private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
