import Arrow
import Bytes
import Columns
import IO
import Market

/// The rows of Arrow files, one file after the other. One thread at a time reads.
final class ArrowSource {
  private let inputs: [ConversionInput]
  private var next = 0
  private var file: File?
  private var reader = ArrowReader()
  private var hasRows = false
  /// Of the file under way.
  private var bytesRead = 0
  /// Unfinished files that were read up to their last whole message.
  private(set) var torn: [TornFile] = []
  private var isAtEnd = false
  private let block = ReadBlock(byteCount: 1 << 20)

  /// Rows that are taken at once: those of a row group of Parquet.
  static let unitRows = 1 << 18

  init(_ inputs: [ConversionInput]) { self.inputs = inputs }

  private var path: String { inputs[max(0, next - 1)].path }

  /// The type of the rows that come next, in a further file if need be; nil behind the last.
  func nextType() throws(ConversionError) -> EventType? {
    while true {
      if file == nil {
        if next == inputs.count { return nil }
        next += 1
        do throws(IOError) { file = try File(path, .readOnly) } catch { throw .file("\(error)") }
        reader = ArrowReader()
        hasRows = false
        isAtEnd = false
        bytesRead = 0
      }
      if hasRows { return reader.type }
      if try !advance({ _ in }) { file = nil }
    }
  }

  /// Reads on until rows wait; false at the end of the file.
  private func advance(_ progress: (Int) -> Void) throws(ConversionError) -> Bool {
    while !isAtEnd {
      let step: ArrowReader.Step
      do throws(ArrowError) { step = try reader.next() } catch { throw .unreadable(path: path, reason: "\(error)") }
      switch step {
      case .rows:
        hasRows = true
        return true
      case .schema: continue
      case .end, .needMore: try append(progress)
      }
    }
    return false
  }

  private func append(_ progress: (Int) -> Void) throws(ConversionError) {
    do throws(IOError) {
      unsafe try block.fill { room throws(IOError) in unsafe try file!.read(into: room) }
    } catch { throw .file("\(error)") }
    progress(block.count)
    bytesRead += block.count
    if block.count > 0 { return unsafe reader.append(block.bytes().bytes) }
    isAtEnd = true
    do throws(ArrowError) { try reader.finish() } catch {
      // What a crash left behind is a stream that ends anywhere, also in the footer.
      var end = reader.streamEnd
      if case .cutOff(let position) = error { end = position }
      guard let end, PendingFile.isUnfinished(path), reader.type != nil else {
        throw .unreadable(path: path, reason: "\(error)")
      }
      torn.append(TornFile(path: path, bytes: bytesRead - end))
    }
  }

  /// Fills a batch with rows of the file under way; gives their number.
  func read(into columns: inout ColumnBatch, _ progress: (Int) -> Void) throws(ConversionError) -> Int {
    let before = columns.rowCount
    while !columns.isFull {
      if !hasRows, try !advance(progress) { break }
      do throws(ArrowError) { hasRows = try reader.read(into: &columns) } catch {
        throw .unreadable(path: path, reason: "\(error)")
      }
    }
    return columns.rowCount - before
  }

  /// Passes the rest of the file; gives the number of its rows.
  func skip(_ progress: (Int) -> Void) throws(ConversionError) -> Int {
    guard let type = reader.type else { return 0 }
    var rows = 0
    var columns = ColumnBatch(type, capacity: 1 << 14)
    while true {
      let taken = try read(into: &columns, progress)
      if taken == 0 { return rows }
      rows += taken
      columns.removeAllAndTexts()
    }
  }
}
