import Bytes
import Formats
import IO
import Market

/// What a worker converts at once: the records of a text that begin within a range of bytes.
struct TextUnit: Sendable {
  /// Of the settings' inputs.
  let input: Int
  /// The first byte; behind a line break that may stand within quotes, unless it is the text's first.
  let start: Int
  /// Records that begin at this byte or behind it belong to the next unit.
  let goal: Int
  let isLast: Bool
}

/// The units of the inputs, each made when somebody asks for it.
struct UnitPlan: Sendable {
  private let settings: ConversionSettings
  private var input = 0
  private var position = 0

  init(_ settings: ConversionSettings) { self.settings = settings }

  /// - Parameter sizes: of the inputs.
  mutating func next(_ sizes: [Int]) -> TextUnit? {
    guard input < settings.inputs.count else { return nil }
    let goal = min(sizes[input], position + max(1, settings.unitBytes))
    let unit = TextUnit(input: input, start: position, goal: goal, isLast: goal == sizes[input])
    position = goal
    if unit.isLast {
      input += 1
      position = 0
    }
    return unit
  }
}

/// One input as a text that is read from any place.
final class TextInput {
  let path: String
  private let file: File
  let size: Int
  private let block = ReadBlock(byteCount: TextInput.blockBytes)
  /// Of the block in the file.
  private var blockStart = 0

  static let blockBytes = CSVColumnReader.blockBytes

  init(_ path: String) throws(ConversionError) {
    self.path = path
    do throws(IOError) {
      file = try File(path, .readOnly)
      size = try file.size
    } catch { throw .file("\(error)") }
  }

  /// Fills memory from a place in the file, up to `end`; fewer bytes only where the file ends.
  func read(into room: UnsafeMutableRawBufferPointer, at offset: Int, upTo end: Int) throws(ConversionError) -> Int {
    let count = max(0, min(room.count, end - offset, Self.blockBytes))
    do throws(IOError) {
      return try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]), at: offset)
    } catch { throw .file("\(error)") }
  }

  /// Where the line at `offset` ends: behind its line break; `limit`, or the file's size, where there is none before.
  func lineEnd(from offset: Int, limit: Int = .max) throws(ConversionError) -> Int {
    let last = min(size, limit)
    var at = offset
    while at < last {
      if at < blockStart || at >= blockStart + block.count {
        let place = at
        unsafe try block.fill { room throws(ConversionError) in unsafe try read(into: room, at: place, upTo: size) }
        blockStart = at
        if block.count == 0 { return last }
      }
      if let end = block.index(of: 0x0A, from: at - blockStart) { return min(last, blockStart + end + 1) }
      at = blockStart + block.count
    }
    return last
  }
}
