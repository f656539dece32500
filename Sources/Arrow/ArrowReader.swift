import Bytes
package import Columns
package import Market

/// Reads Arrow streams and files that hold the columns of one event type. Takes bytes in blocks of any size; does no
/// I/O.
///
///     while let block = next() {
///       reader.append(block)
///       while try reader.next() == .rows { while try reader.read(into: &columns) { drain(&columns) } }
///     }
///     try reader.finish()
///
/// Columns may stand in any order, and be left out but for `eventSymbol`: rows then have the field's default. Other
/// columns, and other types of these, are refused.
package struct ArrowReader: ~Copyable {
  package struct Limits: Sendable {
    /// Of one message.
    package var maximumMetadataBytes = 16 << 20
    package var maximumBodyBytes = 512 << 20
    /// Of one record batch.
    package var maximumRows = 4 << 20
    package init() {}
  }

  /// What a call of `next` came to.
  package enum Step: Equatable, Sendable {
    /// All whole messages are read; append more bytes.
    case needMore
    /// The schema is known: `type` says of what.
    case schema
    /// A record batch waits: `read` its rows.
    case rows
    /// The stream ended as it should. What follows in a file is read by `finish`.
    case end
  }

  private enum State { case start, messages, ended }

  /// Of the events; nil before `Step.schema`.
  package private(set) var type: EventType?
  /// Of all batches so far.
  package private(set) var rowCount = 0
  private let limits: Limits
  private var buffer = ByteWriter(capacity: 1 << 16)
  /// Bytes at the beginning of `buffer` that are done with.
  private var consumed = 0
  /// Of the buffer's beginning in the stream.
  private var base = 0
  private var state = State.start
  private var isFile = false
  private var batches = 0
  private var decoder: ArrowBatchDecoder?
  private var schema: ArrowReadSchema?

  package init(limits: Limits = Limits()) { self.limits = limits }

  /// Takes the next bytes.
  package mutating func append(_ bytes: RawSpan) {
    if consumed > 0 {
      buffer.removeFirst(consumed)
      base += consumed
      consumed = 0
    }
    buffer.append(bytes)
  }

  private var waiting: Int { buffer.count - consumed }
  private var position: Int { base + consumed }

  private func number(_ at: Int) -> UInt32 {
    unsafe buffer.withBytes { b in
      unsafe UInt32(littleEndian: b.loadUnaligned(fromByteOffset: consumed + at, as: UInt32.self))
    }
  }

  /// Reads the next message, if all of it is there.
  package mutating func next() throws(ArrowError) -> Step {
    if state == .start {
      guard waiting >= ArrowFrame.magicBytes else { return .needMore }
      isFile = unsafe buffer.withBytes { b in unsafe b.starts(with: ArrowFrame.magic) }
      guard isFile || number(0) == ArrowFrame.continuation else { throw .notArrow }
      if isFile { consumed += ArrowFrame.magicBytes }
      state = .messages
    }
    while state == .messages {
      guard waiting >= ArrowFrame.prefixBytes else { return .needMore }
      guard number(0) == ArrowFrame.continuation else {
        throw .malformed(position: position, what: "no message begins here")
      }
      let length = Int(number(4))
      if length == 0 {
        consumed += ArrowFrame.prefixBytes
        state = .ended
        return .end
      }
      guard length <= limits.maximumMetadataBytes else {
        throw .tooLarge(position: position, what: "bytes of metadata", limit: limits.maximumMetadataBytes)
      }
      guard waiting - ArrowFrame.prefixBytes >= length else { return .needMore }
      let message = try parse(length)
      guard waiting - ArrowFrame.prefixBytes - length >= message.bodyBytes else { return .needMore }
      let (step, body) = (message, consumed + ArrowFrame.prefixBytes + length)
      let outcome = try take(step, body)
      consumed = body + message.bodyBytes
      if let outcome { return outcome }
    }
    return .end
  }

  /// One message's metadata.
  private struct Parsed {
    let header: FlatTable
    let kind: UInt8
    let bodyBytes: Int
  }

  private func parse(_ length: Int) throws(ArrowError) -> Parsed {
    let start = consumed + ArrowFrame.prefixBytes
    let metadata = unsafe buffer.withBytes { b in unsafe [UInt8](b[start..<start + length]) }
    do throws(FlatReader.Damage) {
      let message = try FlatReader(bytes: metadata).root()
      let body = try message.number(3, Int64.self)
      guard body >= 0, body <= Int64(limits.maximumBodyBytes) else {
        throw FlatReader.Damage(what: "a body of \(body) bytes, more than the limit of \(limits.maximumBodyBytes)")
      }
      guard try message.number(0, Int16.self) == ArrowNumber.version else {
        throw FlatReader.Damage(what: "another version of the format's metadata than 5")
      }
      guard let header = try message.table(2) else { throw FlatReader.Damage(what: "a message without contents") }
      return Parsed(header: header, kind: try message.number(1), bodyBytes: Int(body))
    } catch { throw .malformed(position: position, what: error.what) }
  }

  /// Nil for a message that concerns nobody outside.
  private mutating func take(_ message: Parsed, _ body: Int) throws(ArrowError) -> Step? {
    do throws(ArrowFault) {
      switch message.kind {
      case ArrowNumber.headerSchema:
        guard schema == nil else { throw .damage("a second schema") }
        let read = try ArrowReadSchema(message.header)
        schema = read
        type = read.type
        decoder = ArrowBatchDecoder(read, maximumRows: limits.maximumRows)
        return .schema
      case ArrowNumber.headerDictionary, ArrowNumber.headerRecordBatch:
        guard decoder != nil else { throw .damage("data in front of the schema") }
        unsafe try buffer.withBytes { all throws(ArrowFault) in
          let bytes = unsafe UnsafeRawBufferPointer(rebasing: all[body..<body + message.bodyBytes])
          if message.kind == ArrowNumber.headerDictionary {
            unsafe try decoder?.takeDictionary(message.header, bytes)
          } else {
            unsafe try decoder?.takeBatch(message.header, bytes)
          }
        }
        guard message.kind == ArrowNumber.headerRecordBatch else { return nil }
        batches += 1
        rowCount += decoder?.rowCount ?? 0
        return .rows
      default: throw .unsupported("a message of kind \(message.kind)")
      }
    } catch {
      switch error {
      case .damage(let what): throw .malformed(position: position, what: what)
      case .unsupported(let what): throw .unsupported(position: position, what: what)
      case .columns(let what): throw .wrongColumns(what: what)
      }
    }
  }

  /// Appends rows of the batch that waits, as many as there is room for; false when none is left.
  /// - Throws: `dictionaryFull`.
  package mutating func read(into columns: inout ColumnBatch) throws(ArrowError) -> Bool {
    guard decoder != nil else { return false }
    if let column = decoder?.read(into: &columns) { throw .dictionaryFull(column: column) }
    return decoder?.hasRows == true
  }

  /// Where the stream ends, once its end mark was read; nil before.
  package var streamEnd: Int? { state == .ended ? position : nil }

  /// Says that there are no more bytes, and checks what stands behind the stream.
  package mutating func finish() throws(ArrowError) {
    guard state == .ended else {
      if state == .start { throw .notArrow }
      throw .cutOff(position: position)
    }
    guard isFile else {
      if waiting > 0 { throw .malformed(position: position, what: "bytes behind the end of the stream") }
      return
    }
    let tail = 4 + ArrowFrame.magic.count
    guard waiting >= tail else { throw .cutOff(position: position) }
    let isWhole = unsafe buffer.withBytes { b in
      unsafe b.suffix(ArrowFrame.magic.count).elementsEqual(ArrowFrame.magic)
    }
    let length = Int(number(waiting - tail))
    guard isWhole, length == waiting - tail else { throw .malformed(position: position, what: "no footer") }
    let footer = unsafe buffer.withBytes { b in unsafe [UInt8](b[consumed..<consumed + length]) }
    do throws(FlatReader.Damage) {
      let blocks = try FlatReader(bytes: footer).root().vector(3, elementBytes: 24)
      guard blocks.count == batches else {
        throw FlatReader.Damage(what: "a footer of \(blocks.count) batches behind \(batches)")
      }
    } catch { throw .malformed(position: position, what: error.what) }
    consumed = buffer.count
  }
}

/// What is wrong with one message; the reader adds where it lies.
enum ArrowFault: Error {
  case damage(String)
  case unsupported(String)
  case columns(String)
}
