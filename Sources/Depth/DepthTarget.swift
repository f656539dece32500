/// Where rows go: `ndjson:-`, `ndjson:FILE`, `csv:-` or `csv:FILE`.
package struct DepthTarget: Sendable, Equatable {
  package let encoder: DepthEncoder
  /// Nil for standard output.
  package let file: String?

  package static let known = "ndjson:-, ndjson:FILE, csv:- and csv:FILE"

  package init(encoder: DepthEncoder, file: String?) {
    self.encoder = encoder
    self.file = file
  }

  package init(parsing text: String) throws(DepthError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let encoder = DepthEncoder(rawValue: parts[0]), !parts[1].isEmpty else {
      throw .badTarget(text)
    }
    self.init(encoder: encoder, file: parts[1] == "-" ? nil : parts[1])
  }
}

/// Why rows cannot be written.
package enum DepthError: Error, CustomStringConvertible, Sendable {
  case badTarget(String)
  /// A file or standard output failed; the text says which and how.
  case output(String)

  package var description: String {
    switch self {
    case .badTarget(let text): "'\(text)' is no place for rows of levels; known are \(DepthTarget.known)"
    case .output(let what): what
    }
  }
}
