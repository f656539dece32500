/// Bytes as they come, cut into lines at line feeds; a carriage return before one is taken away.
package struct ControlLines: Sendable {
  package enum Line: Equatable, Sendable {
    case text(String)
    /// More bytes than a line may have: nothing after them can be told apart.
    case tooLong
    case notUTF8
  }

  private let limitBytes: Int
  private var bytes: [UInt8] = []
  /// Bytes of the front that were given out.
  private var taken = 0
  /// Where the search for the next line feed goes on.
  private var searched = 0

  package init(limitBytes: Int) { self.limitBytes = limitBytes }

  package mutating func append(_ more: some Sequence<UInt8>) {
    bytes.removeFirst(taken)
    searched -= taken
    taken = 0
    bytes += more
  }

  /// The next whole line; nil while there is none.
  /// - Parameter isLast: no more bytes will come: what is left is a line too.
  package mutating func next(isLast: Bool = false) -> Line? {
    let feed = bytes[searched...].firstIndex(of: 0x0A)
    let end = feed ?? bytes.count
    if end - taken > limitBytes {
      taken = bytes.count
      searched = taken
      return .tooLong
    }
    guard feed != nil || (isLast && taken < bytes.count) else {
      searched = bytes.count
      return nil
    }
    var line = bytes[taken..<end]
    taken = min(end + 1, bytes.count)
    searched = taken
    if line.last == 0x0D { line.removeLast() }
    return String(validating: line, as: UTF8.self).map { .text($0) } ?? .notUTF8
  }
}
